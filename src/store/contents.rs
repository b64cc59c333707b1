//! What files held when they were last hashed: in a folder that grows month by month nearly all are as they
//! were, and need not be read to know it.
//!
//! A cache that can be removed at any time, like the index of a version control system. A file is taken for the one
//! that was hashed where device, inode, size and both its times are the same. The time of the inode is set by the
//! system alone, so that a file that was written again differs in it, even where size and time of the content
//! were put back. Clocks of file systems are coarse: what had been touched just before it was hashed is not
//! remembered. Where the system tells no inode nothing is remembered.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::whole;
use crate::digest::sha256_file;
use crate::error::{Error, Result};

const FILE: &str = "contents.json";
/// How long a file must have been left alone before it is hashed, in microseconds.
const REST_US: i64 = 2_000_000;

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    /// When the content was written, in seconds and nanoseconds.
    modified: (i64, i64),
    /// When content or inode were changed.
    changed: (i64, i64),
}

impl Stamp {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let stamp = Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        };
        // Some network file systems have none.
        (stamp.inode != 0).then_some(stamp)
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Option<Self> {
        None
    }

    /// Whether this can be a state of the same content: a new name or another owner leaves size and time of the content
    /// as they are, and some network file systems number inodes anew at any time.
    fn has_content_of(&self, other: &Self) -> bool {
        (self.size, self.modified) == (other.size, other.modified)
    }

    /// Whether the file had been left alone for a while at an instant.
    fn rested(&self, now: Timestamp) -> bool {
        let (seconds, _) = self.changed;
        let changed_us = seconds.saturating_add(1).saturating_mul(1_000_000);
        changed_us.saturating_add(REST_US) < now.as_microsecond()
    }
}

/// A content with the state of the file that it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The SHA-256 of its bytes.
    pub sha256: String,
    /// `None` where the system tells too little.
    stamp: Option<Stamp>,
}

impl Content {
    /// Whether a file still is as it was when this was read from it, as far as the system tells.
    pub fn is_still(&self, path: &Path) -> Result<bool> {
        let metadata = std::fs::metadata(path).map_err(|cause| Error::read(path, &cause))?;
        let states = self.stamp.zip(Stamp::of(&metadata));
        Ok(states.is_none_or(|(then, now)| now.has_content_of(&then)))
    }
}

/// The contents of files, by their names in the project.
#[derive(Debug, Default)]
pub struct Contents {
    path: PathBuf,
    now: Timestamp,
    known: BTreeMap<String, Content>,
    is_new: bool,
}

impl Contents {
    /// Those that a store remembers; none where they can't be read. Whoever opens them writes to the store.
    pub fn open(store: &Path, now: Timestamp) -> Self {
        let path = store.join(FILE);
        // What a run that died has left, if there is any.
        let _ = std::fs::remove_file(whole::unfinished(&path));
        let known = std::fs::read(&path).ok();
        let known = known.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self {
            path,
            now,
            known: known.unwrap_or_default(),
            is_new: false,
        }
    }

    /// The content of a file: as it was, or hashed.
    pub fn of(&self, name: &str, path: &Path) -> Result<Content> {
        let fault = |cause| Error::read(path, &cause);
        let stamp = Stamp::of(&std::fs::metadata(path).map_err(fault)?);
        let known = self.known.get(name);
        if let Some(known) = known.filter(|known| stamp.is_some() && known.stamp == stamp) {
            return Ok(known.clone());
        }
        Ok(Content {
            sha256: sha256_file(path).map_err(fault)?,
            stamp,
        })
    }

    /// Remembers what a file holds.
    pub fn remember(&mut self, name: &str, content: &Content) {
        let has_rested = content.stamp.is_some_and(|stamp| stamp.rested(self.now));
        if has_rested && self.known.get(name) != Some(content) {
            self.known.insert(name.to_owned(), content.clone());
            self.is_new = true;
        }
    }

    /// Forgets all files but these.
    pub fn keep_only(&mut self, names: &BTreeSet<&str>) {
        let before = self.known.len();
        self.known.retain(|name, _| names.contains(name.as_str()));
        self.is_new |= self.known.len() < before;
    }

