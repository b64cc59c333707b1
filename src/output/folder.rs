//! A folder that appears complete or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Files of a folder by their path in it, with `/`.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Whether a folder had to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// It is new or has changed.
    Written,
    /// It was there already, with the same content.
    Unchanged,
}

/// Checks, before any work is done, that a report can be put at `folder`.
pub fn check(folder: &Path) -> Result<()> {
    let fault = |cause: &dyn std::fmt::Display| Error::output(folder, cause);
    let parent = parent(folder);
    if parent.is_file() {
        return Err(Error::output(parent, &"it is a file, not a folder"));
    }
    fs::create_dir_all(parent).map_err(|cause| Error::output(parent, &cause))?;
    let probe = sibling(folder, "probe");
    fs::create_dir_all(&probe).map_err(|cause| fault(&cause))?;
    fs::remove_dir(&probe).map_err(|cause| fault(&cause))?;
    if !folder.exists() || folder.join("run.json").is_file() {
        return Ok(());
    }
    let empty = fs::read_dir(folder)
        .map_err(|cause| fault(&cause))?
        .next()
        .is_none();
    if empty {
        Ok(())
    } else {
        Err(fault(
            &"it is not a report folder: it has files but no `run.json`",
        ))
    }
}

/// Puts the files at `folder`, which then holds these and no others. `same` says whether an old and
/// a new content of a file mean the same; where all do, nothing is touched.
pub fn publish(
    folder: &Path,
    files: &Files,
    same: impl Fn(&str, &[u8], &[u8]) -> bool,
) -> Result<Published> {
    check(folder)?;
    let old = read(folder)?;
    let unchanged = old.len() == files.len()
        && files
            .iter()
            .all(|(name, new)| old.get(name).is_some_and(|old| same(name, old, new)));
    if unchanged {
        return Ok(Published::Unchanged);
    }
    let fresh = sibling(folder, "new");
    let retired = sibling(folder, "old");
    // Left over from a run that was killed.
    for leftover in [&fresh, &retired] {
        if leftover.exists() {
            fs::remove_dir_all(leftover).map_err(|cause| Error::output(leftover, &cause))?;
        }
    }
    write_files(&fresh, files)?;
    if folder.exists() {
        fs::rename(folder, &retired).map_err(|cause| Error::output(folder, &cause))?;
    }
    if let Err(cause) = fs::rename(&fresh, folder) {
        // Put the old one back: a reader must never find nothing.
        let _ = fs::rename(&retired, folder);
        return Err(Error::output(folder, &cause));
    }
    if retired.exists() {
        fs::remove_dir_all(&retired).map_err(|cause| Error::output(&retired, &cause))?;
    }
    Ok(Published::Written)
}

/// Writes some files below a folder.
pub fn write_files(folder: &Path, files: &Files) -> Result<()> {
    for (name, bytes) in files {
        let path = folder.join(name);
        let fault = |cause: &dyn std::fmt::Display| Error::output(&path, cause);
        fs::create_dir_all(parent(&path)).map_err(|cause| fault(&cause))?;
        write_file(&path, bytes)?;
    }
    Ok(())
}

/// Writes one file.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where files are written whole"
)]
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(|cause| Error::output(path, &cause))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A hidden folder beside another, on the same file system, so that a rename is atomic.
fn sibling(folder: &Path, what: &str) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    parent(folder).join(format!(".{name}.{what}"))
}

fn read(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = folders.pop() {
        if !path.is_dir() {
            continue;
        }
        let entries = fs::read_dir(&path).map_err(|cause| Error::read(&path, &cause))?;
        for entry in entries {
            let entry = entry.map_err(|cause| Error::read(&path, &cause))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                folders.push((entry.path(), format!("{name}/")));
            } else {
                let bytes =
                    fs::read(entry.path()).map_err(|cause| Error::read(&entry.path(), &cause))?;
                files.insert(name, bytes);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(content: &str) -> Files {
        Files::from([
            ("run.json".to_owned(), content.as_bytes().to_vec()),
            ("charts/a.svg".to_owned(), b"<svg/>".to_vec()),
        ])
    }

    #[test]
    fn a_folder_is_replaced_whole_and_left_alone_when_nothing_changed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("reports/2025-03");
        let equal = |_: &str, a: &[u8], b: &[u8]| a == b;
        assert_eq!(
            publish(&folder, &files("1"), equal).unwrap(),
            Published::Written
        );
        assert_eq!(
            publish(&folder, &files("1"), equal).unwrap(),
            Published::Unchanged
        );
        let mut fewer = files("2");
        fewer.remove("charts/a.svg");
        assert_eq!(publish(&folder, &fewer, equal).unwrap(), Published::Written);
        assert_eq!(read(&folder).unwrap(), fewer);
        assert_eq!(fs::read_dir(dir.path().join("reports")).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_no_report_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("photos");
        write_files(&folder, &Files::from([("a.jpg".to_owned(), vec![1])])).unwrap();
        let error = publish(&folder, &files("1"), |_, _, _| false).unwrap_err();
        assert!(error.to_string().contains("not a report folder"), "{error}");
        assert!(folder.join("a.jpg").is_file());
    }
}
