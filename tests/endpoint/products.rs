//! The products' search APIs, as their manuals describe them, over the executors. What a client sends is checked as strictly as they would.

use super::programs::{Executor, Kind, ask_all, ask_once};
use super::server::{Seen, TOKEN};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// An answer.
pub struct Reply {
    pub status: u16,
    pub text: String,
}

/// All of them, with the indices of Elasticsearch.
#[derive(Default)]
pub struct Products {
    indices: BTreeMap<String, Index>,
}

/// An index, with its mapping and documents.
#[derive(Default)]
struct Index {
    fields: Map<String, Json>,
    documents: BTreeMap<String, Json>,
}

const KQL: Executor = Executor { kind: Kind::Model, name: "kql", program: "kql-model/run", side_by_side: 1, batch: 1 };
const SPL: Executor = Executor { kind: Kind::Model, name: "spl", program: "spl-model/run", side_by_side: 1, batch: 1 };
const ESQL: Executor =
    Executor { kind: Kind::Engine, name: "esql", program: "esql-node/run", side_by_side: 1, batch: 1 };

const WORKSPACE: &str = "/v1/workspaces/0a1b2c3d-0000-4000-8000-000000000001/query";

fn reply(status: u16, json: &Json) -> Reply {
    Reply { status, text: json.to_string() }
}

/// Rows of the one query, or the executor's words against it.
fn rows(answer: &Json) -> Result<Vec<Json>, String> {
    let result = &answer["results"][0];
    match result["error"].as_str().or(result["fault"].as_str()) {
        Some(error) => Err(error.to_owned()),
        None => Ok(result["rows"].as_array().expect("rows").clone()),
    }
}

/// Columns of all rows, and the cells.
fn table(rows: &[Json]) -> (Vec<String>, Vec<Vec<Json>>) {
    let mut names: Vec<String> = Vec::new();
    for name in rows.iter().flat_map(|row| row.as_object().expect("a row").keys()) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let cells = rows.iter().map(|row| names.iter().map(|name| row[name].clone()).collect()).collect();
    (names, cells)
}

impl Products {
    pub fn indices(&self) -> Vec<String> {
        self.indices.keys().cloned().collect()
    }

    pub fn answer(&mut self, seen: &Seen, body: &str) -> Reply {
        let path = seen.path.split('?').next().unwrap();
        let scheme = match path {
            "/services/search/v2/jobs/export" | "/v2/rest/query" | WORKSPACE => "Bearer",
            _ => "ApiKey",
        };
        if seen.authorization.as_deref() != Some(&format!("{scheme} {TOKEN}")) {
            return Self::unauthorized(path);
        }
        match (seen.method.as_str(), path) {
            ("POST", "/services/search/v2/jobs/export") => Self::splunk(body),
            ("POST", "/v2/rest/query") => Self::data_explorer(body),
            ("POST", WORKSPACE) => Self::log_analytics(body),
            ("POST", "/_query") => Self::esql(body),
            _ => self.elasticsearch(&seen.method, path, body),
        }
    }

    fn unauthorized(path: &str) -> Reply {
        match path {
            "/services/search/v2/jobs/export" => {
                reply(401, &json!({ "messages": [{ "type": "WARN", "text": "call not properly authenticated" }] }))
            }
            // Kusto has no JSON here.
            "/v2/rest/query" => Reply { status: 401, text: String::new() },
            WORKSPACE => reply(
                403,
                &json!({ "error": { "message": "Valid authentication was not provided", "code": "AuthorizationRequiredError" } }),
            ),
            _ => reply(
                401,
                &json!({ "error": { "type": "security_exception", "reason": "missing authentication credentials" }, "status": 401 }),
            ),
        }
    }

