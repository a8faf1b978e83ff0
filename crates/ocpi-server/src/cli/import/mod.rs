//! `token import`: a file is read and converted by one thread while another stores what was read
//! before. What is acknowledged is kept beside the file, so that an import which is interrupted
//! goes on where it stopped.

mod chunk;
mod csv_lines;
mod lines;
mod progress;
mod rejects;
mod state;

use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::Context;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{mpsc, watch};

use self::chunk::{Chunk, ChunkSize, Conversion, Fault, Reject};
use self::csv_lines::CsvLines;
use self::lines::{Lines, Place};
use self::progress::Meter;
pub(super) use self::progress::{grouped, per_second};
use self::rejects::RejectFile;
use self::state::{Fingerprint, Progress, StateFile};
use crate::cli::args::{Format, ImportArgs};
use crate::cli::client::{Client, unreadable};
use crate::cli::request::Request;
use crate::exit::{Exit, Failure};
use crate::{signals, system};

/// What a server is sent at once: others wait meanwhile.
const HTTP_CHUNK: ChunkSize = ChunkSize {
    lines_max: 1000,
    bytes_max: 1 << 20,
};

/// What is stored at once when there are no others.
const IN_PROCESS_CHUNK: ChunkSize = ChunkSize {
    lines_max: 10_000,
    bytes_max: 8 << 20,
};

/// Lines that the server refuses in one request and names each of.
const REFUSALS_NAMED: usize = 1000;

/// Chunks that are read, but not stored yet.
const CHUNKS_READ: usize = 1;

/// The lines of a file that is to be imported.
struct Source {
    lines: Lines<BufReader<File>>,
    conversion: Conversion,
}

/// What the server says of the lines that it was sent.
#[derive(Debug, Deserialize)]
struct Imported {
    created: u64,
    updated: u64,
    unchanged: u64,
    refused: usize,
    refusals: Vec<Refusal>,
}

/// A line that it refused.
#[derive(Debug, Deserialize)]
struct Refusal {
    /// Its number in what was sent, from 1.
    line: usize,
    reason: String,
}

/// Imports the file.
pub(super) async fn run(client: &Client, args: ImportArgs, is_json: bool) -> Result<Exit, Failure> {
    let format = match args.format {
        Some(format) => format,
        None => Format::of_name(&args.file)?,
    };
    let rejects = args.rejects.unwrap_or_else(|| {
        let mut name = args.file.as_os_str().to_owned();
        name.push(".rejects");
        PathBuf::from(name)
    });
    let name = args.file.display();
    let open = || {
        let file = File::open(&args.file)?;
        let fingerprint = Fingerprint::of(&file)?;
        io::Result::Ok((file, fingerprint))
    };
    let (file, fingerprint) = open().with_context(|| format!("{name} cannot be read"))?;
    let bytes = fingerprint.bytes();
    // A store that may have been emptied meanwhile lacks what an earlier import put there.
    let is_new = args.restart || client.is_volatile();
    let mut state = StateFile::open(&args.file, fingerprint, client.target(), &rejects, is_new)?;
    let before = *state.progress();
    let source = Source::open(file, format, before.place()).with_context(|| name.to_string())?;
    let mut import = Import {
        client,
        meter: Meter::new(before, bytes, is_json),
        rejects: RejectFile::open(&rejects, before.rejects_bytes)?,
        progress: before,
    };
    let size = if client.is_in_process() {
        IN_PROCESS_CHUNK
    } else {
        HTTP_CHUNK
    };
    let (stop_sender, mut stop) = watch::channel(false);
    signals::stop_on_signal(stop_sender)?;
    if !is_json {
        tokio::spawn(say_when_stopping(stop.clone()));
    }
    let ended = import.all(source.read(size)?, &mut state, &mut stop).await;
    let is_complete = match ended {
        Ok(is_complete) => is_complete,
        Err(failure) => {
            import.meter.end(&import.progress);
            if import.progress.lines > 0 && !is_json {
                system::print_to_stderr(&how_to_go_on(&import.progress));
            }
            return Err(failure);
        }
    };
    if is_complete {
        state.remove();
    }
    import.sum_up(&args.file, is_complete, is_json);
    if is_complete && import.progress.rejected == 0 {
        Ok(Exit::Done)
    } else {
        Ok(Exit::Partly)
    }
}

/// An import under way.
struct Import<'a> {
    client: &'a Client,
    meter: Meter,
    rejects: RejectFile,
    progress: Progress,
}

