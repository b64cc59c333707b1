//! Records of a block in which every delimiter separates fields and every line feed records.
//!
//! Most fields of a log are empty: a row has thirty columns and says something in ten. So the columns that are not
//! empty are noted while a record is cut; whoever reads the row need not look at the others.

use wide::u8x16;

use super::super::row::{Outline, OwnColumns, Row};

/// How many bytes are looked at together.
const CHUNK: usize = u64::BITS as usize;

/// A bit for each byte that is `byte`, from the lowest on.
#[inline]
fn places_of(byte: u8, bytes: &[u8; CHUNK]) -> u64 {
    let (parts, _) = bytes.as_chunks();
    let places = parts.iter().rev().map(|part| {
        let found = u8x16::new(*part).simd_eq(u8x16::splat(byte));
        u64::from(found.to_bitmask())
    });
    places.fold(0, |places, found| places << 16 | found)
}

/// How many bits are set below a place: asked several times of the same bits, where counting all each time would
/// cost more (not every machine that the program is for counts them in one step).
#[derive(Clone, Copy, Default)]
struct Ranks {
    bits: u64,
    /// By byte how many bits are set in it and below it.
    up_to: u64,
}

impl Ranks {
    const fn of(bits: u64) -> Self {
        const PAIRS: u64 = 0x5555_5555_5555_5555;
        const FOURS: u64 = 0x3333_3333_3333_3333;
        const BYTES: u64 = 0x0f0f_0f0f_0f0f_0f0f;
        let pairs = bits - (bits >> 1 & PAIRS);
        let fours = (pairs & FOURS) + (pairs >> 2 & FOURS);
        let bytes = (fours + (fours >> 4)) & BYTES;
        Self {
            bits,
            // A product whose every byte is the sum of all bytes up to it.
            up_to: bytes.wrapping_mul(0x0101_0101_0101_0101),
        }
    }

    /// How many are set below a place, which is one of the bits.
    #[inline]
    fn below(self, place: u32) -> usize {
        let first = place & !7;
        // Both parts of a shift, for the first byte has none before it.
        let [before, ..] = (self.up_to << 8 >> first).to_le_bytes();
        let [own, ..] = (self.bits >> first).to_le_bytes();
        let own = own & ((1 << (place & 7)) - 1);
        usize::from(before) + own.count_ones() as usize
    }

    /// How many are set.
    const fn all(self) -> usize {
        (self.up_to >> 56) as usize
    }
}

/// Delimiters and line feeds of the bytes from a place on.
struct Separators {
    delimiters: u64,
    /// Where the bytes end without a line feed one is thought behind them.
    line_feeds: u64,
}

impl Separators {
    #[inline]
    fn of(bytes: &[u8], from: usize, delimiter: u8) -> Self {
        let rest = bytes.get(from..).unwrap_or_default();
        let Some(chunk) = rest.first_chunk() else {
            return Self::of_last(bytes, rest, delimiter);
        };
        Self {
            delimiters: places_of(delimiter, chunk),
            line_feeds: places_of(b'\n', chunk),
        }
    }

    /// Of the last bytes, which fill no chunk.
    #[cold]
    fn of_last(bytes: &[u8], rest: &[u8], delimiter: u8) -> Self {
        let mut chunk = [0; CHUNK];
        if let Some(start) = chunk.get_mut(..rest.len()) {
            start.copy_from_slice(rest);
        }
        let is_there = (1 << rest.len()) - 1;
        let places = |byte| places_of(byte, &chunk) & is_there;
        // The last record of a block may have no line feed: it ends behind its last byte.
        let end = u64::from(bytes.last() != Some(&b'\n')) << rest.len();
        Self {
            delimiters: places(delimiter),
            line_feeds: places(b'\n') | end,
        }
    }
}

/// The separators of one record, one after the other.
struct RecordSeparators<'b> {
    bytes: &'b [u8],
    delimiter: u8,
    /// Where the chunk under way begins.
    chunk: usize,
    /// Those of the chunk that have not been passed.
    left: Separators,
}

