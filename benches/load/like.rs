//! The server on a lesser machine than this one: how much of the processor and of the memory it may have is bounded, and
//! each sync takes as long as on a slow disk. That is an imitation: a bounded process runs as fast as ever, and waits in
//! between; and nothing here has such a machine's caches, memory or network. What only drives the server isn't bounded.

use std::{
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde::Serialize;

use crate::{process::Process, report::number};

/// What the server's machine is to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Like {
    /// A Raspberry Pi 4 with a card of class A1
    Pi4,
    /// A Raspberry Pi Zero 2 W with any card
    PiZero2,
    /// A laptop of about 2010 with a spinning disk
    OldLaptop,
}

/// What such a machine has. The processors' shares are estimates of what one of its cores does beside one of a server of
/// today; the whole server has no more than that, although these machines have two and four cores.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Bounds {
    /// Of one core, in percent.
    #[serde(rename = "processorPercent")]
    processor: u32,
    memory_mib: u64,
    /// What a sync takes beyond what it takes here.
    #[serde(rename = "syncMillis", serialize_with = "millis")]
    sync: Duration,
}

/// How a process is bounded here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bounding {
    like: Like,
    #[serde(flatten)]
    bounds: Bounds,
    /// Whether control groups bound these two. What they don't bound of the processor, `cpulimit` does; the memory, nothing.
    processor_by_group: bool,
    memory_by_group: bool,
    /// Control groups that are made for each process.
    #[serde(skip)]
    groups: Vec<Hierarchy>,
    /// What makes a disk slow, and where it counts.
    #[serde(skip)]
    library: PathBuf,
    #[serde(skip)]
    folder: PathBuf,
}

/// A place where control groups can be made.
#[derive(Debug)]
struct Hierarchy {
    parent: PathBuf,
    /// Files of a group, and what is written to them.
    files: Vec<(&'static str, String)>,
}

/// A control group, which goes with this.
struct Group(PathBuf);

/// What bounds one process. The process has to end first.
pub struct Bounded {
    _groups: Vec<Group>,
    count: PathBuf,
}

/// All servers of one run are of one kind.
static BOUNDING: OnceLock<Bounding> = OnceLock::new();
/// What is made for a process has a number of its own.
static NUMBERS: AtomicUsize = AtomicUsize::new(0);

/// In which a process has its share: short, so that it waits often and never long. A quota may not be less than a
/// millisecond.
const PERIOD_MICROS: u32 = 10_000;
const MIB: u64 = 1024 * 1024;

/// Becomes the program, once it has joined its groups: its start is bounded, too.
const SCRIPT: &str = r#"library=$1 percent=$2; shift 2
while [ "$1" != -- ]; do echo $$ >"$1"; shift; done; shift
if [ "$percent" ]; then cpulimit -b -z -l "$percent" -p $$ >/dev/null 2>&1; fi
export LD_PRELOAD="$library"; exec "$@""#;

impl Like {
    fn bounds(self) -> Bounds {
        let (processor, memory_mib, sync) = match self {
            Self::Pi4 => (25, 4_096, 5),
            Self::PiZero2 => (10, 512, 10),
            Self::OldLaptop => (50, 2_048, 10),
        };
        Bounds {
            processor,
            memory_mib,
            sync: Duration::from_millis(sync),
        }
    }

    /// Bounds every server and every ceiling that is started from now on. What is needed for that lies in `folder`.
    ///
    /// # Errors
    /// Where they can't be bounded here.
    pub fn bound(self, folder: &Path) -> Result<&'static Bounding> {
        let bounds = self.bounds();
        let folder = folder.join("like");
        fs::create_dir(&folder)?;
        let groups = hierarchies(bounds);
        let has = |controller| groups.iter().any(|group| group.bounds(controller));
        let (processor_by_group, memory_by_group) = (has("cpu."), has("memory."));
        ensure!(
            processor_by_group || Command::new("cpulimit").arg("--help").output().is_ok(),
            "a share of a processor needs control groups that this user may make, or cpulimit"
        );
        let bounding = Bounding {
            like: self,
            bounds,
            processor_by_group,
            memory_by_group,
            groups,
            library: compile(&folder)?,
            folder,
        };
        let bounding = BOUNDING.get_or_init(|| bounding);
        bounding.try_out()?;
        Ok(bounding)
    }
}

