//! Files that are there whole or not at all.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// What a file is called until it is whole: its own name with the extension `tmp`. A run that was killed may leave
/// one behind.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    path.with_extension("tmp")
}

/// Writes a file and puts it in the place of what has its name: whoever reads the folder meanwhile sees the
/// old one or the new one. Fails with the first fault of `write` or of the system.
pub(super) fn replace<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(File) -> Result<(), E>,
) -> Result<(), E> {
    let unfinished = unfinished(path);
    write(File::create(&unfinished)?)?;
    Ok(std::fs::rename(&unfinished, path)?)
}
