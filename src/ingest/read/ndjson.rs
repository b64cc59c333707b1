//! NDJSON: one JSON object per line, or one JSON list of objects (see [`super::list`]). A column is a path of keys with dots between them
//! (`declaration.office.code`, `items.0.hs_code`); a key that has dots itself is found as well.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;

use memchr::{memchr_iter, memrchr};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;

use super::super::reject::{Reason, Reject};
use super::super::row::{Outcome, Row, RowReader};
use super::encoding::EncodedText;
use super::json::{BETWEEN, NumbersAsTexts, Scalar, cause_of};
use super::lines::{LineBlocks, Lines};
use super::list;
use super::{Block, Look, Opened, Sink, Source, Wanted};
use crate::error::Result;
use crate::project::Reading;

/// How many lines are looked at to tell the columns of a file.
const LINES_LOOKED_AT: usize = 1000;

/// Opens a file.
pub(super) fn open(path: &Path, reading: &Reading, wanted: &Wanted) -> Result<Opened> {
    let (mut blocks, encoding) = lines(path, reading)?;
    let mut seen = Vec::new();
    if let Some(first) = blocks.next(&last_line_end)? {
        seen = names(&first);
        blocks.put_back(first, 0);
    }
    let header = wanted.header(seen);
    Ok(Opened {
        encoding: Some(encoding),
        source: Box::new(NdjsonSource {
            blocks,
            paths: Paths::of(&header),
            width: header.len(),
        }),
        header,
    })
}

/// The columns of the first objects, in their order.
pub(super) fn columns(path: &Path, reading: &Reading) -> Result<Vec<String>> {
    let (mut blocks, _) = lines(path, reading)?;
    let first = blocks.next(&last_line_end)?;
    Ok(first.as_ref().map(names).unwrap_or_default())
}

/// The lines of a file, and its encoding; those of a list are its elements.
fn lines(path: &Path, reading: &Reading) -> Result<(LineBlocks, &'static str)> {
    let mut text = EncodedText::open(path, reading.encoding)?;
    let encoding = text.encoding;
    if list::begins(&text.start) {
        text = EncodedText {
            start: Vec::new(),
            stream: Box::new(list::ListLines::of(text.into_stream())),
            encoding,
        };
    }
    Ok((LineBlocks::of(text, path), encoding.name()))
}

fn last_line_end(bytes: &[u8]) -> Option<usize> {
    memrchr(b'\n', bytes).map(|at| at + 1)
}

fn names(lines: &Lines) -> Vec<String> {
    let mut names = Vec::new();
    for (_, line) in lines_of(lines).take(LINES_LOOKED_AT) {
        if let Ok(value @ Value::Object(_)) = serde_json::from_slice(line) {
            add_names(&value, "", &mut names);
        }
    }
    names
}

fn add_names(value: &Value, path: &str, names: &mut Vec<String>) {
    let below = |key: &str| match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    };
    let nested = |value: &Value| value.is_object() || value.is_array();
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                add_names(value, &below(key), names);
            }
        }
        Value::Array(list) if list.iter().any(nested) => {
            for (at, value) in list.iter().enumerate() {
                add_names(value, &below(&at.to_string()), names);
            }
        }
        _ if names.iter().any(|name| name == path) => {}
        _ => names.push(path.to_owned()),
    }
}

/// The lines that are not blank, with their numbers.
fn lines_of(lines: &Lines) -> impl Iterator<Item = (u64, &[u8])> {
    let bytes = lines.bytes.as_slice();
    let mut from = 0;
    let ends = memchr_iter(b'\n', bytes).chain(std::iter::once(bytes.len()));
    let all = ends.zip(lines.first_line..).map(move |(end, number)| {
        let line = bytes.get(from..end).unwrap_or_default();
        from = end + 1;
        (number, line.trim_ascii())
    });
    all.filter(|(_, line)| !line.is_empty())
}

/// Where the wanted columns are in an object.
#[derive(Clone, Debug, Default)]
struct Paths {
    column: Option<usize>,
    below: BTreeMap<String, Paths>,
}

