//! What tests share: a server in this process or as the real binary, clients that speak the
//! contract, and streams.
//!
//! Nothing here sleeps to synchronise: everything waits for the thing itself, for [`PATIENCE`] at
//! most.

use std::{
    env,
    ffi::OsStr,
    fs,
    future::Future,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use proptest::{
    strategy::Strategy,
    test_runner::{TestCaseResult, TestRunner},
};
use reqwest::{
    Method, StatusCode,
    header::{HeaderMap, HeaderName},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tincan::{
    http::Settings,
    server::{self, BUS_CAPACITY, Config},
};
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

/// How long a test waits for what must happen. Far more than it takes, as machines differ.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for `what`, and fails the test when it doesn't happen.
pub async fn soon<T>(what: &str, happens: impl Future<Output = T>) -> T {
    timeout(PATIENCE, happens)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Says that the running test needs something that isn't here, which CI has to have.
pub fn skip(reason: &str) {
    let name = thread::current().name().unwrap_or_default().to_owned();
    assert!(
        env::var("CI").as_deref() != Ok("true"),
        "{name} can't be skipped in CI: {reason}"
    );
    // Written rather than printed: what a passing test prints isn't shown.
    let _ = writeln!(std::io::stderr(), "SKIPPED {name}: {reason}");
}

pub fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// So much time passes for the server and everything else in this test, at once.
pub async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// A server in dev mode with the usual channels.
pub fn dev() -> Config {
    Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        database: PathBuf::new(),
        bus_capacity: BUS_CAPACITY,
        backups: None,
        settings: Settings {
            dev: true,
            ..Settings::default()
        },
    }
}

/// A server of the kind that strangers can reach.
pub fn strict() -> Config {
    Config {
        settings: Settings::default(),
        ..dev()
    }
}

/// What everybody's password is.
pub const PASSWORD: &str = "nine bright pears";

/// A server inside the test's process, with a database that goes with it.
pub struct Server {
    /// Goes with the server.
    _folder: TempDir,
    config: Config,
    running: Option<Running>,
}

struct Running {
    address: SocketAddr,
    setup_link: Option<String>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), tincan::store::Failure>>,
}

impl Server {
    /// Starts a server as `config` says, on a database of its own where `config` names none.
    pub async fn start(mut config: Config) -> Self {
        let folder = TempDir::new().expect("a folder for the database");
        if config.database.as_os_str().is_empty() {
            config.database = folder.path().join("tincan.db");
        }
        let mut server = Self {
            _folder: folder,
            config,
            running: None,
        };
        server.resume().await;
        server
    }

    /// Starts it again on the same database and, as clients expect, the same port.
    pub async fn resume(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let server = server::Server::bind(self.config.clone())
            .await
            .expect("the server starts");
        let address = server.address();
        let setup_link = server.setup_link();
        self.config.listen = address;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        self.running = Some(Running {
            address,
            setup_link,
            stop,
            task,
        });
    }

    /// Stops it in good order.
    pub async fn stop(&mut self) {
        let Running { stop, task, .. } = self.running.take().expect("it runs");
        let _ = stop.send(());
        soon("the server to stop", task)
            .await
            .expect("no panic")
            .expect("no failure");
    }

    pub async fn restart(&mut self) {
        self.stop().await;
        self.resume().await;
    }

    pub fn address(&self) -> SocketAddr {
        self.running.as_ref().expect("it runs").address
    }

    /// The token of the setup link, where the server has one.
    pub fn setup_token(&self) -> Option<String> {
        let link = self.running.as_ref().expect("it runs").setup_link.as_ref();
        link.map(|link| token_of(link))
    }

    /// Makes the first account.
    pub async fn set_up(&self, username: &str) -> Client {
        let account = json!({
            "username": username, "password": PASSWORD, "setupToken": self.setup_token(),
        });
        self.nobody().register(account).await
    }

    pub fn database(&self) -> &Path {
        &self.config.database
    }

    pub fn nobody(&self) -> Client {
        Client::new(self.address())
    }

    pub async fn sign_in(&self, username: &str) -> Client {
        self.nobody().sign_in(username).await
    }

    /// Makes an account and signs in to it.
    pub async fn sign_up(&self, username: &str) -> Client {
        self.nobody().sign_up(username).await
    }
}

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

/// The real binary, as a process that ends with the test.
pub struct Binary {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Binary {
    /// `tincan` with these arguments, not started yet.
    pub fn command(arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tincan"));
        on_its_own(&mut command)
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
            .arg(env!("CARGO_BIN_EXE_tincan"))
            .args(["--dev", "--listen", "127.0.0.1:0", "--log", "error", "--db"])
            .arg(database)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command
    }

    /// Starts it in dev mode on a free port, and waits until it says that it is ready.
    pub fn start(database: &Path) -> Self {
        let database = database.to_str().expect("a plain path");
        Self::spawn(&[
            "--dev",
            "--listen",
            "127.0.0.1:0",
            "--db",
            database,
            "--log",
            "error",
        ])
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
        let Some(address) = ready.strip_prefix("listening on http://") else {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        };
        let address = address.parse().expect("an address");
        Some(Self {
            child,
            stdout,
            address,
        })
    }

    /// Where the first account is made: what it says next, where there is none.
    pub fn setup_link(&mut self) -> String {
        let shown = line(&mut self.stdout);
        let link = shown.strip_prefix("make the first account at ");
        link.expect("the line with the link").to_owned()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn nobody(&self) -> Client {
        Client::new(self.address)
    }

    /// How much memory it has, by a name of proc(5): `VmRSS` now, `VmHWM` at the most so far.
    pub fn kilobytes(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).expect("a process");
        let mut lines = status.lines();
        let size = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let size = size.and_then(|size| size.split_whitespace().next());
        size.expect("a size").parse().expect("a number")
    }

    /// SIGKILL: the process has no chance to do anything about it.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
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

/// Somebody who talks to a server; signed in once they have a token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Arc<str>,
    pub username: String,
    pub id: String,
    pub token: Option<String>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        // A redirect is an answer like any other.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        Self {
            http: http.build().expect("a client"),
            base: format!("http://{address}").into(),
            username: String::new(),
            id: String::new(),
            token: None,
        }
    }

    pub async fn sign_in(self, username: &str) -> Self {
        let answer = self
            .post("/api/login", json!({ "username": username }))
            .await
            .expect(200);
        self.signed_in(&answer)
    }

    pub async fn sign_up(self, username: &str) -> Self {
        let answer = self
            .post("/api/accounts", json!({ "username": username }))
            .await
            .expect(201);
        self.signed_in(&answer)
    }

    /// Makes an account as this says, and is signed in to it.
    pub async fn register(self, account: Value) -> Self {
        let answer = self.post("/api/accounts", account).await.expect(201);
        self.signed_in(&answer)
    }

    /// Signs in by a password.
    pub async fn log_in(self, username: &str, password: &str) -> Self {
        let credentials = json!({ "username": username, "password": password });
        let answer = self.post("/api/login", credentials).await.expect(200);
        self.signed_in(&answer)
    }

    /// Somebody new, whom this administrator invites.
    pub async fn invite(&self, username: &str) -> Self {
        let invite = self.post("/api/invites", json!({})).await.expect(201);
        let account = json!({
            "username": username, "password": PASSWORD, "invite": token_of(text(&invite["link"])),
        });
        self.nobody().register(account).await
    }

    /// Nobody, at the same server.
    pub fn nobody(&self) -> Self {
        Self::new(self.address())
    }

    fn signed_in(self, answer: &Value) -> Self {
        let user = &answer["authUser"];
        Self {
            username: text(&user["username"]).to_owned(),
            id: text(&user["id"]).to_owned(),
            token: Some(text(&answer["token"]).to_owned()),
            ..self
        }
    }

    /// Whoever this token stands for.
    pub fn with_token(&self, token: &Value) -> Self {
        Self {
            token: Some(token.as_str().expect("a token").to_owned()),
            ..self.clone()
        }
    }

    /// The same person, with the token that another device has.
    pub async fn another_device(&self) -> Self {
        let nobody = Self {
            token: None,
            ..self.clone()
        };
        nobody.sign_in(&self.username).await
    }

    /// The same person at a server that was started anew somewhere else.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self {
            base: format!("http://{address}").into(),
            ..self.clone()
        }
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        let address = self.base.strip_prefix("http://").expect("a server's");
        address.parse().expect("an address")
    }

    /// A request to be refined, with the token where there is one.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn put(&self, path: &str) -> Answer {
        answer(self.request(Method::PUT, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }

    /// Sends a message and gives it back; fails the test where it is refused.
    pub async fn say(&self, conversation: &str, content: &str) -> Value {
        self.post(&messages(conversation), json!({ "content": content }))
            .await
            .expect(201)
    }

    /// The id of the direct conversation with somebody, which is started where there is none.
    pub async fn talk_to(&self, username: &str) -> String {
        let started = self
            .post("/api/conversations", json!({ "username": username }))
            .await;
        match started.status {
            StatusCode::CREATED => started.body["id"].as_str().expect("an id").to_owned(),
            StatusCode::SEE_OTHER => {
                let location = started.headers["location"].to_str().expect("a text");
                location.rsplit('/').next().expect("an id").to_owned()
            }
            status => panic!("{status}: {}", started.body),
        }
    }

    /// Makes a room with these people, and gives back its id.
    pub async fn make_room(&self, name: &str, people: &[&str], open: bool) -> String {
        let body = json!({ "name": name, "usernames": people, "open": open });
        let room = self.post("/api/conversations", body).await.expect(201);
        room["id"].as_str().expect("an id").to_owned()
    }

    /// Opens a stream, from `cursor` on or from now on, and waits for its `hello`.
    pub async fn follow(&self, cursor: Option<&str>) -> Stream {
        let mut stream = self.open_stream(cursor).await;
        let hello = stream.next().await.expect("a first event");
        assert_eq!(hello.name, "hello");
        stream
    }

    /// Opens a stream and leaves its `hello` to the test.
    pub async fn open_stream(&self, cursor: Option<&str>) -> Stream {
        let request = self.stream_request();
        Stream::open(match cursor {
            Some(cursor) => request.header("last-event-id", cursor),
            None => request,
        })
        .await
    }

    /// A long poll that is to be answered: its events, and the cursor for the next.
    pub async fn poll(&self, cursor: &str, wait: u32) -> (Vec<Event>, String) {
        let polled = answer(self.poll_request(&format!("?after={cursor}&wait={wait}"))).await;
        assert_eq!(polled.headers["content-type"], "application/json");
        let polled = polled.expect(200);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let events = polled["events"].as_array().expect("a list").iter();
        let events = events.filter(|event| event.get("id").is_some());
        let events = events.map(|event| Event {
            id: text(&event["id"]),
            name: text(&event["event"]),
            data: event["data"].clone(),
        });
        (events.collect(), text(&polled["cursor"]))
    }

    /// The present end of the feed.
    pub async fn cursor(&self) -> String {
        let beginning = answer(self.poll_request("")).await.expect(200);
        assert_eq!(beginning["events"], json!([]));
        beginning["cursor"].as_str().expect("a cursor").to_owned()
    }

    /// The request of a long poll with this query, to be refined.
    pub fn poll_request(&self, query: &str) -> reqwest::RequestBuilder {
        self.request(Method::GET, &format!("/api/messages{query}"))
            .header("accept", "application/json")
    }

    /// The request that opens a stream, to be refined.
    pub fn stream_request(&self) -> reqwest::RequestBuilder {
        self.request(Method::GET, "/api/messages")
            .header("accept", "text/event-stream")
    }
}

