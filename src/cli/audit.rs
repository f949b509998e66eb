//! `tincan audit`: the audit log, whether or not the server is running.

use std::time::Duration;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use super::{error::CommandError, manage::perform, print, table::table};
use crate::{
    config::Managing,
    control::Command,
    model::{Timestamp, security::AUDIT_PAGE},
};

#[derive(Args, Debug)]
pub struct AuditArgs {
    /// Only what has happened since: an age, as 7d, or a time, as 2026-11-29T17:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<Timestamp>,
    #[command(flatten)]
    with: Managing,
}

const COLUMNS: &[(&str, &str)] = &[
    ("TIME", "createdAt"),
    ("EVENT", "kind"),
    ("USER", "user"),
    ("BY", "actor"),
    ("ADDRESS", "address"),
    ("COUNT", "count"),
    ("ID", "subjectId"),
    ("DETAIL", "detail"),
];

impl AuditArgs {
    /// Prints the events, the newest last, as in a log.
    ///
    /// # Errors
    /// As for other commands.
    pub async fn run(self) -> anyhow::Result<()> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            let last = events.last().and_then(|event| event["id"].as_str());
            let command = Command::ListEvents {
                since: self.since,
                before: last.map(str::to_owned),
            };
            let reply = perform(&self.with, command).await?;
            let page = reply.map_err(CommandError::Refused)?;
            let page = page
                .as_array()
                .context("the server’s reply is incomplete")?;
            events.extend(page.iter().cloned());
            if page.len() < AUDIT_PAGE as usize {
                break;
            }
        }
        events.reverse();
        let events = json!(events);
        let text = if self.with.json {
            format!("{events:#}\n")
        } else {
            table(COLUMNS, &events)
        };
        print(text);
        Ok(())
    }
}

/// A moment, or how long ago it was.
fn parse_since(text: &str) -> Result<Timestamp, String> {
    if let Some(moment) = Timestamp::parse(text) {
        return Ok(moment);
    }
    let age = humantime::parse_duration(text)
        .map_err(|_| "give an age, as 7d, or a time, as 2026-11-29T17:00:00Z".to_owned())?;
    let now = Duration::from_millis(u64::try_from(Timestamp::now().0).unwrap_or_default());
    let since = now.saturating_sub(age).as_millis();
    Ok(Timestamp(i64::try_from(since).unwrap_or_default()))
}
