//! Reads the table for the composer: rows in, figures with their keys out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::choices;
use super::format::{self, Style};
use super::input::Input;
use super::model::{
    Column, Comparison, Field, Figure, Interval, Key, Kind, Sentence, TargetMark, Verdict,
};
use super::text::{capitalised, visible};
use crate::catalogue::{Better, Definition, Measure};
pub(super) use crate::evaluate::main_statistic;
use crate::evaluate::{Change, KpiRow, Noise, State, Statistic};
use crate::language::Language;
use crate::model::{Period, Quantity, Unit};

/// The whole, as a dimension and as its only member.
pub(super) const ALL: (&str, &str) = ("all", "all");
/// The member of declarations whose attribute is empty.
const MISSING: &str = "(missing)";

/// The input with what is looked up all the time.
#[derive(Clone)]
pub(super) struct View<'a> {
    pub(super) input: &'a Input<'a>,
    subject: (&'a str, &'a str),
    by_id: BTreeMap<&'a str, &'a Definition>,
    dimensions: Vec<Arc<str>>,
    periods: Vec<Period>,
}

impl<'a> View<'a> {
    pub(super) fn new(input: &'a Input<'a>) -> Self {
        let by_id = input
            .definitions
            .iter()
            .map(|one| (one.id.as_ref(), one))
            .collect();
        Self {
            input,
            subject: ALL,
            by_id,
            dimensions: dimensions(input),
            periods: periods(input),
        }
    }

    /// The same with one member as its subject.
    pub(super) fn about(&self, dimension: &'a str, member: &'a str) -> Self {
        Self {
            subject: (dimension, member),
            ..self.clone()
        }
    }

    /// What cards, scorecard and trends are about: the whole, or one member.
    pub(super) fn subject(&self) -> (&'a str, &'a str) {
        self.subject
    }

