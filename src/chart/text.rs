//! Text before it is drawn: made harmless, measured, wrapped, and labels kept apart.

use ab_glyph::{Font as _, FontRef};

use super::ChartError;

/// The embedded font, weight 400.
pub const FONT_REGULAR: &[u8] = include_bytes!("fonts/ClearwaySans-Regular.otf");
/// The embedded font, weight 600.
pub const FONT_SEMIBOLD: &[u8] = include_bytes!("fonts/ClearwaySans-SemiBold.otf");
/// The embedded font as WOFF2 for a page, weight 400.
pub const FONT_REGULAR_WOFF2: &[u8] = include_bytes!("fonts/ClearwaySans-Regular.woff2");
/// The embedded font as WOFF2 for a page, weight 600.
pub const FONT_SEMIBOLD_WOFF2: &[u8] = include_bytes!("fonts/ClearwaySans-SemiBold.woff2");

/// How far capitals and accents reach above the baseline, in ems.
pub(super) const ASCENT: f64 = 0.78;
/// How far descenders reach below it.
pub(super) const DESCENT: f64 = 0.22;

/// A weight and a size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// Pixels of an em.
    pub size: f64,
    /// Weight 600 instead of 400.
    pub bold: bool,
}

impl Face {
    /// Weight 400.
    pub const fn regular(size: f64) -> Self {
        Self { size, bold: false }
    }

    /// Weight 600.
    pub const fn semibold(size: f64) -> Self {
        Self { size, bold: true }
    }

    /// From one baseline to the next.
    pub(super) fn line_height(self) -> f64 {
        (self.size * 1.3).round()
    }
}

/// The embedded fonts, ready to measure with.
#[derive(Debug)]
pub(super) struct Fonts {
    regular: FontRef<'static>,
    semibold: FontRef<'static>,
}

impl Fonts {
    /// Reads the embedded files.
    pub(super) fn embedded() -> Result<Self, ChartError> {
        let read = |bytes| FontRef::try_from_slice(bytes).map_err(|_| ChartError::Font);
        Ok(Self {
            regular: read(FONT_REGULAR)?,
            semibold: read(FONT_SEMIBOLD)?,
        })
    }

    /// The width in pixels. Kerning is left out: it makes text narrower, so labels stay clear of
    /// each other. A character that the font lacks is taken as one em wide.
    pub(super) fn width(&self, text: &str, face: Face) -> f64 {
        let font = if face.bold {
            &self.semibold
        } else {
            &self.regular
        };
        let em = f64::from(font.units_per_em().unwrap_or(1000.0));
        let units: f64 = text
            .chars()
            .map(|c| font.glyph_id(c))
            .map(|glyph| {
                if glyph.0 == 0 {
                    em
                } else {
                    f64::from(font.h_advance_unscaled(glyph))
                }
            })
            .sum();
        units / em * face.size
    }

    /// The longest beginning that fits, with "…" where something was cut off.
    pub(super) fn shorten(&self, text: &str, face: Face, width: f64) -> String {
        if self.width(text, face) <= width {
            return text.to_owned();
        }
        let mut kept = String::new();
        for c in text.chars() {
            let longer = format!("{kept}{c}");
            if self.width(&longer, face) + self.width("…", face) > width {
                break;
            }
            kept = longer;
        }
        format!("{}…", kept.trim_end())
    }

    /// Breaks text at spaces into lines that fit; a word wider than a line is broken anywhere.
    /// What does not fit into `most` lines is cut off with "…". Nothing for blank text.
    pub(super) fn wrap(&self, text: &str, face: Face, width: f64, most: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        for word in text.split_ascii_whitespace() {
            let joined = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if self.width(&joined, face) <= width {
                line = joined;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for c in word.chars() {
                let longer = format!("{line}{c}");
                if self.width(&longer, face) > width && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    line.push(c);
                } else {
                    line = longer;
                }
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        if lines.len() > most.max(1) {
            let rest = lines.split_off(most.max(1) - 1).join(" ");
            lines.push(self.shorten(&rest, face, width));
        }
        lines
    }
}

/// Text from data, safe to draw: control characters become spaces; characters that steer the
/// direction of text or take no room are dropped, since they can make a label read as another.
pub(super) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{61c}' | '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{feff}' => {}
            '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' => {}
            '\u{fffe}' | '\u{ffff}' => {}
            '\u{2028}' | '\u{2029}' => clean.push(' '),
            c if c.is_control() => clean.push(' '),
            c => clean.push(c),
        }
    }
    clean.trim().to_owned()
}

/// Text as the content of an XML element or attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Something that wants to be centred at a height and takes room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wish {
    /// Where its centre would best be.
    pub(super) at: f64,
    /// The room it takes.
    pub(super) height: f64,
}