impl Import<'_> {
    /// Stores every chunk, unless it is told to stop; whether all were stored.
    async fn all(
        &mut self,
        mut chunks: mpsc::Receiver<io::Result<Chunk>>,
        state: &mut StateFile,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<bool, Failure> {
        loop {
            let chunk = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return Ok(false),
                chunk = chunks.recv() => chunk,
            };
            let Some(chunk) = chunk else { return Ok(true) };
            let chunk = chunk.context("the file cannot be read")?;
            self.store(chunk).await?;
            state.keep(self.progress)?;
            self.meter.show(&self.progress);
        }
    }

    /// Stores a chunk, and counts what came of it.
    async fn store(&mut self, mut chunk: Chunk) -> Result<(), Failure> {
        let mut rejects = std::mem::take(&mut chunk.rejects);
        if chunk.len() > 0 {
            let imported = self.send(&chunk, 0, chunk.len(), &mut rejects).await?;
            self.progress.created += imported.created;
            self.progress.updated += imported.updated;
            self.progress.unchanged += imported.unchanged;
            // It names so many lines only. Those after them are asked about again, in pieces of
            // which it names all; what is stored already is not changed by that.
            if let Some(last) = imported.refusals.last()
                && imported.refused > imported.refusals.len()
            {
                let mut from = last.line;
                while from < chunk.len() {
                    let to = (from + REFUSALS_NAMED).min(chunk.len());
                    self.send(&chunk, from, to, &mut rejects).await?;
                    from = to;
                }
            }
        }
        rejects.sort_by_key(|reject| reject.number);
        self.progress.rejected += u64::try_from(rejects.len()).unwrap_or(u64::MAX);
        self.progress.rejects_bytes = self.rejects.write(&rejects)?;
        self.progress.lines = chunk.end.lines;
        self.progress.bytes = chunk.end.bytes;
        Ok(())
    }

    /// Sends some lines of a chunk; those that are refused and named become rejects.
    async fn send(
        &self,
        chunk: &Chunk,
        from: usize,
        to: usize,
        rejects: &mut Vec<Reject>,
    ) -> Result<Imported, Failure> {
        let request = Request::new(Method::POST, "tokens/import")
            .body("application/jsonl", chunk.json(from..to));
        let answer = self.client.send(request).await?.bytes().await?;
        let imported: Imported =
            serde_json::from_slice(&answer).map_err(|error| unreadable(&error))?;
        rejects.extend(imported.refusals.iter().filter_map(|refusal| {
            let place = from + refusal.line.checked_sub(1)?;
            chunk.reject(place, Fault::of_server(&refusal.reason))
        }));
        Ok(imported)
    }

    /// Says what was done.
    fn sum_up(&self, file: &Path, is_complete: bool, is_json: bool) {
        let progress = &self.progress;
        let (seconds, rate) = self.meter.end(progress);
        let rejects = (progress.rejected > 0).then(|| self.rejects.path());
        if is_json {
            let summary = json!({
                "file": file,
                "complete": is_complete,
                "lines": progress.lines,
                "created": progress.created,
                "updated": progress.updated,
                "unchanged": progress.unchanged,
                "rejected": progress.rejected,
                "rejects": rejects,
                "seconds": seconds,
            });
            system::print(&format!("{summary}\n"));
            return;
        }
        let counts = [
            (progress.created, "created"),
            (progress.updated, "updated"),
            (progress.unchanged, "unchanged"),
            (progress.rejected, "rejected"),
        ]
        .map(|(count, what)| format!("{} {what}", grouped(count)));
        system::print(&format!(
            "{}: {} tokens: {}; {seconds:.1} s, {}/s\n",
            file.display(),
            grouped(progress.tokens()),
            counts.join(", "),
            grouped(rate),
        ));
        if let Some(rejects) = rejects {
            let name = rejects.display();
            system::print(&format!("the rejected lines, and why: {name}\n"));
        }
        if !is_complete {
            system::print_to_stderr(&how_to_go_on(progress));
        }
    }
}

/// Says that a signal was understood: what is in flight may take a while.
async fn say_when_stopping(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_ok() {
        system::print_to_stderr("stopping: the lines in flight are finished first\n");
    }
}

fn how_to_go_on(progress: &Progress) -> String {
    format!(
        "stopped after line {}: the same command goes on from there, with --restart it begins \
         anew\n",
        progress.lines
    )
}

impl Source {
    /// The file from `place` on.
    fn open(mut file: File, format: Format, place: Place) -> anyhow::Result<Source> {
        file.seek(SeekFrom::Start(0))
            .context("cannot be read twice, as a pipe; an import needs a file, to go on in it")?;
        let mut first = Place::default();
        let conversion = match format {
            Format::Csv => {
                let mut lines = Lines::new(BufReader::new(&file), first);
                let names = lines.next()?.context("the file is empty")?;
                let conversion = CsvLines::of_names(names.text)
                    .map_err(|reason| anyhow::anyhow!("line 1: {reason}"))?;
                first = lines.place();
                Conversion::Csv(Box::new(conversion))
            }
            Format::Jsonl => Conversion::Jsonl,
        };
        let place = if place.bytes > first.bytes {
            place
        } else {
            first
        };
        file.seek(SeekFrom::Start(place.bytes))?;
        Ok(Source {
            lines: Lines::new(BufReader::with_capacity(1 << 18, file), place),
            conversion,
        })
    }

    /// Reads the file by a thread, until its end or until nobody wants more.
    fn read(mut self, size: ChunkSize) -> anyhow::Result<mpsc::Receiver<io::Result<Chunk>>> {
        let (sender, receiver) = mpsc::channel(CHUNKS_READ);
        std::thread::Builder::new()
            .name("import".to_owned())
            .spawn(move || {
                loop {
                    let chunk = Chunk::read(&mut self.lines, &mut self.conversion, size);
                    let is_last = !matches!(chunk, Ok(Some(_)));
                    let sent = chunk
                        .transpose()
                        .map_or(Ok(()), |chunk| sender.blocking_send(chunk));
                    if is_last || sent.is_err() {
                        return;
                    }
                }
            })
            .context("a thread cannot be started")?;
        Ok(receiver)
    }
}
