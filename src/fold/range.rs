//! One range of declaration numbers: finding its rows, reading, folding.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::path::Path;

use parquet::arrow::arrow_reader::{ArrowReaderMetadata, RowSelection};
use parquet::file::statistics::Statistics;

use rayon::prelude::*;

use super::declarations::{Declarations, GroupIds};
use super::plan::{Group, Range};
use super::read::{Row, Rows, values};
use super::state::{EventRow, NONE, RangeState};
use super::translation::codes;
use super::{FoldRules, Folded};
use crate::error::{Error, Result};
use crate::model::{Milestone, Spent};
use crate::store::{
    ColumnTexts, GroupRows, RangeTables, Segment, SparseColumn, declaration_bounds, events,
    read_rows, segment_metadata,
};

/// The newest event of a segment, in microseconds since the Unix epoch.
pub(super) fn newest_us(path: &Path) -> Result<Option<i64>> {
    let metadata = segment_metadata(path)?;
    if let Some((_, newest)) = times_of(&metadata) {
        return Ok(Some(newest));
    }
    // Another engine may have written it, and not have said it.
    let mut newest = None;
    for group in 0..metadata.metadata().num_row_groups() {
        let read = read_rows(path, &metadata, group, |name| name == events::AT, None)?;
        newest = newest.max(times(&read)?.iter().copied().max());
    }
    Ok(newest)
}

/// The times of its oldest and its newest event, from its metadata; `None` where that does not say them, or it is empty.
fn times_of(metadata: &ArrowReaderMetadata) -> Option<(i64, i64)> {
    let groups = metadata.metadata().row_groups().iter();
    let groups = groups.filter(|group| group.num_rows() > 0);
    let times = groups.map(|group| {
        let mut columns = group.columns().iter();
        let at = columns.find(|column| column.column_path().string() == events::AT)?;
        match at.statistics()? {
            Statistics::Int64(of) => of.min_opt().copied().zip(of.max_opt().copied()),
            _ => None,
        }
    });
    let times: Option<Vec<(i64, i64)>> = times.collect();
    let times = times?.into_iter();
    times.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// A segment whose metadata has been read: once, for every range reads a little of every segment.
pub(super) struct Opened<'s> {
    segment: &'s Segment,
    metadata: ArrowReaderMetadata,
    /// Smallest and greatest declaration number of each row group.
    bounds: Vec<(String, String)>,
    /// The declarations that are folded anew, where they are not all that it speaks of.
    only: Option<BTreeSet<&'s str>>,
}

impl<'s> Opened<'s> {
    /// Opens all segments.
    pub(super) fn all(segments: &'s [Segment]) -> Result<Vec<Self>> {
        segments.par_iter().map(Self::of).collect()
    }

    fn of(segment: &'s Segment) -> Result<Self> {
        let metadata = segment_metadata(&segment.path)?;
        let groups = 0..metadata.metadata().num_row_groups();
        Ok(Self {
            segment,
            bounds: groups
                .map(|group| declaration_bounds(metadata.metadata(), group))
                .collect(),
            metadata,
            only: None,
        })
    }

    /// The same, of which some declarations are folded anew.
    pub(super) fn only(self, only: BTreeSet<&'s str>) -> Self {
        let only = Some(only);
        Self { only, ..self }
    }

