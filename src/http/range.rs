//! Parts of a file, and files that the client has already (RFC 9110 §13 and §14).

use std::ops::Range;

use warp::http::{
    HeaderMap, Method,
    header::{IF_NONE_MATCH, IF_RANGE, RANGE},
};

use super::door::caller::list;

/// What to answer a request for a file with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// 200 with all of it.
    Whole,
    /// 206 with these bytes.
    Part(Range<u64>),
    /// 304: the client has it.
    NotModified,
    /// 416: there are no such bytes.
    Unsatisfiable,
}

/// What a request asks for of a file of `size` bytes with the strong entity tag `etag`. A range that isn’t understood is
/// ignored, and so is a list of ranges: who asks for one has to expect the whole (§14.2). Only GET has ranges.
pub fn select(method: &Method, headers: &HeaderMap, etag: &str, size: u64) -> Selection {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if is_current(headers, etag) {
        return Selection::NotModified;
    }
    if method != Method::GET {
        return Selection::Whole;
    }
    // A date can’t match: there is no Last-Modified.
    if headers.contains_key(IF_RANGE) && text(IF_RANGE).map(str::trim) != Some(etag) {
        return Selection::Whole;
    }
    text(RANGE)
        .and_then(|range| part(range, size))
        .unwrap_or(Selection::Whole)
}

/// Whether `If-None-Match` has the tag: it is a list of tags, which may be weak, or `*` (RFC 9110 §13.1.2).
pub fn is_current(headers: &HeaderMap, etag: &str) -> bool {
    list(headers, IF_NONE_MATCH).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

/// None if the range isn’t one, or is a list.
fn part(range: &str, size: u64) -> Option<Selection> {
    let (unit, range) = range.split_once('=')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    let range = match (first, last) {
        ("", suffix) => {
            let length = number(suffix)?.min(size);
            size - length..size
        }
        (first, "") => number(first)?..size,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return None;
            }
            first..last.saturating_add(1).min(size)
        }
    };
    Some(if range.start < range.end {
        Selection::Part(range)
    } else {
        Selection::Unsatisfiable
    })
}

/// A number of digits alone. One that is too large is as good as the largest.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use warp::http::HeaderValue;

    use super::{Selection::*, *};

    fn selection(headers: &[(&'static str, &'static str)]) -> Selection {
        let headers: HeaderMap = headers
            .iter()
            .map(|&(name, value)| {
                let name = warp::http::HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect();
        select(&Method::GET, &headers, "\"abc\"", 10_000)
    }

    #[test]
    fn a_range_is_read_as_rfc_9110_says() {
        for (range, selected) in [
            // The examples of §14.1.2, for 10,000 bytes.
            ("bytes=0-499", Part(0..500)),
            ("bytes=500-999", Part(500..1_000)),
            ("bytes=-500", Part(9_500..10_000)),
            ("bytes=9500-", Part(9_500..10_000)),
            ("bytes=0-0,-1", Whole),
            ("bytes= 0-999, 4500-5499, -1000", Whole),
            // What Safari begins with.
            ("bytes=0-1", Part(0..2)),
            ("BYTES=0-1", Part(0..2)),
            ("bytes=0-", Part(0..10_000)),
            ("bytes=9999-9999", Part(9_999..10_000)),
            ("bytes=9999-99999999999999999999", Part(9_999..10_000)),
            ("bytes=-99999", Part(0..10_000)),
            ("bytes=10000-", Unsatisfiable),
            ("bytes=99999999999999999999-", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=5-4", Whole),
            ("bytes=-", Whole),
            ("bytes=", Whole),
            ("bytes=a-b", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=1 -2", Whole),
            ("lines=0-1", Whole),
            ("0-1", Whole),
        ] {
            assert_eq!(selection(&[("range", range)]), selected, "{range}");
        }
    }

    #[test]
    fn a_file_that_the_client_has_isn_t_sent_again() {
        for (tags, selected) in [
            ("\"abc\"", NotModified),
            ("W/\"abc\"", NotModified),
            ("\"x\", \"abc\"", NotModified),
            ("*", NotModified),
            ("\"x\"", Whole),
            ("abc", Whole),
        ] {
            assert_eq!(selection(&[("if-none-match", tags)]), selected, "{tags}");
        }
        for (tag, selected) in [
            ("\"abc\"", Part(0..2)),
            ("W/\"abc\"", Whole),
            ("\"x\"", Whole),
            ("Sat, 28 Nov 2026 12:00:00 GMT", Whole),
        ] {
            let headers = [("if-range", tag), ("range", "bytes=0-1")];
            assert_eq!(selection(&headers), selected, "{tag}");
        }
    }
}
