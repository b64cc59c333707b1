//! `language` in clearway.toml and `--language`.

use super::{edit, small_project, tree};

#[test]
fn a_report_speaks_the_language_that_was_asked_for_and_data_files_do_not() {
    let sandbox = small_project();
    let run = |options: &[&str]| {
        let mut words = vec!["run", "--period", "2025-01", "--no-timings"];
        words.extend(options);
        sandbox.succeeds(&words);
        tree(&sandbox.join("reports/2025-01"))
    };
    let english = run(&[]);
    let uzbek = run(&["--language", "uz"]);
    let text = |files: &std::collections::BTreeMap<String, Vec<u8>>, name: &str| {
        String::from_utf8(files[name].clone()).unwrap()
    };
    assert!(text(&english, "index.html").contains("<html lang=\"en\">"));
    assert!(text(&uzbek, "index.html").contains("<html lang=\"uz\">"));
    assert!(text(&uzbek, "index.html").contains("2025-yil yanvar"));
    for name in ["kpis.csv", "kpis.parquet", "rejects.csv"] {
        assert!(english[name] == uzbek[name], "{name}");
    }
    let plain = text(&uzbek, "run.json").replace("\"language\": \"uz\"", "\"language\": \"en\"");
    assert_eq!(plain, text(&english, "run.json"));

    edit(
        &sandbox,
        "clearway.toml",
        "[project]\n",
        "[project]\nlanguage = \"ru\"\n",
    );
    let russian = run(&[]);
    assert!(text(&russian, "index.html").contains("январь 2025 г."));
    assert!(text(&russian, "run.json").contains("\"language\": \"ru\""));
}

#[test]
fn a_language_that_is_not_there_is_named_with_those_that_are() {
    let sandbox = small_project();
    let ran = sandbox.clearway(&["run", "--language", "kk"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("`uz` (oʻzbekcha)"), "{}", ran.stderr);
    edit(
        &sandbox,
        "clearway.toml",
        "[project]\n",
        "[project]\nlanguage = \"kk\"\n",
    );
    let ran = sandbox.clearway(&["check"]);
    assert_eq!(ran.status, 4);
    assert!(
        ran.stderr.contains("there is no language `kk`"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("`ru` (русский)"), "{}", ran.stderr);
}
