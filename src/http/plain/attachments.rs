//! The files of a message on a page without scripts.

use maud::{Markup, html};

use crate::{
    error::byte_size,
    model::{Attachment, Message},
};

/// Links to the files, with a small picture where there is one.
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
    html! {
        @if attachment.has_thumb {
            a href=(path) {
                img src={ (path) "/thumb" } alt=(alt.as_ref().unwrap_or(name)) loading="lazy";
            }
        } @else {
            a href=(path) dir="auto" { (name) } " " small { (byte_size(attachment.size)) }
        }
    }
}
