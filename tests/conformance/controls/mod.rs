//! Negative controls: deliberate lowering bugs, switched on one at a time as a change of the emitted text; each has to be caught.
//!
//! A control is a file of `tests/conformance/controls/TARGET/`, and its README says what is in one. `CONTROL=name` tries one alone,
//! `CONTROLS_DUMP=folder` writes the texts that controls change there, so that a pattern can be looked for in them.

mod control;
mod corpus;
mod search;
mod sequences;
mod table;

use crate::Dialect;
use crate::eql::Eql;
use crate::esql::Esql;
use crate::kql::Kql;
use crate::spl::Spl;
use control::{BUGS, Control, Says};
use corpus::Corpus;
use search::{Found, search};

/// Every control of a target: the unpatched texts give no difference, and every bug is caught in time.
fn every_bug_is_caught(dialect: &dyn Dialect) {
    if let Some(folder) = std::env::var_os("CONTROLS_DUMP") {
        return Corpus::new(dialect).dump(folder.as_ref());
    }
    let controls = control::all(dialect.target().name());
    for bug in BUGS {
        assert!(controls.iter().any(|c| c.bug == bug), "{}: no control for `{bug}`", dialect.title());
    }
    let corpus = Corpus::new(dialect);
    table::print_head(&corpus);
    let tried = |control: Control| {
        let found = match &control.says {
            Says::Patch { patch, .. } => Some(search(&corpus, &|text| control::patched(patch, text))),
            Says::Cannot(_) => None,
        };
        table::print(&corpus, &control, found.as_ref());
        (control, found)
    };
    let found: Vec<(Control, Option<Found>)> = controls.into_iter().map(tried).collect();
    table::write(dialect, &corpus, &found);
    let wrong: Vec<String> = found
        .iter()
        .filter_map(|(control, found)| Some(format!("{}: {}", control.name, wrong(control, found.as_ref()?)?)))
        .collect();
    assert!(wrong.is_empty(), "{}:\n{}", dialect.title(), wrong.join("\n"));
    // What the patches are measured against: as it is, no text of a case that caught one is noticed by any layer.
    let caught: Vec<&Found> = found.iter().filter_map(|(_, f)| f.as_ref()).collect();
    let same = search::unpatched(&corpus, &caught);
    assert!(same.noticed.is_empty(), "{}: unpatched texts are noticed: {:?}", dialect.title(), same.noticed);
    println!("{}: {}", dialect.title(), same.unpatched());
}

/// Why a control does not show what it is for.
fn wrong(control: &Control, found: &Found) -> Option<String> {
    let Says::Patch { caught_by, .. } = &control.says else { return None };
    if found.changed == 0 {
        return Some("the pattern is in no emitted text".to_owned());
    }
    if let Some(noticed) = found.noticed.iter().find(|n| n.broken && *caught_by != search::Layer::Parser) {
        return Some(format!("what it makes of a text is no query, so nothing is shown: {noticed:?}"));
    }
    match found.caught() {
        None => Some(format!("not caught by any layer, in {} changed texts", found.changed)),
        Some(layer) if layer > *caught_by => Some(format!("caught by {layer} only, not by {caught_by}")),
        Some(_) => None,
    }
}

#[test]
fn every_bug_in_kql_is_caught() {
    every_bug_is_caught(&Kql);
}

#[test]
fn every_bug_in_spl_is_caught() {
    every_bug_is_caught(&Spl);
}

#[test]
fn every_bug_in_esql_is_caught() {
    every_bug_is_caught(&Esql);
}

#[test]
fn every_bug_in_eql_is_caught() {
    every_bug_is_caught(&Eql { tiebreakers: true });
}
