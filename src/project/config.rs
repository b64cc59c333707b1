//! `clearway.toml`: name, zone, currency, language, sources, report settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::document::{Document, Section};
use crate::error::{Fault, did_you_mean};
use crate::language::Language;
use crate::model::{Milestone, Party};

/// One `[[source]]`: which files, read with which mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// A glob, relative to the project folder.
    pub path: String,
    /// The mapping's name.
    pub mapping: String,
    /// The line of the source in `clearway.toml`, for messages.
    pub line: Option<usize>,
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
    let mut config = Config {
        name: String::new(),
        timezone: TimeZone::UTC,
        timezone_name: "UTC".to_owned(),
        currency: String::new(),
        language: Language::english(),
        sources: sources(root),
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

fn sources(root: &Section<'_, '_>) -> Vec<Source> {
    let sections = root.sections("source");
    if sections.is_empty() {
        root.fault_at(
            "source",
            "there is no `[[source]]`: nothing would be read",
            None,
        );
    }
    sections
        .into_iter()
        .filter_map(|section| {
            let path = section.required_text("path");
            let mapping = section.required_text("mapping");
            section.finish();
            let (path, mapping) = (path?, mapping?);
            if let Err(error) = glob::Pattern::new(&path.value) {
                root.fault(&path, format!("is not a file pattern: {}", error.msg), None);
            }
            Some(Source {
                path: path.value,
                mapping: mapping.value,
                line: None,
            })
        })
        .collect()
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
