//! A request’s body: JSON, a form or text, of limited size, within limited time. It is read only when a handler asks for
//! it. Forms with files are in `form_data`.

use std::{mem, pin::Pin, sync::Arc, time::Duration};

use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};
use tokio_stream::{Stream, StreamExt};
use warp::{
    Buf,
    http::{
        HeaderMap, HeaderValue,
        header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
    },
};

use crate::{
    error::ErrorCode,
    http::reply::{ErrorResponse, HandlerResult},
    lab::log::Recording,
};

/// The most bytes of a body that isn’t a file. The longest message takes 48,000 if every character is escaped.
pub const LIMIT: usize = 64 * 1024;
/// The same for somebody who hasn’t signed in. A username and a password with every character escaped take 7,000.
pub const STRANGERS_LIMIT: usize = 8 * 1024;
/// The deepest nesting of JSON.
const DEEPEST: u32 = 127;
/// The time limit for reading a body of a few bytes. Each further second is earned by [`SLOWEST`] bytes, so that a phone in
/// a lift uploads its part of a file, and nobody keeps a connection busy with nothing.
const TIME: Duration = Duration::from_secs(30);
/// Bytes a second.
const SLOWEST: u32 = 1024;
/// The longest pause, however much has arrived before.
const PAUSE: Duration = Duration::from_mins(5);

/// A body that hasn’t been read to its end yet. `None` stands for the end of one that ended early.
pub struct Body(Pin<Box<dyn Stream<Item = Option<Vec<u8>>> + Send + Sync>>);

/// The time that a client still has to send more.
pub struct Patience(Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(TIME)
    }
}

impl Patience {
    /// Waits for the client. Only this takes from its time, and not what the server does in between.
    ///
    /// # Errors
    /// 408 if the time is up.
    pub async fn wait<F: Future>(&mut self, more: F) -> HandlerResult<F::Output> {
        let begun = Instant::now();
        let more = timeout(self.0, more).await.map_err(|_| too_slow())?;
        self.0 = self.0.saturating_sub(begun.elapsed());
        Ok(more)
    }

    /// Adds what the client has earned with these bytes.
    pub fn earn(&mut self, bytes: usize) {
        let earned = Duration::from_secs(bytes as u64) / SLOWEST;
        self.0 = PAUSE.min(self.0 + earned);
    }
}

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

    /// This body, whose beginning a lab records as it is read.
    pub fn recorded(self, recording: Arc<Recording>) -> Self {
        Self(Box::pin(self.0.map(move |chunk| {
            if let Some(bytes) = &chunk {
                recording.body.lock().add(bytes);
            }
            chunk
        })))
    }

    /// Reads the body as a JSON object.
    ///
    /// # Errors
    /// 415 if the `headers` name another content type, 413, 408, and 400 if it isn’t such an object.
    pub async fn json<T: DeserializeOwned>(
        &mut self,
        headers: &HeaderMap,
        limit: usize,
    ) -> HandlerResult<T> {
        if !is_of_type(headers, "application/json") {
            return Err(not_json());
        }
        parse(&self.bytes(headers, limit).await?)
    }

    /// Reads the body as an HTML form (`application/x-www-form-urlencoded`, WHATWG URL §5.1).
    ///
    /// # Errors
    /// 415 if the `headers` name another content type, 413, 408, and 400 if it isn’t UTF-8 or has a field twice.
    pub async fn form<T: DeserializeOwned>(
        &mut self,
        headers: &HeaderMap,
        limit: usize,
    ) -> HandlerResult<T> {
        if !is_of_type(headers, "application/x-www-form-urlencoded") {
            return Err(unsupported("Send a form."));
        }
        let bytes = self.bytes(headers, limit).await?;
        // Parsing would silently replace invalid UTF-8.
        let is_text = percent_decode(&bytes).decode_utf8().is_ok();
        let fields = is_text.then(|| serde_urlencoded::from_bytes(&bytes).ok());
        fields
            .flatten()
            .ok_or_else(|| malformed("The form isn’t valid."))
    }

    /// Like [`json`](Self::json), except that a body without a byte means the defaults, whatever its type.
    pub async fn json_or_default<T: DeserializeOwned + Default>(
        &mut self,
        headers: &HeaderMap,
        limit: usize,
    ) -> HandlerResult<T> {
        let bytes = self.bytes(headers, limit).await?;
        if bytes.is_empty() {
            return Ok(T::default());
        }
        if !is_of_type(headers, "application/json") {
            return Err(not_json());
        }
        parse(&bytes)
    }

    /// Reads the body, which may have up to `limit` bytes.
    ///
    /// # Errors
    /// 413, 408, and 400 if it ends early.
    pub async fn bytes(&mut self, headers: &HeaderMap, limit: usize) -> HandlerResult<Vec<u8>> {
        require_identity(headers)?;
        if announced(headers).is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        let mut patience = Patience::default();
        while let Some(chunk) = patience.wait(self.0.next()).await? {
            let chunk = chunk.ok_or_else(ended_early)?;
            patience.earn(chunk.len());
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
    }

    /// The body as it arrives.
    pub fn chunks(&mut self) -> &mut (impl Stream<Item = Option<Vec<u8>>> + Send + Unpin) {
        &mut self.0
    }

    /// Takes the body, so that it can be read elsewhere.
    pub fn take(&mut self) -> Self {
        Self(mem::replace(&mut self.0, Box::pin(tokio_stream::empty())))
    }
}

