//! The only place that writes to the terminal: data on standard output, everything else on
//! standard error.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use crate::error::{Error, Result};
use crate::pipeline::{Level, Notice, Progress};

/// Writes messages and progress.
#[derive(Debug)]
pub(super) struct Printer {
    quiet: bool,
    bar: Mutex<Option<ProgressBar>>,
    worst: Mutex<Option<Level>>,
}

impl Printer {
    /// A printer; `quiet` leaves only data and errors.
    pub(super) fn new(quiet: bool) -> Self {
        Self {
            quiet,
            bar: Mutex::new(None),
            worst: Mutex::new(None),
        }
    }

    /// Data, on standard output.
    #[expect(clippy::unused_self, reason = "only who holds the printer may print")]
    pub(super) fn data(&self, bytes: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)
            .and_then(|()| out.flush())
            .map_err(|cause| match cause.kind() {
                ErrorKind::BrokenPipe => Error::BrokenPipe,
                _ => Error::output(std::path::Path::new("standard output"), &cause),
            })
    }

    /// A line for people, on standard error.
    pub(super) fn line(&self, text: &str) {
        if !self.quiet {
            stderr(text);
        }
    }

    /// A notice, on standard error; it counts for `--fail-on`.
    pub(super) fn notice(&self, notice: &Notice) {
        if let Ok(mut worst) = self.worst.lock() {
            *worst = (*worst).max(Some(notice.level));
        }
        let word = match notice.level {
            Level::Info => "note",
            Level::Warning => "warning",
        };
        // A notice is one line: a line end that it quotes is none.
        self.line(&format!("{word}: {}", crate::report::visible(&notice.text)));
    }

    /// The gravest notice so far.
    pub(super) fn worst(&self) -> Option<Level> {
        self.worst.lock().ok().and_then(|worst| *worst)
    }

    /// An error with its hint.
    #[expect(clippy::unused_self, reason = "only who holds the printer may print")]
    pub(super) fn error(&self, error: &Error) {
        stderr(&format!("error: {error}"));
        if let Some(hint) = error.hint() {
            stderr(&format!("\nhint: {hint}"));
        }
    }
}

/// Standard error may be closed; then there is nobody to tell. A message may quote what stands in a
/// file or in a file's name: nothing in it may move the cursor or turn text around.
fn stderr(text: &str) {
    let lines: Vec<String> = text.split('\n').map(crate::report::visible).collect();
    let _ = writeln!(io::stderr().lock(), "{}", lines.join("\n"));
}

fn set_style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

/// Tells a bar how many steps there are; the first time it begins to show how much is left.
fn set_length(bar: &ProgressBar, steps: u64) {
    if bar.length().is_none() {
        set_style(
            bar,
            "{msg:10} {bar:30} {human_pos}/{human_len} rows  {per_sec}  {eta} left",
        );
    }
    bar.set_length(steps);
}

/// Progress bars, on a terminal only.
#[derive(Debug)]
pub(super) struct Bars<'p>(pub &'p Printer);

impl Progress for Bars<'_> {
    fn begin(&self, stage: &str, steps: u64) {
        if self.0.quiet || !io::stderr().is_terminal() {
            return;
        }
        let bar = ProgressBar::no_length();
        set_style(
            &bar,
            "{msg:10} {spinner} {human_pos} rows  {per_sec}  {elapsed}",
        );
        if steps > 0 {
            set_length(&bar, steps);
        }
        bar.set_message(stage.to_owned());
        if let Ok(mut slot) = self.0.bar.lock() {
            *slot = Some(bar);
        }
    }

    fn advance(&self, steps: u64) {
        if let Ok(slot) = self.0.bar.lock()
            && let Some(bar) = slot.as_ref()
        {
            bar.inc(steps);
        }
    }

    fn expect(&self, steps: u64) {
        if let Ok(slot) = self.0.bar.lock()
            && let Some(bar) = slot.as_ref()
        {
            set_length(bar, steps);
        }
    }

    fn end(&self) {
        if let Ok(mut slot) = self.0.bar.lock()
            && let Some(bar) = slot.take()
        {
            bar.finish_and_clear();
        }
    }
}
