//! Process-behaviour charts: the limits and the signals of `trends.csv`.

use super::{Words, chart, measure_words, scale};
use crate::catalogue::Area;
use crate::chart::{self, Control, Line, Plot};
use crate::evaluate::{Rule, Signal, TrendPoint};
use crate::report::model::ReportChart;
use crate::report::view::View;

/// The months of a KPI with the limits that they are held against; `None` where no month has limits.
pub(super) fn control(view: &View<'_>, kpi: &str, id: &str) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    let trend = view.input.trends.find(kpi, view.subject())?;
    let months = usize::try_from(view.input.trend_months).unwrap_or(0);
    let from = trend.points.len().saturating_sub(months);
    let points = trend.points.get(from..)?;
    let (first, last) = (points.first()?, points.last()?);
    if points.iter().all(|point| point.limits.is_none()) {
        return None;
    }
    let language = view.language();
    let count = |n: usize| language.count(n as u64);
    let signals = signals(points);
    let mut standing_out: Vec<usize> = signals.iter().map(|(at, _)| *at).collect();
    standing_out.dedup();
    let places = [
        ("title", view.title(definition)),
        ("measure", measure_words(view, definition)),
        ("period", language.period_title(last.period)),
        ("periods", language.periods(first.period, last.period)),
        ("n", count(standing_out.len())),
        ("all", count(points.len())),
    ];
    let places = places.each_ref().map(|(name, text)| (*name, text.as_str()));
    let words = Words {
        id: id.to_owned(),
        title: match last.signal {
            Some(signal) => view.fill(finding(signal), &places),
            None => view.question(definition),
        },
        subtitle: view.fill("chart.control_subtitle", &places),
        description: view.fill("chart.control_description", &places),
        basis: None,
    };
    let line = |name: &str, of: &dyn Fn(&TrendPoint) -> Option<f64>| Line {
        name: view.text(name),
        values: points.iter().map(of).collect(),
    };
    let plot = Plot::Control(Control {
        scale: scale(definition),
        periods: points.iter().map(|one| one.period.to_string()).collect(),
        values: Line {
            name: language.statistic(trend.statistic),
            values: points.iter().map(value).collect(),
        },
        centre: line("chart.control_centre", &|one| Some(one.limits?.centre)),
        // A limit of zero for what can't be below it is none.
        low: line("chart.control_low", &|one| {
            Some(one.limits?.lower).filter(|low| *low != 0.0)
        }),
        high: line("chart.control_high", &|one| Some(one.limits?.upper)),
        signals,
    });
    chart(view, &[definition], words, plot)
}

/// The key of what the last month says.
const fn finding(signal: Signal) -> &'static str {
    match signal {
        Signal::CommonCause => "chart.control_usual",
        Signal::Improvement => "chart.control_better",
        Signal::Concern => "chart.control_worse",
        Signal::Change => "chart.control_changed",
    }
}

fn value(point: &TrendPoint) -> Option<f64> {
    Some(point.value?.to_f64())
}

/// Every rule by which a month is a signal, with the month's place.
fn signals(points: &[TrendPoint]) -> Vec<(usize, chart::Signal)> {
    let of_point = |(at, point)| rules(point).into_iter().map(move |signal| (at, signal));
    points.iter().enumerate().flat_map(of_point).collect()
}

fn rules(point: &TrendPoint) -> Vec<chart::Signal> {
    let is_above = value(point) > point.limits.map(|limits| limits.centre);
    let signal = |rule: &Rule| match rule {
        Rule::Outside if is_above => chart::Signal::Above,
        Rule::Outside => chart::Signal::Below,
        Rule::Run => chart::Signal::Run,
        Rule::NearLimit => chart::Signal::Near,
    };
    point.rules.iter().map(signal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{ProcessLimits, State};
    use crate::model::{Month, Period, Quantity};

    #[test]
    fn a_month_outside_its_limits_is_above_or_below_and_keeps_its_other_rules() {
        use chart::Signal::{Above, Below, Near, Run};
        let point = |value: f64, rules: &[Rule]| TrendPoint {
            period: Period::month(Month::new(2025, 3).unwrap()),
            value: Some(Quantity::Share(value)),
            state: State::Ok,
            provisional: false,
            moving_range: None,
            limits: Some(ProcessLimits {
                centre: 0.5,
                lower: 0.4,
                upper: 0.6,
                range_upper: 0.12,
            }),
            signal: None,
            rules: rules.to_vec(),
            season: None,
        };
        let points = [
            point(0.7, &[Rule::Outside, Rule::Run]),
            point(0.5, &[]),
            point(0.3, &[Rule::Outside]),
            point(0.41, &[Rule::NearLimit]),
        ];
        assert_eq!(
            signals(&points),
            [(0, Above), (0, Run), (2, Below), (3, Near)]
        );
    }
}
