//! What drove a change: the parts that members had in it, as mix and as rate.
//!
//! A share or a mean R is the sum over members of wᵢ·rᵢ: the member's share of the cases times its own
//! share or mean. Between two periods (0, 1), with a symmetrical split (E. M. Kitagawa, "Components of
//! a Difference Between Two Rates", Journal of the American Statistical Association 50, 1955):
//!
//! ```text
//! mixᵢ  = (wᵢ₁ − wᵢ₀) · ((rᵢ₀ + rᵢ₁)/2 − (R₀ + R₁)/2)
//! rateᵢ = (rᵢ₁ − rᵢ₀) · (wᵢ₀ + wᵢ₁)/2
//! Σ (mixᵢ + rateᵢ) = R₁ − R₀
//! ```
//!
//! There is no interaction left over: half of it is in either effect. Taking the mean of the whole off
//! in mixᵢ changes no sum, since the shifts of the shares add up to 0; it makes the sign of a member
//! tell whether its weight moved in the direction of the change. A member without a case in one of the
//! periods has no rate there; it is taken to have had that of the other period, so that its coming or
//! going is mix. Counts and sums need no such split: the change of each member is its part.
//!
//! A median is no weighted mean of medians. What is split for a span is its mean.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::table::{KpiRow, KpiTable, State, Statistic};
use crate::catalogue::{Definition, Measure};
use crate::model::{Period, Quantity};

/// The whole, as a dimension and as its only member.
const ALL: (&str, &str) = ("all", "all");
/// How far members may be from adding up to the whole, as a part of it: rounding only.
const TOLERANCE: f64 = 1e-9;

/// A period in a table of figures: one side of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Side<'t> {
    /// The figures.
    pub table: &'t KpiTable,
    /// The period.
    pub period: Period,
}

impl<'t> Side<'t> {
    /// The row of a KPI.
    pub fn row(&self, kpi: &str, cell: (&str, &str), statistic: Statistic) -> Option<&'t KpiRow> {
        self.table.find(kpi, self.period, cell, statistic)
    }
}

/// A member's part in a change, in the unit of the KPI.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// The member; `None` for those together that may not be shown.
    pub member: Option<Arc<str>>,
    /// Its own figure before; `None` without a case or where it may not be shown.
    pub before: Option<f64>,
    /// Its own figure after.
    pub after: Option<f64>,
    /// How much its share of the cases changed the whole; 0 for counts and sums.
    pub mix: f64,
    /// How much its own figure changed the whole; for counts and sums its own change.
    pub rate: f64,
}

impl Contribution {
    /// Its whole part in the change.
    pub fn total(&self) -> f64 {
        self.mix + self.rate
    }
}

/// A change of the whole as the parts of the members of a dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct Drivers {
    /// The dimension.
    pub dimension: String,
    /// The statistic that was split: the mean of a span.
    pub statistic: Statistic,
    /// The change of the whole.
    pub change: f64,
    /// Whether there is a mix: counts and sums have none.
    pub has_mix: bool,
    /// The members, the greatest part first.
    pub parts: Vec<Contribution>,
}

impl Drivers {
    /// The part of all shares of cases together.
    pub fn mix(&self) -> f64 {
        self.parts.iter().map(|part| part.mix).sum()
    }

    /// The part of all members' own figures together.
    pub fn rate(&self) -> f64 {
        self.parts.iter().map(|part| part.rate).sum()
    }
}

/// Why a change can't be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDrivers {
    /// The arithmetic of the KPI is no sum over members.
    Kind,
    /// The whole is not there in both periods.
    Absent,
    /// The members do not add up to the whole: a case counts in several of them, or in none.
    NotAdditive,
}

impl NoDrivers {
    /// In words.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Kind => "it is no sum or weighted mean of its members",
            Self::Absent => "it has no figure in one of the periods",
            Self::NotAdditive => "its members do not add up to the whole",
        }
    }
}

/// How the figure of the whole follows from those of its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Additivity {
    /// It is their sum.
    Sum,
    /// It is their mean, weighted by n.
    Mean,
}

