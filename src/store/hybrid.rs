//! Small numbers as runs and packed groups: the *hybrid* of the Parquet format's document "Encodings".
//!
//! Definition levels and dictionary codes are written in it. A run is a number and how often it comes; a packed group is eight
//! numbers in as many bytes as each has bits. [`super::pages`] writes them, [`super::sparse`] reads them.

use std::ops::Range;

use super::pages::count;

/// Values that are packed together.
pub(super) const GROUP: usize = 8;
/// A dictionary has no more texts than a row group has rows, so that a packed group fits into 128 bits.
pub(super) const WIDTH_MAX: u32 = 16;

/// An unsigned number in groups of seven bits, the lowest first.
fn put_number(out: &mut Vec<u8>, mut number: usize) {
    loop {
        let [lowest, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return out.push(lowest);
        }
        out.push(lowest | 0x80);
    }
}

/// A value that many rows have one after the other.
pub(super) fn put_run(out: &mut Vec<u8>, length: usize, value: &[u8]) {
    put_number(out, length << 1);
    out.extend_from_slice(value);
}

/// Groups of packed values.
pub(super) fn put_packed(out: &mut Vec<u8>, groups: usize, packed: &[u8]) {
    put_number(out, groups << 1 | 1);
    out.extend_from_slice(packed);
}

/// How many bits the codes of so many texts need.
pub(super) fn width(texts: usize) -> u32 {
    usize::BITS - texts.saturating_sub(1).leading_zeros()
}

/// Codes of so many bits: a run where at least a group is alike, or all that are left (a single text has codes
/// of no bits, which can't be packed); packed groups elsewhere.
pub(super) fn put_codes(out: &mut Vec<u8>, codes: &[u32], width: u32) {
    debug_assert!(width <= WIDTH_MAX);
    let (mut packed, mut groups) = (Vec::new(), 0);
    let mut rest = codes;
    while let Some(first) = rest.first() {
        let alike = rest.iter().take_while(|code| *code == first).count();
        if alike >= GROUP || alike == rest.len() {
            if groups > 0 {
                put_packed(out, groups, &packed);
                (groups, packed) = (0, cleared(packed));
            }
            let value = first.to_le_bytes();
            put_run(
                out,
                alike,
                value.get(..width.div_ceil(8) as usize).unwrap_or_default(),
            );
            rest = rest.get(alike..).unwrap_or_default();
            continue;
        }
        // Only the last group of all may have fewer values: the reader knows how many there are.
        let (group, others) = rest.split_at(rest.len().min(GROUP));
        let places = (0_u32..).step_by(width as usize);
        let word = group
            .iter()
            .zip(places)
            .fold(0_u128, |word, (code, place)| {
                word | u128::from(*code) << place
            });
        packed.extend_from_slice(word.to_le_bytes().get(..width as usize).unwrap_or_default());
        groups += 1;
        rest = others;
    }
    if groups > 0 {
        put_packed(out, groups, &packed);
    }
}

fn cleared(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.clear();
    bytes
}

/// Part of values that are written as runs and packed groups.
enum Part<'b> {
    /// So many times the same.
    Run(usize, u32),
    /// Groups of eight, each in as many bytes as a value has bits.
    Packed(&'b [u8]),
}

/// Values of up to 32 bits, part by part. It ends with its bytes, and where they are no such parts.
struct Parts<'b> {
    bytes: &'b [u8],
    /// Bits of a value.
    width: usize,
}

impl Parts<'_> {
    /// An unsigned number in groups of seven bits, the lowest first.
    fn number(&mut self) -> Option<usize> {
        let (mut number, mut place) = (0, 0);
        loop {
            let byte = self.bytes.split_off_first()?;
            number |= usize::from(byte & 0x7f).checked_shl(place)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            place += 7;
        }
    }
}

impl<'b> Iterator for Parts<'b> {
    type Item = Part<'b>;

    fn next(&mut self) -> Option<Part<'b>> {
        let header = self.number()?;
        let length = header >> 1;
        if header & 1 == 0 {
            let bytes = self.bytes.split_off(..self.width.div_ceil(GROUP))?;
            let value = bytes
                .iter()
                .rev()
                .fold(0, |value, byte| value << 8 | u32::from(*byte));
            return Some(Part::Run(length, value));
        }
        if self.width == 0 {
            return Some(Part::Run(length.checked_mul(GROUP)?, 0));
        }
        // The last group may be cut off behind its last value.
        let all = length.checked_mul(self.width)?.min(self.bytes.len());
        self.bytes.split_off(..all).map(Part::Packed)
    }
}

