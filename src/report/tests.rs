//! What a reader is told, from the made-up table.

use std::collections::BTreeSet;

use super::fixture::Fixture;
use super::model::{Cell, Sentence, Table, Verdict};
use crate::catalogue::Area;
use crate::chart::{Bar, Line, Part, Plot};
use crate::evaluate::{ObjectiveState, ObjectiveStatus, State};
use crate::model::Quantity;

fn lines(sentences: &[Sentence]) -> String {
    sentences
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Blank | Cell::Trend(..) => String::new(),
        Cell::Words(words) => words.clone(),
        Cell::Figure(figure, None) => figure.text.clone(),
        Cell::Figure(figure, Some(bounds)) => {
            format!(
                "{} [{}; {}]",
                figure.text, bounds.low.text, bounds.high.text
            )
        }
        Cell::Comparison(one) => {
            let change = one.change.as_ref().map_or("", |change| &change.text);
            format!("{} {change} {}", one.before.text, one.mark)
                .trim_end()
                .to_owned()
        }
        Cell::Change(one) => {
            let change = one.change.as_ref().map_or("", |change| &change.text);
            format!("{change} {}", one.mark).trim_end().to_owned()
        }
        Cell::Target(mark) => format!("{} {}", mark.target.text, mark.mark),
    }
}

fn shown(table: &Table, rows: usize) -> String {
    let mut lines = Vec::new();
    for group in &table.groups {
        lines.extend(group.title.clone());
        for row in &group.rows {
            let cells: Vec<String> = row.cells.iter().map(text).collect();
            lines.push(
                format!("  {} | {}", row.label, cells.join(" | "))
                    .trim_end()
                    .to_owned(),
            );
        }
    }
    lines.truncate(rows);
    lines.join("\n")
}

