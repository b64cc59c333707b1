//! One range of declaration numbers: planning, reading, folding.

use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, RowSelection};
use parquet::file::statistics::Statistics;

use rayon::prelude::*;

use super::read::{Row, Rows, codes, values};
use super::state::{EventRow, NONE, RangeState};
use super::{FoldRules, Folded};
use crate::error::{Error, Result};
use crate::model::{FastSet, Milestone, Spent};
use crate::store::{
    RangeTables, Segment, SegmentRows, declaration_bounds, events, read_rows, read_segment,
    segment_metadata,
};

/// Declaration numbers from `from` (included) to `to` (excluded; `None` is no bound).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    from: String,
    to: Option<String>,
}

impl Range {
    /// Its first number.
    pub(super) fn from(&self) -> &str {
        &self.from
    }

    fn contains(&self, id: &str) -> bool {
        self.from.as_str() <= id && self.to.as_deref().is_none_or(|to| id < to)
    }

    fn holds(&self, first: &str, last: &str) -> bool {
        self.contains(first) && self.contains(last)
    }

    fn meets(&self, first: &str, last: &str) -> bool {
        self.from.as_str() <= last && self.to.as_deref().is_none_or(|to| first < to)
    }
}

/// The declarations to be folded: those of a range, or some of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen<'r> {
    range: &'r Range,
    only: Option<&'r FastSet<String>>,
}

impl<'r> Chosen<'r> {
    pub(super) const fn all(range: &'r Range) -> Self {
        Self::of(range, None)
    }

    /// Those of the range that are in `only`; all where it is `None`.
    pub(super) const fn of(range: &'r Range, only: Option<&'r FastSet<String>>) -> Self {
        Self { range, only }
    }

    fn contains(&self, id: &str) -> bool {
        self.range.contains(id) && self.only.is_none_or(|only| only.contains(id))
    }
}

/// The declarations that some segments speak of.
pub(super) fn declarations_of(segments: &[Segment]) -> Result<FastSet<String>> {
    let sets: Vec<FastSet<String>> = segments
        .par_iter()
        .map(|segment| {
            let metadata = segment_metadata(&segment.path)?;
            let mut found = FastSet::default();
            let id = [events::DECLARATION_ID];
            for group in 0..metadata.metadata().num_row_groups() {
                for batch in read_segment(&segment.path, &metadata, group, &id, None)? {
                    let batch = batch.map_err(|cause| Error::read(&segment.path, &cause))?;
                    codes(column(&batch, events::DECLARATION_ID)?, |id| {
                        found.insert(id.to_owned());
                        NONE
                    })?;
                }
            }
            Ok(found)
        })
        .collect::<Result<_>>()?;
    Ok(sets
        .into_iter()
        .reduce(|mut all, set| {
            all.extend(set);
            all
        })
        .unwrap_or_default())
}

/// The newest event of a segment.
pub(super) fn newest_us(path: &Path) -> Result<Option<i64>> {
    let metadata = segment_metadata(path)?;
    let newest = metadata.metadata().row_groups().iter().filter_map(|group| {
        let at = group
            .columns()
            .iter()
            .find(|column| column.column_path().string() == events::AT)?;
        match at.statistics()? {
            Statistics::Int64(statistics) => statistics.max_opt().copied(),
            _ => None,
        }
    });
    Ok(newest.max())
}

/// A segment whose metadata has been read: once, for every range reads a little of every segment.
pub(super) struct Opened<'s> {
    segment: &'s Segment,
    metadata: ArrowReaderMetadata,
    /// Smallest and greatest declaration number of each row group.
    bounds: Vec<(String, String)>,
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
        })
    }

    /// The segment.
    pub(super) const fn segment(&self) -> &'s Segment {
        self.segment
    }

    /// How many rows a row group has.
    fn rows(&self, group: usize) -> u64 {
        let group = self.metadata.metadata().row_groups().get(group);
        group.map_or(0, |group| u64::try_from(group.num_rows()).unwrap_or(0))
    }
}

