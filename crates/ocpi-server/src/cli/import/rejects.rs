//! The file of lines that were not stored: CSV with number, column, reason and the line itself.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::chunk::Reject;
use crate::exit::{Exit, Failure};

/// The names of its columns.
const NAMES: [&str; 4] = ["line", "column", "reason", "text"];

const NO_REJECTS: &str =
    "it holds no rejects of an import; name a new file by --rejects, or move it away";

/// The file of rejects. It is there only when there are any.
pub(super) struct RejectFile {
    path: PathBuf,
    /// Bytes that count; what follows them is of an import that was interrupted.
    bytes: u64,
    writer: Option<csv::Writer<File>>,
}

impl RejectFile {
    /// The file at `path`, of which the first `bytes` stay.
    ///
    /// # Errors
    ///
    /// When there is another file of that name, or one of an earlier import cannot be removed.
    pub(super) fn open(path: &Path, bytes: u64) -> Result<RejectFile, Failure> {
        if bytes == 0 {
            remove_earlier(path).map_err(|error| {
                let detail = format!("{} cannot be replaced: {error}", path.display());
                Failure::new(Exit::Failed, detail)
            })?;
        }
        Ok(RejectFile {
            path: path.to_owned(),
            bytes,
            writer: None,
        })
    }

    /// Its name.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes lines that were not stored; how many bytes the file has then.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn write(&mut self, rejects: &[Reject]) -> Result<u64, Failure> {
        if !rejects.is_empty() {
            self.bytes = self.try_write(rejects).map_err(|error| {
                let detail = format!("{} cannot be written: {error}", self.path.display());
                Failure::new(Exit::Failed, detail)
            })?;
        }
        Ok(self.bytes)
    }

    fn try_write(&mut self, rejects: &[Reject]) -> io::Result<u64> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => self.writer.insert(open(&self.path, self.bytes)?),
        };
        for reject in rejects {
            let number = reject.number.to_string();
            let (column, reason) = (&reject.fault.column, &reject.fault.reason);
            writer.write_record([
                number.as_bytes(),
                column.as_bytes(),
                reason.as_bytes(),
                &reject.text,
            ])?;
        }
        writer.flush()?;
        writer.get_ref().metadata().map(|metadata| metadata.len())
    }
}

/// Removes the rejects of an earlier import. Anything else of that name, as the very file that is
/// imported, or a device, was named by mistake and must not be lost.
fn remove_earlier(path: &Path) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(io::Error::other(NO_REJECTS)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    let mut beginning = Vec::new();
    let names = NAMES.join(",");
    File::open(path)?
        .take(names.len() as u64)
        .read_to_end(&mut beginning)?;
    // An empty one was broken off before its first line.
    if beginning.is_empty() || beginning == names.as_bytes() {
        std::fs::remove_file(path)
    } else {
        Err(io::Error::other(NO_REJECTS))
    }
}

fn open(path: &Path, bytes: u64) -> io::Result<csv::Writer<File>> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    file.set_len(bytes)?;
    file.seek(SeekFrom::End(0))?;
    let mut writer = csv::Writer::from_writer(file);
    if bytes == 0 {
        writer.write_record(NAMES)?;
    }
    Ok(writer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::import::chunk::Fault;

    fn reject(number: u64) -> Reject {
        Reject {
            number,
            fault: Fault::of_line("why"),
            text: b"a,\"b\"".to_vec(),
        }
    }

    /// Beyond the protocol: an import that goes on repeats no line that it reported before.
    #[test]
    fn what_an_interrupted_import_wrote_last_is_written_again_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rejects.csv");
        let mut file = RejectFile::open(&path, 0).unwrap();
        assert_eq!(file.write(&[]).unwrap(), 0);
        assert!(!path.exists(), "there are none");
        let kept = file.write(&[reject(1)]).unwrap();
        file.write(&[reject(2)]).unwrap();
        let mut again = RejectFile::open(&path, kept).unwrap();
        again.write(&[reject(2), reject(3)]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let line = |number: u64| format!("{number},,why,\"a,\"\"b\"\"\"\n");
        let lines = [line(1), line(2), line(3)].concat();
        assert_eq!(text, format!("line,column,reason,text\n{lines}"));
        RejectFile::open(&path, 0).unwrap();
        assert!(!path.exists(), "a new import has no rejects yet");
    }

    /// Beyond the protocol: what was named by mistake is not lost.
    #[test]
    fn only_rejects_of_an_earlier_import_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.csv");
        std::fs::write(&path, "line,uid\n").unwrap();
        for kept in [path.as_path(), folder.path()] {
            assert!(RejectFile::open(kept, 0).is_err(), "{}", kept.display());
            assert!(kept.exists(), "{}", kept.display());
        }
        std::fs::write(&path, "").unwrap();
        RejectFile::open(&path, 0).unwrap();
        assert!(!path.exists());
    }
}
