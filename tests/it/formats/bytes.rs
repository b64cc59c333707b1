//! Good files with random damage: reading them may refuse rows or the file, but never stops the
//! program; every row is accounted for, and any draft that is made of one loads.
//!
//! `PROPTEST_CASES=100000` tries that many files of each format.

use std::path::Path;

use clearway::draft::draft;
use clearway::ingest::{Limits, SourceFile, TimeFormat, TimeReader, read_file};
use clearway::project::{Mapping, Rates};
use jiff::tz::TimeZone;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::laws::config;
use crate::support::repository;

/// Bytes that mean something to one of the formats.
const PIECES: [&[u8]; 24] = [
    b"\"",
    b"'",
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"<",
    b"/>",
    b"</trace>",
    b"&amp;",
    b"<!DOCTYPE x>",
    b"\\",
    b"-1e9",
    b"2025-13-45",
];

/// One damage to a file.
#[derive(Clone, Debug)]
enum Damage {
    Put(Index, Index),
    Overwrite(Index, u8),
    Remove(Index, Index),
    Repeat(Index, Index),
    CutOff(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<Index>;
    prop_oneof![
        4 => (place(), place()).prop_map(|(at, what)| Damage::Put(at, what)),
        4 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Overwrite(at, byte)),
        2 => (place(), place()).prop_map(|(from, to)| Damage::Remove(from, to)),
        2 => (place(), place()).prop_map(|(from, to)| Damage::Repeat(from, to)),
        1 => place().prop_map(Damage::CutOff),
    ]
}

fn damaged(mut bytes: Vec<u8>, all: &[Damage]) -> Vec<u8> {
    for one in all {
        let at = |index: &Index| index.index(bytes.len() + 1);
        match one {
            Damage::Put(place, what) => {
                let place = at(place);
                bytes.splice(place..place, what.get(&PIECES).iter().copied());
            }
            Damage::Overwrite(place, byte) => {
                let place = at(place);
                if let Some(slot) = bytes.get_mut(place) {
                    *slot = *byte;
                }
            }
            Damage::Remove(from, to) => {
                let (from, to) = (at(from), at(to));
                bytes.drain(from.min(to)..from.max(to));
            }
            Damage::Repeat(from, to) => {
                let (from, to) = (at(from), at(to));
                let piece = bytes[from.min(to)..from.max(to)].to_vec();
                bytes.extend(piece);
            }
            Damage::CutOff(place) => {
                let place = at(place);
                bytes.truncate(place);
            }
        }
    }
    bytes
}

fn seed(format: &str, name: &str) -> Vec<u8> {
    std::fs::read(repository("tests/fuzz/seeds").join(format).join(name)).unwrap()
}

fn parsed(text: &str) -> Mapping {
    Mapping::parse(Path::new("x.toml"), text, &TimeZone::UTC).unwrap()
}

const COLUMNS: &str = "layout = \"events\"\ntimestamp_formats = [\"%d.%m.%Y %H:%M\"]\n\
    where = \"status <> 'test'\"\n[columns]\ndeclaration_id = \"id\"\nactivity = \"activity\"\n\
    lifecycle = \"transition\"\ntimestamp = \"time\"\n[attributes]\noffice = \"office\"\n\
    finding = \"finding\"\nstate = \"status\"\nnested = \"office.code\"\n[amounts]\npaid = \"paid\"\n\
    assessed = { expr = 'paid * 2' }\n";
const OBJECTS: &str = "layout = \"events\"\n[columns]\ndeclaration_id = \"ocel:oid\"\n\
    activity = \"ocel:activity\"\ntimestamp = \"ocel:timestamp\"\nevent_id = \"ocel:eid\"\n\
    [attributes]\noffice = \"office\"\nlane = \"case:lane\"\n";

/// Reads a file and accounts for its rows; drafts a mapping for it.
fn read(extension: &str, mapping: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("log.{extension}"));
    std::fs::write(&path, bytes).unwrap();
    let mapping = parsed(mapping);
    let rates = Rates::default();
    let limits = Limits {
        not_after_us: i64::MAX,
        currency: "UZS",
        rates: &rates,
        zone: &TimeZone::UTC,
    };
    let file = SourceFile {
        path: &path,
        name: "log",
        mapping: &mapping,
        pull: None,
    };
    let mut accounts = Vec::new();
    let _ = read_file(&file, &limits, &mut |outcome| {
        let heads = outcome.events.heads();
        let refused = outcome.rejects.len() as u64;
        accounts.push((outcome.read, heads + refused + outcome.filtered));
        Ok(())
    });
    for (read, accounted) in accounts {
        prop_assert_eq!(read, accounted);
    }
    if let Ok(draft) = draft(&path) {
        let text = draft.mapping_text();
        let loaded = Mapping::parse(Path::new("x.toml"), &text, &TimeZone::UTC);
        prop_assert!(loaded.is_ok(), "{:?}\n{}", loaded.err(), text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn delimited_text(all in vec(damage(), 0..12), semicolons in any::<bool>()) {
        let name = if semicolons { "semicolons" } else { "plain" };
        read("csv", COLUMNS, &damaged(seed("csv", name), &all))?;
    }

    #[test]
    fn objects_on_lines(all in vec(damage(), 0..12)) {
        read("ndjson", COLUMNS, &damaged(seed("ndjson", "plain"), &all))?;
    }

    #[test]
    fn traces(all in vec(damage(), 0..12)) {
        read("xes", COLUMNS, &damaged(seed("xes", "plain"), &all))?;
    }

    #[test]
    fn objects_and_events(all in vec(damage(), 0..12)) {
        read("jsonocel", OBJECTS, &damaged(seed("ocel", "plain"), &all))?;
    }

    #[test]
    fn packed_files(all in vec(damage(), 0..4)) {
        let packed = super::gzip(&seed("csv", "plain"));
        read("csv.gz", COLUMNS, &damaged(packed, &all))?;
        let packed = zstd::encode_all(seed("csv", "plain").as_slice(), 1).unwrap();
        read("csv.zst", COLUMNS, &damaged(packed, &all))?;
    }

    #[test]
    fn sheets(all in vec(damage(), 0..4)) {
        let workbook = super::fixture::workbook("Sheet1", &[]);
        read("xlsx", COLUMNS, &damaged(workbook, &all))?;
    }

    #[test]
    fn mappings(all in vec(damage(), 0..12), korea in any::<bool>()) {
        let name = if korea { "korea" } else { "template" };
        let bytes = damaged(seed("mapping", name), &all);
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(mapping) = Mapping::parse(Path::new("x.toml"), &text, &TimeZone::UTC) {
            prop_assert!(!mapping.columns.declaration_id.is_empty());
        }
    }

    #[test]
    fn times(all in vec(damage(), 0..6), name in 0..3_usize) {
        let bytes = damaged(seed("time", ["gap", "names", "offset"][name]), &all);
        let text = String::from_utf8_lossy(&bytes);
        let (format, time) = text.split_once('\n').unwrap_or(("%Y", &text));
        let format = TimeFormat::parse(format, None).ok();
        let zone = TimeZone::get("Europe/Rome").unwrap();
        let mut reader = TimeReader::new(format.as_slice(), &zone);
        let first = reader.read(time);
        prop_assert_eq!(first, reader.read(time));
    }
}
