//! Code lists: value in the source → our code.

use std::collections::BTreeMap;

use super::document::{Located, Section};
use crate::error::did_you_mean;
use crate::model::FastMap;

/// A code list with where it stands, by attribute.
pub(super) type CodeLists = BTreeMap<String, (Located<String>, FastMap<String, String>)>;

/// The members of attributes whose vocabulary is closed.
pub(super) fn closed_vocabulary(attribute: &str) -> Option<&'static [&'static str]> {
    match attribute {
        "direction" => Some(&["import", "export", "transit"]),
        "mode" => Some(&["sea", "air", "road", "rail", "post", "other"]),
        "selection_reason" => Some(&["rule", "random", "officer"]),
        _ => None,
    }
}

/// `[codes.ATTRIBUTE]`.
pub(super) fn codes(root: &Section<'_, '_>) -> CodeLists {
    let Some(section) = root.section("codes") else {
        return CodeLists::new();
    };
    section
        .entries()
        .into_iter()
        .filter_map(|(attribute, value)| {
            let Some(list) = section.inline(&attribute, value) else {
                section.fault(
                    &attribute,
                    "must be a table of source value = our code",
                    None,
                );
                return None;
            };
            let pairs = list
                .text_entries()
                .into_iter()
                .map(|(key, code)| (key.value, code.value));
            let pairs: FastMap<String, String> = pairs.collect();
            Some((attribute.value.clone(), (attribute, pairs)))
        })
        .collect()
}

/// Our side of a code list of a closed vocabulary must be in it.
pub(super) fn check_codes(
    section: &Section<'_, '_>,
    key: &Located<String>,
    codes: Option<&FastMap<String, String>>,
) {
    let (Some(names), Some(codes)) = (closed_vocabulary(&key.value), codes) else {
        return;
    };
    let mut unknown: Vec<&String> = codes
        .values()
        .filter(|code| !names.contains(&code.as_str()))
        .collect();
    unknown.sort();
    for code in unknown {
        let message = format!("`{code}` is not one of: {}", names.join(", "));
        section.fault(key, message, did_you_mean(code, names.iter().copied()));
    }
}
