//! Faults in configuration, mapping, catalogue and targets: file, line, field, hint; exit status 4.

use insta::assert_snapshot;

use super::{edit, new_project, said, small_project};

const KPI: &str = r##"id = "ZZ01"
slug = "own_amendment_rate"
title = "Amendment rate"
question = "What share of declarations is amended?"
area = "trade_facilitation"
unit = "share"
better = "lower"
anchor = "registered"
formula = "# amended / # registered"
null_rule = "A declaration without an amendment counts as not amended."
source = "Own"
version = 1

[measure]
kind = "share"
when = "amended_count > 0"
"##;

#[test]
fn no_project_is_a_usage_error_that_says_where_it_was_sought() {
    let sandbox = crate::support::Sandbox::empty();
    assert_snapshot!(said(&sandbox, &["run"]), @r"
    exit 2
    --- stderr
    error: there is no project here: `./clearway.toml` and `data/clearway.toml` not found

    hint: make one with `clearway init DIR`, or name one with `--project DIR`
    ");
    assert_snapshot!(said(&sandbox, &["check", "--project", "customs"]), @r"
    exit 2
    --- stderr
    error: there is no project here: `customs/clearway.toml` not found

    hint: make one with `clearway init DIR`, or name one with `--project DIR`
    ");
}

#[test]
fn a_project_is_found_here_or_in_data_or_where_the_option_says() {
    let sandbox = crate::support::Sandbox::empty();
    sandbox.succeeds(&["init", "data"]);
    sandbox.succeeds(&["init", "elsewhere"]);
    edit(&sandbox, "data/clearway.toml", "UZS", "not a currency");
    assert_eq!(sandbox.clearway(&["check"]).status, 4);
    sandbox.succeeds(&["check", "--project", "elsewhere"]);
    sandbox.succeeds(&["--project", "elsewhere", "check"]);
    sandbox.write(
        "clearway.toml",
        sandbox.read("elsewhere/clearway.toml").as_bytes(),
    );
    sandbox.write(
        "mappings/customs.toml",
        sandbox.read("elsewhere/mappings/customs.toml").as_bytes(),
    );
    sandbox.succeeds(&["check"]);
}

#[test]
fn a_syntax_error_is_named_with_its_line() {
    let sandbox = new_project();
    edit(&sandbox, "clearway.toml", "[project]", "[project");
    let text = said(&sandbox, &["check"]);
    assert!(
        text.starts_with("exit 4\n--- stderr\nerror: the configuration has"),
        "{text}"
    );
    assert!(
        text.contains("./clearway.toml:3: unclosed table, expected `]`"),
        "{text}"
    );
}

#[test]
fn a_missing_project_table_is_named() {
    let sandbox = new_project();
    sandbox.write(
        "clearway.toml",
        b"[[source]]\npath = \"inbox/*\"\nmapping = \"customs\"\n",
    );
    assert_snapshot!(said(&sandbox, &["check"]), @r"
    exit 4
    --- stderr
    error: the configuration has 1 fault
      ./clearway.toml:1: `project`: the table `[project]` is missing
    ");
}

#[test]
fn several_faults_are_reported_at_once_each_with_the_nearest_name() {
    let sandbox = new_project();
    edit(&sandbox, "clearway.toml", "Asia/Tashkent", "Asia/Tashkend");
    edit(&sandbox, "clearway.toml", "trend_months", "trend_month");
    edit(
        &sandbox,
        "clearway.toml",
        "min_declarations = 5",
        "min_declarations = 0",
    );
    assert_snapshot!(said(&sandbox, &["run"]), @r"
    exit 4
    --- stderr
    error: the configuration has 3 faults
      ./clearway.toml:5: `project.timezone`: unknown time zone `Asia/Tashkend` (hint: did you mean `Asia/Tashkent`?)
      ./clearway.toml:28: `report.trend_month`: is not a known key here (hint: did you mean `trend_months`?)
      ./clearway.toml:29: `report.min_declarations`: must be at least 1, found 0
    ");
    assert!(
        !sandbox.join("store").exists(),
        "nothing is touched before the faults are mended"
    );
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_what_was_expected() {
    let sandbox = new_project();
    edit(
        &sandbox,
        "clearway.toml",
        "timezone = \"Asia/Tashkent\"",
        "timezone = 5",
    );
    edit(
        &sandbox,
        "clearway.toml",
        "trend_months = 24",
        "trend_months = \"all\"",
    );
    edit(
        &sandbox,
        "clearway.toml",
        "currency = \"UZS\"",
        "currency = \"sum\"",
    );
    assert_snapshot!(said(&sandbox, &["check"]), @r"
    exit 4
    --- stderr
    error: the configuration has 3 faults
      ./clearway.toml:5: `project.timezone`: expected a text in quotes, found integer
      ./clearway.toml:6: `project.currency`: `sum` is not a currency code (hint: an ISO 4217 code such as `UZS`)
      ./clearway.toml:28: `report.trend_months`: expected a whole number, found string
    ");
}

#[test]
fn a_mapping_that_is_not_there_is_named_with_the_nearest_one() {
    let sandbox = new_project();
    edit(
        &sandbox,
        "clearway.toml",
        "mapping = \"customs\"",
        "mapping = \"custom\"",
    );
    let text = said(&sandbox, &["check"]);
    assert!(text.starts_with("exit 4\n"), "{text}");
    assert!(
        text.contains("`source.mapping`: there is no file `mappings/custom.toml`"),
        "{text}"
    );
    assert!(text.contains("did you mean `customs`?"), "{text}");
}

#[test]
fn every_fault_of_a_mapping_is_reported_with_its_line() {
    let sandbox = new_project();
    let file = "mappings/customs.toml";
    edit(&sandbox, file, "= \"released\"", "= \"relased\"");
    edit(&sandbox, file, "\npaid = ", "\npad = ");
    edit(&sandbox, file, "\"%d.%m.%Y %H:%M\"]", "\"%d.%m %H:%M\"]");
    edit(
        &sandbox,
        file,
        "# where = \"status <> 'test'\"",
        "where = \"status <>\"",
    );
    edit(&sandbox, file, "[codes.lane]", "[codes.regime]");
    edit(
        &sandbox,
        file,
        "# region = { expr = \"SUBSTR(office, 1, 2)\" }",
        "region = { expr = \"SUBST(office)\" }",
    );
    assert_snapshot!(said(&sandbox, &["check"]), @r"
    exit 4
    --- stderr
    error: the configuration has 6 faults
      ./mappings/customs.toml:7: `timestamp_formats`: `%d.%m %H:%M` has no year
      ./mappings/customs.toml:12: `where`: is not SQL: sql parser error: Expected: an expression, found: EOF
      ./mappings/customs.toml:55: `activities.Released`: `relased` is not a milestone (hint: did you mean `released`?)
      ./mappings/customs.toml:70: `attributes.region.expr`: calls `subst`, which is not supported in a mapping
      ./mappings/customs.toml:72: `codes.regime`: is a code list for an attribute that is not mapped (hint: did you mean `region`?)
      ./mappings/customs.toml:81: `amounts.pad`: `pad` is not an amount (hint: did you mean `paid`?)
    ");
}

#[test]
fn a_kpi_of_the_projects_own_is_part_of_the_catalogue() {
    let sandbox = small_project();
    sandbox.write("catalogue/ZZ01.toml", KPI.as_bytes());
    let list = sandbox.succeeds(&["kpi", "list", "--format", "csv"]).stdout;
    assert!(
        list.contains("\nZZ01,own_amendment_rate,Amendment rate,"),
        "{list}"
    );
    sandbox.succeeds(&["run"]);
    assert_eq!(
        super::figure(&sandbox, &["zz01", "--period", "2025-01"], "all", "value"),
        "0"
    );
}

#[test]
fn the_example_that_init_writes_for_an_own_kpi_is_valid() {
    let sandbox = new_project();
    let text = sandbox.read("catalogue/README.md");
    let example = text
        .split("```toml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    sandbox.write("catalogue/ZZ01.toml", example.as_bytes());
    sandbox.succeeds(&["kpi", "explain", "ZZ01"]);
}

#[test]
fn every_fault_of_a_definition_is_reported_with_its_line_and_the_nearest_name() {
    let sandbox = new_project();
    let text = KPI
        .replace("amended_count >", "amend_count >")
        .replace("\"lower\"", "\"low\"")
        .replace("\"registered\"", "\"registred\"")
        .replace("source = \"Own\"\n", "");
    sandbox.write("catalogue/ZZ01.toml", text.as_bytes());
    assert_snapshot!(said(&sandbox, &["kpi", "list"]), @r"
    exit 4
    --- stderr
    error: the configuration has 4 faults
      ./catalogue/ZZ01.toml:1: `source`: is missing
      ./catalogue/ZZ01.toml:7: `better`: `low` is not one of: lower, higher, context (hint: did you mean `lower`?)
      ./catalogue/ZZ01.toml:8: `anchor`: `registred` is not a milestone (hint: did you mean `registered`?)
      ./catalogue/ZZ01.toml:15: `measure.when`: there is no column `amend_count` (hint: did you mean `amended_count`?)
    ");
}

#[test]
fn a_definition_can_not_take_a_name_that_is_taken_nor_a_unit_that_does_not_fit() {
    let sandbox = new_project();
    let fault = |name: &str, text: &str| {
        sandbox.write(&format!("catalogue/{name}"), text.as_bytes());
        let text = said(&sandbox, &["check"]);
        std::fs::remove_file(sandbox.join(&format!("catalogue/{name}"))).unwrap();
        text
    };
    assert_snapshot!(fault("RM02.toml", &KPI.replace("ZZ01", "RM02")), @r"
    exit 4
    --- stderr
    error: the configuration has 1 fault
      ./catalogue/RM02.toml: `id`: there is a KPI `RM02` already (hint: give your KPI an id and a slug of its own)
    ");
    assert_snapshot!(fault("ZZ01.toml", &KPI.replace("own_amendment_rate", "hit_rate")), @r"
    exit 4
    --- stderr
    error: the configuration has 1 fault
      ./catalogue/ZZ01.toml: `id`: there is a KPI `hit_rate` already (hint: give your KPI an id and a slug of its own)
    ");
    assert_snapshot!(fault("ZZ02.toml", KPI), @r"
    exit 4
    --- stderr
    error: the configuration has 1 fault
      ./catalogue/ZZ02.toml:1: `id`: the file is called `ZZ02.toml`, the id `ZZ01`
    ");
    assert_snapshot!(fault("ZZ01.toml", &KPI.replace("unit = \"share\"", "unit = \"s\"")), @r"
    exit 4
    --- stderr
    error: the configuration has 1 fault
      ./catalogue/ZZ01.toml:6: `unit`: a `share` can't be in `s`
    ");
}

#[test]
fn a_condition_of_the_catalogue_must_be_true_or_false_of_one_row() {
    let sandbox = new_project();
    let fault = |when: &str| {
        let text = KPI.replace("amended_count > 0", when);
        sandbox.write("catalogue/ZZ01.toml", text.as_bytes());
        said(&sandbox, &["check"])
    };
    for (when, part) in [
        ("direction", "not true or false"),
        (
            "SUM(paid) > 0",
            "uses a function of many rows, which a condition can't",
        ),
        (
            "direction IN (SELECT direction FROM clearances)",
            "uses a subquery",
        ),
        ("amended_count >", "is not SQL"),
        (
            "amended_count > 0; DROP TABLE clearances",
            "is more than one condition",
        ),
    ] {
        let text = fault(when);
        assert!(text.starts_with("exit 4\n"), "{when}: {text}");
        assert!(text.contains("./catalogue/ZZ01.toml"), "{when}: {text}");
        assert!(text.contains("`measure.when`"), "{when}: {text}");
        assert!(text.contains(part), "{when}: {text}");
    }
}

#[test]
fn targets_for_what_does_not_exist_are_named_with_their_line() {
    let sandbox = new_project();
    sandbox.write(
        "targets.toml",
        br#"[[target]]
kpi = "TF99"
value = "24h"

[[target]]
kpi = "TF01"
statistic = "medain"
value = "24h"

[[target]]
kpi = "customs_clearance_time"
statistic = "p90"
value = "24h"
"#,
    );
    let text = said(&sandbox, &["check"]);
    assert!(
        text.starts_with("exit 4\n--- stderr\nerror: the configuration has 2 faults\n"),
        "{text}"
    );
    assert!(text.contains("there is no KPI `TF99`"), "{text}");
    assert!(
        text.contains("`TF01` has no statistic `medain` (hint: did you mean `median`?)"),
        "{text}"
    );
}

#[test]
fn targets_with_values_that_mean_nothing_are_named_with_their_line() {
    let sandbox = new_project();
    sandbox.write(
        "targets.toml",
        br#"[[target]]
kpi = "TF01"
statistic = "median"
value = "-24h"

[[target]]
kpi = "TF01"
statistic = "p90"
value = "24h"
band = 10
bant = 1

[[target]]
kpi = "TF01"
statistic = "p75"
value = "24h"
member = "C1"
"#,
    );
    assert_snapshot!(said(&sandbox, &["check"]), @r"
    exit 4
    --- stderr
    error: the configuration has 4 faults
      ./targets.toml:4: `target.value`: `-24h` is not a value (hint: a number, or a span such as `90min`, `48h`, `3d`)
      ./targets.toml:10: `target.band`: must be a share from 0 to 1, found 10
      ./targets.toml:11: `target.bant`: is not a known key here (hint: did you mean `band`?)
      ./targets.toml:13: `target.dimension`: `dimension` and `member` go together
    ");
}

#[test]
fn targets_in_another_unit_or_for_an_unknown_dimension_are_refused() {
    let sandbox = new_project();
    sandbox.write(
        "targets.toml",
        br#"[[target]]
kpi = "TF01"
value = 24

[[target]]
kpi = "RM04"
value = 20

[[target]]
kpi = "RV01"
value = "48h"

[[target]]
kpi = "RM02"
dimension = "offic"
member = "O1"
value = 0.1
"#,
    );
    assert_snapshot!(said(&sandbox, &["check"]), @r"
    exit 4
    --- stderr
    error: the configuration has 4 faults
      ./targets.toml:1: `target.value`: does not fit the unit of `TF01` (hint: a span with its unit, such as `90min`, `48h`, `3d`)
      ./targets.toml:5: `target.value`: does not fit the unit of `RM04` (hint: a share from 0 to 1, such as `0.85`)
      ./targets.toml:9: `target.value`: does not fit the unit of `RV01` (hint: a plain number)
      ./targets.toml:13: `target.dimension`: `offic` is not a dimension (hint: did you mean `office`?)
    ");
}

#[test]
fn a_file_that_is_not_toml_has_that_fault_alone() {
    let sandbox = new_project();
    sandbox.write("clearway.toml", b"[project\nname = \"x\"\n");
    let text = said(&sandbox, &["check"]);
    assert!(text.starts_with("exit 4\n"), "{text}");
    assert!(
        !text.contains("is missing") && !text.contains("there is no"),
        "{text}"
    );
}

#[test]
fn hours_of_a_calendar_that_are_not_hours_are_named_with_their_line() {
    let sandbox = new_project();
    let file = "calendars/office-hours.toml";
    edit(&sandbox, file, "mon = ", "monday = ");
    edit(&sandbox, file, "tue = [\"09:00-13:00\"", "tue = [\"9-13\"");
    let text = said(&sandbox, &["check"]);
    assert!(text.starts_with("exit 4\n"), "{text}");
    assert!(
        text.contains("office-hours.toml:5: `week.monday`: is not a known key here"),
        "{text}"
    );
    assert!(
        text.contains("office-hours.toml:6: `week.tue`: `9-13` are not hours"),
        "{text}"
    );
}
