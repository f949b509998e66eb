//! The beginning of a text, for where there is room for a line or two.

use unicode_segmentation::UnicodeSegmentation;

/// The most characters as people count them (grapheme clusters, UAX #29): some two lines of a bubble.
pub const MAX_EXCERPT_LENGTH: usize = 140;
/// The most bytes. A single cluster may have any number of them, and each event that brings an excerpt is bounded.
const MAX_BYTES: usize = 1_024;

/// The beginning of `text` in one paragraph, with `…` where there is more.
#[must_use]
pub fn excerpt(text: &str) -> String {
    beginning(text, MAX_EXCERPT_LENGTH, MAX_BYTES)
}

/// The beginning of `text` in one paragraph, with `…` where there is more than so many clusters or bytes. Clusters stay
/// whole, except one that is itself too long.
#[must_use]
pub fn beginning(text: &str, clusters: usize, bytes: usize) -> String {
    // Only so much is looked at: the rest can't be part of it.
    let (head, is_cut) = head(text.trim(), bytes);
    let mut line = head.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut ends = line.grapheme_indices(true).map(|(at, _)| at);
    let end = ends.nth(clusters - 1);
    let is_longer = ends.next().is_some();
    if !is_longer && !is_cut {
        return line;
    }
    if let Some(end) = end {
        line.truncate(end);
    }
    line.truncate(line.trim_end().len());
    line.push('…');
    line
}

/// As much of the text as has a place, cut between clusters if there is a place to, and whether that is less than all.
fn head(text: &str, bytes: usize) -> (&str, bool) {
    let most = bytes - '…'.len_utf8();
    if text.len() <= most {
        return (text, false);
    }
    let end = text
        .grapheme_indices(true)
        .map(|(at, _)| at)
        .take_while(|&at| at <= most)
        .last()
        .unwrap_or_default();
    let end = if end == 0 {
        text.floor_char_boundary(most)
    } else {
        end
    };
    (&text[..end], true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_a_paragraph_of_whole_characters() {
        let family = "👨‍👩‍👧";
        let words = "word ".repeat(60);
        for (what, text, expected) in [
            ("a short text", "Hello", "Hello".to_owned()),
            ("nothing", "", String::new()),
            ("lines", "a\n\n  b\tc ", "a b c".to_owned()),
            (
                "as much as there is room for",
                &"é".repeat(MAX_EXCERPT_LENGTH),
                "é".repeat(MAX_EXCERPT_LENGTH),
            ),
            (
                "one more",
                &"e\u{301}".repeat(MAX_EXCERPT_LENGTH + 1),
                "e\u{301}".repeat(MAX_EXCERPT_LENGTH - 1) + "…",
            ),
            (
                "a space at the end",
                &words,
                "word ".repeat(28).trim_end().to_owned() + "…",
            ),
            (
                "more bytes than there is room for",
                &family.repeat(100),
                family.repeat((MAX_BYTES - 3) / family.len()) + "…",
            ),
        ] {
            assert_eq!(excerpt(text), expected, "{what}");
        }
    }

    #[test]
    fn no_text_is_longer_than_it_may_be() {
        let marks = format!("a{}", "\u{301}".repeat(4_000));
        for text in [
            marks.clone(),
            marks.repeat(3),
            "🇩🇪".repeat(2_000),
            "ab".repeat(70) + &marks,
            "\u{1f468}\u{200d}".repeat(4_000),
            " ".repeat(4_000) + "x",
        ] {
            let found = excerpt(&text);
            assert!(found.len() <= MAX_BYTES, "{}", found.len());
            assert!(found.graphemes(true).count() <= MAX_EXCERPT_LENGTH);
        }
    }
}
