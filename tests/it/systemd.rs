//! What a service manager hands over to the server and hears from it, by systemd's protocols: a socket that listens
//! already, readiness, and signs of life.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{TcpListener, TcpStream, UdpSocket},
    os::{
        fd::OwnedFd,
        unix::net::{UnixDatagram, UnixListener, UnixStream},
    },
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{Binary, PATIENCE, ended};

/// Where a service manager listens.
struct Manager {
    folder: TempDir,
    socket: UnixDatagram,
}

impl Manager {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let socket = UnixDatagram::bind(folder.path().join("notify")).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        Self { folder, socket }
    }

    /// Starts the server under it, with a variable more.
    fn start(&self, name: &str, value: &str) -> Binary {
        let mut command = Binary::command(&["--dev", "--listen", "127.0.0.1:0", "--log", "error"]);
        command
            .env("TINCAN_DB", self.folder.path().join("tincan.db"))
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"))
            .env(name, value)
            .stderr(Stdio::inherit());
        Binary::run(&mut command)
    }

    /// What it is told next.
    fn hears(&self) -> String {
        let mut told = [0; 4096];
        let length = self.socket.recv(&mut told).expect("something is told");
        String::from_utf8_lossy(&told[..length]).into_owned()
    }

    /// Takes what has been told already.
    fn forgets(&self) {
        self.socket.set_nonblocking(true).expect("a socket");
        let end = loop {
            if let Err(end) = self.socket.recv(&mut [0; 4096]) {
                break end;
            }
        };
        assert_eq!(end.kind(), ErrorKind::WouldBlock);
        self.socket.set_nonblocking(false).expect("a socket");
    }
}

#[tokio::test]
async fn it_tells_when_it_is_ready_and_when_it_stops() {
    let manager = Manager::new();
    let binary = manager.start("WATCHDOG_USEC", "0");
    let listening = format!("READY=1\nSTATUS=Listening on http://{}\n", binary.address());
    assert_eq!(manager.hears(), listening);
    binary.nobody().get("/healthz").await.expect(200);
    binary.signal("TERM");
    let stopping = "STOPPING=1\nSTATUS=Closing connections and the database\n";
    assert_eq!(manager.hears(), stopping);
    assert_eq!(binary.ended().await.0.code(), Some(0));
}

#[tokio::test]
async fn it_shows_life_only_when_the_database_has_answered() {
    let manager = Manager::new();
    let binary = manager.start("WATCHDOG_USEC", "500000");
    let well = format!(
        "WATCHDOG=1\nSTATUS=Listening on http://{}\n",
        binary.address()
    );
    assert!(manager.hears().starts_with("READY=1\n"));
    assert_eq!(manager.hears(), well);
    assert_eq!(manager.hears(), well);

    // As long as somebody else holds the database, the writer waits, and has no answer.
    let other = Connection::open(manager.folder.path().join("tincan.db")).expect("a connection");
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    manager.forgets();
    let mut told = manager.hears();
    if told == well {
        // It was on its way when the lock was taken.
        told = manager.hears();
    }
    // That it gave up waiting is an answer, and a new start would mend nothing.
    assert_eq!(
        told,
        "WATCHDOG=1\nSTATUS=The server is busy. Try again in a moment.\n"
    );
    other.execute_batch("ROLLBACK").expect("the lock's end");
    while manager.hears() != well {}
}

#[tokio::test]
async fn signs_of_life_that_another_process_owes_are_not_its_own() {
    let manager = Manager::new();
    // The variables of a service whose main process isn't this one.
    let mut command = Binary::command(&["--dev", "--listen", "127.0.0.1:0", "--log", "error"]);
    command
        .env("TINCAN_DB", manager.folder.path().join("tincan.db"))
        .env("NOTIFY_SOCKET", manager.folder.path().join("notify"))
        .envs([("WATCHDOG_USEC", "1000"), ("WATCHDOG_PID", "1")]);
    let binary = Binary::run(command.stderr(Stdio::inherit()));
    assert!(manager.hears().starts_with("READY=1\n"));
    binary.nobody().get("/healthz").await.expect(200);
    binary.signal("TERM");
    assert!(manager.hears().starts_with("STOPPING=1\n"));
}

/// `tincan`, not started yet, to which `socket` is handed over that many times.
fn handed(socket: impl Into<OwnedFd>, times: usize, database: &Path) -> Command {
    let copies = ["3<&0", "4<&0"][..times].join(" ");
    let script = format!("exec {copies} </dev/null; LISTEN_PID=$$ LISTEN_FDS={times} exec \"$@\"");
    let mut command = Command::new("sh");
    command
        .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_tincan")])
        // Of a network for examples: nobody can listen there.
        .args([
            "--dev",
            "--listen",
            "192.0.2.1:3000",
            "--log",
            "error",
            "--db",
        ])
        .arg(database)
        .stdin(Stdio::from(socket.into()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A client who has asked already.
fn asked<S: Write>(
    mut client: S,
    set_read_timeout: impl Fn(&S, Option<Duration>) -> io::Result<()>,
) -> S {
    set_read_timeout(&client, Some(PATIENCE)).expect("a time-out");
    client
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("it is sent");
    client
}

fn expect_answer(mut client: impl Read) {
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn who_connects_before_it_runs_or_while_it_restarts_is_answered() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    for _ in 0..2 {
        let client = TcpStream::connect(address).expect("a connection");
        let client = asked(client, TcpStream::set_read_timeout);
        let socket = listener.try_clone().expect("a copy");
        let mut command = handed(socket, 1, &database);
        let binary = Binary::run(command.stderr(Stdio::inherit()));
        assert_eq!(binary.address(), address);
        expect_answer(client);
        binary.terminate().await;
    }
}

#[tokio::test]
async fn a_socket_in_the_file_system_is_taken_over_and_stays() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("http.sock");
    let listener = UnixListener::bind(&path).expect("a socket");
    for _ in 0..2 {
        let client = UnixStream::connect(&path).expect("a connection");
        let client = asked(client, UnixStream::set_read_timeout);
        let socket = listener.try_clone().expect("a copy");
        let mut command = handed(socket, 1, &folder.path().join("tincan.db"));
        let binary = Binary::run(command.stderr(Stdio::inherit()));
        expect_answer(client);
        binary.terminate().await;
    }
    assert!(path.exists(), "it is the manager's");
}

#[tokio::test]
async fn a_socket_that_is_of_no_use_is_refused() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let two = ended(handed(listener, 2, &database)).await;
    assert_eq!(two.code, Some(78));
    assert_eq!(
        two.stderr,
        "tincan: 2 sockets were passed, but the server listens on one; [::]:3000 also accepts IPv4\n"
    );
    let other = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let refused = ended(handed(other, 1, &database)).await;
    assert_eq!(refused.code, Some(78));
    assert!(
        refused
            .stderr
            .starts_with("tincan: can’t listen on the socket that was passed: "),
        "{}",
        refused.stderr
    );
    assert!(
        !database.exists(),
        "it was refused before anything was made"
    );
}
