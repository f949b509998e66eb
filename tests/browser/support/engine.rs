//! The engines that the page is meant for, and what is needed to drive each of them.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Device, Options, PATIENCE, Scheme};
use crate::api::on_path;

/// A family of browsers, and the one of it that the tests drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Chrome, Edge and most others: Debian's `chromium`. The only one with the Chrome DevTools
    /// protocol, which is what most of the suite is driven by.
    Chromium,
    /// Debian's `firefox-esr`.
    Firefox,
    /// As near to Safari as Linux gets: the `MiniBrowser` of Debian's WebKitGTK. What Apple adds isn't in it.
    WebKit,
}

/// What has to be on the path to run an engine.
pub struct Programs {
    /// What the driver starts.
    pub browser: PathBuf,
    pub driver: PathBuf,
    /// For a browser that can't do without a screen.
    pub screen: Option<PathBuf>,
}

impl Engine {
    /// Finds the programs; gives back what to install where one is missing.
    pub fn programs(self) -> Result<Programs, &'static str> {
        let find = |browser, driver| Some((on_path(browser)?, on_path(driver)?));
        let (found, missing) = match self {
            Self::Chromium => (
                find("chromium", "chromedriver"),
                "chromium and chromedriver aren’t both on the path",
            ),
            Self::Firefox => (
                find("firefox-esr", "geckodriver"),
                "firefox-esr and geckodriver aren’t both on the path",
            ),
            // The driver knows where its browser is.
            Self::WebKit => (
                find("WebKitWebDriver", "WebKitWebDriver"),
                "WebKitWebDriver isn’t on the path",
            ),
        };
        let (browser, driver) = found.ok_or(missing)?;
        let screen = match self {
            Self::Chromium | Self::Firefox => None,
            Self::WebKit => Some(on_path("Xvfb").ok_or("Xvfb isn’t on the path")?),
        };
        Ok(Programs {
            browser,
            driver,
            screen,
        })
    }

    /// What WebDriver is asked for to get the browser of these options.
    pub fn capabilities(self, programs: &Programs, profile: PathBuf, options: &Options) -> Value {
        /// `ContentSetting` of Chromium.
        const ALLOW: u8 = 1;
        const BLOCK: u8 = 2;
        /// `SessionStartupPref` of Chromium.
        const OPEN_THESE: u8 = 4;
        let mut capabilities = match self {
            Self::Chromium => {
                let own = format!("--user-data-dir={}", profile.display());
                let arguments: Vec<_> = CHROMIUM
                    .iter()
                    .map(|&argument| argument.to_owned())
                    .chain([own])
                    .chain(options.arguments.iter().cloned())
                    .collect();
                let cookies = if options.takes_cookies { ALLOW } else { BLOCK };
                json!({
                    "browserName": "chrome",
                    "goog:chromeOptions": {
                        "binary": programs.browser,
                        "args": arguments,
                        "prefs": {
                            "profile.default_content_setting_values.cookies": cookies,
                            // Its own first page costs as much as ours, and `about:blank` gives the focus to the address bar.
                            "session.restore_on_startup": OPEN_THESE,
                            "session.startup_urls": ["data:,"],
                        },
                    },
                    "goog:loggingPrefs": { "browser": "ALL" },
                })
            }
            Self::Firefox => json!({
                "browserName": "firefox",
                "moz:firefoxOptions": {
                    "binary": programs.browser,
                    // geckodriver makes the profile itself, in the folder for temporary files.
                    "args": ["-headless"],
                    "prefs": firefox_preferences(options),
                },
            }),
            Self::WebKit => json!({ "browserName": "MiniBrowser" }),
        };
        // Minutes, otherwise: a page that hangs is a test that fails.
        let patience = PATIENCE.as_millis();
        capabilities["timeouts"] = json!({ "pageLoad": patience, "script": patience });
        capabilities
    }

    /// What a browser of these options has to find in its environment.
    pub fn environment(self, options: &Options) -> Vec<(&'static str, &'static str)> {
        let mut environment = vec![
            // Whatever the machine speaks.
            ("LC_ALL", "C.UTF-8"),
            ("LANGUAGE", "en"),
            // A bus that is started for the purpose would outlive the test.
            ("DBUS_SESSION_BUS_ADDRESS", "disabled:"),
        ];
        environment.extend(options.time_zone.map(|zone| ("TZ", zone)));
        if self == Self::WebKit {
            environment.push(match options.scheme {
                Scheme::Light => ("GTK_THEME", "Adwaita"),
                Scheme::Dark => ("GTK_THEME", "Adwaita:dark"),
            });
        }
        environment
    }
}

const CHROMIUM: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    // Pages that its address bar is made of, and a process for a page that may come.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,SpareRendererForSitePerProcess",
];

/// What Chromium is told by commands, Firefox has to know at its start.
fn firefox_preferences(options: &Options) -> Value {
    /// `LookAndFeel::kPointer…` of Gecko.
    const COARSE: u8 = 1;
    const FINE: u8 = 2;
    const HOVER: u8 = 4;
    /// `nsICookieService.BEHAVIOR_…` of Gecko.
    const REJECT: u8 = 2;
    const REJECT_TRACKERS_AND_PARTITION: u8 = 5;
    let cookies = if options.takes_cookies {
        REJECT_TRACKERS_AND_PARTITION
    } else {
        REJECT
    };
    let is_phone = options.device == Device::Phone;
    let pointer = if is_phone { COARSE } else { FINE | HOVER };
    let scheme = match options.scheme {
        Scheme::Dark => 0,
        Scheme::Light => 1,
    };
    json!({
        "ui.primaryPointerCapabilities": pointer,
        "ui.allPointerCapabilities": pointer,
        "dom.w3c_touch_events.enabled": u8::from(is_phone),
        "layout.css.prefers-color-scheme.content-override": scheme,
        "network.cookie.cookieBehavior": cookies,
        // A name that means this machine, and nothing secure.
        "network.dns.localDomains": super::stage::HOME,
        // Errors of scripts go to its output.
        "browser.dom.window.dump.enabled": true,
    })
}
