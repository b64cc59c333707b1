//! Laws that hold for every kind of chart, whatever is in it.

use super::compose::compose;
use super::samples::*;
use super::scene::{Frame, Mark, Scene};
use super::text::Fonts;
use super::theme::{Category, Ink, Step};
use super::*;

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
    for spec in usual().iter().chain(&odd()).chain(&nasty()) {
        for scene in scenes(spec) {
            let frames = text_frames(&scene);
            for (at, (text, frame)) in frames.iter().enumerate() {
                for (other, other_frame) in frames.iter().skip(at + 1) {
                    assert!(
                        !frame.meets(*other_frame),
                        "{text:?} {frame:?} and {other:?} {other_frame:?} in {spec:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn nothing_leaves_the_sheet() {
    for spec in usual().iter().chain(&odd()).chain(&nasty()) {
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
    for spec in usual().iter().chain(&odd()).chain(&nasty()) {
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
        // These say for each member why there is no value.
        let by_member = matches!(
            plot,
            Plot::Ranking { .. }
                | Plot::StackedBars(_)
                | Plot::Intervals(_)
                | Plot::Network(_)
                | Plot::StrategyMap(_)
        );
        let svg = draw_svg(&spec("none", "None", "", plot)).unwrap();
        assert_eq!(svg.contains("Nothing to show"), !by_member);
    }
}

#[test]
fn a_value_twice_as_large_is_a_bar_twice_as_long() {
    let bar = |value: f64| Bar {
        name: "Office".into(),
        value: Some(value),
        label: "x".into(),
        interval: None,
        target: None,
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

/// The rectangles of one ink.
fn rectangles(scene: &Scene, of: Ink) -> Vec<Frame> {
    let rectangle = |mark: &Mark| match mark {
        Mark::Rect { frame, ink, .. } if *ink == of => Some(*frame),
        _ => None,
    };
    scene.marks.iter().filter_map(rectangle).collect()
}

#[test]
fn columns_stand_on_one_zero_line_and_are_as_high_as_their_values() {
    let plot = Plot::Columns(Columns {
        scale: Scale::Count,
        periods: months(3),
        columns: line("Declarations", vec![Some(900.0), Some(1000.0), Some(950.0)]),
        targets: None,
    });
    let scene = scenes(&spec("columns", "Columns", "", plot))[0].clone();
    let mut frames = rectangles(&scene, Ink::Bar);
    frames.extend(rectangles(&scene, Ink::Accent));
    assert_eq!(frames.len(), 3);
    let height = |frame: &Frame| frame.bottom - frame.top;
    assert!(
        frames
            .iter()
            .all(|frame| (frame.bottom - frames[0].bottom).abs() < 1e-6)
    );
    assert!((height(&frames[0]) / height(&frames[1]) - 0.9).abs() < 1e-6);
}

#[test]
fn the_slices_of_a_bar_touch_and_begin_at_zero() {
    let part = |name: &str, value: f64| Part {
        name: name.to_owned(),
        values: vec![Some(value)],
        role: Role::Named(name.to_owned()),
    };
    let plot = Plot::StackedBars(StackedBars {
        scale: Scale::Share,
        bars: vec![("Alat".to_owned(), "customs 25 %".to_owned())],
        parts: vec![part("customs", 0.25), part("closed", 0.75)],
    });
    let scene = scenes(&spec("bars", "Bars", "", plot))[0].clone();
    // The first rectangle of an ink is its sample in the key.
    let customs = rectangles(&scene, Ink::Category(Category::Blue))[1];
    let closed = rectangles(&scene, Ink::Context)[1];
    assert!((closed.left - customs.right - 1.0).abs() < 1e-6);
    let (whole, part) = (closed.right - customs.left, customs.right - customs.left);
    assert!((part / whole - 0.25).abs() < 1e-6);
}

#[test]
fn a_cell_that_may_not_be_shown_is_hatched_and_a_missing_one_is_a_gap() {
    let plot = Plot::HeatMap(HeatMap {
        scale: Scale::Number,
        column_title: "Hour".into(),
        columns: vec!["0".into(), "1".into(), "2".into()],
        rows: vec![(
            "Monday".into(),
            vec![
                HeatCell::Value(4.0),
                HeatCell::Suppressed,
                HeatCell::Missing,
            ],
        )],
        hatched: "fewer than 5".into(),
    });
    let scene = scenes(&spec("heat", "Heat", "", plot))[0].clone();
    let cells: Vec<Frame> = Step::ALL
        .into_iter()
        .flat_map(|step| rectangles(&scene, Ink::Sequence(step)))
        .filter(|frame| frame.right - frame.left > 20.0)
        .collect();
    assert_eq!(cells.len(), 1);
    let hatched = scene.marks.iter().filter(|mark| {
        matches!(mark, Mark::Line { ink: Ink::Axis, points, .. } if points.iter().all(|at| at.1 < cells[0].bottom && at.0 > cells[0].right))
    });
    assert!(hatched.count() > 3);
    assert!(
        text_frames(&scene)
            .iter()
            .any(|(text, _)| text == "fewer than 5")
    );
}

#[test]
fn signals_are_marked_by_shape_and_word() {
    let scene = scenes(&control(24))[0].clone();
    let shapes = scene.marks.iter().filter(
        |mark| matches!(mark, Mark::Area { ink: Ink::Category(_), points, .. } if points.len() < 5),
    );
    // One above a limit, six in a run, and both in the key.
    assert_eq!(shapes.count(), 1 + 6 + 2);
    let words: Vec<String> = text_frames(&scene)
        .into_iter()
        .map(|(text, _)| text)
        .collect();
    assert!(words.contains(&"above the upper limit".to_owned()));
    assert!(words.contains(&"long run on one side of the centre".to_owned()));
    assert!(!words.contains(&"below the lower limit".to_owned()));
}

#[test]
fn a_stay_is_a_vertical_step_and_panels_share_the_distance() {
    let scene = scenes(&journey(true))[0].clone();
    let ways: Vec<Vec<(f64, f64)>> = scene
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
    let [time, cost] = ways.as_slice() else {
        panic!("{} ways", ways.len())
    };
    let xs = |way: &[(f64, f64)]| way.iter().map(|at| at.0).collect::<Vec<_>>();
    assert_eq!(xs(time), xs(cost));
    assert_eq!(time.len(), 12);
    for stop in time.chunks(2) {
        assert!((stop[0].0 - stop[1].0).abs() < 1e-9);
    }
    // Two hours at the second stop, three and a half at the fifth.
    let stay = |at: usize| time[2 * at].1 - time[2 * at + 1].1;
    assert!((stay(4) / stay(1) - 1.75).abs() < 1e-6);
}

#[test]
fn every_place_of_a_network_is_named_with_its_value() {
    for scene in scenes(&network()) {
        let words: Vec<String> = text_frames(&scene)
            .into_iter()
            .map(|(text, _)| text)
            .collect();
        let all = words.join(" ");
        for office in OFFICES {
            assert!(all.replace("- ", "-").contains(office), "{office} in {all}");
        }
    }
}

#[test]
fn strokes_of_a_network_pass_no_word() {
    let scene = scenes(&network())[0].clone();
    let frames = text_frames(&scene);
    for mark in &scene.marks {
        let Mark::Line {
            points,
            ink: Ink::Context,
            ..
        } = mark
        else {
            continue;
        };
        for pair in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            for step in 0..=20 {
                let t = f64::from(step) / 20.0;
                let at = (x0 + t * (x1 - x0), y0 + t * (y1 - y0));
                let hit = frames.iter().find(|(_, frame)| frame.contains(at));
                assert!(hit.is_none(), "{hit:?} is crossed at {at:?}");
            }
        }
    }
}
