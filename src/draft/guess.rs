//! What columns, labels and codes probably are.

use super::profile::Column;
use super::words::{
    ACTIVITY, AMOUNTS, ATTRIBUTES, DECLARATION_ID, LIFECYCLE, MEMBERS, MILESTONES, NO_AMOUNT,
    NO_ID, PLANNED, TIME, normal, rank,
};
use crate::model::{AttributeType, Milestone, attribute_type};
use crate::project::Layout;

/// From this share of times on a column holds times.
const TIMES: f64 = 0.9;
/// From this share on it does if its name says so too.
const NAMED_TIMES: f64 = 0.2;
/// From this share of numbers on a column holds numbers.
const NUMBERS: f64 = 0.95;
/// A declaration's number that is met in so many of its rows only once stands for one row each.
const UNIQUE: f64 = 0.98;
/// A declaration has at most so many rows on average.
const ROWS_PER_DECLARATION_MAX: u64 = 500;
/// So many labels with the words of milestones tell a column of activities, whatever it is called.
const TELLING_LABELS: usize = 2;
/// More different labels than this are rather texts.
const LABELS_MAX: u64 = 500;
/// A further column with at most so many values may be a dimension.
const DIMENSION_MEMBERS_MAX: u64 = 60;

/// An attribute or amount that a column may be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    /// The attribute's or amount's name.
    pub(super) name: String,
    /// The place of the column.
    pub(super) column: usize,
    /// Source value → our code, where a vocabulary is closed.
    pub(super) codes: Vec<(String, &'static str)>,
    /// Why it is only proposed in a comment.
    pub(super) doubt: Option<String>,
    /// Values have more than six decimal places: they must be calculated with, which rounds.
    pub(super) rounded: bool,
}

/// What a file probably is. Columns are named by their places.
#[derive(Debug)]
pub(super) struct Guess {
    pub(super) layout: Layout,
    pub(super) declaration_id: usize,
    /// Whether the id's name says so, or only its values.
    pub(super) id_is_named: bool,
    pub(super) activity: Option<usize>,
    pub(super) lifecycle: Option<usize>,
    pub(super) timestamp: Option<usize>,
    /// Labels with how often each was met and what it may be (layout `events`).
    pub(super) labels: Vec<(String, u64, Option<Milestone>)>,
    /// Columns with times and what each may be (layout `declarations`); `true` where it is little more
    /// than the best that is there.
    pub(super) milestones: Vec<(Milestone, usize, bool)>,
    pub(super) attributes: Vec<Field>,
    pub(super) amounts: Vec<Field>,
    /// Columns with few values that could be dimensions.
    pub(super) dimensions: Vec<usize>,
}

/// The type of object that is the declaration: by its name, else the most frequent.
pub(super) fn object_type(types: &[(String, u64)]) -> Option<String> {
    const NAMES: &[&str] = &[
        "declaration",
        "decl",
        "декларация",
        "deklaratsiya",
        "case",
        "shipment",
        "consignment",
        "entry",
        "order",
    ];
    let named = types
        .iter()
        .filter_map(|(name, _)| Some((rank(&normal(name), NAMES)?, name)))
        .min();
    let name = named
        .map(|(_, name)| name)
        .or(types.first().map(|(name, _)| name));
    name.cloned()
}

/// Whether a column holds times.
pub(super) fn is_time(column: &Column) -> bool {
    let least = match rank(&normal(&column.name), TIME) {
        Some(_) => NAMED_TIMES,
        None => TIMES,
    };
    column.filled > 0 && column.times.share >= least
}

