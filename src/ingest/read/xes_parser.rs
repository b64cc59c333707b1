//! XES (IEEE 1849) as a stream of events: traces, nested attributes, classifiers.

use std::io::{self, BufRead, BufReader, Read};

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::lines::RECORD_BYTES_MAX;
use super::unpack::ByteStream;

/// Elements inside each other, at most. A log needs a handful.
const DEPTH_MAX: usize = 64;
/// The longest key of an attribute, in bytes.
const KEY_BYTES_MAX: usize = 4096;

/// What a log says of itself or of its events.
#[derive(Debug)]
pub(super) enum Item<'i> {
    /// A classifier: its name, the attributes whose values make up the class, and whether it is one
    /// of traces.
    Classifier {
        name: &'i str,
        keys: &'i [String],
        of_traces: bool,
    },
    /// An attribute of the traces (`true`) or events that every one has.
    Global(bool, &'i str),
    /// A trace begins.
    Trace,
    /// An attribute of the trace that has begun.
    TraceAttribute(&'i str, &'i str),
    /// An event begins.
    Event,
    /// An attribute of the event that has begun.
    EventAttribute(&'i str, &'i str),
    /// The event is complete; it began on this line.
    EndOfEvent(u64),
    /// The trace is complete.
    EndOfTrace,
}

/// Why reading stopped before the end of the log.
#[derive(Debug)]
pub(super) enum Stop {
    /// Whoever takes the items wants no more.
    Enough,
    /// The file is not a log, from this line on.
    Fault { line: u64, message: String },
}

/// Takes the items of a log.
pub(super) type Take<'t> = dyn FnMut(Item<'_>) -> Result<(), Stop> + 't;

/// Counts lines, and stops a piece of markup or text that does not end.
struct Metered {
    stream: BufReader<ByteStream>,
    line: u64,
    /// Bytes that the piece under way may still have.
    budget: usize,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Metered {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.budget == 0 {
            let mib = RECORD_BYTES_MAX >> 20;
            return Err(io::Error::other(format!(
                "a tag or text is longer than {mib} MiB"
            )));
        }
        self.stream.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        let used = self.stream.buffer().get(..amount).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', used).count() as u64;
        self.budget = self.budget.saturating_sub(amount);
        self.stream.consume(amount);
    }
}

/// Where an element stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Log,
    Trace,
    Event,
    /// The declaration of global attributes of traces (`true`) or events.
    Global(bool),
    /// An attribute; its key ends the path.
    Attribute,
    /// The values of a list: no key of its own.
    Values,
    /// Anything else, with all that is in it.
    Other,
}

/// Reads a log.
pub(super) struct XesParser {
    reader: Reader<Metered>,
    places: Vec<Place>,
    /// The keys of the attributes that are open, with dots between them.
    path: String,
    /// Where in `path` each open attribute's own key begins.
    path_ends: Vec<usize>,
    events_in_trace: bool,
    event_line: u64,
}

impl XesParser {
    pub(super) fn new(stream: ByteStream) -> Self {
        let stream = Metered {
            stream: BufReader::with_capacity(1 << 16, stream),
            line: 1,
            budget: RECORD_BYTES_MAX,
        };
        Self {
            reader: Reader::from_reader(stream),
            places: Vec::new(),
            path: String::new(),
            path_ends: Vec::new(),
            events_in_trace: false,
            event_line: 0,
        }
    }

    fn fault(&self, message: impl Into<String>) -> Stop {
        Stop::Fault {
            line: self.reader.get_ref().line,
            message: message.into(),
        }
    }

    /// Hands every item to `take`.
    pub(super) fn run(mut self, take: &mut Take<'_>) -> Result<(), Stop> {
        let mut buffer = Vec::new();
        let mut any = false;
        loop {
            buffer.clear();
            self.reader.get_mut().budget = RECORD_BYTES_MAX;
            let event = self.reader.read_event_into(&mut buffer);
            match event.map_err(|cause| self.fault(cause.to_string()))? {
                Event::Start(element) => {
                    any = true;
                    self.begin(&element, take)?;
                }
                Event::Empty(element) => {
                    any = true;
                    self.begin(&element, take)?;
                    self.end(take)?;
                }
                Event::End(_) => self.end(take)?,
                Event::DocType(_) => {
                    return Err(self.fault(
                        "it has a document type definition, which no log needs and which could \
                         define entities: none are expanded",
                    ));
                }
                Event::Eof if !self.places.is_empty() => {
                    return Err(self.fault("the file ends in the middle of the log"));
                }
                Event::Eof if !any => return Err(self.fault("the file is empty")),
                Event::Eof => return Ok(()),
                // Text between elements, comments and processing instructions say nothing.
                _ => {}
            }
        }
    }

