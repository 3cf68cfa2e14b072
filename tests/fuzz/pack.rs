//! A copy of the bundled pack, of which one file is damaged.

use super::mutate::Input;
use super::show;
use siemc::check::{Checked, Options, check_for, check_pack};
use siemc::diagnostic::Findings;
use siemc::ir::Rule;
use siemc::pack::schema::Schema;
use siemc::source::Files;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Within the exceptions' dates.
const TODAY: i64 = 1_772_323_200_000;

pub fn is_fixture(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".test.yaml")
}

pub fn is_rule(path: &Path) -> bool {
    path.starts_with("mobile") && !is_fixture(path)
}

fn bundled_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

/// The pack's files, by their paths in it, in order.
fn bundled_files() -> Vec<(PathBuf, Vec<u8>)> {
    let root = bundled_root();
    let walk = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().map(Result::unwrap);
    let inside = |path: &Path| path.strip_prefix(&root).unwrap().to_owned();
    walk.filter(|e| e.file_type().is_file()).map(|e| (inside(e.path()), std::fs::read(e.path()).unwrap())).collect()
}

/// The contents of some of the pack's files.
pub fn bundled(wanted: impl Fn(&Path) -> bool) -> Vec<Vec<u8>> {
    let found: Vec<_> = bundled_files().into_iter().filter(|(path, _)| wanted(path)).map(|(_, bytes)| bytes).collect();
    assert!(!found.is_empty(), "the pack has such a file");
    found
}

/// Expressions, with each operator of the language in one of them.
pub fn expressions() -> Vec<String> {
    let own = [
        r#"a.b == "x" and not (c ~== 'Y' or d != 1.5) and e in ["p", "q"] and f not in $list"#,
        r#"name like "*.exe" or name matches r"^a\.b$" or x contains "q" or x startswith "w" or x endswith r#"z"z"#,
        r#"time - session.start >= 1h30m and size > 4kB and ip in "10.0.0.0/8" and when < 2026-03-01T00:00:00Z"#,
        r#"(app.role, network.protocol, 443) not in approved_ports and managed_apps[app.id].role == "x""#,
        r#"any(tags, it ~ "A") and all(idle) and exists(a) and if(a, 1, coalesce(b, 2)) + -3 * 4 % 5 / 6 between (1, 2)"#,
        r#"sum(network.bytes_out where network.protocol == "tls") > 10 and count() >= 3"#,
        r#""\u{1F600}\n\\" == concat(a, 'b', "c")"#,
    ];
    let rules = bundled(is_rule);
    let text = rules.iter().map(|bytes| String::from_utf8_lossy(bytes)).collect::<String>();
    let after = |line: &str| line.split_once(": ").map(|(_, value)| value.trim_matches(['\'', '"', ' ']).to_owned());
    own.iter().map(|e| (*e).to_owned()).chain(text.lines().filter_map(after)).collect()
}

/// A pack in a directory of its own.
pub struct Scratch(tempfile::TempDir);

impl Scratch {
    fn with(wanted: impl Fn(&Path) -> bool) -> Scratch {
        let scratch = Scratch(tempfile::tempdir().unwrap());
        for (path, bytes) in bundled_files().into_iter().filter(|(path, _)| wanted(path)) {
            scratch.write(&path.to_string_lossy(), &bytes);
        }
        scratch
    }

    pub fn without_rules() -> Scratch {
        Scratch::with(|path| !path.starts_with("mobile"))
    }

    pub fn with_one_rule() -> Scratch {
        Scratch::with(|path| !path.starts_with("mobile") || path.ends_with("ios-protocol-on-unapproved-port.yaml"))
    }

    pub fn with_all_rules() -> Scratch {
        Scratch::with(|path| !is_fixture(path))
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Reads the pack with a file in it replaced, checks its rules in every environment, and plans those that have a meaning.
    pub fn check(&self, name: &str, input: &Input) {
        self.write(name, &input.0);
        let (mut files, mut findings) = (Files::default(), Findings::default());
        if let Some(pack) = siemc::pack::load(self.root(), &mut files, &mut findings) {
            check_pack(&pack, &mut findings);
            let options = Options { today: Some(TODAY), ..Options::default() };
            for (file, environment) in pack.rules.iter().flat_map(|r| pack.environments.values().map(move |e| (r, e))) {
                if let Checked::Rule(rule) = check_for(&pack, &file.rule, environment, options, &mut findings)
                    && let Err(refusals) = siemc::plan::plan(&rule)
                {
                    findings.all.extend(refusals);
                }
            }
        }
        show(&findings, &files);
    }

    /// The bundled rules and one more, checked.
    pub fn typed_rules(more: &str) -> (Arc<Schema>, Vec<Arc<Rule>>) {
        let scratch = Scratch::with_all_rules();
        scratch.write("mobile/windows.yaml", more.as_bytes());
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let pack = siemc::pack::load(scratch.root(), &mut files, &mut findings).expect("the pack");
        let environment = pack.environments.values().next().expect("an environment");
        let options = Options { today: Some(TODAY), ..Options::default() };
        let checked = pack.rules.iter().map(|r| check_for(&pack, &r.rule, environment, options, &mut findings));
        let rules: Vec<_> =
            checked.filter_map(|c| if let Checked::Rule(r) = c { Some(Arc::from(r)) } else { None }).collect();
        let told = siemc::diagnostic::text(&findings.all, &files, false);
        assert_eq!(rules.len(), pack.rules.len(), "{told}");
        (Arc::clone(&pack.schema), rules)
    }
}
