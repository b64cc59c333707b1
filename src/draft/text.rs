//! A draft as lines for people and as a commented mapping.

use std::fmt::Write as _;

use super::guess::{Field, is_time, percent};
use super::profile::{Column, shown};
use super::times::FIRST_TWO_DIGIT_YEAR;
use super::words::{normal, rank};
use super::{Draft, ROWS_LOOKED_AT};
use crate::ingest::TimeFormat;
use crate::model::{Milestone, group_thousands};
use crate::project::{Format, Layout};

/// Where the comment behind a value begins.
const COMMENT_AT: usize = 44;
/// Labels that are listed in a draft.
const LABELS_LISTED: usize = 200;
/// Names of columns with ids of events.
const EVENT_ID: &[&str] = &[
    "ocel eid",
    "event id",
    "activity instance id",
    "concept instance",
];
/// Names of columns with currencies.
const CURRENCY: &[&str] = &["currency", "валюта", "valyuta"];

impl Draft {
    /// What was seen, for people.
    pub fn seen(&self) -> Vec<String> {
        let mut lines = vec![format!("{}: {}", self.file, self.file_seen())];
        if let Some((chosen, types)) = &self.objects {
            let types = types.iter().map(|(name, n)| format!("{name} ({n})"));
            let types: Vec<String> = types.collect();
            lines.push(format!(
                "  objects          {}; taken as the declaration: {chosen}",
                types.join(", ")
            ));
        }
        let guess = &self.guess;
        let layout = match guess.layout {
            Layout::Events => "one row per event",
            Layout::Declarations => "one row per declaration",
        };
        lines.push(format!("  layout           {layout}"));
        let mut line = |what: &str, at: Option<usize>| {
            if let Some(column) = at.and_then(|at| self.columns.get(at)) {
                lines.push(format!(
                    "  {what:16} `{}`: {}",
                    column.name,
                    values_seen(column)
                ));
            }
        };
        line("declaration id", Some(guess.declaration_id));
        line("activity", guess.activity);
        line("lifecycle", guess.lifecycle);
        line("timestamp", guess.timestamp);
        for (milestone, at, _) in &guess.milestones {
            line(milestone.name(), Some(*at));
        }
        for field in guess.attributes.iter().chain(&guess.amounts) {
            let doubt = field
                .doubt
                .as_deref()
                .map_or(String::new(), |doubt| format!(" ({doubt})"));
            let column = self
                .columns
                .get(field.column)
                .map_or("", |column| &column.name);
            lines.push(format!("  {:16} `{column}`{doubt}", field.name));
        }
        for (label, count, milestone) in guess.labels.iter().take(LABELS_LISTED) {
            let milestone = milestone.map_or("no milestone that its words tell", Milestone::name);
            lines.push(format!(
                "  label            `{}` ({}): {milestone}",
                shown(label),
                grouped(*count)
            ));
        }
        lines
    }

    fn file_seen(&self) -> String {
        let looked = &self.looked;
        let mut parts = vec![looked.format.name().to_owned()];
        parts.extend(looked.encoding.map(str::to_owned));
        parts.extend(looked.delimiter.map(|delimiter| match delimiter {
            b'\t' => "tabs between fields".to_owned(),
            other => format!("`{}` between fields", char::from(other)),
        }));
        parts.push(if looked.complete {
            format!("{} rows", grouped(looked.rows))
        } else {
            format!("the first {} rows looked at", grouped(ROWS_LOOKED_AT))
        });
        parts.push(format!("{} columns", self.columns.len()));
        parts.join(", ")
    }

    /// The mapping. It loads as it stands; what is doubtful is commented out.
    pub fn mapping_text(&self) -> String {
        let mut out = format!(
            "# A draft for {}, made by `clearway check`: a proposal. Compare it with what you know of the\n\
             # system, save it as mappings/NAME.toml and name it in a [[source]] of clearway.toml.\n\
             # Seen: {}.\n\n",
            shown(&self.file),
            self.file_seen()
        );
        self.write_reading(&mut out);
        self.write_columns(&mut out);
        self.write_labels(&mut out);
        self.write_milestones(&mut out);
        self.write_attributes(&mut out);
        self.write_amounts(&mut out);
        self.write_rest(&mut out);
        out
    }

    fn column(&self, at: usize) -> Option<&Column> {
        self.columns.get(at)
    }

