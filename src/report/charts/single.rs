//! One chart for one question: of which kind, and what stands in its way.

use super::{Words, control, rankings, scale, trends};
use super::{chart, is_trend, measure_words, parts, patterns, period_labels, places, range_title};
use crate::catalogue::{AGE_BAND, Area, Base, Definition, Gain, Measure};
use crate::chart::{ChartSpec, Line, Plot};
use crate::evaluate::{BASELINE_MONTHS, Statistic, indexed};
use crate::report::Input;
use crate::report::choices;
use crate::report::model::ReportChart;
use crate::report::text::visible;
use crate::report::view::{ALL, View, main_statistic, shown};

/// The kinds of chart that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartKind {
    /// A line over periods: a span's percentiles as bands, another KPI's interval.
    Trend,
    /// Months with natural process limits and signals.
    Control,
    /// Columns over periods against the target of each.
    Target,
    /// Bars by member, the longest first.
    Ranking,
    /// Points by member with their intervals against the whole.
    Intervals,
    /// Parts of a whole, stacked.
    Stack,
    /// One small line per member.
    Multiples,
    /// Lines as an index of their value in the first period.
    Index,
    /// When it happens, by hour and weekday.
    Hours,
    /// The share that has come to its end by each time, open ones counted in.
    Curve,
    /// What a ranking by score would have found.
    Gain,
    /// Time, cost and distance along a corridor.
    Journey,
    /// Offices along the corridors as a network.
    Map,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct ChartRequest<'a> {
    /// The KPI.
    pub kpi: &'a Definition,
    /// The dimension that it is broken down by.
    pub by: Option<&'a str>,
    /// The kind; `None` leaves it to the KPI and the breakdown.
    pub kind: Option<ChartKind>,
    /// The condition that declarations were chosen by, to be stated.
    pub condition: Option<&'a str>,
}

/// Why there is no such chart, and what can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub message: String,
    /// What next.
    pub hint: Option<String>,
}

fn refuse<T>(message: impl Into<String>, hint: impl Into<Option<String>>) -> Result<T, Refusal> {
    Err(Refusal {
        message: message.into(),
        hint: hint.into(),
    })
}

impl ChartRequest<'_> {
    /// The kind that answers the question: what was asked for if the KPI has it.
    pub fn resolve(&self) -> Result<ChartKind, Refusal> {
        use ChartKind::{
            Control, Curve, Gain, Hours, Index, Intervals, Journey, Map, Multiples, Ranking, Stack,
            Target, Trend,
        };
        let id = &self.kpi.id;
        let own = parts::own_dimension(self.kpi);
        let is_share = matches!(self.kpi.measure, Measure::MemberShare { .. });
        let Some(kind) = self.kind else {
            return Ok(match (self.by, &self.kpi.measure) {
                (Some(_), Measure::MemberShare { .. }) if own.is_some() => Stack,
                (Some(by), _) if Some(by) == own => Stack,
                (Some(_), _) => Ranking,
                (None, _) if own.is_some() => Stack,
                (None, measure) if is_recall(measure) => Gain,
                (None, Measure::Sum { .. }) => Target,
                (None, _) => Trend,
            });
        };
        let needs_by = matches!(kind, Ranking | Intervals | Multiples);
        if needs_by && self.by.is_none() {
            let hint = format!("such as `--by {}`", choices::CORRIDOR);
            return refuse(
                "a chart of this kind compares members: it needs a breakdown",
                hint,
            );
        }
        let not_by = matches!(kind, Control | Target | Hours | Curve | Gain | Journey);
        if let Some(by) = self.by.filter(|_| not_by) {
            let hint = format!("leave out `--by {by}`, or choose members by `--where`");
            return refuse("a chart of this kind shows no breakdown", hint);
        }
        let fits = match kind {
            Trend | Control | Target | Index => !is_share || self.by.is_some(),
            Ranking | Intervals | Multiples => true,
            Stack => own.is_some(),
            Hours => self.kpi.measure == Measure::Count,
            Curve => self.kpi.measure.is_span(),
            Gain => is_recall(&self.kpi.measure),
            Journey => self.kpi.base == Base::Crossings,
            Map => self.by.is_none_or(|by| by == choices::OFFICE),
        };
        if fits {
            return Ok(kind);
        }
        let (what, example) = match kind {
            Stack => (
                "it is no part of a whole and has no bands of age",
                "TF17, TF30, RM01",
            ),
            Hours => ("it does not count declarations", "CX01"),
            Curve => ("it is no time from one point to another", "TF01"),
            Gain => ("it reads no ranking by score", "RM18"),
            Journey => ("it is not about border crossings", "IC01"),
            Map => ("the network is one of offices", "--by office"),
            _ => (
                "it is a part of a whole and needs a breakdown",
                "--by corridor",
            ),
        };
        let hint = format!("`clearway kpi list` shows every KPI; this kind is for {example}");
        refuse(format!("`{id}` can't be drawn like this: {what}"), hint)
    }

    /// The breakdown that the table must have for a kind of chart.
    pub fn breakdown(&self, kind: ChartKind) -> Option<&str> {
        match kind {
            ChartKind::Map => Some(choices::OFFICE),
            _ => self.by,
        }
    }
}

