//! Faulty rows, one kind for each reason for which ingest refuses a row.

use std::fmt;
use std::str::FromStr;

use super::dice::Dice;
use super::row::{Column, Row};

/// What is wrong with a faulty row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// No declaration number.
    MissingId,
    /// A time that is not in the log's format.
    UnparsableTime,
    /// A time that no clock has shown: 31 February, 25:61.
    ImpossibleTime,
    /// A time ten years ahead.
    FutureTime,
    /// A code of transport, direction or lane that no list holds.
    UnknownCode,
    /// Words or letters where a number stands.
    BadNumber,
    /// Columns missing, or one too many. CSV only.
    WrongColumnCount,
    /// Bytes that are no UTF-8 (a label in the Cyrillic code page 1251). CSV only.
    BrokenUtf8,
    /// The row before, once more.
    Duplicate,
}

impl FaultKind {
    /// Every kind, in the order of the command line's help.
    pub const ALL: [Self; 9] = [
        Self::MissingId,
        Self::UnparsableTime,
        Self::ImpossibleTime,
        Self::FutureTime,
        Self::UnknownCode,
        Self::BadNumber,
        Self::WrongColumnCount,
        Self::BrokenUtf8,
        Self::Duplicate,
    ];

    /// The name on the command line and in summaries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissingId => "missing_id",
            Self::UnparsableTime => "unparsable_time",
            Self::ImpossibleTime => "impossible_time",
            Self::FutureTime => "future_time",
            Self::UnknownCode => "unknown_code",
            Self::BadNumber => "bad_number",
            Self::WrongColumnCount => "wrong_column_count",
            Self::BrokenUtf8 => "broken_utf8",
            Self::Duplicate => "duplicate",
        }
    }

    /// Whether only a CSV file can hold it: Parquet has fixed columns and valid text.
    pub const fn is_csv_only(self) -> bool {
        matches!(self, Self::WrongColumnCount | Self::BrokenUtf8)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FaultKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("`{text}` is not a kind of fault: give some of {names}")
            })
    }
}

/// Draws whether and how to spoil, and does it.
#[derive(Debug)]
pub(super) struct Faults {
    dice: Dice,
    /// Probability that a good row is followed by a faulty one.
    chance: f64,
    kinds: Vec<FaultKind>,
}

impl Faults {
    /// `share` is that of all rows, so a good row is followed by a faulty one with `s / (1 − s)`;
    /// above a half, the faulty rows after one good row are several.
    pub(super) fn new(seed: u64, share: f64, kinds: &[FaultKind]) -> Self {
        let chance = if kinds.is_empty() {
            0.0
        } else {
            share / (1.0 - share)
        };
        Self {
            dice: Dice::new(seed, 1),
            chance,
            kinds: kinds.to_vec(),
        }
    }

    /// How many faulty rows follow the next good row, usually none.
    pub(super) fn count(&mut self) -> u64 {
        if self.chance <= 0.0 {
            return 0;
        }
        let certain = self.chance.floor();
        super::dice::whole_unsigned(certain) + u64::from(self.dice.chance(self.chance - certain))
    }

    /// Writes a spoilt copy of `good` into `spoilt` and says what is wrong with it.
    pub(super) fn spoil(&mut self, good: &Row, spoilt: &mut Row) -> Option<FaultKind> {
        let place = usize::try_from(self.dice.below(self.kinds.len() as u64)).ok()?;
        let kind = *self.kinds.get(place)?;
        let variant = self.dice.below(3);
        match kind {
            FaultKind::MissingId => spoilt.copy_with(good, Column::Declaration, b""),
            FaultKind::UnparsableTime => {
                let text: &[u8] = match variant {
                    0 => b"noma'lum",
                    1 => b"2025/14/3 9h05",
                    _ => b"00:00",
                };
                spoilt.copy_with(good, Column::Time, text);
            }
            FaultKind::ImpossibleTime => {
                let text: &[u8] = match variant {
                    0 => b"31.02.2025 10:15:00",
                    1 => b"14.03.2025 25:61:00",
                    _ => b"00.13.2024 08:30:00",
                };
                spoilt.copy_with(good, Column::Time, text);
            }
            FaultKind::FutureTime => spoilt.copy_with(good, Column::Time, &decade_later(good)),
            FaultKind::UnknownCode => match variant {
                0 => spoilt.copy_with(good, Column::Lane, b"9"),
                1 => spoilt.copy_with(good, Column::Mode, b"77"),
                _ => spoilt.copy_with(good, Column::Direction, b"QQ"),
            },
            FaultKind::BadNumber => match variant {
                0 => spoilt.copy_with(good, Column::NetMass, b"12 t"),
                1 => spoilt.copy_with(good, Column::Value, b"4O5OOO"),
                _ => spoilt.copy_with(good, Column::Packages, b"o'n ikki"),
            },
            FaultKind::WrongColumnCount => spoilt.copy_with_columns(good, variant),
            FaultKind::BrokenUtf8 => {
                // "Рад этилди" in code page 1251.
                let label = b"\xd0\xe0\xe4 \xfd\xf2\xe8\xeb\xe4\xe8";
                spoilt.copy_with(good, Column::Label, label);
            }
            FaultKind::Duplicate => spoilt.copy_from(good),
        }
        Some(kind)
    }
}

/// The row's time with a year ten years later: `dd.mm.yyyy hh:mm:ss`. 29 February becomes the
/// 28th, so that the time stays a possible one.
fn decade_later(good: &Row) -> Vec<u8> {
    let text = String::from_utf8_lossy(good.field(Column::Time)).into_owned();
    let Some((date, time)) = text.split_once(' ') else {
        return text.into_bytes();
    };
    let mut parts = date.splitn(3, '.');
    let (Some(day), Some(month), Some(year)) = (parts.next(), parts.next(), parts.next()) else {
        return text.into_bytes();
    };
    let day = if (day, month) == ("29", "02") {
        "28"
    } else {
        day
    };
    let year = year.parse::<i32>().unwrap_or(2000) + 10;
    format!("{day}.{month}.{year} {time}").into_bytes()
}
