//! What a person does with the page, and what they see of it. Things are named as a screen reader
//! names them, by role and name; a name in slashes is a regular expression.

use std::{fs, io::Read, path::Path, thread, time::Duration};

use fantoccini::{
    Locator,
    actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction, TouchActions},
    elements::{Element, ElementRef},
    wd::PrintConfiguration,
};
use flate2::read::ZlibDecoder;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Device, Engine, Session, keys, watch};

const FIND: &str = include_str!("find.js");
/// What stands in the open conversation, with who says it.
const LINES: &str = "[...document.querySelectorAll('[role=log] li')].map((row) => {
    const parts = row.querySelectorAll('.event, .bubble > :not(.meta), .bubble .edited');
    return [...parts].map((part) => part.textContent.trim()).filter(Boolean).join(' ');
})";
/// How long a finger holds something, which is what holding means here and no wait for anything.
const PRESS: Duration = Duration::from_millis(700);
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Tells whether an element stands still. What comes in later moves what is below it, and who hits where something was a
/// moment ago hits something else.
const IS_STILL: &str = "async (element) => {
    const before = element.getBoundingClientRect();
    await new Promise((drawn) => {
        requestAnimationFrame(() => requestAnimationFrame(drawn));
        // A page that nobody sees isn’t drawn.
        setTimeout(drawn, 100);
    });
    const after = element.getBoundingClientRect();
    return before.left === after.left && before.top === after.top;
}";
/// Brings an element into view; tells whether a finger at its middle would meet it.
const REACH: &str = "(element) => {
    element.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const { left, top, width, height } = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}";
/// Selects what is in the field that has the focus. False if it is nothing that one writes in, as while a form waits for its
/// answer.
const SELECT: &str = "() => {
    const { activeElement } = document;
    activeElement.select?.();
    return 'select' in activeElement;
}";

impl Session {
    pub async fn open(&self, path: &str) {
        self.go(&format!("{}{path}", self.origin)).await;
    }

    /// Goes to an address, wherever that is.
    pub async fn go(&self, address: &str) {
        self.client.goto(address).await.expect("the page opens");
    }

    /// Loads the page anew, which may fail while the server is away.
    pub async fn reload(&self) {
        if self.engine != Engine::Firefox {
            let _ = self.client.refresh().await;
            return;
        }
        // What WebDriver does there is what people do with Shift: it passes the service worker by.
        self.eval::<Value>("void (window.isOld = true, location.reload())")
            .await;
        let is_new = "!window.isOld && document.readyState === 'complete'";
        self.wait("the page anew", is_new).await;
    }

    pub async fn back(&self) {
        self.client.back().await.expect("there is a page before");
    }

    /// Where the page is: path, query and fragment.
    pub async fn path(&self) -> String {
        self.eval("location.href.slice(location.origin.length)")
            .await
    }

    pub async fn title(&self) -> String {
        self.eval("document.title").await
    }

    /// Signs in on the page, as john or jane with one click, and as anybody else by name; makes an
    /// account for who has none.
    pub async fn sign_in(&self, username: &str) {
        self.open("/").await;
        self.sees("button", "Sign in").await;
        let choice = format!("Sign in as {username}");
        if self.look_for("button", &choice).await.is_some() {
            self.click("button", &choice).await;
        } else {
            self.fill("textbox", "Someone else", username).await;
            self.click("button", "Create account").await;
        }
        self.sees("searchbox", "/^Search/").await;
    }

    /// Signs out in the settings, once all is there that would push the button from under the click.
    pub async fn sign_out(&self) {
        self.open("/settings").await;
        self.reads("This device").await;
        let passkeys = "Boolean(document.querySelector('passkey-list p.muted'))";
        self.wait("the passkeys", passkeys).await;
        self.reads("No tokens yet.").await;
        self.click("button", "Sign out").await;
    }

    /// Goes to the conversation with somebody that is in the list.
    pub async fn go_to(&self, other: &str) {
        self.click("link", &format!("/(^| ){other}( |$)/")).await;
        self.sees("heading", other).await;
        self.sees("textbox", &format!("Message to {other}")).await;
    }

    /// Finds somebody by name, and opens the conversation with them.
    pub async fn look_up(&self, other: &str) {
        self.fill("searchbox", "/^Search/", other).await;
        self.click("button", other).await;
        self.sees("textbox", &format!("Message to {other}")).await;
    }

    /// Writes a message in the open conversation, and sends it.
    pub async fn say(&self, text: &str) {
        self.fill("textbox", "/^Message to /", text).await;
        match self.device() {
            Device::Desktop => self.press("Enter").await,
            Device::Phone => self.click("button", "Send").await,
        }
    }

