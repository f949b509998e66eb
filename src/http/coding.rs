//! Content codings: which of those that there are a client prefers (RFC 9110 §12.5.3).

use warp::http::{HeaderMap, header::ACCEPT_ENCODING};

use super::door::caller::list;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    /// As headers have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// The one with the greatest weight; of several, the one that is `offered` first. None where bytes are to be sent as
    /// they are.
    pub fn preferred(request: &HeaderMap, offered: &[Self]) -> Option<Self> {
        let weights = weights(request);
        let weight = |name: &str| {
            let found = weights.iter().find(|(coding, _)| coding == name);
            found.map(|(_, weight)| *weight)
        };
        let others = weight("*").unwrap_or(0.0);
        // What isn’t compressed is always accepted, but wanted only by those who say so.
        let mut best = (None, weight("identity").unwrap_or(0.0));
        for coding in offered.iter().rev() {
            let weight = weight(coding.name()).unwrap_or(others);
            if weight > 0.0 && weight >= best.1 {
                best = (Some(*coding), weight);
            }
        }
        best.0
    }
}

/// The codings that `Accept-Encoding` names, in small letters, with their weights.
fn weights(request: &HeaderMap) -> Vec<(String, f32)> {
    list(request, ACCEPT_ENCODING)
        .map(|coding| {
            let coding = coding.to_ascii_lowercase();
            let mut parts = coding.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_owned();
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            (
                name,
                weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)),
            )
        })
        .collect()
}
