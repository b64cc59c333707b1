//! `check FILE`: what is in a file, and a mapping to begin with.

use super::fixture::{EVENTS, workbook, xes};
use super::{delimited, utf_16};
use crate::support::{Ran, Sandbox, published_data};

/// Drafts a mapping for a file and checks that it loads and reads the file; gives the draft and what
/// `check` says of the file.
fn drafted(file: &str, bytes: &[u8]) -> (String, String) {
    let toml = format!(
        "[project]\nname = \"Draft\"\ntimezone = \"Asia/Tashkent\"\ncurrency = \"UZS\"\n\
         [[source]]\npath = \"inbox/{file}\"\nmapping = \"draft\"\n"
    );
    let sandbox = Sandbox::with(&[("clearway.toml", &toml)]);
    sandbox.write(&format!("inbox/{file}"), bytes);
    let path = format!("inbox/{file}");
    sandbox.write("mappings/README.md", b"");
    let wrote = sandbox.succeeds(&["check", &path, "--draft", "mappings/draft.toml"]);
    assert!(
        wrote.stderr.contains("wrote mappings/draft.toml"),
        "{}",
        wrote.stderr
    );
    let draft = sandbox.read("mappings/draft.toml");
    let ran = sandbox.clearway(&["check"]);
    assert_eq!(ran.status, 0, "{file}\n{draft}\n{}", ran.stderr);
    (draft, ran.stderr)
}

fn look(file: &str, bytes: &[u8]) -> Ran {
    let sandbox = Sandbox::empty();
    sandbox.write(file, bytes);
    sandbox.clearway(&["check", file])
}

#[test]
fn a_file_in_any_format_is_drafted_and_the_draft_reads_it() {
    let csv = delimited(';');
    let cyrillic = encoding_rs::WINDOWS_1251.encode(&csv).0.into_owned();
    for (file, bytes, wanted) in [
        ("log.csv", cyrillic, "encoding = \"windows-1251\""),
        ("log.csv", csv.clone().into_bytes(), "delimiter = \";\""),
        ("log.csv", utf_16(&csv, false), "encoding = \"utf-16le\""),
        ("log.xlsx", workbook("Sheet1", &[]), "format = \"xlsx\""),
        (
            "log.xes",
            xes("UTF-8").into_bytes(),
            "declaration_id = \"case:concept:name\"",
        ),
    ] {
        let (draft, check) = drafted(file, &bytes);
        assert!(draft.contains(wanted), "{file}: {draft}");
        for line in [
            "\"Lodged\" = \"lodged\"",
            "\"Released\" = \"released\"",
            "# \"Note\" = \"\"",
        ] {
            assert!(draft.contains(line), "{file}: {line}\n{draft}");
        }
        assert!(check.contains("6 rows, 6 good"), "{file}: {check}\n{draft}");
    }
    let lines: String = EVENTS
        .map(|[id, what, when, ..]| {
            format!("{{\"case\":{{\"id\":\"{id}\"}},\"event\":\"{what}\",\"time\":\"{when}\"}}\n")
        })
        .concat();
    let (draft, check) = drafted("log.ndjson", lines.as_bytes());
    assert!(draft.contains("declaration_id = \"case.id\""), "{draft}");
    assert!(check.contains("6 rows, 6 good"), "{check}");
}

#[test]
fn labels_in_russian_and_local_dates_are_understood() {
    let log = "Номер ДТ;Операция;Дата и время;Таможенный пост;Направление;Вид транспорта;Стоимость\n\
        10/1;Подача декларации;13.01.2025 10:00;26001;ИМ;Авто;1500.50\n\
        10/1;Регистрация;13.01.2025 10:05;26001;ИМ;Авто;\n\
        10/1;Досмотр начат;13.01.2025 11:00;26001;ИМ;Авто;\n\
        10/1;Досмотр завершен;13.01.2025 12:00;26001;ИМ;Авто;\n\
        10/1;Выпуск;13.01.2025 13:00;26001;ИМ;Авто;\n\
        10/2;Подача декларации;14.01.2025 10:00;26002;ИМ;Ж/Д;900\n";
    let (draft, check) = drafted("log.csv", log.as_bytes());
    for line in [
        "layout = \"events\"",
        "timestamp_formats = [\"%d.%m.%Y %H:%M\"]",
        "declaration_id = \"Номер ДТ\"",
        "activity = \"Операция\"",
        "timestamp = \"Дата и время\"",
        "\"Подача декларации\" = \"lodged\"",
        "\"Регистрация\" = \"registered\"",
        "\"Досмотр начат\" = \"inspection_started\"",
        "\"Досмотр завершен\" = \"inspection_completed\"",
        "\"Выпуск\" = \"released\"",
        "office = \"Таможенный пост\"",
        "customs_value = \"Стоимость\"",
        "\"Авто\" = \"road\"",
    ] {
        assert!(draft.contains(line), "{line}\n{draft}");
    }
    assert!(check.contains("6 rows, 6 good"), "{check}\n{draft}");
}