    /// The messages of the open conversation that are in the page, from top to bottom.
    pub async fn messages(&self) -> Vec<String> {
        self.eval("[...document.querySelectorAll('[role=log] li [dir=auto]')].map((text) => text.textContent)")
            .await
    }

    /// Chooses the language of this browser, for pages that are opened from now on.
    pub async fn choose_language(&self, language: &str) {
        let choose =
            "(language) => localStorage.setItem('preference:language', JSON.stringify(language))";
        self.call::<()>(choose, json!([language])).await;
    }

    /// Waits for what a page loads only once there is something to see: what offers notifications, follows the clock, and
    /// listens to keys.
    pub async fn is_whole(&self) {
        let condition = "document.querySelector('nav [href=\"/saved\"]')";
        self.wait("the rest of the page", condition).await;
    }

    /// Waits until no part of the page is asking for anything: what is asked for when somebody signs out is refused.
    pub async fn has_loaded(&self) {
        let condition = "!document.body.innerText.includes('Loading')";
        self.wait("all of it", condition).await;
    }

    pub async fn sees_message(&self, text: &str) {
        let condition = format!(
            "[...document.querySelectorAll('[role=log] li [dir=auto]')].some((text) => text.textContent === {})",
            json!(text)
        );
        self.wait(&format!("the message {text:?}"), &condition)
            .await;
    }

    /// Waits until the open conversation shows these messages and no others, and none of them is on its
    /// way any more.
    pub async fn shows_exactly(&self, texts: &[String]) {
        self.until("exactly these messages", async || {
            let shown = self.messages().await;
            if shown == texts {
                Ok(())
            } else {
                Err(format!("{shown:?} instead of {texts:?}"))
            }
        })
        .await;
        self.wait(
            "nothing on its way",
            "!/Sending|Waiting|Not sent/.test(document.querySelector('[role=log]').textContent)",
        )
        .await;
    }

    /// Waits until the open conversation is this, line by line, and each with its author.
    pub async fn shows_lines(&self, lines: &[&str]) {
        self.until("exactly these lines", async || {
            let shown: Vec<String> = self.eval(LINES).await;
            if shown == lines {
                Ok(())
            } else {
                Err(format!("{shown:?} instead of {lines:?}"))
            }
        })
        .await;
    }

    /// Waits until the browser has kept all that it needs to open the page without the server.
    pub async fn keeps_the_page(&self) {
        self.until("the page to be kept", async || {
            let seal = "navigator.serviceWorker.ready.then(() => caches.match('/shell-version')).then(Boolean)";
            if self.eval(seal).await {
                Ok(())
            } else {
                Err("not yet".to_owned())
            }
        })
        .await;
    }

    /// Waits for something with this role and name, and gives it back.
    pub async fn sees(&self, role: &str, name: &str) -> Element {
        self.until(&format!("a {role} {name:?}"), async || {
            self.look_for(role, name).await.ok_or_else(String::new)
        })
        .await
    }

    /// Waits until there is nothing with this role and name.
    pub async fn misses(&self, role: &str, name: &str) {
        self.until(&format!("the {role} {name:?} to go"), async || {
            match self.look_for(role, name).await {
                None => Ok(()),
                Some(_) => Err("it is there".to_owned()),
            }
        })
        .await;
    }

    /// What there is right now with this role and name.
    pub async fn look_for(&self, role: &str, name: &str) -> Option<Element> {
        let found: Value = self.try_call(FIND, json!([role, name])).await.ok()?;
        let id = found.get(ELEMENT)?.as_str()?.to_owned();
        Some(Element::from_element_id(
            self.client.clone(),
            ElementRef::from(id),
        ))
    }

    /// Clicks, or taps on a phone. Like a person, this needs it in reach: in view, and under nothing
    /// else.
    pub async fn click(&self, role: &str, name: &str) {
        self.until(&format!("a {role} {name:?} to click"), async || {
            self.try_click(role, name).await
        })
        .await;
    }

    async fn try_click(&self, role: &str, name: &str) -> Result<(), String> {
        let element = self.look_for(role, name).await.ok_or("it isn't there")?;
        self.reaches(&element).await?;
        let pressed = match self.device() {
            Device::Desktop => element.click().await,
            Device::Phone => self.client.perform_actions(tap(element)).await,
        };
        pressed.map_err(|error| error.to_string())
    }

