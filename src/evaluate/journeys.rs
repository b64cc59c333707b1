//! Time and cost along a corridor: the busiest way between its places.

use std::collections::BTreeMap;

use super::base::BaseTable;
use super::{Evaluator, Scope};
use crate::catalogue::{Base, first_at};
use crate::error::Result;
use crate::model::{Milestone, Period};
use crate::project::{Corridor, Node};

/// The means of all journeys of one period that stopped at the same places of a corridor in the same
/// order: time and cost add up along the way, so means are what can be stacked.
///
/// After Beresford and Dubey (1990), "Handbook on the management and operation of dry ports" (the
/// time–cost–distance method), as UNESCAP and CAREC use it.
#[derive(Clone, Debug, PartialEq)]
pub struct JourneyProfile {
    /// The corridor's id.
    pub corridor: String,
    /// The period of the first arrival.
    pub period: Period,
    /// Journeys that came to their end.
    pub n: u64,
    /// Journeys of this way that were under way at the freeze time.
    pub n_open: u64,
    /// Mean time at border crossing points, of all of them together, in seconds.
    pub border_s: f64,
    /// The places, in the order in which they were reached.
    pub stops: Vec<JourneyStop>,
}

/// A place on a journey.
#[derive(Clone, Debug, PartialEq)]
pub struct JourneyStop {
    /// Its name.
    pub place: String,
    /// Kilometres from the first place.
    pub km: f64,
    /// Whether it is a border crossing point.
    pub is_border: bool,
    /// Mean time from the first arrival to the arrival here, in seconds.
    pub arrived_s: f64,
    /// Mean time from the first arrival to the leaving, in seconds.
    pub left_s: f64,
    /// Mean fees by the leaving, in the project's currency, official and unofficial; `None` unless every
    /// crossing of every journey states one.
    pub cost: Option<f64>,
}

/// A stay at a place: which, from when to when, and what was paid.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stay {
    node: usize,
    from: i64,
    to: Option<i64>,
    is_crossing: bool,
    fee: Option<i128>,
}

impl Evaluator<'_> {
    /// For each corridor the busiest way of the last period of a scope, where enough journeys took one. A
    /// journey is a declaration that stopped at two places or more that have a distance: its
    /// crossings, and its office from arrival to exit.
    pub fn journeys(&self, corridors: &[Corridor], scope: &Scope) -> Result<Vec<JourneyProfile>> {
        let Some(period) = scope.periods.last().copied() else {
            return Ok(Vec::new());
        };
        let bounds = period.bounds_us(self.settings.zone);
        // By corridor, and by way.
        let mut ways: Vec<BTreeMap<Vec<usize>, Vec<Vec<Stay>>>> = Vec::new();
        ways.resize_with(corridors.len(), BTreeMap::new);
        self.each_piece(|piece| {
            let base = piece.base(Base::Clearances);
            let met = scope.condition.as_deref().map(|sql| base.condition(sql));
            let met = met.transpose()?;
            let of = base.texts("corridor");
            for (row, stays) in piece.stays(base, corridors) {
                let counted = met.as_ref().is_none_or(|met| met.get(row) == Some(&true));
                let dated = stays
                    .first()
                    .is_some_and(|stay| (bounds.0..bounds.1).contains(&stay.from));
                if !counted || !dated {
                    continue;
                }
                let own = of.get(row).copied().flatten();
                for (corridor, ways) in corridors.iter().zip(&mut ways) {
                    if own == Some(corridor.id.as_str())
                        && let Some(way) = way(&stays, &corridor.nodes)
                    {
                        ways.entry(way).or_default().push(stays.clone());
                    }
                }
            }
            Ok(())
        })?;
        let mut profiles = Vec::new();
        for (corridor, ways) in corridors.iter().zip(&ways) {
            let busiest = ways
                .iter()
                .max_by_key(|(way, all)| (all.len(), std::cmp::Reverse(*way)));
            let profile = busiest.and_then(|(way, all)| profile(corridor, period, (way, all)));
            profiles.extend(profile.filter(|one| one.n >= scope.min_declarations.max(1)));
        }
        Ok(profiles)
    }

    /// The stays of each declaration at places of its corridor, in their order.
    fn stays(&self, base: &BaseTable<'_>, corridors: &[Corridor]) -> BTreeMap<usize, Vec<Stay>> {
        let node = |corridor: Option<&str>, place: Option<&str>| {
            let corridor = corridors
                .iter()
                .find(|one| Some(one.id.as_str()) == corridor)?;
            let is = |node: &Node| {
                place == Some(node.name.as_str())
                    || (place.is_some() && place == node.code.as_deref())
            };
            corridor.nodes.iter().position(is)
        };
        let of = base.texts("corridor");
        let corridor = |row: usize| of.get(row).copied().flatten();
        let mut stays: BTreeMap<usize, Vec<Stay>> = BTreeMap::new();
        let crossings = self.base(Base::Crossings);
        let points = crossings.texts("bcp");
        let (entered, left) = (
            crossings.times("crossing_at"),
            crossings.times("crossing_left_at"),
        );
        let fees = ["fee_official", "fee_unofficial"].map(|name| crossings.amounts(name));
        for at in 0..crossings.rows() {
            let row = crossings.parent(at);
            let node = node(corridor(row), points.get(at).copied().flatten());
            if let (Some(node), Some(from)) = (node, entered.get(at)) {
                let stated = fees.iter().filter_map(|fee| fee.get(at));
                stays.entry(row).or_default().push(Stay {
                    node,
                    from,
                    to: left.get(at),
                    is_crossing: true,
                    fee: stated.reduce(|a, b| a + b),
                });
            }
        }
        let offices = base.texts("office");
        let arrived = base.times(&first_at(Milestone::Arrived));
        let exited = base.times(&first_at(Milestone::Exited));
        for (row, stays) in &mut stays {
            let node = node(corridor(*row), offices.get(*row).copied().flatten());
            let from = arrived.get(*row);
            // At a border office the crossing is the stay.
            let new = node.filter(|node| stays.iter().all(|stay| stay.node != *node));
            if let (Some(node), Some(from)) = (new, from) {
                stays.push(Stay {
                    node,
                    from,
                    to: exited.get(*row),
                    is_crossing: false,
                    fee: None,
                });
            }
            stays.sort_by_key(|stay| (stay.from, stay.node));
        }
        stays
    }
}

