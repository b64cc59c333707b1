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

/// Of `src/project`, mappings and what they are made of.
pub mod project {
    #[path = "../../../../src/project/document.rs"]
    mod document;
    #[path = "../../../../src/project/expression/mod.rs"]
    mod expression;
    #[path = "../../../../src/project/mapping.rs"]
    mod mapping;
    #[path = "../../../../src/project/rates.rs"]
    mod rates;
    #[path = "../../../../src/project/reading.rs"]
    mod reading;

    use document::zone;
    pub use document::{Document, Located, Section};
    pub(crate) use expression::parse_one;
    pub use expression::{Expression, RowFault, Value, parse_bool};
    pub use mapping::{
        AmountMapping, AttributeMapping, Layout, Mapping, Origin, RoleColumns, Take,
        lifecycle_label,
    };
    pub use rates::Rates;
    pub use reading::{Format, Reading};
}

/// Of `src/ingest`, all up to the outcome of a block.
pub mod ingest {
    #[path = "../../../../src/ingest/columns.rs"]
    mod columns;
    #[path = "../../../../src/ingest/look.rs"]
    mod look;
    #[path = "../../../../src/ingest/number.rs"]
    mod number;
    #[path = "../../../../src/ingest/read/mod.rs"]
    mod read;
    #[path = "../../../../src/ingest/reject.rs"]
    mod reject;
    #[path = "../../../../src/ingest/row.rs"]
    mod row;
    #[path = "../../../../src/ingest/time.rs"]
    mod time;

    pub use columns::{AttributeColumn, EventColumns, NONE, NumberColumn, TextColumn};
    pub use look::{Looked, format_of, look};
    pub(crate) use number::parse_millionths;
    pub use read::{has_known_name, object_types};
    pub use reject::{Reason, Reject};
    pub use row::{Limits, Outcome};
    pub use time::{TimeFormat, TimeReader};

    use std::ops::ControlFlow;
    use std::path::Path;

    use crate::project::{Mapping, Rates};

    /// Reads a file to its end. Bad input may be an error or refused rows, never a panic; every row is
    /// accounted for.
    pub fn drive(path: &Path, mapping: &Mapping) {
        let wanted = read::Wanted::of(mapping);
        let Ok(opened) = read::open(path, &mapping.reading, &wanted) else {
            return;
        };
        if opened.header.is_empty() {
            return;
        }
        let rates = Rates::default();
        let limits = Limits {
            not_after_us: i64::MAX,
            currency: "UZS",
            rates: &rates,
            zone: &mapping.timezone,
        };
        let Ok(mut rows) = row::RowReader::new(mapping, limits, &opened.header, "file") else {
            return;
        };
        let _ = opened.source.run(&mut |block| {
            let outcome = block.read(&mut rows);
            let heads = outcome.events.head.iter().filter(|head| **head).count() as u64;
            let refused = outcome.rejects.len() as u64;
            assert_eq!(outcome.read, heads + refused + outcome.filtered);
            ControlFlow::Continue(())
        });
    }
}

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
status = "status"
"nested" = "office.code"
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
        let folder = folder.get_or_init(|| tempfile::tempdir().expect("there is a folder for tests"));
        let path = folder.path().join(format!("input.{extension}"));
        std::fs::write(&path, bytes).expect("it can be written");
        ingest::drive(&path, mapping);
        let reading = project::Reading::default();
        let _ = ingest::look(&path, &reading, 100, &mut |_| {});
    });
}
