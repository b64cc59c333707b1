//! Raw files → events: streaming, typed, every row accounted for.

mod columns;
mod csv_blocks;
mod file;
mod ledger;
mod near;
mod number;
mod parquet_blocks;
mod reject;
mod row;
mod run;
mod source;
mod time;
mod twins;

pub use columns::{AttributeColumn, EventColumns, NONE, NumberColumn, TextColumn};
pub use file::{Ingest, SourceFile, check_header, ingest_file, read_file};
pub use ledger::{LedgerEntry, NearDuplicate, PLAUSIBLE_FROM_US, RowCounts, batch_name};
pub use reject::{Reason, Reject};
pub use row::{Limits, Outcome};
pub use time::{TimeFormat, TimeReader};
