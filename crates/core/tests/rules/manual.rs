//! The manual lists every rule, and every rule has a test named after it.

#[test]
fn every_rule_is_in_the_manual_in_the_code_and_in_a_test() {
    let root = env!("CARGO_MANIFEST_DIR");
    let read = |path: &str| std::fs::read_to_string(format!("{root}/{path}")).unwrap();
    let manual = read("../../docs/RULES.md");
    let code: String = [
        "due", "choose", "write", "record", "note", "customer", "event", "settings",
    ]
    .map(|file| read(&format!("src/{file}.rs")))
    .concat();
    let tests: String = ["due", "choose", "written"]
        .map(|file| read(&format!("tests/rules/{file}.rs")))
        .concat();
    for number in 1..=16 {
        assert!(
            manual.contains(&format!("**R{number}**")),
            "R{number} is not in the manual"
        );
        assert!(
            code.contains(&format!("R{number}")),
            "R{number} is not in the code"
        );
        assert!(
            tests.contains(&format!("fn r{number}_")),
            "R{number} has no test"
        );
    }
}