impl<'b> RecordSeparators<'b> {
    #[inline]
    fn of(bytes: &'b [u8], delimiter: u8, start: usize) -> Self {
        Self {
            bytes,
            delimiter,
            chunk: start,
            left: Separators::of(bytes, start, delimiter),
        }
    }

    fn look(&mut self) {
        self.chunk += CHUNK;
        self.left = Separators::of(self.bytes, self.chunk, self.delimiter);
    }

    /// The place of the next delimiter behind `others`; `None` where the record has none.
    #[inline]
    fn delimiter(&mut self, mut others: usize) -> Option<usize> {
        loop {
            let Separators {
                delimiters,
                line_feeds,
            } = &mut self.left;
            // Those before the first line feed: of none, all.
            let own = (*line_feeds & line_feeds.wrapping_neg()).wrapping_sub(1);
            *delimiters &= own;
            while *delimiters != 0 {
                let place = delimiters.trailing_zeros();
                *delimiters &= *delimiters - 1;
                if others == 0 {
                    return Some(self.chunk + place as usize);
                }
                others -= 1;
            }
            if *line_feeds != 0 {
                return None;
            }
            self.look();
        }
    }

    /// The place of the line feed that ends the record.
    #[inline]
    fn end(mut self) -> usize {
        while self.left.line_feeds == 0 {
            self.look();
        }
        self.chunk + self.left.line_feeds.trailing_zeros() as usize
    }
}

/// Finds the own fields of the record that begins at a place, and where it ends without its line feed; `None` where it
/// has too few, or there is no record.
#[inline]
pub(super) fn outline(
    text: &str,
    start: usize,
    delimiter: u8,
    own: OwnColumns,
) -> Option<(Outline<'_>, usize)> {
    let bytes = text.as_bytes();
    if start >= bytes.len() {
        return None;
    }
    let [first, second] = [own.id.min(own.time), own.id.max(own.time)];
    let mut separators = RecordSeparators::of(bytes, delimiter, start);
    let one = match first.checked_sub(1) {
        Some(before) => separators.delimiter(before)? + 1,
        None => start,
    };
    let one = (one, separators.delimiter(0)?);
    let two = match (second - first).checked_sub(2) {
        Some(between) => separators.delimiter(between)? + 1,
        None => one.1 + 1,
    };
    let behind_two = separators.delimiter(0);
    let end = separators.end();
    let two = (two, behind_two.unwrap_or(end));
    let [id, time] = if own.id == first {
        [one, two]
    } else {
        [two, one]
    };
    let outline = Outline {
        id: text.get(id.0..id.1)?,
        time: text.get(time.0..time.1)?,
        around: [
            bytes.get(start..one.0)?,
            bytes.get(one.1..two.0)?,
            bytes.get(two.1..end)?,
        ],
    };
    Some((outline, end))
}

/// A record that has been cut into fields.
#[derive(Debug)]
pub(super) struct Cut {
    /// By column where its field begins and ends in the block; the same place twice where it is empty.
    fields: Vec<(usize, usize)>,
    /// The columns whose fields are not empty.
    filled: Vec<usize>,
    /// How many fields the record has.
    count: usize,
}

impl Cut {
    /// No record yet. Of a record that has more than `width` fields the others are counted alone.
    pub(super) fn of_width(width: usize) -> Self {
        Self {
            fields: vec![(0, 0); width],
            filled: Vec::with_capacity(width),
            count: 0,
        }
    }

    /// How many fields the record has.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    fn clear(&mut self) {
        for column in self.filled.drain(..) {
            if let Some(field) = self.fields.get_mut(column) {
                *field = (0, 0);
            }
        }
    }

    #[inline]
    fn push(&mut self, column: usize, field: (usize, usize)) {
        if let Some(slot) = self.fields.get_mut(column) {
            *slot = field;
            self.filled.push(column);
        }
    }
}

