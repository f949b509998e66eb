//! The flags of `tincan lab`, and the configuration that they make up.

use std::{net::Ipv4Addr, path::PathBuf};

use clap::Args;
use tracing_subscriber::filter::Targets;

use crate::{
    followers::push::PUSH_DELAY,
    http::ServerSettings,
    lab::{LabSettings, faults::PRESETS},
    model::{Timestamp, Username},
    server::{BUS_CAPACITY, Config},
    store::with_suffix,
};

#[derive(Args, Debug)]
pub struct LabArgs {
    /// Port to listen on (0: any free port)
    #[arg(long, value_name = "PORT", default_value = "3000")]
    port: u16,
    /// Keep the database in this file, with its snapshots beside it. Without one, it is temporary
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Who is there. The first is an administrator
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        value_parser = username,
        default_value = "john,jane"
    )]
    people: Vec<String>,
    /// Make ids, tokens and everything else random the same in every run
    #[arg(long, value_name = "N")]
    rng: Option<u64>,
    /// Let the clock stand at this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    clock: Option<Timestamp>,
    /// Let this go wrong from the start (more than once: all of them)
    #[arg(long, value_name = "PRESET", value_parser = PRESETS.map(|(name, _)| name))]
    fault: Vec<String>,
    /// Serve the UI from this folder
    #[arg(long, value_name = "DIR")]
    ui: Option<PathBuf>,
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

fn username(text: &str) -> Result<String, String> {
    let name = Username::new(text).map_err(|error| error.to_string())?;
    Ok(name.text)
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "expected a time such as 2030-01-31T12:00:00Z".to_owned())
}

impl LabArgs {
    /// The configuration. What is temporary is put into `folder`.
    #[must_use]
    pub fn into_config(self, folder: PathBuf) -> Config {
        let (database, snapshots) = match self.db {
            Some(database) => {
                let snapshots = with_suffix(&database, ".snapshots");
                (database, snapshots)
            }
            None => (folder.join("lab.db"), folder.join("snapshots")),
        };
        Config {
            listen: (Ipv4Addr::LOCALHOST, self.port).into(),
            database,
            bus_capacity: BUS_CAPACITY,
            push_delay: PUSH_DELAY,
            http_listen: None,
            acme: None,
            lab: Some(LabSettings {
                people: self.people,
                rng: self.rng,
                clock: self.clock,
                snapshots,
                faults: self.fault,
            }),
            settings: ServerSettings {
                dev: true,
                ui: self.ui,
                ..ServerSettings::default()
            },
        }
    }
}
