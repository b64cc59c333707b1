//! The folded tables on disk, so that declarations with no new event are not folded again.
//!
//! The folder `folded` is a cache: it can be removed at any time. It holds layers. The first one has every
//! declaration; a later one has those declarations anew that files taken since then speak of. A
//! manifest, replaced as a whole, names the layers and what they were made from.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::error::ArrowError;
use serde::{Deserialize, Serialize};

use super::table_file::{self, StoredTable};
use super::{Segment, events, whole};
use crate::error::{Error, Result};

const MANIFEST: &str = "manifest.json";
/// Held while tables are written. It is not the lock of the store: an ingest must not fail because
/// somebody keeps what he has folded. It lies beside the folder, which may be removed at any time.
const LOCK: &str = ".folded.lock";

/// The tables of one range of declarations.
#[derive(Debug)]
pub struct RangeTables {
    /// One row per declaration, sorted by number.
    pub clearances: RecordBatch,
    /// Tables whose rows are parts of declarations.
    pub parts: [Option<RecordBatch>; Part::ALL.len()],
}

/// What a declaration has several of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Payments.
    Payments,
    /// Passages of border crossing points.
    Crossings,
    /// Lines.
    Items,
}

impl Part {
    /// Every kind, in the order of [`RangeTables::parts`].
    pub const ALL: [Self; 3] = [Self::Payments, Self::Crossings, Self::Items];

    const fn name(self) -> &'static str {
        match self {
            Self::Payments => "payments",
            Self::Crossings => "crossings",
            Self::Items => "items",
        }
    }
}

/// The tables of one range in the store.
#[derive(Clone, Debug)]
pub struct StoredRange {
    /// Number of its first declaration.
    pub first: String,
    /// Number of its last declaration.
    pub last: String,
    /// One row per declaration.
    pub clearances: StoredTable,
    /// Tables whose rows are parts of declarations; `None` where there is no row.
    pub parts: [Option<StoredTable>; Part::ALL.len()],
}

/// A segment as the manifest names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Source {
    name: String,
    size: u64,
    rows: u64,
}

/// What the manifest says of a range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RangeEntry {
    stem: String,
    first: String,
    last: String,
    declarations: u64,
    parts: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    /// Hash of all that decides how events are folded.
    rules: String,
    segments: Vec<Source>,
    layers: Vec<Vec<RangeEntry>>,
}

impl Manifest {
    /// The manifest in a folder, if it is of these rules and of no segment but these; else an empty one.
    fn read(folder: &Path, rules: &str, segments: &[Segment]) -> Self {
        std::fs::read(folder.join(MANIFEST))
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok())
            .filter(|manifest| manifest.rules == rules)
            .filter(|manifest| {
                let there: Vec<Source> = segments.iter().map(source).collect();
                manifest.segments.iter().all(|one| there.contains(one))
            })
            .unwrap_or_else(|| Self {
                rules: rules.to_owned(),
                ..Self::default()
            })
    }

    fn stems(&self) -> Vec<&str> {
        let ranges = self.layers.iter().flatten();
        ranges.map(|range| range.stem.as_str()).collect()
    }
}

/// The cache of folded tables.
#[derive(Debug)]
pub struct FoldedStore {
    folder: PathBuf,
    manifest: Manifest,
    /// Held while tables are written, until they have been opened.
    lock: Option<File>,
    /// Whether tables are for this process alone.
    passing: bool,
}

impl FoldedStore {
    /// Opens the cache in a store's folder. What was folded by other rules, or from a segment that is
    /// no longer there, is not used.
    pub fn open(store: &Path, rules: &str, segments: &[Segment]) -> Self {
        let folder = store.join("folded");
        Self {
            manifest: Manifest::read(&folder, rules, segments),
            folder,
            lock: None,
            passing: false,
        }
    }

