//! Scene to SVG.
//!
//! plotters inks the scene. Its SVG backend knows whole pixels and literal colours only, so the
//! scene is drawn ten times enlarged, and what comes back is translated, element by element: to
//! tenths of a pixel, and on request to colours that follow the page.

use std::fmt::Write as _;

use plotters::coord::Shift;
use plotters::prelude::{
    Circle, Color as _, DrawingArea, DrawingBackend, FontDesc, FontFamily, FontStyle,
    IntoDrawingArea as _, PathElement, Polygon, RGBAColor, RGBColor, Rectangle, SVGBackend,
    ShapeStyle, Text, TextStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::ChartError;
use super::compose::MARGIN;
use super::scene::{Align, Label, Mark, Scene};
use super::spots::Spot;
use super::text::{clean, escape};
use super::theme::{FONT_FAMILY, Ink};

/// How much larger the scene is drawn by plotters.
const ENLARGED: f64 = 10.0;
/// plotters' SVG backend divides font sizes by this to match its other backends.
const FONT_RATIO: f64 = 1.24;

/// What an SVG is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A file of its own: light colours on white paper, with a margin.
    File,
    /// Part of a page: the page's colours and ground, no margin.
    Inline,
}

/// Writes a scene as one SVG element, with the title and description that screen readers read.
pub(super) fn write(
    scene: &Scene,
    (title, description): (&str, &str),
    use_: Use,
) -> Result<String, ChartError> {
    let inset = if use_ == Use::Inline {
        MARGIN - 2.0
    } else {
        0.0
    };
    let (width, height) = (scene.width - 2.0 * inset, scene.height - 2.0 * inset);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" \
         viewBox=\"{inset} {inset} {width} {height}\" font-family=\"{FONT_FAMILY}\">\n\
         <title>{}</title>\n",
        escape(&clean(title))
    );
    let description = escape(&clean(description));
    if !description.is_empty() {
        svg = svg + "<desc>" + &description + "</desc>\n";
    }
    if use_ == Use::File {
        let paper = colour(Ink::Paper, use_);
        svg = svg + "<rect width=\"100%\" height=\"100%\" fill=\"" + &paper + "\"/>\n";
    }
    svg.push_str("<g stroke-linejoin=\"round\" stroke-linecap=\"round\">\n");
    translate(&ink(scene)?, use_, &mut svg)?;
    svg.push_str("</g>\n");
    if use_ == Use::Inline {
        spots(scene, &mut svg);
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// Invisible fields with their words, which a browser shows over them.
fn spots(scene: &Scene, svg: &mut String) {
    if scene.spots.is_empty() {
        return;
    }
    svg.push_str("<g fill=\"none\" pointer-events=\"all\">\n");
    for Spot { frame, words } in &scene.spots {
        let [left, top] = [frame.left, frame.top].map(f64::round);
        let width = (frame.right - left).round().max(1.0);
        let height = (frame.bottom - top).round().max(1.0);
        // Writing to a string can't fail.
        let _ = writeln!(
            svg,
            "<rect class=\"spot\" x=\"{left}\" y=\"{top}\" width=\"{width}\" \
             height=\"{height}\"><title>{}</title></rect>",
            escape(words)
        );
    }
    svg.push_str("</g>\n");
}

/// The scene as plotters draws it, enlarged.
fn ink(scene: &Scene) -> Result<String, ChartError> {
    let mut raw = String::new();
    let size = (
        tenths(scene.width).unsigned_abs(),
        tenths(scene.height).unsigned_abs(),
    );
    let area = SVGBackend::with_string(&mut raw, size).into_drawing_area();
    for mark in &scene.marks {
        draw(&area, mark).map_err(|error| ChartError::Draw(error.to_string()))?;
    }
    area.present()
        .map_err(|error| ChartError::Draw(error.to_string()))?;
    drop(area);
    Ok(raw)
}

type Drawn<DB> =
    Result<(), plotters::drawing::DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

fn draw<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, mark: &Mark) -> Drawn<DB> {
    let at = |&(x, y): &(f64, f64)| (tenths(x), tenths(y));
    match mark {
        Mark::Line { points, ink, width } => {
            let points: Vec<_> = points.iter().map(at).collect();
            area.draw(&PathElement::new(points, stroke(*ink, *width)))
        }
        Mark::Area {
            points,
            ink,
            opacity,
        } => {
            let points: Vec<_> = points.iter().map(at).collect();
            area.draw(&Polygon::new(points, fill(*ink, *opacity)))
        }
        Mark::Rect {
            frame,
            ink,
            opacity,
        } => {
            let corners = [
                at(&(frame.left, frame.top)),
                at(&(frame.right, frame.bottom)),
            ];
            area.draw(&Rectangle::new(corners, fill(*ink, *opacity)))
        }
        Mark::Dot {
            at: centre,
            radius,
            ink,
        } => area.draw(&Circle::new(at(centre), tenths(*radius), fill(*ink, 1.0))),
        Mark::Text(label) => {
            let style = text_style(label);
            area.draw(&Text::new(
                label.text.as_str(),
                at(&(label.x, label.y)),
                style,
            ))
        }
    }
}

fn rgb(ink: Ink) -> RGBColor {
    let [_, red, green, blue] = ink.shade().light.to_be_bytes();
    RGBColor(red, green, blue)
}

