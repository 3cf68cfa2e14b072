//! Texts that try to leave their quotes: as a literal of a rule, as a parameter and as a cell of a lookup. Microsoft's analyzer reads
//! each query, has nothing against it, and gives back the text that went in.

use super::{Kql, analyze};
use crate::bench::Bench;
use crate::texts::{self, HEAD, literal, yaml};

const SCHEMA: &str = "fields:
  user: { type: string, about: who }
sources:
  s: { about: a source, fields: { user: optional } }
";

/// Compiles each text in each place and has all queries read; gives how many literals came back.
pub fn read_back() -> usize {
    let texts = texts::all(60);
    let root = texts::pack(SCHEMA, &texts);
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
        texts::cells(&texts).into_iter().cloned().collect(),
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
