//! OCEL 2.0: events of objects.

use super::fixture::{events, with_mapping};

const LOG: &str = r#"{
 "objectTypes": [{"name": "Declaration", "attributes": [{"name": "lane", "type": "string"}]},
                 {"name": "Truck", "attributes": []}],
 "eventTypes": [{"name": "Lodged", "attributes": [{"name": "value", "type": "float"}]},
                {"name": "Weighed", "attributes": []}, {"name": "Released", "attributes": []}],
 "events": [
  {"id": "e1", "type": "Lodged", "time": "2025-01-10T05:00:00Z",
   "attributes": [{"name": "value", "value": 1234567890123.45}],
   "relationships": [{"objectId": "D1", "qualifier": "of"}, {"objectId": "T1", "qualifier": "by"}]},
  {"id": "e2", "type": "Lodged", "time": "2025-01-10T05:30:00Z",
   "attributes": [{"name": "value", "value": 7}],
   "relationships": [{"objectId": "D2", "qualifier": "of"}]},
  {"id": "e3", "type": "Weighed", "time": "2025-01-10T06:00:00Z", "attributes": [],
   "relationships": [{"objectId": "T1", "qualifier": "itself"}]},
  {"id": "e4", "type": "Released", "time": "2025-01-11T05:00:00Z",
   "relationships": [{"objectId": "D1", "qualifier": "of"}, {"objectId": "D2", "qualifier": "of"}]}
 ],
 "objects": [
  {"id": "T1", "type": "Truck"},
  {"id": "D1", "type": "Declaration", "attributes": [
    {"name": "lane", "time": "2025-01-10T00:00:00Z", "value": "green"},
    {"name": "lane", "time": "2025-01-10T12:00:00Z", "value": "red"}]},
  {"id": "D2", "type": "Declaration", "attributes": []}
 ]
}"#;

fn mapping(top: &str) -> String {
    format!(
        "layout = \"events\"\n{top}\n[columns]\ndeclaration_id = \"ocel:oid\"\nactivity = \"ocel:activity\"\n\
         timestamp = \"ocel:timestamp\"\nevent_id = \"ocel:eid\"\n[activities]\nLodged = \"lodged\"\n\
         Released = \"released\"\n[attributes]\nlane = \"case:lane\"\n[amounts]\ncustoms_value = \"value\"\n"
    )
}

#[test]
fn an_event_of_two_declarations_is_two_rows_and_one_of_none_is_filtered() {
    for file in ["log.json", "log.jsonocel"] {
        let mapping = mapping("object_type = \"Declaration\"");
        let sandbox = with_mapping(file, LOG.as_bytes(), &mapping);
        let ran = sandbox.succeeds(&["ingest"]);
        let wanted = "5 read = 4 accepted + 0 rejected + 0 duplicates + 1 filtered";
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
        assert_eq!(
            events(&sandbox),
            ["D1,Lodged", "D2,Lodged", "D1,Released", "D2,Released"]
        );
        let sql = "SELECT declaration_id, lane, customs_value, lodged_at, released_at FROM clearances \
                   ORDER BY declaration_id";
        let printed = sandbox.succeeds(&["query", sql, "--format", "csv"]).stdout;
        let rows: Vec<&str> = printed.lines().skip(1).collect();
        // The lane is the one that held at the newest event.
        assert_eq!(
            rows,
            [
                "D1,red,1234567890123.45,2025-01-10T05:00:00Z,2025-01-11T05:00:00Z",
                "D2,,7,2025-01-10T05:30:00Z,2025-01-11T05:00:00Z",
            ]
        );
    }
}

#[test]
fn which_object_is_the_declaration_must_be_said_where_there_are_several() {
    let sandbox = with_mapping("log.json", LOG.as_bytes(), &mapping(""));
    let ran = sandbox.clearway(&["check"]);
    assert_eq!(ran.status, 3);
    let told = "has objects of several types: Declaration (2), Truck (1)";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    let wrong = mapping("object_type = \"Declaratoin\"");
    let sandbox = with_mapping("log.json", LOG.as_bytes(), &wrong);
    let ran = sandbox.clearway(&["check"]);
    assert!(
        ran.stderr.contains("did you mean `Declaration`?"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_log_that_is_cut_off_is_refused_whole() {
    let sandbox = with_mapping(
        "log.jsonocel",
        &LOG.as_bytes()[..LOG.len() - 20],
        &mapping("object_type = \"Declaration\""),
    );
    let ran = sandbox.clearway(&["ingest"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("must be a whole OCEL 2.0 log"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("line 2"), "{}", ran.stderr);
}
