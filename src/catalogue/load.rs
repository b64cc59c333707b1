//! Definition files → checked definitions. Every fault of every file is found in one pass.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlparser::ast::{Expr, visit_expressions};

use super::columns::{AMOUNT_LIKE, PAYMENT_COLUMNS, clearance_columns};
use super::definition::{Area, Base, Better, Definition, Measure, Negative};
use crate::error::{Fault, did_you_mean};
use crate::model::{AMOUNTS, Milestone, Unit};
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

/// The kinds of measures, as definition files name them.
const KINDS: [&str; 9] = [
    "count",
    "share",
    "ratio",
    "sum",
    "span",
    "within_target",
    "stock",
    "member_share",
    "growth",
];

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
        let units = [
            Unit::Seconds,
            Unit::Share,
            Unit::Count,
            Unit::Money,
            Unit::Ratio,
        ];
        let unit = self.choice("unit", &units.map(|unit| (unit.name(), unit)));
        let betters = [Better::Lower, Better::Higher, Better::Context];
        let better = self.choice("better", &betters.map(|better| (better.name(), better)));
        let base = match section.text("base") {
            Some(_) => self.choice(
                "base",
                &[Base::Clearances, Base::Payments].map(|b| (b.name(), b)),
            ),
            None => Some(Base::Clearances),
        };
        let formula = section.required_text("formula");
        let null_rule = section.required_text("null_rule");
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
        let population = self.condition(section, "population", base?);
        let measure = section.required_section("measure").and_then(|table| {
            let measure = self.measure(&table, base?);
            table.finish();
            measure
        });
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
            measure: measure?,
            formula: formula?.value,
            null_rule: null_rule?.value,
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
        let payment = base == Base::Payments && anchor.value == "payment";
        if !payment && Milestone::from_name(&anchor.value).is_none() {
            let mut names = Milestone::ALL.map(Milestone::name).to_vec();
            names.push("payment");
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

    /// A SQL condition; its columns must exist.
    fn condition(
        &self,
        section: &Section<'_, '_>,
        key: &'static str,
        base: Base,
    ) -> Option<String> {
        let sql = section.text(key)?;
        match condition_columns(&sql.value) {
            Err(message) => section.fault(&sql, message, None),
            Ok(columns) => {
                let known = self.known_columns(base);
                for column in columns.iter().filter(|column| !known.contains(column)) {
                    let hint = did_you_mean(column, known.iter().map(String::as_str));
                    section.fault(&sql, format!("there is no column `{column}`"), hint);
                }
            }
        }
        Some(sql.value)
    }

    fn known_columns(&self, base: Base) -> Vec<String> {
        let mut known = clearance_columns(self.own_columns);
        if base == Base::Payments {
            known.extend(PAYMENT_COLUMNS.map(str::to_owned));
        }
        known
    }

    fn measure(&self, table: &Section<'_, '_>, base: Base) -> Option<Measure> {
        let kind = table.required_text("kind")?;
        let amount = |key| {
            table
                .required_text(key)
                .and_then(|text| amount_name(table, text, base))
        };
        let milestone = |key| {
            table
                .required_text(key)
                .and_then(|name| milestone_of(table, &name))
        };
        Some(match kind.value.as_str() {
            "count" => Measure::Count,
            "share" => {
                table.required_text("when")?;
                Measure::Share {
                    when: self.condition(table, "when", base)?,
                }
            }
            "ratio" => self.ratio(table, base)?,
            "sum" => Measure::Sum { of: amount("of")? },
            "span" => self.span(table, base)?,
            "within_target" => Measure::WithinTarget {
                span: table.required_text("span")?.value,
            },
            "stock" => Measure::Stock {
                opened: milestone("opened")?,
                closed: table
                    .texts("closed")
                    .iter()
                    .filter_map(|name| milestone_of(table, name))
                    .collect(),
            },
            "member_share" => Measure::MemberShare {
                of: table
                    .text("of")
                    .and_then(|text| amount_name(table, text, base)),
                dimensions: table
                    .texts("dimensions")
                    .into_iter()
                    .map(|name| name.value)
                    .collect(),
            },
            "growth" => Measure::Growth {
                of: amount("of")?,
                months: i32::try_from(table.integer("months", 12, 1)).ok()?,
            },
            other => {
                let message = format!("`{other}` is not one of: {}", KINDS.join(", "));
                table.fault(&kind, message, did_you_mean(other, KINDS));
                return None;
            }
        })
    }

    fn ratio(&self, table: &Section<'_, '_>, base: Base) -> Option<Measure> {
        Some(Measure::Ratio {
            numerator: amount_names(table, "numerator", base)?,
            numerator_where: self.condition(table, "numerator_where", base),
            denominator: amount_names(table, "denominator", base)?,
            exclude_missing: exclude_missing(table),
        })
    }

    fn span(&self, table: &Section<'_, '_>, base: Base) -> Option<Measure> {
        let milestone = |key| {
            let name = table.required_text(key)?;
            milestone_of(table, &name)
        };
        let (from, to) = (milestone("from"), milestone("to"));
        Some(Measure::Span {
            from: from?,
            to: to?,
            negative: negative(table),
            nil_when: self.condition(table, "nil_when", base),
        })
    }

    /// A share can't be in seconds.
    fn check_unit(&self, definition: &Definition) {
        let fits = match definition.measure {
            Measure::Count | Measure::Stock { .. } => definition.unit == Unit::Count,
            Measure::Share { .. } | Measure::WithinTarget { .. } | Measure::MemberShare { .. } => {
                definition.unit == Unit::Share
            }
            Measure::Ratio { .. } => matches!(definition.unit, Unit::Share | Unit::Ratio),
            Measure::Sum { .. } => definition.unit == Unit::Money,
            Measure::Span { .. } => definition.unit == Unit::Seconds,
            Measure::Growth { .. } => definition.unit == Unit::Ratio,
        };
        if !fits {
            let kind = definition.measure.kind();
            self.section.fault_at(
                "unit",
                format!("a `{kind}` can't be in `{}`", definition.unit.name()),
                None,
            );
        }
    }
}

