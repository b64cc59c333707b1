//! Every language says everything, and nothing that is not asked for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ab_glyph::{Font as _, FontRef};
use proptest::prelude::*;

use super::*;
use crate::catalogue::{Area, Base, Catalogue};
use crate::chart::{FONT_REGULAR, FONT_SEMIBOLD};
use crate::evaluate::Statistic;
use crate::model::{Milestone, Month, Period};

fn language(tag: &str) -> Arc<Language> {
    Language::built_in(tag).unwrap()
}

impl PluralRule {
    /// The forms that a language with this rule must give.
    const fn forms(self) -> &'static [Form] {
        match self {
            Self::One => &[Form::One, Form::Other],
            Self::Slavic => &[Form::One, Form::Few, Form::Many],
            Self::None => &[Form::Other],
        }
    }
}

impl Language {
    /// What this language lacks of another, has too much, or has with other places; and the forms
    /// of number that it lacks. Empty when a report can be written in it.
    fn faults(&self, reference: &Self) -> Vec<String> {
        let keys = |one: &Self| one.entries.keys().cloned().collect::<BTreeSet<_>>();
        let (own, theirs) = (keys(self), keys(reference));
        let mut faults: Vec<String> = theirs
            .difference(&own)
            .map(|key| format!("{}: `{key}` is missing", self.tag))
            .chain(
                own.difference(&theirs)
                    .map(|key| format!("{}: `{key}` is unknown", self.tag)),
            )
            .collect();
        for (key, entry) in &self.entries {
            let Some(other) = reference.entries.get(key) else {
                continue;
            };
            if entry.shape() != other.shape() {
                faults.push(format!(
                    "{}: `{key}` has {}, not {}",
                    self.tag,
                    entry.shape(),
                    other.shape()
                ));
            }
            if let Entry::Plural(forms) = entry {
                let given: Vec<Form> = forms.keys().copied().collect();
                if given != self.plural.forms() {
                    faults.push(format!("{}: `{key}` has the forms {given:?}", self.tag));
                }
            }
        }
        faults
    }
}

impl Entry {
    /// What two languages must have in common under one key.
    fn shape(&self) -> String {
        match self {
            Self::Text(template) => format!("the places {:?}", places(template)),
            Self::Plural(forms) => {
                let places: BTreeSet<&str> = forms.values().flat_map(places).collect();
                format!("forms with the places {places:?}")
            }
            Self::List(words) => format!("{} words", words.len()),
        }
    }
}

/// The names of a template's places.
fn places(template: &Template) -> BTreeSet<&str> {
    let places = template.pieces().iter().filter_map(|piece| match piece {
        Piece::Place(name) => Some(name.as_str()),
        Piece::Words(_) => None,
    });
    places.collect()
}

#[test]
fn every_file_can_be_read() {
    for (tag, words, kpis) in BUILT_IN {
        if let Err(faults) = Language::parse(tag, words, kpis) {
            panic!("{}", faults.join("\n"));
        }
    }
}

