use super::*;
use crate::source::Files;
use crate::source::yaml::{DUPLICATE_KEY as SECOND, NOT_YAML as FIRST};

/// Two findings of two files, given in the wrong order and one of them twice.
fn report() -> (Files, Vec<Diagnostic>) {
    let mut files = Files::default();
    let later = files.add("rules/b, c.yaml", "é: 1\né: 2\n");
    let first = files.add("rules/a.yaml", "x\n");
    let twice = Diagnostic::error(SECOND, Span::new(later, 6, 8), "key `é` is there twice")
        .label("here")
        .related(Span::new(later, 0, 2), "first here")
        .help("keep one\nof 100%");
    let lint = Diagnostic::warning(FIRST, Span::new(first, 0, 1), "odd");
    let whole = Diagnostic::new(FIRST, Severity::Note, None, "nothing to do".to_owned());
    (files, vec![twice.clone(), lint, twice, whole])
}

#[test]
fn findings_are_sorted_by_file_and_place_and_said_once() {
    let (files, all) = report();
    let messages: Vec<&str> = ordered(&all, &files).into_iter().map(|found| found.message.as_str()).collect();
    assert_eq!(messages, ["nothing to do", "odd", "key `é` is there twice"]);
}

#[test]
fn text_underlines_what_was_written() {
    let (files, all) = report();
    let expected = "note[E0104]: nothing to do

warning[E0104]: odd
 --> rules/a.yaml:1:1
  |
1 | x
  | ^

error[E0106]: key `é` is there twice
 --> rules/b, c.yaml:2:1
  |
1 | é: 1
  | - first here
2 | é: 2
  | ^ here
  |
  = help: keep one
          of 100%
";
    assert_eq!(text(&all, &files, false), expected);
    assert!(text(&all, &files, true).contains("\u{1b}["));
    assert_eq!(text(&[], &files, false), "");
}

#[test]
fn json_counts_columns_in_characters() {
    let (files, all) = report();
    let value: serde_json::Value = serde_json::from_str(&json(&all, &files)).unwrap();
    assert_eq!(
        (value["version"].as_u64(), value["errors"].as_u64(), value["warnings"].as_u64()),
        (Some(1), Some(1), Some(1))
    );
    assert_eq!(value["diagnostics"][0].get("file"), None);
    let place = serde_json::json!({
        "code": "E0106", "severity": "error", "message": "key `é` is there twice", "file": "rules/b, c.yaml",
        "line": 2, "column": 1, "end_line": 2, "end_column": 2, "label": "here", "help": "keep one\nof 100%",
        "related": [{ "file": "rules/b, c.yaml", "line": 1, "column": 1, "end_line": 1, "end_column": 2, "message": "first here" }],
    });
    assert_eq!(value["diagnostics"][2], place);
}

#[test]
fn sarif_names_each_rule_once_and_encodes_paths() {
    let (files, all) = report();
    let value: serde_json::Value = serde_json::from_str(&sarif(&all, &files)).unwrap();
    let run = &value["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(2));
    assert_eq!(run["tool"]["driver"]["rules"][1]["shortDescription"]["text"], "a key is there twice");
    let result = &run["results"][2];
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "rules/b%2C%20c.yaml");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["endColumn"], 2);
    assert_eq!(result["relatedLocations"][0]["message"]["text"], "first here");
    assert_eq!(run["results"][0]["locations"], serde_json::json!([]));
}

#[test]
fn github_escapes_what_would_end_a_property_or_a_line() {
    let (files, all) = report();
    let expected = "::notice title=E0104::nothing to do
::warning file=rules/a.yaml,line=1,endLine=1,col=1,endColumn=2,title=E0104::odd
::error file=rules/b%2C c.yaml,line=2,endLine=2,col=1,endColumn=2,title=E0106::key `é` is there twice%0Akeep one%0Aof 100%25
";
    assert_eq!(github(&all, &files), expected);
}

#[test]
fn the_nearest_name_is_near() {
    let names = ["device.id", "device.platform", "app.bundle_id"];
    assert_eq!(nearest("device.ids", names), Some("device.id"));
    assert_eq!(nearest("Device.Platfrom", names), Some("device.platform"));
    assert_eq!(nearest("user", names), None);
    assert_eq!(nearest("", names), None);
    assert_eq!(shortened(" one\ntwo"), "one...");
    assert_eq!(shortened(&"é".repeat(61)), format!("{}...", "é".repeat(60)));
}

#[test]
fn places_far_apart_or_in_another_file_are_shown_apart() {
    let mut files = Files::default();
    let long = files.add("long.yaml", "a: 1\n".repeat(100));
    let other = files.add("other.yaml", "b: 2\n");
    let found = Diagnostic::error(SECOND, Span::new(long, 495, 496), "odd")
        .related(Span::new(long, 0, 1), "far")
        .related(Span::new(other, 0, 1), "elsewhere");
    let expected = "error[E0106]: odd
   --> long.yaml:100:1
    |
100 | a: 1
    | ^
    |
   ::: long.yaml:1:1
    |
  1 | a: 1
    | - far
    |
   ::: other.yaml:1:1
    |
  1 | b: 2
    | - elsewhere
";
    assert_eq!(text(&[found], &files, false), expected);
}
