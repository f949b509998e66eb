//! Where a text has the terms of a query.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Term, Token};

/// A part of a text, in UTF-16 code units, as JavaScript’s strings count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Range {
    pub start: u32,
    pub end: u32,
}

/// The parts of a text that match, in order and without overlaps. None unless the text has all terms.
#[must_use]
pub fn find(terms: &[Term], text: &[Token]) -> Option<Vec<Range>> {
    let mut found = Vec::new();
    for term in terms {
        let before = found.len();
        let places = text.windows(term.tokens.len());
        found.extend(places.filter(|place| term.is_at(place)).map(range));
        if found.len() == before {
            return None;
        }
    }
    found.sort_unstable();
    found.dedup_by(|range, before| {
        let overlaps = range.start < before.end;
        if overlaps {
            before.end = before.end.max(range.end);
        }
        overlaps
    });
    Some(found)
}

fn range(place: &[Token]) -> Range {
    Range {
        start: place.first().map_or(0, |token| token.start),
        end: place.last().map_or(0, |token| token.end),
    }
}

impl Term {
    /// Whether it is these tokens, which are as many as its own.
    fn is_at(&self, place: &[Token]) -> bool {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens
            .iter()
            .zip(place)
            .enumerate()
            .all(|(at, (own, token))| {
                if self.prefix && at == last {
                    token.text.starts_with(own.as_str())
                } else {
                    token.text == *own
                }
            })
    }
}
