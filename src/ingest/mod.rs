//! Raw files → events: streaming, typed, every row accounted for.

mod account;
mod columns;
mod database;
mod file;
mod ledger;
mod look;
mod month_names;
mod near;
mod number;
mod number_format;
mod placed;
mod read;
mod reject;
mod row;
mod run;
mod serial;
mod spool;
mod strptime;
mod time;
mod trim;
mod twins;

pub use columns::{
    AttributeColumn, Event, EventColumns, NONE, NumberColumn, Sparse, SparseTexts, TextColumn,
};
pub use database::{Database, Plan};
pub use file::{
    Identity, Ingest, SourceFile, absent_columns, changed_meanwhile, check_columns, check_header,
    ingest_file, read_file,
};
pub use ledger::{
    AssumedTimes, LedgerEntry, NearDuplicate, PLAUSIBLE_FROM_US, Pull, RowCounts, Watermark,
    batch_name,
};
pub use look::{Looked, format_of, look};
pub(crate) use number::parse_millionths;
pub use number_format::{Number, NumberFormat, Separator};
pub use read::{has_known_name, object_types};
pub use reject::{Reason, Reject};
pub use row::{Limits, Outcome};
pub use run::run_events;
pub use spool::{Spooled, spool};
pub use time::{Assumption, TimeFormat, TimeReader};
