//! The look of charts and of the page: colours for light and dark, and type sizes.
//!
//! Categories are Okabe and Ito's colours, darkened on white until a mark stands out 3 : 1 and
//! text 4.5 : 1. Lanes keep muted forms of the colours they are named after, and always carry
//! the word.

use std::fmt::Write as _;

use super::text::Face;

/// The family that the embedded font files carry, with what a viewer without them may use.
pub const FONT_FAMILY: &str = "'Clearway Sans','Inter','Segoe UI','Noto Sans',Arial,sans-serif";

/// The title of a chart.
pub const TITLE: Face = Face::semibold(20.0);
/// The subtitle of a chart.
pub const SUBTITLE: Face = Face::regular(14.0);
/// Labels beside marks.
pub const LABEL: Face = Face::regular(13.0);
/// The label of the subject, and titles of panels.
pub const LABEL_STRONG: Face = Face::semibold(13.0);
/// Ticks and footer: the smallest text.
pub const SMALL: Face = Face::regular(12.0);

/// A colour by its task. What it looks like depends on light and dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// The ground.
    Paper,
    /// Titles, values.
    Text,
    /// Subtitles, ticks, footers.
    Muted,
    /// Grid lines.
    Grid,
    /// The zero line and leader lines.
    Axis,
    /// Marks that are there for comparison.
    Context,
    /// The subject of a chart.
    Accent,
    /// Bars of a ranking: the accent, light enough for a whisker to be seen on it.
    Bar,
    /// A category, as a mark; counted from 0.
    Category(Category),
    /// The same category as text.
    CategoryText(Category),
    /// A lane, as a mark.
    Lane(Lane),
    /// The same lane as text.
    LaneText(Lane),
    /// A step of the single-hue sequence, as the ground of a cell: [`Ink::Text`] can be read on the
    /// first three, [`Ink::Paper`] on the last two.
    Sequence(Step),
    /// A step of the single-hue sequence, as a mark on paper.
    Ordered(Step),
}

/// The categories, in the order in which they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Category {
    Blue,
    Vermilion,
    Green,
    Purple,
    Orange,
    Sky,
    Olive,
}

/// The lanes that have a colour of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Lane {
    Green,
    Yellow,
    Blue,
    Orange,
    Red,
}

/// The steps of the single-hue sequence, from little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Step {
    One,
    Two,
    Three,
    Four,
    Five,
}

impl Category {
    /// Every category, in order.
    pub const ALL: [Self; 7] = [
        Self::Blue,
        Self::Vermilion,
        Self::Green,
        Self::Purple,
        Self::Orange,
        Self::Sky,
        Self::Olive,
    ];
}

impl Lane {
    /// Every lane with a colour.
    pub const ALL: [Self; 5] = [
        Self::Green,
        Self::Yellow,
        Self::Blue,
        Self::Orange,
        Self::Red,
    ];

    /// The lane that a role names (`green`), whatever its case; `None` for anything else.
    pub fn named(role: &str) -> Option<Self> {
        let names = ["green", "yellow", "blue", "orange", "red"];
        let found = names
            .iter()
            .zip(Self::ALL)
            .find(|(name, _)| role.eq_ignore_ascii_case(name));
        found.map(|(_, lane)| lane)
    }
}

impl Step {
    /// Every step, from little to much.
    pub const ALL: [Self; 5] = [Self::One, Self::Two, Self::Three, Self::Four, Self::Five];

    /// The step for the n-th of some ordered classes, as far apart as can be.
    pub(super) fn of(at: usize, classes: usize) -> Self {
        let last = Self::ALL.len() - 1;
        let place = match classes {
            0 | 1 => last / 2,
            _ => (at * last + (classes - 1) / 2) / (classes - 1),
        };
        Self::ALL.get(place).copied().unwrap_or(Self::Five)
    }

    /// The ink of text on the ground [`Ink::Sequence`] of this step.
    pub(super) const fn ink_on_it(self) -> Ink {
        match self {
            Self::One | Self::Two | Self::Three => Ink::Text,
            Self::Four | Self::Five => Ink::Paper,
        }
    }
}

/// How an ink looks and what the page calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shade {
    /// The CSS custom property, `--cw-accent`.
    pub variable: &'static str,
    /// On white paper, `0xRRGGBB`.
    pub light: u32,
    /// On dark paper, `0xRRGGBB`.
    pub dark: u32,
}

const fn shade(variable: &'static str, light: u32, dark: u32) -> Shade {
    Shade {
        variable,
        light,
        dark,
    }
}

