//! A TOML file with positions: every fault in it is found in one pass, with its line.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Fault, did_you_mean};

/// The text of one configuration file and the faults found in it so far.
#[derive(Debug)]
pub struct Document<'t> {
    path: PathBuf,
    text: &'t str,
    faults: RefCell<Vec<Fault>>,
    /// Whether the file is not TOML: then what it lacks is no fault of its own.
    broken: Cell<bool>,
}

impl<'t> Document<'t> {
    /// A file's text; `path` is what messages name.
    pub fn new(path: &Path, text: &'t str) -> Self {
        Self {
            path: path.to_owned(),
            text,
            faults: RefCell::default(),
            broken: Cell::new(false),
        }
    }

    /// Parses the text. Syntax errors become faults and the readable part is returned.
    pub fn parse(&self) -> Spanned<DeTable<'t>> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let offset = error.span().map(|span| span.start);
            self.fault(offset, "", error.message().trim().to_owned(), None);
        }
        self.broken.set(!self.faults.borrow().is_empty());
        root
    }

    /// The root table as a section.
    pub fn root<'d>(&'d self, root: &'d Spanned<DeTable<'t>>) -> Section<'d, 't> {
        Section::new(self, root.get_ref(), root.span().start, String::new())
    }

    /// Notes a fault at a byte offset.
    pub fn fault(&self, offset: Option<usize>, field: &str, message: String, hint: Option<String>) {
        if self.broken.get() {
            return;
        }
        let line = offset.map(|at| self.line_of(at));
        self.faults.borrow_mut().push(Fault {
            file: self.path.clone(),
            line,
            field: field.to_owned(),
            message,
            hint,
        });
    }

    /// Every fault found, in the order of the lines.
    pub fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| fault.line);
        faults
    }

    fn line_of(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        1 + memchr::memchr_iter(b'\n', before).count()
    }
}

/// One table of a document. Reading a key marks it as known; [`Section::finish`] reports the rest.
#[derive(Debug)]
pub struct Section<'d, 't> {
    document: &'d Document<'t>,
    table: &'d DeTable<'t>,
    offset: usize,
    path: String,
    known: RefCell<BTreeSet<&'static str>>,
}

/// A value with its place, for checks that only the caller can make.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Byte offset in the file.
    pub offset: usize,
    /// Full path of the field.
    pub field: String,
}

impl<'d, 't> Section<'d, 't> {
    fn new(
        document: &'d Document<'t>,
        table: &'d DeTable<'t>,
        offset: usize,
        path: String,
    ) -> Self {
        Self {
            document,
            table,
            offset,
            path,
            known: RefCell::default(),
        }
    }

    /// The line on which the section starts.
    pub fn line(&self) -> usize {
        self.document.line_of(self.offset)
    }

    fn field(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn value(&self, key: &'static str) -> Option<&'d Spanned<DeValue<'t>>> {
        self.known.borrow_mut().insert(key);
        self.table.get(key)
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'t>>, wanted: &str) {
        let message = format!("expected {wanted}, found {}", value.get_ref().type_str());
        self.document
            .fault(Some(value.span().start), &self.field(key), message, None);
    }

    /// Notes a fault at a key of this section (at the section's start when the key is absent).
    pub fn fault_at(&self, key: &str, message: impl Into<String>, hint: Option<String>) {
        let offset = self
            .table
            .get(key)
            .map_or(self.offset, |value| value.span().start);
        self.document
            .fault(Some(offset), &self.field(key), message.into(), hint);
    }

    /// Notes a fault at a located value.
    pub fn fault<T>(&self, at: &Located<T>, message: impl Into<String>, hint: Option<String>) {
        self.document
            .fault(Some(at.offset), &at.field, message.into(), hint);
    }

    /// A text that may be absent.
    pub fn text(&self, key: &'static str) -> Option<Located<String>> {
        let value = self.value(key)?;
        if let Some(text) = value.get_ref().as_str() {
            Some(Located {
                value: text.to_owned(),
                offset: value.span().start,
                field: self.field(key),
            })
        } else {
            self.wrong_type(key, value, "a text in quotes");
            None
        }
    }

    /// One of some words; `None` when absent or, with a fault, when it is another word.
    pub fn choice<T: Copy>(&self, key: &'static str, options: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = options.iter().find(|(name, _)| *name == text.value);
        if found.is_none() {
            let names: Vec<&str> = options.iter().map(|(name, _)| *name).collect();
            let message = format!("`{}` is not one of: {}", text.value, names.join(", "));
            self.fault(&text, message, did_you_mean(&text.value, names));
        }
        found.map(|(_, value)| *value)
    }

    /// A text that must be there and not be empty.
    pub fn required_text(&self, key: &'static str) -> Option<Located<String>> {
        if !self.table.contains_key(key) {
            self.known.borrow_mut().insert(key);
            self.fault_at(key, "is missing", None);
            return None;
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.fault(&text, "must not be empty", None);
            return None;
        }
        Some(text)
    }

    /// Whether a key is there.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether a key is there and its value a text.
    pub fn is_text(&self, key: &str) -> bool {
        self.table
            .get(key)
            .is_some_and(|value| value.get_ref().as_str().is_some())
    }

    /// A truth value; false when absent.
    pub fn flag(&self, key: &'static str) -> bool {
        let Some(value) = self.value(key) else {
            return false;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(key, value, "true or false");
            false
        })
    }

