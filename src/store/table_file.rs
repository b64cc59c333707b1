//! A folded table in a file: its columns one after another, each an Arrow stream that is read alone, and at the
//! end a list of what is where.
//!
//! Parquet takes a third less of the disk, but packing a table took half as long as folding it. Here only what is
//! there is written: of a column that is empty in many rows the rows that are not, and a bit for each row; counts,
//! codes and amounts in as few bytes as they need. A damaged column is found by its hash, so that it can't become
//! a figure.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, DictionaryArray, PrimitiveArray,
    RecordBatch, UInt32Array,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow::compute::{filter, take};
use arrow::datatypes::{
    DECIMAL64_MAX_PRECISION, Decimal64Type, Decimal128Type, Field, Int8Type, Int16Type, Int32Type,
    Schema,
};
use arrow::error::ArrowError;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::writer::StreamEncoder;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::error::{self, Error};
use crate::model::AMOUNT_PRECISION;

/// Bytes at the end of the file: where the list begins, and its hash.
const END_BYTES: usize = 16;
/// What stands before a stream fills a multiple of this, so that the stream's numbers are where a processor wants them.
const ALIGNMENT: usize = 64;
/// A column is written without its empty rows where at least one of so many is empty.
const OF_ROWS_EMPTY: usize = 8;

/// What a file holds.
#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    rows: usize,
    columns: Vec<Place>,
}

/// Where a column stands.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    name: String,
    /// Where it begins in the file.
    at: u64,
    /// Bytes of the bits that say which rows have a value, filled up to [`ALIGNMENT`]; 0 where the stream has
    /// every row.
    there: usize,
    /// Bytes of it all.
    bytes: usize,
    /// XXH3 of these.
    hash: u64,
}

/// Writes a table.
pub(super) fn write(file: File, table: &RecordBatch) -> Result<(), ArrowError> {
    let mut file = BufWriter::new(file);
    let mut contents = Contents {
        rows: table.num_rows(),
        columns: Vec::with_capacity(table.num_columns()),
    };
    let mut at = 0;
    for (field, array) in table.schema().fields().iter().zip(table.columns()) {
        let mut place = Place {
            name: field.name().clone(),
            at,
            there: 0,
            bytes: 0,
            hash: 0,
        };
        let mut hash = Xxh3::new();
        let mut put = |bytes: &[u8]| {
            hash.update(bytes);
            place.bytes += bytes.len();
            file.write_all(bytes)
        };
        let values = match empty_rows(array) {
            None => Arc::clone(array),
            Some(nulls) => {
                let there = nulls.inner().sliced();
                put(&there)?;
                place.there = there.len().next_multiple_of(ALIGNMENT);
                put(&vec![0; place.there - there.len()])?;
                filter(array, &BooleanArray::new(nulls.inner().clone(), None))?
            }
        };
        let values = narrow(&values)?.unwrap_or(values);
        let field = Field::new(field.name(), values.data_type().clone(), true);
        let column = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![values])?;
        let mut stream = StreamEncoder::try_new(&column.schema())?;
        // With its end: without it a column of no value would not be read.
        for buffer in stream.encode(&column)?.into_iter().chain(stream.finish()?) {
            put(&buffer)?;
        }
        place.hash = hash.digest();
        at += place.bytes as u64;
        contents.columns.push(place);
    }
    let contents = serde_json::to_vec(&contents).map_err(io::Error::from)?;
    file.write_all(&contents)?;
    file.write_all(&at.to_le_bytes())?;
    file.write_all(&xxh3_64(&contents).to_le_bytes())?;
    Ok(file.flush()?)
}

/// The rows that have a value, where enough others have none.
fn empty_rows(array: &ArrayRef) -> Option<&NullBuffer> {
    let enough = |nulls: &&NullBuffer| nulls.null_count() * OF_ROWS_EMPTY >= nulls.len();
    array.nulls().filter(enough)
}

