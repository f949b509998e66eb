//! The flags that several commands share.

use std::path::PathBuf;

use clap::Args;

use crate::http::Origin;

/// The flag that says which database.
#[derive(Args, Debug)]
pub struct Database {
    /// The database
    #[arg(
        long,
        env = "TINCAN_DB",
        value_name = "FILE",
        default_value = "tincan.db",
        global = true
    )]
    pub db: PathBuf,
}

/// The flags of the commands that manage users, invitations, tokens and sessions.
#[derive(Args, Debug)]
pub struct Managing {
    #[command(flatten)]
    pub at: Database,
    /// The URL where people reach the server, for links created while it isn’t running
    #[arg(
        long,
        env = "TINCAN_PUBLIC_URL",
        value_name = "URL",
        default_value = "http://localhost:3000",
        global = true
    )]
    pub public_url: Origin,
    /// Print JSON, as in the HTTP API, instead of a table
    #[arg(long, global = true)]
    pub json: bool,
}