    fn begin(&mut self, element: &BytesStart<'_>, take: &mut Take<'_>) -> Result<(), Stop> {
        if self.places.len() >= DEPTH_MAX {
            return Err(self.fault(format!("elements are nested deeper than {DEPTH_MAX}")));
        }
        let name = element.local_name();
        let outer = self.places.last().copied();
        let place = match (outer, name.as_ref()) {
            (None, "log") => Place::Log,
            (None, other) => {
                let message = format!("it begins with <{other}>, not with <log>");
                return Err(self.fault(message));
            }
            (Some(Place::Other), _) => Place::Other,
            (Some(Place::Log), "trace") => {
                self.events_in_trace = false;
                take(Item::Trace)?;
                Place::Trace
            }
            // Events outside of traces are allowed; they have no trace's attributes.
            (Some(place @ (Place::Log | Place::Trace)), "event") => {
                if place == Place::Log {
                    take(Item::Trace)?;
                }
                self.events_in_trace = true;
                self.event_line = self.reader.get_ref().line;
                take(Item::Event)?;
                Place::Event
            }
            (Some(Place::Log), "global") => {
                let scope = self.attribute(element, "scope")?;
                Place::Global(scope.as_deref() == Some("trace"))
            }
            (Some(Place::Log), "classifier") => {
                self.classifier(element, take)?;
                Place::Other
            }
            (Some(Place::Attribute), "values") => Place::Values,
            (Some(_), kind) if is_attribute(kind) => {
                self.begin_attribute(element, take)?;
                Place::Attribute
            }
            (Some(_), _) => Place::Other,
        };
        self.places.push(place);
        Ok(())
    }

    fn begin_attribute(
        &mut self,
        element: &BytesStart<'_>,
        take: &mut Take<'_>,
    ) -> Result<(), Stop> {
        let key = self.attribute(element, "key")?;
        let Some(key) = key else {
            return Err(self.fault("an attribute has no key"));
        };
        if key.len() > KEY_BYTES_MAX {
            let message = format!("an attribute's key is longer than {KEY_BYTES_MAX} bytes");
            return Err(self.fault(message));
        }
        self.path_ends.push(self.path.len());
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(&key);
        let Some(value) = self.attribute(element, "value")? else {
            return Ok(());
        };
        let owner = self.places.iter().rev();
        let owner = owner
            .copied()
            .find(|place| !matches!(place, Place::Attribute | Place::Values));
        match owner {
            Some(Place::Trace) if self.events_in_trace => Err(self.fault(format!(
                "the trace's attribute `{}` stands behind an event; XES has them before",
                self.path
            ))),
            Some(Place::Trace) => take(Item::TraceAttribute(&self.path, &value)),
            Some(Place::Event) => take(Item::EventAttribute(&self.path, &value)),
            Some(Place::Global(of_traces)) => take(Item::Global(of_traces, &self.path)),
            _ => Ok(()),
        }
    }

    fn classifier(&self, element: &BytesStart<'_>, take: &mut Take<'_>) -> Result<(), Stop> {
        let name = self.attribute(element, "name")?;
        let keys = self.attribute(element, "keys")?;
        let scope = self.attribute(element, "scope")?;
        let (Some(name), Some(keys)) = (name, keys) else {
            return Err(self.fault("a classifier has no name or no keys"));
        };
        take(Item::Classifier {
            name: &name,
            keys: &keys_of(&keys),
            of_traces: scope.as_deref() == Some("trace"),
        })
    }

    fn end(&mut self, take: &mut Take<'_>) -> Result<(), Stop> {
        match self.places.pop() {
            Some(Place::Attribute) => {
                let end = self.path_ends.pop().unwrap_or(0);
                self.path.truncate(end);
                Ok(())
            }
            Some(Place::Event) => take(Item::EndOfEvent(self.event_line)),
            Some(Place::Trace) => take(Item::EndOfTrace),
            _ => Ok(()),
        }
    }

