//! Other people: finding them, their profiles, and blocking them.

use serde_json::json;

use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::{NotFound, SelfConversation},
    model::{Profile, User, UserId, Username},
};

fn search_text() -> Parameter {
    Parameter::query::<String>("search")
        .with(json!({ "minLength": 1, "pattern": r"\S" }))
        .required()
        .example("ja")
}

fn id() -> Parameter {
    Parameter::path::<UserId>("id").describe("A user’s id")
}

pub fn search() -> Operation {
    Operation::new(
        "searchUsers",
        Tag::Conversations,
        "Finds up to 5 users by the beginning of their username or of a word of their display name",
    )
    .describe("Case does not matter. The caller is not included.")
    .parameter(search_text())
    .list::<User>(5, "The users")
    .invalid(["search"])
}

pub fn search_usernames() -> Operation {
    Operation::new(
        "searchUsernames",
        Tag::Conversations,
        "The usernames of the users that `searchUsers` finds",
    )
    .parameter(search_text())
    .list::<Username>(5, "The usernames")
    .invalid(["search"])
}

pub fn show() -> Operation {
    Operation::new(
        "profile",
        Tag::Conversations,
        "Shows a user, and what the caller shares with them",
    )
    .parameter(id())
    .ok::<Profile>("The profile")
    .errors([NotFound])
}

pub fn block() -> Operation {
    Operation::new("blockUser", Tag::Conversations, "Blocks a user; twice is once")
        .describe(
            "Neither of the two can write in their direct conversation, or sees there that the other is typing or online. \
             The user can’t start one, and can’t add the caller to rooms. They aren’t told. A user’s bots are blocked with \
             them.",
        )
        .parameter(id())
        .done()
        .errors([NotFound, SelfConversation])
}

pub fn unblock() -> Operation {
    Operation::new(
        "unblockUser",
        Tag::Conversations,
        "Unblocks a user; twice is once",
    )
    .parameter(id())
    .done()
    .errors([NotFound, SelfConversation])
}

pub fn list_blocked() -> Operation {
    Operation::new(
        "blockedUsers",
        Tag::Conversations,
        "Lists the users whom the caller has blocked, ordered by username",
    )
    .ok::<Vec<User>>("The users")
}