/// The records of a block.
pub(super) struct Records<'b> {
    bytes: &'b [u8],
    delimiter: u8,
    /// Where the next record begins.
    at: usize,
    /// Where the chunk under way begins; before the first one it is the end of none.
    chunk: usize,
    /// The end of the chunk.
    chunk_end: usize,
    /// The delimiters and line feeds of the chunk.
    separators: Ranks,
    /// How many of them end fields of earlier records.
    passed: usize,
    /// Those that have not been passed and at which something is to be done: the ends of fields that are not empty,
    /// and line feeds.
    stops: u64,
    line_feeds: u64,
    /// Whether the byte before the chunk separates fields or records.
    after_separator: bool,
}

impl<'b> Records<'b> {
    pub(super) fn of(bytes: &'b [u8], delimiter: u8) -> Self {
        Self {
            bytes,
            delimiter,
            at: 0,
            chunk: 0,
            chunk_end: 0,
            separators: Ranks::default(),
            passed: 0,
            stops: 0,
            line_feeds: 0,
            after_separator: true,
        }
    }

    /// Goes on with the record that begins at a place behind all that have been cut.
    pub(super) fn pass_to(&mut self, start: usize) {
        if start != self.at {
            (self.at, self.chunk_end) = (start, start);
            (self.separators, self.passed) = (Ranks::default(), 0);
            self.stops = 0;
            self.after_separator = true;
        }
    }

    /// Looks at the next bytes.
    fn look(&mut self) {
        self.chunk = self.chunk_end;
        self.chunk_end = self.chunk + CHUNK;
        let Separators {
            delimiters,
            line_feeds,
        } = Separators::of(self.bytes, self.chunk, self.delimiter);
        let separators = delimiters | line_feeds;
        let behind_separator = separators << 1 | u64::from(self.after_separator);
        self.after_separator = separators >> (CHUNK - 1) == 1;
        self.separators = Ranks::of(separators);
        self.passed = 0;
        self.line_feeds = line_feeds;
        self.stops = separators & !behind_separator | line_feeds;
    }

    /// Behind the last of some separators of the chunk; `otherwise` where there is none.
    #[inline]
    const fn behind(&self, separators: u64, otherwise: usize) -> usize {
        if separators == 0 {
            return otherwise;
        }
        self.chunk_end - separators.leading_zeros() as usize
    }

    /// Cuts the next record: where it begins, and where it ends without its line feed. `None` when there is none.
    #[inline]
    pub(super) fn next(&mut self, cut: &mut Cut) -> Option<(usize, usize)> {
        cut.clear();
        let start = self.at;
        if start >= self.bytes.len() {
            return None;
        }
        // Where the field under way begins, as far as no separator of the chunk says so.
        let mut from = start;
        // Fields that ended in chunks before.
        let mut earlier = 0;
        loop {
            while self.stops == 0 {
                earlier += self.separators.all() - self.passed;
                from = self.behind(self.separators.bits, from);
                self.look();
            }
            let place = self.stops.trailing_zeros();
            let stop = 1_u64 << place;
            self.stops &= self.stops - 1;
            let rank = self.separators.below(place);
            let column = earlier + rank - self.passed;
            let begin = self.behind(self.separators.bits & (stop - 1), from);
            let end = self.chunk + place as usize;
            if end > begin {
                cut.push(column, (begin, end));
            }
            if self.line_feeds & stop != 0 {
                self.passed = rank + 1;
                self.at = end + 1;
                cut.count = column + 1;
                return Some((start, end));
            }
        }
    }
}

/// A record of which each field is what stands between two separators.
pub(super) struct PlainRow<'b> {
    /// Some text of the block that holds the record.
    pub(super) text: &'b str,
    /// Where that text begins in the block.
    pub(super) offset: usize,
    pub(super) cut: &'b Cut,
}

