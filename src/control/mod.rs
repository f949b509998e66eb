//! The commands that manage a server from the command line, without signing in. Access to the database’s files is what
//! permits them: a running server takes commands on a Unix socket beside the database that only its owner can open. On
//! Windows it is a named pipe, to which a file beside the database leads.
//! If no server is running, the program runs them itself, under the database’s lock. Either way all writes go through
//! the one writer.

mod socket;

use std::{str::FromStr, sync::Arc, time::SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use self::socket::{ControlError, ControlSocket, send};
use crate::{
    error::{Error, Result},
    metrics::Metrics,
    model::{
        Account, Actor, CertificateStatus, InviteId, Scope, SecurityEventId, SessionId, Timestamp,
        Username, invite_link, limits, reset_link, security::AUDIT_PAGE, token_name,
    },
    status::{Setting, Status},
    store::{AccountUpdate, InviteRooms, NewInvite, NewToken, Store},
    tls::{
        Tls,
        home::{Home, HomeError, HomeStatus, Machine},
    },
};

/// A command, as it travels over the socket. Users are identified by name, everything else by id.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    Status,
    ListUsers {
        search: String,
    },
    CreateUser {
        username: String,
        admin: bool,
    },
    UpdateUser {
        username: String,
        new_name: Option<String>,
        admin: Option<bool>,
        disabled: Option<bool>,
    },
    CreateReset {
        username: String,
    },
    DeleteUser {
        username: String,
    },
    PurgeUser {
        username: String,
    },
    ListSessions {
        username: String,
    },
    DeleteSessions {
        username: String,
        id: Option<String>,
    },
    ListInvites,
    CreateInvite {
        uses: u32,
        days: u32,
        /// By name; the default room if left out.
        #[serde(default)]
        rooms: Vec<String>,
    },
    RevokeInvite {
        id: String,
    },
    ListTokens,
    CreateToken {
        username: String,
        name: String,
        scope: Scope,
        days: u32,
    },
    RevokeToken {
        id: String,
    },
    /// The certificate, and the authority of a home.
    ShowTls,
    /// Makes a new certificate, as a home’s server can.
    RenewCertificate,
    /// Makes a new authority, which each device has to trust again.
    ResetAuthority,
    /// One page of the audit log, newest first.
    ListEvents {
        since: Option<Timestamp>,
        before: Option<String>,
    },
}

/// The reply to a command: the result as the HTTP API would send it, or a sentence that says why the command was
/// refused.
pub type Reply = std::result::Result<Value, String>;

impl Command {
    /// Runs the command.
    ///
    /// # Errors
    /// Those of the store, [`Error::Invalid`] for a value out of range, and [`Error::NotFound`] for an unknown id.
    pub async fn perform(
        self,
        store: &Store,
        metrics: &Metrics,
        setting: &Setting,
    ) -> Result<Value> {
        let base = &setting.base;
        store.follow_clock().await?;
        let by = Actor::command_line();
        Ok(match self {
            Self::Status => json!(Status::of(store, metrics, setting).await?),
            Self::ListUsers { search } => list_users(store, &search).await?,
            Self::CreateUser { username, admin } => {
                let username = Username::new(&username)?;
                let (user, reset) = store.create_account(username, admin, by).await?;
                let link = reset_link(base, &reset.token);
                json!({ "user": user, "link": link, "expiresAt": reset.expires_at })
            }
            Self::UpdateUser {
                username,
                new_name,
                admin,
                disabled,
            } => {
                let account = store.find_account(username).await?;
                let change = AccountUpdate {
                    username: new_name.map(|name| Username::new(&name)).transpose()?,
                    admin,
                    disabled,
                };
                json!(store.update_account(account.user.id, change, by).await?)
            }
            Self::CreateReset { username } => {
                let account = store.find_account(username).await?;
                let reset = store.create_reset(account.user.id, by).await?;
                let link = reset_link(base, &reset.token);
                let made = reset.made_administrators;
                json!({ "link": link, "expiresAt": reset.expires_at, "madeAdministrators": made })
            }
            Self::DeleteUser { username } => {
                let account = store.find_account(username).await?;
                store.delete_account(account.user.id, by).await?;
                Value::Null
            }
            Self::PurgeUser { username } => {
                let account = store.find_account(username).await?;
                store.begin_purge(account.user.id, by).await?;
                // Done when it returns, also if no server runs. One that runs does a part of it.
                while store.purge_some().await? {}
                Value::Null
            }
            Self::ListSessions { username } => {
                let account = store.find_account(username).await?;
                json!(store.account_sessions(account.user.id).await?)
            }
            Self::DeleteSessions { username, id } => {
                let account = store.find_account(username).await?;
                let id: Option<SessionId> = id.map(|id| parse(&id, "Session")).transpose()?;
                store.end_account_sessions(account.user.id, id, by).await?;
                Value::Null
            }
            Self::ListInvites => json!(store.invites(None).await?),
            Self::CreateInvite { uses, days, rooms } => {
                let new = NewInvite {
                    by: None,
                    uses: limits::invite_uses(uses, &limits::INVITE_USES)?,
                    lasts: limits::days(days, &limits::INVITE_DAYS)?,
                    rooms: invite_rooms(store, rooms).await?,
                };
                let (invite, token) = store.create_invite(new, by).await?;
                with(&invite, "link", invite_link(base, &token))
            }
            Self::RevokeInvite { id } => {
                let id: InviteId = parse(&id, "Invitation")?;
                store.revoke_invite(id, None, by).await?;
                Value::Null
            }
            Self::ListTokens => json!(store.tokens(None).await?),
            Self::CreateToken {
                username,
                name,
                scope,
                days,
            } => {
                let new = NewToken {
                    name: token_name(&name)?,
                    scope,
                    lasts: limits::days(days, &limits::TOKEN_DAYS)?,
                    bot: None,
                };
                let (info, token) = store.create_token_for(username, new, by).await?;
                with(&info, "token", token)
            }
            Self::RevokeToken { id } => {
                let id = parse(&id, "Token")?;
                store.revoke_token(None, id, by).await?;
                Value::Null
            }
            Self::ShowTls => json!(TlsReport::of(setting.tls.as_deref())?),
            Self::RenewCertificate => json!(change_home(setting, Home::renew).await?),
            Self::ResetAuthority => json!(change_home(setting, Home::reset).await?),
            Self::ListEvents { since, before } => list_events(store, since, before).await?,
        })
    }
}

