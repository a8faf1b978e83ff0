//! Waiting for what another task, or another server, brings about.

use std::time::Duration;

use tokio::time::{interval, timeout};

use super::answer::PATIENCE;

/// Waits until this is so: it is looked at again and again, and must be so before patience ends.
pub(crate) async fn until<F>(what: &str, mut is_so: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    until_shown(what, || {
        let is_so = is_so();
        async { is_so.await.then_some(()).ok_or("it is not so") }
    })
    .await;
}

/// The same of what can be shown as it is instead, for whoever has to find out why.
pub(crate) async fn until_shown<F, S>(what: &str, mut look_at: impl FnMut() -> F)
where
    F: Future<Output = Result<(), S>>,
    S: std::fmt::Debug,
{
    let mut look = interval(Duration::from_millis(5));
    let mut seen = None;
    let waiting = async {
        while let Err(instead) = look_at().await {
            seen = Some(instead);
            look.tick().await;
        }
    };
    let came = timeout(PATIENCE, waiting).await;
    assert!(came.is_ok(), "it never came: {what}: {seen:?}");
}
