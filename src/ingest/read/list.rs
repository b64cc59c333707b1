//! A JSON list of objects as lines, one element each, so that it is read as NDJSON is: piece by piece,
//! whatever its size, and an element that is broken is one refused row. The line of a row is the number
//! of its element. The list must be whole: what is cut off or goes on behind it fails the file.

use std::io::{self, Read};

use super::unpack::ByteStream;

/// Whether a text is such a list. A line of NDJSON that is a list of something else is not one.
pub(super) fn begins(start: &[u8]) -> bool {
    let inside = start.trim_ascii_start().strip_prefix(b"[");
    let first = inside.map(|inside| inside.trim_ascii_start().first());
    matches!(first, Some(Some(b'{' | b']')))
}

/// Where in the text we are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Before,
    /// In the list, so many brackets deep in an element; 0 between elements.
    Outside(usize),
    /// In a text of an element, at that depth.
    Text(usize),
    /// In a text behind a backslash.
    Escaped(usize),
    Behind,
}

/// The elements of a list as lines.
pub(super) struct ListLines {
    stream: ByteStream,
    place: Place,
    input: Vec<u8>,
    output: Vec<u8>,
    given: usize,
    ended: bool,
}

impl ListLines {
    /// Of a text that [`begins`] like one.
    pub(super) fn of(stream: ByteStream) -> Self {
        Self {
            stream,
            place: Place::default(),
            input: vec![0; 1 << 16],
            output: Vec::new(),
            given: 0,
            ended: false,
        }
    }

    fn take(&mut self, byte: u8) -> io::Result<()> {
        use Place::{Before, Behind, Escaped, Outside, Text};
        let (place, out) = match (self.place, byte) {
            (Before | Behind, _) if byte.is_ascii_whitespace() => return Ok(()),
            (Before, _) => (Outside(0), None),
            (Behind, _) => return Err(io::Error::other("something stands behind the list")),
            (Text(depth), b'"') => (Outside(depth), Some(byte)),
            (Text(depth), b'\\') => (Escaped(depth), Some(byte)),
            // No text of JSON has a line end in it: one that is no line end here is refused as well.
            (Text(depth) | Escaped(depth), b'\n') => (Text(depth), Some(b'\r')),
            (Text(depth) | Escaped(depth), _) => (Text(depth), Some(byte)),
            (Outside(depth), b'"') => (Text(depth), Some(byte)),
            (Outside(depth), b'{' | b'[') => (Outside(depth + 1), Some(byte)),
            (Outside(0), b']') => (Behind, Some(b'\n')),
            (Outside(0), b',') => (Outside(0), Some(b'\n')),
            (Outside(depth), b'}' | b']') => (Outside(depth.saturating_sub(1)), Some(byte)),
            (Outside(depth), b'\n' | b'\r') => (Outside(depth), Some(b' ')),
            (Outside(depth), _) => (Outside(depth), Some(byte)),
        };
        self.place = place;
        self.output.extend(out);
        Ok(())
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut input = std::mem::take(&mut self.input);
        let read = self.stream.read(&mut input)?;
        for byte in input.get(..read).unwrap_or_default() {
            self.take(*byte)?;
        }
        self.input = input;
        self.ended = read == 0;
        if self.ended && self.place != Place::Behind {
            return Err(io::Error::other(
                "the list in it is not closed: the file is cut off, or a bracket or quote is missing",
            ));
        }
        Ok(())
    }
}

impl Read for ListLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.output.len() && !self.ended {
            self.output.clear();
            self.given = 0;
            self.fill()?;
        }
        let mut left = self.output.get(self.given..).unwrap_or_default();
        let read = left.read(buffer)?;
        self.given += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Drops(io::Cursor<Vec<u8>>);

    impl Read for Drops {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let first = buffer.len().min(1);
            self.0.read(&mut buffer[..first])
        }
    }

    fn lines(text: &str) -> io::Result<String> {
        let whole = io::Cursor::new(text.as_bytes().to_vec());
        let drops = Drops(io::Cursor::new(text.as_bytes().to_vec()));
        let (mut at_once, mut by_drops) = (String::new(), String::new());
        let read = ListLines::of(Box::new(whole)).read_to_string(&mut at_once);
        let dropped = ListLines::of(Box::new(drops)).read_to_string(&mut by_drops);
        assert_eq!(read.is_ok(), dropped.is_ok());
        read?;
        assert_eq!(at_once, by_drops);
        Ok(at_once)
    }

    #[test]
    fn every_element_is_one_line_however_it_is_written() {
        let text = " [\n {\"a\": \"x,]}\\\"\",\r\n  \"b\": [1, {\"c\": 2}]},{\"a\":3}\n]\n ";
        let wanted = "  {\"a\": \"x,]}\\\"\",    \"b\": [1, {\"c\": 2}]}\n{\"a\":3} \n";
        assert_eq!(lines(text).unwrap(), wanted);
        assert_eq!(lines("[]").unwrap(), "\n");
        // The line end inside a text stays something that JSON does not allow there.
        assert_eq!(
            lines("[{\"a\":\"x\ny\"},{}]").unwrap(),
            "{\"a\":\"x\ry\"}\n{}\n"
        );
        // Brackets that do not fit are the element's fault.
        assert_eq!(lines("[{\"a\"},},{}]").unwrap(), "{\"a\"}\n}\n{}\n");
    }

    #[test]
    fn a_list_that_is_cut_off_or_goes_on_is_told() {
        for cut in ["[", "[{}", "[{},", "[{\"a", "[{\"a\\", "[{]"] {
            let told = lines(cut).unwrap_err().to_string();
            assert!(told.contains("not closed"), "{cut}: {told}");
        }
        let told = lines("[{}]\n[{}]").unwrap_err().to_string();
        assert!(told.contains("behind the list"), "{told}");
    }

    #[test]
    fn only_lists_of_objects_are_meant() {
        for (text, is) in [
            ("[{", true),
            (" [ \n{", true),
            ("[]", true),
            ("[1]", false),
            ("[[{}]]", false),
            ("{\"a\":[{}]}", false),
            ("[", false),
            ("", false),
        ] {
            assert_eq!(begins(text.as_bytes()), is, "{text}");
        }
    }
}
