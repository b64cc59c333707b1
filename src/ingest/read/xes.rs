//! XES logs as rows: one per event. Columns are named as pm4py names them: an attribute of the event
//! by its key, one of its trace behind `case:`. Beyond that a nested attribute is reached with a dot
//! (`items.hs`), and `classifier:NAME` (`case:classifier:NAME` for one of traces) is the class of the
//! event under a classifier of the log: the values of its attributes with `+` between them.
//!
//! The values under `<global>` are examples, not defaults (IEEE 1849, 4.3): a row without such an
//! attribute has none.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;

use super::encoding::{EncodedText, PREFIX_BYTES};
use super::json::BETWEEN;
use super::rows::TextRows;
use super::unpack;
use super::xes_parser::{Item, Stop, XesParser};
use super::{Opened, Sink, Source, Wanted};
use crate::error::{Error, Result};
use crate::model::FastMap;
use crate::project::Reading;

/// Before the name of an attribute of the trace.
const CASE: &str = "case:";
/// Before the name of a classifier.
const CLASSIFIER: &str = "classifier:";
/// No more of the values of one key is kept than this (see [`Rows::set`]).
const TEXT_BYTES_MAX: usize = 1 << 20;
/// How many events are looked at to tell the columns of a file.
const EVENTS_LOOKED_AT: usize = 1000;

/// Opens a file.
pub(super) fn open(path: &Path, reading: &Reading, wanted: &Wanted) -> Result<Opened> {
    let header = wanted.header(columns(path, reading)?);
    let text = text(path, reading)?;
    Ok(Opened {
        encoding: Some(text.encoding.name()),
        source: Box::new(XesSource {
            parser: XesParser::new(text.into_stream()),
            rows: Rows::of(&header),
            path: path.to_owned(),
        }),
        header,
    })
}

/// The columns of the first events, in the order of their first appearance.
pub(super) fn columns(path: &Path, reading: &Reading) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    let mut events = 0;
    let parser = XesParser::new(text(path, reading)?.into_stream());
    let done = parser.run(&mut |item| {
        let name = match item {
            Item::Classifier {
                name, of_traces, ..
            } => classifier_column(name, of_traces),
            Item::Global(true, key) | Item::TraceAttribute(key, _) => format!("{CASE}{key}"),
            Item::Global(false, key) | Item::EventAttribute(key, _) => key.to_owned(),
            Item::EndOfEvent(_) => {
                events += 1;
                return if events < EVENTS_LOOKED_AT {
                    Ok(())
                } else {
                    Err(Stop::Enough)
                };
            }
            Item::Trace | Item::Event | Item::EndOfTrace => return Ok(()),
        };
        if !names.contains(&name) {
            names.push(name);
        }
        Ok(())
    });
    told(done, path)?;
    Ok(names)
}

fn classifier_column(name: &str, of_traces: bool) -> String {
    let case = if of_traces { CASE } else { "" };
    format!("{case}{CLASSIFIER}{name}")
}

fn text(path: &Path, reading: &Reading) -> Result<EncodedText> {
    let declared = match reading.encoding {
        Some(encoding) => Some(encoding),
        None => declared_encoding(path)?,
    };
    EncodedText::open(path, declared)
}

/// The encoding that the XML declaration names.
fn declared_encoding(path: &Path) -> Result<Option<&'static Encoding>> {
    use std::io::Read as _;
    let mut start = Vec::new();
    unpack::open(path)?
        .take(PREFIX_BYTES as u64)
        .read_to_end(&mut start)
        .map_err(|cause| Error::read(path, &cause))?;
    let declaration = start
        .strip_prefix(b"<?xml")
        .and_then(|rest| rest.split(|byte| *byte == b'>').next())
        .unwrap_or_default();
    let text = String::from_utf8_lossy(declaration);
    let label = text.split_once("encoding").and_then(|(_, rest)| {
        let mut parts = rest.split(['"', '\'']);
        parts.next();
        parts.next()
    });
    Ok(label.and_then(|label| Encoding::for_label(label.as_bytes())))
}

fn told(done: Result<(), Stop>, path: &Path) -> Result<()> {
    match done {
        Ok(()) | Err(Stop::Enough) => Ok(()),
        Err(Stop::Fault { line, message }) => Err(Error::input_with_hint(
            format!("`{}`, line {line}: {message}", path.display()),
            "nothing of it was taken: the file must be a whole XES log (IEEE 1849)",
        )),
    }
}

struct XesSource {
    parser: XesParser,
    rows: Rows,
    path: PathBuf,
}

impl Source for XesSource {
    fn run(self: Box<Self>, sink: &mut Sink<'_>) -> Result<()> {
        let Self {
            parser,
            mut rows,
            path,
        } = *self;
        let done = parser.run(&mut |item| {
            rows.take(&item);
            if rows.block.is_full() && sink(rows.block.take()) == ControlFlow::Break(()) {
                return Err(Stop::Enough);
            }
            Ok(())
        });
        let enough = matches!(done, Err(Stop::Enough));
        told(done, &path)?;
        if !enough && !rows.block.is_empty() {
            // Nobody may want it any more.
            let _ = sink(rows.block.take());
        }
        Ok(())
    }
}

