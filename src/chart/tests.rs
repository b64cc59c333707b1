//! Laws that hold for every kind of chart, whatever is in it.

use super::compose::compose;
use super::scene::{Frame, Mark, Scene};
use super::text::Fonts;
use super::theme::Ink;
use super::*;

fn spec(id: &str, title: &str, subtitle: &str, plot: Plot) -> ChartSpec {
    ChartSpec {
        id: id.to_owned(),
        title: title.to_owned(),
        subtitle: subtitle.to_owned(),
        footer: vec![
            "n = 118 204 declarations, 1 120 still open. From arrival to release, elapsed clock."
                .into(),
            "Source: sample log, frozen 1 April 2025 00:00, Asia/Tashkent.".into(),
        ],
        description: format!("A chart: {title}"),
        plot,
    }
}

fn months(count: u32) -> Vec<String> {
    let month = |at: u32| format!("{}-{:02}", 2023 + (at + 3) / 12, (at + 3) % 12 + 1);
    (0..count).map(month).collect()
}

/// A series with a slope, a season and a little unrest, the same every time.
fn series(count: u32, from: f64, to: f64, seed: f64) -> Vec<Option<f64>> {
    let value = |at: u32| {
        let t = f64::from(at) / f64::from(count.max(2) - 1);
        let unrest =
            (f64::from(at) * 1.7 + seed).sin() * 0.06 + (f64::from(at) * 0.52).cos() * 0.05;
        Some((from + (to - from) * t) * (1.0 + unrest))
    };
    (0..count).map(value).collect()
}

fn line(name: &str, values: Vec<Option<f64>>) -> Line {
    Line {
        name: name.to_owned(),
        values,
    }
}

const H: f64 = 3600.0;

fn trend(count: u32) -> ChartSpec {
    let band = |name: &str, low: f64, high: f64| Band {
        name: name.to_owned(),
        low: series(count, low * H, low * 0.7 * H, 0.3),
        high: series(count, high * H, high * 0.75 * H, 0.9),
    };
    spec(
        "release_time_trend",
        "Half of imports are released within 21 hours, four hours faster than a year ago",
        "Median release time with the middle half and the slowest tenth, all imports, by month of arrival",
        Plot::Trend {
            scale: Scale::Duration,
            periods: months(count),
            bands: vec![band("P25–P90", 14.0, 62.0), band("P25–P75", 14.0, 44.0)],
            lines: vec![line("Median", series(count, 27.0 * H, 21.0 * H, 0.1))],
            target: Some((24.0 * H, "Target 24 h".into())),
        },
    )
}

const CORRIDORS: [&str; 9] = [
    "CAREC 2: Alat – Farap",
    "CAREC 3: Ayritom – Hayraton",
    "CAREC 6: Yallama – Konysbaev",
    "Dustlik – Doʻstlik",
    "Oybek – Fotehobod",
    "Узбекистан – Казахстан через пост «Яллама» (железнодорожный и автомобильный)",
    "Sariosiyo – Bratstvo",
    "Tashkent airport",
    "Other",
];

fn revenue_lines() -> ChartSpec {
    let lines = CORRIDORS.iter().take(5).zip(1_u8..).map(|(name, at)| {
        let n = f64::from(at);
        line(name, series(24, 9.0e11 / n, 1.3e12 / n, n))
    });
    spec(
        "revenue_by_corridor",
        "Revenue grew on every corridor but one",
        "Duties and taxes paid, UZS, by month of payment",
        Plot::Trend {
            scale: Scale::Money,
            periods: months(24),
            bands: vec![],
            lines: lines.collect(),
            target: None,
        },
    )
}

fn gaps() -> ChartSpec {
    let mut values = series(24, 0.88, 0.9, 0.4);
    for at in [3, 9, 10, 11, 13, 23] {
        values[at] = None;
    }
    let mut other = series(24, 0.84, 0.88, 2.4);
    other[20] = None;
    spec(
        "electronic_share",
        "Nearly every declaration is lodged electronically",
        "Share of declarations lodged electronically",
        Plot::Trend {
            scale: Scale::Share,
            periods: months(24),
            bands: vec![],
            lines: vec![line("Yallama", values), line("All offices", other)],
            target: Some((0.9, "Target 90 %".into())),
        },
    )
}

