use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::ingest::columns::{AttributeColumn, Sparse};
use crate::ingest::read::lines::RECORD_BYTES_MAX;
use crate::ingest::row::{Limits, OwnColumns};
use crate::project::{Mapping, Rates};

const COMMA: Dialect = Dialect {
    delimiter: b',',
    quote: Some(b'"'),
    escape: None,
};

fn opened(text: &str, reading: &Reading) -> (Vec<String>, LineBlocks, Dialect) {
    let bytes = std::io::Cursor::new(text.as_bytes().to_vec());
    let path = Path::new("x.csv");
    let text = EncodedText::of(Box::new(bytes), reading.encoding).unwrap();
    let mut blocks = LineBlocks::of(text, path);
    skip_lines(&mut blocks, reading.skip_lines).unwrap();
    let dialect = Dialect::of(reading, blocks.start(), &[]);
    let header = header(&mut blocks, dialect, path, "UTF-8").unwrap();
    (header, blocks, dialect)
}

#[test]
fn a_line_end_inside_quotes_ends_no_record() {
    for (text, end) in [
        ("a,b\nc,d\ne", Some(8)),
        ("a,\"x\ny\"\nb,\"z\n", Some(8)),
        ("a,5\" pipe\nb\n", Some(12)),
        ("\"say \"\"hi\"\"\n\"\nx", Some(14)),
        ("no end", None),
        ("\"open\n", None),
        ("old\rmac\rx", Some(8)),
    ] {
        assert_eq!(last_record_end(text.as_bytes(), COMMA), end, "{text:?}");
    }
    let none = Dialect {
        quote: None,
        ..COMMA
    };
    assert_eq!(last_record_end(b"\"open\n", none), Some(6));
    let escape = Dialect {
        escape: Some(b'\\'),
        ..COMMA
    };
    let text = b"\"a\\\"\n\",b\nc";
    assert_eq!(last_record_end(text, escape), Some(9));
    assert_eq!(last_record_end(text, COMMA), Some(5));
}

#[test]
fn blocks_join_to_the_whole_file_and_know_their_lines() {
    let mut text = String::from("\u{feff}Report of March\n\nid,text\n");
    let rows: Vec<String> = (0..200_000)
        .map(|row| format!("{row},\"two\nlines\"\n"))
        .collect();
    text.push_str(&rows.concat());
    let reading = Reading {
        skip_lines: 2,
        ..Reading::default()
    };
    let (header, mut blocks, dialect) = opened(&text, &reading);
    assert_eq!(header, ["id", "text"]);
    let (mut joined, mut line, mut count) = (Vec::new(), 4, 0);
    let end = |bytes: &[u8]| last_record_end(bytes, dialect);
    while let Some(block) = blocks.next(&end).unwrap() {
        assert_eq!(block.first_line, line);
        line += memchr_iter(b'\n', &block.bytes).count() as u64;
        joined.extend_from_slice(&block.bytes);
        count += 1;
    }
    assert!(count > 2);
    assert!(joined == rows.concat().as_bytes());
}

#[test]
fn a_block_is_known_to_have_no_quote_where_it_has_none() {
    let long = "x".repeat(3 << 20);
    let rows = "1,2\n".repeat(1 << 20);
    for (text, plain) in [
        ("1,2\n3,4".to_owned(), [true].as_slice()),
        ("1,\"2\"\n3,4".to_owned(), &[false]),
        // Of the first megabytes of a record without an end nothing follows for the rest.
        (format!("1,{long}\n3,\"{long}\""), &[true, false]),
        (format!("{rows}3,\"{long}\""), &[true, false]),
    ] {
        let text = format!("a,b\n{text}");
        let (header, blocks, dialect) = opened(&text, &Reading::default());
        let mut source = CsvSource {
            blocks,
            dialect,
            width: header.len(),
            path: PathBuf::from("x.csv"),
        };
        let mut found = Vec::new();
        while let Some(block) = source.next().unwrap() {
            let quoted = block.lines.bytes.contains(&b'"');
            assert_eq!(block.is_plain(), !quoted);
            found.push(!quoted);
        }
        found.dedup();
        assert_eq!(found, plain);
    }
}

