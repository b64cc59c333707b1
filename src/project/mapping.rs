//! A mapping: how one source system's columns, labels and codes become events.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use jiff::tz::TimeZone;
use toml::Spanned;
use toml::de::DeValue;

use super::codes::{CodeLists, check_codes, closed_vocabulary, codes};
use super::document::{Document, Located, Section};
use super::expression::Expression;
use super::reading::{Reading, reading};
use super::values;
use crate::error::{Fault, did_you_mean};
use crate::ingest::{NumberFormat, TimeFormat};
use crate::model::{AMOUNTS, ATTRIBUTES, AttributeType, FastMap, Milestone, attribute_type};

/// What one row of the source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One event.
    Events,
    /// One declaration (or one line of it), with a column per milestone.
    Declarations,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// A column of the source.
    Column(String),
    /// An expression over columns of the source.
    Expression(Expression),
    /// The same value for every row.
    Constant(String),
}

/// Which amount of several on one declaration counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// All are added up.
    Sum,
    /// The newest one; at equal times the greatest.
    Latest,
}

/// One mapped attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeMapping {
    /// The dimension's name.
    pub name: String,
    /// How its text is read.
    pub attribute_type: AttributeType,
    /// Where it comes from.
    pub origin: Origin,
    /// The code list: value in the source → our code. A closed vocabulary without a list of its
    /// own lists itself.
    pub codes: Option<FastMap<String, String>>,
}

/// One mapped amount.
#[derive(Clone, Debug, PartialEq)]
pub struct AmountMapping {
    /// The amount's name.
    pub name: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Which one counts when a declaration has several.
    pub take: Take,
}

/// The columns with a fixed role.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoleColumns {
    /// The declaration's number.
    pub declaration_id: String,
    /// The declaration's line, where rows are lines.
    pub item: Option<String>,
    /// The source's own id of a row: two rows that differ in it are two events.
    pub event_id: Option<String>,
    /// The activity's label; several columns are joined by `+`.
    pub activity: Vec<String>,
    /// The transition in the life of the activity (`start`, `complete`, …), where the source logs
    /// one: `complete` is the activity as such, any other is added to its label (`Inspection+start`).
    pub lifecycle: Option<String>,
    /// The time of the event (layout `events`).
    pub timestamp: String,
    /// ISO 4217 code of the row's amounts; the project's currency when not mapped.
    pub currency: Option<String>,
}

/// A checked mapping.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Its name: the file's stem.
    pub name: String,
    /// SHA-256 of its file.
    pub sha256: String,
    /// What one row is.
    pub layout: Layout,
    /// How its files are to be read.
    pub reading: Reading,
    /// The zone of times that carry no offset.
    pub timezone: TimeZone,
    /// Formats tried in order after RFC 3339 / ISO 8601.
    pub timestamp_formats: Vec<TimeFormat>,
    /// How numbers are written.
    pub numbers: NumberFormat,
    /// Rows that do not meet it are left out (and counted).
    pub condition: Option<Expression>,
    /// Columns that are computed from those of the source, to be used as if it had them: a time from a
    /// date and an hour, a key from several parts. Each reads columns of the source only.
    pub computed: Vec<(String, Expression)>,
    /// Columns with a fixed role.
    pub columns: RoleColumns,
    /// Label in the source → milestone.
    pub activities: BTreeMap<String, Milestone>,
    /// Milestone → column, in the order of the milestones (layout `declarations`).
    pub milestones: Vec<(Milestone, String)>,
    /// Mapped attributes, standard ones first, in the order of tables.
    pub attributes: Vec<AttributeMapping>,
    /// Mapped amounts, in the order of tables.
    pub amounts: Vec<AmountMapping>,
}

impl Mapping {
    /// Reads a mapping's text. `path` is named in faults; `zone` is the project's.
    pub fn parse(path: &Path, text: &str, zone: &TimeZone) -> Result<Self, Vec<Fault>> {
        let document = Document::new(path, text);
        let root = document.parse();
        let section = document.root(&root);
        let mapping = read(&section, path, zone);
        section.finish();
        let faults = document.into_faults();
        match mapping {
            Some(mut mapping) if faults.is_empty() => {
                mapping.sha256 = crate::digest::sha256(text.as_bytes());
                Ok(mapping)
            }
            _ => Err(faults),
        }
    }

    /// The columns without which no row can be read, as far as the mapping has them.
    pub fn required_columns(&self) -> Vec<String> {
        let roles = &self.columns;
        let columns = [&roles.declaration_id, &roles.timestamp]
            .into_iter()
            .chain(&roles.activity);
        let columns = columns.filter(|column| !column.is_empty() && !self.is_computed(column));
        columns.cloned().collect()
    }

