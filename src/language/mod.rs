//! What people read, in their language: sentences, words of the field, numbers, dates, durations.
//!
//! A language is one file, `TAG.toml`, beside which `catalogue/TAG.toml` may translate the KPIs of
//! the built-in catalogue. English is the reference: every other file has exactly its keys and its
//! placeholders. Data files (`kpis.csv`, `run.json`) never pass through here.

mod load;
mod numbers;
mod template;
mod terms;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

pub use template::Piece;

use self::template::Template;

/// The languages that come with the program: tag, words, KPI titles and questions. Adding one is
/// adding its file and its line here.
const BUILT_IN: [(&str, &str, &str); 3] = [
    ("en", include_str!("en.toml"), ""),
    (
        "ru",
        include_str!("ru.toml"),
        include_str!("catalogue/ru.toml"),
    ),
    (
        "uz",
        include_str!("uz.toml"),
        include_str!("catalogue/uz.toml"),
    ),
];

static LANGUAGES: LazyLock<Vec<Arc<Language>>> = LazyLock::new(|| {
    BUILT_IN
        .into_iter()
        // A file that comes with the program is read by a test; were it broken all the same, its
        // language would not be offered.
        .filter_map(|(tag, words, kpis)| Language::parse(tag, words, kpis).ok().map(Arc::new))
        .collect()
});

/// How a language chooses the form of a noun beside a number (after the Unicode CLDR).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PluralRule {
    /// One form for 1, another for everything else (English).
    One,
    /// Three forms: 1, 21 …; 2–4, 22–24 …; everything else (Russian).
    Slavic,
    /// The same form beside every number (Uzbek).
    None,
}

/// The form of a noun beside a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    One,
    Few,
    Many,
    Other,
}

impl PluralRule {
    const fn form(self, count: u64) -> Form {
        match self {
            Self::None => Form::Other,
            Self::One => match count {
                1 => Form::One,
                _ => Form::Other,
            },
            Self::Slavic => match (count % 10, count % 100) {
                (_, 11..=14) => Form::Many,
                (1, _) => Form::One,
                (2..=4, _) => Form::Few,
                _ => Form::Many,
            },
        }
    }
}

/// What stands under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Text(Template),
    Plural(BTreeMap<Form, Template>),
    List(Vec<String>),
}

/// A KPI of the catalogue in another language; what is not translated stays as it is defined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct KpiWords {
    title: String,
    question: String,
    formula: Option<String>,
    null_rule: Option<String>,
}

/// A language: all that a report says, and how numbers and dates are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    tag: String,
    name: String,
    plural: PluralRule,
    decimal: String,
    group: String,
    entries: BTreeMap<String, Entry>,
    kpis: BTreeMap<String, KpiWords>,
}

impl Language {
    /// A language that comes with the program, by its tag: `en`, `ru`, `uz`.
    pub fn built_in(tag: &str) -> Option<Arc<Self>> {
        LANGUAGES.iter().find(|one| one.tag == tag).map(Arc::clone)
    }

    /// A language by its tag; the error is a hint that names those there are.
    pub fn named(tag: &str) -> Result<Arc<Self>, String> {
        Self::built_in(tag).ok_or_else(|| {
            let all: Vec<String> = Self::all()
                .map(|(tag, name)| format!("`{tag}` ({name})"))
                .collect();
            format!("languages: {}", all.join(", "))
        })
    }

    /// English, the reference.
    pub fn english() -> Arc<Self> {
        Self::built_in("en").unwrap_or_else(|| {
            Arc::new(Self {
                tag: "en".to_owned(),
                name: "English".to_owned(),
                plural: PluralRule::One,
                decimal: ".".to_owned(),
                group: "\u{202f}".to_owned(),
                entries: BTreeMap::new(),
                kpis: BTreeMap::new(),
            })
        })
    }

    /// Tag and own name of every language there is: `ru`, "русский".
    pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
        LANGUAGES
            .iter()
            .map(|one| (one.tag.as_str(), one.name.as_str()))
    }

    /// The language tag, as HTML names it.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The words under a key. A key that is not there is shown as itself: a test keeps that from
    /// happening.
    pub fn text(&self, key: &str) -> String {
        self.fill(key, &[])
    }

    /// The words under a key with their places filled: `{n}` by the argument `n`.
    pub fn fill(&self, key: &str, arguments: &[(&str, &str)]) -> String {
        match self.entries.get(key) {
            Some(Entry::Text(template)) => template.fill(arguments),
            _ => absent(key),
        }
    }

    /// [`Language::fill`] in the form that fits a number of things.
    pub fn plural(&self, key: &str, count: u64, arguments: &[(&str, &str)]) -> String {
        self.form(key, count)
            .map_or_else(|| absent(key), |template| template.fill(arguments))
    }

    /// The words under a key if there are any: for names that come from data.
    pub fn known(&self, key: &str) -> Option<String> {
        match self.entries.get(key) {
            Some(Entry::Text(template)) => Some(template.fill(&[])),
            _ => None,
        }
    }

    /// The pieces of the words under a key, for those who fill places with more than text.
    pub fn pieces(&self, key: &str) -> Vec<Piece> {
        match self.entries.get(key) {
            Some(Entry::Text(template)) => template.pieces().to_vec(),
            _ => vec![Piece::Words(absent(key))],
        }
    }

    /// [`Language::pieces`] in the form that fits a number of things.
    pub fn plural_pieces(&self, key: &str, count: u64) -> Vec<Piece> {
        self.form(key, count).map_or_else(
            || vec![Piece::Words(absent(key))],
            |template| template.pieces().to_vec(),
        )
    }

    /// One of a list of words, counted from 0; empty where there is none.
    fn listed(&self, key: &str, at: usize) -> &str {
        match self.entries.get(key) {
            Some(Entry::List(words)) => words.get(at).map_or("", String::as_str),
            _ => "",
        }
    }

    fn form(&self, key: &str, count: u64) -> Option<&Template> {
        match self.entries.get(key) {
            Some(Entry::Plural(forms)) => forms.get(&self.plural.form(count)),
            _ => None,
        }
    }
}

fn absent(key: &str) -> String {
    format!("⟨{key}⟩")
}