/// John and Jane at a server, with the conversation that they have.
pub struct Talk {
    pub server: Server,
    pub john: Client,
    pub jane: Client,
    pub conversation: String,
}

impl Talk {
    pub async fn start(config: Config) -> Self {
        let server = Server::start(config).await;
        let john = server.sign_in("john").await;
        let jane = server.sign_in("jane").await;
        let conversation = john.talk_to("jane").await;
        Self {
            server,
            john,
            jane,
            conversation,
        }
    }
}

/// A server whose channels hold next to nothing, so that whoever is a little late has to read the
/// database.
pub fn narrow() -> Config {
    Config {
        bus_capacity: 2,
        ..dev()
    }
}

/// Does all of this at the same time; gives back the results in the order of the tasks.
pub async fn at_once<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(task.await.expect("no panic"));
    }
    results
}

/// What a link has behind its `#`.
pub fn token_of(link: &str) -> String {
    let (_, token) = link.split_once('#').expect("a link with a token");
    token.to_owned()
}

pub fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The path of a conversation's messages.
pub fn messages(conversation: &str) -> String {
    format!("/api/conversations/{conversation}/messages")
}

/// The path of who is in a conversation.
pub fn participants(conversation: &str) -> String {
    format!("/api/conversations/{conversation}/participants")
}

