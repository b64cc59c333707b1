//! What can go wrong, classed by whose fault it is; the exit status follows from the class.

use std::fmt;
use std::path::{Path, PathBuf};

/// The exit status of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitStatus {
    /// Done.
    Done = 0,
    /// Done, with notices at or above `--fail-on`.
    Notices = 1,
    /// The command line was wrong.
    Usage = 2,
    /// An input file can't be used.
    Input = 3,
    /// The configuration or the catalogue is invalid.
    Configuration = 4,
    /// The output could not be written.
    Output = 5,
    /// A bug.
    Internal = 70,
}

/// One fault in a configuration file: what, where, what next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// The line in it, from 1, where it is known.
    pub line: Option<usize>,
    /// The field, `attributes.lane`; empty for the file as a whole.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.field.is_empty() {
            write!(f, ": `{}`", self.field)?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " (hint: {hint})")?;
        }
        Ok(())
    }
}

/// Anything that ends a command. Every message says what happened and where; a hint says what to
/// do next.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The command line asks for something that does not exist.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do next.
        hint: Option<String>,
    },
    /// An input file is missing or can't be read at all. Bad rows are not errors.
    #[error("{message}")]
    Input {
        /// What is wrong, with the path.
        message: String,
        /// What to do next.
        hint: Option<String>,
    },
    /// Configuration or catalogue faults, all at once.
    #[error("{}", faults_text(.0))]
    Configuration(Vec<Fault>),
    /// An output could not be written.
    #[error("can't write `{}`: {cause}", path.display())]
    Output {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// An output could not be made, for want of something that is not part of the program.
    #[error("{message}")]
    NotMade {
        /// What is wrong.
        message: String,
        /// What to do next.
        hint: String,
    },
    /// Standard output was closed by its reader (`| head`): not a failure.
    #[error("standard output was closed")]
    BrokenPipe,
    /// Something that must not happen.
    #[error("internal error: {0}")]
    Internal(String),
}

fn faults_text(faults: &[Fault]) -> String {
    let count = faults.len();
    let lines: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
    let noun = if count == 1 { "fault" } else { "faults" };
    format!("the configuration has {count} {noun}\n{}", lines.join("\n"))
}

/// The result of a stage.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A command line that asks for something that does not exist.
    pub fn usage(message: impl Into<String>, hint: Option<String>) -> Self {
        Self::Usage {
            message: message.into(),
            hint,
        }
    }

    /// An input that can't be used.
    pub fn input(message: impl Into<String>) -> Self {
        Self::Input {
            message: message.into(),
            hint: None,
        }
    }

    /// An input that can't be used, with a way out.
    pub fn input_with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Input {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// An input file that can't be read.
    pub fn read(path: &Path, cause: &dyn fmt::Display) -> Self {
        Self::input(format!("can't read `{}`: {cause}", path.display()))
    }

    /// An output that can't be written.
    pub fn output(path: &Path, cause: &dyn fmt::Display) -> Self {
        Self::Output {
            path: path.to_owned(),
            cause: cause.to_string(),
        }
    }

    /// An output that can't be made, with a way out.
    pub fn not_made(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::NotMade {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// A bug, with what was being done.
    pub fn internal(doing: &str, cause: impl fmt::Display) -> Self {
        Self::Internal(format!("{doing}: {cause}"))
    }

    /// What to do next, where there is something to say.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Usage { hint, .. } | Self::Input { hint, .. } => hint.as_deref(),
            Self::NotMade { hint, .. } => Some(hint),
            Self::Output { cause, .. } => output_hint(cause),
            _ => None,
        }
    }

    /// The exit status that follows from the class.
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Usage { .. } => ExitStatus::Usage,
            Self::Input { .. } => ExitStatus::Input,
            Self::Configuration(_) => ExitStatus::Configuration,
            Self::Output { .. } | Self::NotMade { .. } => ExitStatus::Output,
            Self::BrokenPipe => ExitStatus::Done,
            Self::Internal(_) => ExitStatus::Internal,
        }
    }
}

/// What to do about an output that can't be written. Causes come as texts through several libraries;
/// the numbers of the operating system's errors are in all of them.
fn output_hint(cause: &str) -> Option<&'static str> {
    let is = |numbers: &[&str]| {
        let mut numbers = numbers.iter();
        numbers.any(|number| cause.contains(&format!("(os error {number})")))
    };
    if is(&["28", "122", "27"]) {
        // ENOSPC, EDQUOT, EFBIG
        Some(
            "make room there and run again: a file that was not finished counts for nothing and is read again",
        )
    } else if is(&["30"]) {
        // EROFS
        Some(
            "the file system is read-only: Clearway must be able to write there, also to take the lock",
        )
    } else if is(&["13", "1"]) {
        // EACCES, EPERM
        Some(
            "let the account that runs Clearway write there; reading (`query`, `kpi eval`, `ledger`) needs no such right",
        )
    } else {
        None
    }
}

/// The first paragraph of a message: polars prints its whole plan below.
pub fn first_paragraph(cause: &dyn fmt::Display) -> String {
    let text = cause.to_string();
    text.split("\n\n").next().unwrap_or_default().to_owned()
}

/// The candidate nearest to a misspelt name, where one is near enough to be meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().max(name.len()) / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// "did you mean `X`?" for the nearest candidate.
pub fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_its_neighbour_and_nonsense_finds_none() {
        let names = ["corridor", "office", "mode"];
        assert_eq!(nearest("corridr", names), Some("corridor"));
        assert_eq!(nearest("Office", names), Some("office"));
        assert_eq!(nearest("xyzzy", names), None);
    }

    #[test]
    fn a_fault_prints_file_line_field_and_hint() {
        let fault = Fault {
            file: PathBuf::from("clearway.toml"),
            line: Some(3),
            field: "project.timezone".to_owned(),
            message: "unknown zone `Asia/Tashkend`".to_owned(),
            hint: Some("did you mean `Asia/Tashkent`?".to_owned()),
        };
        assert_eq!(
            fault.to_string(),
            "clearway.toml:3: `project.timezone`: unknown zone `Asia/Tashkend` (hint: did you mean `Asia/Tashkent`?)"
        );
    }
}
