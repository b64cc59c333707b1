//! Text in any encoding → UTF-8.
//!
//! A byte order mark decides; without one, what the mapping declares; without that, the first bytes
//! of the file. Valid UTF-8 is passed on untouched. Bytes that stand for no character in the encoding
//! become the byte FF, which occurs in no UTF-8, so that the row they stand in is refused where rows
//! are read, with its line.

use std::io::{self, Read};
use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252,
};

use super::unpack::{self, ByteStream};
use crate::error::{Error, Result};

/// How much of a file is looked at to tell its encoding and its delimiter.
pub(super) const PREFIX_BYTES: usize = 1 << 16;
/// Fewer bytes than this that are not UTF-8 are faults of a UTF-8 file, not letters of another
/// encoding: a refused row can be mended, a garbled one can't be told from a good one.
const LETTERS_MIN: usize = 8;
/// So are those that stand in fewer than one line in so many: a file in another encoding has letters
/// of it all over, one that was put together from two has them here and there.
const LINES_PER_BROKEN: usize = 10;
/// Stands for bytes that are no character.
const NO_CHARACTER: u8 = 0xff;

/// A file as UTF-8.
pub(in crate::ingest) struct EncodedText {
    /// The first bytes, already UTF-8.
    pub(in crate::ingest) start: Vec<u8>,
    /// Those after them.
    pub(super) stream: ByteStream,
    /// The encoding that was declared or detected.
    pub(in crate::ingest) encoding: &'static Encoding,
}

impl std::fmt::Debug for EncodedText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncodedText")
            .field("encoding", &self.encoding.name())
            .finish_non_exhaustive()
    }
}

impl EncodedText {
    /// Opens a file, unpacked, as UTF-8.
    pub(in crate::ingest) fn open(
        path: &Path,
        declared: Option<&'static Encoding>,
    ) -> Result<Self> {
        Self::of(unpack::open(path)?, declared).map_err(|cause| Error::read(path, &cause))
    }

    /// A stream as UTF-8.
    pub(super) fn of(
        mut stream: ByteStream,
        declared: Option<&'static Encoding>,
    ) -> io::Result<Self> {
        let mut start = Vec::new();
        let wanted = u64::try_from(PREFIX_BYTES).unwrap_or(u64::MAX);
        stream.by_ref().take(wanted).read_to_end(&mut start)?;
        let (encoding, mark) = match Encoding::for_bom(&start) {
            Some(marked) => marked,
            None => (declared.unwrap_or_else(|| detect_encoding(&start)), 0),
        };
        start.drain(..mark);
        if encoding == UTF_8 {
            return Ok(Self {
                start,
                stream,
                encoding,
            });
        }
        let mut stream = Decoding::new(stream, encoding, start);
        let mut start = Vec::new();
        stream.by_ref().take(wanted).read_to_end(&mut start)?;
        Ok(Self {
            start,
            stream: Box::new(stream),
            encoding,
        })
    }

    /// The whole text.
    pub(super) fn into_stream(self) -> ByteStream {
        Box::new(io::Cursor::new(self.start).chain(self.stream))
    }
}

/// The encoding of a file without a byte order mark that begins so: UTF-8, UTF-16, windows-1251 or
/// windows-1252. Anything else has to be declared.
pub(in crate::ingest) fn detect_encoding(start: &[u8]) -> &'static Encoding {
    if let Some(encoding) = utf_16_without_mark(start) {
        return encoding;
    }
    let (mut characters, mut broken) = (0, 0);
    for chunk in start.utf8_chunks() {
        let valid = chunk.valid().chars();
        characters += valid.filter(|c| !c.is_ascii()).count();
        broken += chunk.invalid().len();
    }
    if broken < LETTERS_MIN || broken <= characters {
        return UTF_8;
    }
    // A line that is only cut off at the end of what is known is not broken.
    let is_broken =
        |line: &&[u8]| std::str::from_utf8(line).is_err_and(|error| error.error_len().is_some());
    let lines = start.split(|byte| *byte == b'\n');
    let (count, broken_lines) = (lines.clone().count(), lines.filter(is_broken).count());
    if broken_lines * LINES_PER_BROKEN < count {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(start, true);
    match detector.guess(None, Utf8Detection::Deny) {
        guess if guess == WINDOWS_1251 || guess == WINDOWS_1252 => guess,
        _ => UTF_8,
    }
}

