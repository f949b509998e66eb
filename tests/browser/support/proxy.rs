//! A network between the browser and the server, which can fail as networks do.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Mutex as AsyncMutex, watch},
    task::{JoinHandle, JoinSet},
};

use crate::api::Port;

const STREAM: &str = "accept: text/event-stream";
/// How every browser begins what it would like to see in a tab.
const PAGE: &str = "accept: text/html";

/// Passes on what the browser and the server say to each other, and counts the requests.
pub struct Proxy {
    port: Port,
    wire: Arc<Wire>,
    /// Ends, with every connection, when it is aborted.
    relaying: Option<JoinHandle<()>>,
}

/// Which answers are held back.
#[derive(Default)]
struct Held {
    streams: bool,
    /// Those about what begins so.
    path: Option<String>,
}

impl Held {
    fn concerns(
        &self,
        Request {
            target, is_stream, ..
        }: &Request,
    ) -> bool {
        let is_named = self
            .path
            .as_ref()
            .is_some_and(|held| target.starts_with(held));
        is_named || self.streams && *is_stream
    }
}

/// An answer in place of the server's.
#[derive(Clone, Copy)]
pub struct Canned {
    pub status: u16,
    pub content_type: &'static str,
    pub body: &'static str,
}

struct Wire {
    server: SocketAddr,
    held: watch::Sender<Held>,
    asked: Mutex<HashMap<String, usize>>,
    /// What stands in for every page.
    page: Mutex<Option<String>>,
    /// The only files of the UI that are to be had, where not all are.
    files: Mutex<Option<Vec<String>>>,
    /// What is answered here, by what its path begins with, and the paths of what has been.
    canned: Mutex<Vec<(String, Canned)>>,
    answered: Mutex<Vec<String>>,
    streams: AtomicUsize,
}

impl Proxy {
    pub async fn start(server: SocketAddr) -> Self {
        let mut proxy = Self {
            port: Port::of_loopback(),
            wire: Arc::new(Wire {
                server,
                held: watch::Sender::default(),
                asked: Mutex::default(),
                page: Mutex::default(),
                files: Mutex::default(),
                canned: Mutex::default(),
                answered: Mutex::default(),
                streams: AtomicUsize::new(0),
            }),
            relaying: None,
        };
        proxy.come_back().await;
        proxy
    }

    /// Where the page is opened to go through here.
    pub fn origin(&self) -> String {
        format!("http://{}", self.port.address())
    }

    /// Cuts every connection, and refuses new ones.
    pub async fn go_away(&mut self) {
        let relaying = self.relaying.take().expect("it is there");
        relaying.abort();
        // Only then is the port closed.
        let _ = relaying.await;
    }

    /// Takes connections again, on the same port.
    pub async fn come_back(&mut self) {
        assert!(self.relaying.is_none(), "it is there");
        let address = self.port.address();
        let listener = TcpListener::bind(address).await.expect("its port");
        let wire = Arc::clone(&self.wire);
        self.relaying = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    Ok((browser, _)) = listener.accept() => {
                        connections.spawn(relay(browser, Arc::clone(&wire)));
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        }));
    }

    /// From now on, a stream's answer is kept until [`pass_streams`](Self::pass_streams), as by a
    /// proxy that wants to see an answer whole.
    pub fn hold_streams(&self) {
        self.wire.held.send_modify(|held| held.streams = true);
    }

    pub fn pass_streams(&self) {
        self.wire.held.send_modify(|held| held.streams = false);
    }

    /// From now on, answers about what begins with this path, and maybe query, are kept until
    /// [`pass_answers`](Self::pass_answers).
    pub fn hold_answers(&self, path: &str) {
        let path = path.to_owned();
        self.wire.held.send_modify(|held| held.path = Some(path));
    }

    pub fn pass_answers(&self) {
        self.wire.held.send_modify(|held| held.path = None);
    }

    /// From now on, a connection that asks for another file of the UI than these is cut.
    pub fn pass_only(&self, files: Vec<String>) {
        *self.wire.files.lock() = Some(files);
    }

    /// From now on, all files are to be had again.
    pub fn pass_all(&self) {
        *self.wire.files.lock() = None;
    }

    /// From now on, a script runs in every page before those of the page itself, in any engine. The page is the server’s
    /// own but for its policy, which would stop the script.
    pub async fn run_first(&self, script: &str) {
        let http = tincan_testing::http().build().expect("a client");
        let page = http
            .get(format!("http://{}/", self.wire.server))
            .send()
            .await;
        let page = page.expect("the page").text().await.expect("the page");
        let (before, after) = page.split_once("<head>").expect("a head");
        let page = format!("{before}<head><script>{script}</script>{after}");
        *self.wire.page.lock() = Some(page);
    }

    /// From now on, what begins with this path is answered here, as by a program in front of the server; a path that
    /// ends with `$` is the whole of it.
    pub fn answer(&self, path: &str, answer: Canned) {
        self.wire.canned.lock().push((path.to_owned(), answer));
    }

    /// From now on, nothing is.
    pub fn answer_nothing(&self) {
        self.wire.canned.lock().clear();
        self.wire.answered.lock().clear();
    }

    /// The paths of the requests that were answered here.
    pub fn answered(&self) -> Vec<String> {
        self.wire.answered.lock().clone()
    }

    /// How many requests there were for a path, whatever their query.
    pub fn asked(&self, path: &str) -> usize {
        self.wire
            .asked
            .lock()
            .get(path)
            .copied()
            .unwrap_or_default()
    }

    /// How many requests there were for paths that begin so.
    pub fn asked_below(&self, prefix: &str) -> usize {
        let asked = self.wire.asked.lock();
        let below = asked.iter().filter(|(path, _)| path.starts_with(prefix));
        below.map(|(_, count)| count).sum()
    }

    /// How many event streams are open now.
    pub fn open_streams(&self) -> usize {
        self.wire.streams.load(Ordering::SeqCst)
    }
}

