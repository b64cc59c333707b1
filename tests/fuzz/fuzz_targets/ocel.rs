#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use clearway_fuzz::{file, project::Mapping};
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

const TEXT: &str = r#"layout = "events"
[columns]
declaration_id = "ocel:oid"
activity = "ocel:activity"
timestamp = "ocel:timestamp"
event_id = "ocel:eid"
[attributes]
office = "office"
lane = "case:lane"
"#;

static MAPPING: LazyLock<Mapping> = LazyLock::new(|| {
    Mapping::parse(Path::new("ocel.toml"), TEXT, &TimeZone::UTC).expect("it is a good mapping")
});

fuzz_target!(|bytes: &[u8]| file("jsonocel", &MAPPING, bytes));
