//! Why a simulation stopped.

use std::io;
use std::path::PathBuf;

/// Why a simulation stopped. Nothing is left under the final name of an unfinished file.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// A setting out of range: the user's to change.
    #[error("--{name} is `{value}`, but {requirement}")]
    Setting {
        /// The option's name without dashes.
        name: &'static str,
        /// What was given.
        value: String,
        /// What it must be.
        requirement: &'static str,
    },
    /// A file could not be written.
    #[error("cannot write {}", path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The Parquet writer refused a row group.
    #[error("cannot write {} as Parquet", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// The writer's reason.
        source: parquet::errors::ParquetError,
    },
}

impl SimulateError {
    /// What to do about it, in one sentence.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Setting { .. } => {
                "`clearway simulate --help` lists the options with their ranges"
            }
            Self::Output { .. } => {
                "give a path in a folder that exists and may be written, and check the free space"
            }
            Self::Parquet { .. } => "check the free space, or write CSV with `--format csv`",
        }
    }

    /// Whether the command line is at fault (exit status 2) rather than the output (5).
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Setting { .. })
    }
}
