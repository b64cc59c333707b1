//! The report as plain data: what is said, in which order, with the key of every figure.
//!
//! A format (page, workbook) adds punctuation and layout to it, never a word or a number of its own.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

pub use super::sentence::{Part, Sentence};
use crate::catalogue::Area;
use crate::chart::ChartSpec;
use crate::evaluate::{KpiRow, State, Statistic, TargetState};
use crate::language::Language;
use crate::model::{Period, Unit};

/// A month (quarter, year), ready to be set.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Who, when, with what.
    pub head: Head,
    /// The headline figures, in reading order.
    pub cards: Vec<Card>,
    /// What the month was like: three to five sentences.
    pub narrative: Vec<Sentence>,
    /// What asks for a decision: missed targets and changes for the worse beyond noise.
    pub attention: Vec<Sentence>,
    /// The figures that are steered by, a group per area: headlines, those with a target, those of an
    /// objective.
    pub key_figures: Table,
    /// Every KPI of the catalogue, one row each, a group per area.
    pub scorecard: Table,
    /// The strategy map, a group per objective; `None` where the project has none.
    pub strategy: Option<Table>,
    /// The strategy map as a drawing; there is one where there is a table.
    pub strategy_map: Option<ReportChart>,
    /// One chapter per area that has a KPI.
    pub chapters: Vec<Chapter>,
    /// One page per corridor and one per office.
    pub members: Vec<MemberPage>,
    /// The headline series, one row per period, newest first.
    pub trends: Table,
    /// The definitions, in the order of the scorecard.
    pub definitions: Vec<DefinitionEntry>,
    /// The account of all rows.
    pub quality: Quality,
    /// How the figures were made and how to cite them: a heading and a paragraph each.
    pub methods: Vec<(String, String)>,
}

impl Report {
    /// The charts of the first page, in its order.
    pub fn charts(&self) -> impl Iterator<Item = &ReportChart> {
        let of_chapters = self.chapters.iter().flat_map(|chapter| &chapter.charts);
        self.strategy_map.iter().chain(of_chapters)
    }
}

/// The title block.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The administration.
    pub project: String,
    /// `March 2025`.
    pub period_title: String,
    /// "Customs performance, March 2025".
    pub title: String,
    /// `2025-03`.
    pub period: String,
    /// The language of the text.
    pub language: Arc<Language>,
    /// The IANA name of the zone in which days and months are cut.
    pub zone: String,
    /// ISO 4217.
    pub currency: String,
    /// The freeze time as people read it, with its zone.
    pub freeze_title: String,
    /// Freeze time, zone and currency in one line.
    pub frozen: String,
    /// The freeze time: the workbook's date of creation.
    pub freeze: Timestamp,
    /// Program and catalogue version.
    pub versions: String,
    /// Why the figures may still change; `None` when nothing was open.
    pub provisional: Option<Sentence>,
    /// Notices of the run.
    pub notices: Vec<String>,
}

/// Which column of a row of `kpis.csv` a figure shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `value`.
    Value,
    /// `n`.
    N,
    /// `n_open`.
    Open,
    /// `n_excluded`.
    Excluded,
    /// `ci_low`.
    Low,
    /// `ci_high`.
    High,
    /// `target`.
    Target,
    /// `previous`.
    Previous,
    /// `year_ago`.
    YearAgo,
    /// `value` against `previous`.
    ChangePrevious,
    /// `value` against `year_ago`.
    ChangeYearAgo,
}

impl Field {
    /// Whether it is a difference of two columns.
    pub const fn is_change(self) -> bool {
        matches!(self, Self::ChangePrevious | Self::ChangeYearAgo)
    }

    /// The column of `kpis.csv`; the two changes are differences of two of its columns.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::N => "n",
            Self::Open => "n_open",
            Self::Excluded => "n_excluded",
            Self::Low => "ci_low",
            Self::High => "ci_high",
            Self::Target => "target",
            Self::Previous => "previous",
            Self::YearAgo => "year_ago",
            Self::ChangePrevious => "value-previous",
            Self::ChangeYearAgo => "value-year_ago",
        }
    }
}

/// Where a figure stands in `kpis.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// `TF02`.
    pub kpi: Arc<str>,
    /// The reporting window.
    pub period: Period,
    /// `corridor`.
    pub dimension: Arc<str>,
    /// `C1`.
    pub member: Arc<str>,
    /// `median`.
    pub statistic: Statistic,
    /// Which column of that row.
    pub field: Field,
}

impl Key {
    /// The key of one column of `row`.
    pub fn of(row: &KpiRow, field: Field) -> Self {
        Self {
            kpi: Arc::clone(&row.kpi),
            period: row.period,
            dimension: Arc::clone(&row.dimension),
            member: Arc::clone(&row.member),
            statistic: row.statistic,
            field,
        }
    }
}