#[test]
fn a_quote_that_is_never_closed_is_an_error_with_its_line() {
    let text = format!("a,b\n1,2\n3,\"{}", "x\n".repeat(RECORD_BYTES_MAX));
    let (_, mut blocks, dialect) = opened(&text, &Reading::default());
    let error = loop {
        match blocks.next(&|bytes| last_record_end(bytes, dialect)) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no error"),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("starts on line 3"), "{error}");
}

#[test]
fn skipping_more_lines_than_there_are_leaves_nothing() {
    let reading = Reading {
        skip_lines: 9,
        ..Reading::default()
    };
    assert!(opened("a\nb\n", &reading).0.is_empty());
}

/// Attributes in another order than columns, one column for two of them, and all that makes one.
const MAPPING: &str = r#"
    layout = "events"
    timestamp_formats = ["%d.%m.%Y %H:%M"]
    [columns]
    declaration_id = "id"
    activity = "what"
    timestamp = "when"
    item = "item"
    currency = "currency"
    [activities]
    "a" = "registered"
    [attributes]
    finding = "found"
    trader = { expr = "office || '-' || lane" }
    office = "office"
    lane = "lane"
    net_mass_kg = "mass"
    region = "office"
    source = { value = "x" }
    [codes.lane]
    "1" = "green"
    [amounts]
    paid = "paid"
    assessed = { expr = "paid * 2" }
"#;

/// The columns of the blocks.
const HEADER: [&str; 11] = [
    "id", "what", "when", "office", "lane", "found", "mass", "paid", "item", "currency", "more",
];

fn limits(rates: &Rates) -> Limits<'_> {
    static ZONE: TimeZone = TimeZone::UTC;
    Limits {
        not_after_us: i64::MAX,
        currency: "UZS",
        rates,
        zone: &ZONE,
    }
}

proptest! {
    /// What reads plain blocks and what reads all others make the same of every row, refused ones included: in one block after
    /// the other, with rows that repeat others in their block and in the ones before, wherever number and time stand.
    #[test]
    fn a_plain_block_gives_what_the_parser_makes_of_it(
        rows in proptest::collection::vec(
            [
                "(A1|A2||x\u{1})", "(a|b|)", "(05\\.01\\.2024 10:3[0-2]|06\\.01\\.2024 10:30|2024|)", "(10|20| |)",
                "(1|9|)", "(1|0|no|)", "(1\\.5|7|abc|)", "(100|0\\.000001|1,)", "(|2)", "(UZS|USD|EUR|)", "(|y)",
            ],
            1..12,
        ),
        blocks in proptest::collection::vec(
            proptest::collection::vec((any::<prop::sample::Index>(), "(A1|A3)", "0[67]\\.01\\.2024 11:00"), 0..80),
            1..4,
        ),
        turned in 0..11_usize,
        ends in any::<bool>(),
    ) {
        let mut header = HEADER;
        header.rotate_left(turned);
        let mapping = Mapping::parse(Path::new("m.toml"), MAPPING, &TimeZone::UTC).unwrap();
        let rates = "date,currency,rate\n2024-01-01,USD,2\n2024-01-07,USD,3\n";
        let rates = Rates::parse(Path::new("rates.csv"), rates).unwrap();
        let limits = limits(&rates);
        let header = header.map(str::to_owned);
        let mut plainly = RowReader::new(&mapping, limits.clone(), &header, "x.csv").unwrap();
        prop_assert!(plainly.own_columns().is_some());
        for block in blocks {
            // Some rows as they are, others with a number and a time of their own.
            let lines: Vec<String> = block
                .iter()
                .map(|(at, id, time)| {
                    let mut fields = rows[at.index(rows.len())].clone();
                    if at.index(2) == 0 {
                        (fields[0], fields[2]) = (id.clone(), time.clone());
                    }
                    fields.rotate_left(turned);
                    fields.join(",")
                })
                .collect();
            let end = if ends && !lines.is_empty() { "\n" } else { "" };
            let block = CsvBlock {
                lines: Lines::of((lines.join("\n") + end).as_bytes(), 2),
                dialect: COMMA,
                width: header.len(),
                unquoted: false,
            };
            prop_assert!(block.is_plain());
            let plain = block.read_plain(&mut plainly);
            let mut anew = RowReader::new(&mapping, limits.clone(), &header, "x.csv").unwrap();
            let parsed = block.read_parsed(&mut anew);
            prop_assert_eq!(spelled(&plain), spelled(&parsed));
            prop_assert_eq!(plainly.take_zones(), anew.take_zones());
        }
    }
}

