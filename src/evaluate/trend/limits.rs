//! Process limits and signals: the `XmR` chart (individual values and moving ranges).
//!
//! Sources: D. J. Wheeler, "Understanding Variation" (2nd ed., 2000) and "Making Sense of Data"
//! (2003) for the limits and the three rules; NHS England, "Making data count", for reading a signal
//! as improvement or concern and for starting limits anew at a known change.

use super::{ProcessLimits, Rule, Signal, TrendPoint};
use crate::catalogue::Better;
use crate::model::Month;

/// How many months limits are made from: the first twelve of a stretch, so that each month of the year
/// is in them once and a month's verdict does not change whenever another one is added.
pub const BASELINE_MONTHS: usize = 12;
/// Limits from fewer moving ranges than this are too uncertain to be drawn.
const RANGES_MIN: usize = 6;
/// 3 / d₂ with d₂ = 1.128 for ranges of two: half the width of the limits in mean moving ranges.
const WIDTH: f64 = 2.66;
/// D₄ for ranges of two: the upper limit of moving ranges in mean moving ranges.
const RANGE_WIDTH: f64 = 3.268;
/// A run is this many points in succession on one side of the centre line.
const RUN: usize = 8;
/// Near the limit are three of so many points in succession.
const WINDOW: usize = 4;

/// What limits are made with, beside the points.
pub(super) struct Chart<'c> {
    /// The values that the KPI can take: limits do not lie outside.
    pub(super) bounds: (f64, f64),
    /// Which way is better.
    pub(super) better: Better,
    /// The first whole month of each reform that was meant to change the KPI, ascending.
    pub(super) reforms: &'c [Month],
}

/// Sets moving ranges, limits and signals of points, which are one per month, ascending. Says why
/// where there are no limits.
///
/// A stretch begins with the first point and with each reform. Its limits are made from its first
/// twelve months that count: centre = their mean, limits = centre ± 2.66 × mean moving range, upper
/// limit of the ranges = 3.268 × mean moving range. Until a stretch has twelve months the limits
/// before go on: there a reform that works is a signal. A month that is withheld, not measurable or
/// provisional counts nowhere: it gives no range, and successive points are those that count.
pub(super) fn set(points: &mut [TrendPoint], chart: &Chart<'_>) -> Option<String> {
    set_ranges(points);
    let mut starts = vec![0];
    for reform in chart.reforms {
        starts.push(points.partition_point(|point| point.period.first < *reform));
    }
    starts.push(points.len());
    starts.dedup();
    let mut current = None;
    let mut reason = None;
    let mut from = 0;
    for stretch in starts.windows(2) {
        let [start, end] = *stretch else { continue };
        let Some(part) = points.get_mut(start..end) else {
            continue;
        };
        match limits(part, chart.bounds) {
            Ok(limits) => {
                judge(points.get_mut(from..start), current, chart.better);
                (current, from) = (Some(limits), start);
            }
            Err(why) if current.is_none() => reason = Some(why),
            Err(_) => {}
        }
    }
    judge(points.get_mut(from..), current, chart.better);
    if current.is_some() { None } else { reason }
}

fn set_ranges(points: &mut [TrendPoint]) {
    let mut before: Option<(Month, f64)> = None;
    for point in points {
        let now = point.counted().map(|value| (point.period.first, value));
        point.moving_range = now.zip(before).and_then(|(now, before)| {
            (now.0.since(before.0) == 1).then(|| (now.1 - before.1).abs())
        });
        before = now;
    }
}

/// The limits of a stretch, not yet cut to the values that can be.
#[derive(Clone, Copy)]
struct Wide {
    centre: f64,
    width: f64,
    range_upper: f64,
    bounds: (f64, f64),
}

impl Wide {
    /// From values of which at least two differ, and the ranges between them.
    fn of(values: &[f64], ranges: &[f64], bounds: (f64, f64)) -> Self {
        let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
        let mean_range = mean(ranges);
        Self {
            centre: mean(values),
            width: WIDTH * mean_range,
            range_upper: RANGE_WIDTH * mean_range,
            bounds,
        }
    }

    fn shown(self) -> ProcessLimits {
        ProcessLimits {
            centre: self.centre,
            lower: (self.centre - self.width).max(self.bounds.0),
            upper: (self.centre + self.width).min(self.bounds.1),
            range_upper: self.range_upper,
        }
    }
}

