//! The load tool: the real binary under load over loopback, each figure beside its ceiling, both
//! measured in the same run by turns.
//!
//! ```text
//! cargo bench --bench load                     everything, about fourteen minutes
//! cargo bench --bench load -- sends search     some sections
//! cargo bench --bench load -- --quick          everything for a moment, as a smoke test
//! cargo bench --bench load -- --like pi4       on a lesser machine than this one, as near as that can be imitated
//! ```

// Counts and times become figures with three digits; no cast here can lose one of those.
#![allow(
    clippy::cast_precision_loss,
    reason = "figures are rounded before anybody reads them"
)]

mod audience;
mod backlog;
mod ceiling;
mod client;
mod database;
mod delivery;
mod family;
mod files;
mod follow;
mod footprint;
mod history;
mod like;
mod load;
mod machine;
mod plot;
mod process;
mod relay;
mod report;
mod rooms;
mod run;
mod scale;
mod search;
mod sends;
mod sqlite;
mod streams;
mod trip;
mod ui;

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use clap::{Parser, ValueEnum};
use indicatif::ProgressBar;
use tokio::signal::unix::{SignalKind, signal};

use self::{
    ceiling::Ceiling,
    like::{Bounding, Like},
    machine::Machine,
    report::{Report, Section},
    run::Run,
};

/// Puts the tincan binary under load on this machine, and sets each figure beside its ceiling.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo bench --bench load --")]
struct Arguments {
    /// What to measure; everything where nothing is named
    #[arg(value_enum)]
    sections: Vec<What>,
    /// Everything for a moment: whether it works, not how fast it is
    #[arg(long)]
    quick: bool,
    /// Bounds the server as such a machine would, and its disk
    #[arg(long, value_enum, value_name = "MACHINE")]
    like: Option<Like>,
    /// Rounds, 5 by default, and 3 with --like; the server and its ceilings take turns in each
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: Option<u16>,
    /// Seconds of each measurement in a round, 2 by default
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<Duration>,
    /// Idle streams at most, 10,000 by default, and 1,000 with --like
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(100..=18_000))]
    streams: Option<u16>,
    /// Messages of the large history, a million by default, and 100,000 with --like
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(10_000..=100_000_000))]
    messages: Option<u32>,
    /// Messages under way in a room at a time, in the sections `rooms` and `scale`
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    in_flight: u16,
    /// Where the section `scale` draws its figures, as SVG
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Where the databases are made, in a folder that goes at the end
    #[arg(long, value_name = "DIR", default_value = env!("CARGO_TARGET_TMPDIR"), hide_default_value = true)]
    folder: PathBuf,
    /// Given by `cargo bench`; means nothing here
    #[arg(long, hide = true)]
    bench: bool,
}

/// The other thing that this program can be.
#[derive(Debug, Parser)]
#[command(name = "ceiling")]
struct CeilingArguments {
    #[command(subcommand)]
    ceiling: Ceiling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Durable sends per second, their latency and cost
    Sends,
    /// What 4, 20 and 100 people in a room feel, as they talk and at full load
    Family,
    /// Uploads, downloads, and sends beside an upload
    Files,
    /// From a request to a receiver's stream, beside many idle streams
    Delivery,
    /// One room of many: deliveries a second, long polls, likes
    Rooms,
    /// One room with more and more messages under way
    Backlog,
    /// Memory, start, size
    Footprint,
    /// Pages of a long history
    History,
    /// Searches of a long history
    Search,
    /// How soon the UI begins to come
    Ui,
    /// What a message, a page and a delivery cost as streams, messages and rooms grow
    Scale,
}

fn seconds(text: &str) -> Result<Duration> {
    let seconds: f64 = text.parse()?;
    if !(0.1..=600.0).contains(&seconds) {
        bail!("0.1 to 600 seconds");
    }
    Ok(Duration::from_secs_f64(seconds))
}

fn main() -> Result<()> {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == "ceiling")
    {
        let CeilingArguments { ceiling } =
            CeilingArguments::parse_from(std::env::args_os().skip(1));
        // Threads as the server has them.
        return tokio::runtime::Runtime::new()?.block_on(ceiling.run());
    }
    let arguments = Arguments::parse();
    // One thread: the cores are the server's.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            done = arguments.run() => done,
            // Dropping the run ends its processes and takes its folder away.
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
            _ = terminate.recv() => bail!("terminated"),
        }
    })
}

