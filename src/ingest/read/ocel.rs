//! OCEL 2.0 logs in JSON as rows: one per event and object of the type that is the declaration. An
//! event of several declarations is several rows; one of none is read and left out.
//!
//! Columns are named as pm4py names them: `ocel:eid`, `ocel:activity`, `ocel:timestamp` of the event,
//! `ocel:oid` of the declaration and `ocel:qualifier` of its relation; attributes of the event by
//! their names, those of the declaration behind `case:`, as they were at the time of the event. The
//! file is read twice, first for the objects, then for the events; only objects of the one type are
//! held in memory. The line of a row is the number of its event.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::encoding::EncodedText;
use super::json::{ElementBytes, QuotedNumbers, Scalar, cause_of};
use super::rows::TextRows;
use super::{Opened, Sink, Source, Wanted};
use crate::error::{Error, Result, did_you_mean};
use crate::model::FastMap;
use crate::project::Reading;

const EVENT_ID: &str = "ocel:eid";
const ACTIVITY: &str = "ocel:activity";
const TIME: &str = "ocel:timestamp";
const OBJECT_ID: &str = "ocel:oid";
const QUALIFIER: &str = "ocel:qualifier";
/// Before the name of an attribute of the declaration.
const CASE: &str = "case:";

/// What a value of an event or object is called, and what it is.
#[derive(Debug, Deserialize)]
struct Attribute {
    name: String,
    #[serde(default)]
    value: Scalar,
    /// From when on it holds, for an object.
    #[serde(default)]
    time: Option<String>,
}

#[derive(Debug, Deserialize)]
struct OcelObject {
    id: String,
    #[serde(rename = "type")]
    object_type: String,
    #[serde(default)]
    attributes: Vec<Attribute>,
}

#[derive(Debug, Deserialize)]
struct OcelEvent {
    #[serde(default)]
    id: Scalar,
    #[serde(default, rename = "type")]
    event_type: Scalar,
    #[serde(default)]
    time: Scalar,
    #[serde(default)]
    attributes: Vec<Attribute>,
    #[serde(default)]
    relationships: Vec<Relation>,
}

#[derive(Debug, Deserialize)]
struct Relation {
    #[serde(rename = "objectId")]
    object_id: String,
    #[serde(default)]
    qualifier: Scalar,
}

/// The values of an attribute with the time from which each holds, oldest first.
type History = Vec<(Option<Timestamp>, String)>;
/// The attributes of a declaration by name.
type ObjectAttributes = BTreeMap<String, History>;

/// What the first reading finds.
#[derive(Debug, Default)]
struct Objects {
    /// How many objects there are of each type, the types without any included.
    types: BTreeMap<String, u64>,
    /// Those of one type, by id.
    by_id: FastMap<String, ObjectAttributes>,
    /// The names of attributes of events, as the log declares and its events use them.
    event_attributes: BTreeSet<String>,
    events: u64,
}

/// Opens a file.
pub(super) fn open(path: &Path, reading: &Reading, wanted: &Wanted) -> Result<Opened> {
    let objects = load(path, reading)?;
    let seen = names(&objects);
    let header = wanted.header(if objects.events == 0 {
        Vec::new()
    } else {
        seen
    });
    let fields = header.iter().map(|name| Field::of(name)).collect();
    Ok(Opened {
        encoding: Some(EncodedText::open(path, reading.encoding)?.encoding.name()),
        source: Box::new(OcelSource {
            path: path.to_owned(),
            reading: reading.clone(),
            objects: objects.by_id,
            fields,
            rows: TextRows::new(header.len()),
        }),
        header,
    })
}

/// The columns of a file.
pub(super) fn columns(path: &Path, reading: &Reading) -> Result<Vec<String>> {
    Ok(names(&load(path, reading)?))
}

/// The types of objects of a file with how many there are, most first.
pub fn object_types(path: &Path, reading: &Reading) -> Result<Vec<(String, u64)>> {
    let objects = first_reading(path, reading, None)?;
    let mut types: Vec<(String, u64)> = objects.types.into_iter().collect();
    types.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
    Ok(types)
}

