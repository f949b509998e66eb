//! The command line: its commands, what each of them does, and the exit codes. The flags of the server, and those
//! that several commands share, are defined in [`config`](crate::config).

mod archive;
mod audit;
mod backup;
mod describe;
mod error;
mod lab;
mod manage;
mod qr;
mod search;
mod signals;
mod status;
mod systemd;
mod table;
mod tls;

use std::{
    env,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    time::Duration,
};

use anyhow::Context;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use self::{
    audit::AuditArgs,
    error::CommandError,
    manage::{InviteCommand, Management, SessionCommand, TokenCommand, UserCommand},
    search::SearchArgs,
    signals::Signals,
    status::{NotRunning, StatusArgs},
    tls::TlsArgs,
};
use crate::{
    config::{
        ConfigError, Database, LabArgs, LogFormat, Managing, ServeArgs, name_variable,
        without_empty_variables,
    },
    control::ControlError,
    listening::Listener,
    platform::{self, PassedSockets},
    server::{Server, StartError},
    store::{ArchiveError, BackupError, FatalError, OpenError},
    tls::{
        acme::AcmeError,
        home::{Home, HomeError},
    },
};

/// A self-hosted messenger in one file.
///
/// Without a command, runs the server.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (the default)
    Serve(Box<ServeArgs>),
    /// Run a server for work on a front end: anyone on this machine can sign in as anyone, and /dev has the controls
    Lab(Box<LabArgs>),
    /// Show the status of the server
    Status(StatusArgs),
    /// Manage users, whether or not the server is running
    User {
        #[command(subcommand)]
        command: UserCommand,
        #[command(flatten)]
        with: Managing,
    },
    /// Manage invitations
    Invite {
        #[command(subcommand)]
        command: InviteCommand,
        #[command(flatten)]
        with: Managing,
    },
    /// Manage API tokens
    Token {
        #[command(subcommand)]
        command: TokenCommand,
        #[command(flatten)]
        with: Managing,
    },
    /// Manage sessions
    Session {
        #[command(subcommand)]
        command: SessionCommand,
        #[command(flatten)]
        with: Managing,
    },
    /// Show the audit log: who signed in, who tried to, and what was done with accounts
    Audit(AuditArgs),
    /// Find messages, whether or not the server is running
    Search(SearchArgs),
    /// Show or renew the certificate by which the server speaks TLS
    Tls(TlsArgs),
    /// Back up the database to a file, even while the server is running
    Backup {
        /// The file to create
        #[arg(value_name = "BACKUP")]
        to: PathBuf,
        #[command(flatten)]
        at: Database,
    },
    /// Replace the database with a backup and keep the old one beside it (stop the server first)
    Restore {
        backup: PathBuf,
        #[command(flatten)]
        at: Database,
    },
    /// Export everything, or what one user can see, as text and pictures to a new folder
    Export {
        /// The folder to create
        #[arg(value_name = "DIR")]
        to: PathBuf,
        /// Only what this user can see
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        #[command(flatten)]
        at: Database,
    },
    /// Import an exported folder into a new database (stop the server first)
    Import {
        #[arg(value_name = "DIR")]
        from: PathBuf,
        #[command(flatten)]
        at: Database,
    },
    /// Check the database for damage, even while the server is running
    Check {
        #[command(flatten)]
        at: Database,
    },
    /// Print shell completions
    Completions { shell: Shell },
    /// Print the API as TypeScript declarations
    Types,
    /// Write man pages to a folder, one for each command
    Man {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

impl Cli {
    /// What the program was started with, by flags and variables. If that is wrong, or `--help` is asked for, it says so and
    /// ends the program.
    #[must_use]
    pub fn from_environment() -> Self {
        let mut program = without_empty_variables(Self::command());
        let matches = program
            .try_get_matches_from_mut(env::args_os())
            .unwrap_or_else(|error| name_variable(error, &mut program).exit());
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut program).exit())
    }
}

