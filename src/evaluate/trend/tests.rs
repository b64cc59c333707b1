//! Series made by hand, and the trends of a small table.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::catalogue::Catalogue;
use crate::evaluate::KpiTable;

/// Months from January 2024 on.
pub(super) fn month(at: usize) -> Month {
    Month::new(2024, 1)
        .unwrap()
        .plus(i32::try_from(at).unwrap())
}

/// One point per value; a month without one is withheld.
pub(super) fn points(values: &[Option<f64>]) -> Vec<TrendPoint> {
    let rows = rows("TF02", ("all", "all"), values);
    let definition = definition("TF02");
    rows.iter().map(|row| point(&definition, row)).collect()
}

fn definition(kpi: &str) -> Definition {
    let catalogue = Catalogue::load(&[], &BTreeSet::new()).unwrap();
    catalogue.require(kpi).unwrap().clone()
}

/// Rows of the statistic that speaks for a KPI.
fn rows(kpi: &str, (dimension, member): (&str, &str), values: &[Option<f64>]) -> Vec<KpiRow> {
    let definition = definition(kpi);
    let row = |(at, value): (usize, &Option<f64>)| KpiRow {
        kpi: Arc::clone(&definition.id),
        kpi_version: 1,
        period: Period::month(month(at)),
        dimension: Arc::from(dimension),
        member: Arc::from(member),
        statistic: main_statistic(&definition),
        value: value.map(|value| match definition.unit {
            Unit::Share => Quantity::Share(value),
            _ => Quantity::Seconds(value),
        }),
        unit: definition.unit,
        n: value.map(|_| 100),
        n_open: value.map(|_| 0),
        n_excluded: value.map(|_| 0),
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
    };
    values.iter().enumerate().map(row).collect()
}

fn reform(date: &str, kpis: &[&str]) -> Reform {
    Reform {
        name: format!("Reform of {date}"),
        date: date.parse().unwrap(),
        kpis: kpis.iter().map(|kpi| (*kpi).to_owned()).collect(),
        line: 1,
    }
}

fn trends_of(rows: Vec<KpiRow>, reforms: &[Reform]) -> Trends {
    let definitions = [definition("TF02"), definition("RM02")];
    let definitions: Vec<&Definition> = definitions.iter().collect();
    trends(&KpiTable::new(rows), &definitions, reforms, month(59))
}

/// Two years of spans with a season in per cent; the second year a fifth shorter.
fn shortened() -> Vec<Option<f64>> {
    let season = [
        1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.2, 0.8, 1.0, 1.0, 1.02, 0.98,
    ];
    (0..24)
        .map(|at| Some(10_000.0 * season[at % 12] * if at >= 12 { 0.8 } else { 1.0 }))
        .collect()
}

fn close(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 1e-6, "{found}, wanted {wanted}");
}

#[test]
fn a_reform_that_shortened_spans_by_a_fifth_is_found_and_its_step_is_in_the_trend() {
    // By its slug, as a project may name a KPI.
    let reforms = [reform("2025-01-01", &["customs_clearance_time"])];
    let trends = trends_of(rows("TF02", ("all", "all"), &shortened()), &reforms);
    let effect = trends.effects_on("TF02").next().unwrap();
    assert_eq!((effect.months_before, effect.months_after), (12, 12));
    let found = effect.effect.as_ref().unwrap();
    assert_eq!(found.scale, Scale::Relative);
    close(found.change, -0.2);
    close(found.observed / found.expected, 0.8);
    assert_eq!(found.verdict, Verdict::Improvement);
    let trend = trends.find("TF02", ("all", "all")).unwrap();
    assert_eq!(trend.season_scale, Some(Scale::Relative));
    let factor = |at: usize| trend.points[at].season.unwrap().seasonal;
    close(factor(6) / factor(7), 1.2 / 0.8);
    let level = |at: usize| trend.points[at].season.unwrap().trend;
    close(level(12) / level(11), 0.8);
    // Twelve months after the reform have limits of their own.
    let centre = |at: usize| trend.points[at].limits.unwrap().centre;
    close(centre(12) / centre(11), 0.8);
    assert_eq!(trend.points[12].signal, Some(Signal::CommonCause));
}

