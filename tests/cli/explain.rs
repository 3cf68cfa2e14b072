use super::kit::{EVIDENCE, RULE, Try};

#[test]
fn a_rule_is_told_in_plain_words() {
    let made = Try::pack();
    let text = made.run("explain many-failures").exits(0).out;
    for part in [
        "many-failures: Many failed logins",
        "$least = 3: failures that alert",
        "failure: events of auth.login where\n      auth.result == \"failure\"",
        "in the 10m up to an event, for each device.id",
        "count() >= $least",
        "{{device.id}} fails",
        "the first hit of each group in each 1h",
        "auth.login: 1h10m before the reported interval",
        "slow guesses",
        "a forgotten password",
    ] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
    assert_eq!(text, made.run("explain p/auth/many-failures.yaml").exits(0).out);
    let bare = made.run("explain many-failures --env bare").exits(0).out;
    assert!(bare.contains("environment bare"), "{bare}");
}

#[test]
fn a_target_shows_fidelity_assumptions_and_the_query_or_the_refusals() {
    let made = Try::pack();
    made.write("p/auth/both.yaml", EVIDENCE);
    let text = made.run("explain many-failures --target eql").exits(0).out;
    for part in ["In eql: same groups", "What the eql query rests on", "otherwise:", "with runs=3"] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
    let text = made.run("explain both --target eql").exits(0).out;
    assert!(text.contains("In eql: refused") && text.contains("p/auth/both.yaml:"), "{text}");
    assert!(text.contains(" 40 failure: it failed"), "{text}");
}

#[test]
fn confidence_is_told_as_far_as_the_rule_has_it() {
    let made = Try::pack();
    let confidence = |levels: &str| {
        RULE.to_owned()
            + &format!(
                "confidence: {{ base: 30, raise: [{{ by: 40, when: device.id == \"d\", because: known }}], alert_at: 20, {levels} }}\n"
            )
    };
    made.write("p/auth/many-failures.yaml", confidence("levels: { high: 70 }"));
    let text = made.run("explain many-failures").exits(0).out;
    assert!(text.contains("  30 to begin with\n") && text.contains("below 20 there is no alert"), "{text}");
    assert!(text.contains("severity: high from 70; medium for less"), "{text}");
    made.write("p/auth/many-failures.yaml", confidence("levels: { low: 20, high: 70 }"));
    let text = made.run("explain many-failures").exits(0).out;
    assert!(text.contains("severity: low from 20, high from 70\n"), "{text}");
}

#[test]
fn a_code_shows_its_page() {
    let made = Try::empty();
    for code in ["E0501", "e0501"] {
        assert!(made.run(&format!("explain {code}")).exits(0).out.starts_with("E0501: "));
    }
    assert!(made.run("explain E9999").exits(2).err.contains("there is no code `E9999`"));
}

#[test]
fn an_unknown_rule_names_the_nearest() {
    let made = Try::pack();
    let done = made.run("explain many-failure").exits(2);
    assert!(done.err.contains("did you mean `many-failures`?"), "{}", done.err);
    made.run("explain nowhere/x.yaml").exits(2);
}
