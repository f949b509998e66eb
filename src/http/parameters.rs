//! Parameters of header fields, as in `text/plain; charset=utf-8`.

use encoding_rs::Encoding;
use percent_encoding::percent_decode_str;

use super::door::accept::split;

/// The value of a parameter (RFC 9110 §5.6.6), without its quotes.
pub fn parameter(header: &str, name: &str) -> Option<String> {
    let mut parameters = split(header, ';').skip(1);
    let value = parameters.find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then_some(value.trim())
    })?;
    let quoted = value
        .strip_prefix('"')
        .map(|value| value.strip_suffix('"').unwrap_or(value));
    Some(quoted.map_or_else(|| value.to_owned(), unescape))
}

/// The value of a parameter with a charset (RFC 8187 §3.2), whose name has the asterisk.
pub fn extended_parameter(header: &str, name: &str) -> Option<String> {
    let value = parameter(header, name)?;
    let mut parts = value.splitn(3, '\'');
    let (charset, _language, text) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    let (text, _, _) = Encoding::for_label(charset.as_bytes())?.decode(&bytes);
    Some(text.into_owned())
}

/// A backslash stands for the character behind it only in front of a quote or another one: some clients send paths of Windows
/// as they are.
fn unescape(quoted: &str) -> String {
    quoted.replace("\\\\", "\\").replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_found_among_others() {
        for (header, value) in [
            ("form-data; name=a", Some("a")),
            ("form-data; name=\"a\"; filename=b", Some("a")),
            ("form-data; filename=b; NAME = \"a b\" ", Some("a b")),
            (r#"form-data; filename="; name=b"; name=a"#, Some("a")),
            (r#"form-data; filename="\"; name=b"; name=a"#, Some("a")),
            (r#"form-data; name="say \"hi\"""#, Some("say \"hi\"")),
            (r#"form-data; name="C:\lake\a""#, Some(r"C:\lake\a")),
            ("form-data; name=\"\"", Some("")),
            ("form-data; name=\"a", Some("a")),
            ("form-data; filename=name", None),
            ("form-data; name", None),
            ("name=a", None),
            ("", None),
        ] {
            assert_eq!(parameter(header, "name").as_deref(), value, "{header}");
        }
    }

    #[test]
    fn a_parameter_may_have_a_charset() {
        for (header, value) in [
            ("form-data; name*=UTF-8''%E5%86%99", Some("写")),
            ("form-data; name*=utf-8'x-1'1'2", Some("1'2")),
            ("form-data; name*=ISO-8859-1''%FC", Some("ü")),
            ("form-data; name*=klingon''a", None),
            ("form-data; name*=a", None),
            ("form-data; name=a", None),
        ] {
            let found = extended_parameter(header, "name*");
            assert_eq!(found.as_deref(), value, "{header}");
        }
    }
}