/// The path of somebody in it, or of oneself as `me`.
pub fn participant(conversation: &str, who: &str) -> String {
    format!("/api/conversations/{conversation}/participants/{who}")
}

/// Sends a request and reads its answer whole.
pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = soon("an answer", request.send()).await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    let text = soon("a body", response.text()).await.expect("a body");
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer {
        status,
        headers,
        body,
    }
}

/// Sends these bytes as they are, and reads until the server closes: for what no HTTP client would
/// send. They should ask for `Connection: close`.
pub async fn raw(address: SocketAddr, request: impl Into<Vec<u8>>) -> Answer {
    let request = request.into();
    let exchange = move || {
        let mut socket = TcpStream::connect(address).expect("a connection");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        socket
            .set_write_timeout(Some(PATIENCE))
            .expect("a time-out");
        // A server that has heard enough may close before it has read everything.
        let _ = socket.write_all(&request);
        let mut received = Vec::new();
        let _ = socket.read_to_end(&mut received);
        Answer::parse(&received)
    };
    tokio::task::spawn_blocking(exchange)
        .await
        .expect("no panic")
}

/// Checks `holds` for as many values of `strategy`, and shows the simplest for which it fails.
pub fn for_all<S>(cases: u32, strategy: &S, holds: impl AsyncFn(S::Value) -> TestCaseResult)
where
    S: Strategy,
{
    let runtime = tokio::runtime::Handle::current();
    let config = proptest::test_runner::Config {
        cases,
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    };
    tokio::task::block_in_place(|| {
        TestRunner::new(config)
            .run(strategy, |value| runtime.block_on(holds(value)))
            .unwrap_or_else(|error| panic!("{error}"));
    });
}