#[test]
fn the_narrative_states_changes_only_beyond_noise() {
    let report = Fixture::new().report();
    insta::assert_snapshot!(lines(&report.narrative), @r"
    In March 2025 half of the declarations took at most 20 h 47 min from arrival to release (n = 37 323), better than in Feb 2025 (22 h 36 min; change −1 h 48 min).
    Total release time was longest on Termez – Ayritom, with a median of 1 d 13 h 44 min, and shortest on Tashkent – airport, with 10 h 26 min.
    Revenue collected came to 4.24 trillion UZS; Feb 2025: 4.64 trillion UZS; Mar 2024: 4.21 trillion UZS.
    12.1 % of declarations were inspected, better than in Feb 2025 (12.9 %; change −0.8 pp); of the inspections 8.4 % found something, not distinguishable from Feb 2025 (8.0 %).
    1 197 declarations were open at the end of March 2025; Feb 2025: 1 249.
    ");
}

#[test]
fn the_narrative_is_told_in_the_language_of_the_report() {
    let first = |tag| Fixture::speaking(tag).report().narrative[0].to_string();
    assert_eq!(
        first("ru").replace(['\u{a0}', '\u{202f}'], " "),
        "Март 2025 г.: у половины деклараций время от прибытия до выпуска не превысило \
         20 ч 47 мин (n = 37 323), лучше, чем февр. 2025 (22 ч 36 мин; изменение −1 ч 48 мин)."
    );
    assert_eq!(
        first("uz").replace(['\u{a0}', '\u{202f}'], " "),
        "2025-yil mart: deklaratsiyalarning yarmida yetib kelishdan chiqarishgacha vaqt \
         20 soat 47 daq dan oshmadi (n = 37 323), fev. 2025 ga nisbatan yaxshi (22 soat 36 daq; \
         oʻzgarish −1 soat 48 daq)."
    );
}

#[test]
fn attention_lists_missed_targets_before_changes_for_the_worse() {
    let report = Fixture::new().report();
    insta::assert_snapshot!(lines(&report.attention), @r"
    ▼ off target Share within target was 65.5 % against a target of at least 75.0 %.
    ▼ worse Customs clearance time: from 6 h 13 min in Feb 2025 to 6 h 20 min (+7 min, beyond noise).
    ▼ worse Delay after customs release: from 3 h 07 min in Feb 2025 to 3 h 13 min (+6 min, beyond noise).
    ▼ worse Electronic declarations: from 96.5 % in Feb 2025 to 91.3 % (−5.2 pp, beyond noise).
    ▼ worse Total release time, Karakalpakstan – Daut-Ata: from 23 h 09 min in Feb 2025 to 1 d 1 h 34 min (+2 h 25 min, beyond noise).
    ");
}

#[test]
fn without_intervals_no_change_is_judged() {
    let fixture = Fixture::without_intervals();
    let report = fixture.report();
    insta::assert_snapshot!(report.narrative[0], @"In March 2025 half of the declarations took at most 20 h 47 min from arrival to release (n = 37 323); Feb 2025: 22 h 36 min.");
    let verdicts = report
        .cards
        .iter()
        .filter_map(|card| card.previous.as_ref());
    assert!(verdicts.clone().count() > 3);
    assert!(
        verdicts
            .into_iter()
            .all(|one| one.verdict == Verdict::Unjudged)
    );
}

#[test]
fn the_scorecard_has_a_row_for_every_definition() {
    let fixture = Fixture::new();
    let report = fixture.report();
    let rows = report
        .scorecard
        .groups
        .iter()
        .map(|group| group.rows.len())
        .sum::<usize>();
    assert_eq!(rows, fixture.input().definitions.len());
    insta::assert_snapshot!(shown(&report.scorecard, 9), @r"
    Trade facilitation
      Total release time | 20 h 47 min [20 h 33 min; 21 h 02 min] | 37 323 | 24 h ● on target | 22 h 36 min −1 h 48 min ▲ better | 1 d 8 h 42 min −11 h 54 min ▲ better
      Customs clearance time | 6 h 20 min [6 h 16 min; 6 h 25 min] | 37 323 |  | 6 h 13 min +7 min ▼ worse | 9 h 27 min −3 h 06 min ▲ better
      Delay after customs release | 3 h 13 min [3 h 10 min; 3 h 15 min] | 37 323 |  | 3 h 07 min +6 min ▼ worse | 4 h 33 min −1 h 20 min ▲ better
      Share within target | 65.5 % [65.0 %; 66.0 %] | 37 323 | 75.0 % ▼ off target | 61.3 % +4.1 pp ▲ better | 59.4 % +6.1 pp ▲ better
      Slow tail | 4.0 % [3.8 %; 4.2 %] | 37 323 |  | 3.9 % +0.1 pp within noise | 3.9 % +0.1 pp within noise
      Backlog | 1 197 | 37 323 |  | 1 249 −4.2 % | 1 691 −29.2 %
    Risk management
      Lane distribution | per member, in the tables below |  |  |  |
    ");
}

#[test]
fn a_span_is_shown_with_its_distribution_and_the_slowest_member_first() {
    let report = Fixture::new().report();
    insta::assert_snapshot!(shown(&report.chapters[0].tables[0], 6), @r"
      All, recomputed from base rows | 37 323 | 298 | 20 h 47 min [20 h 33 min; 21 h 02 min] | 1 d 15 h 30 min | 2 d 22 h 41 min | 1 d 5 h 31 min | 78.0 % | −1 h 48 min ▲ better
    By corridor
      Termez – Ayritom | 4 487 | 35 | 1 d 13 h 44 min [1 d 12 h 29 min; 1 d 14 h 58 min] | 2 d 23 h 41 min | 5 d 8 h 16 min | 2 d 5 h 34 min | 69.0 % | +44 min within noise
      Bukhara – Alat | 5 441 | 43 | 1 d 4 h 24 min [1 d 3 h 34 min; 1 d 5 h 15 min] | 2 d 5 h 58 min | 4 d 0 h 35 min | 1 d 16 h 20 min | 74.4 % | −33 min within noise
      Khorezm⟨U+202E⟩ – Shovot <script> | 75 | 0 | 1 d 3 h 03 min [20 h 10 min; 1 d 9 h 55 min] | 2 d 3 h 23 min | 3 d 19 h 57 min | 1 d 14 h 24 min | 75.6 % | +35 min within noise
      Karakalpakstan – Daut-Ata | 2 567 | 20 | 1 d 1 h 34 min [1 d 0 h 28 min; 1 d 2 h 41 min] | 2 d 0 h 35 min | 3 d 14 h 56 min | 1 d 12 h 18 min | 76.8 % | +2 h 25 min ▼ worse
    ");
}

#[test]
fn a_figure_that_may_not_be_shown_is_neither_zero_nor_blank() {
    let report = Fixture::new().report();
    let table = &report.chapters[0].tables[0];
    let post = table
        .groups
        .iter()
        .flat_map(|group| &group.rows)
        .find(|row| row.label == "Post");
    let figures: Vec<&str> = post
        .unwrap()
        .cells
        .iter()
        .filter_map(|cell| match cell {
            Cell::Figure(figure, _) if figure.state == State::Suppressed => {
                Some(figure.text.as_str())
            }
            _ => None,
        })
        .collect();
    assert_eq!(figures, ["suppressed"; 5]);
}

#[test]
fn what_can_not_be_measured_names_the_missing_input() {
    let report = Fixture::new().report();
    let notes: Vec<String> = report
        .chapters
        .iter()
        .flat_map(|one| &one.notes)
        .map(Sentence::to_string)
        .collect();
    assert_eq!(
        notes,
        ["Electronic payment is not measurable: missing attribute electronic_payment."]
    );
}

#[test]
fn every_chart_names_its_source_and_what_it_rests_on() {
    let report = Fixture::new().report();
    let charts: Vec<_> = report.chapters.iter().flat_map(|one| &one.charts).collect();
    let titles: Vec<String> = charts
        .iter()
        .map(|chart| format!("{}: {}", chart.spec.id, chart.spec.title))
        .collect();
    insta::assert_snapshot!(titles.join("\n"), @r"
    release_time_trend: Half of the declarations took at most 20 h 47 min from arrival to release in March 2025
    release_time_by_corridor: Total release time: longest at Termez – Ayritom, median 1 d 13 h 44 min
    release_time_by_corridor_trend: Is every corridor getting faster?
    milestone_curves: A day after arrival 52.7 % of declarations were released
    backlog_trend: Backlog: 1 197 in March 2025
    lane_shares: Lane distribution: Green 58.9 % in March 2025
    hit_rate_trend: Hit rate: 8.4 % in March 2025
    hit_rate_by_corridor: How does hit rate develop?
    inspection_rate_trend: Inspection rate: 12.1 % in March 2025
    digital_trend: Electronic declarations: 91.3 % in March 2025
    revenue_trend: Revenue collected: 4.24 trillion UZS in March 2025
    revenue_by_corridor: Revenue collected: Tashkent – Yallama is highest with 1.15 trillion UZS
    revenue_by_corridor_trend: How has revenue developed on each corridor?
    volume_trend: Declarations: 37 323 in March 2025
    ");
    for chart in charts {
        let [.., source] = chart.spec.footer.as_slice() else {
            panic!("{}", chart.spec.id)
        };
        assert!(source.contains("frozen 10 April 2025"), "{source}");
        assert!(chart.spec.footer.len() >= 2, "{}", chart.spec.id);
    }
}

#[test]
fn a_report_of_nothing_still_stands() {
    let fixture = Fixture::empty();
    let report = fixture.report();
    assert!(
        report.cards.is_empty() && report.narrative.is_empty() && report.chapters.len() == 6 - 1
    );
    let measured = report
        .scorecard
        .groups
        .iter()
        .flat_map(|group| &group.rows)
        .filter(
            |row| matches!(&row.cells[0], Cell::Figure(figure, _) if figure.state == State::Ok),
        );
    assert_eq!(measured.count(), 0);
}

/// The numbers that a chart of figures draws; nothing for charts of curves, hours, journeys and
/// indices, which `evaluate` makes beside the table.
fn drawn(plot: &Plot) -> Vec<f64> {
    let lines = |lines: &[Line]| lines.iter().flat_map(|line| line.values.clone()).collect();
    let bars = |bars: &[Bar]| {
        let of = |bar: &Bar| [bar.value, bar.interval.map(|ci| ci.0), bar.target];
        bars.iter().flat_map(of).collect::<Vec<Option<f64>>>()
    };
    let parts = |parts: &[Part]| {
        let values = parts.iter().flat_map(|part| part.values.clone());
        values.collect::<Vec<Option<f64>>>()
    };
    let values: Vec<Option<f64>> = match plot {
        Plot::Trend {
            lines: of_trend,
            bands,
            target,
            ..
        } => {
            let mut values: Vec<Option<f64>> = lines(of_trend);
            values.extend(bands.iter().flat_map(|band| band.low.clone()));
            values.extend(bands.iter().flat_map(|band| band.high.clone()));
            values.push(target.as_ref().map(|target| target.0));
            values
        }
        Plot::Ranking {
            bars: of_ranking, ..
        } => bars(of_ranking),
        Plot::Stack {
            parts: of_stack, ..
        } => parts(of_stack),
        Plot::StackedBars(stacked) => parts(&stacked.parts),
        Plot::SmallMultiples { panels, .. } => lines(panels),
        Plot::Columns(columns) => lines(std::slice::from_ref(&columns.columns)),
        Plot::Intervals(intervals) => bars(&intervals.points),
        _ => Vec::new(),
    };
    values.into_iter().flatten().collect()
}

#[test]
fn every_figure_of_a_chart_is_in_the_table() {
    let fixture = Fixture::new();
    let report = fixture.report();
    let of_chapters = report.chapters.iter().flat_map(|one| &one.charts);
    let of_members = report.members.iter().flat_map(|one| &one.charts);
    let mut checked = 0;
    for chart in of_chapters.chain(of_members) {
        if chart.spec.id == "indexed" {
            continue;
        }
        let rows = fixture.table().rows().iter();
        let known: BTreeSet<u64> = rows
            .filter(|row| chart.kpis.contains(&row.kpi) && row.state == State::Ok)
            .flat_map(|row| {
                let (low, high) = row.ci.unzip();
                [row.value.map(Quantity::to_f64), low, high, row.target]
            })
            .flatten()
            .map(f64::to_bits)
            .collect();
        for value in drawn(&chart.spec.plot) {
            assert!(
                known.contains(&value.to_bits()),
                "{}: {value}",
                chart.spec.id
            );
            checked += 1;
        }
    }
    assert!(checked > 1000, "{checked}");
}

#[test]
fn the_map_draws_every_objective_in_its_area_with_its_status_and_what_it_helps() {
    let objective = |id: &str, area, status, drives: &[&str]| ObjectiveState {
        id: id.to_owned(),
        title: format!("Objective {id}"),
        area,
        status,
        figures: Vec::new(),
        drives: drives.iter().map(|id| (*id).to_owned()).collect(),
    };
    let fixture = Fixture::new().aiming_at(vec![
        objective("a", Area::TradeFacilitation, ObjectiveStatus::OffTrack, &[]),
        objective(
            "b",
            Area::TradeFacilitation,
            ObjectiveStatus::OnTrack,
            &["a"],
        ),
        objective(
            "c",
            Area::Revenue,
            ObjectiveStatus::NotMeasured,
            &["a", "b"],
        ),
    ]);
    let report = fixture.report();
    let map = report.strategy_map.as_ref().unwrap();
    let Plot::StrategyMap(plot) = &map.spec.plot else {
        panic!("{:?}", map.spec.plot)
    };
    let drawn: Vec<(&str, Vec<(&str, &str)>)> = plot
        .perspectives
        .iter()
        .map(|one| {
            let goals = one.goals.iter();
            let goals = goals.map(|goal| (goal.title.as_str(), goal.label.as_str()));
            (one.name.as_str(), goals.collect())
        })
        .collect();
    assert_eq!(
        drawn,
        [
            (
                "Trade facilitation",
                vec![("Objective a", "off track"), ("Objective b", "on track")]
            ),
            ("Revenue", vec![("Objective c", "not measured")]),
        ]
    );
    assert_eq!(plot.links, [(1, 0), (2, 0), (2, 1)]);
    assert_eq!(map.spec.title, "Objectives on track: 1 of 3, March 2025");
    // Whoever can't see it reads the same.
    assert!(map.spec.description.contains("Objective c: not measured"));
    assert_eq!(report.charts().next(), Some(map));
    assert_eq!(Fixture::new().report().strategy_map, None);
}