/// Adds those of some rows of a page that have a value; the page's first row is `before`. Gives how many rows of the page before
/// them have one; `None` where the levels end too early.
#[inline(never)] // Within a larger function its loops are compiled to calls.
pub(super) fn rows_there(
    levels: &[u8],
    rows: Range<usize>,
    before: usize,
    there: &mut Vec<u32>,
) -> Option<usize> {
    let mut parts = Parts {
        bytes: levels,
        width: 1,
    };
    let (mut at, mut passed) = (0, 0);
    while at < rows.end {
        match parts.next()? {
            Part::Run(length, value) => {
                let end = at + length.min(rows.end - at);
                let first = rows.start.clamp(at, end);
                if value == 1 {
                    passed += first - at;
                    there.extend((before + first..before + end).map(count));
                }
                at = end;
            }
            Part::Packed(bytes) => {
                let (early, bytes) =
                    bytes.split_at(bytes.len().min((rows.start - at.min(rows.start)) / GROUP));
                passed += ones(early);
                at += early.len() * GROUP;
                // Behind the last row there may be more, in a damaged page many.
                there.reserve(ones(bytes).min(rows.end - at));
                for eight in bytes.chunks(size_of::<u64>()) {
                    let mut word = [0; size_of::<u64>()];
                    word.get_mut(..eight.len())?.copy_from_slice(eight);
                    let mut bits = u64::from_le_bytes(word);
                    if at < rows.start {
                        // Fewer than a group are left.
                        let early = bits & ((1 << (rows.start - at)) - 1);
                        passed += early.count_ones() as usize;
                        bits ^= early;
                    }
                    while bits != 0 {
                        let row = at + bits.trailing_zeros() as usize;
                        bits &= bits - 1;
                        // Behind the last row a group is filled up.
                        if row < rows.end {
                            there.push(count(before + row));
                        }
                    }
                    at += eight.len() * GROUP;
                    if at >= rows.end {
                        break;
                    }
                }
            }
        }
    }
    Some(passed)
}

/// How many bits are set.
fn ones(bytes: &[u8]) -> usize {
    bytes.iter().map(|byte| byte.count_ones() as usize).sum()
}

/// Adds some of codes of so many bits, by their positions; `None` where the codes end too early.
#[inline(never)] // As above.
pub(super) fn codes_of(
    bytes: &[u8],
    width: usize,
    positions: Range<usize>,
    codes: &mut Vec<u32>,
) -> Option<()> {
    let (mut early, end) = (positions.start, codes.len() + positions.len());
    codes.reserve(positions.len() + GROUP);
    let mut parts = Parts { bytes, width };
    while codes.len() < end {
        match parts.next()? {
            Part::Run(length, value) => {
                let passed = length.min(early);
                early -= passed;
                let length = (length - passed).min(end - codes.len());
                codes.extend(std::iter::repeat_n(value, length));
            }
            Part::Packed(bytes) => {
                let passed = (early / GROUP).min(bytes.len() / width);
                early -= passed * GROUP;
                let before = codes.len();
                let wanted = passed..passed + (early + end - before).div_ceil(GROUP);
                let last = bytes.len().min(wanted.end * width);
                let bytes = bytes.get(wanted.start * width..last)?;
                for group in bytes.chunks(width) {
                    codes.extend_from_slice(&unpacked(group, width));
                }
                // A group that was cut off has as many values as it has bits for.
                codes.truncate(before + bytes.len() * GROUP / width);
                let passed = early.min(codes.len() - before);
                early -= passed;
                codes.drain(before..before + passed);
            }
        }
    }
    codes.truncate(end);
    Some(())
}

