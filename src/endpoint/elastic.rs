//! Elasticsearch: ES|QL as a query, EQL over an index that is made for one case and deleted after it.
//!
//! Sources, all at <https://www.elastic.co/guide/en/elasticsearch/reference/8.19/>: `esql-query-api.html` (`columns`, `values`,
//! `is_partial`), `indices-create-index.html`, `docs-bulk.html` (`errors` beside a status of 200), `eql-search-api.html` (`hits.events`,
//! `hits.sequences`, `timed_out`, shard failures), `indices-delete-index.html`.

use super::answer::{Api, Fields, json, not_the_api, rejected, text};
use super::http::{Http, fault};
use super::{Judgement, codes};
use crate::backend::verify::{Requests, Row};
use crate::diagnostic::Diagnostic;
use serde_json::{Value as Json, json};
use ureq::http::Method;

pub(super) struct Elasticsearch;

const JSON: &str = "application/json";

impl Api for Elasticsearch {
    fn query(&self, http: &Http, text: &str) -> Result<Vec<Fields>, Diagnostic> {
        let body = json!({ "query": text }).to_string();
        let answer = json(http, http.send(&Method::POST, "/_query?format=json", Some((JSON, &body)))?)?;
        if answer.get("is_partial").and_then(Json::as_bool) == Some(true) {
            return Err(rejected(http, "its answer is not whole (`is_partial`)"));
        }
        let list = |key: &str| answer.get(key).and_then(Json::as_array);
        let (Some(columns), Some(values)) = (list("columns"), list("values")) else {
            return Err(not_the_api(http, "`columns` and `values` were expected"));
        };
        let names: Vec<&str> = columns.iter().filter_map(|column| column.get("name")?.as_str()).collect();
        let record = |row: &Json| -> Option<Fields> {
            let cells = row.as_array().filter(|cells| cells.len() == names.len())?;
            Some(names.iter().zip(cells).map(|(name, cell)| ((*name).to_owned(), cell.clone())).collect())
        };
        let records: Option<Vec<Fields>> = values.iter().map(record).collect();
        records.ok_or_else(|| not_the_api(http, "a row has other columns than its table"))
    }
}

/// Makes an index, fills it, asks, and deletes it, whatever came of it.
pub(super) fn judge(http: &Http, requests: &Requests) -> Result<Judgement, Diagnostic> {
    let index = format!("siemc-verify-{}", uuid::Uuid::new_v4());
    let rows = ask(http, requests, &index);
    // An index that was never made is no fault: the first request may have failed.
    let path = format!("/{index}?ignore_unavailable=true");
    let gone = http.send(&Method::DELETE, &path, None).and_then(|answer| text(http, answer));
    match (rows, gone) {
        (Ok(rows), Err(why)) => {
            let message = format!("the index `{index}` could not be deleted: {}", why.message);
            let left = fault(codes::LEFT_BEHIND, message).help(format!("delete it by hand: `DELETE /{index}`"));
            Ok(Judgement { rows, left_behind: Some(left) })
        }
        (Err(first), Err(_)) if first.code != codes::UNREACHABLE => {
            let help = format!("the index `{index}` may still be there: `DELETE /{index}`");
            Err(Diagnostic {
                help: Some(first.help.map_or_else(|| help.clone(), |own| format!("{own}; {help}"))),
                ..first
            })
        }
        (rows, _) => rows.map(|rows| Judgement { rows, left_behind: None }),
    }
}

fn ask(http: &Http, requests: &Requests, index: &str) -> Result<Vec<Row>, Diagnostic> {
    let body = requests.index.to_string();
    json(http, http.send(&Method::PUT, &format!("/{index}"), Some((JSON, &body)))?)?;
    // An index without documents is asked all the same; a request without lines is not taken.
    if !requests.documents.is_empty() {
        let path = format!("/{index}/_bulk?refresh=true");
        let answer = http.send(&Method::POST, &path, Some(("application/x-ndjson", &requests.documents)))?;
        let answer = json(http, answer)?;
        if answer.get("errors").and_then(Json::as_bool) != Some(false) {
            let mut items = answer.get("items").and_then(Json::as_array).into_iter().flatten();
            let said = items.find_map(|item| item.get("index")?.get("error")?.get("reason")?.as_str());
            return Err(rejected(http, said.unwrap_or("it does not take the documents")));
        }
    }
    let path = format!("/{index}/_eql/search");
    let answer = json(http, http.send(&Method::POST, &path, Some((JSON, &requests.search.to_string())))?)?;
    if answer.get("shard_failures").and_then(Json::as_array).is_some_and(|all| !all.is_empty()) {
        return Err(rejected(http, "a part of the index failed (`shard_failures`)"));
    }
    requests.judge(&answer).map_err(|what| not_the_api(http, &what))
}
