//! Of `src/ingest`, all up to the outcome of a block.

#[path = "../../../../src/ingest/columns.rs"]
mod columns;
#[path = "../../../../src/ingest/ledger.rs"]
mod ledger;
#[path = "../../../../src/ingest/look.rs"]
mod look;
#[path = "../../../../src/ingest/month_names.rs"]
mod month_names;
#[path = "../../../../src/ingest/number.rs"]
mod number;
#[path = "../../../../src/ingest/number_format.rs"]
mod number_format;
#[path = "../../../../src/ingest/read/mod.rs"]
mod read;
#[path = "../../../../src/ingest/reject.rs"]
mod reject;
#[path = "../../../../src/ingest/row/mod.rs"]
mod row;
#[path = "../../../../src/ingest/serial.rs"]
mod serial;
#[path = "../../../../src/ingest/spent.rs"]
mod spent;
#[path = "../../../../src/ingest/strptime.rs"]
mod strptime;
#[path = "../../../../src/ingest/time/mod.rs"]
mod time;
#[path = "../../../../src/ingest/trim.rs"]
mod trim;

pub use columns::{AttributeColumn, Event, EventColumns, NONE, NumberColumn, Sparse, SparseTexts, TextColumn};
pub use look::{Looked, format_of, look};
pub(crate) use number::parse_millionths;
pub use number_format::{Number, NumberFormat, Separator};
pub use read::{has_known_name, object_types};
pub use reject::{Reason, Reject};
pub use row::{Limits, Outcome};
pub use time::{Assumption, TimeFormat, TimeReader};

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
        let heads = outcome.events.heads();
        let refused = outcome.rejects.len() as u64;
        assert_eq!(outcome.read, heads + refused + outcome.filtered);
        ControlFlow::Continue(())
    });
}
