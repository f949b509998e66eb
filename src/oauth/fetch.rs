//! Requests to a provider. What goes wrong is told as a text for the log, which contains nothing of an answer.

use hyper::{
    Request, StatusCode,
    header::{ACCEPT, AUTHORIZATION, HeaderValue},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::outbound::{Client, Limits, causes};

/// Sends a request, and gives back the status and the body of the answer.
pub async fn answer(
    http: &Client,
    request: Request<Vec<u8>>,
    limits: Limits,
) -> Result<(StatusCode, Vec<u8>), String> {
    let response = http.send(request, limits).await;
    let response = response.map_err(|error| causes(&error))?;
    Ok((response.status(), response.into_body()))
}

/// The JSON that a request is answered with. Its media type doesn’t matter: providers name many.
pub async fn json(http: &Client, request: Request<Vec<u8>>) -> Result<Value, String> {
    match answer(http, request, Limits::API).await? {
        // The parser’s own words repeat parts of the text.
        (StatusCode::OK, body) => parse(&body).ok_or_else(|| "the response isn’t JSON".to_owned()),
        (status, _) => Err(format!("status {}", status.as_u16())),
    }
}

/// Parses JSON, with or without a byte order mark (RFC 8259 §8.1).
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).ok()
}

/// The JSON at this address.
pub async fn json_at(http: &Client, url: &Url, token: Option<&str>) -> Result<Value, String> {
    let mut request = Request::get(url.as_str()).header(ACCEPT, "application/json");
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, authorization("Bearer", token)?);
    }
    let request = request.body(Vec::new());
    json(http, request.map_err(|_| "its address isn’t one")?).await
}

/// A header with credentials, which no log shows.
pub fn authorization(scheme: &str, credentials: &str) -> Result<HeaderValue, String> {
    let value = HeaderValue::try_from(format!("{scheme} {credentials}"));
    let mut value = value.map_err(|_| "a token that fits no header")?;
    value.set_sensitive(true);
    Ok(value)
}
