//! How requests reach the authority: through the program’s own client, with its limits and rules.

use std::{pin::Pin, sync::Arc, time::Duration};

use http_body_util::BodyExt;
use hyper::{Request, StatusCode, body::Bytes, header::HeaderMap};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use parking_lot::Mutex;

use crate::outbound::{self, Client, Limits};

/// An authority may validate, or sign, before it answers. Chains of certificates are small.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(30),
    bytes: 256 * 1024,
};

/// The longest that an authority is left alone because it asks for it: the period of Let’s Encrypt’s limits.
const LONGEST_WAIT: Duration = Duration::from_hours(7 * 24);

/// An authority that isn’t there, or is in trouble, and doesn’t say so as ACME does.
#[derive(Debug, thiserror::Error)]
#[error("the authority answered with status {}", .0.as_u16())]
struct Unwell(StatusCode);

/// Sends requests to the authority. Clones share what they remember.
#[derive(Clone)]
pub struct Transport {
    client: Client,
    /// How long the authority wants to be left alone.
    wait: Arc<Mutex<Option<Duration>>>,
}

impl Transport {
    pub fn new(client: Client) -> Self {
        Self {
            client,
            wait: Arc::default(),
        }
    }

    /// For how long the authority has asked to be left alone since this was last called: `Retry-After` of a refusal
    /// (RFC 8555 §6.6), which the crate doesn’t tell.
    pub fn take_wait(&self) -> Option<Duration> {
        self.wait.lock().take()
    }
}

impl HttpClient for Transport {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let Self { client, wait } = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let Ok(body) = body.collect().await;
            let request = Request::from_parts(head, body.to_bytes().into());
            let response = client.send(request, LIMITS).await;
            let response = response.map_err(|error| Error::Other(Box::new(error)))?;
            let status = response.status();
            if matches!(
                status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            ) {
                *wait.lock() = retry_after(response.headers());
            }
            // The crate takes any refusal for a problem document, and would complain about its JSON.
            if !status.is_success() && !is_json(response.body()) {
                return Err(Error::Other(Box::new(Unwell(status))));
            }
            Ok(BytesResponse::from(
                response.map(|body| http_body_util::Full::new(Bytes::from(body))),
            ))
        })
    }
}

fn is_json(body: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
}

/// How long to wait, if at all.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let wait = outbound::retry_after(headers).filter(|wait| !wait.is_zero());
    Some(wait?.min(LONGEST_WAIT))
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use hyper::header::{HeaderValue, RETRY_AFTER};

    use super::*;

    /// The examples of RFC 9110 §10.2.3, and what isn’t one.
    #[test]
    fn an_authority_may_ask_to_be_left_alone_in_either_form() {
        let wait = |text: &str| {
            let value = HeaderValue::from_str(text).expect("a value");
            retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value)]))
        };
        assert_eq!(wait("120"), Some(Duration::from_mins(2)));
        assert_eq!(wait("Fri, 31 Dec 1999 23:59:59 GMT"), None);
        assert_eq!(wait("Fri, 31 Dec 2399 23:59:59 GMT"), Some(LONGEST_WAIT));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait(&u64::MAX.to_string()), Some(LONGEST_WAIT));
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
