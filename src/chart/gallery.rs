//! The sample charts as pictures and as a page, for people to look at.

use super::samples::*;
use super::{Plot, draw_svg, inline_svg, inline_svg_narrow, rasterise_png, theme};

/// Draws the usual and the unusual charts in every form. With the variable `CHART_GALLERY` they are
/// also left in that folder, to be looked at:
/// `CHART_GALLERY=folder cargo test --release --lib gallery`.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a gallery for the eye, not an output"
)]
fn every_sample_of_the_gallery_draws_in_every_form() {
    let folder = std::env::var_os("CHART_GALLERY").map(std::path::PathBuf::from);
    let leave = |name: &str, bytes: &[u8]| {
        if let Some(folder) = &folder {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    };
    let mut specs = usual();
    specs.extend(
        [1, 2, 5]
            .map(trend)
            .into_iter()
            .zip(1..)
            .map(|(mut spec, at)| {
                spec.id = format!("trend_of_{at}");
                spec
            }),
    );
    let mut spaghetti = revenue_lines();
    spaghetti.id = "many_lines".into();
    if let Plot::Trend { lines, .. } = &mut spaghetti.plot {
        for (name, at) in CORRIDORS.iter().skip(5).zip(6_u8..) {
            lines.push(line(
                name,
                series(24, 9.0e11 / f64::from(at), 1.1e12 / f64::from(at), 0.3),
            ));
        }
    }
    let mut mixed = growth();
    mixed.id = "growth_with_a_gap".into();
    if let Plot::Ranking { bars, .. } = &mut mixed.plot {
        bars[2].value = None;
        bars[2].label = "not measurable: no revenue in March 2024".into();
        bars[1].label = "a very long label ".repeat(30);
    }
    specs.extend([spaghetti, mixed]);
    let mut few = stack(2);
    few.id = "stack_of_2".into();
    let mut two = multiples(2);
    two.id = "multiples_of_2".into();
    let mut many = multiples(14);
    many.id = "multiples_of_14".into();
    specs.extend([few, two, many]);
    specs.extend(nasty());
    let mut page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Gallery</title><meta name=viewport \
         content='width=device-width'><style>:root{{color-scheme:light dark;{}}}@media \
         (prefers-color-scheme:dark){{:root{{{}}}}}body{{background:var(--cw-paper);color:var(--cw-text);\
         margin:16px auto;max-width:960px}}svg{{display:block;margin-bottom:48px;width:100%}}.n{{display:none}}\
         @media(max-width:600px){{.n{{display:block}}.w{{display:none}}}}</style><main><h1>Gallery</h1>",
        theme::light_variables(),
        theme::dark_variables()
    );
    for spec in &specs {
        let svg = draw_svg(spec).unwrap();
        leave(&format!("{}.svg", spec.id), svg.as_bytes());
        let png = rasterise_png(&svg, 1.0).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "{}", spec.id);
        leave(&format!("{}.png", spec.id), &png);
        let [wide, narrow] = [inline_svg(spec).unwrap(), inline_svg_narrow(spec).unwrap()];
        assert!(
            wide.contains("<title>") && narrow.contains("<title>"),
            "{}",
            spec.id
        );
        page = page + "<div class=w>" + &wide + "</div><div class=n>" + &narrow + "</div>";
    }
    leave("index.html", (page + "</main></html>").as_bytes());
}