/// All that an outcome says, without the codes and the details that it says it in.
fn spelled(outcome: &Outcome) -> (Vec<String>, String) {
    let events = &outcome.events;
    let rows = (0..events.len()).map(|row| {
        let event = events.own[row];
        let item = events.item.codes.get(row);
        let texts = [
            events.declaration_id.value(event.declaration),
            item.and_then(|code| events.item.value(*code)),
            events.activity.value(event.activity),
        ];
        let detail = event.detail;
        let attributes: Vec<String> = events
            .attributes
            .iter()
            .map(|column| match column {
                AttributeColumn::Text(texts) => {
                    let code = value_of(&texts.codes, detail);
                    format!("{:?}", code.and_then(|code| texts.value(code)))
                }
                AttributeColumn::Bool(bools) => format!("{:?}", value_of(bools, detail)),
                AttributeColumn::Number(numbers) => format!("{:?}", value_of(numbers, detail)),
            })
            .collect();
        let amounts = events.amounts.iter().map(|column| value_of(column, detail));
        format!(
            "{texts:?} {} {} {} {} {} {attributes:?} {:?}",
            event.milestone,
            event.at,
            event.line,
            event.row_hash,
            event.head,
            amounts.collect::<Vec<_>>(),
        )
    });
    let Outcome {
        rejects,
        read,
        filtered,
        unmapped,
        assumed,
        ..
    } = outcome;
    let others = format!("{rejects:?} {read} {filtered} {unmapped:?} {assumed:?}");
    (rows.collect(), others)
}

/// The value of details.
fn value_of<T: Copy>(column: &Sparse<T>, detail: u32) -> Option<T> {
    let mut values = column.values.iter().filter(|(of, _)| *of == detail);
    let value = values.next().map(|(_, value)| *value);
    assert!(values.next().is_none(), "details with two values");
    value
}

/// Whatever else is read from the columns of number and time has to be read from every row.
#[test]
fn rows_repeat_only_where_number_and_time_are_read_for_nothing_else() {
    let rates = Rates::default();
    let limits = limits(&rates);
    let header = HEADER.map(str::to_owned);
    let own = |mapping: &str| {
        let mapping = Mapping::parse(Path::new("m.toml"), mapping, &TimeZone::UTC).unwrap();
        let reader = RowReader::new(&mapping, limits.clone(), &header, "x.csv").unwrap();
        reader.own_columns()
    };
    assert_eq!(own(MAPPING), Some(OwnColumns { id: 0, time: 2 }));
    for (from, to) in [
        ("region = \"office\"", "region = \"id\""),
        ("office || '-' || lane", "office || '-' || id"),
        ("paid * 2", "id * 2"),
        ("item = \"item\"", "event_id = \"more\""),
        ("item = \"item\"", "item = \"when\""),
    ] {
        let mapping = MAPPING.replace(from, to);
        assert_ne!(mapping, MAPPING);
        assert_eq!(own(&mapping), None, "{to}");
    }
    let filtered = format!("where = \"id <> ''\"\n{MAPPING}");
    assert_eq!(own(&filtered), None);
}

/// A row with too many fields is refused before it is read. It may have been worth remembering; the row that is read next, in
/// a block that is not UTF-8 and is read without looking at what repeats, is another one.
#[test]
fn a_row_of_another_block_is_not_taken_for_one_that_was_refused() {
    let mapping = Mapping::parse(Path::new("m.toml"), MAPPING, &TimeZone::UTC).unwrap();
    let rates = Rates::default();
    let limits = limits(&rates);
    let header = HEADER.map(str::to_owned);
    let mut reader = RowReader::new(&mapping, limits, &header, "x.csv").unwrap();
    let wide = b"A1,a,05.01.2024 10:30,10,1,1,7,,,,,too many\n";
    let row = b"A1,a,05.01.2024 10:30,10,1,1,7,,,,\n";
    let broken = b"A1,a,05.01.2024 10:30,\xff,1,1,7,,,,\n";
    let blocks: [(&[&[u8]], usize); 3] = [(&[wide, wide], 0), (&[row, broken], 1), (&[wide], 0)];
    for (rows, taken) in blocks {
        let block = CsvBlock {
            lines: Lines::of(&rows.concat(), 2),
            dialect: COMMA,
            width: header.len(),
            unquoted: false,
        };
        let outcome = block.read(&mut reader);
        assert_eq!(outcome.events.len(), taken);
        assert_eq!(outcome.rejects.len(), rows.len() - taken);
    }
}