/// The values of a group; those whose bits are missing are zero.
#[inline]
fn unpacked(group: &[u8], width: usize) -> [u32; GROUP] {
    let mut bytes = [0; size_of::<u128>()];
    if let Some(own) = bytes.get_mut(..group.len()) {
        own.copy_from_slice(group);
    }
    // Most codes have few bits: their group fits a word, with which it is cheaper to count.
    if let (Some(word), true) = (bytes.first_chunk(), width <= size_of::<u64>()) {
        let (word, mask) = (u64::from_le_bytes(*word), (1 << width) - 1);
        return std::array::from_fn(|at| u32::try_from(word >> (at * width) & mask).unwrap_or(0));
    }
    let (word, mask) = (u128::from_le_bytes(bytes), (1 << width) - 1);
    std::array::from_fn(|at| u32::try_from(word >> (at * width) & mask).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn codes_that_are_written_are_read(
            texts in 1_u32..70_000,
            runs in proptest::collection::vec((any::<u32>(), 1_usize..30), 0..40),
            bounds in any::<[usize; 2]>(),
        ) {
            let runs = runs.into_iter();
            let codes = runs.flat_map(|(code, length)| std::iter::repeat_n(code % texts.min(1 << WIDTH_MAX), length));
            let codes: Vec<u32> = codes.collect();
            let width = width(texts.min(1 << WIDTH_MAX) as usize);
            let mut bytes = Vec::new();
            put_codes(&mut bytes, &codes, width);
            let mut read = vec![7];
            prop_assert_eq!(codes_of(&bytes, width as usize, 0..codes.len(), &mut read), Some(()));
            prop_assert_eq!(&read[1..], &codes[..]);
            let [from, to] = bounds.map(|bound: usize| bound % (codes.len() + 1));
            let some = from.min(to)..from.max(to);
            read.truncate(1);
            prop_assert_eq!(codes_of(&bytes, width as usize, some.clone(), &mut read), Some(()));
            prop_assert_eq!(&read[1..], &codes[some]);
            // Fewer than a group stand behind the last one, to fill up its group.
            prop_assert_eq!(codes_of(&bytes, width as usize, 0..codes.len() + GROUP, &mut read), None);
        }
    }

    proptest! {
        #[test]
        fn some_rows_that_are_there_are_found_and_those_before_them_counted(
            parts in proptest::collection::vec((any::<bool>(), 1_usize..40, any::<[u8; 20]>()), 1..5),
            bounds in any::<[usize; 2]>(),
        ) {
            let (mut levels, mut there) = (Vec::new(), Vec::new());
            for (is_run, length, bits) in parts {
                if is_run {
                    let is_there = bits[0] & 1;
                    put_run(&mut levels, length, &[is_there]);
                    there.extend(std::iter::repeat_n(is_there == 1, length));
                } else {
                    let bits = &bits[..length.div_ceil(2)];
                    put_packed(&mut levels, bits.len(), bits);
                    let each = bits.iter().flat_map(|byte| (0..GROUP).map(move |at| byte >> at & 1 == 1));
                    there.extend(each);
                }
            }
            let [from, to] = bounds.map(|bound| bound % (there.len() + 1));
            let some = from.min(to)..from.max(to);
            let mut found = Vec::new();
            let passed = rows_there(&levels, some.clone(), 100, &mut found);
            let is_there = |row: &usize| there[*row];
            let wanted = some.clone().filter(is_there).map(|row| count(100 + row));
            prop_assert_eq!(found, wanted.collect::<Vec<_>>());
            // Of no row it need not be known.
            if !some.is_empty() {
                prop_assert_eq!(passed, Some((0..some.start).filter(is_there).count()));
            }
        }
    }

    #[test]
    fn codes_are_runs_and_packed_groups() {
        let read = |bytes: &[u8], width, count| {
            let mut codes = Vec::new();
            codes_of(bytes, width, 0..count, &mut codes).map(|()| codes)
        };
        // The example of the format's document: 0 to 7 in three bits each.
        let packed = [0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        assert_eq!(read(&packed, 3, 8), Some((0..8).collect()));
        // The last group may be filled up, or cut off behind its last value.
        assert_eq!(read(&packed, 3, 6), Some((0..6).collect()));
        assert_eq!(read(&packed[..3], 3, 5), Some((0..5).collect()));
        assert_eq!(read(&packed[..3], 3, 6), None);
        // Five times 700 in ten bits, then a group of eight.
        let group: u128 = (0..8).map(|at| (1016 + at) << (10 * at)).sum();
        let mut mixed = vec![5 << 1, 0xbc, 0x02, 0b11];
        mixed.extend_from_slice(&group.to_le_bytes()[..10]);
        let wanted: Vec<u32> = std::iter::repeat_n(700, 5).chain(1016..1024).collect();
        assert_eq!(read(&mixed, 10, 13), Some(wanted));
        // A single text has codes without a bit.
        assert_eq!(read(&[9 << 1], 0, 9), Some(vec![0; 9]));
        assert_eq!(read(&[0b11], 0, 8), Some(vec![0; 8]));
        assert_eq!(read(&[9 << 1], 0, 10), None);
        assert_eq!(read(&[0xff; 20], 3, 1), None);
        assert_eq!(read(&[], 3, 1), None);
        assert_eq!(read(&[], 3, 0), Some(Vec::new()));
    }

    #[test]
    fn levels_behind_the_last_row_are_of_none() {
        let mut rows = Vec::new();
        assert_eq!(
            rows_there(&[0b11, 0b1111_0110], 0..5, 10, &mut rows),
            Some(0)
        );
        assert_eq!(rows, [11, 12, 14]);
        assert_eq!(
            rows_there(&[3 << 1, 1, 4 << 1, 0], 0..7, 20, &mut rows),
            Some(0)
        );
        assert_eq!(rows, [11, 12, 14, 20, 21, 22]);
        assert_eq!(rows_there(&[3 << 1, 1], 0..4, 0, &mut Vec::new()), None);
    }
}
