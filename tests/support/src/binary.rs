//! The real binary: as a server, and as a command that runs to its end.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

use serde_json::Value;

use crate::{Client, soon, tls::Authority};

/// Keeps what is set up around the tests from a program: settings of another server, and whatever systemd hands over to
/// whoever runs them.
fn on_its_own(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let prefixes = ["TINCAN_", "NOTIFY_", "WATCHDOG_", "LISTEN_"];
        if prefixes.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

/// The binary that Cargo has built for the tests that run.
fn tincan() -> OsString {
    // When this crate is compiled there may be none yet.
    env::var_os("CARGO_BIN_EXE_tincan").expect("CARGO_BIN_EXE_tincan, which `cargo test` sets")
}

/// The real binary, as a process that ends with the test.
pub struct Binary {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// None where it listens on a socket in the file system.
    address: Option<SocketAddr>,
}

impl Binary {
    /// `tincan` with these arguments, not started yet.
    pub fn command(arguments: &[&str]) -> Command {
        let mut command = Command::new(tincan());
        on_its_own(&mut command)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The same, started by another program with these arguments.
    pub fn command_by_way_of(program: &str, way: &[&str], arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        on_its_own(&mut command)
            .args(way)
            .arg(tincan())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The same in dev mode on a free port, where a file is everybody's to read unless whoever makes
    /// it says otherwise.
    pub fn under_a_wide_umask(database: &Path) -> Command {
        let umask = ["-c", "umask 022 && exec \"$@\"", "sh"];
        Self::by_way_of("sh", &umask, database)
    }

    /// The same, started by another program with these arguments.
    pub fn by_way_of(program: &str, arguments: &[impl AsRef<OsStr>], database: &Path) -> Command {
        let mut command = Command::new(program);
        on_its_own(&mut command)
            .args(arguments)
            .arg(tincan())
            .args(["--dev", "--listen", "127.0.0.1:0", "--log", "error", "--db"])
            .arg(database)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command
    }

    /// Starts it in dev mode on a free port, and waits until it says that it is ready.
    pub fn start(database: &Path) -> Self {
        Self::start_with(database, &[])
    }

    /// The same, without limits of what users may do.
    pub fn start_for_a_flood(database: &Path) -> Self {
        Self::start_with(database, &["--no-limits"])
    }

    /// Starts it in dev mode on a free port with these arguments, and waits until it says that it is ready.
    pub fn start_with(database: &Path, arguments: &[&str]) -> Self {
        let database = database.to_str().expect("a plain path");
        let usual = ["--dev", "--listen", "127.0.0.1:0", "--db", database];
        Self::spawn(&[&usual[..], &["--log", "error"], arguments].concat())
    }

    /// Starts a front-end lab on a free port with these arguments. Without a `--db` among them, its database is temporary, and
    /// without a `--seed`, it is empty.
    pub fn lab(arguments: &[&str]) -> Self {
        let usual = ["lab", "--port", "0", "--json", "--log", "error"];
        let is_seeded = arguments.contains(&"--seed");
        let seed = if is_seeded {
            [].as_slice()
        } else {
            &["--seed", "empty"]
        };
        let arguments = [&usual[..], seed, arguments].concat();
        let mut command = Self::command(&arguments);
        let mut child = command
            .stderr(Stdio::inherit())
            .spawn()
            .expect("tincan starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("standard output"));
        let ready: Value = serde_json::from_str(&line(&mut stdout)).expect("a line of JSON");
        let url = ready["url"].as_str().expect("a URL");
        let (_, address) = url.split_once("://").expect("a scheme");
        Self {
            child,
            stdout,
            address: Some(address.parse().expect("an address")),
        }
    }

    /// Starts it with TLS in dev mode, and with these arguments. The certificate is for `localhost`, and in files beside the
    /// database.
    pub fn start_with_tls(database: &Path, authority: &Authority, arguments: &[&str]) -> Self {
        let folder = database.parent().expect("a folder");
        let (chain, key) = authority.localhost().write(folder);
        let [chain, key] = [&chain, &key].map(|path| path.to_str().expect("a plain path"));
        let tls = ["--tls-cert", chain, "--tls-key", key];
        Self::start_with(database, &[&tls[..], arguments].concat())
    }

    /// Starts it with these arguments, and waits until it says that it is ready.
    pub fn spawn(arguments: &[&str]) -> Self {
        Self::run(Self::command(arguments).stderr(Stdio::inherit()))
    }

    /// Starts it as `command` says, and waits until it says that it is ready.
    pub fn run(command: &mut Command) -> Self {
        Self::try_run(command).expect("the ready line")
    }

    /// The same; none where it ends before it is ready.
    pub fn try_run(command: &mut Command) -> Option<Self> {
        let mut child = command.spawn().expect("tincan starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("standard output"));
        let ready = line(&mut stdout);
        let Some(listening) = ready.strip_prefix("listening on ") else {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        };
        let address = ["http://", "https://"]
            .iter()
            .find_map(|scheme| listening.strip_prefix(scheme));
        let address = address.map(|address| address.parse().expect("an address"));
        Some(Self {
            child,
            stdout,
            address,
        })
    }

    /// Where it leads from plain http to https: what it says next, where it does.
    pub fn http_address(&mut self) -> SocketAddr {
        let shown = line(&mut self.stdout);
        let address = shown.strip_prefix("leading there from http://");
        address
            .expect("the line with the address")
            .parse()
            .expect("an address")
    }

    /// Where the first account is made: what it says next, where there is none.
    pub fn setup_link(&mut self) -> String {
        let shown = line(&mut self.stdout);
        let link = shown.strip_prefix("create the first account at ");
        link.expect("the line with the link").to_owned()
    }

    /// Where people find out how devices trust a server at home, and the fingerprint to compare: what it says next.
    pub fn trust(&mut self) -> (String, String) {
        let starts = [
            "install the authority on each device from ",
            "its SHA-256 fingerprint is ",
        ];
        let [url, fingerprint] = starts.map(|start| {
            let shown = line(&mut self.stdout);
            shown.strip_prefix(start).expect(start).to_owned()
        });
        (url, fingerprint)
    }

    pub fn address(&self) -> SocketAddr {
        self.address.expect("an address")
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn nobody(&self) -> Client {
        Client::new(self.address())
    }

    /// Nobody, who speaks TLS and trusts this authority.
    pub fn over_tls(&self, authority: &Authority) -> Client {
        Client::over_tls(self.address(), authority)
    }

    /// How much memory it has, by a name of proc(5): `VmRSS` now, `VmHWM` at the most so far.
    pub fn kilobytes(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).expect("a process");
        let mut lines = status.lines();
        let size = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let size = size.and_then(|size| size.split_whitespace().next());
        size.expect("a size").parse().expect("a number")
    }

    /// Whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        let ended = self.child.try_wait().expect("it can be asked");
        ended.is_none()
    }

    /// SIGKILL: the process has no chance to do anything about it.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Stops it in good order.
    pub async fn terminate(self) {
        self.signal("TERM");
        let (status, _) = self.ended().await;
        assert!(status.success(), "{status}");
    }

    /// Sends a signal by name, as in `kill -TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits until it ends by itself; gives back how, and what it had written to standard output
    /// since it was ready.
    pub async fn ended(mut self) -> (ExitStatus, String) {
        soon(
            "the process to end",
            tokio::task::spawn_blocking(move || {
                let mut rest = String::new();
                self.stdout.read_to_string(&mut rest).expect("text");
                (self.child.wait().expect("it ends"), rest)
            }),
        )
        .await
        .expect("no panic")
    }
}

/// The next line of what a process says.
fn line(stdout: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    stdout
        .read_line(&mut line)
        .expect("a line of standard output");
    line.trim().to_owned()
}

impl Drop for Binary {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process that ended by itself has left.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command that isn't meant to serve, until it ends.
pub async fn ended(mut command: Command) -> Ended {
    /// A process that serves after all ends with the test.
    struct Guarded(Child);
    impl Drop for Guarded {
        fn drop(&mut self) {
            let _ = self.0.kill();
        }
    }

    let mut process = Guarded(command.spawn().expect("tincan starts"));
    let mut stdout = process.0.stdout.take().expect("standard output");
    let mut stderr = process.0.stderr.take().expect("standard error");
    let written = tokio::task::spawn_blocking(move || {
        let (mut out, mut err) = (String::new(), String::new());
        // What it says before it ends fits the pipes, so one may be read after the other.
        stdout.read_to_string(&mut out).expect("text");
        stderr.read_to_string(&mut err).expect("text");
        (out, err)
    });
    let (stdout, stderr) = soon("the process to end", written).await.expect("no panic");
    let status = process.0.wait().expect("it ends");
    Ended {
        code: status.code(),
        stdout,
        stderr,
    }
}