/// Counts, codes of texts or amounts in fewer bytes; `None` where they need all, or are something else.
fn narrow(array: &ArrayRef) -> Result<Option<ArrayRef>, ArrowError> {
    if let Some(counts) = array.as_primitive_opt::<Int32Type>() {
        return Ok(fitting::<_, Int8Type>(counts).map(|counts| Arc::new(counts) as ArrayRef));
    }
    if let Some(amounts) = array.as_primitive_opt::<Decimal128Type>() {
        let scale = amounts.scale();
        let short = fitting::<_, Decimal64Type>(amounts)
            .map(|short| short.with_precision_and_scale(DECIMAL64_MAX_PRECISION, scale));
        return Ok(short.transpose()?.map(|short| Arc::new(short) as ArrayRef));
    }
    let Some(texts) = array.as_dictionary_opt::<Int32Type>() else {
        return Ok(None);
    };
    let (codes, texts) = (texts.keys(), texts.values());
    if let Some(codes) = fitting::<_, Int8Type>(codes) {
        let texts = DictionaryArray::try_new(codes, Arc::clone(texts))?;
        return Ok(Some(Arc::new(texts)));
    }
    let codes = fitting::<_, Int16Type>(codes);
    let texts = codes.map(|codes| DictionaryArray::try_new(codes, Arc::clone(texts)));
    Ok(texts.transpose()?.map(|texts| Arc::new(texts) as ArrayRef))
}

/// Numbers of another type; `None` where one is too great for it.
fn fitting<T, Narrow>(numbers: &PrimitiveArray<T>) -> Option<PrimitiveArray<Narrow>>
where
    T: ArrowPrimitiveType,
    Narrow: ArrowPrimitiveType<Native: TryFrom<T::Native>>,
{
    numbers
        .try_unary(|number| Narrow::Native::try_from(number).map_err(drop))
        .ok()
}

/// A column as it is in memory. A folded table has none of the narrow types itself.
fn wide(narrow: ArrayRef) -> Result<ArrayRef, ArrowError> {
    if let Some(counts) = narrow.as_primitive_opt::<Int8Type>() {
        return Ok(Arc::new(counts.unary::<_, Int32Type>(i32::from)));
    }
    if let Some(amounts) = narrow.as_primitive_opt::<Decimal64Type>() {
        let wide = amounts.unary::<_, Decimal128Type>(i128::from);
        let wide = wide.with_precision_and_scale(AMOUNT_PRECISION, amounts.scale())?;
        return Ok(Arc::new(wide));
    }
    let (codes, texts) = match (
        narrow.as_dictionary_opt::<Int8Type>(),
        narrow.as_dictionary_opt::<Int16Type>(),
    ) {
        (Some(short), _) => (short.keys().unary(i32::from), short.values()),
        (_, Some(short)) => (short.keys().unary(i32::from), short.values()),
        _ => return Ok(narrow),
    };
    let texts = DictionaryArray::<Int32Type>::try_new(codes, Arc::clone(texts))?;
    Ok(Arc::new(texts))
}

/// A table in a file. Its columns are read one by one.
#[derive(Clone, Debug)]
pub struct StoredTable {
    path: Arc<PathBuf>,
    // Open, so that the table can be read even if a later run replaces it; held while a column is read,
    // for every handle of a file has the same position.
    file: Arc<Mutex<File>>,
    contents: Arc<Contents>,
}

impl StoredTable {
    pub(super) fn open(path: PathBuf) -> error::Result<Self> {
        let mut file = File::open(&path).map_err(|cause| Error::read(&path, &cause))?;
        let contents = contents(&mut file).map_err(|cause| Error::read(&path, &cause))?;
        Ok(Self {
            path: Arc::new(path),
            file: Arc::new(Mutex::new(file)),
            contents: Arc::new(contents),
        })
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.contents.rows
    }

    /// The names of its columns.
    pub fn column_names(&self) -> impl Iterator<Item = &str> {
        let columns = self.contents.columns.iter();
        columns.map(|column| column.name.as_str())
    }

