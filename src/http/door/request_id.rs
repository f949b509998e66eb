//! The id of a request, which is in the log and in the response’s `X-Request-Id`. With it a client’s report can be matched
//! to the log.

use std::{
    net::IpAddr,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use warp::http::{HeaderMap, HeaderName, HeaderValue};

use super::proxies::{self, Network};
use crate::random::spread;

pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The most characters of a proxy’s id; a UUID has 36.
const LONGEST: usize = 64;

/// A random number per process, so that ids stay distinct after a restart.
static START: LazyLock<u32> = LazyLock::new(|| spread(0..u32::MAX));
static COUNT: AtomicU64 = AtomicU64::new(1);

/// The id of a request.
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id that a trusted proxy has set, if it is well-formed, or else a new one. Ids from others are ignored, as they
    /// could put anything into the log.
    pub fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let given = headers.get(X_REQUEST_ID).filter(|id| is_well_formed(id));
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

    /// The value of `X-Request-Id`.
    pub fn into_header(self) -> HeaderValue {
        self.0
    }
}

fn is_well_formed(id: &HeaderValue) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    (1..=LONGEST).contains(&id.len()) && id.as_bytes().iter().all(is_plain)
}
