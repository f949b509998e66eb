//! The server over its lives: the real binary, always at the same address, on one database.

use std::{
    cell::RefCell,
    fs::{File, OpenOptions, read_to_string},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    rc::Rc,
};

use reqwest::Method;

use crate::{
    line::Line,
    support::{Binary, Client, ended, text},
    tally::{Tally, count},
    vitals,
};

pub struct House {
    folder: PathBuf,
    pub address: SocketAddr,
    /// How many it has that are nobody's connections.
    pub sockets: usize,
    binary: RefCell<Option<Binary>>,
    /// Somebody without a name, who looks at the figures.
    inspector: Line,
    tally: Rc<Tally>,
}

impl House {
    pub async fn open(folder: &Path, tally: &Rc<Tally>) -> Self {
        let binary = spawn(folder, SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let address = binary.address();
        count(&tally.lives);
        Self {
            folder: folder.to_owned(),
            address,
            sockets: vitals::Vitals::of(&binary).sockets,
            binary: RefCell::new(Some(binary)),
            inspector: Line::new(Client::new(address), tally),
            tally: Rc::clone(tally),
        }
    }

    pub fn database(&self) -> PathBuf {
        database(&self.folder)
    }

    /// What the server that runs says of itself by its process.
    pub fn look<T>(&self, at: impl FnOnce(&Binary) -> T) -> T {
        at(self.binary.borrow().as_ref().expect("it runs"))
    }

    /// Ends it without a warning, and starts it again.
    pub async fn kill(&self) {
        self.expect_no_failures().await;
        self.take().kill();
        self.start().await;
    }

    /// Asks it to stop, and starts it again once it has.
    pub async fn restart(&self) {
        self.stop().await;
        self.start().await;
    }

    pub async fn stop(&self) {
        self.expect_no_failures().await;
        let binary = self.take();
        binary.signal("TERM");
        let (status, _) = binary.ended().await;
        assert!(status.success(), "asked to stop it ended with {status}");
    }

    fn take(&self) -> Binary {
        self.binary.borrow_mut().take().expect("it runs")
    }

    async fn start(&self) {
        let binary = spawn(&self.folder, self.address).await;
        self.binary.replace(Some(binary));
        count(&self.tally.lives);
    }

    /// Fails where the server has answered anything with a failure of its own, or where anybody has met a limit; and
    /// gives back how often it was too busy.
    pub async fn expect_no_failures(&self) -> u64 {
        let answer = self.inspector.request(Method::GET, "/metrics", None).await;
        let metrics = answer.expect(200);
        let limits = vitals::limits(text(&metrics));
        assert!(limits.is_empty(), "somebody met a limit: {limits:?}");
        let failures = vitals::failures(text(&metrics));
        let (busy, others): (Vec<_>, Vec<_>) = failures
            .into_iter()
            .partition(|(series, _)| series.contains("status=\"503\""));
        assert!(others.is_empty(), "{others:?}");
        busy.into_iter().map(|(_, times)| times).sum()
    }

    /// Fails where the server has logged an error over its lives.
    pub fn expect_clean_log(&self) {
        let log = read_to_string(self.folder.join("server.log")).expect("a log");
        let bad = |line: &&str| line.contains("ERROR") || line.contains("panicked");
        let bad: Vec<_> = log.lines().filter(bad).collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }

    /// Backs the database up while it is in use, and has the copy checked.
    pub async fn back_up(&self) {
        let backup = self.folder.join("backup.db");
        // An error means that there is none yet.
        let _ = std::fs::remove_file(&backup);
        let backup = backup.to_str().expect("a plain path");
        run(&["backup", backup], &self.database()).await;
        run(&["check"], Path::new(backup)).await;
    }

    /// Has the database checked that no server has any more.
    pub async fn check(&self) {
        run(&["check"], &self.database()).await;
    }

    pub fn hang_up(&self) {
        self.inspector.hang_up();
    }
}

fn database(folder: &Path) -> PathBuf {
    folder.join("tincan.db")
}

async fn spawn(folder: &Path, address: SocketAddr) -> Binary {
    let log: File = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("server.log"))
        .expect("a log");
    let database = database(folder);
    let mut command = Binary::command(&["--dev", "--log", "warn", "--db"]);
    command
        .arg(database)
        .args(["--listen", &address.to_string()])
        .stderr(Stdio::from(log));
    // Elsewhere, as people go on meanwhile.
    let started = tokio::task::spawn_blocking(move || Binary::run(&mut command));
    started.await.expect("it starts")
}

async fn run(arguments: &[&str], database: &Path) {
    let mut command = Binary::command(arguments);
    command.arg("--db").arg(database);
    let ended = ended(command).await;
    assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
}
