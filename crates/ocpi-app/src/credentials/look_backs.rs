//! How many platforms are looked back at at once.
//!
//! Each request to exchange credentials has us call others and wait for them. Whoever may send one
//! must not have us make thousands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ocpi_domain::PlatformId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::CredentialsError;

/// Looks at one platform at once; further ones wait for their turn.
const OF_ONE_MAX: usize = 4;

/// Looks at all platforms at once.
const OF_ALL_MAX: usize = 64;

const NO_TURN: &str = "other requests of this connection to exchange credentials are under way; \
    send this again when they are over";

/// The looks that are under way.
pub(crate) struct LookBacks {
    all: Arc<Semaphore>,
    of_one: Mutex<HashMap<PlatformId, Arc<Semaphore>>>,
}

/// A place among them, as long as it lives.
pub(crate) struct Place {
    _of_one: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Default for LookBacks {
    fn default() -> LookBacks {
        LookBacks {
            all: Arc::new(Semaphore::new(OF_ALL_MAX)),
            of_one: Mutex::default(),
        }
    }
}

impl LookBacks {
    /// Waits for a place, at most so long.
    ///
    /// # Errors
    ///
    /// [`CredentialsError::WrongState`] when there was none in time.
    pub(crate) async fn enter(
        &self,
        id: &PlatformId,
        max: Duration,
    ) -> Result<Place, CredentialsError> {
        let of_one = Arc::clone(
            self.of_one
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(id.clone())
                .or_insert_with(|| Arc::new(Semaphore::new(OF_ONE_MAX))),
        );
        let of_all = Arc::clone(&self.all);
        let entering = async {
            Some(Place {
                _of_one: of_one.acquire_owned().await.ok()?,
                _of_all: of_all.acquire_owned().await.ok()?,
            })
        };
        let entered = tokio::time::timeout(max, entering).await;
        let place = entered.ok().flatten();
        place.ok_or(CredentialsError::WrongState(NO_TURN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: C-23, C-24.
    #[tokio::test(start_paused = true)]
    async fn one_platform_has_few_looks_at_once_and_keeps_no_other_waiting() {
        let looks = LookBacks::default();
        let max = Duration::from_secs(1);
        let (one, other) = ("one".parse().unwrap(), "other".parse().unwrap());
        let mut places = Vec::new();
        for _ in 0..OF_ONE_MAX {
            places.push(looks.enter(&one, max).await.unwrap());
        }
        let refused = looks.enter(&one, max).await;
        assert!(matches!(refused, Err(CredentialsError::WrongState(_))));
        assert!(looks.enter(&other, max).await.is_ok());
        places.pop();
        assert!(looks.enter(&one, max).await.is_ok());
    }

    /// Holds: C-23.
    #[tokio::test(start_paused = true)]
    async fn all_platforms_together_have_a_bounded_number_of_looks() {
        let looks = LookBacks::default();
        let max = Duration::from_secs(1);
        let mut places = Vec::new();
        for number in 0..OF_ALL_MAX {
            let id = format!("p{number}").parse().unwrap();
            places.push(looks.enter(&id, max).await.unwrap());
        }
        assert!(looks.enter(&"more".parse().unwrap(), max).await.is_err());
        places.clear();
        assert!(looks.enter(&"more".parse().unwrap(), max).await.is_ok());
    }
}
