//! The command that runs the front-end lab.

use anyhow::Context;
use serde_json::json;
use tempfile::TempDir;

use super::{LogFormat, print, signals::Signals, start_log};
use crate::{config::LabArgs, server::Server};

/// Serves the lab until a signal comes.
pub async fn run(args: LabArgs) -> anyhow::Result<()> {
    start_log(&args.log, LogFormat::Human);
    // Goes with the lab.
    let folder = TempDir::with_prefix("tincan-lab-").context("can’t make a temporary folder")?;
    let is_json = args.json;
    let config = args.into_config(folder.path().to_owned())?;
    let signals = Signals::listen().context("can’t listen for signals")?;
    let server = Server::bind(config).await?;
    let url = server.listening_url();
    let people = server.people();
    if is_json {
        let line = json!({
            "url": url,
            "port": server.address().tcp().map(|address| address.port()),
            "people": people,
            "pid": std::process::id(),
        });
        print(format!("{line}\n"));
    } else {
        print(format!(
            "the lab is at {url}, and its controls at {url}/dev\n"
        ));
    }
    server.run(signals.first()).await?;
    Ok(())
}
