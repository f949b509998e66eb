//! docs/robustness.md names the tests that show what the server survives. Each of them must exist.

use std::{fs, path::Path};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The source of a module of tests, wherever it is.
fn source(module: &str) -> String {
    let module = module.replace("::", "/");
    let places = [
        format!("tests/it/{module}.rs"),
        format!("tests/it/{module}/mod.rs"),
        format!("tests/faults/{module}.rs"),
        format!("tests/browser/{module}.rs"),
    ];
    let mut places = places.iter().map(|place| Path::new(ROOT).join(place));
    let place = places.find(|place| place.exists());
    fs::read_to_string(place.unwrap_or_else(|| panic!("no module {module}"))).expect("a source")
}

#[test]
fn every_test_that_the_documents_name_is_there() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/robustness.md")).expect("the page");
    let mut count = 0;
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let quoted = line.split('`').skip(1).step_by(2);
        for (module, name) in quoted.filter_map(|quoted| quoted.rsplit_once("::")) {
            let signature = format!("fn {name}(");
            assert!(source(module).contains(&signature), "{module}::{name}");
            count += 1;
        }
    }
    assert!(count > 40, "the tables name {count} tests");
}
