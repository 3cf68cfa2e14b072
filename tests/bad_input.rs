//! Bad input gives its diagnostics: each file of `tests/bad_input/` is an input and the report that it must give, and every code
//! has such a file.

// A test that cannot read its own cases has nothing better to do than to stop.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use siemc::diagnostic::{Findings, all_codes, text};
use siemc::source::{Files, YAML_LIMIT, yaml};
use siemc::syntax::decode;

#[test]
fn every_case_gives_its_report() {
    let mut wrong = String::new();
    let cases = cases();
    assert!(cases.len() >= 230, "only {} cases found", cases.len());
    for path in cases {
        let case = Case::read(&path);
        let report = case.report();
        if std::env::var("BAD_INPUT").is_ok_and(|mode| mode == "rewrite") {
            std::fs::write(&path, case.with(&report)).unwrap();
        } else if report != case.expected || report.is_empty() {
            let name = path.file_name().unwrap().to_string_lossy();
            write!(wrong, "\n==== {name}: expected\n{}==== found\n{report}", case.expected).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}\n(BAD_INPUT=rewrite accepts what was found; read it first)");
}

/// Codes that no file can provoke, each with the test that does: what a product answers needs a product. A full disk, a closed pipe and
/// the like have no code: they end a command with a plain message (`tests/cli/`).
const WITHOUT_A_CASE: [(&str, &str); 7] = [
    ("E1304", "tests/endpoint.rs: an_answer_that_takes_too_long_ends_it"),
    ("E1305", "tests/endpoint.rs: a_token_that_is_not_let_in_says_what_is_needed"),
    ("E1306", "tests/endpoint.rs: what_is_no_search_api_is_named"),
    ("E1307", "tests/endpoint.rs: a_busy_product_is_asked_again"),
    ("E1308", "tests/endpoint.rs: an_answer_that_breaks_off_is_asked_for_again"),
    ("E1309", "tests/endpoint.rs: a_query_that_is_not_taken_fails_its_case_alone"),
    ("E1310", "tests/endpoint.rs: an_index_that_was_made_is_deleted_or_named"),
];

#[test]
fn tests_that_stand_for_a_case_are_there() {
    for (code, place) in WITHOUT_A_CASE {
        let (file, name) = place.split_once(": ").unwrap();
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let begin = text.find(&format!("fn {name}()")).unwrap_or_else(|| panic!("{code}: no test `{name}` in {file}"));
        let own = text[begin..].split("\n}\n").next().unwrap();
        assert!(own.contains(code), "{code}: `{name}` does not ask for it");
    }
}

#[test]
fn every_code_has_a_case_and_every_case_s_codes_a_page() {
    let pattern = regex::Regex::new(r"(?m)^ *(?:error|warning|note)\[([A-Z][0-9]{4})\]").unwrap();
    let mut shown: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in cases() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for code in pattern.captures_iter(&Case::read(&path).expected) {
            shown.entry(code[1].to_owned()).or_default().push(name.clone());
        }
    }
    let known: BTreeSet<&str> = all_codes().into_iter().collect();
    let exempt: BTreeSet<&str> = WITHOUT_A_CASE.iter().map(|(code, _)| *code).collect();
    let lacking: Vec<&&str> =
        known.iter().filter(|code| !shown.contains_key(**code) && !exempt.contains(**code)).collect();
    assert!(lacking.is_empty(), "codes without a case in tests/bad_input: {lacking:?}");
    let idle: Vec<&&str> = exempt.iter().filter(|code| shown.contains_key(**code) || !known.contains(**code)).collect();
    assert!(idle.is_empty(), "exempt, but with a case or without a page: {idle:?}");
    let unknown: Vec<_> = shown.iter().filter(|(code, _)| !known.contains(code.as_str())).collect();
    assert!(unknown.is_empty(), "codes without a page: {unknown:?}");
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_input");
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    all.sort();
    all
}

struct Case {
    about: String,
    files: Vec<Input>,
    /// Arguments of `siemc`, one call after another in the folder of the files.
    runs: Vec<String>,
    expected: String,
}

struct Input {
    header: String,
    body: String,
}

const MARK: &str = "---- ";

impl Case {
    fn read(path: &Path) -> Case {
        let text = std::fs::read_to_string(path).unwrap();
        let mut case = Case { about: String::new(), files: Vec::new(), runs: Vec::new(), expected: String::new() };
        let mut into_expected = false;
        for line in text.split_inclusive('\n') {
            match line.strip_prefix(MARK).map(str::trim) {
                Some("expected") => into_expected = true,
                Some(header) if header.starts_with("run: ") => case.runs.push(header["run: ".len()..].to_owned()),
                Some(header) => {
                    let header =
                        header.strip_prefix("file: ").unwrap_or_else(|| panic!("{}: `{header}`", path.display()));
                    case.files.push(Input { header: header.to_owned(), body: String::new() });
                }
                None if into_expected => case.expected.push_str(line),
                None => case.files.last_mut().map_or(&mut case.about, |input| &mut input.body).push_str(line),
            }
        }
        case
    }

    fn with(&self, report: &str) -> String {
        let mut text = self.about.clone();
        for input in &self.files {
            write!(text, "{MARK}file: {}\n{}", input.header, input.body).unwrap();
        }
        for run in &self.runs {
            writeln!(text, "{MARK}run: {run}").unwrap();
        }
        write!(text, "{MARK}expected\n{report}").unwrap();
        text
    }

