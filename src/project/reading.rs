//! How a mapping says its files are to be read: format, encoding, delimiter, sheet.

use encoding_rs::Encoding;

use super::document::Section;

/// The file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Delimited text with a header row.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// One JSON object per line.
    Ndjson,
    /// IEEE 1849 event logs in XML.
    Xes,
    /// OCEL 2.0 object-centric event logs in JSON.
    Ocel,
    /// A sheet of a workbook.
    Xlsx,
}

impl Format {
    /// Their names in a mapping.
    pub const NAMES: [(&str, Self); 6] = [
        ("csv", Self::Csv),
        ("parquet", Self::Parquet),
        ("ndjson", Self::Ndjson),
        ("xes", Self::Xes),
        ("ocel", Self::Ocel),
        ("xlsx", Self::Xlsx),
    ];

    /// The name in a mapping.
    pub fn name(self) -> &'static str {
        let mut names = Self::NAMES.iter();
        names
            .find(|(_, one)| *one == self)
            .map_or("", |(name, _)| name)
    }
}

/// What a mapping says about its files; what it leaves out is told from each file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The file format; from the file's name when `None`.
    pub format: Option<Format>,
    /// The encoding of text without a byte order mark.
    pub encoding: Option<&'static Encoding>,
    /// Between the fields of CSV.
    pub delimiter: Option<u8>,
    /// Around fields of CSV; `None` where a quote is a character as any other.
    pub quote: Option<u8>,
    /// Before a quote inside quotes, where the source writes so instead of doubling it.
    pub escape: Option<u8>,
    /// Lines (CSV) or rows (XLSX) above the header.
    pub skip_lines: u64,
    /// The sheet of a workbook; the first when `None`.
    pub sheet: Option<String>,
    /// The type of object that is the declaration in OCEL; may be left out where there is only one.
    pub object_type: Option<String>,
}

impl Default for Reading {
    /// Nothing declared: fields are quoted by `"`.
    fn default() -> Self {
        Self {
            format: None,
            encoding: None,
            delimiter: None,
            quote: Some(b'"'),
            escape: None,
            skip_lines: 0,
            sheet: None,
            object_type: None,
        }
    }
}

/// Reads the keys of a mapping that are about its files.
pub(super) fn reading(root: &Section<'_, '_>) -> Reading {
    let text = |key| root.text(key).map(|text| text.value);
    Reading {
        format: root.choice("format", &Format::NAMES),
        encoding: encoding(root),
        delimiter: character(root, "delimiter"),
        quote: match root.text("quote") {
            Some(text) if text.value.is_empty() => None,
            Some(_) => character(root, "quote"),
            None => Some(b'"'),
        },
        escape: character(root, "escape"),
        skip_lines: root.integer("skip_lines", 0, 0).unsigned_abs(),
        sheet: text("sheet"),
        object_type: text("object_type"),
    }
}

fn encoding(root: &Section<'_, '_>) -> Option<&'static Encoding> {
    let label = root.text("encoding")?;
    let found = Encoding::for_label(label.value.as_bytes());
    if found.is_none() {
        let hint = "such as `utf-8`, `utf-16le`, `windows-1251`, `windows-1252`, `koi8-r`, `cp866`";
        let message = format!("`{}` is not an encoding", label.value);
        root.fault(&label, message, Some(hint.to_owned()));
    }
    found
}

fn character(root: &Section<'_, '_>, key: &'static str) -> Option<u8> {
    let text = root.text(key)?;
    let taken = |byte: u8| match key {
        "delimiter" => byte == b'"',
        _ => false,
    };
    match text.value.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') && !taken(*byte) => Some(*byte),
        _ => {
            let message = match key {
                "delimiter" => "must be one ASCII character other than a quote or a line end",
                _ => "must be one ASCII character other than a line end",
            };
            root.fault(&text, message, None);
            None
        }
    }
}
