//! The thread that copies the write-ahead log into the file.
//!
//! On a connection of its own, so that no write waits for it but when the log is as long as it
//! may be.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};

use crate::connection::open_checkpointer;
use crate::threads::Thread;

/// Bytes that a page takes in the log.
const FRAME_BYTES: u64 = 4096 + 24;

/// The longest that the writer pauses for a checkpoint.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// How often a checkpoint is tried before it counts as incomplete.
const ATTEMPTS: u32 = 3;

/// How the writer and the thread speak with each other.
pub(crate) struct Checkpoints {
    turns: Mutex<Turns>,
    asked: Condvar,
    done: Condvar,
    frames_max: u64,
}

#[derive(Default)]
struct Turns {
    asked: u64,
    done: u64,
    /// Whether the last checkpoint copied the whole log.
    is_complete: bool,
    stopping: bool,
}

impl Checkpoints {
    /// For a log of at most so many bytes.
    pub(crate) fn new(wal_bytes_max: u64) -> Checkpoints {
        Checkpoints {
            turns: Mutex::default(),
            asked: Condvar::new(),
            done: Condvar::new(),
            frames_max: (wal_bytes_max / FRAME_BYTES).max(64),
        }
    }

    /// From this length on the log is copied while it grows.
    pub(crate) fn begin_at(&self) -> u64 {
        self.frames_max / 4
    }

    /// At this length the writer waits.
    pub(crate) fn pause_at(&self) -> u64 {
        self.frames_max
    }

    /// Has the log copied, unless that is going on.
    pub(crate) fn ask(&self) {
        let mut turns = self.turns.lock();
        if turns.asked == turns.done {
            turns.asked += 1;
            self.asked.notify_one();
        }
    }

    /// Has the log copied from now on, and waits for it; whether all of it was.
    pub(crate) fn wait_for_one(&self) -> bool {
        let mut turns = self.turns.lock();
        turns.asked += 1;
        let turn = turns.asked;
        self.asked.notify_one();
        while turns.done < turn && !turns.stopping {
            if self.done.wait_for(&mut turns, PAUSE_MAX).timed_out() {
                return false;
            }
        }
        turns.is_complete
    }
}

/// The length of the log, in frames, as of the last commit of `db`.
pub(crate) fn frames_of_log(db: &mut Connection) -> Arc<AtomicU64> {
    let frames = Arc::new(AtomicU64::new(0));
    let hook = {
        let frames = Arc::clone(&frames);
        move |_: &mut rusqlite::hooks::Wal, pages: std::ffi::c_int| {
            frames.store(u64::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }
    };
    if let Err(error) = db.wal_hook(Some(hook)) {
        tracing::error!(target: "ocpi::store", %error, "the length of the log is not known");
    }
    frames
}

/// The thread, and its end.
pub(crate) struct Checkpointer {
    checkpoints: Arc<Checkpoints>,
    _thread: Thread,
}

impl Checkpointer {
    pub(crate) fn start(
        path: &Path,
        checkpoints: Arc<Checkpoints>,
    ) -> Result<Checkpointer, Box<dyn std::error::Error + Send + Sync>> {
        let db = open_checkpointer(path)?;
        let shared = Arc::clone(&checkpoints);
        let thread = Thread::start("store-checkpoint", move || run(&db, &shared))?;
        Ok(Checkpointer {
            checkpoints,
            _thread: thread,
        })
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.checkpoints.turns.lock().stopping = true;
        self.checkpoints.asked.notify_one();
        self.checkpoints.done.notify_all();
    }
}

fn run(db: &Connection, checkpoints: &Checkpoints) {
    loop {
        let turn = {
            let mut turns = checkpoints.turns.lock();
            while turns.asked == turns.done && !turns.stopping {
                checkpoints.asked.wait(&mut turns);
            }
            if turns.stopping {
                break;
            }
            turns.asked
        };
        // A short look at the file may keep the end of the log from being copied: try again.
        let is_complete = (0..ATTEMPTS).any(|_| checkpoint(db, CheckpointMode::PASSIVE));
        let mut turns = checkpoints.turns.lock();
        turns.done = turn;
        turns.is_complete = is_complete;
        checkpoints.done.notify_all();
    }
    // The next start finds a short log, or none.
    checkpoint(db, CheckpointMode::TRUNCATE);
}

/// Copies what can be copied; whether that was all.
fn checkpoint(db: &Connection, mode: CheckpointMode) -> bool {
    match db.wal_checkpoint_v2(Some(MAIN_DB), mode) {
        Ok((frames, copied)) => frames == copied,
        Err(error) => {
            tracing::warn!(target: "ocpi::store", %error, "the log cannot be copied into the file");
            false
        }
    }
}
