//! The commands that manage a server from the command line, without signing in. Access to the database’s files is what
//! permits them: a running server takes commands on a Unix socket beside the database that only its owner can open.
//! If no server is running, the program runs them itself, under the database’s lock. Either way all writes go through
//! the one writer.

use std::{
    fs::{self, File, Permissions},
    io,
    os::{
        fd::AsRawFd,
        unix::{fs::PermissionsExt, net::SocketAddr},
    },
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    error::{Error, Result},
    metrics::Metrics,
    model::{
        Account, Actor, CertificateStatus, InviteId, Scope, SecurityEventId, SessionId, Timestamp,
        Username, invite_link, limits, reset_link, security::AUDIT_PAGE, token_name,
    },
    status::{Setting, Status},
    store::{AccountUpdate, InviteRooms, NewInvite, NewToken, Store, with_suffix},
    tls::{
        Tls,
        home::{Home, HomeError, HomeStatus, Machine},
    },
};

/// How long a command may take to arrive.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait before accepting again when the system is out of files or memory.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);
/// The most bytes of a command.
const MAX_COMMAND_BYTES: u64 = 64 * 1024;

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

/// The path of the socket beside the database.
fn socket(given: &Path) -> PathBuf {
    // Symbolic links are followed, as for the lock.
    let database = given.canonicalize();
    with_suffix(database.as_deref().unwrap_or(given), ".sock")
}

/// A path of a socket that is short enough to bind or connect to it: at most 107 bytes (unix(7)). A longer one leads through
/// the opened folder, so a folder may be as deep as it likes.
struct Short {
    path: PathBuf,
    /// Has to stay open while the path is used.
    _folder: Option<File>,
}

impl Short {
    fn of(socket: &Path) -> io::Result<Self> {
        let (Some(folder), Some(name), Err(_)) = (
            socket.parent(),
            socket.file_name(),
            SocketAddr::from_pathname(socket),
        ) else {
            return Ok(Self {
                path: socket.to_owned(),
                _folder: None,
            });
        };
        let folder = File::open(folder)?;
        Ok(Self {
            path: Path::new("/proc/self/fd")
                .join(folder.as_raw_fd().to_string())
                .join(name),
            _folder: Some(folder),
        })
    }
}

/// The socket on which a running server takes commands. The socket’s file is removed when this is dropped.
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl ControlSocket {
    /// Creates the socket. The caller must hold the database’s lock, which means that an existing socket was left behind
    /// and can be replaced. Returns none if the socket can’t be created, for example because its name is too long: that
    /// is logged, and the server runs without it.
    #[must_use]
    pub fn listen(database: &Path) -> Option<Self> {
        let path = socket(database);
        let _ = fs::remove_file(&path);
        let listen = || {
            let listener = UnixListener::bind(&Short::of(&path)?.path)?;
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            Ok(listener)
        };
        let listener = listen().inspect_err(|error: &io::Error| {
            tracing::warn!(%error, path = %path.display(), "the command line can’t reach this server");
        });
        let listener = listener.ok()?;
        Some(Self { listener, path })
    }

    /// Takes commands until the server stops.
    pub async fn serve(
        self,
        store: Store,
        metrics: Arc<Metrics>,
        setting: Setting,
        stopping: CancellationToken,
    ) {
        loop {
            let accepted = tokio::select! {
                () = stopping.cancelled() => return,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let (store, metrics) = (store.clone(), Arc::clone(&metrics));
                    let setting = setting.clone();
                    tokio::spawn(async move {
                        let answered = answer(stream, &store, &metrics, &setting);
                        if let Err(error) = answered.await {
                            tracing::debug!(%error, "a command got no answer");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "can’t accept commands; trying again");
                    sleep(ACCEPT_RETRY).await;
                }
            }
        }
    }
}

/// Reads a command as one line of JSON, and writes the reply as another.
async fn answer(
    stream: UnixStream,
    store: &Store,
    metrics: &Metrics,
    setting: &Setting,
) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(reader).take(MAX_COMMAND_BYTES);
    timeout(COMMAND_TIMEOUT, reader.read_line(&mut line)).await??;
    let reply: Reply = match serde_json::from_str::<Command>(&line) {
        Ok(command) => {
            if matches!(
                command,
                Command::Status | Command::ShowTls | Command::ListEvents { .. }
            ) {
                // Monitoring asks for these all the time.
                tracing::debug!(?command, "on the command line");
            } else {
                tracing::info!(?command, "on the command line");
            }
            let result = command.perform(store, metrics, setting).await;
            result.map_err(|error| error.to_string())
        }
        Err(_) => Err("this server doesn’t know that command".to_owned()),
    };
    let mut line = serde_json::to_vec(&reply)?;
    line.push(b'\n');
    writer.write_all(&line).await
}

/// Sends a command to the running server.
///
/// # Errors
/// [`ControlError::NotRunning`] if there is none, and [`ControlError::LongName`] if there can’t be a socket. The caller can
/// then run the command itself: the database’s lock says whether a server runs.
pub async fn send(database: &Path, command: &Command) -> std::result::Result<Reply, ControlError> {
    let connect = async {
        let socket = Short::of(&socket(database))?;
        UnixStream::connect(&socket.path).await
    };
    let stream = match connect.await {
        Ok(stream) => stream,
        Err(error) if is_not_running(&error) => return Err(ControlError::NotRunning),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            return Err(ControlError::LongName);
        }
        Err(error) => return Err(error.into()),
    };
    let (reader, mut writer) = stream.into_split();
    let mut line = serde_json::to_vec(command).map_err(io::Error::from)?;
    line.push(b'\n');
    writer.write_all(&line).await?;
    let mut line = String::new();
    BufReader::new(reader).read_line(&mut line).await?;
    Ok(serde_json::from_str(&line).map_err(io::Error::from)?)
}

/// Why there is no reply from a server.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("no server is running on this database")]
    NotRunning,
    #[error(
        "a running server can’t be asked: the name of the database’s file is too long for a socket beside it; use a shorter one"
    )]
    LongName,
    #[error("the server didn’t answer: {0}")]
    Broken(#[from] io::Error),
}

fn is_not_running(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
    )
}
