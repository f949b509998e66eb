//! Names of files, as a sender’s device gives them.

use unicode_normalization::UnicodeNormalization;

use super::input::is_bidi_control;

/// The most bytes of a name, as on most file systems.
const MAX_BYTES: usize = 255;
/// The longest ending that is kept when a name is shortened, with its dot.
const MAX_ENDING: usize = 16;
/// The name of a file without one.
const NAMELESS: &str = "file";

/// Makes the name of a file safe to show and to save: without folders, and without characters that don’t show or that show
/// the others in another order. `photo\u{202e}gpj.exe` would look like a picture. A long name is shortened in front of its
/// ending.
#[must_use]
pub fn file_name(text: &str) -> String {
    let base = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = base
        .nfc()
        .filter(|&c| !c.is_control() && !is_bidi_control(c) && !is_line_separator(c))
        .collect();
    // Windows ignores dots at the end, and Unix hides files with one in front.
    let name = shown
        .trim()
        .trim_start_matches('.')
        .trim_end_matches(['.', ' ']);
    if name.is_empty() {
        return NAMELESS.to_owned();
    }
    shorten(name)
}

fn is_line_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn shorten(name: &str) -> String {
    if name.len() <= MAX_BYTES {
        return name.to_owned();
    }
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]);
    let ending = if ending.len() <= MAX_ENDING {
        ending
    } else {
        ""
    };
    let mut end = MAX_BYTES - ending.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_safe_to_show_and_to_save() {
        for (given, name) in [
            ("lake.jpg", "lake.jpg"),
            ("../../etc/passwd", "passwd"),
            (r"C:\fakepath\lake.jpg", "lake.jpg"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\r\nSet-Cookie: b.txt", "aSet-Cookie: b.txt"),
            ("  spaces in it .txt ", "spaces in it .txt"),
            (".htaccess", "htaccess"),
            ("...", "file"),
            ("", "file"),
            ("folder/", "file"),
            ("\0\u{7f}", "file"),
            ("写真.png", "写真.png"),
            ("cafe\u{301}.txt", "café.txt"),
            ("say \"hi\".txt", "say \"hi\".txt"),
        ] {
            assert_eq!(file_name(given), name, "{given:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = file_name(&format!("{}.jpeg", "写".repeat(100)));
        assert!(name.len() <= 255 && name.ends_with("写.jpeg"), "{name}");
        let name = file_name(&"x".repeat(300));
        assert_eq!(name, "x".repeat(255));
        let name = file_name(&format!("a.{}", "x".repeat(300)));
        assert_eq!(name.len(), 255);
    }
}
