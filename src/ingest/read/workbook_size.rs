//! How large a workbook unpacks. A workbook is a ZIP file; of its parts the reader holds all but the
//! sheets in memory, above all the list of texts, and makes room for as many texts as the list says
//! it has.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::{Error, Result};

/// The parts beside the sheets may unpack to so much together.
const PARTS_BYTES_MAX: u64 = 512 << 20;
/// The longest directory of parts.
const DIRECTORY_BYTES_MAX: u64 = 16 << 20;
/// How much of the end of the file can hold the end of the directory: its length without a comment,
/// and the longest comment.
const END_BYTES: u64 = 22 + (1 << 16);

/// A part of the file.
struct Part {
    name: String,
    compressed: bool,
    packed_bytes: u64,
    offset: u64,
}

/// Refuses a workbook whose parts beside the sheets would not fit into memory. The sizes that the file
/// states are not believed: the parts are unpacked and counted.
pub(super) fn check_size(path: &Path) -> Result<()> {
    let file = File::open(path).map_err(|cause| Error::read(path, &cause))?;
    let mut file = BufReader::new(file);
    let parts = parts(&mut file).map_err(|cause| Error::read(path, &cause))?;
    let Some(parts) = parts else {
        return Err(Error::input_with_hint(
            format!("`{}` is not a workbook: it is no ZIP file", path.display()),
            "save it as .xlsx in Excel",
        ));
    };
    let mut left = PARTS_BYTES_MAX;
    for part in parts.iter().filter(|part| part.is_held()) {
        let unpacked = part
            .unpacked(&mut file, left)
            .map_err(|cause| Error::read(path, &cause))?;
        left = match left.checked_sub(unpacked) {
            Some(left) if left > 0 => left,
            _ => {
                return Err(Error::input_with_hint(
                    format!(
                        "`{}`: its parts beside the sheets unpack to more than {} MiB (a \
                         decompression bomb?)",
                        path.display(),
                        PARTS_BYTES_MAX >> 20
                    ),
                    "if it is genuine, export it as CSV",
                ));
            }
        };
    }
    Ok(())
}

impl Part {
    fn is_held(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        let read = [".xml", ".rels"].iter().any(|end| name.ends_with(end));
        read && !name.contains("worksheets/")
    }

    /// How many bytes it unpacks to, and the texts that it promises at 24 bytes each; counting stops
    /// past `most`.
    fn unpacked(&self, file: &mut BufReader<File>, most: u64) -> io::Result<u64> {
        let mut start = [0; 30];
        file.seek(SeekFrom::Start(self.offset))?;
        file.read_exact(&mut start)?;
        let name_and_extra = number(&start, 26, 2) + number(&start, 28, 2);
        file.seek(SeekFrom::Current(
            i64::try_from(name_and_extra).unwrap_or(0),
        ))?;
        let packed = file.by_ref().take(self.packed_bytes);
        let mut stream: Box<dyn Read + '_> = if self.compressed {
            Box::new(flate2::read::DeflateDecoder::new(packed))
        } else {
            Box::new(packed)
        };
        let mut head = Vec::new();
        stream.by_ref().take(1 << 12).read_to_end(&mut head)?;
        let rest = io::copy(&mut stream.take(most.saturating_add(1)), &mut io::sink())?;
        let promised = texts_promised(&head).saturating_mul(24);
        Ok((head.len() as u64)
            .saturating_add(rest)
            .saturating_add(promised))
    }
}

/// How many texts the list of texts says it has.
fn texts_promised(head: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(head);
    let count = text.split_once("uniqueCount=").and_then(|(_, rest)| {
        let digits = rest.get(1..)?.split(['"', '\'']).next()?;
        Some(digits.parse().unwrap_or(u64::MAX))
    });
    count.unwrap_or(0)
}

