//! The one entry: everything a report says, in its order.

use std::sync::Arc;

use super::input::Input;
use super::model::{DefinitionEntry, Field, Head, Report, Sentence};
use super::text::{capitalised, visible};
use super::view::{ALL, View};
use super::{cards, choices, format, methods, narrative, quality, sections, strategy};
use crate::catalogue::{Better, Definition, Measure};
use crate::model::{Milestone, Unit};

/// Composes the report of one period. Never fails: what is missing is named in the report.
pub fn compose(input: &Input<'_>) -> Report {
    let view = View::new(input);
    Report {
        head: head(&view),
        cards: cards::cards(&view),
        narrative: narrative::narrative(&view),
        attention: narrative::attention(&view),
        scorecard: sections::scorecard(&view),
        strategy: strategy::strategy(&view),
        chapters: sections::chapters(&view),
        trends: sections::trends(&view),
        definitions: sections::areas(&view)
            .into_iter()
            .flat_map(|(_, definitions)| definitions)
            .map(|definition| entry(&view, definition))
            .collect(),
        quality: quality::quality(&view),
        methods: methods::methods(&view),
    }
}

fn head(view: &View<'_>) -> Head {
    let input = view.input;
    Head {
        project: visible(input.project),
        period_title: format::period_title(input.period),
        period: input.period.to_string(),
        language: input.language.to_owned(),
        zone: visible(input.zone),
        currency: visible(input.currency),
        freeze_title: format::instant(input.freeze, input.zone),
        freeze: input.freeze,
        versions: format!(
            "Clearway {}, catalogue {}",
            visible(input.program_version),
            visible(input.catalogue_version)
        ),
        provisional: provisional(view),
        notices: input.notices.iter().map(|notice| visible(notice)).collect(),
    }
}

/// Figures can still change while declarations of the period are open.
fn provisional(view: &View<'_>) -> Option<Sentence> {
    let row = view.main_row(choices::RELEASE_TIME, ALL)?;
    let open = view.field(row, Field::Open, view.prose())?;
    if open.number == Some(0.0) {
        return None;
    }
    let definition = view.definition(choices::RELEASE_TIME)?;
    Some(
        Sentence::default()
            .words("Provisional: ")
            .figure(open)
            .words(format!(
                " declarations of {} were still open at the freeze time and are not in the times of ",
                format::period_title(view.input.period)
            ))
            .kpi(&definition.id, visible(&definition.title))
            .words(", which may still change."),
    )
}

fn entry(view: &View<'_>, definition: &Definition) -> DefinitionEntry {
    let mut facts = vec![
        ("Formula".to_owned(), visible(&definition.formula)),
        (
            "Population".to_owned(),
            definition.population.as_deref().map_or_else(
                || format!("Every row of {} with the anchor", definition.base.name()),
                |condition| {
                    format!(
                        "{} where {}",
                        capitalised(definition.base.name()),
                        visible(condition)
                    )
                },
            ),
        ),
        ("Dated by".to_owned(), dated_by(definition)),
        ("Missing values".to_owned(), visible(&definition.null_rule)),
        ("Unit".to_owned(), unit(view, definition)),
        ("Better".to_owned(), better(definition).to_owned()),
        ("Source".to_owned(), visible(&definition.source)),
        ("Version".to_owned(), definition.version.to_string()),
    ];
    let missing = view
        .input
        .not_measurable
        .iter()
        .find(|(kpi, _)| *kpi == *definition.id);
    if let Some((_, input)) = missing {
        facts.push((
            "State".to_owned(),
            format!("not measurable: missing {}", visible(input)),
        ));
    }
    DefinitionEntry {
        id: Arc::clone(&definition.id),
        slug: definition.slug.clone(),
        title: visible(&definition.title),
        question: visible(&definition.question),
        facts,
    }
}

/// The milestone in words, or the column's name.
fn dated_by(definition: &Definition) -> String {
    Milestone::from_name(&definition.anchor).map_or_else(
        || visible(&definition.anchor.replace('_', " ")),
        |milestone| format::milestone_noun(milestone).to_owned(),
    )
}

const fn better(definition: &Definition) -> &'static str {
    match definition.better {
        Better::Lower => "lower is better",
        Better::Higher => "higher is better",
        Better::Context => "neither: context for the other figures",
    }
}

fn unit(view: &View<'_>, definition: &Definition) -> String {
    match definition.unit {
        Unit::Seconds => "time; seconds in kpis.csv".to_owned(),
        Unit::WorkingSeconds => "working time in hours; seconds in kpis.csv".to_owned(),
        Unit::Share => "share; a fraction 0–1 in kpis.csv".to_owned(),
        Unit::Count => "count".to_owned(),
        Unit::Money => visible(view.input.currency),
        Unit::Ratio if matches!(definition.measure, Measure::Growth { .. }) => {
            "relative change; 0.05 in kpis.csv is +5.0 %".to_owned()
        }
        Unit::Ratio => "ratio".to_owned(),
        Unit::Tonnes => "tonnes".to_owned(),
        Unit::KilometresPerHour => "kilometres per hour".to_owned(),
        Unit::Days => "days".to_owned(),
        Unit::PerThousand => "of a thousand".to_owned(),
        Unit::Index => "index".to_owned(),
        Unit::Z => "deviations from the middle (robust z)".to_owned(),
    }
}
