//! `siemc verify --endpoint` as a user calls it, against a server that speaks the products' search APIs and answers through the executors:
//! no answer to a query is made up here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

#[path = "cli/fits.rs"]
mod fits;
#[path = "endpoint/node.rs"]
mod node;
#[path = "endpoint/products.rs"]
mod products;
#[path = "conformance/executor.rs"]
#[allow(dead_code)]
mod programs;
#[path = "endpoint/server.rs"]
mod server;
#[path = "endpoint/tls.rs"]
mod tls;

use serde_json::Value as Json;
use server::{Fault, Server, TOKEN};
use std::process::Command;
use std::time::{Duration, Instant};

/// What the program said.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}\n{}", self.out, self.err))
    }
}

const PACK: &str = "tests/conformance/verify/pack";
const TAKEOVER: &str = "tests/conformance/verify/pack/auth/takeover.yaml";
const WORKSPACE: &str = "/v1/workspaces/0a1b2c3d-0000-4000-8000-000000000001";

fn siemc(url: &str, token: Option<&str>, args: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siemc"));
    command.arg("verify").args(args).args(["--endpoint", url]).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env_remove("SIEMC_TOKEN");
    token.map(|token| command.env("SIEMC_TOKEN", token));
    let done = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let said = Said { code: done.status.code(), out: text(done.stdout), err: text(done.stderr) };
    assert!(!said.err.contains("panicked"), "{}", said.err);
    assert!(!said.out.contains(TOKEN) && !said.err.contains(TOKEN), "the token is printed:\n{}{}", said.out, said.err);
    said
}

/// With the right token, for the server.
fn ask(server: &Server, path: &str, args: &[&str]) -> Said {
    siemc(&format!("http://127.0.0.1:{}{path}", server.port), Some(TOKEN), args)
}

/// Each product: target, what its URL has behind the port, and the path that it is asked at.
const PRODUCTS: [(&str, &str, &str, &str); 4] = [
    ("spl", "", "/services/search/v2/jobs/export", "Splunk"),
    ("kql", "/siem", "/v2/rest/query", "Azure Data Explorer"),
    ("kql", WORKSPACE, "/v1/workspaces/0a1b2c3d-0000-4000-8000-000000000001/query", "Log Analytics"),
    ("esql", "/", "/_query?format=json", "Elasticsearch"),
];

#[test]
fn every_product_runs_the_cases_and_all_pass() {
    for (target, path, asked, product) in PRODUCTS {
        let server = Server::start();
        let said = ask(&server, path, &[PACK, "--target", target, "--format", "json"]);
        let report = said.json();
        fits::fits_published(&report, "verify");
        let cases = report["cases"].as_array().unwrap();
        assert!(cases.len() >= 5, "{product}: {} cases", cases.len());
        for case in cases {
            assert_eq!(case["status"], "passed", "{product}: {case:#}");
            assert!(case["rows"].as_array().unwrap().iter().any(|row| row["alert"] == "end of the case"), "{case:#}");
        }
        assert_eq!((&report["failed"], &report["unasked"]), (&0.into(), &0.into()));
        assert_eq!(report["product"], product);
        // What cannot be carried or said at all is an error, as without an endpoint.
        let refused = report["diagnostics"].as_array().unwrap().len();
        assert_eq!(said.code, Some(i32::from(refused > 0)), "{report:#}");
        let seen = server.seen();
        assert_eq!(seen.len(), cases.len(), "a request for each case");
        for request in &seen {
            assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", asked));
            assert!(request.agent.as_deref().unwrap().starts_with("siemc/"), "{request:?}");
        }
        let alerts = |case: &&Json| case["rows"].as_array().unwrap().len() > 1;
        println!("{product}: {} cases pass, {} with alerts", cases.len(), cases.iter().filter(alerts).count());
    }
}

/// No stand-in at all: ES|QL on a node. It has no EQL, but takes the index, its documents and its end.
#[test]
fn elasticsearch_itself_runs_the_cases() {
    let node = node::Node::start();
    let url = format!("http://127.0.0.1:{}", node.port);
    let said = siemc(&url, None, &[PACK, "tests/conformance/esql/pack", "--target", "esql", "--format", "json"]);
    let report = said.json();
    let cases = report["cases"].as_array().unwrap();
    assert!(cases.len() >= 14 && report["failed"] == 0 && report["unasked"] == 0, "{report:#}");
    println!("Elasticsearch itself, ES|QL: {} cases pass", cases.len());
    let said = siemc(&url, None, &[TAKEOVER, "--target", "eql", "--case", "newest"]);
    let all = format!("{}{}", said.out, said.err);
    assert!(all.contains("E1309") && all.contains("no handler found for uri [/siemc-verify-"), "{all}");
    assert_eq!(node.indices(), Vec::<String>::new());
}

