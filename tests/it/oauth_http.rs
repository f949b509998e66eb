//! Signing in with a provider, as a browser meets it: from the link to the session.

use std::{
    collections::HashMap,
    fs::File,
    net::SocketAddr,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use reqwest::{Method, StatusCode};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tincan::{
    http::{ServerSettings, Signup},
    oauth::{Flows, Provider as Setup, ProviderKind, Secret},
    server::{self, Config},
};
use tokio::task::JoinHandle;

use crate::{
    provider::{ACCESS_TOKEN, CLIENT_ID, Picture, Provider, SECRET, Wrong},
    security::code,
    support::{Answer, Binary, Client, answer, dev, participants, soon, text, token_of},
};

const HOME: &str = "http://chat.example";
const PASSWORD: &str = "a long way to Tipperary";

/// A server with a provider beside it.
struct House {
    provider: Provider,
    address: SocketAddr,
    setup_token: String,
    task: JoinHandle<()>,
    /// Each browser has an address of its own, or the many of a test would be slowed down.
    browsers: AtomicU8,
    folder: TempDir,
}

impl House {
    /// One that nobody has set up yet.
    async fn build(signup: Signup) -> Self {
        let provider = Provider::start().await;
        let setup = |id: &str, name: &str, kind| Setup {
            id: id.to_owned(),
            name: name.to_owned(),
            kind,
            client_id: CLIENT_ID.to_owned(),
            secret: Secret::from(SECRET),
        };
        let (url, issuer) = (provider.url(), provider.url() + "/");
        // One server is two providers: the issuers differ in a stroke.
        let github = setup("github", "GitHub", ProviderKind::GitHub { url });
        let home = setup("home", "Our house", ProviderKind::Oidc { issuer });
        let flows = Flows::new(vec![github, home], HOME, Vec::new()).expect("a setup");
        provider.desk().issuer_end = "/";
        let folder = TempDir::new().expect("a folder");
        let config = Config {
            database: folder.path().join("tincan.db"),
            settings: ServerSettings {
                signup,
                public_url: Some(HOME.parse().expect("an origin")),
                oauth: Arc::new(flows),
                trusted_proxies: vec!["127.0.0.1".parse().expect("a network")],
                ..ServerSettings::default()
            },
            ..dev()
        };
        let server = server::Server::bind(config)
            .await
            .expect("the server starts");
        let link = server.setup_link().expect("a link");
        let (_, setup_token) = link.split_once('#').expect("a token");
        Self {
            provider,
            address: server.address().tcp().expect("an address"),
            setup_token: setup_token.to_owned(),
            task: tokio::spawn(async move {
                let _ = server.run(std::future::pending()).await;
            }),
            browsers: AtomicU8::default(),
            folder,
        }
    }

    /// One that has an administrator, who is given back.
    async fn start(signup: Signup) -> (Self, Client) {
        let house = Self::build(signup).await;
        let body = json!({
            "username": "root",
            "password": PASSWORD,
            "setupToken": house.setup_token,
        });
        let nobody = Client::new(house.address);
        let made = nobody.post("/api/accounts", body).await.expect(201);
        let root = nobody.with_token(&made["token"]);
        (house, root)
    }

    fn browser(&self) -> Browser<'_> {
        let number = self.browsers.fetch_add(1, Ordering::Relaxed);
        Browser {
            house: self,
            client: Client::new(self.address),
            address: format!("198.51.100.{number}"),
            cookies: HashMap::new(),
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A browser, as far as it matters: it keeps cookies, and says where a request comes from.
struct Browser<'a> {
    house: &'a House,
    client: Client,
    address: String,
    cookies: HashMap<String, String>,
}

impl Browser<'_> {
    async fn ask(&mut self, method: Method, path: &str, site: &str, body: Option<Value>) -> Answer {
        let cookies = self.cookies.iter();
        let cookies: Vec<_> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = self
            .client
            .request(method, path)
            .header("cookie", cookies.join("; "))
            .header("x-forwarded-for", &self.address)
            .header("sec-fetch-site", site);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = answer(request).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("a text");
            let attributes = cookie.split_once(';').expect("attributes").1;
            assert!(attributes.contains("HttpOnly; SameSite=Lax"), "{cookie}");
            let (name, value) = cookie
                .split(';')
                .next()
                .expect("a pair")
                .split_once('=')
                .expect("a pair");
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, "same-origin", None).await
    }

    async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, "same-origin", Some(body))
            .await
    }

    /// Follows the link to a provider, says yes there, and gives back the path to come back to.
    async fn leave(&mut self, path: &str) -> String {
        let begun = self.get(path).await;
        let location = goes_to(&begun);
        let back = self.house.provider.visit(&location).await;
        assert_eq!(back.origin().ascii_serialization(), HOME);
        format!("{}?{}", back.path(), back.query().expect("a query"))
    }

    /// All the way there and back; gives back where it ends.
    async fn visit(&mut self, path: &str) -> String {
        let back = self.leave(path).await;
        let arrived = self.ask(Method::GET, &back, "cross-site", None).await;
        goes_to(&arrived)
    }

    /// Signs up or in by password, and gives back the id.
    async fn with_password(&mut self, path: &str, body: Value) -> String {
        let welcome = self.post(path, body).await;
        assert!(welcome.status.is_success(), "{}", welcome.body);
        welcome.body["authUser"]["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }

    async fn user(&mut self) -> Value {
        self.get("/api/auth_user").await.expect(200)
    }

    fn has(&self, cookie: &str) -> bool {
        self.cookies.contains_key(cookie)
    }
}

#[track_caller]
fn goes_to(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let location = answer.headers["location"].to_str().expect("a text");
    location.to_owned()
}

/// An invitation’s token.
async fn invite(root: &Client) -> String {
    let made = root.post("/api/invites", json!({})).await.expect(201);
    let link = made["link"].as_str().expect("a link");
    link.split_once('#').expect("a token").1.to_owned()
}

#[tokio::test]
async fn the_providers_are_told_to_whoever_asks() {
    let house = House::build(Signup::Open).await;
    let config = house.browser().get("/api/config").await.expect(200);
    assert_eq!(config["providers"], json!(["github", "home"]));
    let names = json!({ "github": "GitHub", "home": "Our house" });
    assert_eq!(config["providerNames"], names);
}

#[tokio::test]
async fn somebody_signs_in_and_is_the_same_next_time() {
    let (house, _) = House::start(Signup::Open).await;
    for (id, name) in [("home", "johnny"), ("github", "octocat")] {
        let mut browser = house.browser();
        assert_eq!(
            browser.visit(&format!("/api/oauth/{id}?next=/c/7")).await,
            "/c/7"
        );
        let user = browser.user().await;
        assert_eq!(user["username"], name);
        assert!(!browser.has("tincan-flow-80"), "it is over");

        // Called otherwise there by now: that makes nobody else of them.
        match id {
            "home" => house.provider.desk().claims["preferred_username"] = "jack".into(),
            _ => house.provider.desk().github_user["login"] = "jack".into(),
        }
        let mut again = house.browser();
        assert_eq!(again.visit(&format!("/api/oauth/{id}")).await, "/");
        assert_eq!(again.user().await["id"], user["id"]);
    }
}

#[tokio::test]
async fn a_token_never_stands_in_an_address() {
    let (house, _) = House::start(Signup::Open).await;
    let mut browser = house.browser();
    let begun = browser.get("/api/oauth/home").await;
    let location = goes_to(&begun);
    let cookie = &browser.cookies["tincan-flow-80"];
    assert!(!location.contains(cookie.as_str()));
    assert!(!location.contains("s3cret"), "{location}");
}

#[tokio::test]
async fn with_an_invitation_somebody_new_makes_an_account() {
    let (house, root) = House::start(Signup::Invite).await;
    let mut browser = house.browser();
    assert_eq!(browser.visit("/api/oauth/home").await, "/join");
    assert!(!browser.has("tincan-80"), "they aren’t signed in yet");
    let pending = browser.get("/api/oauth/pending").await.expect(200);
    let expected = json!({
        "provider": "home",
        "name": "Our house",
        "username": "johnny",
        "usernameTaken": false,
        "needsInvite": true,
        "needsCode": false,
    });
    assert_eq!(pending, expected);
    let nobody = house.browser().get("/api/oauth/pending").await;
    nobody.refused(404, "not_found");

    let complete = "/api/oauth/complete";
    let refused = browser
        .post(complete, json!({ "username": "johnny" }))
        .await;
    refused.refused(403, "invite_required");
    let body = json!({ "username": "johnny", "invite": "guessed" });
    let refused = browser.post(complete, body).await;
    refused.refused(403, "bad_invite");
    let invite = invite(&root).await;
    for username in [json!(null), json!(""), json!("a b"), json!("x".repeat(33))] {
        let body = json!({ "username": username, "invite": invite });
        let refused = browser.post(complete, body).await;
        assert!(refused.refused(422, "invalid")["errors"]["username"].is_string());
    }
    let body = json!({ "username": "Jean", "invite": invite });
    let cross = browser
        .ask(Method::POST, complete, "cross-site", Some(body.clone()))
        .await;
    cross.refused(403, "cross_origin");
    let stranger = house.browser().post(complete, body.clone()).await;
    stranger.refused(404, "not_found");
    let welcome = browser.post(complete, body.clone()).await.expect(201);
    assert_eq!(welcome["authUser"]["username"], "Jean");
    assert!(welcome["token"].is_string() && welcome["expiresAt"].is_string());
    assert_eq!(browser.user().await["username"], "Jean");
    assert!(!browser.has("tincan-flow-80"), "it is over");

    let mut again = house.browser();
    assert_eq!(again.visit("/api/oauth/home").await, "/");
    assert_eq!(again.user().await["username"], "Jean");
}

#[tokio::test]
async fn somebody_new_lands_where_they_were_invited_to() {
    let (house, root) = House::start(Signup::Invite).await;
    let joined = root.make_room("Kitchen", &[], false).await;
    let made = root
        .post("/api/invites", json!({ "rooms": [joined] }))
        .await
        .expect(201);
    let mut browser = house.browser();
    assert_eq!(browser.visit("/api/oauth/home").await, "/join");
    let body = json!({ "username": "Jean", "invite": token_of(text(&made["link"])) });
    let welcome = browser.post("/api/oauth/complete", body).await.expect(201);
    assert_eq!(text(&welcome["conversationId"]), root.talk_to("Jean").await);
    let people = root.get(&participants(&joined)).await.expect(200);
    assert_eq!(people.as_array().map(Vec::len), Some(2), "{people}");
}

#[tokio::test]
async fn somebody_new_without_an_invitation_lands_in_the_default_room() {
    let (house, root) = House::start(Signup::Open).await;
    let joined = root.make_room("Everyone", &[], true).await;
    root.patch("/api/admin/settings", json!({ "defaultRoomId": joined }))
        .await
        .expect(200);
    let landing = format!("/conversations/{joined}");
    let mut browser = house.browser();
    assert_eq!(browser.visit("/api/oauth/home").await, landing);
    // Only the first time, and not where they were on their way to something else.
    let mut again = house.browser();
    assert_eq!(again.visit("/api/oauth/home").await, "/");
    let mut other = house.browser();
    assert_eq!(other.visit("/api/oauth/github?next=/c/7").await, "/c/7");
    let people = root.get(&participants(&joined)).await.expect(200);
    assert_eq!(people.as_array().map(Vec::len), Some(3), "{people}");
}

#[tokio::test]
async fn where_nobody_may_come_a_provider_is_no_way_in() {
    let (closed, _) = House::start(Signup::Closed).await;
    let new = House::build(Signup::Open).await;
    for house in [closed, new] {
        let mut browser = house.browser();
        let end = browser.visit("/api/oauth/home").await;
        assert_eq!(end, "/sign-in?problem=signup_closed");
        let pending = browser.get("/api/oauth/pending").await;
        pending.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_name_that_is_taken_is_asked_for() {
    let (house, root) = House::start(Signup::Open).await;
    let anna = json!({ "username": "anna" });
    root.post("/api/admin/users", anna).await.expect(201);
    house.provider.desk().claims["preferred_username"] = "Anna".into();
    let mut browser = house.browser();
    assert_eq!(browser.visit("/api/oauth/home").await, "/join");
    let pending = browser.get("/api/oauth/pending").await.expect(200);
    assert_eq!(pending["username"], "Anna");
    assert_eq!(pending["usernameTaken"], true);
    assert_eq!(pending["needsInvite"], false);
    let complete = "/api/oauth/complete";
    let taken = browser.post(complete, json!({ "username": "ANNA" })).await;
    taken.refused(409, "username_taken");
    browser
        .post(complete, json!({ "username": "jean" }))
        .await
        .expect(201);

    for (theirs, ours) in [
        ("john@example.org", "john"),
        ("John Doe", "John.Doe"),
        ("<script>", ""),
        ("", ""),
    ] {
        house.provider.desk().claims["sub"] = format!("user {theirs}").into();
        house.provider.desk().claims["preferred_username"] = theirs.into();
        let mut browser = house.browser();
        if ours.is_empty() {
            assert_eq!(browser.visit("/api/oauth/home").await, "/join");
            let pending = browser.get("/api/oauth/pending").await.expect(200);
            assert_eq!(pending["username"], "");
            assert_eq!(pending["usernameTaken"], false);
        } else {
            assert_eq!(browser.visit("/api/oauth/home").await, "/");
            assert_eq!(browser.user().await["username"], ours);
        }
    }
}

#[tokio::test]
async fn an_account_can_be_linked() {
    let (house, root) = House::start(Signup::Open).await;
    let mut jane = house.browser();
    let body = json!({ "username": "jane", "password": PASSWORD });
    let id = jane.with_password("/api/accounts", body).await;
    for provider in ["home", "github"] {
        let end = jane.visit(&format!("/api/oauth/{provider}?link=1")).await;
        assert_eq!(end, "/settings");
        let again = jane.visit(&format!("/api/oauth/{provider}?link=1")).await;
        assert_eq!(again, "/settings", "twice is once");
    }
    let settings = jane.get("/api/settings").await.expect(200);
    let expected = json!([
        { "provider": "home", "name": "Our house", "username": "johnny" },
        { "provider": "github", "name": "GitHub", "username": "octocat" },
    ]);
    assert_eq!(settings["identities"], expected);
    let accounts = root.get("/api/admin/users?search=jane").await.expect(200);
    let mut providers: Vec<_> = accounts[0]["providers"].as_array().expect("a list").clone();
    providers.sort_by_key(ToString::to_string);
    assert_eq!(providers, ["github", "home"]);

    let mut elsewhere = house.browser();
    assert_eq!(elsewhere.visit("/api/oauth/home").await, "/");
    assert_eq!(elsewhere.user().await["id"], *id);

    // Nobody else can have it.
    let mut joan = house.browser();
    let body = json!({ "username": "joan", "password": PASSWORD });
    joan.with_password("/api/accounts", body).await;
    let end = joan.visit("/api/oauth/home?link=1").await;
    assert_eq!(end, "/sign-in?problem=identity_taken");
    let settings = joan.get("/api/settings").await.expect(200);
    assert_eq!(settings["identities"], json!([]));
}

#[tokio::test]
async fn only_somebody_who_is_signed_in_links_and_from_a_page_of_ours() {
    let (house, _) = House::start(Signup::Open).await;
    let link = "/api/oauth/home?link=1";
    house.browser().get(link).await.refused(401, "unauthorized");
    let mut jane = house.browser();
    let body = json!({ "username": "jane", "password": PASSWORD });
    jane.with_password("/api/accounts", body).await;
    for site in ["cross-site", "same-site", "none"] {
        let refused = jane.ask(Method::GET, link, site, None).await;
        refused.refused(403, "cross_origin");
    }

    // Somebody else by the time they come back.
    let back = jane.leave(link).await;
    let body = json!({ "username": "joan", "password": PASSWORD });
    jane.with_password("/api/accounts", body).await;
    let arrived = jane.get(&back).await;
    assert_eq!(goes_to(&arrived), "/sign-in?problem=oauth_expired");
    let settings = jane.get("/api/settings").await.expect(200);
    assert_eq!(settings["identities"], json!([]));
}

#[tokio::test]
async fn a_link_goes_again_but_not_the_last_way_in() {
    let (house, _) = House::start(Signup::Open).await;
    let mut jane = house.browser();
    let body = json!({ "username": "jane", "password": PASSWORD });
    jane.with_password("/api/accounts", body).await;
    jane.visit("/api/oauth/home?link=1").await;
    let path = "/api/identities/home";
    let cross = jane.ask(Method::DELETE, path, "cross-site", None).await;
    cross.refused(403, "cross_origin");
    let gone = jane.ask(Method::DELETE, path, "same-origin", None).await;
    gone.expect(204);
    for path in [path, "/api/identities/github", "/api/identities/nobody"] {
        let none = jane.ask(Method::DELETE, path, "same-origin", None).await;
        none.refused(404, "not_found");
    }

    // It makes another account now, which has nothing else.
    let mut john = house.browser();
    assert_eq!(john.visit("/api/oauth/home").await, "/");
    let last = john.ask(Method::DELETE, path, "same-origin", None).await;
    last.refused(409, "last_way_in");
    john.visit("/api/oauth/github?link=1").await;
    let gone = john.ask(Method::DELETE, path, "same-origin", None).await;
    gone.expect(204);
}

#[tokio::test]
async fn somebody_without_a_password_proves_it_at_their_provider() {
    let (house, _) = House::start(Signup::Open).await;
    let mut browser = house.browser();
    browser.visit("/api/oauth/home").await;
    // Before the session is used for the first time, nobody remembers that this was just now.
    let database = Connection::open(house.folder.path().join("tincan.db")).expect("the database");
    let aged = database.execute("UPDATE sessions SET proven_at = proven_at - 300000", []);
    aged.expect("older sessions");

    let token = json!({ "name": "lamp", "scope": "read" });
    let password = json!({ "new": PASSWORD });
    let name = json!({ "username": "johnny" });
    for (method, path, body) in [
        (Method::POST, "/api/tokens", token.clone()),
        (Method::PUT, "/api/password", password.clone()),
        (Method::DELETE, "/api/auth_user", name),
        (Method::GET, "/api/oauth/github?link=1", json!({})),
        (Method::POST, "/api/proof", json!({ "password": "" })),
    ] {
        let refused = browser.ask(method, path, "same-origin", Some(body)).await;
        refused.refused(403, "proof_required");
    }
    let state = browser.get("/api/proof").await.expect(200);
    let expected = json!({ "freshUntil": null, "password": false, "code": false, "passkey": false, "providers": ["home"] });
    assert_eq!(state, expected);

    // The pages without scripts lead there, too.
    let deletion = browser.get("/plain/settings/delete").await;
    let asked = goes_to(&deletion);
    assert_eq!(asked, "/plain/proof?next=%2Fplain%2Fsettings%2Fdelete");
    let page = browser.get(&asked).await;
    assert_eq!(page.status, 200);
    let prove = "/api/oauth/home?prove=1&next=%2Fplain%2Fsettings%2Fdelete";

    let elsewhere = browser.ask(Method::GET, prove, "cross-site", None).await;
    elsewhere.refused(403, "cross_origin");
    let own = house.provider.desk().claims["sub"].clone();
    house.provider.desk().claims["sub"] = "somebody-else".into();
    assert_eq!(browser.visit(prove).await, "/sign-in?problem=not_proven");
    let refused = browser.post("/api/tokens", token.clone()).await;
    refused.refused(403, "proof_required");
    house.provider.desk().claims["sub"] = own;
    assert_eq!(browser.visit(prove).await, "/plain/settings/delete");
    assert_eq!(browser.get("/plain/settings/delete").await.status, 200);
    browser.post("/api/tokens", token).await.expect(201);
    let chosen = browser
        .ask(Method::PUT, "/api/password", "same-origin", Some(password))
        .await;
    chosen.expect(204);
}

#[tokio::test]
async fn a_provider_alone_opens_no_account_with_two_steps() {
    let (house, _) = House::start(Signup::Open).await;
    let mut browser = house.browser();
    browser.visit("/api/oauth/home").await;
    let id = browser.user().await["id"].clone();
    let made = browser
        .post("/api/second_factor", json!({}))
        .await
        .expect(201);
    let secret = text(&made["secret"]).to_owned();
    let confirm = json!({ "code": code(&secret, -1) });
    browser
        .post("/api/second_factor/confirm", confirm)
        .await
        .expect(200);

    let mut again = house.browser();
    assert_eq!(again.visit("/api/oauth/home").await, "/join");
    assert!(!again.has("tincan"), "they aren’t signed in yet");
    let pending = again.get("/api/oauth/pending").await.expect(200);
    assert_eq!(pending["needsCode"], true);
    let complete = "/api/oauth/complete";
    let without = again.post(complete, json!({ "username": "another" })).await;
    without.refused(401, "second_factor_required");
    let used = json!({ "code": code(&secret, -1) });
    again.post(complete, used).await.refused(403, "wrong_code");
    let right = json!({ "code": code(&secret, 0) });
    let welcome = again.post(complete, right).await.expect(200);
    assert_eq!(welcome["authUser"]["id"], id);
    assert_eq!(again.user().await["id"], id);
    assert!(!again.has("tincan-flow"), "it is over");
    // Going there proves no more than it opens.
    let prove = "/api/oauth/home?prove=1";
    assert_eq!(again.visit(prove).await, "/sign-in?problem=not_proven");
}

#[tokio::test]
async fn a_sign_in_that_comes_to_nothing_says_why() {
    let (house, _) = House::start(Signup::Open).await;
    let expired = "/sign-in?problem=oauth_expired";
    let mut browser = house.browser();
    let back = browser.leave("/api/oauth/home").await;
    let without_cookie = house.browser().get(&back).await;
    assert_eq!(goes_to(&without_cookie), expired);

    let back = browser.leave("/api/oauth/home").await;
    let other_state = back.replace("state=", "state=x");
    let cookies = browser.cookies.clone();
    assert_eq!(goes_to(&browser.get(&other_state).await), expired);
    browser.cookies = cookies.clone();
    assert_eq!(goes_to(&browser.get(&back).await), "/");
    browser.cookies = cookies;
    assert_eq!(goes_to(&browser.get(&back).await), expired, "once");
    for path in [
        "callback",
        "callback?state=",
        "callback?code=1",
        "callback?error=access_denied",
    ] {
        let none = browser.get(&format!("/api/oauth/home/{path}")).await;
        assert_eq!(goes_to(&none), expired, "{path}");
    }

    house.provider.desk().denies = true;
    let end = browser.visit("/api/oauth/home").await;
    assert_eq!(end, "/sign-in?problem=oauth_denied");
    house.provider.desk().denies = false;
    house.provider.desk().tamper = Some(|token| token.key = "second");
    let end = browser.visit("/api/oauth/home").await;
    assert_eq!(end, "/sign-in?problem=oauth_failed");

    for path in ["/api/oauth/nobody", "/api/oauth/nobody/callback"] {
        browser.get(path).await.refused(404, "not_found");
    }
    let wrong = browser.post("/api/oauth/home", json!({})).await;
    wrong.refused(405, "method_not_allowed");
}

#[tokio::test]
async fn a_crowd_that_begins_and_never_comes_back_ends_nobodys_sign_in() {
    let (house, _) = House::start(Signup::Open).await;
    let mut browser = house.browser();
    let back = browser.leave("/api/oauth/github").await;
    let mut crowd = house.browser();
    for network in 0..200 {
        crowd.address = format!("203.0.113.{network}");
        // As many as an address may at once.
        for _ in 0..10 {
            goes_to(&crowd.get("/api/oauth/github").await);
        }
    }
    let arrived = browser.ask(Method::GET, &back, "cross-site", None).await;
    assert_eq!(goes_to(&arrived), "/");
    assert_eq!(browser.user().await["username"], "octocat");
}

#[tokio::test]
async fn a_provider_that_is_down_says_so() {
    let (house, _) = House::start(Signup::Open).await;
    house.provider.misbehave(Wrong::Down);
    let begun = house.browser().get("/api/oauth/home").await;
    assert_eq!(goes_to(&begun), "/sign-in?problem=oauth_failed");
}

#[tokio::test]
async fn it_never_leads_to_another_host() {
    let (house, _) = House::start(Signup::Open).await;
    for next in [
        "https://evil.example",
        "//evil.example",
        "/%5Cevil.example",
        "/%09/evil.example",
    ] {
        let mut browser = house.browser();
        let end = browser.visit(&format!("/api/oauth/home?next={next}")).await;
        assert_eq!(end, "/", "{next}");
    }
}

#[tokio::test]
async fn somebody_who_is_disabled_stays_out() {
    let (house, root) = House::start(Signup::Open).await;
    let mut browser = house.browser();
    browser.visit("/api/oauth/home").await;
    let id = browser.user().await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = format!("/api/admin/users/{id}");
    root.patch(&path, json!({ "disabled": true }))
        .await
        .expect(200);
    let end = browser.visit("/api/oauth/home").await;
    assert_eq!(end, "/sign-in?problem=disabled");
    browser
        .get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
}

/// Asks for somebody as they are now, until they have a picture other than this.
async fn picture_other_than(browser: &mut Browser<'_>, before: &Value) -> String {
    let other = async {
        loop {
            let user = browser.user().await;
            if user["avatarURL"] != *before {
                return user["avatarURL"].as_str().expect("an address").to_owned();
            }
        }
    };
    soon("a picture", other).await
}

#[tokio::test]
async fn a_picture_comes_along() {
    let (house, root) = House::start(Signup::Open).await;
    let mut browser = house.browser();
    browser.visit("/api/oauth/home").await;
    let first = picture_other_than(&mut browser, &Value::Null).await;
    let id = browser.user().await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert!(
        first.starts_with(&format!("/api/users/{id}/avatar?v=")),
        "{first}"
    );
    let response = root
        .request(Method::GET, &first)
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    assert_eq!(headers["content-type"], "image/png");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(
        headers["content-security-policy"],
        "default-src 'none'; sandbox"
    );
    assert_eq!(
        headers["cache-control"],
        "private, max-age=31536000, immutable"
    );
    let bytes = house.provider.desk().picture.bytes.clone();
    assert_eq!(response.bytes().await.expect("bytes"), bytes);

    // Another picture has another address.
    house.provider.desk().picture = Picture {
        status: 200,
        media_type: "image/gif".to_owned(),
        bytes: b"GIF89a and so on".to_vec(),
    };
    browser.visit("/api/oauth/home").await;
    let second = picture_other_than(&mut browser, &first.clone().into()).await;
    let response = root
        .request(Method::GET, &second)
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.headers()["content-type"], "image/gif");

    house
        .browser()
        .get(&first)
        .await
        .refused(401, "unauthorized");
    root.get("/api/users/1/avatar")
        .await
        .refused(404, "not_found");
    root.get("/api/users/999/avatar")
        .await
        .refused(404, "not_found");
}

/// Only what one has chosen oneself is kept at the next sign-in.
#[tokio::test]
async fn ones_own_picture_stays() {
    let (house, _root) = House::start(Signup::Open).await;
    let mut browser = house.browser();
    browser.visit("/api/oauth/home").await;
    let first = picture_other_than(&mut browser, &Value::Null).await;
    // As much of a PNG as has its size: 1 × 1.
    let own = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    let token = json!(browser.cookies["tincan-80"]);
    let client = browser.client.with_token(&token);
    let request = client.request(Method::PUT, "/api/auth_user/avatar");
    let chosen = answer(request.body(&own[..])).await.expect(200)["avatarURL"].clone();
    assert_ne!(chosen, *first);
    let mut stream = client.follow(None).await;
    house.provider.desk().picture.bytes.extend(b" and more");
    let asked = house.provider.count("GET /picture");
    browser.visit("/api/oauth/home").await;
    soon("the picture to be asked for", async {
        while house.provider.count("GET /picture") == asked {
            browser.user().await;
        }
    })
    .await;
    // The next that is told of is that it is taken away, not that it was replaced.
    client.delete("/api/auth_user/avatar").await.expect(200);
    let told = stream.next_named("user").await;
    assert_eq!(told.data["avatarURL"], Value::Null);
    browser.visit("/api/oauth/home").await;
    let again = picture_other_than(&mut browser, &Value::Null).await;
    assert_ne!(again, first);
}

#[tokio::test]
async fn the_log_keeps_what_is_secret() {
    let provider = Provider::start().await;
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("log");
    let url = provider.url();
    let mut command = Binary::command(&["--dev", "--listen=127.0.0.1:0", "--log=trace"]);
    command
        .arg("--db")
        .arg(folder.path().join("tincan.db"))
        .args(["--public-url", HOME])
        .env("TINCAN_GITHUB_URL", &url)
        .env("TINCAN_GITHUB_CLIENT_ID", CLIENT_ID)
        .env("TINCAN_GITHUB_CLIENT_SECRET", SECRET)
        .stderr(Stdio::from(File::create(&log).expect("a log")));
    let binary = Binary::run(&mut command);
    let client = Client::new(binary.address());
    for wrong in [
        Wrong::Nothing,
        Wrong::TokenError,
        Wrong::NoDetails,
        Wrong::Nonsense,
    ] {
        provider.misbehave(wrong);
        let begun = client.get("/api/oauth/github").await;
        let cookie = begun.headers["set-cookie"].to_str().expect("a text");
        let cookie = cookie.split(';').next().expect("a pair").to_owned();
        let back = provider.visit(&goes_to(&begun)).await;
        let path = format!("{}?{}", back.path(), back.query().expect("a query"));
        let request = client.request(Method::GET, &path).header("cookie", &cookie);
        goes_to(&answer(request).await);
        let text = std::fs::read_to_string(&log).expect("a log");
        assert!(text.contains("/api/oauth/github/callback"), "{text}");
        let (_, cookie) = cookie.split_once('=').expect("a value");
        let pairs: HashMap<_, _> = back.query_pairs().into_owned().collect();
        for secret in [
            SECRET,
            ACCESS_TOKEN,
            cookie,
            &pairs["code"],
            &pairs["state"],
        ] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    let text = std::fs::read_to_string(&log).expect("a log");
    assert!(text.contains("bad_verification_code"), "{text}");
}