/// Text of western or Cyrillic letters in UTF-16 has a zero (or the 04 of Cyrillic) in every other
/// byte, and lines; text in any other encoding has no zeros.
fn utf_16_without_mark(start: &[u8]) -> Option<&'static Encoding> {
    let pairs = start.chunks_exact(2).take(1 << 10);
    let (mut count, mut big, mut little) = (0_usize, 0_usize, 0_usize);
    for pair in pairs {
        count += 1;
        if let [first, second] = pair {
            let high = |byte: u8| byte == 0 || byte == 4;
            big += usize::from(high(*first) && *second >= b'\t');
            little += usize::from(high(*second) && *first >= b'\t');
        }
    }
    let zeros = start.iter().take(1 << 11).any(|byte| *byte == 0);
    let most = |n: usize| zeros && count > 1 && n * 10 >= count * 9;
    match (most(big), most(little)) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// Bytes that stand for no character though the decoder, as browsers do, makes control characters
/// of them.
fn undefined(encoding: &'static Encoding) -> &'static [u8] {
    if encoding == WINDOWS_1251 {
        &[0x98]
    } else if encoding == WINDOWS_1252 {
        &[0x81, 0x8d, 0x8f, 0x90, 0x9d]
    } else {
        &[]
    }
}

/// A stream that is decoded piece by piece.
struct Decoding {
    stream: ByteStream,
    decoder: Decoder,
    undefined: &'static [u8],
    input: Vec<u8>,
    ended: bool,
    output: Vec<u8>,
    /// How much of `output` has been given out.
    given: usize,
}

impl Decoding {
    fn new(stream: ByteStream, encoding: &'static Encoding, start: Vec<u8>) -> Self {
        Self {
            stream,
            decoder: encoding.new_decoder_without_bom_handling(),
            undefined: undefined(encoding),
            input: start,
            ended: false,
            output: Vec::new(),
            given: 0,
        }
    }

    /// Decodes what is in `input`, and more of the stream when that is nothing.
    fn refill(&mut self) -> io::Result<()> {
        self.output.clear();
        self.given = 0;
        while self.output.is_empty() && !self.ended {
            if self.input.is_empty() {
                let wanted = u64::try_from(PREFIX_BYTES).unwrap_or(u64::MAX);
                let mut piece = self.stream.by_ref().take(wanted);
                self.ended = piece.read_to_end(&mut self.input)? == 0;
            }
            let input = std::mem::take(&mut self.input);
            let mut rest = input.as_slice();
            while let Some(at) = rest.iter().position(|byte| self.undefined.contains(byte)) {
                let (good, bad) = rest.split_at(at);
                self.decode(good, false);
                self.output.push(NO_CHARACTER);
                rest = bad.get(1..).unwrap_or_default();
            }
            self.decode(rest, self.ended);
        }
        Ok(())
    }

    fn decode(&mut self, mut input: &[u8], last: bool) {
        loop {
            let before = self.output.len();
            let room = self
                .decoder
                .max_utf8_buffer_length_without_replacement(input.len());
            self.output
                .resize(before + room.unwrap_or(input.len() * 3) + 16, 0);
            let space = self.output.get_mut(before..).unwrap_or_default();
            let (result, read, written) = self
                .decoder
                .decode_to_utf8_without_replacement(input, space, last);
            self.output.truncate(before + written);
            input = input.get(read..).unwrap_or_default();
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.output.push(NO_CHARACTER),
            }
        }
    }
}