    /// Writes down what is new. What can't be written is hashed again the next time.
    pub fn save(&self) {
        if self.is_new
            && let Ok(bytes) = serde_json::to_vec(&self.known)
        {
            let _ = whole::replace(&self.path, |mut file| file.write_all(&bytes));
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test writes its own input")]

    use std::time::Duration;

    use super::*;
    use crate::digest::sha256;

    /// Long after any file of this test was written.
    fn later() -> Timestamp {
        Timestamp::from_second(4_000_000_000).unwrap()
    }

    fn content(text: &str, contents: &Contents, path: &Path) -> Content {
        std::fs::write(path, text).unwrap();
        contents.of("a.csv", path).unwrap()
    }

    #[test]
    fn a_file_that_was_left_alone_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let mut contents = Contents::open(folder.path(), later());
        let found = content("1,2,3", &contents, &path);
        assert_eq!(found.sha256, sha256(b"1,2,3"));
        // Another hash than the file has, so that it shows where the answer comes from.
        let other = Content {
            sha256: "of old".to_owned(),
            ..found
        };
        contents.remember("a.csv", &other);
        contents.save();
        let again = Contents::open(folder.path(), later());
        assert_eq!(again.of("a.csv", &path).unwrap(), other);
        // Another name is another file.
        assert_eq!(again.of("b.csv", &path).unwrap().sha256, sha256(b"1,2,3"));
        let mut again = again;
        again.keep_only(&BTreeSet::from(["b.csv"]));
        again.save();
        let forgotten = Contents::open(folder.path(), later());
        assert_eq!(
            forgotten.of("a.csv", &path).unwrap().sha256,
            sha256(b"1,2,3")
        );
    }

    #[test]
    fn a_file_that_was_written_again_is_read_again_though_size_and_time_are_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let mut contents = Contents::open(folder.path(), later());
        let found = content("1,2,3", &contents, &path);
        contents.remember("a.csv", &found);
        let written = std::fs::metadata(&path).unwrap().modified().unwrap();
        // Longer than the clock of any file system that counts in parts of a second.
        std::thread::sleep(Duration::from_millis(50));
        std::fs::write(&path, "1,2,4").unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(written).unwrap();
        drop(file);
        assert_eq!(
            std::fs::metadata(&path).unwrap().modified().unwrap(),
            written
        );
        let found = contents.of("a.csv", &path).unwrap();
        assert_eq!(found.sha256, sha256(b"1,2,4"));
    }

    #[test]
    fn a_file_is_still_what_it_was_until_it_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let contents = Contents::open(folder.path(), Timestamp::UNIX_EPOCH);
        let found = content("1,2,3", &contents, &path);
        assert!(found.is_still(&path).unwrap());
        // Another name changes the inode's time, and not what it holds.
        std::fs::hard_link(&path, folder.path().join("b.csv")).unwrap();
        assert!(found.is_still(&path).unwrap());
        std::thread::sleep(Duration::from_millis(50));
        std::fs::write(&path, "1,2,4").unwrap();
        assert!(!found.is_still(&path).unwrap());
        std::fs::remove_file(&path).unwrap();
        assert!(found.is_still(&path).is_err());
    }

    #[test]
    fn what_was_touched_just_now_is_not_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "1").unwrap();
        let touched = std::fs::metadata(&path).unwrap().modified().unwrap();
        let touched = Timestamp::try_from(touched).unwrap();
        let of = |seconds| {
            let now = touched + jiff::SignedDuration::from_secs(seconds);
            let mut contents = Contents::open(folder.path(), now);
            let content = contents.of("a.csv", &path).unwrap();
            contents.remember("a.csv", &content);
            contents.known.len()
        };
        assert_eq!([of(0), of(1), of(10)], [0, 0, 1]);
    }

    #[test]
    fn what_is_no_list_of_contents_is_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        std::fs::write(folder.path().join("contents.tmp"), "{").unwrap();
        let contents = Contents::open(folder.path(), later());
        assert!(contents.known.is_empty());
        assert!(!folder.path().join("contents.tmp").exists());
    }
}
