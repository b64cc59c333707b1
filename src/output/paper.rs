//! Whether a report has a `report.pdf`: printed when asked for, kept while it says what the page says.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use super::html;
use super::pdf::Browser;
use crate::error::{Error, Result};

/// The first page with the PDF that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// `index.html`; it names `report.pdf` among its files where there is one.
    pub index: Vec<u8>,
    /// `report.pdf`.
    pub pdf: Option<Vec<u8>>,
    /// Whether an earlier run has printed one that says something else; it is not kept.
    pub is_outdated: bool,
}

impl Paper {
    /// Prints with a browser. Without one, what lies in `folder` from an earlier run is kept if the page
    /// has not changed since. `index` writes the first page, with or without the PDF among its files.
    pub fn new(
        index: impl Fn(bool) -> String,
        browser: Option<&Browser>,
        (folder, freeze): (&Path, Timestamp),
    ) -> Result<Self> {
        if let Some(browser) = browser {
            let with_pdf = index(true);
            let mut scratch = folder.as_os_str().to_owned();
            scratch.push(".printing");
            let page = html::for_paper(&with_pdf);
            let pdf = browser.print(page.as_bytes(), Path::new(&scratch), freeze)?;
            return Ok(Self {
                index: with_pdf.into_bytes(),
                pdf: Some(pdf),
                is_outdated: false,
            });
        }
        let Some(pdf) = earlier(&folder.join("report.pdf"))? else {
            return Ok(Self {
                index: index(false).into_bytes(),
                pdf: None,
                is_outdated: false,
            });
        };
        let with_pdf = index(true);
        let page = earlier(&folder.join("index.html"))?;
        let is_same = page.as_deref() == Some(with_pdf.as_bytes());
        let index = if is_same { with_pdf } else { index(false) };
        Ok(Self {
            index: index.into_bytes(),
            pdf: is_same.then_some(pdf),
            is_outdated: !is_same,
        })
    }
}

/// A file of the folder as it was; `None` where there is none.
fn earlier(path: &Path) -> Result<Option<Vec<u8>>> {
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = fs::read(path).map_err(|cause| Error::read(path, &cause))?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::folder::{Files, write_files};

    fn paper(folder: &Path, text: &str) -> Paper {
        let index = |has_pdf| format!("{text} {has_pdf}");
        Paper::new(index, None, (folder, Timestamp::UNIX_EPOCH)).unwrap()
    }

    #[test]
    fn a_pdf_is_kept_while_the_page_is_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("2025-03");
        let without = paper(&folder, "March");
        assert_eq!(
            (without.index, without.pdf),
            (b"March false".to_vec(), None)
        );
        let files = [("index.html", "March true"), ("report.pdf", "%PDF")];
        let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        write_files(&folder, &Files::from(files)).unwrap();
        let kept = paper(&folder, "March");
        assert_eq!(kept.index, b"March true");
        assert_eq!(kept.pdf.as_deref(), Some(&b"%PDF"[..]));
        assert!(!kept.is_outdated);
        let changed = paper(&folder, "March, revised");
        assert_eq!(changed.index, b"March, revised false");
        assert_eq!(changed.pdf, None);
        assert!(changed.is_outdated);
    }
}
