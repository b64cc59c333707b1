//! When, how well, against what: hours, hit rates, gains, targets, indices.

use super::rankings::bar;
use super::trends::trend_title;
use super::{Words, chart, is_trend, now, period_labels, range_title, scale};
use crate::catalogue::{Area, Definition};
use crate::chart::{Bar, Columns, Gain, HeatCell, HeatMap, Intervals, Line, Plot, Scale};
use crate::evaluate::{KpiRow, State, Statistic, WeeklyHours};
use crate::report::choices;
use crate::report::model::{Kind, ReportChart};
use crate::report::text::{capitalised, visible};
use crate::report::view::{ALL, View, main_statistic, shown};

/// The keys of the days of a week, as rows.
const DAYS: [&str; 7] = [
    "weekday.monday",
    "weekday.tuesday",
    "weekday.wednesday",
    "weekday.thursday",
    "weekday.friday",
    "weekday.saturday",
    "weekday.sunday",
];

/// Hours of the week as a heat map.
pub(super) fn hours(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let weekly = view.input.weekly?;
    let definition = view.definition(&weekly.kpi)?;
    let measure = view.title(definition);
    let period = view.language().period_title(weekly.period);
    let cell = |hour: &crate::evaluate::HourFigure| match (hour.state, hour.per_day) {
        (State::Suppressed, _) => HeatCell::Suppressed,
        (_, Some(value)) => HeatCell::Value(value),
        (_, None) => HeatCell::Missing,
    };
    let rows = DAYS.iter().zip(&weekly.days);
    let rows = rows.map(|(day, hours)| {
        (
            capitalised(&view.text(day)),
            hours.iter().map(cell).collect(),
        )
    });
    let places = [("title", measure.as_str()), ("period", period.as_str())];
    let words = Words {
        id: "lodgements_by_hour".to_owned(),
        title: busiest(view, weekly).unwrap_or_else(|| view.text("chart.hours_question")),
        subtitle: view.fill(
            "chart.hours_subtitle",
            &[
                ("title", &measure),
                ("period", &period),
                ("zone", &visible(view.input.zone)),
            ],
        ),
        description: view.fill("chart.hours_description", &places),
        basis: weekly.n.map(|n| {
            let n = view.language().count(n);
            formula(view, definition, &view.fill("chart.basis_n", &[("n", &n)]))
        }),
    };
    let least = view.language().count(view.input.min_declarations);
    let plot = Plot::HeatMap(HeatMap {
        scale: Scale::Number,
        column_title: view.text("chart.hours_column"),
        columns: (0..24).map(|hour: u8| hour.to_string()).collect(),
        rows: rows.collect(),
        hatched: view.fill("chart.hatched_few", &[("n", &least)]),
    });
    chart(view, &[definition], words, plot)
}

/// What a KPI is, with its formula and what is said of its cases.
fn formula(view: &View<'_>, definition: &Definition, cases: &str) -> String {
    view.fill(
        "chart.basis_formula",
        &[
            (
                "kpi",
                &format!("{} {}", definition.id, view.title(definition)),
            ),
            ("formula", &visible(&view.language().formula(definition))),
            ("n", cases),
            ("open", ""),
        ],
    )
}

/// The hour with most, if there is one.
fn busiest(view: &View<'_>, weekly: &WeeklyHours) -> Option<String> {
    let hours = DAYS.iter().zip(&weekly.days).flat_map(|(day, hours)| {
        let of_day = hours.iter().enumerate();
        of_day.filter_map(move |(hour, figure)| Some((figure.per_day?, *day, hour)))
    });
    let (most, day, hour) = hours.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let (from, to) = (format!("{hour:02}:00"), format!("{:02}:00", hour + 1));
    (most > 0.0).then(|| {
        view.fill(
            "chart.hours_busiest",
            &[("day", &view.text(day)), ("from", &from), ("to", &to)],
        )
    })
}

