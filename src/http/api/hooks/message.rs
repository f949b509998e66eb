//! The text of a message in what programs send to a hook: JSON of their own, JSON in the shapes of Slack, Mattermost and
//! Discord, a form with or without files, or plain text, in any charset that browsers know.

use encoding_rs::{Encoding, UTF_8};
use percent_encoding::percent_decode_str;
use warp::http::{HeaderMap, header::CONTENT_TYPE};

use crate::{
    contract::{
        loose::{List, Text},
        operations::hooks::{Block, Card, PostByHook},
    },
    error::Error,
    http::{
        door::body::{malformed, parse, unsupported},
        form_data::Fields,
        parameters::parameter,
        reply::HandlerResult,
    },
    model::is_blank,
};

/// The content of the message in a body.
///
/// # Errors
/// 415 if the type or the charset isn’t known, 400 if the body isn’t what its type says, 422 if it has no text.
pub fn content(headers: &HeaderMap, body: &[u8]) -> HandlerResult<String> {
    let kind = headers.get(CONTENT_TYPE).map_or_else(String::new, |value| {
        String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase()
    });
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let charset = parameter(&kind, "charset");
    let charset = charset.as_deref();
    let text = decode(body, charset)?;
    match essence {
        "text/plain" | "text/markdown" | "text/x-markdown" => Ok(text),
        "application/x-www-form-urlencoded" => form(text, charset),
        // Some programs name no type, and some tools none that means anything.
        "" | "application/octet-stream" if !text.trim_start().starts_with('{') => Ok(text),
        // The latter two are JSON (WHATWG MIME Sniffing §4.6).
        "" | "application/octet-stream" | "application/json" | "text/json" => said(json(&text)?),
        other if other.ends_with("+json") => said(json(&text)?),
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

/// The content of the message in a form, perhaps with files: then it may be empty.
///
/// # Errors
/// As for [`content`].
pub fn content_of_form(fields: &Fields) -> HandlerResult<String> {
    let field = |name: &str| {
        let field = fields.get(name)?;
        let content_type = field.content_type.as_deref().unwrap_or_default();
        let charset = parameter(content_type, "charset");
        Some(decode(&field.value, charset.as_deref()))
    };
    content_of_fields(field).unwrap_or_else(|| Ok(String::new()))
}

/// The text of a form. What has none of the fields is text that curl’s `-d` calls a form. What its percent signs stand for is
/// in its charset, too.
fn form(text: String, charset: Option<&str>) -> HandlerResult<String> {
    let field = |name: &str| {
        let mut fields = text.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = fields.find(|(key, _)| *key == name)?;
        let value = value.replace('+', " ");
        let bytes: Vec<u8> = percent_decode_str(&value).collect();
        Some(decode(&bytes, charset))
    };
    match content_of_fields(field) {
        Some(content) => said(content?),
        None => Ok(text),
    }
}

/// The text in the fields of a form: that of Slack’s `payload`, which is Discord’s `payload_json`, or one of the usual
/// fields.
fn content_of_fields(
    field: impl Fn(&str) -> Option<HandlerResult<String>>,
) -> Option<HandlerResult<String>> {
    if let Some(payload) = ["payload", "payload_json"].into_iter().find_map(&field) {
        return Some(payload.and_then(|payload| json(&payload)));
    }
    let known = ["content", "text", "message", "msg", "body"];
    known.into_iter().find_map(field)
}

/// Refuses what says nothing.
fn said(content: String) -> HandlerResult<String> {
    if content.is_empty() {
        let reason = "Send the message as “text” or “content”; docs/webhooks.md says what to set in which program";
        return Err(Error::invalid("content", reason).into());
    }
    Ok(content)
}

/// The text in JSON; empty if there is none.
fn json(text: &str) -> HandlerResult<String> {
    if !text.trim_start().starts_with('{') {
        return Err(malformed(
            "The body isn’t a JSON object; for plain text, set Content-Type: text/plain",
        ));
    }
    let PostByHook {
        content,
        text,
        message,
        msg,
        body,
        title,
        attachments,
        embeds,
        blocks,
    } = parse(text.as_bytes())?;
    let content = content.filter(|content| !is_blank(content));
    // Where there are blocks, the text beside them is for notifications.
    let blocks = Some(lines_of_blocks(&blocks)).filter(|lines| !lines.is_empty());
    let other = [&text, &message, &msg, &body]
        .into_iter()
        .find_map(Text::shown);
    let own = content
        .or(blocks.map(|lines| lines.join("\n")))
        .or(other.map(str::to_owned));
    let mut lines: Vec<String> = Vec::new();
    if let Some(own) = own {
        lines.extend(title.shown().map(str::to_owned));
        lines.push(own);
    }
    lines.extend(attachments.0.iter().chain(&embeds.0).flat_map(lines_of));
    Ok(lines.join("\n"))
}

/// The lines of an attachment of Slack’s, or of an embed of Discord’s. Its fallback is for where the rest isn’t shown.
fn lines_of(card: &Card) -> Vec<String> {
    let parts = [&card.pretext, &card.title, &card.text, &card.description];
    let parts = parts.into_iter().filter_map(Text::shown).map(str::to_owned);
    let fields = card.fields.0.iter().filter_map(|field| {
        let name = field.title.shown().or(field.name.shown());
        Some(match (name, field.value.0.shown()?) {
            (Some(name), value) => format!("{name}: {value}"),
            (None, value) => value.to_owned(),
        })
    });
    let blocks = lines_of_blocks(&card.blocks);
    let lines: Vec<_> = parts.chain(fields).chain(blocks).collect();
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

fn lines_of_blocks(blocks: &List<Block>) -> Vec<String> {
    blocks.0.iter().flat_map(lines_of_block).collect()
}

/// The lines of a block of Slack’s, without buttons and other things to press.
fn lines_of_block(block: &Block) -> Vec<String> {
    let joined = |separator| {
        let words = block.elements.0.iter().filter_map(words);
        vec![words.collect::<Vec<_>>().join(separator)]
    };
    let elements = match block.kind.shown() {
        Some("actions") => Vec::new(),
        Some("rich_text" | "rich_text_list") => lines_of_blocks(&block.elements),
        Some("context") => joined(" "),
        _ => joined(""),
    };
    let own = words(block).map(str::to_owned).into_iter();
    let lines = own.chain(lines_of_blocks(&block.fields)).chain(elements);
    lines.filter(|line| !is_blank(line)).collect()
}

/// What a block or an element says itself.
fn words(block: &Block) -> Option<&str> {
    block.text.0.as_str().or(block.url.as_str())
}