fn limits(stretch: &[TrendPoint], bounds: (f64, f64)) -> Result<Wide, String> {
    let counted = stretch.iter().enumerate();
    let counted: Vec<(usize, f64)> = counted
        .filter_map(|(at, point)| Some((at, point.counted()?)))
        .take(BASELINE_MONTHS)
        .collect();
    let n = counted.len();
    if n < BASELINE_MONTHS {
        return Err(format!(
            "{n} months with a figure that counts, {BASELINE_MONTHS} are needed"
        ));
    }
    // The first point of a stretch has its range to a month of the stretch before.
    let ranges: Vec<f64> = counted
        .iter()
        .filter(|(at, _)| *at > 0)
        .filter_map(|(at, _)| stretch.get(*at)?.moving_range)
        .collect();
    if ranges.len() < RANGES_MIN {
        let found = ranges.len();
        return Err(format!(
            "{found} pairs of adjoining months among the first {BASELINE_MONTHS}, {RANGES_MIN} are needed"
        ));
    }
    if ranges.iter().all(|range| *range <= 0.0) {
        return Err(format!(
            "the first {BASELINE_MONTHS} months do not differ: there is no variation to judge by"
        ));
    }
    let values: Vec<f64> = counted.iter().map(|(_, value)| *value).collect();
    Ok(Wide::of(&values, &ranges, bounds))
}

/// Sets limits and signals of points that are held against the same limits.
fn judge(points: Option<&mut [TrendPoint]>, limits: Option<Wide>, better: Better) {
    let (Some(points), Some(limits)) = (points, limits) else {
        return;
    };
    let mut counted: Vec<&mut TrendPoint> = Vec::new();
    for point in points {
        point.limits = Some(limits.shown());
        if point.counted().is_some() {
            counted.push(point);
        }
    }
    // Signed distances from the centre line, in half widths of the limits.
    let distances: Vec<f64> = counted
        .iter()
        .filter_map(|point| Some((point.counted()? - limits.centre) / limits.width))
        .collect();
    let rules = rules(&distances);
    for ((point, rules), distance) in counted.into_iter().zip(rules).zip(distances) {
        point.signal = Some(Signal::of(!rules.is_empty(), distance > 0.0, better));
        point.rules = rules;
    }
}

/// The rules that each of some successive points meets. A point on the centre line is on neither side.
fn rules(distances: &[f64]) -> Vec<Vec<Rule>> {
    let mut met: Vec<Vec<Rule>> = distances
        .iter()
        .map(|distance| {
            if distance.abs() > 1.0 {
                vec![Rule::Outside]
            } else {
                Vec::new()
            }
        })
        .collect();
    let side = |distance: f64| (distance > 0.0, distance < 0.0);
    let mut from = 0;
    for run in distances.chunk_by(|a, b| *a != 0.0 && side(*a) == side(*b)) {
        let long = run.len() >= RUN;
        for rules in met.iter_mut().skip(from).take(run.len()).filter(|_| long) {
            rules.push(Rule::Run);
        }
        from += run.len();
    }
    let near = |distance: f64, above: bool| {
        let distance = if above { distance } else { -distance };
        distance > 0.5
    };
    for (start, window) in distances.windows(WINDOW).enumerate() {
        for above in [true, false] {
            let count = window.iter().filter(|one| near(**one, above)).count();
            if count + 1 < WINDOW {
                continue;
            }
            for (at, distance) in window.iter().enumerate() {
                if let Some(rules) = met.get_mut(start + at)
                    && near(*distance, above)
                    && !rules.contains(&Rule::NearLimit)
                {
                    rules.push(Rule::NearLimit);
                }
            }
        }
    }
    met
}

#[cfg(test)]
mod tests {
    use super::super::tests::{month, points};
    use super::*;