fn names(objects: &Objects) -> Vec<String> {
    let fixed = [EVENT_ID, ACTIVITY, TIME, OBJECT_ID, QUALIFIER].map(str::to_owned);
    let of_objects: BTreeSet<&String> = objects.by_id.values().flat_map(BTreeMap::keys).collect();
    fixed
        .into_iter()
        .chain(objects.event_attributes.iter().cloned())
        .chain(of_objects.into_iter().map(|name| format!("{CASE}{name}")))
        .collect()
}

/// The objects of the type that is the declaration: the mapping's, or the only one.
fn load(path: &Path, reading: &Reading) -> Result<Objects> {
    if let Some(object_type) = &reading.object_type {
        let objects = first_reading(path, reading, Some(object_type))?;
        if !objects.types.contains_key(object_type) && objects.events > 0 {
            let known = objects.types.keys().map(String::as_str);
            let hint = did_you_mean(object_type, known);
            return Err(Error::input_with_hint(
                format!(
                    "`{}` has no object of the type `{object_type}`",
                    path.display()
                ),
                hint.unwrap_or_else(|| format!("it has: {}", listed(&objects.types))),
            ));
        }
        return Ok(objects);
    }
    let types = first_reading(path, reading, None)?.types;
    let mut names = types.keys();
    match (names.next(), names.next()) {
        (Some(only), None) => first_reading(path, reading, Some(only)),
        (None, _) => Ok(Objects::default()),
        (Some(first), Some(_)) => Err(Error::input_with_hint(
            format!(
                "`{}` has objects of several types: {}",
                path.display(),
                listed(&types)
            ),
            format!("say which one is the declaration: `object_type = \"{first}\"` in the mapping"),
        )),
    }
}

fn listed(types: &BTreeMap<String, u64>) -> String {
    let types = types
        .iter()
        .map(|(name, count)| format!("{name} ({count})"));
    types.collect::<Vec<_>>().join(", ")
}

fn first_reading(path: &Path, reading: &Reading, wanted: Option<&str>) -> Result<Objects> {
    let mut objects = Objects::default();
    read(
        path,
        reading,
        &mut FirstReading {
            wanted,
            objects: &mut objects,
        },
    )?;
    Ok(objects)
}

/// Takes the elements of a log; an error ends the reading.
trait Elements {
    fn object_type(&mut self, _name: String) {}
    fn event_type_attribute(&mut self, _name: String) {}
    fn wants_objects(&self) -> bool {
        false
    }
    fn object(&mut self, _object: OcelObject) {}
    /// Breaks off when no more is wanted.
    fn event(&mut self, event: OcelEvent) -> ControlFlow<()>;
}

struct FirstReading<'o> {
    wanted: Option<&'o str>,
    objects: &'o mut Objects,
}

impl Elements for FirstReading<'_> {
    fn object_type(&mut self, name: String) {
        self.objects.types.entry(name).or_default();
    }

    fn event_type_attribute(&mut self, name: String) {
        self.objects.event_attributes.insert(name);
    }

    fn wants_objects(&self) -> bool {
        true
    }

    fn object(&mut self, object: OcelObject) {
        if self.wanted == Some(object.object_type.as_str()) {
            let attributes = self.objects.by_id.entry(object.id).or_default();
            for attribute in object.attributes {
                let since = attribute.time.and_then(|time| time.parse().ok());
                let history = attributes.entry(attribute.name).or_default();
                history.push((since, attribute.value.0));
                history.sort();
            }
        }
        *self.objects.types.entry(object.object_type).or_default() += 1;
    }

    fn event(&mut self, event: OcelEvent) -> ControlFlow<()> {
        self.objects.events += 1;
        for attribute in event.attributes {
            self.objects.event_attributes.insert(attribute.name);
        }
        ControlFlow::Continue(())
    }
}

