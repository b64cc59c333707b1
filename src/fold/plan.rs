//! Ranges of declaration numbers, and how those of a log are planned.

use super::range::Opened;

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

    /// Whether a number lies within it.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.from.as_str() <= id && self.to.as_deref().is_none_or(|to| id < to)
    }

    /// Whether all numbers between two do, both included.
    pub(super) fn holds(&self, first: &str, last: &str) -> bool {
        self.contains(first) && self.contains(last)
    }

    /// Whether some number between two may.
    pub(super) fn meets(&self, first: &str, last: &str) -> bool {
        self.from.as_str() <= last && self.to.as_deref().is_none_or(|to| first < to)
    }

    /// What lies before a number, and that number with what lies behind it.
    pub(super) fn cut(&self, at: String) -> [Self; 2] {
        let before = Self {
            from: self.from.clone(),
            to: Some(at.clone()),
        };
        let behind = Self {
            from: at,
            to: self.to.clone(),
        };
        [before, behind]
    }
}

/// Cuts the declaration numbers of segments into ranges of between `least` and `most` events. Between half of what
/// is wanted and all of it a range ends where it cuts the fewest row groups in two for its length: these are read for
/// both sides. The last ranges are shorter and shorter: threads that take one after the other are done at about the same time.
pub(super) fn plan<'o>(
    segments: impl Iterator<Item = &'o Opened<'o>>,
    (least, most): (u64, u64),
) -> Vec<Range> {
    let threads = rayon::current_num_threads() as u64;
    let mut groups: Vec<Group<'_>> = Vec::new();
    for segment in segments {
        groups.extend(segment.groups());
    }
    ranges(groups, |left| {
        (left / (threads * 2).max(1)).clamp(least, most)
    })
}

/// A row group: its smallest and greatest declaration number, and how many events it has.
pub(super) type Group<'o> = (&'o str, &'o str, u64);

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

/// Ranges of about as many events as are wanted where so many are left: row groups that begin with the same number are in
/// one, however many.
fn ranges(mut groups: Vec<Group<'_>>, wanted_of: impl Fn(u64) -> u64) -> Vec<Range> {
    groups.sort_unstable();
    let mut ends: Vec<&str> = groups.iter().map(|(_, last, _)| *last).collect();
    ends.sort_unstable();
    let mut starts = vec![""];
    let mut left = groups.iter().map(|(_, _, rows)| rows).sum();
    let (mut from, mut events, mut wanted) = ("", 0, wanted_of(left));
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
            left -= end.events;
            (from, events, wanted) = (end.to, end.beyond, wanted_of(left));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The ends of ranges, and that together they are everything.
    fn ends(groups: &[Group<'_>], wanted: u64) -> Vec<String> {
        let ranges = ranges(groups.to_vec(), |_| wanted);
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
    fn the_last_ranges_are_shorter() {
        let names: Vec<String> = (0..40).map(|at| format!("{at:02}")).collect();
        let groups = names.iter().map(|name| (name.as_str(), name.as_str(), 10));
        let ranges = ranges(groups.collect(), |left| (left / 4).clamp(20, 80));
        let starts: Vec<&str> = ranges.iter().map(Range::from).collect();
        // Of 400 events 80, of 320 as many, of 240 a quarter and so on.
        assert_eq!(starts, ["", "08", "16", "22", "27", "31", "34", "36", "38"]);
    }

    #[test]
    fn a_range_is_cut_before_a_number() {
        let range = Range {
            from: String::new(),
            to: Some("D".to_owned()),
        };
        let [before, behind] = range.cut("C".to_owned());
        assert_eq!((before.from(), before.to.as_deref()), ("", Some("C")));
        assert_eq!((behind.from(), behind.to.as_deref()), ("C", Some("D")));
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
