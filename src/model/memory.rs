//! How much memory a command may take.

use std::fmt;
use std::str::FromStr;

/// A bound for the memory of the whole program, in bytes: from [`MemoryLimit::LEAST`] on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemoryLimit(u64);

/// Units by their letters: powers of ten, and of two where the letters say so.
const UNITS: [(&str, u64); 8] = [
    ("B", 1),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KIB", 1 << 10),
    ("MIB", 1 << 20),
    ("GIB", 1 << 30),
];

impl MemoryLimit {
    /// The least bound: with less not even one thread could read a file.
    pub const LEAST: Self = Self(640_000_000);
    /// What reading a file takes, but for its threads: two runs of events and the blocks before them.
    const OF_READING: u64 = 500_000_000;
    /// What a thread takes that reads a file, or folds the smallest range of declarations.
    const OF_A_THREAD: u64 = 75_000_000;

    /// A bound of so many bytes, however few: what can't be done in less takes more. The command line takes
    /// nothing below [`MemoryLimit::LEAST`].
    pub const fn of(bytes: u64) -> Self {
        Self(bytes)
    }

    /// In bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// How many of some threads may work side by side: at least one.
    pub fn threads(self, cores: usize) -> usize {
        let room = self.0.saturating_sub(Self::OF_READING) / Self::OF_A_THREAD;
        let bounded = usize::try_from(room).unwrap_or(usize::MAX);
        bounded.clamp(1, cores.max(1))
    }
}

impl FromStr for MemoryLimit {
    type Err = String;

    /// Reads a number with a unit: `1GB`, `1.5 GB`, `800MB`, `2GiB`.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let letters = text.find(|c: char| c.is_ascii_alphabetic());
        let (number, unit) = text.split_at(letters.unwrap_or(text.len()));
        let unit = unit.to_ascii_uppercase();
        let size = UNITS.iter().find(|(name, _)| *name == unit);
        let number: Option<f64> = number.trim().parse().ok();
        let Some((number, (_, size))) = number.zip(size).filter(|(number, _)| *number > 0.0) else {
            return Err("give a number with a unit, like `1GB`, `800MB` or `2GiB`".to_owned());
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive; a bound beyond all memory stays one"
        )]
        let limit = Self((number * *size as f64) as u64);
        if limit < Self::LEAST {
            return Err(format!("{} is the least", Self::LEAST));
        }
        Ok(limit)
    }
}

impl fmt::Display for MemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}MB", self.0 / 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_number_with_a_unit() {
        let bytes = |text: &str| text.parse::<MemoryLimit>().map(MemoryLimit::bytes);
        assert_eq!(bytes("1GB"), Ok(1_000_000_000));
        assert_eq!(bytes(" 1.5 gb"), Ok(1_500_000_000));
        assert_eq!(bytes("2GiB"), Ok(2 << 30));
        assert_eq!(bytes("640MB"), Ok(640_000_000));
        assert_eq!(bytes("639MB"), Err("640MB is the least".to_owned()));
        for no in ["", "GB", "1", "1 parsec", "-1GB", "NaNGB", "0GB", "1GBGB"] {
            assert!(bytes(no).is_err(), "{no}");
        }
    }

    #[test]
    fn a_bound_leaves_at_least_one_thread_and_no_more_than_there_are() {
        let threads = |text: &str, cores| text.parse::<MemoryLimit>().unwrap().threads(cores);
        assert_eq!(threads("1GB", 2), 2);
        assert_eq!(threads("1GB", 16), 6);
        assert_eq!(threads("640MB", 16), 1);
        assert_eq!(threads("640MB", 0), 1);
        assert_eq!(threads("1TB", 4), 4);
    }
}
