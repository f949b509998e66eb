//! Pictures from a provider. At many providers people can choose the URL of their picture freely. So a picture is fetched
//! only from the provider’s own hosts, and accepted only if it is of a type that can’t contain a script.

use std::time::Duration;

use oauth2::{
    http::{Request, StatusCode, header::CONTENT_TYPE},
    url::{Host, Url},
};

use super::{Error, Result, causes};
use crate::{
    model::{PICTURE_BYTES, picture_type},
    outbound::{Client, Limits},
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

/// Whether `url` is on a host of the provider at `provider`.
fn is_own(url: &Url, provider: &Url) -> bool {
    let (Some(host), Some(own)) = (url.host(), provider.host()) else {
        return false;
    };
    let is_host = match (host, own) {
        (Host::Domain(host), Host::Domain(own)) => {
            let below = host.strip_suffix(own);
            below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
                || own == "github.com" && host == "avatars.githubusercontent.com"
        }
        (host, own) => host == own,
    };
    // Another port may be another service on the same machine.
    let port = url.port_or_known_default();
    let is_port = port == provider.port_or_known_default() || port == Some(443);
    is_host && is_port && url.username().is_empty() && url.password().is_none()
}

/// Fetches a picture from the provider at `provider`.
///
/// # Errors
/// [`Error::Failed`] if there is no acceptable picture.
pub async fn fetch(client: &Client, provider: &Url, url: &Url) -> Result<Avatar> {
    let host = url.host_str().unwrap_or_default();
    let refuse = |reason: &str| {
        // Not a warning: people can do without a picture.
        tracing::info!(host, reason, "a provider’s picture was refused");
        Err(Error::Failed)
    };
    if !is_own(url, provider) {
        return refuse("the host isn’t the provider’s");
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