/// The places of a journey, if there are two or more, they lie one after the other along the corridor, and
/// each was left before the next was reached.
fn way(stays: &[Stay], nodes: &[Node]) -> Option<Vec<usize>> {
    let km: Option<Vec<f64>> = stays
        .iter()
        .map(|stay| nodes.get(stay.node).and_then(|node| node.distance_km))
        .collect();
    let km = km.filter(|km| km.len() > 1)?;
    let one_way = km.is_sorted_by(|a, b| a < b) || km.is_sorted_by(|a, b| a > b);
    let in_turn = stays.windows(2).all(|pair| match pair {
        [here, next] => here.to.is_some_and(|left| left <= next.from),
        _ => true,
    });
    (one_way && in_turn).then(|| stays.iter().map(|stay| stay.node).collect())
}

/// The means of the journeys of one way that came to their end.
fn profile(
    corridor: &Corridor,
    period: Period,
    (way, all): (&[usize], &[Vec<Stay>]),
) -> Option<JourneyProfile> {
    let ended: Vec<&[Stay]> = all
        .iter()
        .map(Vec::as_slice)
        .filter(|stays| {
            stays
                .last()
                .is_some_and(|stay| stay.to.is_some_and(|to| to >= stay.from))
        })
        .collect();
    let n = ended.len() as u64;
    let start = corridor.nodes.get(*way.first()?)?.distance_km?;
    let mean_s = |sum: i128| sum as f64 / ended.len().max(1) as f64 / 1e6;
    // Costs are known up to the first crossing without a fee.
    let mut cost = ended
        .iter()
        .flat_map(|stays| stays.iter())
        .any(|stay| stay.fee.is_some())
        .then_some(0);
    let mut stops = Vec::with_capacity(way.len());
    for (at, node) in way.iter().enumerate() {
        let node = corridor.nodes.get(*node)?;
        let (mut arrived, mut left) = (0_i128, 0_i128);
        for stays in &ended {
            let (first, stay) = (stays.first()?, stays.get(at)?);
            arrived += i128::from(stay.from - first.from);
            left += i128::from(stay.to? - first.from);
            cost = match (cost, stay.is_crossing, stay.fee) {
                (Some(sum), _, Some(fee)) => Some(sum + fee),
                (sum, false, None) => sum,
                (_, _, _) => None,
            };
        }
        stops.push(JourneyStop {
            place: node.name.clone(),
            km: (node.distance_km? - start).abs(),
            is_border: node.kind == "bcp",
            arrived_s: mean_s(arrived),
            left_s: mean_s(left),
            cost: cost.map(mean_s),
        });
    }
    let at_border = stops.iter().filter(|stop| stop.is_border);
    Some(JourneyProfile {
        border_s: at_border.map(|stop| stop.left_s - stop.arrived_s).sum(),
        corridor: corridor.id.clone(),
        period,
        n,
        n_open: (all.len() - ended.len()) as u64,
        stops,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Month;

    const HOUR: i64 = 3_600_000_000;

    fn node(name: &str, kind: &str, km: f64) -> Node {
        Node {
            name: name.to_owned(),
            kind: kind.to_owned(),
            code: None,
            border: None,
            distance_km: Some(km),
        }
    }

    fn corridor() -> Corridor {
        Corridor {
            id: "C".to_owned(),
            name: "C".to_owned(),
            offices: Vec::new(),
            bcps: Vec::new(),
            distance_km: None,
            nodes: vec![
                node("Inland", "inland", 0.0),
                node("Town", "inland", 60.0),
                node("Border", "bcp", 100.0),
            ],
        }
    }

    fn stay(node: usize, from: i64, to: Option<i64>, fee: Option<i128>) -> Stay {
        Stay {
            node,
            from: from * HOUR,
            to: to.map(|to| to * HOUR),
            is_crossing: node == 2,
            fee,
        }
    }

    #[test]
    fn a_way_runs_one_way_and_leaves_before_it_arrives() {
        let nodes = corridor().nodes;
        let inbound = [stay(2, 0, Some(4), None), stay(0, 6, None, None)];
        assert_eq!(way(&inbound, &nodes), Some(vec![2, 0]));
        assert_eq!(way(&inbound[..1], &nodes), None);
        let overlapping = [stay(2, 0, Some(8), None), stay(0, 6, None, None)];
        assert_eq!(way(&overlapping, &nodes), None);
        let back = [
            stay(0, 0, Some(1), None),
            stay(2, 2, Some(3), None),
            stay(1, 5, Some(6), None),
        ];
        assert_eq!(way(&back, &nodes), None);
    }

    #[test]
    fn means_add_up_along_the_way() {
        // From the border: 4 h and 2 h there, 2 h and 4 h on the road, 10 h and 6 h inland; one is under way.
        let first = [
            stay(2, 0, Some(4), Some(3_000_000)),
            stay(0, 6, Some(16), None),
        ];
        let second = [
            stay(2, 100, Some(102), Some(1_000_000)),
            stay(0, 106, Some(112), None),
        ];
        let open = [stay(2, 50, Some(55), None), stay(0, 60, None, None)];
        let all: Vec<Vec<Stay>> = vec![first.into(), second.into(), open.into()];
        let period = Period::month(Month::new(2025, 3).unwrap());
        let made = profile(&corridor(), period, (&[2, 0], &all)).unwrap();
        assert_eq!((made.n, made.n_open), (2, 1));
        let [border, inland] = made.stops.as_slice() else {
            panic!("{made:?}")
        };
        let hours = |seconds: f64| seconds / 3600.0;
        assert_eq!((hours(border.arrived_s), hours(border.left_s)), (0.0, 3.0));
        assert!((hours(made.border_s) - 3.0).abs() < 1e-9);
        assert_eq!((hours(inland.arrived_s), hours(inland.left_s)), (6.0, 14.0));
        assert_eq!((border.km, inland.km), (0.0, 100.0));
        assert_eq!((border.cost, inland.cost), (Some(2.0), Some(2.0)));
        assert!(border.is_border && !inland.is_border);
    }

    #[test]
    fn a_crossing_without_a_fee_makes_the_cost_unknown() {
        let first = [
            stay(2, 0, Some(4), Some(3_000_000)),
            stay(0, 6, Some(16), None),
        ];
        let second = [stay(2, 100, Some(102), None), stay(0, 106, Some(112), None)];
        let all: Vec<Vec<Stay>> = vec![first.into(), second.into()];
        let period = Period::month(Month::new(2025, 3).unwrap());
        let made = profile(&corridor(), period, (&[2, 0], &all)).unwrap();
        assert!(made.stops.iter().all(|stop| stop.cost.is_none()));
    }
}
