//! Where a product is asked: its URL, read and found to be safe for a token.

use super::{Settings, codes};
use crate::backend::Target;
use crate::diagnostic::{Diagnostic, Severity};
use ureq::http::Uri;

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Splunk Enterprise and Cloud.
    Splunk,
    /// Azure Data Explorer, Microsoft Fabric.
    DataExplorer,
    /// A Log Analytics workspace, which is what Microsoft Sentinel reads.
    LogAnalytics,
    /// Elasticsearch.
    Elasticsearch,
}

impl Product {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Product::Splunk => "Splunk",
            Product::DataExplorer => "Azure Data Explorer",
            Product::LogAnalytics => "Log Analytics",
            Product::Elasticsearch => "Elasticsearch",
        }
    }

    /// The languages that it speaks.
    pub fn targets(self) -> &'static [Target] {
        match self {
            Product::Splunk => &[Target::Spl],
            Product::DataExplorer | Product::LogAnalytics => &[Target::Kql],
            Product::Elasticsearch => &[Target::Eql, Target::Esql],
        }
    }

    /// The scheme of its tokens.
    pub(super) fn scheme(self) -> &'static str {
        match self {
            Product::Elasticsearch => "ApiKey",
            _ => "Bearer",
        }
    }

    /// The product that speaks the targets, where one speaks them all; the URL tells Microsoft's two apart.
    pub fn of(targets: &[Target], url: &str) -> Option<Product> {
        let kusto = if is_log_analytics(url) { Product::LogAnalytics } else { Product::DataExplorer };
        let all = [Product::Splunk, kusto, Product::Elasticsearch];
        all.into_iter().find(|p| !targets.is_empty() && targets.iter().all(|t| p.targets().contains(t)))
    }
}

/// The product that a URL looks like: by the hosts and ports that vendors use.
pub fn guess(url: &str) -> Option<Product> {
    let uri: Uri = url.parse().ok()?;
    let host = uri.host()?.to_ascii_lowercase();
    if is_log_analytics(url) {
        return Some(Product::LogAnalytics);
    }
    let is_in = |domain: &str| host == domain || host.ends_with(&format!(".{domain}"));
    if host.contains(".kusto.") {
        return Some(Product::DataExplorer);
    }
    match uri.port_u16() {
        Some(8089) => Some(Product::Splunk),
        Some(9200 | 9243) => Some(Product::Elasticsearch),
        _ if is_in("splunkcloud.com") => Some(Product::Splunk),
        _ if ["es.io", "elastic-cloud.com", "elastic.cloud", "found.io"].iter().any(|d| is_in(d)) => {
            Some(Product::Elasticsearch)
        }
        _ => None,
    }
}

fn is_log_analytics(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    uri.host().is_some_and(|host| host.contains("loganalytics")) || uri.path().split('/').any(|p| p == "workspaces")
}

/// The workspace in the path of a Log Analytics URL.
fn workspace(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let mut parts = uri.path().split('/').filter(|p| !p.is_empty());
    parts.find(|part| *part == "workspaces")?;
    parts.next().map(str::to_owned)
}

/// A place of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Scheme, host, port, and the path before the API's own, without a slash at its end.
    pub base: String,
    /// Azure Data Explorer's database, or the workspace.
    pub inside: Option<String>,
}