    fn report(&self) -> String {
        let folder = tempfile::tempdir().unwrap();
        for input in &self.files {
            let path = folder.path().join(input.path());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, input.bytes()).unwrap();
        }
        let paths: Vec<PathBuf> = self.files.iter().map(|input| folder.path().join(input.path())).collect();
        let root = format!("{}/", folder.path().display());
        let is_pack = self.files.iter().any(|input| input.path() == "pack.yaml");
        let report = if !self.runs.is_empty() {
            self.runs.iter().map(|line| run(line, folder.path())).collect()
        } else if is_pack {
            check_pack(folder.path())
        } else {
            check(&paths)
        };
        report.replace(&root, "")
    }
}

impl Input {
    fn path(&self) -> &str {
        self.header.strip_suffix(" (escaped)").unwrap_or(&self.header)
    }

    fn bytes(&self) -> Vec<u8> {
        if self.header.ends_with(" (escaped)") { unescaped(&self.body) } else { self.body.clone().into_bytes() }
    }
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, length) = match (first, after.first()) {
            (b'\\', Some(b't')) => (b'\t', 2),
            (b'\\', Some(b'r')) => (b'\r', 2),
            (b'\\', Some(b'x')) => (u8::from_str_radix(std::str::from_utf8(&rest[2..4]).unwrap(), 16).unwrap(), 4),
            (b'\\', Some(b'\\')) => (b'\\', 2),
            (b'\\', Some(b'*')) => {
                let end = rest.iter().position(|byte| *byte == b'}').unwrap();
                let (count, text) = std::str::from_utf8(&rest[2..end]).unwrap().split_once('{').unwrap();
                bytes.extend(text.repeat(count.parse().unwrap()).bytes());
                rest = &rest[end + 1..];
                continue;
            }
            _ => (*first, 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    bytes
}

/// What `siemc` says to arguments without spaces in them: standard output, then standard error, then how it ended.
fn run(line: &str, folder: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siemc"));
    let output = command.args(line.split_whitespace()).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(!err.contains("panicked"), "{err}");
    let code = output.status.code().map_or_else(|| "no exit code".to_owned(), |code| format!("exit {code}"));
    format!("$ siemc {line}\n{out}{err}{code}\n")
}

/// What runs over the files of a case.
fn check(paths: &[PathBuf]) -> String {
    let mut files = Files::default();
    let mut findings = Findings::default();
    for path in paths {
        match files.read(path, YAML_LIMIT) {
            Ok(file) => {
                let text = files.shared_text(file);
                let Some(node) = yaml::parse(file, &text, &mut findings) else { continue };
                if path.parent().is_some_and(|folder| folder.ends_with("shared")) {
                    decode::shared(&node, &mut findings);
                } else {
                    decode::rule(&node, &mut findings);
                }
            }
            Err(found) => findings.push(found),
        }
    }
    text(&findings.all, &files, false)
}

/// A whole pack, every rule in every environment, on the first of March 2026.
fn check_pack(root: &Path) -> String {
    let mut files = Files::default();
    let mut findings = Findings::default();
    if let Some(pack) = siemc::pack::load(root, &mut files, &mut findings) {
        siemc::check::check_pack(&pack, &mut findings);
        let options = siemc::check::Options { today: Some(1_772_323_200_000), ..Default::default() };
        for environment in pack.environments.values() {
            for file in &pack.rules {
                siemc::check::check_for(&pack, &file.rule, environment, options, &mut findings);
            }
        }
    }
    text(&findings.all, &files, false)
}

#[test]
fn a_file_that_is_missing_a_folder_or_too_large_is_refused_before_it_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.yaml");
    std::fs::write(&path, "a: b\n".repeat(2_000_000)).unwrap();
    let report = check(&[path, folder.path().join("none.yaml"), folder.path().to_path_buf()]);
    let report = report.replace(&folder.path().display().to_string(), "F");
    let expected = "error[E0101]: `F/none.yaml` cannot be read: no such file\n\nerror[E0101]: `F` is not a file\n\n\
                    error[E0103]: `F/large.yaml` is larger than 5000000 bytes, the most that is read\n";
    assert_eq!(report, expected);
}

#[test]
fn nesting_in_yaml_and_in_expressions_has_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep.yaml");
    let code = |input: String| {
        std::fs::write(&path, input).unwrap();
        check(std::slice::from_ref(&path)).chars().take(12).collect::<String>()
    };
    assert_eq!(code("[".repeat(100_000)), "error[E0110]");
    assert_eq!(code("- ".repeat(100_000)), "error[E0110]");
    assert_eq!(code((0..200).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a:\n")), "error[E0110]");
    let expression = |inner: &str| code(format!("rule: r\ndetect: s\nscope: '{inner}'\n"));
    assert!(expression(&("(".repeat(50_000) + "a" + &")".repeat(50_000))).starts_with("error[E02"));
    assert!(expression(&("not ".repeat(50_000) + "a")).starts_with("error[E02"));
    assert!(expression(&"a == ".repeat(20_000)).starts_with("error[E02"));
}

mod arbitrary {
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn no_bytes_make_the_reader_fall(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            whole(&bytes);
        }

        #[test]
        fn no_damage_to_a_good_rule_makes_the_reader_fall(at in 0..2000_usize, with in "[\\[\\]{}:,\"'|>&*!%@`\\-\\n\\t ()~$éa]{0,4}", cut in 0..20_usize) {
            let rule = include_str!("../src/syntax/decode/testdata/whole.yaml");
            let at = (0..=at.min(rule.len())).rev().find(|at| rule.is_char_boundary(*at)).unwrap();
            let after = (at + cut).min(rule.len());
            let after = (after..=rule.len()).find(|at| rule.is_char_boundary(*at)).unwrap();
            whole(format!("{}{with}{}", &rule[..at], &rule[after..]).as_bytes());
        }
    }

    fn whole(bytes: &[u8]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        std::fs::write(&path, bytes).unwrap();
        super::check(&[path]);
    }
}