fn additivity(definition: &Definition) -> Option<(Additivity, Statistic)> {
    match definition.measure {
        Measure::Count | Measure::Sum { .. } | Measure::Stock { bands: None, .. } => {
            Some((Additivity::Sum, Statistic::Value))
        }
        Measure::Share { .. }
        | Measure::Mean { .. }
        | Measure::Within { .. }
        | Measure::WithinTarget { .. } => Some((Additivity::Mean, Statistic::Value)),
        Measure::Span { .. } | Measure::Duration { .. } => {
            Some((Additivity::Mean, Statistic::Mean))
        }
        _ => None,
    }
}

/// A member's figure and its number of cases.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Part {
    cases: f64,
    figure: f64,
}

/// The members of one side that may be shown, the others together, and the whole.
struct Parts {
    shown: BTreeMap<Arc<str>, Part>,
    rest: Part,
    whole: Part,
}

/// Splits the change of a KPI's whole between two sides over the members of a dimension.
pub fn drivers(
    definition: &Definition,
    before: Side<'_>,
    after: Side<'_>,
    dimension: &str,
) -> Result<Drivers, NoDrivers> {
    let (additivity, statistic) = additivity(definition).ok_or(NoDrivers::Kind)?;
    let side = |side| parts(&definition.id, side, dimension, (additivity, statistic));
    let (old, new) = (side(before)?, side(after)?);
    let mut parts: Vec<Contribution> = Vec::new();
    let members: std::collections::BTreeSet<&Arc<str>> =
        old.shown.keys().chain(new.shown.keys()).collect();
    let none = Part::default();
    for member in members {
        let of = |parts: &Parts| parts.shown.get(member).copied().unwrap_or(none);
        let known = |parts: &Parts| parts.shown.get(member).map(|part| part.figure);
        parts.push(Contribution {
            member: Some(Arc::clone(member)),
            before: known(&old),
            after: known(&new),
            ..contribution(additivity, (of(&old), of(&new)), (old.whole, new.whole))
        });
    }
    if old.rest.cases > 0.0 || new.rest.cases > 0.0 {
        let rest = (old.rest, new.rest);
        parts.push(contribution(additivity, rest, (old.whole, new.whole)));
    }
    parts.sort_by(|a, b| b.total().abs().total_cmp(&a.total().abs()));
    Ok(Drivers {
        dimension: dimension.to_owned(),
        statistic,
        change: new.whole.figure - old.whole.figure,
        has_mix: additivity == Additivity::Mean,
        parts,
    })
}

fn parts(
    kpi: &str,
    side: Side<'_>,
    dimension: &str,
    (additivity, statistic): (Additivity, Statistic),
) -> Result<Parts, NoDrivers> {
    let whole = side
        .row(kpi, ALL, statistic)
        .and_then(part)
        .ok_or(NoDrivers::Absent)?;
    let rows = side.table.members(kpi, side.period, dimension).iter();
    let rows: Vec<&KpiRow> = rows.filter(|row| row.statistic == statistic).collect();
    if rows.is_empty() {
        return Err(NoDrivers::NotAdditive);
    }
    let is_suppressed = rows.iter().any(|row| row.state == State::Suppressed);
    let shown: BTreeMap<Arc<str>, Part> = rows
        .into_iter()
        .filter_map(|row| Some((Arc::clone(&row.member), part(row)?)))
        .collect();
    let sum = |of: &dyn Fn(&Part) -> f64| shown.values().map(of).sum::<f64>();
    let weight = |part: &Part| match additivity {
        Additivity::Sum => part.figure,
        Additivity::Mean => part.cases * part.figure,
    };
    // What the members that are shown leave of the whole.
    let cases = whole.cases - sum(&|part| part.cases);
    let amount = weight(&whole) - sum(&weight);
    let slack = TOLERANCE * weight(&whole).abs().max(TOLERANCE);
    let is_whole = cases.abs() < 0.5 && amount.abs() <= slack;
    // Only what is suppressed may be missing.
    if cases < -0.5 || (!is_whole && !is_suppressed) {
        return Err(NoDrivers::NotAdditive);
    }
    let rest = if is_whole {
        Part::default()
    } else {
        Part {
            cases: cases.max(1.0),
            figure: match additivity {
                Additivity::Sum => amount,
                Additivity::Mean => amount / cases.max(1.0),
            },
        }
    };
    Ok(Parts { shown, rest, whole })
}

