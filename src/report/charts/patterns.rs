//! When, how well, against what: hours, hit rates, gains, targets, indices.

use super::rankings::bar;
use super::{Words, chart, is_trend, now, period_labels, range_title, scale};
use crate::catalogue::{Area, Definition};
use crate::chart::{Bar, Columns, Gain, HeatCell, HeatMap, Intervals, Line, Plot, Scale};
use crate::evaluate::{KpiRow, State, Statistic, WeeklyHours};
use crate::report::choices;
use crate::report::format;
use crate::report::model::{Kind, ReportChart};
use crate::report::text::visible;
use crate::report::view::{ALL, View, dimension_title, main_statistic, shown};

/// The days of a week as rows.
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Hours of the week as a heat map.
pub(super) fn hours(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let weekly = view.input.weekly?;
    let definition = view.definition(&weekly.kpi)?;
    let measure = visible(&definition.title);
    let period = format::period_title(weekly.period);
    let cell = |hour: &crate::evaluate::HourFigure| match (hour.state, hour.per_day) {
        (State::Suppressed, _) => HeatCell::Suppressed,
        (_, Some(value)) => HeatCell::Value(value),
        (_, None) => HeatCell::Missing,
    };
    let rows = DAYS.iter().zip(&weekly.days);
    let rows = rows.map(|(day, hours)| ((*day).to_owned(), hours.iter().map(cell).collect()));
    let few = format!("fewer than {} declarations", view.input.min_declarations);
    let words = Words {
        id: "lodgements_by_hour".to_owned(),
        title: busiest(weekly)
            .unwrap_or_else(|| "At which hours are declarations lodged?".to_owned()),
        subtitle: format!(
            "{measure} per hour, mean of the days of each weekday in {period}, civil time of {}",
            visible(view.input.zone)
        ),
        description: format!(
            "Heat map of {measure} by weekday, Monday first, and hour of the day in {period}."
        ),
        basis: weekly.n.map(|n| {
            let n = format::number(Kind::Count, n as f64, view.prose());
            format!(
                "{} {measure}: {}; n = {n}",
                definition.id,
                visible(&definition.formula)
            )
        }),
    };
    let plot = Plot::HeatMap(HeatMap {
        scale: Scale::Number,
        column_title: "Hour of the day (8 is 08:00 to 08:59)".to_owned(),
        columns: (0..24).map(|hour: u8| hour.to_string()).collect(),
        rows: rows.collect(),
        hatched: few,
    });
    chart(view, &[definition], words, plot)
}

/// The hour with most, if there is one.
fn busiest(weekly: &WeeklyHours) -> Option<String> {
    let hours = DAYS.iter().zip(&weekly.days).flat_map(|(day, hours)| {
        let of_day = hours.iter().enumerate();
        of_day.filter_map(move |(hour, figure)| Some((figure.per_day?, *day, hour)))
    });
    let (most, day, hour) = hours.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (most > 0.0).then(|| {
        format!(
            "The busiest hour is {day} from {hour:02}:00 to {:02}:00",
            hour + 1
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
    let title = match (first.ci.filter(|_| shown(first).is_some()), random.ci) {
        (Some((low, _)), Some((_, high))) if low > high => format!(
            "Rules find more than chance: {} against {}",
            view.figure(first, view.prose()).text,
            view.figure(random, view.prose()).text
        ),
        (Some((_, high)), Some((low, _))) if high < low => format!(
            "Rules find less than chance: {} against {}",
            view.figure(first, view.prose()).text,
            view.figure(random, view.prose()).text
        ),
        _ => "Do rules and officers find more than random selection?".to_owned(),
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
        subtitle: format!(
            "Share of inspections with a finding by reason of selection, {}; whiskers and band: 95 % \
             interval",
            format::period_title(view.input.period)
        ),
        description:
            "Hit rates of selected inspections with their intervals against the hit rate of \
                      randomly selected ones."
                .to_owned(),
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
    let name = view.definition(&row.kpi).map(|one| visible(&one.title));
    Bar {
        name: name.unwrap_or_default(),
        ..with_n(view, row, bar(view, ALL.0, row))
    }
}

/// A bar whose label states n instead of the target.
fn with_n(view: &View<'_>, row: &KpiRow, bar: Bar) -> Bar {
    let figure = view.figure(row, view.prose()).text;
    let n = row.n.filter(|_| shown(row).is_some());
    let n = n.map(|n| format::number(Kind::Count, n as f64, view.prose()));
    Bar {
        label: n.map_or_else(|| figure.clone(), |n| format!("{figure}, n = {n}")),
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
        name: "all".to_owned(),
        ..with_n(view, row, bar(view, ALL.0, row))
    });
    let (measure, by) = (
        super::measure_words(view, definition),
        dimension_title(dimension),
    );
    let period = format::period_title(view.input.period);
    let words = Words {
        id: id.to_owned(),
        title: visible(&definition.question),
        subtitle: format!("{measure} by {by}, {period}; whiskers and band: 95 % interval"),
        description: format!("Points of {measure} by {by} with their intervals."),
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
    let measure = visible(&definition.title);
    let period = format::period_title(gain.period);
    let n = format::number(Kind::Count, gain.n as f64, view.prose());
    let without = format::number(Kind::Count, gain.n_excluded as f64, view.prose());
    let words = Words {
        id: "cumulative_gain".to_owned(),
        title: now(view, &gain.kpi).map_or_else(
            || visible(&definition.question),
            |share| format!("{measure}: {share} of the findings in {period}"),
        ),
        subtitle: format!(
            "Share of the findings by share of declarations in the order of their score, {period}"
        ),
        description: format!("Gain curve of the risk score in {period} against a random order."),
        basis: Some(format!(
            "{} {measure}: {}; n = {n} with a score, {without} without",
            definition.id,
            visible(&definition.formula)
        )),
    };
    let mark = row.and_then(|row| {
        let (found, depth) = (shown(row)?, depth(definition)?);
        let text = view.figure(row, view.prose()).text;
        let percent = format::number(Kind::Share, depth, view.prose());
        Some((
            (depth, found),
            format!("the first {percent}: {text} of the findings"),
        ))
    });
    let plot = Plot::Gain(Gain {
        across: "Declarations, highest score first".to_owned(),
        found: "Findings".to_owned(),
        curves: vec![("order of the score".to_owned(), gain.points.clone())],
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
    let measure = visible(&definition.title);
    let row = view.main_row(kpi, ALL);
    let mark = row.and_then(|row| view.target(row, view.prose()));
    let title = match (now(view, kpi), mark) {
        (Some(value), Some(mark)) => format!(
            "{measure}: {value} in {}, target {} ({})",
            format::period_title(view.input.period),
            mark.target.text,
            mark.mark()
        ),
        (Some(value), None) => {
            format!(
                "{measure}: {value} in {}",
                format::period_title(view.input.period)
            )
        }
        (None, _) => visible(&definition.question),
    };
    let words = Words {
        id: id.to_owned(),
        title,
        subtitle: format!(
            "{}; ticks: target of each period, {}",
            super::measure_words(view, definition),
            range_title(view)
        ),
        description: format!("Columns of {measure} per period, each against its target."),
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
            name: "Target".to_owned(),
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
        name: visible(&one.title),
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
    let base = format::period_title(indexed.base);
    let words = Words {
        id: "indexed".to_owned(),
        title: "How have volume, revenue and release time moved beside each other?".to_owned(),
        subtitle: format!("Index, {base} = 100, {}", range_title(view)),
        description: format!("Lines of several measures as an index, {base} = 100."),
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
