//! `tincan tls`: the certificate by which the server speaks TLS, and the authority of a home.

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{
    error::{CommandError, existing},
    manage::confirm,
    print,
    status::certificate_rows,
    table::lines,
};
use crate::{
    bus::{Bus, Capacity},
    config::Database,
    control::{self, Command, ControlError, TlsReport},
    metrics::Metrics,
    store::Store,
    tls::home::{HomeFolder, HomeStatus},
};

#[derive(Debug, Subcommand)]
pub enum TlsCommand {
    /// Show the certificate, and for a server at home the authority that devices trust
    Show,
    /// Make a new certificate now, as a server at home can. Devices needn’t do anything
    Renew,
    /// Make a new authority for a server at home. Each device has to trust it again
    Reset {
        /// Don’t ask first
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args, Debug)]
pub struct TlsArgs {
    #[command(subcommand)]
    command: TlsCommand,
    #[command(flatten)]
    at: Database,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    json: bool,
}

impl TlsArgs {
    /// Runs the command in the server, or on its files if no server is running, and prints how things are then.
    ///
    /// # Errors
    /// [`CommandError::Refused`] if there is nothing to show or to change, or the answer on the terminal is no.
    pub async fn run(self) -> anyhow::Result<()> {
        let command = match self.command {
            TlsCommand::Show => Command::ShowTls,
            TlsCommand::Renew => Command::RenewCertificate,
            TlsCommand::Reset { yes } => {
                if !yes {
                    let question = "Make a new authority? Each device has to trust it again.";
                    confirm(question, "the authority is the same as before")?;
                }
                Command::ResetAuthority
            }
        };
        let report = match control::send(&self.at.db, &command).await {
            Ok(reply) => serde_json::from_value(reply.map_err(CommandError::Refused)?)
                .context("the server has a different version")?,
            Err(ControlError::NotRunning | ControlError::LongName) => {
                self.at_rest(&command).await?
            }
            Err(error) => return Err(error.into()),
        };
        if self.json {
            print(format!("{:#}\n", serde_json::to_value(&report)?));
        } else {
            print(rows(&report));
        }
        Ok(())
    }

    /// Runs the command on the files of a server that isn’t running. What is deleted is made anew when it starts.
    async fn at_rest(&self, command: &Command) -> anyhow::Result<TlsReport> {
        let folder = HomeFolder::beside(existing(&self.at.db)?);
        if !matches!(command, Command::ShowTls) {
            // Nobody else may use them meanwhile.
            let (bus, metrics) = (Bus::new(Capacity::default()), Metrics::new());
            let store = Store::open(&self.at.db, None, &bus, &metrics)?;
            let is_reset = matches!(command, Command::ResetAuthority);
            let changed = if is_reset {
                folder.forget_authority()
            } else {
                folder.forget_server()
            };
            store.close().await;
            changed?;
            if is_reset {
                return Ok(TlsReport::default());
            }
        }
        let authority = folder.authority()?.ok_or_else(|| {
            let why = "no server is running, and none has been started with --tls home";
            CommandError::Refused(why.to_owned())
        })?;
        Ok(TlsReport {
            certificate: folder.certificate_status()?,
            home: Some(HomeStatus::of(&authority, &folder)),
        })
    }
}

fn rows(TlsReport { certificate, home }: &TlsReport) -> String {
    let mut rows = match certificate {
        Some(certificate) => certificate_rows(certificate),
        None => vec![(
            "certificate",
            "the server makes one when it starts".to_owned(),
        )],
    };
    if let Some(home) = home {
        rows.extend([
            ("authority", home.authority.clone()),
            ("fingerprint", home.fingerprint.clone()),
            ("good until", home.expires_at.to_string()),
            ("good for", home.permitted.join(", ")),
            ("folder", home.folder.display().to_string()),
        ]);
        let url = home.trust_url.clone();
        rows.extend(url.map(|url| ("trust it at", url)));
        rows.extend(home_warnings(home));
    }
    lines(&rows)
}

/// What whoever runs a server at home has to do something about.
pub(super) fn home_warnings(home: &HomeStatus) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if home.name_taken {
        let text = "another device has the server’s name; choose another one with --home-name";
        rows.push(("warning", text.to_owned()));
    }
    if !home.refused.is_empty() {
        let names = home.refused.join(", ");
        let text =
            format!("{names}: only a new authority can be good for these; see tincan tls reset");
        rows.push(("warning", text));
    }
    rows
}
