//! What an operator should know.

use super::{Level, Notice};
use crate::ingest::LedgerEntry;

/// What an operator should know of a file that was taken.
pub(super) fn ledger_notices(entry: &LedgerEntry) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut tell = |level: Level, text: String| notices.push(Notice { level, text });
    if entry.rows.rejected > 0 {
        let reasons = entry.reasons.iter();
        let reasons: Vec<String> = reasons
            .map(|(reason, count)| format!("{reason} {count}"))
            .collect();
        let text = format!(
            "`{}`: {} of {} rows rejected ({})",
            entry.file,
            entry.rows.rejected,
            entry.rows.read,
            reasons.join(", ")
        );
        tell(Level::Warning, text);
    }
    for (assumption, times) in &entry.assumed_times {
        let told = times.told(assumption);
        tell(Level::Info, format!("`{}`: {told}", entry.file));
    }
    if entry.rows.read == 0 {
        tell(Level::Warning, format!("`{}` has no rows", entry.file));
    }
    if entry.implausible_times > 0 {
        let text = format!(
            "`{}`: {} events are dated before 1990; they count, but such a time is rarely meant",
            entry.file, entry.implausible_times
        );
        tell(Level::Warning, text);
    }
    if entry.near_duplicates > 0 {
        let examples = entry.near_duplicate_examples.iter().take(3);
        let examples: Vec<String> = examples
            .map(|one| {
                format!(
                    "{} and {} (`{}`, `{}`)",
                    one.first, one.second, one.declaration, one.activity
                )
            })
            .collect();
        let more = if entry.near_duplicates > 3 {
            " …"
        } else {
            ""
        };
        let text = format!(
            "`{}`: {} events repeat the declaration, activity and time of another with other \
             attributes, and count: {}{more}",
            entry.file,
            entry.near_duplicates,
            examples.join("; "),
        );
        tell(Level::Info, text);
    }
    notices
}
