//! What the program tells about itself: completions for a shell, man pages, and the types of its API.

use std::{
    env, fs,
    io::Write,
    os::unix::fs::MetadataExt,
    process::{Command, Stdio},
    thread,
};

use tempfile::TempDir;

use crate::{
    contract::{document, operations},
    support::{Binary, Server, dev, ended},
};

#[tokio::test]
async fn a_shell_completes_its_commands_and_their_flags() {
    let script = ended(Binary::command(&["completions", "bash"])).await;
    assert_eq!(script.code, Some(0), "{}", script.stderr);
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("tincan");
    fs::write(&file, script.stdout).expect("a file");
    // As bash does it on the tab key.
    let complete = r#"
        . "$1" || exit
        complete -p tincan >&2 || exit
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _tincan tincan "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        echo "${COMPREPLY[*]}"
    "#;
    for (typed, completed) in [
        (&["tincan", "us"][..], "user\n"),
        (&["tincan", "user", "res"], "reset\n"),
        (&["tincan", "invite", "create", "--us"], "--uses\n"),
        (&["tincan", "--signup", "cl"], "closed\n"),
    ] {
        let mut bash = Command::new("bash");
        bash.args(["-c", complete, "bash"]).arg(&file).args(typed);
        let answer = ended(piped(bash)).await;
        assert_eq!(answer.stdout, completed, "{typed:?}: {}", answer.stderr);
    }
}

#[tokio::test]
async fn each_command_has_a_man_page_that_groff_has_nothing_against() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().to_str().expect("a plain path");
    let written = ended(Binary::command(&["man", path])).await;
    assert_eq!(written.code, Some(0), "{}", written.stderr);
    let mode = |name| fs::metadata(folder.path().join(name)).map(|file| file.mode());
    fs::write(folder.path().join("another"), "").expect("a file");
    assert_eq!(mode("tincan.1").ok(), mode("another").ok());
    for page in ["tincan", "tincan-serve", "tincan-user", "tincan-user-reset"] {
        let text = fs::read_to_string(folder.path().join(format!("{page}.1"))).expect("a page");
        let title = format!(
            "\n.TH {page} 1 \" \" \"tincan {}\" Tincan\n",
            env!("CARGO_PKG_VERSION")
        );
        assert!(text.contains(&title), "{text}");
        assert!(
            text.contains(&format!("\n{} \\- ", page.replace('-', "\\-"))),
            "{text}"
        );
    }

    if Command::new("groff").arg("--version").output().is_err() {
        let is_ci = env::var("CI").as_deref() == Ok("true");
        assert!(!is_ci, "groff isn't on the path, and CI has to have it");
        let name = thread::current().name().unwrap_or_default().to_owned();
        // Written rather than printed: what a passing test prints isn't shown.
        let _ = writeln!(std::io::stderr(), "SKIPPED {name}: groff isn't on the path");
        return;
    }
    for page in fs::read_dir(&folder).expect("the pages") {
        let mut groff = Command::new("groff");
        groff.args(["-k", "-man", "-ww", "-z", "-Tutf8"]);
        groff.arg(page.expect("a page").path());
        let looked = ended(piped(groff)).await;
        assert_eq!((looked.code, &*looked.stderr), (Some(0), ""));
    }
}

#[tokio::test]
async fn every_schema_and_operation_of_the_contract_has_a_type() {
    let printed = ended(Binary::command(&["types"])).await;
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let server = Server::start(dev()).await;
    let document = document(&server.nobody()).await;
    let schemas = document["components"]["schemas"].as_object();
    for name in schemas.expect("schemas").keys() {
        let declaration = format!("\nexport type {name} = ");
        assert!(printed.stdout.contains(&declaration), "{name}");
    }
    for (_, operations) in operations(&document) {
        for (_, operation) in operations {
            let id = operation["operationId"].as_str().expect("a name");
            let declaration = format!("\n  {id}: {{\n");
            assert!(printed.stdout.contains(&declaration), "{id}");
        }
    }
    assert!(!printed.stdout.contains(": unknown;"), "{}", printed.stdout);
}

#[tokio::test]
async fn man_pages_that_cannot_be_written_are_told_of() {
    let refused = ended(Binary::command(&["man", "/nowhere/at/all"])).await;
    assert_eq!(refused.code, Some(73), "{}", refused.stderr);
    assert!(
        refused
            .stderr
            .starts_with("tincan: can’t write man pages into /nowhere/at/all: "),
        "{}",
        refused.stderr
    );
}

fn piped(mut command: Command) -> Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