    fn chart(reforms: &[Month]) -> Chart<'_> {
        Chart {
            bounds: (0.0, f64::INFINITY),
            better: Better::Lower,
            reforms,
        }
    }

    fn close(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-9, "{found}, wanted {wanted}");
    }

    /// Worked by hand: sum 497, mean 41.4167; ranges 2 0 0 2 1 3 1 2 1 3 4, sum 19, mean 19/11.
    const VALUES: [f64; 12] = [
        39.0, 41.0, 41.0, 41.0, 43.0, 44.0, 41.0, 42.0, 40.0, 41.0, 44.0, 40.0,
    ];

    #[test]
    fn the_arithmetic_agrees_with_a_published_example() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2, individuals control charts:
        // mean 50.81, mean moving range 1.8778, limits 45.8159 and 55.8041 (with 3/1.128 for 2.66).
        let values = [
            49.6_f64, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1,
        ];
        let ranges: Vec<f64> = values
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .collect();
        let limits = Wide::of(&values, &ranges, (0.0, f64::INFINITY)).shown();
        assert!((limits.centre - 50.81).abs() < 1e-9, "{limits:?}");
        assert!((limits.upper - 55.8041).abs() < 1e-3, "{limits:?}");
        assert!((limits.lower - 45.8159).abs() < 1e-3, "{limits:?}");
        assert!(
            (limits.range_upper - 3.268 * 1.8778).abs() < 1e-3,
            "{limits:?}"
        );
    }

    #[test]
    fn limits_are_the_mean_and_2_66_mean_moving_ranges() {
        let mut points = points(&VALUES.map(Some));
        assert_eq!(set(&mut points, &chart(&[])), None);
        let limits = points[3].limits.unwrap();
        close(limits.centre, 497.0 / 12.0);
        close(limits.lower, 497.0 / 12.0 - 2.66 * 19.0 / 11.0);
        close(limits.upper, 497.0 / 12.0 + 2.66 * 19.0 / 11.0);
        close(limits.range_upper, 3.268 * 19.0 / 11.0);
        assert_eq!(points[0].moving_range, None);
        assert_eq!(points[4].moving_range, Some(2.0));
        let common = |point: &TrendPoint| point.signal == Some(Signal::CommonCause);
        assert!(points.iter().all(common));
    }

    #[test]
    fn later_months_are_held_against_the_first_twelve() {
        // The upper limit is 41.417 + 4.595 = 46.011: 46.0 is within, 46.1 is outside.
        let mut values = VALUES.map(Some).to_vec();
        values.extend([Some(46.0), Some(40.0), Some(46.1), None, Some(36.0)]);
        let mut points = points(&values);
        set(&mut points, &chart(&[]));
        let signals: Vec<_> = points[12..].iter().map(|point| point.signal).collect();
        let common = Some(Signal::CommonCause);
        let found = [
            common,
            common,
            Some(Signal::Concern),
            None,
            Some(Signal::Improvement),
        ];
        assert_eq!(signals, found);
        assert_eq!(points[14].rules, [Rule::Outside]);
        // The month without a figure has limits and no range, and the next one has none either.
        assert!(points[15].limits.is_some());
        assert_eq!(
            (points[15].moving_range, points[16].moving_range),
            (None, None)
        );
    }

    #[test]
    fn eight_in_a_row_on_one_side_are_a_run_and_seven_are_not() {
        let rules = |values: &[f64]| -> Vec<bool> {
            rules(values)
                .iter()
                .map(|met| met.contains(&Rule::Run))
                .collect()
        };
        let mut values = vec![-0.1];
        values.extend([0.2; 8]);
        values.push(-0.1);
        let wanted = [&[false][..], &[true; 8], &[false]].concat();
        assert_eq!(rules(&values), wanted);
        values.remove(3);
        assert_eq!(rules(&values), [false; 9]);
        // A point on the centre line ends a run.
        assert_eq!(
            rules(&[0.1, 0.1, 0.1, 0.1, 0.0, 0.1, 0.1, 0.1, 0.1]),
            [false; 9]
        );
        assert_eq!(rules(&[0.0; 9]), [false; 9]);
    }

    #[test]
    fn three_of_four_nearer_a_limit_than_the_centre_are_a_signal() {
        let rules = |values: &[f64]| -> Vec<bool> {
            rules(values)
                .iter()
                .map(|met| met.contains(&Rule::NearLimit))
                .collect()
        };
        assert_eq!(rules(&[0.6, 0.1, 0.7, 0.51]), [true, false, true, true]);
        assert_eq!(rules(&[0.6, 0.1, 0.7, 0.5]), [false; 4]);
        // Sides are not mixed.
        assert_eq!(rules(&[0.6, -0.6, 0.7, -0.9]), [false; 4]);
        assert_eq!(rules(&[-0.6, -0.6, 0.7, -0.9]), [true, true, false, true]);
    }

    #[test]
    fn limits_start_anew_at_a_reform_once_it_has_twelve_months() {
        let old = VALUES.map(Some);
        let new = VALUES.map(|value| Some(value - 10.0));
        let reform = [month(12)];
        for (after, centre) in [(11, 497.0 / 12.0), (12, 497.0 / 12.0 - 10.0)] {
            let values = [&old[..], &new[..after]].concat();
            let mut points = points(&values);
            assert_eq!(set(&mut points, &chart(&reform)), None);
            close(points[0].limits.unwrap().centre, 497.0 / 12.0);
            close(points[12].limits.unwrap().centre, centre);
            let moved = points[12].signal == Some(Signal::Improvement);
            // Held against the old limits, every new month is a signal; against its own, none is.
            assert_eq!(moved, after == 11);
        }
    }

    #[test]
    fn limits_need_twelve_months_that_differ_and_are_not_torn_apart() {
        let reason = |values: &[Option<f64>]| set(&mut points(values), &chart(&[])).unwrap();
        assert!(reason(&VALUES.map(Some)[..11]).starts_with("11 months"));
        assert!(reason(&[Some(5.0); 12]).contains("do not differ"));
        let torn: Vec<Option<f64>> = VALUES
            .iter()
            .flat_map(|value| [Some(*value), None])
            .collect();
        assert!(reason(&torn).starts_with("0 pairs"));
    }

    #[test]
    fn limits_do_not_leave_the_values_that_can_be() {
        let values = [0.1, 0.9].repeat(6);
        let mut points = points(&values.into_iter().map(Some).collect::<Vec<_>>());
        let chart = Chart {
            bounds: (0.0, 1.0),
            better: Better::Context,
            reforms: &[],
        };
        set(&mut points, &chart);
        let limits = points[0].limits.unwrap();
        assert_eq!((limits.lower, limits.upper), (0.0, 1.0));
    }
}
