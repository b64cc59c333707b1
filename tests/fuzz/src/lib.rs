//! The parts of the project that read what others wrote, taken in by path, and what the targets do
//! with them.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    reason = "the project's modules are taken in without those that use them"
)]

#[path = "../../../src/digest.rs"]
mod digest;
#[path = "../../../src/error.rs"]
pub mod error;
#[path = "../../../src/model/mod.rs"]
pub mod model;

pub mod project;

pub mod ingest;

use std::cell::OnceCell;
use std::path::Path;

use jiff::tz::TimeZone;
use project::Mapping;

/// A mapping that reads a bit of everything; `top` is put in front of it.
pub fn mapping(top: &str) -> Mapping {
    let text = format!(
        r#"layout = "events"
timestamp_formats = ["%d.%m.%Y %H:%M"]
where = "status <> 'test'"
{top}
[columns]
declaration_id = "id"
activity = "activity"
lifecycle = "transition"
timestamp = "time"
[activities]
"a" = "registered"
[attributes]
office = "office"
finding = "finding"
state = "status"
nested = "office.code"
[amounts]
paid = "paid"
assessed = {{ expr = 'paid * 2' }}
"#
    );
    Mapping::parse(Path::new("mapping.toml"), &text, &TimeZone::UTC).expect("it is a good mapping")
}

/// Reads some bytes as a file with this extension.
pub fn file(extension: &str, mapping: &Mapping, bytes: &[u8]) {
    thread_local! {
        static FOLDER: OnceCell<tempfile::TempDir> = const { OnceCell::new() };
    }
    FOLDER.with(|folder| {
        let folder =
            folder.get_or_init(|| tempfile::tempdir().expect("there is a folder for tests"));
        let path = folder.path().join(format!("input.{extension}"));
        std::fs::write(&path, bytes).expect("it can be written");
        ingest::drive(&path, mapping);
        let reading = project::Reading::default();
        let _ = ingest::look(&path, &reading, 100, &mut |_| {});
    });
}