impl Arguments {
    async fn run(self) -> Result<()> {
        let quick = self.quick;
        ensure!(
            self.plot.is_none() || self.measures(What::Scale),
            "--plot draws what the section scale measures: name that, too"
        );
        if let Some(plot) = &self.plot {
            // Now rather than when everything has been measured.
            let opened = fs::OpenOptions::new().append(true).create(true).open(plot);
            opened.with_context(|| format!("can't write {}", plot.display()))?;
        }
        fs::create_dir_all(&self.folder)?;
        let folder = tempfile::Builder::new()
            .prefix("tincan-load-")
            .tempdir_in(&self.folder)
            .with_context(|| format!("can't make a folder in {}", self.folder.display()))?;
        // What takes a lesser machine as long as this one takes for more.
        let (rounds, streams, messages) = match (quick, self.like) {
            (true, _) => (1, 500, 20_000),
            (false, Some(_)) => (3, 1_000, 100_000),
            (false, None) => (5, 10_000, 1_000_000),
        };
        let mut run = Run {
            folder: folder.path().to_owned(),
            quick,
            rounds: self.rounds.map_or(rounds, usize::from),
            // A lesser machine may not answer within a moment.
            duration: self.seconds.unwrap_or(Duration::from_millis(
                if quick && self.like.is_none() {
                    200
                } else {
                    2_000
                },
            )),
            streams: self.streams.map_or(streams, usize::from),
            messages: self.messages.map_or(Ok(messages), usize::try_from)?,
            in_flight: usize::from(self.in_flight),
            pace: if quick {
                Duration::ZERO
            } else {
                streams::HEARTBEAT / 10_000
            },
            plot: self.plot.clone(),
            progress: ProgressBar::new_spinner(),
        };
        machine::raise_file_limit(run.streams as u64 * 5 / 4 + 500)?;
        let machine = Machine::look(&run.folder)?;
        println!("{}", header(&machine, &run));
        let bounding = self.like.map(|like| like.bound(folder.path()));
        let bounding: Option<&Bounding> = bounding.transpose()?;
        if let Some(bounding) = bounding {
            println!("{bounding}\n");
        }

        let mut sections = Vec::new();
        for &what in What::value_variants() {
            if self.measures(what) {
                // Names of databases are a section's own.
                run.folder = folder.path().join(format!("{what:?}"));
                fs::create_dir(&run.folder)?;
                let mut section = what.measure(&run).await?;
                if bounding.is_some() {
                    section = section.without_goals();
                }
                run.progress.suspend(|| println!("{}\n", section.table()));
                sections.push(section);
            }
        }
        run.progress.finish_and_clear();
        let report = Report {
            version: env!("CARGO_PKG_VERSION"),
            machine: &machine,
            like: bounding,
            quick,
            rounds: run.rounds,
            seconds: run.duration.as_secs_f64(),
            sections: &sections,
        };
        println!("{}", serde_json::to_string(&report)?);
        Ok(())
    }

    fn measures(&self, what: What) -> bool {
        self.sections.is_empty() || self.sections.contains(&what)
    }
}

impl What {
    async fn measure(self, run: &Run) -> Result<Section> {
        match self {
            Self::Sends => sends::measure(run).await,
            Self::Family => family::measure(run).await,
            Self::Files => files::measure(run).await,
            Self::Delivery => delivery::measure(run).await,
            Self::Rooms => rooms::measure(run).await,
            Self::Backlog => backlog::measure(run).await,
            Self::Footprint => footprint::measure(run).await,
            Self::History => history::measure(run).await,
            Self::Search => search::measure(run).await,
            Self::Ui => ui::measure(run).await,
            Self::Scale => scale::measure(run).await,
        }
    }
}

fn header(machine: &Machine, run: &Run) -> String {
    let Machine {
        date,
        processor,
        cores,
        file_system,
        busy_before,
    } = machine;
    let warning = if file_system == "tmpfs" {
        "; nothing is durable there"
    } else {
        ""
    };
    format!(
        "Tincan {}, {date}: {cores} cores of {processor}, shared with the load; {file_system}{warning}; \
         load average {busy_before} before; {} × {:?}\n",
        env!("CARGO_PKG_VERSION"),
        run.rounds,
        run.duration,
    )
}
