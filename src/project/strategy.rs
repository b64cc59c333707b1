//! The strategy map of `targets.toml`: objectives, the KPIs they are judged by, and what they drive.

use std::collections::BTreeSet;

use super::document::{Located, Section};
use crate::catalogue::Area;
use crate::error::did_you_mean;

/// What the administration wants to reach, judged by its KPIs.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// What other objectives call it.
    pub id: String,
    /// What people read.
    pub title: String,
    /// The area it belongs to; never [`Area::Context`].
    pub area: Area,
    /// What it is judged by.
    pub kpis: Vec<ObjectiveKpi>,
    /// Ids of the objectives that it helps to reach. There are no cycles.
    pub drives: Vec<String>,
    /// The line in the file, for messages.
    pub line: usize,
}

/// One figure that an objective is judged by.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectiveKpi {
    /// The KPI's id or slug.
    pub kpi: String,
    /// The statistic; `None` is the KPI's only value, or a span's median.
    pub statistic: Option<String>,
    /// How much it counts beside the others, 1 when left out; above zero.
    pub weight: f64,
}

/// Reads every `[[objective]]`.
pub(super) fn objectives(root: &Section<'_, '_>) -> Vec<Objective> {
    let parsed: Vec<Parsed> = root
        .sections("objective")
        .into_iter()
        .filter_map(objective)
        .collect();
    check_ids(root, &parsed);
    parsed.into_iter().map(|one| one.objective).collect()
}

/// An objective, with the places of its ids.
struct Parsed {
    objective: Objective,
    id: Located<String>,
    drives: Vec<Located<String>>,
}

fn objective(section: Section<'_, '_>) -> Option<Parsed> {
    let areas = Area::ALL
        .map(|area| (area.name(), area))
        .into_iter()
        .filter(|(_, area)| *area != Area::Context);
    let id = section.required_text("id");
    let title = section.required_text("title");
    if section.required_text("area").is_none() {
        section.finish();
        return None;
    }
    let area = section.choice("area", &areas.collect::<Vec<_>>());
    let kpis: Vec<ObjectiveKpi> = section
        .texts_or_sections("kpis")
        .into_iter()
        .filter_map(|entry| match entry {
            Ok(text) => Some(ObjectiveKpi {
                kpi: text.value,
                statistic: None,
                weight: 1.0,
            }),
            Err(section) => objective_kpi(section),
        })
        .collect();
    if kpis.is_empty() {
        let hint = "name those that it is judged by: `kpis = [\"TF01\"]`".to_owned();
        section.fault_at("kpis", "names no KPI", Some(hint));
    }
    let drives = section.texts("drives");
    let line = section.line();
    section.finish();
    let id = id?;
    let objective = Objective {
        id: id.value.clone(),
        title: title?.value,
        area: area?,
        kpis,
        drives: drives.iter().map(|id| id.value.clone()).collect(),
        line,
    };
    Some(Parsed {
        objective,
        id,
        drives,
    })
}

fn objective_kpi(section: Section<'_, '_>) -> Option<ObjectiveKpi> {
    let kpi = section.required_text("kpi");
    let statistic = section.text("statistic").map(|text| text.value);
    let weight = section.number("weight").unwrap_or(1.0);
    if !(weight > 0.0 && weight.is_finite()) {
        let message = format!("must be above zero, found {weight}");
        section.fault_at("weight", message, None);
    }
    section.finish();
    Some(ObjectiveKpi {
        kpi: kpi?.value,
        statistic,
        weight,
    })
}

/// Ids that stand twice, lead nowhere or back to themselves.
fn check_ids(root: &Section<'_, '_>, parsed: &[Parsed]) {
    let ids: Vec<&str> = parsed.iter().map(|one| one.id.value.as_str()).collect();
    let mut seen = BTreeSet::new();
    for one in parsed {
        let own = one.id.value.as_str();
        if !seen.insert(own) {
            root.fault(
                &one.id,
                format!("there is an objective `{own}` already"),
                None,
            );
        }
        for driven in &one.drives {
            let name = driven.value.as_str();
            if !ids.contains(&name) {
                let message = format!("there is no objective `{name}`");
                root.fault(driven, message, did_you_mean(name, ids.iter().copied()));
            } else if reaches(parsed, name, own) {
                let message = format!("`{name}` leads back to `{own}`");
                let hint = "a strategy map leads one way: leave out one of the links".to_owned();
                root.fault(driven, message, Some(hint));
            }
        }
    }
}

/// Whether one leads to another, or is it.
fn reaches(parsed: &[Parsed], from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        if id == to {
            return true;
        }
        if seen.insert(id) {
            let next = parsed.iter().filter(|one| one.id.value == id);
            open.extend(next.flat_map(|one| one.objective.drives.iter().map(String::as_str)));
        }
    }
    false
}
