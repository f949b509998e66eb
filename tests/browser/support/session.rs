//! One browser with a profile of its own: one person at one device.

use std::{fs, path::PathBuf, str::FromStr};

use fantoccini::{
    Client,
    wd::{WebDriverCompatibleCommand, WindowHandle},
};
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::{
    Engine, Reader,
    driver::{Browser, Driver},
    wait,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// 390 × 844, for fingers.
    Phone,
    /// 1280 × 800, with a mouse.
    Desktop,
}

impl Device {
    fn size(self) -> (u32, u32) {
        match self {
            Self::Phone => (390, 844),
            Self::Desktop => (1280, 800),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

/// A machine without a screen has no mouse either, and pages can tell.
const MOUSE: &str = "--blink-settings=primaryPointerType=4,availablePointerTypes=4,\
    primaryHoverType=2,availableHoverTypes=2";

/// Scrollbars that take no room.
const NO_SCROLLBARS: &str = "--hide-scrollbars";

/// What kind of browser somebody has.
#[derive(Clone, Debug)]
pub struct Options {
    pub(super) device: Device,
    pub(super) scheme: Scheme,
    pub(super) time_zone: Option<&'static str>,
    pub(super) takes_cookies: bool,
    origin: Option<String>,
    pub(super) authority: Option<PathBuf>,
    pub(super) arguments: Vec<String>,
    /// Where a screen reader listens.
    pub(super) bus: Option<String>,
    scripts: Vec<String>,
}

impl Options {
    pub fn phone() -> Self {
        Self {
            device: Device::Phone,
            arguments: vec![NO_SCROLLBARS.to_owned()],
            ..Self::desktop()
        }
    }

    pub fn desktop() -> Self {
        Self {
            device: Device::Desktop,
            scheme: Scheme::Light,
            time_zone: None,
            takes_cookies: true,
            origin: None,
            authority: None,
            arguments: vec![NO_SCROLLBARS.to_owned(), MOUSE.to_owned()],
            bus: None,
            scripts: Vec::new(),
        }
    }

    /// What the system prefers.
    pub fn scheme(self, scheme: Scheme) -> Self {
        Self { scheme, ..self }
    }

    /// A name of the time zone database, as in `Asia/Tokyo`.
    pub fn time_zone(self, name: &'static str) -> Self {
        Self {
            time_zone: Some(name),
            ..self
        }
    }

    /// Somebody has told the browser to block cookies, which blocks all that a page may keep. WebKit’s isn’t told.
    pub fn without_cookies(self) -> Self {
        Self {
            takes_cookies: false,
            ..self
        }
    }

    /// Where the page is, if not at the server itself: at a proxy, or under another name.
    pub fn origin(self, origin: impl Into<String>) -> Self {
        Self {
            origin: Some(origin.into()),
            ..self
        }
    }

    /// Somebody has installed this authority, in PEM, for Chromium.
    pub fn trusting(self, authority: PathBuf) -> Self {
        Self {
            authority: Some(authority),
            ..self
        }
    }

    /// An argument for Chromium.
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Somebody uses a screen reader with Chromium.
    pub fn heard_by(self, reader: &Reader) -> Self {
        Self {
            bus: Some(reader.bus.clone()),
            ..self.argument("--force-renderer-accessibility")
        }
    }

    /// With scrollbars that take room, as on Windows and Linux.
    pub fn with_scrollbars(mut self) -> Self {
        self.arguments.retain(|argument| argument != NO_SCROLLBARS);
        self
    }

    /// A script that runs in every document before those of the page.
    pub fn script(mut self, source: impl Into<String>) -> Self {
        self.scripts.push(source.into());
        self
    }
}

/// One browser. Its commands concern the tab that was opened or switched to last.
pub struct Session {
    pub(super) client: Client,
    pub(super) browser: Browser,
    pub(super) engine: Engine,
    pub(super) origin: String,
    device: Device,
    options: Options,
}

impl Session {
    pub(super) async fn start(driver: &Driver, server: &str, options: Options) -> Self {
        let browser = driver.browser(&options).await;
        let session = Self {
            client: browser.client.clone(),
            browser,
            engine: driver.engine,
            origin: options.origin.clone().unwrap_or_else(|| server.to_owned()),
            device: options.device,
            options,
        };
        session.dress().await;
        session
    }

    pub fn device(&self) -> Device {
        self.device
    }

    /// Makes a tab what the options say, as far as that is kept for each tab.
    async fn dress(&self) {
        if self.engine != Engine::Chromium {
            assert!(
                self.options.scripts.is_empty(),
                "only Chromium runs a script before those of the page"
            );
            return self.resize_window(self.options.device.size()).await;
        }
        self.be(self.options.device).await;
        self.prefer(self.options.scheme).await;
        for source in &self.options.scripts {
            let script = json!({ "source": source });
            self.cdp("Page.addScriptToEvaluateOnNewDocument", script)
                .await;
        }
    }

    /// Makes the window so large that the page in it has this size, or as near to it as the engine lets a
    /// window be: Firefox makes none narrower than 500 pixels, and WebKit’s none than 447.
    async fn resize_window(&self, (width, height): (u32, u32)) {
        let frame = "[outerWidth - innerWidth, outerHeight - innerHeight]";
        let (right, above): (u32, u32) = self.eval(frame).await;
        let resized = self
            .client
            .set_window_size(width + right, height + above)
            .await;
        resized.expect("a window");
    }

    /// Turns the tab into another device; a page that has looked at it already may want a reload.
    pub async fn be(&self, device: Device) {
        let is_phone = device == Device::Phone;
        let (width, height) = device.size();
        let density = if is_phone { 2 } else { 1 };
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": density, "mobile": is_phone });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        let touch = json!({ "enabled": is_phone, "maxTouchPoints": 5 });
        self.cdp("Emulation.setTouchEmulationEnabled", touch).await;
    }

    pub async fn prefer(&self, scheme: Scheme) {
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.cdp(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
    }

    /// Changes the size of the tab, as when a window is dragged or a keyboard appears.
    pub async fn resize(&self, width: u32, height: u32) {
        if self.engine != Engine::Chromium {
            return self.resize_window((width, height)).await;
        }
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 0, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// Takes the session of a token, for where nobody can sign in by hand.
    pub async fn take_token(&self, token: &str) {
        if self.engine == Engine::Chromium {
            let cookie =
                json!({ "name": "tincan", "value": token, "url": self.origin, "httpOnly": true });
            let answer = self.cdp("Network.setCookie", cookie).await;
            assert_eq!(answer["success"], true);
        } else {
            // WebDriver sets cookies for where the tab is, so it goes where no page is.
            self.open("/healthz").await;
            // fantoccini’s own command says `SameSite=None`, which such a cookie can’t be.
            let cookie = json!({
                "name": "tincan", "value": token, "path": "/", "httpOnly": true, "sameSite": "Lax",
            });
            let body = json!({ "cookie": cookie });
            let path = "cookie";
            let set = self.client.issue_cmd(Post { path, body }).await;
            set.expect("a cookie");
        }
    }

    /// Opens a tab and goes over to it, as the one that is seen.
    pub async fn new_tab(&self) -> WindowHandle {
        // Without a window manager, WebKit’s tabs in the background can’t be brought to the front.
        let is_tab = self.engine != Engine::WebKit;
        let tab = self.client.new_window(is_tab).await.expect("a tab");
        let tab = tab.handle;
        self.switch_to(&tab).await;
        self.dress().await;
        tab
    }

    pub async fn tab(&self) -> WindowHandle {
        self.client.window().await.expect("a tab")
    }

    pub async fn tabs(&self) -> Vec<WindowHandle> {
        self.client.windows().await.expect("tabs")
    }

    pub async fn switch_to(&self, tab: &WindowHandle) {
        self.client
            .switch_to_window(tab.clone())
            .await
            .expect("the tab is there");
        if self.engine == Engine::Chromium {
            self.cdp("Page.bringToFront", json!({})).await;
        }
    }

    /// Puts the window away: its page is hidden, and nobody looks at it.
    pub async fn hide(&self) {
        self.set_window("minimized").await;
        self.wait("the page to be hidden", "document.hidden").await;
    }

    /// The same for several tabs; the last of them is the one that commands concern then.
    pub async fn hide_all(&self, tabs: &[WindowHandle]) {
        for tab in tabs {
            // To bring it to the front would show it.
            let to = self.client.switch_to_window(tab.clone()).await;
            to.expect("the tab is there");
            self.hide().await;
        }
    }

    pub async fn show(&self) {
        self.set_window("normal").await;
        self.wait(
            "the page to be seen",
            "!document.hidden && document.hasFocus()",
        )
        .await;
    }

    /// A tab in the background would do as well, but without a screen all tabs count as seen.
    async fn set_window(&self, state: &str) {
        let window = self.cdp("Browser.getWindowForTarget", json!({})).await;
        let bounds = json!({ "windowId": window["windowId"], "bounds": { "windowState": state } });
        self.cdp("Browser.setWindowBounds", bounds).await;
    }

    /// Closes the tab; another one has to be switched to then.
    pub async fn close_tab(&self) {
        self.client.close_window().await.expect("the tab closes");
    }

    /// Waits until this has been downloaded under this name. WebKit has no folder for downloads.
    pub async fn has_downloaded(&self, name: &str, bytes: &[u8]) {
        let places = ["Downloads", ""].map(|folder| self.browser.home().join(folder).join(name));
        wait(&format!("{name} to be downloaded"), async || {
            let found = places.iter().find_map(|place| fs::read(place).ok());
            (found? == bytes).then_some(())
        })
        .await;
    }

    /// A command of the Chrome DevTools protocol.
    pub async fn cdp(&self, command: &str, parameters: Value) -> Value {
        assert_eq!(self.engine, Engine::Chromium, "{command} is Chromium’s");
        let body = json!({ "cmd": command, "params": parameters });
        self.client
            .issue_cmd(Post {
                path: "goog/cdp/execute",
                body,
            })
            .await
            .unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// What Chromium’s console says since it was last asked.
    pub(super) async fn log(&self) -> Value {
        let body = json!({ "type": "browser" });
        self.client
            .issue_cmd(Post {
                path: "se/log",
                body,
            })
            .await
            .expect("a log")
    }
}

/// A command that fantoccini doesn’t have.
#[derive(Debug)]
struct Post {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Post {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as FromStr>::Err> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