    /// The segment.
    pub(super) const fn segment(&self) -> &'s Segment {
        self.segment
    }

    /// The times of its oldest and its newest event in microseconds since the Unix epoch; `None` where its metadata does not
    /// say them.
    pub(super) fn times(&self) -> Option<(i64, i64)> {
        times_of(&self.metadata)
    }

    /// Whether a declaration that it speaks of is folded.
    fn folds(&self, id: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(id))
    }

    /// Whether some declaration between two, both included, may be.
    fn folds_between(&self, first: &str, last: &str) -> bool {
        let between = (Bound::Included(first), Bound::Included(last));
        // Bounds the wrong way round, which nobody writes, say nothing.
        let is_there =
            |only: &BTreeSet<&str>| last < first || only.range::<str, _>(between).next().is_some();
        self.only.as_ref().is_none_or(is_there)
    }

    /// The declarations' numbers of a row group.
    fn ids(&self, group: usize, range: &Range) -> Result<GroupIds> {
        let ids = read_ids(&self.segment.path, &self.metadata, group)?;
        let rows = usize::try_from(self.rows(group)).unwrap_or_default();
        let is_folded = |id: &str| range.contains(id) && self.folds(id);
        let ids = ids.as_ref().and_then(SparseColumn::texts);
        Ok(ids.map_or_else(GroupIds::none, |ids| GroupIds::of(ids, rows, is_folded)))
    }

    /// Its row groups.
    pub(super) fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        let groups = self.bounds.iter().enumerate();
        groups.map(|(group, (first, last))| (first.as_str(), last.as_str(), self.rows(group)))
    }

    /// How many rows a row group has.
    fn rows(&self, group: usize) -> u64 {
        let group = self.metadata.metadata().row_groups().get(group);
        group.map_or(0, |group| u64::try_from(group.num_rows()).unwrap_or(0))
    }
}

/// What ranges are folded in, one after the other.
pub(super) struct States<'r> {
    rules: &'r FoldRules,
    spent: Spent<RangeState<'r>>,
}

impl<'r> States<'r> {
    pub(super) fn of(rules: &'r FoldRules) -> Self {
        Self {
            rules,
            spent: Spent::default(),
        }
    }
}

/// Folds the events of one range and gives the tables to `take`; where they are many more than a range may have, in
/// several parts. What it makes of them, in the order of declaration numbers, with the number of events that lie after
/// the freeze time.
pub(super) fn fold<T: Send>(
    segments: &[Opened<'_>],
    range: &Range,
    states: &States<'_>,
    progress: Folded<'_>,
    take: &(impl Fn(&Range, RangeTables) -> Result<T> + Sync),
) -> Result<(Vec<T>, u64)> {
    let States { rules, spent } = states;
    let mut found = Vec::new();
    for segment in segments {
        Found::add(segment, range, &mut found)?;
    }
    let most = usize::try_from(rules.range_events().1).unwrap_or(usize::MAX);
    let counted: Vec<_> = found.iter().map(Found::counted).collect();
    if let Some(middle) = middle_of_too_many(&counted, most) {
        drop(found);
        let [before, behind] = range.cut(middle);
        let half = |range: &Range| fold(segments, range, states, progress, take);
        let (before, behind) = rayon::join(|| half(&before), || half(&behind));
        let ((mut taken, after_freeze), (of_behind, after_freeze_behind)) = (before?, behind?);
        taken.extend(of_behind);
        return Ok((taken, after_freeze + after_freeze_behind));
    }
    let mut state = spent.take().unwrap_or_else(|| RangeState::new(rules));
    let ids = found.iter_mut().map(|of| of.take_ids(range));
    let declarations = ids.collect::<Result<Vec<GroupIds>>>();
    let Declarations { ids, by_row } = declarations.map(|ids| Declarations::of(&ids))?;
    state.begin(ids, by_row.iter().flatten().copied());
    for (of, declarations) in found.into_iter().zip(&by_row) {
        of.read(declarations, &mut state, progress)?;
    }
    let (tables, after_freeze) = (state.finish()?, state.after_freeze);
    // With a limit for memory nothing is kept from one range to the next: the lists of a state have the size of the largest
    // range so far, beside the tables that are being written.
    if rules.range_events.is_none() {
        state.clear();
        spent.give(state);
    } else {
        drop(state);
    }
    Ok((vec![take(range, tables)?], after_freeze))
}

/// What a row group has of the declarations that are folded.
struct Found<'o> {
    segment: &'o Opened<'o>,
    group: usize,
    /// Its rows; `None` for all.
    rows: Option<RowSelection>,
    /// How many there are.
    count: usize,
    /// The declaration numbers of the first one and of one in the middle. Of all rows of a row group, whose numbers have
    /// not been read, the bounds: cut at the greater one the row group is no longer within the range, and is looked at.
    numbers: (String, String),
    /// The numbers of the rows, where they have been read.
    ids: Option<GroupIds>,
}

