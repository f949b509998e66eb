//! Cutting the power under load, again and again: what a start finds is what had been synced, and
//! some of what hadn't.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{
    support::Binary,
    tools,
    uploaders::Uploaders,
    witness::Witness,
    writers::{Writers, enough_in},
};

const ROUNDS: usize = 20;
/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// A disk whose power can be cut: of what is in `live`, `shadow.c` keeps in `shadow` what is durable.
struct Disk {
    library: PathBuf,
    live: PathBuf,
    shadow: PathBuf,
}

impl Disk {
    fn new(folder: &Path) -> Self {
        let library = folder.join("shadow.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/shadow.c");
        let mut cc = Command::new("cc");
        cc.args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]);
        let compiled = cc.arg(&library).arg(source).arg("-ldl").status();
        assert!(compiled.expect("cc runs").success());
        let disk = Self {
            library,
            live: folder.join("live"),
            shadow: folder.join("shadow"),
        };
        for folder in [&disk.live, &disk.shadow] {
            fs::create_dir(folder).expect("a folder");
        }
        disk
    }

    fn database(&self) -> PathBuf {
        self.live.join("tincan.db")
    }

    fn start(&self) -> Binary {
        let mut command = Binary::by_way_of("env", &["--"], &self.database());
        command
            .env("LD_PRELOAD", &self.library)
            .env("LIVE", &self.live)
            .env("SHADOW", &self.shadow)
            .arg("--no-limits");
        Binary::run(&mut command)
    }

    /// Leaves what a power cut would: what was durable, and of what was only written each sector or
    /// none of it, as `took` says.
    fn cut_power(&self, mut took: impl FnMut() -> bool) {
        let mut left = Vec::new();
        for entry in fs::read_dir(&self.shadow).expect("a folder") {
            let entry = entry.expect("a file");
            let name = entry.file_name().into_string().expect("a plain name");
            if name.starts_with(".pending-") {
                fs::remove_file(entry.path()).expect("it can be removed");
                continue;
            }
            let mut content = fs::read(entry.path()).expect("a file");
            // What was taken out of the folder may still be there after a power cut.
            if let Ok(written) = fs::read(self.live.join(&name)) {
                tear(&mut content, &written, &mut took);
            }
            left.push((name, content));
        }
        fs::remove_dir_all(&self.live).expect("it can be removed");
        fs::create_dir(&self.live).expect("a folder");
        for (name, content) in left {
            for folder in [&self.live, &self.shadow] {
                fs::write(folder.join(&name), &content).expect("a file");
            }
        }
    }
}

/// Puts some sectors of what was written in the place of what was durable.
fn tear(durable: &mut Vec<u8>, written: &[u8], mut took: impl FnMut() -> bool) {
    if took() {
        durable.resize(written.len(), 0);
    }
    for (old, new) in durable.chunks_mut(SECTOR).zip(written.chunks(SECTOR)) {
        let length = old.len().min(new.len());
        if old[..length] != new[..length] && took() {
            old[..length].copy_from_slice(&new[..length]);
        }
    }
}

/// Says yes or no at random.
fn coin() -> bool {
    let mut byte = [0];
    getrandom::fill(&mut byte).expect("randomness");
    byte[0] & 1 == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_every_power_cut() {
    if !tools::have(&["cc"]) {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let disk = Disk::new(folder.path());
    let database = disk.database();
    let mut binary = disk.start();
    let people = [
        binary.nobody().sign_in("john").await,
        binary.nobody().sign_in("jane").await,
    ];
    let conversation = people[0].talk_to("jane").await;
    let mut writers = Writers::new(&people, &conversation);
    let mut uploaders = Uploaders::new(&people).await;

    for round in 0..ROUNDS {
        let address = binary.address();
        let (left, unsettled) = tokio::join!(
            writers.write_until_killed(binary, enough_in(round)),
            uploaders.work(address)
        );
        // The worst disk has written nothing that it wasn't told to, the other some of it.
        let is_worst = round % 2 == 0;
        disk.cut_power(|| !is_worst && coin());
        binary = disk.start();
        let witness = Witness::of(&database);
        assert!(witness.finds_the_file_whole(), "in round {round}");
        writers.settle(binary.address(), left).await;
        writers.expect_exactly(&witness);
        uploaders.settle(binary.address(), unsettled).await;
        uploaders.expect_exactly(binary.address(), &witness).await;
    }
}
