//! `clearway.toml`: name, zone, currency, language, sources, report settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::document::{Document, Section};
use crate::error::{Fault, did_you_mean};
use crate::language::Language;
use crate::model::{Milestone, Party};

/// What becomes of the rows of a file that comes again under its name with other content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenChanged {
    /// They stay, and the new content adds to them: a log that grows.
    #[default]
    Add,
    /// They go, in the commit that takes the new content: a file that is corrected.
    Supersede,
}

impl WhenChanged {
    const ALL: [(&'static str, Self); 2] = [("add", Self::Add), ("supersede", Self::Supersede)];
}

/// One `[[source]]`: which files, read with which mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// A glob, relative to the project folder.
    pub path: String,
    /// The mapping's name.
    pub mapping: String,
    /// What becomes of the earlier rows of a file that has changed.
    pub when_changed: WhenChanged,
    /// The line of the source in `clearway.toml`, for messages.
    pub line: Option<usize>,
}

/// The address of a database: `postgres://…`, `sqlite:…`, or `env:NAME` for an environment variable
/// that holds one. It may hold a password and is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address as it was written, for connecting only.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Whether a password stands in it.
    pub(crate) fn holds_password(&self) -> bool {
        let user = self.0.split_once("://").map(|(_, rest)| rest);
        let user = user.and_then(|rest| rest.split_once('@'));
        user.is_some_and(|(user, _)| user.contains(':')) || self.0.contains("password=")
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

/// One `[[source]]` with a `url`: a query whose rows are read with a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseSource {
    /// What the ledger calls it; its watermark belongs to this name.
    pub name: String,
    /// Where it is.
    pub url: DatabaseUrl,
    /// One SQL query.
    pub query: String,
    /// The column that grows: later pulls take rows at and above its newest value.
    pub watermark: Option<String>,
    /// The mapping's name.
    pub mapping: String,
}

/// `[report]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSettings {
    /// The folder of the reports.
    pub dir: PathBuf,
    /// How many months a trend shows, the report's month included.
    pub trend_months: i32,
    /// Cells with fewer declarations are suppressed.
    pub min_declarations: u64,
}

/// The checked configuration of a project.
#[derive(Clone, Debug)]
pub struct Config {
    /// The administration's name.
    pub name: String,
    /// The zone in which days and months are cut.
    pub timezone: TimeZone,
    /// Its IANA name, printed on every report.
    pub timezone_name: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The report's language.
    pub language: Arc<Language>,
    /// Where raw logs come from.
    pub sources: Vec<Source>,
    /// Databases that rows are pulled from.
    pub databases: Vec<DatabaseSource>,
    /// Who is awaited until a milestone, where that is not its default.
    pub parties: BTreeMap<Milestone, Party>,
    /// Report settings.
    pub report: ReportSettings,
}

impl Config {
    /// Reads the text of `clearway.toml`; `path` is named in faults and anchors relative paths.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Vec<Fault>> {
        let document = Document::new(path, text);
        let root = document.parse();
        let section = document.root(&root);
        let config = read(&section, path.parent().unwrap_or(Path::new(".")));
        section.finish();
        let faults = document.into_faults();
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(faults)
        }
    }
}

/// `[parties]`: milestone = party.
fn parties(root: &Section<'_, '_>) -> BTreeMap<Milestone, Party> {
    let mut parties = BTreeMap::new();
    let Some(section) = root.section("parties") else {
        return parties;
    };
    for (name, party) in section.text_entries() {
        let milestone = Milestone::from_name(&name.value);
        if milestone.is_none() {
            let names = Milestone::ALL.map(Milestone::name);
            let message = format!("`{}` is not a milestone", name.value);
            section.fault(&name, message, did_you_mean(&name.value, names));
        }
        let mut all = Party::ALL.into_iter();
        let found = all.find(|one| one.name() == party.value);
        if found.is_none() {
            let names = Party::ALL.map(Party::name);
            let hint = did_you_mean(&party.value, names)
                .unwrap_or_else(|| format!("parties: {}", names.join(", ")));
            let message = format!("`{}` is not a party", party.value);
            section.fault(&party, message, Some(hint));
        }
        if let (Some(milestone), Some(party)) = (milestone, found) {
            parties.insert(milestone, party);
        }
    }
    section.finish();
    parties
}

