//! The server that a test is about, and what is needed to put people in front of it.

use std::path::PathBuf;

use tempfile::TempDir;

use super::{Engine, Options, Proxy, Session, driver::Driver, scratch};
use crate::api::{
    Binary, Client, Port, at_once, messages,
    old_database::{DEVELOPMENT, SERVICE, mark},
};

/// How many requests are made at the same time where there are many to make.
const AT_ONCE: usize = 64;
/// A name that means this machine to the browser, and nothing secure.
pub(super) const HOME: &str = "hearth.lan";

/// The real binary in dev mode, with a database of its own, and browsers. What tests prepare comes faster than people are
/// allowed to write, so nobody is limited.
pub struct Stage {
    binary: Option<Binary>,
    port: Port,
    driver: Driver,
    folder: TempDir,
}

impl Stage {
    /// Sets it for a test with as many browsers. None where the test has to be skipped.
    pub async fn set(browsers: u32) -> Option<Self> {
        Self::set_in(Engine::Chromium, browsers).await
    }

    /// The same for another engine. Commands of the Chrome DevTools protocol, and what is made of them, are
    /// Chromium's alone.
    pub async fn set_in(engine: Engine, browsers: u32) -> Option<Self> {
        let mut stage = Self::bare(engine, browsers).await?;
        stage.play(&["--dev", "--no-limits"]);
        Some(stage)
    }

    /// Sets it for a test with as many browsers and a server that asks for passwords, and has no account
    /// yet. Gives back the link to the first one, too.
    pub async fn unset(browsers: u32) -> Option<(Self, String)> {
        let mut stage = Self::bare(Engine::Chromium, browsers).await?;
        let link = stage.play(&[]).setup_link();
        Some((stage, link))
    }

    /// Sets it for a test with as many browsers and a server that speaks TLS by its own authority. Gives back where that is,
    /// too, and the page about it.
    pub async fn set_at_home(browsers: u32) -> Option<(Self, PathBuf, String)> {
        let mut stage = Self::bare(Engine::Chromium, browsers).await?;
        stage.play(&["--dev", "--tls", "home", "--allow-outbound", "127.0.0.0/8"]);
        let authority = stage.folder.path().join("tincan.db-tls/home/authority.pem");
        let page = format!("http://localhost:{}", stage.port.number());
        Some((stage, authority, page))
    }

    async fn bare(engine: Engine, browsers: u32) -> Option<Self> {
        Some(Self {
            driver: Driver::start(engine, browsers).await?,
            binary: None,
            port: Port::of_loopback(),
            folder: scratch(),
        })
    }

    /// A program that nobody has signed in yet.
    pub fn nobody(&self) -> Client {
        Client::new(self.port.address())
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("tincan.db")
    }

    /// SIGKILL for the server.
    pub fn kill(&mut self) {
        self.binary.take().expect("it runs").kill();
    }

    /// Starts the server again, on the same database and port, with these arguments beside.
    pub fn start_again(&mut self, arguments: &[&str]) {
        self.start_at(&self.port.address().to_string(), arguments);
    }

    /// The same at all addresses of the machine.
    pub fn start_for_all(&mut self, arguments: &[&str]) {
        self.start_at(&format!("0.0.0.0:{}", self.port.number()), arguments);
    }

    fn start_at(&mut self, listen: &str, arguments: &[&str]) {
        // A scene is set in development mode, and played at whatever server is needed.
        let is_dev = arguments.contains(&"--dev");
        mark(&self.database(), if is_dev { DEVELOPMENT } else { SERVICE });
        self.play_at(listen, &[&["--no-limits"], arguments].concat());
    }

    fn play(&mut self, arguments: &[&str]) -> &mut Binary {
        self.play_at(&self.port.address().to_string(), arguments)
    }

    fn play_at(&mut self, listen: &str, arguments: &[&str]) -> &mut Binary {
        assert!(self.binary.is_none(), "it runs");
        let database = self.database();
        let database = database.to_str().expect("a plain path");
        let usual = ["--listen", listen, "--db", database, "--log", "error"];
        self.binary
            .insert(Binary::spawn(&[&usual, arguments].concat()))
    }

    /// Where the page is.
    pub fn origin(&self) -> String {
        format!("http://{}", self.port.address())
    }

    /// A network between browsers and the server.
    pub async fn proxy(&self) -> Proxy {
        Proxy::start(self.port.address()).await
    }

    /// Somebody who talks to the server without a page; has an account from then on.
    pub async fn client(&self, username: &str) -> Client {
        let nobody = Client::new(self.port.address());
        match username {
            "john" | "jane" => nobody.sign_in(username).await,
            _ => nobody.sign_up(username).await,
        }
    }

    /// A browser that has opened nothing yet.
    pub async fn session(&self, options: Options) -> Session {
        Session::start(&self.driver, &self.origin(), options).await
    }

    /// Somebody who has signed in on the page.
    pub async fn person(&self, username: &str, options: Options) -> Session {
        let session = self.session(options).await;
        session.sign_in(username).await;
        session
    }

    /// Somebody who is signed in already, however that was done.
    pub async fn signed_in(&self, client: &Client, options: Options) -> Session {
        let session = self.session(options).await;
        session
            .take_token(client.token.as_deref().expect("a token"))
            .await;
        session
    }

    /// From now on the server isn't in dev mode, so that it answers to a plain name, and these people
    /// are signed in under it: `http://hearth.lan`, where the browser takes nothing to be secure.
    pub async fn on_the_home_network(&mut self, people: &[(&Client, Options)]) -> Vec<Session> {
        self.kill();
        self.start_again(&[]);
        let mut sessions = Vec::new();
        for (client, options) in people {
            let options = self.at_home(options.clone());
            sessions.push(self.signed_in(client, options).await);
        }
        sessions
    }

    /// For a browser that opens the server under a plain name, where nothing is secure.
    pub fn at_home(&self, options: Options) -> Options {
        options
            .origin(format!("http://{HOME}:{}", self.port.number()))
            .argument(format!("--host-resolver-rules=MAP {HOME} 127.0.0.1"))
    }

    /// Fills a conversation with as many messages, in turn of both; gives back their texts in order.
    pub async fn fill(
        &self,
        people: [&Client; 2],
        conversation: &str,
        count: usize,
        text: fn(usize) -> String,
    ) -> Vec<String> {
        let writers = (0..AT_ONCE).map(|first| {
            let [one, other] = people.map(Client::clone);
            let conversation = conversation.to_owned();
            async move {
                for number in (first..count).step_by(AT_ONCE) {
                    let author = if number % 2 == 0 { &one } else { &other };
                    author.say(&conversation, &text(number)).await;
                }
            }
        });
        at_once(writers).await;
        self.history(people[0], conversation).await
    }

    /// The texts of a conversation, oldest first.
    pub async fn history(&self, reader: &Client, conversation: &str) -> Vec<String> {
        let mut texts = Vec::new();
        let mut before = String::new();
        loop {
            let path = format!("{}?limit=100{before}", messages(conversation));
            let page = reader.get(&path).await.expect(200);
            let page = page.as_array().expect("a list");
            let Some(oldest) = page.last() else { break };
            before = format!("&before={}", oldest["id"].as_str().expect("an id"));
            texts.extend(
                page.iter()
                    .map(|message| message["content"].as_str().expect("a text").to_owned()),
            );
        }
        texts.reverse();
        texts
    }
}
