//! The README's tables of what the server survives name the tests that show it: they must be there.

use std::{fs, path::Path};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The README's section with the tables.
fn section() -> String {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).expect("the README");
    let (_, section) = readme
        .split_once("\n## What it survives\n")
        .expect("a section");
    let end = section.find("\n## ").expect("the next section");
    section[..end].to_owned()
}

/// The source of a module of tests, wherever it is.
fn source(module: &str) -> String {
    let places = [
        format!("tests/it/{module}.rs"),
        format!("tests/it/{module}/mod.rs"),
        format!("tests/faults/{module}.rs"),
    ];
    let mut places = places.iter().map(|place| Path::new(ROOT).join(place));
    let place = places.find(|place| place.exists());
    fs::read_to_string(place.unwrap_or_else(|| panic!("no module {module}"))).expect("a source")
}

#[test]
fn every_test_that_the_readme_names_is_there() {
    let mut count = 0;
    for line in section().lines().filter(|line| line.starts_with("| ")) {
        let quoted = line.split('`').skip(1).step_by(2);
        for (module, name) in quoted.filter_map(|quoted| quoted.split_once("::")) {
            let signature = format!("fn {name}(");
            assert!(source(module).contains(&signature), "{module}::{name}");
            count += 1;
        }
    }
    assert!(count > 40, "the tables name {count} tests");
}