    fn splunk(body: &str) -> Reply {
        let fields: BTreeMap<String, String> = body.split('&').filter_map(|f| f.split_once('=')).map(decoded).collect();
        assert_eq!(fields.get("output_mode").map(String::as_str), Some("json"));
        let search = &fields["search"];
        // "Either `search` or a pipe begins a search."
        assert!(search.starts_with('|') || search.starts_with("search "), "{search}");
        let job = json!({ "id": "0", "query": search, "tables": {}, "watchlists": {}, "events": [], "lookups": {} });
        let request = json!({ "version": 1, "now": 0, "assume": ["unbounded-streamstats"], "jobs": [job] });
        let rows = match rows(&ask_all(&SPL, &[request])[0]) {
            Ok(rows) => rows,
            Err(error) => return reply(400, &json!({ "messages": [{ "type": "FATAL", "text": error }] })),
        };
        let text = |value: &Json| match value {
            Json::String(_) | Json::Array(_) => value.clone(),
            // Results hold texts.
            other => other.to_string().into(),
        };
        let last = rows.len();
        let line = |(place, row): (usize, &Json)| {
            let result: Map<String, Json> =
                row.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect();
            let mut object = json!({ "preview": false, "offset": place, "result": result });
            if place + 1 == last {
                object["lastrow"] = true.into();
            }
            format!("{object}\n")
        };
        Reply { status: 200, text: rows.iter().enumerate().map(line).collect() }
    }

    fn kql(query: &str) -> Result<Vec<Json>, String> {
        let job =
            json!({ "id": "0", "query": query, "now": "1970-01-01T00:00:00.000Z", "tables": {}, "watchlists": {} });
        rows(&ask_all(&KQL, &[json!({ "version": 1, "jobs": [job] })])[0])
    }

    fn data_explorer(body: &str) -> Reply {
        let body: Json = serde_json::from_str(body).expect("JSON");
        assert_eq!(body["db"], "siem");
        let rows = match Self::kql(body["csl"].as_str().expect("csl")) {
            Ok(rows) => rows,
            Err(error) => {
                let words = format!("Request is invalid and cannot be processed: {error}");
                let error = json!({ "code": "General_BadRequest", "message": "Request is invalid and cannot be executed.",
                    "@type": "Kusto.Data.Exceptions.KustoBadRequestException", "@message": words });
                return reply(400, &json!({ "error": error }));
            }
        };
        let (names, cells) = table(&rows);
        let columns: Vec<Json> = names.iter().map(|n| json!({ "ColumnName": n, "ColumnType": "dynamic" })).collect();
        let frame = |kind: &str, columns: &[Json], rows: &[Vec<Json>]| json!({ "FrameType": "DataTable", "TableId": 1, "TableKind": kind, "TableName": kind, "Columns": columns, "Rows": rows });
        reply(
            200,
            &json!([
                { "FrameType": "DataSetHeader", "IsProgressive": false, "Version": "v2.0" },
                frame("QueryProperties", &[json!({ "ColumnName": "TableId", "ColumnType": "int" })], &[vec![json!(1)]]),
                frame("PrimaryResult", &columns, &cells),
                { "FrameType": "DataSetCompletion", "HasErrors": false, "Cancelled": false },
            ]),
        )
    }

    fn log_analytics(body: &str) -> Reply {
        let body: Json = serde_json::from_str(body).expect("JSON");
        match Self::kql(body["query"].as_str().expect("query")) {
            Ok(rows) => {
                let (names, cells) = table(&rows);
                let columns: Vec<Json> = names.iter().map(|n| json!({ "name": n, "type": "dynamic" })).collect();
                reply(200, &json!({ "tables": [{ "name": "PrimaryResult", "columns": columns, "rows": cells }] }))
            }
            Err(error) => {
                let inner = json!({ "code": "SyntaxError", "message": error });
                let outer = json!({ "message": "The request had some invalid properties", "code": "BadArgumentError", "innererror": inner });
                reply(400, &json!({ "error": outer }))
            }
        }
    }

    fn esql(body: &str) -> Reply {
        let body: Json = serde_json::from_str(body).expect("JSON");
        let answer = ask_all(&ESQL, &[json!({ "version": 1, "jobs": [{ "query": body["query"] }] })]).remove(0);
        match rows(&answer) {
            Ok(rows) => {
                let columns = answer["results"][0]["columns"].as_array().expect("columns");
                let columns: Vec<Json> = columns.iter().map(|c| json!({ "name": c[0], "type": c[1] })).collect();
                let cells = rows.iter().map(|row| columns.iter().map(|c| row[c["name"].as_str().unwrap()].clone()));
                let values: Vec<Vec<Json>> = cells.map(Iterator::collect).collect();
                reply(200, &json!({ "took": 1, "is_partial": false, "columns": columns, "values": values }))
            }
            Err(reason) => {
                reply(400, &json!({ "error": { "type": "parsing_exception", "reason": reason }, "status": 400 }))
            }
        }
    }

