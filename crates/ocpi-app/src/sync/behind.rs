//! The Tokens that a CPO refused, or fails with: they wait, each for itself, and hold up no others.

use ocpi_domain::{DateTime, TokenKey};
use ocpi_ports::{BehindToken, PushProgress};

/// So many are waited with at most; a CPO that refuses more refuses us, not Tokens.
pub(super) const BEHIND_MAX: usize = 1000;

/// The first pause of a Token that was refused, milliseconds; each in a row doubles it.
const PAUSE_MS: i64 = 30 * 1000;

/// The longest such pause.
const PAUSE_MS_MAX: i64 = 60 * 60 * 1000;

/// A Token was refused, once more.
pub(super) fn refuse(progress: &mut PushProgress, key: &TokenKey, reason: String, now: DateTime) {
    let attempts = attempts(progress, key).saturating_add(1);
    let pause_ms = PAUSE_MS << (attempts - 1).min(16);
    let next_at = now.plus_ms(pause_ms.min(PAUSE_MS_MAX));
    wait(progress, key, attempts, next_at, reason);
}

/// How often a Token was refused in a row.
pub(super) fn attempts(progress: &PushProgress, key: &TokenKey) -> u32 {
    let known = progress.behind.iter().find(|behind| behind.key == *key);
    known.map_or(0, |behind| behind.attempts)
}

/// A Token waits for itself, until then.
pub(super) fn wait(
    progress: &mut PushProgress,
    key: &TokenKey,
    attempts: u32,
    next_at: DateTime,
    reason: String,
) {
    let waiting = BehindToken {
        key: key.clone(),
        attempts,
        next_at,
        reason,
    };
    let mut behind = progress.behind.iter_mut();
    match behind.find(|behind| behind.key == *key) {
        Some(known) => *known = waiting,
        None => progress.behind.push(waiting),
    }
}

/// All of them are tried now, however long they were to wait.
pub(super) fn wake(progress: &mut PushProgress, now: DateTime) {
    for behind in &mut progress.behind {
        behind.next_at = behind.next_at.min(now);
    }
}

/// A Token was taken, or is not to be sent any more.
pub(super) fn forget(progress: &mut PushProgress, key: &TokenKey) {
    progress.behind.retain(|behind| behind.key != *key);
}

/// When the next of them is tried again.
pub(super) fn next_at(progress: &PushProgress) -> Option<DateTime> {
    progress.behind.iter().map(|behind| behind.next_at).min()
}

#[cfg(test)]
mod tests {
    use ocpi_domain::Revision;
    use serde_json::json;

    use super::*;
    use crate::testing::{now, token};

    #[test]
    fn each_refusal_doubles_the_pause_of_that_token_up_to_an_hour() {
        let mut progress = PushProgress {
            connected_at: now(),
            scope: String::new(),
            through: Revision(0),
            behind: Vec::new(),
            taken_at: None,
        };
        let key = token("CARD", &json!({})).key();
        let other = token("OTHER", &json!({})).key();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            refuse(&mut progress, &key, "no".to_owned(), now());
            pauses.push(progress.behind[0].next_at.ms_since(now()) / 1000);
        }
        assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        refuse(&mut progress, &other, "no".to_owned(), now());
        assert_eq!(next_at(&progress), Some(now().plus_ms(30_000)));
        forget(&mut progress, &other);
        assert_eq!(progress.behind.len(), 1);
        assert_eq!(progress.behind[0].attempts, 9);
    }
}
