//! How the figures were made, and how to cite them.

use super::format;
use super::text::{listed, visible};
use super::view::View;
use crate::catalogue::Definition;
use crate::evaluate::State;

const TOTALS: &str = "Every total, subtotal, median and percentile is computed from base rows, \
    never from other figures; a total rate is a sum over a sum, not a mean of rates.";
const QUANTILES: &str = "Median and percentiles are of type 7 (linear interpolation, as \
    PERCENTILE.INC in Excel and the default of numpy and R).";
const UNCERTAINTY: &str = "Intervals are 95 % intervals. Two figures are called different only \
    when their intervals do not overlap, which is a cautious rule.";
const OPEN_CASES: &str = "A declaration that was not released at the freeze time is open. It is \
    counted as open beside every time, never as released.";

/// A heading and a paragraph each.
pub(super) fn methods(view: &View<'_>) -> Vec<(String, String)> {
    let input = view.input;
    let freeze = format::instant(input.freeze, input.zone);
    let zone = visible(input.zone);
    let note = |title: &str, text: String| (title.to_owned(), text);
    vec![
        note("Totals", TOTALS.to_owned()),
        note(
            "Times",
            format!(
                "Months and days are cut in {zone}. Times are elapsed time, day and night, unless \
                 a definition says working time. A day is 24 hours."
            ),
        ),
        note("Quantiles", QUANTILES.to_owned()),
        note("Uncertainty", UNCERTAINTY.to_owned()),
        note("Open cases", OPEN_CASES.to_owned()),
        note("Small cells", small_cells(view)),
        note(
            "Freeze",
            format!(
                "The report shows what was known on {freeze}. The same log, settings and freeze \
                 time give the same report, byte for byte."
            ),
        ),
        note(
            "How to cite",
            format!(
                "{}: Customs performance, {}. Data frozen {freeze}, {zone}. Clearway {}, catalogue {}.",
                visible(input.project),
                format::period_title(input.period),
                visible(input.program_version),
                visible(input.catalogue_version)
            ),
        ),
    ]
}

/// What is suppressed, and in which KPIs a cell of this period was.
fn small_cells(view: &View<'_>) -> String {
    let is_in = |definition: &&Definition| {
        view.input.table.rows().iter().any(|row| {
            row.kpi == definition.id
                && row.period == view.input.period
                && row.state == State::Suppressed
        })
    };
    let definitions = view.input.definitions.iter();
    let suppressed: Vec<String> = definitions
        .filter(is_in)
        .map(|one| one.id.to_string())
        .collect();
    let rule = format!(
        "A cell with fewer than {} declarations, or with an amount of which one trader makes up more \
         than 85 %, is suppressed and hatched; it is not zero. The next smallest cell is suppressed \
         with it where the whole less the other cells would tell it.",
        view.input.min_declarations
    );
    if suppressed.is_empty() {
        format!("{rule} No cell of this period was.")
    } else {
        format!(
            "{rule} Cells of this period are suppressed in {}.",
            listed(&suppressed)
        )
    }
}
