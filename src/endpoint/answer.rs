//! From an answer to records: what statuses mean, and what each product adds to them.

use super::http::{Answer, Http, fault};
use super::place::Product;
use super::{codes, elastic, kusto, splunk};
use crate::diagnostic::Diagnostic;
use serde_json::{Map, Value as Json};

/// A row as the product gives it.
pub(super) type Fields = Map<String, Json>;

/// A product's search API.
pub(super) trait Api: Sync {
    /// Runs a query, to its end.
    fn query(&self, http: &Http, text: &str) -> Result<Vec<Fields>, Diagnostic>;
}

/// The API of a product.
pub(super) fn api(product: Product) -> &'static dyn Api {
    match product {
        Product::Splunk => &splunk::Splunk,
        Product::DataExplorer => &kusto::DataExplorer,
        Product::LogAnalytics => &kusto::LogAnalytics,
        Product::Elasticsearch => &elastic::Elasticsearch,
    }
}

/// The most characters of a product's own words that a message repeats.
const MOST_WORDS: usize = 400;

/// The answer's text, where the status says that it is one.
pub(super) fn text(http: &Http, answer: Answer) -> Result<String, Diagnostic> {
    let (at, status) = (http.at(), answer.status);
    let said = words(&answer.text);
    let and_said = said.as_ref().map_or_else(String::new, |said| format!(": {said}"));
    match status {
        200..=299 => Ok(answer.text),
        401 | 403 => {
            let message = format!("`{at}` answers {status}, the token is not let in{and_said}");
            Err(fault(codes::FORBIDDEN, message).help(token_help(http, status)))
        }
        300..=399 => {
            let to = answer.location.map_or_else(String::new, |to| format!(" and points to `{to}`"));
            let message = format!("`{at}` answers {status}{to}: this is not {}'s search API", http.product.name());
            Err(fault(codes::STATUS, message).help(place_help(http.product)))
        }
        404 | 405 => {
            let message =
                format!("`{at}` answers {status}: the search API of {} is not there{and_said}", http.product.name());
            Err(fault(codes::STATUS, message).help(place_help(http.product)))
        }
        // A product that has words for it has read the query.
        400..=599 if said.is_some() => {
            Err(fault(codes::REJECTED, format!("{} does not run the query{and_said}", http.product.name())))
        }
        _ => {
            let message = format!("`{at}` answers {status} without a reason");
            Err(fault(codes::STATUS, message).help(place_help(http.product)))
        }
    }
}

/// The answer as JSON.
pub(super) fn json(http: &Http, answer: Answer) -> Result<Json, Diagnostic> {
    let text = text(http, answer)?;
    serde_json::from_str(&text).map_err(|error| no_json(http, &text, &error))
}

pub(super) fn no_json(http: &Http, text: &str, error: &serde_json::Error) -> Diagnostic {
    let message = match (error.is_eof(), text.trim_start().starts_with('<')) {
        (_, true) => format!("`{}` answers with a page, not with JSON", http.at()),
        (true, _) => format!("the answer of `{}` is JSON that breaks off", http.at()),
        (false, _) => format!("`{}` answers with something that is not JSON", http.at()),
    };
    fault(codes::ANSWER, message).help(place_help(http.product))
}

/// An answer that is JSON, but not that of the API.
pub(super) fn not_the_api(http: &Http, what: &str) -> Diagnostic {
    let message = format!("the answer of `{}` is not one of {}'s: {what}", http.at(), http.product.name());
    fault(codes::ANSWER, message).help(place_help(http.product))
}

/// The product's own words against a query.
pub(super) fn rejected(http: &Http, said: &str) -> Diagnostic {
    fault(codes::REJECTED, format!("{} does not run the query: {}", http.product.name(), shortened(said)))
}

/// What a product says in an answer that refuses: Splunk's `messages`, Microsoft's and Elastic's `error`. Deeper ones say more.
fn words(text: &str) -> Option<String> {
    let json: Json = serde_json::from_str(text).ok()?;
    let messages = json.get("messages").and_then(Json::as_array).into_iter().flatten();
    let splunk: Vec<&str> = messages.filter_map(|m| m.get("text")?.as_str()).collect();
    if !splunk.is_empty() {
        return Some(shortened(&splunk.join("; ")));
    }
    let said = error_words(json.get("error")?)?;
    Some(shortened(&said))
}

/// The words of a `OneApiErrors` object or of Elastic's error.
pub(super) fn error_words(error: &Json) -> Option<String> {
    if let Some(text) = error.as_str() {
        return Some(text.to_owned());
    }
    if let Some(inner) = error.get("innererror").and_then(error_words) {
        return Some(inner);
    }
    let of = |name: &str| error.get(name).and_then(Json::as_str).map(str::to_owned);
    of("@message").or_else(|| of("reason")).or_else(|| of("message"))
}

fn shortened(said: &str) -> String {
    let line: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_WORDS) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn token_help(http: &Http, status: u16) -> String {
    if !http.has_token() {
        return "put a token into the environment variable SIEMC_TOKEN".to_owned();
    }
    let needs = match http.product {
        Product::Splunk => "a token of Settings > Tokens, of a user who may search",
        Product::DataExplorer => "a token of Microsoft Entra for the cluster, of somebody who may view the database",
        Product::LogAnalytics => {
            "a token of Microsoft Entra for https://api.loganalytics.io, of somebody who may read the workspace"
        }
        Product::Elasticsearch => {
            "an API key that may read; for EQL, `create_index`, `write`, `read` and `delete_index` of `siemc-verify-*`"
        }
    };
    match status {
        401 => format!("SIEMC_TOKEN is wrong or has expired; {} wants {needs}", http.product.name()),
        _ => format!("SIEMC_TOKEN may not do this; {} wants {needs}", http.product.name()),
    }
}

fn place_help(product: Product) -> &'static str {
    match product {
        Product::Splunk => {
            "Splunk's search API is at the management port, 8089 where nobody changed it, not at Splunk Web's"
        }
        Product::DataExplorer => "the query API of a cluster is at `https://CLUSTER.REGION.kusto.windows.net/DATABASE`",
        Product::LogAnalytics => "the query API is at `https://api.loganalytics.azure.com/v1/workspaces/ID`",
        Product::Elasticsearch => "Elasticsearch is asked itself, not Kibana: port 9200 where nobody changed it",
    }
}
