//! The kinds for one question each.

use super::{CORRIDORS, H, line, months, series, spec};
use crate::chart::{
    Band, Bar, ChartSpec, Columns, Control, Gain, HeatCell, HeatMap, Intervals, Part, Plot, Role,
    Scale, Signal, StackedBars,
};

/// Kaplan–Meier with its interval beside the plain curve, which takes open declarations for late.
pub(in crate::chart) fn survival() -> ChartSpec {
    let at_s: Vec<f64> = (0..=60)
        .map(|at| (f64::from(at) / 60.0 * 6.0).exp_m1() * H)
        .collect();
    let share = |at: &f64, most: f64| {
        let z = ((at / H).max(0.01) / 19.0).ln() / 0.9;
        most / (1.0 + (-1.7 * z).exp())
    };
    let curve = |most: f64, shift: f64| -> Vec<Option<f64>> {
        let shares = at_s.iter().map(|at| share(at, most));
        shares
            .map(|one| Some((one + shift * (one * (1.0 - one)).sqrt()).clamp(0.0, 1.0)))
            .collect()
    };
    let band = Band {
        name: "95 % interval".into(),
        low: curve(0.97, -0.12),
        high: curve(0.97, 0.12),
    };
    let lines = vec![
        line("Kaplan–Meier", curve(0.97, 0.0)),
        line("Plain share", curve(0.91, 0.0)),
    ];
    spec(
        "survival",
        "Half of all declarations are released 19 hours after arrival, open ones counted in",
        "Share of declarations released by time since arrival; band: 95 % interval (Greenwood)",
        Plot::Cumulative {
            at_s,
            bands: vec![band],
            lines,
            steps: true,
        },
    )
}

pub(in crate::chart) const PARTIES: [&str; 6] =
    ["customs", "trader", "agency", "bank", "terminal", "closed"];

pub(in crate::chart) fn parties(count: usize) -> ChartSpec {
    let parts = PARTIES.iter().enumerate().map(|(at, name)| Part {
        name: (*name).to_owned(),
        role: Role::Named((*name).to_owned()),
        values: (0..count)
            .map(|bar| {
                let weight = |part: usize| 1.0 + ((part * 7 + bar * 3) % 5) as f64;
                let whole: f64 = (0..PARTIES.len()).map(weight).sum();
                (bar % 7 != 6).then(|| weight(at) / whole)
            })
            .collect(),
    });
    let bars = (0..count).map(|at| {
        let label = if at % 7 == 6 {
            "suppressed (n < 5)"
        } else {
            "customs 21.4 %"
        };
        (CORRIDORS[at % CORRIDORS.len()].to_owned(), label.to_owned())
    });
    spec(
        "time_by_party",
        "Who was awaited between arrival and exit?",
        "Share of the time between arrival and exit by responsible party, March 2025",
        Plot::StackedBars(StackedBars {
            scale: Scale::Share,
            bars: bars.collect(),
            parts: parts.collect(),
        }),
    )
}

pub(in crate::chart) fn backlog(count: u32) -> ChartSpec {
    let bands = ["over 30 d", "7–30 d", "3–7 d", "1–3 d", "under 1 d"];
    let parts = bands.iter().zip(1_u8..).map(|(name, at)| Part {
        name: (*name).to_owned(),
        values: series(
            count,
            f64::from(at) * 90.0,
            f64::from(at) * 60.0,
            f64::from(at),
        ),
        role: Role::Ordered {
            at: 5 - usize::from(at),
            of: 5,
        },
    });
    spec(
        "backlog_by_age",
        "The backlog is shrinking, the oldest part is not",
        "Declarations open at the end of the month, by age since registration",
        Plot::Stack {
            scale: Scale::Count,
            periods: months(count),
            parts: parts.collect(),
        },
    )
}

pub(in crate::chart) fn collected(count: u32) -> ChartSpec {
    let targets = (0..count).map(|at| Some(if at < 9 { 5.5e10 } else { 6.0e10 }));
    spec(
        "revenue_target",
        "Revenue is 3 % short of its target in March 2025",
        "Duties and taxes paid, UZS, by month of payment",
        Plot::Columns(Columns {
            scale: Scale::Money,
            periods: months(count),
            columns: line("Collected", series(count, 5.2e10, 6.1e10, 0.2)),
            targets: Some(line("Target", targets.collect())),
        }),
    )
}

