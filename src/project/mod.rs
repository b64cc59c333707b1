//! A project folder: everything a run is told, checked before any data is read.

mod calendars;
mod codes;
mod columns;
mod config;
mod corridors;
mod document;
mod expression;
mod inputs;
mod mapping;
mod rates;
mod reading;
mod strategy;
mod targets;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

pub use calendars::{Calendar, Hours};
pub use config::{Config, DatabaseSource, DatabaseUrl, ReportSettings, Source, WhenChanged};
pub use corridors::{Corridor, Node};
use document::zone;
pub use document::{Document, Located, Section};
pub(crate) use expression::parse_one;
pub use expression::{Expression, Fields, RowFault, Value, parse_bool};
pub use inputs::{Input, InputRow, OverTime};
pub use mapping::{
    AmountMapping, AttributeMapping, Layout, Mapping, Origin, RoleColumns, Take, lifecycle_label,
};
pub use rates::Rates;
pub use reading::{Format, Reading};
pub use strategy::{Objective, ObjectiveKpi};
pub use targets::{Plan, Reform, Target, parse_span};

use crate::catalogue::Catalogue;
use crate::digest::sha256;
use crate::error::{Error, Fault, Result, did_you_mean};
use crate::model::{ATTRIBUTES, MemoryLimit};

/// A checked project.
#[derive(Debug)]
pub struct Project {
    /// The project folder.
    pub folder: PathBuf,
    /// `clearway.toml`.
    pub config: Config,
    /// Mappings by name.
    pub mappings: BTreeMap<String, Mapping>,
    /// The catalogue: built-in definitions and the project's own.
    pub catalogue: Catalogue,
    /// Corridors, in file order.
    pub corridors: Vec<Corridor>,
    /// Border crossing points and the border that each is a side of.
    pub borders: Vec<(String, String)>,
    /// Calendars, by file name.
    pub calendars: Vec<Calendar>,
    /// Targets, in file order.
    pub targets: Vec<Target>,
    /// Reforms, in file order.
    pub reforms: Vec<Reform>,
    /// The strategy map's objectives, in file order.
    pub objectives: Vec<Objective>,
    /// Exchange rates.
    pub rates: Rates,
    /// Figures from outside the log, by name.
    pub inputs: BTreeMap<String, Input>,
    /// How much memory a command may take; `None` for as much as it needs. A machine has a limit, not a
    /// project: the command line sets it.
    pub memory_limit: Option<MemoryLimit>,
}

impl Project {
    /// Finds the project folder: the one given, else here, else `./data`.
    pub fn find(given: Option<&Path>) -> Result<PathBuf> {
        let candidates = match given {
            Some(folder) => vec![folder.to_owned()],
            None => vec![PathBuf::from("."), PathBuf::from("data")],
        };
        for folder in &candidates {
            if folder.join("clearway.toml").is_file() {
                return Ok(folder.clone());
            }
        }
        let looked: Vec<String> = candidates
            .iter()
            .map(|folder| format!("`{}`", folder.join("clearway.toml").display()))
            .collect();
        Err(Error::usage(
            format!(
                "there is no project here: {} not found",
                looked.join(" and ")
            ),
            Some("make one with `clearway init DIR`, or name one with `--project DIR`".to_owned()),
        ))
    }

    /// Loads and checks everything; all faults of all files are reported at once.
    pub fn load(folder: &Path) -> Result<Self> {
        let mut faults = Vec::new();
        let config_path = folder.join("clearway.toml");
        let text = read_text(&config_path)?;
        let config = match Config::parse(&config_path, &text) {
            Ok(config) => config,
            Err(found) => return Err(Error::Configuration(found)),
        };
        let zone = &config.timezone;
        let mappings = mappings(folder, &config, &mut faults)?;
        let calendars = folder_of(folder, ("calendars", "toml"), &mut faults, |path, text| {
            Calendar::parse(path, text, zone)
        })?;
        let own_columns: BTreeSet<String> = mappings
            .values()
            .flat_map(|mapping: &Mapping| &mapping.attributes)
            .map(|attribute| attribute.name.clone())
            .filter(|name| !ATTRIBUTES.iter().any(|(standard, _)| standard == name))
            .collect();
        let catalogue = match Catalogue::load(
            &read_folder(&folder.join("catalogue"), "toml")?,
            &own_columns,
        ) {
            Ok(catalogue) => catalogue,
            Err(found) => {
                faults.extend(found);
                Catalogue::default()
            }
        };
        let corridors = optional(folder, "corridors.toml", &mut faults, corridors::parse)?;
        let plan = optional(folder, "targets.toml", &mut faults, targets::parse)?;
        let rates = optional(folder, "rates.csv", &mut faults, Rates::parse)?;
        let inputs = folder_of(folder, ("inputs", "csv"), &mut faults, Input::parse)?;
        let inputs = inputs
            .into_iter()
            .map(|input| (input.name.clone(), input))
            .collect();
        if faults.is_empty() {
            faults.extend(catalogue.check_targets(
                &folder.join("targets.toml"),
                &plan.targets,
                &own_columns,
            ));
            faults.extend(catalogue.check_plan(&folder.join("targets.toml"), &plan));
        }
        if !faults.is_empty() {
            return Err(Error::Configuration(faults));
        }
        Ok(Self {
            folder: folder.to_owned(),
            config,
            mappings,
            catalogue,
            borders: borders(&corridors),
            corridors,
            calendars,
            targets: plan.targets,
            reforms: plan.reforms,
            objectives: plan.objectives,
            rates,
            inputs,
            memory_limit: None,
        })
    }