/// Checks that this is a moment as the contract writes it: `2026-11-20T17:38:00.123Z`.
#[track_caller]
pub fn expect_timestamp(value: &Value) {
    let text = value.as_str().unwrap_or_default();
    let form: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(form, "0000-00-00T00:00:00.000Z", "{value}");
}

/// An answer, with its body as JSON where it is JSON and as a string where it isn't.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The body, of an answer with this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    /// Reads an answer whose body ends with the connection.
    fn parse(received: &[u8]) -> Self {
        let text = String::from_utf8_lossy(received);
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer with a head");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let status = status.expect("a status").parse().expect("a status");
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let name = name.parse::<HeaderName>().expect("a header's name");
            headers.append(name, value.parse().expect("a header's value"));
        }
        Self {
            status,
            headers,
            body: serde_json::from_str(body).unwrap_or_else(|_| body.into()),
        }
    }

    /// Checks that this is a refusal in the contract's form, with this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{body}");
        let message = body["message"].as_str().unwrap_or_default();
        assert!(!message.is_empty(), "{body}");
        // Words of SQL, of Rust, of serde and of the file system.
        let inner = "SELECT INSERT sqlite UNIQUE constraint :: Option i64 u32 String struct serde expected \
            column panic .rs .db /tmp";
        let leaked = inner
            .split_whitespace()
            .find(|word| message.contains(*word));
        assert_eq!(leaked, None, "{body}");
        for (name, value) in body.as_object().expect("an object") {
            match name.as_str() {
                "code" | "message" => {}
                "errors" => assert!(
                    status == 422 && value.as_object().is_some_and(|errors| !errors.is_empty()),
                    "{body}"
                ),
                _ => panic!("{name} is not part of a refusal: {body}"),
            }
        }
        assert_eq!(body.get("errors").is_some(), status == 422, "{body}");
        body
    }
}