impl Ink {
    /// Its colours. Two inks differ in the light colour, which is how the SVG writer knows them.
    pub const fn shade(self) -> Shade {
        match self {
            Self::Paper => shade("--cw-paper", 0xff_ff_ff, 0x14_18_1d),
            Self::Text => shade("--cw-text", 0x1a_21_29, 0xe6_e9_ec),
            Self::Muted => shade("--cw-muted", 0x57_60_6a, 0xa6_af_b8),
            Self::Grid => shade("--cw-grid", 0xe4_e7_eb, 0x2c_33_3b),
            Self::Axis => shade("--cw-axis", 0x8c_95_9e, 0x6b_75_80),
            Self::Context => shade("--cw-context", 0x86_8f_98, 0x7f_89_94),
            Self::Accent => shade("--cw-accent", 0x00_70_b0, 0x56_b4_e9),
            Self::Bar => shade("--cw-bar", 0x4c_94_cc, 0x3f_7f_b5),
            Self::Category(category) => match category {
                Category::Blue => shade("--cw-blue", 0x00_72_b2, 0x56_b4_e9),
                Category::Vermilion => shade("--cw-vermilion", 0xd5_5e_00, 0xf0_7f_3c),
                Category::Green => shade("--cw-green", 0x00_9e_73, 0x2c_bf_96),
                Category::Purple => shade("--cw-purple", 0xcb_78_a6, 0xd8_8f_b8),
                Category::Orange => shade("--cw-orange", 0xc4_87_00, 0xe6_9f_00),
                Category::Sky => shade("--cw-sky", 0x4a_9b_c8, 0x8f_cd_f2),
                Category::Olive => shade("--cw-olive", 0x9e_96_2c, 0xf0_e4_42),
            },
            Self::CategoryText(category) => match category {
                Category::Blue => shade("--cw-blue-text", 0x00_6a_a6, 0x6c_be_ec),
                Category::Vermilion => shade("--cw-vermilion-text", 0xb8_51_00, 0xf2_90_55),
                Category::Green => shade("--cw-green-text", 0x00_80_5d, 0x3f_c8_a1),
                Category::Purple => shade("--cw-purple-text", 0x9d_5c_80, 0xdf_9f_c2),
                Category::Orange => shade("--cw-orange-text", 0x97_68_00, 0xea_ad_26),
                Category::Sky => shade("--cw-sky-text", 0x37_76_99, 0xa0_d5_f4),
                Category::Olive => shade("--cw-olive-text", 0x79_73_20, 0xf1_e7_5c),
            },
            Self::Lane(lane) => match lane {
                Lane::Green => shade("--cw-lane-green", 0x5f_9e_7f, 0x5a_99_7a),
                Lane::Yellow => shade("--cw-lane-yellow", 0xae_91_2c, 0xc2_a2_3a),
                Lane::Blue => shade("--cw-lane-blue", 0x6d_93_b8, 0x65_8c_b2),
                Lane::Orange => shade("--cw-lane-orange", 0xc3_86_57, 0xbd_80_52),
                Lane::Red => shade("--cw-lane-red", 0xb0_57_56, 0xb6_5e_5d),
            },
            Self::LaneText(lane) => match lane {
                Lane::Green => shade("--cw-lane-green-text", 0x42_78_5d, 0x7d_bb_9c),
                Lane::Yellow => shade("--cw-lane-yellow-text", 0x83_6a_17, 0xd3_b8_5a),
                Lane::Blue => shade("--cw-lane-blue-text", 0x4d_70_92, 0x8d_ae_ce),
                Lane::Orange => shade("--cw-lane-orange-text", 0x97_61_37, 0xd6_a0_77),
                Lane::Red => shade("--cw-lane-red-text", 0xa8_4b_4a, 0xd5_8a_89),
            },
            Self::Sequence(step) => match step {
                Step::One => shade("--cw-sequence-1", 0xdf_ec_f6, 0x17_2c_3f),
                Step::Two => shade("--cw-sequence-2", 0xb0_d2_ea, 0x1d_45_66),
                Step::Three => shade("--cw-sequence-3", 0x77_b1_da, 0x29_63_90),
                Step::Four => shade("--cw-sequence-4", 0x2d_77_b0, 0x4a_90_c4),
                Step::Five => shade("--cw-sequence-5", 0x0d_4f_80, 0x8f_c4_ea),
            },
            Self::Ordered(step) => match step {
                Step::One => shade("--cw-ordered-1", 0x66_94_c9, 0x3c_76_ad),
                Step::Two => shade("--cw-ordered-2", 0x43_7d_bb, 0x5a_95_cb),
                Step::Three => shade("--cw-ordered-3", 0x2a_65_9e, 0x80_b3_e0),
                Step::Four => shade("--cw-ordered-4", 0x17_4c_80, 0xaa_cf_f0),
                Step::Five => shade("--cw-ordered-5", 0x0a_2f_56, 0xd8_ea_fa),
            },
        }
    }

    /// Every ink, in the order of the style sheet.
    pub fn all() -> Vec<Self> {
        let mut inks = vec![
            Self::Paper,
            Self::Text,
            Self::Muted,
            Self::Grid,
            Self::Axis,
            Self::Context,
            Self::Accent,
            Self::Bar,
        ];
        inks.extend(Category::ALL.map(Self::Category));
        inks.extend(Category::ALL.map(Self::CategoryText));
        inks.extend(Lane::ALL.map(Self::Lane));
        inks.extend(Lane::ALL.map(Self::LaneText));
        inks.extend(Step::ALL.map(Self::Sequence));
        inks.extend(Step::ALL.map(Self::Ordered));
        inks
    }