    fn is_computed(&self, column: &str) -> bool {
        self.computed.iter().any(|(name, _)| name == column)
    }

    /// Every column of the source that the mapping reads, sorted, each once.
    pub fn source_columns(&self) -> Vec<String> {
        let roles = &self.columns;
        let mut columns: Vec<String> = [&roles.declaration_id, &roles.timestamp]
            .into_iter()
            .chain(&roles.item)
            .chain(&roles.event_id)
            .chain(&roles.currency)
            .chain(&roles.activity)
            .chain(&roles.lifecycle)
            .chain(self.milestones.iter().map(|(_, column)| column))
            .filter(|column| !column.is_empty())
            .cloned()
            .collect();
        let origins = self.attributes.iter().map(|attribute| &attribute.origin);
        for origin in origins.chain(self.amounts.iter().map(|amount| &amount.origin)) {
            match origin {
                Origin::Column(column) => columns.push(column.clone()),
                Origin::Expression(expression) => columns.extend_from_slice(expression.columns()),
                Origin::Constant(_) => {}
            }
        }
        if let Some(condition) = &self.condition {
            columns.extend_from_slice(condition.columns());
        }
        columns.retain(|column| !self.is_computed(column));
        for (_, expression) in &self.computed {
            columns.extend_from_slice(expression.columns());
        }
        columns.sort();
        columns.dedup();
        columns
    }
}

fn read(root: &Section<'_, '_>, path: &Path, zone: &TimeZone) -> Option<Mapping> {
    let layout = root.choice(
        "layout",
        &[
            ("events", Layout::Events),
            ("declarations", Layout::Declarations),
        ],
    );
    if layout.is_none() && root.text("layout").is_none() {
        root.fault_at("layout", "is missing: `events` or `declarations`", None);
    }
    let reading = reading(root);
    let timezone = root
        .text("timezone")
        .and_then(|name| super::zone(root, &name))
        .unwrap_or_else(|| zone.clone());
    let timestamp_formats = values::time_formats(root);
    let numbers = values::numbers(root);
    let computed = computed(root);
    let condition = root.text("where").and_then(|sql| expression(root, &sql));
    let layout = layout.unwrap_or(Layout::Events);
    let columns = root
        .required_section("columns")
        .map(|section| role_columns(section, layout))
        .unwrap_or_default();
    let activities = activities(root, layout, columns.lifecycle.is_some());
    let milestones = milestones(root, layout);
    let codes = codes(root);
    let attributes = attributes(root, codes);
    let amounts = amounts(root);
    Some(Mapping {
        name: path.file_stem()?.to_string_lossy().into_owned(),
        sha256: String::new(),
        layout,
        reading,
        timezone,
        timestamp_formats,
        numbers,
        condition,
        computed,
        columns,
        activities,
        milestones,
        attributes,
        amounts,
    })
}

fn expression(section: &Section<'_, '_>, sql: &Located<String>) -> Option<Expression> {
    Expression::parse(&sql.value)
        .map_err(|message| section.fault(sql, message, None))
        .ok()
}

fn computed(root: &Section<'_, '_>) -> Vec<(String, Expression)> {
    let Some(section) = root.section("computed") else {
        return Vec::new();
    };
    let entries = section.text_entries().into_iter();
    let computed: Vec<(Located<String>, Expression)> = entries
        .filter_map(|(name, sql)| Some((name, expression(&section, &sql)?)))
        .collect();
    for (name, one) in &computed {
        let mut others = computed.iter().map(|(name, _)| &name.value);
        if let Some(other) = others.find(|other| one.columns().contains(other)) {
            let message = format!("reads `{other}`, which is computed itself");
            let hint = "a computed column reads columns of the source".to_owned();
            section.fault(name, message, Some(hint));
        }
    }
    computed
        .into_iter()
        .map(|(name, expression)| (name.value, expression))
        .collect()
}

