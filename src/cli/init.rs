//! `init`: a new project folder with commented files.

use std::path::Path;

use super::printer::Printer;
use crate::error::{Error, ExitStatus, Result};
use crate::output::folder::{Files, write_files};

/// The files of a new project. They are a project that `check` accepts.
const FILES: [(&str, &str); 9] = [
    ("clearway.toml", include_str!("template/clearway.toml")),
    (
        "mappings/customs.toml",
        include_str!("template/mappings/customs.toml"),
    ),
    ("targets.toml", include_str!("template/targets.toml")),
    ("corridors.toml", include_str!("template/corridors.toml")),
    (
        "calendars/office-hours.toml",
        include_str!("template/calendars/office-hours.toml"),
    ),
    (
        "catalogue/README.md",
        include_str!("template/catalogue/README.md"),
    ),
    ("inbox/README.md", include_str!("template/inbox/README.md")),
    (".gitignore", "store/\nreports/\n"),
    ("README.md", include_str!("template/README.md")),
];

/// Makes the folder. An existing folder must be empty.
pub(super) fn init(folder: &Path, printer: &Printer) -> Result<ExitStatus> {
    let occupied = folder.is_dir()
        && folder
            .read_dir()
            .map_err(|cause| Error::read(folder, &cause))?
            .next()
            .is_some();
    if occupied || folder.is_file() {
        let what = if occupied {
            "is not empty"
        } else {
            "is a file"
        };
        return Err(Error::usage(
            format!("`{}` {what}", folder.display()),
            Some("name a new folder".to_owned()),
        ));
    }
    let files: Files = FILES
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
        .collect();
    write_files(folder, &files)?;
    printer.line(&format!("made the project `{}`", folder.display()));
    printer.line(&format!(
        "next: edit {}, put logs into inbox/, then",
        folder.join("mappings/customs.toml").display()
    ));
    printer.line(&format!("  clearway check --project {}", folder.display()));
    printer.line(&format!("  clearway run --project {}", folder.display()));
    Ok(ExitStatus::Done)
}
