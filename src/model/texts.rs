//! Distinct texts with codes.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::listed::Listed;

/// Distinct texts with their codes, given out in the order of first sight.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    values: Listed,
    by_text: HashTable<u32>,
    /// Texts that were looked up lately, in the place that their outline gives them; none before the first.
    recent: Vec<Recent>,
    /// Whether texts are too many for the list of recent ones to have them.
    many: bool,
}

/// How many texts are remembered as recent: most columns have fewer members.
const RECENT: usize = 256;
/// How many texts are looked up side by side.
const SIDE_BY_SIDE: usize = 32;
/// Room for so many codes at most is made beforehand.
const ROOM_MAX: usize = 1 << 12;
/// A text of so many bytes or fewer is known by its outline.
const OUTLINED: usize = 16;

/// A text that was looked up lately.
#[derive(Clone, Copy, Debug, Default)]
struct Recent {
    outline: Outline,
    code: u32,
}

/// Both ends of a text and its length: all of it where it is short. Only the empty text has the outline of a place that
/// nothing has been written to, and it is never found there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Outline {
    first: u64,
    last: u64,
    length: usize,
}

impl Outline {
    /// Of up to eight bytes the first and the last four, which may be the same ones; of fewer than four each one.
    #[inline]
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let (first, last) = match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => match (bytes.first_chunk(), bytes.last_chunk()) {
                (Some(first), Some(last)) => {
                    let [first, last] = [first, last].map(|four| u32::from_le_bytes(*four));
                    (u64::from(first), u64::from(last))
                }
                _ => (
                    bytes
                        .iter()
                        .fold(0, |word, byte| word << 8 | u64::from(*byte)),
                    0,
                ),
            },
        };
        Self {
            first,
            last,
            length: bytes.len(),
        }
    }

    /// The place among the recent texts.
    #[inline]
    fn place(self) -> usize {
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed =
            (self.first ^ self.last.rotate_left(29) ^ self.length as u64).wrapping_mul(SPREAD);
        (mixed >> 56) as usize
    }
}

const _: () = assert!(RECENT == 1 << (u64::BITS - 56));

/// For each number below `length` its position in `order`, or [`u32::MAX`] where it is not there.
pub fn positions(order: &[u32], length: usize) -> Vec<u32> {
    let mut positions = vec![u32::MAX; length];
    for (position, number) in (0_u32..).zip(order) {
        if let Some(slot) = positions.get_mut(*number as usize) {
            *slot = position;
        }
    }
    positions
}

/// Whether two texts are equal. Most are short: a call to compare them would cost more than comparing.
#[inline]
fn same(a: &str, b: &str) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let (words_a, rest_a) = a.as_bytes().as_chunks::<8>();
    let (words_b, rest_b) = b.as_bytes().as_chunks::<8>();
    let mut words = words_a.iter().zip(words_b);
    words.all(|(a, b)| u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b))
        && rest_a.iter().zip(rest_b).all(|(a, b)| a == b)
}

fn hash_of(text: &str) -> u64 {
    FxBuildHasher.hash_one(text)
}

/// The first 24 bytes of a text, which sort as the text does; a shorter one is filled with zeros.
fn leading_bytes(text: &str) -> [u64; 3] {
    let mut bytes = [0; 24];
    let length = text.len().min(bytes.len());
    if let (Some(target), Some(source)) = (bytes.get_mut(..length), text.as_bytes().get(..length)) {
        target.copy_from_slice(source);
    }
    let mut parts = bytes.chunks_exact(8);
    let mut part = || {
        let part = parts.next().and_then(|part| part.try_into().ok());
        u64::from_be_bytes(part.unwrap_or_default())
    };
    [part(), part(), part()]
}

impl Texts {
    /// No texts yet, of a column in which hardly one comes again soon, such as declaration numbers.
    pub fn of_many() -> Self {
        Self {
            many: true,
            ..Self::default()
        }
    }

    /// The code of a text, given out when it is new.
    pub fn code(&mut self, text: &str) -> u32 {
        if self.many {
            return self.code_in_table(text);
        }
        // Most columns have few members: a look at a short list is less than one into a table and at a text.
        let outline = Outline::of(text);
        let recent = self.recent.get(outline.place());
        if let Some(recent) = recent.filter(|recent| recent.outline == outline)
            && (text.len() <= OUTLINED
                || self
                    .value(recent.code)
                    .is_some_and(|known| same(known, text)))
            && !text.is_empty()
        {
            return recent.code;
        }
        let code = self.code_in_table(text);
        if self.recent.is_empty() {
            self.recent.resize(RECENT, Recent::default());
        }
        if let Some(recent) = self.recent.get_mut(outline.place()) {
            *recent = Recent { outline, code };
        }
        code
    }