    /// A whole number of at least `least`, or the default when absent.
    pub fn integer(&self, key: &'static str, default: i64, least: i64) -> i64 {
        let Some(value) = self.value(key) else {
            return default;
        };
        let Some(integer) = value
            .get_ref()
            .as_integer()
            .and_then(|integer| i64::from_str_radix(integer.as_str(), integer.radix()).ok())
        else {
            self.wrong_type(key, value, "a whole number");
            return default;
        };
        if integer < least {
            self.fault_at(
                key,
                format!("must be at least {least}, found {integer}"),
                None,
            );
            return default;
        }
        integer
    }

    /// A number that may be absent.
    pub fn number(&self, key: &'static str) -> Option<f64> {
        let value = self.value(key)?;
        let text = match value.get_ref() {
            DeValue::Integer(integer) => integer.as_str(),
            DeValue::Float(float) => float.as_str(),
            _ => {
                self.wrong_type(key, value, "a number");
                return None;
            }
        };
        text.replace('_', "").parse().ok()
    }

    /// A text or a number, as text; used where a target may be `0.9` or `"48h"`.
    pub fn text_or_number(&self, key: &'static str) -> Option<Located<String>> {
        let value = self.value(key)?;
        let text = match value.get_ref() {
            DeValue::Integer(integer) => integer.as_str().replace('_', ""),
            DeValue::Float(float) => float.as_str().replace('_', ""),
            DeValue::String(text) => text.to_string(),
            _ => {
                self.wrong_type(key, value, "a number or a text such as \"48h\"");
                return None;
            }
        };
        Some(Located {
            value: text,
            offset: value.span().start,
            field: self.field(key),
        })
    }

