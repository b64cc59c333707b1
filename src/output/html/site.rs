//! Where a page stands in the report, and how it refers to the others.

use crate::language::Language;

/// The page that is being written, with its language.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'a> {
    pub(super) language: &'a Language,
    /// Whether it is `index.html`; the other pages lie in `pages/`.
    pub(super) is_index: bool,
}

impl Site<'_> {
    pub(super) fn text(self, key: &str) -> String {
        self.language.text(key)
    }

    /// A place on `index.html`.
    pub(super) fn on_index(self, anchor: &str) -> String {
        let page = if self.is_index { "" } else { "../index.html" };
        format!("{page}#{anchor}")
    }

    /// The definition of a KPI.
    pub(super) fn definition(self, kpi: &str) -> String {
        self.on_index(&format!("def-{kpi}"))
    }

    /// Another page, by its name.
    pub(super) fn page(self, name: &str) -> String {
        let folder = if self.is_index { "pages/" } else { "" };
        format!("{folder}{name}.html")
    }

    /// A file beside `index.html`.
    pub(super) fn file(self, name: &str) -> String {
        let folder = if self.is_index { "" } else { "../" };
        format!("{folder}{name}")
    }
}

/// Where a page lies in the report's folder.
pub(super) fn path(name: &str) -> String {
    format!("pages/{name}.html")
}
