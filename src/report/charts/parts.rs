//! Parts of a whole: lanes, parties, ages.

use super::trends::trend_title;
use super::{Words, chart, period_labels, range_title, scale};
use crate::catalogue::{AGE_BAND, Area, Definition, Measure};
use crate::chart::{Part, Plot, Role, StackedBars};
use crate::evaluate::{KpiRow, State};
use crate::report::choices;
use crate::report::model::ReportChart;
use crate::report::view::{View, shown};

/// The dimension whose members are the parts of a KPI.
pub(super) fn own_dimension(definition: &Definition) -> Option<&str> {
    match &definition.measure {
        Measure::MemberShare { dimensions, .. } => match dimensions.as_slice() {
            [only] => Some(only.as_str()),
            _ => None,
        },
        Measure::Stock { bands: Some(_), .. } => Some(AGE_BAND),
        _ => None,
    }
}

/// Shares of the members of a KPI's own dimension over time, stacked.
pub(super) fn shares(
    view: &View<'_>,
    kpi: &str,
    (id, most): (&str, usize),
) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    let dimension = own_dimension(definition)?;
    let members = view.members(kpi, dimension);
    let first = members.first().copied()?;
    let left_out = members.len() > most;
    let parts: Vec<Part> = members
        .into_iter()
        .take(most)
        .map(|row| Part {
            name: view.member_title(dimension, &row.member),
            values: view.series(kpi, (dimension, &row.member), row.statistic),
            role: Role::Named(row.member.to_string()),
        })
        .collect();
    let (by, periods) = (view.by(dimension), range_title(view));
    let title = view.title(definition);
    let places = [
        ("title", title.as_str()),
        ("by", by.as_str()),
        ("periods", periods.as_str()),
    ];
    let mut subtitle = view.fill("chart.parts_subtitle", &places);
    if left_out {
        subtitle.push_str(&view.text("chart.parts_left_out"));
    }
    let words = Words {
        id: id.to_owned(),
        title: shown(first).map_or_else(
            || view.question(definition),
            |_| {
                view.fill(
                    "chart.part_title",
                    &[
                        ("title", &title),
                        ("member", &view.member_title(dimension, &first.member)),
                        ("share", &view.figure(first, view.prose()).text),
                        ("period", &view.period()),
                    ],
                )
            },
        ),
        subtitle,
        description: view.fill("chart.parts_description", &places),
        basis: None,
    };
    let plot = Plot::Stack {
        scale: scale(definition),
        periods: period_labels(view),
        parts,
    };
    chart(view, &[definition], words, plot)
}

/// Shares of the parts of a KPI's own dimension, one bar per member of another dimension.
pub(super) fn shares_by(
    view: &View<'_>,
    (kpi, dimension): (&str, &str),
    id: &str,
) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    let own = own_dimension(definition)?;
    let crossed = format!("{dimension}+{own}");
    let period = view.input.period;
    let rows = view.input.table.members(kpi, period, &crossed);
    let split = |row: &'_ KpiRow| -> Option<(String, String)> {
        let (member, part) = row.member.rsplit_once('+')?;
        Some((member.to_owned(), part.to_owned()))
    };
    let find = |member: &str, part: &str| {
        let name = format!("{member}+{part}");
        rows.iter().find(|row| row.member.as_ref() == name)
    };
    let value = |member: &str, part: &str| find(member, part).and_then(shown);
    let parts: Vec<String> = view
        .members(kpi, own)
        .iter()
        .map(|row| row.member.to_string())
        .collect();
    let first = parts.first()?;
    let mut members: Vec<String> = rows.iter().filter_map(|row| Some(split(row)?.0)).collect();
    members.dedup();
    let size = |member: &String| value(member, first).unwrap_or(f64::NEG_INFINITY);
    members.sort_by(|a, b| size(b).total_cmp(&size(a)).then_with(|| a.cmp(b)));
    members.truncate(choices::AT_MOST_BARS);
    if members.len() < 2 {
        return None;
    }
    let bars = members.iter().map(|member| {
        let label = find(member, first).map(|row| view.figure(row, view.prose()).text);
        let label = label.map(|text| format!("{} {text}", view.member_title(own, first)));
        (
            view.member_title(dimension, member),
            label.unwrap_or_default(),
        )
    });
    let part = |part: &String| Part {
        name: view.member_title(own, part),
        values: members.iter().map(|member| value(member, part)).collect(),
        role: Role::Named(part.clone()),
    };
    let plot = Plot::StackedBars(StackedBars {
        scale: scale(definition),
        bars: bars.collect(),
        parts: parts.iter().map(part).collect(),
    });
    let (title, by) = (view.title(definition), view.by(dimension));
    let words = Words {
        id: id.to_owned(),
        title: view.question(definition),
        subtitle: view.fill(
            "chart.parts_by_subtitle",
            &[
                ("title", &title),
                ("by", &by),
                ("period", &view.period()),
                ("part", &view.member_title(own, first)),
            ],
        ),
        description: view.fill(
            "chart.parts_by_description",
            &[("title", &title), ("by", &by)],
        ),
        basis: None,
    };
    chart(view, &[definition], words, plot)
}

/// A stock over time, stacked by age, the oldest at the base.
pub(super) fn ages(view: &View<'_>, kpi: &str, id: &str) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    let Measure::Stock {
        bands: Some(bands), ..
    } = &definition.measure
    else {
        return None;
    };
    let rows = view.members(kpi, AGE_BAND);
    let statistic = rows.first()?.statistic;
    let of = bands.names.len();
    let part = |(at, name): (usize, &String)| Part {
        name: name.clone(),
        values: view.series(kpi, (AGE_BAND, name), statistic),
        role: Role::Ordered { at, of },
    };
    // The oldest matter most: they are at the base.
    let parts: Vec<Part> = bands.names.iter().enumerate().map(part).rev().collect();
    let title = view.title(definition);
    let mut subtitle = view.fill(
        "chart.ages_subtitle",
        &[("title", &title), ("periods", &range_title(view))],
    );
    let few = hidden(view, kpi, AGE_BAND);
    if few > 0 {
        let n = view.language().count(view.input.min_declarations);
        let note = view.fill("chart.ages_hidden", &[("few", &few.to_string()), ("n", &n)]);
        subtitle.push_str(&note);
    }
    let words = Words {
        id: id.to_owned(),
        title: trend_title(view, definition),
        subtitle,
        description: view.fill("chart.ages_description", &[("title", &title)]),
        basis: None,
    };
    let plot = Plot::Stack {
        scale: scale(definition),
        periods: period_labels(view),
        parts,
    };
    chart(view, &[definition], words, plot)
}

/// How many figures of a dimension are suppressed in the trend periods.
fn hidden(view: &View<'_>, kpi: &str, dimension: &str) -> usize {
    let rows = view
        .periods()
        .iter()
        .flat_map(|period| view.input.table.members(kpi, *period, dimension));
    rows.filter(|row| row.state == State::Suppressed).count()
}