/// What a column is filled from.
#[derive(Clone, Debug)]
struct Slot {
    of_trace: bool,
    text: String,
    /// For a classifier: the columns whose texts make it up, once the log has defined it.
    classes: Option<Vec<usize>>,
}

/// The rows under way.
struct Rows {
    slots: Vec<Slot>,
    /// Columns of events and of traces by the key of the attribute.
    by_key: [FastMap<String, usize>; 2],
    /// How many of the slots are columns; the others only serve classifiers.
    width: usize,
    block: TextRows,
}

impl Rows {
    fn of(header: &[String]) -> Self {
        let mut rows = Self {
            slots: Vec::new(),
            by_key: Default::default(),
            width: header.len(),
            block: TextRows::new(header.len()),
        };
        for name in header {
            match name.strip_prefix(CASE) {
                Some(key) => rows.add(true, key),
                None => rows.add(false, name),
            };
        }
        rows
    }

    /// A column's place.
    fn add(&mut self, of_trace: bool, key: &str) -> usize {
        let at = self.slots.len();
        self.slots.push(Slot {
            of_trace,
            text: String::new(),
            classes: None,
        });
        let [events, traces] = &mut self.by_key;
        let by_key = if of_trace { traces } else { events };
        by_key.insert(key.to_owned(), at);
        at
    }

    fn place(&self, of_trace: bool, key: &str) -> Option<usize> {
        let [events, traces] = &self.by_key;
        let by_key = if of_trace { traces } else { events };
        by_key.get(key).copied()
    }

    fn take(&mut self, item: &Item<'_>) {
        match item {
            Item::Classifier {
                name,
                keys,
                of_traces,
            } => {
                let column = format!("{CLASSIFIER}{name}");
                let Some(at) = self.place(*of_traces, &column) else {
                    return;
                };
                let places: Vec<usize> = keys
                    .iter()
                    .map(|key| {
                        let known = self.place(*of_traces, key);
                        known.unwrap_or_else(|| self.add(*of_traces, key))
                    })
                    .collect();
                if let Some(slot) = self.slots.get_mut(at) {
                    slot.classes = Some(places);
                }
            }
            Item::Trace => self.clear(true),
            Item::Event => self.clear(false),
            Item::TraceAttribute(key, value) => self.set(true, key, value),
            Item::EventAttribute(key, value) => self.set(false, key, value),
            Item::EndOfEvent(line) => self.end_row(*line),
            Item::Global(..) | Item::EndOfTrace => {}
        }
    }

    fn clear(&mut self, of_trace: bool) {
        for slot in &mut self.slots {
            if slot.of_trace == of_trace {
                slot.text.clear();
            }
        }
    }

    /// Values of one key, as a list has them, stand one after the other. What is far too long for a
    /// row is cut: the row is refused for its length anyway.
    fn set(&mut self, of_trace: bool, key: &str, value: &str) {
        let slot = self.place(of_trace, key);
        if let Some(slot) = slot.and_then(|at| self.slots.get_mut(at))
            && slot.text.len() < TEXT_BYTES_MAX
        {
            if !slot.text.is_empty() {
                slot.text.push_str(BETWEEN);
            }
            slot.text.push_str(value);
        }
    }

    fn end_row(&mut self, line: u64) {
        for slot in self.slots.iter().take(self.width) {
            match &slot.classes {
                None => self.block.push(&slot.text),
                Some(places) => {
                    let slots = places.iter().filter_map(|at| self.slots.get(*at));
                    let texts: Vec<&str> = slots.map(|slot| slot.text.as_str()).collect();
                    self.block.push(&texts.join("+"));
                }
            }
        }
        self.block.end_row(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_attributes_of_its_event_and_its_trace() {
        let header = [
            "case:concept:name",
            "concept:name",
            "classifier:Both",
            "tags",
            "case:classifier:Case",
        ];
        let header = header.map(str::to_owned);
        let mut rows = Rows::of(&header);
        let keys = ["concept:name", "lifecycle:transition"].map(str::to_owned);
        let case_keys = ["concept:name".to_owned()];
        for item in [
            Item::Classifier {
                name: "Both",
                keys: &keys,
                of_traces: false,
            },
            Item::Classifier {
                name: "Case",
                keys: &case_keys,
                of_traces: true,
            },
            Item::Trace,
            Item::TraceAttribute("concept:name", "7"),
            Item::Event,
            Item::EventAttribute("concept:name", "Lodge"),
            Item::EventAttribute("lifecycle:transition", "start"),
            Item::EventAttribute("tags", "a"),
            Item::EventAttribute("tags", "b"),
            Item::EndOfEvent(5),
            Item::Event,
            Item::EventAttribute("concept:name", "Pay"),
            Item::EndOfEvent(9),
            Item::EndOfTrace,
            Item::Trace,
            Item::Event,
            Item::EndOfEvent(12),
        ] {
            rows.take(&item);
        }
        let texts = |row| rows.block.row(row).collect::<Vec<_>>();
        assert_eq!(texts(0), ["7", "Lodge", "Lodge+start", "a; b", "7"]);
        assert_eq!(texts(1), ["7", "Pay", "Pay+", "", "7"]);
        assert_eq!(texts(2), ["", "", "+", "", ""]);
    }
}
