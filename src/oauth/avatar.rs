//! Pictures from a provider. Many providers have them at other hosts, and at many people choose the URL of their picture
//! freely. So it is fetched by the rules of [`outbound`](crate::outbound), which let nobody reach a private network, and
//! accepted only if it is of a type that can’t contain a script.

use std::time::Duration;

use hyper::{Request, StatusCode, header::CONTENT_TYPE};
use url::Url;

use super::{Error, Result};
use crate::{
    model::{PICTURE_BYTES, picture_type},
    outbound::{Client, Limits, causes},
};

const LIMITS: Limits = Limits {
    time: Duration::from_secs(5),
    bytes: PICTURE_BYTES,
};

/// A picture and its media type.
#[derive(Debug, PartialEq, Eq)]
pub struct Avatar {
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// Fetches the picture at `url`.
///
/// # Errors
/// [`Error::Failed`] if there is no acceptable picture.
pub async fn fetch(client: &Client, url: &Url) -> Result<Avatar> {
    let host = url.host_str().unwrap_or_default();
    let refuse = |reason: &str| {
        // Not a warning: people can do without a picture.
        tracing::info!(host, reason, "a provider’s picture was refused");
        Err(Error::Failed)
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("the address has somebody’s credentials");
    }
    let Ok(request) = Request::get(url.as_str()).body(Vec::new()) else {
        return refuse("the address isn’t one");
    };
    let response = match client.send(request, LIMITS).await {
        Ok(response) => response,
        Err(error) => return refuse(&causes(&error)),
    };
    if response.status() != StatusCode::OK {
        return refuse(response.status().as_str());
    }
    let media_type = response.headers().get(CONTENT_TYPE);
    let media_type = media_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    match picture_type(response.body()) {
        Some(known) if known.eq_ignore_ascii_case(media_type) => Ok(Avatar {
            media_type: known,
            bytes: response.into_body(),
        }),
        Some(_) => refuse("not what its type says"),
        None => refuse("not a type of picture that is taken"),
    }
}