#[test]
fn bundled_cases_pass_where_models_answer() {
    for (target, path, _, product) in PRODUCTS.into_iter().take(2) {
        let server = Server::start();
        let said = ask(&server, path, &["rules", "--target", target, "--case", "a timer of a closed app"]);
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
        assert!(
            said.out.contains(&format!("{target} on {product}\n  ok      a timer of a closed app")),
            "{}",
            said.out
        );
        assert!(said.out.ends_with("passed, 0 failed\n"), "{}", said.out);
    }
}

#[test]
fn eql_gets_an_index_of_its_own_that_is_gone_afterwards() {
    let server = Server::start();
    let said = ask(&server, "", &[PACK, "--target", "eql", "--format", "json"]);
    let report = said.json();
    let cases = report["cases"].as_array().unwrap();
    let failed: Vec<_> = cases.iter().filter(|c| c["status"] != "passed").collect();
    // What Elastic's manual says nothing of, the model refuses: a condition on a field with several values.
    let open =
        |case: &&Json| case["error"]["message"].as_str().is_some_and(|m| m.contains(": open: the manual leaves open"));
    assert!(failed.iter().all(|c| c["rule"] == "administrators" && open(c)), "{failed:#?}");
    assert!(cases.len() >= 9 && failed.len() <= 1 && report["unasked"] == 0, "{report:#}");
    let with_alerts = cases.iter().filter(|c| c["rows"].as_array().unwrap().len() > 1).count();
    assert!(with_alerts >= 5, "{with_alerts}");
    assert!(server.indices().is_empty(), "{:?}", server.indices());
    let seen = server.seen();
    let names: std::collections::BTreeSet<&str> =
        seen.iter().map(|s| s.path.split(['/', '?']).nth(1).unwrap()).collect();
    assert_eq!(names.len(), cases.len(), "an index for each case");
    println!("Elasticsearch, EQL: {} cases pass, {with_alerts} with alerts", cases.len() - failed.len());
}

/// A product that finds something else than the evaluator: each as FAILED, and as exit code 1.
#[test]
fn what_differs_fails() {
    let server = Server::start();
    server.deal([Fault::Asks("auth_result%3D%3D%22failure%22%2C%201", "auth_result%3D%3D%22success%22%2C%201")]);
    let said = ask(&server, "", &[TAKEOVER, "--target", "spl", "--case", "newest"]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(
        said.out.contains("FAILED  the newest failure") && said.out.contains("wanted 1, found 0: "),
        "{}",
        said.out
    );

    let server = Server::start();
    server.deal([Fault::Asks("auth_result == \\\"failure\\\"", "auth_result == \\\"success\\\"")]);
    let said = ask(&server, "/siem", &[TAKEOVER, "--target", "kql", "--case", "newest", "--format", "json"]);
    let report = said.json();
    assert_eq!((said.code, &report["failed"], &report["cases"][0]["status"]), (Some(1), &1.into(), &"failed".into()));
    let rows = report["cases"][0]["rows"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["wanted"] == 1 && row["found"] == 0), "{rows:#?}");

    let server = Server::start();
    server.deal([Fault::Asks("\\\"wheel\\\"", "\\\"staff\\\"")]);
    let said = ask(&server, "", &["tests/conformance/verify/pack/auth/administrators.yaml", "--target", "esql"]);
    assert!(said.code == Some(1) && said.out.contains("wanted 1, found 0: 1772355660000"), "{}{}", said.out, said.err);

    let server = Server::start();
    server.deal([Fault::None, Fault::None, Fault::Asks("\\\"auth.reset\\\"", "\\\"auth.none\\\"")]);
    let said = ask(&server, "", &[TAKEOVER, "--target", "eql", "--case", "a reset ends it"]);
    assert!(
        said.code == Some(1) && said.out.contains("wanted 0, found 1: 2026-03-01T09:02:00.000Z user.id=ann"),
        "{}{}",
        said.out,
        said.err
    );
    assert!(server.indices().is_empty());
}