    /// The codes of several texts, as [`Texts::code`] gives them one after the other. Among many texts nearly every step to a
    /// text is a way to memory; here the steps of some texts are taken side by side.
    pub fn codes<'t>(&mut self, mut texts: impl Iterator<Item = &'t str>) -> Vec<u32> {
        // What is given is filtered mostly, and says how many it has at most.
        let (least, most) = texts.size_hint();
        let mut codes = Vec::with_capacity(most.unwrap_or(least).min(ROOM_MAX));
        let mut asked: Vec<(&str, u64, u32, bool)> = Vec::with_capacity(SIDE_BY_SIDE);
        loop {
            let next = texts.by_ref().take(SIDE_BY_SIDE);
            asked.extend(next.map(|text| (text, hash_of(text), u32::MAX, false)));
            if asked.is_empty() {
                return codes;
            }
            // The first of the table that may be it: nearly always it is.
            for (_, hash, likely, _) in &mut asked {
                let first = self.by_text.find(*hash, |_| true);
                *likely = first.copied().unwrap_or(u32::MAX);
            }
            for (text, _, likely, is_it) in &mut asked {
                *is_it = self.value(*likely).is_some_and(|known| same(known, text));
            }
            for (text, hash, likely, is_it) in asked.drain(..) {
                codes.push(if is_it {
                    likely
                } else {
                    self.code_by_hash(text, hash)
                });
            }
        }
    }

    fn code_in_table(&mut self, text: &str) -> u32 {
        self.code_by_hash(text, hash_of(text))
    }

    fn code_by_hash(&mut self, text: &str, hash: u64) -> u32 {
        let Self {
            values, by_text, ..
        } = self;
        let known = by_text.find(hash, |code| {
            values.get(*code).is_some_and(|known| same(known, text))
        });
        if let Some(code) = known {
            return *code;
        }
        let code = u32::try_from(values.len()).unwrap_or(u32::MAX);
        values.push(text);
        by_text.insert_unique(hash, code, |code| values.get(*code).map_or(0, hash_of));
        code
    }

    /// The text of a code.
    pub fn value(&self, code: u32) -> Option<&str> {
        self.values.get(code)
    }

    /// The code of a text that is there already.
    pub fn find(&self, text: &str) -> Option<u32> {
        let found = self.by_text.find(hash_of(text), |code| {
            self.value(*code).is_some_and(|known| same(known, text))
        });
        found.copied()
    }

    /// How many texts.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every text, in the order of the codes.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).filter_map(|code| self.value(code))
    }

    /// The codes in the order of their texts.
    pub fn sorted(&self) -> Vec<u32> {
        // The first bytes of a text as numbers, which compare faster than texts do.
        let mut order: Vec<([u64; 3], &str, u32)> = self
            .values()
            .zip(0_u32..)
            .map(|(text, code)| (leading_bytes(text), text, code))
            .collect();
        order.sort_unstable();
        order.into_iter().map(|(_, _, code)| code).collect()
    }

    /// For each code its rank in the order of the texts.
    pub fn ranks(&self) -> Vec<u32> {
        positions(&self.sorted(), self.len())
    }

    /// Forgets all texts but keeps the memory.
    pub fn clear(&mut self) {
        self.values.clear();
        self.by_text.clear();
        self.recent.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a list that is searched from its beginning: texts that share both ends, short ones, many.
        #[test]
        fn a_text_has_the_code_of_its_first_sight(
            texts in proptest::collection::vec("(|[ab]{1,9}|26001/[ab]{1,9}/000[0-9]{3,4}|[ab]{24,25}|x{30}[ab]{1,4}|[a-d]{0,3}\\x00?|[0-9]{1,3})", 0..400),
            cleared in 0_usize..400,
            many in any::<bool>(),
        ) {
            let texts_of = if many { Texts::of_many } else { Texts::default };
            let (mut found, mut known) = (texts_of(), Vec::new());
            for (at, text) in texts.iter().enumerate() {
                if at == cleared {
                    found.clear();
                    known.clear();
                }
                let wanted = known.iter().position(|other| other == text).unwrap_or(known.len());
                if wanted == known.len() {
                    known.push(text.clone());
                }
                prop_assert_eq!(found.code(text) as usize, wanted);
                prop_assert_eq!(found.find(text).map(|code| code as usize), Some(wanted));
            }
            prop_assert_eq!(found.values().collect::<Vec<_>>(), known);
            // All at once, and to some that are there.
            let (mut at_once, mut one_by_one) = (texts_of(), texts_of());
            for some in [texts.get(cleared..).unwrap_or_default(), &[], &texts] {
                let codes: Vec<u32> = some.iter().map(|text| one_by_one.code(text)).collect();
                prop_assert_eq!(at_once.codes(some.iter().map(String::as_str)), codes);
            }
        }
    }

    #[test]
    fn texts_are_found_again_and_ranked_as_texts() {
        let mut texts = Texts::default();
        let long = "26001/14032025/0001234";
        let all = ["b", "", "a\0", "a", long, "26001/14032025/00012345", "ä"];
        let codes: Vec<u32> = all.iter().map(|text| texts.code(text)).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(texts.code(long), 4);
        assert_eq!((texts.find("a"), texts.find("c")), (Some(3), None));
        assert_eq!((texts.value(1), texts.value(7)), (Some(""), None));
        assert_eq!(texts.ranks(), [5, 0, 4, 3, 1, 2, 6]);
    }
}
