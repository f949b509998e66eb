//! Texts, times and counts, as people read them.

use maud::{Markup, html};
use unicode_segmentation::UnicodeSegmentation;

use super::words::Language;
use crate::{model::Timestamp, text::in_one_line};

/// The most characters of a message in the list of conversations, as people count them (UAX #29).
const EXCERPT_LENGTH: usize = 100;
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

/// A text in one line, cut to the length that a list has room for.
pub fn excerpt(text: &str) -> String {
    let line = in_one_line(text);
    let mut excerpt: String = line.graphemes(true).take(EXCERPT_LENGTH).collect();
    if excerpt.len() < line.len() {
        excerpt.push('…');
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_and_says_that_there_is_more() {
        assert_eq!(excerpt("Hello"), "Hello");
        assert_eq!(excerpt("Hello\n**Jane**"), "Hello Jane");
        for character in ["ä", "a\u{308}", "👨‍👩‍👧"] {
            let long = character.repeat(EXCERPT_LENGTH);
            assert_eq!(excerpt(&long), long);
            assert_eq!(excerpt(&format!("{long}{character}")), format!("{long}…"));
        }
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