impl Bounding {
    /// Looks whether a process is bounded: nobody would see it by the figures of one that isn't. All of these are least
    /// times, so that whatever else the machine does can't make this fail. A busy machine can hide that work isn't bounded.
    fn try_out(&self) -> Result<()> {
        const SYNCS: u32 = 20;
        const WORK: Duration = Duration::from_millis(200);

        let Bounds {
            processor, sync, ..
        } = self.bounds;
        let syncing = Process::syncs(SYNCS, sync * SYNCS)?;
        let counted = syncing.synced()?.unwrap_or_default();
        ensure!(
            counted == u64::from(SYNCS),
            "{counted} of {SYNCS} syncs were made slow"
        );
        let took = Process::spin(WORK)?.started_in;
        // A group is exact but for a few periods. cpulimit takes a while to find the measure, and then keeps it roughly.
        let least = if self.processor_by_group {
            WORK * 70 / processor
        } else {
            WORK * 4 / 3
        };
        ensure!(
            took >= least,
            "{WORK:?} of work took no more than {took:?} at {processor} % of a core"
        );
        Ok(())
    }

    fn wrap(&self, command: &Command) -> Result<(Command, Bounded)> {
        let groups = self.groups.iter().map(Hierarchy::make);
        let groups: Vec<_> = groups.collect::<io::Result<_>>()?;
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let count = self.folder.join(format!("syncs-{number}"));
        let percent = if self.processor_by_group {
            String::new()
        } else {
            self.bounds.processor.to_string()
        };
        let mut wrapped = Command::new("sh");
        wrapped
            .args(["-euc", SCRIPT, "sh"])
            .arg(&self.library)
            .arg(percent)
            .args(groups.iter().map(|group| group.0.join("cgroup.procs")))
            .arg("--")
            .arg(command.get_program())
            .args(command.get_args())
            .env("SYNC_MICROS", self.bounds.sync.as_micros().to_string())
            .env("SYNC_COUNT", &count);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => wrapped.env(name, value),
                None => wrapped.env_remove(name),
            };
        }
        let bounded = Bounded {
            _groups: groups,
            count,
        };
        Ok((wrapped, bounded))
    }
}

impl fmt::Display for Bounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bounds {
            processor,
            memory_mib,
            sync,
        } = self.bounds;
        let name = self.like.to_possible_value();
        let name = name.as_ref().map_or("", |value| value.get_name());
        let processor_by = if self.processor_by_group {
            "a control group"
        } else {
            "cpulimit, roughly"
        };
        let memory = if self.memory_by_group {
            format!(
                "{} MiB of memory by a control group",
                number(memory_mib as f64)
            )
        } else {
            "all memory, as no control group can be had for it".to_owned()
        };
        write!(
            f,
            "An imitation of a machine ({name}) on this one: a server has {processor} % of one core by {processor_by}, and \
             {memory}; each sync takes {sync:?} more by a preloaded library, and waits for the one before. The ceilings that \
             are processes are bounded alike. Bare SQLite and the plain file, which are in the tool itself, aren't. The goals \
             are those of another machine, and left out.",
        )
    }
}

impl Bounded {
    /// How many syncs have been made slow.
    ///
    /// # Errors
    /// Where nothing counted them.
    pub fn syncs(&self) -> Result<u64> {
        let count = fs::read(&self.count).context("nothing counts the syncs")?;
        let count = count.try_into().ok().context("the count isn't one")?;
        Ok(u64::from_ne_bytes(count))
    }
}

/// `command` as the run wants it: as it is, or bounded.
///
/// # Errors
/// Where it can't be bounded.
pub fn bounded(command: Command) -> Result<(Command, Option<Bounded>)> {
    let Some(bounding) = BOUNDING.get() else {
        return Ok((command, None));
    };
    let (command, bounded) = bounding.wrap(&command)?;
    Ok((command, Some(bounded)))
}

