//! Micro-benchmarks of the kernels: reading a time, reading rows, folding, quantiles.
//!
//! `cargo bench --bench kernels`; the whole pipeline against DuckDB and Polars is `benches/run.py`.
#![expect(clippy::unwrap_used, reason = "a benchmark fails where it unwraps")]
#![expect(
    clippy::indexing_slicing,
    reason = "a benchmark fails where it indexes"
)]

use std::hint::black_box;
use std::path::Path;

use clap::Parser;
use clearway::evaluate::quantile;
use clearway::fold::{FoldRules, fold};
use clearway::ingest::{
    Identity, Ingest, Limits, SourceFile, TimeFormat, TimeReader, ingest_file, read_file,
    run_events,
};
use clearway::project::{Mapping, Project, Rates};
use clearway::simulate;
use clearway::store::{Segment, Store};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::tz::TimeZone;
use tempfile::TempDir;

const DECLARATIONS: &str = "2000";

#[derive(Parser)]
struct Simulate {
    #[command(flatten)]
    arguments: simulate::Arguments,
}

/// The sample project with a small simulated log.
struct Log {
    folder: TempDir,
    project: Project,
    rates: Rates,
    rows: u64,
}

impl Log {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log.csv");
        let log = log.to_str().unwrap();
        let words = ["simulate", "--declarations", DECLARATIONS, "--output", log];
        let summary = simulate::run(&Simulate::parse_from(words).arguments).unwrap();
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        Self {
            folder,
            project: Project::load(&project).unwrap(),
            rates: Rates::default(),
            rows: summary.events,
        }
    }

    fn mapping(&self) -> &Mapping {
        &self.project.mappings["sample"]
    }

    fn limits(&self) -> Limits<'_> {
        Limits {
            not_after_us: i64::MAX,
            currency: &self.project.config.currency,
            rates: &self.rates,
            zone: &self.project.config.timezone,
        }
    }

    fn with_file<T>(&self, then: impl FnOnce(&SourceFile<'_>) -> T) -> T {
        let path = self.folder.path().join("log.csv");
        then(&SourceFile {
            path: &path,
            name: "log.csv",
            mapping: self.mapping(),
            pull: None,
        })
    }

    fn segments(&self) -> Vec<Segment> {
        let own = std::collections::BTreeSet::new();
        let mut store = Store::open_for_writing(&self.folder.path().join("store"), &own).unwrap();
        let ingest = Ingest {
            identity: &|| {
                Ok(Identity {
                    sha256: "0000000000000000".to_owned(),
                    batch: "0000000000000000".to_owned(),
                })
            },
            supersedes: &[],
            run_events: run_events(None),
            progress: &|_, _| (),
        };
        self.with_file(|file| ingest_file(&mut store, file, &self.limits(), &ingest))
            .unwrap();
        store.segments().unwrap()
    }
}

fn times(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("time");
    group.throughput(Throughput::Elements(1));
    let zone = TimeZone::get("Asia/Tashkent").unwrap();
    let format = TimeFormat::parse("%d.%m.%Y %H:%M:%S", None).unwrap();
    let mut reader = TimeReader::new(&[format], &zone);
    for (name, text) in [
        ("format", "14.03.2025 09:26:53"),
        ("iso", "2025-03-14T09:26:53+05:00"),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| reader.read(black_box(text)));
        });
    }
    group.finish();
}

fn rows(criterion: &mut Criterion) {
    let log = Log::new();
    let mut group = criterion.benchmark_group("rows");
    group.throughput(Throughput::Elements(log.rows));
    group.bench_function("read", |bencher| {
        bencher.iter(|| {
            let mut rows = 0;
            let mut take = |outcome: &clearway::ingest::Outcome| {
                rows += outcome.read;
                Ok(())
            };
            log.with_file(|file| read_file(file, &log.limits(), &mut take))
                .unwrap();
            assert_eq!(rows, log.rows);
        });
    });
    group.finish();
}

fn folds(criterion: &mut Criterion) {
    let log = Log::new();
    let segments = log.segments();
    let rules = FoldRules {
        freeze_us: i64::MAX,
        ..FoldRules::default()
    };
    let mut group = criterion.benchmark_group("fold");
    group.throughput(Throughput::Elements(DECLARATIONS.parse().unwrap()));
    group.bench_function("declarations", |bencher| {
        bencher.iter(|| fold(&segments, &rules, &|_| ()).unwrap());
    });
    group.finish();
}

fn quantiles(criterion: &mut Criterion) {
    let spans = |count: i64| -> Vec<i64> { (0..count).map(|at| at * 7_919 % count).collect() };
    let mut group = criterion.benchmark_group("quantiles");
    for count in [1_000_i64, 100_000] {
        group.throughput(Throughput::Elements(count.unsigned_abs()));
        let unsorted = spans(count);
        group.bench_function(format!("sort and read {count}"), |bencher| {
            bencher.iter(|| {
                let mut spans = unsorted.clone();
                spans.sort_unstable();
                [0.5, 0.9].map(|p| quantile(black_box(&spans), p))
            });
        });
    }
    group.finish();
}

criterion_group!(kernels, times, rows, folds, quantiles);
criterion_main!(kernels);
