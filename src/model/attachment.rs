//! Files: on their way to the server, and as attachments of messages.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use schemars::JsonSchema;
use serde::Serialize;

use super::{ConversationId, MessageId, Timestamp, UploadId, User, is_blank};
use crate::error::{Error, Result};

/// The most attachments of a message.
pub const MAX_ATTACHMENTS: usize = 10;
/// The most characters of the text that stands for a file.
const MAX_ALT_LENGTH: usize = 500;
/// The most bytes of it, so that ten of them, with the longest message, fit an event. Letters in use have up to three bytes
/// each: this strikes only texts of hundreds of emoji.
const MAX_ALT_BYTES: usize = 3 * MAX_ALT_LENGTH;
/// The most bytes of a thumbhash (<https://evanw.github.io/thumbhash/>).
const MAX_THUMBHASH: usize = 25;
/// The most bars of a waveform, and the highest of them.
const MAX_BARS: usize = 64;
const MAX_BAR: u8 = 31;
/// The longest duration of a recording, in milliseconds: a day.
const MAX_DURATION: u32 = 24 * 60 * 60 * 1000;

/// A file on its way to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Upload {
    /// Also the id of the attachment that it becomes.
    pub id: UploadId,
    /// The name by which others see and download it.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// Bytes.
    #[schemars(range(min = 1))]
    pub size: u64,
    /// How many of them the server has. The next part begins there.
    pub received: u64,
}

/// What the sender tells about a file. It has been checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    pub alt: Option<String>,
    /// In milliseconds.
    pub duration: Option<u32>,
    pub thumbhash: Option<Thumbhash>,
    pub waveform: Option<Vec<u8>>,
}

impl Description {
    /// Checks what the sender tells.
    ///
    /// # Errors
    /// [`Error::Invalid`] on the field.
    pub fn new(
        alt: Option<String>,
        duration: Option<u32>,
        thumbhash: Option<&str>,
        waveform: Option<Vec<u8>>,
    ) -> Result<Self> {
        let alt = alt.map(|text| text.trim().to_owned());
        let alt = alt.filter(|text| !is_blank(text));
        if let Some(alt) = &alt {
            if alt.chars().count() > MAX_ALT_LENGTH {
                let reason = format!("Descriptions can be up to {MAX_ALT_LENGTH} characters.");
                return Err(Error::invalid("alt", reason));
            }
            if alt.len() > MAX_ALT_BYTES {
                let reason = "This description is too long. Use fewer emoji.";
                return Err(Error::invalid("alt", reason));
            }
            if alt.chars().any(|c| c.is_control() && c != '\n') {
                let reason = "Descriptions can’t contain control characters.";
                return Err(Error::invalid("alt", reason));
            }
        }
        if duration.is_some_and(|duration| duration > MAX_DURATION) {
            let reason = "duration must be at most a day, in milliseconds.";
            return Err(Error::invalid("duration", reason));
        }
        let bars = waveform.as_deref().unwrap_or_default();
        if bars.len() > MAX_BARS || bars.iter().any(|bar| *bar > MAX_BAR) {
            let reason = format!("waveform must be up to {MAX_BARS} numbers from 0 to {MAX_BAR}.");
            return Err(Error::invalid("waveform", reason));
        }
        Ok(Self {
            alt,
            duration,
            thumbhash: thumbhash.map(Thumbhash::new).transpose()?,
            waveform: waveform.filter(|bars| !bars.is_empty()),
        })
    }
}

/// A picture in some 25 bytes, to show while the file loads. In JSON it is base64 (RFC 4648 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbhash(pub Vec<u8>);

impl Thumbhash {
    fn new(text: &str) -> Result<Self> {
        let bytes = BASE64_STANDARD.decode(text).ok();
        let bytes = bytes.filter(|bytes| (5..=MAX_THUMBHASH).contains(&bytes.len()));
        let reason = "thumbhash must be a thumbhash in base64.";
        bytes
            .map(Self)
            .ok_or_else(|| Error::invalid("thumbhash", reason))
    }
}

impl Serialize for Thumbhash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// `/api/files/{id}` has the file.
    pub id: UploadId,
    /// The name that the sender’s device gave it. Several files may have the same.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// The media type, by the file’s own first bytes.
    #[serde(rename = "type")]
    #[schemars(length(min = 1))]
    pub kind: String,
    /// Bytes.
    #[schemars(range(min = 1))]
    pub size: u64,
    /// Pixels, as the picture is shown. Left out if the file isn’t a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Milliseconds, as the sender’s device says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<u32>,
    /// A text that stands for the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_ALT_LENGTH))]
    pub alt: Option<String>,
    /// A blurred picture to show while the file loads: a [thumbhash](https://evanw.github.io/thumbhash/) in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub thumbhash: Option<Thumbhash>,
    /// The loudness of a recording over time, from 0 to 31.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_BARS), inner(range(max = MAX_BAR)))]
    pub waveform: Option<Vec<u8>>,
    /// Whether `/api/files/{id}/thumb` has a small picture of it.
    pub has_thumb: bool,
}

/// An attachment, and where it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationAttachment {
    pub attachment: Attachment,
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// The message’s number in its conversation.
    #[schemars(range(min = 1))]
    pub number: i64,
    pub author: User,
    pub created_at: Timestamp,
}
