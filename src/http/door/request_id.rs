//! The id of a request. It stands in the log and in the answer's `X-Request-Id`, so that a client and whoever
//! reads the log can name the same request.

use std::{
    net::IpAddr,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use warp::http::{HeaderMap, HeaderName, HeaderValue};

use super::proxies::{self, Network};

pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters that a proxy's may have; a UUID has 36.
const LONGEST: usize = 64;

/// Tells the requests of one start of the server from those of another.
static START: LazyLock<u32> = LazyLock::new(|| getrandom::u32().unwrap_or_default());
static COUNT: AtomicU64 = AtomicU64::new(1);

/// A request's id.
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The one that a trusted proxy has given it, if it looks sane, or else one of our own. Others could write
    /// into the log whatever they like.
    pub fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let given = headers.get(X_REQUEST_ID).filter(|id| is_sane(id));
        match given {
            Some(id) if proxies::is_trusted(peer, trusted) => Self(id.clone()),
            _ => Self::new(),
        }
    }

    fn new() -> Self {
        let (start, count) = (*START, COUNT.fetch_add(1, Ordering::Relaxed));
        let id = HeaderValue::try_from(format!("{start:08x}-{count}"));
        Self(id.unwrap_or(HeaderValue::from_static("-")))
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The header that tells it.
    pub fn into_header(self) -> HeaderValue {
        self.0
    }
}

fn is_sane(id: &HeaderValue) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    (1..=LONGEST).contains(&id.len()) && id.as_bytes().iter().all(is_plain)
}
