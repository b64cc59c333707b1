//! How far the reading of files is.

use std::cell::Cell;

use super::{Found, Progress};

/// The bytes of a file; `None` where they are packed.
fn text_bytes(found: &Found) -> Option<u64> {
    let packed = |name: &str| [".gz", ".zst"].iter().any(|end| name.ends_with(end));
    let size = || std::fs::metadata(&found.path).map_or(0, |metadata| metadata.len());
    (!packed(&found.name.to_lowercase())).then(size)
}

/// How far the reading of all files is: how many rows they have is not known before, how many bytes is.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Bytes of all files that are to be read; `None` where one of them is packed.
    total: Option<u64>,
    rows: Cell<u64>,
    bytes: Cell<u64>,
}

impl Pace {
    /// Nothing of some files has been read.
    pub(super) fn of(found: &[Found]) -> Self {
        Self {
            total: found.iter().map(text_bytes).sum(),
            ..Self::default()
        }
    }

    /// A file that is not read.
    pub(super) fn leave_out(&mut self, found: &Found) {
        let bytes = text_bytes(found).unwrap_or(0);
        self.total = self.total.map(|total| total.saturating_sub(bytes));
    }

    /// Rows and bytes that have been read: all files are taken to go on as they began.
    pub(super) fn advance(&self, rows: u64, bytes: u64, progress: &dyn Progress) {
        self.rows.set(self.rows.get() + rows);
        self.bytes.set(self.bytes.get() + bytes);
        progress.advance(rows);
        if let Some(total) = self.total.filter(|_| self.bytes.get() > 0) {
            let (rows, read) = (u128::from(self.rows.get()), u128::from(self.bytes.get()));
            let expected = rows * u128::from(total).max(read) / read;
            progress.expect(u64::try_from(expected).unwrap_or(u64::MAX));
        }
    }
}
