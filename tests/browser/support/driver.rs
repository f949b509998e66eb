//! Browsers, each with a driver of its own. They end with the test, however that ends.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    sync::{Semaphore, SemaphorePermit},
};

use super::{Engine, Options, engine::Programs, scratch, wait};
use crate::api::{Port, skip};

/// So many browsers at once: two tests with two of them, who take turns, keep two cores busy.
const BROWSERS: u32 = 4;
static FREE: Semaphore = Semaphore::const_new(BROWSERS as usize);

/// Runs its arguments, and ends them and all that they have started once nobody holds its standard
/// input any more. Browsers outlive a driver that is killed, so that is not enough.
const LEASH: &str = r#""$@" </dev/null & cat >/dev/null; kill -KILL 0"#;

/// The right to run browsers of an engine.
pub struct Driver {
    pub engine: Engine,
    programs: Programs,
    _right: SemaphorePermit<'static>,
}

impl Driver {
    /// For a test with as many browsers, once there is room for them. None where the test has to be
    /// skipped.
    pub async fn start(engine: Engine, browsers: u32) -> Option<Self> {
        let programs = engine.programs().map_err(skip).ok()?;
        let right = FREE.acquire_many(browsers.min(BROWSERS)).await;
        Some(Self {
            engine,
            programs,
            _right: right.expect("it is never closed"),
        })
    }

    pub async fn browser(&self, options: &Options) -> Browser {
        let folder = scratch();
        let output = folder.path().join("output");
        // Not all drivers say which one they took, so they are told.
        let port = Port::of_loopback();
        let screen = self.programs.screen.as_deref().map(Screen::start);

        if let Some(authority) = &options.authority {
            install(authority, folder.path());
        }
        let mut command = leashed(&self.programs.driver);
        command
            .arg(format!("--port={}", port.number()))
            // Nothing of it is left at home.
            .env("HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .env("XDG_CACHE_HOME", folder.path())
            .env("XDG_DATA_HOME", folder.path())
            // A browser that is killed leaves the folder of its lock behind.
            .env("TMPDIR", folder.path())
            .envs(self.engine.environment(options))
            .envs(
                options
                    .bus
                    .as_ref()
                    .map(|bus| ("DBUS_SESSION_BUS_ADDRESS", bus)),
            )
            .envs(screen.as_ref().map(|screen| ("DISPLAY", &screen.name)))
            .stdout(File::create(&output).expect("a file"))
            .stderr(Stdio::null());
        let leash = Leash::start(command);
        wait("the driver", async || {
            TcpStream::connect(port.address()).await.ok()
        })
        .await;

        let profile = folder.path().join("profile");
        let capabilities = self.engine.capabilities(&self.programs, profile, options);
        let Value::Object(capabilities) = capabilities else {
            unreachable!("it is an object")
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://{}", port.address()))
            .await
            .expect("a browser");
        Browser {
            client,
            output,
            _leash: leash,
            _screen: screen,
            folder,
        }
    }
}

/// Puts an authority, in PEM, where Chromium looks for those that its user has installed: NSS’s store in their home.
fn install(authority: &Path, home: &Path) {
    let store = home.join(".pki/nssdb");
    fs::create_dir_all(&store).expect("a folder");
    let certutil = |arguments: &[&OsStr]| {
        let mut command = Command::new("certutil");
        command.arg("-d").arg(format!("sql:{}", store.display()));
        let status = command.args(arguments).status();
        assert!(status.expect("certutil, of libnss3-tools").success());
    };
    certutil(&["-N", "--empty-password"].map(OsStr::new));
    let add = ["-A", "-t", "C,,", "-n", "Tincan", "-i"].map(OsStr::new);
    certutil(&[&add[..], &[authority.as_os_str()]].concat());
}

/// A browser with a profile of its own.
pub struct Browser {
    pub client: Client,
    /// What it and its driver print.
    output: PathBuf,
    // In this order: nobody writes to the folder any more when it goes.
    _leash: Leash,
    _screen: Option<Screen>,
    folder: TempDir,
}

impl Browser {
    /// What has been printed so far.
    pub fn output(&self) -> String {
        let output = fs::read(&self.output).expect("it is there");
        String::from_utf8_lossy(&output).into_owned()
    }

    /// What it takes to be somebody's home.
    pub fn home(&self) -> &Path {
        self.folder.path()
    }
}

/// A screen that nobody sees.
pub(super) struct Screen {
    pub(super) name: String,
    _leash: Leash,
}

impl Screen {
    pub(super) fn start(program: &Path) -> Self {
        let mut command = leashed(program);
        command
            .args(["-displayfd", "1", "-nolisten", "tcp"])
            .args(["-screen", "0", "1600x1200x24"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut leash = Leash::start(command);
        let mut number = String::new();
        BufReader::new(leash.stdout())
            .read_line(&mut number)
            .expect("it says its number");
        Self {
            name: format!(":{}", number.trim()),
            _leash: leash,
        }
    }
}

/// A program that ends, with all that it has started, when this goes.
pub(super) struct Leash {
    child: Child,
    end: Option<ChildStdin>,
}

pub(super) fn leashed(program: &Path) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", LEASH, "sh"].map(OsStr::new))
        .arg(program)
        .process_group(0)
        .stdin(Stdio::piped());
    command
}

impl Leash {
    pub(super) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("sh starts");
        let end = child.stdin.take();
        Self { child, end }
    }

    /// What it prints, where that goes into a pipe.
    pub(super) fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("standard output")
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        drop(self.end.take());
        let _ = self.child.wait();
    }
}