/// Runs the command that was given.
///
/// # Errors
/// Why it failed; [`exit_code`] maps the error to an exit code.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    // Only the owner may read the files that the program creates: the database, its log, and backups. Man pages are for
    // everybody.
    if !matches!(cli.command, Some(Command::Man { .. })) {
        platform::keep_private();
    }
    // Before any thread starts: this removes the variables that it reads from the environment.
    let sockets = PassedSockets::from_env();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("can’t start threads")?;
    let outcome = runtime.block_on(async {
        let (management, with) = match cli.command.unwrap_or(Command::Serve(Box::new(cli.serve))) {
            Command::Serve(args) => return serve(*args, sockets).await,
            Command::Lab(args) => return lab::run(*args).await,
            Command::Status(status) => return status.run().await,
            Command::Audit(audit) => return audit.run().await,
            Command::User { command, with } => (Management::User(command), with),
            Command::Invite { command, with } => (Management::Invite(command), with),
            Command::Token { command, with } => (Management::Token(command), with),
            Command::Session { command, with } => (Management::Session(command), with),
            Command::Search(search) => return search.run(),
            Command::Tls(tls) => return tls.run().await,
            Command::Backup { to, at } => return backup::back_up(&at, &to),
            Command::Restore { backup, at } => return backup::restore(&at, &backup),
            Command::Export { to, user, at } => return archive::export(&at, &to, user.as_deref()),
            Command::Import { from, at } => return archive::import(&at, &from),
            Command::Check { at } => return backup::check(&at),
            Command::Completions { shell } => {
                describe::complete(Cli::command(), shell);
                return Ok(());
            }
            Command::Types => {
                describe::print_types();
                return Ok(());
            }
            Command::Man { folder } => {
                return Ok(describe::write_man_pages(Cli::command(), &folder)?);
            }
        };
        management.run(with).await
    });
    // A read that is still running must not delay the exit.
    runtime.shutdown_timeout(Duration::from_millis(500));
    outcome
}

/// The exit code for an error, as in sysexits.h; 1 if the program rightly refused to do something.
#[must_use]
pub fn exit_code(error: &anyhow::Error) -> u8 {
    const REFUSED: u8 = 1;
    const DATA_ERROR: u8 = 65;
    const NO_INPUT: u8 = 66;
    const UNAVAILABLE: u8 = 69;
    const SOFTWARE: u8 = 70;
    const CANT_CREATE: u8 = 73;
    const IO_ERROR: u8 = 74;
    const TRY_AGAIN: u8 = 75;
    const CONFIG: u8 = 78;

    let of_database = |error: &OpenError| match error {
        OpenError::Unusable { .. } => CANT_CREATE,
        OpenError::InUse { .. } => TRY_AGAIN,
        OpenError::Purpose { .. } => CONFIG,
        OpenError::Corrupt { .. }
        | OpenError::Foreign { .. }
        | OpenError::Unmarked { .. }
        | OpenError::Newer { .. } => DATA_ERROR,
    };
    if let Some(error) = error.downcast_ref::<OpenError>() {
        return of_database(error);
    }
    let of_backup = |error: &BackupError| match error {
        BackupError::Database(error) => of_database(error),
        BackupError::BadBackup { .. } => DATA_ERROR,
        BackupError::NoPlace { .. } | BackupError::NoRoom { .. } => CANT_CREATE,
        BackupError::Failed { .. } => IO_ERROR,
        BackupError::Stopped => REFUSED,
    };
    if let Some(error) = error.downcast_ref::<BackupError>() {
        return of_backup(error);
    }
    if let Some(error) = error.downcast_ref::<ArchiveError>() {
        return match error {
            ArchiveError::Backup(error) => of_backup(error),
            ArchiveError::BadLine { .. } | ArchiveError::Bad { .. } => DATA_ERROR,
            ArchiveError::Nobody(_) | ArchiveError::Taken(_) => REFUSED,
        };
    }
    if let Some(error) = error.downcast_ref::<StartError>() {
        return match error {
            StartError::Database(error) => of_database(error),
            StartError::Listen { .. } => UNAVAILABLE,
            StartError::Acme(AcmeError::Unreadable { .. }) => CANT_CREATE,
            StartError::DevIsLocal { .. } | StartError::Acme(AcmeError::Https(_)) => CONFIG,
            StartError::Accounts(_) | StartError::Lab(_) => IO_ERROR,
            StartError::Seed(_) => DATA_ERROR,
        };
    }
    if let Some(error) = error.downcast_ref::<CommandError>() {
        return match error {
            CommandError::Refused(_) => REFUSED,
            CommandError::NoDatabase(_) => NO_INPUT,
        };
    }
    if error.is::<describe::Unwritable>() {
        return CANT_CREATE;
    }
    let is_unreachable = matches!(error.downcast_ref(), Some(ControlError::LongName));
    if is_unreachable || error.is::<NotRunning>() {
        return UNAVAILABLE;
    }
    if error.is::<HomeError>() {
        return IO_ERROR;
    }
    if error.is::<ConfigError>() || error.is::<systemd::SocketError>() {
        return CONFIG;
    }
    match error.downcast_ref::<FatalError>() {
        Some(FatalError::Disk(_)) => IO_ERROR,
        Some(FatalError::Corrupt(_)) => DATA_ERROR,
        Some(FatalError::Defect) | None => SOFTWARE,
    }
}

