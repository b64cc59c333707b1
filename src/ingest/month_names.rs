//! Names of months in Russian and Uzbek (Latin and Cyrillic), put into English for jiff.

/// English name, and how each of the other languages begins it; Russian cases and short forms
/// begin alike.
const MONTHS: [(&str, &[&str]); 12] = [
    ("January", &["январ", "янв", "yanvar", "yan"]),
    ("February", &["феврал", "фев", "fevral", "fev"]),
    ("March", &["март", "мар", "mart", "mar"]),
    ("April", &["апрел", "апр", "aprel", "apr"]),
    ("May", &["май", "мая", "may"]),
    ("June", &["июн", "iyun", "iyn"]),
    ("July", &["июл", "iyul", "iyl"]),
    ("August", &["август", "авг", "avgust", "avg"]),
    (
        "September",
        &[
            "сентябр",
            "сент",
            "сен",
            "sentabr",
            "sentyabr",
            "sent",
            "sen",
        ],
    ),
    ("October", &["октябр", "окт", "oktabr", "oktyabr", "okt"]),
    ("November", &["ноябр", "нояб", "ноя", "noyabr", "noy"]),
    ("December", &["декабр", "дек", "dekabr", "dek"]),
];

/// Endings that a stem may have: Russian nominative and genitive, Uzbek Cyrillic has none.
const ENDINGS: [&str; 4] = ["", "ь", "я", "а"];

/// The text with the first name of a month in English, in full or its first three letters; `None`
/// when there is none.
pub(super) fn in_english(text: &str, full: bool) -> Option<String> {
    let mut rest = text;
    while let Some(from) = rest.find(char::is_alphabetic) {
        let word = rest.get(from..)?;
        let end = word
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(word.len());
        let (word, after) = word.split_at_checked(end)?;
        if let Some(english) = english(word) {
            let before = text.get(..text.len() - after.len() - word.len())?;
            let shown = if full { english } else { english.get(..3)? };
            return Some(format!("{before}{shown}{after}"));
        }
        rest = after;
    }
    None
}

fn english(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let named = |stem: &&str| {
        word.strip_prefix(*stem)
            .is_some_and(|ending| ENDINGS.contains(&ending))
    };
    let mut months = MONTHS.iter();
    months
        .find(|(_, stems)| stems.iter().any(named))
        .map(|(english, _)| *english)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_month_is_known_in_every_language() {
        let russian =
            "январь февраля март апреля май июнь июля август сентября октябрь ноября декабрь";
        let latin = "yanvar fevral mart aprel may iyun iyul avgust sentabr oktabr noyabr dekabr";
        let cyrillic = "Январ Феврал Март Апрел Май Июн Июл Август Сентябр Октябр Ноябр Декабр";
        let short = "янв фев мар апр май июн июл авг сен окт ноя дек";
        for names in [russian, latin, cyrillic, short] {
            let found: Vec<&str> = names.split(' ').filter_map(english).collect();
            let all: Vec<&str> = MONTHS.iter().map(|(english, _)| *english).collect();
            assert_eq!(found, all, "{names}");
        }
    }

    #[test]
    fn only_whole_words_are_months() {
        assert_eq!(
            in_english("сб, 1 мая 2025 г.", true).as_deref(),
            Some("сб, 1 May 2025 г.")
        );
        assert_eq!(
            in_english("1 дек 2025", false).as_deref(),
            Some("1 Dec 2025")
        );
        for text in ["", "1.5.2025", "марка 2025", "декада"] {
            assert_eq!(in_english(text, true), None, "{text}");
        }
    }
}
