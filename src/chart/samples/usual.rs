//! The kinds of every monthly report.

use super::{H, line, months, series, spec};
use crate::chart::{Band, Bar, ChartSpec, Part, Plot, Role, Scale};

pub(in crate::chart) fn trend(count: u32) -> ChartSpec {
    let band = |name: &str, low: f64, high: f64| Band {
        name: name.to_owned(),
        low: series(count, low * H, low * 0.7 * H, 0.3),
        high: series(count, high * H, high * 0.75 * H, 0.9),
    };
    spec(
        "release_time_trend",
        "Half of imports are released within 21 hours, four hours faster than a year ago",
        "Median release time with the middle half and the slowest tenth, all imports, by month of arrival",
        Plot::Trend {
            scale: Scale::Duration,
            periods: months(count),
            bands: vec![band("P25–P90", 14.0, 62.0), band("P25–P75", 14.0, 44.0)],
            lines: vec![line("Median", series(count, 27.0 * H, 21.0 * H, 0.1))],
            target: Some((24.0 * H, "Target 24 h".into())),
        },
    )
}

pub(in crate::chart) const CORRIDORS: [&str; 9] = [
    "CAREC 2: Alat – Farap",
    "CAREC 3: Ayritom – Hayraton",
    "CAREC 6: Yallama – Konysbaev",
    "Dustlik – Doʻstlik",
    "Oybek – Fotehobod",
    "Узбекистан – Казахстан через пост «Яллама» (железнодорожный и автомобильный)",
    "Sariosiyo – Bratstvo",
    "Tashkent airport",
    "Other",
];

pub(in crate::chart) fn revenue_lines() -> ChartSpec {
    let lines = CORRIDORS.iter().take(5).zip(1_u8..).map(|(name, at)| {
        let n = f64::from(at);
        line(name, series(24, 9.0e11 / n, 1.3e12 / n, n))
    });
    spec(
        "revenue_by_corridor",
        "Revenue grew on every corridor but one",
        "Duties and taxes paid, UZS, by month of payment",
        Plot::Trend {
            scale: Scale::Money,
            periods: months(24),
            bands: vec![],
            lines: lines.collect(),
            target: None,
        },
    )
}

pub(in crate::chart) fn gaps() -> ChartSpec {
    let mut values = series(24, 0.88, 0.9, 0.4);
    for at in [3, 9, 10, 11, 13, 23] {
        values[at] = None;
    }
    let mut other = series(24, 0.84, 0.88, 2.4);
    other[20] = None;
    spec(
        "electronic_share",
        "Nearly every declaration is lodged electronically",
        "Share of declarations lodged electronically",
        Plot::Trend {
            scale: Scale::Share,
            periods: months(24),
            bands: vec![],
            lines: vec![line("Yallama", values), line("All offices", other)],
            target: Some((0.9, "Target 90 %".into())),
        },
    )
}

pub(in crate::chart) fn ranking() -> ChartSpec {
    let bars = CORRIDORS.iter().zip(1_u8..).map(|(name, at)| {
        let value = 40.0 * H / f64::from(at).powf(0.6);
        let missing = at == 8;
        Bar {
            name: (*name).to_owned(),
            value: (!missing).then_some(value),
            label: if missing {
                "fewer than 5 declarations".into()
            } else {
                crate::model::format_duration(value)
            },
            interval: (!missing).then_some((value * 0.9, value * 1.14)),
            target: None,
        }
    });
    spec(
        "release_time_by_corridor",
        "Alat takes three times as long as the fastest corridor",
        "Median release time by corridor, imports, March 2025; whiskers: 95 % interval",
        Plot::Ranking {
            scale: Scale::Duration,
            bars: bars.collect(),
            reference: Some((21.0 * H, "All corridors 21 h 00 min".into())),
        },
    )
}

pub(in crate::chart) fn growth() -> ChartSpec {
    let values = [0.182, 0.121, 0.04, 0.0, -0.023, -0.094];
    let bars = CORRIDORS.iter().zip(values).map(|(name, value)| Bar {
        name: (*name).to_owned(),
        value: Some(value),
        label: format!("{:+.1} %", value * 100.0).replace('-', "−"),
        interval: None,
        target: None,
    });
    spec(
        "revenue_growth",
        "Revenue fell on two corridors",
        "Change of duties and taxes paid against March 2024",
        Plot::Ranking {
            scale: Scale::Share,
            bars: bars.collect(),
            reference: None,
        },
    )
}

pub(in crate::chart) fn stack(count: u32) -> ChartSpec {
    let part = |name: &str, from: f64, to: f64| Part {
        name: name.to_owned(),
        role: Role::Named(name.to_owned()),
        values: series(count, from, to, from)
            .into_iter()
            .enumerate()
            .map(|(at, v)| v.filter(|_| at != 6))
            .collect(),
    };
    let mut parts = vec![
        part("green", 0.52, 0.66),
        part("yellow", 0.26, 0.2),
        part("blue", 0.02, 0.015),
        part("orange", 0.03, 0.02),
        part("red", 0.17, 0.105),
    ];
    for at in 0..count as usize {
        let sum: f64 = parts.iter().filter_map(|part| part.values[at]).sum();
        for part in &mut parts {
            part.values[at] = part.values[at].map(|share| share / sum);
        }
    }
    spec(
        "lanes",
        "Two in three declarations take the green lane",
        "Lane of declarations at selection, all regimes, by month of registration",
        Plot::Stack {
            scale: Scale::Share,
            periods: months(count),
            parts,
        },
    )
}

pub(in crate::chart) fn cumulative() -> ChartSpec {
    let at_s: Vec<f64> = (0..=120)
        .map(|at| (f64::from(at) / 120.0 * 6.6).exp_m1() * H)
        .collect();
    let curve = |name: &str, median: f64, most: f64| {
        let share = |at: &f64| {
            let z = ((at / H).max(0.01) / median).ln() / 0.9;
            Some(most / (1.0 + (-1.7 * z).exp()))
        };
        line(name, at_s.iter().map(share).collect())
    };
    let lines = vec![
        curve("Lodged", 3.0, 0.996),
        curve("Registered", 4.0, 0.995),
        curve("Assessed", 9.0, 0.984),
        curve("Paid", 14.0, 0.979),
        curve("Released", 19.0, 0.971),
        curve("Exited", 29.0, 0.94),
    ];
    spec(
        "milestones",
        "Half of all declarations are released 19 hours after arrival",
        "Cumulative share of declarations that reached each milestone, by time since arrival",
        Plot::Cumulative {
            at_s,
            bands: vec![],
            lines,
            steps: false,
        },
    )
}

pub(in crate::chart) fn multiples(count: usize) -> ChartSpec {
    let panels = (0..count).map(|at| {
        let n = at as f64;
        let mut values = series(24, (40.0 - 3.0 * n).max(4.0) * H, 18.0 * H, n);
        if at == 4 {
            values[10..20].fill(None);
        }
        if at == 7 {
            values.fill(None);
        }
        line(
            CORRIDORS.get(at).copied().unwrap_or("Ташкент-товарная"),
            values,
        )
    });
    spec(
        "release_time_by_corridor_over_time",
        "Is every corridor getting faster?",
        "Median release time by corridor, hours since arrival, same axes",
        Plot::SmallMultiples {
            scale: Scale::Duration,
            periods: months(24),
            panels: panels.collect(),
        },
    )
}
