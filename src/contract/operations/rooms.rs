//! Rooms: listing and updating them, and their participants.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::conversations::{before, id};
use crate::{
    contract::operation::{Answer, Operation, Parameter, Tag},
    error::ErrorCode::{DailyLimit, Forbidden, NotARoom, NotFound, Unreachable},
    model::{
        Participant, UserId,
        schema::{AnyCaseUsername, Conversation, Name},
    },
};

/// Changes of a room. Properties that are left out stay the same.
#[derive(Deserialize, JsonSchema)]
pub struct UpdateRoom {
    #[schemars(with = "Option<Name>")]
    pub name: Option<String>,
    /// Whether every user may find it and join.
    pub open: Option<bool>,
    /// The new owner.
    #[schemars(with = "Option<UserId>")]
    pub owner: Option<String>,
}

/// The user to add to a room.
#[derive(Default, Deserialize, JsonSchema)]
pub struct AddParticipant {
    /// The caller if left out.
    #[schemars(with = "Option<AnyCaseUsername>")]
    pub username: Option<String>,
}

/// The user was asked whether they want to join.
#[derive(Serialize, JsonSchema)]
pub struct Asked {
    #[schemars(extend("const" = true))]
    pub asked: bool,
}

pub fn list_open() -> Operation {
    Operation::new(
        "openRooms",
        Tag::Conversations,
        "Lists up to 100 open rooms that the caller is not in, newest first",
    )
    .parameter(before())
    .list::<Conversation>(100, "The rooms")
    .errors([NotFound])
}

pub fn change() -> Operation {
    Operation::new(
        "updateRoom",
        Tag::Conversations,
        "Changes a room’s name, openness or owner",
    )
    .describe("Only the room’s owner can do this.")
    .parameter(id())
    .body::<UpdateRoom>()
    .ok::<Conversation>("The room")
    .errors([Forbidden, NotFound, NotARoom])
    .invalid(["name", "owner"])
}

pub fn participants() -> Operation {
    Operation::new(
        "participants",
        Tag::Conversations,
        "Lists the participants of a conversation, by name",
    )
    .parameter(id())
    .ok::<Vec<Participant>>("The participants")
    .errors([NotFound])
}

pub fn add_participant() -> Operation {
    Operation::new("addParticipant", Tag::Conversations, "Joins an open room, or adds a user to a room")
        .describe(
            "Without a body, or with `{}`, the caller joins. Adding a user who is already in the room has no effect. Only its \
             maker can add a bot, and it can join where its maker is.",
        )
        .parameter(id())
        .optional_body::<AddParticipant>()
        .answer(Answer::json::<Asked>(202, "The user wants to be asked before they are added, and has been"))
        .done()
        .errors([DailyLimit, Forbidden, NotFound, NotARoom, Unreachable])
}

pub fn remove_participant() -> Operation {
    Operation::new("removeParticipant", Tag::Conversations, "Leaves a room, or removes a participant")
        .describe(
            "Only the owner can remove others, and no API token can. They receive no later messages of the room. When the owner leaves, the \
             participant who has been in the room for longest becomes its owner.",
        )
        .parameter(id())
        .parameter(Parameter::path::<String>("userId").with(json!({ "pattern": "^(me|[1-9][0-9]{0,18})$" })).describe("A user’s id, or `me`"))
        .done()
        .errors([Forbidden, NotFound, NotARoom])
}
