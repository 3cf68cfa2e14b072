//! `siemc test`: fixtures, in parallel.

use super::Exit;
use super::args::{TestArgs, TestFormat};
use super::console::{Console, counted};
use super::workspace::{Selected, Workspace};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fixture::{self, FileReport, FixtureFile, report};
use anyhow::Result;
use indicatif::ProgressBar;
use rayon::prelude::*;

/// Fewer files are done before anyone wonders.
const MANY: usize = 200;

/// Runs the command.
pub fn run(args: &TestArgs, console: &mut Console) -> Result<Exit> {
    let mut workspace = Workspace::load(&args.path);
    let packs = std::mem::take(&mut workspace.packs);
    let mut reports = Vec::new();
    let mut idle = Vec::new();
    for selected in &packs {
        let files = fixtures(selected, &mut workspace);
        let mut found = judged(selected, &files, args.case.as_deref(), console);
        if args.case.is_none() && !workspace.findings.has_errors() {
            idle.extend(fixture::idle_exceptions(&selected.pack, &found, selected.is_whole()));
        }
        reports.append(&mut found);
    }
    reports.retain(|report| !report.cases.is_empty());
    // Lints are for `check`, but for those that only running the cases shows.
    workspace.findings.all.retain(|found| found.severity == Severity::Error);
    workspace.findings.extend(idle);
    console.findings(&workspace.findings.all, &workspace.files);
    let files = &workspace.files;
    match args.format {
        TestFormat::Text => console.data(&report::text(&reports, files, console.is_coloured()))?,
        TestFormat::Json => console.data(&report::json(&reports, &workspace.findings.all, files))?,
        TestFormat::Junit => console.data(&report::junit(&reports, files))?,
    }
    console.flush()?;
    let exit = Exit::of(&workspace.findings.all);
    let (passed, failed) = report::counts(&reports);
    if let (0, Some(name)) = (passed + failed, &args.case) {
        console.note(&format!("error: no case has `{name}` in its name"));
        return Ok(Exit::Unusable);
    }
    if passed + failed == 0 {
        console.note("no cases");
    }
    if failed > 0 && args.format != TestFormat::Text {
        console.note(&format!("{} of {} failed", failed, counted(passed + failed, "case")));
    }
    Ok(if failed > 0 { exit.max(Exit::Findings) } else { exit })
}

/// The fixtures of the rules that were asked for; none of a pack whose schema or lookups have faults, which would be told again.
pub fn fixtures(selected: &Selected, workspace: &mut Workspace) -> Vec<FixtureFile> {
    if selected.is_broken() {
        return Vec::new();
    }
    let every = selected.is_whole();
    let mut files = Vec::new();
    for path in fixture::find(&selected.pack.root) {
        let own = |rule: &crate::pack::RuleFile| fixture::find(&rule.path).contains(&path);
        if !every && !selected.rules().any(own) {
            continue;
        }
        files.extend(fixture::load(&path, &selected.pack, &mut workspace.files, &mut workspace.findings));
    }
    files
}

fn judged(selected: &Selected, files: &[FixtureFile], case: Option<&str>, console: &Console) -> Vec<FileReport> {
    if files.len() < MANY || !console.is_watched() {
        return fixture::run_all(&selected.pack, files, case);
    }
    let bar = ProgressBar::new(files.len() as u64);
    let one = |file: &FixtureFile| {
        let report = fixture::run(&selected.pack, file, case);
        bar.inc(1);
        report
    };
    let mut reports: Vec<FileReport> = files.par_iter().map(one).collect();
    bar.finish_and_clear();
    reports.sort_by(|one, other| one.file.cmp(&other.file));
    reports
}

/// What is wrong in fixtures, for `check`.
pub fn faults(selected: &Selected, workspace: &mut Workspace) -> Vec<Diagnostic> {
    let before = std::mem::take(&mut workspace.findings.all);
    fixtures(selected, workspace);
    std::mem::replace(&mut workspace.findings.all, before)
}
