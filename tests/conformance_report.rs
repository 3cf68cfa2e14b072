//! `docs/conformance.md`: what each target was tried with, from the records that the conformance tests left in this run.
//!
//! `tests/conformance/report` makes the records and the page. `cargo test --test conformance_report -- --ignored` compares the page with the
//! records that are there; with `CONFORMANCE=rewrite` it writes the page. Nothing is in it that is not in a record.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(missing_docs)]

#[path = "conformance_report/controls.rs"]
mod controls;
#[path = "conformance_report/page.rs"]
mod page;
#[path = "conformance_report/records.rs"]
mod records;

use records::Records;
use std::path::{Path, PathBuf};

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/conformance.md")
}

/// Needs the records of all targets, which are made by tests of other files.
#[test]
#[ignore = "compares the records of the tests that ran before: see tests/conformance/report"]
fn the_page_is_what_this_run_recorded() {
    let records = Records::read();
    if std::env::var("CONFORMANCE").is_ok_and(|v| v == "rewrite") {
        std::fs::create_dir_all(committed().parent().unwrap()).unwrap();
        std::fs::write(committed(), page::page(&records)).unwrap();
        return;
    }
    let page = std::fs::read_to_string(committed()).unwrap_or_default();
    let of = page.lines().find_map(page::drawn_from);
    if of.as_deref() != Some(&records.drawn) {
        println!(
            "NOT COMPARED: docs/conformance.md is of {}, and this run is of {}",
            of.as_deref().unwrap_or("no run"),
            records.drawn
        );
        // Another seed is drawn on purpose; another number of pairs is a page that nobody made again.
        assert!(
            std::env::var_os("SIEMC_SEED").is_some_and(|seed| !page.contains(&format!("seed {}", seed.display()))),
            "docs/conformance.md is not of this seed and number of pairs: run tests/conformance/report"
        );
        return;
    }
    let now = page::page(&records);
    let different: Vec<String> = differing(&page, &now);
    assert!(
        different.is_empty(),
        "docs/conformance.md is not what this run recorded: run tests/conformance/report\n{}",
        different.join("\n")
    );
}

/// Lines that only one of the two has. Recorded answers of a real engine lie beside some checkouts only: a line about them is compared
/// where both have numbers.
fn differing(committed: &str, now: &str) -> Vec<String> {
    let about_recordings = now.lines().any(|l| l.contains(page::NO_RECORDINGS));
    let compared = |text: &str| -> Vec<String> {
        let kept = |l: &&str| !(about_recordings && l.starts_with(page::RECORDINGS));
        text.lines().filter(kept).map(str::to_owned).collect()
    };
    let (old, new) = (compared(committed), compared(now));
    let gone = old.iter().filter(|l| !new.contains(l)).map(|l| format!("- {l}"));
    let come = new.iter().filter(|l| !old.contains(l)).map(|l| format!("+ {l}"));
    gone.chain(come).collect()
}

#[test]
fn the_page_has_a_row_for_each_construct_of_the_language_and_ticks_nothing_that_was_not_run() {
    let page = std::fs::read_to_string(committed()).expect("docs/conformance.md: run tests/conformance/report");
    let rows: Vec<&str> = page.lines().filter(|l| l.starts_with("| ")).collect();
    for construct in include_str!("naive/constructs.txt").lines() {
        let shown = page::shown(construct);
        assert!(rows.iter().any(|r| r.starts_with(&format!("| {shown} |"))), "no row for `{construct}`");
    }
    for row in rows {
        for cell in row.split('|').filter(|c| c.contains('✓')) {
            let cases = cell.split_once('✓').and_then(|(_, rest)| rest.split_whitespace().next()).unwrap_or("");
            let count: usize = cases.replace(',', "").parse().unwrap_or(0);
            assert!(count > 0, "a tick without a case: {row}");
        }
    }
}

#[test]
fn the_first_screen_of_the_readme_links_to_the_page() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let first: Vec<&str> = readme.lines().take(30).collect();
    assert!(first.iter().any(|l| l.contains("(docs/conformance.md)")));
}
