//! Language files → languages. Whatever differs from English is told at once.

use std::collections::BTreeMap;

use toml::Table;
use toml::Value;

use super::template::Template;
use super::{Entry, Form, KpiWords, Language, PluralRule};

impl Language {
    /// Reads a language: its words, and the KPIs of the catalogue in it (may be empty). The error
    /// lists every fault.
    pub(super) fn parse(tag: &str, words: &str, kpis: &str) -> Result<Self, Vec<String>> {
        let syntax = |error: toml::de::Error| vec![format!("{tag}: {error}")];
        let mut words: Table = words.parse().map_err(syntax)?;
        let kpis: Table = kpis.parse().map_err(syntax)?;
        let Some(Value::Table(head)) = words.remove("language") else {
            return Err(vec![format!("{tag}: there is no section [language]")]);
        };
        let mut faults = Vec::new();
        let mut of_head = |name: &str| {
            let text = head.get(name).and_then(Value::as_str);
            if text.is_none() {
                faults.push(format!("{tag}: language.{name} is not there"));
            }
            text.unwrap_or_default().to_owned()
        };
        let (name, decimal, group) = (of_head("name"), of_head("decimal"), of_head("group"));
        let plural = match of_head("plural").as_str() {
            "one" => PluralRule::One,
            "slavic" => PluralRule::Slavic,
            "none" => PluralRule::None,
            other => {
                faults.push(format!("{tag}: there is no plural rule `{other}`"));
                PluralRule::None
            }
        };
        let mut entries = BTreeMap::new();
        flatten("", &words, (&mut entries, &mut faults));
        let kpis = kpis
            .into_iter()
            .map(|(id, table)| (id, kpi_words(&table)))
            .collect();
        if faults.is_empty() {
            Ok(Self {
                tag: tag.to_owned(),
                name,
                plural,
                decimal,
                group,
                entries,
                kpis,
            })
        } else {
            Err(faults)
        }
    }
}

impl Form {
    const ALL: [(&'static str, Self); 4] = [
        ("one", Self::One),
        ("few", Self::Few),
        ("many", Self::Many),
        ("other", Self::Other),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find_map(|(of, form)| (of == name).then_some(form))
    }
}

/// Tables within tables as dotted keys. A table of forms of number is one entry.
fn flatten(
    prefix: &str,
    table: &Table,
    (entries, faults): (&mut BTreeMap<String, Entry>, &mut Vec<String>),
) {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            Value::String(text) => match Template::parse(text) {
                Ok(template) => {
                    entries.insert(key, Entry::Text(template));
                }
                Err(fault) => faults.push(fault),
            },
            Value::Array(words) => {
                let words = words.iter().map(|word| word.as_str().unwrap_or_default());
                entries.insert(key, Entry::List(words.map(str::to_owned).collect()));
            }
            Value::Table(forms) if forms.keys().all(|name| Form::named(name).is_some()) => {
                entries.insert(key, Entry::Plural(plural(forms, faults)));
            }
            Value::Table(inner) => flatten(&key, inner, (&mut *entries, &mut *faults)),
            _ => faults.push(format!("`{key}` is not a text")),
        }
    }
}

fn plural(table: &Table, faults: &mut Vec<String>) -> BTreeMap<Form, Template> {
    let mut forms = BTreeMap::new();
    for (name, value) in table {
        let template = Template::parse(value.as_str().unwrap_or_default());
        match (Form::named(name), template) {
            (Some(form), Ok(template)) => {
                forms.insert(form, template);
            }
            (_, Err(fault)) => faults.push(fault),
            (None, _) => {}
        }
    }
    forms
}

fn kpi_words(value: &Value) -> KpiWords {
    let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    KpiWords {
        title: text("title").unwrap_or_default(),
        question: text("question").unwrap_or_default(),
        formula: text("formula"),
        null_rule: text("null_rule"),
    }
}
