//! Charts to test with: such as a report has, and such as nobody would draw by hand.

use super::{Band, Bar, ChartSpec, Line, Part, Plot, Scale};
use crate::language::Language;

pub(super) fn spec(id: &str, title: &str, subtitle: &str, plot: Plot) -> ChartSpec {
    ChartSpec {
        id: id.to_owned(),
        language: Language::built_in("en").unwrap(),
        title: title.to_owned(),
        subtitle: subtitle.to_owned(),
        footer: vec![
            "n = 118 204 declarations, 1 120 still open. From arrival to release, elapsed clock."
                .into(),
            "Source: sample log, frozen 1 April 2025 00:00, Asia/Tashkent.".into(),
        ],
        description: format!("A chart: {title}"),
        plot,
    }
}

pub(super) fn months(count: u32) -> Vec<String> {
    let month = |at: u32| format!("{}-{:02}", 2023 + (at + 3) / 12, (at + 3) % 12 + 1);
    (0..count).map(month).collect()
}

/// A series with a slope, a season and a little unrest, the same every time.
pub(super) fn series(count: u32, from: f64, to: f64, seed: f64) -> Vec<Option<f64>> {
    let value = |at: u32| {
        let t = f64::from(at) / f64::from(count.max(2) - 1);
        let unrest =
            (f64::from(at) * 1.7 + seed).sin() * 0.06 + (f64::from(at) * 0.52).cos() * 0.05;
        Some((from + (to - from) * t) * (1.0 + unrest))
    };
    (0..count).map(value).collect()
}

pub(super) fn line(name: &str, values: Vec<Option<f64>>) -> Line {
    Line {
        name: name.to_owned(),
        values,
    }
}

const H: f64 = 3600.0;

pub(super) fn trend(count: u32) -> ChartSpec {
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

pub(super) const CORRIDORS: [&str; 9] = [
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

pub(super) fn revenue_lines() -> ChartSpec {
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

pub(super) fn gaps() -> ChartSpec {
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

pub(super) fn ranking() -> ChartSpec {
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

pub(super) fn growth() -> ChartSpec {
    let values = [0.182, 0.121, 0.04, 0.0, -0.023, -0.094];
    let bars = CORRIDORS.iter().zip(values).map(|(name, value)| Bar {
        name: (*name).to_owned(),
        value: Some(value),
        label: format!("{:+.1} %", value * 100.0).replace('-', "−"),
        interval: None,
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

pub(super) fn stack(count: u32) -> ChartSpec {
    let part = |name: &str, from: f64, to: f64| Part {
        name: name.to_owned(),
        role: name.to_owned(),
        shares: series(count, from, to, from)
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
        let sum: f64 = parts.iter().filter_map(|part| part.shares[at]).sum();
        for part in &mut parts {
            part.shares[at] = part.shares[at].map(|share| share / sum);
        }
    }
    spec(
        "lanes",
        "Two in three declarations take the green lane",
        "Lane of declarations at selection, all regimes, by month of registration",
        Plot::Stack {
            periods: months(count),
            parts,
        },
    )
}

pub(super) fn cumulative() -> ChartSpec {
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
        Plot::Cumulative { at_s, lines },
    )
}

pub(super) fn multiples(count: usize) -> ChartSpec {
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

/// Charts as a report has them.
pub(super) fn usual() -> Vec<ChartSpec> {
    vec![
        trend(24),
        revenue_lines(),
        gaps(),
        ranking(),
        growth(),
        stack(24),
        cumulative(),
        multiples(9),
    ]
}

/// One plot of each kind from the same raw values.
pub(super) fn of_each_kind(
    values: &[Option<f64>],
    periods: &[String],
    names: &[&str],
    scale: Scale,
) -> Vec<Plot> {
    let lines: Vec<Line> = names
        .iter()
        .map(|name| line(name, values.to_vec()))
        .collect();
    let bar = |(name, at): (&&str, usize)| {
        let value = values.get(at % values.len().max(1)).copied().flatten();
        Bar {
            name: (*name).to_owned(),
            value,
            label: (*name).to_owned(),
            interval: value.map(|value| (value * 0.5, value * 1.5)),
        }
    };
    let part = |name: &&str| Part {
        name: (*name).to_owned(),
        shares: values.to_vec(),
        role: (*name).to_owned(),
    };
    let target = values
        .first()
        .copied()
        .flatten()
        .map(|value| (value, "Target 24 h ".repeat(9)));
    vec![
        Plot::Trend {
            scale,
            periods: periods.to_vec(),
            bands: vec![Band {
                name: "P25–P75".into(),
                low: values.to_vec(),
                high: values.to_vec(),
            }],
            lines: lines.clone(),
            target: target.clone(),
        },
        Plot::Ranking {
            scale,
            bars: names.iter().zip(0..).map(bar).collect(),
            reference: target,
        },
        Plot::Stack {
            periods: periods.to_vec(),
            parts: names.iter().map(part).collect(),
        },
        Plot::Cumulative {
            at_s: (0..values.len()).map(|at| at as f64 * 7200.0).collect(),
            lines: lines.clone(),
        },
        Plot::SmallMultiples {
            scale,
            periods: periods.to_vec(),
            panels: lines,
        },
    ]
}

/// Charts that nobody would draw by hand.
pub(super) fn odd() -> Vec<ChartSpec> {
    const HOSTILE: &str = "<script>alert('\u{202e}1')</script> & \"\u{0}\u{1b}[31m\n\r\t]]>";
    let long = "Шаҳрисабз тумани божхона пости ва Қашқадарё вилояти божхона бошқармаси ".repeat(4);
    let unbroken = "Щ".repeat(300);
    let value_sets: [&[Option<f64>]; 8] = [
        &[],
        &[None],
        &[Some(0.0)],
        &[Some(1.0)],
        &[
            Some(-3.0),
            Some(4.0),
            None,
            Some(f64::NAN),
            Some(f64::INFINITY),
        ],
        &[Some(f64::MAX), Some(f64::MIN)],
        &[Some(1e15), Some(2.5e15), Some(1e-9)],
        &[None, None, Some(86_400.0), None],
    ];
    let many = ["one"; 30];
    let name_sets: [&[&str]; 5] = [&[], &["One"], &[HOSTILE, ""], &[&long, &unbroken], &many];
    let mut specs = Vec::new();
    for values in value_sets {
        for names in name_sets {
            for scale in [Scale::Duration, Scale::Money] {
                let periods: Vec<String> = match names.len() {
                    1 => (2020..)
                        .take(values.len())
                        .map(|year| year.to_string())
                        .collect(),
                    2 => (0..values.len()).map(|_| long.clone()).collect(),
                    _ => months(u32::try_from(values.len()).unwrap()),
                };
                for plot in of_each_kind(values, &periods, names, scale) {
                    let title = names.first().copied().unwrap_or("");
                    specs.push(spec("odd", title, &long, plot));
                }
            }
        }
    }
    specs
}
