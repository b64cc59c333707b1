#![no_main]

use std::path::Path;

use clearway_fuzz::project::Mapping;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(mapping) = Mapping::parse(Path::new("mapping.toml"), text, &TimeZone::UTC) {
        assert!(!mapping.columns.declaration_id.is_empty());
        let _ = mapping.source_columns();
    }
});