/// Centres for all wishes, in their order: as near to the wishes as can be (least squares),
/// without overlap, inside `top..bottom`. Wishes at one height keep their order. Where they do
/// not fit at all they begin at `top` and run past `bottom`.
pub(super) fn spread(wishes: &[Wish], top: f64, bottom: f64) -> Vec<f64> {
    /// Neighbours that touch, and so move as one.
    struct Block {
        members: Vec<(usize, Wish)>,
        /// Sum of the wished tops of the block, as each member sees it.
        tops: f64,
        height: f64,
    }
    let place = |block: &Block| {
        let wished = block.tops / block.members.len().max(1) as f64;
        wished.min(bottom - block.height).max(top)
    };
    let mut sorted: Vec<(usize, Wish)> = wishes.iter().copied().enumerate().collect();
    sorted.sort_by(|(_, a), (_, b)| a.at.total_cmp(&b.at));
    let mut blocks: Vec<Block> = Vec::new();
    for (index, wish) in sorted {
        let mut block = Block {
            members: vec![(index, wish)],
            tops: wish.at - wish.height / 2.0,
            height: wish.height,
        };
        while let Some(above) = blocks.pop_if(|above| place(above) + above.height > place(&block)) {
            let mut members = above.members;
            let shift = above.height * block.members.len() as f64;
            members.append(&mut block.members);
            block = Block {
                members,
                tops: above.tops + block.tops - shift,
                height: above.height + block.height,
            };
        }
        blocks.push(block);
    }
    let mut centres: Vec<(usize, f64)> = Vec::with_capacity(wishes.len());
    for block in blocks {
        let mut at = place(&block);
        for (index, wish) in block.members {
            centres.push((index, at + wish.height / 2.0));
            at += wish.height;
        }
    }
    centres.sort_by_key(|&(index, _)| index);
    centres.into_iter().map(|(_, centre)| centre).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FACE: Face = Face::regular(13.0);

    #[test]
    fn the_font_has_every_character_a_report_needs() {
        let fonts = Fonts::embedded().unwrap();
        let needed = "Oʻzbekiston gʻalaba ’‘“” Ўзбекистон ҚқҒғҲҳ Россия Ёё Қазақстан әңөұүһі Тоҷикистон \
                      ӣӯҷ –—−…·•№€₸₽ ≤≥≈×→↑↓▲▼●%‰\u{a0}\u{202f}0123456789";
        for c in needed.chars() {
            for font in [&fonts.regular, &fonts.semibold] {
                assert_ne!(font.glyph_id(c).0, 0, "{c:?} (U+{:04X})", u32::from(c));
            }
        }
    }

    #[test]
    fn semibold_is_wider_and_twice_the_size_is_twice_the_width() {
        let fonts = Fonts::embedded().unwrap();
        let regular = fonts.width("Clearance", Face::regular(10.0));
        assert!(fonts.width("Clearance", Face::semibold(10.0)) > regular);
        assert!((fonts.width("Clearance", Face::regular(20.0)) - 2.0 * regular).abs() < 1e-9);
    }

    #[test]
    fn steering_and_control_characters_never_reach_a_drawing() {
        assert_eq!(
            clean("a\u{202e}b\u{0}c\nd\u{200b}e\u{fffe}\u{1b}[1m"),
            "ab c de [1m"
        );
        assert_eq!(escape("<script>'\"&"), "&lt;script&gt;&#39;&quot;&amp;");
    }

    #[test]
    fn what_does_not_fit_ends_in_an_ellipsis() {
        let fonts = Fonts::embedded().unwrap();
        let name = "Таможенный пост «Яллама» международного автомобильного сообщения";
        let lines = fonts.wrap(name, FACE, 150.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'));
        assert!(lines.iter().all(|line| fonts.width(line, FACE) <= 150.0));
        assert_eq!(fonts.wrap("   ", FACE, 150.0, 2), Vec::<String>::new());
    }

    #[test]
    fn equal_wishes_keep_their_order_around_the_wish() {
        let wish = Wish {
            at: 50.0,
            height: 10.0,
        };
        assert_eq!(spread(&[wish, wish, wish], 0.0, 100.0), [40.0, 50.0, 60.0]);
        assert_eq!(
            spread(
                &[Wish {
                    at: 2.0,
                    height: 10.0
                }],
                0.0,
                100.0
            ),
            [5.0]
        );
        assert!(spread(&[], 0.0, 1.0).is_empty());
    }

    proptest! {
        #[test]
        fn wrapped_lines_fit_and_lose_nothing(text in "[a-zA-Zа-я ]{0,120}", width in 20.0..300.0) {
            let fonts = Fonts::embedded().unwrap();
            let lines = fonts.wrap(&text, FACE, width, usize::MAX);
            for line in &lines {
                prop_assert!(fonts.width(line, FACE) <= width);
            }
            let letters = |text: &str| text.replace(' ', "");
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }

        #[test]
        fn spread_labels_never_overlap_and_stay_inside(
            raw in proptest::collection::vec((-50.0..450.0_f64, 5.0..30.0_f64), 0..12)
        ) {
            let wishes: Vec<Wish> = raw.iter().map(|&(at, height)| Wish { at, height }).collect();
            let centres = spread(&wishes, 0.0, 400.0);
            let mut boxes: Vec<(f64, f64)> = wishes
                .iter()
                .zip(&centres)
                .map(|(wish, centre)| (centre - wish.height / 2.0, centre + wish.height / 2.0))
                .collect();
            boxes.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (top, bottom) in &boxes {
                prop_assert!(*top >= -1e-6 && *bottom <= 400.0 + 1e-6);
            }
            for pair in boxes.windows(2) {
                prop_assert!(pair[0].1 <= pair[1].0 + 1e-6);
            }
        }
    }
}
