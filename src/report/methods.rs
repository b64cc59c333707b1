//! How the figures were made, and how to cite them.

use super::text::visible;
use super::view::View;
use crate::catalogue::Definition;
use crate::evaluate::State;

/// A heading and a paragraph each.
pub(super) fn methods(view: &View<'_>) -> Vec<(String, String)> {
    let input = view.input;
    let freeze = view.language().instant(input.freeze, input.zone);
    let zone = visible(input.zone);
    let note = |title: &str, text: String| (view.text(title), text);
    let words = |title: &str, text: &str| (view.text(title), view.text(text));
    let cited = view.fill(
        "methods.cite_text",
        &[
            ("project", &visible(input.project)),
            ("period", &view.period()),
            ("freeze", &freeze),
            ("zone", &zone),
            ("program", &visible(input.program_version)),
            ("catalogue", &visible(input.catalogue_version)),
        ],
    );
    vec![
        words("methods.totals", "methods.totals_text"),
        note(
            "methods.times",
            view.fill("methods.times_text", &[("zone", &zone)]),
        ),
        words("methods.quantiles", "methods.quantiles_text"),
        words("methods.uncertainty", "methods.uncertainty_text"),
        words("methods.open_cases", "methods.open_cases_text"),
        note("methods.small_cells", small_cells(view)),
        note(
            "methods.freeze",
            view.fill("methods.freeze_text", &[("freeze", &freeze)]),
        ),
        note("methods.cite", cited),
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
    let least = view.language().count(view.input.min_declarations);
    if suppressed.is_empty() {
        view.fill("methods.small_cells_none", &[("n", &least)])
    } else {
        view.fill(
            "methods.small_cells_text",
            &[("n", &least), ("kpis", &view.language().list(&suppressed))],
        )
    }
}