    fn write_reading(&self, out: &mut String) {
        let guess = &self.guess;
        let layout = match guess.layout {
            Layout::Events => "events",
            Layout::Declarations => "declarations",
        };
        entry(out, "layout", &quoted(layout), "");
        entry(out, "format", &quoted(self.looked.format.name()), "");
        if let Some(encoding) = self.looked.encoding.filter(|name| *name != "UTF-8") {
            entry(out, "encoding", &quoted(&encoding.to_ascii_lowercase()), "");
        }
        if let Some(delimiter) = self.looked.delimiter {
            entry(
                out,
                "delimiter",
                &quoted(&char::from(delimiter).to_string()),
                "",
            );
        }
        if let Some((chosen, _)) = &self.objects {
            entry(
                out,
                "object_type",
                &quoted(chosen),
                "the object that is the declaration",
            );
        }
        let _ = writeln!(
            out,
            "# timezone = \"Asia/Tashkent\"              # for times without an offset; the project's when left out"
        );
        let used = guess
            .timestamp
            .into_iter()
            .chain(guess.milestones.iter().map(|(_, at, _)| *at));
        let (mut formats, mut undecided) = (Vec::new(), false);
        for column in used.filter_map(|at| self.column(at)) {
            undecided |= column.times.undecided > 0;
            for (format, _) in &column.times.formats {
                if !formats.contains(format) {
                    formats.push(format);
                }
            }
        }
        if !formats.is_empty() {
            let list: Vec<String> = formats.iter().map(|format| quoted(format)).collect();
            let value = format!("[{}]", list.join(", "));
            entry(out, "timestamp_formats", &value, "tried after ISO 8601");
            if formats
                .iter()
                .any(|format| TimeFormat::has_two_digit_year(format))
            {
                let first = FIRST_TWO_DIGIT_YEAR.to_string();
                entry(out, "two_digit_years", &first, "and the 99 years after it");
            }
        }
        if undecided {
            out.push_str("# Nothing tells whether the day or the month stands first in some dates: check the formats.\n");
        }
    }

    fn write_columns(&self, out: &mut String) {
        let guess = &self.guess;
        out.push_str("\n[columns]\n");
        let mut role = |key: &str, at: Option<usize>| {
            if let Some(column) = at.and_then(|at| self.column(at)) {
                entry(out, key, &quoted(&column.name), &values_seen(column));
            }
        };
        role("declaration_id", Some(guess.declaration_id));
        role("activity", guess.activity);
        role("lifecycle", guess.lifecycle);
        role("timestamp", guess.timestamp);
        let named = |words: &[&str]| {
            let mut all = self.columns.iter();
            all.find(|column| rank(&normal(&column.name), words).is_some())
        };
        if let Some(column) = named(EVENT_ID)
            && column.distinct == self.looked.rows
        {
            entry(
                out,
                "event_id",
                &quoted(&column.name),
                "different in every row",
            );
        }
        if let Some(column) = named(CURRENCY) {
            let note = format!(
                "{}; others than the project's need rates.csv",
                column.examples()
            );
            comment(out, &format!("currency = {}", quoted(&column.name)), &note);
        }
        if !guess.id_is_named {
            out.push_str("# No column is named like the number of a declaration: this one has most values.\n");
        }
    }

    fn write_labels(&self, out: &mut String) {
        if self.guess.layout != Layout::Events {
            return;
        }
        let transitions = self.guess.lifecycle.and_then(|at| self.column(at));
        let starts = transitions.is_some_and(|column| {
            let mut values = column.values.iter();
            values.any(|(text, _)| text.eq_ignore_ascii_case("start"))
        });
        out.push_str("\n[activities]                                # label = milestone\n");
        for (label, count, milestone) in self.guess.labels.iter().take(LABELS_LISTED) {
            let note = format!("{} rows", grouped(*count));
            match milestone {
                Some(milestone) => {
                    let value = match started(*milestone).filter(|_| starts) {
                        Some(start) => format!(
                            "{{ start = {}, complete = {} }}",
                            quoted(start),
                            quoted(milestone.name())
                        ),
                        None => quoted(milestone.name()),
                    };
                    entry(out, &quoted(label), &value, &note);
                }
                None => comment(out, &format!("{} = \"\"", quoted(label)), &note),
            }
        }
        if self.guess.labels.len() > LABELS_LISTED {
            let more = self.guess.labels.len() - LABELS_LISTED;
            let _ = writeln!(out, "# … and {more} more labels");
        }
    }

    fn write_milestones(&self, out: &mut String) {
        if self.guess.layout != Layout::Declarations {
            return;
        }
        out.push_str("\n[milestones]                                # milestone = column\n");
        for (milestone, at, is_guess) in &self.guess.milestones {
            if let Some(column) = self.column(*at) {
                let doubt = if *is_guess { "a guess; " } else { "" };
                let note = format!("{doubt}{}", values_seen(column));
                entry(out, milestone.name(), &quoted(&column.name), &note);
            }
        }
        let used = |at: usize| self.guess.milestones.iter().any(|(_, used, _)| *used == at);
        for (at, column) in self.columns.iter().enumerate() {
            if is_time(column) && !used(at) {
                comment(
                    out,
                    &format!("… = {}", quoted(&column.name)),
                    &values_seen(column),
                );
            }
        }
    }

    fn write_attributes(&self, out: &mut String) {
        out.push_str("\n[attributes]                                # attribute = column\n");
        for field in &self.guess.attributes {
            self.write_field(out, field);
        }
        for at in &self.guess.dimensions {
            if let Some(column) = self.column(*at) {
                let line = format!("{} = {}", slug(&column.name, *at), quoted(&column.name));
                comment(out, &line, &values_seen(column));
            }
        }
        for field in self
            .guess
            .attributes
            .iter()
            .filter(|field| !field.codes.is_empty())
        {
            let hash = if field.doubt.is_some() { "# " } else { "" };
            let _ = writeln!(out, "\n{hash}[codes.{}]", field.name);
            for (value, member) in &field.codes {
                let _ = writeln!(out, "{hash}{} = {}", quoted(value), quoted(member));
            }
        }
    }