fn read(root: &Section<'_, '_>, folder: &Path) -> Config {
    let (sources, databases) = sources(root);
    let mut config = Config {
        name: String::new(),
        timezone: TimeZone::UTC,
        timezone_name: "UTC".to_owned(),
        currency: String::new(),
        language: Language::english(),
        sources,
        databases,
        parties: parties(root),
        report: report(root.section("report"), folder),
    };
    if let Some(project) = root.required_section("project") {
        config.name = project
            .required_text("name")
            .map(|name| name.value)
            .unwrap_or_default();
        if let Some(name) = project.required_text("timezone")
            && let Some(zone) = super::zone(&project, &name)
        {
            config.timezone = zone;
            config.timezone_name = name.value;
        }
        if let Some(currency) = project.required_text("currency") {
            if currency.value.len() != 3 || !currency.value.bytes().all(|b| b.is_ascii_uppercase())
            {
                let hint = "an ISO 4217 code such as `UZS`".to_owned();
                project.fault(
                    &currency,
                    format!("`{}` is not a currency code", currency.value),
                    Some(hint),
                );
            }
            config.currency = currency.value;
        }
        if let Some(language) = project.text("language") {
            match Language::named(&language.value) {
                Ok(found) => config.language = found,
                Err(hint) => {
                    let message = format!("there is no language `{}`", language.value);
                    project.fault(&language, message, Some(hint));
                }
            }
        }
        project.finish();
    }
    config
}

fn when_changed(section: &Section<'_, '_>) -> WhenChanged {
    let Some(given) = section.text("when_changed") else {
        return WhenChanged::default();
    };
    let mut all = WhenChanged::ALL.into_iter();
    all.find(|(name, _)| *name == given.value).map_or_else(
        || {
            let hint =
                "`add` (a log that grows) or `supersede` (a file that is corrected)".to_owned();
            let message = format!("`{}` is not known", given.value);
            section.fault(&given, message, Some(hint));
            WhenChanged::default()
        },
        |(_, when_changed)| when_changed,
    )
}

fn sources(root: &Section<'_, '_>) -> (Vec<Source>, Vec<DatabaseSource>) {
    let sections = root.sections("source");
    if sections.is_empty() {
        root.fault_at(
            "source",
            "there is no `[[source]]`: nothing would be read",
            None,
        );
    }
    let (mut files, mut databases) = (Vec::new(), Vec::new());
    for section in sections {
        if section.has("url") {
            databases.extend(database(root, section, &databases));
        } else {
            files.extend(files_source(root, section));
        }
    }
    (files, databases)
}

fn files_source(root: &Section<'_, '_>, section: Section<'_, '_>) -> Option<Source> {
    let path = section.required_text("path");
    let mapping = section.required_text("mapping");
    let when_changed = when_changed(&section);
    section.finish();
    let (path, mapping) = (path?, mapping?);
    if let Err(error) = glob::Pattern::new(&path.value) {
        root.fault(&path, format!("is not a file pattern: {}", error.msg), None);
    }
    Some(Source {
        path: path.value,
        mapping: mapping.value,
        when_changed,
        line: None,
    })
}

/// A `[[source]]` with a `url`. Faults never repeat the address: it may hold a password.
fn database(
    root: &Section<'_, '_>,
    section: Section<'_, '_>,
    others: &[DatabaseSource],
) -> Option<DatabaseSource> {
    const SCHEMES: [&str; 4] = ["env:", "postgres://", "postgresql://", "sqlite:"];
    let url = section.required_text("url");
    let name = section.required_text("name");
    let query = section.required_text("query");
    let mapping = section.required_text("mapping");
    let watermark = section.text("watermark").map(|watermark| watermark.value);
    section.finish();
    let (url, name) = (url?, name?);
    if !SCHEMES.iter().any(|scheme| url.value.starts_with(scheme)) {
        let hint = "write postgres://user@host/database, sqlite:PATH, or env:NAME for an environment variable that holds one";
        root.fault(
            &url,
            "is not the address of a database",
            Some(hint.to_owned()),
        );
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.value.chars().all(plain) {
        let message = format!("`{}` must be of letters, digits, `-` and `_`", name.value);
        root.fault(&name, message, None);
    }
    if others.iter().any(|other| other.name == name.value) {
        root.fault(
            &name,
            format!("`{}` is another source already", name.value),
            None,
        );
    }
    Some(DatabaseSource {
        name: name.value,
        url: DatabaseUrl(url.value),
        query: query?.value,
        watermark,
        mapping: mapping?.value,
    })
}

fn report(section: Option<Section<'_, '_>>, folder: &Path) -> ReportSettings {
    let mut settings = ReportSettings {
        dir: folder.join("reports"),
        trend_months: 24,
        min_declarations: 5,
    };
    let Some(section) = section else {
        return settings;
    };
    if let Some(dir) = section.text("dir") {
        settings.dir = folder.join(dir.value);
    }
    let months = section.integer("trend_months", 24, 1);
    settings.trend_months = i32::try_from(months.min(1200)).unwrap_or(24);
    settings.min_declarations = section.integer("min_declarations", 5, 1).unsigned_abs();
    section.finish();
    settings
}
