//! Raw files → events: every row is accounted for.

mod ledger;

pub use ledger::{LedgerEntry, RowCounts};