    /// Holds something with a finger for a moment longer than it takes.
    pub async fn hold(&self, role: &str, name: &str) {
        self.until(&format!("a {role} {name:?} to hold"), async || {
            let element = self.look_for(role, name).await.ok_or("it isn't there")?;
            self.reaches(&element).await?;
            let held = self.client.perform_actions(touch(element, PRESS)).await;
            held.map_err(|error| error.to_string())
        })
        .await;
    }

    /// Clicks three times in a row with the mouse, which selects a paragraph.
    pub async fn click_thrice(&self, selector: &str) {
        self.until(&format!("{selector:?} to click"), async || {
            let found = self.client.find(Locator::Css(selector)).await;
            let element = found.map_err(|error| error.to_string())?;
            self.reaches(&element).await?;
            let clicked = self.client.perform_actions(click_thrice(element)).await;
            clicked.map_err(|error| error.to_string())
        })
        .await;
    }

    /// Fails while a pointer might miss an element. Of a desktop, the driver itself looks at what is over it.
    async fn reaches(&self, element: &Element) -> Result<(), String> {
        if self.device() == Device::Phone {
            let reach: bool = self.try_call(REACH, json!([element])).await?;
            reach.then_some(()).ok_or("something else is over it")?;
        }
        let is_still: bool = self.try_call(IS_STILL, json!([element])).await?;
        is_still.then_some(()).ok_or_else(|| "it moves".to_owned())
    }

    /// Puts a text where another may have been, all at once.
    pub async fn fill(&self, role: &str, name: &str, text: &str) {
        self.until(&format!("a {role} {name:?} to write in"), async || {
            self.try_click(role, name).await?;
            let is_field: bool = self.try_call(SELECT, json!([])).await?;
            is_field
                .then_some(())
                .ok_or_else(|| "the focus is elsewhere".to_owned())
        })
        .await;
        self.write(text).await;
    }

    /// Chooses from the list that has this name.
    pub async fn choose(&self, name: &str, option: &str) {
        let list = self.sees("combobox", name).await;
        let found = list.select_by_label(option).await;
        found.unwrap_or_else(|error| panic!("{option:?} of {name:?}: {error}"));
    }

    /// Gives a file to the field for files that the page has; to that of a dialog, where there is one.
    pub async fn attach(&self, file: &Path) {
        let field = self
            .until("a field for files", async || {
                let fields = self.client.find_all(Locator::Css("input[type=file]"));
                let mut fields = fields.await.map_err(|error| error.to_string())?;
                fields.pop().ok_or_else(|| "there is none".to_owned())
            })
            .await;
        let given = field.send_keys(file.to_str().expect("a plain path"));
        given.await.expect("a file");
    }

    /// Puts a text where the focus is, as a keyboard with suggestions does: without a key.
    pub async fn write(&self, text: &str) {
        if self.engine == Engine::Chromium {
            self.cdp("Input.insertText", json!({ "text": text })).await;
        } else {
            let insert = "(text) => document.execCommand('insertText', false, text)";
            let inserted: bool = self.call(insert, json!([text])).await;
            assert!(inserted, "the focus is where nobody writes");
        }
    }

    /// Presses a key, with others held down: `Enter`, `Shift+Enter`, `Control+k`.
    pub async fn press(&self, keys: &str) {
        self.client
            .perform_actions(keys::strokes(keys))
            .await
            .expect("keys are pressed");
    }

    /// What the text field with this name holds.
    pub async fn value(&self, name: &str) -> String {
        let field = self.sees("textbox", name).await;
        self.call("(field) => field.value", json!([field])).await
    }

    /// The text that can be seen, in the whole page.
    pub async fn text(&self) -> String {
        self.eval("document.body.innerText").await
    }

    /// Waits until a text can be seen.
    pub async fn reads(&self, text: &str) {
        let condition = format!("document.body.innerText.includes({})", json!(text));
        self.wait(&format!("the text {text:?}"), &condition).await;
    }

    /// Waits until an expression of the page is true, or anything else that counts as true.
    pub async fn wait(&self, what: &str, condition: &str) {
        self.until(what, async || {
            match self
                .try_call(&format!("() => Boolean({condition})"), json!([]))
                .await
            {
                Ok(true) => Ok(()),
                Ok(false) => Err("it isn't so".to_owned()),
                Err(error) => Err(error),
            }
        })
        .await;
    }

