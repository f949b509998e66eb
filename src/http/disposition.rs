//! `Content-Disposition`: whether a file is shown or saved, and under which name (RFC 6266).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the characters that an extended value may have as they are (RFC 8187 §3.2.1).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The types that a page may show. None of them can run a script: SVG, HTML and XML can, and a PDF brings a viewer with
/// its own history of holes.
const SHOWN: [&str; 14] = [
    "audio/flac",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "video/mp4",
    "video/quicktime",
    "video/webm",
];

/// Whether a page may show files of this type.
pub fn is_shown(media_type: &str) -> bool {
    SHOWN.contains(&media_type)
}

/// The value of `Content-Disposition`. Clients that don’t know `filename*` get a name in ASCII.
pub fn content_disposition(is_shown: bool, name: &str) -> String {
    let kind = if is_shown { "inline" } else { "attachment" };
    // A percent sign in the plain name is decoded by some clients, and a backslash escapes (RFC 6266 appendix D).
    let plain: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '%' => '_',
            ' '..='~' => c,
            _ => '_',
        })
        .collect();
    if plain == name {
        return format!("{kind}; filename=\"{plain}\"");
    }
    let extended = utf8_percent_encode(name, ENCODED);
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{extended}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_any_script_is_kept() {
        for (name, value) in [
            ("lake.jpg", "attachment; filename=\"lake.jpg\""),
            ("a b.txt", "attachment; filename=\"a b.txt\""),
            // The examples of RFC 6266 §5 and RFC 8187 §3.2.3.
            (
                "€ rates",
                "attachment; filename=\"_ rates\"; filename*=UTF-8''%E2%82%AC%20rates",
            ),
            (
                "£ and € rates",
                "attachment; filename=\"_ and _ rates\"; \
                 filename*=UTF-8''%C2%A3%20and%20%E2%82%AC%20rates",
            ),
            (
                "say \"hi\".txt",
                "attachment; filename=\"say _hi_.txt\"; filename*=UTF-8''say%20%22hi%22.txt",
            ),
            (
                "100%.txt",
                "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt",
            ),
        ] {
            assert_eq!(content_disposition(false, name), value, "{name}");
        }
        assert_eq!(
            content_disposition(true, "lake.jpg"),
            "inline; filename=\"lake.jpg\""
        );
    }

    #[test]
    fn what_can_run_a_script_is_saved() {
        for kind in [
            "image/svg+xml",
            "text/html",
            "application/xml",
            "application/pdf",
        ] {
            assert!(!is_shown(kind), "{kind}");
        }
        assert!(is_shown("image/jpeg"));
    }
}
