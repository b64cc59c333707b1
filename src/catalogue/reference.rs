//! What readers are told of a definition: term and text, and the whole catalogue as Markdown.

use std::fmt::Write as _;
use std::path::Path;

use toml::de::DeValue;

use super::{Area, Catalogue, Definition};
use crate::project::Document;

/// A term and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// "null rule".
    pub term: &'static str,
    /// What holds for the KPI.
    pub text: String,
    /// Whether the text is code: names of columns, conditions.
    pub code: bool,
}

/// The keys of a definition file's `[measure]` beside its kind, in file order, as text. The file has
/// been checked before.
pub(super) fn parameters(path: &Path, text: &str) -> Vec<(String, String)> {
    let document = Document::new(path, text);
    let root = document.parse();
    let Some(measure) = document.root(&root).section("measure") else {
        return Vec::new();
    };
    let entries = measure.entries().into_iter();
    entries
        .filter(|(key, _)| key.value != "kind")
        .map(|(key, value)| (key.value, plain(value.get_ref())))
        .collect()
}

fn plain(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Array(elements) => {
            let texts = elements.iter().map(|element| plain(element.get_ref()));
            texts.collect::<Vec<_>>().join(", ")
        }
        DeValue::Datetime(_) | DeValue::Table(_) => String::new(),
    }
}

impl Catalogue {
    /// Everything that a definition says, in the order in which readers want it. `needs` are the
    /// columns without which it can't be computed.
    pub fn facts(&self, definition: &Definition, needs: &[String]) -> Vec<Fact> {
        let words = |term, text: &str| Fact {
            term,
            text: text.to_owned(),
            code: false,
        };
        let code = |term, text: String| Fact {
            term,
            text,
            code: true,
        };
        let parameters = self.parameters(&definition.id).iter();
        let parameters: Vec<String> = parameters
            .map(|(key, text)| format!("{key} = {text}"))
            .collect();
        let mut facts = vec![
            words("slug", &definition.slug),
            words("formula", &definition.formula),
            words("measure", definition.measure.kind()),
        ];
        if !parameters.is_empty() {
            facts.push(code("parameters", parameters.join("; ")));
        }
        facts.push(words("base table", definition.base.name()));
        facts.push(match &definition.population {
            Some(population) => code("population", population.clone()),
            None => words("population", "every row that has the anchor"),
        });
        if !definition.dimensions.is_empty() {
            facts.push(code("broken down by", definition.dimensions.join(", ")));
        }
        facts.push(words(
            "anchor",
            &format!("{} (its date puts a row into a period)", definition.anchor),
        ));
        if !needs.is_empty() {
            facts.push(code("needs", needs.join(", ")));
        }
        facts.extend([
            words("null rule", &definition.null_rule),
            words("unit", definition.unit.name()),
            words("better", definition.better.name()),
            words("area", definition.area.title()),
            words("source", &definition.source),
            words("version", &definition.version.to_string()),
        ]);
        facts.extend(definition.example.iter().map(|text| words("example", text)));
        facts
    }

    /// The whole catalogue as a page of Markdown. `needs` tells which columns a KPI needs.
    pub fn reference(&self, needs: &dyn Fn(&Definition) -> Vec<String>) -> String {
        let mut page = String::from(
            "# KPI catalogue\n\n\
             Made from the definition files by `clearway kpi list --format markdown`; a test compares the two.\n\
             `clearway kpi explain ID` prints one of them, and what of it a project lacks.\n",
        );
        for area in Area::ALL {
            let of_area: Vec<&Definition> = self
                .definitions()
                .iter()
                .filter(|definition| definition.area == area)
                .collect();
            if of_area.is_empty() {
                continue;
            }
            // Writing to a string can't fail.
            let _ = writeln!(
                page,
                "\n## {}\n\n| id | title | unit | better |\n|---|---|---|---|",
                area.title()
            );
            for one in &of_area {
                let (unit, better) = (one.unit.name(), one.better.name());
                let title = escaped(&one.title);
                let _ = writeln!(page, "| {} | {title} | {unit} | {better} |", one.id);
            }
            for one in of_area {
                let (title, question) = (escaped(&one.title), escaped(&one.question));
                let _ = writeln!(page, "\n### {} {title}\n\n{question}\n", one.id);
                for fact in self.facts(one, &needs(one)) {
                    let text = if fact.code {
                        format!("`{}`", fact.text)
                    } else {
                        escaped(&fact.text)
                    };
                    let _ = writeln!(page, "- **{}**: {text}", fact.term);
                }
            }
        }
        page
    }
}

/// Characters that Markdown would read as marks.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '_' | '<' | '|' | '[' | '`' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_in_the_order_of_the_file() {
        let text = "[measure]\nkind = \"x\"\nwhen = \"a > 1\"\nscale = 0.5\nstrata = [\"mode\", \"lane\"]\nmonths = 12\n";
        let found = parameters(Path::new("X.toml"), text);
        let texts: Vec<String> = found
            .iter()
            .map(|(key, text)| format!("{key}={text}"))
            .collect();
        assert_eq!(
            texts,
            ["when=a > 1", "scale=0.5", "strata=mode, lane", "months=12"]
        );
    }

    #[test]
    fn marks_of_markdown_are_escaped() {
        assert_eq!(escaped("a_b * <c> | d"), "a\\_b \\* \\<c> \\| d");
    }
}