impl Wire {
    /// What is answered here, as it is written to the connection.
    fn answer(&self, Request { path, is_page, .. }: &Request) -> Option<String> {
        if let Some(Canned {
            status,
            content_type,
            body,
        }) = self.canned(path)
        {
            return Some(written(status, content_type, body));
        }
        let page = self.page.lock();
        Some(written(
            200,
            "text/html",
            page.as_ref().filter(|_| *is_page)?,
        ))
    }

    fn canned(&self, path: &str) -> Option<Canned> {
        let canned = self.canned.lock();
        let (_, answer) = canned
            .iter()
            .find(|(start, _)| match start.strip_suffix('$') {
                Some(whole) => path == whole,
                None => path.starts_with(start.as_str()),
            })?;
        self.answered.lock().push(path.to_owned());
        Some(*answer)
    }

    fn refuses(&self, path: &str) -> bool {
        let files = self.files.lock();
        let others = |files: &Vec<String>| !files.iter().any(|file| file == path);
        path.starts_with("/ui/") && files.as_ref().is_some_and(others)
    }
}

fn written(status: u16, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Canned\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(relaying) = &self.relaying {
            relaying.abort();
        }
    }
}

async fn relay(browser: TcpStream, wire: Arc<Wire>) -> io::Result<()> {
    let server = TcpStream::connect(wire.server).await?;
    let (from_browser, to_browser) = browser.into_split();
    let to_browser = AsyncMutex::new(to_browser);
    let (from_server, to_server) = server.into_split();
    let asking = watch::Sender::default();
    let asked = asking.subscribe();
    // Where one side has ended there is nothing left to relay: no browser closes one half alone.
    tokio::select! {
        result = pass_requests(from_browser, to_server, &to_browser, asking, &wire) => result,
        result = pass_answers(from_server, &to_browser, asked, &wire) => result,
    }
}

async fn pass_requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    back: &AsyncMutex<OwnedWriteHalf>,
    asking: watch::Sender<Request>,
    wire: &Wire,
) -> io::Result<()> {
    let mut requests = Requests::default();
    let mut _open = None;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        for request in requests.read(&buffer[..count]) {
            if wire.refuses(&request.path) {
                return Ok(());
            }
            if let Some(answer) = wire.answer(&request) {
                back.lock().await.write_all(answer.as_bytes()).await?;
                return Ok(());
            }
            *wire.asked.lock().entry(request.path.clone()).or_default() += 1;
            // The one before has ended: a connection carries one request at a time.
            _open = request.is_stream.then(|| OpenStream::new(wire));
            // Known before the request travels on, and so before it is answered.
            asking.send_replace(request);
        }
        to.write_all(&buffer[..count]).await?;
    }
}

async fn pass_answers(
    mut from: OwnedReadHalf,
    to: &AsyncMutex<OwnedWriteHalf>,
    asked: watch::Receiver<Request>,
    wire: &Wire,
) -> io::Result<()> {
    let mut held = wire.held.subscribe();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let _ = held.wait_for(|held| !held.concerns(&asked.borrow())).await;
        to.lock().await.write_all(&buffer[..count]).await?;
    }
}

/// Counts while it lives.
struct OpenStream<'a>(&'a AtomicUsize);

impl<'a> OpenStream<'a> {
    fn new(wire: &'a Wire) -> Self {
        wire.streams.fetch_add(1, Ordering::SeqCst);
        Self(&wire.streams)
    }
}

impl Drop for OpenStream<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Finds the requests in what a connection carries, one after the other.
#[derive(Default)]
struct Requests {
    head: Vec<u8>,
    /// How much of a body is still to come.
    body: usize,
}

#[derive(Default)]
struct Request {
    /// With its query.
    target: String,
    path: String,
    is_stream: bool,
    is_page: bool,
}

impl Requests {
    fn read(&mut self, bytes: &[u8]) -> Vec<Request> {
        let mut found = Vec::new();
        for byte in bytes {
            if self.body > 0 {
                self.body -= 1;
                continue;
            }
            self.head.push(*byte);
            if self.head.ends_with(b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.head).to_ascii_lowercase();
                self.body = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                    .unwrap_or_default();
                let target = head.split(' ').nth(1).unwrap_or_default();
                let path = target.split('?').next().unwrap_or_default().to_owned();
                let is_stream = head.contains(STREAM);
                // A picture or a file for which a page is no answer isn’t asked for so.
                let is_page = head.contains(PAGE);
                found.push(Request {
                    target: target.to_owned(),
                    path,
                    is_stream,
                    is_page,
                });
                self.head.clear();
            }
        }
        found
    }
}
