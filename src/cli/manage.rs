//! The commands that manage users, invitations, API tokens and sessions: their arguments and their output. The work
//! itself is done by `control`.

use std::{
    io::{self, IsTerminal},
    ops::RangeInclusive,
};

use anyhow::Context;
use clap::{Subcommand, builder::RangedU64ValueParser};
use serde_json::Value;

use super::{
    error::{CommandError, existing},
    print,
    qr::qr_code,
    table::{cell, table},
};
use crate::{
    bus::{Bus, Capacity},
    config::Managing,
    control::{self, Command, ControlError, Reply},
    metrics::Metrics,
    model::{Scope, limits},
    status::Setting,
    store::Store,
};

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// List users
    List {
        /// Only usernames that start with this
        #[arg(default_value = "")]
        search: String,
    },
    /// Create a user and print a link where they choose a password
    Create {
        username: String,
        /// Make them an administrator
        #[arg(long)]
        admin: bool,
    },
    /// Rename a user
    Rename { username: String, new_name: String },
    /// Make a user an administrator, or revoke it with --revoke
    Admin {
        username: String,
        #[arg(long)]
        revoke: bool,
    },
    /// Disable a user: sign them out everywhere, along with their tokens and bots
    Disable { username: String },
    /// Enable a disabled user
    Enable { username: String },
    /// Print a link where a user chooses a new password
    Reset { username: String },
    /// Delete everything that a user and their bots have written: messages, files and reactions
    Purge {
        username: String,
        /// Don’t ask first
        #[arg(long)]
        yes: bool,
    },
    /// Delete a user’s account for good. What they wrote stays, without their name
    Delete {
        username: String,
        /// Don’t ask first
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum InviteCommand {
    /// List open invitations
    List,
    /// Create an invitation and print its link and a QR code
    Create {
        /// How many people can use it
        #[arg(long, default_value_t = 1, value_parser = in_range(limits::INVITE_USES))]
        uses: u32,
        /// Days until it expires
        #[arg(long, default_value_t = 7, value_parser = in_range(limits::INVITE_DAYS))]
        days: u32,
        /// A room that they join, instead of the default room; may be given more than once
        #[arg(long = "room", value_name = "NAME")]
        rooms: Vec<String>,
    },
    /// Revoke an invitation
    Revoke { id: String },
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// List everyone’s API tokens
    List,
    /// Create an API token for a user or a bot and print it
    Create {
        username: String,
        /// What it’s for
        name: String,
        /// What it can do
        #[arg(long, value_enum, default_value_t = Scope::Read)]
        scope: Scope,
        /// Days until it expires
        #[arg(long, default_value_t = 90, value_parser = in_range(limits::TOKEN_DAYS))]
        days: u32,
    },
    /// Revoke an API token
    Revoke { id: String },
}

#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// List a user’s sessions
    List { username: String },
    /// Revoke one of a user’s sessions, or all of them
    Revoke {
        username: String,
        id: Option<String>,
    },
}

/// Accepts the numbers that the model allows. The error for any other says what the range is.
fn in_range(limits: RangeInclusive<u32>) -> RangedU64ValueParser<u32> {
    let (least, most) = limits.into_inner();
    RangedU64ValueParser::new().range(u64::from(least)..=u64::from(most))
}