impl fmt::Display for Key {
    /// The row without the column: `TF02|2025-03|corridor|C1|median`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let member = super::text::visible(&self.member);
        write!(
            f,
            "{}|{}|{}|{member}|{}",
            self.kpi, self.period, self.dimension, self.statistic
        )
    }
}

/// What a number means, so that a workbook can format it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Seconds.
    Duration,
    /// Seconds of working time, shown in hours.
    WorkingTime,
    /// A fraction 0–1, shown as per cent.
    Share,
    /// A whole number of things.
    Count,
    /// Money in the project's currency.
    Money,
    /// A quotient without a unit.
    Ratio,
    /// A plain number with its unit behind it.
    Plain(Unit),
    /// A relative change; 0.05 is shown as +5.0 %.
    Growth,
}

impl Kind {
    /// Whether it is a length of time in seconds.
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Duration | Self::WorkingTime)
    }
}

/// One number as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What people read: the number with its unit, or why there is none.
    pub text: String,
    /// The number behind it, in the unit of `kpis.csv`; also what tables sort by.
    pub number: Option<f64>,
    /// What the number means.
    pub kind: Kind,
    /// Whether it is there, and why not.
    pub state: State,
    /// Where it stands in `kpis.csv`; `None` for the account of rows.
    pub key: Option<Key>,
    /// How many base rows it rests on, in words; `None` where that is the figure itself or unknown.
    pub n: Option<String>,
}

/// What a change is worth saying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Better, and the 95 % interval of the difference does not hold 0.
    Better,
    /// Worse, and the 95 % interval of the difference does not hold 0.
    Worse,
    /// Changed beyond noise, but neither way is better.
    Changed,
    /// The 95 % interval of the difference holds 0.
    LittleChanged,
    /// There is no interval to judge by.
    Unjudged,
}

impl Verdict {
    /// Shape and word, as they stand behind a change; empty when nothing may be said.
    pub fn mark(self, language: &Language) -> String {
        language.text(match self {
            Self::Better => "verdict.better",
            Self::Worse => "verdict.worse",
            Self::Changed => "verdict.changed",
            Self::LittleChanged => "verdict.little_changed",
            Self::Unjudged => "verdict.unjudged",
        })
    }
}

/// A figure against an earlier one.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The earlier period, `Feb 2025`.
    pub with: String,
    /// The earlier figure.
    pub before: Figure,
    /// The signed difference; `None` when it can't be formed (from zero).
    pub change: Option<Figure>,
    /// What may be said about it.
    pub verdict: Verdict,
    /// The verdict as shape and word; empty when nothing may be said.
    pub mark: String,
}

/// A figure against its target.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetMark {
    /// The target.
    pub target: Figure,
    /// Where the figure stands.
    pub state: TargetState,
    /// The state as shape and word.
    pub mark: String,
}

impl TargetMark {
    /// A target with what is said of it in a language.
    pub fn new(target: Figure, state: TargetState, language: &Language) -> Self {
        let mark = language.text(match state {
            TargetState::Met => "target.met",
            TargetState::Near => "target.near",
            TargetState::Missed => "target.missed",
        });
        Self {
            target,
            state,
            mark,
        }
    }
}

/// A headline figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The catalogue's id: the link to the definition.
    pub kpi: Arc<str>,
    /// "Total release time".
    pub title: String,
    /// What the number is: "median", "of declarations", "UZS".
    pub note: String,
    /// The number.
    pub figure: Figure,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// How many base rows it rests on.
    pub n: Option<Figure>,
    /// Against its target.
    pub target: Option<TargetMark>,
    /// Against the period before.
    pub previous: Option<Comparison>,
    /// Against the same period one year earlier.
    pub year_ago: Option<Comparison>,
    /// The figure over the trend periods, oldest first; gaps where it is not there.
    pub spark: Vec<Option<f64>>,
    /// What the little line shows, for those who do not see it.
    pub spark_label: String,
}

/// A 95 % interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub low: Figure,
    /// Upper bound.
    pub high: Figure,
}

/// A chapter about one area.
#[derive(Clone, Debug, PartialEq)]
pub struct Chapter {
    /// The area.
    pub area: Area,
    /// Its title.
    pub title: String,
    /// Charts in reading order.
    pub charts: Vec<ReportChart>,
    /// The key figures of the area by member: the first few of each dimension, then where the rest is.
    pub overview: Option<Table>,
    /// Every KPI of the area.
    pub scores: Table,
    /// Every measured KPI of the area by every member.
    pub tables: Vec<Table>,
    /// Every figure of the area in one flat list, for the workbook.
    pub listing: Table,
    /// What could not be measured, and why.
    pub notes: Vec<Sentence>,
}

