//! What the two JSON formats share: numbers keep their digits, values become texts.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use super::lines::RECORD_BYTES_MAX;

/// Between the elements of a list that stands in one field.
pub(super) const BETWEEN: &str = "; ";

/// Puts JSON's numbers into quotes, so that an amount keeps every digit: `serde_json` would make the
/// nearest binary fraction of it. Works on pieces of a text, cut anywhere.
#[derive(Debug, Default)]
pub(super) struct NumbersAsTexts {
    in_text: bool,
    escaped: bool,
    /// The number under way.
    number: Vec<u8>,
    /// Length of the text under way.
    length: usize,
}

impl NumbersAsTexts {
    /// Appends a piece to `out`. Fails on a text longer than the limit for a record.
    pub(super) fn convert(&mut self, piece: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let mut rest = piece;
        while !rest.is_empty() {
            let (front, behind) = if self.in_text {
                self.text(rest)?
            } else {
                self.outside(rest, out)
            };
            out.extend_from_slice(front);
            rest = behind;
        }
        Ok(())
    }

    /// The rest of the text under way, and what is behind it.
    fn text<'p>(&mut self, piece: &'p [u8]) -> io::Result<(&'p [u8], &'p [u8])> {
        let mut end = piece.len();
        for (at, byte) in piece.iter().enumerate() {
            if self.escaped {
                self.escaped = false;
            } else if *byte == b'\\' {
                self.escaped = true;
            } else if *byte == b'"' {
                self.in_text = false;
                end = at + 1;
                break;
            }
        }
        self.length += end;
        if self.length > RECORD_BYTES_MAX {
            let mib = RECORD_BYTES_MAX >> 20;
            return Err(io::Error::other(format!(
                "a text in it is longer than {mib} MiB"
            )));
        }
        Ok(piece.split_at(end))
    }

    /// What comes up to the next text, number or end, and what is behind it. A number goes out as soon
    /// as it is complete.
    fn outside<'p>(&mut self, piece: &'p [u8], out: &mut Vec<u8>) -> (&'p [u8], &'p [u8]) {
        let of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        if !self.number.is_empty() {
            let end = piece.iter().position(|byte| !of_number(byte));
            let (digits, behind) = piece.split_at(end.unwrap_or(piece.len()));
            self.number.extend_from_slice(digits);
            if end.is_some() || self.number.len() > RECORD_BYTES_MAX {
                self.finish(out);
            }
            return (&[], behind);
        }
        let next = |byte: &u8| matches!(byte, b'"' | b'-' | b'0'..=b'9');
        let Some(at) = piece.iter().position(next) else {
            return (piece, &[]);
        };
        if piece.get(at) == Some(&b'"') {
            self.in_text = true;
            self.length = 0;
            return piece.split_at(at + 1);
        }
        let (front, number) = piece.split_at(at);
        let (first, behind) = number.split_at(1);
        self.number.extend_from_slice(first);
        out.extend_from_slice(front);
        (&[], behind)
    }

    /// Puts out the number under way. One with an exponent stays as it is: it is no amount that
    /// anybody typed, and `serde_json` writes it out.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        let exponent = |byte: &u8| matches!(byte, b'e' | b'E');
        if self.number.iter().any(exponent) {
            out.append(&mut self.number);
        } else if !self.number.is_empty() {
            out.push(b'"');
            out.append(&mut self.number);
            out.push(b'"');
        }
    }
}

/// The bytes that an element of a list has had so far; whoever reads the list sets it to nothing at
/// each element.
pub(super) type ElementBytes = Arc<AtomicUsize>;

/// A stream of JSON whose numbers are texts. It stops in an element that is longer than a record may
/// be.
pub(super) struct QuotedNumbers<R> {
    stream: R,
    state: NumbersAsTexts,
    input: Vec<u8>,
    output: Vec<u8>,
    given: usize,
    ended: bool,
    element: ElementBytes,
}

impl<R: Read> QuotedNumbers<R> {
    pub(super) fn new(stream: R, element: ElementBytes) -> Self {
        Self {
            element,
            stream,
            state: NumbersAsTexts::default(),
            input: vec![0; 1 << 16],
            output: Vec::new(),
            given: 0,
            ended: false,
        }
    }
}

