//! The unit tests of the page's models, in `models/`: they run in the browser, and without a build.

use std::{fs, path::Path};

use serde::Deserialize;

use crate::{
    api::Binary,
    support::{Options, Stage},
};

/// What the tests' own files are not.
const RUNNER: &str = "runner.js";

#[derive(Debug, Deserialize)]
struct Outcome {
    name: String,
    /// None where it passed.
    error: Option<String>,
}

/// Copies a folder with everything in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("a file");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

pub async fn the_models_pass_their_unit_tests(stage: Stage) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("ui");
    copy(&root.join("ui"), &page);
    let tests = page.join("tests");
    copy(&root.join("tests/browser/models"), &tests);
    copy(&root.join("tests/vectors"), &tests.join("vectors"));
    let mut files: Vec<_> = fs::read_dir(&tests)
        .expect("a folder")
        .map(|file| {
            file.expect("a file")
                .file_name()
                .into_string()
                .expect("a plain name")
        })
        .filter(|name| Path::new(name).extension() == Some("js".as_ref()) && name != RUNNER)
        .collect();
    files.sort();
    let imports: Vec<_> = files
        .iter()
        .map(|name| format!("import './{name}';\n"))
        .collect();
    let all = format!(
        "{}import {{ report }} from './{RUNNER}';\nreport();\n",
        imports.concat()
    );
    fs::write(tests.join("all.js"), all).expect("a file");
    let database = folder.path().join("tincan.db");
    let text = |path: &Path| path.to_str().expect("a plain path").to_owned();
    let server = Binary::spawn(&[
        "--dev",
        "--listen",
        "127.0.0.1:0",
        "--db",
        &text(&database),
        "--ui",
        &text(&page),
        "--log",
        "error",
    ]);

    let origin = format!("http://{}", server.address());
    let browser = stage
        .session(Options::desktop().origin(origin).time_zone("Europe/Berlin"))
        .await;
    browser.open("/ui/0000000000000000/tests/models.html").await;
    // However many they are, none takes long.
    let place = "document.querySelector('#outcomes')";
    while !browser
        .eval::<bool>(&format!("!!{place}.textContent"))
        .await
    {
        let done: String = browser.eval(&format!("{place}.dataset.done ?? ''")).await;
        let more = format!("{place}.textContent || {place}.dataset.done !== '{done}'");
        browser.wait(&format!("a test after {done}"), &more).await;
    }
    let outcomes: Vec<Outcome> = browser
        .eval("JSON.parse(document.querySelector('#outcomes').textContent)")
        .await;
    assert!(!outcomes.is_empty(), "no test ran");
    println!(
        "{} tests of models in {} files",
        outcomes.len(),
        files.len()
    );
    let failed: Vec<_> = outcomes
        .iter()
        .filter_map(|Outcome { name, error }| {
            error.as_ref().map(|error| format!("{name}\n{error}"))
        })
        .collect();
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n\n")
    );
    browser.assert_console_clean(&[]).await;
}
