//! What travels to a browser, encrypted: a declarative push message
//! (<https://www.w3.org/TR/push-api/#declarative-push-message>). Browsers that know these, such as those of iOS since 18.4,
//! show it by themselves. In all others the page’s service worker reads the same.
//!
//! The standard tells such a message by its member `web_push`, and not by a media type.

use serde_json::json;

use super::NEW_MESSAGE;
use crate::model::{Notification, beginning};

pub const PROGRAM: &str = "Tincan";
/// The most characters of a title, and of a text, as people count them.
const TITLE_LENGTH: usize = 60;
const BODY_LENGTH: usize = 100;
/// The most bytes of them. In JSON each may become two, and together with the longest URL they still fit into
/// [`PLAINTEXT`](super::encryption::PLAINTEXT).
const TITLE_BYTES: usize = 256;
const BODY_BYTES: usize = 768;

/// A message for a browser, and what it may replace.
pub struct Payload {
    /// JSON.
    pub json: Vec<u8>,
    /// Of two messages about the same thing, a browser needs only the second.
    pub about: String,
}

impl Payload {
    /// What tells of a message. `base` is the origin of this server; if it is empty, addresses are relative.
    pub fn of(notification: &Notification, base: &str) -> Self {
        let Notification {
            conversation_id,
            number,
            title,
            body,
            badge,
        } = notification;
        let about = format!("conversation-{conversation_id}");
        let has_text = !body.is_empty();
        let json = json!({
            "web_push": 8030,
            "notification": {
                "title": heading(title),
                "body": if has_text { line(body, BODY_LENGTH, BODY_BYTES) } else { NEW_MESSAGE.to_owned() },
                "navigate": format!("{base}/conversations/{conversation_id}"),
                "tag": about,
                // The page’s worker says “New message” in the language of its device.
                "data": { "conversationId": conversation_id, "number": number, "preview": has_text },
                // Where Safari first had it.
                "app_badge": badge.to_string(),
            },
            "app_badge": badge,
        });
        Self {
            json: json.to_string().into_bytes(),
            about,
        }
    }

    /// What shows somebody that notifications arrive.
    pub fn test(text: &str, base: &str) -> Self {
        let about = "test".to_owned();
        let json = json!({
            "web_push": 8030,
            "notification": {
                "title": PROGRAM,
                "body": text,
                "navigate": format!("{base}/"),
                "tag": about,
            },
        });
        Self {
            json: json.to_string().into_bytes(),
            about,
        }
    }
}

/// The title that is shown. Browsers show nothing without one.
fn heading(title: &str) -> String {
    let line = line(title, TITLE_LENGTH, TITLE_BYTES);
    if line.is_empty() {
        PROGRAM.to_owned()
    } else {
        line
    }
}

/// The beginning of a text in one line, without characters that JSON has to spell out.
fn line(text: &str, clusters: usize, bytes: usize) -> String {
    beginning(&text.replace(char::is_control, " "), clusters, bytes)
}