/// Guesses; `None` when no column holds times.
pub(super) fn guess(columns: &[Column], rows: u64) -> Option<Guess> {
    let times: Vec<usize> = places(columns, is_time);
    if times.is_empty() {
        return None;
    }
    let (declaration_id, id_is_named) = declaration_id(columns, rows);
    let activity = activity(columns, declaration_id);
    let unique = columns
        .get(declaration_id)
        .is_some_and(|column| column.distinct as f64 >= column.filled as f64 * UNIQUE);
    let layout = match activity {
        Some(_) if !unique || rows == 1 => Layout::Events,
        _ => Layout::Declarations,
    };
    let mut guess = Guess {
        layout,
        declaration_id,
        id_is_named,
        activity: None,
        lifecycle: None,
        timestamp: None,
        labels: Vec::new(),
        milestones: Vec::new(),
        attributes: Vec::new(),
        amounts: Vec::new(),
        dimensions: Vec::new(),
    };
    match layout {
        Layout::Events => {
            guess.activity = activity;
            guess.lifecycle = best(columns, LIFECYCLE, |column| column.distinct <= 20);
            guess.timestamp = timestamp(columns, &times);
            let column = activity.and_then(|at| columns.get(at));
            guess.labels = column.map(labels).unwrap_or_default();
        }
        Layout::Declarations => guess.milestones = milestones(columns, &times),
    }
    let taken = taken(&guess, &times);
    guess.amounts = amounts(columns, &taken);
    guess.attributes = attributes(columns, &taken, &guess.amounts);
    guess.dimensions = dimensions(columns, &taken, &guess);
    Some(guess)
}

fn places(columns: &[Column], is: impl Fn(&Column) -> bool) -> Vec<usize> {
    let all = columns.iter().enumerate();
    all.filter(|(_, column)| is(column))
        .map(|(at, _)| at)
        .collect()
}

/// The column whose name has the surest of some words, among those that fit.
fn best(columns: &[Column], words: &[&str], fits: impl Fn(&Column) -> bool) -> Option<usize> {
    let ranked = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| fits(column));
    ranked
        .filter_map(|(at, column)| Some((rank(&normal(&column.name), words)?, at)))
        .min()
        .map(|(_, at)| at)
}

fn declaration_id(columns: &[Column], rows: u64) -> (usize, bool) {
    let could_be = |column: &Column| {
        let name = normal(&column.name);
        column.filled as f64 >= rows as f64 * NUMBERS
            && column.distinct > 1.min(rows.saturating_sub(1))
            && column.distinct.saturating_mul(ROWS_PER_DECLARATION_MAX) >= rows
            && !is_time(column)
            && rank(&name, NO_ID).is_none()
    };
    if let Some(named) = best(columns, DECLARATION_ID, could_be) {
        return (named, true);
    }
    // Else the one with most different values.
    let most = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| could_be(column))
        .max_by_key(|(at, column)| (column.distinct, std::cmp::Reverse(*at)));
    (most.map_or(0, |(at, _)| at), false)
}

/// The column of the activity: by its name, else by labels that have the words of milestones.
fn activity(columns: &[Column], declaration_id: usize) -> Option<usize> {
    let id = columns.get(declaration_id).map(|column| &column.name);
    let could_be = |column: &Column| {
        Some(&column.name) != id
            && !is_time(column)
            && (1..=LABELS_MAX).contains(&column.distinct)
            && column.numbers < NUMBERS
            && rank(&normal(&column.name), &["id", "date"]).is_none()
    };
    best(columns, ACTIVITY, could_be).or_else(|| {
        let telling = |column: &Column| {
            let labels = column.values.iter();
            labels
                .filter(|(label, _)| milestone(label).is_some())
                .count()
        };
        let all = columns.iter().enumerate();
        all.filter(|(_, column)| could_be(column))
            .map(|(at, column)| (telling(column), std::cmp::Reverse(at)))
            .filter(|(labels, _)| *labels >= TELLING_LABELS)
            .max()
            .map(|(_, at)| at.0)
    })
}

fn timestamp(columns: &[Column], times: &[usize]) -> Option<usize> {
    let of_event = |column: &Column| is_time(column) && !column.name.starts_with("case:");
    let named = best(columns, TIME, of_event);
    named.or_else(|| {
        let filled = |at: &&usize| columns.get(**at).map_or(0, |column| column.filled);
        times.iter().max_by_key(filled).copied()
    })
}

fn labels(column: &Column) -> Vec<(String, u64, Option<Milestone>)> {
    let all = column.most_frequent().into_iter();
    all.map(|(label, count)| (label.to_owned(), count, milestone(label)))
        .collect()
}

/// The milestone that a label may be.
pub(super) fn milestone(label: &str) -> Option<Milestone> {
    let name = normal(label);
    let fits = |words: &&[&[&str]]| {
        words
            .iter()
            .all(|alternatives| rank(&name, alternatives).is_some())
    };
    let found = MILESTONES.iter().find(|(_, words)| fits(words));
    found.map(|(milestone, _)| *milestone)
}

