//! Log files: plain or packed CSV, and Parquet. A file gets its name when it is complete.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;

use super::error::SimulateError;
use super::parquet_log::ParquetLog;
use super::row::{COLUMNS, Row};
use super::settings::{Compression, Format, Split};
use crate::model::Month;

/// Takes the rows of a simulation in time order.
pub trait RowSink {
    /// Takes one row, good or faulty.
    fn write(&mut self, row: &Row) -> Result<(), SimulateError>;
}

/// Where and how a log is written.
#[derive(Clone, Debug)]
pub struct Output {
    /// The file; `-` is standard output (CSV only). With [`Split::Month`] each month's file has
    /// `-YYYY-MM` before the first dot of the file name.
    pub path: PathBuf,
    /// The file format.
    pub format: Format,
    /// How CSV is packed; Parquet is packed with Zstandard inside.
    pub compression: Compression,
    /// Level of the compression: gzip 0–9 (6 by default), Zstandard 1–22 (3 by default).
    pub level: Option<u32>,
    /// One file, or one per month.
    pub split: Split,
}

impl Output {
    /// Format and compression from the file name: `.parquet`, `.gz`, `.zst`, otherwise plain CSV.
    pub fn from_path(path: PathBuf) -> Self {
        let name = path.to_string_lossy().to_ascii_lowercase();
        let ends = |suffix: &str| name.ends_with(suffix);
        let format = if ends(".parquet") {
            Format::Parquet
        } else {
            Format::Csv
        };
        let compression = if ends(".gz") {
            Compression::Gzip
        } else if ends(".zst") {
            Compression::Zstd
        } else {
            Compression::None
        };
        Self {
            path,
            format,
            compression,
            level: None,
            split: Split::None,
        }
    }

    /// The file of a month.
    fn path_of(&self, month: Month) -> PathBuf {
        if self.split == Split::None {
            return self.path.clone();
        }
        let name = self
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let (stem, suffix) = name
            .split_once('.')
            .map_or((name.as_str(), None), |(stem, suffix)| (stem, Some(suffix)));
        let dotted = suffix.map_or_else(String::new, |suffix| format!(".{suffix}"));
        self.path.with_file_name(format!("{stem}-{month}{dotted}"))
    }
}

/// Writes a log to one file or one per month.
#[derive(Debug)]
pub struct LogWriter {
    output: Output,
    open: Option<(Month, LogFile)>,
    done: Vec<PathBuf>,
}

impl LogWriter {
    /// Touches nothing before the first row.
    pub const fn new(output: Output) -> Self {
        Self {
            output,
            open: None,
            done: Vec::new(),
        }
    }

    /// Completes the last file; the files in the order in which they were written. A log without
    /// a single row still gives one file, with `month` in its name if the log is split.
    pub fn finish(mut self, month: Month) -> Result<Vec<PathBuf>, SimulateError> {
        if self.open.is_none() && self.done.is_empty() {
            self.open = Some((month, LogFile::create(&self.output, month)?));
        }
        self.close()?;
        Ok(self.done)
    }

    fn close(&mut self) -> Result<(), SimulateError> {
        if let Some((_, file)) = self.open.take() {
            self.done.push(file.finish()?);
        }
        Ok(())
    }
}

impl RowSink for LogWriter {
    fn write(&mut self, row: &Row) -> Result<(), SimulateError> {
        let month = row.month().unwrap_or(Month::of(jiff::civil::Date::MIN));
        // Rows come in time order, so a month that has been left does not come back; where the
        // clock goes back over a month's end, that hour stays in the file that is open.
        let is_next = self
            .open
            .as_ref()
            .is_none_or(|(open, _)| self.output.split == Split::Month && month > *open);
        if is_next {
            self.close()?;
            self.open = Some((month, LogFile::create(&self.output, month)?));
        }
        match &mut self.open {
            Some((_, file)) => file.write(row),
            None => Ok(()),
        }
    }
}

/// A file under its temporary name.
#[derive(Debug)]
struct LogFile {
    path: PathBuf,
    partial: PathBuf,
    body: Body,
}

enum Body {
    Csv(Box<Encoder>),
    Parquet(Box<ParquetLog>),
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Csv(_) => "Csv",
            Self::Parquet(_) => "Parquet",
        })
    }
}

/// Large enough that packing and writing are called rarely.
const BUFFER_BYTES: usize = 1 << 18;

