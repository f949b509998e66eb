//! Starting a direct conversation, or finding the one that is there.

use super::{
    blocks,
    conversations::{create_direct, find_direct, show},
    handle::Store,
    users,
};
use crate::{
    error::{Error, Result},
    model::{Conversation, ConversationId, Member, UserId, UsernameKey},
};

/// The result of starting a direct conversation.
#[derive(Debug)]
pub enum Started {
    /// It is new. The member is the caller's.
    Created(Box<(Conversation, Member)>),
    /// The two already have one.
    Existing(ConversationId),
}

impl Store {
    /// Starts a direct conversation between `caller` and the user with this name, or finds the one they have.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such user, [`Error::SelfConversation`], [`Error::Blocked`],
    /// [`Error::Unreachable`].
    pub async fn start_direct(&self, caller: UserId, username: String) -> Result<Started> {
        let username = UsernameKey::new(&username);
        self.write(move |tx| {
            let other = users::find(tx.connection, &username)?.ok_or(users::NOT_FOUND)?;
            if other.id == caller {
                return Err(Error::SelfConversation);
            }
            if let Some(existing) = find_direct(tx.connection, caller, other.id)? {
                show(tx, existing, caller)?;
                return Ok(Started::Existing(existing));
            }
            blocks::require_writable(tx.connection, caller, &other)?;
            let created = create_direct(tx, caller, other.id)?;
            Ok(Started::Created(Box::new(created)))
        })
        .await
    }
}
