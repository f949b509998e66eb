//! `tincan status`: the state of the server that has a database open.

use std::{io, path::PathBuf, time::Duration};

use anyhow::Context;
use clap::Args;
use serde_json::json;
use tokio::time::timeout;

use super::{error::CommandError, print, table::lines, tls::home_warnings};
use crate::{
    config::Database,
    control::{self, Command, ControlError},
    model::{BackupProblem, Backups, CertificateFailure, CertificateStatus, Copied, Timestamp},
    status::Status,
};

#[derive(Args, Debug)]
pub struct StatusArgs {
    #[command(flatten)]
    at: Database,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

/// No server has the database open.
#[derive(Debug, thiserror::Error)]
#[error("no server is running on {}", .0.display())]
pub struct NotRunning(PathBuf);

/// How long the server may take to answer. It must be longer than the server itself waits for its database.
const TIMEOUT: Duration = Duration::from_secs(20);

impl StatusArgs {
    /// Asks the server and prints its status.
    ///
    /// # Errors
    /// [`NotRunning`], or [`CommandError::Refused`] if the server couldn’t answer or isn’t healthy.
    pub async fn run(self) -> anyhow::Result<()> {
        let reply = timeout(TIMEOUT, control::send(&self.at.db, &Command::Status)).await;
        let reply = reply.unwrap_or_else(|elapsed| Err(io::Error::from(elapsed).into()));
        let value = match reply {
            Ok(reply) => reply.map_err(CommandError::Refused)?,
            Err(ControlError::NotRunning) => {
                if self.json {
                    print(format!("{:#}\n", json!({ "running": false })));
                }
                return Err(NotRunning(self.at.db).into());
            }
            Err(error) => return Err(error.into()),
        };
        let status: Status =
            serde_json::from_value(value).context("the server has a different version")?;
        if self.json {
            let mut value = json!(status);
            value["running"] = true.into();
            print(format!("{value:#}\n"));
        } else {
            print(rows(&status));
        }
        match status.problem {
            None => Ok(()),
            Some(problem) => {
                let problem = format!("the database can’t be written to: {problem}");
                Err(CommandError::Refused(problem).into())
            }
        }
    }
}

fn rows(status: &Status) -> String {
    let health = if status.healthy {
        "healthy"
    } else {
        "unhealthy"
    };
    let uptime = humantime::format_duration(Duration::from_secs(status.uptime_seconds));
    let streams = status.streams.iter().filter(|(_, open)| **open > 0);
    let streams: Vec<_> = streams
        .map(|(transport, open)| format!("{open} {}", transport.replace('_', " ")))
        .collect();
    let streams = if streams.is_empty() {
        "none".to_owned()
    } else {
        streams.join(", ")
    };
    let commit = humantime::format_duration(Duration::from_micros(status.commit_micros));
    let free = status.free_bytes.map_or("unknown".to_owned(), size);
    let mut rows = vec![
        ("server", format!("{health}, up {uptime}")),
        ("address", status.address.clone()),
        ("version", status.version.clone()),
        ("users", status.users.to_string()),
        ("messages", status.messages.to_string()),
        ("connections", status.connections.to_string()),
        ("streams", streams),
        ("writes waiting", status.queued_writes.to_string()),
        ("recent commit", commit.to_string()),
        ("database", size(status.database_bytes)),
        ("files in it", size(status.file_bytes)),
        ("write-ahead log", size(status.wal_bytes)),
        ("free disk space", free),
    ];
    match &status.backups {
        Some(backups) => rows.extend(backup_rows(backups)),
        None => rows.push(("backups", "none; see --backup-dir".to_owned())),
    }
    if let Some(certificate) = &status.certificate {
        rows.extend(certificate_rows(certificate));
    }
    if let Some(home) = &status.home {
        rows.extend(home_warnings(home));
    }
    if status.tls_without_public_url {
        let advice = "people reach it by https; tell it so with --public-url https://…";
        rows.push(("warning", advice.to_owned()));
    }
    if !status.refused_names.is_empty() {
        let names = status.refused_names.join(", ");
        rows.push((
            "refused names",
            format!("{names}; to let one in, use --public-url or --host"),
        ));
    }
    lines(&rows)
}

pub(super) fn certificate_rows(certificate: &CertificateStatus) -> Vec<(&'static str, String)> {
    let CertificateStatus {
        names,
        issuer,
        expires_at,
        days_left,
        loaded_at,
        failure,
        ..
    } = certificate;
    let mut rows = Vec::new();
    match (expires_at, days_left) {
        (Some(end), Some(days)) => {
            rows.push(("certificate", names.join(", ")));
            rows.extend(issuer.clone().map(|issuer| ("issued by", issuer)));
            let left = match days {
                ..0 => "expired".to_owned(),
                days => format!("{days} days left"),
            };
            rows.push(("expires", format!("{end}, {left}")));
            rows.extend(loaded_at.map(|loaded| ("loaded", loaded.to_string())));
        }
        _ => rows.push(("certificate", "none yet".to_owned())),
    }
    if let Some(CertificateFailure { at, message }) = failure {
        rows.push(("warning", format!("{message} ({at})")));
    }
    rows
}

fn backup_rows(backups: &Backups) -> Vec<(&'static str, String)> {
    let Backups {
        newest,
        count,
        bytes,
        keep,
        needed,
        available,
        running,
        problem,
    } = backups;
    let newest = newest.map_or("none".to_owned(), |newest| {
        let age = newest.created_at.age(Timestamp::now()).as_secs();
        let minutes = Duration::from_secs(age - age % 60);
        let age = humantime::format_duration(minutes);
        format!("{age} old, {}", size(newest.bytes))
    });
    let available = available.map_or("unknown".to_owned(), size);
    let mut rows = vec![
        (
            "backups",
            format!("{count} of up to {keep}, {}", size(*bytes)),
        ),
        ("newest backup", newest),
        (
            "next backup",
            format!("{} needed, {available} available", size(*needed)),
        ),
    ];
    if let Some(Copied { done, of }) = running {
        let percent = done.saturating_mul(100) / of.max(&1);
        rows.push(("backing up", format!("{percent} % of {}", size(*of))));
    }
    if let Some(problem) = problem {
        let problem = match problem {
            BackupProblem::NoRoom => "there isn’t enough room for the next backup",
            BackupProblem::Missing => "there is no backup yet",
            BackupProblem::Overdue => "the newest backup is older than expected",
            BackupProblem::NoRoomForAll => "there isn’t enough room for all backups to keep",
        };
        rows.push(("warning", problem.to_owned()));
    }
    rows
}

/// Bytes in the largest fitting unit, with one decimal.
fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut tenths = bytes.saturating_mul(10) / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < units.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, units[unit])
}
