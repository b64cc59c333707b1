//! Standard input as a source.

use std::io::{self, IsTerminal};

use super::printer::Printer;
use crate::error::{Error, Result, did_you_mean};
use crate::ingest::{Spooled, spool};
use crate::pipeline::{Found, Level, Notice, STANDARD_INPUT};
use crate::project::{Project, WhenChanged};
use crate::store::spool_folder;

/// Whether the command line asks for standard input, and with which mapping.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StandardInput<'a> {
    /// `-` was given.
    pub wanted: bool,
    /// `--mapping`.
    pub mapping: Option<&'a str>,
}

impl StandardInput<'_> {
    /// Writes standard input to a file in the store, if the command line or a source asks for it and
    /// there is any.
    pub(super) fn spool(
        &self,
        project: &Project,
        printer: &Printer,
    ) -> Result<Option<(Spooled, Found)>> {
        let mut sources = project.config.sources.iter();
        let source = sources.find(|source| source.path == STANDARD_INPUT);
        if !self.wanted && source.is_none() {
            return Ok(None);
        }
        let mapping = self.mapping_of(project, source.map(|source| source.mapping.as_str()))?;
        let nothing = |text: &str| {
            printer.notice(&Notice {
                level: Level::Info,
                text: text.to_owned(),
            });
            Ok(None)
        };
        let mut input = io::stdin().lock();
        if !self.wanted && input.is_terminal() {
            return nothing("standard input is a terminal: the source `-` was not read");
        }
        let folder = spool_folder(&project.store_folder());
        let Some(spooled) = spool(&mut input, &folder)? else {
            return nothing("nothing came on standard input");
        };
        let found = Found {
            path: spooled.path.clone(),
            name: spooled.name.clone(),
            mapping,
            when_changed: WhenChanged::default(),
        };
        Ok(Some((spooled, found)))
    }

    /// The mapping's name: as typed, else the source's, else the only one.
    fn mapping_of(&self, project: &Project, source: Option<&str>) -> Result<String> {
        let mut names = project.mappings.keys().map(String::as_str);
        if let Some(name) = self.mapping {
            if project.mappings.contains_key(name) {
                return Ok(name.to_owned());
            }
            return Err(Error::usage(
                format!("there is no mapping `{name}`"),
                did_you_mean(name, names),
            ));
        }
        match (source, names.next(), names.next()) {
            (Some(name), ..) | (None, Some(name), None) => Ok(name.to_owned()),
            _ => Err(Error::usage(
                "several mappings could read standard input",
                Some("say which: `--mapping NAME`".to_owned()),
            )),
        }
    }
}