/// An event as a client sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The cursor; empty where it only passes by.
    pub id: String,
    /// `message` where the stream left it unnamed.
    pub name: String,
    pub data: Value,
}

/// An open stream of server-sent events, parsed as WHATWG HTML §9.2.6 says.
pub struct Stream {
    response: reqwest::Response,
    buffered: Vec<u8>,
}

impl Stream {
    /// Opens a stream with a request of one's own making.
    pub async fn open(request: reqwest::RequestBuilder) -> Self {
        let response = soon("a stream", request.send()).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            buffered: Vec::new(),
        }
    }

    /// The next event that has a place in the feed; none when the server has ended the stream, in
    /// good order or not. What only passes by is passed over.
    pub async fn next(&mut self) -> Option<Event> {
        self.next_that(|event| !event.id.is_empty()).await
    }

    /// The next event that only passes by, as typing and presence do.
    pub async fn next_passing(&mut self) -> Option<Event> {
        self.next_that(|event| event.id.is_empty()).await
    }

    async fn next_that(&mut self, is_wanted: impl Fn(&Event) -> bool) -> Option<Event> {
        // All of it in time, as comments are no progress.
        soon("an event", async {
            loop {
                let event = parse(&self.next_block().await?);
                if event.as_ref().is_some_and(&is_wanted) {
                    return event;
                }
            }
        })
        .await
    }

    /// The next lines up to an empty one, as they came.
    pub async fn next_block(&mut self) -> Option<String> {
        soon("a block of a stream", async {
            loop {
                if let Some(end) = self.buffered.windows(2).position(|bytes| bytes == b"\n\n") {
                    let block = self.buffered.drain(..end + 2).collect();
                    return Some(String::from_utf8(block).expect("UTF-8"));
                }
                self.buffered
                    .extend(self.response.chunk().await.ok().flatten()?);
            }
        })
        .await
    }

    /// All events up to the first with this name, that one included.
    pub async fn until(&mut self, name: &str) -> Vec<Event> {
        let mut events = Vec::new();
        while events.last().is_none_or(|event: &Event| event.name != name) {
            let event = self.next().await;
            events.push(event.unwrap_or_else(|| panic!("the stream ended before {name}")));
        }
        events
    }

    /// The next `count` events.
    pub async fn take(&mut self, count: usize) -> Vec<Event> {
        let mut events = Vec::with_capacity(count);
        while events.len() < count {
            let event = self.next().await;
            events.push(event.unwrap_or_else(|| panic!("the stream ended after {events:?}")));
        }
        events
    }

    /// All events until the server ends the stream.
    pub async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }

    /// The next event with this name; others before it are passed over.
    pub async fn next_named(&mut self, name: &str) -> Event {
        loop {
            let event = self
                .next()
                .await
                .unwrap_or_else(|| panic!("the stream ended before {name}"));
            if event.name == name {
                return event;
            }
        }
    }
}

/// An event from its block of lines; none where the block has no data, as a comment.
fn parse(block: &str) -> Option<Event> {
    let (mut id, mut name, mut data) = (String::new(), "message".to_owned(), String::new());
    for line in block.lines().filter(|line| !line.starts_with(':')) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => value.clone_into(&mut id),
            "event" => value.clone_into(&mut name),
            "data" => data.push_str(value),
            _ => {}
        }
    }
    (!data.is_empty()).then(|| Event {
        id,
        name,
        data: serde_json::from_str(&data).expect("JSON"),
    })
}