#[test]
fn every_language_has_the_keys_and_places_of_english() {
    let english = language("en");
    let faults: Vec<String> = Language::all()
        .flat_map(|(tag, _)| language(tag).faults(&english))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_language_that_lacks_something_is_told_so() {
    let english = Language::parse(
        "en",
        "[language]\nname='E'\nplural='one'\ndecimal='.'\ngroup=' '\n[a]\nx='{n} of {m}'\n\
         y={one='{n} row',other='{n} rows'}\nz=['1','2']",
        "",
    )
    .unwrap();
    let other = Language::parse(
        "xx",
        "[language]\nname='X'\nplural='slavic'\ndecimal=','\ngroup=' '\n[a]\nx='{n}'\n\
         y={one='{n} r',other='{n} rr'}\nw='?'",
        "",
    )
    .unwrap();
    assert_eq!(
        other.faults(&english),
        [
            "xx: `a.z` is missing",
            "xx: `a.w` is unknown",
            "xx: `a.x` has the places {\"n\"}, not the places {\"m\", \"n\"}",
            "xx: `a.y` has the forms [One, Other]",
        ]
    );
}

/// Every source file of the program, but tests of their own.
fn sources() -> Vec<String> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && path.file_name().is_some_and(|name| name != "tests.rs")
            {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    files
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .map(|text| match text.split_once("#[cfg(test)]\nmod tests {") {
            Some((code, _)) => code.to_owned(),
            None => text,
        })
        .collect()
}

/// Text literals that look like a key of one of these sections.
fn keys_in(source: &str, sections: &BTreeSet<&str>) -> Vec<String> {
    source
        .split('"')
        .filter(|literal| {
            let mut parts = literal.split('.');
            parts.next().is_some_and(|first| sections.contains(first))
                && literal.contains('.')
                && parts.all(|part| {
                    !part.is_empty()
                        && part.bytes().all(|byte| {
                            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
                        })
                })
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_key_in_the_code_is_there_and_every_key_that_is_there_is_used() {
    let english = language("en");
    let sections: BTreeSet<&str> = english
        .entries
        .keys()
        .filter_map(|key| key.split('.').next())
        .collect();
    let used: BTreeSet<String> = sources()
        .iter()
        .flat_map(|source| keys_in(source, &sections))
        .collect();
    let unknown: Vec<&String> = used
        .iter()
        .filter(|key| !english.entries.contains_key(*key))
        .collect();
    assert!(unknown.is_empty(), "not in en.toml: {unknown:?}");
    // These are asked for by the name of what they are about.
    let by_name = [
        "area.",
        "base.",
        "statistic.",
        "dimension.",
        "member.",
        "milestone.",
        "missing_input.",
    ];
    let unused: Vec<&String> = english
        .entries
        .keys()
        .filter(|key| !used.contains(*key))
        .filter(|key| !by_name.iter().any(|prefix| key.starts_with(prefix)))
        .collect();
    assert!(unused.is_empty(), "used nowhere: {unused:?}");
}

#[test]
fn every_name_of_the_model_has_its_words() {
    for (tag, _) in Language::all() {
        let language = language(tag);
        let mut words: Vec<String> = Area::ALL.map(|area| language.area(area)).to_vec();
        words.extend(Base::ALL.map(|base| language.base(base)));
        words.extend(Statistic::SPAN.map(|statistic| language.statistic(statistic)));
        words.push(language.statistic(Statistic::Value));
        for milestone in Milestone::ALL {
            words.push(language.milestone(milestone));
            words.push(language.from_to(milestone, milestone));
        }
        let absent: Vec<&String> = words.iter().filter(|word| word.contains('⟨')).collect();
        assert!(absent.is_empty(), "{tag}: {absent:?}");
        for lane in ["green", "yellow", "blue", "orange", "red"] {
            assert!(language.member("lane", lane).is_some(), "{tag}: {lane}");
        }
    }
}

#[test]
fn every_kpi_of_the_catalogue_has_a_title_and_a_question_in_every_language() {
    let catalogue = Catalogue::load(&[], &BTreeSet::new()).unwrap();
    let ids: BTreeSet<&str> = catalogue
        .definitions()
        .iter()
        .map(|definition| definition.id.as_ref())
        .collect();
    for (tag, _) in Language::all().filter(|(tag, _)| *tag != "en") {
        let language = language(tag);
        let mut titles = BTreeSet::new();
        for definition in catalogue.definitions() {
            let title = language.title(definition);
            let question = language.question(definition);
            assert_ne!(title, definition.title, "{tag} {}", definition.id);
            assert_ne!(question, definition.question, "{tag} {}", definition.id);
            assert!(
                question.ends_with('?'),
                "{tag} {}: {question}",
                definition.id
            );
            assert!(
                titles.insert(title),
                "{tag} {}: a title twice",
                definition.id
            );
        }
        let strangers: Vec<&String> = language
            .kpis
            .keys()
            .filter(|id| !ids.contains(id.as_str()))
            .collect();
        assert!(strangers.is_empty(), "{tag}: {strangers:?}");
    }
}

#[test]
fn the_embedded_font_has_every_character_of_every_language() {
    let fonts = [FONT_REGULAR, FONT_SEMIBOLD].map(|font| FontRef::try_from_slice(font).unwrap());
    for (tag, words, kpis) in BUILT_IN {
        // The mark "just short" stands in tables only, where the reader's own font serves.
        for c in words
            .chars()
            .chain(kpis.chars())
            .filter(|c| !matches!(c, '\n' | '▽'))
        {
            for font in &fonts {
                assert_ne!(
                    font.glyph_id(c).0,
                    0,
                    "{tag}: {c:?} (U+{:04X})",
                    u32::from(c)
                );
            }
        }
    }
}

#[test]
fn uzbek_is_spelt_with_its_own_letters() {
    let (_, words, kpis) = BUILT_IN[2];
    for text in [words, kpis] {
        for wrong in ["o'", "g'", "O'", "G'", "o‘", "g‘", "o’", "g’"] {
            assert!(!text.contains(wrong), "{wrong}");
        }
    }
}

#[test]
fn nouns_take_the_form_that_their_number_asks_for() {
    let form = |rule: PluralRule, count| rule.form(count);
    for (count, expected) in [
        (0, Form::Many),
        (1, Form::One),
        (2, Form::Few),
        (4, Form::Few),
        (5, Form::Many),
        (11, Form::Many),
        (12, Form::Many),
        (21, Form::One),
        (22, Form::Few),
        (111, Form::Many),
        (121, Form::One),
    ] {
        assert_eq!(form(PluralRule::Slavic, count), expected, "{count}");
    }
    assert_eq!(form(PluralRule::One, 1), Form::One);
    assert_eq!(form(PluralRule::One, 21), Form::Other);
    assert_eq!(form(PluralRule::None, 1), Form::Other);
}

#[test]
fn numbers_have_the_marks_of_the_language() {
    let written = |tag, number| language(tag).digits(number);
    assert_eq!(
        written("en", "-1234567.8912"),
        "−1\u{202f}234\u{202f}567.8912"
    );
    assert_eq!(written("ru", "1234.5"), "1\u{202f}234,5");
    assert_eq!(written("uz", "-0.00"), "0,00");
    assert_eq!(written("uz", "999"), "999");
}

#[test]
fn lengths_of_time_are_written_in_local_form() {
    // 2 d 3 h 05 min, 47 min, 35 s, and 51 h 05 min of working time.
    for (tag, days, minutes, seconds, working) in [
        ("en", "2 d 3 h 05 min", "−47 min", "35 s", "51 h 05 min"),
        ("ru", "2 д 3 ч 05 мин", "−47 мин", "35 с", "51 ч 05 мин"),
        (
            "uz",
            "2 kun 3 soat 05 daq",
            "−47 daq",
            "35 son",
            "51 soat 05 daq",
        ),
    ] {
        let language = language(tag);
        assert_eq!(language.duration(183_900.0), days);
        assert_eq!(language.duration(-2820.0), minutes);
        assert_eq!(language.duration(35.2), seconds);
        assert_eq!(language.working_time(183_900.0), working);
    }
}

#[test]
fn dates_and_periods_are_written_in_local_form() {
    let freeze = "2025-03-31T18:59:00Z".parse().unwrap();
    let month = Month::new(2025, 3).unwrap();
    let first = Month::new(2024, 7).unwrap();
    for (tag, instant, title, short, quarter, end, range) in [
        (
            "en",
            "31 March 2025, 23:59 (UTC+05:00)",
            "March 2025",
            "Mar 2025",
            "Q1 2025",
            "at the end of March 2025",
            "July 2024 to March 2025",
        ),
        (
            "ru",
            "31 марта 2025 г., 23:59 (UTC+05:00)",
            "март 2025 г.",
            "мар. 2025",
            "I квартал 2025 г.",
            "на конец марта 2025 г.",
            "июль 2024 г. – март 2025 г.",
        ),
        (
            "uz",
            "2025-yil 31-mart, 23:59 (UTC+05:00)",
            "2025-yil mart",
            "mar. 2025",
            "2025-yil I chorak",
            "2025-yil mart oyi oxirida",
            "2024-yil iyul – 2025-yil mart",
        ),
    ] {
        let language = language(tag);
        let march = Period::month(month);
        assert_eq!(language.instant(freeze, "Asia/Tashkent"), instant);
        assert_eq!(language.period_title(march), title);
        assert_eq!(language.period_short(march), short);
        let period = Period::containing(month, crate::model::Grain::Quarter);
        assert_eq!(language.period_title(period), quarter);
        assert_eq!(language.period_end(march), end);
        assert_eq!(language.period_title(Period::range(first, month)), range);
    }
}

#[test]
fn a_list_of_names_reads_as_a_sentence() {
    let names = ["a", "b", "c"].map(String::from);
    let english = language("en");
    assert_eq!(english.list(&names), "a, b and c");
    assert_eq!(english.list(&names[..2]), "a and b");
    assert_eq!(english.list(&[]), "");
    assert_eq!(language("ru").list(&names), "a, b и c");
}

proptest! {
    #[test]
    fn digits_are_kept_whatever_the_language(number in -1e12..1e12_f64, decimals in 0..4_usize) {
        let plain = format!("{number:.decimals$}");
        for (tag, _) in Language::all() {
            let written = language(tag).digits(&plain);
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            prop_assert_eq!(digits(&written), digits(&plain));
        }
    }
}
