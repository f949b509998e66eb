//! How often a user may do what. Each kind of thing has a burst, and then one more every so often. The bursts are large
//! enough for what people and bots honestly do at once, and the pace is far below what a server can take, so that nobody
//! slows down anybody but themselves.

use std::{num::NonZeroU32, time::Duration};

/// A kind of thing that a user does, and is limited in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Sending messages.
    Send,
    /// Editing messages, and reacting to them.
    Change,
    /// Deleting messages.
    Delete,
    /// Creating rooms, and starting conversations.
    Room,
    /// Adding people, joining, leaving and removing.
    Add,
    /// Saying that one is typing.
    Typing,
    /// Saying that one sits in front of a device.
    Attention,
    /// Creating API tokens and webhooks.
    Token,
    /// Creating invitations, accounts and links for passwords.
    Invite,
    /// Beginning to upload files.
    Upload,
    /// Having a browser notified, and trying it.
    Push,
    /// Signing out, ending sessions, changing passwords, disabling and deleting accounts. Counted by session, so that
    /// somebody with a stolen one can’t keep its owner from ending it.
    Protect,
    /// All other changes.
    Other,
}

/// A burst, and how often another one is allowed after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub burst: NonZeroU32,
    pub every: Duration,
}

impl Rate {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Send,
        Self::Change,
        Self::Delete,
        Self::Room,
        Self::Add,
        Self::Typing,
        Self::Attention,
        Self::Token,
        Self::Invite,
        Self::Upload,
        Self::Push,
        Self::Protect,
        Self::Other,
    ];

    /// Its value as a label of metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Change => "change",
            Self::Delete => "delete",
            Self::Room => "room",
            Self::Add => "add",
            Self::Typing => "typing",
            Self::Attention => "attention",
            Self::Token => "token",
            Self::Invite => "invite",
            Self::Upload => "upload",
            Self::Push => "push",
            Self::Protect => "protect",
            Self::Other => "other",
        }
    }

    /// What a user does too often, after “You’re”.
    #[must_use]
    pub const fn doing(self) -> &'static str {
        match self {
            Self::Send => "sending messages",
            Self::Change => "changing messages",
            Self::Delete => "deleting messages",
            Self::Room => "starting conversations",
            Self::Add => "adding people",
            Self::Typing => "typing",
            Self::Token => "creating tokens",
            Self::Invite => "creating invitations",
            Self::Upload => "sending files",
            Self::Push => "changing notifications",
            Self::Attention | Self::Protect | Self::Other => "doing this",
        }
    }

    /// How often it is allowed.
    #[must_use]
    pub const fn allowance(self) -> Allowance {
        let (burst, every) = match self {
            // Somebody pastes ten messages in a row, and a bot reports a hundred failed checks. Five a second are more
            // than anybody types, and a day’s messages of a phone that was offline have gone out in a minute.
            // A bot that writes its answer into one message word by word edits it a few times a second.
            Self::Send | Self::Change => (200, Duration::from_millis(200)),
            // A script moves a team here. Nobody else starts more than a few.
            Self::Room => (60, Duration::from_secs(5)),
            // All of a large team are added to a room.
            Self::Add => (200, Duration::from_secs(1)),
            // Pages say it once in three seconds.
            Self::Typing => (60, Duration::from_millis(500)),
            // Pages say it every 40 seconds, and when somebody goes from one window to another.
            Self::Attention => (60, Duration::from_secs(2)),
            // A script gives each of its jobs a token of its own.
            Self::Token => (30, Duration::from_secs(20)),
            // An administrator adds a class.
            Self::Invite => (60, Duration::from_mins(1)),
            // A message has ten files at most.
            Self::Upload => (200, Duration::from_millis(500)),
            // Somebody tries it until it works. Each try is a request to another server.
            Self::Push => (20, Duration::from_secs(10)),
            // A script disables the accounts of a whole class.
            Self::Protect => (100, Duration::from_millis(500)),
            // A page marks as read what comes in, in each open conversation, and somebody tidies up.
            Self::Delete | Self::Other => (300, Duration::from_millis(100)),
        };
        Allowance {
            burst: match NonZeroU32::new(burst) {
                Some(burst) => burst,
                None => NonZeroU32::MIN,
            },
            every,
        }
    }

    /// Whether it is allowed when the disk is nearly full: it makes room, protects an account, or writes nothing.
    #[must_use]
    pub const fn may_use_reserve(self) -> bool {
        matches!(
            self,
            Self::Delete | Self::Protect | Self::Typing | Self::Attention
        )
    }
}