impl<'o> Found<'o> {
    /// Finds what the row groups of a segment have.
    fn add(segment: &'o Opened<'o>, range: &Range, all: &mut Vec<Self>) -> Result<()> {
        for (group, (first, last)) in segment.bounds.iter().enumerate() {
            if !range.meets(first, last) || !segment.folds_between(first, last) {
                continue;
            }
            if segment.only.is_none() && range.holds(first, last) {
                all.push(Self {
                    segment,
                    group,
                    rows: None,
                    count: usize::try_from(segment.rows(group)).unwrap_or_default(),
                    numbers: (first.clone(), last.clone()),
                    ids: None,
                });
            } else {
                // At the ends of the range, or where few declarations are folded anew: their rows alone are decoded.
                all.extend(Self::some(segment, group, range)?);
            }
        }
        Ok(())
    }

    /// The rows of a row group that belong to declarations that are folded; `None` where there is none.
    fn some(segment: &'o Opened<'o>, group: usize, range: &Range) -> Result<Option<Self>> {
        let ids = segment.ids(group, range)?;
        let (rows, positions): (Vec<u32>, Vec<u32>) = ids.rows().unzip();
        let number = |nth: usize| ids.text(*positions.get(nth)?);
        let Some((first, middle)) = number(0).zip(number(positions.len() / 2)) else {
            return Ok(None);
        };
        Ok(Some(Self {
            segment,
            group,
            rows: Some(selection(&rows, segment.rows(group))),
            count: rows.len(),
            numbers: (first.to_owned(), middle.to_owned()),
            ids: Some(ids.only(&rows)),
        }))
    }

    /// The numbers of the first row and of one in the middle, and how many rows there are.
    fn counted(&self) -> (&str, &str, usize) {
        let (first, middle) = &self.numbers;
        (first, middle, self.count)
    }

    /// The numbers of all rows.
    fn take_ids(&mut self, range: &Range) -> Result<GroupIds> {
        match self.ids.take() {
            Some(ids) => Ok(ids),
            None => self.segment.ids(self.group, range),
        }
    }

    /// Reads the rows, which are of these declarations, into what is known of the range.
    fn read(
        self,
        declarations: &[u32],
        state: &mut RangeState<'_>,
        progress: Folded<'_>,
    ) -> Result<()> {
        let not_needed = [
            events::DECLARATION_ID,
            events::EVENT_ID,
            events::SOURCE_FILE,
            events::SOURCE_LINE,
            events::ROW_HASH,
        ];
        let is_needed = |name: &str| !not_needed.contains(&name);
        let Opened {
            segment, metadata, ..
        } = self.segment;
        let rows = read_rows(&segment.path, metadata, self.group, is_needed, self.rows)?;
        read_group(&rows, declarations, state)?;
        progress(rows.rows as u64);
        Ok(())
    }
}

/// Some rows of so many; they ascend.
fn selection(rows: &[u32], all: u64) -> RowSelection {
    let adjoining = rows.chunk_by(|a, b| *b == *a + 1);
    let ranges = adjoining.filter_map(|rows| {
        let first = *rows.first()? as usize;
        Some(first..first + rows.len())
    });
    let all = usize::try_from(all).unwrap_or(usize::MAX);
    RowSelection::from_consecutive_ranges(ranges, all)
}

/// A number in the middle of what row groups have, where it is more than half as much again as a range may have; `None`
/// where it is not, or all is of one declaration. Given are the numbers of the first row of each and of one in its
/// middle, and how many rows there are. Where row groups begin says little of how many rows lie between: those of all
/// segments may begin at about the same numbers.
fn middle_of_too_many(found: &[(&str, &str, usize)], most: usize) -> Option<String> {
    let all: usize = found.iter().map(|(.., count)| count).sum();
    if all <= most.saturating_mul(3) / 2 {
        return None;
    }
    let middles = found.iter().map(|(_, middle, count)| (*middle, *count));
    let mut middles: Vec<(&str, usize)> = middles.collect();
    middles.sort_unstable();
    let smallest = found.iter().map(|(first, ..)| *first).min()?;
    let mut before = 0;
    // Something has to lie before it.
    let middle = middles.iter().find(|(middle, count)| {
        before += count;
        before >= all / 2 && smallest < *middle
    });
    middle.map(|(middle, _)| (*middle).to_owned())
}

