//! What a self-contained query gives, read back and checked for being whole.

use super::Record;
use super::answer::Fields;
use super::codes;
use super::http::fault;
use crate::backend::verify::{END, Row};
use crate::diagnostic::Diagnostic;
use serde_json::Value as Json;

/// The rows of a verification.
///
/// # Errors
/// A row lacks a column, says PASS or FAIL against its own counts, or the row that every case has is not there: some are missing.
pub(super) fn rows(records: &[Fields]) -> Result<Vec<Row>, Diagnostic> {
    let wrong = |what: &str| fault(codes::ANSWER, format!("the answer is not the query's: {what}"));
    let mut rows = Vec::new();
    for record in records {
        let count = |name: &str| record.get(name).and_then(whole);
        let alert = record.get("alert").and_then(Json::as_str);
        let (Some(alert), Some(wanted), Some(found)) = (alert, count("wanted"), count("found")) else {
            return Err(wrong("a row without `alert`, `wanted` or `found`"));
        };
        let row = Row { alert: alert.to_owned(), wanted, found };
        let said = record.get("result").and_then(Json::as_str);
        if said != Some(if row.passed() { "PASS" } else { "FAIL" }) {
            return Err(wrong("a row whose `result` and counts differ"));
        }
        rows.push(row);
    }
    if !rows.iter().any(|row| row.alert == END) {
        return Err(wrong(&format!("rows are missing, among them `{END}`")));
    }
    Ok(rows)
}

/// Splunk gives numbers as texts.
fn whole(value: &Json) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Records as they are shown.
pub(super) fn shown(records: &[Fields]) -> Vec<Record> {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let one = |record: &Fields| record.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    records.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(rows: &Json) -> Result<Vec<Row>, Diagnostic> {
        let rows: Vec<Fields> = rows.as_array().unwrap().iter().map(|r| r.as_object().unwrap().clone()).collect();
        super::rows(&rows)
    }

    #[test]
    fn rows_are_read_in_both_spellings_of_numbers() {
        let end = json!({ "result": "PASS", "alert": END, "wanted": "1", "found": 1 });
        let found = read(&json!([end, { "result": "FAIL", "alert": "a", "wanted": 0, "found": "2" }])).unwrap();
        assert!(found[0].passed() && !found[1].passed());
    }

    #[test]
    fn an_answer_that_is_not_whole_or_contradicts_itself_is_no_pass() {
        let end = json!({ "result": "PASS", "alert": END, "wanted": 1, "found": 1 });
        for rows in [
            json!([]),
            json!([{ "result": "PASS", "alert": "a", "wanted": 1, "found": 1 }]),
            json!([end, { "result": "PASS", "alert": "a", "wanted": 1, "found": 0 }]),
            json!([end, { "alert": "a", "wanted": 1, "found": 1 }]),
            json!([end, { "result": "PASS", "alert": "a", "wanted": 1 }]),
        ] {
            assert!(read(&rows).is_err(), "{rows}");
        }
    }
}
