//! An answer without an end: server-sent events (WHATWG HTML §9.2). Its connection leaves hyper, which would hold its
//! buffers for as long as somebody listens, and is driven here. It is the last answer in it.

use std::{error::Error, io::Write, time::SystemTime};

use http_body_util::BodyExt;
use hyper::{
    Method, Request, StatusCode, Version,
    body::{Body, Bytes},
    header::{CONTENT_TYPE, DATE},
};
use tokio::io::{self, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use warp::reply::Response;

/// The most bytes that a client may send while it listens, where nothing is expected of it.
const EXPECTED: usize = 16 * 1024;

/// Whether the answer to a request may be without an end. HTTP/1.0 has no chunks to send it in (RFC 9112 §7.1).
pub fn is_asked_for<B>(request: &Request<B>) -> bool {
    request.version() == Version::HTTP_11 && request.method() == Method::GET
}

/// Whether an answer is one without an end.
pub fn is_endless(response: &Response) -> bool {
    response.status() == StatusCode::OK
        && response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind == "text/event-stream")
}

/// Sends the answer, until it ends after all or the client is gone.
///
/// # Errors
/// Those of the connection.
pub fn send<S>(connection: S, response: Response) -> impl Future<Output = io::Result<()>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // Only these, to keep the future small: it is there for as long as somebody listens.
    send_parts(connection, head(&response), response.into_body())
}

async fn send_parts<S, B>(mut connection: S, head: Vec<u8>, mut body: B) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Unpin,
{
    connection.write_all(&head).await?;
    drop(head);
    loop {
        let frame = tokio::select! {
            // Usually there is one, and nobody has gone.
            biased;
            frame = body.frame() => frame,
            () = gone(&mut connection) => return Ok(()),
        };
        let Some(frame) = frame else {
            connection.write_all(b"0\r\n\r\n").await?;
            return connection.shutdown().await;
        };
        let data = frame.map_err(io::Error::other)?.into_data();
        if let Some(data) = data.ok().filter(|data| !data.is_empty()) {
            connection.write_all(&chunk(&data)).await?;
            // TLS keeps what the socket didn’t take.
            connection.flush().await?;
        }
    }
}

/// The head of the answer (RFC 9112 §2.1, RFC 9110 §6.6.1).
fn head(response: &Response) -> Vec<u8> {
    let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
    for (name, value) in response.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    let now = httpdate::fmt_http_date(SystemTime::now());
    // Writing to a vector can’t fail.
    let _ = write!(
        head,
        "{DATE}: {now}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    head
}

/// A chunk (RFC 9112 §7.1), for one write.
fn chunk(data: &[u8]) -> Vec<u8> {
    let mut chunk = Vec::with_capacity(data.len() + 12);
    // Writing to a vector can’t fail.
    let _ = write!(chunk, "{:x}\r\n", data.len());
    chunk.extend_from_slice(data);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

/// Waits until the client has gone, or sends what nobody asked for.
async fn gone(connection: &mut (impl AsyncRead + Unpin)) {
    let mut received = 0;
    while received < EXPECTED {
        let mut bytes = [0; 64];
        match connection.read(&mut bytes).await {
            Ok(0) | Err(_) => return,
            Ok(count) => received += count,
        }
    }
}