    /// Tries again until something succeeds; shows what was on the screen when it never does.
    pub async fn until<T>(
        &self,
        what: &str,
        mut attempt: impl AsyncFnMut() -> Result<T, String>,
    ) -> T {
        let mut last = String::new();
        let done = watch(async || attempt().await.map_err(|error| last = error).ok()).await;
        match done {
            Some(done) => done,
            None => panic!("waited in vain for {what}: {last}\n{}", self.state().await),
        }
    }

    /// The value of an expression, awaited where it is a promise.
    pub async fn eval<T: DeserializeOwned>(&self, expression: &str) -> T {
        self.call(&format!("() => ({expression})"), json!([])).await
    }

    /// What a function of the page gives for these arguments, which may be elements.
    pub async fn call<T: DeserializeOwned>(&self, function: &str, arguments: Value) -> T {
        match self.try_call(function, arguments).await {
            Ok(value) => value,
            Err(error) => panic!("{error} in {function}\n{}", self.state().await),
        }
    }

    async fn try_call<T: DeserializeOwned>(
        &self,
        function: &str,
        arguments: Value,
    ) -> Result<T, String> {
        let Value::Array(arguments) = arguments else {
            panic!("{arguments} is no list of arguments")
        };
        let script = format!("return ({function})(...arguments)");
        let value = self
            .client
            .execute(&script, arguments)
            .await
            .map_err(|error| error.to_string())?;
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    /// How many pages the page would take on paper.
    pub async fn printed_pages(&self) -> usize {
        let printed = self.client.print(PrintConfiguration::default()).await;
        let printed = unpacked(&printed.expect("a document"));
        let pages = printed.split("/Type").skip(1);
        let is_page = |rest: &&str| {
            let rest = rest.trim_start();
            rest.starts_with("/Page") && !rest.starts_with("/Pages")
        };
        pages.filter(is_page).count()
    }

    /// Writes what is on the screen to `screenshots/` in cargo's target folder.
    pub async fn screenshot(&self, name: &str) -> String {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
        fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join(format!("{name}.png"));
        match self.client.screenshot().await {
            Ok(picture) => fs::write(&file, picture).expect("a picture"),
            Err(error) => return format!("no picture: {error}"),
        }
        file.display().to_string()
    }

    /// For a test that fails: what a person would see now.
    async fn state(&self) -> String {
        let page: Result<String, _> = self
            .try_call(
                "() => `${location.href}\n${document.title}\n${document.body.innerText.slice(0, 1500)}`",
                json!([]),
            )
            .await;
        let test = thread::current()
            .name()
            .unwrap_or_default()
            .replace("::", "-");
        format!(
            "{}\nconsole: {:#?}\n{}",
            page.unwrap_or_else(|error| error),
            self.console().await,
            self.screenshot(&format!("failed-{test}")).await
        )
    }
}

/// What a PDF says, with what Firefox packs of it (ISO 32000-1 §7.5.7).
fn unpacked(document: &[u8]) -> String {
    const BEGIN: &[u8] = b"stream\n";
    let mut text = String::from_utf8_lossy(document).into_owned();
    for (place, _) in document
        .windows(BEGIN.len())
        .enumerate()
        .filter(|(_, part)| *part == BEGIN)
    {
        let mut packed = String::new();
        // Letters and pictures aren’t text.
        if ZlibDecoder::new(&document[place + BEGIN.len()..])
            .read_to_string(&mut packed)
            .is_ok()
        {
            text.push_str(&packed);
        }
    }
    text
}

/// A finger that is put down and taken away at once. Chromedriver's own click is one of a mouse.
fn tap(element: Element) -> TouchActions {
    touch(element, Duration::ZERO)
}

/// A finger, put down on the middle of an element and taken away after as long.
fn touch(element: Element, duration: Duration) -> TouchActions {
    TouchActions::new("finger".to_owned())
        .then(PointerAction::MoveToElement {
            element,
            duration: None,
            x: 0.0,
            y: 0.0,
        })
        .then(PointerAction::Down {
            button: MOUSE_BUTTON_LEFT,
        })
        .then(PointerAction::Pause { duration })
        .then(PointerAction::Up {
            button: MOUSE_BUTTON_LEFT,
        })
}

/// The mouse, pressed three times in a row on the middle of an element.
fn click_thrice(element: Element) -> MouseActions {
    let button = MOUSE_BUTTON_LEFT;
    let mouse = MouseActions::new("mouse".to_owned()).then(PointerAction::MoveToElement {
        element,
        duration: None,
        x: 0.0,
        y: 0.0,
    });
    (0..3).fold(mouse, |mouse, _| {
        mouse
            .then(PointerAction::Down { button })
            .then(PointerAction::Up { button })
    })
}