    fn elasticsearch(&mut self, method: &str, path: &str, body: &str) -> Reply {
        let mut parts = path.trim_start_matches('/').split('/');
        let (name, rest) = (parts.next().unwrap().to_owned(), parts.collect::<Vec<_>>().join("/"));
        assert!(name.starts_with("siemc-verify-"), "only an index of one's own is touched: {method} {path}");
        let missing =
            || reply(404, &json!({ "error": { "reason": format!("no such index [{name}]") }, "status": 404 }));
        match (method, rest.as_str()) {
            ("PUT", "") => {
                let body: Json = serde_json::from_str(body).expect("JSON");
                let properties = body["mappings"]["properties"].as_object().expect("properties");
                let fields = properties.iter().map(|(n, p)| (n.clone(), p["type"].clone())).collect();
                self.indices.insert(name.clone(), Index { fields, documents: BTreeMap::new() });
                reply(200, &json!({ "acknowledged": true, "shards_acknowledged": true, "index": name }))
            }
            ("POST", "_bulk") => {
                let Some(index) = self.indices.get_mut(&name) else { return missing() };
                let lines: Vec<Json> = body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
                for pair in lines.chunks(2) {
                    index.documents.insert(pair[0]["index"]["_id"].as_str().expect("_id").to_owned(), pair[1].clone());
                }
                reply(200, &json!({ "took": 1, "errors": false, "items": [] }))
            }
            ("POST", "_eql/search") => self.indices.get(&name).map_or_else(missing, |index| index.eql(body)),
            ("DELETE", "") => {
                // `ignore_unavailable` is asked for.
                self.indices.remove(&name);
                reply(200, &json!({ "acknowledged": true }))
            }
            _ => panic!("{method} {path}"),
        }
    }
}

impl Index {
    fn eql(&self, body: &str) -> Reply {
        let asked: Json = serde_json::from_str(body).expect("JSON");
        let events: Vec<Json> = self.documents.iter().map(|(id, d)| json!({ "_id": id, "_source": d })).collect();
        let mut job = json!({ "id": "0", "query": asked["query"] });
        for option in ["tiebreaker_field", "timestamp_field", "size"] {
            if let Some(value) = asked.get(option) {
                job[option] = value.clone();
            }
        }
        let request = json!({ "version": 1, "mapping": self.fields, "events": events, "jobs": [job] });
        let answer = ask_once("eql-model/run", &request);
        let result = &answer["results"][0];
        if let Some(error) = result["error"].as_str() {
            return reply(
                400,
                &json!({ "error": { "type": "verification_exception", "reason": error }, "status": 400 }),
            );
        }
        let event = |id: &Json| match id.as_str() {
            Some(id) => json!({ "_index": "i", "_id": id, "_source": self.documents[id] }),
            None => json!({ "_index": "", "_id": "", "_source": null, "missing": true }),
        };
        let list = |ids: &Json| ids.as_array().expect("events").iter().map(event).collect::<Vec<_>>();
        let mut hits = json!({ "total": { "value": result["total"], "relation": "eq" } });
        match result["sequences"].as_array() {
            Some(all) => {
                let one = |s: &Json| json!({ "join_keys": s["join_keys"], "events": list(&s["events"]) });
                hits["sequences"] = all.iter().map(one).collect();
            }
            None => hits["events"] = list(&result["events"]).into(),
        }
        reply(200, &json!({ "is_partial": false, "is_running": false, "took": 1, "timed_out": false, "hits": hits }))
    }
}

/// A field of a form.
fn decoded((name, value): (&str, &str)) -> (String, String) {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'%' => {
                bytes.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).expect("two digits"));
                &after[2..]
            }
            b'+' => {
                bytes.push(b' ');
                after
            }
            other => {
                bytes.push(*other);
                after
            }
        };
    }
    (name.to_owned(), String::from_utf8(bytes).expect("UTF-8"))
}
