//! The soak: people who do everything that one can do, with faults thrown in, on the real binary and a
//! file on the disk. Every promise is held against the database at each quiet moment.
//!
//! ```text
//! cargo bench --bench soak                          ten minutes
//! cargo bench --bench soak -- --minutes 1           as CI has it
//! cargo bench --bench soak -- --seed 42             the same choices once more
//! ```
//!
//! A seed repeats what everybody is going to do and which faults come in which order; how it falls
//! together is the machine's.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    reason = "what meets the unexpected here has found a broken promise"
)]

mod deeds;
mod device;
mod faults;
mod hostile;
mod house;
mod ledger;
mod line;
mod person;
mod relay;
mod soak;
mod tally;
mod vitals;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use tincan_testing::{self as support, connection, inbox, witness};
use tokio::task::LocalSet;

use self::soak::Soak;

/// Has people do everything with a tincan whose machine fails them, and checks that it keeps its
/// promises.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo bench --bench soak --")]
struct Arguments {
    /// For how long
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1_440))]
    minutes: u16,
    /// Repeats the choices of the run that said this
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Where the database is made, in a folder that goes at the end unless something was found
    #[arg(long, value_name = "DIR", default_value = env!("CARGO_TARGET_TMPDIR"), hide_default_value = true)]
    folder: PathBuf,
    /// Given by `cargo bench`; means nothing here
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let Arguments {
        minutes,
        seed,
        folder,
        ..
    } = Arguments::parse();
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    let folder = tempfile::Builder::new()
        .prefix("tincan-soak-")
        .tempdir_in(&folder)
        .expect("a folder for the database");
    println!(
        "Tincan {}, soaked for {minutes} min with --seed {seed}",
        env!("CARGO_PKG_VERSION")
    );
    // One thread: the other cores are the server's, and nobody here needs a lock.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let length = Duration::from_mins(minutes.into());
    let place = folder.path().to_owned();
    let soaking = async move { Soak::start(&place, seed).await.run(length).await };
    let soaked = LocalSet::new().block_on(&runtime, async {
        // As a task, so that what breaks in it comes back as its result.
        tokio::select! {
            soaked = tokio::task::spawn_local(soaking) => soaked.ok(),
            _ = tokio::signal::ctrl_c() => None,
        }
    });
    if let Some(summary) = soaked {
        println!("\n{summary}");
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "\nNot every promise was kept (or it was interrupted). The database and the server’s log are in {}; \
         --seed {seed} has the same choices made once more.",
        folder.keep().display()
    );
    ExitCode::FAILURE
}