/// Where a column comes from.
#[derive(Debug)]
enum Field {
    EventId,
    Activity,
    Time,
    ObjectId,
    Qualifier,
    OfEvent(String),
    OfObject(String),
}

impl Field {
    fn of(name: &str) -> Self {
        match (name, name.strip_prefix(CASE)) {
            (EVENT_ID, _) => Self::EventId,
            (ACTIVITY, _) => Self::Activity,
            (TIME, _) => Self::Time,
            (OBJECT_ID, _) => Self::ObjectId,
            (QUALIFIER, _) => Self::Qualifier,
            (_, Some(attribute)) => Self::OfObject(attribute.to_owned()),
            (name, None) => Self::OfEvent(name.to_owned()),
        }
    }
}

struct OcelSource {
    path: PathBuf,
    reading: Reading,
    objects: FastMap<String, ObjectAttributes>,
    fields: Vec<Field>,
    rows: TextRows,
}

impl Source for OcelSource {
    fn run(self: Box<Self>, sink: &mut Sink<'_>) -> Result<()> {
        let Self {
            path,
            reading,
            objects,
            fields,
            rows,
        } = *self;
        let mut events = SecondReading {
            objects,
            fields,
            rows,
            sink,
            number: 0,
            enough: false,
        };
        read(&path, &reading, &mut events)?;
        if !events.enough && !events.rows.is_empty() {
            // Nobody may want it any more.
            let _ = (events.sink)(events.rows.take());
        }
        Ok(())
    }
}

struct SecondReading<'s, 'k> {
    objects: FastMap<String, ObjectAttributes>,
    fields: Vec<Field>,
    rows: TextRows,
    sink: &'s mut Sink<'k>,
    number: u64,
    enough: bool,
}