/// Reads the URL.
pub(super) fn read(product: Product, settings: &Settings) -> Result<Place, Diagnostic> {
    let url = settings.url.as_str();
    let fault = |message: String| Diagnostic::new(codes::URL, Severity::Error, None, message);
    let uri: Uri = url.parse().map_err(|_| fault("the endpoint is not a URL".to_owned()).help(example(product)))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(fault(format!("`{url}` is not a whole URL")).help(example(product)));
    };
    if authority.as_str().contains('@') {
        return Err(fault("a name or password stands in the endpoint's URL".to_owned())
            .help("put a token into the environment variable SIEMC_TOKEN (`Basic ...` works too)"));
    }
    if uri.query().is_some() {
        return Err(fault(format!("`{url}` holds a query")).help(example(product)));
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match scheme {
        "https" => {}
        "http" if here || settings.token.is_none() => {}
        "http" => {
            return Err(fault(format!("`{url}` would send the token in the open")).help("say `https`"));
        }
        other => return Err(fault(format!("`{other}` is no scheme of a search API")).help("say `https`")),
    }
    let root = format!("{scheme}://{authority}");
    let path = uri.path().trim_end_matches('/');
    match product {
        Product::Splunk | Product::Elasticsearch => Ok(Place { base: format!("{root}{path}"), inside: None }),
        Product::DataExplorer => {
            let database = path.trim_start_matches('/');
            let inside = (!database.is_empty()).then(|| database.to_owned());
            Ok(Place { base: root, inside })
        }
        Product::LogAnalytics => match workspace(url) {
            Some(id) => Ok(Place { base: root, inside: Some(id) }),
            None => Err(fault(format!("`{url}` names no workspace")).help(example(product))),
        },
    }
}

fn example(product: Product) -> &'static str {
    match product {
        Product::Splunk => "for Splunk: `https://HOST:8089`, the management port",
        Product::DataExplorer => "for Azure Data Explorer: `https://CLUSTER.REGION.kusto.windows.net/DATABASE`",
        Product::LogAnalytics => "for Log Analytics: `https://api.loganalytics.azure.com/v1/workspaces/ID`",
        Product::Elasticsearch => "for Elasticsearch: `https://HOST:9200`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn settings(url: &str, token: Option<&str>) -> Settings {
        let token = token.map(str::to_owned);
        Settings { url: url.to_owned(), token, authorities: None, timeout: Duration::from_secs(1), retries: 0 }
    }

    #[test]
    fn a_url_tells_whom_it_is_of() {
        let cases = [
            ("https://splunk.example:8089", Some(Product::Splunk)),
            ("https://acme.splunkcloud.com", Some(Product::Splunk)),
            ("https://c.westeurope.kusto.windows.net/db", Some(Product::DataExplorer)),
            ("https://api.loganalytics.azure.com/v1/workspaces/a-b", Some(Product::LogAnalytics)),
            ("https://es.example:9200", Some(Product::Elasticsearch)),
            ("https://my.es.io", Some(Product::Elasticsearch)),
            ("https://siem.example", None),
            ("no url", None),
        ];
        cases.iter().for_each(|(url, product)| assert_eq!(guess(url), *product, "{url}"));
    }

    #[test]
    fn what_is_inside_a_place_is_read_from_its_path() {
        let read = |product, url: &str| read(product, &settings(url, Some("t")));
        let place =
            |base: &str, inside: Option<&str>| Place { base: base.to_owned(), inside: inside.map(str::to_owned) };
        let of = |product, url| read(product, url).unwrap();
        assert_eq!(of(Product::Splunk, "https://s:8089/"), place("https://s:8089", None));
        assert_eq!(of(Product::Elasticsearch, "https://h/elastic/"), place("https://h/elastic", None));
        assert_eq!(of(Product::DataExplorer, "https://c.k.net/db"), place("https://c.k.net", Some("db")));
        assert_eq!(of(Product::DataExplorer, "https://c.k.net"), place("https://c.k.net", None));
        assert_eq!(of(Product::LogAnalytics, "https://h/v1/workspaces/x-y/query"), place("https://h", Some("x-y")));
    }

    #[test]
    fn a_token_never_goes_over_an_open_way() {
        let is_refused = |url: &str, token| read(Product::Splunk, &settings(url, token)).is_err();
        assert!(is_refused("http://splunk.example:8089", Some("t")));
        assert!(is_refused("http://127.0.0.1.example:8089", Some("t")));
        assert!(!is_refused("http://splunk.example:8089", None));
        assert!(!is_refused("http://127.0.0.1:1", Some("t")) && !is_refused("http://[::1]:1", Some("t")));
        assert!(is_refused("https://me:word@splunk.example", None) && is_refused("ftp://x", None));
    }
}