    /// The value of an XML attribute. Of entities only the five that XML itself has are known.
    fn attribute(&self, element: &BytesStart<'_>, name: &str) -> Result<Option<String>, Stop> {
        let fault = |cause: &dyn std::fmt::Display| self.fault(cause.to_string());
        let found = element
            .try_get_attribute(name)
            .map_err(|cause| fault(&cause))?;
        let Some(found) = found else { return Ok(None) };
        let value = found
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|cause| fault(&cause))?;
        Ok(Some(value.into_owned()))
    }
}

fn is_attribute(element: &str) -> bool {
    matches!(
        element,
        "string" | "date" | "int" | "float" | "boolean" | "id" | "list" | "container"
    )
}

/// The keys of a classifier: separated by spaces, quoted by `'` where they have spaces themselves.
fn keys_of(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (key, behind) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').unwrap_or((quoted, "")),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        keys.push(key.to_owned());
        rest = behind.trim_start();
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> (Vec<String>, Option<(u64, String)>) {
        let mut items = Vec::new();
        let stream = Box::new(io::Cursor::new(text.as_bytes().to_vec()));
        let stop = XesParser::new(stream).run(&mut |item| {
            items.push(format!("{item:?}"));
            Ok(())
        });
        let fault = match stop {
            Err(Stop::Fault { line, message }) => Some((line, message)),
            _ => None,
        };
        (items, fault)
    }

    #[test]
    fn traces_events_and_nested_attributes_come_in_order() {
        let text = r#"<?xml version="1.0"?>
<!-- a comment with <trace> in it -->
<x:log xmlns:x="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="u"/>
  <global scope="event"><string key="concept:name" value="?"/></global>
  <classifier name="By both" keys="concept:name 'org unit'"/>
  <string key="source" value="not of a trace"/>
  <trace>
    <string key="concept:name" value="A &amp; B"/>
    <event>
      <string key="concept:name" value="&lt;Lodge&gt;"/>
      <list key="items"><values>
        <int key="line" value="1"><string key="hs" value="01"/></int>
      </values></list>
      <unknown><string key="hidden" value="x"/></unknown>
    </event>
  </trace>
</x:log>"#;
        let (items, fault) = items(text);
        assert_eq!(fault, None);
        let wanted = [
            r#"Global(false, "concept:name")"#,
            r#"Classifier { name: "By both", keys: ["concept:name", "org unit"], of_traces: false }"#,
            "Trace",
            r#"TraceAttribute("concept:name", "A & B")"#,
            "Event",
            r#"EventAttribute("concept:name", "<Lodge>")"#,
            r#"EventAttribute("items.line", "1")"#,
            r#"EventAttribute("items.line.hs", "01")"#,
            "EndOfEvent(10)",
            "EndOfTrace",
        ];
        assert_eq!(items, wanted);
    }

    #[test]
    fn what_is_no_log_is_told_with_its_line() {
        let deep = format!("<log>\n{}", "<container key='a'>".repeat(100));
        let entity = "<!DOCTYPE log [<!ENTITY a \"aaaa\">]>\n<log/>";
        for (text, line, told) in [
            ("<html></html>", 1, "begins with <html>"),
            ("", 1, "is empty"),
            ("<log>\n<trace>\n", 3, "ends in the middle"),
            ("<log>\n<trace></log>", 2, "expected `</trace>`"),
            (
                "<log>\n<trace><string value='x'/></trace></log>",
                2,
                "has no key",
            ),
            (
                "<log>\n<trace><event/>\n<string key='a' value='x'/></trace></log>",
                3,
                "behind an event",
            ),
            (
                "<log><trace>\n<string key='a' value='&lol;'/></trace></log>",
                2,
                "lol",
            ),
            (&deep, 2, "deeper than 64"),
            (entity, 1, "none are expanded"),
            ("<log><trace><string key='a' value='", 1, "syntax error"),
        ] {
            let (at, message) = items(text).1.unwrap_or_else(|| panic!("{text}"));
            assert_eq!(at, line, "{text}: {message}");
            assert!(message.contains(told), "{text}: {message}");
        }
    }

    #[test]
    fn a_tag_without_an_end_is_stopped() {
        let start = io::Cursor::new(b"<log><string key=\"".to_vec());
        let endless = Box::new(start.chain(io::repeat(b'x')));
        let stop = XesParser::new(endless).run(&mut |_| Ok(()));
        let Err(Stop::Fault { message, .. }) = stop else {
            panic!("it did not stop")
        };
        assert!(message.contains("16 MiB"), "{message}");
    }
}
