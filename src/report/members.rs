//! One page per corridor and one per office.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::by_member::{has_n, members_of_any, span_cells, span_columns};
use super::cards;
use super::charts;
use super::choices;
use super::model::{Cell, Column, Field, Group, MemberPage, Row, Table};
use super::pages;
use super::sections::{self, figure_or_blank};
use super::text::{capitalised, visible};
use super::view::View;
use crate::catalogue::{Definition, Measure};
use crate::evaluate::KpiRow;

/// A page for every member that has a figure in this period, the busiest of each dimension first.
pub(super) fn members(view: &View<'_>) -> Vec<MemberPage> {
    let volume = view.definition(choices::VOLUME).into_iter();
    let definitions: Vec<&Definition> = volume.chain(view.input.definitions).collect();
    let mut members = Vec::new();
    for dimension in choices::PAGES {
        let of_dimension = members_of_any(view, &definitions, dimension);
        members.extend(of_dimension.into_iter().map(|member| (dimension, member)));
    }
    let known: BTreeSet<(&str, &str)> = members
        .iter()
        .map(|(dimension, member)| (*dimension, member.as_ref()))
        .collect();
    members
        .iter()
        .filter_map(|(dimension, member)| {
            let page = pages::page_of(dimension, member)?;
            Some(member_page(view, page, (dimension, member), &known))
        })
        .collect()
}

fn member_page(
    view: &View<'_>,
    page: String,
    (dimension, member): (&str, &str),
    known: &BTreeSet<(&str, &str)>,
) -> MemberPage {
    let view = &view.about(dimension, member);
    let scorecard = sections::scorecard(view);
    MemberPage {
        page,
        dimension: Arc::from(dimension),
        kind: capitalised(&visible(&view.language().dimension(dimension))),
        title: view.member_title(dimension, member),
        code: visible(member),
        cards: cards::cards(view),
        charts: charts::of_member(view),
        scorecard: sections::with_trend(view, scorecard),
        tables: [times(view), parts(view)].into_iter().flatten().collect(),
        trends: sections::trends(view),
        related: related(view, known),
    }
}

/// Every span of the member: never a mean alone.
fn times(view: &View<'_>) -> Option<Table> {
    let spans = view.input.definitions.iter();
    let spans = spans.filter(|one| matches!(one.measure, Measure::Span { .. }));
    // Few spans have a limit, and the scorecard has the share within it.
    let within = view.text("table.within_target");
    let is_kept = |column: &Column| column.title != within;
    let columns = span_columns(view);
    let rows: Vec<Row> = spans
        .filter_map(|one| {
            let cells = span_cells(view, view.main_row(&one.id, view.subject())?);
            let cells = cells.into_iter().zip(&columns);
            Some(Row {
                label: view.title(one),
                kpi: Some(Arc::clone(&one.id)),
                link: None,
                cells: cells
                    .filter(|(_, column)| is_kept(column))
                    .map(|(cell, _)| cell)
                    .collect(),
            })
        })
        .collect();
    let table = Table {
        id: "table-times".to_owned(),
        title: view.fill("member_page.times", &[("period", &view.period())]),
        label: view.text("scorecard.label"),
        columns: columns.iter().filter(|one| is_kept(one)).cloned().collect(),
        groups: vec![Group {
            title: None,
            total: false,
            rows,
        }],
        notes: Vec::new(),
    };
    let is_empty = table.groups.iter().all(|group| group.rows.is_empty());
    (!is_empty).then(|| table.without_empty_columns())
}

/// What is known of the member by a second dimension: its lanes, the parties that were awaited.
fn parts(view: &View<'_>) -> Option<Table> {
    let (dimension, _) = view.subject();
    let mut groups = Vec::new();
    for definition in view.input.definitions {
        for crossed in view.dimensions() {
            let Some((first, second)) = crossed.split_once('+') else {
                continue;
            };
            if first != dimension {
                continue;
            }
            let rows: Vec<Row> = view
                .members(&definition.id, crossed)
                .into_iter()
                .filter_map(|row| part(view, definition, (second, row)))
                .collect();
            groups.extend((!rows.is_empty()).then(|| Group {
                title: Some(view.fill(
                    "member_page.by",
                    &[("title", &view.title(definition)), ("by", &view.by(second))],
                )),
                total: false,
                rows,
            }));
        }
    }
    let column = |key| Column {
        title: view.text(key),
        unit: None,
        kpi: None,
        numeric: true,
    };
    (!groups.is_empty()).then(|| Table {
        id: "table-parts".to_owned(),
        title: view.fill("member_page.parts", &[("period", &view.period())]),
        label: view.text("table.member"),
        columns: vec![column("listing.figure"), column("table.n")],
        groups,
        notes: Vec::new(),
    })
}

/// A row of a crossed dimension, where it is one of this member: names may hold a `+` themselves.
fn part(view: &View<'_>, definition: &Definition, (second, row): (&str, &KpiRow)) -> Option<Row> {
    let (_, member) = view.subject();
    let other = row.member.strip_prefix(member)?.strip_prefix('+')?;
    let style = view.prose();
    let n = view.field(row, Field::N, style);
    let is_rate = has_n(definition) || matches!(definition.measure, Measure::MemberShare { .. });
    Some(Row {
        label: view.member_title(second, other),
        kpi: None,
        link: None,
        cells: vec![
            Cell::Figure(view.figure(row, style), view.interval(row, style)),
            figure_or_blank(n.filter(|_| is_rate)),
        ],
    })
}

/// The offices and crossing points of a corridor, the corridors of an office, that have a page.
fn related(view: &View<'_>, known: &BTreeSet<(&str, &str)>) -> Vec<(String, String)> {
    let (dimension, member) = view.subject();
    let mut related: Vec<(&str, &str)> = Vec::new();
    for corridor in view.input.corridors {
        let places = || corridor.offices.iter().chain(&corridor.bcps);
        if dimension == choices::CORRIDOR && corridor.id == member {
            related.extend(places().map(|office| (choices::OFFICE, office.as_str())));
        } else if dimension == choices::OFFICE && places().any(|office| office == member) {
            related.push((choices::CORRIDOR, &corridor.id));
        }
    }
    let mut seen = BTreeSet::new();
    related
        .into_iter()
        .filter(|one| known.contains(one) && seen.insert(*one))
        .filter_map(|(dimension, member)| {
            let page = pages::page_of(dimension, member)?;
            Some((page, view.member_title(dimension, member)))
        })
        .collect()
}
