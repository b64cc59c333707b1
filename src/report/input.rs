//! What a report is composed from.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::catalogue::Definition;
use crate::evaluate::{
    GainCurve, IndexedSeries, JourneyProfile, KpiTable, MilestoneCurves, ObjectiveState,
    QualityRow, SpanCurve, Trends, WeeklyHours,
};
use crate::ingest::{LedgerEntry, RowCounts};
use crate::language::Language;
use crate::model::Period;
use crate::pipeline::Revisions;
use crate::project::Corridor;

/// Titles of members: `(dimension, member)` → title. A member that is not here is shown by its code.
pub type MemberTitles = BTreeMap<(String, String), String>;

/// Everything that a report rests on; it reads nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The administration's name.
    pub project: &'a str,
    /// IANA name of the zone in which months and days were cut.
    pub zone: &'a str,
    /// ISO 4217 code of all money.
    pub currency: &'a str,
    /// The language of the report's text.
    pub language: &'a Arc<Language>,
    /// The period reported on.
    pub period: Period,
    /// The program's version.
    pub program_version: &'a str,
    /// What names the catalogue that was used.
    pub catalogue_version: &'a str,
    /// The freeze time: what was known then is reported.
    pub freeze: Timestamp,
    /// The catalogue, in its own order.
    pub definitions: &'a [Definition],
    /// All figures: of `period`, of the trend periods before it, and of the year before.
    pub table: &'a KpiTable,
    /// The objectives of the strategy map with their status in `period`, by area.
    pub objectives: &'a [ObjectiveState],
    /// The milestone curves of `period`, where the log has an arrival.
    pub curves: Option<&'a MilestoneCurves>,
    /// The cumulative curves of span KPIs in `period`.
    pub span_curves: &'a [SpanCurve],
    /// When declarations were lodged in `period`.
    pub weekly: Option<&'a WeeklyHours>,
    /// What a ranking by score would have found in `period`.
    pub gain: Option<&'a GainCurve>,
    /// Time and cost along corridors in `period`, of the busiest way of each.
    pub journeys: &'a [JourneyProfile],
    /// The series of `report::index_series` over the trend periods.
    pub indexed: Option<&'a IndexedSeries>,
    /// How figures moved from month to month, up to `period`.
    pub trends: &'a Trends,
    /// The corridors with their places.
    pub corridors: &'a [Corridor],
    /// One entry per ingested file.
    pub ledger: &'a [LedgerEntry],
    /// The totals of the ledger.
    pub totals: &'a RowCounts,
    /// What the reader should know about this run.
    pub notices: &'a [String],
    /// Published figures that this report changes.
    pub revisions: &'a Revisions,
    /// Data quality, by rule.
    pub quality: &'a [QualityRow],
    /// KPIs that can't be computed, with the input that is missing.
    pub not_measurable: &'a [(String, String)],
    /// Cells with fewer declarations are suppressed.
    pub min_declarations: u64,
    /// How many months trends go back, this period included.
    pub trend_months: i32,
    /// Titles of corridors, offices and the like.
    pub member_titles: &'a MemberTitles,
}
