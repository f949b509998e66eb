//! The flags of `tincan lab`, and the configuration that they make up.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use clap::Args;
use tracing_subscriber::filter::Targets;

use super::{
    ConfigError,
    doors::{CompatArgs, DoorArgs},
    serve::TlsArg,
};
use crate::{
    bus::Capacity,
    followers::push::PUSH_DELAY,
    http::ServerSettings,
    lab::{LabSettings, faults::PRESETS, seed::Seed},
    model::{Timestamp, Username},
    server::Config,
    store::with_suffix,
    tls::{
        Tls,
        home::{HomeFolder, HomeName, HomeSettings},
    },
};

#[derive(Args, Debug)]
pub struct LabArgs {
    /// Port to listen on (0: any free port)
    #[arg(long, value_name = "PORT", default_value = "3000")]
    port: u16,
    /// Keep the database in this file, with its snapshots beside it. Without one, it is temporary
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// What a new database begins with: a month of talk, what breaks user interfaces (edges), nothing (empty), or what
    /// `tincan export` has written into this folder
    #[arg(long, value_name = "month|edges|empty|DIR", default_value = "month")]
    seed: Seed,
    /// Who is there besides those of the seed; john and jane if it is empty
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = username)]
    people: Vec<Username>,
    /// Make ids, tokens and everything else random the same in every run
    #[arg(long, value_name = "N")]
    rng: Option<u64>,
    /// Let the clock stand at this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    clock: Option<Timestamp>,
    /// Let this go wrong from the start (can be repeated)
    #[arg(long, value_name = "PRESET", value_parser = PRESETS.map(|(name, _)| name))]
    fault: Vec<String>,
    /// Speak TLS by a certificate of the lab’s own authority
    #[arg(long, value_enum, value_name = "HOW")]
    tls: Option<TlsArg>,
    #[command(flatten)]
    doors: DoorArgs,
    #[command(flatten)]
    compat: CompatArgs,
    /// Print where the lab is as a line of JSON
    #[arg(long)]
    pub json: bool,
    /// What to log: a level, or levels by module (info,tincan::store=debug)
    #[arg(
        long,
        env = "TINCAN_LOG",
        value_name = "FILTER",
        default_value = "warn"
    )]
    pub log: Targets,
}

fn username(text: &str) -> Result<Username, String> {
    Username::new(text.trim()).map_err(|error| error.to_string())
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "expected a time such as 2030-01-31T12:00:00Z".to_owned())
}

impl LabArgs {
    /// The configuration. What is temporary is put into `folder`.
    pub fn into_config(self, folder: PathBuf) -> Result<Config, ConfigError> {
        self.doors.check(true)?;
        let (database, snapshots) = match self.db {
            Some(database) => {
                let snapshots = with_suffix(&database, ".snapshots");
                (database, snapshots)
            }
            None => (folder.join("lab.db"), folder.join("snapshots")),
        };
        let tls = match self.tls {
            Some(TlsArg::Home) => Some(Tls::at_home(HomeSettings {
                name: HomeName::default(),
                hosts: Vec::new(),
                folder: HomeFolder::beside(&database),
            })?),
            None => None,
        };
        let mut people = self.people;
        if people.is_empty() && self.seed == Seed::Empty {
            people.extend(["john", "jane"].into_iter().flat_map(Username::new));
        }
        Ok(Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)).into(),
            database,
            bus: Capacity::default(),
            push_delay: PUSH_DELAY,
            http_listen: None,
            acme: None,
            lab: Some(LabSettings {
                seed: self.seed,
                people,
                rng: self.rng,
                clock: self.clock,
                snapshots,
                faults: self.fault,
            }),
            settings: ServerSettings {
                dev: true,
                ui: self.doors.ui,
                ui_policy: self.doors.ui_csp,
                cors: self.doors.cors,
                compat: self.compat.compat,
                tls,
                ..ServerSettings::default()
            },
        })
    }
}
