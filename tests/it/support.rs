//! What tests share: a server in this process or as the real binary, clients that speak the contract, and streams.
//!
//! Nothing here sleeps to synchronise: everything waits for the thing itself, for [`PATIENCE`] at most.

use std::{
    future::Future,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use reqwest::{Method, StatusCode, header::HeaderMap};
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

/// A server in dev mode with the usual channels.
pub fn dev() -> Config {
    Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        database: PathBuf::new(),
        bus_capacity: BUS_CAPACITY,
        settings: Settings {
            dev: true,
            ..Settings::default()
        },
    }
}

/// A server inside the test's process, with a database that goes with it.
pub struct Server {
    folder: TempDir,
    config: Config,
    running: Option<Running>,
}

struct Running {
    address: SocketAddr,
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
            folder,
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
        self.config.listen = address;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        self.running = Some(Running {
            address,
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

    pub fn database(&self) -> &Path {
        &self.config.database
    }

    /// A folder that goes with the server.
    pub fn folder(&self) -> &Path {
        self.folder.path()
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

/// The real binary, as a process that ends with the test.
pub struct Binary {
    child: Child,
    address: SocketAddr,
}

impl Binary {
    /// `tincan` with these arguments, not started yet.
    pub fn command(arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tincan"));
        command
            .args(arguments)
            .env_remove("TINCAN_LISTEN")
            .env_remove("TINCAN_DB");
        command
            .env_remove("TINCAN_PUBLIC_URL")
            .env_remove("TINCAN_LOG");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
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
        let mut child = Self::command(arguments)
            .stderr(Stdio::inherit())
            .spawn()
            .expect("tincan starts");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("standard output");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("a line of standard output");
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .expect("the ready line");
        let address = address.parse().expect("an address");
        Self { child, address }
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

    /// Waits until it ends by itself; gives back how, and what it had written to standard output since it was ready.
    pub async fn ended(mut self) -> (ExitStatus, String) {
        soon(
            "the process to end",
            tokio::task::spawn_blocking(move || {
                let mut rest = String::new();
                self.child
                    .stdout
                    .take()
                    .expect("standard output")
                    .read_to_string(&mut rest)
                    .expect("text");
                (self.child.wait().expect("it ends"), rest)
            }),
        )
        .await
        .expect("no panic")
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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

    fn signed_in(self, answer: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let user = &answer["authUser"];
        Self {
            username: text(&user["username"]),
            id: text(&user["id"]),
            token: Some(text(&answer["token"])),
            ..self
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

    /// Opens a stream, from `cursor` on or from now on, and waits for its `hello`.
    pub async fn follow(&self, cursor: Option<&str>) -> Stream {
        let mut stream = self.open_stream(cursor).await;
        let hello = stream.next().await.expect("a first event");
        assert_eq!(hello.name, "hello");
        stream
    }

    /// Opens a stream and leaves its `hello` to the test.
    pub async fn open_stream(&self, cursor: Option<&str>) -> Stream {
        let mut request = self
            .request(Method::GET, "/api/messages")
            .header("accept", "text/event-stream");
        if let Some(cursor) = cursor {
            request = request.header("last-event-id", cursor);
        }
        let response = soon("a stream", request.send()).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        Stream::new(response)
    }
}

/// The path of a conversation's messages.
pub fn messages(conversation: &str) -> String {
    format!("/api/conversations/{conversation}/messages")
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

    /// Checks that this is a refusal in the contract's form, with this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{body}");
        assert!(
            body["message"]
                .as_str()
                .is_some_and(|message| !message.is_empty()),
            "{body}"
        );
        body
    }
}

/// An event as a client sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The cursor.
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
    fn new(response: reqwest::Response) -> Self {
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            buffered: Vec::new(),
        }
    }

    /// The next event; none when the server has ended the stream, in good order or not.
    pub async fn next(&mut self) -> Option<Event> {
        soon("an event", async {
            loop {
                if let Some(end) = self.buffered.windows(2).position(|bytes| bytes == b"\n\n") {
                    let block: Vec<_> = self.buffered.drain(..end + 2).collect();
                    if let Some(event) = parse(std::str::from_utf8(&block).expect("UTF-8")) {
                        return Some(event);
                    }
                    continue;
                }
                self.buffered
                    .extend(self.response.chunk().await.ok().flatten()?);
            }
        })
        .await
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
            "id" => id = value.to_owned(),
            "event" => name = value.to_owned(),
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