fn role_columns(section: Section<'_, '_>, layout: Layout) -> RoleColumns {
    let text = |located: Option<Located<String>>| located.map(|located| located.value);
    let mut columns = RoleColumns {
        declaration_id: text(section.required_text("declaration_id")).unwrap_or_default(),
        item: text(section.text("item")),
        event_id: text(section.text("event_id")),
        currency: text(section.text("currency")),
        activity: section
            .texts("activity")
            .into_iter()
            .map(|column| column.value)
            .collect(),
        lifecycle: text(section.text("lifecycle")),
        timestamp: text(section.text("timestamp")).unwrap_or_default(),
    };
    match layout {
        Layout::Events => {
            if columns.activity.is_empty() {
                section.fault_at("activity", "is missing: the layout `events` needs it", None);
            }
            if columns.timestamp.is_empty() {
                section.fault_at(
                    "timestamp",
                    "is missing: the layout `events` needs it",
                    None,
                );
            }
        }
        Layout::Declarations => {
            for (key, given) in [
                ("activity", !columns.activity.is_empty()),
                ("timestamp", !columns.timestamp.is_empty()),
                ("lifecycle", columns.lifecycle.is_some()),
            ] {
                if given {
                    let hint = "name a column per milestone under `[milestones]`".to_owned();
                    section.fault_at(key, "has no use in the layout `declarations`", Some(hint));
                }
            }
            columns.activity.clear();
            columns.timestamp.clear();
            columns.lifecycle = None;
        }
    }
    section.finish();
    columns
}

fn milestone(section: &Section<'_, '_>, name: &Located<String>) -> Option<Milestone> {
    let found = Milestone::from_name(&name.value);
    if found.is_none() {
        section.fault(
            name,
            format!("`{}` is not a milestone", name.value),
            did_you_mean(&name.value, Milestone::ALL.map(Milestone::name)),
        );
    }
    found
}

fn activities(
    root: &Section<'_, '_>,
    layout: Layout,
    lifecycle: bool,
) -> BTreeMap<String, Milestone> {
    let Some(section) = root.section("activities") else {
        return BTreeMap::new();
    };
    if layout == Layout::Declarations {
        let hint = "the layout `declarations` maps columns under `[milestones]`".to_owned();
        root.fault_at("activities", "has no use here", Some(hint));
    }
    let mut activities = BTreeMap::new();
    for (label, value) in section.entries() {
        let Some(transitions) = section.inline(&label, value) else {
            continue;
        };
        if !lifecycle {
            let hint = "name the column of the transition: `lifecycle` under `[columns]`";
            section.fault(&label, "has transitions", Some(hint.to_owned()));
        }
        for (transition, name) in transitions.text_entries() {
            if let Some(milestone) = milestone(&transitions, &name) {
                let label = lifecycle_label(&label.value, &transition.value);
                activities.insert(label.into_owned(), milestone);
            }
        }
    }
    for (label, name) in section.texts_but_tables() {
        if let Some(milestone) = milestone(&section, &name) {
            activities.insert(label.value, milestone);
        }
    }
    activities
}

/// The label of an activity in one transition of its life: `complete`, or none, is the activity as
/// such; any other is added behind a `+`, in lower case.
pub fn lifecycle_label<'a>(activity: &'a str, transition: &str) -> Cow<'a, str> {
    let transition = transition.trim();
    if transition.is_empty() || transition.eq_ignore_ascii_case("complete") {
        Cow::Borrowed(activity)
    } else {
        Cow::Owned(format!("{activity}+{}", transition.to_ascii_lowercase()))
    }
}

fn milestones(root: &Section<'_, '_>, layout: Layout) -> Vec<(Milestone, String)> {
    let Some(section) = root.section("milestones") else {
        if layout == Layout::Declarations {
            root.fault_at(
                "milestones",
                "the layout `declarations` needs a table `[milestones]`",
                None,
            );
        }
        return Vec::new();
    };
    if layout == Layout::Events {
        let hint = "the layout `events` maps labels under `[activities]`".to_owned();
        root.fault_at("milestones", "has no use here", Some(hint));
    }
    let mut milestones: Vec<(Milestone, String)> = section
        .text_entries()
        .into_iter()
        .filter_map(|(name, column)| Some((milestone(&section, &name)?, column.value)))
        .collect();
    milestones.sort();
    milestones
}

