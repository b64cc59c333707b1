//! Charts that nobody would draw by hand.

use super::{line, months, spec};
use crate::chart::{
    Band, Bar, ChartSpec, Columns, Control, Gain, Goal, HeatCell, HeatMap, Intervals, Journey,
    JourneyPanel, Line, Network, Part, Perspective, Place, Plot, Role, Scale, Signal, StackedBars,
    Standing, StrategyMap,
};

/// One plot of each kind from the same raw values.
pub(in crate::chart) fn of_each_kind(
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
            target: value.map(|value| value * 1.2),
        }
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
            scale,
            periods: periods.to_vec(),
            parts: names.iter().map(|name| part_of(name, values)).collect(),
        },
        Plot::Cumulative {
            at_s: (0..values.len()).map(|at| at as f64 * 7200.0).collect(),
            bands: vec![Band {
                name: "95 %".into(),
                low: values.to_vec(),
                high: values.to_vec(),
            }],
            lines: lines.clone(),
            steps: true,
        },
        Plot::SmallMultiples {
            scale,
            periods: periods.to_vec(),
            panels: lines.clone(),
        },
        stacked_of(scale, values, names),
        columns_of(scale, (values, periods), names),
        heat_of(scale, values, names),
        Plot::Intervals(Intervals {
            scale,
            points: names.iter().zip(0..).map(bar).collect(),
            reference: names.iter().zip(0..).map(bar).next(),
        }),
        gain_of(values, names),
        control_of(scale, values, (periods, names)),
        journey_of(scale, values, names),
        network_of(scale, values, names),
        strategy_of(names),
    ]
}

fn part_of(name: &str, values: &[Option<f64>]) -> Part {
    Part {
        name: name.to_owned(),
        values: values.to_vec(),
        role: Role::Named(name.to_owned()),
    }
}

fn stacked_of(scale: Scale, values: &[Option<f64>], names: &[&str]) -> Plot {
    let twice = |name: &&str| ((*name).to_owned(), (*name).to_owned());
    Plot::StackedBars(StackedBars {
        scale,
        bars: names.iter().map(twice).collect(),
        parts: names.iter().map(|name| part_of(name, values)).collect(),
    })
}

fn columns_of(
    scale: Scale,
    (values, periods): (&[Option<f64>], &[String]),
    names: &[&str],
) -> Plot {
    Plot::Columns(Columns {
        scale,
        periods: periods.to_vec(),
        columns: line(names.first().unwrap_or(&""), values.to_vec()),
        targets: names.first().map(|name| line(name, values.to_vec())),
    })
}

fn gain_of(values: &[Option<f64>], names: &[&str]) -> Plot {
    let curve = |name: &&str| {
        let points = values.iter().flatten().map(|value| (*value, *value));
        ((*name).to_owned(), points.collect())
    };
    let first = values.first().copied().flatten();
    Plot::Gain(Gain {
        across: names.first().copied().unwrap_or_default().to_owned(),
        found: names.last().copied().unwrap_or_default().to_owned(),
        curves: names.iter().map(curve).collect(),
        mark: first.map(|value| ((value, value), "mark ".repeat(60))),
    })
}

fn heat_of(scale: Scale, values: &[Option<f64>], names: &[&str]) -> Plot {
    let cell = |value: &Option<f64>| match value {
        Some(value) if *value == 0.0 => HeatCell::Suppressed,
        Some(value) => HeatCell::Value(*value),
        None => HeatCell::Missing,
    };
    let row = |name: &&str| ((*name).to_owned(), values.iter().map(cell).collect());
    Plot::HeatMap(HeatMap {
        scale,
        column_title: names.last().copied().unwrap_or_default().to_owned(),
        columns: values
            .iter()
            .map(|_| names.first().copied().unwrap_or("x").to_owned())
            .collect(),
        rows: names.iter().map(row).collect(),
        hatched: "fewer than 5 declarations ".repeat(9),
    })
}

fn control_of(
    scale: Scale,
    values: &[Option<f64>],
    (periods, names): (&[String], &[&str]),
) -> Plot {
    let name = names.first().copied().unwrap_or_default();
    let scaled = |factor: f64| {
        values
            .iter()
            .map(|value| value.map(|v| v * factor))
            .collect()
    };
    Plot::Control(Control {
        scale,
        periods: periods.to_vec(),
        values: line(name, values.to_vec()),
        centre: line("Centre", scaled(1.0)),
        low: line(name, scaled(0.5)),
        high: line("Upper limit", scaled(2.0)),
        signals: vec![
            (0, Signal::Above),
            (0, Signal::Run),
            (2, Signal::Below),
            (99, Signal::Near),
        ],
    })
}

