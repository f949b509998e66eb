//! Linux, macOS, and what is like them.

mod commands;
mod files;
mod local;
mod process;
mod socket_file;
mod stopping;
mod supervisor;

use std::time::Duration;

use rustix::{
    process::{Resource, Rlimit, getrlimit, setrlimit},
    time::{ClockId, clock_gettime},
};

pub use self::{
    commands::{COMMANDS, CommandListener, connect},
    files::{
        canonicalize, copy_owner, create_private_folder, disk_space, has_single_names, identity,
        is_for_others, is_on_same_disk, is_unsyncable, keep_private, open_itself, private,
        sync_folder,
    },
    local::{LocalListener, LocalStream},
    process::{open_files, resident_memory},
    stopping::StopSignals,
    supervisor::{NotifyState, PassedSockets, notify, watchdog_enabled},
};

/// Whether a server can listen on a socket in the file system.
pub const HAS_LOCAL_SOCKETS: bool = true;

/// The most open files that macOS gives whoever may have any number (`OPEN_MAX`, setrlimit(2) there).
const OPEN_MAX: u64 = 10_240;

/// Makes the terminal show colours, and returns whether it does.
#[must_use]
pub fn shows_colours() -> bool {
    true
}

/// What the machine is called.
#[must_use]
pub fn host_name() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

/// Raises the limit on open files to what is wanted, as far as the system allows. Returns the limit now in force; none
/// if there is no limit.
#[must_use]
pub fn raise_file_limit(wanted: u64) -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    match current {
        Some(current) if current < wanted => {
            let raise = |to: &u64| {
                let current = Some(*to);
                setrlimit(Resource::Nofile, Rlimit { current, maximum }).is_ok()
            };
            let limits = [wanted, wanted.min(OPEN_MAX)];
            let higher = limits.into_iter().filter(|limit| *limit > current);
            Some(higher.into_iter().find(raise).unwrap_or(current))
        }
        current => current,
    }
}

/// The time since the machine started, sleep included.
#[must_use]
pub fn since_boot() -> Duration {
    #[cfg(target_os = "linux")]
    let clock = ClockId::Boottime;
    // On macOS this one goes on while the machine sleeps.
    #[cfg(not(target_os = "linux"))]
    let clock = ClockId::Monotonic;
    time_of(clock)
}

/// What this thread has taken of a processor. Unlike the time of day, it isn’t others’ work.
#[must_use]
pub fn processor_time() -> Duration {
    time_of(ClockId::ThreadCPUTime)
}

fn time_of(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or(0), nanos.unwrap_or(0))
}
