//! A request’s body: JSON, a form or text, of limited size, within limited time. It is read only when a handler asks for
//! it.

use std::{pin::Pin, time::Duration};

use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;
use tokio_stream::{Stream, StreamExt};
use warp::{
    Buf,
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
};

use crate::{
    error::ErrorCode,
    http::reply::{ErrorResponse, HandlerResult},
};

/// The most bytes of a body that isn’t a file. The longest message takes 48,000 if every character is escaped.
const LIMIT: usize = 64 * 1024;
/// The time limit for reading a body.
const TIME: Duration = Duration::from_secs(30);

/// A body that hasn’t been read yet.
pub struct Body(Pin<Box<dyn Stream<Item = Option<Vec<u8>>> + Send + Sync>>);

impl Body {
    pub fn new<B: Buf>(
        chunks: impl Stream<Item = Result<B, warp::Error>> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::pin(chunks.map(|chunk| {
            let mut chunk = chunk.ok()?;
            let mut bytes = vec![0; chunk.remaining()];
            chunk.copy_to_slice(&mut bytes);
            Some(bytes)
        })))
    }

    /// Reads the body as a JSON object.
    ///
    /// # Errors
    /// 415 if the `headers` name another content type, 413, 408, and 400 if it isn’t such an object.
    pub async fn json<T: DeserializeOwned>(&mut self, headers: &HeaderMap) -> HandlerResult<T> {
        if !is_of_type(headers, "application/json") {
            return Err(not_json());
        }
        parse(&self.read(headers).await?)
    }

    /// Reads the body as an HTML form (`application/x-www-form-urlencoded`, WHATWG URL §5.1).
    ///
    /// # Errors
    /// 415 if the `headers` name another content type, 413, 408, and 400 if it isn’t UTF-8 or has a field twice.
    pub async fn form<T: DeserializeOwned>(&mut self, headers: &HeaderMap) -> HandlerResult<T> {
        if !is_of_type(headers, "application/x-www-form-urlencoded") {
            return Err(unsupported("Send a form."));
        }
        let bytes = self.read(headers).await?;
        // Parsing would silently replace invalid UTF-8.
        let is_text = percent_decode(&bytes).decode_utf8().is_ok();
        let fields = is_text.then(|| serde_urlencoded::from_bytes(&bytes).ok());
        fields
            .flatten()
            .ok_or_else(|| malformed("The form isn’t valid."))
    }

    /// Reads the body as text.
    ///
    /// # Errors
    /// 413, 408, and 400 if it isn’t UTF-8.
    pub async fn text(&mut self, headers: &HeaderMap) -> HandlerResult<String> {
        String::from_utf8(self.read(headers).await?).map_err(|_| malformed("The text isn’t UTF-8."))
    }

    /// Like [`json`](Self::json), except that a missing body means the defaults.
    pub async fn json_or_default<T: DeserializeOwned + Default>(
        &mut self,
        headers: &HeaderMap,
    ) -> HandlerResult<T> {
        if headers.contains_key(CONTENT_TYPE) {
            return self.json(headers).await;
        }
        let bytes = self.read(headers).await?;
        if bytes.is_empty() {
            Ok(T::default())
        } else {
            Err(not_json())
        }
    }

    async fn read(&mut self, headers: &HeaderMap) -> HandlerResult<Vec<u8>> {
        self.bytes(headers, LIMIT).await
    }

    /// Reads the body, which may have up to `limit` bytes.
    ///
    /// # Errors
    /// 413, 408, and 400 if it ends early.
    pub async fn bytes(&mut self, headers: &HeaderMap, limit: usize) -> HandlerResult<Vec<u8>> {
        let announced = headers
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: u64| length > limit as u64) {
            return Err(too_large());
        }
        let read = async {
            let mut bytes = Vec::new();
            while let Some(chunk) = self.0.next().await {
                let chunk = chunk.ok_or_else(|| malformed("The body ended early."))?;
                if bytes.len() + chunk.len() > limit {
                    return Err(too_large());
                }
                // Usually there is one chunk, which needs no copy.
                if bytes.is_empty() {
                    bytes = chunk;
                } else {
                    bytes.extend(chunk);
                }
            }
            Ok(bytes)
        };
        let too_slow = || ErrorResponse::new(ErrorCode::Timeout, "The request took too long.");
        timeout(TIME, read).await.map_err(|_| too_slow())?
    }
}

/// Whether `Content-Type` is this media type. Parameters are ignored: these types have none, but some clients send a
/// charset.
pub fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(wanted)
}

/// Parses a JSON object. It is parsed twice: first as any value, because serde doesn’t limit the nesting within ignored
/// fields and would accept an array for a struct; then as `T`, which rejects duplicate fields.
///
/// # Errors
/// 400 if it isn’t such an object.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> HandlerResult<T> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|_| malformed("The body isn’t valid JSON."))?;
    if !value.is_object() {
        return Err(malformed("The body isn’t a JSON object."));
    }
    serde_json::from_slice(bytes)
        .map_err(|_| malformed("A value has the wrong type or appears twice."))
}

fn not_json() -> ErrorResponse {
    unsupported("Send JSON with Content-Type: application/json.")
}

fn unsupported(message: &'static str) -> ErrorResponse {
    ErrorResponse::new(ErrorCode::UnsupportedMediaType, message)
}

fn malformed(message: &'static str) -> ErrorResponse {
    ErrorResponse::new(ErrorCode::Malformed, message)
}

fn too_large() -> ErrorResponse {
    ErrorResponse::new(ErrorCode::TooLarge, "The request is too large.")
}