async fn list_events(
    store: &Store,
    since: Option<Timestamp>,
    before: Option<String>,
) -> Result<Value> {
    let before: Option<SecurityEventId> = before.map(|id| parse(&id, "Event")).transpose()?;
    let events = store.security_events(before, since, AUDIT_PAGE).await?;
    Ok(json!(events))
}

/// How a server’s certificate is doing, and who has signed it at home.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct TlsReport {
    /// Null if there is none.
    pub certificate: Option<CertificateStatus>,
    /// Null if the certificate isn’t from the server’s own authority.
    pub home: Option<HomeStatus>,
}

impl TlsReport {
    fn of(tls: Option<&Tls>) -> Result<Self> {
        let tls = tls.ok_or_else(|| {
            refused("This server doesn’t speak TLS. Start it with --tls home, or with --tls-cert and --tls-key.")
        })?;
        Ok(Self {
            certificate: Some(tls.certificates().status()),
            home: tls.home().map(|home| home.status()),
        })
    }
}

/// Changes the certificate of a home, and says how it is doing then.
async fn change_home(
    setting: &Setting,
    change: fn(&Home, &Machine, SystemTime) -> std::result::Result<(), HomeError>,
) -> Result<TlsReport> {
    let home = setting.tls.as_ref().and_then(|tls| tls.home());
    let home = Arc::clone(home.ok_or_else(|| {
        refused("This server’s certificate isn’t from its own authority. Whoever issued it has to renew it.")
    })?);
    let change = move || change(&home, &Machine::look(), SystemTime::now());
    let changed = tokio::task::spawn_blocking(change).await;
    let changed = changed.map_err(|failed| Error::of_task(&failed, "changing the certificate"))?;
    changed.map_err(|error| refused(error.to_string()))?;
    TlsReport::of(setting.tls.as_deref())
}

fn refused(reason: impl Into<String>) -> Error {
    Error::invalid("tls", reason)
}

async fn list_users(store: &Store, search: &str) -> Result<Value> {
    let mut all = Vec::new();
    loop {
        let after = all.last().map(|account: &Account| account.user.id);
        let page = store.accounts(search, after).await?;
        if page.is_empty() {
            return Ok(json!(all));
        }
        all.extend(page);
    }
}

async fn invite_rooms(store: &Store, names: Vec<String>) -> Result<InviteRooms> {
    if names.is_empty() {
        return Ok(InviteRooms::Default);
    }
    let mut rooms = Vec::with_capacity(names.len());
    for name in names {
        match store.rooms_called(name.clone()).await?[..] {
            [room] => rooms.push(room),
            [] => {
                return Err(Error::invalid(
                    "rooms",
                    format!("No room is called {name}."),
                ));
            }
            _ => {
                let reason = format!("More than one room is called {name}.");
                return Err(Error::invalid("rooms", reason));
            }
        }
    }
    limits::invite_rooms(&rooms)?;
    Ok(InviteRooms::These(rooms))
}

fn parse<T: FromStr>(id: &str, what: &'static str) -> Result<T> {
    id.parse().map_err(|_| Error::NotFound(what))
}

/// `value` as JSON, with one more field.
fn with(value: &impl Serialize, name: &str, text: String) -> Value {
    let mut value = json!(value);
    value[name] = text.into();
    value
}