    /// The ink that has this light colour.
    pub(super) fn of_light(rgb: u32) -> Option<Self> {
        Self::all().into_iter().find(|ink| ink.shade().light == rgb)
    }
}

/// A mark's ink with the ink of text that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// For lines and areas.
    pub(super) mark: Ink,
    /// For its label.
    pub(super) text: Ink,
}

/// The subject.
pub(super) const SUBJECT: Pair = Pair {
    mark: Ink::Accent,
    text: Ink::CategoryText(Category::Blue),
};
/// What is there for comparison.
pub(super) const CONTEXT: Pair = Pair {
    mark: Ink::Context,
    text: Ink::Muted,
};

/// The inks of the n-th category, counted from 0; grey when the colours are used up.
pub(super) fn category(n: usize) -> Pair {
    Category::ALL.get(n).map_or(CONTEXT, |&category| Pair {
        mark: Ink::Category(category),
        text: Ink::CategoryText(category),
    })
}

/// The inks of a responsible party by its name, so that a party looks the same in every chart; `None`
/// for any other name. Closed hours are nobody's: grey.
pub(super) fn party(name: &str) -> Option<Pair> {
    let order = ["customs", "trader", "bank", "agency", "terminal"];
    let colours = [0, 4, 2, 3, 5];
    if name.eq_ignore_ascii_case("closed") {
        return Some(CONTEXT);
    }
    let found = order
        .iter()
        .zip(colours)
        .find(|(known, _)| name.eq_ignore_ascii_case(known));
    found.map(|(_, colour)| category(colour))
}

/// The inks of a lane.
pub(super) const fn lane(lane: Lane) -> Pair {
    Pair {
        mark: Ink::Lane(lane),
        text: Ink::LaneText(lane),
    }
}

/// The declarations `--cw-…:#…;` for a page on white paper.
pub fn light_variables() -> String {
    variables(|shade| shade.light)
}

/// The declarations `--cw-…:#…;` for a page on dark paper.
pub fn dark_variables() -> String {
    variables(|shade| shade.dark)
}

fn variables(colour: impl Fn(Shade) -> u32) -> String {
    let mut css = String::new();
    for ink in Ink::all() {
        let shade = ink.shade();
        // Writing to a string can't fail.
        let _ = write!(css, "{}:#{:06x};", shade.variable, colour(shade));
    }
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(rgb: u32) -> f64 {
        let channel = |shift: u32| {
            let value = f64::from((rgb >> shift) & 0xff) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
    }

    /// As WCAG 2.2 defines it.
    fn contrast(a: u32, b: u32) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        if a > b { a / b } else { b / a }
    }

    fn on_paper(ink: Ink) -> f64 {
        let (paper, shade) = (Ink::Paper.shade(), ink.shade());
        contrast(shade.light, paper.light).min(contrast(shade.dark, paper.dark))
    }

    #[test]
    fn text_stands_out_in_light_and_dark() {
        let mut texts = vec![Ink::Text, Ink::Muted];
        texts.extend(Category::ALL.map(Ink::CategoryText));
        texts.extend(Lane::ALL.map(Ink::LaneText));
        for ink in texts {
            assert!(on_paper(ink) >= 4.5, "{ink:?}: {:.2}", on_paper(ink));
        }
    }

    #[test]
    fn marks_stand_out_in_light_and_dark() {
        let mut marks = vec![Ink::Axis, Ink::Context, Ink::Accent, Ink::Bar];
        marks.extend(Category::ALL.map(Ink::Category));
        marks.extend(Lane::ALL.map(Ink::Lane));
        marks.extend(Step::ALL.map(Ink::Ordered));
        for ink in marks {
            assert!(on_paper(ink) >= 3.0, "{ink:?}: {:.2}", on_paper(ink));
        }
    }

    #[test]
    fn text_can_be_read_on_every_cell() {
        for step in Step::ALL {
            let (text, ground) = (step.ink_on_it().shade(), Ink::Sequence(step).shade());
            assert!(contrast(text.light, ground.light) >= 4.5, "{step:?}");
            assert!(contrast(text.dark, ground.dark) >= 4.5, "{step:?}");
        }
    }

    #[test]
    fn few_classes_take_steps_far_apart() {
        let steps = |classes| {
            (0..classes)
                .map(|at| Step::of(at, classes))
                .collect::<Vec<_>>()
        };
        assert_eq!(steps(1), [Step::Three]);
        assert_eq!(steps(2), [Step::One, Step::Five]);
        assert_eq!(steps(3), [Step::One, Step::Three, Step::Five]);
        assert_eq!(steps(5), Step::ALL);
    }

    #[test]
    fn every_ink_is_known_by_its_light_colour() {
        for ink in Ink::all() {
            assert_eq!(Ink::of_light(ink.shade().light), Some(ink));
        }
    }

    #[test]
    fn lanes_are_found_whatever_their_case() {
        assert_eq!(Lane::named("Green"), Some(Lane::Green));
        assert_eq!(Lane::named("violet"), None);
    }
}
