//! Raw files → events: streaming, typed, every row accounted for.

mod columns;
mod file;
mod ledger;
mod number;
mod read;
mod reject;
mod row;
mod run;
mod time;
mod twins;

pub use columns::{AttributeColumn, EventColumns, NONE, NumberColumn, TextColumn};
pub use file::{SourceFile, check_header, ingest_file, read_file};
pub use ledger::{LedgerEntry, RowCounts};
pub use read::has_known_name;
pub use reject::{Reason, Reject};
pub use row::{Limits, Outcome};
pub use time::{TimeFormat, TimeReader};