/// Every name as an objective that helps every later one, and one that helps what is not there.
fn strategy_of(names: &[&str]) -> Plot {
    let goal = |name: &&str| Goal {
        title: (*name).to_owned(),
        standing: Standing::AtRisk,
        label: (*name).to_owned(),
    };
    let perspective = |names: &[&str]| Perspective {
        name: names.first().copied().unwrap_or_default().to_owned(),
        goals: names.iter().map(goal).collect(),
    };
    let count = names.len();
    let links = (0..count).flat_map(|from| (from..=count).map(move |to| (from, to)));
    Plot::StrategyMap(StrategyMap {
        perspectives: names.chunks(3).map(perspective).collect(),
        links: links.collect(),
    })
}

fn journey_of(scale: Scale, values: &[Option<f64>], names: &[&str]) -> Plot {
    let stops = names.iter().zip(values.iter().cycle()).enumerate();
    let stops = stops.map(|(at, (name, value))| {
        (
            (*name).to_owned(),
            value.unwrap_or(7.0) * at as f64,
            at % 2 == 0,
        )
    });
    let at_stops = values
        .iter()
        .map(|value| value.map(|value| (value, value * 1.1)));
    let panel = JourneyPanel {
        scale,
        title: names.first().copied().unwrap_or_default().to_owned(),
        at_stops: at_stops.collect(),
    };
    Plot::Journey(Journey {
        stops: stops.collect(),
        panels: vec![panel.clone(), panel],
    })
}

fn network_of(scale: Scale, values: &[Option<f64>], names: &[&str]) -> Plot {
    let place = |(at, name): (usize, &&str)| Place {
        name: (*name).to_owned(),
        value: values.get(at % values.len().max(1)).copied().flatten(),
        label: (*name).to_owned(),
        is_border: at % 3 == 0,
    };
    let count = names.len();
    let routes = [
        ("One".to_owned(), (0..count).collect()),
        ("Two".to_owned(), (0..count).rev().step_by(2).collect()),
        (
            names.first().copied().unwrap_or_default().to_owned(),
            vec![0, 99],
        ),
    ];
    Plot::Network(Network {
        scale,
        places: names.iter().enumerate().map(place).collect(),
        routes: routes.to_vec(),
    })
}

/// Charts that nobody would draw by hand.
pub(in crate::chart) fn odd() -> Vec<ChartSpec> {
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

/// A name, values, names of members, a scale.
type Case<'c> = (&'c str, Vec<Option<f64>>, Vec<&'c str>, Scale);

/// Charts with one point, two, forty corridors, equal values, huge numbers, nothing to show, gaps, long
/// names, for the eye.
pub(in crate::chart) fn nasty() -> Vec<ChartSpec> {
    const LONG: &str = "Qashqadaryo viloyati bojxona boshqarmasi «Sariosiyo – Братство» темир йўл чегара божхона пости";
    let forty: Vec<String> = (1..=40).map(|at| format!("Corridor {at}")).collect();
    let forty: Vec<&str> = forty.iter().map(String::as_str).collect();
    let varied: Vec<Option<f64>> = (0..24)
        .map(|at| (at % 5 != 3).then(|| 3.0e4 + 7e3 * f64::from(at % 7)))
        .collect();
    let cases: [Case<'_>; 8] = [
        (
            "one_point",
            vec![Some(75_900.0)],
            vec!["Median"],
            Scale::Duration,
        ),
        (
            "two_points",
            vec![Some(75_900.0), Some(60_000.0)],
            vec!["Yallama", "Alat"],
            Scale::Duration,
        ),
        ("forty", varied.clone(), forty, Scale::Duration),
        (
            "equal",
            vec![Some(7.0); 12],
            vec!["A", "B", "C"],
            Scale::Count,
        ),
        (
            "huge",
            vec![Some(4.2e17), Some(1.0), Some(9.9e17), Some(3e5)],
            vec!["Huge", "Small"],
            Scale::Money,
        ),
        ("nothing", vec![None; 6], vec!["A", "B"], Scale::Share),
        (
            "gaps",
            varied.clone(),
            vec!["Alat", "Keles", "Oybek"],
            Scale::Duration,
        ),
        (
            "long",
            varied,
            vec![LONG, "Tashkent-Tovar", LONG],
            Scale::Duration,
        ),
    ];
    let mut specs = Vec::new();
    for (name, values, names, scale) in cases {
        let periods = months(u32::try_from(values.len()).unwrap());
        for (at, plot) in of_each_kind(&values, &periods, &names, scale)
            .into_iter()
            .enumerate()
        {
            specs.push(spec(&format!("nasty_{name}_{at:02}"), name, LONG, plot));
        }
    }
    specs
}