impl Elements for SecondReading<'_, '_> {
    fn event(&mut self, event: OcelEvent) -> ControlFlow<()> {
        self.number += 1;
        let at: Option<Timestamp> = event.time.0.parse().ok();
        let mut any = false;
        for relation in &event.relationships {
            let Some(object) = self.objects.get(&relation.object_id) else {
                continue;
            };
            any = true;
            for field in &self.fields {
                self.rows
                    .push(text_of(field, &event, relation, (object, at)));
            }
            self.rows.end_row(self.number);
        }
        if !any {
            self.rows.leave_out();
        }
        if self.rows.is_full() && (self.sink)(self.rows.take()) == ControlFlow::Break(()) {
            self.enough = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

fn text_of<'e>(
    field: &Field,
    event: &'e OcelEvent,
    relation: &'e Relation,
    (object, at): (&'e ObjectAttributes, Option<Timestamp>),
) -> &'e str {
    match field {
        Field::EventId => &event.id.0,
        Field::Activity => &event.event_type.0,
        Field::Time => &event.time.0,
        Field::ObjectId => &relation.object_id,
        Field::Qualifier => &relation.qualifier.0,
        Field::OfEvent(name) => {
            let found = event.attributes.iter().find(|one| one.name == *name);
            found.map_or("", |attribute| &attribute.value.0)
        }
        Field::OfObject(name) => object.get(name).map_or("", |history| as_of(history, at)),
    }
}

/// The value that held at a time; before the first one, that.
fn as_of(history: &[(Option<Timestamp>, String)], at: Option<Timestamp>) -> &str {
    let held = |(since, _): &&(Option<Timestamp>, String)| at.is_none() || *since <= at;
    let last = history.iter().rev().find(held);
    last.or_else(|| history.first())
        .map_or("", |(_, value)| value)
}

/// Reads a file and hands its elements over.
fn read(path: &Path, reading: &Reading, elements: &mut dyn Elements) -> Result<()> {
    let text = EncodedText::open(path, reading.encoding)?;
    let element = ElementBytes::default();
    let numbers = QuotedNumbers::new(text.into_stream(), element.clone());
    let numbers = BufReader::new(numbers);
    let mut json = serde_json::Deserializer::from_reader(numbers);
    let mut log = Log {
        elements,
        element,
        enough: false,
    };
    let done = (&mut log).deserialize(&mut json);
    match done {
        Err(_) if log.enough => Ok(()),
        Err(cause) => Err(Error::input_with_hint(
            format!(
                "`{}`, line {}: {}",
                path.display(),
                cause.line(),
                cause_of(&cause)
            ),
            "nothing of it was taken: the file must be a whole OCEL 2.0 log in JSON",
        )),
        Ok(()) => json.end().map_err(|cause| Error::read(path, &cause)),
    }
}

struct Log<'e> {
    elements: &'e mut dyn Elements,
    element: ElementBytes,
    enough: bool,
}

impl<'de> DeserializeSeed<'de> for &mut Log<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Log<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an OCEL log: an object with `objectTypes`, `eventTypes`, `objects`, `events`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut events = false;
        while let Some(key) = map.next_key::<String>()? {
            self.element.store(0, Ordering::Relaxed);
            match key.as_str() {
                "objectTypes" => {
                    for declared in map.next_value::<Vec<Declared>>()? {
                        self.elements.object_type(declared.name);
                    }
                }
                "eventTypes" => {
                    let declared = map.next_value::<Vec<Declared>>()?;
                    let attributes = declared.into_iter().flat_map(|one| one.attributes);
                    for attribute in attributes {
                        self.elements.event_type_attribute(attribute.name);
                    }
                }
                "objects" => {
                    let element = &self.element;
                    if self.elements.wants_objects() {
                        let elements = &mut *self.elements;
                        map.next_value_seed(Each(element, &mut |object| {
                            elements.object(object);
                            ControlFlow::Continue(())
                        }))?;
                    } else {
                        let skip = &mut |_: IgnoredAny| ControlFlow::Continue(());
                        map.next_value_seed(Each(element, skip))?;
                    }
                }
                old if old.starts_with("ocel:") => {
                    return Err(A::Error::custom(
                        "this is a log of OCEL 1.0; pm4py makes OCEL 2.0 of it \
                         (`write_ocel2_json(read_ocel_json(OLD), NEW)`)",
                    ));
                }
                "events" => {
                    events = true;
                    let elements = &mut *self.elements;
                    let enough = &mut self.enough;
                    map.next_value_seed(Each(&self.element, &mut |event| {
                        let flow = elements.event(event);
                        *enough |= flow.is_break();
                        flow
                    }))?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if events {
            Ok(())
        } else {
            Err(A::Error::missing_field("events"))
        }
    }
}

/// A type of objects or events.
#[derive(Debug, Deserialize)]
struct Declared {
    name: String,
    #[serde(default)]
    attributes: Vec<DeclaredAttribute>,
}

#[derive(Debug, Deserialize)]
struct DeclaredAttribute {
    name: String,
}

/// Hands over the elements of a list one by one.
struct Each<'e, T>(&'e ElementBytes, &'e mut dyn FnMut(T) -> ControlFlow<()>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Each<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element()? {
            self.0.store(0, Ordering::Relaxed);
            if (self.1)(element).is_break() {
                return Err(A::Error::custom("no more is wanted"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_of_an_object_is_what_it_was_at_the_time() {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let history = vec![
            (at("2025-01-02T00:00:00Z"), "green".to_owned()),
            (at("2025-01-05T00:00:00Z"), "red".to_owned()),
        ];
        for (time, value) in [
            (at("2025-01-01T00:00:00Z"), "green"),
            (at("2025-01-02T00:00:00Z"), "green"),
            (at("2025-01-05T00:00:00Z"), "red"),
            (None, "red"),
        ] {
            assert_eq!(as_of(&history, time), value, "{time:?}");
        }
        let timeless = vec![(None, "x".to_owned())];
        assert_eq!(as_of(&timeless, at("2025-01-01T00:00:00Z")), "x");
        assert_eq!(as_of(&[], None), "");
    }
}
