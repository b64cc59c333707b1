//! The declarations of a range, found out before its events are read.
//!
//! Rows of a row group stand in the order of declarations: the numbers of all row groups of a range are merged, and a declaration's
//! code is its place in the order of numbers. So what is known of declarations is kept in the order in which it becomes a
//! table, no number is hashed, and each event is put where it belongs as soon as it is read.

use arrow::array::{Array, StringArray, StringBuilder};

use super::state::NONE;
use super::translation::by_row;
use crate::store::ColumnTexts;

/// The declarations' numbers of the rows of a row group.
#[derive(Debug)]
pub(super) struct GroupIds {
    /// Numbers, those of declarations that are not folded among them.
    texts: StringArray,
    /// By position which ones are folded.
    is_folded: Vec<bool>,
    /// By row the position of its number; [`NONE`] for a row without one.
    by_row: Vec<u32>,
}

impl GroupIds {
    /// Those of no row.
    pub(super) fn none() -> Self {
        Self {
            texts: StringArray::new_null(0),
            is_folded: Vec::new(),
            by_row: Vec::new(),
        }
    }

    /// Those of a column of so many rows; `is_folded` says which declarations are folded.
    pub(super) fn of(
        column: ColumnTexts<'_>,
        rows: usize,
        is_folded: impl Fn(&str) -> bool,
    ) -> Self {
        let texts = column.texts.iter();
        Self {
            is_folded: texts.map(|text| text.is_some_and(&is_folded)).collect(),
            by_row: by_row(rows, column.rows, column.codes.iter().copied()),
            texts: column.texts.clone(),
        }
    }

    /// The rows whose declarations are folded, with the positions of their numbers.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, u32)> {
        let rows = (0..).zip(self.by_row.iter().copied());
        rows.filter(|(_, position)| self.is_folded.get(*position as usize) == Some(&true))
    }

    /// The numbers of declarations that are folded, with their positions.
    fn folded(&self) -> impl Iterator<Item = (&str, u32)> {
        let texts = self.texts.iter().zip(&self.is_folded).zip(0..);
        texts.filter_map(|((text, is_folded), position)| {
            Some((text.filter(|_| *is_folded)?, position))
        })
    }

    /// The number at a position; `None` where there is none.
    pub(super) fn text(&self, position: u32) -> Option<&str> {
        let at = position as usize;
        (at < self.texts.len()).then(|| self.texts.value(at))
    }

    /// Of these rows alone, whose declarations are folded: with their numbers and no others, for a range cuts many row groups and
    /// takes little of each.
    pub(super) fn only(&self, rows: &[u32]) -> Self {
        let mut places = vec![NONE; self.texts.len()];
        let (mut texts, mut count) = (StringBuilder::new(), 0);
        let by_row = rows.iter().map(|row| {
            let position = self.by_row.get(*row as usize).copied()?;
            let place = places.get_mut(position as usize)?;
            if *place == NONE {
                texts.append_value(self.text(position)?);
                *place = count;
                count += 1;
            }
            Some(*place)
        });
        Self {
            by_row: by_row.map(|place| place.unwrap_or(NONE)).collect(),
            is_folded: vec![true; count as usize],
            texts: texts.finish(),
        }
    }
}

/// The declarations of some row groups, each once, ascending by number.
#[derive(Debug)]
pub(super) struct Declarations {
    /// By code the number.
    pub(super) ids: StringArray,
    /// By row group and row the code of the declaration; [`NONE`] for a row that is not folded.
    pub(super) by_row: Vec<Vec<u32>>,
}

impl Declarations {
    /// Merges the numbers of row groups.
    pub(super) fn of(groups: &[GroupIds]) -> Self {
        let mut all: Vec<(&str, usize, u32)> = Vec::new();
        for (group, own) in groups.iter().enumerate() {
            all.extend(own.folded().map(|(id, position)| (id, group, position)));
        }
        // Each row group is sorted, which this sort makes use of.
        all.sort_by(|a, b| a.0.cmp(b.0));
        let none = |own: &GroupIds| vec![NONE; own.texts.len()];
        let mut codes: Vec<Vec<u32>> = groups.iter().map(none).collect();
        let each = || all.chunk_by(|a, b| a.0 == b.0);
        let lengths = each().filter_map(|same| Some(same.first()?.0.len()));
        let mut ids = StringBuilder::with_capacity(each().count(), lengths.sum());
        for (code, same) in (0..).zip(each()) {
            for (_, group, position) in same {
                let of_group = codes.get_mut(*group);
                if let Some(slot) = of_group.and_then(|of| of.get_mut(*position as usize)) {
                    *slot = code;
                }
            }
            ids.extend(same.first().map(|(id, ..)| Some(*id)));
        }
        let by_row = groups.iter().zip(&codes).map(|(own, codes)| {
            let code = |position: &u32| codes.get(*position as usize).copied().unwrap_or(NONE);
            own.by_row.iter().map(code).collect()
        });
        Self {
            by_row: by_row.collect(),
            ids: ids.finish(),
        }
    }
}

/// Where the events of each declaration stand among those of the range.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// By declaration the place of its first event, and behind the last one the end of all.
    first: Vec<u32>,
    /// By declaration the place of the event that comes next.
    next: Vec<u32>,
}

