//! Texts, times and counts, as people read them.

use std::ops::Range;

use maud::{Markup, html};
use percent_encoding::{CONTROLS, utf8_percent_encode};

use super::words::Language;
use crate::model::{Timestamp, is_bidi_control};

/// The most characters of a message in the list of conversations.
const EXCERPT_CHARS: usize = 100;
const DAY_MS: i64 = 86_400_000;
/// Whether both are on the same day in UTC, as the server doesn’t know the reader’s time zone.
pub fn is_same_day(one: Timestamp, other: Timestamp) -> bool {
    day_number(one) == day_number(other)
}

fn day_number(time: Timestamp) -> i64 {
    time.0.div_euclid(DAY_MS)
}

/// `Friday, 20 November 2026`
pub fn day(words: &Language, time: Timestamp) -> String {
    date(words, "date.full", time)
}

/// The time without the date, for below a heading with the day.
pub fn time_of_day(words: &Language, time: Timestamp) -> Markup {
    show(words, time, &clock(words, time))
}

/// The time, with the date unless it is today.
pub fn time(words: &Language, time: Timestamp) -> Markup {
    let clock = clock(words, time);
    if is_same_day(time, Timestamp::now()) {
        show(words, time, &clock)
    } else {
        let date = date(words, "date.long", time);
        let values = [("date", date.as_str()), ("time", &clock)];
        show(words, time, &words.fill("date.with_time", &values))
    }
}

fn show(words: &Language, time: Timestamp, text: &str) -> Markup {
    let (day, clock) = (day(words, time), clock(words, time));
    let title = words.fill("date.with_time", &[("date", &day), ("time", &clock)]);
    html! {
        time datetime=(time.to_string()) title=(title) { (text) }
    }
}

/// `17:38 UTC`
fn clock(words: &Language, time: Timestamp) -> String {
    let time = time.to_string();
    let (_, clock) = time.split_once('T').unwrap_or_default();
    words.fill("date.time", &[("time", clock.get(..5).unwrap_or_default())])
}

/// The date in the language’s form with this key.
fn date(words: &Language, form: &str, time: Timestamp) -> String {
    // 1 January 1970 was a Thursday, the fourth day of a week (ISO 8601).
    let weekday = (day_number(time) + 3).rem_euclid(7) + 1;
    let text = time.to_string();
    let mut numbers = text
        .split(['-', 'T'])
        .map(|number| number.trim_start_matches('0'));
    let mut next = || numbers.next().unwrap_or_default();
    let (year, month, day) = (next(), next(), next());
    words.fill(
        form,
        &[
            ("weekday", words.text(&format!("date.weekday.{weekday}"))),
            ("day", day),
            ("month", words.text(&format!("date.month.{month}"))),
            ("year", year),
        ],
    )
}

/// The first line of a text, cut to the length that a list has room for.
pub fn excerpt(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut excerpt: String = line.chars().take(EXCERPT_CHARS).collect();
    if excerpt.len() < text.len() {
        excerpt.push('…');
    }
    excerpt
}

/// A text as HTML, with line breaks, and with web addresses as links.
pub fn linked(text: &str) -> Markup {
    html! {
        @for (index, line) in text.lines().enumerate() {
            @if index > 0 { br; }
            (linked_line(line))
        }
    }
}

fn linked_line(line: &str) -> Markup {
    let mut links = Vec::new();
    let mut rest = line;
    while let Some(Range { start, end }) = find_address(rest) {
        links.push((&rest[..start], &rest[start..end]));
        rest = &rest[end..];
    }
    html! {
        @for (before, address) in links {
            (before)
            a href=(address) rel="noopener noreferrer" { (shown(address)) }
        }
        (rest)
    }
}

/// The range of the first web address in a text.
fn find_address(text: &str) -> Option<Range<usize>> {
    text.match_indices("://").find_map(|(colon, separator)| {
        let before = &text[..colon];
        let start = ["https", "http"].iter().find_map(|scheme| {
            let start = before.len().checked_sub(scheme.len())?;
            let is_there = before.get(start..)?.eq_ignore_ascii_case(scheme);
            is_there.then_some(start)
        })?;
        // Another scheme may end in “http”, as in `xhttp`.
        if before[..start].ends_with(|c: char| c.is_alphanumeric() || "_+.-".contains(c)) {
            return None;
        }
        let host = colon + separator.len();
        let rest = &text[host..];
        let end = rest.find(|c: char| c.is_whitespace() || c.is_control() || "<>\"".contains(c));
        let rest = &rest[..end.unwrap_or(rest.len())];
        let is_address = rest.starts_with(|c: char| c.is_alphanumeric() || c == '[');
        is_address.then(|| start..host + without_trailing_punctuation(rest).len())
    })
}

