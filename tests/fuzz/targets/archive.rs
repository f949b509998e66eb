//! An archive that a stranger hands over: `== name` begins a file, its lines follow. What is no archive is refused; one that
//! is becomes a database that is whole, of which the same archive can be made again.

#![no_main]

use std::{fs, ops::ControlFlow, path::Path};

use libfuzzer_sys::{Corpus, fuzz_target};
use tincan::store::{self, Progress};

const FILES: [&str; 19] = [
    "archive.json",
    "users.jsonl",
    "identities.jsonl",
    "pictures.jsonl",
    "conversations.jsonl",
    "room-pictures.jsonl",
    "participants.jsonl",
    "departures.jsonl",
    "messages.jsonl",
    "reactions.jsonl",
    "blocks.jsonl",
    "settings.jsonl",
    "files.jsonl",
    "attachments.jsonl",
    "pins.jsonl",
    "saved.jsonl",
    "drafts.jsonl",
    "pictures/1",
    "room-pictures/2",
];
const TITLE: &str = r#"{"tincanArchive":6,"user":null,"lastId":9}"#;

fuzz_target!(|text: &str| -> Corpus {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name| folder.path().join(name);
    let (given, made) = (path("given"), path("made"));
    if write(&given, text).is_none() {
        return Corpus::Reject;
    }
    let database = path("tincan.db");
    let mut watch = |_: Progress| ControlFlow::Continue(());
    if let Err(refusal) = store::import(&given, &database, &mut watch) {
        assert!(!refusal.to_string().is_empty());
        assert!(!database.exists(), "{refusal}");
        return Corpus::Keep;
    }
    store::check(&database).expect("a whole database");
    store::export(&database, &made, None, &mut watch).expect("an archive");
    let again = path("again.db");
    store::import(&made, &again, &mut watch).expect("a database");
    let remade = path("remade");
    store::export(&again, &remade, None, &mut watch).expect("an archive");
    for name in FILES {
        let read = |folder: &Path| fs::read_to_string(folder.join(name)).ok();
        assert_eq!(read(&made), read(&remade), "{name}");
    }
    Corpus::Keep
});

/// Nothing where the text names another file.
fn write(folder: &Path, text: &str) -> Option<()> {
    for below in ["pictures", "room-pictures"] {
        fs::create_dir_all(folder.join(below)).expect("a folder");
    }
    for name in FILES {
        let content = if name == "archive.json" { TITLE } else { "" };
        fs::write(folder.join(name), content).expect("a file");
    }
    let mut parts = text.split("== ");
    parts.next().filter(|before| before.is_empty())?;
    for part in parts {
        let (name, content) = part.split_once('\n')?;
        let name = FILES.into_iter().find(|file| *file == name)?;
        fs::write(folder.join(name), content).expect("a file");
    }
    Some(())
}
