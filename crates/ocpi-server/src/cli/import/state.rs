//! How far an import came, in a file beside the imported one: it is gone when all is done.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::lines::Place;
use crate::exit::{Exit, Failure};

/// What tells a file from another one, or from itself after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    bytes: u64,
    modified_ms: u64,
    /// The SHA-256 of its first KiB, in Base64.
    beginning: String,
}

impl Fingerprint {
    /// That of an open file.
    pub(super) fn of(file: &File) -> io::Result<Fingerprint> {
        let metadata = file.metadata()?;
        let modified = metadata.modified()?.duration_since(UNIX_EPOCH);
        let modified_ms = modified.unwrap_or_default().as_millis();
        let mut beginning = Vec::new();
        file.take(1024).read_to_end(&mut beginning)?;
        Ok(Fingerprint {
            bytes: metadata.len(),
            modified_ms: u64::try_from(modified_ms).unwrap_or(u64::MAX),
            beginning: STANDARD.encode(Sha256::digest(&beginning)),
        })
    }

    /// Bytes of the file.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// What an import has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Lines of the file that are dealt with.
    pub(super) lines: u64,
    /// Bytes of the file that are dealt with.
    pub(super) bytes: u64,
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) unchanged: u64,
    pub(super) rejected: u64,
    /// Bytes of the file of rejects.
    pub(super) rejects_bytes: u64,
}

impl Progress {
    /// Where it goes on.
    pub(super) fn place(&self) -> Place {
        Place {
            lines: self.lines,
            bytes: self.bytes,
        }
    }

    /// Tokens that were looked at.
    pub(super) fn tokens(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.rejected
    }
}

/// What is kept of an import that is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    file: Fingerprint,
    /// The store or server that the Tokens go to.
    target: String,
    rejects: PathBuf,
    progress: Progress,
}

/// The file that says how far an import came.
pub(super) struct StateFile {
    path: PathBuf,
    kept: Kept,
}

impl StateFile {
    /// The state of the import of `file` to `target`: from the beginning, unless an earlier one
    /// was interrupted and `is_new` does not forbid to go on.
    ///
    /// # Errors
    ///
    /// When an earlier import cannot go on, because something is not as it was.
    pub(super) fn open(
        file: &Path,
        fingerprint: Fingerprint,
        target: &str,
        rejects: &Path,
        is_new: bool,
    ) -> Result<StateFile, Failure> {
        let mut path = file.as_os_str().to_owned();
        path.push(".import-state");
        let path = PathBuf::from(path);
        let new = Kept {
            file: fingerprint,
            target: target.to_owned(),
            rejects: rejects.to_owned(),
            progress: Progress::default(),
        };
        let text = match std::fs::read(&path) {
            Ok(text) if !is_new => text,
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(unusable(&path, &format!("cannot be read: {error}")));
            }
            _ => return Ok(StateFile { path, kept: new }),
        };
        let kept: Kept = serde_json::from_slice(&text)
            .map_err(|error| unusable(&path, &format!("cannot be understood: {error}")))?;
        let changed = [
            (kept.file != new.file, "the file was changed"),
            (kept.target != new.target, "it went to another store"),
            (
                kept.rejects != new.rejects,
                "its rejects went to another file",
            ),
        ];
        if let Some((_, what)) = changed.into_iter().find(|(is_changed, _)| *is_changed) {
            let lines = kept.progress.lines;
            let what = format!("tells of an import that stopped after line {lines}, but {what}");
            return Err(unusable(&path, &what));
        }
        Ok(StateFile { path, kept })
    }

    /// What is done.
    pub(super) fn progress(&self) -> &Progress {
        &self.kept.progress
    }

    /// Keeps what is done: all of the new one or all of the old one is there, whatever happens.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn keep(&mut self, progress: Progress) -> Result<(), Failure> {
        self.kept.progress = progress;
        let mut new = self.path.as_os_str().to_owned();
        new.push(".new");
        let new = PathBuf::from(new);
        let write = || {
            std::fs::write(&new, serde_json::to_vec(&self.kept)?)?;
            std::fs::rename(&new, &self.path)
        };
        write().map_err(|error| {
            let detail = format!("{} cannot be written: {error}", self.path.display());
            Failure::new(Exit::Failed, detail)
        })
    }

    /// All is done: nobody is to go on.
    pub(super) fn remove(self) {
        // When it was never kept, it is not there. When it stays, the next import finds nothing
        // left to do.
        let _ = std::fs::remove_file(self.path);
    }
}