/// The address without punctuation that ends a sentence, and without a bracket that was opened before the address.
fn without_trailing_punctuation(address: &str) -> &str {
    let address = address.trim_end_matches(|c| ".,;:!?'’”…".contains(c));
    let count = |bracket| address.matches(bracket).count();
    match address.strip_suffix(')') {
        Some(shorter) if count(')') > count('(') => shorter,
        _ => address,
    }
}

/// The address as it is shown. Characters that change the writing direction are encoded, as they could make it look like
/// another address.
fn shown(address: &str) -> String {
    if address.contains(is_bidi_control) {
        utf8_percent_encode(address, CONTROLS).to_string()
    } else {
        address.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        linked(text).into_string()
    }

    fn link(address: &str) -> String {
        format!(r#"<a href="{address}" rel="noopener noreferrer">{address}</a>"#)
    }

    #[test]
    fn an_address_is_a_link_and_what_stands_around_it_is_not() {
        let plain = "https://example.org/a?b=c#d";
        let one = link(plain);
        for (text, expected) in [
            (plain.to_owned(), one.clone()),
            (format!("See {plain}."), format!("See {one}.")),
            (format!("({plain})"), format!("({one})")),
            (format!("{plain}, {plain}!"), format!("{one}, {one}!")),
            (format!("ü{plain}"), format!("ü{plain}")),
            (format!("“{plain}”"), format!("“{one}”")),
            (format!("<{plain}>"), format!("&lt;{one}&gt;")),
            ("a\nb".to_owned(), "a<br>b".to_owned()),
            ("a\r\n\r\nb".to_owned(), "a<br><br>b".to_owned()),
        ] {
            assert_eq!(html(&text), expected, "{text}");
        }
        for address in [
            "HTTP://EXAMPLE.ORG",
            "http://[::1]:3000/",
            "http://example.org/Tin_(metal)",
            "http://bücher.example/ä",
        ] {
            assert_eq!(html(address), link(address));
        }
    }

    #[test]
    fn nothing_else_is_a_link() {
        for text in [
            "javascript://example.org/%0aalert(1)",
            "data://x",
            "xhttp://example.org",
            "git+https://example.org",
            "http://",
            "http:// example.org",
            "https://.",
            "http:/example.org",
            "://example.org",
            "ü://",
        ] {
            assert_eq!(html(text), text);
        }
    }

    #[test]
    fn a_link_can_not_look_like_another() {
        let address = "https://example.org/\u{202e}gro.live";
        let link = html(address);
        assert!(
            link.contains(">https://example.org/%E2%80%AEgro.live<"),
            "{link}"
        );
    }

    #[test]
    fn an_excerpt_is_one_line_and_says_that_there_is_more() {
        assert_eq!(excerpt("Hello"), "Hello");
        assert_eq!(excerpt("Hello\nJane"), "Hello…");
        let long = "ä".repeat(EXCERPT_CHARS);
        assert_eq!(excerpt(&long), long);
        assert_eq!(excerpt(&format!("{long}ä")), format!("{long}…"));
    }

    #[test]
    fn a_moment_has_its_day() {
        for (at, expected) in [
            (0, "Thursday, 1 January 1970"),
            (951_782_400_000, "Tuesday, 29 February 2000"),
            (1_795_196_280_123, "Friday, 20 November 2026"),
        ] {
            assert_eq!(day(Language::english(), Timestamp(at)), expected);
        }
        let shown = time_of_day(Language::english(), Timestamp(1_795_196_280_123)).into_string();
        let title = r#"title="Friday, 20 November 2026, 17:38 UTC""#;
        assert_eq!(
            shown,
            format!(r#"<time datetime="2026-11-20T17:38:00.123Z" {title}>17:38 UTC</time>"#)
        );
    }
}
