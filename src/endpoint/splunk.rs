//! Splunk: a search job whose results are exported as they come.
//!
//! Sources: Splunk Enterprise REST API Reference Manual, "Search endpoint descriptions", `search/v2/jobs/export`
//! (<https://docs.splunk.com/Documentation/Splunk/latest/RESTREF/RESTsearch>): form parameters `search`, `output_mode`, `preview`; a search
//! begins with `search` or a pipe. The answer is one JSON object after another, each with a `result` or with `messages`.
//! Authentication by token: <https://docs.splunk.com/Documentation/Splunk/latest/Security/UseAuthTokens>.

use super::answer::{Api, Fields, no_json, not_the_api, rejected, text};
use super::http::Http;
use crate::diagnostic::Diagnostic;
use serde_json::Value as Json;
use ureq::http::Method;

pub(super) struct Splunk;

const PATH: &str = "/services/search/v2/jobs/export";

impl Api for Splunk {
    fn query(&self, http: &Http, query: &str) -> Result<Vec<Fields>, Diagnostic> {
        let form = form(&[("search", after_comments(query)), ("output_mode", "json"), ("preview", "false")]);
        let answer = http.send(&Method::POST, PATH, Some(("application/x-www-form-urlencoded", &form)))?;
        records(http, &text(http, answer)?)
    }
}

fn records(http: &Http, text: &str) -> Result<Vec<Fields>, Diagnostic> {
    let mut records = Vec::new();
    for object in serde_json::Deserializer::from_str(text).into_iter::<Json>() {
        let object = object.map_err(|error| no_json(http, text, &error))?;
        let messages = object.get("messages").and_then(Json::as_array).into_iter().flatten();
        for message in messages {
            let kind = message.get("type").and_then(Json::as_str).unwrap_or_default();
            if matches!(kind, "FATAL" | "ERROR") {
                return Err(rejected(http, message.get("text").and_then(Json::as_str).unwrap_or(kind)));
            }
        }
        if object.get("preview").and_then(Json::as_bool) == Some(true) {
            continue;
        }
        match object.get("result") {
            Some(Json::Object(result)) => records.push(result.clone()),
            Some(_) => return Err(not_the_api(http, "`result` is no object")),
            None if object.is_object() => {}
            None => return Err(not_the_api(http, "an object was expected")),
        }
    }
    Ok(records)
}

/// A search that is sent begins with its pipe: the comments before it are for whoever reads it.
fn after_comments(query: &str) -> &str {
    let mut rest = query.trim_start();
    while let Some(inside) = rest.strip_prefix("```") {
        let Some((_, after)) = inside.split_once("```") else { break };
        rest = after.trim_start();
    }
    rest
}

/// A form: letters, digits and `-._~` as they are, any other byte as `%` and its two digits.
fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| -> String {
        let one = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        };
        text.bytes().map(one).collect()
    };
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    fields.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_begins_with_its_pipe() {
        assert_eq!(after_comments("```a```\n```b | c```\n| makeresults ```d```"), "| makeresults ```d```");
        assert_eq!(after_comments("search index=a"), "search index=a");
        assert_eq!(after_comments("```never ends"), "```never ends");
    }

    #[test]
    fn a_form_holds_any_text() {
        assert_eq!(form(&[("a", "x y&z=é\n"), ("b", "1")]), "a=x%20y%26z%3D%C3%A9%0A&b=1");
    }
}
