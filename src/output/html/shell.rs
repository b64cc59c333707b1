//! What every page has: head, style, script.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::site::Site;
use crate::chart::{self, theme};
use crate::language::Language;
use crate::report::Report;

/// The pages' look; colours come from the charts' theme, so that page and charts agree.
const STYLE: &str = include_str!("../assets/style.css");
/// Sorting and filtering of tables, values of charts, folded parts that a link leads to.
const SCRIPT: &str = include_str!("../assets/script.js");

/// A whole page.
pub(super) fn page(
    report: &Report,
    (title, site): (&str, Site<'_>),
    contents: &Markup,
    body: &Markup,
) -> String {
    let head = &report.head;
    let page = html! {
        (DOCTYPE)
        html lang=(head.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(head.versions);
                title { (title) }
                style { (PreEscaped(style())) }
            }
            body {
                a.skip href="#month" { (site.text("page.skip")) }
                div.layout {
                    (contents)
                    main { (body) }
                }
                script { (PreEscaped(script(site.language))) }
            }
        }
    };
    page.into_string()
}

/// The heading of a section, with a link that can be copied.
pub(super) fn heading(id: &str, title: &str, site: Site<'_>) -> Markup {
    html! {
        h2 {
            (title) " "
            a.anchor href={ "#" (id) } aria-label=(site.text("page.anchor")) { "#" }
        }
    }
}

/// The script with its phrases in the language of the page.
fn script(language: &Language) -> String {
    let phrase = |name: &str, key: &str| (name.to_owned(), language.text(key).into());
    let words = [
        phrase("sort", "page.sort"),
        phrase("filter", "page.filter"),
        phrase("rows", "page.rows"),
        phrase("values", "page.values"),
    ];
    let words = serde_json::Value::Object(words.into_iter().collect()).to_string();
    // A text with `</script` could end the element: no language file has one, and JSON text may
    // escape the slash.
    let words = words.replace('/', "\\/");
    format!("\"use strict\";\nconst words = {words};\n{SCRIPT}")
}

/// Fonts, the colours of both schemes, and the rules. Paper takes the light colours.
fn style() -> String {
    let fonts = [
        (400, chart::FONT_REGULAR_WOFF2),
        (600, chart::FONT_SEMIBOLD_WOFF2),
    ];
    let mut css = String::new();
    // Writing to a string can't fail.
    for (weight, font) in fonts {
        let _ = writeln!(
            css,
            "@font-face{{font-family:'Clearway Sans';font-weight:{weight};font-display:swap;\
             src:url(data:font/woff2;base64,{}) format('woff2')}}",
            BASE64.encode(font)
        );
    }
    let _ = writeln!(
        css,
        ":root{{{}--family:{}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}",
        theme::light_variables(),
        theme::FONT_FAMILY,
        theme::dark_variables()
    );
    css.push_str(STYLE);
    css
}
