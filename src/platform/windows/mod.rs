//! Windows.

mod commands;
mod files;
mod local;
mod stopping;
mod supervisor;

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

pub use self::{
    commands::{COMMANDS, CommandListener, Pipe, connect},
    files::{
        canonicalize, copy_owner, create_private_folder, disk_space, has_single_names, identity,
        is_for_others, is_on_same_disk, is_unsyncable, keep_private, open_itself, private,
        sync_folder,
    },
    local::{HAS_LOCAL_SOCKETS, LocalListener, LocalStream},
    stopping::StopSignals,
    supervisor::{NotifyState, PassedSockets, notify, watchdog_enabled},
};

/// When the program first asked for the time.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Makes the terminal show colours, and returns whether it does: an older console has to be told.
#[must_use]
pub fn shows_colours() -> bool {
    anstyle_query::windows::enable_ansi_colors().unwrap_or(false)
}

/// What the machine is called.
#[must_use]
pub fn host_name() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

/// Raises the limit on open files. There is none.
#[must_use]
pub fn raise_file_limit(_wanted: u64) -> Option<u64> {
    None
}

/// Memory that the program has. Not known without calling the system itself.
#[must_use]
pub fn resident_memory() -> Option<u64> {
    None
}

/// Open files. Not known either.
#[must_use]
pub fn open_files() -> Option<usize> {
    None
}

/// The time since some moment before, sleep included (`QueryPerformanceCounter`).
#[must_use]
pub fn since_boot() -> Duration {
    BEGAN.elapsed()
}

/// The time that passes: Windows counts a thread’s own in steps of a 64th of a second, which are longer than what is
/// measured by this.
#[must_use]
pub fn processor_time() -> Duration {
    BEGAN.elapsed()
}