    /// The language of the report.
    pub(super) fn language(&self) -> &'a Language {
        self.input.language
    }

    /// The words under a key.
    pub(super) fn text(&self, key: &str) -> String {
        self.language().text(key)
    }

    /// The words under a key with their places filled.
    pub(super) fn fill(&self, key: &str, arguments: &[(&str, &str)]) -> String {
        self.language().fill(key, arguments)
    }

    /// A sentence with its places filled.
    pub(super) fn sentence(&self, key: &str, arguments: &[(&str, Sentence)]) -> Sentence {
        Sentence::of(self.language(), key, arguments)
    }

    /// A KPI's title in the language of the report.
    pub(super) fn title(&self, definition: &Definition) -> String {
        visible(&self.language().title(definition))
    }

    /// The question that a KPI answers.
    pub(super) fn question(&self, definition: &Definition) -> String {
        visible(&self.language().question(definition))
    }

    /// The title of this period, as within a sentence.
    pub(super) fn period(&self) -> String {
        self.language().period_title(self.input.period)
    }

    /// "by corridor".
    pub(super) fn by(&self, dimension: &str) -> String {
        visible(&self.language().by_dimension(dimension))
    }

    pub(super) fn definition(&self, kpi: &str) -> Option<&'a Definition> {
        self.by_id.get(kpi).copied()
    }

    /// The dimensions of this period's figures, without the whole, in the order of the tables.
    pub(super) fn dimensions(&self) -> &[Arc<str>] {
        &self.dimensions
    }

    /// The periods of a trend, oldest first, this period last.
    pub(super) fn periods(&self) -> &[Period] {
        &self.periods
    }

    pub(super) fn prose(&self) -> Style<'a> {
        Style::Prose(self.input.currency)
    }

    /// The row of this period.
    pub(super) fn row(
        &self,
        kpi: &str,
        cell: (&str, &str),
        statistic: Statistic,
    ) -> Option<&'a KpiRow> {
        self.input
            .table
            .find(kpi, self.input.period, cell, statistic)
    }

    /// The row that speaks for a KPI: the median of a span, the value of anything else.
    pub(super) fn main_row(&self, kpi: &str, cell: (&str, &str)) -> Option<&'a KpiRow> {
        self.row(kpi, cell, main_statistic(self.definition(kpi)?))
    }

    /// A statistic over the trend periods; `None` where it is not there.
    pub(super) fn series(
        &self,
        kpi: &str,
        cell: (&str, &str),
        statistic: Statistic,
    ) -> Vec<Option<f64>> {
        self.periods
            .iter()
            .map(|period| shown(self.input.table.find(kpi, *period, cell, statistic)?))
            .collect()
    }

    /// The main rows of the members of a dimension in display order: natural where there is one,
    /// otherwise the largest first; empty attributes last.
    pub(super) fn members(&self, kpi: &str, dimension: &str) -> Vec<&'a KpiRow> {
        let Some(definition) = self.definition(kpi) else {
            return Vec::new();
        };
        let statistic = main_statistic(definition);
        let mut rows: Vec<&KpiRow> = self
            .input
            .table
            .members(kpi, self.input.period, dimension)
            .iter()
            .filter(|row| row.statistic == statistic)
            .collect();
        let rank = |row: &KpiRow| {
            let natural = choices::MEMBERS
                .iter()
                .position(|(of, member)| *of == dimension && *member == row.member.as_ref());
            (&*row.member == MISSING, natural.unwrap_or(usize::MAX))
        };
        rows.sort_by(|a, b| {
            let size = |row| shown(row).unwrap_or(f64::NEG_INFINITY);
            rank(a)
                .cmp(&rank(b))
                .then(size(b).total_cmp(&size(a)))
                .then_with(|| a.member.cmp(&b.member))
        });
        rows
    }

    /// The title of a member; of two dimensions joined by `+` both titles.
    pub(super) fn member_title(&self, dimension: &str, member: &str) -> String {
        match (dimension.split_once('+'), member.split_once('+')) {
            (Some((first, second)), Some((one, other))) => {
                let (one, other) = (self.one_title(first, one), self.one_title(second, other));
                self.fill("member.pair", &[("first", &one), ("second", &other)])
            }
            _ => self.one_title(dimension, member),
        }
    }

    fn one_title(&self, dimension: &str, member: &str) -> String {
        let key = (dimension.to_owned(), member.to_owned());
        if let Some(title) = self.input.member_titles.get(&key) {
            return visible(title);
        }
        if member == MISSING {
            return self.text("member.missing");
        }
        if let Some(title) = self.language().member(dimension, member) {
            return title;
        }
        match dimension {
            "direction" | "mode" | "regime" => capitalised(&visible(member)),
            _ => visible(member),
        }
    }

    /// What a row's numbers mean.
    pub(super) fn kind(&self, row: &KpiRow) -> Kind {
        format::kind(row.unit, self.definition(&row.kpi))
    }

    /// The figure of a row, or why there is none.
    pub(super) fn figure(&self, row: &KpiRow, style: Style<'_>) -> Figure {
        let kind = self.kind(row);
        let number = shown(row);
        let text = match row.state {
            State::Suppressed => self.text("state.suppressed"),
            State::NotMeasurable => {
                self.fill("state.not_measurable", &[("why", &self.missing(row))])
            }
            State::Ok => number.map_or_else(String::new, |value| self.number(kind, value, style)),
        };
        Figure {
            text,
            number,
            kind,
            state: row.state,
            key: Some(Key::of(row, Field::Value)),
            n: self.n(row),
        }
    }

    /// "n = 12 345"; nothing beside a figure that is its own n.
    fn n(&self, row: &KpiRow) -> Option<String> {
        let n = row.n.filter(|_| row.state == State::Ok)?;
        if row.value == Some(Quantity::Count(n)) {
            return None;
        }
        Some(self.fill("page.n", &[("n", &self.language().count(n))]))
    }

    /// Why a row can't be measured.
    fn missing(&self, row: &KpiRow) -> String {
        let named = self
            .input
            .not_measurable
            .iter()
            .find(|(kpi, _)| *kpi == *row.kpi);
        if let Some((_, input)) = named {
            return self.missing_input(input);
        }
        match self
            .definition(&row.kpi)
            .map(|definition| &definition.measure)
        {
            Some(Measure::Growth { .. }) => self.text("state.no_earlier"),
            _ if row.statistic == Statistic::WithinTarget => self.text("state.no_target"),
            _ => self.text("state.no_case"),
        }
    }

    /// "missing attribute lane": the kind of what is missing in the reader's words, its name as it
    /// stands in the mapping.
    pub(super) fn missing_input(&self, input: &str) -> String {
        let known = input.split_once(' ').and_then(|(kind, name)| {
            let key = ["attribute", "amount", "milestone"]
                .into_iter()
                .find(|known| *known == kind)?;
            Some(self.fill(&format!("missing_input.{key}"), &[("name", name)]))
        });
        let target = || {
            let name = input.strip_prefix("target for ")?;
            Some(self.fill("missing_input.target", &[("name", name)]))
        };
        let input = known.or_else(target).unwrap_or_else(|| input.to_owned());
        self.fill("state.missing", &[("input", &visible(&input))])
    }

    /// A number as it is read.
    pub(super) fn number(&self, kind: Kind, value: f64, style: Style<'_>) -> String {
        format::number(self.language(), kind, value, style)
    }

    /// Another column of a row as a figure of its own; `None` where it is empty.
    pub(super) fn field(&self, row: &KpiRow, field: Field, style: Style<'_>) -> Option<Figure> {
        let of_value = |value: f64| (self.kind(row), value);
        let count = |count: u64| (Kind::Count, count as f64);
        let (kind, number) = match field {
            Field::N => row.n.map(count)?,
            Field::Open => row.n_open.map(count)?,
            Field::Excluded => row.n_excluded.map(count)?,
            Field::Low => of_value(row.ci?.0),
            Field::High => of_value(row.ci?.1),
            Field::Target => of_value(row.target?),
            Field::Previous => of_value(row.previous?.to_f64()),
            Field::YearAgo => of_value(row.year_ago?.to_f64()),
            Field::Value | Field::ChangePrevious | Field::ChangeYearAgo => return None,
        };
        let text = match field {
            Field::Target => format::target(self.language(), kind, number, style),
            _ => self.number(kind, number, style),
        };
        Some(Figure {
            text,
            number: Some(number),
            kind,
            state: State::Ok,
            key: Some(Key::of(row, field)),
            n: None,
        })
    }

    pub(super) fn interval(&self, row: &KpiRow, style: Style<'_>) -> Option<Interval> {
        Some(Interval {
            low: self.field(row, Field::Low, style)?,
            high: self.field(row, Field::High, style)?,
        })
    }

    pub(super) fn target(&self, row: &KpiRow, style: Style<'_>) -> Option<TargetMark> {
        let target = self.field(row, Field::Target, style)?;
        Some(TargetMark::new(target, row.target_state?, self.language()))
    }

    /// Against the period before.
    pub(super) fn previous(&self, row: &KpiRow, style: Style<'_>) -> Option<Comparison> {
        let fields = (Field::Previous, Field::ChangePrevious);
        self.comparison(row, (row.period.previous(), row.change?), fields, style)
    }

    /// Against the same period one year earlier.
    pub(super) fn year_ago(&self, row: &KpiRow, style: Style<'_>) -> Option<Comparison> {
        let fields = (Field::YearAgo, Field::ChangeYearAgo);
        self.comparison(
            row,
            (row.period.year_ago(), row.change_of_year?),
            fields,
            style,
        )
    }

    fn comparison(
        &self,
        row: &KpiRow,
        (with, judged): (Period, Change),
        (before, change): (Field, Field),
        style: Style<'_>,
    ) -> Option<Comparison> {
        let now = shown(row)?;
        let before = self.field(row, before, style)?;
        let changed = format::change(self.language(), before.kind, now, before.number?);
        let verdict = self.verdict(&row.kpi, judged.noise);
        Some(Comparison {
            with: self.language().period_short(with),
            before,
            change: changed.map(|(kind, number, text)| Figure {
                text,
                number: Some(number),
                kind,
                state: State::Ok,
                key: Some(Key::of(row, change)),
                n: None,
            }),
            mark: verdict.mark(self.language()),
            verdict,
        })
    }

    /// A change is called one only beyond chance, and good or bad where the definition says which.
    fn verdict(&self, kpi: &str, noise: Noise) -> Verdict {
        let better = self
            .definition(kpi)
            .map_or(Better::Context, |one| one.better);
        match (noise, better) {
            (Noise::Untested, _) => Verdict::Unjudged,
            (Noise::Within, _) => Verdict::LittleChanged,
            (_, Better::Context) => Verdict::Changed,
            (Noise::Higher, Better::Higher) | (Noise::Lower, Better::Lower) => Verdict::Better,
            _ => Verdict::Worse,
        }
    }

    /// A column about a KPI; money gets the magnitude of its largest number in the header.
    pub(super) fn column(&self, definition: &Definition, unit: &str, style: Style<'_>) -> Column {
        let unit = match (definition.unit, style) {
            (Unit::Money, Style::Column(magnitude)) => {
                magnitude.unit(self.language(), self.input.currency)
            }
            _ => unit.to_owned(),
        };
        Column {
            title: self.title(definition),
            unit: (!unit.is_empty()).then_some(unit),
            kpi: Some(Arc::clone(&definition.id)),
            numeric: true,
        }
    }

    /// Whether the whole has a figure (shown or too small to be shown) this period.
    pub(super) fn is_measured(&self, kpi: &str) -> bool {
        let whole = self.main_row(kpi, ALL).map(|row| row.state);
        whole.is_some_and(|state| state != State::NotMeasurable)
            || self.dimensions.iter().any(|dimension| {
                self.members(kpi, dimension)
                    .iter()
                    .any(|row| row.state != State::NotMeasurable)
            })
    }
}

