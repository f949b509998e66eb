//! Rooms: which there are, who is in one, and what its owner changes.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::conversations::{before, id};
use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::{NotARoom, NotFound, NotYours},
    model::{
        Participant, UserId,
        schema::{AnyCaseUsername, Conversation, Name},
    },
};

/// What a room’s owner changes; what is left out stays.
#[derive(Deserialize, JsonSchema)]
pub struct UpdateRoom {
    #[schemars(with = "Option<Name>")]
    pub name: Option<String>,
    /// Whether anybody may find it and join.
    pub open: Option<bool>,
    /// Who owns it from now on.
    #[schemars(with = "Option<UserId>")]
    pub owner: Option<String>,
}

/// Who is added to a room.
#[derive(Default, Deserialize, JsonSchema)]
pub struct AddParticipant {
    /// The caller themselves if left out.
    #[schemars(with = "Option<AnyCaseUsername>")]
    pub username: Option<String>,
}

pub fn list_open() -> Operation {
    Operation::new(
        "openRooms",
        Tag::Conversations,
        "Lists open rooms that the caller is not in, up to 100, the newest first",
    )
    .parameter(before())
    .list::<Conversation>(100, "The rooms")
    .errors([NotFound])
}

pub fn change() -> Operation {
    Operation::new(
        "changeRoom",
        Tag::Conversations,
        "Changes a room’s name, openness or owner",
    )
    .describe("Only its owner can do this.")
    .parameter(id())
    .body::<UpdateRoom>()
    .ok::<Conversation>("The room")
    .errors([NotYours, NotFound, NotARoom])
    .invalid(["name", "owner"])
}

pub fn participants() -> Operation {
    Operation::new(
        "participants",
        Tag::Conversations,
        "Lists who is in a conversation, by name",
    )
    .parameter(id())
    .ok::<Vec<Participant>>("The participants")
    .errors([NotFound])
}

pub fn add_participant() -> Operation {
    Operation::new("addParticipant", Tag::Conversations, "Joins an open room, or adds somebody to a room")
        .describe("Without a body, or with `{}`, the caller joins. Adding somebody who is in the room already does nothing.")
        .parameter(id())
        .optional_body::<AddParticipant>()
        .done()
        .errors([NotFound, NotARoom])
}

pub fn remove_participant() -> Operation {
    Operation::new("removeParticipant", Tag::Conversations, "Leaves a room, or removes somebody from it")
        .describe(
            "Only the owner can remove others. No later message of the room reaches whoever is removed. When the owner \
             leaves, whoever has been in the room for longest becomes its owner.",
        )
        .parameter(id())
        .parameter(Parameter::path::<String>("userId").with(json!({ "pattern": "^(me|[1-9][0-9]{0,18})$" })).describe("A user’s id, or `me`"))
        .done()
        .errors([NotYours, NotFound, NotARoom])
}