/// What the columns with times may be. Planned times are none; where nothing is named, the first
/// column is taken for the registration.
fn milestones(columns: &[Column], times: &[usize]) -> Vec<(Milestone, usize, bool)> {
    let mut milestones: Vec<(Milestone, usize, bool)> = Vec::new();
    for at in times {
        let name = columns.get(*at).map_or("", |column| &column.name);
        if rank(&normal(name), PLANNED).is_some() {
            continue;
        }
        if let Some(milestone) = milestone(name)
            && !milestones.iter().any(|(known, ..)| *known == milestone)
        {
            milestones.push((milestone, *at, false));
        }
    }
    if milestones.is_empty()
        && let Some(first) = times.first()
    {
        milestones.push((Milestone::Registered, *first, true));
    }
    milestones
}

fn taken(guess: &Guess, times: &[usize]) -> Vec<usize> {
    let roles = [guess.activity, guess.lifecycle, guess.timestamp];
    let mut taken: Vec<usize> = roles.into_iter().flatten().collect();
    taken.push(guess.declaration_id);
    taken.extend_from_slice(times);
    taken
}

fn amounts(columns: &[Column], taken: &[usize]) -> Vec<Field> {
    let mut amounts: Vec<Field> = Vec::new();
    for (amount, words) in AMOUNTS {
        let fits = |at: usize, column: &Column| {
            column.numbers >= NUMBERS
                && column.filled > 0
                && !taken.contains(&at)
                && !amounts.iter().any(|field| field.column == at)
                && rank(&normal(&column.name), NO_AMOUNT).is_none()
        };
        let ranked = columns.iter().enumerate();
        let found = ranked
            .filter(|(at, column)| fits(*at, column))
            .filter_map(|(at, column)| Some((rank(&normal(&column.name), words)?, at, column)))
            .min_by_key(|(rank, at, _)| (*rank, *at));
        if let Some((_, at, column)) = found {
            let doubt = (column.numbers < 1.0).then(|| {
                format!(
                    "{} of values are no numbers: those rows would be rejected",
                    percent(1.0 - column.numbers)
                )
            });
            amounts.push(Field {
                name: (*amount).to_owned(),
                column: at,
                codes: Vec::new(),
                doubt,
                rounded: column.exact < column.numbers,
            });
        }
    }
    amounts
}

fn attributes(columns: &[Column], taken: &[usize], amounts: &[Field]) -> Vec<Field> {
    let mut attributes: Vec<Field> = Vec::new();
    for (attribute, words) in ATTRIBUTES {
        let free = |at: usize| {
            !taken.contains(&at)
                && !amounts.iter().any(|field| field.column == at)
                && !attributes.iter().any(|field| field.column == at)
        };
        let ranked = columns.iter().enumerate();
        let found = ranked
            .filter(|(at, column)| free(*at) && column.filled > 0)
            .filter_map(|(at, column)| Some((rank(&normal(&column.name), words)?, at, column)))
            .min_by_key(|(rank, at, _)| (*rank, *at));
        if let Some((_, at, column)) = found {
            attributes.push(attribute_field(attribute, at, column));
        }
    }
    attributes
}

fn attribute_field(name: &str, at: usize, column: &Column) -> Field {
    let (codes, mut doubt) = codes(name, column);
    let bad = match attribute_type(name) {
        AttributeType::Bool => 1.0 - column.bools,
        AttributeType::Number => 1.0 - column.exact,
        AttributeType::Text => 0.0,
    };
    if bad > 0.0 {
        let kind = match attribute_type(name) {
            AttributeType::Bool => "neither true nor false",
            _ => "no numbers with at most six decimal places",
        };
        doubt = Some(format!(
            "{} of values are {kind}: those rows would be rejected",
            percent(bad)
        ));
    }
    Field {
        name: name.to_owned(),
        column: at,
        codes,
        doubt,
        rounded: false,
    }
}

