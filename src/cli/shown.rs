//! What people look at: composed once, written as charts, pages, workbook and PDF.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;

use super::printer::Printer;
use super::run::{Beside, Surroundings};
use crate::chart::{self, ChartError};
use crate::error::{Error, Result};
use crate::output::folder::Files;
use crate::output::html::{self, Drawing};
use crate::output::paper::Paper;
use crate::output::pdf::Browser;
use crate::output::xlsx;
use crate::pipeline::{Figures, Level, Log, Notice};
use crate::project::Project;
use crate::report::{self, Report};

/// What people look at: charts, pages, workbook.
pub(super) struct Shown {
    report: Report,
    drawings: BTreeMap<String, Drawing>,
}

impl Shown {
    pub(super) fn compose(
        project: &Project,
        log: &Log,
        figures: &Figures,
        beside: &Beside<'_>,
    ) -> Result<Self> {
        let surroundings = Surroundings::new(project, log, beside);
        let report = report::compose(&surroundings.input(project, log, figures));
        let drawings = html::draw(&report).map_err(drawing_fault)?;
        Ok(Self { report, drawings })
    }

    /// All but the first page.
    pub(super) fn files(&self) -> Result<Files> {
        let report = &self.report;
        let mut files = Files::new();
        for chart in report.charts() {
            let svg = chart::draw_svg(&chart.spec).map_err(drawing_fault)?;
            files.insert(
                format!("charts/{}.png", chart.spec.id),
                chart::rasterise_png(&svg, 2.0).map_err(drawing_fault)?,
            );
            files.insert(format!("charts/{}.svg", chart.spec.id), svg.into_bytes());
        }
        let pages = html::pages(report, &self.drawings).into_iter();
        files.extend(pages.map(|(path, page)| (path, page.into_bytes())));
        let workbook = xlsx::workbook(report)
            .map_err(|cause| Error::internal("making the workbook", cause))?;
        files.insert("report.xlsx".to_owned(), workbook);
        Ok(files)
    }

    /// The first page, and the PDF that was asked for or that still says the same.
    pub(super) fn paper(
        &self,
        browser: Option<&Browser>,
        (folder, freeze): &(PathBuf, Timestamp),
        printer: &Printer,
    ) -> Result<Files> {
        let index = |has_pdf| html::index(&self.report, &self.drawings, has_pdf);
        let paper = Paper::new(index, browser, (folder, *freeze))?;
        if paper.is_outdated {
            let text = "report.pdf was printed from an earlier page and is removed; \
                        `--pdf` prints this one"
                .to_owned();
            printer.notice(&Notice {
                level: Level::Info,
                text,
            });
        }
        let pdf = paper.pdf.map(|pdf| ("report.pdf".to_owned(), pdf));
        let index = ("index.html".to_owned(), paper.index);
        Ok(std::iter::once(index).chain(pdf).collect())
    }
}

fn drawing_fault(cause: ChartError) -> Error {
    Error::internal("drawing a chart", cause)
}
