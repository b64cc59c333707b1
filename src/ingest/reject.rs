//! Refused rows, each with its reason.

use std::fmt;

/// Why a row was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The declaration's number is empty.
    MissingId,
    /// The declaration's number has control characters, or more than 200 bytes.
    BadId,
    /// The activity is empty.
    MissingActivity,
    /// There is no time.
    MissingTime,
    /// The time has none of the accepted shapes.
    UnparsableTime,
    /// There is no such day or time.
    ImpossibleTime,
    /// The time lies after tomorrow.
    FutureTime,
    /// The time lies before 2 January 1970: what systems write for "none".
    PlaceholderTime,
    /// The value is not in the code list.
    UnknownCode,
    /// The value is not a number.
    BadNumber,
    /// The number has a mark that the mapping does not declare, so that it has two readings.
    AmbiguousNumber,
    /// Thousands separators do not stand between groups of three digits, or are of two kinds.
    MisplacedSeparator,
    /// The number has more than six decimal places.
    NumberTooPrecise,
    /// The number has more digits than can be kept.
    NumberTooLarge,
    /// The number stands with a currency that the mapping does not declare.
    UndeclaredCurrency,
    /// The value is not true or false.
    BadBoolean,
    /// The currency has no rate on that day.
    UnknownCurrency,
    /// There is an amount, and neither the row nor the amount says in which currency.
    MissingCurrency,
    /// The amount's own currency is not that of the row.
    CurrencyMismatch,
    /// The row has more or fewer fields than the header.
    WrongColumnCount,
    /// The row has bytes that are no character in the encoding of the file.
    BrokenUtf8,
    /// The row is not what the format says a row is: no JSON object, or one with an object where a
    /// value belongs.
    BrokenRecord,
    /// What the mapping reads from the row is longer than 256 KiB.
    FieldTooLong,
}

impl Reason {
    /// The reason's code, as the ledger and `rejects.csv` print it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingId => "missing_id",
            Self::BadId => "bad_id",
            Self::MissingActivity => "missing_activity",
            Self::MissingTime => "missing_time",
            Self::UnparsableTime => "unparsable_time",
            Self::ImpossibleTime => "impossible_time",
            Self::FutureTime => "future_time",
            Self::PlaceholderTime => "placeholder_time",
            Self::UnknownCode => "unknown_code",
            Self::BadNumber => "bad_number",
            Self::AmbiguousNumber => "ambiguous_number",
            Self::MisplacedSeparator => "misplaced_separator",
            Self::NumberTooPrecise => "number_too_precise",
            Self::NumberTooLarge => "number_too_large",
            Self::UndeclaredCurrency => "undeclared_currency",
            Self::BadBoolean => "bad_boolean",
            Self::UnknownCurrency => "unknown_currency",
            Self::MissingCurrency => "missing_currency",
            Self::CurrencyMismatch => "currency_mismatch",
            Self::WrongColumnCount => "wrong_column_count",
            Self::BrokenUtf8 => "broken_utf8",
            Self::BrokenRecord => "broken_record",
            Self::FieldTooLong => "field_too_long",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A refused row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Where it stands in the file, from 1: the line (CSV, NDJSON, XES), the row (Parquet, XLSX), the
    /// number of the event (OCEL).
    pub line: u64,
    /// The source column at fault; empty for the row as a whole.
    pub column: String,
    /// The offending value.
    pub value: String,
    /// Why.
    pub reason: Reason,
    /// The row as it stands in the file; bytes that are not UTF-8 are replaced.
    pub raw: String,
}

impl Reject {
    /// A row that is refused as a whole, without a column at fault.
    pub fn whole(line: u64, reason: Reason, value: String, raw: String) -> Self {
        Self {
            line,
            column: String::new(),
            value,
            reason,
            raw,
        }
    }
}
