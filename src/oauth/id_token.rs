//! What an id token must say to be believed (OpenID Connect Core §3.1.3.7, RFC 7519 §4.1). Claims that aren’t needed are
//! never read, so it doesn’t matter what a provider puts into them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::{
    encoding::from_base64,
    jws::{Jws, Refused, refused},
};

/// How far the provider’s clock may be off.
const LEEWAY: Duration = Duration::from_mins(1);

/// The claims that are read. One of them that stands there twice makes the token unreadable (RFC 7519 §4).
#[derive(Deserialize)]
pub struct Claims {
    iss: Option<Value>,
    sub: Option<Value>,
    aud: Option<Value>,
    azp: Option<Value>,
    exp: Option<Value>,
    iat: Option<Value>,
    nbf: Option<Value>,
    nonce: Option<Value>,
    at_hash: Option<Value>,
    pub preferred_username: Option<Value>,
    pub nickname: Option<Value>,
    pub picture: Option<Value>,
}

/// What the claims must agree with.
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    /// The access token that came with the id token.
    pub access_token: &'a str,
}

impl Claims {
    pub fn parse(payload: &[u8]) -> Result<Self, Refused> {
        serde_json::from_slice(payload)
            .map_err(|_| refused("claims", "aren’t a JSON object that has each claim once"))
    }

    /// Checks every claim that matters. `token` is the one that they are from. The subject is valid after this.
    pub fn check(&self, token: &Jws, expected: &Expected) -> Result<&str, Refused> {
        if text("iss", self.iss.as_ref())? != expected.issuer {
            return Err(refused("iss", "isn’t the issuer that was set up"));
        }
        self.check_audience(expected.client_id)?;
        self.check_times()?;
        let nonce = text("nonce", self.nonce.as_ref())?;
        if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
            return Err(refused("nonce", "isn’t the one of this sign-in"));
        }
        if self.at_hash.is_some() {
            let hash = from_base64(text("at_hash", self.at_hash.as_ref())?);
            if hash != Some(token.half_hash(expected.access_token)) {
                return Err(refused("at_hash", "isn’t that of the access token"));
            }
        }
        let subject = text("sub", self.sub.as_ref())?;
        if (1..=255).contains(&subject.len()) && subject.is_ascii() {
            Ok(subject)
        } else {
            Err(refused("sub", "isn’t 1 to 255 ASCII characters"))
        }
    }

    /// The token is for this client, and where it is for others too, this client is who asked for it.
    fn check_audience(&self, client_id: &str) -> Result<(), Refused> {
        let audience = match &self.aud {
            None => return Err(refused("aud", "is missing")),
            Some(Value::Array(audience)) => audience.as_slice(),
            Some(audience) => std::slice::from_ref(audience),
        };
        let Some(audience) = audience
            .iter()
            .map(Value::as_str)
            .collect::<Option<Vec<_>>>()
        else {
            return Err(refused("aud", "isn’t a text, or a list of texts"));
        };
        if !audience.contains(&client_id) {
            return Err(refused("aud", "doesn’t name this client"));
        }
        let is_alone = audience.iter().all(|audience| *audience == client_id);
        match &self.azp {
            None if is_alone => Ok(()),
            None => Err(refused("azp", "is missing, and aud names others too")),
            Some(Value::String(party)) if party == client_id => Ok(()),
            Some(_) => Err(refused("azp", "isn’t this client")),
        }
    }

    fn check_times(&self) -> Result<(), Refused> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_secs_f64();
        let leeway = LEEWAY.as_secs_f64();
        if date("exp", self.exp.as_ref())? + leeway <= now {
            return Err(refused("exp", "has passed"));
        }
        if date("iat", self.iat.as_ref())? > now + leeway {
            return Err(refused("iat", "is in the future; compare the clocks"));
        }
        if self.nbf.is_some() && date("nbf", self.nbf.as_ref())? > now + leeway {
            return Err(refused("nbf", "is in the future; compare the clocks"));
        }
        Ok(())
    }
}

fn text<'a>(part: &'static str, claim: Option<&'a Value>) -> Result<&'a str, Refused> {
    match claim {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(refused(part, "isn’t a text")),
        None => Err(refused(part, "is missing")),
    }
}

/// Seconds since the epoch, whole or not (RFC 7519 §2).
fn date(part: &'static str, claim: Option<&Value>) -> Result<f64, Refused> {
    match claim {
        Some(claim) => claim.as_f64().ok_or(refused(part, "isn’t a number")),
        None => Err(refused(part, "is missing")),
    }
}
