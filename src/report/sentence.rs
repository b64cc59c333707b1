//! Sentences whose figures stay figures.

use std::fmt;
use std::sync::Arc;

use super::model::Figure;
use crate::language::{Language, Piece};

/// A sentence made of words and figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sentence {
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Words.
    Words(String),
    /// Shape and word of a fault, at the head of a sentence: `▼ worse`.
    Mark(String),
    /// A figure with its key.
    Figure(Figure),
    /// The title of a KPI: id and words, a link to its definition.
    Kpi(Arc<str>, String),
}

impl Sentence {
    /// Adds words.
    #[must_use]
    pub fn words(mut self, words: impl Into<String>) -> Self {
        self.parts.push(Part::Words(words.into()));
        self
    }

    /// A sentence of the language, its places filled with words, figures and titles.
    pub fn filled(pieces: Vec<Piece>, arguments: &[(&str, Self)]) -> Self {
        let mut sentence = Self::default();
        for piece in pieces {
            match piece {
                Piece::Words(words) => sentence.parts.push(Part::Words(words)),
                Piece::Place(name) => match arguments.iter().find(|(of, _)| **of == *name) {
                    Some((_, argument)) => sentence.parts.extend(argument.parts.iter().cloned()),
                    None => sentence.parts.push(Part::Words(format!("{{{name}}}"))),
                },
            }
        }
        sentence
    }

    /// [`Sentence::filled`] from the words under a key.
    pub fn of(language: &Language, key: &str, arguments: &[(&str, Self)]) -> Self {
        Self::filled(language.pieces(key), arguments)
    }

    /// A mark as part of a sentence.
    pub fn mark(mark: impl Into<String>) -> Self {
        Self {
            parts: vec![Part::Mark(mark.into())],
        }
    }

    /// The same with a capital letter where it begins with words.
    #[must_use]
    pub fn capitalised(mut self) -> Self {
        if let Some(Part::Words(words)) = self.parts.first_mut() {
            *words = super::text::capitalised(words);
        }
        self
    }

    /// Adds a figure.
    #[must_use]
    pub fn figure(mut self, figure: Figure) -> Self {
        self.parts.push(Part::Figure(figure));
        self
    }

    /// Adds the title of a KPI.
    #[must_use]
    pub fn kpi(mut self, id: &Arc<str>, title: impl Into<String>) -> Self {
        self.parts.push(Part::Kpi(Arc::clone(id), title.into()));
        self
    }
}

impl From<String> for Sentence {
    fn from(words: String) -> Self {
        Self::default().words(words)
    }
}

impl From<&str> for Sentence {
    fn from(words: &str) -> Self {
        Self::default().words(words)
    }
}

impl From<Figure> for Sentence {
    fn from(figure: Figure) -> Self {
        Self::default().figure(figure)
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Words(words) | Part::Kpi(_, words) => f.write_str(words),
            Part::Mark(mark) => f.write_str(mark),
            Part::Figure(figure) => f.write_str(&figure.text),
        })
    }
}