/// Makes the library of what stands in `slow_disk.c`.
fn compile(folder: &Path) -> Result<PathBuf> {
    let library = folder.join("slow_disk.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/load/slow_disk.c");
    let mut cc = Command::new("cc");
    cc.args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]);
    let compiled = cc.arg(&library).arg(source).arg("-ldl").status();
    let compiled = compiled.context("a slow disk needs a C compiler, cc")?;
    ensure!(compiled.success(), "cc can't compile slow_disk.c");
    Ok(library)
}

impl Hierarchy {
    /// Whether there is a bound on what this controller, as `cpu.`, hands out.
    fn bounds(&self, controller: &str) -> bool {
        let mut files = self.files.iter();
        files.any(|(file, _)| file.starts_with(controller))
    }

    fn make(&self) -> io::Result<Group> {
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("tincan-load-{}-{number}", std::process::id());
        let folder = self.parent.join(name);
        fs::create_dir(&folder)?;
        // From here on, an early return takes it away again.
        let group = Group(folder);
        for (file, bound) in &self.files {
            fs::write(group.0.join(file), bound)?;
        }
        Ok(group)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // One that is left bounds nothing.
        let _ = fs::remove_dir(&self.0);
    }
}

/// Where groups with these bounds can be made, in the group that this process is in or above it.
fn hierarchies(bounds: Bounds) -> Vec<Hierarchy> {
    let quota = bounds.processor * PERIOD_MICROS / 100;
    let memory = (bounds.memory_mib * MIB).to_string();
    let of_two = version_2().into_iter().map(|parent| Hierarchy {
        parent,
        files: vec![
            ("cpu.max", format!("{quota} {PERIOD_MICROS}")),
            ("memory.max", memory.clone()),
        ],
    });
    let cpu = version_1("cpu").map(|parent| Hierarchy {
        parent,
        files: vec![
            ("cpu.cfs_period_us", PERIOD_MICROS.to_string()),
            ("cpu.cfs_quota_us", quota.to_string()),
        ],
    });
    let of_memory = version_1("memory").map(|parent| Hierarchy {
        parent,
        files: vec![("memory.limit_in_bytes", memory.clone())],
    });
    let all = of_two.chain(cpu).chain(of_memory);
    all.filter(|hierarchy| hierarchy.make().is_ok()).collect()
}

/// This process's group in the hierarchy of a controller.
fn version_1(controller: &str) -> Option<PathBuf> {
    let root = mount("cgroup", Some(controller))?;
    let own = own_group(|controllers| controllers.split(',').any(|one| one == controller))?;
    let group = root.join(own);
    // A container sees its own group as the root.
    Some(if group.is_dir() { group } else { root })
}

/// The nearest group whose groups can be bounded: in the second version, that isn't one with processes.
fn version_2() -> Option<PathBuf> {
    let root = mount("cgroup2", None)?;
    let own = root.join(own_group(str::is_empty)?);
    let parent = own.ancestors().take_while(|group| group.starts_with(&root));
    let mut parents = parent.filter(|group| {
        let control = group.join("cgroup.subtree_control");
        let controlled = fs::read_to_string(&control).unwrap_or_default();
        let has = |controller| controlled.split_whitespace().any(|one| one == controller);
        has("cpu") && has("memory") || fs::write(&control, "+cpu +memory").is_ok()
    });
    parents.next().map(Path::to_owned)
}

/// Where a file system of this kind, with this option, is mounted.
fn mount(kind: &str, option: Option<&str>) -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    mounts.lines().find_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (point, of, options) = (fields.next()?, fields.next()?, fields.next()?);
        let has = |option| options.split(',').any(|one| one == option);
        (of == kind && option.is_none_or(has)).then(|| PathBuf::from(OsString::from(point)))
    })
}

/// The path of this process's group, of the hierarchy whose controllers are these.
fn own_group(is_it: impl Fn(&str) -> bool) -> Option<String> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    groups.lines().find_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        is_it(controllers).then(|| path.trim_start_matches('/').to_owned())
    })
}

fn millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u128(duration.as_millis())
}
