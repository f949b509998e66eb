//! A server for notifications, of the kind that ntfy and Gotify are: it takes JSON, and remembers what it was told.

use std::{
    convert::Infallible,
    future::pending,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    header::RETRY_AFTER,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::until;

/// What it was told once.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub path: String,
    /// `Authorization`, or `X-Gotify-Key`.
    pub secret: Option<String>,
    pub body: Value,
}

/// What it answers.
#[derive(Clone, Copy, Debug)]
pub enum Answers {
    With(u16),
    /// With this status, and the seconds after which to come again.
    After(u16, u32),
    /// Never.
    Not,
}

/// A server that ends with the test.
pub struct RelayServer {
    address: SocketAddr,
    desk: Arc<Mutex<Desk>>,
    task: JoinHandle<()>,
}

struct Desk {
    answers: Answers,
    told: Vec<Told>,
}

impl RelayServer {
    /// It answers with 200.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let desk = Arc::new(Mutex::new(Desk {
            answers: Answers::With(200),
            told: Vec::new(),
        }));
        let shared = Arc::clone(&desk);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let desk = Arc::clone(&shared);
                let service = service_fn(move |request| listen(Arc::clone(&desk), request));
                let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(async move {
                    let _ = serving.await;
                });
            }
        });
        Self {
            address,
            desk,
            task,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it answers so.
    pub fn answer(&self, answers: Answers) {
        self.desk().answers = answers;
    }

    /// Everything that it was told, in order, whatever it has answered.
    pub fn told(&self) -> Vec<Told> {
        self.desk().told.clone()
    }

    /// Waits until it was told something that fits, and gives it back.
    pub async fn hears(&self, what: &str, fits: impl Fn(&Told) -> bool) -> Told {
        until(what, async || {
            self.told().into_iter().find(|told| fits(told))
        })
        .await
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().expect("no panic")
    }
}

impl Drop for RelayServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(
    desk: Arc<Mutex<Desk>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    let header = |name: &str| Some(head.headers.get(name)?.to_str().expect("a text").to_owned());
    let answers = {
        let mut desk = desk.lock().expect("no panic");
        desk.told.push(Told {
            path: head.uri.path().to_owned(),
            secret: header("authorization").or_else(|| header("x-gotify-key")),
            body: serde_json::from_slice(&body).expect("JSON"),
        });
        desk.answers
    };
    let response = match answers {
        Answers::With(status) => Response::builder().status(status),
        Answers::After(status, seconds) => Response::builder()
            .status(status)
            .header(RETRY_AFTER, seconds),
        Answers::Not => pending().await,
    };
    Ok(response.body(Full::default()).expect("an answer"))
}
