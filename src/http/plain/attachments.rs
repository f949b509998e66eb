//! The files of a message on a page without scripts.

use maud::{Markup, html};

use crate::{
    error::byte_size,
    http::disposition::is_shown,
    model::{Attachment, Message},
};

/// Links to the files. Pictures are shown, as small ones where there are any.
pub fn attachments(message: &Message) -> Markup {
    html! {
        @if !message.attachments.is_empty() {
            ul .files {
                @for attachment in &message.attachments { li { (link(attachment)) } }
            }
        }
    }
}

fn link(attachment: &Attachment) -> Markup {
    let Attachment { id, name, alt, .. } = attachment;
    let path = format!("/api/files/{id}");
    let is_picture = attachment.kind.starts_with("image/") && is_shown(&attachment.kind);
    let picture = if attachment.has_thumb {
        Some(format!("{path}/thumb"))
    } else {
        is_picture.then(|| path.clone())
    };
    html! {
        @if let Some(picture) = picture {
            a href=(path) {
                img src=(picture) alt=(alt.as_ref().unwrap_or(name)) loading="lazy";
            }
        } @else {
            a href=(path) dir="auto" { (name) } " " small { (byte_size(attachment.size)) }
        }
    }
}
