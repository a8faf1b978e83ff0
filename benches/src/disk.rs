//! How fast the disk is: a durable write waits for it, whatever the server does.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use crate::clock::now;
use crate::options::ServerOptions;
use crate::report::per_second;
use crate::stop::Stop;

/// Bytes of each write: a page of the store.
const PAGE_BYTES: usize = 4096;
/// How long the disk is measured.
const SPAN: Duration = Duration::from_secs(2);

/// What the conditions of a report say of the disk of a durable store; of another one nothing.
///
/// # Errors
///
/// When the folder of the store cannot be written.
pub(crate) fn disk_speed(
    options: &ServerOptions,
    directory: &Path,
    stop: &Stop,
) -> anyhow::Result<String> {
    let file = options.store_file(directory);
    let Some(folder) = file.as_deref().and_then(Path::parent) else {
        return Ok(String::new());
    };
    let rate = syncs_per_second(folder, stop)?;
    Ok(format!(", disk {rate:.0} fdatasync/s"))
}

/// How often a second the disk of `folder` overwrites a page and has it for good (`fdatasync`),
/// one after the other.
///
/// # Errors
///
/// When a file in `folder` cannot be written.
fn syncs_per_second(folder: &Path, stop: &Stop) -> anyhow::Result<f64> {
    let path = folder.join("fdatasync");
    let measured =
        measure(&path, stop).with_context(|| format!("cannot measure {}", path.display()));
    // What is left behind lies in a temporary directory, or was named by the error.
    let _ = std::fs::remove_file(&path);
    measured
}

fn measure(path: &Path, stop: &Stop) -> anyhow::Result<f64> {
    let file = File::create(path)?;
    // The first write makes the file longer, which is more than its data.
    file.write_all_at(&[0; PAGE_BYTES], 0)?;
    file.sync_all()?;
    let begin = now();
    let mut count = 0_u64;
    loop {
        stop.check()?;
        let page = [count.to_le_bytes()[0]; PAGE_BYTES];
        file.write_all_at(&page, 0)?;
        file.sync_data()?;
        count += 1;
        let elapsed = now() - begin;
        if elapsed >= SPAN {
            return Ok(per_second(count, elapsed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_has_a_rate_and_nothing_is_left_on_it() {
        let directory = tempfile::tempdir().unwrap();
        let stop = Stop::on_signals().unwrap();
        let rate = syncs_per_second(directory.path(), &stop).unwrap();
        assert!(rate > 0.0);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
