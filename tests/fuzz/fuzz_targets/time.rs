#![no_main]

use clearway_fuzz::ingest::{TimeFormat, TimeReader};
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

// The first line is a format, the second a time in it, in a zone whose clocks change.
fuzz_target!(|text: &str| {
    let (format, time) = text.split_once('\n').unwrap_or(("%d.%m.%Y %H:%M", text));
    let format = TimeFormat::parse(format, None).ok();
    let zone = TimeZone::get("Europe/Rome").expect("it is in the bundled database");
    let mut reader = TimeReader::new(format.as_slice(), &zone);
    let first = reader.read(time);
    assert_eq!(
        first,
        reader.read(time),
        "the reader remembers something wrong"
    );
});