    /// A civil date that must be there, as TOML has them (`2025-01-01`) or in quotes; as text.
    pub fn required_date(&self, key: &'static str) -> Option<Located<String>> {
        let Some(value) = self.value(key) else {
            self.fault_at(key, "is missing", None);
            return None;
        };
        let text = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => {
                self.wrong_type(key, value, "a date such as 2025-01-01");
                return None;
            }
        };
        Some(Located {
            value: text,
            offset: value.span().start,
            field: self.field(key),
        })
    }

    /// A list of texts, or one text as a list of one; empty when absent.
    pub fn texts(&self, key: &'static str) -> Vec<Located<String>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let located = |text: &str, offset| Located {
            value: text.to_owned(),
            offset,
            field: self.field(key),
        };
        match value.get_ref() {
            DeValue::String(text) => vec![located(text, value.span().start)],
            DeValue::Array(array) => array
                .iter()
                .filter_map(|element| {
                    let text = element.get_ref().as_str();
                    if text.is_none() {
                        self.wrong_type(key, element, "a text in quotes");
                    }
                    text.map(|text| located(text, element.span().start))
                })
                .collect(),
            _ => {
                self.wrong_type(key, value, "a text or a list of texts");
                Vec::new()
            }
        }
    }

    /// A list of texts and of tables such as `{ kpi = "TF01" }`, in their order; empty when absent.
    pub fn texts_or_sections(&self, key: &'static str) -> Vec<Result<Located<String>, Self>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list");
            return Vec::new();
        };
        let mut entries = Vec::new();
        for element in array {
            let offset = element.span().start;
            match element.get_ref() {
                DeValue::String(text) => entries.push(Ok(Located {
                    value: text.to_string(),
                    offset,
                    field: self.field(key),
                })),
                DeValue::Table(table) => {
                    entries.push(Err(Section::new(
                        self.document,
                        table,
                        offset,
                        self.field(key),
                    )));
                }
                _ => self.wrong_type(key, element, "a text in quotes or a table"),
            }
        }
        entries
    }

    /// A table below this one; `None` when absent.
    pub fn section(&self, key: &'static str) -> Option<Self> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, value, "a table");
            return None;
        };
        Some(Section::new(
            self.document,
            table,
            value.span().start,
            self.field(key),
        ))
    }

    /// A table that must be there.
    pub fn required_section(&self, key: &'static str) -> Option<Self> {
        if !self.table.contains_key(key) {
            self.known.borrow_mut().insert(key);
            self.fault_at(
                key,
                format!("the table `[{}]` is missing", self.field(key)),
                None,
            );
            return None;
        }
        self.section(key)
    }

    /// A list of tables (`[[key]]`); empty when absent.
    pub fn sections(&self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list of tables (`[[…]]`)");
            return Vec::new();
        };
        array
            .iter()
            .filter_map(|element| {
                let Some(table) = element.get_ref().as_table() else {
                    self.wrong_type(key, element, "a table");
                    return None;
                };
                Some(Section::new(
                    self.document,
                    table,
                    element.span().start,
                    self.field(key),
                ))
            })
            .collect()
    }

    /// Every entry of a table whose keys are free (labels, column names), in file order, with the
    /// raw value.
    pub fn entries(&self) -> Vec<(Located<String>, &'d Spanned<DeValue<'t>>)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| {
                let name = key.get_ref().to_string();
                let field = self.field(&name);
                (
                    Located {
                        value: name,
                        offset: key.span().start,
                        field,
                    },
                    value,
                )
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.offset);
        entries
    }

    /// Entries of a free table whose values are texts.
    pub fn text_entries(&self) -> Vec<(Located<String>, Located<String>)> {
        self.texts_of(self.entries())
    }

    /// Entries of a free table whose values are texts, in which tables are read elsewhere.
    pub fn texts_but_tables(&self) -> Vec<(Located<String>, Located<String>)> {
        let mut entries = self.entries();
        entries.retain(|(_, value)| value.get_ref().as_table().is_none());
        self.texts_of(entries)
    }

    fn texts_of(
        &self,
        entries: Vec<(Located<String>, &'d Spanned<DeValue<'t>>)>,
    ) -> Vec<(Located<String>, Located<String>)> {
        entries
            .into_iter()
            .filter_map(|(key, value)| {
                let Some(text) = value.get_ref().as_str() else {
                    self.wrong_type(&key.value, value, "a text in quotes");
                    return None;
                };
                let located = Located {
                    value: text.to_owned(),
                    offset: value.span().start,
                    field: key.field.clone(),
                };
                Some((key, located))
            })
            .collect()
    }

    /// A value of a free table as a section, for values like `{ expr = "…" }`.
    pub fn inline(&self, key: &Located<String>, value: &'d Spanned<DeValue<'t>>) -> Option<Self> {
        let table = value.get_ref().as_table()?;
        Some(Section::new(
            self.document,
            table,
            value.span().start,
            key.field.clone(),
        ))
    }

    /// Reports every key that was never asked for, with the nearest one that was.
    pub fn finish(self) {
        let known = self.known.borrow();
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(name) {
                self.document.fault(
                    Some(key.span().start),
                    &self.field(name),
                    "is not a known key here".to_owned(),
                    did_you_mean(name, known.iter().copied()).or_else(|| {
                        let keys: Vec<&str> = known.iter().copied().collect();
                        Some(format!("known keys: {}", keys.join(", ")))
                    }),
                );
            }
        }
    }
}

/// A zone by its IANA name; an unknown one is a fault with the nearest name.
pub(super) fn zone(section: &Section<'_, '_>, name: &Located<String>) -> Option<TimeZone> {
    // The bundled database, never the machine's: figures must not depend on it.
    let database = jiff::tz::TimeZoneDatabase::bundled();
    let found = database.get(&name.value).ok();
    if found.is_none() {
        let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
        let hint = did_you_mean(&name.value, names.iter().map(String::as_str));
        section.fault(name, format!("unknown time zone `{}`", name.value), hint);
    }
    found
}
