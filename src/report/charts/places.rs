//! Corridors as journeys and as a network of offices.

use std::collections::BTreeMap;

use super::{Words, chart, scale};
use crate::catalogue::{Area, Definition};
use crate::chart::{Journey, JourneyPanel, Network, Place, Plot, Scale};
use crate::evaluate::{JourneyProfile, JourneyStop};
use crate::project::Node;
use crate::report::choices;
use crate::report::model::ReportChart;
use crate::report::pages;
use crate::report::text::visible;
use crate::report::view::{View, main_statistic, shown};

/// The busiest journeys.
pub(super) fn journeys(view: &View<'_>) -> Vec<(Area, ReportChart)> {
    let mut profiles: Vec<&JourneyProfile> = view.input.journeys.iter().collect();
    profiles.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.corridor.cmp(&b.corridor)));
    let profiles = profiles.into_iter().take(choices::AT_MOST_JOURNEYS);
    profiles
        .filter_map(|profile| journey(view, profile))
        .collect()
}

/// One journey as time, cost and distance.
pub(super) fn journey(view: &View<'_>, profile: &JourneyProfile) -> Option<(Area, ReportChart)> {
    let definition = view.definition(choices::CROSSING_TIME)?;
    let [first, .., last] = profile.stops.as_slice() else {
        return None;
    };
    let name = view.member_title(choices::CORRIDOR, &profile.corridor);
    let period = view.language().period_title(profile.period);
    let duration = |seconds: f64| view.language().duration(seconds);
    let (from, to) = (visible(&first.place), visible(&last.place));
    let has_cost = profile.stops.iter().any(|stop| stop.cost.is_some());
    let measured = view.text(if has_cost {
        "chart.journey_time_fees"
    } else {
        "chart.journey_time"
    });
    let places = [
        ("corridor", name.as_str()),
        ("measured", measured.as_str()),
        ("period", period.as_str()),
        ("from", from.as_str()),
        ("to", to.as_str()),
    ];
    let words = Words {
        id: format!(
            "journey_{}",
            pages::name_of(choices::CORRIDOR, &profile.corridor)
        ),
        title: view.fill(
            "chart.journey_title",
            &[
                ("from", &from),
                ("to", &to),
                ("time", &duration(last.left_s)),
                ("border", &duration(profile.border_s)),
            ],
        ),
        subtitle: view.fill("chart.journey_subtitle", &places),
        description: view.fill("chart.journey_description", &places),
        basis: Some(journey_basis(view, profile, has_cost)),
    };
    let stops = profile
        .stops
        .iter()
        .map(|stop| (visible(&stop.place), stop.km, stop.is_border));
    let mut panels = vec![JourneyPanel {
        scale: Scale::Duration,
        title: view.text("chart.journey_panel_time"),
        at_stops: profile
            .stops
            .iter()
            .map(|stop| Some((stop.arrived_s, stop.left_s)))
            .collect(),
    }];
    panels.extend(has_cost.then(|| JourneyPanel {
        scale: Scale::Money,
        title: view.fill(
            "chart.journey_panel_fees",
            &[("currency", &visible(view.input.currency))],
        ),
        at_stops: costs(&profile.stops),
    }));
    let plot = Plot::Journey(Journey {
        stops: stops.collect(),
        panels,
    });
    chart(view, &[definition], words, plot)
}

/// What a journey rests on.
fn journey_basis(view: &View<'_>, profile: &JourneyProfile, has_cost: bool) -> String {
    let (n, open) = (
        view.language().count(profile.n),
        view.language().count(profile.n_open),
    );
    let mut basis = view.fill("chart.journey_basis", &[("n", &n), ("open", &open)]);
    if !has_cost {
        basis.push_str(&view.text("chart.journey_no_fees"));
    }
    basis
}

/// The cost on arrival is that of the stop before.
fn costs(stops: &[JourneyStop]) -> Vec<Option<(f64, f64)>> {
    let before = std::iter::once(Some(0.0)).chain(stops.iter().map(|stop| stop.cost));
    let pairs = before.zip(stops);
    pairs
        .map(|(before, stop)| Some((before?, stop.cost?)))
        .collect()
}

/// The offices of all corridors with a figure each, as a network.
pub(super) fn network(view: &View<'_>, kpi: &str, id: &str) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    let statistic = main_statistic(definition);
    let period = view.input.period;
    let row = |member: &str| {
        view.input
            .table
            .find(kpi, period, (choices::OFFICE, member), statistic)
    };
    let mut places: Vec<Place> = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut routes = Vec::new();
    let mut measured = 0;
    for corridor in view.input.corridors {
        let mut path = Vec::new();
        for node in &corridor.nodes {
            let at = *known.entry(node.name.as_str()).or_insert_with(|| {
                let code = node.code.as_deref();
                let row = row(&node.name).or_else(|| row(code?));
                measured += usize::from(row.is_some_and(|row| shown(row).is_some()));
                places.push(place(view, node, row));
                places.len() - 1
            });
            path.push(at);
        }
        if path.len() > 1 {
            routes.push((visible(&corridor.name), path));
        }
    }
    if measured < 2 || routes.is_empty() {
        return None;
    }
    let words = network_words(view, definition, id);
    let plot = Plot::Network(Network {
        scale: scale(definition),
        places,
        routes,
    });
    chart(view, &[definition], words, plot)
}

fn place(view: &View<'_>, node: &Node, row: Option<&crate::evaluate::KpiRow>) -> Place {
    Place {
        name: visible(&node.name),
        value: row.and_then(shown),
        label: row.map_or_else(
            || view.text("chart.no_figure"),
            |row| view.figure(row, view.prose()).text,
        ),
        is_border: node.kind == "bcp",
    }
}

fn network_words(view: &View<'_>, definition: &Definition, id: &str) -> Words {
    let measure = super::measure_words(view, definition);
    let (by, period) = (view.by(choices::OFFICE), view.period());
    let places = [
        ("title", measure.as_str()),
        ("by", by.as_str()),
        ("period", period.as_str()),
    ];
    Words {
        id: id.to_owned(),
        title: view.question(definition),
        subtitle: view.fill("chart.network_subtitle", &places),
        description: view.fill("chart.network_description", &places),
        basis: None,
    }
}