fn ranking() -> ChartSpec {
    let bars = CORRIDORS.iter().zip(1_u8..).map(|(name, at)| {
        let value = 40.0 * H / f64::from(at).powf(0.6);
        let missing = at == 8;
        Bar {
            name: (*name).to_owned(),
            value: (!missing).then_some(value),
            label: if missing {
                "fewer than 5 declarations".into()
            } else {
                crate::model::format_duration(value)
            },
            interval: (!missing).then_some((value * 0.9, value * 1.14)),
        }
    });
    spec(
        "release_time_by_corridor",
        "Alat takes three times as long as the fastest corridor",
        "Median release time by corridor, imports, March 2025; whiskers: 95 % interval",
        Plot::Ranking {
            scale: Scale::Duration,
            bars: bars.collect(),
            reference: Some((21.0 * H, "All corridors 21 h 00 min".into())),
        },
    )
}

fn growth() -> ChartSpec {
    let values = [0.182, 0.121, 0.04, 0.0, -0.023, -0.094];
    let bars = CORRIDORS.iter().zip(values).map(|(name, value)| Bar {
        name: (*name).to_owned(),
        value: Some(value),
        label: format!("{:+.1} %", value * 100.0).replace('-', "−"),
        interval: None,
    });
    spec(
        "revenue_growth",
        "Revenue fell on two corridors",
        "Change of duties and taxes paid against March 2024",
        Plot::Ranking {
            scale: Scale::Share,
            bars: bars.collect(),
            reference: None,
        },
    )
}

fn stack(count: u32) -> ChartSpec {
    let part = |name: &str, from: f64, to: f64| Part {
        name: name.to_owned(),
        role: name.to_owned(),
        shares: series(count, from, to, from)
            .into_iter()
            .enumerate()
            .map(|(at, v)| v.filter(|_| at != 6))
            .collect(),
    };
    let mut parts = vec![
        part("green", 0.52, 0.66),
        part("yellow", 0.26, 0.2),
        part("blue", 0.02, 0.015),
        part("orange", 0.03, 0.02),
        part("red", 0.17, 0.105),
    ];
    for at in 0..count as usize {
        let sum: f64 = parts.iter().filter_map(|part| part.shares[at]).sum();
        for part in &mut parts {
            part.shares[at] = part.shares[at].map(|share| share / sum);
        }
    }
    spec(
        "lanes",
        "Two in three declarations take the green lane",
        "Lane of declarations at selection, all regimes, by month of registration",
        Plot::Stack {
            periods: months(count),
            parts,
        },
    )
}

fn cumulative() -> ChartSpec {
    let at_s: Vec<f64> = (0..=120)
        .map(|at| (f64::from(at) / 120.0 * 6.6).exp_m1() * H)
        .collect();
    let curve = |name: &str, median: f64, most: f64| {
        let share = |at: &f64| {
            let z = ((at / H).max(0.01) / median).ln() / 0.9;
            Some(most / (1.0 + (-1.7 * z).exp()))
        };
        line(name, at_s.iter().map(share).collect())
    };
    let lines = vec![
        curve("Lodged", 3.0, 0.996),
        curve("Registered", 4.0, 0.995),
        curve("Assessed", 9.0, 0.984),
        curve("Paid", 14.0, 0.979),
        curve("Released", 19.0, 0.971),
        curve("Exited", 29.0, 0.94),
    ];
    spec(
        "milestones",
        "Half of all declarations are released 19 hours after arrival",
        "Cumulative share of declarations that reached each milestone, by time since arrival",
        Plot::Cumulative { at_s, lines },
    )
}

fn multiples(count: usize) -> ChartSpec {
    let panels = (0..count).map(|at| {
        let n = at as f64;
        let mut values = series(24, (40.0 - 3.0 * n).max(4.0) * H, 18.0 * H, n);
        if at == 4 {
            values[10..20].fill(None);
        }
        if at == 7 {
            values.fill(None);
        }
        line(
            CORRIDORS.get(at).copied().unwrap_or("Ташкент-товарная"),
            values,
        )
    });
    spec(
        "release_time_by_corridor_over_time",
        "Is every corridor getting faster?",
        "Median release time by corridor, hours since arrival, same axes",
        Plot::SmallMultiples {
            scale: Scale::Duration,
            periods: months(24),
            panels: panels.collect(),
        },
    )
}