/// Hit rates by reason of selection against random selection.
pub(super) fn hit_rates(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let row = |kpi: &str| {
        view.main_row(kpi, ALL)
            .filter(|row| row.state != State::NotMeasurable)
    };
    let random = row(choices::RANDOM_HIT_RATE)?;
    let rows: Vec<&KpiRow> = choices::HIT_RATES.into_iter().filter_map(row).collect();
    let first = *rows.first()?;
    let compared = |key: &str| {
        let text = |row| view.figure(row, view.prose()).text;
        view.fill(key, &[("rules", &text(first)), ("random", &text(random))])
    };
    let title = match (first.ci.filter(|_| shown(first).is_some()), random.ci) {
        (Some((low, _)), Some((_, high))) if low > high => compared("chart.hits_more"),
        (Some((_, high)), Some((low, _))) if high < low => compared("chart.hits_less"),
        _ => view.text("chart.hits_question"),
    };
    let definitions: Vec<&Definition> = rows
        .iter()
        .copied()
        .chain([random])
        .filter_map(|row| view.definition(&row.kpi))
        .collect();
    let words = Words {
        id: "hit_rate_against_random".to_owned(),
        title,
        subtitle: view.fill("chart.hits_subtitle", &[("period", &view.period())]),
        description: view.text("chart.hits_description"),
        basis: None,
    };
    let plot = Plot::Intervals(Intervals {
        scale: Scale::Share,
        points: rows.into_iter().map(|row| point(view, row)).collect(),
        reference: Some(point(view, random)),
    });
    chart(view, &definitions, words, plot)
}

/// A KPI's whole as a point with its n.
fn point(view: &View<'_>, row: &KpiRow) -> Bar {
    let name = view.definition(&row.kpi).map(|one| view.title(one));
    Bar {
        name: name.unwrap_or_default(),
        ..with_n(view, row, bar(view, ALL.0, row))
    }
}

/// A bar whose label states n instead of the target.
fn with_n(view: &View<'_>, row: &KpiRow, bar: Bar) -> Bar {
    let figure = view.figure(row, view.prose()).text;
    let n = row.n.filter(|_| shown(row).is_some());
    let n = n.map(|n| view.language().count(n));
    Bar {
        label: n.map_or_else(
            || figure.clone(),
            |n| view.fill("chart.with_n", &[("value", &figure), ("n", &n)]),
        ),
        target: None,
        ..bar
    }
}

/// Members with their intervals against the whole.
pub(super) fn intervals(
    view: &View<'_>,
    (kpi, dimension): (&str, &str),
    id: &str,
) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    let rows = view.members(kpi, dimension);
    let points: Vec<Bar> = rows
        .into_iter()
        .take(choices::AT_MOST_BARS)
        .map(|row| with_n(view, row, bar(view, dimension, row)))
        .collect();
    if points.is_empty() {
        return None;
    }
    let whole = view.main_row(kpi, ALL).filter(|row| shown(row).is_some());
    let reference = whole.map(|row| Bar {
        name: view.text("member.whole"),
        ..with_n(view, row, bar(view, ALL.0, row))
    });
    let (measure, by, period) = (
        super::measure_words(view, definition),
        view.by(dimension),
        view.period(),
    );
    let places = [
        ("title", measure.as_str()),
        ("by", by.as_str()),
        ("period", period.as_str()),
    ];
    let words = Words {
        id: id.to_owned(),
        title: view.question(definition),
        subtitle: view.fill("chart.intervals_subtitle", &places),
        description: view.fill("chart.intervals_description", &places),
        basis: None,
    };
    let plot = Plot::Intervals(Intervals {
        scale: scale(definition),
        points,
        reference,
    });
    chart(view, &[definition], words, plot)
}

/// What the order of the scores would have found, with the KPI that reads it at one depth.
pub(super) fn gain(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let gain = view.input.gain?;
    let definition = view.definition(&gain.kpi)?;
    let row = view.main_row(&gain.kpi, ALL);
    let measure = view.title(definition);
    let period = view.language().period_title(gain.period);
    let (n, without) = (
        view.language().count(gain.n),
        view.language().count(gain.n_excluded),
    );
    let cases = view.fill("chart.gain_basis", &[("n", &n), ("without", &without)]);
    let words = Words {
        id: "cumulative_gain".to_owned(),
        title: now(view, &gain.kpi).map_or_else(
            || view.question(definition),
            |share| {
                view.fill(
                    "chart.gain_title",
                    &[("title", &measure), ("share", &share), ("period", &period)],
                )
            },
        ),
        subtitle: view.fill("chart.gain_subtitle", &[("period", &period)]),
        description: view.fill("chart.gain_description", &[("period", &period)]),
        basis: Some(formula(view, definition, &cases)),
    };
    let mark = row.and_then(|row| {
        let (found, depth) = (shown(row)?, depth(definition)?);
        let text = view.figure(row, view.prose()).text;
        let percent = view.number(Kind::Share, depth, view.prose());
        Some((
            (depth, found),
            view.fill(
                "chart.gain_mark",
                &[("percent", &percent), ("share", &text)],
            ),
        ))
    });
    let plot = Plot::Gain(Gain {
        across: view.text("chart.gain_across"),
        found: view.text("chart.gain_found"),
        curves: vec![(view.text("chart.gain_curve"), gain.points.clone())],
        mark,
    });
    chart(view, &[definition], words, plot)
}

