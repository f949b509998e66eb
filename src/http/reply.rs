//! Responses: JSON, and the status, code and sentence of each error. Only here an [`Error`] becomes HTTP; how a page shows
//! an error is up to `plain`.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use warp::{
    Reply,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, RETRY_AFTER,
            WWW_AUTHENTICATE,
        },
    },
    reply::Response,
};

use crate::{
    contract::error,
    error::{Error, ErrorCode},
    feed::DISPLACED_FOR,
    store::Picture,
};

/// The result of a handler.
pub type HandlerResult<T = Response> = Result<T, ErrorResponse>;

/// An error as the contract has it: `{"code","message"}`, and `errors` by field for invalid input.
#[derive(Debug)]
pub struct ErrorResponse {
    status: StatusCode,
    code: ErrorCode,
    message: Cow<'static, str>,
    field: Option<&'static str>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ErrorResponse {
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: status_of(code),
            code,
            message: message.into(),
            field: None,
            headers: Vec::new(),
        }
    }

    /// 503, whatever the `error` is.
    pub fn unavailable(error: &Error) -> Self {
        let unavailable = Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            ..Self::new(error.code(), error.to_string())
        };
        unavailable.with_header(RETRY_AFTER, HeaderValue::from_static("1"))
    }

    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The field with an invalid value.
    pub fn field(&self) -> Option<&'static str> {
        self.field
    }

    /// After how many seconds a user may do again what they did too often.
    pub fn retry_after(&self) -> Option<u64> {
        if self.code != ErrorCode::TooFast {
            return None;
        }
        let (_, seconds) = self.headers.iter().find(|(name, _)| *name == RETRY_AFTER)?;
        seconds.to_str().ok()?.parse().ok()
    }

    /// An English sentence for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The response with this status and these headers, and `body` instead of JSON.
    pub fn answer(&self, body: impl Reply) -> Response {
        let mut response = warp::reply::with_status(body, self.status).into_response();
        response.headers_mut().extend(self.headers.iter().cloned());
        response
    }
}

fn status_of(code: ErrorCode) -> StatusCode {
    // Every status in the contract is valid, so this never fails.
    StatusCode::from_u16(error::status(code)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl From<Error> for ErrorResponse {
    fn from(error: Error) -> Self {
        let status = status_of(error.code());
        let header = match (&error, status) {
            (
                Error::Throttled { seconds }
                | Error::DailyLimit { seconds, .. }
                | Error::TooFast { seconds, .. },
                _,
            ) => Some((RETRY_AFTER, (*seconds).into())),
            (Error::Displaced, _) => Some((RETRY_AFTER, DISPLACED_FOR.into())),
            (_, StatusCode::UNAUTHORIZED) => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            (_, StatusCode::SERVICE_UNAVAILABLE) => {
                Some((RETRY_AFTER, HeaderValue::from_static("1")))
            }
            _ => None,
        };
        let field = if let Error::Invalid { field, .. } = error {
            Some(field)
        } else {
            None
        };
        Self {
            field,
            headers: header.into_iter().collect(),
            ..Self::new(error.code(), error.to_string())
        }
    }
}

impl Serialize for ErrorResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct View<'a> {
            code: &'a str,
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            errors: Option<serde_json::Map<String, serde_json::Value>>,
        }

        let message = self.message.as_ref();
        let errors = self
            .field
            .map(|field| [(field.to_owned(), message.into())].into_iter().collect());
        View {
            code: self.code.as_str(),
            message,
            errors,
        }
        .serialize(serializer)
    }
}

impl Reply for ErrorResponse {
    fn into_response(self) -> Response {
        self.answer(warp::reply::json(&self))
    }
}

/// `value` as JSON.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    warp::reply::with_status(warp::reply::json(value), status).into_response()
}

/// `value` as JSON, with 200.
pub fn ok(value: &impl Serialize) -> Response {
    json(StatusCode::OK, value)
}

/// 204.
pub fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// `Cache-Control` of what never changes at its address.
pub const IMMUTABLE: &str = "private, max-age=31536000, immutable";
/// `Content-Security-Policy` of what somebody has uploaded: it runs no scripts if it is opened as a page.
pub const HARMLESS: &str = "default-src 'none'; sandbox";

/// A small picture that somebody has uploaded. Another has another address.
pub fn picture(Picture { kind, bytes }: Picture) -> HandlerResult {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    let kind = HeaderValue::try_from(kind).map_err(|_| Error::Internal)?;
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(IMMUTABLE));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(HARMLESS));
    Ok(response)
}

/// 303 to a local path.
pub fn see_other(path: &str) -> HandlerResult {
    let location = HeaderValue::try_from(path).map_err(|_| Error::Internal)?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// 404 for a path without a route.
pub fn nothing_here() -> ErrorResponse {
    let message = "Page not found.";
    ErrorResponse::new(ErrorCode::NotFound, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_throttled_is_told_for_how_long() {
        for (seconds, message) in [
            (1, "Too many attempts. Try again in 1 second."),
            (42, "Too many attempts. Try again in 42 seconds."),
        ] {
            let refusal = ErrorResponse::from(Error::Throttled { seconds });
            assert_eq!(refusal.code, ErrorCode::Throttled);
            assert_eq!(refusal.message(), message);
            let response = refusal.into_response();
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(response.headers()[RETRY_AFTER], seconds.to_string());
        }
    }
}
