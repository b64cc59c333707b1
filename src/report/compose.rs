//! The one entry: everything a report says, in its order.

use std::sync::Arc;

use super::input::Input;
use super::model::{DefinitionEntry, Field, Head, Report, Sentence};
use super::text::{capitalised, visible};
use super::view::{ALL, View};
use super::{cards, choices, members, methods, narrative, quality, sections, strategy};
use crate::catalogue::{Better, Definition, Measure};
use crate::model::{Milestone, Unit};

/// Composes the report of one period. Never fails: what is missing is named in the report.
pub fn compose(input: &Input<'_>) -> Report {
    let view = View::new(input);
    let scorecard = sections::scorecard(&view);
    Report {
        head: head(&view),
        cards: cards::cards(&view),
        narrative: narrative::narrative(&view),
        attention: narrative::attention(&view),
        key_figures: sections::key_figures(&view, &scorecard),
        strategy: strategy::strategy(&view),
        strategy_map: strategy::map(&view),
        chapters: sections::chapters(&view, &scorecard),
        members: members::members(&view),
        scorecard,
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
    let language = view.language();
    Head {
        project: visible(input.project),
        period_title: capitalised(&view.period()),
        title: view.fill("head.title", &[("period", &view.period())]),
        period: input.period.to_string(),
        language: Arc::clone(input.language),
        zone: visible(input.zone),
        currency: visible(input.currency),
        freeze_title: language.instant(input.freeze, input.zone),
        frozen: view.fill(
            "head.frozen",
            &[
                ("freeze", &language.instant(input.freeze, input.zone)),
                ("zone", &visible(input.zone)),
                ("currency", &visible(input.currency)),
            ],
        ),
        freeze: input.freeze,
        versions: view.fill(
            "head.versions",
            &[
                ("program", &visible(input.program_version)),
                ("catalogue", &visible(input.catalogue_version)),
            ],
        ),
        provisional: provisional(view),
        notices: input.notices.iter().map(|notice| visible(notice)).collect(),
    }
}

/// Figures can still change while declarations of the period are open.
fn provisional(view: &View<'_>) -> Option<Sentence> {
    let row = view.main_row(choices::RELEASE_TIME, ALL)?;
    let open = view.field(row, Field::Open, view.prose())?;
    let count = row.n_open.filter(|open| *open > 0)?;
    let definition = view.definition(choices::RELEASE_TIME)?;
    let kpi = Sentence::default().kpi(&definition.id, view.title(definition));
    Some(Sentence::filled(
        view.language().plural_pieces("head.provisional", count),
        &[
            ("n", open.into()),
            ("period", view.period().into()),
            ("kpi", kpi),
        ],
    ))
}

fn entry(view: &View<'_>, definition: &Definition) -> DefinitionEntry {
    let language = view.language();
    let fact = |key: &str, text: String| (view.text(key), text);
    let mut facts = vec![
        fact("definition.formula", visible(&language.formula(definition))),
        fact("definition.population", population(view, definition)),
        fact("definition.dated_by", dated_by(view, definition)),
        fact(
            "definition.missing",
            visible(&language.null_rule(definition)),
        ),
        fact("definition.unit", unit(view, definition)),
        fact("definition.better", view.text(better(definition))),
        fact("definition.source", visible(&definition.source)),
        fact("definition.version", definition.version.to_string()),
    ];
    let missing = view
        .input
        .not_measurable
        .iter()
        .find(|(kpi, _)| *kpi == *definition.id);
    if let Some((_, input)) = missing {
        let why = view.missing_input(input);
        facts.push(fact(
            "definition.state",
            view.fill("state.not_measurable", &[("why", &why)]),
        ));
    }
    DefinitionEntry {
        id: Arc::clone(&definition.id),
        slug: definition.slug.clone(),
        title: view.title(definition),
        question: view.question(definition),
        facts,
    }
}

/// Which rows count; the condition is SQL and stays as it is.
fn population(view: &View<'_>, definition: &Definition) -> String {
    let base = view.language().base(definition.base);
    match &definition.population {
        None => view.fill("definition.everything", &[("base", &base)]),
        Some(condition) => capitalised(&view.fill(
            "definition.where",
            &[("base", &base), ("condition", &visible(condition))],
        )),
    }
}

/// The milestone in words, or the column's name.
fn dated_by(view: &View<'_>, definition: &Definition) -> String {
    Milestone::from_name(&definition.anchor).map_or_else(
        || visible(&definition.anchor.replace('_', " ")),
        |milestone| view.language().milestone(milestone),
    )
}

const fn better(definition: &Definition) -> &'static str {
    match definition.better {
        Better::Lower => "definition.lower",
        Better::Higher => "definition.higher",
        Better::Context => "definition.context",
    }
}

fn unit(view: &View<'_>, definition: &Definition) -> String {
    let key = match definition.unit {
        Unit::Money => return visible(view.input.currency),
        Unit::Seconds => "definition_unit.seconds",
        Unit::WorkingSeconds => "definition_unit.working_seconds",
        Unit::Share => "definition_unit.share",
        Unit::Count => "definition_unit.count",
        Unit::Ratio if matches!(definition.measure, Measure::Growth { .. }) => {
            "definition_unit.growth"
        }
        Unit::Ratio => "definition_unit.ratio",
        Unit::Tonnes => "definition_unit.tonnes",
        Unit::KilometresPerHour => "definition_unit.km_per_h",
        Unit::Days => "definition_unit.days",
        Unit::PerThousand => "definition_unit.per_1000",
        Unit::Index => "definition_unit.index",
        Unit::Z => "definition_unit.z",
    };
    view.text(key)
}
