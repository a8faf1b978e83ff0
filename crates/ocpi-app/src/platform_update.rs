//! One write of a platform, checked against all others.

use std::sync::Arc;

use ocpi_domain::{Party, PlatformId, Role};
use ocpi_ports::{PlatformList, StorageError, StoredPlatform};

use crate::app::App;
use crate::token_update::WRITE_ATTEMPTS_MAX;

/// A platform that was written.
pub(crate) struct WrittenPlatform {
    pub(crate) stored: Arc<StoredPlatform>,
    /// Whether there was none of its id.
    pub(crate) is_new: bool,
}

impl App {
    /// Writes what `decide` makes of the platforms as they are: it is asked again when another
    /// write came first.
    ///
    /// # Errors
    ///
    /// Those of `decide`, and of the store.
    pub(crate) async fn update_platform<E: From<StorageError>>(
        &self,
        decide: impl Fn(&PlatformList) -> Result<StoredPlatform, E> + Send + Sync,
    ) -> Result<WrittenPlatform, E> {
        let store = &self.ports.platforms;
        for _ in 0..WRITE_ATTEMPTS_MAX {
            let list = store.list_platforms().await?;
            let new = decide(&list)?;
            match store.put_platform(new.clone(), Some(list.revision)).await {
                Ok(is_new) => {
                    self.platforms_changed();
                    self.charge_points.platforms_changed();
                    let stored = Arc::new(new);
                    return Ok(WrittenPlatform { stored, is_new });
                }
                Err(StorageError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StorageError::Conflict.into())
    }
}

/// The platform of that id.
pub(crate) fn find<'a>(list: &'a PlatformList, id: &PlatformId) -> Option<&'a Arc<StoredPlatform>> {
    let mut platforms = list.platforms.iter();
    platforms.find(|stored| stored.platform.id == *id)
}

/// Whether another platform than `id` speaks for `party` in `role`. One that left, or was not
/// there yet, speaks for nobody, whatever is kept of it.
pub(crate) fn is_held_by_another(
    list: &PlatformList,
    id: &PlatformId,
    party: Party,
    role: &Role,
) -> bool {
    list.platforms.iter().any(|stored| {
        let is_connected = stored.is_registered() || stored.connection.is_some();
        is_connected && stored.platform.id != *id && stored.platform.holds(party, role)
    })
}