/// A query that the product does not take fails its case with the product's own words; the others go on.
#[test]
fn a_query_that_is_not_taken_fails_its_case_alone() {
    for (target, path, change) in [
        ("spl", "", Fault::Asks("makeresults", "makeresultz")),
        ("kql", "/siem", Fault::Asks("| where", "| wherever")),
        ("kql", WORKSPACE, Fault::Asks("| where", "| wherever")),
        ("eql", "", Fault::None),
    ] {
        let server = Server::start();
        match target {
            "eql" => server.deal([Fault::None, Fault::None, Fault::Asks("any where", "any were")]),
            _ => server.deal([change]),
        }
        let said = ask(&server, path, &[TAKEOVER, "--target", target, "--format", "json"]);
        let report = said.json();
        assert_eq!(said.code, Some(1), "{target}: {report:#}");
        assert_eq!(
            (&report["failed"], &report["passed"], &report["unasked"]),
            (&1.into(), &1.into(), &0.into()),
            "{report:#}"
        );
        let first = &report["cases"][0];
        assert_eq!((&first["status"], &first["error"]["code"]), (&"rejected".into(), &"E1309".into()), "{report:#}");
        assert!(first["error"]["message"].as_str().unwrap().contains(" does not run the query: "), "{first:#}");
        assert!(server.indices().is_empty());
    }
}

/// Answers of status 200 that say inside that they are not whole.
#[test]
fn an_answer_that_says_it_failed_is_no_pass() {
    let cases: [(&str, &str, &str, Fault); 5] = [
        (
            "kql",
            "/siem",
            "E1309",
            Fault::Changes(
                "\"HasErrors\":false",
                "\"HasErrors\":true,\"OneApiErrors\":[{\"error\":{\"@message\":\"out of memory\"}}]",
            ),
        ),
        (
            "kql",
            WORKSPACE,
            "E1309",
            Fault::Changes(
                "{\"tables\":",
                "{\"error\":{\"code\":\"PartialError\",\"message\":\"out of memory\"},\"tables\":",
            ),
        ),
        (
            "spl",
            "",
            "E1309",
            Fault::Changes(
                "{\"preview\":false",
                "{\"preview\":false,\"messages\":[{\"type\":\"FATAL\",\"text\":\"out of memory\"}]}\n{\"preview\":false",
            ),
        ),
        ("kql", "/siem", "E1308", Fault::Changes("end of the case", "end")),
        ("kql", "/siem", "E1308", Fault::Changes("\"DataSetCompletion\"", "\"DataTable\"")),
    ];
    for (target, path, code, fault) in cases {
        let server = Server::start();
        server.deal([fault]);
        let said = ask(&server, path, &[TAKEOVER, "--target", target, "--case", "newest"]);
        let all = format!("{}{}", said.out, said.err);
        assert!(all.contains(code), "{target}: {all}");
        assert!(code == "E1308" || all.contains("out of memory"), "{all}");
        assert_eq!(said.code, Some(if code == "E1309" { 1 } else { 2 }), "{all}");
    }
}