fn attributes(root: &Section<'_, '_>, mut codes: CodeLists) -> Vec<AttributeMapping> {
    let section = root.section("attributes");
    let entries = section.as_ref().map(Section::entries).unwrap_or_default();
    let mut attributes: Vec<AttributeMapping> = Vec::with_capacity(entries.len());
    for (key, value) in &entries {
        let Some(section) = &section else { break };
        if AMOUNTS.contains(&key.value.as_str()) {
            section.fault(key, "is an amount: map it under `[amounts]`", None);
        } else if reserved(&key.value) {
            section.fault(
                key,
                "is the name of a column that Clearway makes itself",
                None,
            );
        }
        let Some((origin, _)) = origin(section, key, value, false) else {
            continue;
        };
        let listed = codes.remove(&key.value).map(|(_, list)| list);
        let codes = listed.or_else(|| {
            let names = closed_vocabulary(&key.value)?;
            Some(
                names
                    .iter()
                    .map(|name| ((*name).to_owned(), (*name).to_owned()))
                    .collect(),
            )
        });
        check_codes(section, key, codes.as_ref());
        if attribute_type(&key.value) == AttributeType::Number {
            check_constant(section, key, &origin);
        }
        attributes.push(AttributeMapping {
            name: key.value.clone(),
            attribute_type: attribute_type(&key.value),
            origin,
            codes,
        });
    }
    for (key, _) in codes.values() {
        let names = entries.iter().map(|(key, _)| key.value.as_str());
        let hint = did_you_mean(&key.value, names);
        root.fault(
            key,
            "is a code list for an attribute that is not mapped",
            hint,
        );
    }
    attributes.sort_by_key(|attribute| {
        let standard = ATTRIBUTES
            .iter()
            .position(|(name, _)| *name == attribute.name);
        (standard.unwrap_or(ATTRIBUTES.len()), attribute.name.clone())
    });
    attributes
}

/// A number given as a constant is a plain decimal, however the source writes its own.
fn check_constant(section: &Section<'_, '_>, key: &Located<String>, origin: &Origin) {
    if let Origin::Constant(value) = origin
        && NumberFormat::default().millionths(value).is_err()
    {
        section.fault(key, format!("`{value}` is not a number"), None);
    }
}

/// Names that can't be a project's own attribute.
fn reserved(name: &str) -> bool {
    const MADE: [&str; 15] = [
        "declaration_id",
        "item",
        "event_id",
        "activity",
        "milestone",
        "at",
        "currency",
        "status",
        "variant",
        "event_count",
        "source_file",
        "source_line",
        "row_hash",
        "payment",
        "payment_at",
    ];
    MADE.contains(&name)
        || ["_at", "_count", "_us"]
            .iter()
            .any(|suffix| name.ends_with(suffix) && attribute_type(name) == AttributeType::Text)
}

fn amounts(root: &Section<'_, '_>) -> Vec<AmountMapping> {
    let Some(section) = root.section("amounts") else {
        return Vec::new();
    };
    let mut amounts = Vec::new();
    for (key, value) in section.entries() {
        let Some(rank) = AMOUNTS.iter().position(|name| *name == key.value) else {
            let message = format!("`{}` is not an amount", key.value);
            section.fault(&key, message, did_you_mean(&key.value, AMOUNTS));
            continue;
        };
        let Some((origin, take)) = origin(&section, &key, value, true) else {
            continue;
        };
        check_constant(&section, &key, &origin);
        amounts.push((
            rank,
            AmountMapping {
                name: key.value.clone(),
                origin,
                take,
            },
        ));
    }
    amounts.sort_by_key(|(rank, _)| *rank);
    amounts.into_iter().map(|(_, amount)| amount).collect()
}

/// A column's name, `{ column = … }`, `{ expr = … }` or `{ value = … }`, with `take` for amounts.
fn origin<'d, 't>(
    section: &Section<'d, 't>,
    key: &Located<String>,
    value: &'d Spanned<DeValue<'t>>,
    with_take: bool,
) -> Option<(Origin, Take)> {
    if let Some(column) = value.get_ref().as_str() {
        return Some((Origin::Column(column.to_owned()), Take::Sum));
    }
    let Some(table) = section.inline(key, value) else {
        let message = format!(
            "expected a column's name, `{{ expr = … }}` or `{{ value = … }}`, found {}",
            value.get_ref().type_str()
        );
        section.fault(key, message, None);
        return None;
    };
    let column = table.text("column");
    let expr = table.text("expr");
    let constant = table.text("value");
    let take = if with_take {
        table.choice("take", &[("sum", Take::Sum), ("latest", Take::Latest)])
    } else {
        None
    };
    let origin = match (column, expr, constant) {
        (Some(column), None, None) => Some(Origin::Column(column.value)),
        (None, Some(sql), None) => expression(&table, &sql).map(Origin::Expression),
        (None, None, Some(value)) => Some(Origin::Constant(value.value)),
        _ => {
            section.fault(
                key,
                "needs exactly one of `column`, `expr` and `value`",
                None,
            );
            None
        }
    };
    table.finish();
    origin.map(|origin| (origin, take.unwrap_or(Take::Sum)))
}