/// What a report says about one corridor or one office.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberPage {
    /// The page's name without folder and ending. It is made from the dimension and a hash of the
    /// member, so that it is the same every month and no name in a log can become a path.
    pub page: String,
    /// `corridor`.
    pub dimension: Arc<str>,
    /// What it is: "Corridor".
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Its code in the data files.
    pub code: String,
    /// The headline figures.
    pub cards: Vec<Card>,
    /// Charts in reading order.
    pub charts: Vec<ReportChart>,
    /// Every KPI that is measured by this dimension, beside the whole.
    pub scorecard: Table,
    /// Times in detail; parts by lane, party and the like.
    pub tables: Vec<Table>,
    /// The headline figures over the trend periods, newest first.
    pub trends: Table,
    /// The offices of a corridor, the corridors of an office: page and title.
    pub related: Vec<(String, String)>,
}

/// A chart and the definitions it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportChart {
    /// What is drawn.
    pub spec: ChartSpec,
    /// The KPIs it shows.
    pub kpis: Vec<Arc<str>>,
}

/// A table of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Anchor on the page, unique in the report.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// The header of the first column.
    pub label: String,
    /// The headers of the other columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub groups: Vec<Group>,
    /// What must be known to read it.
    pub notes: Vec<String>,
}

impl Table {
    /// Leaves out columns in which no row has anything: a change where nothing came before, a share
    /// within a target that nobody has set.
    #[must_use]
    pub fn without_empty_columns(mut self) -> Self {
        let rows = || self.groups.iter().flat_map(|group| &group.rows);
        let kept: Vec<bool> = (0..self.columns.len())
            .map(|at| rows().any(|row| row.cells.get(at).is_some_and(Cell::says_something)))
            .collect();
        let keep = |at: usize| kept.get(at).copied().unwrap_or(false);
        let mut at = 0..;
        self.columns.retain(|_| at.next().is_some_and(keep));
        for row in self.groups.iter_mut().flat_map(|group| &mut group.rows) {
            let mut at = 0..;
            row.cells.retain(|_| at.next().is_some_and(keep));
        }
        self
    }
}

/// The header of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What the column holds.
    pub title: String,
    /// Its unit, or what else the header must say.
    pub unit: Option<String>,
    /// The KPI whose definition it links to.
    pub kpi: Option<Arc<str>>,
    /// Whether it holds figures (set right) or words (set left).
    pub numeric: bool,
}

/// Rows that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// "By corridor"; `None` for rows without a common heading.
    pub title: Option<String>,
    /// Whether this is the total, recomputed from base rows and set apart.
    pub total: bool,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What the row is about.
    pub label: String,
    /// The KPI that the label names, for the link to its definition.
    pub kpi: Option<Arc<str>>,
    /// Where more about the row stands.
    pub link: Option<Link>,
    /// One cell per column.
    pub cells: Vec<Cell>,
}

/// Where a row leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// To the page of its member, by name.
    Member(String),
    /// To the tables of an area that have the members which are not shown here.
    Rest(Area),
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing belongs here.
    Blank,
    /// The figure over the trend periods, oldest first, with gaps; and what it shows, in words.
    Trend(Vec<Option<f64>>, String),
    /// Words.
    Words(String),
    /// A figure, with its 95 % interval below it where it has one.
    Figure(Figure, Option<Interval>),
    /// A figure against an earlier one.
    Comparison(Comparison),
    /// The earlier figure is not shown again, only the change.
    Change(Comparison),
    /// A target and where the figure stands.
    Target(TargetMark),
}

impl Cell {
    /// Whether there is more in it than that no target was set.
    fn says_something(&self) -> bool {
        match self {
            Self::Blank => false,
            Self::Figure(figure, _) => {
                let share_of_target = |key: &Key| key.statistic == Statistic::WithinTarget;
                figure.state != State::NotMeasurable
                    || !figure.key.as_ref().is_some_and(share_of_target)
            }
            _ => true,
        }
    }
}

/// A definition as readers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct DefinitionEntry {
    /// `TF02`.
    pub id: Arc<str>,
    /// `customs_clearance_time`.
    pub slug: String,
    /// "Customs clearance time".
    pub title: String,
    /// The question it answers.
    pub question: String,
    /// Term and text: formula, population, anchor …
    pub facts: Vec<(String, String)>,
}

/// The account of all rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Quality {
    /// Whether rows read are all accounted for, in one sentence.
    pub balance: Sentence,
    /// Published figures that this report changes.
    pub revisions: Table,
    /// Per file, rejects by reason, unmapped activities.
    pub tables: Vec<Table>,
}
