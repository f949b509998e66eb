//! A real screen reader: Orca, on a screen and a bus of its own. Nobody hears it; what it says is in its log.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::Stdio,
};

use tempfile::TempDir;

use super::{
    driver::{Leash, Screen, leashed},
    scratch, wait,
};
use crate::api::{on_path, skip};

/// What it needs, and Debian’s packages.
const PROGRAMS: [(&str, &str); 3] = [
    ("orca", "orca"),
    ("dbus-run-session", "dbus"),
    ("Xvfb", "xvfb"),
];

/// Tells its bus, asks programs on it to be accessible, and becomes Orca.
const START: &str = r#"
status() {
  dbus-send --session --print-reply --dest=org.a11y.Bus /org/a11y/bus org.freedesktop.DBus.Properties.Set \
    string:org.a11y.Status "string:$1" variant:boolean:true >/dev/null
}
status IsEnabled
status ScreenReaderEnabled
echo "$DBUS_SESSION_BUS_ADDRESS"
exec orca --replace --debug-file="$0" >/dev/null 2>&1
"#;

/// It would keep some of its log to itself.
const AT_ONCE: &str = "import orca.debug\norca.debug.debugFile.reconfigure(line_buffering=True)\n";

pub struct Reader {
    pub(super) bus: String,
    log: PathBuf,
    // In this order: nobody writes to the folder any more when it goes.
    _leash: Leash,
    _screen: Screen,
    _folder: TempDir,
}

impl Reader {
    /// None where the test has to be skipped.
    pub async fn start() -> Option<Self> {
        for (program, package) in PROGRAMS {
            if on_path(program).is_none() {
                skip(&format!("{program} isn't installed (Debian’s {package})"));
                return None;
            }
        }
        let folder = scratch();
        let log = folder.path().join("said");
        let screen = Screen::start(&on_path("Xvfb")?);
        let own = folder.path().join("orca");
        fs::create_dir(&own).expect("a folder");
        fs::write(own.join("orca-customizations.py"), AT_ONCE).expect("a file");
        let mut command = leashed(&on_path("dbus-run-session")?);
        command
            .args(["--", "sh", "-c", START])
            .arg(&log)
            .env("DISPLAY", &screen.name)
            .env("LC_ALL", "C.UTF-8")
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        for home in [
            "HOME",
            "XDG_RUNTIME_DIR",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
        ] {
            command.env(home, folder.path());
        }
        let mut leash = Leash::start(command);
        let mut bus = String::new();
        BufReader::new(leash.stdout())
            .read_line(&mut bus)
            .expect("it says its bus");
        let reader = Self {
            bus: bus.trim().to_owned(),
            log,
            _leash: leash,
            _screen: screen,
            _folder: folder,
        };
        reader.says("Screen reader on.").await;
        Some(reader)
    }

    /// All that it has said.
    pub fn said(&self) -> Vec<String> {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let said = log
            .lines()
            .filter_map(|line| line.split_once("SPEECH OUTPUT: '"));
        said.filter_map(|(_, said)| said.rsplit_once('\''))
            .map(|(said, _)| said.split_once("'{").map_or(said, |(said, _)| said))
            .map(str::to_owned)
            .collect()
    }

    /// Waits until it says something with these words in it, and gives back all of that.
    pub async fn says(&self, words: &str) -> String {
        wait(&format!("{words:?} to be said"), async || {
            self.said()
                .into_iter()
                .rev()
                .find(|said| said.contains(words))
        })
        .await
    }
}