fn is_recall(measure: &Measure) -> bool {
    matches!(
        measure,
        Measure::Gain {
            gain: Gain::Recall,
            ..
        }
    )
}

/// Composes one chart.
pub fn one_chart(
    input: &Input<'_>,
    request: &ChartRequest<'_>,
    kind: ChartKind,
) -> Result<ChartSpec, Refusal> {
    let view = View::new(input);
    let kpi = request.kpi.id.as_ref();
    let missing = input.not_measurable.iter().find(|(id, _)| id == kpi);
    if let Some((_, missing)) = missing {
        return refuse(
            format!(
                "`{kpi}` is not measurable: the log has no {}",
                visible(missing)
            ),
            format!("`clearway kpi explain {kpi}` says what it needs"),
        );
    }
    let Some((_, made)) = draw(&view, request, kind) else {
        return nothing(&view, request, kind);
    };
    let mut spec = made.spec;
    if let Some(condition) = request.condition {
        spec.subtitle = view.fill(
            "chart.only_where",
            &[
                ("subtitle", &spec.subtitle),
                ("condition", &visible(condition)),
            ],
        );
    }
    Ok(spec)
}

/// Why nothing came of it.
fn nothing(
    view: &View<'_>,
    request: &ChartRequest<'_>,
    kind: ChartKind,
) -> Result<ChartSpec, Refusal> {
    let period = view.period();
    let min = view.input.min_declarations;
    match kind {
        ChartKind::Trend | ChartKind::Index | ChartKind::Multiples => refuse(
            "a line needs figures of two periods at least",
            "a longer `--period`, such as 2024-07..2025-03".to_owned(),
        ),
        ChartKind::Control => refuse(
            format!("process limits need {BASELINE_MONTHS} months that count and differ"),
            format!(
                "`clearway kpi trend {}` says what is missing",
                request.kpi.id
            ),
        ),
        ChartKind::Target => refuse(
            format!("no target is set for `{}`", request.kpi.id),
            "set one in targets.toml, or ask for `--kind trend`".to_owned(),
        ),
        ChartKind::Map => refuse(
            format!("no two offices of corridors.toml have a figure in {period}"),
            "the nodes of corridors.toml must be named as the offices of the log are".to_owned(),
        ),
        ChartKind::Journey => refuse(
            format!("no corridor has {min} journeys of one way in {period}"),
            "journeys need corridors.toml with the distances of its nodes, and border_entered and \
             border_left in the log"
                .to_owned(),
        ),
        _ => refuse(format!("there is nothing to draw in {period}"), None),
    }
}