#[test]
fn lifecycles_are_drafted_as_starts_and_ends() {
    let log = "case id,activity,lifecycle,timestamp\n\
        1,Inspect goods,start,2025-01-01 10:00\n1,Inspect goods,complete,2025-01-01 11:00\n\
        2,Inspect goods,start,2025-01-02 10:00\n2,Release,complete,2025-01-02 11:00\n";
    let (draft, check) = drafted("log.csv", log.as_bytes());
    let wanted = "\"Inspect goods\" = { start = \"inspection_started\", complete = \"inspection_completed\" }";
    assert!(draft.contains(wanted), "{draft}");
    assert!(check.contains("4 rows, 4 good"), "{check}");
    assert!(!check.contains("mapped to no milestone"), "{check}");
}

#[test]
fn a_look_writes_nothing_and_says_what_it_sees() {
    let ran = look("log.csv", delimited(';').as_bytes());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    for line in [
        "log.csv: csv, UTF-8, `;` between fields, 6 rows, 6 columns",
        "layout           one row per event",
        "declaration id   `id`: 6 values, 2 different: Д-1, Д-2",
        "timestamp        `when`: 6 times, 2025-01-10 10:00:00 to 2025-01-11 09:30:00",
        "label            `Lodged` (2): lodged",
        "label            `Note` (1): no milestone that its words tell",
    ] {
        assert!(ran.stderr.contains(line), "{line}\n{}", ran.stderr);
    }
    let ran = look("names.csv", b"code,name\n01,Animals\n02,Meat\n");
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr
            .contains("is no log: none of its 2 columns holds times"),
        "{}",
        ran.stderr
    );
    let ran = look("empty.csv", b"");
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr.contains("has no rows to look at"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_draft_goes_to_standard_output_and_never_over_a_file() {
    let sandbox = Sandbox::empty();
    sandbox.write("log.csv", delimited(',').as_bytes());
    let ran = sandbox.succeeds(&["check", "log.csv", "--draft", "-"]);
    assert!(
        ran.stdout.starts_with("# A draft for log.csv"),
        "{}",
        ran.stdout
    );
    sandbox.write("there.toml", b"x");
    let ran = sandbox.clearway(&["check", "log.csv", "--draft", "there.toml"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("is there already"), "{}", ran.stderr);
    assert_eq!(sandbox.read("there.toml"), "x");
    let ran = sandbox.clearway(&["check", "nowhere.csv"]);
    assert_eq!(ran.status, 3);
}

#[test]
fn published_logs_are_drafted_and_what_is_no_log_is_told() {
    let Some(data) = published_data() else { return };
    for (file, wanted) in [
        (
            "receipt.csv",
            &[
                "activity = \"concept:name\"",
                "timestamp = \"time:timestamp\"",
                "case:concept:name",
            ][..],
        ),
        (
            "running-example.csv",
            &[
                "\"register request\" = \"registered\"",
                "\"pay compensation\"",
            ],
        ),
        (
            "running-example.xes",
            &["declaration_id = \"case:concept:name\""],
        ),
        (
            "traffic-fines.csv",
            &[
                "declaration_id = \"case_id\"",
                "\"Payment\" = \"paid\"",
                "event_id = \"activity_instance_id\"",
            ],
        ),
        (
            "korea-import-declarations.csv",
            &[
                "layout = \"declarations\"",
                "declaration_id = \"Declaration ID\"",
                "hs_code = \"HS6 Code\"",
                "finding = \"Fraud\"",
            ],
        ),
        (
            "scms-shipments.csv",
            &[
                "declaration_id = \"ID\"",
                "%d-%b-%y",
                "destination = \"Country\"",
            ],
        ),
    ] {
        let bytes = std::fs::read(data.join(file)).unwrap();
        let (draft, check) = drafted(file, &bytes);
        for line in wanted {
            assert!(draft.contains(line), "{file}: {line}\n{draft}");
        }
        assert!(check.contains(" rows, "), "{file}: {check}");
    }
    for file in ["texas-border-crossings.csv", "harmonized-system.csv"] {
        let ran = look(file, &std::fs::read(data.join(file)).unwrap());
        assert_eq!(ran.status, 3, "{file}: {}", ran.stderr);
        assert!(ran.stderr.contains("is no log"), "{file}: {}", ran.stderr);
    }
}