enum Encoder {
    Plain(BufWriter<File>),
    Gzip(BufWriter<GzEncoder<File>>),
    Zstd(BufWriter<zstd::Encoder<'static, File>>),
    Standard(BufWriter<io::Stdout>),
}

impl LogFile {
    fn create(output: &Output, month: Month) -> Result<Self, SimulateError> {
        let path = output.path_of(month);
        let mut partial = path.clone().into_os_string();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let failed = |source| SimulateError::Output {
            path: path.clone(),
            source,
        };
        let body = if path == Path::new("-") {
            let standard = BufWriter::with_capacity(BUFFER_BYTES, io::stdout());
            Body::Csv(Box::new(Encoder::Standard(standard)))
        } else {
            let file = File::create(&partial).map_err(failed)?;
            match output.format {
                Format::Csv => Body::Csv(Box::new(Encoder::new(file, output).map_err(failed)?)),
                Format::Parquet => {
                    Body::Parquet(Box::new(ParquetLog::new(file, output.level).map_err(
                        |source| SimulateError::Parquet {
                            path: path.clone(),
                            source,
                        },
                    )?))
                }
            }
        };
        let mut file = Self {
            path,
            partial,
            body,
        };
        if let Body::Csv(encoder) = &mut file.body {
            let mut header = COLUMNS.join(",");
            header.push('\n');
            encoder
                .writer()
                .write_all(header.as_bytes())
                .map_err(|source| file.failed(source))?;
        }
        Ok(file)
    }

    fn failed(&self, source: io::Error) -> SimulateError {
        SimulateError::Output {
            path: self.path.clone(),
            source,
        }
    }

    fn write(&mut self, row: &Row) -> Result<(), SimulateError> {
        let result = match &mut self.body {
            Body::Csv(encoder) => encoder.write_line(row),
            Body::Parquet(log) => {
                return log.write(row).map_err(|source| SimulateError::Parquet {
                    path: self.path.clone(),
                    source,
                });
            }
        };
        result.map_err(|source| self.failed(source))
    }

    fn finish(self) -> Result<PathBuf, SimulateError> {
        let Self {
            path,
            partial,
            body,
        } = self;
        let failed = |source| SimulateError::Output {
            path: path.clone(),
            source,
        };
        match body {
            Body::Csv(encoder) => encoder.finish().map_err(failed)?,
            Body::Parquet(log) => log.finish().map_err(|source| SimulateError::Parquet {
                path: path.clone(),
                source,
            })?,
        }
        if path != Path::new("-") {
            std::fs::rename(&partial, &path).map_err(failed)?;
        }
        Ok(path)
    }
}

fn write_line(writer: &mut impl Write, row: &Row) -> io::Result<()> {
    writer.write_all(row.line())?;
    writer.write_all(b"\n")
}

impl Encoder {
    fn new(file: File, output: &Output) -> io::Result<Self> {
        Ok(match output.compression {
            Compression::None => Self::Plain(BufWriter::with_capacity(BUFFER_BYTES, file)),
            Compression::Gzip => {
                let level = flate2::Compression::new(output.level.unwrap_or(6).min(9));
                Self::Gzip(BufWriter::with_capacity(
                    BUFFER_BYTES,
                    GzEncoder::new(file, level),
                ))
            }
            Compression::Zstd => {
                let level = i32::try_from(output.level.unwrap_or(3).clamp(1, 22)).unwrap_or(3);
                let mut encoder = zstd::Encoder::new(file, level)?;
                encoder.include_checksum(true)?;
                Self::Zstd(BufWriter::with_capacity(BUFFER_BYTES, encoder))
            }
        })
    }

    fn write_line(&mut self, row: &Row) -> io::Result<()> {
        match self {
            Self::Plain(writer) => write_line(writer, row),
            Self::Gzip(writer) => write_line(writer, row),
            Self::Zstd(writer) => write_line(writer, row),
            Self::Standard(writer) => write_line(writer, row),
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(writer) => writer,
            Self::Gzip(writer) => writer,
            Self::Zstd(writer) => writer,
            Self::Standard(writer) => writer,
        }
    }

    fn finish(self) -> io::Result<()> {
        let file = match self {
            Self::Plain(writer) => writer.into_inner()?,
            Self::Gzip(writer) => writer.into_inner()?.finish()?,
            Self::Zstd(writer) => writer.into_inner()?.finish()?,
            Self::Standard(mut writer) => return writer.flush(),
        };
        file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_stands_before_the_first_dot_of_the_name() {
        let mut output = Output::from_path(PathBuf::from("data.d/clearance.csv.zst"));
        assert_eq!(
            (output.format, output.compression),
            (Format::Csv, Compression::Zstd)
        );
        let month = Month::new(2024, 3).unwrap();
        assert_eq!(
            output.path_of(month),
            PathBuf::from("data.d/clearance.csv.zst")
        );
        output.split = Split::Month;
        assert_eq!(
            output.path_of(month),
            PathBuf::from("data.d/clearance-2024-03.csv.zst")
        );
        output.path = PathBuf::from("log");
        assert_eq!(output.path_of(month), PathBuf::from("log-2024-03"));
    }
}
