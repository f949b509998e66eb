//! Clients that others wrote follow the feed over restarts and crashes, and see every message once and in order. `.ci/run`
//! installs them: `npm ci --prefix .ci` and `.ci/venv clients clients.txt`.

use std::{
    io::{BufRead, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::json;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use crate::support::{Binary, Port, on_path, skip, soon};

/// A client that follows the feed, and prints what it sees.
pub struct Follower {
    name: &'static str,
    child: Child,
    lines: Option<Lines<BufReader<ChildStdout>>>,
    _stdin: Option<ChildStdin>,
}

impl Follower {
    pub fn start(name: &'static str, command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a client");
        let lines = child.stdout.take().map(|out| BufReader::new(out).lines());
        Self {
            name,
            lines,
            _stdin: child.stdin.take(),
            child,
        }
    }

    /// What it printed next.
    pub async fn next(&mut self) -> String {
        let mut lines = self.lines.take().expect("one reader");
        let read = spawn_blocking(move || (lines.next(), lines));
        let (line, lines) = soon(self.name, read).await.expect("no panic");
        self.lines = Some(lines);
        line.expect("a line").expect("text")
    }

    /// The next message. In between, it may be greeted by a server that it came back to.
    async fn next_message(&mut self) -> String {
        loop {
            let line = self.next().await;
            if let Some(message) = line.strip_prefix("message ") {
                return message.to_owned();
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All of the clients, at the feed of whoever has this token. None if one of them isn’t installed.
fn followers(url: &str) -> Option<Vec<Follower>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scripts = root.join("tests/clients");
    let node = on_path("node")?;
    let python: PathBuf = root.join("target/clients/bin/python");
    let modules = root.join(".ci/node_modules");
    let needed = [
        &python,
        &modules.join("eventsource"),
        &modules.join("reconnecting-eventsource"),
    ];
    if !needed.iter().all(|path| path.exists()) {
        return None;
    }
    let in_node = |arguments: &[&str]| {
        let mut command = Command::new(&node);
        command.arg(scripts.join("eventsource.mjs")).args(arguments);
        command
    };
    let mut in_python = Command::new(&python);
    in_python.arg(scripts.join("httpx_sse_client.py")).arg(url);
    Some(vec![
        Follower::start("eventsource", &mut in_node(&[url])),
        Follower::start(
            "reconnecting-eventsource",
            &mut in_node(&[url, "reconnecting"]),
        ),
        Follower::start("httpx-sse", &mut in_python),
    ])
}

#[tokio::test]
async fn clients_of_others_miss_nothing_over_restarts_and_crashes() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let port = Port::of_loopback();
    let address = port.address().to_string();
    let start = || {
        let database = database.to_str().expect("a plain path");
        Binary::spawn(&[
            "--dev", "--listen", &address, "--db", database, "--log", "error",
        ])
    };
    let mut server = start();
    let mut john = server.nobody().sign_in("john").await;
    let johns = json!(john.token);
    let jane = server.nobody().sign_in("jane").await;
    let conversation = john.talk_to("jane").await;
    let token = jane.token.as_deref().expect("a token");
    let url = format!("http://{address}/api/messages?token={token}");
    let Some(mut followers) = followers(&url) else {
        return skip("npm ci --prefix .ci && .ci/venv clients clients.txt");
    };
    for follower in &mut followers {
        assert_eq!(follower.next().await, "hello", "{}", follower.name);
    }
    john.say(&conversation, "before").await;

    server.signal("TERM");
    server.ended().await;
    server = start();
    // On a new connection.
    john = server.nobody().with_token(&johns);
    john.say(&conversation, "after SIGTERM").await;
    for follower in &mut followers {
        for expected in ["before", "after SIGTERM"] {
            assert_eq!(follower.next_message().await, expected, "{}", follower.name);
        }
    }

    john.say(&conversation, "then").await;
    server.kill();
    server = start();
    // On a new connection.
    john = server.nobody().with_token(&johns);
    for content in ["after SIGKILL", "and live"] {
        john.say(&conversation, content).await;
    }
    for follower in &mut followers {
        for expected in ["then", "after SIGKILL", "and live"] {
            assert_eq!(follower.next_message().await, expected, "{}", follower.name);
        }
    }
    server.kill();
}