fn draw(
    view: &View<'_>,
    request: &ChartRequest<'_>,
    kind: ChartKind,
) -> Option<(Area, ReportChart)> {
    let (kpi, definition) = (request.kpi.id.as_ref(), request.kpi);
    let slug = definition.slug.as_str();
    match (kind, request.by) {
        (ChartKind::Trend, Some(dimension)) => member_lines(view, definition, dimension, false),
        (ChartKind::Index, dimension) => {
            member_lines(view, definition, dimension.unwrap_or(ALL.0), true)
        }
        (ChartKind::Trend, None) if definition.measure.is_span() => {
            trends::span_trend(view, kpi, slug)
        }
        (ChartKind::Trend, None) => trends::single_trend(view, kpi, slug),
        (ChartKind::Control, _) => control::control(view, kpi, slug),
        (ChartKind::Target, _) => {
            let columns = patterns::against_target(view, kpi, slug);
            let asked = request.kind.is_some();
            columns.or_else(|| trends::single_trend(view, kpi, slug).filter(|_| !asked))
        }
        (ChartKind::Stack, None) => stack(view, definition),
        (ChartKind::Stack, Some(dimension)) if dimension == AGE_BAND => stack(view, definition),
        (ChartKind::Stack, Some(dimension))
            if parts::own_dimension(definition) == Some(dimension) =>
        {
            stack(view, definition)
        }
        (ChartKind::Stack, Some(dimension)) => parts::shares_by(view, (kpi, dimension), slug),
        (ChartKind::Multiples, Some(dimension)) => {
            let title = view.question(definition);
            trends::panels(view, (kpi, dimension), (slug, title))
        }
        (ChartKind::Ranking, Some(dimension)) => rankings::ranking(view, (kpi, dimension), slug),
        (ChartKind::Intervals, Some(dimension)) => {
            patterns::intervals(view, (kpi, dimension), slug)
        }
        (ChartKind::Hours, _) => patterns::hours(view),
        (ChartKind::Curve, _) => trends::span_curve(view, kpi, slug),
        (ChartKind::Gain, _) => patterns::gain(view),
        (ChartKind::Journey, _) => {
            let profiles = view.input.journeys.iter();
            let busiest = profiles.max_by_key(|profile| profile.n)?;
            places::journey(view, busiest)
        }
        (ChartKind::Map, _) => places::network(view, kpi, slug),
        (ChartKind::Ranking | ChartKind::Intervals | ChartKind::Multiples, None) => None,
    }
}

fn stack(view: &View<'_>, definition: &Definition) -> Option<(Area, ReportChart)> {
    match &definition.measure {
        Measure::Stock { .. } => parts::ages(view, &definition.id, &definition.slug),
        _ => parts::shares(
            view,
            &definition.id,
            (&definition.slug, choices::AT_MOST_COLOURS),
        ),
    }
}

/// The whole, or the first members that are shown.
fn drawn_members<'v>(view: &View<'v>, kpi: &str, dimension: &str) -> Vec<&'v str> {
    if dimension == ALL.0 {
        return vec![ALL.1];
    }
    let rows = view.members(kpi, dimension).into_iter();
    let rows = rows.filter(|row| shown(row).is_some());
    rows.take(choices::AT_MOST_PARTS)
        .map(|row| row.member.as_ref())
        .collect()
}

/// A line per member, as they are or as an index of the first period that they all have.
fn member_lines(
    view: &View<'_>,
    definition: &Definition,
    dimension: &str,
    as_index: bool,
) -> Option<(Area, ReportChart)> {
    let kpi = definition.id.as_ref();
    let statistic = main_statistic(definition);
    let members = drawn_members(view, kpi, dimension);
    let cells: Vec<(&str, (&str, &str), Statistic)> = members
        .iter()
        .map(|member| (kpi, (dimension, *member), statistic))
        .collect();
    let index = as_index.then(|| indexed(view.input.table, &cells, view.periods()));
    let index = match index {
        None => None,
        Some(index) => Some(index?),
    };
    let line = |(at, member): (usize, &&str)| Line {
        name: match dimension {
            "all" => view.title(definition),
            _ => view.member_title(dimension, member),
        },
        values: match &index {
            Some(index) => index.series.get(at).cloned().unwrap_or_default(),
            None => view.series(kpi, (dimension, member), statistic),
        },
    };
    let lines: Vec<Line> = members.iter().enumerate().map(line).collect();
    if !lines.iter().any(|line| is_trend(&line.values)) {
        return None;
    }
    let by = match dimension {
        "all" => String::new(),
        _ => view.by(dimension),
    };
    let base = index
        .as_ref()
        .map(|index| view.language().period_title(index.base));
    let measure = measure_words(view, definition);
    let mut periods = range_title(view);
    if let Some(base) = &base {
        let places = [("base", base.as_str()), ("periods", periods.as_str())];
        periods = view.fill("chart.index_subtitle", &places);
    }
    let places = [
        ("title", measure.as_str()),
        ("by", by.as_str()),
        ("periods", periods.as_str()),
    ];
    let key = match dimension {
        "all" => "chart.trend_subtitle",
        _ => "chart.lines_subtitle",
    };
    let words = Words {
        id: definition.slug.clone(),
        title: view.question(definition),
        subtitle: view.fill(key, &places),
        description: view.fill("chart.trend_description", &places),
        basis: None,
    };
    let plot = match &base {
        Some(base) => patterns::index_plot(view, lines, base),
        None => Plot::Trend {
            scale: scale(definition),
            periods: period_labels(view),
            bands: Vec::new(),
            lines,
            target: None,
        },
    };
    chart(view, &[definition], words, plot)
}
