//! SVG to PNG, with the embedded fonts and no others, so that every machine gives the same bytes.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};

use super::ChartError;
use super::text::{FONT_REGULAR, FONT_SEMIBOLD};

/// The family that stands for any the embedded font can't serve.
const FAMILY: &str = "Clearway Sans";

/// Draws an SVG made by [`super::draw_svg`] as a PNG, `scale` times its size in pixels (2 for a
/// sharp picture in a document). Fails for what is no SVG, and for a scale that leaves no pixel
/// or more than memory holds.
pub fn rasterise_png(svg: &str, scale: f32) -> Result<Vec<u8>, ChartError> {
    let picture = |what: &dyn std::fmt::Display| ChartError::Picture(what.to_string());
    let mut fonts = Database::new();
    fonts.load_font_data(FONT_REGULAR.to_vec());
    fonts.load_font_data(FONT_SEMIBOLD.to_vec());
    fonts.set_sans_serif_family(FAMILY);
    let options = Options {
        font_family: FAMILY.to_owned(),
        fontdb: Arc::new(fonts),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| picture(&error))?;
    let size = tree
        .size()
        .to_int_size()
        .scale_by(scale)
        .filter(|size| u64::from(size.width()) * u64::from(size.height()) < 1 << 28)
        .ok_or_else(|| picture(&format_args!("no picture at scale {scale}")))?;
    let mut pixels = Pixmap::new(size.width(), size.height())
        .ok_or_else(|| picture(&format_args!("no picture at scale {scale}")))?;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixels.as_mut(),
    );
    pixels.encode_png().map_err(|error| picture(&error))
}
