//! The words of the field: what a name of the model is called in a language.

use super::{KpiWords, Language};
use crate::catalogue::{Area, Base, Clock, Definition};
use crate::evaluate::Statistic;
use crate::model::Milestone;

impl Language {
    /// The title of a chapter.
    pub fn area(&self, area: Area) -> String {
        self.text(&format!("area.{}", area.name()))
    }

    /// The rows that a KPI counts: "declarations".
    pub fn base(&self, base: Base) -> String {
        self.text(&format!("base.{}", base.name()))
    }

    /// "median", "P75", "share within target".
    pub fn statistic(&self, statistic: Statistic) -> String {
        self.text(&format!("statistic.{}", statistic.name()))
    }

    /// A milestone as a noun: "arrival".
    pub fn milestone(&self, milestone: Milestone) -> String {
        self.text(&format!("milestone.{}.name", milestone.name()))
    }

    /// A stretch between two milestones: "from arrival to release".
    pub fn from_to(&self, from: Milestone, to: Milestone) -> String {
        let (from, to) = (
            self.text(&format!("milestone.{}.from", from.name())),
            self.text(&format!("milestone.{}.to", to.name())),
        );
        self.fill("milestone_span.from_to", &[("from", &from), ("to", &to)])
    }

    /// "corridor"; for two dimensions "corridor and lane". A dimension that is not known has its
    /// own name.
    pub fn dimension(&self, dimension: &str) -> String {
        let names: Vec<String> = dimension
            .split('+')
            .map(|name| {
                self.known(&format!("dimension.{name}.name"))
                    .unwrap_or_else(|| name.to_owned())
            })
            .collect();
        self.list(&names)
    }

    /// "by corridor".
    pub fn by_dimension(&self, dimension: &str) -> String {
        let known = self.known(&format!("dimension.{dimension}.by"));
        known.unwrap_or_else(|| {
            self.fill(
                "dimension_by.unknown",
                &[("dimension", &self.dimension(dimension))],
            )
        })
    }

    /// The title of a member that every project has: a lane, a direction; `None` where the code
    /// itself is the title.
    pub fn member(&self, dimension: &str, member: &str) -> Option<String> {
        self.known(&format!("member.{dimension}.{member}"))
    }

    /// A KPI's title. A twin on the working clock has that of its KPI, and says so.
    pub fn title(&self, definition: &Definition) -> String {
        match self.kpi(definition) {
            Some((words, false)) => words.title.clone(),
            Some((words, true)) => self.fill("kpi.working_title", &[("title", &words.title)]),
            None => definition.title.clone(),
        }
    }

    /// The question that a KPI answers.
    pub fn question(&self, definition: &Definition) -> String {
        self.kpi(definition)
            .map_or(&definition.question, |(words, _)| &words.question)
            .clone()
    }

    /// A KPI's formula.
    pub fn formula(&self, definition: &Definition) -> String {
        match self
            .kpi(definition)
            .map(|(words, twin)| (&words.formula, twin))
        {
            Some((Some(formula), false)) => formula.clone(),
            Some((Some(formula), true)) => {
                self.fill("kpi.working_formula", &[("formula", formula)])
            }
            _ => definition.formula.clone(),
        }
    }

    /// What a KPI makes of missing values.
    pub fn null_rule(&self, definition: &Definition) -> String {
        match self
            .kpi(definition)
            .map(|(words, twin)| (&words.null_rule, twin))
        {
            Some((Some(rule), false)) => rule.clone(),
            Some((Some(rule), true)) => self.fill("kpi.working_null_rule", &[("rule", rule)]),
            _ => definition.null_rule.clone(),
        }
    }

    /// The words of a KPI, and whether it is a twin on the working clock. A project's own KPI has
    /// those of its definition only.
    fn kpi(&self, definition: &Definition) -> Option<(&KpiWords, bool)> {
        let is_twin = definition.clock == Clock::Working;
        let id = match definition.id.strip_suffix('W') {
            Some(id) if is_twin => id,
            _ => &definition.id,
        };
        self.kpis.get(id).map(|words| (words, is_twin))
    }
}
