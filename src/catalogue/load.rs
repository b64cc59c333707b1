//! Definition files → checked definitions. Every fault of every file is found in one pass.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlparser::ast::{Expr, visit_expressions};

use super::columns::{MadeColumn, base_columns, clearance_columns};
use super::definition::{Area, Base, Better, Clock, Contrast, Definition, Measure};
use super::load_measure::MeasureReader;
use crate::error::{Fault, did_you_mean};
use crate::model::{Milestone, Unit};
use crate::project::{Document, Located, Section, parse_one};

/// Reads one definition file.
pub(super) fn parse(
    path: &Path,
    text: &str,
    own_columns: &BTreeSet<String>,
) -> Result<Definition, Vec<Fault>> {
    let document = Document::new(path, text);
    let root = document.parse();
    let section = document.root(&root);
    let definition = Reader {
        section: &section,
        own_columns,
    }
    .read(path);
    section.finish();
    let faults = document.into_faults();
    match definition {
        Some(definition) if faults.is_empty() => Ok(definition),
        _ => Err(faults),
    }
}

struct Reader<'s, 'd, 't> {
    section: &'s Section<'d, 't>,
    own_columns: &'s BTreeSet<String>,
}

impl Reader<'_, '_, '_> {
    fn read(&self, path: &Path) -> Option<Definition> {
        let section = self.section;
        let id = section.required_text("id");
        if let Some(id) = &id {
            self.check_id(id, path);
        }
        let slug = section.required_text("slug");
        let title = section.required_text("title");
        let question = section.required_text("question");
        let area = self.choice("area", &Area::ALL.map(|area| (area.name(), area)));
        let unit = self.choice("unit", &Unit::ALL.map(|unit| (unit.name(), unit)));
        let betters = [Better::Lower, Better::Higher, Better::Context];
        let better = self.choice("better", &betters.map(|better| (better.name(), better)));
        let base = match section.text("base") {
            Some(_) => self.choice("base", &Base::ALL.map(|base| (base.name(), base))),
            None => Some(Base::Clearances),
        };
        let formula = section.required_text("formula");
        let null_rule = section.required_text("null_rule");
        let example = section.text("example");
        let source = section.required_text("source");
        let version = section.integer("version", 0, 1);
        if version == 0 {
            section.fault_at(
                "version",
                "is missing: a whole number, raised with the arithmetic",
                None,
            );
        }
        let anchor = self.anchor(base?);
        let columns = known_columns(self.own_columns, base?);
        let population = condition(section, "population", &columns);
        let dimensions = known_names(section, "dimensions", &columns);
        let measure = section.required_section("measure").and_then(|table| {
            let measure = MeasureReader {
                table: &table,
                columns: &columns,
            }
            .read();
            table.finish();
            measure
        });
        let has_working_twin = section.flag("working");
        if has_working_twin && !matches!(measure, Some(Measure::Span { .. }) | None) {
            let message = "only a `span` has a twin on the working clock";
            section.fault_at("working", message, None);
        }
        let definition = Definition {
            id: Arc::from(id?.value),
            slug: slug?.value,
            title: title?.value,
            question: question?.value,
            area: area?,
            unit: unit?,
            better: better?,
            base: base?,
            anchor: anchor?,
            population,
            dimensions,
            measure: measure?,
            clock: Clock::Elapsed,
            has_working_twin,
            formula: formula?.value,
            null_rule: null_rule?.value,
            example: example.map(|example| example.value),
            source: source?.value,
            version: u32::try_from(version).ok()?,
        };
        self.check_unit(&definition);
        Some(definition)
    }

    fn check_id(&self, id: &Located<String>, path: &Path) {
        let letters = id
            .value
            .chars()
            .take_while(char::is_ascii_uppercase)
            .count();
        let rest = id.value.get(letters..).unwrap_or_default();
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        let suffix = rest.get(digits..).unwrap_or_default();
        if letters != 2 || digits < 2 || !suffix.chars().all(|c| c.is_ascii_uppercase()) {
            let hint = "two capitals and two digits, such as `TF02`; then capitals, such as `W`"
                .to_owned();
            self.section
                .fault(id, format!("`{}` is not an id", id.value), Some(hint));
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        if stem != id.value.as_str() {
            self.section.fault(
                id,
                format!("the file is called `{stem}.toml`, the id `{}`", id.value),
                None,
            );
        }
    }

    fn choice<T: Copy>(&self, key: &'static str, options: &[(&str, T)]) -> Option<T> {
        self.section.required_text(key)?;
        self.section.choice(key, options)
    }

    fn anchor(&self, base: Base) -> Option<String> {
        let anchor = self.section.required_text("anchor")?;
        let own = match base {
            Base::Payments => Some("payment"),
            Base::Crossings => Some("crossing"),
            Base::Clearances | Base::Items | Base::PartyTimes => None,
        };
        if own != Some(anchor.value.as_str()) && Milestone::from_name(&anchor.value).is_none() {
            let mut names = Milestone::ALL.map(Milestone::name).to_vec();
            names.extend(own);
            let hint = did_you_mean(&anchor.value, names);
            self.section.fault(
                &anchor,
                format!("`{}` is not a milestone", anchor.value),
                hint,
            );
            return None;
        }
        Some(anchor.value)
    }

    /// A share can't be in seconds.
    fn check_unit(&self, definition: &Definition) {
        let unit = definition.unit;
        let fits = match &definition.measure {
            Measure::Count | Measure::Distinct { .. } => unit == Unit::Count,
            Measure::Stock { of: None, .. } => unit == Unit::Count,
            Measure::Stock { of: Some(_), .. } => unit == Unit::Money,
            Measure::Share { .. }
            | Measure::Within { .. }
            | Measure::WithinTarget { .. }
            | Measure::MemberShare { .. } => unit == Unit::Share,
            Measure::Sum { .. } => matches!(unit, Unit::Money | Unit::Tonnes | Unit::Count),
            Measure::Span { .. } | Measure::Duration { .. } => unit == Unit::Seconds,
            Measure::Weighted { .. } => matches!(unit, Unit::Seconds | Unit::Days),
            Measure::Growth { .. } | Measure::Lift { .. } => unit == Unit::Ratio,
            Measure::Attainment { .. } => matches!(unit, Unit::Share | Unit::Ratio),
            Measure::Concentration { .. } => matches!(unit, Unit::Share | Unit::Index),
            Measure::Gain { .. } => unit == Unit::Share,
            Measure::Outlier { .. } => unit == Unit::Z,
            Measure::Contrast { form, .. } => match form {
                Contrast::Advantage => matches!(unit, Unit::Share | Unit::Ratio),
                Contrast::Difference => unit == Unit::Seconds,
            },
            Measure::Ratio { .. }
            | Measure::Mean { .. }
            | Measure::Derived { .. }
            | Measure::Input { .. } => unit != Unit::Z,
        };
        if !fits {
            let kind = definition.measure.kind();
            let message = format!("a `{kind}` can't be in `{}`", unit.name());
            self.section.fault_at("unit", message, None);
        }
    }
}