    fn write_amounts(&self, out: &mut String) {
        if self.guess.amounts.is_empty() {
            return;
        }
        out.push_str("\n[amounts]                                   # amount = column; `take = \"latest\"` where a later one replaces an earlier\n");
        for field in &self.guess.amounts {
            self.write_field(out, field);
        }
    }

    fn write_field(&self, out: &mut String, field: &Field) {
        let Some(column) = self.column(field.column) else {
            return;
        };
        let value = if field.rounded {
            // Calculated numbers are rounded to six places, stated ones must not have more.
            let name = column.name.replace('"', "\"\"");
            format!("{{ expr = {} }}", quoted(&format!("\"{name}\" * 1")))
        } else {
            quoted(&column.name)
        };
        match &field.doubt {
            Some(doubt) => comment(out, &format!("{} = {value}", field.name), doubt),
            None => entry(out, &field.name, &value, &values_seen(column)),
        }
    }

    fn write_rest(&self, out: &mut String) {
        out.push_str("\n# All columns of the file:\n");
        for column in &self.columns {
            let _ = writeln!(out, "#   {}: {}", quoted(&column.name), values_seen(column));
        }
        if self.looked.format == Format::Csv && !self.looked.complete {
            let rows = grouped(ROWS_LOOKED_AT);
            let _ = writeln!(
                out,
                "# Only the first {rows} rows were looked at: `clearway check` reads all."
            );
        }
    }
}

/// What a column holds, in a few words.
fn values_seen(column: &Column) -> String {
    if column.filled == 0 {
        return "empty".to_owned();
    }
    if is_time(column)
        && let Some((from, to)) = &column.times.range
    {
        let words = if column.times.share < 1.0 {
            format!(
                ", {} of values are no times",
                percent(1.0 - column.times.share)
            )
        } else {
            String::new()
        };
        return format!(
            "{} times, {} to {}{words}",
            grouped(column.filled),
            shown(from),
            shown(to)
        );
    }
    let what = match column.distinct {
        1 => "always the same".to_owned(),
        n if n == column.filled => format!("{} values, all different", grouped(n)),
        n => format!(
            "{} values, {} different",
            grouped(column.filled),
            grouped(n)
        ),
    };
    format!("{what}: {}", column.examples())
}

/// The milestone that starts what another one completes.
fn started(milestone: Milestone) -> Option<&'static str> {
    let start = milestone.name().strip_suffix("_completed")?;
    let start = format!("{start}_started");
    Milestone::from_name(&start).map(Milestone::name)
}

fn grouped(count: u64) -> String {
    group_thousands(&count.to_string())
}

/// A text as a TOML string on one line: JSON's escapes are TOML's, but for one character.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{7f}', "\\u007F")
}

fn entry(out: &mut String, key: &str, value: &str, note: &str) {
    line(out, &format!("{key} = {value}"), note);
}

fn comment(out: &mut String, text: &str, note: &str) {
    line(out, &format!("# {text}"), note);
}

fn line(out: &mut String, text: &str, note: &str) {
    let note = note.trim();
    if note.is_empty() {
        let _ = writeln!(out, "{text}");
    } else {
        let width = COMMENT_AT.saturating_sub(1);
        let _ = writeln!(out, "{text:width$} # {note}");
    }
}

/// A name for a dimension: lower-case ASCII letters, digits and `_`.
fn slug(name: &str, at: usize) -> String {
    let words = normal(name);
    let kept =
        |word: &str| -> String { word.chars().filter(char::is_ascii_alphanumeric).collect() };
    let words: Vec<String> = words
        .split_whitespace()
        .map(kept)
        .filter(|word| !word.is_empty())
        .collect();
    match words.join("_") {
        slug if slug.starts_with(|c: char| c.is_ascii_lowercase()) => slug,
        _ => format!("column_{}", at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_a_toml_string() {
        for text in ["plain", "a \"b\" \\ c", "line\nend\u{7f}\u{0}", "ўзбек"] {
            let document = format!("x = {}\n{} = 1\n", quoted(text), quoted(text));
            let table: toml::Table = document.parse().unwrap();
            assert_eq!(table["x"].as_str(), Some(text));
            assert!(table.contains_key(text));
        }
    }

    #[test]
    fn names_of_dimensions_are_plain() {
        assert_eq!(slug("Tax Type", 3), "tax_type");
        assert_eq!(slug("case:channel", 3), "case_channel");
        assert_eq!(slug("Вид", 3), "column_4");
        assert_eq!(slug("2nd office", 3), "column_4");
    }

    #[test]
    fn what_is_completed_has_a_start() {
        assert_eq!(
            started(Milestone::InspectionCompleted),
            Some("inspection_started")
        );
        assert_eq!(started(Milestone::Released), None);
    }
}
