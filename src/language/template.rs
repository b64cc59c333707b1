//! Text with named places: "from {from} to {to}".

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words as they stand.
    Words(String),
    /// A place that is filled, by its name.
    Place(String),
}

/// Text with named places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

impl Template {
    /// Reads the text; `{name}` is a place. A brace that is not closed is an error.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after
                .split_once('}')
                .ok_or_else(|| format!("a brace is not closed in `{text}`"))?;
            if !before.is_empty() {
                pieces.push(Piece::Words(before.to_owned()));
            }
            pieces.push(Piece::Place(name.to_owned()));
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Words(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The text; a place without an argument keeps its braces.
    pub(super) fn fill(&self, arguments: &[(&str, &str)]) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Words(words) => text.push_str(words),
                Piece::Place(name) => {
                    if let Some((_, value)) = arguments.iter().find(|(of, _)| of == name) {
                        text.push_str(value);
                    } else {
                        text.push('{');
                        text.push_str(name);
                        text.push('}');
                    }
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_by_name_in_any_order() {
        let template = Template::parse("{b} after {a}").unwrap();
        assert_eq!(template.fill(&[("a", "1"), ("b", "2")]), "2 after 1");
        assert_eq!(template.fill(&[("a", "{b}")]), "{b} after {b}");
        assert!(Template::parse("open {a").is_err());
    }
}
