//! What is put in front: the only place of the report that knows KPIs by their id.
//!
//! Everything else follows from the definitions. A KPI that is not in the catalogue, or not in
//! the table, is passed over.

/// The headline cards, in reading order.
pub(super) const HEADLINES: [&str; 8] = [
    "TF01", "TF19", "TF30", "CX01", "RV01", "RM02", "RM04", "DT07",
];

/// The span that the first sentence, the release-time charts and the ranking are about.
pub(super) const RELEASE_TIME: &str = "TF01";
/// What is ranked and followed as revenue.
pub(super) const REVENUE: &str = "RV01";
/// The shares of the control lanes.
pub(super) const LANE_SHARE: &str = "RM01";
/// How much is inspected.
pub(super) const INSPECTION_RATE: &str = "RM02";
/// What inspections find.
pub(super) const HIT_RATE: &str = "RM04";
/// What waits at the end of the period.
pub(super) const BACKLOG: &str = "TF30";
/// How many declarations there were.
pub(super) const VOLUME: &str = "CX01";
/// Shares that are followed together as digital take-up.
pub(super) const DIGITAL: [&str; 3] = ["DT01", "DT02", "DT07"];

/// Whose time passes between arrival and exit.
pub(super) const PARTY_SHARE: &str = "TF17";
/// Hit rates by reason of selection, and the one that they are held against.
pub(super) const HIT_RATES: [&str; 2] = ["RM05", "RM08"];
/// What random selection finds.
pub(super) const RANDOM_HIT_RATE: &str = "RM06";
/// What is followed on one scale as an index.
pub(super) const INDEXED: [&str; 3] = [VOLUME, REVENUE, RELEASE_TIME];
/// The time at a border crossing, for the chapter of journeys along corridors.
pub(super) const CROSSING_TIME: &str = "IC01";
/// The KPI whose hours of the week are drawn.
pub const HOURS_OF: &str = VOLUME;
/// The KPI whose gain curve is drawn.
pub const GAIN_OF: &str = "RM18";

/// The dimension of offices.
pub(super) const OFFICE: &str = "office";
/// The dimension of responsible parties.
pub(super) const PARTY: &str = "party";
/// The dimension that the strategy plans by.
pub(super) const CORRIDOR: &str = "corridor";
/// The dimension of control lanes.
pub(super) const LANE: &str = "lane";

/// Dimensions whose members have a page of their own.
pub(super) const PAGES: [&str; 2] = [CORRIDOR, OFFICE];
/// Key figures of an area that stand side by side in its first table.
pub(super) const AT_MOST_OVERVIEW: usize = 3;
/// The dimensions of that table.
pub(super) const OVERVIEW: [&str; 3] = [CORRIDOR, OFFICE, LANE];
/// Members of a dimension in that table; the others are a link away.
pub(super) const AT_MOST_MEMBERS: usize = 10;

/// Dimensions in the order in which tables list them; others follow by name.
pub(super) const DIMENSIONS: [&str; 7] =
    [CORRIDOR, "office", "bcp", "mode", "direction", LANE, "aeo"];

/// Members with a natural order, which tables keep instead of sorting by size.
pub(super) const MEMBERS: [(&str, &str); 13] = [
    (LANE, "green"),
    (LANE, "yellow"),
    (LANE, "blue"),
    (LANE, "orange"),
    (LANE, "red"),
    (PARTY, "customs"),
    (PARTY, "trader"),
    (PARTY, "agency"),
    (PARTY, "bank"),
    (PARTY, "terminal"),
    (PARTY, "closed"),
    ("aeo", "true"),
    ("aeo", "false"),
];

/// How many corridors, attention points and the like are shown at most.
pub(super) const AT_MOST_ATTENTION: usize = 6;
/// Panels of small multiples that still can be told apart.
pub(super) const AT_MOST_PANELS: usize = 12;
/// Journeys along corridors, the busiest first.
pub(super) const AT_MOST_JOURNEYS: usize = 4;
/// Bars of a ranking that still can be read.
pub(super) const AT_MOST_BARS: usize = 20;
/// As many parts as there are colours.
pub(super) const AT_MOST_COLOURS: usize = 7;
/// Parts of a stack that still can be told apart.
pub(super) const AT_MOST_PARTS: usize = 5;

/// The milestones whose curves are drawn, where the log has them.
pub(super) const CURVES: [crate::model::Milestone; 5] = [
    crate::model::Milestone::Lodged,
    crate::model::Milestone::Registered,
    crate::model::Milestone::Paid,
    crate::model::Milestone::Released,
    crate::model::Milestone::Exited,
];