fn amount_name(section: &Section<'_, '_>, amount: Located<String>, base: Base) -> Option<String> {
    let payment = base == Base::Payments && amount.value == "payment";
    if payment
        || AMOUNTS.contains(&amount.value.as_str())
        || AMOUNT_LIKE.contains(&amount.value.as_str())
    {
        return Some(amount.value);
    }
    let names = AMOUNTS.into_iter().chain(AMOUNT_LIKE).chain(["payment"]);
    let hint = did_you_mean(&amount.value, names);
    section.fault(
        &amount,
        format!("`{}` is not an amount", amount.value),
        hint,
    );
    None
}

fn amount_names(section: &Section<'_, '_>, key: &'static str, base: Base) -> Option<Vec<String>> {
    let texts = section.texts(key);
    if texts.is_empty() {
        section.fault_at(key, "is missing: one or more amounts", None);
        return None;
    }
    texts
        .into_iter()
        .map(|text| amount_name(section, text, base))
        .collect()
}

fn milestone_of(section: &Section<'_, '_>, name: &Located<String>) -> Option<Milestone> {
    let found = Milestone::from_name(&name.value);
    if found.is_none() {
        let hint = did_you_mean(&name.value, Milestone::ALL.map(Milestone::name));
        section.fault(name, format!("`{}` is not a milestone", name.value), hint);
    }
    found
}

fn exclude_missing(table: &Section<'_, '_>) -> bool {
    match table.text("missing") {
        Some(text) if text.value == "exclude" => true,
        Some(text) if text.value != "zero" => {
            table.fault(
                &text,
                format!("`{}` is not `exclude` or `zero`", text.value),
                None,
            );
            false
        }
        _ => false,
    }
}

fn negative(table: &Section<'_, '_>) -> Negative {
    match table.text("negative") {
        Some(text) if text.value == "zero" => Negative::Zero,
        Some(text) if text.value != "fault" => {
            table.fault(
                &text,
                format!("`{}` is not `zero` or `fault`", text.value),
                None,
            );
            Negative::Fault
        }
        _ => Negative::Fault,
    }
}

/// Functions of many rows: a condition is about one.
const AGGREGATES: [&str; 16] = [
    "avg",
    "corr",
    "count",
    "covar",
    "covar_pop",
    "first",
    "last",
    "max",
    "mean",
    "median",
    "min",
    "quantile_cont",
    "quantile_disc",
    "stddev",
    "sum",
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