impl Paths {
    fn of(columns: &[String]) -> Self {
        let mut root = Self::default();
        for (at, name) in columns.iter().enumerate() {
            root.below.entry(name.clone()).or_default().column = Some(at);
            let mut node = &mut root;
            for key in name.split('.') {
                node = node.below.entry(key.to_owned()).or_default();
            }
            node.column = Some(at);
        }
        root
    }
}

struct NdjsonSource {
    blocks: LineBlocks,
    paths: Paths,
    width: usize,
}

impl Source for NdjsonSource {
    fn run(mut self: Box<Self>, sink: &mut Sink<'_>) -> Result<()> {
        while let Some(lines) = self.blocks.next(&last_line_end)? {
            let block = NdjsonBlock {
                lines,
                paths: self.paths.clone(),
                width: self.width,
            };
            if sink(Box::new(block)) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }
}

struct NdjsonBlock {
    lines: Lines,
    paths: Paths,
    width: usize,
}

/// The wanted fields of an object.
struct Fields(Vec<String>);

impl Row for Fields {
    fn field(&self, at: usize) -> &str {
        self.0.get(at).map_or("", String::as_str)
    }
}

impl NdjsonBlock {
    /// Fills `fields` from a line; `quoted` is its memory.
    fn parse(&self, line: &[u8], fields: &mut Fields, quoted: &mut Vec<u8>) -> Result<(), String> {
        for field in &mut fields.0 {
            field.clear();
        }
        quoted.clear();
        let mut numbers = NumbersAsTexts::default();
        numbers
            .convert(line, quoted)
            .map_err(|cause| cause.to_string())?;
        numbers.finish(quoted);
        let mut json = serde_json::Deserializer::from_slice(quoted);
        let object = Object {
            paths: &self.paths,
            fields,
            root: true,
        };
        let read = object.deserialize(&mut json).and_then(|()| json.end());
        read.map_err(|cause| cause_of(&cause))
    }
}

impl Block for NdjsonBlock {
    fn read(&self, rows: &mut RowReader<'_>) -> Outcome {
        let mut outcome = rows.outcome();
        let mut fields = Fields(vec![String::new(); self.width]);
        let mut quoted = Vec::new();
        for (number, line) in lines_of(&self.lines) {
            let raw = || String::from_utf8_lossy(line).into_owned();
            match self.parse(line, &mut fields, &mut quoted) {
                Ok(()) => rows.read(&fields, number, &mut outcome, raw),
                Err(cause) => {
                    let (reason, cause) = match std::str::from_utf8(line) {
                        Ok(_) => (Reason::BrokenRecord, cause),
                        Err(_) => (Reason::BrokenUtf8, String::new()),
                    };
                    outcome.refuse(Reject::whole(number, reason, cause, raw()));
                }
            }
        }
        outcome.bytes = self.lines.bytes.len() as u64;
        outcome
    }

    fn look(&self, look: &mut Look<'_>) {
        let mut fields = Fields(vec![String::new(); self.width]);
        let mut quoted = Vec::new();
        for (_, line) in lines_of(&self.lines) {
            if self.parse(line, &mut fields, &mut quoted).is_ok() {
                look(&fields);
            }
        }
    }
}

/// Takes the wanted fields of an object or a list; everything else is skipped without recursion.
struct Object<'o> {
    paths: &'o Paths,
    fields: &'o mut Fields,
    root: bool,
}