fn fill(ink: Ink, opacity: f64) -> ShapeStyle {
    let RGBColor(red, green, blue) = rgb(ink);
    ShapeStyle {
        color: RGBAColor(red, green, blue, opacity),
        filled: true,
        stroke_width: 0,
    }
}

fn stroke(ink: Ink, width: f64) -> ShapeStyle {
    let width = tenths(width).unsigned_abs();
    ShapeStyle {
        filled: false,
        stroke_width: width,
        ..fill(ink, 1.0)
    }
}

/// The anchor's height is the baseline; the translation drops what plotters adds to it.
fn text_style(label: &Label) -> TextStyle<'static> {
    let style = if label.face.bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    let size = label.face.size * ENLARGED * FONT_RATIO;
    let align = match label.align {
        Align::Left => HPos::Left,
        Align::Centre => HPos::Center,
        Align::Right => HPos::Right,
    };
    let font = FontDesc::new(FontFamily::SansSerif, size, style);
    let (color, pos) = (
        rgb(label.ink).to_backend_color(),
        Pos::new(align, VPos::Bottom),
    );
    TextStyle {
        color,
        pos,
        ..TextStyle::from(font)
    }
}

/// Pixels to tenths of a pixel; what is no number, or far outside any page, becomes 0 or the edge
/// of what plotters can hold.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is what is wanted"
)]
fn tenths(pixels: f64) -> i32 {
    (pixels * ENLARGED).round().clamp(-1e8, 1e8) as i32
}

/// A colour as an attribute's value.
fn colour(ink: Ink, use_: Use) -> String {
    let shade = ink.shade();
    match use_ {
        Use::File => format!("#{:06x}", shade.light),
        Use::Inline => format!("var({},#{:06x})", shade.variable, shade.light),
    }
}

/// An opening tag as plotters writes it: one per line, attributes in double quotes.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Tag<'a> {
    /// `None` for closing tags and text.
    fn parse(line: &'a str) -> Option<Self> {
        let inner = line.strip_prefix('<')?.strip_suffix('>')?;
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let (name, mut rest) = inner.split_once(' ')?;
        let mut attributes = Vec::new();
        while let Some((key, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"')?;
            attributes.push((key.trim_start(), value));
            rest = after;
        }
        Some(Self { name, attributes })
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.attributes
            .iter()
            .find(|(name, _)| *name == key)
            .map(|&(_, value)| value)
    }
}

fn unexpected(line: &str) -> ChartError {
    ChartError::Draw(format!("unexpected SVG from plotters: {line}"))
}

/// Rewrites plotters' elements; text follows its tag on a line of its own.
fn translate(raw: &str, use_: Use, svg: &mut String) -> Result<(), ChartError> {
    let mut lines = raw.lines();
    while let Some(line) = lines.next() {
        let Some(tag) = Tag::parse(line).filter(|tag| tag.name != "svg") else {
            continue;
        };
        element(&tag, use_, svg).ok_or_else(|| unexpected(line))?;
        if tag.name == "text" {
            let text = lines.next().ok_or_else(|| unexpected(line))?;
            *svg = std::mem::take(svg) + ">" + text + "</text>\n";
        } else {
            svg.push_str("/>\n");
        }
    }
    Ok(())
}

/// Writes a tag up to, not including, its end. `None` for what plotters was not asked to draw.
fn element(tag: &Tag<'_>, use_: Use, svg: &mut String) -> Option<()> {
    svg.push('<');
    svg.push_str(tag.name);
    let lengths: &[&str] = match tag.name {
        "rect" => &["x", "y", "width", "height"],
        "circle" => &["cx", "cy", "r"],
        "text" => &["x", "y", "font-size"],
        "polyline" => &["stroke-width"],
        "polygon" => &[],
        _ => return None,
    };
    for key in lengths {
        attribute(svg, key, &shrunk(tag.get(key)?)?);
    }
    if let Some(points) = tag.get("points") {
        let pairs = points.split_ascii_whitespace().map(|pair| {
            let (x, y) = pair.split_once(',')?;
            Some(format!("{},{}", shrunk(x)?, shrunk(y)?))
        });
        attribute(svg, "points", &pairs.collect::<Option<Vec<_>>>()?.join(" "));
    }
    if let Some(anchor) = tag.get("text-anchor").filter(|anchor| *anchor != "start") {
        attribute(svg, "text-anchor", anchor);
    }
    if tag.get("font-weight").is_some() {
        attribute(svg, "font-weight", "600");
    }
    for key in ["fill", "stroke"] {
        match tag.get(key) {
            // Without a stroke is the rule, without a fill the exception.
            Some("none") if key == "fill" => attribute(svg, key, "none"),
            Some("none") | None => {}
            Some(hex) => {
                let rgb = u32::from_str_radix(hex.strip_prefix('#')?, 16).ok()?;
                attribute(svg, key, &colour(Ink::of_light(rgb)?, use_));
            }
        }
    }
    if let Some(opacity) = tag.get("opacity").filter(|opacity| *opacity != "1") {
        attribute(svg, "opacity", opacity);
    }
    Some(())
}

fn attribute(svg: &mut String, key: &str, value: &str) {
    // Writing to a string can't fail.
    let _ = write!(svg, " {key}=\"{value}\"");
}

/// An enlarged number at its true size, with at most two decimals.
fn shrunk(number: &str) -> Option<String> {
    let hundredths = (number.parse::<f64>().ok()? / ENLARGED * 100.0).round();
    Some((hundredths / 100.0 + 0.0).to_string())
}
