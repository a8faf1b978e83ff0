//! Tokens on their way, on a thread and a runtime of their own: a million of them never hold up a
//! charge point.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use ocpi_app::App;
use tokio::sync::{oneshot, watch};

/// How long an exchange that failed is left alone: what failed it may still be there.
const FAULT_PAUSE: Duration = Duration::from_secs(10);

/// How long the end waits for what cannot be broken off, as the look-up of a name.
const END_MAX: Duration = Duration::from_secs(1);

/// The thread. Dropping it ends what is under way and waits for the end: what is done is durable,
/// and the rest goes on from there after the next start.
pub(crate) struct SyncThread {
    ending: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl SyncThread {
    /// Pushes and pulls for `app` until `stop` says `true`.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub(crate) fn start(app: Arc<App>, stop: watch::Receiver<bool>) -> anyhow::Result<SyncThread> {
        SyncThread::run(move || Arc::clone(&app).run_sync(), stop)
    }

    fn run<F>(
        sync: impl Fn() -> F + Send + 'static,
        mut stop: watch::Receiver<bool>,
    ) -> anyhow::Result<SyncThread>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("the exchange of Tokens cannot be started")?;
        let (ending, ended) = oneshot::channel();
        let until_the_end = async move {
            tokio::select! {
                biased;
                // An error says that nobody can stop it any more: as good a reason to end.
                _ = stop.wait_for(|stop| *stop) => {}
                _ = ended => {}
                () = keep_up(sync, log_failed) => {}
            }
        };
        let thread = std::thread::Builder::new()
            .name("sync".to_owned())
            .spawn(move || {
                runtime.block_on(until_the_end);
                // With it end the requests that are under way.
                runtime.shutdown_timeout(END_MAX);
            })
            .context("the exchange of Tokens cannot be started")?;
        Ok(SyncThread {
            ending: Some(ending),
            thread: Some(thread),
        })
    }
}

/// Starts the exchange, and starts it again whenever it has failed, which `tell` tells: without it
/// CPOs would go on with old Tokens, and nobody would see it.
async fn keep_up<F>(sync: impl Fn() -> F, tell: impl Fn(&str))
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        // In a task of its own, so that a panic ends nothing but the exchange.
        let reason = match tokio::spawn(sync()).await {
            Ok(()) => "it ended by itself".to_owned(),
            Err(error) => error.to_string(),
        };
        tell(&reason);
        tokio::time::sleep(FAULT_PAUSE).await;
    }
}

fn log_failed(reason: &str) {
    tracing::error!(
        reason,
        pause_s = FAULT_PAUSE.as_secs(),
        "the exchange of Tokens failed, and is started again",
    );
}

impl Drop for SyncThread {
    fn drop(&mut self) {
        if let Some(ending) = self.ending.take() {
            // An error says that it ended already.
            let _ = ending.send(());
        }
        if let Some(thread) = self.thread.take() {
            // An error says that it panicked, which it has said itself.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::Instant;

    use super::*;

    /// Says when it is dropped.
    struct Dropped(Option<oneshot::Sender<()>>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            if let Some(said) = self.0.take() {
                let _ = said.send(());
            }
        }
    }

    type Sync = Pin<Box<dyn Future<Output = ()> + Send>>;

    /// An exchange that never ends; what says that it began, and what that it is gone.
    fn endless() -> (
        impl Fn() -> Sync + Send + 'static,
        oneshot::Receiver<()>,
        oneshot::Receiver<()>,
    ) {
        let (begin, has_begun) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let once = Mutex::new(Some((begin, Dropped(Some(end)))));
        let sync = move || -> Sync {
            let (begin, dropped) = once.lock().unwrap().take().unwrap();
            Box::pin(async move {
                let _dropped = dropped;
                let _ = begin.send(());
                std::future::pending::<()>().await;
            })
        };
        (sync, has_begun, ended)
    }

    /// Holds: T-98. A stop ends the exchange at once, and nobody needs to wait for a CPO that hangs.
    #[tokio::test]
    async fn a_stop_ends_the_exchange() {
        let (stop_sender, stop) = watch::channel(false);
        let (sync, has_begun, ended) = endless();
        let thread = SyncThread::run(sync, stop).unwrap();
        has_begun.await.unwrap();
        stop_sender.send_replace(true);
        ended.await.unwrap();
        drop(thread);
    }

    /// Beyond the protocol: the store is closed after the thread, so the thread is waited for.
    #[tokio::test]
    async fn dropping_the_thread_ends_the_exchange_first() {
        let (_stop_sender, stop) = watch::channel(false);
        let (sync, has_begun, mut ended) = endless();
        let thread = SyncThread::run(sync, stop).unwrap();
        has_begun.await.unwrap();
        drop(thread);
        assert_eq!(ended.try_recv(), Ok(()));
    }

    /// Beyond the protocol: a fault of ours does not end the exchange for good, and is told.
    #[tokio::test(start_paused = true)]
    async fn an_exchange_that_fails_is_told_and_started_again() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let teller = Arc::clone(&told);
        let began = Instant::now();
        let times = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&times);
        let (runs_sender, runs) = oneshot::channel();
        let runs_sender = Arc::new(Mutex::new(Some(runs_sender)));
        let sync = move || {
            let time = counted.fetch_add(1, Ordering::Relaxed);
            let runs_sender = Arc::clone(&runs_sender);
            async move {
                match time {
                    0 => panic!("a batch of none"),
                    1 => {}
                    _ => {
                        let runs = runs_sender.lock().unwrap().take();
                        let _ = runs.unwrap().send(());
                        std::future::pending::<()>().await;
                    }
                }
            }
        };
        let kept_up = keep_up(sync, move |reason| {
            teller.lock().unwrap().push(reason.to_owned());
        });
        tokio::select! {
            () = kept_up => unreachable!("it goes on for ever"),
            runs = runs => runs.unwrap(),
        }
        assert_eq!(times.load(Ordering::Relaxed), 3);
        assert_eq!(began.elapsed(), 2 * FAULT_PAUSE);
        let told = told.lock().unwrap();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("a batch of none"), "{told:?}");
        assert!(told[1].contains("ended by itself"), "{told:?}");
    }

    /// Beyond the protocol: nor does it end the thread, which can still be stopped.
    #[tokio::test]
    async fn a_stop_ends_a_thread_whose_exchange_panicked() {
        let (stop_sender, stop) = watch::channel(false);
        let (begin, has_begun) = oneshot::channel::<()>();
        let begin = Mutex::new(Some(begin));
        let panics = move || {
            let begin = begin.lock().unwrap().take();
            async move {
                // Whoever waits for it learns of it as it unwinds.
                let _begin = begin;
                panic!("a batch of none");
            }
        };
        let mut thread = SyncThread::run(panics, stop).unwrap();
        has_begun.await.unwrap_err();
        stop_sender.send_replace(true);
        let joined = thread.thread.take().unwrap().join();
        assert!(joined.is_ok(), "{joined:?}");
    }
}
