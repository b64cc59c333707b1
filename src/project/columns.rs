//! What a project's mappings can fill, before any log is read.

use std::collections::BTreeSet;

use super::{Layout, Project};
use crate::catalogue::{count, first_at, last_at};
use crate::model::Milestone;

impl Project {
    /// Columns of `clearances` that the project's mappings can fill, though a log may hold none.
    pub fn mapped_columns(&self) -> BTreeSet<String> {
        let mut columns = BTreeSet::new();
        for mapping in self.mappings.values() {
            let milestones: BTreeSet<Milestone> = match mapping.layout {
                Layout::Events => mapping.activities.values().copied().collect(),
                Layout::Declarations => mapping
                    .milestones
                    .iter()
                    .map(|(milestone, _)| *milestone)
                    .collect(),
            };
            for milestone in milestones {
                columns.extend([first_at(milestone), last_at(milestone), count(milestone)]);
            }
            columns.extend(
                mapping
                    .attributes
                    .iter()
                    .map(|attribute| attribute.name.clone()),
            );
            for amount in &mapping.amounts {
                columns.insert(amount.name.clone());
            }
        }
        columns
    }
}