#[test]
fn a_share_changes_in_points_and_a_rise_of_what_should_fall_is_a_concern() {
    let values: Vec<_> = (0..24)
        .map(|at| Some(if at >= 12 { 0.25 } else { 0.2 } + 0.001 * f64::from(at % 3)))
        .collect();
    let reforms = [reform("2025-01-01", &["RM02"])];
    let trends = trends_of(rows("RM02", ("all", "all"), &values), &reforms);
    let found = trends.effects[0].effect.clone().unwrap();
    assert_eq!(found.scale, Scale::Absolute);
    close(found.change, 0.05);
    assert_eq!(found.verdict, Verdict::Concern);
    for (ci, better, verdict) in [
        ((-0.1, 0.0), Better::Lower, Verdict::WithinNoise),
        ((-0.1, -0.01), Better::Higher, Verdict::Concern),
        ((0.1, 0.2), Better::Higher, Verdict::Improvement),
        ((0.1, 0.2), Better::Context, Verdict::Change),
    ] {
        let step = interrupted::Step {
            size: f64::midpoint(ci.0, ci.1),
            interval: ci,
            slope: None,
            autocorrelation: 0.0,
        };
        let found = reform::described(Scale::Absolute, step, 1.0, better);
        assert_eq!(found.verdict, verdict, "{ci:?}");
    }
}

#[test]
fn an_effect_needs_a_year_before_and_half_a_year_after() {
    let values = shortened();
    let reason = |date: &str, values: &[Option<f64>]| {
        let trends = trends_of(
            rows("TF02", ("all", "all"), values),
            &[reform(date, &["TF02"])],
        );
        trends.effects[0].effect.clone().unwrap_err()
    };
    assert!(reason("2024-12-01", &values).starts_with("11 months before"));
    assert!(reason("2025-01-01", &values[..17]).starts_with("5 months after"));
    // A reform within a month leaves that month out on both sides.
    let trends = trends_of(
        rows("TF02", ("all", "all"), &values),
        &[reform("2025-01-15", &["TF02"])],
    );
    let effect = &trends.effects[0];
    assert_eq!((effect.months_before, effect.months_after), (12, 11));
}

#[test]
fn windows_end_at_the_neighbouring_reforms_of_the_same_kpi() {
    let values: Vec<_> = shortened().into_iter().chain(shortened()).collect();
    let reforms = [
        reform("2026-01-01", &["TF02"]),
        reform("2025-01-01", &["tf02", "RM02"]),
        reform("2025-07-01", &["RM02"]),
    ];
    let trends = trends_of(rows("TF02", ("all", "all"), &values), &reforms);
    let windows: Vec<_> = trends
        .effects
        .iter()
        .map(|one| (one.date.to_string(), one.months_before, one.months_after))
        .collect();
    assert_eq!(
        windows,
        [
            ("2025-01-01".to_owned(), 12, 12),
            ("2026-01-01".to_owned(), 12, 24)
        ]
    );
}

#[test]
fn members_need_twelve_figures_and_months_after_the_last_whole_one_are_left_out() {
    let mut values = shortened();
    let mut all = rows("TF02", ("all", "all"), &values[..5]);
    all.extend(rows("TF02", ("corridor", "Keles"), &values));
    values[..13].fill(None);
    all.extend(rows("TF02", ("corridor", "Oybek"), &values));
    let definition = definition("TF02");
    let trends = trends(&KpiTable::new(all), &[&definition], &[], month(19));
    let found: Vec<_> = trends
        .series
        .iter()
        .map(|one| (one.member.as_ref(), one.points.len()))
        .collect();
    assert_eq!(found, [("all", 5), ("Keles", 20)]);
    let reason = trends.series[0].without_limits.as_deref();
    assert!(reason.unwrap().starts_with("5 months"));
    let reason = trends.series[1].without_season.as_deref();
    assert!(reason.unwrap().starts_with("20 adjoining months"));
}

#[test]
fn a_month_with_more_than_one_open_span_in_twenty_is_provisional() {
    let mut all = rows("TF02", ("all", "all"), &shortened());
    all[22].n_open = Some(5);
    all[23].n_open = Some(6);
    let trends = trends_of(all, &[]);
    let points = &trends.series[0].points;
    // 5 of 105 are less than a twentieth, 6 of 106 are more.
    assert!(!points[22].provisional);
    assert!(points[23].provisional && points[23].signal.is_none() && points[23].value.is_some());
    let reason = trends.series[0].without_season.as_deref();
    assert!(reason.unwrap().starts_with("23 adjoining months"));
}

#[test]
fn the_season_is_of_the_newest_run_of_months_that_is_long_enough() {
    let year = shortened()[..12].to_vec();
    let mut values: Vec<_> = year.repeat(5);
    values[30] = None;
    let trends = trends_of(rows("TF02", ("all", "all"), &values), &[]);
    let points = &trends.series[0].points;
    assert!(points[29].season.is_none() && points[31].season.is_some());
    // The factors of the season multiply to 0.99 × 0.9975 × 0.96 × 0.9996; what they have in common
    // belongs to the level.
    let level = 10_000.0 * 0.947_645_f64.powf(1.0 / 12.0);
    assert!((points[36].season.unwrap().adjusted - level).abs() < 1.0);
}
