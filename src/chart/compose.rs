//! A chart from top to bottom: title, subtitle, plot, footer.

use super::cumulative::Cumulative;
use super::multiples::Multiples;
use super::parts::{Room, Sheet};
use super::ranking::Ranking;
use super::scene::{Align, Label, Scene};
use super::stack::Stack;
use super::text::{ASCENT, Face, Fonts, clean};
use super::theme::{self, Ink};
use super::trend::Trend;
use super::{ChartSpec, Plot};

/// The empty edge around a chart, in pixels.
pub(super) const MARGIN: f64 = 24.0;

/// Lays a whole chart out at a width in pixels; the height follows from what is in it.
pub(super) fn compose(spec: &ChartSpec, fonts: &Fonts, width: f64) -> Scene {
    let mut sheet = Sheet {
        scene: Scene::new(width),
        fonts,
        language: &spec.language,
    };
    let room = Room {
        left: MARGIN,
        right: width - MARGIN,
        top: MARGIN,
    };
    let mut y = room.top;
    let title = (theme::TITLE, Ink::Text, 4);
    y = paragraph(&mut sheet, &spec.title, Room { top: y, ..room }, title);
    let subtitle = (theme::SUBTITLE, Ink::Muted, 4);
    y = paragraph(
        &mut sheet,
        &spec.subtitle,
        Room {
            top: y + 4.0,
            ..room
        },
        subtitle,
    );
    y = plot(
        &spec.plot,
        &mut sheet,
        Room {
            top: y + 14.0,
            ..room
        },
    ) + 18.0;
    for line in &spec.footer {
        let footer = (theme::SMALL, Ink::Muted, 6);
        y = paragraph(&mut sheet, line, Room { top: y, ..room }, footer);
    }
    sheet.scene.height = (y + MARGIN).ceil();
    sheet.scene
}

fn plot(plot: &Plot, sheet: &mut Sheet<'_>, room: Room) -> f64 {
    match plot {
        Plot::Trend {
            scale,
            periods,
            bands,
            lines,
            target,
        } => {
            let (scale, target) = (*scale, target.as_ref());
            Trend {
                scale,
                periods,
                bands,
                lines,
                target,
            }
            .layout(sheet, room)
        }
        Plot::Ranking {
            scale,
            bars,
            reference,
        } => Ranking {
            scale: *scale,
            bars,
            reference: reference.as_ref(),
        }
        .layout(sheet, room),
        Plot::Stack {
            scale,
            periods,
            parts,
        } => Stack {
            scale: *scale,
            periods,
            parts,
        }
        .layout(sheet, room),
        Plot::Cumulative {
            at_s,
            bands,
            lines,
            steps,
        } => Cumulative {
            at_s,
            bands,
            lines,
            steps: *steps,
        }
        .layout(sheet, room),
        Plot::SmallMultiples {
            scale,
            periods,
            panels,
        } => Multiples {
            scale: *scale,
            periods,
            panels,
        }
        .layout(sheet, room),
        Plot::StackedBars(plot) => plot.layout(sheet, room),
        Plot::Columns(plot) => plot.layout(sheet, room),
        Plot::HeatMap(plot) => plot.layout(sheet, room),
        Plot::Intervals(plot) => plot.layout(sheet, room),
        Plot::Gain(plot) => plot.layout(sheet, room),
        Plot::Control(plot) => plot.layout(sheet, room),
        Plot::Journey(plot) => plot.layout(sheet, room),
        Plot::Network(plot) => plot.layout(sheet, room),
        Plot::StrategyMap(plot) => plot.layout(sheet, room),
    }
}

/// Writes wrapped lines from the top of a room; yields their bottom.
fn paragraph(
    sheet: &mut Sheet<'_>,
    text: &str,
    room: Room,
    (face, ink, most): (Face, Ink, usize),
) -> f64 {
    let lines = sheet.fonts.wrap(&clean(text), face, room.width(), most);
    let mut top = room.top;
    for text in lines {
        let y = top + ASCENT * face.size;
        sheet.scene.text(Label {
            text,
            x: room.left,
            y,
            align: Align::Left,
            face,
            ink,
        });
        top += face.line_height();
    }
    top
}
