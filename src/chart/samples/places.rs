//! Journeys and networks.

use super::{H, spec};
use crate::chart::{ChartSpec, Journey, JourneyPanel, Network, Place, Plot, Scale};

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