/// A SQL condition; its columns must exist.
pub(super) fn condition(
    section: &Section<'_, '_>,
    key: &'static str,
    known: &[String],
) -> Option<String> {
    let sql = section.text(key)?;
    check_columns(section, &sql, condition_columns(&sql.value), known);
    Some(sql.value)
}

/// Columns that a SQL text reads must exist.
pub(super) fn check_columns(
    section: &Section<'_, '_>,
    sql: &Located<String>,
    columns: Result<BTreeSet<String>, String>,
    known: &[String],
) {
    match columns {
        Err(message) => section.fault(sql, message, None),
        Ok(columns) => {
            for column in columns.iter().filter(|column| !known.contains(column)) {
                let hint = did_you_mean(column, known.iter().map(String::as_str));
                section.fault(sql, format!("there is no column `{column}`"), hint);
            }
        }
    }
}

/// A list of column names, each of which must exist.
pub(super) fn known_names(
    section: &Section<'_, '_>,
    key: &'static str,
    known: &[String],
) -> Vec<String> {
    let texts = section.texts(key);
    for text in &texts {
        let columns = Ok(BTreeSet::from([text.value.clone()]));
        check_columns(section, text, columns, known);
    }
    texts.into_iter().map(|text| text.value).collect()
}

/// The columns of a base table.
fn known_columns(own: &BTreeSet<String>, base: Base) -> Vec<String> {
    let mut known = clearance_columns(own);
    known.extend(MadeColumn::names());
    known.extend(base_columns(base).iter().map(|name| (*name).to_owned()));
    known
}

/// Functions of many rows: a condition is about one.
const AGGREGATES: [&str; 23] = [
    "avg",
    "corr",
    "count",
    "covar",
    "covar_pop",
    "covar_samp",
    "first",
    "last",
    "max",
    "mean",
    "median",
    "min",
    "quantile_cont",
    "quantile_disc",
    "stddev",
    "stddev_samp",
    "stdev",
    "stdev_samp",
    "sum",
    "total",
    "var",
    "var_samp",
    "variance",
];

/// The columns that a SQL condition reads, sorted, each once. The error says why it is not one.
pub fn condition_columns(sql: &str) -> Result<BTreeSet<String>, String> {
    let expr = parse_one(sql)?;
    let mut columns = BTreeSet::new();
    let flow = visit_expressions(&expr, |expr: &Expr| {
        match expr {
            Expr::Identifier(ident) => {
                columns.insert(ident.value.clone());
            }
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
                return ControlFlow::Break("a subquery");
            }
            Expr::CompoundIdentifier(_) => return ControlFlow::Break("a qualified name"),
            Expr::Function(function)
                if function.over.is_some()
                    || AGGREGATES.contains(&function.name.to_string().to_lowercase().as_str()) =>
            {
                return ControlFlow::Break("a function of many rows");
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    match flow {
        ControlFlow::Break(what) => Err(format!("uses {what}, which a condition can't")),
        ControlFlow::Continue(()) => Ok(columns),
    }
}

/// The text of a file with its path, as read from disk.
pub type DefinitionFile = (PathBuf, String);
