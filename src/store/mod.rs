//! The database: one SQLite file, written by one thread and read through a pool of read-only connections.
//!
//! | where | what |
//! | --- | --- |
//! | `engine` | the writer, its transactions, the readers, checkpoints, opening, migrations; knows nothing but `sequence` and where it ends |
//! | `context` | what happens after a commit |
//! | `roster_cache`, `session_cache` | caches: of the writer, and of open sessions |
//! | `handle` | the [`Store`] |
//! | `visible` | who may see which message |
//! | `source`, `replay` | what a stream has missed |
//! | `files` | backups and their folder, restoring, checking, archives |
//! | the others | one family of tables each: its SQL, and the [`Store`]'s methods about it |
//!
//! Imports go one way: `engine`, then the caches and `context`, then `handle`, then the families, then `replay`,
//! `followers` and `files`. This file only declares and exports.

mod accounts;
mod activity;
mod admin;
mod admin_settings;
mod arrivals;
mod attachments;
mod audit;
mod blocks;
mod calls;
mod changes;
mod chunks;
mod clock;
mod context;
mod conversation_settings;
mod conversations;
mod credentials;
mod daily;
mod deletion;
mod device_key;
mod drafts;
mod engine;
mod files;
mod followers;
mod handle;
mod hooks;
mod identities;
mod invites;
mod mentions;
mod messages;
mod name_parts;
mod notification_settings;
mod participants;
mod passkeys;
mod pictures;
mod pins;
mod positions;
mod profiles;
mod purges;
mod push_keys;
mod push_relays;
mod pushes;
mod quotes;
mod reactions;
mod reactor_cache;
mod read_marks;
mod recipients;
mod replay;
mod reports;
mod resets;
mod room_requests;
mod rooms;
mod roster_cache;
mod saved;
mod schema;
mod search;
mod second_factors;
mod sending;
mod session_cache;
mod sessions;
mod source;
mod starting;
mod subscriptions;
mod text_usage;
mod tokens;
mod uploads;
mod usage;
mod users;
mod visible;

pub use self::{
    accounts::{Authentication, Credential, NewAccount, Proof, SignedUp, SignupGrant},
    admin::AccountUpdate,
    admin_settings::AdminSettingsUpdate,
    attachments::File,
    chunks::PIECE,
    conversation_settings::SettingsUpdate,
    conversations::{Listed, PAGE as CONVERSATIONS_PAGE},
    drafts::PAGE as DRAFTS_PAGE,
    engine::{CHECKPOINT_EVERY, FatalError, OpenError, Purpose, with_suffix},
    files::{
        ArchiveError, BackupError, BackupFolder, OnProgress, Planted, Progress, back_up, check,
        export, import, plant, put_snapshot, restore, take_snapshot,
    },
    handle::Store,
    hooks::HookTarget,
    invites::{InviteRooms, NewInvite},
    messages::Page,
    notification_settings::NotificationSettings,
    passkeys::{Credentials, KeptPasskey, NewPasskey, UsedPasskey},
    pictures::Picture,
    profiles::NameUpdate,
    pushes::{PUSH_FOLLOWER, Push, PushContent, PushTarget},
    recipients::PUSH_LIFE,
    replay::Position,
    resets::{Recovered, Reset},
    rooms::{Added, NewRoom, PAGE as ROOMS_PAGE, RoomUpdate},
    saved::PAGE as SAVED_PAGE,
    search::{Found, Hit, Listed as ListedMessage, SearchIn, search_database},
    second_factors::{SecondFactorKind, SecondFactorState},
    sending::{NewMessage, Sent},
    session_cache::Session,
    sessions::{SignedIn, new_token},
    starting::Started,
    text_usage::TEXT_FOLLOWER,
    tokens::NewToken,
    uploads::{NewUpload, Turn},
    usage::StorageUsage,
};
