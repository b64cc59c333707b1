//! The headline cards.

use std::sync::Arc;

use super::choices;
use super::model::{Card, Field};
use super::view::{View, main_statistic};
use crate::catalogue::{Definition, Measure};

/// A card for every headline KPI that the table has.
pub(super) fn cards(view: &View<'_>) -> Vec<Card> {
    choices::HEADLINES
        .iter()
        .filter_map(|kpi| card(view, kpi))
        .collect()
}

fn card(view: &View<'_>, kpi: &str) -> Option<Card> {
    let definition = view.definition(kpi)?;
    let row = view.main_row(kpi, view.subject())?;
    let style = view.prose();
    let title = view.title(definition);
    let spark = view.series(kpi, view.subject(), main_statistic(definition));
    Some(Card {
        kpi: Arc::clone(&definition.id),
        note: note(view, definition),
        figure: view.figure(row, style),
        interval: view.interval(row, style),
        // The number of a count is its own n.
        n: view
            .field(row, Field::N, style)
            .filter(|_| definition.measure != Measure::Count),
        target: view.target(row, style),
        previous: view.previous(row, style),
        year_ago: view.year_ago(row, style),
        spark_label: spark_label(view, &title),
        spark,
        title,
    })
}

/// What a little line shows: "Total release time from January 2024 to December 2025".
pub(super) fn spark_label(view: &View<'_>, title: &str) -> String {
    let [first, .., last] = view.periods() else {
        return String::new();
    };
    let language = view.language();
    view.fill(
        "card.spark",
        &[
            ("title", title),
            ("first", &language.period_title(*first)),
            ("last", &language.period_title(*last)),
        ],
    )
}

/// What the number of a KPI is, in a few words below it.
fn note(view: &View<'_>, definition: &Definition) -> String {
    match &definition.measure {
        Measure::Span { from, to, .. } => {
            let span = view.language().from_to(*from, *to);
            view.fill("card.median", &[("span", &span)])
        }
        Measure::Stock { .. } => view.language().period_end(view.input.period),
        Measure::Growth { months, .. } => {
            view.fill("card.months_earlier", &[("n", &months.to_string())])
        }
        Measure::WithinTarget { span, .. } => {
            let title = view
                .definition(span)
                .map_or_else(|| span.clone(), |span| view.title(span));
            view.fill("card.within", &[("kpi", &title)])
        }
        _ => String::new(),
    }
}
