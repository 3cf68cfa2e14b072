use super::kit::Try;

#[test]
fn passing_cases_exit_0_and_a_failing_one_1() {
    let made = Try::pack();
    assert!(made.run("test p").exits(0).out.contains("2 passed, 0 failed"));
    let wrong = made.read("p/auth/many-failures.test.yaml").replace("at: 2m", "at: 1m");
    made.write("p/auth/many-failures.test.yaml", wrong);
    let done = made.run("test p").exits(1);
    assert!(done.out.contains("1 passed, 1 failed"), "{}", done.out);
    assert!(made.run("test p --case two").exits(0).out.contains("1 passed, 0 failed"));
    let json = made.run("test p --format json").exits(1).json();
    assert_eq!((&json["version"], &json["failed"]), (&1.into(), &1.into()));
    assert!(made.run("test p --format junit").exits(1).out.contains("failures=\"1\""));
}

#[test]
fn a_case_that_no_fixture_has_is_wrong_usage() {
    let made = Try::pack();
    assert!(made.run("test p --case nobody").exits(2).err.contains("no case has `nobody` in its name"));
}

#[test]
fn a_fixture_with_a_fault_is_told_and_the_others_run() {
    let made = Try::pack();
    made.write("p/auth/many-failures.more.test.yaml", "rule: many-failures\ncases: [{ nme: x }]\n");
    let done = made.run("test p").exits(1);
    assert!(done.out.contains("2 passed") && done.err.contains("nme"), "{}{}", done.out, done.err);
    made.run("test p/auth/many-failures.yaml").exits(1);
}
