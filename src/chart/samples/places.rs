//! Journeys and networks.

use super::{H, spec};
use crate::chart::{
    ChartSpec, Goal, Journey, JourneyPanel, Network, Perspective, Place, Plot, Scale, Standing,
    StrategyMap,
};

pub(in crate::chart) fn journey(with_cost: bool) -> ChartSpec {
    let stops = [
        ("Tashkent-Tovar", 0.0, false),
        ("Samarkand", 280.0, false),
        ("Navoi", 435.0, false),
        ("Bukhara", 542.0, false),
        ("Khodjadavlat", 636.0, true),
        ("Alat", 640.0, true),
    ];
    let at = |stays: [f64; 6], per_km: f64, unit: f64| {
        let mut sum = 0.0;
        let mut before = 0.0;
        let one = |((_, km, _), stay): (&(&str, f64, bool), f64)| {
            sum += (km - before) * per_km;
            before = *km;
            let arrived = sum;
            sum += stay;
            Some((arrived * unit, sum * unit))
        };
        stops.iter().zip(stays).map(one).collect()
    };
    let time = JourneyPanel {
        scale: Scale::Duration,
        title: "Time since departure".into(),
        at_stops: at([0.0, 2.0, 0.0, 1.0, 3.5, 6.0], 1.0 / 45.0, H),
    };
    let cost = JourneyPanel {
        scale: Scale::Money,
        title: "Cost since departure, UZS".into(),
        at_stops: at([0.0, 0.0, 0.0, 0.0, 400.0, 900.0], 1.2, 1e3),
    };
    let mut panels = vec![time];
    panels.extend(with_cost.then_some(cost));
    spec(
        if with_cost {
            "journey"
        } else {
            "journey_without_cost"
        },
        "Half of the journey from Tashkent to Alat is spent standing",
        "Mean cumulative time and cost along the corridor, outbound, March 2025",
        Plot::Journey(Journey {
            stops: stops
                .iter()
                .map(|(name, km, border)| ((*name).to_owned(), *km, *border))
                .collect(),
            panels,
        }),
    )
}

pub(in crate::chart) const OFFICES: [&str; 24] = [
    "Samarkand",
    "Tashkent-Tovar",
    "Yallama",
    "Fergana",
    "Angren",
    "Chukursay",
    "Gisht Koprik",
    "Keles",
    "Oybek",
    "Kokand",
    "Andijan",
    "Mingtepa",
    "Dustlik",
    "Jartepa",
    "Karshi",
    "Termez",
    "Ayritom",
    "Navoi",
    "Bukhara",
    "Khodjadavlat",
    "Alat",
    "Urgench",
    "Nukus",
    "Dautota",
];

pub(in crate::chart) fn network() -> ChartSpec {
    let routes: [(&str, &[usize]); 8] = [
        ("Yallama", &[0, 1, 2]),
        ("Keles", &[3, 4, 5, 6, 7]),
        ("Oybek", &[1, 8]),
        ("Dustlik", &[9, 3, 10, 11, 12]),
        ("Jartepa", &[0, 13]),
        ("Ayritom", &[0, 14, 15, 16]),
        ("Alat", &[1, 0, 17, 18, 19, 20]),
        ("Dautota", &[18, 21, 22, 23]),
    ];
    let borders = [2, 6, 7, 8, 11, 12, 13, 16, 19, 20, 23];
    let place = |(at, name): (usize, &&str)| {
        let value = (8.0 + (at * 11 % 29) as f64) * H;
        let missing = at == 4;
        Place {
            name: (*name).to_owned(),
            value: (!missing).then_some(value),
            label: if missing {
                "suppressed".into()
            } else {
                crate::model::format_duration(value)
            },
            is_border: borders.contains(&at),
        }
    };
    spec(
        "network",
        "Where do goods wait longest?",
        "Median release time by office, March 2025; a scheme of the corridors, not a map",
        Plot::Network(Network {
            scale: Scale::Duration,
            places: OFFICES.iter().enumerate().map(place).collect(),
            routes: routes
                .iter()
                .map(|(name, path)| ((*name).to_owned(), path.to_vec()))
                .collect(),
        }),
    )
}

/// A map with links up, down, along a row and over a row, and a perspective of more than one line.
pub(in crate::chart) fn strategy_map() -> ChartSpec {
    spec(
        "strategy_map",
        "Objectives on track: 3 of 9, March 2025",
        "Objectives by area with their status; an arrow leads to the objective that one helps to reach",
        Plot::StrategyMap(StrategyMap {
            perspectives: perspectives(),
            links: vec![
                (3, 0),
                (3, 1),
                (4, 3),
                (5, 4),
                (6, 0),
                (8, 2),
                (0, 2),
                (1, 4),
            ],
        }),
    )
}

fn perspectives() -> Vec<Perspective> {
    let goal = |title: &str, standing, label: &str| Goal {
        title: title.to_owned(),
        standing,
        label: label.to_owned(),
    };
    let on_track = |title| {
        goal(
            title,
            Standing::OnTrack,
            "on track · 2 of 2 targets reached",
        )
    };
    let at_risk = |title| goal(title, Standing::AtRisk, "at risk · 1 of 3 targets reached");
    let off_track = |title| {
        goal(
            title,
            Standing::OffTrack,
            "off track · 0 of 2 targets reached",
        )
    };
    let unknown = |title| goal(title, Standing::NotMeasured, "not measured");
    let perspective = |name: &str, goals| Perspective {
        name: name.to_owned(),
        goals,
    };
    vec![
        perspective(
            "Trade facilitation",
            vec![
                on_track("Release imports within a day"),
                at_risk(
                    "Release transit consignments at the border crossing points within two hours, day and night",
                ),
                unknown("Pre-arrival processing for all regular traders"),
            ],
        ),
        perspective(
            "Risk management",
            vec![off_track("Inspect less, find more")],
        ),
        perspective(
            "Digital transformation",
            vec![
                on_track("Paperless by 2026"),
                at_risk("Electronic payment everywhere"),
                on_track("One window for all agencies"),
                unknown("Elektronlashtirilganligi"),
                off_track("Systems that are there when they are needed"),
            ],
        ),
    ]
}