impl Read for Decoding {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.output.len() {
            self.refill()?;
        }
        let left = self.output.get(self.given..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        let (from, to) = (left.get(..count), buffer.get_mut(..count));
        if let (Some(from), Some(to)) = (from, to) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], declared: Option<&'static Encoding>) -> (&'static str, Vec<u8>) {
        let text = EncodedText::of(Box::new(io::Cursor::new(bytes.to_vec())), declared).unwrap();
        let name = text.encoding.name();
        let mut all = Vec::new();
        text.into_stream().read_to_end(&mut all).unwrap();
        (name, all)
    }

    fn utf_16(text: &str, big: bool) -> Vec<u8> {
        let bytes = |unit: u16| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        };
        text.encode_utf16().flat_map(bytes).collect()
    }

    const TEXT: &str = "декларация;дата\r\n№1;Зарегистрирована декларация на товары\r\n";

    #[test]
    fn every_encoding_comes_out_as_utf_8() {
        let cyrillic = WINDOWS_1251.encode(TEXT).0;
        assert_eq!(read(&cyrillic, None), ("windows-1251", TEXT.into()));
        let french = "déclaration;arrivée à l'entrepôt;dédouanée;pièces à présenter\n";
        let western = WINDOWS_1252.encode(french).0;
        assert_eq!(read(&western, None), ("windows-1252", french.into()));
        assert_eq!(read(TEXT.as_bytes(), None), ("UTF-8", TEXT.into()));
        let marked = ["\u{feff}", TEXT].concat();
        assert_eq!(read(marked.as_bytes(), None), ("UTF-8", TEXT.into()));
        for (big, name) in [(false, "UTF-16LE"), (true, "UTF-16BE")] {
            assert_eq!(read(&utf_16(&marked, big), None), (name, TEXT.into()));
            assert_eq!(
                read(&utf_16(TEXT, big), None),
                (name, TEXT.into()),
                "{name}"
            );
            let plain = "id,when\n1,2025-01-01\n";
            assert_eq!(read(&utf_16(plain, big), None), (name, plain.into()));
        }
        let old = encoding_rs::IBM866.encode(TEXT).0;
        let declared = Encoding::for_label(b"cp866");
        assert_eq!(read(&old, declared), ("IBM866", TEXT.into()));
    }

    #[test]
    fn a_few_broken_bytes_do_not_change_the_encoding_of_a_utf_8_file() {
        let mut bytes = b"id,office\n1,\xc0\xc1\n".to_vec();
        assert_eq!(read(&bytes, None), ("UTF-8", bytes.clone()));
        bytes.extend_from_slice(TEXT.as_bytes());
        bytes.extend_from_slice(b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\n");
        assert_eq!(read(&bytes, None), ("UTF-8", bytes.clone()));
        // Labels of another encoding in a line here and there: a file made of two.
        let mixed = [
            "id,office\n".repeat(50).into_bytes(),
            b"\xc0\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\n".to_vec(),
        ];
        assert_eq!(detect_encoding(&mixed.concat()), UTF_8);
        // Cut in the middle of a character is not broken.
        let cut = &TEXT.as_bytes()[..5];
        assert_eq!(detect_encoding(cut), UTF_8);
        assert_eq!(detect_encoding(b""), UTF_8);
    }

    #[test]
    fn what_is_no_character_is_marked() {
        let (_, text) = read(b"\xc0\x98\xc1\n", Some(WINDOWS_1251));
        assert_eq!(text, ["А".as_bytes(), &[0xff], "Б\n".as_bytes()].concat());
        // Half a pair of surrogates, in the middle and at the end.
        let mut bytes = utf_16("a\n", false);
        bytes.extend_from_slice(&[0x00, 0xd8]);
        bytes.extend(utf_16("b\n", false));
        bytes.push(b'c');
        let (_, text) = read(&bytes, Some(UTF_16LE));
        assert_eq!(text, b"a\n\xffb\n\xff");
    }

    #[test]
    fn a_long_file_is_decoded_across_its_pieces() {
        let text = TEXT.repeat(5_000);
        let (name, all) = read(&utf_16(&text, true), None);
        assert_eq!((name, all.len()), ("UTF-16BE", text.len()));
        assert!(all == text.as_bytes());
    }
}