/// Charts as a report has them.
fn usual() -> Vec<ChartSpec> {
    vec![
        trend(24),
        revenue_lines(),
        gaps(),
        ranking(),
        growth(),
        stack(24),
        cumulative(),
        multiples(9),
    ]
}

/// One plot of each kind from the same raw values.
fn of_each_kind(
    values: &[Option<f64>],
    periods: &[String],
    names: &[&str],
    scale: Scale,
) -> Vec<Plot> {
    let lines: Vec<Line> = names
        .iter()
        .map(|name| line(name, values.to_vec()))
        .collect();
    let bar = |name: &&str| Bar {
        name: (*name).to_owned(),
        value: values.first().copied().flatten(),
        label: (*name).to_owned(),
        interval: values
            .first()
            .copied()
            .flatten()
            .map(|value| (value * 0.5, value * 1.5)),
    };
    let part = |name: &&str| Part {
        name: (*name).to_owned(),
        shares: values.to_vec(),
        role: (*name).to_owned(),
    };
    let target = values
        .first()
        .copied()
        .flatten()
        .map(|value| (value, "Target 24 h ".repeat(9)));
    vec![
        Plot::Trend {
            scale,
            periods: periods.to_vec(),
            bands: vec![Band {
                name: "P25–P75".into(),
                low: values.to_vec(),
                high: values.to_vec(),
            }],
            lines: lines.clone(),
            target: target.clone(),
        },
        Plot::Ranking {
            scale,
            bars: names.iter().map(bar).collect(),
            reference: target,
        },
        Plot::Stack {
            periods: periods.to_vec(),
            parts: names.iter().map(part).collect(),
        },
        Plot::Cumulative {
            at_s: (0..values.len()).map(|at| at as f64 * 7200.0).collect(),
            lines: lines.clone(),
        },
        Plot::SmallMultiples {
            scale,
            periods: periods.to_vec(),
            panels: lines,
        },
    ]
}

/// Charts that nobody would draw by hand.
fn odd() -> Vec<ChartSpec> {
    const HOSTILE: &str = "<script>alert('\u{202e}1')</script> & \"\u{0}\u{1b}[31m\n\r\t]]>";
    let long = "Шаҳрисабз тумани божхона пости ва Қашқадарё вилояти божхона бошқармаси ".repeat(4);
    let unbroken = "Щ".repeat(300);
    let value_sets: [&[Option<f64>]; 8] = [
        &[],
        &[None],
        &[Some(0.0)],
        &[Some(1.0)],
        &[
            Some(-3.0),
            Some(4.0),
            None,
            Some(f64::NAN),
            Some(f64::INFINITY),
        ],
        &[Some(f64::MAX), Some(f64::MIN)],
        &[Some(1e15), Some(2.5e15), Some(1e-9)],
        &[None, None, Some(86_400.0), None],
    ];
    let many = ["one"; 30];
    let name_sets: [&[&str]; 5] = [&[], &["One"], &[HOSTILE, ""], &[&long, &unbroken], &many];
    let mut specs = Vec::new();
    for values in value_sets {
        for names in name_sets {
            for scale in [Scale::Duration, Scale::Money] {
                let periods: Vec<String> = match names.len() {
                    1 => (2020..)
                        .take(values.len())
                        .map(|year| year.to_string())
                        .collect(),
                    2 => (0..values.len()).map(|_| long.clone()).collect(),
                    _ => months(u32::try_from(values.len()).unwrap()),
                };
                for plot in of_each_kind(values, &periods, names, scale) {
                    let title = names.first().copied().unwrap_or("");
                    specs.push(spec("odd", title, &long, plot));
                }
            }
        }
    }
    specs
}

fn scenes(spec: &ChartSpec) -> [Scene; 2] {
    let fonts = Fonts::embedded().unwrap();
    [
        compose(spec, &fonts, WIDTH),
        compose(spec, &fonts, WIDTH_NARROW),
    ]
}