fn unusable(path: &Path, what: &str) -> Failure {
    let detail = format!(
        "{} {what}; say --restart to import the file from its first line",
        path.display()
    );
    Failure::new(Exit::Failed, detail)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// An import of `tokens.csv` in a folder of its own.
    struct Import(tempfile::TempDir);

    impl Import {
        fn new() -> Import {
            let import = Import(tempfile::tempdir().unwrap());
            fs::write(import.file(), "uid\nA\nB\n").unwrap();
            import
        }

        fn file(&self) -> PathBuf {
            self.0.path().join("tokens.csv")
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(self.0.path()).unwrap();
            let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
            let mut names: Vec<_> = entries.map(name).collect();
            names.sort();
            names
                .into_iter()
                .map(|name| name.into_string().unwrap())
                .collect()
        }

        fn open(&self, target: &str, rejects: &str, is_new: bool) -> Result<StateFile, Failure> {
            let file = self.file();
            let fingerprint = Fingerprint::of(&File::open(&file).unwrap()).unwrap();
            StateFile::open(&file, fingerprint, target, Path::new(rejects), is_new)
        }
    }

    const DONE: Progress = Progress {
        lines: 2,
        bytes: 6,
        created: 1,
        updated: 0,
        unchanged: 0,
        rejected: 0,
        rejects_bytes: 0,
    };

    /// Beyond the protocol: what is kept is found again, until all is done.
    #[test]
    fn an_import_goes_on_from_what_was_kept_and_is_forgotten_when_it_is_done() {
        let import = Import::new();
        let mut state = import.open("sqlite:/a", "r", false).unwrap();
        assert_eq!(*state.progress(), Progress::default());
        assert_eq!(import.names(), ["tokens.csv"], "nothing is done yet");
        state.keep(DONE).unwrap();
        assert_eq!(import.names(), ["tokens.csv", "tokens.csv.import-state"]);
        let again = import.open("sqlite:/a", "r", false).unwrap();
        assert_eq!(*again.progress(), DONE);
        let anew = import.open("sqlite:/a", "r", true).unwrap();
        assert_eq!(*anew.progress(), Progress::default());
        again.remove();
        assert_eq!(import.names(), ["tokens.csv"]);
    }

    /// Beyond the protocol: lines are never skipped in another file, or for another store.
    #[test]
    fn an_import_that_is_not_the_same_does_not_go_on() {
        let import = Import::new();
        import
            .open("sqlite:/a", "r", false)
            .unwrap()
            .keep(DONE)
            .unwrap();
        for (target, rejects) in [("sqlite:/b", "r"), ("sqlite:/a", "other")] {
            assert!(
                import.open(target, rejects, false).is_err(),
                "{target} {rejects}"
            );
            assert!(import.open(target, rejects, true).is_ok());
        }
        // As long as before, and at the same time.
        let modified = fs::metadata(import.file()).unwrap().modified().unwrap();
        fs::write(import.file(), "uid\nX\nB\n").unwrap();
        File::options()
            .write(true)
            .open(import.file())
            .unwrap()
            .set_modified(modified)
            .unwrap();
        assert!(import.open("sqlite:/a", "r", false).is_err());
    }

    /// Beyond the protocol: what cannot be understood is not guessed at.
    #[test]
    fn a_state_that_cannot_be_read_is_refused() {
        let import = Import::new();
        let state = import.0.path().join("tokens.csv.import-state");
        for text in ["", "{}", "{\"lines\":1}"] {
            fs::write(&state, text).unwrap();
            assert!(import.open("sqlite:/a", "r", false).is_err(), "{text}");
            assert!(import.open("sqlite:/a", "r", true).is_ok(), "{text}");
        }
    }
}
