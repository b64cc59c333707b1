//! Charts: data first ([`ChartSpec`]), drawn by one theme.
//!
//! A spec is laid out as a scene of marks in pixels (pure geometry), plotters inks the scene as
//! SVG, and resvg turns the same SVG into a PNG. Nothing outside this module knows plotters.

mod axis;
mod bars;
mod classes;
mod columns;
mod compose;
mod control;
mod cumulative;
mod gain;
mod heat;
mod intervals;
mod journey;
mod lattice;
mod legend;
mod multiples;
mod network;
mod parts;
mod png;
mod ranking;
mod scene;
mod spec;
mod spots;
mod stack;
mod strategy;
mod svg;
mod text;
pub mod theme;
mod trend;

#[cfg(test)]
mod gallery;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use png::rasterise_png;
pub use spec::{
    Band, Bar, ChartSpec, Columns, Control, Gain, Goal, HeatCell, HeatMap, Intervals, Journey,
    JourneyPanel, Line, Network, Part, Perspective, Place, Plot, Role, Scale, Signal, StackedBars,
    Standing, StrategyMap,
};
pub use text::{FONT_REGULAR, FONT_REGULAR_WOFF2, FONT_SEMIBOLD, FONT_SEMIBOLD_WOFF2, Face};

/// The width of a chart for a desktop page or a document, in pixels.
pub const WIDTH: f64 = 960.0;
/// The width of a chart for a phone, in pixels.
pub const WIDTH_NARROW: f64 = 400.0;

/// Why a chart could not be drawn. None of these depends on the data: they are bugs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    /// The embedded font can't be read.
    #[error("the embedded font can't be read")]
    Font,
    /// plotters refused to draw, or drew what was not asked for.
    #[error("a chart can't be drawn: {0}")]
    Draw(String),
    /// The SVG can't be turned into pixels.
    #[error("a chart can't be turned into a picture: {0}")]
    Picture(String),
}

/// Draws a chart as an SVG file of its own: light colours on white, [`WIDTH`] pixels wide. The
/// same spec gives the same bytes. A spec without values gives a chart that says so.
pub fn draw_svg(spec: &ChartSpec) -> Result<String, ChartError> {
    draw(spec, WIDTH, svg::Use::File)
}

/// Draws a chart as an SVG element for a page: its colours follow the page's `--cw-…` properties
/// ([`theme::light_variables`], [`theme::dark_variables`]) and are light without them; no ground
/// (the page's must be `--cw-paper`), no margin, no ids, so that any number of charts can stand in
/// one page.
pub fn inline_svg(spec: &ChartSpec) -> Result<String, ChartError> {
    draw(spec, WIDTH, svg::Use::Inline)
}

/// [`inline_svg`] laid out anew for a phone, [`WIDTH_NARROW`] pixels wide.
pub fn inline_svg_narrow(spec: &ChartSpec) -> Result<String, ChartError> {
    draw(spec, WIDTH_NARROW, svg::Use::Inline)
}

fn draw(spec: &ChartSpec, width: f64, use_: svg::Use) -> Result<String, ChartError> {
    let fonts = text::Fonts::embedded()?;
    let scene = compose::compose(spec, &fonts, width);
    svg::write(&scene, (&spec.title, &spec.description), use_)
}
