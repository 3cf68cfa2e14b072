//! The user's own product, asked over its public search API.
//!
//! In: a URL, a token, what [`crate::backend::verify`] made. Out: rows of wanted and found, or a diagnostic that says what to do. This is
//! the only room that opens a connection. It must never know a rule, a pack or a terminal, and it never writes a token anywhere but into
//! the request's header.
//!
//! Queries read no data of the user's. EQL needs an index: it has a name of its own (`siemc-verify-` and a random part) and is deleted
//! whatever happens, as long as the product answers.
//!
//! | product | asked by | documented at |
//! |---|---|---|
//! | Splunk | `POST /services/search/v2/jobs/export` | Splunk's REST API Reference, "Search endpoint descriptions" |
//! | Azure Data Explorer | `POST /v2/rest/query` | <https://learn.microsoft.com/en-us/kusto/api/rest/request> |
//! | Sentinel, Log Analytics | `POST /v1/workspaces/ID/query` | <https://learn.microsoft.com/en-us/azure/azure-monitor/logs/api/request-format> |
//! | Elasticsearch | `POST /_query`, `PUT /INDEX`, `POST /INDEX/_bulk`, `POST /INDEX/_eql/search`, `DELETE /INDEX` | Elastic's REST API reference |

mod answer;
pub mod codes;
mod elastic;
mod http;
mod kusto;
mod place;
mod records;
mod retry;
mod splunk;

pub use place::{Product, guess};

use crate::backend::verify::{Carried, Row};
use crate::diagnostic::Diagnostic;
use answer::Api;
use http::Http;
use std::time::Duration;

/// Where to ask, and how long to wait.
#[derive(Clone)]
pub struct Settings {
    /// `https://HOST[:PORT][/PATH]`. Azure Data Explorer's path is the database, Log Analytics' `/v1/workspaces/ID`.
    pub url: String,
    /// What lets in; with a scheme before it (`Bearer`, `Splunk`, `ApiKey`, `Basic`) where the product's usual one is not meant.
    pub token: Option<String>,
    /// Certificates in PEM that are trusted instead of the machine's own.
    pub authorities: Option<Vec<u8>>,
    /// For one request from its connection to the end of its answer.
    pub timeout: Duration,
    /// How often a request is sent again where the product is busy or the connection fails.
    pub retries: u32,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("url", &self.url).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// A product that can be asked.
#[derive(Debug)]
pub struct Endpoint {
    http: Http,
    product: Product,
}

/// What came of a case.
#[derive(Debug)]
pub struct Judgement {
    /// Wanted and found, each alert once.
    pub rows: Vec<Row>,
    /// That the index that was made for it could not be deleted.
    pub left_behind: Option<Diagnostic>,
}

/// A row of a probe: column and value as text.
pub type Record = Vec<(String, String)>;

impl Endpoint {
    /// Reads the settings. Nothing is sent yet.
    ///
    /// # Errors
    /// A URL that is none of the product's; a token that would be sent in the open; certificates that cannot be read.
    pub fn open(product: Product, settings: &Settings) -> Result<Endpoint, Diagnostic> {
        let place = place::read(product, settings)?;
        Ok(Endpoint { http: Http::new(place, product, settings)?, product })
    }

    /// Runs what a case is carried by, and counts its alerts against those that had to come.
    ///
    /// # Errors
    /// What the product or the way to it has against it. [`ends`] says whether another query can do better.
    pub fn judge(&self, carried: &Carried) -> Result<Judgement, Diagnostic> {
        match carried {
            Carried::Query(text) => {
                let rows = records::rows(&self.api().query(&self.http, text)?)?;
                Ok(Judgement { rows, left_behind: None })
            }
            Carried::Requests(requests) => elastic::judge(&self.http, requests),
        }
    }

    /// Runs a probe.
    ///
    /// # Errors
    /// As [`Endpoint::judge`].
    pub fn probe(&self, query: &str) -> Result<Vec<Record>, Diagnostic> {
        Ok(records::shown(&self.api().query(&self.http, query)?))
    }

    /// Who is asked.
    pub fn product(&self) -> Product {
        self.product
    }

    fn api(&self) -> &'static dyn Api {
        answer::api(self.product)
    }
}

/// Another query will do no better.
pub fn ends(fault: &Diagnostic) -> bool {
    codes::ENDS.contains(&fault.code)
}