/// The figure and the cases of a row; `None` where it has no figure. A cell without a case has none.
fn part(row: &KpiRow) -> Option<Part> {
    if row.state != State::Ok {
        return None;
    }
    Some(Part {
        cases: row.n? as f64,
        figure: row.value.map(Quantity::to_f64)?,
    })
}

fn contribution(
    additivity: Additivity,
    (old, new): (Part, Part),
    (whole_old, whole_new): (Part, Part),
) -> Contribution {
    let (mix, rate) = match additivity {
        Additivity::Sum => (0.0, new.figure - old.figure),
        Additivity::Mean => {
            // Without a case in one period: the rate of the other.
            let (rate_old, rate_new) = match (old.cases > 0.0, new.cases > 0.0) {
                (true, false) => (old.figure, old.figure),
                (false, true) => (new.figure, new.figure),
                _ => (old.figure, new.figure),
            };
            let share = |part: Part, whole: Part| {
                if whole.cases > 0.0 {
                    part.cases / whole.cases
                } else {
                    0.0
                }
            };
            let (share_old, share_new) = (share(old, whole_old), share(new, whole_new));
            let middle = f64::midpoint(whole_old.figure, whole_new.figure);
            (
                (share_new - share_old) * (f64::midpoint(rate_old, rate_new) - middle),
                (rate_new - rate_old) * f64::midpoint(share_old, share_new),
            )
        }
    };
    Contribution {
        member: None,
        before: None,
        after: None,
        mix,
        rate,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalogue::Catalogue;
    use crate::model::{Month, Unit};

    fn month(number: i8) -> Period {
        Period::month(Month::new(2025, number).unwrap())
    }

    fn row(number: i8, (dimension, member): (&str, &str), n: u64, value: Option<f64>) -> KpiRow {
        KpiRow {
            kpi: Arc::from("RM02"),
            kpi_version: 1,
            period: month(number),
            dimension: Arc::from(dimension),
            member: Arc::from(member),
            statistic: Statistic::Value,
            value: value.map(Quantity::Share),
            unit: Unit::Share,
            n: value.map(|_| n),
            n_open: Some(0),
            n_excluded: Some(0),
            ci: None,
            state: if value.is_some() {
                State::Ok
            } else {
                State::Suppressed
            },
            target: None,
            target_state: None,
            previous: None,
            year_ago: None,
            change: None,
            change_of_year: None,
        }
    }

    fn split(rows: Vec<KpiRow>) -> Result<Drivers, NoDrivers> {
        let table = KpiTable::new(rows);
        let catalogue = Catalogue::load(&[], &std::collections::BTreeSet::new()).unwrap();
        let side = |number| Side {
            table: &table,
            period: month(number),
        };
        drivers(catalogue.require("RM02").unwrap(), side(2), side(3), "lane")
    }

    fn near(one: f64, other: f64) {
        assert!((one - other).abs() < 1e-12, "{one} {other}");
    }

    #[test]
    fn the_parts_are_those_worked_by_hand() {
        // Red 50 of 100 at 80 %, green 50 at 0 %: 40 %. Then red 25 at 60 %, green 75 at 0 %: 15 %.
        // Change −25 points. Middle of the whole 27.5 %.
        // Red: mix −0.25 · (0.7 − 0.275) = −0.10625, rate −0.2 · 0.375 = −0.075.
        // Green: mix 0.25 · (0 − 0.275) = −0.06875, rate 0.
        let drivers = split(vec![
            row(2, ALL, 100, Some(0.4)),
            row(2, ("lane", "red"), 50, Some(0.8)),
            row(2, ("lane", "green"), 50, Some(0.0)),
            row(3, ALL, 100, Some(0.15)),
            row(3, ("lane", "red"), 25, Some(0.6)),
            row(3, ("lane", "green"), 75, Some(0.0)),
        ])
        .unwrap();
        near(drivers.change, -0.25);
        assert_eq!(drivers.parts[0].member.as_deref(), Some("red"));
        near(drivers.parts[0].mix, -0.106_25);
        near(drivers.parts[0].rate, -0.075);
        near(drivers.parts[1].mix, -0.068_75);
        near(drivers.parts[1].rate, 0.0);
        near(drivers.mix(), -0.175);
        near(drivers.rate(), -0.075);
    }

    #[test]
    fn a_member_that_comes_is_mix_alone() {
        // Green 10 of 10 at 0 %; then green 10 at 0 % and red 10 at 50 %: from 0 % to 25 %.
        let drivers = split(vec![
            row(2, ALL, 10, Some(0.0)),
            row(2, ("lane", "green"), 10, Some(0.0)),
            row(3, ALL, 20, Some(0.25)),
            row(3, ("lane", "green"), 10, Some(0.0)),
            row(3, ("lane", "red"), 10, Some(0.5)),
        ])
        .unwrap();
        near(drivers.rate(), 0.0);
        near(drivers.mix(), 0.25);
    }

    #[test]
    fn what_is_suppressed_has_its_part_without_a_figure() {
        // Green 96 at 25 %, one member of 4 cases that all met: 28 of 100. Then green 100 at 25 %.
        let drivers = split(vec![
            row(2, ALL, 100, Some(0.28)),
            row(2, ("lane", "green"), 96, Some(0.25)),
            row(2, ("lane", "red"), 4, None),
            row(3, ALL, 100, Some(0.25)),
            row(3, ("lane", "green"), 100, Some(0.25)),
        ])
        .unwrap();
        let rest = drivers.parts.iter().find(|part| part.member.is_none());
        let rest = rest.unwrap();
        assert_eq!((rest.before, rest.after), (None, None));
        near(drivers.mix() + drivers.rate(), -0.03);
    }

    #[test]
    fn members_that_do_not_add_up_are_not_split() {
        let twice = split(vec![
            row(2, ALL, 10, Some(0.5)),
            row(2, ("lane", "green"), 10, Some(0.5)),
            row(2, ("lane", "red"), 10, Some(0.5)),
            row(3, ALL, 10, Some(0.5)),
            row(3, ("lane", "green"), 10, Some(0.5)),
        ]);
        assert_eq!(twice, Err(NoDrivers::NotAdditive));
        assert_eq!(split(vec![]), Err(NoDrivers::Absent));
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_change(
            cases in proptest::collection::vec((0_u64..50, 0_u64..50, 0_u64..50, 0_u64..50), 1..6)
        ) {
            // (n, met) of both months; what is met is no more than n.
            let mut rows = Vec::new();
            for (number, at) in [(2, 0), (3, 1)] {
                let side = |case: &(u64, u64, u64, u64)| match at {
                    0 => (case.0, case.1.min(case.0)),
                    _ => (case.2, case.3.min(case.2)),
                };
                let n: u64 = cases.iter().map(|case| side(case).0).sum();
                let met: u64 = cases.iter().map(|case| side(case).1).sum();
                prop_assume!(n > 0);
                rows.push(row(number, ALL, n, Some(met as f64 / n as f64)));
                for (member, case) in cases.iter().enumerate() {
                    let (n, met) = side(case);
                    if n > 0 {
                        let name = format!("m{member}");
                        rows.push(row(number, ("lane", &name), n, Some(met as f64 / n as f64)));
                    }
                }
            }
            let drivers = split(rows).unwrap();
            prop_assert!((drivers.mix() + drivers.rate() - drivers.change).abs() < 1e-12);
        }
    }
}