    /// A place for tables that are made for this process alone and are gone from the store as soon as they
    /// are open. Nothing that is there already is used.
    pub fn passing(store: &Path) -> Self {
        let place = store.join("passing");
        // Where it can't be made nothing can be kept, which whoever prepares for writing is told.
        let _ = std::fs::create_dir_all(&place);
        Self {
            folder: place.join("folded"),
            manifest: Manifest::default(),
            lock: None,
            passing: true,
        }
    }

    /// The segments that no layer was made from yet.
    pub fn new_segments<'s>(&self, segments: &'s [Segment]) -> Vec<&'s Segment> {
        let known = &self.manifest.segments;
        let is_new = |segment: &&Segment| !known.contains(&source(segment));
        segments.iter().filter(is_new).collect()
    }

    /// The declarations of each layer.
    pub fn declarations(&self) -> Vec<u64> {
        let layers = self.manifest.layers.iter();
        layers
            .map(|layer| layer.iter().map(|range| range.declarations).sum())
            .collect()
    }

    /// Forgets every layer; the next one is the first.
    pub fn clear(&mut self) {
        self.manifest.layers.clear();
        self.manifest.segments.clear();
    }

    /// Prepares for writing, and takes over what another run has kept meanwhile. `false` where nothing
    /// can be written, or another run is writing: tables are not kept then. The segments may be those
    /// of a store that has gone on since: whoever opens the cache later sees which of his are missing.
    pub fn prepare(&mut self, segments: &[Segment]) -> bool {
        let store = self.folder.parent().unwrap_or(&self.folder);
        self.lock = super::lock_file(&store.join(LOCK)).ok().flatten();
        if self.lock.is_none() || std::fs::create_dir_all(&self.folder).is_err() {
            return false;
        }
        if !self.passing {
            self.manifest = Manifest::read(&self.folder, &self.manifest.rules, segments);
        }
        true
    }

    /// Writes the tables of one range of the next layer; `from` tells ranges apart.
    pub fn write(
        &self,
        from: &str,
        segments: &[Segment],
        tables: &RangeTables,
    ) -> Result<WrittenRange> {
        let ids = tables
            .clearances
            .column_by_name(events::DECLARATION_ID)
            .and_then(|ids| ids.as_string_opt::<i32>())
            .filter(|ids| !ids.is_empty());
        let Some(ids) = ids else {
            return Ok(WrittenRange(None));
        };
        let made_from: Vec<Source> = segments.iter().map(source).collect();
        // What earlier layers have is not in this one: whoever reads by an older manifest must not meet
        // a table of the same name with less in it.
        let below = self.manifest.stems();
        let identity = format!("{}{made_from:?}{below:?}{from}", self.manifest.rules);
        let stem = crate::digest::sha256(identity.as_bytes());
        let stem = stem.get(..16).unwrap_or(&stem).to_owned();
        self.write_table(&stem, "clearances", &tables.clearances)?;
        let mut parts = Vec::new();
        for (part, table) in Part::ALL.iter().zip(&tables.parts) {
            if let Some(table) = table {
                self.write_table(&stem, part.name(), table)?;
                parts.push(part.name().to_owned());
            }
        }
        Ok(WrittenRange(Some(RangeEntry {
            stem,
            first: ids.value(0).to_owned(),
            last: ids.value(ids.len() - 1).to_owned(),
            declarations: ids.len() as u64,
            parts,
        })))
    }

    fn path(&self, stem: &str, table: &str) -> PathBuf {
        self.folder.join(format!("{stem}.{table}.columns"))
    }

    fn write_table(&self, stem: &str, name: &str, table: &RecordBatch) -> Result<()> {
        let path = self.path(stem, name);
        let written: std::result::Result<(), ArrowError> =
            whole::replace(&path, |file| table_file::write(file, table));
        written.map_err(|cause| Error::output(&path, &cause))
    }

    /// Adds a layer made from `segments` and replaces the manifest; files that it no longer names are
    /// removed.
    pub fn finish(&mut self, segments: &[Segment], layer: Vec<WrittenRange>) -> Result<()> {
        let mut layer: Vec<RangeEntry> = layer.into_iter().filter_map(|range| range.0).collect();
        layer.sort_by(|a, b| a.first.cmp(&b.first));
        self.manifest.layers.push(layer);
        self.manifest.segments = segments.iter().map(source).collect();
        let path = self.folder.join(MANIFEST);
        let bytes = serde_json::to_vec(&self.manifest)
            .map_err(|cause| Error::internal("printing the folded tables' manifest", cause))?;
        whole::replace(&path, |mut file| file.write_all(&bytes))
            .map_err(|cause| Error::output(&path, &cause))?;
        self.remove_others();
        Ok(())
    }

    /// Removes tables that no layer names. One that can't be removed does no harm.
    fn remove_others(&self) {
        let stems = self.manifest.stems();
        let Ok(files) = std::fs::read_dir(&self.folder) else {
            return;
        };
        for file in files.flatten() {
            let name = file.file_name();
            let name = name.to_string_lossy();
            let named = stems.iter().any(|stem| name.starts_with(stem)) || name == MANIFEST;
            if !named {
                let _ = std::fs::remove_file(file.path());
            }
        }
    }

    /// Opens every table of every layer, the first layer first; `None` where another run has removed
    /// some since the manifest was read.
    pub fn layers(&self) -> Result<Option<Vec<Vec<StoredRange>>>> {
        let layers = match self.open_tables() {
            Err(_) if !self.is_complete() => Ok(None),
            opened => opened.map(Some),
        };
        if self.passing {
            // What is open stays readable; where it does not, it is removed the next time.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
        layers
    }

    fn is_complete(&self) -> bool {
        let mut ranges = self.manifest.layers.iter().flatten();
        ranges.all(|range| {
            let parts = range.parts.iter().map(String::as_str);
            let mut names = std::iter::once("clearances").chain(parts);
            names.all(|name| self.path(&range.stem, name).is_file())
        })
    }

    fn open_tables(&self) -> Result<Vec<Vec<StoredRange>>> {
        let open = |range: &RangeEntry| {
            let part = |part: Part| {
                let there = range.parts.iter().any(|name| name == part.name());
                there
                    .then(|| StoredTable::open(self.path(&range.stem, part.name())))
                    .transpose()
            };
            Ok(StoredRange {
                first: range.first.clone(),
                last: range.last.clone(),
                clearances: StoredTable::open(self.path(&range.stem, "clearances"))?,
                parts: [
                    part(Part::Payments)?,
                    part(Part::Crossings)?,
                    part(Part::Items)?,
                ],
            })
        };
        let layers = self.manifest.layers.iter();
        layers
            .map(|layer| layer.iter().map(open).collect())
            .collect()
    }
}

