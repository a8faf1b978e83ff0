//! How long the write-ahead log of a SQLite file is: what a start after a crash has to read.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes before the first frame.
const HEADER_BYTES: usize = 32;
/// Bytes of a frame before its page.
const FRAME_HEADER_BYTES: usize = 24;

/// Bytes of the log that count. The file may be longer: it is written anew from its start when
/// all of it has been copied into the database, and what is older has another salt.
///
/// `None` when there is no log.
pub(crate) fn length(log: &Path) -> Option<u64> {
    let file = File::open(log).ok()?;
    let mut header = [0; HEADER_BYTES];
    file.read_exact_at(&mut header, 0).ok()?;
    let page_bytes = u32::from_be_bytes(header[8..12].try_into().ok()?);
    let frame_bytes = u64::try_from(FRAME_HEADER_BYTES).ok()? + u64::from(page_bytes);
    let salt = &header[16..24];
    let mut length = u64::try_from(HEADER_BYTES).ok()?;
    let mut frame = [0; FRAME_HEADER_BYTES];
    while file.read_exact_at(&mut frame, length).is_ok() && frame[8..16] == *salt {
        length += frame_bytes;
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_frames_of_the_present_salt_count() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ocpi.db-wal");
        assert_eq!(length(&path), None);
        let mut log = vec![0; 32];
        log[8..12].copy_from_slice(&512_u32.to_be_bytes());
        log[16..24].copy_from_slice(b"new salt");
        for salt in [b"new salt", b"new salt", b"old salt"] {
            let mut frame = vec![0; 24 + 512];
            frame[8..16].copy_from_slice(salt);
            log.extend(frame);
        }
        std::fs::write(&path, log).unwrap();
        assert_eq!(length(&path), Some(32 + 2 * (24 + 512)));
    }
}