/// Cuts the declaration numbers of segments into ranges of between `least` and `most` events. Between half of what
/// is wanted and all of it a range ends where it cuts the fewest row groups in two for its length: these are read for
/// both sides.
pub(super) fn plan<'o>(
    segments: impl Iterator<Item = &'o Opened<'o>>,
    (least, most): (u64, u64),
) -> Vec<Range> {
    let threads = rayon::current_num_threads() as u64;
    let mut groups: Vec<Group<'_>> = Vec::new();
    for segment in segments {
        for (group, (first, last)) in segment.bounds.iter().enumerate() {
            groups.push((first, last, segment.rows(group)));
        }
    }
    let total: u64 = groups.iter().map(|(_, _, rows)| rows).sum();
    let wanted = (total / (threads * 2).max(1)).clamp(least, most);
    ranges(groups, wanted)
}

/// A row group: its smallest and greatest declaration number, and how many events it has.
type Group<'o> = (&'o str, &'o str, u64);

/// Where a range might end.
struct End<'o> {
    /// The first number beyond it.
    to: &'o str,
    /// How many row groups it would cut in two.
    cut: u64,
    /// How many events the range would have.
    events: u64,
    /// How many events of the row groups met so far lie beyond it.
    beyond: u64,
}

impl End<'_> {
    /// Whether fewer row groups would be cut for each event, or as few and the range would be longer.
    fn is_better_than(&self, other: &Self) -> bool {
        self.cut * other.events <= other.cut * self.events
    }
}

