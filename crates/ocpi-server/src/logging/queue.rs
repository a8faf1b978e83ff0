//! A bounded queue of log lines, and the thread that writes them.
//!
//! One buffer that is swapped, instead of a channel of lines: a line costs a copy, and the writer
//! wakes at most every few milliseconds, however many lines come. Where log and requests share
//! the processors, that is what a line costs the requests.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use parking_lot::{Condvar, Mutex};

/// How long lines gather before they are written together.
const GATHER: Duration = Duration::from_millis(5);

/// How long the end waits for lines to be written. Who does not read them by then must not keep
/// the server from ending.
const END_WAIT: Duration = Duration::from_secs(2);

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    closed: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    bytes_max: usize,
    dropped: DroppedLines,
}

/// How many lines were dropped: the writer could not keep up, or could not write.
#[derive(Debug, Clone, Default)]
pub(crate) struct DroppedLines(Arc<AtomicU64>);

impl DroppedLines {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }
}

/// The queue. Dropping it writes what waits, and ends the thread; it waits a moment for that, and
/// leaves a thread that hangs in its output to the end of the process.
pub(crate) struct LogQueue {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// Says that the thread has written all, or that it is gone.
    done: mpsc::Receiver<()>,
    end_wait: Duration,
}

impl LogQueue {
    /// A queue of at most `bytes_max` bytes, written to `output`.
    pub(crate) fn start(
        bytes_max: usize,
        output: impl Write + Send + 'static,
    ) -> anyhow::Result<LogQueue> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            bytes_max,
            dropped: DroppedLines::default(),
        });
        let writer = Arc::clone(&shared);
        let (done_sender, done) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                writer.write_all(output);
                // Nobody is there to be told when the queue did not wait for it.
                let _ = done_sender.send(());
            })
            .context("the thread of the log cannot be started")?;
        Ok(LogQueue {
            shared,
            thread: Some(thread),
            done,
            end_wait: END_WAIT,
        })
    }

    pub(crate) fn writer(&self) -> LogWriter {
        LogWriter(Arc::clone(&self.shared))
    }

    pub(crate) fn dropped(&self) -> DroppedLines {
        self.shared.dropped.clone()
    }
}

impl Drop for LogQueue {
    fn drop(&mut self) {
        self.shared.state.lock().closed = true;
        self.shared.changed.notify_one();
        if self.done.recv_timeout(self.end_wait) == Err(RecvTimeoutError::Timeout) {
            return;
        }
        if let Some(thread) = self.thread.take() {
            // A log that cannot be written must not keep the server from ending.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn push(&self, line: &[u8]) {
        let mut state = self.state.lock();
        if state.waiting.len() + line.len() > self.bytes_max {
            self.dropped.add(1);
            return;
        }
        let was_empty = state.waiting.is_empty();
        state.waiting.extend_from_slice(line);
        drop(state);
        if was_empty {
            self.changed.notify_one();
        }
    }

    /// The thread: takes all that waits, writes it at once, and starts over.
    fn write_all(&self, mut output: impl Write) {
        let mut lines = Vec::new();
        loop {
            let mut state = self.state.lock();
            while state.waiting.is_empty() && !state.closed {
                self.changed.wait(&mut state);
            }
            if state.closed && state.waiting.is_empty() {
                return;
            }
            if !state.closed {
                // Only the end cuts the gathering short: no line wakes a queue that has some.
                self.changed.wait_for(&mut state, GATHER);
            }
            std::mem::swap(&mut lines, &mut state.waiting);
            drop(state);
            // There is nobody to tell that the log cannot be written, but it is counted. Some of
            // the lines may be out: the count is what may be missing.
            if output.write_all(&lines).is_err() || output.flush().is_err() {
                self.dropped.add(line_count(&lines));
            }
            lines.clear();
        }
    }
}

/// How many lines these bytes end.
fn line_count(lines: &[u8]) -> u64 {
    lines
        .iter()
        .fold(0, |count, byte| count + u64::from(*byte == b'\n'))
}

/// Where lines are put.
#[derive(Clone)]
pub(crate) struct LogWriter(Arc<Shared>);

impl LogWriter {
    /// Puts a line at the end of the queue, or drops and counts it when there is no room.
    pub(crate) fn push(&self, line: &[u8]) {
        self.0.push(line);
    }

    /// Counts a line that could not be put anywhere.
    pub(crate) fn count_dropped(&self) {
        self.0.dropped.add(1);
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// An output that waits for leave before each write, and tells what it wrote.
    struct Gate {
        leave: mpsc::Receiver<()>,
        written: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.leave.recv();
            let _ = self.written.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Holds: E-33.
    #[test]
    fn a_stuck_output_drops_and_counts_lines_but_keeps_nobody_waiting() {
        let (leave, leave_receiver) = mpsc::channel();
        let (written_sender, written) = mpsc::channel();
        let gate = Gate {
            leave: leave_receiver,
            written: written_sender,
        };
        let queue = LogQueue::start(10, gate).unwrap();
        let writer = queue.writer();
        for _ in 0..100 {
            writer.push(b"line\n");
        }
        // Ten bytes wait, and at most ten more are in the hands of the stuck output.
        assert!(
            (96..=98).contains(&queue.dropped().count()),
            "{}",
            queue.dropped().count()
        );
        drop(leave);
        drop(queue);
        let lines: Vec<u8> = written.iter().flatten().collect();
        assert!(lines.len() >= 10 && lines.chunks(5).all(|line| line == b"line\n"));
    }

    /// An output that takes nothing and never returns, while the test holds the other end.
    struct Stuck {
        reached: mpsc::Sender<()>,
        release: mpsc::Receiver<()>,
    }

    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            let _ = self.reached.send(());
            let _ = self.release.recv();
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Beyond the protocol: a terminal that nobody reads does not keep the server from ending.
    #[test]
    fn an_output_that_never_returns_does_not_keep_the_queue_from_ending() {
        let (reached_sender, reached) = mpsc::channel();
        let (release, release_receiver) = mpsc::channel();
        let stuck = Stuck {
            reached: reached_sender,
            release: release_receiver,
        };
        let mut queue = LogQueue::start(10, stuck).unwrap();
        assert!(queue.end_wait <= Duration::from_secs(2));
        queue.end_wait = Duration::from_millis(10);
        queue.writer().push(b"line\n");
        reached.recv().unwrap();
        let (ended_sender, ended) = mpsc::channel();
        std::thread::spawn(move || {
            drop(queue);
            let _ = ended_sender.send(());
        });
        let ended = ended.recv_timeout(Duration::from_secs(10));
        drop(release);
        assert_eq!(ended, Ok(()), "the end waits for the output");
    }

    /// An output that takes nothing.
    struct Broken;

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Beyond the protocol: what is lost is counted, whatever loses it.
    #[test]
    fn lines_that_cannot_be_written_are_counted() {
        let queue = LogQueue::start(1000, Broken).unwrap();
        let (writer, dropped) = (queue.writer(), queue.dropped());
        for _ in 0..7 {
            writer.push(b"line\n");
        }
        drop(queue);
        assert_eq!(dropped.count(), 7);
    }
}