impl Row for PlainRow<'_> {
    #[inline]
    fn field(&self, at: usize) -> &str {
        match self.cut.fields.get(at) {
            Some((from, to)) if to > from => {
                let field = from - self.offset..to - self.offset;
                self.text.get(field).unwrap_or_default()
            }
            _ => "",
        }
    }

    #[inline]
    fn is_empty(&self, at: usize) -> bool {
        self.cut.fields.get(at).is_none_or(|(from, to)| from == to)
    }

    fn filled(&self) -> Option<&[usize]> {
        Some(&self.cut.filled)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn records_end_at_line_feeds_and_fields_at_delimiters(
            bytes in proptest::collection::vec(prop::sample::select(&b";\n\x3ba \x0b:\0;"[..]), 0..300),
            width in prop_oneof![Just(300_usize), 0..8_usize],
        ) {
            let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            // What stands behind the last line feed is a record where there is something.
            lines.pop_if(|last| last.is_empty());
            let text = std::str::from_utf8(&bytes).unwrap();
            let (mut records, mut cut) = (Records::of(&bytes, b';'), Cut::of_width(width));
            for line in lines {
                let (start, end) = records.next(&mut cut).unwrap();
                prop_assert_eq!(&bytes[start..end], line);
                let wanted: Vec<&[u8]> = line.split(|byte| *byte == b';').collect();
                prop_assert_eq!(cut.count(), wanted.len());
                // Of the whole block, or of the record alone.
                for (text, offset) in [(text, 0), (&text[start..end], start)] {
                    let row = PlainRow { text, offset, cut: &cut };
                    // What is wider than the header is counted, to be refused, and not kept.
                    let kept = wanted.len().min(width);
                    let filled = (0..kept).filter(|at| !wanted[*at].is_empty());
                    prop_assert_eq!(row.filled().unwrap(), filled.collect::<Vec<_>>());
                    for (at, wanted) in wanted.iter().take(kept).enumerate() {
                        prop_assert_eq!(row.field(at).as_bytes(), *wanted);
                        prop_assert_eq!(row.is_empty(at), wanted.is_empty());
                    }
                    prop_assert!(row.field(wanted.len()).is_empty() && row.is_empty(wanted.len()));
                }
            }
            prop_assert!(records.next(&mut cut).is_none());
        }

        #[test]
        fn own_fields_are_found_with_all_that_stands_around_them(
            text in "[;\\nab]{0,200}",
            own in [0..4_usize, 0..4_usize].prop_filter("two columns", |[id, time]| id != time),
        ) {
            let [id, time] = own;
            let mut start = 0;
            for line in text.split('\n') {
                let found = outline(&text, start, b';', OwnColumns { id, time });
                let fields: Vec<&str> = line.split(';').collect();
                if start == text.len() || fields.len() <= id.max(time) {
                    prop_assert!(found.is_none());
                } else {
                    let (outline, end) = found.unwrap();
                    prop_assert_eq!(end, start + line.len());
                    prop_assert_eq!((outline.id, outline.time), (fields[id], fields[time]));
                    let around = outline.around.map(|part| std::str::from_utf8(part).unwrap());
                    let mut own = [outline.id, outline.time];
                    if id > time {
                        own.reverse();
                    }
                    let whole = [around[0], own[0], around[1], own[1], around[2]].concat();
                    prop_assert_eq!(whole, line);
                }
                start += line.len() + 1;
            }
        }

        #[test]
        fn ranks_count_the_bits_below(bits in prop_oneof![any::<u64>(), Just(0), Just(u64::MAX)]) {
            let ranks = Ranks::of(bits);
            prop_assert_eq!(ranks.all(), bits.count_ones() as usize);
            for place in (0..u64::BITS).filter(|place| bits >> place & 1 == 1) {
                let below = bits & ((1 << place) - 1);
                prop_assert_eq!(ranks.below(place), below.count_ones() as usize);
            }
        }

        #[test]
        fn places_are_those_of_the_byte(
            bytes in proptest::collection::vec(prop::sample::select(&b";\n\x8a\x3ba\xbb\x0b:\0"[..]), CHUNK),
        ) {
            let bytes: [u8; CHUNK] = bytes.try_into().unwrap();
            for byte in [b';', b'\n', 0, 0xbb] {
                let wanted = (0..CHUNK).filter(|at| bytes[*at] == byte);
                let wanted = wanted.fold(0, |places, at| places | 1 << at);
                prop_assert_eq!(places_of(byte, &bytes), wanted);
            }
        }
    }
}