/// What was written of a range; nothing where it has no declaration.
#[derive(Debug)]
pub struct WrittenRange(Option<RangeEntry>);

fn source(segment: &Segment) -> Source {
    let name = segment.path.file_name().unwrap_or_default();
    Source {
        name: name.to_string_lossy().into_owned(),
        size: segment.size,
        rows: segment.rows,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray};

    use super::*;
    use crate::store::Store;

    fn segment(name: &str) -> Segment {
        Segment {
            rows: 1,
            size: 1,
            ..Segment::at(PathBuf::from(name))
        }
    }

    fn tables(ids: &[&str]) -> RangeTables {
        let ids: ArrayRef = Arc::new(StringArray::from(ids.to_vec()));
        RangeTables {
            clearances: RecordBatch::try_from_iter([(events::DECLARATION_ID, ids)]).unwrap(),
            parts: [None, None, None],
        }
    }

    fn keep(kept: &mut FoldedStore, segments: &[Segment], ids: &[&str]) {
        let range = kept.write("", segments, &tables(ids)).unwrap();
        kept.finish(segments, vec![range]).unwrap();
    }

    #[test]
    fn whoever_keeps_tables_stops_others_from_keeping_and_nobody_from_ingesting() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path();
        let (old, new) = (segment("a.parquet"), segment("b.parquet"));
        let before = std::slice::from_ref(&old);
        let mut first = FoldedStore::open(store, "r", before);
        let mut second = FoldedStore::open(store, "r", before);
        assert!(first.prepare(before));
        assert!(!second.prepare(before));
        drop(Store::open_for_writing(store, &BTreeSet::new()).unwrap());
        // Meanwhile the store has got a second segment, of which these tables know nothing.
        keep(&mut first, before, &["A1"]);
        drop(first);
        let both = [old.clone(), new.clone()];
        let next = FoldedStore::open(store, "r", &both);
        assert_eq!(next.new_segments(&both), [&new]);
        assert_eq!(next.declarations(), [1]);
        // The second had seen nothing kept; now that it may write, there is nothing left to fold.
        assert_eq!(second.new_segments(before), [&old]);
        assert!(second.prepare(before));
        assert!(second.new_segments(before).is_empty());
    }

    #[test]
    fn passing_tables_are_readable_when_they_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        let only = [segment("a.parquet")];
        // What a process that died has left is not used.
        for ids in [["A1"].as_slice(), &["A1", "B1"]] {
            let mut kept = FoldedStore::passing(folder.path());
            assert!(kept.prepare(&only));
            assert!(!FoldedStore::passing(folder.path()).prepare(&only));
            assert_eq!(kept.new_segments(&only), [&only[0]]);
            keep(&mut kept, &only, ids);
            if let ["A1", "B1"] = ids {
                let layers = kept.layers().unwrap().unwrap();
                assert!(!folder.path().join("passing/folded").exists());
                let read = layers[0][0].clearances.column(events::DECLARATION_ID);
                assert_eq!(read.unwrap().unwrap().len(), 2);
            }
        }
    }

    #[test]
    fn a_manifest_whose_tables_another_run_has_removed_is_of_no_use_and_no_fault() {
        let folder = tempfile::tempdir().unwrap();
        let both = [segment("a.parquet"), segment("b.parquet")];
        let mut first = FoldedStore::open(folder.path(), "r", &both[..1]);
        assert!(first.prepare(&both[..1]));
        keep(&mut first, &both[..1], &["A1"]);
        drop(first);
        let late = FoldedStore::open(folder.path(), "r", &both);
        let mut anew = FoldedStore::open(folder.path(), "r", &both);
        assert!(anew.prepare(&both));
        anew.clear();
        keep(&mut anew, &both, &["A1", "B1"]);
        assert_eq!(anew.layers().unwrap().unwrap()[0][0].clearances.rows(), 2);
        assert!(late.layers().unwrap().is_none());
    }

    #[test]
    fn a_layer_and_a_whole_of_the_same_segments_have_different_names() {
        let folder = tempfile::tempdir().unwrap();
        let both = [segment("a.parquet"), segment("b.parquet")];
        let mut kept = FoldedStore::open(folder.path(), "r", &both);
        assert!(kept.prepare(&both[..1]));
        keep(&mut kept, &both[..1], &["A1"]);
        keep(&mut kept, &both, &["B1"]);
        let layered = kept.manifest.layers[1][0].stem.clone();
        let rows = |layers: Vec<Vec<StoredRange>>| -> Vec<usize> {
            let ranges = layers.into_iter().flatten();
            ranges.map(|range| range.clearances.rows()).collect()
        };
        assert_eq!(rows(kept.layers().unwrap().unwrap()), [1, 1]);
        kept.clear();
        keep(&mut kept, &both, &["A1", "B1"]);
        assert_ne!(kept.manifest.layers[0][0].stem, layered);
        assert_eq!(rows(kept.layers().unwrap().unwrap()), [2]);
    }
}