#[test]
fn a_busy_product_is_asked_again() {
    let server = Server::start();
    let busy = |status, headers| Fault::Says(status, headers, "wait".to_owned());
    server.deal([
        busy(429, vec![("Retry-After", "1".to_owned())]),
        busy(503, vec![]),
        busy(502, vec![("Retry-After", "0".to_owned())]),
    ]);
    let began = Instant::now();
    let said = ask(&server, "/siem", &[TAKEOVER, "--target", "kql", "--case", "newest"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert_eq!(server.seen().len(), 4);
    assert!(began.elapsed() >= Duration::from_secs(2), "a second as it was asked for, and one of its own");

    let server = Server::start();
    server.always("/", busy(503, vec![("Retry-After", "0".to_owned())]));
    let said = ask(&server, "/siem", &[TAKEOVER, "--target", "kql", "--retries", "2"]);
    assert_eq!((said.code, server.seen().len()), (Some(2), 3), "{}", said.err);
    assert!(said.err.contains("error[E1307]") && said.err.contains("answers 503, 3 times"), "{}", said.err);
    assert!(said.out.contains("2 queries not asked"), "{}", said.out);

    // A product that asks for an hour does not get it.
    let server = Server::start();
    server.always("/", busy(429, vec![("Retry-After", "3600".to_owned())]));
    let said = ask(&server, "/siem", &[TAKEOVER, "--target", "kql"]);
    assert_eq!((said.code, server.seen().len()), (Some(2), 1), "{}", said.err);
}

#[test]
fn a_token_that_is_not_let_in_says_what_is_needed() {
    for (target, path, _, product) in PRODUCTS {
        let server = Server::start();
        let url = format!("http://127.0.0.1:{}{path}", server.port);
        let said = siemc(&url, Some("another"), &[TAKEOVER, "--target", target, "--case", "newest"]);
        if target == "esql" {
            continue;
        }
        assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
        assert!(said.err.contains("error[E1305]") && said.err.contains(&format!("{product} wants")), "{}", said.err);
        assert_eq!(server.seen().len(), 1, "no token is tried twice");
        let said = siemc(&url, None, &[TAKEOVER, "--target", target, "--case", "newest"]);
        assert!(said.err.contains("SIEMC_TOKEN") && said.code == Some(2), "{}", said.err);
        assert_eq!(server.seen()[1].authorization, None);
        // A scheme of one's own is kept.
        siemc(&url, Some("Basic bWU6d29yZA=="), &[TAKEOVER, "--target", target, "--case", "newest"]);
        assert_eq!(server.seen()[2].authorization.as_deref(), Some("Basic bWU6d29yZA=="));
    }
}

#[test]
fn what_is_no_search_api_is_named() {
    let page = "<!DOCTYPE html><html><body>Sign in</body></html>".to_owned();
    let elsewhere = vec![("Location", "http://127.0.0.1:9/account/login".to_owned())];
    for (fault, code, words) in [
        (Fault::Says(200, vec![], page.clone()), "E1308", "answers with a page, not with JSON"),
        (Fault::Says(200, vec![], "{\"tables\": [".to_owned()), "E1308", "JSON that breaks off"),
        (Fault::Says(200, vec![], "true or false".to_owned()), "E1308", "something that is not JSON"),
        (Fault::Says(200, vec![], "{}".to_owned()), "E1308", "an array of frames was expected"),
        (Fault::Says(404, vec![], page.clone()), "E1306", "answers 404"),
        (Fault::Says(500, vec![], page), "E1306", "answers 500 without a reason"),
        (Fault::Says(302, elsewhere, String::new()), "E1306", "points to `http://127.0.0.1:9/account/login`"),
    ] {
        let server = Server::start();
        server.deal([fault]);
        let said = ask(&server, "/siem", &[TAKEOVER, "--target", "kql", "--retries", "0"]);
        assert_eq!(said.code, Some(2), "{words}: {}{}", said.out, said.err);
        assert!(said.err.contains(&format!("error[{code}]")) && said.err.contains(words), "{words}: {}", said.err);
        assert!(said.err.contains("= help: "), "{}", said.err);
    }
}

#[test]
fn an_answer_that_breaks_off_is_asked_for_again() {
    let server = Server::start();
    let ask = |port: u16, retries: &str| {
        let url = format!("http://127.0.0.1:{port}/siem");
        siemc(&url, Some(TOKEN), &[TAKEOVER, "--target", "kql", "--case", "newest", "--retries", retries])
    };
    let said = ask(tls::breaking(server.port, 1), "1");
    assert_eq!((said.code, server.seen().len()), (Some(0), 2), "{}", said.err);
    let said = ask(tls::breaking(server.port, 1), "0");
    assert!(said.err.contains("error[E1308]") && said.err.contains("breaks off: "), "{}", said.err);
    assert_eq!((said.code, server.seen().len()), (Some(2), 3), "{}", said.err);
}

#[test]
fn an_answer_that_takes_too_long_ends_it() {
    let server = Server::start();
    server.always("/", Fault::Late(Duration::from_secs(20)));
    let began = Instant::now();
    let said = ask(&server, "/siem", &[TAKEOVER, "--target", "kql", "--timeout", "700ms"]);
    assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
    assert!(said.err.contains("error[E1304]") && said.err.contains("within 0.7 s"), "{}", said.err);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

#[test]
fn nobody_there_is_said() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let said =
        siemc(&format!("http://127.0.0.1:{port}/siem"), Some(TOKEN), &[TAKEOVER, "--target", "kql", "--retries", "1"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("error[E1302]") && said.err.contains("the connection is refused"), "{}", said.err);
}

#[test]
fn a_certificate_is_checked() {
    let server = Server::start();
    let (port, pem) = tls::before(server.port);
    let url = format!("https://localhost:{port}/siem");
    let arguments = [TAKEOVER, "--target", "kql", "--case", "newest"];
    let said = siemc(&url, Some(TOKEN), &arguments);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("error[E1303]") && said.err.contains("--ca FILE"), "{}", said.err);
    assert!(server.seen().is_empty(), "nothing is sent to somebody who cannot be trusted");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    let with = |url: &str| siemc(url, Some(TOKEN), &[&arguments[..], &["--ca", file.to_str().unwrap()]].concat());
    let said = with(&url);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert_eq!(server.seen().len(), 1);

    // Another certificate than this place's.
    let (_, other) = tls::before(server.port);
    std::fs::write(&file, other).unwrap();
    let said = with(&url);
    assert!(said.code == Some(2) && said.err.contains("error[E1303]"), "{}", said.err);
    std::fs::write(&file, "no certificate").unwrap();
    let said = with(&url);
    assert!(said.code == Some(2) && said.err.contains("the file of certificates holds none"), "{}", said.err);
}

/// Whatever fails, the index goes; where it cannot, its name is said.
#[test]
fn an_index_that_was_made_is_deleted_or_named() {
    for place in ["/_bulk", "/_eql/search"] {
        let server = Server::start();
        server.always(place, Fault::Says(403, vec![], "{\"error\":{\"reason\":\"not allowed\"}}".to_owned()));
        let said = ask(&server, "", &[TAKEOVER, "--target", "eql"]);
        assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
        assert!(said.err.contains("error[E1305]") && said.err.contains("not allowed"), "{}", said.err);
        assert!(server.indices().is_empty(), "{place}");
        assert_eq!(server.seen().last().unwrap().method, "DELETE");
    }
    let server = Server::start();
    server.deal([
        Fault::None,
        Fault::None,
        Fault::None,
        Fault::Says(403, vec![], "{\"error\":{\"reason\":\"not allowed\"}}".to_owned()),
    ]);
    let said = ask(&server, "", &[TAKEOVER, "--target", "eql", "--case", "newest"]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.out.contains("1 passed, 0 failed") && said.err.contains("error[E1310]"), "{}{}", said.out, said.err);
    let [index] = server.indices().try_into().unwrap();
    assert!(said.err.contains(&format!("`DELETE /{index}`")), "{}", said.err);
}

#[test]
fn probes_are_run_where_they_are_queries() {
    let server = Server::start();
    let said = ask(&server, "", &["rules", "--assumptions", "--target", "spl", "--format", "json"]);
    let report = said.json();
    let ledger =
        std::fs::read_to_string(format!("{}/targets/spl/assumptions.yaml", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let ledger: serde_json::Map<String, Json> = serde_yaml::from_str(&ledger).unwrap();
    let probes = report["probes"].as_array().unwrap();
    assert_eq!(probes.len(), ledger.len(), "{report:#}");
    let status = |name: &str| probes.iter().find(|p| p["name"] == name).unwrap()["status"].as_str().unwrap().to_owned();
    // The model is told this one; its manual says the rest of what it runs.
    assert_eq!(status("unbounded-streamstats"), "passed", "{report:#}");
    assert_eq!(status("ties-without-tiebreaker"), "by_hand");
    let queries = ledger.values().filter(|known| known["probe"].as_str().is_some_and(|p| p.starts_with('|'))).count();
    assert_eq!(server.seen().len(), queries);
    println!(
        "probes: {:?}",
        probes.iter().map(|p| (p["name"].as_str().unwrap(), p["status"].as_str().unwrap())).collect::<Vec<_>>()
    );
}

#[test]
fn wrong_calls_are_refused_before_anything_is_sent() {
    for (url, args, words) in [
        ("http://splunk.example:8089", &["--target", "spl"][..], "would send the token in the open"),
        ("https://me:word@splunk.example", &["--target", "spl"], "a name or password stands in the endpoint's URL"),
        ("https://siem.example", &[], "does not tell which product"),
        ("https://siem.example", &["--target", "spl,kql"], "no one product speaks all of these targets"),
        ("siem", &["--target", "spl"], "is not a whole URL"),
    ] {
        let said = siemc(url, Some(TOKEN), &[&[TAKEOVER][..], args].concat());
        assert_eq!(said.code, Some(2), "{url}: {}{}", said.out, said.err);
        assert!(said.err.contains("error[E1301]") && said.err.contains(words), "{url}: {}", said.err);
        assert!(!said.err.contains("word@"), "{}", said.err);
    }
}