impl<R: Read> Read for QuotedNumbers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.output.len() && !self.ended {
            self.output.clear();
            self.given = 0;
            let read = self.stream.read(&mut self.input)?;
            self.ended = read == 0;
            if self.element.fetch_add(read, Ordering::Relaxed) > RECORD_BYTES_MAX {
                let mib = RECORD_BYTES_MAX >> 20;
                let text = format!("an object or list in it is longer than {mib} MiB");
                return Err(io::Error::other(text));
            }
            let piece = self.input.get(..read).unwrap_or_default();
            self.state.convert(piece, &mut self.output)?;
            if self.ended {
                self.state.finish(&mut self.output);
            }
        }
        let mut left = self.output.get(self.given..).unwrap_or_default();
        let read = left.read(buffer)?;
        self.given += read;
        Ok(read)
    }
}

/// What `serde_json` has to say, without the place: it would be one in the text with quoted numbers.
pub(super) fn cause_of(cause: &serde_json::Error) -> String {
    let text = cause.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text.get(..end).unwrap_or_default().to_owned()
}

/// A value as text: texts and numbers as they stand, `true` and `false`, nothing for `null`; a list
/// of values with `; ` between them. An object is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scalar(pub(super) String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Scalar, E> {
        Ok(Scalar(text))
    }

    fn visit_bool<E: de::Error>(self, bool: bool) -> Result<Scalar, E> {
        Ok(Scalar(bool.to_string()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar(number.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar(number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar(number.to_string()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Scalar, E> {
        Ok(Scalar::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
        let mut texts = Vec::new();
        while let Some(Scalar(text)) = list.next_element()? {
            texts.push(text);
        }
        Ok(Scalar(texts.join(BETWEEN)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Err(A::Error::custom("an object stands where a value belongs"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(text: &str, piece: usize) -> String {
        let (mut state, mut out) = (NumbersAsTexts::default(), Vec::new());
        for piece in text.as_bytes().chunks(piece) {
            state.convert(piece, &mut out).unwrap();
        }
        state.finish(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_become_texts_wherever_the_text_is_cut() {
        let text = r#"{"a1":-12.50,"b":[0,1e3,"7 \" 8\\",true],"c":12345678901234567.89}"#;
        let wanted = r#"{"a1":"-12.50","b":["0",1e3,"7 \" 8\\",true],"c":"12345678901234567.89"}"#;
        for piece in 1..=text.len() {
            assert_eq!(converted(text, piece), wanted);
        }
        assert_eq!(converted("42", 1), "\"42\"");
        let mut read = String::new();
        QuotedNumbers::new(text.as_bytes(), ElementBytes::default())
            .read_to_string(&mut read)
            .unwrap();
        assert_eq!(read, wanted);
    }

    #[test]
    fn values_become_texts_and_objects_do_not() {
        let scalar = |text: &str| serde_json::from_str::<Scalar>(text).map(|Scalar(text)| text);
        assert_eq!(scalar("\"a\\u0041\"").unwrap(), "aA");
        assert_eq!(scalar("true").unwrap(), "true");
        assert_eq!(scalar("null").unwrap(), "");
        assert_eq!(scalar("1e3").unwrap(), "1000");
        assert_eq!(scalar("[\"a\",null,\"b\"]").unwrap(), "a; ; b");
        assert!(scalar("{\"a\":1}").is_err());
        // Deep nesting is an error, not a stack that overflows.
        assert!(scalar(&"[".repeat(1 << 20)).is_err());
        assert!(scalar(&format!("{{\"a\":{}", "[".repeat(1 << 20))).is_err());
    }

    #[test]
    fn a_text_or_an_element_without_an_end_is_stopped() {
        let (mut state, mut out) = (NumbersAsTexts::default(), Vec::new());
        state.convert(b"{\"a\":\"", &mut out).unwrap();
        let piece = vec![b'x'; RECORD_BYTES_MAX / 2];
        state.convert(&piece, &mut out).unwrap();
        state.convert(&piece, &mut out).unwrap();
        let error = state.convert(b"x", &mut out).unwrap_err();
        assert!(error.to_string().contains("a text in it"), "{error}");

        let element = ElementBytes::default();
        let spaces = io::repeat(b' ').take(RECORD_BYTES_MAX as u64);
        let mut stream = QuotedNumbers::new(spaces.chain(io::repeat(b'[')), element.clone());
        let mut half = vec![0; RECORD_BYTES_MAX / 2];
        stream.read_exact(&mut half).unwrap();
        element.store(0, Ordering::Relaxed);
        stream.read_exact(&mut half).unwrap();
        let error = io::copy(&mut stream, &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("longer than 16 MiB"), "{error}");
    }
}