/// Ranges of about `wanted` events: row groups that begin with the same number are in one, however many.
fn ranges(mut groups: Vec<Group<'_>>, wanted: u64) -> Vec<Range> {
    groups.sort_unstable();
    let mut ends: Vec<&str> = groups.iter().map(|(_, last, _)| *last).collect();
    ends.sort_unstable();
    let mut starts = vec![""];
    let (mut from, mut events) = ("", 0);
    let smallest = groups.first().map_or("", |(first, ..)| *first);
    let mut best: Option<End<'_>> = None;
    let mut before = "";
    for (begun, (first, _, rows)) in groups.iter().copied().enumerate() {
        // Of several that begin with a number the first one: all of them lie beyond it.
        let is_first = std::mem::replace(&mut before, first) != first;
        if is_first && events >= wanted / 2 && first > from.max(smallest) {
            // Those that have begun before this number and have not ended.
            let cut = begun - ends.partition_point(|last| *last < first);
            let end = End {
                to: first,
                cut: cut as u64,
                events,
                beyond: 0,
            };
            if best.as_ref().is_none_or(|best| end.is_better_than(best)) {
                best = Some(end);
            }
        }
        if events >= wanted
            && let Some(end) = best.take()
        {
            starts.push(end.to);
            (from, events) = (end.to, end.beyond);
        }
        events += rows;
        if let Some(best) = &mut best {
            best.beyond += rows;
        }
    }
    if events > wanted {
        starts.extend(best.map(|end| end.to));
    }
    let ends = starts.iter().skip(1).copied().map(Some).chain([None]);
    let ranges = starts.iter().zip(ends).map(|(from, to)| Range {
        from: (*from).to_owned(),
        to: to.map(str::to_owned),
    });
    ranges.collect()
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

/// Folds the events of the chosen declarations of one range. Returned with the number of events that lie
/// after the freeze time.
pub(super) fn fold(
    segments: &[Opened<'_>],
    chosen: &Chosen<'_>,
    states: &States<'_>,
    progress: Folded<'_>,
) -> Result<(RangeTables, u64)> {
    let States { rules, spent } = states;
    let mut state = spent.take().unwrap_or_else(|| RangeState::new(rules));
    let pieces = segments.iter().map(|segment| Piece::of(segment, chosen));
    let pieces: Vec<Piece<'_>> = pieces.filter(|piece| !piece.groups.is_empty()).collect();
    if chosen.only.is_none() {
        // Of the row groups at its ends a range has but a few rows. Somewhat more than planned, so that the list is not
        // copied when it comes out a little longer.
        let most = usize::try_from(rules.range_events().1 / 4 * 5).unwrap_or(usize::MAX);
        let rows: usize = pieces.iter().map(Piece::rows).sum();
        state.events.reserve(rows.min(most));
    }
    for piece in pieces {
        read_piece(piece, chosen, &mut state, progress)?;
    }
    let folded = (state.finish()?, state.after_freeze);
    // With a limit for memory nothing is kept from one range to the next: the lists of a state have the size of the largest
    // range so far, beside the tables that are being written.
    if rules.range_events.is_none() {
        state.clear();
        spent.give(state);
    }
    Ok(folded)
}

/// The row groups of a segment that may hold declarations of a range.
struct Piece<'s> {
    of: &'s Opened<'s>,
    groups: Vec<usize>,
}

impl<'s> Piece<'s> {
    fn of(segment: &'s Opened<'s>, chosen: &Chosen<'_>) -> Self {
        let groups = segment.bounds.iter().enumerate();
        let meets = |(group, (first, last)): (usize, &(String, String))| {
            chosen.range.meets(first, last).then_some(group)
        };
        Self {
            of: segment,
            groups: groups.filter_map(meets).collect(),
        }
    }

    /// How many rows they have.
    fn rows(&self) -> usize {
        let rows = self.groups.iter().map(|group| self.of.rows(*group));
        usize::try_from(rows.sum::<u64>()).unwrap_or_default()
    }
}

fn read_piece(
    piece: Piece<'_>,
    chosen: &Chosen<'_>,
    state: &mut RangeState<'_>,
    progress: Folded<'_>,
) -> Result<()> {
    let Piece { of, groups } = piece;
    let (path, metadata) = (of.segment.path.as_path(), &of.metadata);
    let not_needed = [
        events::EVENT_ID,
        events::SOURCE_FILE,
        events::SOURCE_LINE,
        events::ROW_HASH,
    ];
    let is_needed = |name: &str| !not_needed.contains(&name);
    let mut take = |group: usize, rows: Option<RowSelection>| {
        if let Some(rows) = read_rows(path, metadata, group, is_needed, rows)? {
            read_batch(&rows, chosen, state)?;
            progress(rows.columns.num_rows() as u64);
        }
        Ok::<(), Error>(())
    };
    let is_whole = |group: usize| {
        let bounds = of.bounds.get(group);
        chosen.only.is_none() && bounds.is_some_and(|(first, last)| chosen.range.holds(first, last))
    };
    for group in groups {
        if is_whole(group) {
            take(group, None)?;
            continue;
        }
        // At the ends of the range, or where few declarations are folded anew: their rows alone are decoded.
        let rows = chosen_rows(path, metadata, group, chosen)?;
        if rows.selects_any() {
            take(group, Some(rows))?;
        }
    }
    Ok(())
}

/// The rows of a row group that belong to chosen declarations.
fn chosen_rows(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    group: usize,
    chosen: &Chosen<'_>,
) -> Result<RowSelection> {
    let id = [events::DECLARATION_ID];
    let mut rows = Vec::new();
    for batch in read_segment(path, metadata, group, &id, None)? {
        let batch = batch.map_err(|cause| Error::read(path, &cause))?;
        let found = codes(column(&batch, events::DECLARATION_ID)?, |id| {
            if chosen.contains(id) { 0 } else { NONE }
        })?;
        let is_chosen = found.iter().map(|found| Some(*found != NONE));
        rows.push(is_chosen.collect::<BooleanArray>());
    }
    Ok(RowSelection::from_filters(&rows))
}

fn column<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef> {
    batch
        .column_by_name(name)
        .ok_or_else(|| Error::input(format!("a segment of the store has no column `{name}`")))
}

fn read_batch(read: &SegmentRows, chosen: &Chosen<'_>, state: &mut RangeState<'_>) -> Result<()> {
    let batch = &read.columns;
    let declarations = codes(column(batch, events::DECLARATION_ID)?, |id| {
        if chosen.contains(id) {
            state.declaration(id)
        } else {
            NONE
        }
    })?;
    let items = match batch.column_by_name(events::ITEM) {
        Some(items) if items.null_count() < items.len() => {
            codes(items, |item| state.lines.item(item))?
        }
        _ => Vec::new(),
    };
    let activities = codes(column(batch, events::ACTIVITY)?, |label| {
        state.activity(label)
    })?;
    let milestones = codes(column(batch, events::MILESTONE)?, |name| {
        Milestone::from_name(name).map_or(NONE, |milestone| u32::from(milestone.code()))
    })?;
    let at = column(batch, events::AT)?;
    let at = at.as_primitive_opt::<TimestampMicrosecondType>();
    let at = at
        .ok_or_else(|| Error::internal("reading times", "wrong type"))?
        .values();
    // Rows of this range that have happened by the freeze time.
    let mut rows = Rows::of_batch(batch.num_rows());
    let columns = declarations
        .iter()
        .zip(at)
        .zip(activities.iter().zip(&milestones));
    for (row, ((declaration, at), (activity, milestone))) in columns.enumerate() {
        let (declaration, activity) = (*declaration, *activity);
        if declaration == NONE || state.is_after_freeze(*at) {
            continue;
        }
        let item = items.get(row).copied().unwrap_or(NONE);
        let milestone = Milestone::ALL.get(*milestone as usize).copied();
        rows.push(Row {
            position: row,
            line: state.lines.line(declaration, item),
            event: u32::try_from(state.events.len()).unwrap_or(NONE),
            at: *at,
            milestone,
        });
        state.events.push(EventRow {
            declaration,
            at: *at,
            milestone,
            activity,
            item,
            officer: NONE,
            lane: NONE,
            detail: NONE,
            on_paper: false,
        });
    }
    values(read, &rows, state)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ends of ranges, and that together they are everything.
    fn ends(groups: &[Group<'_>], wanted: u64) -> Vec<String> {
        let ranges = ranges(groups.to_vec(), wanted);
        assert_eq!(ranges.first().map(Range::from), Some(""));
        for pair in ranges.windows(2) {
            assert_eq!(pair[0].to.as_deref(), Some(pair[1].from()));
        }
        assert_eq!(ranges.last().map(|last| &last.to), Some(&None));
        let ends = ranges.into_iter().filter_map(|range| range.to);
        ends.collect()
    }

    #[test]
    fn a_range_ends_where_it_cuts_the_fewest_row_groups_in_two() {
        // Two segments that begin row groups at about the same numbers, and one that does not.
        let alike = [
            ("A0", "A9", 10),
            ("B0", "B9", 10),
            ("C0", "C9", 10),
            ("D0", "D9", 10),
            ("A1", "A8", 10),
            ("B1", "B8", 10),
            ("C1", "C8", 10),
            ("D1", "D8", 10),
        ];
        assert_eq!(ends(&alike, 40), ["C0"]);
        assert_eq!(ends(&alike, 20), ["B0", "C0", "D0"]);
        let across = [&alike[..], &[("B5", "C5", 10)]].concat();
        // At D0 none would be, but that is too far.
        assert_eq!(ends(&across, 60), ["C0"]);
        assert_eq!(ends(&alike, 1000), Vec::<String>::new());
        // What begins with the same number is on one side.
        let same = [
            ("A", "A9", 10),
            ("B", "B8", 30),
            ("B", "B9", 30),
            ("C", "C9", 30),
        ];
        assert_eq!(ends(&same, 60), ["C"]);
        assert_eq!(ends(&same, 20), ["B", "C"]);
    }

    #[test]
    fn row_groups_that_all_overlap_are_cut_all_the_same() {
        let names: Vec<String> = (0..40).map(|at| format!("{at:02}")).collect();
        let groups: Vec<Group<'_>> = names.iter().map(|name| (name.as_str(), "99", 10)).collect();
        assert_eq!(ends(&groups, 100), ["10", "20", "30"]);
        // One declaration has them all.
        let same = vec![("A", "A", 10); 40];
        assert_eq!(ends(&same, 100), Vec::<String>::new());
    }
}