pub(in crate::chart) fn lodgements() -> ChartSpec {
    let days = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    let cell = |day: usize, hour: u8| {
        let peak = (-(f64::from(hour) - 11.0).powi(2) / 18.0).exp();
        let value = 48.0
            * peak
            * if day > 4 {
                0.2
            } else {
                1.0 - 0.08 * day as f64
            };
        match value {
            v if v < 0.2 => HeatCell::Value(0.0),
            v if v < 0.8 => HeatCell::Suppressed,
            v => HeatCell::Value(v),
        }
    };
    let rows = days.iter().enumerate().map(|(day, name)| {
        (
            (*name).to_owned(),
            (0..24).map(|hour| cell(day, hour)).collect(),
        )
    });
    spec(
        "lodgements",
        "When are declarations lodged?",
        "Declarations lodged per hour, mean of the weekdays of March 2025, Asia/Tashkent",
        Plot::HeatMap(HeatMap {
            scale: Scale::Number,
            column_title: "Hour of the day".into(),
            columns: (0..24).map(|hour: u8| hour.to_string()).collect(),
            rows: rows.collect(),
            hatched: "fewer than 5 declarations".into(),
        }),
    )
}

pub(in crate::chart) fn hit_rates() -> ChartSpec {
    let point = |name: &str, value: Option<f64>, half: f64, n: &str| Bar {
        name: name.to_owned(),
        value,
        label: value.map_or_else(
            || n.to_owned(),
            |value| format!("{:.1} %, n = {n}", value * 100.0),
        ),
        interval: value.map(|value| ((value - half).max(0.0), value + half)),
        target: None,
    };
    spec(
        "hit_rates",
        "Rules find three times as much as chance",
        "Share of inspections with a finding by reason of selection, March 2025; whiskers: 95 % interval",
        Plot::Intervals(Intervals {
            scale: Scale::Share,
            points: vec![
                point("Selected by a rule", Some(0.124), 0.03, "412"),
                point("Selected by an officer", Some(0.087), 0.05, "98"),
                point("Profile P7", Some(0.03), 0.02, "1 204"),
                point("Profile P9", None, 0.0, "suppressed (n < 5)"),
            ],
            reference: Some(point("random selection", Some(0.041), 0.02, "217")),
        }),
    )
}

pub(in crate::chart) fn gain() -> ChartSpec {
    let curve = |power: f64| {
        let points = (0..=50).map(|at| f64::from(at) / 50.0);
        points.map(|x| (x, 1.0 - (1.0 - x).powf(power))).collect()
    };
    spec(
        "cumulative_gain",
        "The tenth with the highest scores holds 41 % of the findings",
        "Share of findings by share of declarations inspected in the order of their score",
        Plot::Gain(Gain {
            across: "Declarations, highest score first".into(),
            found: "Findings".into(),
            curves: vec![("order of the score".into(), curve(5.0))],
            mark: Some(((0.1, 0.4095), "top 10 %: 41.0 % of the findings".into())),
        }),
    )
}

pub(in crate::chart) fn indexed() -> ChartSpec {
    let lines = ["Declarations", "Revenue", "Release time", "Inspections"];
    let lines = lines.iter().zip(1_u8..).map(|(name, at)| {
        let mut values = series(
            24,
            100.0,
            100.0 + 20.0 * f64::from(at) - 45.0,
            f64::from(at),
        );
        values[0] = Some(100.0);
        line(name, values)
    });
    spec(
        "indexed",
        "Revenue grows faster than the number of declarations",
        "Index, April 2023 = 100",
        Plot::Trend {
            scale: Scale::Number,
            periods: months(24),
            bands: vec![],
            lines: lines.collect(),
            target: Some((100.0, "April 2023 = 100".into())),
        },
    )
}

pub(in crate::chart) fn control(count: u32) -> ChartSpec {
    let mut values = series(count, 26.0 * H, 25.0 * H, 0.4);
    let len = values.len();
    if let Some(value) = values.get_mut(len / 3) {
        *value = Some(38.0 * H);
    }
    let halves = |first: f64, second: f64| {
        (0..len)
            .map(|at| Some(if at < len / 2 { first } else { second } * H))
            .collect()
    };
    let mut signals = vec![(len / 3, Signal::Above)];
    signals.extend((len * 3 / 4..len).map(|at| (at, Signal::Run)));
    spec(
        "control",
        "Release time jumped once and has been lower since December",
        "Median release time by month of arrival with its natural process limits (XmR)",
        Plot::Control(Control {
            scale: Scale::Duration,
            periods: months(count),
            values: line("Median", values),
            centre: line("Centre", halves(27.0, 24.0)),
            low: line("Lower limit", halves(21.0, 19.0)),
            high: line("Upper limit", halves(33.0, 29.0)),
            signals,
        }),
    )
}
