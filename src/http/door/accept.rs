//! Which media type a client prefers (RFC 9110 §12.5.1).

use std::cmp::Ordering;

use warp::http::{HeaderMap, header::ACCEPT};

/// A media type that can be sent, with its parameters.
pub struct Offer {
    pub kind: &'static str,
    pub subtype: &'static str,
    pub parameters: &'static [(&'static str, &'static str)],
}

/// How much a client wants an offer: how much it likes it, then how precisely it named it.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Preference {
    quality: f32,
    precision: usize,
}

/// The client’s preference for `offer`. None if it doesn’t accept it. Without the header, it accepts everything.
pub fn preference(headers: &HeaderMap, offer: &Offer) -> Option<Preference> {
    let values = headers.get_all(ACCEPT).iter();
    let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let list = values.collect::<Vec<_>>().join(",");
    let ranges = split(&list, ',')
        .map(str::trim)
        .filter(|range| !range.is_empty());
    let mut ranges = ranges.peekable();
    if ranges.peek().is_none() {
        let (quality, precision) = (1.0, 0);
        return Some(Preference { quality, precision });
    }
    // The most precise range decides, even if another has a higher quality.
    let most_precise = ranges
        .filter_map(|range| in_range(range, offer))
        .max_by(|one, other| {
            let by_quality = one.quality.partial_cmp(&other.quality);
            one.precision
                .cmp(&other.precision)
                .then(by_quality.unwrap_or(Ordering::Equal))
        });
    most_precise.filter(|preference| preference.quality > 0.0)
}

/// The preference that a range gives, if the offer is in it.
fn in_range(range: &str, offer: &Offer) -> Option<Preference> {
    let mut parts = split(range, ';').map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    let mut precision = match (kind.trim(), subtype.trim()) {
        ("*", "*") => 0,
        (kind, "*") if kind.eq_ignore_ascii_case(offer.kind) => 1,
        (kind, subtype)
            if kind.eq_ignore_ascii_case(offer.kind)
                && subtype.eq_ignore_ascii_case(offer.subtype) =>
        {
            2
        }
        _ => return None,
    };
    let mut quality = 1.0;
    for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
        let (name, value) = (name.trim(), value.trim().trim_matches('"'));
        if name.eq_ignore_ascii_case("q") {
            quality = value.parse().unwrap_or(1.0_f32).clamp(0.0, 1.0);
            break;
        }
        let mut own = offer.parameters.iter();
        // A parameter that the offer doesn’t know, such as `escaping`, makes no difference to it.
        if let Some((_, own)) = own.find(|(own, _)| name.eq_ignore_ascii_case(own)) {
            if !value.eq_ignore_ascii_case(own) {
                return None;
            }
            precision += 1;
        }
    }
    Some(Preference { quality, precision })
}

/// Splits at a separator, but not within quotes (RFC 9110 §5.6.4).
pub fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |c| {
        let is_plain = !is_escaped;
        is_escaped = is_quoted && is_plain && c == '\\';
        if c == '"' && is_plain {
            is_quoted = !is_quoted;
        }
        c == separator && !is_quoted
    })
}