/// The declarations' numbers of the rows of a row group, a column of texts; `None` where there is no row.
pub(super) fn read_ids(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    group: usize,
) -> Result<Option<SparseColumn>> {
    let is_id = |name: &str| name == events::DECLARATION_ID;
    let read = read_rows(path, metadata, group, is_id, None)?;
    if read.rows == 0 {
        return Ok(None);
    }
    let mut columns = read.columns.into_iter();
    let ids = columns.find(|column| is_id(&column.name) && column.texts().is_some());
    ids.map(Some)
        .ok_or_else(|| no_column(events::DECLARATION_ID))
}

/// A column of texts that a segment must have.
fn texts<'r>(read: &'r GroupRows, name: &str) -> Result<ColumnTexts<'r>> {
    let column = read.column(name).and_then(SparseColumn::texts);
    column.ok_or_else(|| no_column(name))
}

/// The times of all rows.
fn times(read: &GroupRows) -> Result<&[i64]> {
    let all = Some(&*read.at).filter(|at| at.len() == read.rows);
    all.ok_or_else(|| no_column(events::AT))
}

fn no_column(name: &str) -> Error {
    Error::input(format!("a segment of the store has no column `{name}`"))
}

fn read_group(read: &GroupRows, declarations: &[u32], state: &mut RangeState<'_>) -> Result<()> {
    // Another engine may write a row group without a row.
    if read.rows == 0 {
        return Ok(());
    }
    let items = match read.column(events::ITEM) {
        Some(items) if !items.rows.is_empty() => {
            let items = texts(read, events::ITEM)?;
            codes(items, read.rows, |item| state.lines.item(item))
        }
        _ => Vec::new(),
    };
    let activities = texts(read, events::ACTIVITY)?;
    let activities = codes(activities, read.rows, |label| state.activity(label));
    let milestones = codes(texts(read, events::MILESTONE)?, read.rows, |name| {
        Milestone::from_name(name).map_or(NONE, |milestone| u32::from(milestone.code()))
    });
    let mut rows = Rows::of_read(read.rows);
    let columns = declarations
        .iter()
        .zip(times(read)?)
        .zip(activities.iter().zip(&milestones));
    for (row, ((declaration, at), (activity, milestone))) in columns.enumerate() {
        let (declaration, activity) = (*declaration, *activity);
        if declaration == NONE || state.is_after_freeze(*at) {
            rows.leave_out();
            continue;
        }
        let item = items.get(row).copied().unwrap_or(NONE);
        let milestone = Milestone::ALL.get(*milestone as usize).copied();
        let event = state.push(EventRow {
            declaration,
            at: *at,
            milestone,
            activity,
            item,
            ..EventRow::EXPECTED
        });
        rows.push(Row {
            line: state.lines.line(declaration, item),
            event,
            at: *at,
            milestone,
        });
    }
    values(read, &rows, state);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_many_more_than_a_range_may_have_are_cut_in_the_middle() {
        let rows = [("A", "B", 10), ("A", "D", 10), ("B", "C", 10)];
        assert_eq!(middle_of_too_many(&rows, 20), None);
        assert_eq!(middle_of_too_many(&rows, 19).as_deref(), Some("C"));
        // Something has to lie before it.
        let rows = [("A", "A", 100), ("A", "B", 40)];
        assert_eq!(middle_of_too_many(&rows, 20).as_deref(), Some("B"));
        assert_eq!(middle_of_too_many(&rows[..1], 20), None);
        assert_eq!(middle_of_too_many(&[], 0), None);
    }
}
