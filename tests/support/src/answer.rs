//! Requests of any kind, and what is answered.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName},
};
use serde_json::Value;

use crate::{PATIENCE, soon};

/// Sends a request and reads its answer whole.
pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    try_answer(request).await.expect("an answer")
}

/// The same; none where the connection breaks first.
pub async fn try_answer(request: reqwest::RequestBuilder) -> Option<Answer> {
    let response = soon("an answer", request.send()).await.ok()?;
    let (status, headers) = (response.status(), response.headers().clone());
    let text = soon("a body", response.text()).await.ok()?;
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Some(Answer {
        status,
        headers,
        body,
    })
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
    pub(crate) fn parse(received: &[u8]) -> Self {
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
