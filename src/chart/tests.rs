//! Laws that hold for every kind of chart, whatever is in it.

use super::compose::compose;
use super::samples::*;
use super::scene::{Frame, Mark, Scene};
use super::text::Fonts;
use super::theme::Ink;
use super::*;

fn scenes(spec: &ChartSpec) -> [Scene; 2] {
    let fonts = Fonts::embedded().unwrap();
    [
        compose(spec, &fonts, WIDTH),
        compose(spec, &fonts, WIDTH_NARROW),
    ]
}

fn overlap(a: Frame, b: Frame) -> bool {
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
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
                        !overlap(*frame, *other_frame),
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