fn depth(definition: &Definition) -> Option<f64> {
    use crate::catalogue::{Depth, Measure};
    match &definition.measure {
        Measure::Gain {
            depth: Depth::Share(share),
            ..
        } => Some(*share),
        _ => None,
    }
}

/// A sum per period as columns against the target of each period; `None` where no target is set.
pub(super) fn against_target(view: &View<'_>, kpi: &str, id: &str) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    let statistic = main_statistic(definition);
    let values = view.series(kpi, ALL, statistic);
    let find = |period| view.input.table.find(kpi, period, ALL, statistic);
    let targets: Vec<Option<f64>> = view
        .periods()
        .iter()
        .map(|period| find(*period).and_then(|row| row.target))
        .collect();
    if !is_trend(&values) || targets.iter().flatten().next().is_none() {
        return None;
    }
    let measure = view.title(definition);
    let row = view.main_row(kpi, ALL);
    let mark = row.and_then(|row| view.target(row, view.prose()));
    let title = match (now(view, kpi), mark) {
        (Some(value), Some(mark)) => view.fill(
            "chart.target_title",
            &[
                ("title", &measure),
                ("value", &value),
                ("period", &view.period()),
                ("target", &mark.target.text),
                ("mark", &mark.mark),
            ],
        ),
        _ => trend_title(view, definition),
    };
    let words = Words {
        id: id.to_owned(),
        title,
        subtitle: view.fill(
            "chart.target_subtitle",
            &[
                ("title", &super::measure_words(view, definition)),
                ("periods", &range_title(view)),
            ],
        ),
        description: view.fill("chart.target_description", &[("title", &measure)]),
        basis: None,
    };
    let plot = Plot::Columns(Columns {
        scale: scale(definition),
        periods: period_labels(view),
        columns: Line {
            name: measure,
            values,
        },
        targets: Some(Line {
            name: view.text("scorecard.target"),
            values: targets,
        }),
    });
    chart(view, &[definition], words, plot)
}

/// The series that a report follows as an index: KPI, cell and statistic.
pub(crate) fn index_series(definitions: &[Definition]) -> Vec<(&str, (&str, &str), Statistic)> {
    let find = |kpi: &str| definitions.iter().find(move |one| one.id.as_ref() == kpi);
    choices::INDEXED
        .into_iter()
        .filter_map(find)
        .map(|one| (one.id.as_ref(), ALL, main_statistic(one)))
        .collect()
}

/// Several KPIs as an index on one scale.
pub(super) fn indexed(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let indexed = view.input.indexed?;
    let series = index_series(view.input.definitions);
    let definitions: Vec<&Definition> = series
        .iter()
        .filter_map(|(kpi, _, _)| view.definition(kpi))
        .collect();
    let at = |period| indexed.periods.iter().position(|one| *one == period);
    let line = |(one, values): (&&Definition, &Vec<Option<f64>>)| Line {
        name: view.title(one),
        values: view
            .periods()
            .iter()
            .map(|period| values.get(at(*period)?).copied().flatten())
            .collect(),
    };
    let lines: Vec<Line> = definitions.iter().zip(&indexed.series).map(line).collect();
    if lines.len() < 2 {
        return None;
    }
    let (base, periods) = (
        view.language().period_title(indexed.base),
        range_title(view),
    );
    let places = [("base", base.as_str()), ("periods", periods.as_str())];
    let words = Words {
        id: "indexed".to_owned(),
        title: view.text("chart.index_question"),
        subtitle: view.fill("chart.index_subtitle", &places),
        description: view.fill("chart.index_description", &places),
        basis: None,
    };
    let plot = index_plot(view, lines, &base);
    chart(view, &definitions, words, plot)
}

/// Indexed lines over the trend periods.
pub(super) fn index_plot(view: &View<'_>, lines: Vec<Line>, base: &str) -> Plot {
    Plot::Trend {
        scale: Scale::Number,
        periods: period_labels(view),
        bands: Vec::new(),
        lines,
        target: Some((100.0, format!("{base} = 100"))),
    }
}
