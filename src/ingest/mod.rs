//! Raw files → events: streaming, typed, every row accounted for.

mod columns;
mod csv_blocks;
mod database;
mod file;
mod ledger;
mod month_names;
mod number;
mod number_format;
mod parquet_blocks;
mod reject;
mod row;
mod run;
mod serial;
mod source;
mod strptime;
mod time;
mod twins;

pub use columns::{AttributeColumn, EventColumns, NONE, NumberColumn, TextColumn};
pub use database::{Database, Plan, Spooled};
pub use file::{SourceFile, check_columns, check_header, ingest_file, read_file};
pub use ledger::{AssumedTimes, LedgerEntry, Pull, RowCounts, Watermark};
pub use number_format::{Number, NumberFormat, Separator};
pub use reject::{Reason, Reject};
pub use row::{Limits, Outcome};
pub use time::{Assumption, TimeFormat, TimeReader};
