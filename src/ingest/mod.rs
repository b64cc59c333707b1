//! Raw files → events: streaming, typed, every row accounted for.

mod columns;
mod file;
mod ledger;
mod look;
mod number;
mod read;
mod reject;
mod row;
mod run;
mod spool;
mod time;
mod twins;

pub use columns::{AttributeColumn, EventColumns, NONE, NumberColumn, TextColumn};
pub use file::{SourceFile, absent_columns, check_header, ingest_file, read_file};
pub use ledger::{LedgerEntry, RowCounts};
pub use look::{Looked, format_of, look};
pub(crate) use number::parse_millionths;
pub use read::{has_known_name, object_types};
pub use reject::{Reason, Reject};
pub use row::{Limits, Outcome};
pub use spool::{Spooled, spool};
pub use time::{TimeFormat, TimeReader};
