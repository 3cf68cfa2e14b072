use super::kit::Try;
use std::path::Path;

fn rules() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").display().to_string()
}

#[test]
fn what_is_injected_is_found_by_run_and_told_on_standard_error() {
    let made = Try::empty();
    let inject =
        "--inject ios-protocol-on-unapproved-port@iphone-00001@9h30m --inject android-terracotta-timer-service@3@9h";
    let done = made.run(&format!("simulate --devices 5 --days 2 --seed 3 {inject} --out e.jsonl")).exits(0);
    assert!(done.out.is_empty(), "{}", done.out);
    assert!(done.err.contains("injected ios-protocol-on-unapproved-port on iphone-00001 (com."), "{}", done.err);
    assert!(done.err.contains("2026-03-02T09:30:00.000Z to "), "{}", done.err);
    let found = made.run(&format!("run --rules {} --events e.jsonl", rules())).exits(0);
    for (rule, device) in
        [("ios-protocol-on-unapproved-port", "iphone-00001"), ("android-terracotta-timer-service", "pixel-00003")]
    {
        let alert = found.out.lines().find(|line| line.contains(rule)).unwrap_or_else(|| panic!("{}", found.out));
        assert!(alert.contains(&format!("\"device\":\"{device}\"")), "{alert}");
    }
}

#[test]
fn events_stop_where_asked_and_say_the_same_as_the_whole() {
    let made = Try::empty();
    let whole = made.run("simulate --devices 3 --seed 9 --start 2026-05-01T00:00:00Z").exits(0).out;
    let part = made.run("simulate --devices 3 --seed 9 --start 2026-05-01T00:00:00Z --events 100").exits(0).out;
    assert_eq!(part.lines().count(), 100);
    assert!(whole.starts_with(&part) && whole.len() > part.len());
}

#[test]
fn what_cannot_be_injected_says_why() {
    let made = Try::empty();
    for (asked, said) in [
        ("ios-protocol@iphone-00000@1h", "nothing is known to inject for `ios-protocol`"),
        ("ios-protocol-on-unapproved-ports@0@1h", "did you mean `ios-protocol-on-unapproved-port`?"),
        (
            "ios-protocol-on-unapproved-port@pixel-00003@1h",
            "takes place on `ios`, and `pixel-00003` is no such device; `iphone-00005`",
        ),
        ("ios-protocol-on-unapproved-port@iphone-00003@1h", "`iphone-00003` is no such device"),
        ("ios-protocol-on-unapproved-port@iphone-00010@1h", "no device of this fleet, which has numbers 0 to 9"),
        ("ios-protocol-on-unapproved-port@iphone-00001@noon", "expected a time such as"),
        ("ios-protocol-on-unapproved-port@iphone-00001@1d", "is not within the fleet's days"),
        ("ios-protocol-on-unapproved-port", "expected `RULE@DEVICE@TIME`"),
    ] {
        let done = made.run(&format!("simulate --devices 10 --inject {asked}")).exits(2);
        assert!(done.err.contains(said) && done.out.is_empty(), "{asked}: {}", done.err);
    }
    made.run("simulate --seed 1,2").exits(2);
    made.run("simulate --devices 0").exits(2);
}

/// A small fleet: what a rule finds and what it says wrongly is counted, in words and as JSON, and decides the exit code.
#[test]
fn rules_are_judged_by_what_was_injected() {
    let made = Try::empty();
    let rule = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/mobile/ios-protocol-on-unapproved-port.yaml");
    let asked = format!("simulate --devices 40 --days 3 --seed 1 --judge {}", rule.display());
    let text = made.run(&asked).exits(0).out;
    assert!(text.contains("seed 1: 40 devices, 3 days, ") && text.contains("100%"), "{text}");
    let report = made.run(&format!("{asked} --format json")).exits(0).json();
    super::fits::fits_published(&report, "simulate");
    let judged = &report["seeds"][0]["rules"][0];
    assert_eq!(
        (report["version"].as_u64(), judged["injected"].as_u64(), judged["recall"].as_f64()),
        (Some(1), Some(1), Some(1.0))
    );

    // Three of five devices run iOS, and the rule says nothing on the others.
    assert_eq!((report["seeds"][0]["device_days"].as_u64(), judged["device_days"].as_u64()), (Some(120), Some(72)));

    // The same rule, deaf: it misses what was injected.
    let folder = made.path("deaf");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &folder);
    let path = folder.join("mobile/ios-protocol-on-unapproved-port.yaml");
    let deaf = std::fs::read_to_string(&path).unwrap().replace("alert_at: 40", "alert_at: 99");
    std::fs::write(&path, deaf).unwrap();
    let done =
        made.run("simulate --devices 40 --days 3 --judge deaf/mobile/ios-protocol-on-unapproved-port.yaml").exits(1);
    assert!(done.out.contains("missed: iphone-") && done.out.contains(" 0%"), "{}", done.out);
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let path = entry.unwrap().into_path();
        let to = to.join(path.strip_prefix(from).unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(to).unwrap();
        } else {
            std::fs::copy(path, to).unwrap();
        }
    }
}