/// How the reply to a command is printed.
enum Output {
    /// A table. Each column is a heading and the field below it.
    Table(&'static [(&'static str, &'static str)]),
    /// The link or token in this field, with a QR code if it is an invitation.
    Secret(&'static str),
    /// The link, and on standard error the administrators whom its user has made.
    Reset,
    /// Nothing.
    Done,
}

const USERS: Output = Output::Table(&[
    ("USER", "username"),
    ("ID", "id"),
    ("ADMIN", "admin"),
    ("BOT", "bot"),
    ("DISABLED", "disabled"),
    ("LAST SEEN", "lastSeenAt"),
]);
const INVITES: Output = Output::Table(&[
    ("ID", "id"),
    ("USES LEFT", "usesLeft"),
    ("OF", "uses"),
    ("BY", "createdBy"),
    ("EXPIRES", "expiresAt"),
]);
const TOKENS: Output = Output::Table(&[
    ("ID", "id"),
    ("USER", "user"),
    ("NAME", "name"),
    ("SCOPE", "scope"),
    ("LAST SEEN", "lastSeenAt"),
    ("EXPIRES", "expiresAt"),
]);
const SESSIONS: Output = Output::Table(&[
    ("ID", "id"),
    ("DEVICE", "device"),
    ("SIGNED IN", "createdAt"),
    ("LAST SEEN", "lastSeenAt"),
]);

impl UserCommand {
    fn plan(self) -> (Command, Output) {
        let change = |username, new_name, admin, disabled| Command::UpdateUser {
            username,
            new_name,
            admin,
            disabled,
        };
        match self {
            Self::List { search } => (Command::ListUsers { search }, USERS),
            Self::Create { username, admin } => (
                Command::CreateUser { username, admin },
                Output::Secret("link"),
            ),
            Self::Rename { username, new_name } => {
                (change(username, Some(new_name), None, None), Output::Done)
            }
            Self::Admin { username, revoke } => {
                (change(username, None, Some(!revoke), None), Output::Done)
            }
            Self::Disable { username } => (change(username, None, None, Some(true)), Output::Done),
            Self::Enable { username } => (change(username, None, None, Some(false)), Output::Done),
            Self::Reset { username } => (Command::CreateReset { username }, Output::Reset),
            Self::Purge { username, .. } => (Command::PurgeUser { username }, Output::Done),
            Self::Delete { username, .. } => (Command::DeleteUser { username }, Output::Done),
        }
    }
}

impl InviteCommand {
    fn plan(self) -> (Command, Output) {
        match self {
            Self::List => (Command::ListInvites, INVITES),
            Self::Create { uses, days, rooms } => (
                Command::CreateInvite { uses, days, rooms },
                Output::Secret("link"),
            ),
            Self::Revoke { id } => (Command::RevokeInvite { id }, Output::Done),
        }
    }
}

impl TokenCommand {
    fn plan(self) -> (Command, Output) {
        match self {
            Self::List => (Command::ListTokens, TOKENS),
            Self::Create {
                username,
                name,
                scope,
                days,
            } => {
                let command = Command::CreateToken {
                    username,
                    name,
                    scope,
                    days,
                };
                (command, Output::Secret("token"))
            }
            Self::Revoke { id } => (Command::RevokeToken { id }, Output::Done),
        }
    }
}

impl SessionCommand {
    fn plan(self) -> (Command, Output) {
        match self {
            Self::List { username } => (Command::ListSessions { username }, SESSIONS),
            Self::Revoke { username, id } => {
                (Command::DeleteSessions { username, id }, Output::Done)
            }
        }
    }
}

const NOTHING_DELETED: &str = "nothing was deleted";

/// Any of these commands.
pub enum Management {
    User(UserCommand),
    Invite(InviteCommand),
    Token(TokenCommand),
    Session(SessionCommand),
}

impl Management {
    /// Runs the command and prints the reply.
    pub async fn run(self, with: Managing) -> anyhow::Result<()> {
        let is_invite = matches!(self, Self::Invite(_));
        if let Self::User(UserCommand::Delete {
            username,
            yes: false,
        }) = &self
        {
            let question = format!("Delete {username}’s account? This can’t be undone.");
            confirm(&question, NOTHING_DELETED)?;
        }
        if let Self::User(UserCommand::Purge {
            username,
            yes: false,
        }) = &self
        {
            let question =
                format!("Delete all messages of {username} and their bots? This can’t be undone.");
            confirm(&question, NOTHING_DELETED)?;
        }
        let (command, output) = match self {
            Self::User(command) => command.plan(),
            Self::Invite(command) => command.plan(),
            Self::Token(command) => command.plan(),
            Self::Session(command) => command.plan(),
        };
        let reply = perform(&with, command).await?;
        let value = reply.map_err(CommandError::Refused)?;
        let text = if with.json {
            format!("{value:#}\n")
        } else {
            match output {
                Output::Table(columns) => table(columns, &value),
                Output::Secret(field) => secret(&value, field, is_invite)?,
                Output::Reset => {
                    name_administrators(&value["madeAdministrators"]);
                    secret(&value, "link", false)?
                }
                Output::Done => String::new(),
            }
        };
        print(text);
        Ok(())
    }
}

/// Runs the command in the server, or in this process if no server is running.
pub(super) async fn perform(with: &Managing, command: Command) -> anyhow::Result<Reply> {
    match control::send(&with.at.db, &command).await {
        Err(ControlError::NotRunning | ControlError::LongName) => {}
        reply => return Ok(reply?),
    }
    let (bus, metrics) = (Bus::new(Capacity::default()), Metrics::new());
    let store = Store::open(existing(&with.at.db)?, None, &bus, &metrics)?;
    let setting = Setting {
        base: with.public_url.to_string(),
        backups: None,
        tls: None,
    };
    let result = command.perform(&store, &metrics, &setting).await;
    store.close().await;
    Ok(result.map_err(|error| error.to_string()))
}

/// Asks on the terminal before something that can’t be undone. `kept` is what is said if the answer is no.
pub(super) fn confirm(question: &str, kept: &str) -> anyhow::Result<()> {
    if !io::stdin().is_terminal() {
        let why = format!("{question} Confirm with --yes");
        return Err(CommandError::Refused(why).into());
    }
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if answer.trim().eq_ignore_ascii_case("y") {
        return Ok(());
    }
    Err(CommandError::Refused(kept.to_owned()).into())
}

/// Says whom an account has made administrators, as somebody else may have had it.
fn name_administrators(made: &Value) {
    let names: Vec<_> = made.as_array().into_iter().flatten().map(cell).collect();
    if !names.is_empty() {
        eprintln!(
            "this account made administrators of: {}; if someone else had it, revoke what they shouldn’t be",
            names.join(", ")
        );
    }
}

/// A link or token on a line of its own, so that scripts can read it.
fn secret(value: &Value, field: &str, is_invite: bool) -> anyhow::Result<String> {
    let secret = value[field]
        .as_str()
        .context("the server’s reply is incomplete")?;
    let mut text = format!("{secret}\n");
    if is_invite && io::stdout().is_terminal() {
        text += &qr_code(secret)?;
    }
    Ok(text)
}
