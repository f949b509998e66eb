//! Files: uploading them, and reading those of messages.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{conversations::id as conversation, pictures::PICTURE_TYPES};
use crate::{
    contract::operation::{Answer, Header, Operation, Parameter, Tag},
    error::ErrorCode::{NotFound, QuotaUsedUp, TooLarge, WrongOffset},
    model::{ConversationAttachment, Upload, UploadId, schema::FileName},
};

/// A file that the caller is about to send, and what is told about it.
#[derive(Deserialize, JsonSchema)]
pub struct CreateUpload {
    /// Bytes.
    #[schemars(required, range(min = 1))]
    pub size: Option<u64>,
    #[schemars(with = "FileName")]
    pub name: Option<String>,
    /// A text that stands for the file.
    #[schemars(length(max = 500))]
    pub alt: Option<String>,
    /// Milliseconds, of a recording or a film.
    pub duration: Option<u32>,
    /// A blurred picture to show while the file loads: a [thumbhash](https://evanw.github.io/thumbhash/) in base64.
    pub thumbhash: Option<String>,
    /// The loudness of a recording over time, from 0 to 31.
    #[schemars(length(max = 64), inner(range(max = 31)))]
    pub waveform: Option<Vec<u8>>,
}

fn id() -> Parameter {
    Parameter::path::<UploadId>("id").describe("An upload’s id")
}

fn file() -> Parameter {
    Parameter::path::<UploadId>("id").describe("An attachment’s id")
}

pub fn create() -> Operation {
    Operation::new("createUpload", Tag::Files, "Begins to upload a file")
        .describe(
            "Send the file in parts then, and its id in `attachments` of a message. An upload that isn’t part of a message a \
             day after its last part is deleted.",
        )
        .body::<CreateUpload>()
        .created::<Upload>("The upload")
        .errors([TooLarge, QuotaUsedUp])
        .invalid(["size", "name", "alt", "duration", "thumbhash", "waveform"])
}

pub fn show() -> Operation {
    Operation::new("upload", Tag::Files, "Shows how much of a file has arrived")
        .parameter(id())
        .ok::<Upload>("The upload")
        .errors([NotFound])
}

pub fn append() -> Operation {
    Operation::new("uploadPart", Tag::Files, "Uploads a part of a file. It is on disk when the response arrives")
        .describe(
            "The body is the part, of at most 1 MiB. Every part but the last has a multiple of 256 KiB. With the last one the \
             server removes from common pictures and films what tells where, when and with what they were made.",
        )
        .parameter(id())
        .parameter(
            Parameter::query::<u64>("offset")
                .required()
                .describe("Where the part begins in the file: `received` of the upload"),
        )
        .binary_body("application/octet-stream")
        .ok::<Upload>("The upload")
        .errors([NotFound, WrongOffset, TooLarge])
        .invalid(["offset"])
}

pub fn set_thumb() -> Operation {
    let operation = Operation::new("setThumb", Tag::Files, "Sets the small picture of a file")
        .describe("It is shown until somebody wants to see the file itself. It has at most 64 KiB and 640 × 640 pixels.")
        .parameter(id());
    PICTURE_TYPES
        .into_iter()
        .fold(operation, Operation::binary_body)
        .done()
        .errors([NotFound, TooLarge])
        .invalid(["picture"])
}

pub fn cancel() -> Operation {
    Operation::new("cancelUpload", Tag::Files, "Cancels an upload")
        .parameter(id())
        .done()
        .errors([NotFound])
}

pub fn list() -> Operation {
    Operation::new(
        "attachments",
        Tag::Files,
        "Lists the files of a conversation, newest first",
    )
    .parameter(conversation())
    .parameter(Parameter::query::<UploadId>("before").describe("Only files before this one"))
    .parameter(
        Parameter::query::<u32>("limit")
            .with(json!({ "minimum": 1, "maximum": 100 }))
            .describe("How many files; 25 if left out"),
    )
    .list::<ConversationAttachment>(100, "The files")
    .errors([NotFound])
    .invalid(["limit"])
}

pub fn read() -> Operation {
    Operation::new("file", Tag::Files, "Returns a file")
        .describe(
            "Pictures, recordings and films of common types may be shown in a page; everything else is for saving. A single \
             range of bytes can be asked for (RFC 9110 §14).",
        )
        .parameter(file())
        .parameter(Parameter::query::<String>("download").describe("If present, the file is for saving in any case"))
        .parameter(Parameter::header::<String>("Range").describe("As in `bytes=0-1`"))
        .answer(with_headers(Answer::empty(200, "The file").binary("*/*")))
        .answer(
            with_headers(Answer::empty(206, "The range").binary("*/*")).header(Header::any("Content-Range")),
        )
        .answer(Answer::empty(304, "The client has it").header(CACHED))
        .answer(Answer::empty(416, "The file has no such bytes").header(Header::any("Content-Range")))
        .errors([NotFound])
}

fn with_headers(answer: Answer) -> Answer {
    [
        CACHED,
        Header::any("ETag"),
        Header::constant("Accept-Ranges", "bytes"),
        Header::any("Content-Disposition"),
    ]
    .into_iter()
    .fold(answer, Answer::header)
}

pub fn thumb() -> Operation {
    let answer = PICTURE_TYPES
        .into_iter()
        .fold(Answer::empty(200, "The picture"), Answer::binary);
    Operation::new("thumb", Tag::Files, "Returns the small picture of a file")
        .parameter(file())
        .answer(answer.header(CACHED))
        .errors([NotFound])
}

/// What an id stands for never changes.
pub const CACHED: Header =
    Header::constant("Cache-Control", "private, max-age=31536000, immutable");