/// The parts in the directory; `None` when the file has none.
fn parts(file: &mut BufReader<File>) -> io::Result<Option<Vec<Part>>> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(END_BYTES)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let Some(at) = memchr::memmem::rfind(&end, b"PK\x05\x06") else {
        return Ok(None);
    };
    let record = end.get(at..).unwrap_or_default();
    let (mut size, mut offset) = (number(record, 12, 4), number(record, 16, 4));
    if let Some(at) = memchr::memmem::rfind(&end, b"PK\x06\x06") {
        // Large files have a second end with wider numbers.
        let wide = end.get(at..).unwrap_or_default();
        (size, offset) = (number(wide, 40, 8), number(wide, 48, 8));
    }
    file.seek(SeekFrom::Start(offset))?;
    let mut directory = Vec::new();
    file.by_ref()
        .take(size.min(DIRECTORY_BYTES_MAX))
        .read_to_end(&mut directory)?;
    let mut parts = Vec::new();
    let mut rest = directory.as_slice();
    while rest.starts_with(b"PK\x01\x02") {
        let lengths = [28, 30, 32].map(|at| usize::try_from(number(rest, at, 2)).unwrap_or(0));
        let [name, extra, comment] = lengths;
        let texts = rest.get(46..).unwrap_or_default();
        let name_bytes = texts.get(..name).unwrap_or_default();
        let extra_bytes = texts.get(name..name + extra).unwrap_or_default();
        let mut wide = wide_numbers(extra_bytes);
        // In this order, each only where the narrow one is full.
        let mut field = |narrow: u64| {
            if narrow == u64::from(u32::MAX) {
                wide.next().unwrap_or(narrow)
            } else {
                narrow
            }
        };
        field(number(rest, 24, 4));
        parts.push(Part {
            name: String::from_utf8_lossy(name_bytes).into_owned(),
            compressed: number(rest, 10, 2) != 0,
            packed_bytes: field(number(rest, 20, 4)),
            offset: field(number(rest, 42, 4)),
        });
        rest = rest.get(46 + name + extra + comment..).unwrap_or_default();
    }
    Ok(Some(parts))
}

/// The wide numbers of a part in the directory.
fn wide_numbers(mut extra: &[u8]) -> impl Iterator<Item = u64> + '_ {
    let mut numbers: &[u8] = &[];
    while extra.len() >= 4 {
        let length = usize::try_from(number(extra, 2, 2)).unwrap_or(0);
        if number(extra, 0, 2) == 1 {
            numbers = extra.get(4..4 + length).unwrap_or_default();
        }
        extra = extra.get(4 + length..).unwrap_or_default();
    }
    numbers.chunks_exact(8).map(|chunk| number(chunk, 0, 8))
}

/// A number of so many bytes, the lowest first; missing bytes are zero.
fn number(bytes: &[u8], at: usize, count: usize) -> u64 {
    let bytes = bytes.iter().skip(at).take(count);
    bytes
        .zip((0..).step_by(8))
        .fold(0, |number, (byte, shift): (&u8, u32)| {
            number | u64::from(*byte) << shift
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ZIP file with one part that is not packed.
    fn zip(name: &str, content: &[u8]) -> Vec<u8> {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let short = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_le_bytes();
        let sizes = [length(content), length(content)].concat();
        let name = name.as_bytes();
        let mut file = [
            &b"PK\x03\x04"[..],
            &[0; 14],
            &sizes,
            &short(name),
            &[0; 2],
            name,
            content,
        ]
        .concat();
        let directory = file.len();
        let part = [
            &b"PK\x01\x02"[..],
            &[0; 16],
            &sizes,
            &short(name),
            &[0; 16],
            name,
        ]
        .concat();
        let end = [
            &b"PK\x05\x06"[..],
            &[0; 8],
            &length(&part),
            &length(&vec![0; directory]),
            &[0; 2],
        ]
        .concat();
        file.extend_from_slice(&part);
        file.extend_from_slice(&end);
        file
    }

    #[test]
    fn the_parts_of_a_workbook_are_found_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.xlsx");
        for (name, texts, fits) in [
            ("xl/sharedStrings.xml", "<sst uniqueCount=\"2\">", true),
            (
                "xl/sharedStrings.xml",
                "<sst uniqueCount=\"99000000000\">",
                false,
            ),
            (
                "xl/worksheets/sheet1.xml",
                "<sst uniqueCount=\"99000000000\">",
                true,
            ),
        ] {
            let bytes = zip(name, texts.as_bytes());
            io::Write::write_all(&mut File::create(&path).unwrap(), &bytes).unwrap();
            let mut file = BufReader::new(File::open(&path).unwrap());
            let found = parts(&mut file).unwrap().unwrap();
            assert_eq!(found.len(), 1);
            assert_eq!(
                (found[0].name.as_str(), found[0].packed_bytes),
                (name, texts.len() as u64)
            );
            let checked = check_size(&path);
            assert_eq!(checked.is_ok(), fits, "{name}: {checked:?}");
            if let Err(error) = checked {
                assert!(error.to_string().contains("512 MiB"), "{error}");
            }
        }
    }

    #[test]
    fn a_list_of_texts_that_promises_too_many_is_refused() {
        assert_eq!(texts_promised(b"<sst count=\"9\" uniqueCount=\"7\">"), 7);
        assert_eq!(
            texts_promised(b"<sst uniqueCount='99999999999999999999'>"),
            u64::MAX
        );
        assert_eq!(texts_promised(b"<sst>"), 0);
    }

    #[test]
    fn what_is_no_workbook_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.xlsx");
        File::create(&path).unwrap();
        let error = check_size(&path).unwrap_err();
        assert!(error.to_string().contains("no ZIP file"), "{error}");
    }
}
