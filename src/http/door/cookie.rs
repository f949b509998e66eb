//! Cookies: their names, and reading and writing them. Over plain http the name has the port, as cookies ignore ports (RFC
//! 6265 §8.5): otherwise two servers on one machine would sign each other’s people out. Over https the `__Host-` prefix
//! keeps neighbouring hosts from setting it, and browsers accept it only with `Secure`.

use warp::http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, HOST, SET_COOKIE},
};

use super::origin::Origin;
use crate::{
    error::{Error, Result},
    http::{ServerSettings, reply::HandlerResult},
};

/// One of the server’s cookies.
pub struct Cookie {
    name: &'static str,
    /// How long a browser keeps it, in seconds.
    age: u32,
    /// Whether it was called by its name alone in earlier versions, and is still read so.
    was_plain: bool,
}

/// The session, for as long as the longest one.
pub const SESSION: Cookie = Cookie {
    name: "tincan",
    age: 90 * 24 * 60 * 60,
    was_plain: true,
};
/// A sign-in with a provider: ten minutes to sign in there, and ten to choose a username.
pub const FLOW: Cookie = Cookie {
    name: "tincan-flow",
    age: 20 * 60,
    was_plain: false,
};
/// The mark of a device on which somebody has signed in before. A year is as long as browsers keep it at most (400 days).
pub const DEVICE: Cookie = Cookie {
    name: "tincan-device",
    age: 365 * 24 * 60 * 60,
    was_plain: false,
};

impl Cookie {
    /// Its value in a request.
    ///
    /// # Errors
    /// [`Error::TwoCookies`] if there are two, as one of them may be somebody else’s.
    pub fn value<'a>(
        &self,
        settings: &ServerSettings,
        headers: &'a HeaderMap,
    ) -> Result<Option<&'a str>> {
        let name = self.name_at(settings, headers);
        match only(values(headers, &name))? {
            None if self.was_plain && !settings.is_https() => only(values(headers, self.name)),
            value => Ok(value),
        }
    }

    /// The `Set-Cookie` value that sets it.
    pub fn set(
        &self,
        settings: &ServerSettings,
        headers: &HeaderMap,
        value: &str,
    ) -> HandlerResult<HeaderValue> {
        let name = self.name_at(settings, headers);
        line(settings, &name, value, self.age)
    }

    /// The `Set-Cookie` values that delete it, under each name that it has in the request.
    pub fn delete(
        &self,
        settings: &ServerSettings,
        headers: &HeaderMap,
    ) -> HandlerResult<Vec<HeaderValue>> {
        let mut deleted = vec![line(settings, &self.name_at(settings, headers), "", 0)?];
        if self.was_plain && !settings.is_https() && values(headers, self.name).next().is_some() {
            deleted.push(line(settings, self.name, "", 0)?);
        }
        Ok(deleted)
    }

    /// Takes it out of an answer that sets it, and gives its value.
    pub fn take(
        &self,
        settings: &ServerSettings,
        request: &HeaderMap,
        answer: &mut HeaderMap,
    ) -> Option<String> {
        let start = format!("{}=", self.name_at(settings, request));
        let lines = answer.get_all(SET_COOKIE).iter().cloned();
        let is_own = |line: &HeaderValue| line.as_bytes().starts_with(start.as_bytes());
        let (own, others): (Vec<_>, Vec<_>) = lines.partition(is_own);
        answer.remove(SET_COOKIE);
        answer.extend(others.into_iter().map(|line| (SET_COOKIE, line)));
        let line = own.first()?.to_str().ok()?.strip_prefix(&start)?;
        let value = line.split(';').next().filter(|value| !value.is_empty());
        value.map(str::to_owned)
    }

    fn name_at(&self, settings: &ServerSettings, headers: &HeaderMap) -> String {
        let name = self.name;
        if settings.is_https() {
            return format!("__Host-{name}");
        }
        format!("{name}-{}", port(settings, headers))
    }
}

/// The port that a browser uses, which isn’t the server’s own where a container or a proxy is in between.
fn port(settings: &ServerSettings, headers: &HeaderMap) -> u16 {
    let own = settings.public_url.as_ref();
    let host = || {
        let host = headers.get(HOST)?.as_bytes();
        let port = host.rsplit(|byte| *byte == b':').next()?;
        str::from_utf8(port).ok()?.parse().ok()
    };
    own.map_or_else(host, Origin::port).unwrap_or(80)
}

fn line(
    settings: &ServerSettings,
    name: &str,
    value: &str,
    age: u32,
) -> HandlerResult<HeaderValue> {
    let secure = if settings.is_https() { "; Secure" } else { "" };
    HeaderValue::try_from(format!(
        "{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"
    ))
    .map_err(|_| Error::Internal.into())
}

/// The values of the cookies with a name. Neighbours at other ports share the header, and may have put any bytes into it.
pub fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(COOKIE).into_iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| str::from_utf8(pair).ok()?.trim().split_once('='))
        .filter_map(move |(key, value)| (key == name).then_some(value))
}

fn only<'a>(mut values: impl Iterator<Item = &'a str>) -> Result<Option<&'a str>> {
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Error::TwoCookies),
        (value, None) => Ok(value),
    }
}
