//! A limit for memory: the same figures, piece by piece of the log, to the last bit.

use std::fmt::Debug;

use clearway::catalogue::Definition;
use clearway::evaluate::Scope;
use clearway::fold::{FoldRules, fold, fold_into};
use clearway::model::{MemoryLimit, Period};
use clearway::pipeline::{Log, evaluate, load_log, takes};
use clearway::project::Project;
use clearway::store::{FoldedStore, Store};

use crate::laws::{Silent, read};
use crate::support::{Sandbox, repository};

/// The sample with the logs of two months.
fn sample() -> Sandbox {
    let sandbox = Sandbox::empty();
    for name in ["clearway.toml", "corridors.toml", "targets.toml"] {
        let text = std::fs::read_to_string(repository("data").join(name)).unwrap();
        sandbox.write(name, text.replace("../reports", "reports").as_bytes());
    }
    for folder in ["calendars", "mappings"] {
        for file in std::fs::read_dir(repository("data").join(folder)).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            sandbox.write(&format!("{folder}/{name}"), &std::fs::read(&path).unwrap());
        }
    }
    for month in ["2024-01", "2024-02"] {
        let name = format!("inbox/clearance-{month}.csv.zst");
        sandbox.write(
            &name,
            &std::fs::read(repository("data").join(&name)).unwrap(),
        );
    }
    sandbox
}

/// Everything that is evaluated for a report, and what `kpi eval` would be asked for beside it.
fn figures(project: &Project, log: &Log) -> String {
    let month = Period::month(log.last_whole_month(project));
    let report = evaluate(project, log, month).unwrap();
    let evaluator = log.evaluator(project);
    let quality = evaluator.period_quality(&report.evaluation.table, month);
    let definitions: Vec<&Definition> = project.catalogue.definitions().iter().collect();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let asked = Scope {
        periods: vec![Period::range(log.months.0, log.months.1)],
        dimensions: vec![names(&["corridor", "lane"]), names(&["trader"])],
        condition: Some("direction <> 'export'".to_owned()),
        cross_own: true,
        min_declarations: 3,
    };
    let asked = evaluator.evaluate(&definitions, &asked).unwrap();
    log.clearances.check().unwrap();
    let all: [&dyn Debug; 3] = [&report, &quality.unwrap(), &asked];
    format!("{all:#?}")
}

fn assert_same(found: &str, wanted: &str) {
    let lines = found.lines().zip(wanted.lines());
    for (number, (found, wanted)) in lines.enumerate() {
        assert_eq!(found, wanted, "line {number}");
    }
    assert_eq!(found.len(), wanted.len());
}

#[test]
fn a_log_in_pieces_has_the_figures_of_the_whole_to_the_last_bit() {
    let sandbox = sample();
    let mut project = Project::load(sandbox.path()).unwrap();
    read(&project);
    let mut log = load_log(&project, None, &Silent).unwrap();
    let wanted = figures(&project, &log);
    let store = Store::open_for_reading(&project.store_folder());
    let segments = store.unwrap().unwrap().segments().unwrap();
    let rules = FoldRules {
        takes: takes(&project).unwrap(),
        parties: project.config.parties.clone(),
        working: log.working.clone(),
        freeze_us: log.freeze.as_microsecond(),
        // Far fewer than a row group has: ranges are cut in two until they have so many.
        range_events: Some(1000),
    };
    let whole = log.clearances.len();
    log.clearances = fold(&segments, &rules, &|_| {}).unwrap();
    assert_eq!(log.clearances.len(), whole);
    assert!(log.clearances.ranges().len() >= 10);
    // A range at a time and a few breakdowns; then more of both.
    for bytes in [2_000_000, 30_000_000] {
        project.memory_limit = Some(MemoryLimit::of(bytes));
        assert_same(&figures(&project, &log), &wanted);
    }
    // In two layers: the larger file, and those of its declarations that the other one speaks of with its own.
    project.memory_limit = None;
    let folder = tempfile::tempdir().unwrap();
    let mut large_first = segments;
    large_first.sort_by_key(|segment| std::cmp::Reverse(segment.rows));
    for segments in [&large_first[..1], &large_first] {
        let kept = FoldedStore::open(folder.path(), "rules", segments);
        log.clearances = fold_into(kept, segments, &rules, &|_| {}).unwrap();
    }
    assert_eq!(
        FoldedStore::open(folder.path(), "rules", &large_first)
            .declarations()
            .len(),
        2
    );
    assert_eq!(log.clearances.len(), whole);
    assert_same(&figures(&project, &log), &wanted);
}

#[test]
fn a_command_with_a_limit_says_what_it_says_without_one() {
    let (without, with) = (sample(), sample());
    let words = ["run", "--period", "2024-02", "--no-timings", "--quiet"];
    without.succeeds(&words);
    with.succeeds(&[words.as_slice(), &["--memory-limit", "640MB"]].concat());
    let names = [
        "kpis.csv",
        "changes.csv",
        "quality.csv",
        "index.html",
        "run.json",
    ];
    for name in names.map(|name| format!("reports/2024-02/{name}")) {
        assert!(with.read(&name) == without.read(&name), "{name} differs");
    }
    // As of a time before the newest event.
    let frozen = [
        "kpi",
        "eval",
        "TF02",
        "RV01",
        "--each",
        "office",
        "--as-of",
        "2024-02-20T00:00:00Z",
    ];
    let limited = [frozen.as_slice(), &["--memory-limit", "1GB"]].concat();
    let (without, with_limit) = (without.succeeds(&frozen), with.succeeds(&limited));
    assert_eq!(with_limit.stdout, without.stdout);
    assert!(!with.join("store/passing/folded").exists());
    let ran = with.clearway(&["run", "--memory-limit", "100MB"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("640MB is the least"), "{}", ran.stderr);
}
