//! Where an export goes.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::exit::{Exit, Failure};

/// A file that gets its name when it is complete, or what has no end: standard output, a pipe, a
/// device.
pub(super) struct Output {
    writer: BufWriter<Box<dyn Write>>,
    name: PathBuf,
    part: Option<Part>,
}

/// A file that is not complete yet.
struct Part {
    handle: File,
    part: PathBuf,
    file: PathBuf,
}

/// Whether the name means standard output.
pub(super) fn is_standard(file: &Path) -> bool {
    file.as_os_str() == "-"
}

impl Output {
    /// Begins to write to `file`, or to standard output when there is none or it is `-`.
    ///
    /// # Errors
    ///
    /// A file that cannot be written, by its name.
    pub(super) fn create(file: Option<&Path>) -> Result<Output, Failure> {
        let Some(file) = file.filter(|file| !is_standard(file)) else {
            return Ok(Output {
                writer: BufWriter::new(Box::new(io::stdout())),
                name: PathBuf::from("standard output"),
                part: None,
            });
        };
        let (writer, part) = create(file).map_err(|error| of_file(file, &error))?;
        Ok(Output {
            writer: BufWriter::new(Box::new(writer)),
            name: file.to_owned(),
            part,
        })
    }

    /// Writes some bytes.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.writer
            .write_all(bytes)
            .map_err(|error| self.failed(&error))
    }

    /// Writes a line of CSV.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn write_cells<C: AsRef<[u8]>>(
        &mut self,
        cells: impl IntoIterator<Item = C>,
    ) -> Result<(), Failure> {
        // What it is on has the buffer that counts.
        let mut csv = csv::WriterBuilder::new()
            .buffer_capacity(512)
            .from_writer(&mut self.writer);
        let written = csv
            .write_record(cells)
            .map_err(io::Error::from)
            .and_then(|()| csv.flush());
        drop(csv);
        written.map_err(|error| self.failed(&error))
    }

    /// Ends what was written: a file is on the disk then, under its name.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        let ended = self.writer.flush().and_then(|()| match &self.part {
            Some(part) => {
                part.handle.sync_all()?;
                std::fs::rename(&part.part, &part.file)
            }
            None => Ok(()),
        });
        ended.map_err(|error| self.failed(&error))?;
        self.part = None;
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> Failure {
        of_file(&self.name, error)
    }
}

/// What to write to for `file`. Only a file may be replaced by a complete one: a pipe or a device
/// would be gone then, and is written to as it is.
fn create(file: &Path) -> io::Result<(File, Option<Part>)> {
    let file = match std::fs::metadata(file) {
        Ok(metadata) if !metadata.is_file() => {
            return Ok((OpenOptions::new().write(true).open(file)?, None));
        }
        // A link stays one.
        Ok(_) => std::fs::canonicalize(file)?,
        Err(_) => file.to_owned(),
    };
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let handle = File::create(&part)?;
    Ok((handle.try_clone()?, Some(Part { handle, part, file })))
}

/// What is not complete is not left behind.
impl Drop for Output {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            let _ = std::fs::remove_file(&part.part);
        }
    }
}

fn of_file(file: &Path, error: &io::Error) -> Failure {
    let detail = format!("{} cannot be written: {error}", file.display());
    Failure::new(Exit::Failed, detail)
}