impl Object<'_> {
    fn set(&mut self, text: &str) {
        let field = self.paths.column.and_then(|at| self.fields.0.get_mut(at));
        if let Some(field) = field {
            text.clone_into(field);
        }
    }

    /// A value where the line should be an object.
    fn value<E: serde::de::Error>(mut self, text: &str) -> Result<(), E> {
        if self.root {
            return Err(E::custom("the line is not a JSON object"));
        }
        self.set(text);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if let Some(paths) = self.paths.below.get(&key) {
                let fields = &mut *self.fields;
                map.next_value_seed(Object {
                    paths,
                    fields,
                    root: false,
                })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if self.paths.column.is_some() && self.paths.below.is_empty() {
            return Err(A::Error::custom(
                "an object stands where a value belongs: name a field inside it, with a dot",
            ));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        if self.root {
            return Err(A::Error::custom(
                "the line is a list, not a JSON object: one object per line is read",
            ));
        }
        if self.paths.column.is_some() {
            let mut texts = Vec::new();
            while let Some(Scalar(text)) = list.next_element()? {
                texts.push(text);
            }
            self.set(&texts.join(BETWEEN));
            return Ok(());
        }
        for at in 0_usize.. {
            let paths = self.paths.below.get(&at.to_string());
            let more = if let Some(paths) = paths {
                let fields = &mut *self.fields;
                list.next_element_seed(Object {
                    paths,
                    fields,
                    root: false,
                })?
            } else {
                list.next_element::<IgnoredAny>()?.map(|_| ())
            };
            if more.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.value(text)
    }

    fn visit_bool<E: serde::de::Error>(self, bool: bool) -> Result<(), E> {
        self.value(if bool { "true" } else { "false" })
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        self.value(&number.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.value(&number.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        self.value(&number.to_string())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.value("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str, columns: &[&str]) -> NdjsonBlock {
        let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
        NdjsonBlock {
            lines: Lines::of(text.as_bytes(), 1),
            paths: Paths::of(&columns),
            width: columns.len(),
        }
    }

    #[test]
    fn fields_are_found_by_their_paths() {
        let columns = ["id", "office.code", "a.b", "items.1.hs", "tags", "paid"];
        let text = r#"
            {"id":7,"office":{"code":"26001","x":{"y":[{}]}},"a.b":true,"items":[{"hs":"01"},{"hs":"02"}]}

            {"tags":["x","y"],"paid":12345678901234567.890001,"office":null,"a":{"b":"c"}}
        "#;
        let mut rows = Vec::new();
        let block = block(text, &columns);
        block.look(&mut |row| {
            rows.push(
                (0..6)
                    .map(|at| row.field(at).to_owned())
                    .collect::<Vec<_>>(),
            );
        });
        assert_eq!(rows[0], ["7", "26001", "true", "02", "", ""]);
        assert_eq!(
            rows[1],
            ["", "", "c", "", "x; y", "12345678901234567.890001"]
        );
        assert_eq!(rows.len(), 2);
        let numbers: Vec<u64> = lines_of(&block.lines).map(|(number, _)| number).collect();
        assert_eq!(numbers, [2, 4]);
        let named = [
            "id",
            "office.code",
            "a.b",
            "items.0.hs",
            "items.1.hs",
            "tags",
            "paid",
            "office",
        ];
        assert_eq!(names(&block.lines), named);
    }

    #[test]
    fn what_is_no_object_is_told() {
        let block = block("", &["id", "office"]);
        let mut fields = Fields(vec![String::new(); 2]);
        for (line, told) in [
            ("[1]", "the line is a list"),
            ("7", "the line is not a JSON object"),
            ("\"x\"", "the line is not a JSON object"),
            ("null", "the line is not a JSON object"),
            ("{\"id\":1", "EOF while parsing an object"),
            ("{\"id\":1} x", "trailing characters"),
            ("{\"office\":{\"code\":1}}", "name a field inside it"),
            (
                "{\"office\":[{\"code\":1}]}",
                "an object stands where a value belongs",
            ),
        ] {
            let error = block
                .parse(line.as_bytes(), &mut fields, &mut Vec::new())
                .unwrap_err();
            assert!(error.contains(told), "{line}: {error}");
        }
        let deep = format!(
            "{{\"other\":{}1{}}}",
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert!(
            block
                .parse(deep.as_bytes(), &mut fields, &mut Vec::new())
                .is_ok()
        );
        let deep = format!("{{\"id\":{}", "[".repeat(100_000));
        assert!(
            block
                .parse(deep.as_bytes(), &mut fields, &mut Vec::new())
                .is_err()
        );
    }
}
