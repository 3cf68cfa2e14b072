use super::kit::Try;

#[test]
fn a_new_pack_passes_check_and_test_without_a_warning() {
    let made = Try::empty();
    made.run("init mine").exits(0);
    let done = made.run("check mine").exits(0);
    assert!(done.out.is_empty() && done.err.contains("no errors, no warnings"), "{}{}", done.out, done.err);
    assert!(made.run("test mine").exits(0).out.contains("3 passed, 0 failed"));
    made.run("compile mine --target all").exits(0);
    // Nothing is written over.
    let before = made.read("mine/pack.yaml");
    assert!(made.run("init mine").exits(2).err.contains("is there already"));
    assert_eq!(made.read("mine/pack.yaml"), before);
}

#[test]
fn a_new_rule_passes_check_and_test() {
    let made = Try::pack();
    made.run("new odd-thing").exits(0);
    assert!(made.path("p/auth/odd-thing.yaml").exists(), "in the folder of the source's family");
    made.run("new deep/er/odd-two --source auth.login").exits(0);
    assert!(made.path("p/deep/er/odd-two.test.yaml").exists());
    made.run("check p").exits(0);
    assert!(made.run("test p").exits(0).out.contains("8 passed, 0 failed"));
    assert!(made.run("new odd-thing").exits(2).err.contains("is there already"));
}

#[test]
fn a_new_rule_of_every_source_of_the_mobile_pack_passes() {
    let made = Try::empty();
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    for path in ["pack.yaml", "schema/mobile.yaml"] {
        made.write(&format!("m/{path}"), std::fs::read(rules.join(path)).unwrap());
    }
    for entry in std::fs::read_dir(rules.join("lookups")).unwrap().map(Result::unwrap) {
        made.write(&format!("m/lookups/{}", entry.file_name().to_string_lossy()), std::fs::read(entry.path()).unwrap());
    }
    let schema = made.read("m/schema/mobile.yaml");
    let sources: Vec<&str> =
        schema.lines().filter_map(|line| line.strip_prefix("  mobile.")?.strip_suffix(':')).collect();
    assert!(sources.len() > 5, "{sources:?}");
    for source in &sources {
        let name = source.replace('_', "-");
        made.run(&format!("new {name} --source mobile.{source}")).exits(0);
    }
    let done = made.run("test m");
    assert!(done.out.contains(&format!("{} passed, 0 failed", sources.len() * 3)), "{}{}", done.out, done.err);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let made = Try::pack();
    for name in ["../evil", "/tmp/evil", "schema/evil", "Evil", "all", "a/../b", "-", "..", "x/", "é"] {
        let done = made.run(&format!("new -- {name}"));
        assert!(done.code == 2 || name == "x/", "{name}: {} {}", done.code, done.err);
    }
    assert!(made.run("new odd --source auth.logn").exits(2).err.contains("did you mean `auth.login`?"));
}
