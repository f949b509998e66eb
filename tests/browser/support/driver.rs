//! A chromedriver for each test, which ends with the test, however that ends.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::PATIENCE;
use crate::api::{on_path, skip};

/// So many browsers at once are enough for two cores.
const BROWSERS: u32 = 2;
static FREE: Semaphore = Semaphore::const_new(BROWSERS as usize);

/// Runs its arguments, and ends them and all that they have started once nobody holds its standard
/// input any more. Chromium outlives a chromedriver that is killed, so that is not enough.
const LEASH: &str = r#""$@" </dev/null & cat >/dev/null; kill -KILL 0"#;

const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

pub struct Driver {
    leash: Child,
    port: u16,
    chromium: PathBuf,
    /// What the browsers write.
    folder: TempDir,
    /// The right to run browsers.
    _right: SemaphorePermit<'static>,
}

impl Driver {
    /// Starts one for a test with as many browsers, once there is room for them. None where the
    /// test has to be skipped.
    pub async fn start(browsers: u32) -> Option<Self> {
        let (Some(chromium), Some(chromedriver)) = (on_path("chromium"), on_path("chromedriver"))
        else {
            skip("chromium and chromedriver aren't both on the path");
            return None;
        };
        let right = FREE.acquire_many(browsers.min(BROWSERS)).await;
        let folder = TempDir::new().expect("a folder");
        let mut leash = Command::new("sh")
            .args(["-c", LEASH, "sh"])
            .arg(chromedriver)
            .arg("--port=0")
            // Or a crash reporter would leave something at home.
            .env("XDG_CONFIG_HOME", folder.path())
            .env("XDG_CACHE_HOME", folder.path())
            // A browser that is killed leaves the folder of its lock behind.
            .env("TMPDIR", folder.path())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh starts");
        let stdout = BufReader::new(leash.stdout.as_mut().expect("standard output"));
        let port = stdout
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_once("successfully on port ")?
                    .1
                    .trim_end_matches('.')
                    .parse()
                    .ok()
            })
            .expect("chromedriver says its port");
        Some(Self {
            leash,
            port,
            chromium,
            folder,
            _right: right.expect("it is never closed"),
        })
    }

    /// A browser with a profile of its own.
    pub async fn browser(&self, arguments: &[String]) -> Client {
        let profile = tempfile::tempdir_in(&self.folder).expect("a folder").keep();
        let mut all: Vec<_> = ARGUMENTS.map(str::to_owned).into();
        all.push(format!("--user-data-dir={}", profile.display()));
        all.extend_from_slice(arguments);
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "binary": self.chromium, "args": all },
            "goog:loggingPrefs": { "browser": "ALL" },
            // Minutes, otherwise: a page that hangs is a test that fails.
            "timeouts": { "pageLoad": PATIENCE.as_millis(), "script": PATIENCE.as_millis() },
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("it is an object")
        };
        ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .expect("a browser")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.leash.stdin.take());
        let _ = self.leash.wait();
    }
}
