//! Files that change while they are read.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clearway::pipeline::{IngestRequest, Progress, ingest};
use clearway::project::Project;

use crate::support::Sandbox;

const BEFORE: &str = "declaration,activity,time\nA1,arrived,2025-03-01 08:00:00\n";
/// As long, and something else.
const AFTER: &str = "declaration,activity,time\nA1,arrived,2025-03-02 09:00:00\n";

fn project() -> (Sandbox, Project) {
    let sandbox = Sandbox::with(&[
        (
            "clearway.toml",
            "[project]\nname = \"Meanwhile\"\ntimezone = \"Asia/Tashkent\"\ncurrency = \"UZS\"\n\
             [[source]]\npath = \"inbox/*.csv\"\nmapping = \"plain\"\n",
        ),
        (
            "mappings/plain.toml",
            "layout = \"events\"\n[columns]\ndeclaration_id = \"declaration\"\n\
             activity = \"activity\"\ntimestamp = \"time\"\n[activities]\narrived = \"arrived\"\n",
        ),
        ("inbox/log.csv", BEFORE),
    ]);
    let project = Project::load(sandbox.path()).unwrap();
    (sandbox, project)
}

/// Writes a file again at one moment of an ingest.
struct WritesAgain {
    path: PathBuf,
    /// When reading begins; else when the first rows have been read.
    at_the_beginning: bool,
    done: AtomicBool,
}

impl WritesAgain {
    fn write(&self, now: bool) {
        if now && !self.done.swap(true, Ordering::Relaxed) {
            // Longer than the clock of any file system that counts in parts of a second.
            std::thread::sleep(Duration::from_millis(50));
            std::fs::write(&self.path, AFTER).unwrap();
        }
    }
}

impl Progress for WritesAgain {
    fn begin(&self, _stage: &str, _steps: u64) {
        self.write(self.at_the_beginning);
    }
    fn advance(&self, _steps: u64) {
        self.write(true);
    }
    fn end(&self) {}
}

/// Ingests while the file is written again, which fails; nothing of it may stay.
fn ingest_meanwhile(sandbox: &Sandbox, project: &Project, at_the_beginning: bool, again: bool) {
    let files = ["inbox/log.csv".to_owned()];
    let request = IngestRequest {
        files: if again { &files } else { &[] },
        again,
        ..IngestRequest::default()
    };
    let progress = WritesAgain {
        path: sandbox.join("inbox/log.csv"),
        at_the_beginning,
        done: AtomicBool::new(false),
    };
    let today = "2030-01-01T00:00:00Z".parse().unwrap();
    let ledger = || sandbox.clearway(&["ledger", "--format", "csv"]).stdout;
    let before = ledger();
    let error = ingest(project, &request, today, &progress).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("changed while it was being read"), "{text}");
    assert_eq!(ledger(), before);
    // What it holds now is taken the next time.
    sandbox.succeeds(&["ingest"]);
    let events = sandbox.succeeds(&["query", "SELECT at FROM events"]).stdout;
    assert!(events.contains("2025-03-02"), "{events}");
}

#[test]
fn a_new_file_that_is_written_again_while_it_is_read_is_not_taken() {
    let (sandbox, project) = project();
    ingest_meanwhile(&sandbox, &project, false, false);
    let events = sandbox.succeeds(&["query", "SELECT at FROM events"]).stdout;
    assert!(!events.contains("2025-03-01"), "{events}");
    for file in std::fs::read_dir(sandbox.join("store/events")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(!name.starts_with("unnamed"), "{name}");
    }
}

#[test]
fn a_file_that_is_written_again_after_it_was_hashed_is_not_taken_for_what_it_was() {
    let (sandbox, project) = project();
    sandbox.succeeds(&["ingest"]);
    ingest_meanwhile(&sandbox, &project, true, true);
}
