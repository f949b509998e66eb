//! Requests to join a room.

use super::conversations::id;
use crate::{
    contract::operation::{Operation, Tag},
    error::ErrorCode::NotFound,
    model::{RoomRequest, schema::Conversation},
};

pub fn list() -> Operation {
    Operation::new(
        "roomRequests",
        Tag::Conversations,
        "Lists the rooms that the caller was asked to join, newest first",
    )
    .describe("Whoever sets `asksFirst` in their settings is asked instead of being added.")
    .ok::<Vec<RoomRequest>>("The requests")
}

pub fn accept() -> Operation {
    Operation::new(
        "acceptRoomRequest",
        Tag::Conversations,
        "Accepts the request to join a room",
    )
    .parameter(id())
    .ok::<Conversation>("The room")
    .errors([NotFound])
}

pub fn decline() -> Operation {
    Operation::new(
        "declineRoomRequest",
        Tag::Conversations,
        "Declines the request to join a room",
    )
    .describe("Who asked isn’t told, and can’t ask again for this room.")
    .parameter(id())
    .done()
    .errors([NotFound])
}
