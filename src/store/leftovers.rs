//! What comes from outside lies in the store's folder until it is ingested. A run that was killed leaves
//! it behind; its rows are in the store by then, or come again from where they came.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Where standard input is written to in a store's folder. Whoever writes a file there holds a lock
/// on it until it is no longer needed: it is written before the store is opened.
pub fn spool_folder(store: &Path) -> PathBuf {
    store.join("spool")
}

/// Where the rows of databases are written to in a store's folder, by the one run that has the store
/// open for writing.
pub fn pulls_folder(store: &Path) -> PathBuf {
    store.join("pulls")
}

/// Removes what runs that were killed have left. The caller holds the store's lock.
pub(super) fn clear(store: &Path) -> Result<()> {
    for path in files(&pulls_folder(store))? {
        remove(&path)?;
    }
    for path in files(&spool_folder(store))? {
        // A run that is still alive holds the lock of its file.
        let free = match File::open(&path) {
            Ok(file) => file.try_lock().is_ok(),
            // It has ended since, and taken its file with it.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => false,
            Err(cause) => return Err(Error::read(&path, &cause)),
        };
        if free {
            remove(&path)?;
        }
    }
    Ok(())
}

/// The files of a folder; none where it is not there.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|cause| Error::read(folder, &cause))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|cause| Error::read(folder, &cause))?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(Error::output(path, &cause)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_holds_is_removed_and_what_somebody_holds_stays() {
        let store = tempfile::tempdir().unwrap();
        // Neither folder is there.
        clear(store.path()).unwrap();
        let (spool, pulls) = (spool_folder(store.path()), pulls_folder(store.path()));
        std::fs::create_dir_all(&spool).unwrap();
        std::fs::create_dir_all(&pulls).unwrap();
        let held = File::create(spool.join("stdin-1.csv")).unwrap();
        held.try_lock().unwrap();
        for path in [spool.join("incoming-7"), pulls.join("declarations.csv")] {
            File::create(path).unwrap();
        }
        clear(store.path()).unwrap();
        assert_eq!(files(&spool).unwrap(), [spool.join("stdin-1.csv")]);
        assert!(files(&pulls).unwrap().is_empty());
        drop(held);
        clear(store.path()).unwrap();
        assert!(files(&spool).unwrap().is_empty());
    }
}