impl Places {
    /// Makes room for so many declarations and for the events that they have, each of which is given by the code of its declaration.
    pub(super) fn begin(&mut self, declarations: usize, events: impl Iterator<Item = u32>) {
        // First the numbers of events, from which the places come.
        self.first.clear();
        self.first.resize(declarations + 1, 0);
        for declaration in events {
            if let Some(count) = self.first.get_mut(declaration as usize) {
                *count += 1;
            }
        }
        let mut place = 0;
        for first in &mut self.first {
            place += std::mem::replace(first, place);
        }
        self.next.clear();
        self.next.extend(self.first.iter().take(declarations));
    }

    /// How many events there is room for.
    pub(super) fn room(&self) -> usize {
        self.first.last().map_or(0, |end| *end as usize)
    }

    /// The place of the next event of a declaration; `None` where it has had all for which there is room.
    #[inline]
    pub(super) fn take(&mut self, declaration: u32) -> Option<u32> {
        let at = declaration as usize;
        let (next, end) = (self.next.get_mut(at)?, self.first.get(at + 1)?);
        let place = *next;
        (place < *end).then(|| {
            *next += 1;
            place
        })
    }

    /// By declaration the places of its events.
    pub(super) fn taken(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let bounds = self.first.iter().zip(&self.next);
        bounds.map(|(first, next)| *first as usize..*next as usize)
    }

    /// Whether every place is taken.
    pub(super) fn are_full(&self) -> bool {
        self.next.iter().eq(self.first.iter().skip(1))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// The numbers of the rows of a row group, whose dictionary has them in the order of their first use, and one that no row has.
    fn group(ids: &[Option<u8>], is_folded: impl Fn(&str) -> bool) -> GroupIds {
        let mut texts: Vec<String> = vec!["unused".to_owned()];
        let (mut rows, mut codes) = (Vec::new(), Vec::new());
        for (row, id) in (0..).zip(ids) {
            let Some(id) = id.map(|id| format!("{id:03}")) else {
                continue;
            };
            let known = texts.iter().position(|text| *text == id);
            let code = known.unwrap_or_else(|| {
                texts.push(id);
                texts.len() - 1
            });
            rows.push(row);
            codes.push(u32::try_from(code).unwrap());
        }
        let texts = StringArray::from(texts);
        let column = ColumnTexts {
            rows: &rows,
            codes: &codes,
            texts: &texts,
        };
        GroupIds::of(column, ids.len(), is_folded)
    }

    proptest! {
        /// Of row groups in any order, of rows in any order, some without a number.
        #[test]
        fn a_declaration_has_the_place_of_its_number_as_its_code(
            groups in proptest::collection::vec(
                proptest::collection::vec(prop::option::of(0..60_u8), 0..30),
                0..5,
            ),
            last in 0..60_u8,
        ) {
            let is_folded = |id: &str| id <= format!("{last:03}").as_str();
            let of_groups = groups.iter().map(|ids| group(ids, is_folded));
            let Declarations { ids, by_row } = Declarations::of(&of_groups.collect::<Vec<_>>());
            let folded = groups.iter().flatten().flatten().filter(|id| **id <= last);
            let folded: BTreeSet<u8> = folded.copied().collect();
            let wanted: Vec<String> = folded.iter().map(|id| format!("{id:03}")).collect();
            prop_assert_eq!(ids.iter().flatten().collect::<Vec<_>>(), wanted);
            let code = |id: &Option<u8>| {
                let place = id.and_then(|id| folded.iter().position(|other| *other == id));
                place.map_or(NONE, |place| u32::try_from(place).unwrap())
            };
            let wanted: Vec<Vec<u32>> = groups.iter().map(|ids| ids.iter().map(code).collect()).collect();
            prop_assert_eq!(by_row, wanted);
        }
    }

    #[test]
    fn rows_that_are_folded_are_found_with_their_numbers() {
        let ids = group(&[Some(1), Some(2), None, Some(2), Some(7)], |id| {
            id == "002"
        });
        let rows: Vec<(u32, Option<&str>)> =
            ids.rows().map(|(row, at)| (row, ids.text(at))).collect();
        assert_eq!(rows, [(1, Some("002")), (3, Some("002"))]);
        assert_eq!(ids.only(&[1, 3]).texts, StringArray::from(vec!["002"]));
        let Declarations { ids, by_row } = Declarations::of(&[ids.only(&[1, 3])]);
        assert_eq!((ids.len(), by_row), (1, vec![vec![0, 0]]));
    }

    #[test]
    fn events_have_their_places_side_by_side_and_gaps_where_fewer_come() {
        let mut places = Places::default();
        for _ in 0..2 {
            places.begin(3, [2, 0, NONE, 2].into_iter());
            assert_eq!(places.room(), 3);
            assert_eq!(
                [2, 0, 2, 2].map(|of| places.take(of)),
                [Some(1), Some(0), Some(2), None]
            );
            assert_eq!((places.take(1), places.take(NONE)), (None, None));
            assert!(places.are_full());
        }
        places.begin(2, [0, 0, 1].into_iter());
        places.take(0);
        assert!(!places.are_full());
        assert_eq!(places.taken().collect::<Vec<_>>(), [0..1, 2..2]);
    }
}