    /// A column; `None` where the table has none of that name.
    pub fn column(&self, name: &str) -> error::Result<Option<ArrayRef>> {
        let mut columns = self.contents.columns.iter();
        let Some(place) = columns.find(|column| column.name == name) else {
            return Ok(None);
        };
        let column = self
            .bytes(place)
            .map_err(ArrowError::from)
            .and_then(|bytes| column(bytes, place, self.rows()));
        column
            .map(Some)
            .map_err(|cause| Error::read(&self.path, &cause))
    }

    fn bytes(&self, place: &Place) -> io::Result<Vec<u8>> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = read(&mut file, place.at, place.bytes)?;
        drop(file);
        if xxh3_64(&bytes) == place.hash {
            Ok(bytes)
        } else {
            Err(damaged(&format!("the column `{}`", place.name)))
        }
    }
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} is damaged"))
}

/// So many bytes from a place in a file on.
fn read(file: &mut File, at: u64, bytes: usize) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut read = Vec::with_capacity(bytes);
    file.take(bytes as u64).read_to_end(&mut read)?;
    if read.len() == bytes {
        Ok(read)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn contents(file: &mut File) -> io::Result<Contents> {
    let fault = || damaged("the list of its columns");
    let size = file.metadata()?.len();
    let end = size.checked_sub(END_BYTES as u64).ok_or_else(fault)?;
    let of_end = read(file, end, END_BYTES)?;
    let (numbers, _) = of_end.as_chunks::<8>();
    let [at, hash] = numbers else {
        return Err(fault());
    };
    let (at, hash) = (u64::from_le_bytes(*at), u64::from_le_bytes(*hash));
    let bytes = end.checked_sub(at).ok_or_else(fault)?;
    let contents = read(file, at, usize::try_from(bytes).map_err(|_| fault())?)?;
    if xxh3_64(&contents) == hash {
        Ok(serde_json::from_slice(&contents)?)
    } else {
        Err(fault())
    }
}

/// A column of so many rows from its bytes, which are whole.
fn column(bytes: Vec<u8>, place: &Place, rows: usize) -> Result<ArrayRef, ArrowError> {
    let bytes = Buffer::from_vec(bytes);
    let mut stream = bytes.slice(place.there);
    let batch = StreamDecoder::new().decode(&mut stream)?;
    let values = batch.filter(|batch| batch.num_columns() == 1);
    let values = values.map(|batch| Arc::clone(batch.column(0)));
    let fault = || ArrowError::IpcError("a stream is not of one column".to_owned());
    let values = wide(values.ok_or_else(fault)?)?;
    if place.there == 0 {
        return Ok(values);
    }
    let there = BooleanBuffer::new(bytes, 0, rows);
    let mut next = 0;
    let places = there.iter().map(|there| {
        let place = next;
        next += u32::from(there);
        place
    });
    let places = places.collect::<Vec<u32>>();
    take(
        &values,
        &UInt32Array::new(places.into(), Some(NullBuffer::new(there))),
        None,
    )
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Int32Array, StringArray, TimestampMicrosecondArray};
    use proptest::prelude::*;

    use super::*;

    fn written(table: &RecordBatch) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        write(File::create(&path).unwrap(), table).unwrap();
        (folder, path)
    }

    /// A column of every type that a folded table has, with these values.
    fn of_every_type(values: &[Option<i64>]) -> RecordBatch {
        let texts = || {
            values
                .iter()
                .map(|value| value.map(|value| value.to_string()))
        };
        let dictionary: DictionaryArray<Int32Type> = texts()
            .collect::<Vec<_>>()
            .iter()
            .map(Option::as_deref)
            .collect();
        let cubes = values
            .iter()
            .map(|value| value.map(|value| i128::from(value).pow(3)));
        let numbers = cubes.collect::<Decimal128Array>();
        let numbers = numbers
            .with_precision_and_scale(AMOUNT_PRECISION, 6)
            .unwrap();
        let short = values
            .iter()
            .map(|value| value.map(|value| i32::try_from(value).unwrap()));
        let bools = values.iter().map(|value| value.map(|value| value > 0));
        let columns: [(&str, ArrayRef); 6] = [
            ("texts", Arc::new(texts().collect::<StringArray>())),
            ("codes", Arc::new(dictionary)),
            ("numbers", Arc::new(numbers)),
            ("counts", Arc::new(short.collect::<Int32Array>())),
            ("bools", Arc::new(bools.collect::<BooleanArray>())),
            (
                "times",
                Arc::new(TimestampMicrosecondArray::from(values.to_vec()).with_timezone("UTC")),
            ),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    fn within(most: i32) -> impl Strategy<Value = i64> {
        (-most..=most).prop_map(i64::from)
    }

    proptest! {
        #[test]
        fn a_column_is_read_as_it_was_written(
            // Numbers that fit into few bytes or do not; full, nearly full, half empty, nearly empty; also from the middle of longer columns.
            (values, from) in (1_u32..=16, prop::sample::select(&[9, 999, i32::MAX][..]), 0_usize..200).prop_flat_map(|(of_16, most, rows)| (
                proptest::collection::vec(
                    proptest::option::weighted((f64::from(of_16) / 16.0).min(0.999), within(most)),
                    rows,
                ),
                0..=rows,
            )),
        ) {
            let table = of_every_type(&values);
            let table = table.slice(from, values.len() - from);
            let (_folder, path) = written(&table);
            let stored = StoredTable::open(path).unwrap();
            prop_assert_eq!(stored.rows(), table.num_rows());
            let schema = table.schema();
            let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            prop_assert_eq!(stored.column_names().collect::<Vec<_>>(), names.clone());
            for name in names {
                let column = stored.column(name).unwrap().unwrap();
                prop_assert_eq!(&column, table.column_by_name(name).unwrap());
            }
            prop_assert!(stored.column("other").unwrap().is_none());
        }
    }

    #[test]
    fn whatever_byte_is_damaged_is_noticed() {
        let table = of_every_type(&[Some(1), None, Some(3)]);
        let (_folder, path) = written(&table);
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            let mut file = File::create(&path).unwrap();
            file.write_all(&bytes).unwrap();
            let Ok(stored) = StoredTable::open(path.clone()) else {
                continue;
            };
            let schema = table.schema();
            let names = schema.fields().iter().map(|field| field.name());
            let faults = names.filter(|name| stored.column(name).is_err());
            assert_eq!(faults.count(), 1, "byte {at}");
        }
        for end in 0..whole.len() {
            let mut file = File::create(&path).unwrap();
            file.write_all(&whole[..end]).unwrap();
            assert!(StoredTable::open(path.clone()).is_err(), "{end} bytes");
        }
    }

    #[test]
    fn columns_of_one_table_are_read_side_by_side() {
        let column = |of: usize| (format!("c{of}"), of..of + 50_000);
        let array = |range: std::ops::Range<usize>| -> ArrayRef {
            let texts: Vec<String> = range.map(|n| n.to_string()).collect();
            // More codes than two bytes hold.
            let texts = texts.iter().map(String::as_str);
            Arc::new(texts.collect::<DictionaryArray<Int32Type>>())
        };
        let columns = (0..8).map(column).map(|(name, range)| (name, array(range)));
        let (_folder, path) = written(&RecordBatch::try_from_iter(columns).unwrap());
        let stored = StoredTable::open(path).unwrap();
        std::thread::scope(|scope| {
            for (name, range) in (0..8).map(column) {
                let stored = &stored;
                scope.spawn(move || {
                    for _ in 0..5 {
                        let read = stored.column(&name).unwrap().unwrap();
                        assert_eq!(&read, &array(range.clone()));
                    }
                });
            }
        });
    }
}
