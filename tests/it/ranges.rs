//! Any `Range` on any file, against a model of RFC 9110 §14.

use std::ops::Range;

use proptest::{collection::vec, option, prelude::*, sample::select};
use reqwest::{
    Method, RequestBuilder,
    header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, RANGE},
};

use crate::support::{Talk, bytes, dev, for_all, soon};

/// Where the pieces meet in which a file is kept.
const CHUNK: usize = 256 * 1024;
const SIZES: [usize; 4] = [1, 1000, CHUNK, 2 * CHUNK + 100];
/// More than a file can have.
const HUGE: u128 = u128::MAX / 2;

/// What is answered to a GET.
#[derive(Debug, PartialEq)]
enum Answered {
    /// 200
    Whole,
    /// 206
    Part(Range<usize>),
    /// 416
    Unsatisfiable,
}

/// What is answered to this `Range` on a file of so many bytes (§14.1.2). What is no range by the grammar is ignored, and so
/// is a list of ranges, as it may be (§14.2).
fn answered(range: &str, size: usize) -> Answered {
    let Some((unit, (first, last))) = range
        .trim()
        .split_once('=')
        .and_then(|(unit, set)| Some((unit, set.trim().split_once('-')?)))
    else {
        return Answered::Whole;
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !unit.eq_ignore_ascii_case("bytes") || !is_digits(first) || !is_digits(last) {
        return Answered::Whole;
    }
    let number = |text: &str| text.parse::<u128>().ok();
    let size = size as u128;
    let range = match (number(first), number(last)) {
        (None, None) => return Answered::Whole,
        (Some(first), Some(last)) if first > last => return Answered::Whole,
        (Some(first), Some(last)) => first..size.min(last + 1),
        (Some(first), None) => first..size,
        (None, Some(suffix)) => size.saturating_sub(suffix)..size,
    };
    if range.is_empty() {
        Answered::Unsatisfiable
    } else {
        let at = |place| usize::try_from(place).expect("a place in the file");
        Answered::Part(at(range.start)..at(range.end))
    }
}

/// A range of a file of so many bytes, or what looks like one.
fn ranges(size: usize) -> impl Strategy<Value = String> {
    let (size, chunk) = (size as u128, CHUNK as u128);
    let edges = vec![
        0,
        1,
        2,
        size / 2,
        size - 1,
        size,
        size + 1,
        chunk - 1,
        chunk,
        chunk + 1,
        HUGE,
    ];
    let number = prop_oneof![
        9 => select(edges).prop_map(|number| number.to_string()),
        1 => Just("007".to_owned()),
    ];
    let spec = (
        option::weighted(0.8, number.clone()),
        option::weighted(0.8, number),
    )
        .prop_map(|(first, last)| {
            format!("{}-{}", first.unwrap_or_default(), last.unwrap_or_default())
        });
    prop_oneof![
        8 => spec.clone().prop_map(|spec| format!("bytes={spec}")),
        1 => vec(spec.clone(), 2..4).prop_map(|specs| format!("bytes={}", specs.join(", "))),
        2 => (select(vec!["Bytes=", "bytes =", "bytes= ", "items=", "bytes", "="]), spec)
            .prop_map(|(unit, spec)| format!("{unit}{spec}")),
        1 => "bytes=[0-9 ,+-]{0,8}",
        1 => "[ -~]{0,12}",
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn any_range_of_any_file_is_answered_as_rfc_9110_says() {
    let Talk {
        server: _server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let mut files = Vec::new();
    for size in SIZES {
        let bytes = bytes(size as u64, size);
        let id = john.upload("a", &bytes).await;
        john.send_files(&conversation, &[&id]).await;
        let path = format!("/api/files/{id}");
        let etag = jane.download(&path, &[]).await.headers[ETAG].clone();
        files.push((path, bytes, etag));
    }
    let request = (0..SIZES.len()).prop_flat_map(|file| {
        let condition = select(vec![None, None, None, Some(true), Some(false)]);
        (
            Just(file),
            ranges(SIZES[file]),
            condition,
            prop::bool::weighted(0.1),
        )
    });
    let if_range = |request: RequestBuilder, is_met: Option<bool>, etag| match is_met {
        Some(true) => request.header(IF_RANGE, etag),
        Some(false) => request.header(IF_RANGE, "\"another\""),
        None => request,
    };
    let holds = async |(file, range, is_met, is_head): (usize, String, Option<bool>, bool)| {
        let (path, bytes, etag) = &files[file];
        let method = if is_head { Method::HEAD } else { Method::GET };
        let request = jane.request(method, path).header(RANGE, &range);
        let response = if_range(request, is_met, etag).send();
        let response = soon("an answer", response).await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let read = response.bytes().await.expect("a body");
        let size = bytes.len();
        let expected = if is_head || is_met == Some(false) {
            Answered::Whole
        } else {
            answered(&range, size)
        };
        let (expected_status, part, content_range) = match expected {
            Answered::Whole => (200, 0..size, None),
            Answered::Part(Range { start, end }) => {
                let told = format!("bytes {start}-{}/{size}", end - 1);
                (206, start..end, Some(told))
            }
            Answered::Unsatisfiable => (416, 0..0, Some(format!("bytes */{size}"))),
        };
        prop_assert_eq!(status, expected_status);
        let told = headers
            .get(CONTENT_RANGE)
            .map(|told| told.to_str().expect("a text"));
        prop_assert_eq!(told, content_range.as_deref());
        prop_assert_eq!(&headers[CONTENT_LENGTH], &part.len().to_string());
        if is_head {
            prop_assert!(read.is_empty());
        } else {
            prop_assert!(read == bytes[part], "other bytes");
        }
        Ok(())
    };
    for_all(1_000, &request, holds);
}
