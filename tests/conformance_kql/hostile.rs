//! Texts that try to leave their quotes: as a literal of a rule, as a parameter and as a cell of a lookup. Microsoft's analyzer reads
//! each query, has nothing against it, and gives back the text that went in.

use crate::conformance::bench::Bench;
use crate::conformance::kql::{Kql, analyze};
use crate::conformance::texts::{self, cell, cells, literal, yaml};

const PACK: &str = "name: p
version: 1.0.0
lookups:
  names: { file: names.csv, keys: { name: exact }, columns: { kind: string } }
environments:
  whole: {}
";
const SCHEMA: &str = "fields:
  user: { type: string, about: who }
sources:
  s: { about: a source, fields: { user: optional } }
";
const HEAD: &str = "rule: r\nid: 7d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c11\ntitle: a test\nstatus: test\nseverity: low\n\
                    description: a test\nschedule: { every: 15m, delay: 5m }\n";

/// Compiles each text in each place and has all queries read; gives how many literals came back.
pub fn read_back() -> usize {
    let texts = texts::all(60);
    let root = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    write("pack.yaml", PACK);
    write("schema/s.yaml", SCHEMA);
    let cells = cells(&texts);
    let rows: String = cells.iter().map(|t| format!("{},{}\n", cell(t), cell(t))).collect();
    write("names.csv", &format!("name,kind\n{rows}"));
    let bench = Bench::new(&Kql, root.path());
    let place = bench.place(None);
    let mut queries = Vec::new();
    let mut wanted: Vec<Vec<String>> = Vec::new();
    let mut add = |body: &str, texts: Vec<String>| {
        let rule = bench.check(&format!("{HEAD}{body}"), 0).unwrap_or_else(|e| panic!("{body}: {e:#?}"));
        let query = bench.compile_as_scheduled(&rule, &place).unwrap_or_else(|e| panic!("{body}: {e:#?}"));
        queries.push(query.text);
        wanted.push(texts);
    };
    for text in &texts {
        let expression = |of: &str| format!("\n      {of}\n");
        add(
            &format!(
                "events:\n  e:\n    source: s\n    where: |{}detect: {{ match: e }}\n",
                expression(&format!("user == {0} or user contains {0}", literal(text)))
            ),
            vec![text.clone()],
        );
        add(
            &format!(
                "params: {{ p: {{ about: a text, default: {} }} }}\nevents: {{ e: {{ source: s, where: 'user in [$p, \"x\"]' }} }}\n\
                 detect: {{ match: e }}\n",
                yaml(text)
            ),
            vec![text.clone()],
        );
    }
    add(
        "events: { e: { source: s, where: 'names[user].kind == \"x\"' } }\ndetect: { match: e }\n",
        cells.iter().map(|t| (*t).clone()).collect(),
    );
    let mut read = 0;
    let placed: Vec<_> = queries.iter().map(|query| (query.as_str(), &place)).collect();
    for ((answer, texts), query) in analyze(&bench, &placed).into_iter().zip(&wanted).zip(&queries) {
        assert!(answer.faults.is_empty(), "{}\n{query}", answer.faults.join("\n"));
        for text in texts {
            assert!(answer.literals.contains(text), "{text:?} did not come back: {:?}\n{query}", answer.literals);
            read += 1;
        }
    }
    read
}
