//! `report.pdf`: the page, printed by a browser that is there already.
//!
//! A browser lays the page out as readers see it, with the same charts and fonts; its print style is
//! part of the page. Chromium, Chrome and Edge print without a window. Nothing is loaded from
//! outside: the page is one file.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::{Error, Result};

/// The names under which such a browser is found on the PATH, in this order.
const BROWSERS: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
];
/// A report prints in seconds; a browser that takes this long hangs.
const LONGEST: Duration = Duration::from_mins(3);
/// Between two looks at whether the browser is done.
const PAUSE: Duration = Duration::from_millis(50);

/// A browser that prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browser {
    path: PathBuf,
}

impl Browser {
    /// The browser at a path, or the first one on the PATH.
    pub fn find(given: Option<&Path>) -> Result<Self> {
        if let Some(path) = given {
            return if path.is_file() {
                Ok(Self {
                    path: path.to_owned(),
                })
            } else {
                Err(no_browser(format!(
                    "there is no browser `{}`",
                    path.display()
                )))
            };
        }
        let folders: Vec<PathBuf> = std::env::var_os("PATH")
            .map(|path| std::env::split_paths(&path).collect())
            .unwrap_or_default();
        let mut candidates = BROWSERS
            .iter()
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        candidates
            .find(|path| path.is_file())
            .map(|path| Self { path })
            .ok_or_else(|| {
                no_browser("a PDF needs a browser, and there is none on the PATH".to_owned())
            })
    }

    /// Prints a page. `scratch` is a folder that does not exist yet; it is gone afterwards. The dates
    /// in the file are the freeze time's, so that equal pages give equal bytes from one browser.
    pub fn print(&self, page: &[u8], scratch: &Path, freeze: Timestamp) -> Result<Vec<u8>> {
        let printed = self.print_in(page, scratch);
        // Whatever became of it, nothing stays behind.
        let _ = fs::remove_dir_all(scratch);
        let mut pdf = printed?;
        set_dates(&mut pdf, freeze);
        Ok(pdf)
    }

    fn print_in(&self, page: &[u8], scratch: &Path) -> Result<Vec<u8>> {
        let fault = |cause: std::io::Error| Error::output(scratch, &cause);
        if scratch.exists() {
            fs::remove_dir_all(scratch).map_err(fault)?;
        }
        fs::create_dir_all(scratch).map_err(fault)?;
        let scratch = scratch.canonicalize().map_err(fault)?;
        let source = scratch.join("index.html");
        let mut file = fs::File::create(&source).map_err(fault)?;
        file.write_all(page).map_err(fault)?;
        drop(file);
        let target = scratch.join("report.pdf");
        // In a container, or as root, the browser's own sandbox can't start; it may do without, since
        // the page is ours and loads nothing.
        let mut last = String::new();
        for sandbox in [true, false] {
            last = self.run(&scratch, &source, &target, sandbox)?;
            if let Ok(pdf) = fs::read(&target)
                && is_whole(&pdf)
            {
                return Ok(pdf);
            }
        }
        Err(no_browser(format!(
            "`{}` printed no PDF: {last}",
            self.path.display()
        )))
    }

    /// Runs the browser to its end; yields the last line of what it said.
    fn run(&self, scratch: &Path, source: &Path, target: &Path, sandbox: bool) -> Result<String> {
        let log = scratch.join("log.txt");
        let stderr = fs::File::create(&log).map_err(|cause| Error::output(&log, &cause))?;
        let mut command = Command::new(&self.path);
        command
            .args([
                "--headless",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--no-default-browser-check",
                "--disable-extensions",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-pdf-header-footer",
            ])
            .arg(format!(
                "--user-data-dir={}",
                scratch.join("profile").display()
            ))
            .arg(format!("--print-to-pdf={}", target.display()));
        if !sandbox {
            command.arg("--no-sandbox");
        }
        let mut child = command
            .arg(format!("file://{}", source.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .map_err(|cause| {
                no_browser(format!("`{}` can't be run: {cause}", self.path.display()))
            })?;
        let begun = Instant::now();
        while child
            .try_wait()
            .map_err(|cause| Error::internal("waiting for the browser", cause))?
            .is_none()
        {
            if begun.elapsed() > LONGEST {
                let _ = child.kill();
                let _ = child.wait();
                return Ok(format!("it was not done after {} s", LONGEST.as_secs()));
            }
            std::thread::sleep(PAUSE);
        }
        let said = fs::read(&log).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        Ok(said.lines().last().unwrap_or("it said nothing").to_owned())
    }
}

fn no_browser(what: String) -> Error {
    Error::not_made(
        what,
        "install Chromium or Chrome, name one with `--browser PATH`, or leave `--pdf` out",
    )
}

/// Whether a file is a PDF with its end.
fn is_whole(pdf: &[u8]) -> bool {
    let tail = pdf.len().saturating_sub(64);
    pdf.starts_with(b"%PDF-")
        && pdf
            .get(tail..)
            .is_some_and(|tail| tail.windows(5).any(|end| end == b"%%EOF"))
}

/// Writes the freeze time over the dates that the browser put in. Both have fourteen digits in every
/// PDF, so nothing else moves.
fn set_dates(pdf: &mut [u8], freeze: Timestamp) {
    const DIGITS: usize = 14;
    let stamp = freeze
        .to_zoned(TimeZone::UTC)
        .strftime("%Y%m%d%H%M%S")
        .to_string();
    for name in [&b"/CreationDate (D:"[..], b"/ModDate (D:"] {
        let mut from = 0;
        while let Some(found) = pdf
            .get(from..)
            .and_then(|rest| rest.windows(name.len()).position(|part| part == name))
        {
            from += found + name.len();
            if let Some(digits) = pdf.get_mut(from..from + DIGITS)
                && digits.iter().all(u8::is_ascii_digit)
                && stamp.len() == DIGITS
            {
                digits.copy_from_slice(stamp.as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_freeze_time() {
        let freeze = "2025-04-10T18:59:00Z".parse().unwrap();
        let mut pdf =
            b"<</CreationDate (D:20261125035236+00'00')\n/ModDate (D:20261125035237+00'00')>>"
                .to_vec();
        set_dates(&mut pdf, freeze);
        assert_eq!(
            String::from_utf8(pdf).unwrap(),
            "<</CreationDate (D:20250410185900+00'00')\n/ModDate (D:20250410185900+00'00')>>"
        );
        let mut short = b"/ModDate (D:2026".to_vec();
        set_dates(&mut short, freeze);
        assert_eq!(short, b"/ModDate (D:2026");
    }

    #[test]
    fn half_a_file_is_no_pdf() {
        assert!(is_whole(b"%PDF-1.4\n...\n%%EOF\n"));
        assert!(!is_whole(b"%PDF-1.4\n..."));
        assert!(!is_whole(b""));
    }
}