/// The codes of an attribute whose members are given; a value that can't be told is a doubt.
fn codes(attribute: &str, column: &Column) -> (Vec<(String, &'static str)>, Option<String>) {
    let Some((_, members)) = MEMBERS.iter().find(|(name, _)| *name == attribute) else {
        return (Vec::new(), None);
    };
    let member = |text: &str| {
        let name = normal(text);
        let members = members.iter();
        let fitting = members.filter_map(|(member, words)| Some((rank(&name, words)?, *member)));
        fitting.min().map(|(_, member)| member)
    };
    let mut codes = Vec::new();
    let mut unknown = Vec::new();
    for (text, _) in column.most_frequent().into_iter().take(50) {
        match member(text) {
            Some(member) => codes.push((text.to_owned(), member)),
            None => unknown.push(super::profile::shown(text)),
        }
    }
    if column.distinct > 50 {
        unknown.push("…".to_owned());
    }
    codes.sort();
    let doubt = (!unknown.is_empty()).then(|| {
        let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
        format!(
            "say what these are ({}): {}",
            names.join(", "),
            unknown.join(", ")
        )
    });
    (codes, doubt)
}

fn dimensions(columns: &[Column], taken: &[usize], guess: &Guess) -> Vec<usize> {
    let used = |at: usize| {
        let mut fields = guess.attributes.iter().chain(&guess.amounts);
        taken.contains(&at) || fields.any(|field| field.column == at)
    };
    let all = columns.iter().enumerate();
    all.filter(|(at, column)| {
        !used(*at)
            && !column.name.is_empty()
            && column.is_closed()
            && (2..=DIMENSION_MEMBERS_MAX).contains(&column.distinct)
    })
    .map(|(at, _)| at)
    .collect()
}

/// A share for people; a small one is not none.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.1 {
        "less than 0.1 %".to_owned()
    } else {
        format!("{percent:.1} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_in_three_languages_find_their_milestones() {
        for (label, name) in [
            ("Declaration registered", Some("registered")),
            ("Декларация зарегистрирована", Some("registered")),
            ("Ro'yxatga olindi", Some("registered")),
            ("Рўйхатга олинди", Some("registered")),
            ("Подача декларации", Some("lodged")),
            ("Deklaratsiya topshirildi", Some("lodged")),
            ("Досмотр начат", Some("inspection_started")),
            ("Досмотр завершен", Some("inspection_completed")),
            ("Ko‘rik boshlandi", Some("inspection_started")),
            (
                "Physical inspection completed",
                Some("inspection_completed"),
            ),
            (
                "Hujjat tekshiruvi boshlandi",
                Some("document_check_started"),
            ),
            ("Выпуск товаров", Some("released")),
            ("Chiqarib yuborildi", Some("released")),
            ("Release", Some("released")),
            ("Уплата платежей", Some("paid")),
            ("To'lov hisoblandi", Some("assessed")),
            ("To'lov kelib tushdi", Some("paid")),
            ("Payment", Some("paid")),
            ("Chegaradan o'tdi", Some("border_left")),
            ("Chegaraga kirdi", Some("border_entered")),
            ("Въезд через границу", Some("border_entered")),
            ("So'rovga javob berildi", Some("query_answered")),
            ("Запрос документов", Some("query_raised")),
            ("Отказ в выпуске", Some("rejected")),
            ("Bekor qilindi", Some("cancelled")),
            ("Keyingi audit tugadi", Some("audit_completed")),
            ("Tranzit yopildi", Some("transit_terminated")),
            ("Xizmat belgisi", None),
            ("Lunch", None),
        ] {
            assert_eq!(milestone(label).map(Milestone::name), name, "{label}");
        }
    }

    #[test]
    fn the_declaration_is_found_among_types_of_objects() {
        let types = |names: &[&str]| -> Vec<(String, u64)> {
            names.iter().map(|&name| (name.to_owned(), 1)).collect()
        };
        assert_eq!(
            object_type(&types(&["Truck", "Declaration"])).unwrap(),
            "Declaration"
        );
        assert_eq!(object_type(&types(&["Truck", "Pallet"])).unwrap(), "Truck");
        assert_eq!(object_type(&[]), None);
    }

    #[test]
    fn a_small_share_is_not_shown_as_none() {
        assert_eq!(percent(0.0001), "less than 0.1 %");
        assert_eq!(percent(0.25), "25.0 %");
    }
}
