use super::kit::{RULE, Try};

#[test]
fn a_good_pack_exits_0_from_anywhere_in_it() {
    let made = Try::pack();
    for path in ["check p", "check p/auth", "check p/auth/many-failures.yaml", "check p/auth/many-failures.test.yaml"] {
        let done = made.run(path).exits(0);
        assert!(done.err.contains("1 rule checked"), "{path}: {}", done.err);
    }
    // Without a path: a directory below holds a pack, and then the one around.
    made.run("check").exits(0);
    let inside = made.command("check").current_dir(made.path("p/auth")).output().unwrap();
    assert!(inside.status.success());
    assert!(String::from_utf8_lossy(&inside.stderr).contains("1 rule checked"));
}

#[test]
fn all_errors_of_all_packs_are_told_at_once_on_standard_output() {
    let made = Try::pack();
    made.write(
        "p/auth/many-failures.yaml",
        RULE.replace("auth.result ==", "auth.resul ==").replace("[device.id]", "[devise.id]"),
    );
    made.write("q/pack.yaml", "name: q\nversion: \"1\"\nshema: x\n");
    let done = made.run("check p q").exits(1);
    for part in ["auth.resul", "devise.id", "shema"] {
        assert!(done.out.contains(part), "{part}: {}", done.out);
    }
    assert!(!done.err.contains("auth.resul"));
}

#[test]
fn what_is_wrong_in_a_rule_that_was_not_asked_for_is_not_told() {
    let made = Try::pack();
    made.write("p/auth/other.yaml", "rule: other\nevents: 7\n");
    made.run("check p/auth/many-failures.yaml").exits(0);
    let done = made.run("check p --env lab").exits(1);
    assert!(done.out.contains("other.yaml") && !done.out.contains("many-failures.yaml:"), "{}", done.out);
}

#[test]
fn a_fault_of_a_fixture_is_found_too() {
    let made = Try::pack();
    made.write("p/auth/many-failures.test.yaml", "rule: many-failures\ncases: []\n");
    assert!(made.run("check p").exits(1).out.contains("many-failures.test.yaml"));
}

#[test]
fn a_finding_of_one_environment_names_it() {
    let made = Try::pack();
    let prod =
        "name: try\nversion: \"1\"\nenvironments: { lab: {}, prod: { params: { many-failures: { least: 0 } } } }\n";
    made.write("p/pack.yaml", prod);
    made.run("check p --env lab").exits(0);
    let found = made.run("check p --format json").exits(1).json();
    let errors: Vec<&str> = found["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|d| d["severity"] == "error")
        .map(|d| d["message"].as_str().unwrap())
        .collect();
    assert_eq!(errors.len(), 1, "{found}");
    assert!(errors[0].contains("environment"), "{errors:?}");
}

#[test]
fn every_format_says_the_same_finding() {
    let made = Try::pack();
    made.write("p/auth/many-failures.yaml", RULE.replace("auth.result ==", "auth.resul =="));
    let json = made.run("check p --format json").exits(1).json();
    assert_eq!((&json["version"], &json["errors"]), (&1.into(), &1.into()));
    assert_eq!(json["diagnostics"][0]["code"], "E0501");
    assert_eq!(json["diagnostics"][0]["line"], 14);
    let sarif = made.run("check p --format sarif").exits(1).json();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "E0501");
    let github = made.run("check p --format github").exits(1).out;
    assert!(github.starts_with("::error file=p/auth/many-failures.yaml,line=14,"), "{github}");
}

#[test]
fn unreadable_input_and_wrong_usage_exit_2() {
    let made = Try::pack();
    for (line, part) in [
        ("check nowhere", "`nowhere` cannot be read: no such file"),
        ("check p --env labb", "did you mean `lab`?"),
        ("check p/schema", "`p/schema` is no rule"),
    ] {
        let done = made.run(line).exits(2);
        assert!(done.out.contains(part), "{line}: {}{}", done.out, done.err);
    }
    for line in ["", "chek", "check --format xml", "compile p", "run --rules p"] {
        let done = made.run(line).exits(2);
        assert!(done.out.is_empty() && !done.err.is_empty(), "{line}");
    }
    let done = Try::empty().run("check").exits(2);
    assert!(done.out.contains("lies in no pack"), "{}", done.out);
    made.write("p/auth/many-failures.yaml", b"rule: many-failures\ntitle: \xff\n");
    assert!(made.run("check p").exits(2).out.contains("not UTF-8"));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_told() {
    let made = Try::pack();
    for place in ["p/auth/lost.yaml", "p/lost.yaml", "p/schema/lost.yaml"] {
        std::os::unix::fs::symlink("nowhere", made.path(place)).unwrap();
        let told = made.run("check p").exits(2).out;
        assert!(told.contains(&format!("error[E0101]: `{place}` cannot be read: no such file")), "{told}");
        std::fs::remove_file(made.path(place)).unwrap();
    }
    made.run("check p").exits(0);
}

#[test]
fn colours_are_for_terminals() {
    let made = Try::pack();
    made.write("p/auth/many-failures.yaml", "rule: many-failures\n");
    assert!(!made.run("check p").out.contains('\u{1b}'));
    let forced = made.command("check p").env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(String::from_utf8_lossy(&forced.stdout).contains('\u{1b}'));
    let without = made.command("check p").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap();
    assert!(!String::from_utf8_lossy(&without.stdout).contains('\u{1b}'));
}

#[test]
fn hostile_files_are_findings() {
    let made = Try::pack();
    made.write("p/auth/empty.yaml", "");
    made.write("p/auth/deep.yaml", format!("rule: {}", "[".repeat(100_000)));
    made.write("p/auth/nul.yaml", "rule: a\0b\n");
    made.write("p/auth/bomb.yaml", "a: &a [x, x]\nb: &b [*a, *a]\nrule: *b\n");
    let done = made.run("check p");
    assert!(done.code == 1 || done.code == 2, "{}", done.code);
    assert!(done.out.contains("deep.yaml"), "{}", done.out);
}

#[test]
fn help_has_examples_and_exits_0() {
    let made = Try::empty();
    for command in ["check", "compile", "run", "test", "explain", "new", "init"] {
        let done = made.run(&format!("{command} --help")).exits(0);
        assert!(done.out.contains("Examples:"), "{command}");
    }
    assert!(made.run("--version").exits(0).out.starts_with("siemc "));
}