fn text_frames(scene: &Scene) -> Vec<(String, Frame)> {
    let fonts = Fonts::embedded().unwrap();
    let text = |mark: &Mark| match mark {
        Mark::Text(label) => Some((label.text.clone(), label.frame(&fonts))),
        _ => None,
    };
    scene.marks.iter().filter_map(text).collect()
}

#[test]
fn no_text_overlaps_another() {
    for spec in usual().iter().chain(&odd()) {
        for scene in scenes(spec) {
            let frames = text_frames(&scene);
            for (at, (text, frame)) in frames.iter().enumerate() {
                for (other, other_frame) in frames.iter().skip(at + 1) {
                    assert!(
                        !frame.overlaps(*other_frame),
                        "{text:?} {frame:?} and {other:?} {other_frame:?} in {spec:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn nothing_leaves_the_sheet() {
    for spec in usual().iter().chain(&odd()) {
        for scene in scenes(spec) {
            let sheet = Frame {
                left: 0.0,
                top: 0.0,
                right: scene.width,
                bottom: scene.height,
            };
            for (text, frame) in text_frames(&scene) {
                let corners = [(frame.left, frame.top), (frame.right, frame.bottom)];
                assert!(
                    corners.iter().all(|&at| sheet.contains(at)),
                    "{text:?} {frame:?} {spec:?}"
                );
            }
            for mark in &scene.marks {
                let points: Vec<(f64, f64)> = match mark {
                    Mark::Line { points, .. } | Mark::Area { points, .. } => points.clone(),
                    Mark::Rect { frame, .. } => {
                        vec![(frame.left, frame.top), (frame.right, frame.bottom)]
                    }
                    Mark::Dot { at, .. } => vec![*at],
                    Mark::Text(_) => vec![],
                };
                for at in points {
                    assert!(sheet.contains(at), "{mark:?} leaves {sheet:?} in {spec:?}");
                }
            }
        }
    }
}

#[test]
fn text_is_never_smaller_than_twelve_pixels() {
    for spec in usual() {
        for scene in scenes(&spec) {
            assert!(scene.marks.iter().all(|mark| match mark {
                Mark::Text(label) => label.face.size >= 12.0,
                _ => true,
            }));
        }
    }
}

#[test]
fn every_chart_is_well_formed_and_carries_no_markup_from_data() {
    for spec in usual().iter().chain(&odd()) {
        for svg in [draw_svg(spec), inline_svg(spec), inline_svg_narrow(spec)] {
            let svg = svg.unwrap();
            let tree = resvg::usvg::roxmltree::Document::parse(&svg).unwrap();
            let known = [
                "svg", "title", "desc", "g", "rect", "circle", "polyline", "polygon", "text",
            ];
            for node in tree
                .descendants()
                .filter(resvg::usvg::roxmltree::Node::is_element)
            {
                assert!(
                    known.contains(&node.tag_name().name()),
                    "{}",
                    node.tag_name().name()
                );
                assert_eq!(node.attribute("id"), None);
            }
            assert!(!svg.contains("script>"));
            assert!(!svg.contains(['\u{202e}', '\u{0}', '\u{1b}', '\r', '\t']));
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}

#[test]
fn the_same_spec_gives_the_same_bytes() {
    for spec in usual() {
        let svg = draw_svg(&spec).unwrap();
        assert_eq!(svg, draw_svg(&spec).unwrap());
        assert_eq!(rasterise_png(&svg, 1.0), rasterise_png(&svg, 1.0));
    }
}

#[test]
fn a_file_has_literal_colours_and_a_page_has_properties_with_light_ones_behind() {
    let file = draw_svg(&trend(24)).unwrap();
    assert!(!file.contains("var(") && file.contains("<rect width=\"100%\""));
    let inline = inline_svg(&trend(24)).unwrap();
    assert!(inline.contains("stroke=\"var(--cw-accent,#0070b0)\""));
    assert!(!inline.contains("100%\" height"));
}

#[test]
fn a_picture_shows_the_embedded_font_at_the_size_asked_for() {
    let svg = draw_svg(&ranking()).unwrap();
    let png = rasterise_png(&svg, 2.0).unwrap();
    let pixels = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
    assert_eq!(pixels.width(), 1920);
    // Ink where the title stands: without a font there would be paper only.
    let [_, red, green, blue] = Ink::Text.shade().light.to_be_bytes();
    let is_ink = |x: u32, y: u32| {
        pixels
            .pixel(x, y)
            .is_some_and(|p| (p.red(), p.green(), p.blue()) == (red, green, blue))
    };
    let inked = (40..90)
        .flat_map(|y| (40..900).map(move |x| (x, y)))
        .filter(|&(x, y)| is_ink(x, y));
    assert!(inked.count() > 500);
    assert!(rasterise_png("<p>", 1.0).is_err());
    assert!(rasterise_png(&svg, 1e6).is_err());
}

/// Every line, band edge and bar is drawn at its value: a trend's points against its own axis.
#[test]
fn a_chart_without_values_says_so() {
    for plot in of_each_kind(&[None], &months(1), &["One"], Scale::Count) {
        let is_ranking = matches!(plot, Plot::Ranking { .. });
        let svg = draw_svg(&spec("none", "None", "", plot)).unwrap();
        assert_eq!(svg.contains("Nothing to show"), !is_ranking);
    }
}

#[test]
fn a_value_twice_as_large_is_a_bar_twice_as_long() {
    let bar = |value: f64| Bar {
        name: "Office".into(),
        value: Some(value),
        label: "x".into(),
        interval: None,
    };
    let plot = Plot::Ranking {
        scale: Scale::Count,
        bars: vec![bar(8.0), bar(4.0)],
        reference: None,
    };
    let scene = scenes(&spec("two", "Two", "", plot))[0].clone();
    let lengths: Vec<f64> = scene
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Rect {
                frame,
                ink: Ink::Bar,
                ..
            } => Some(frame.right - frame.left),
            _ => None,
        })
        .collect();
    assert_eq!(lengths.len(), 2);
    assert!((lengths[0] - 2.0 * lengths[1]).abs() < 1e-6);
}

#[test]
fn a_line_stands_at_its_values_and_breaks_at_gaps() {
    let values = vec![Some(0.0), Some(1.0), None, Some(0.5), Some(0.5)];
    let plot = Plot::Trend {
        scale: Scale::Share,
        periods: months(5),
        bands: vec![],
        lines: vec![line("Share", values)],
        target: None,
    };
    let scene = scenes(&spec("gap", "Gap", "", plot))[0].clone();
    let lines: Vec<Vec<(f64, f64)>> = scene
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Line {
                points,
                ink: Ink::Accent,
                ..
            } => Some(points.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(lines.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    let (bottom, top, middle) = (lines[0][0].1, lines[0][1].1, lines[1][0].1);
    assert!(bottom > top && (middle - f64::midpoint(bottom, top)).abs() < 1e-6);
}

/// Draws the usual charts into the folder `CHART_GALLERY`, to be looked at:
/// `CHART_GALLERY=folder cargo test --release --lib gallery -- --ignored`.
#[test]
#[ignore = "writes pictures for people to look at"]
#[expect(
    clippy::disallowed_methods,
    reason = "a gallery for the eye, not an output"
)]
fn gallery() {
    let folder = std::path::PathBuf::from(std::env::var_os("CHART_GALLERY").unwrap());
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
    let mut few = stack(2);
    few.id = "stack_of_2".into();
    let mut two = multiples(2);
    two.id = "multiples_of_2".into();
    let mut many = multiples(14);
    many.id = "multiples_of_14".into();
    specs.extend([few, two, many]);
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
        std::fs::write(folder.join(format!("{}.svg", spec.id)), &svg).unwrap();
        let png = rasterise_png(&svg, 1.5).unwrap();
        std::fs::write(folder.join(format!("{}.png", spec.id)), png).unwrap();
        let [wide, narrow] = [inline_svg(spec).unwrap(), inline_svg_narrow(spec).unwrap()];
        page = page + "<div class=w>" + &wide + "</div><div class=n>" + &narrow + "</div>";
    }
    std::fs::write(folder.join("index.html"), page + "</main></html>").unwrap();
    assert!(folder.join("index.html").exists());
}