async fn serve(args: ServeArgs, sockets: PassedSockets) -> anyhow::Result<()> {
    start_log(args.log_filter(), args.log_format());
    let passed = systemd::listener(sockets)?;
    let address = passed.as_ref().map(Listener::address).transpose();
    let config = args.into_config(address.map_err(systemd::SocketError::from)?)?;
    // Before anything is announced, as a program that reads the ready line may send a signal at once.
    let signals = Signals::listen().context("can’t listen for signals")?;
    let server = match passed {
        Some(listener) => Server::with_listener(listener, config).await?,
        None => Server::bind(config).await?,
    };
    let url = server.listening_url();
    print(format!("listening on {url}\n"));
    if let Some(address) = server.http_address() {
        print(format!("leading there from http://{address}\n"));
    }
    if let Some(link) = server.setup_link() {
        print(format!("create the first account at {link}\n"));
    }
    if let Some(home) = server.home() {
        print(trust(home)?);
    }
    systemd::notify_ready(&url);
    tokio::spawn(systemd::run_watchdog(url, server.store().clone()));
    let stop = async {
        signals.first().await;
        systemd::notify_stopping();
    };
    server.run(stop).await?;
    tracing::info!("stopped");
    Ok(())
}

/// How devices come to trust a server at home. With a QR code at its first start.
fn trust(home: &Home) -> anyhow::Result<String> {
    let url = home.trust_url().unwrap_or_default();
    let fingerprint = home.authority().fingerprint();
    let mut text = format!(
        "install the authority on each device from {url}\nits SHA-256 fingerprint is {fingerprint}\n"
    );
    if home.is_new() && io::stdout().is_terminal() {
        text += &qr::qr_code(&url)?;
    }
    Ok(text)
}

/// Prints to the standard output. It is no reason to fail if that is closed: the reader of a pipe may have seen enough.
fn print(text: impl AsRef<[u8]>) {
    let _ = io::stdout().write_all(text.as_ref());
}

fn start_log(levels: &Targets, format: LogFormat) {
    let is_colourful = io::stderr().is_terminal()
        && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && platform::shows_colours();
    let layer = fmt::layer().with_writer(io::stderr).with_ansi(is_colourful);
    // warp logs every path segment that it matches, and one of them may be the secret of a hook.
    let filter = levels
        .clone()
        .with_target("warp::filters::path", LevelFilter::OFF);
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Human => registry.with(layer).init(),
        LogFormat::Json => registry
            .with(layer.json().flatten_event(true).with_span_list(false))
            .init(),
    }
}
