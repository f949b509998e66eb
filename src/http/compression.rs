//! Compressed answers of the API.
//!
//! A route says by itself that its answers are compressed, and most don’t: who sees how long encrypted answers are, and has
//! a say in a part of them, can guess at the rest of what was compressed with it (BREACH). So no answer with a token, a
//! link or an invitation is compressed, and neither is one that puts a stranger’s words beside those of others, as the list
//! of conversations does. What is left is what everybody who could choose a part of it may read as a whole.
//!
//! Streams are never compressed.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use http_body_util::BodyExt;
use hyper::body::Body;
use warp::{
    Reply,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_ENCODING, CONTENT_LENGTH, VARY},
    },
    reply::Response,
};

use super::coding::Coding;

/// Shorter answers fit into a packet anyway.
const MIN_BYTES: u64 = 1024;

/// Compresses an answer, where that is worth it. `coding` is what the client prefers.
pub async fn compress(mut response: Response, coding: Option<Coding>) -> Response {
    // Also of an answer that isn’t compressed: for another client it would be.
    let vary = HeaderValue::from_static("accept-encoding");
    response.headers_mut().append(VARY, vary);
    let is_long = response.body().size_hint().lower() >= MIN_BYTES;
    let (Some(Coding::Gzip), StatusCode::OK, true) = (coding, response.status(), is_long) else {
        return response;
    };
    let (mut head, body) = response.into_parts();
    // The answer is in memory already.
    let Ok(body) = body.collect().await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // The quickest level saves three quarters of a page of history, and takes less time than reading it.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to a vector can’t fail.
    let _ = encoder.write_all(&body.to_bytes());
    let bytes = encoder.finish().unwrap_or_default();
    head.headers.remove(CONTENT_LENGTH);
    let name = HeaderValue::from_static(Coding::Gzip.name());
    head.headers.insert(CONTENT_ENCODING, name);
    Response::from_parts(head, bytes.into())
}
