//! A small pack around a rule, and the door to the parser.

use siemc::backend::eql;
use siemc::backend::target::{Mapping, MappingRequest, TargetData};
use siemc::backend::{Query, Target};
use siemc::check::{Checked, Options, check_for};
use siemc::diagnostic::{Diagnostic, Findings};
use siemc::source::Files;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const HEAD: &str = "rule: r\nid: 7d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c11\ntitle: a test\nstatus: test\nseverity: low\n\
                    description: a test\nschedule: { every: 15m, delay: 5m }\n";

/// What became of a rule: its query, or the code and the text at the place of every refusal.
pub type Outcome = Result<Query, Vec<(String, String, String)>>;

/// A rule (without its head) under the canonical mapping.
pub fn compile(body: &str) -> Outcome {
    compile_with(body, None, None)
}

/// A rule under a mapping set, and a mapping file `targets/eql/mapping/own.yaml` of the pack (the set `own`).
pub fn compile_with(body: &str, set: Option<&str>, own: Option<&str>) -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pack = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = pack.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let set = set.or(own.map(|_| "own")).unwrap_or("canonical");
    write("schema/mobile.yaml", &std::fs::read_to_string(root.join("rules/schema/mobile.yaml")).unwrap());
    write("pack.yaml", &format!("{PACK}\nenvironments:\n  lab: {{ mappings: {{ eql: {set} }} }}\n"));
    write(
        "lookups/roles.csv",
        "bundle,role,managed\ncom.acme.crm,business,true\ncom.acme.chat,messaging,true\ncom.x,business,false\n",
    );
    write("lookups/ports.csv", "role,port\nbusiness,443\nbusiness,8443\nmessaging,5223\n");
    write("lookups/services.csv", "domain,kind\nexample.com,cloud\nevil.example.com,bad\nplain.org,cloud\n");
    write("lookups/nets.csv", "network,zone\n10.0.0.0/8,corp\n10.9.0.0/16,guest\n");
    write("r.yaml", &format!("{HEAD}{body}"));
    if let Some(own) = own {
        write("targets/eql/mapping/own.yaml", own);
    }
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let loaded = siemc::pack::load(pack.path(), &mut files, &mut findings).unwrap();
    assert!(!findings.has_errors(), "{:?}", findings.all);
    let environment = &loaded.environments["lab"];
    let checked = check_for(&loaded, &loaded.rules[0].rule, environment, Options::default(), &mut findings);
    let Checked::Rule(rule) = checked else { panic!("{:#?}", findings.all) };
    let request = MappingRequest {
        target: Target::Eql,
        environment: Some(environment),
        schema: &loaded.schema,
        pack_root: Some(pack.path()),
    };
    let mapping = Mapping::load(request, &mut files, &mut findings).unwrap();
    let target = TargetData::load(Target::Eql, Some(pack.path()), &mut files, &mut findings).unwrap();
    assert!(!findings.has_errors(), "{:?}", findings.all);
    let said = |d: Diagnostic| (d.code.0.to_owned(), files.slice(d.span.unwrap()).to_owned(), d.message);
    eql::compile(&rule, &mapping, &target).map_err(|found| found.into_iter().map(said).collect())
}

const PACK: &str = "name: p
version: \"1.0.0\"
lookups:
  roles: { file: lookups/roles.csv, keys: { bundle: exact }, columns: { role: string, managed: boolean } }
  ports: { file: lookups/ports.csv, keys: { role: exact, port: { match: exact, type: integer } } }
  services: { file: lookups/services.csv, keys: { domain: suffix }, columns: { kind: string } }
  nets: { file: lookups/nets.csv, keys: { network: cidr }, columns: { zone: string } }
";

/// The query without its header.
pub fn body(query: &Query) -> String {
    query.text.lines().filter(|line| !line.starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The condition of an event query over network sessions: what stands behind the data set.
pub fn condition(filter: &str) -> String {
    let rule = format!(
        "events:\n  s:\n    source: mobile.network_session\n    where: |\n      {filter}\ndetect: {{ match: s }}\n"
    );
    let query = compile(&rule).unwrap_or_else(|e| panic!("{filter}: {e:?}"));
    let text = body(&query).replace("\n  ", " ");
    text.strip_prefix("any where event.dataset == \"mobile.network_session\" and ").unwrap_or(&text).to_owned()
}

/// Codes and places of a rule's refusals.
pub fn refused(body: &str) -> Vec<(String, String)> {
    match compile(body) {
        Ok(query) => panic!("compiled: {}", query.text),
        Err(found) => found.into_iter().map(|(code, at, _)| (code, at)).collect(),
    }
}

/// Reads texts with the parser: no fault may come back. Gives the decoded literals of each.
pub fn parsed(texts: &[String]) -> Vec<Vec<String>> {
    let engines = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines");
    let setup = Command::new(engines.join("setup")).stdout(Stdio::null()).status().unwrap();
    assert!(setup.success(), "the parser could not be set up: see tests/engines/README.md");
    let queries: Vec<_> =
        texts.iter().enumerate().map(|(i, text)| serde_json::json!({ "id": i.to_string(), "text": text })).collect();
    let request = serde_json::json!({ "version": 1, "queries": queries }).to_string();
    let mut child =
        Command::new(engines.join("check-eql")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), texts.len());
    let literals = |(result, text): (&serde_json::Value, &String)| {
        assert_eq!(result["faults"], serde_json::json!([]), "{text}");
        result["literals"].as_array().unwrap().iter().map(|l| l.as_str().unwrap().to_owned()).collect()
    };
    results.iter().zip(texts).map(literals).collect()
}
