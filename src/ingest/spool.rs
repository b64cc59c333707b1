//! Standard input, written to a file first: so that it is known by its content and taken once, whole
//! or not at all, as any other file.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::digest::hexadecimal;
use crate::error::{Error, Result};

/// How much of the start tells what it is.
const START_BYTES: usize = 1 << 12;

/// A spooled input; the file goes when this does, and is locked until then: what is in the folder and
/// not locked was left by a run that died.
#[derive(Debug)]
pub struct Spooled {
    /// Where it is.
    pub path: PathBuf,
    /// What the ledger calls it: `stdin-` and the start of its SHA-256, with the extension that its
    /// content has.
    pub name: String,
    /// Holds the lock; `None` where the file system has none.
    lock: Option<File>,
}

impl Drop for Spooled {
    fn drop(&mut self) {
        self.lock = None;
        // A file that stays behind is never read again: its events are in the store or not wanted.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Writes an input into `folder`; `None` when it is empty.
pub fn spool(input: &mut dyn Read, folder: &Path) -> Result<Option<Spooled>> {
    let fault = |path: &Path, cause: &io::Error| Error::output(path, cause);
    std::fs::create_dir_all(folder).map_err(|cause| fault(folder, &cause))?;
    let incoming = folder.join(format!("incoming-{}", std::process::id()));
    let file = File::create(&incoming).map_err(|cause| fault(&incoming, &cause))?;
    let lock = file.try_clone().and_then(|lock| {
        lock.lock()?;
        Ok(lock)
    });
    let mut spooled = Spooled {
        path: incoming.clone(),
        name: String::new(),
        lock: lock.ok(),
    };
    let mut file = BufWriter::new(file);
    let mut hash = Sha256::new();
    let mut start = Vec::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(Error::read(Path::new("standard input"), &cause)),
        };
        let piece = buffer.get(..read).unwrap_or_default();
        hash.update(piece);
        let missing = START_BYTES.saturating_sub(start.len());
        start.extend_from_slice(piece.get(..missing.min(read)).unwrap_or_default());
        file.write_all(piece)
            .map_err(|cause| fault(&incoming, &cause))?;
    }
    let file = file
        .into_inner()
        .map_err(|cause| fault(&incoming, cause.error()))?;
    file.sync_all().map_err(|cause| fault(&incoming, &cause))?;
    if start.is_empty() {
        return Ok(None);
    }
    let digest = hexadecimal(&hash.finalize());
    let short = digest.get(..12).unwrap_or_default();
    let name = format!("stdin-{short}.{}", extension(&start));
    let path = folder.join(&name);
    std::fs::rename(&incoming, &path).map_err(|cause| fault(&path, &cause))?;
    spooled.path = path;
    spooled.name = name;
    Ok(Some(spooled))
}

/// The extension of a file that begins so. Text that is nothing else is CSV; what is packed is looked
/// into.
fn extension(start: &[u8]) -> String {
    let unpacked = |stream: &mut dyn Read, end: &str| {
        let mut inside = vec![0; START_BYTES];
        let read = stream.read(&mut inside).unwrap_or(0);
        inside.truncate(read);
        format!("{}.{end}", plain_extension(&inside))
    };
    if start.starts_with(&[0x1f, 0x8b]) {
        return unpacked(&mut flate2::read::MultiGzDecoder::new(start), "gz");
    }
    if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return match zstd::stream::Decoder::new(start) {
            Ok(mut stream) => unpacked(&mut stream, "zst"),
            Err(_) => "csv.zst".to_owned(),
        };
    }
    plain_extension(start).to_owned()
}

fn plain_extension(start: &[u8]) -> &'static str {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let text = text.trim_ascii_start();
    if start.starts_with(b"PAR1") {
        "parquet"
    } else if start.starts_with(b"PK\x03\x04") {
        "xlsx"
    } else if text.starts_with(b"<") {
        "xes"
    } else if text.starts_with(b"{") || text.starts_with(b"[") {
        "json"
    } else {
        "csv"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_is_named_by_its_content_and_goes_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("spool");
        let spooled = spool(&mut &b"id,when\n"[..], &folder).unwrap().unwrap();
        // echo 'id,when' | sha256sum
        assert_eq!(spooled.name, "stdin-27d63fddc63f.csv");
        let path = spooled.path.clone();
        assert_eq!(std::fs::read(&path).unwrap(), b"id,when\n");
        drop(spooled);
        assert!(!path.exists());
        assert!(spool(&mut io::empty(), &folder).unwrap().is_none());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn the_extension_is_what_the_content_says() {
        for (start, wanted) in [
            (&b"PAR1\0"[..], "parquet"),
            (b"PK\x03\x04", "xlsx"),
            (b"\xef\xbb\xbf<?xml version='1.0'?><log/>", "xes"),
            (b" {\"id\":1}", "json"),
            (b"[{\"id\":1}]", "json"),
            (b"id;when", "csv"),
        ] {
            assert_eq!(extension(start), wanted);
        }
        let packed = zstd::encode_all(&b"<log/>"[..], 1).unwrap();
        assert_eq!(extension(&packed), "xes.zst");
    }
}