/// Refuses a compressed body.
///
/// # Errors
/// 415.
pub fn require_identity(headers: &HeaderMap) -> HandlerResult<()> {
    let codings = headers.get_all(CONTENT_ENCODING).iter();
    if codings.into_iter().all(is_identity) {
        return Ok(());
    }
    let refused = unsupported("Send the body uncompressed, without Content-Encoding.");
    Err(refused.with_header(ACCEPT_ENCODING, HeaderValue::from_static("identity")))
}

/// The length of the body, if the client knows it.
pub fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether `Content-Type` is this media type. Parameters are ignored: these types have none, but some clients send a
/// charset.
pub fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let content_type = headers
        .get(CONTENT_TYPE)
        .map_or(&b""[..], |value| value.as_bytes());
    // A parameter may have any bytes.
    let essence = content_type.split(|byte| *byte == b';').next();
    let essence = essence.unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(wanted.as_bytes())
}

/// Parses a JSON object (RFC 8259), with or without a byte order mark. Fields that `T` doesn’t have only need to be
/// well-formed: a number may be too large there, and a string may have half a surrogate pair.
///
/// # Errors
/// 400 if it isn’t such an object, or has a field of `T` twice.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> HandlerResult<T> {
    let text = str::from_utf8(bytes).map_err(|_| malformed("The body isn’t UTF-8."))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if is_too_deep(text) {
        return Err(malformed("The JSON is nested too deeply."));
    }
    // serde would take an array for a struct.
    let is_object = text.trim_ascii_start().starts_with('{');
    match serde_json::from_str(text) {
        Ok(value) if is_object => Ok(value),
        // serde_json has no kind for these; they end where the other half should be.
        Err(error) if error.to_string().contains("hex escape") => Err(malformed(
            "\\ud800 to \\udfff are halves of a character, and one stands alone here.",
        )),
        // What scripts put together of lines has them in its strings as they are (RFC 8259 §7).
        Err(error) if error.to_string().contains("control character") => Err(malformed(
            "Line breaks and other control characters in a JSON string have to be escaped, as in \\n.",
        )),
        Err(error) if !error.is_data() => Err(malformed("The body isn’t valid JSON.")),
        Err(_) if is_object => Err(malformed("A value has the wrong type, or appears twice.")),
        _ => Err(malformed("The body isn’t a JSON object.")),
    }
}

/// Whether brackets nest more deeply than serde_json allows, which doesn’t count those in ignored fields.
fn is_too_deep(json: &str) -> bool {
    let (mut depth, mut is_string, mut is_escaped) = (0_u32, false, false);
    json.bytes().any(|byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            b'[' | b'{' if !is_string => depth += 1,
            b']' | b'}' if !is_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

/// Whether the coding changes nothing (RFC 9110 §8.4.1).
fn is_identity(coding: &HeaderValue) -> bool {
    coding.is_empty() || coding.as_bytes().eq_ignore_ascii_case(b"identity")
}

fn not_json() -> ErrorResponse {
    unsupported("Send JSON with Content-Type: application/json.")
}

pub fn unsupported(message: &'static str) -> ErrorResponse {
    ErrorResponse::new(ErrorCode::UnsupportedMediaType, message)
}

pub fn malformed(message: &'static str) -> ErrorResponse {
    ErrorResponse::new(ErrorCode::Malformed, message)
}

fn too_slow() -> ErrorResponse {
    ErrorResponse::new(ErrorCode::Timeout, "The request took too long.")
}

pub fn ended_early() -> ErrorResponse {
    malformed("The body ended early.")
}

pub fn too_large() -> ErrorResponse {
    ErrorResponse::new(ErrorCode::TooLarge, "The request is too large.")
}