    /// The folder of the Delta tables.
    pub fn store_folder(&self) -> PathBuf {
        self.folder.join("store")
    }

    /// Hashes of what the project says beside mappings and catalogue, by what it is. Two projects with
    /// equal hashes make equal figures of equal events.
    pub fn fingerprints(&self) -> Result<BTreeMap<String, String>> {
        let mut texts: BTreeMap<&str, String> = BTreeMap::new();
        for (name, file) in [("targets", "targets.toml"), ("corridors", "corridors.toml")] {
            let path = self.folder.join(file);
            if path.is_file() {
                texts.insert(name, read_text(&path)?);
            }
        }
        for (name, extension) in [("calendars", "toml"), ("inputs", "csv")] {
            for (path, text) in read_folder(&self.folder.join(name), extension)? {
                let all = texts.entry(name).or_default();
                all.push_str(&path.file_name().unwrap_or_default().to_string_lossy());
                all.push('\n');
                all.push_str(&text);
            }
        }
        let config = &self.config;
        let settings = format!(
            "{} {} {} {:?}",
            config.timezone_name, config.currency, config.report.min_declarations, config.parties
        );
        texts.insert("settings", settings);
        let hashes = texts.into_iter();
        Ok(hashes
            .map(|(name, text)| (name.to_owned(), sha256(text.as_bytes())))
            .collect())
    }

    /// What people call a member of a dimension, where the project says so.
    pub fn member_title(&self, dimension: &str, member: &str) -> Option<&str> {
        (dimension == "corridor")
            .then(|| self.corridors.iter().find(|corridor| corridor.id == member))
            .flatten()
            .map(|corridor| corridor.name.as_str())
    }
}

/// Reads a text file, with a clear error when it is missing or not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|cause| Error::read(path, &cause))
}

/// Every file of a folder with this extension and its text, sorted by name; empty when there is no
/// folder.
fn read_folder(folder: &Path, extension: &str) -> Result<Vec<(PathBuf, String)>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(|cause| Error::read(folder, &cause))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| read_text(&path).map(|text| (path, text)))
        .collect()
}

fn folder_of<T>(
    folder: &Path,
    (name, extension): (&str, &str),
    faults: &mut Vec<Fault>,
    parse: impl Fn(&Path, &str) -> std::result::Result<T, Vec<Fault>>,
) -> Result<Vec<T>> {
    let mut parsed = Vec::new();
    for (path, text) in read_folder(&folder.join(name), extension)? {
        match parse(&path, &text) {
            Ok(value) => parsed.push(value),
            Err(found) => faults.extend(found),
        }
    }
    Ok(parsed)
}

fn optional<T: Default>(
    folder: &Path,
    name: &str,
    faults: &mut Vec<Fault>,
    parse: impl Fn(&Path, &str) -> std::result::Result<T, Vec<Fault>>,
) -> Result<T> {
    let path = folder.join(name);
    if !path.is_file() {
        return Ok(T::default());
    }
    Ok(parse(&path, &read_text(&path)?).unwrap_or_else(|found| {
        faults.extend(found);
        T::default()
    }))
}

fn mappings(
    folder: &Path,
    config: &Config,
    faults: &mut Vec<Fault>,
) -> Result<BTreeMap<String, Mapping>> {
    let mut mappings = BTreeMap::new();
    let mut known = Vec::new();
    for (path, text) in read_folder(&folder.join("mappings"), "toml")? {
        known.push(
            path.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        );
        match Mapping::parse(&path, &text, &config.timezone) {
            Ok(mapping) => {
                mappings.insert(mapping.name.clone(), mapping);
            }
            Err(found) => faults.extend(found),
        }
    }
    let files = config
        .sources
        .iter()
        .map(|source| (&source.mapping, source.line));
    let databases = config
        .databases
        .iter()
        .map(|source| (&source.mapping, None));
    for (mapping, line) in files.chain(databases) {
        if !known.contains(mapping) {
            faults.push(Fault {
                file: folder.join("clearway.toml"),
                line,
                field: "source.mapping".to_owned(),
                message: format!("there is no file `mappings/{mapping}.toml`"),
                hint: did_you_mean(mapping, known.iter().map(String::as_str)),
            });
        }
    }
    Ok(mappings)
}
/// The crossing points that corridors name with the border that each is a side of.
fn borders(corridors: &[Corridor]) -> Vec<(String, String)> {
    let nodes = corridors.iter().flat_map(|corridor| &corridor.nodes);
    let mut borders: Vec<(String, String)> = nodes
        .filter_map(|node| Some((node.code.clone()?, node.border.clone()?)))
        .collect();
    borders.sort();
    borders.dedup();
    borders
}
