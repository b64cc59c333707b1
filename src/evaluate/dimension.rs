//! Dimensions: which member each row of a base table belongs to.

use super::frame;
use super::known::Known;
use crate::fold::Clearances;

/// What stands for an empty attribute, so that members add up to the whole.
pub const MISSING: &str = "(missing)";

/// A dimension: for each row the position of its member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// Its name; two dimensions are joined by `+`.
    pub name: String,
    /// Member names, sorted.
    pub members: Vec<String>,
    /// Per row: position in `members`.
    pub codes: Vec<u32>,
    /// The dimensions that are crossed, each with its number of members; one for a plain one.
    parts: Vec<(String, usize)>,
}

impl Dimension {
    /// The dimension with one member that holds every row.
    pub fn all(rows: usize) -> Self {
        Self {
            name: "all".to_owned(),
            members: vec!["all".to_owned()],
            codes: vec![0; rows],
            parts: Vec::new(),
        }
    }

    pub(super) fn of(name: &str, values: &[Option<&str>]) -> Self {
        let mut members = Known::default();
        let codes = values
            .iter()
            .map(|value| members.code(value.unwrap_or(MISSING)));
        let codes = codes.collect();
        members.dimension(name, codes)
    }

    /// What `member` makes of the texts of a column of the clearances: each is looked up once in a range, however many
    /// rows have it.
    pub(super) fn of_column(
        name: &str,
        (column, member): (&str, fn(&str) -> Option<&str>),
        clearances: &Clearances,
    ) -> Self {
        let mut members = Known::default();
        let code = |text: Option<_>| members.code(text.and_then(member).unwrap_or(MISSING));
        let codes = frame::text_codes(clearances, column, code);
        members.dimension(name, codes)
    }

    /// The same for rows of which each has one of these as its parent, with the members that these rows have.
    pub(super) fn spread(self, parents: &[u32]) -> Self {
        let mut codes: Vec<u32> = parents.iter().map(|row| self.code(*row as usize)).collect();
        let mut is_there = vec![false; self.members.len()];
        for code in &codes {
            if let Some(slot) = is_there.get_mut(*code as usize) {
                *slot = true;
            }
        }
        // For each member how many before it are there.
        let places: Vec<u32> = is_there
            .iter()
            .scan(0, |next, there| {
                Some(std::mem::replace(next, *next + u32::from(*there)))
            })
            .collect();
        for code in &mut codes {
            *code = places.get(*code as usize).copied().unwrap_or_default();
        }
        let members = self.members.into_iter().zip(is_there);
        let members: Vec<String> = members
            .filter_map(|(member, there)| there.then_some(member))
            .collect();
        Self {
            parts: vec![(self.name.clone(), members.len())],
            name: self.name,
            members,
            codes,
        }
    }

    /// The dimension without its rows.
    #[must_use]
    pub fn without_rows(&self) -> Self {
        Self {
            name: self.name.clone(),
            members: self.members.clone(),
            codes: Vec::new(),
            parts: self.parts.clone(),
        }
    }

    /// A plain dimension with more members, of which its own are some; sorted as they are.
    pub(super) fn among(self, members: &[String]) -> Self {
        let place = |member: &String| members.binary_search(member).unwrap_or_default();
        let places = self.members.iter().map(place);
        let places: Vec<u32> = places
            .map(|place| u32::try_from(place).unwrap_or(u32::MAX))
            .collect();
        let code = |code: &u32| places.get(*code as usize).copied().unwrap_or_default();
        Self {
            codes: self.codes.iter().map(code).collect(),
            parts: vec![(self.name.clone(), members.len())],
            members: members.to_vec(),
            name: self.name,
        }
    }

    /// How many members each of the crossed dimensions has, the first named first.
    pub fn sizes(&self) -> Vec<usize> {
        self.parts.iter().map(|(_, size)| *size).collect()
    }

    /// Position of a row's member.
    pub fn code(&self, row: usize) -> u32 {
        self.codes.get(row).copied().unwrap_or_default()
    }

    /// This dimension crossed with bands whose codes are added later: each row lies in the first one.
    pub(super) fn with_bands(&self, name: &str, bands: &[String]) -> Self {
        let bands = Self {
            name: name.to_owned(),
            members: bands.to_vec(),
            codes: vec![0; self.codes.len()],
            parts: vec![(name.to_owned(), bands.len())],
        };
        if self.parts.is_empty() {
            bands
        } else {
            self.cross(&bands)
        }
    }

    /// Both dimensions at once: a member for each pair.
    pub(super) fn cross(&self, other: &Self) -> Self {
        let width = other.members.len();
        let members = self
            .members
            .iter()
            .flat_map(|a| other.members.iter().map(move |b| format!("{a}+{b}")))
            .collect();
        let codes = self
            .codes
            .iter()
            .zip(&other.codes)
            .map(|(a, b)| a * u32::try_from(width).unwrap_or(u32::MAX) + b)
            .collect();
        Self {
            name: format!("{}+{}", self.name, other.name),
            members,
            codes,
            parts: self.parts.iter().chain(&other.parts).cloned().collect(),
        }
    }

    /// For each member the number of the whole that it is a part of, when the members of the
    /// dimensions `of` are parts and every other crossed dimension has wholes of its own: with lane
    /// as the part, `Alat+green` is a part of Alat. With no dimension named there is one whole.
    pub fn wholes(&self, of: &[String]) -> Vec<usize> {
        (0..self.members.len())
            .map(|member| {
                let (mut rest, mut whole, mut scale) = (member, 0, 1);
                for (name, size) in self.parts.iter().rev() {
                    let index = rest % size;
                    rest /= size;
                    if !of.is_empty() && !of.contains(name) {
                        whole += index * scale;
                        scale *= size;
                    }
                }
                whole
            })
            .collect()
    }
}

impl Known<&str> {
    /// The dimension of some rows whose codes were given out here.
    fn dimension(mut self, name: &str, mut codes: Vec<u32>) -> Dimension {
        // They are few and rows are many: only the members are sorted.
        let mut sorted = std::mem::take(&mut self.members);
        sorted.sort_unstable();
        let mut ranks = vec![0; sorted.len()];
        for (rank, member) in (0_u32..).zip(&sorted) {
            let code = self.find(member).map(|code| code as usize);
            if let Some(slot) = code.and_then(|code| ranks.get_mut(code)) {
                *slot = rank;
            }
        }
        for code in &mut codes {
            *code = ranks.get(*code as usize).copied().unwrap_or_default();
        }
        Dimension {
            name: name.to_owned(),
            parts: vec![(name.to_owned(), sorted.len())],
            members: sorted.into_iter().map(str::to_owned).collect(),
            codes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_the_members_of_their_declarations_and_no_others() {
        let offices = [Some("Yallama"), None, Some("Alat"), Some("Dustlik")];
        let dimension = Dimension::of("office", &offices);
        // The first declaration has two parts, the second and the third one each, the last none.
        let parts = dimension.spread(&[0, 0, 1, 2]);
        assert_eq!(parts.members, [MISSING, "Alat", "Yallama"]);
        assert_eq!(parts.codes, [2, 2, 0, 1]);
        assert_eq!(parts.sizes(), [3]);
        let of_parts = [Some("Yallama"), Some("Yallama"), None, Some("Alat")];
        assert_eq!(parts, Dimension::of("office", &of_parts));
    }
}
