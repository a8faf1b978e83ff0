//! What comes between two rounds of an exchange.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::watch;

/// What comes between two rounds of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    /// Nothing: there is more to do.
    None,
    /// So long, or until there is something new.
    Idle(Duration),
    /// So long, or until the operator asks for it: the platform failed.
    BackOff(Duration),
}

impl Pause {
    /// Waits; news wake an idle exchange, and one that backs off when it `is_asked` for.
    pub(super) async fn over(self, news: &mut watch::Receiver<()>, is_asked: impl Fn() -> bool) {
        let (pause, wakes_at_once) = match self {
            Pause::None => return,
            Pause::Idle(pause) => (pause, true),
            Pause::BackOff(pause) => (pause, false),
        };
        let mut over = pin!(tokio::time::sleep(pause));
        loop {
            let changed = pin!(news.changed());
            match select(changed, over.as_mut()).await {
                Either::Left((Ok(()), _)) if wakes_at_once || is_asked() => return,
                Either::Left((Ok(()), _)) => {}
                // The application is gone, or the time is over.
                Either::Left((Err(_), _)) | Either::Right(_) => return,
            }
        }
    }
}
