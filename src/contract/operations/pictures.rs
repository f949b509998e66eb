//! Pictures of users and rooms.

use super::{conversations, uploads::CACHED};
use crate::{
    contract::operation::{Answer, Header, Operation, Parameter, Tag},
    error::ErrorCode::{Forbidden, NotARoom, NotFound, TooLarge},
    model::{User, UserId, schema::Conversation},
};

/// What people may choose.
pub const PICTURE_TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

pub fn set_own() -> Operation {
    let operation = Operation::new("setPicture", Tag::Accounts, "Sets the caller’s picture")
        .describe(
            "The body is the file: a JPEG, PNG or WebP of at most 256 KiB and 1024 × 1024 pixels. Its type is recognized by \
             its first bytes. The picture takes precedence over one from a sign-in provider.",
        );
    takes_picture(operation).ok::<User>("The caller")
}

pub fn delete_own() -> Operation {
    Operation::new(
        "deletePicture",
        Tag::Accounts,
        "Deletes the caller’s picture; twice is once",
    )
    .ok::<User>("The caller")
}

pub fn of_user() -> Operation {
    let operation = Operation::new("avatar", Tag::Conversations, "Returns a user’s picture")
        .describe("`avatarURL` of a user has its address, which changes with the picture.")
        .parameter(Parameter::path::<UserId>("id"));
    // Providers have others, too.
    answers_picture(operation, PICTURE_TYPES.into_iter().chain(["image/gif"]))
}

pub fn set_of_room() -> Operation {
    let operation = Operation::new(
        "setRoomPicture",
        Tag::Conversations,
        "Sets a room’s picture",
    )
    .describe("The body is a file as for `setPicture`. Only the room’s owner can do this.")
    .parameter(conversations::id());
    takes_picture(operation)
        .ok::<Conversation>("The room")
        .errors([Forbidden, NotFound, NotARoom])
}

pub fn delete_of_room() -> Operation {
    Operation::new(
        "deleteRoomPicture",
        Tag::Conversations,
        "Deletes a room’s picture; twice is once",
    )
    .describe("Only the room’s owner can do this.")
    .parameter(conversations::id())
    .ok::<Conversation>("The room")
    .errors([Forbidden, NotFound, NotARoom])
}

pub fn of_room() -> Operation {
    let operation = Operation::new("roomPicture", Tag::Conversations, "Returns a room’s picture")
        .describe(
            "Whoever is in the room or may join it can see it. `avatarURL` of the room has its address, which changes with \
             the picture.",
        )
        .parameter(conversations::id());
    answers_picture(operation, PICTURE_TYPES)
}

fn takes_picture(operation: Operation) -> Operation {
    PICTURE_TYPES
        .into_iter()
        .fold(operation, Operation::binary_body)
        .error(TooLarge, "The body is larger than 256 KiB.")
        .invalid(["picture"])
}

fn answers_picture(
    operation: Operation,
    types: impl IntoIterator<Item = &'static str>,
) -> Operation {
    let answer = types
        .into_iter()
        .fold(Answer::empty(200, "The picture"), Answer::binary)
        .header(CACHED)
        .header(Header::any("Content-Security-Policy"));
    operation.answer(answer).errors([NotFound])
}
