//! What came of the controls, as a table for a reader and as JSON lines for the conformance report.

use super::control::{Control, Says};
use super::corpus::{Corpus, SEED};
use super::search::{Found, Layer};
use crate::Dialect;
use crate::record::folder;
use serde_json::{Value as Json, json};

const LAYERS: [Layer; 4] = [Layer::Parser, Layer::Regressions, Layer::Random, Layer::Fixtures];

/// Prints what there is to change.
pub fn print_head(corpus: &Corpus<'_>) {
    let Corpus { dialect, random, regressions, fixtures, .. } = corpus;
    let executor = dialect.executor();
    println!(
        "{}: {} random streams of seed {SEED}, {} of regressions, {} of fixtures, on {} ({})",
        dialect.title(),
        random.len(),
        regressions.len(),
        fixtures.len(),
        executor.name,
        executor.kind.name()
    );
    println!("| target | control | bug | texts changed | caught by | parser | regressions | random | fixtures |");
}

/// Prints a row: what caught the control, and after how many queries or streams of each layer.
pub fn print(corpus: &Corpus<'_>, control: &Control, found: Option<&Found>) {
    let Control { name, bug, says, .. } = control;
    let target = corpus.dialect.target().name();
    let row = match (says, found) {
        (Says::Patch { .. }, Some(found)) => format!("{} of {} | {}", found.changed, found.texts, cells(found)),
        (Says::Cannot(why), _) => format!("cannot be: {why}"),
        (Says::Patch { .. }, None) => "not tried".to_owned(),
    };
    println!("| {target} | {name} | {bug} | {row} |");
    for noticed in found.iter().flat_map(|f| &f.noticed) {
        println!("  {}: {}", noticed.layer, noticed.how);
    }
}

fn cells(found: &Found) -> String {
    let caught = found.caught().map_or("NOTHING", Layer::name);
    let each = LAYERS.map(|layer| match found.by(layer) {
        Some(noticed) => format!("after {}", noticed.after),
        None => found.ran.iter().find(|(l, _)| *l == layer).map_or("-".to_owned(), |(_, n)| format!("not in {n}")),
    });
    format!("{caught} | {}", each.join(" | "))
}

/// Writes a head and a line for each control, in place of an earlier run's.
pub fn write(dialect: &dyn Dialect, corpus: &Corpus<'_>, all: &[(Control, Option<Found>)]) {
    if std::env::var_os("CONTROL").is_some() {
        return;
    }
    let executor = dialect.executor();
    let head = json!({
        "target": dialect.target().name(), "title": dialect.title(), "part": "controls", "executor": executor.name,
        "kind": executor.kind.name(), "parser": dialect.parser(), "seed": SEED, "streams": corpus.random.len(),
        "regressions": corpus.regressions.len(), "fixtures": corpus.fixtures.len(),
    });
    let mut text = format!("{head}\n");
    all.iter().for_each(|(control, found)| text.push_str(&format!("{}\n", line(control, found.as_ref()))));
    std::fs::create_dir_all(folder()).expect("a folder");
    let path = folder().join(format!("controls-{}.jsonl", dialect.target().name()));
    std::fs::write(path, text).expect("a file of records");
}

/// `after` counts texts for the parser and streams for the others; a layer that was not asked is not there, one that noticed nothing is null.
fn line(control: &Control, found: Option<&Found>) -> Json {
    let Control { name, bug, about, says } = control;
    let mut line = json!({ "control": name, "bug": bug, "about": about });
    if let Says::Cannot(why) = says {
        line["cannot"] = why.as_str().into();
    }
    let Some(found) = found else { return line };
    line["changed"] = found.changed.into();
    line["texts"] = found.texts.into();
    line["caught_by"] = found.caught().map(Layer::name).into();
    let mut after = serde_json::Map::new();
    found.ran.iter().for_each(|(layer, _)| drop(after.insert(layer.name().to_owned(), Json::Null)));
    found.noticed.iter().for_each(|n| drop(after.insert(n.layer.name().to_owned(), n.after.into())));
    line["after"] = after.into();
    line
}