/// The number of a row that may be shown.
pub(super) fn shown(row: &KpiRow) -> Option<f64> {
    (row.state == State::Ok).then(|| row.value.map(Quantity::to_f64))?
}

fn dimensions(input: &Input<'_>) -> Vec<Arc<str>> {
    let present: BTreeSet<&Arc<str>> = input
        .table
        .rows()
        .iter()
        .filter(|row| row.period == input.period && &*row.dimension != ALL.0)
        .map(|row| &row.dimension)
        .collect();
    let mut ordered: Vec<Arc<str>> = present.into_iter().cloned().collect();
    // Stable: dimensions that are not listed keep their order by name.
    ordered.sort_by_key(|dimension| {
        choices::DIMENSIONS
            .iter()
            .position(|known| *known == dimension.as_ref())
            .unwrap_or(usize::MAX)
    });
    ordered
}

/// Back from this period as far as the trend goes, but not beyond the first figure.
fn periods(input: &Input<'_>) -> Vec<Period> {
    let present: BTreeSet<Period> = input.table.rows().iter().map(|row| row.period).collect();
    let size = input.period.months().max(1);
    let count = (input.trend_months / size).max(1);
    (0..count)
        .rev()
        .map(|back| input.period.shifted(-back * size))
        .skip_while(|period| !present.contains(period))
        .collect()
}
