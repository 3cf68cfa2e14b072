//! KQL's two products: Azure Data Explorer, and the Log Analytics workspaces that Sentinel reads.
//!
//! Sources: <https://learn.microsoft.com/en-us/kusto/api/rest/request> (`db`, `csl`) and
//! <https://learn.microsoft.com/en-us/kusto/api/rest/response-v2> (frames, one of which is the primary result; a request may fail after
//! its status was sent, and then says so in the last frame);
//! <https://learn.microsoft.com/en-us/azure/azure-monitor/logs/api/request-format> and
//! <https://learn.microsoft.com/en-us/azure/azure-monitor/logs/api/response-format> (`tables`; an `error` beside them means that they are
//! not whole).

use super::answer::{Api, Fields, error_words, json, not_the_api, rejected};
use super::http::Http;
use crate::diagnostic::Diagnostic;
use serde_json::{Value as Json, json};
use ureq::http::Method;

pub(super) struct DataExplorer;
pub(super) struct LogAnalytics;

/// The database that a cluster has where none is named.
const DEFAULT_DATABASE: &str = "NetDefaultDB";

impl Api for DataExplorer {
    fn query(&self, http: &Http, text: &str) -> Result<Vec<Fields>, Diagnostic> {
        let database = http.place.inside.as_deref().unwrap_or(DEFAULT_DATABASE);
        let body = json!({ "db": database, "csl": text }).to_string();
        let answer = http.send(&Method::POST, "/v2/rest/query", Some(("application/json", &body)))?;
        let answer = json(http, answer)?;
        let frames = answer.as_array().ok_or_else(|| not_the_api(http, "an array of frames was expected"))?;
        let of = |frame: &&Json, kind: &str| frame.get("FrameType").and_then(Json::as_str) == Some(kind);
        let Some(end) = frames.iter().find(|f| of(f, "DataSetCompletion")) else {
            return Err(not_the_api(http, "the last frame is missing"));
        };
        if end.get("HasErrors").and_then(Json::as_bool) == Some(true) {
            let errors = end.get("OneApiErrors").and_then(Json::as_array).into_iter().flatten();
            let said: Vec<String> = errors.filter_map(|e| error_words(e.get("error").unwrap_or(e))).collect();
            let said = if said.is_empty() { "it says no reason".to_owned() } else { said.join("; ") };
            return Err(rejected(http, &said));
        }
        let primary = |f: &&Json| f.get("TableKind").and_then(Json::as_str) == Some("PrimaryResult");
        let table = frames.iter().find(primary).ok_or_else(|| not_the_api(http, "there is no primary result"))?;
        records(http, table, "Columns", "ColumnName", "Rows")
    }
}

impl Api for LogAnalytics {
    fn query(&self, http: &Http, text: &str) -> Result<Vec<Fields>, Diagnostic> {
        let workspace = http.place.inside.as_deref().unwrap_or_default();
        let body = json!({ "query": text }).to_string();
        let path = format!("/v1/workspaces/{workspace}/query");
        let answer = http.send(&Method::POST, &path, Some(("application/json", &body)))?;
        let answer = json(http, answer)?;
        if let Some(error) = answer.get("error") {
            return Err(rejected(http, &error_words(error).unwrap_or_else(|| "its answer is not whole".to_owned())));
        }
        let tables = answer.get("tables").and_then(Json::as_array);
        let table = tables.and_then(|all| all.first()).ok_or_else(|| not_the_api(http, "there are no tables"))?;
        records(http, table, "columns", "name", "rows")
    }
}

/// A table's rows by the names of its columns.
fn records(http: &Http, table: &Json, columns: &str, name: &str, rows: &str) -> Result<Vec<Fields>, Diagnostic> {
    let list = |key: &str| table.get(key).and_then(Json::as_array);
    let (Some(columns), Some(rows)) = (list(columns), list(rows)) else {
        return Err(not_the_api(http, "a table without columns or rows"));
    };
    let names: Vec<&str> = columns.iter().filter_map(|column| column.get(name)?.as_str()).collect();
    let mut all = Vec::new();
    for row in rows {
        // In place of a row there may be an error, where the query fails in the middle.
        if let Some(errors) = row.get("OneApiErrors").and_then(Json::as_array) {
            let said = errors.iter().find_map(|e| error_words(e.get("error").unwrap_or(e)));
            return Err(rejected(http, &said.unwrap_or_else(|| "it fails in the middle".to_owned())));
        }
        let cells = row.as_array().filter(|cells| cells.len() == names.len());
        let cells = cells.ok_or_else(|| not_the_api(http, "a row has other columns than its table"))?;
        all.push(names.iter().zip(cells).map(|(name, cell)| ((*name).to_owned(), cell.clone())).collect());
    }
    Ok(all)
}
