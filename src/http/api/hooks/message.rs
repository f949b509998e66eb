//! The text of a message in what programs send to a hook: JSON of their own, JSON in the shapes of Slack, Mattermost and
//! Discord, a form, or plain text, in any charset that browsers know.

use encoding_rs::{Encoding, UTF_8};
use warp::http::{HeaderMap, header::CONTENT_TYPE};

use crate::{
    contract::operations::hooks::{Card, PostByHook, Text},
    error::Error,
    http::{
        door::body::{malformed, parse, unsupported},
        reply::HandlerResult,
    },
};

/// The content of the message in a body.
///
/// # Errors
/// 415 if the type or the charset isn’t known, 400 if the body isn’t what its type says, 422 if it has no text.
pub fn content(headers: &HeaderMap, body: &[u8]) -> HandlerResult<String> {
    let kind = headers.get(CONTENT_TYPE).map_or_else(String::new, |value| {
        String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase()
    });
    let mut parameters = kind.split(';').map(str::trim);
    let essence = parameters.next().unwrap_or_default();
    let charset = parameters.find_map(|parameter| parameter.strip_prefix("charset="));
    let text = decode(body, charset.map(|charset| charset.trim_matches('"')))?;
    match essence {
        "text/plain" | "text/markdown" | "text/x-markdown" => Ok(text),
        "application/x-www-form-urlencoded" => form(text),
        // Some programs name no type, and some tools none that means anything.
        "" | "application/octet-stream" if !text.trim_start().starts_with('{') => Ok(text),
        "" | "application/octet-stream" => json(&text),
        json_type if json_type == "application/json" || json_type.ends_with("+json") => json(&text),
        _ => Err(unsupported(
            "Send JSON with “text” or “content”, or plain text: Content-Type: application/json or text/plain",
        )),
    }
}

/// The text in UTF-8, without a byte order mark. A mark wins over the `charset` (Encoding Standard §6.1).
fn decode(body: &[u8], charset: Option<&str>) -> HandlerResult<String> {
    let encoding = charset.map_or(Some(UTF_8), |label| Encoding::for_label(label.as_bytes()));
    let encoding =
        encoding.ok_or_else(|| unsupported("This charset isn’t known here: send UTF-8"))?;
    let (encoding, body) = match Encoding::for_bom(body) {
        Some((encoding, length)) => (encoding, &body[length..]),
        None => (encoding, body),
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(body);
    text.map(Into::into).ok_or_else(|| {
        malformed(
            "The text isn’t in its charset, which is UTF-8 unless Content-Type says otherwise",
        )
    })
}

/// The text of a form, or of Slack’s `payload` in one. What has none of these fields is text that curl’s `-d` calls a form.
fn form(text: String) -> HandlerResult<String> {
    let fields: Vec<(String, String)> = serde_urlencoded::from_str(&text).unwrap_or_default();
    let field = |name: &str| {
        let mut fields = fields.iter();
        let field = fields.find(|(key, _)| key == name);
        field.map(|(_, value)| value.as_str())
    };
    if let Some(payload) = field("payload") {
        return json(payload);
    }
    let known = ["content", "text", "message", "msg"];
    let own = known.into_iter().find_map(field).map(str::to_owned);
    Ok(own.unwrap_or(text))
}

fn json(text: &str) -> HandlerResult<String> {
    let PostByHook {
        content,
        text,
        message,
        msg,
        title,
        attachments,
        embeds,
    } = parse(text.as_bytes())?;
    let content = content.as_deref();
    let own = content.or(text.shown()).or(message.shown()).or(msg.shown());
    let mut lines: Vec<String> = Vec::new();
    if let Some(own) = own.filter(|own| !own.trim().is_empty()) {
        lines.extend(title.shown().map(str::to_owned));
        lines.push(own.to_owned());
    }
    lines.extend(
        attachments
            .iter()
            .chain(&embeds)
            .flatten()
            .flat_map(lines_of),
    );
    if lines.is_empty() {
        let reason = "Send the message as “text” or “content”; docs/webhooks.md says what to set in which program";
        return Err(Error::invalid("content", reason).into());
    }
    Ok(lines.join("\n"))
}

/// The lines of an attachment of Slack’s, or of an embed of Discord’s. Its fallback is for where the rest isn’t shown.
fn lines_of(card: &Card) -> Vec<String> {
    let parts = [&card.pretext, &card.title, &card.text, &card.description];
    let parts = parts.into_iter().filter_map(Text::shown).map(str::to_owned);
    let fields = card.fields.iter().flatten().filter_map(|field| {
        let name = field.title.shown().or(field.name.shown());
        Some(match (name, field.value.shown()?) {
            (Some(name), value) => format!("{name}: {value}"),
            (None, value) => value.to_owned(),
        })
    });
    let lines: Vec<_> = parts.chain(fields).collect();
    if lines.is_empty() {
        return card
            .fallback
            .shown()
            .map(str::to_owned)
            .into_iter()
            .collect();
    }
    lines
}
