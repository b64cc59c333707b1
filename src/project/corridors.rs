//! `corridors.toml`: the corridors' names, nodes and distances.

use std::path::Path;

use super::document::{Document, Section};
use crate::error::Fault;

/// A place on a corridor.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What people call it.
    pub name: String,
    /// `bcp`, `inland`, `city` or another kind of the project's.
    pub kind: String,
    /// Its code in the log, where it has one.
    pub code: Option<String>,
    /// The border that a crossing point is a side of, such as `UZ-KZ Yallama`: both sides have the same.
    pub border: Option<String>,
    /// Distance from the corridor's start in kilometres.
    pub distance_km: Option<f64>,
}

/// A corridor.
#[derive(Clone, Debug, PartialEq)]
pub struct Corridor {
    /// The member of the dimension `corridor`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Office codes on it.
    pub offices: Vec<String>,
    /// Border crossing points on it.
    pub bcps: Vec<String>,
    /// Length in kilometres.
    pub distance_km: Option<f64>,
    /// Its places, from start to end.
    pub nodes: Vec<Node>,
}

/// Reads `corridors.toml`.
pub(super) fn parse(path: &Path, text: &str) -> Result<Vec<Corridor>, Vec<Fault>> {
    let document = Document::new(path, text);
    let root = document.parse();
    let section = document.root(&root);
    let mut corridors: Vec<Corridor> = Vec::new();
    for section in section.sections("corridor") {
        if let Some(corridor) = corridor(section, &corridors) {
            corridors.push(corridor);
        }
    }
    section.finish();
    let faults = document.into_faults();
    if faults.is_empty() {
        Ok(corridors)
    } else {
        Err(faults)
    }
}

fn corridor(section: Section<'_, '_>, earlier: &[Corridor]) -> Option<Corridor> {
    let id = section.required_text("id");
    if let Some(id) = &id
        && earlier.iter().any(|corridor| corridor.id == id.value)
    {
        section.fault(
            id,
            format!("there is a corridor `{}` already", id.value),
            None,
        );
    }
    let name = section.required_text("name");
    let texts = |key| {
        section
            .texts(key)
            .into_iter()
            .map(|text| text.value)
            .collect()
    };
    let (offices, bcps) = (texts("offices"), texts("bcps"));
    let distance_km = section.number("distance_km");
    let nodes = section
        .sections("node")
        .into_iter()
        .filter_map(node)
        .collect();
    section.finish();
    Some(Corridor {
        id: id?.value,
        name: name?.value,
        offices,
        bcps,
        distance_km,
        nodes,
    })
}

fn node(section: Section<'_, '_>) -> Option<Node> {
    let name = section.required_text("name");
    let kind = section
        .text("kind")
        .map_or_else(|| "city".to_owned(), |kind| kind.value);
    let code = section.text("code").map(|code| code.value);
    let border = section.text("border").map(|border| border.value);
    let distance_km = section.number("distance_km");
    section.finish();
    Some(Node {
        name: name?.value,
        kind,
        code,
        border,
        distance_km,
    })
}
