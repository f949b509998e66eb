//! Signing in to the real program with providers as people have them: each kind of provider, and each kind of answer that
//! must be taken or refused. To add one, add a row to the table that it belongs to.

use std::{
    fs::File,
    path::PathBuf,
    process::Stdio,
    sync::atomic::{AtomicU16, Ordering},
};

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    provider::{ACCESS_TOKEN, CLIENT_ID, Provider, SECRET},
    support::{Answer, Binary, answer, token_of},
};

mod documents;
mod faces;
mod keys;
mod tokens;

/// A running program that knows some providers.
struct Server {
    binary: Binary,
    /// The address of each, in the order of their names.
    providers: Vec<String>,
    log: PathBuf,
    browsers: AtomicU16,
    _folder: TempDir,
}

/// Where somebody ends up, and as whom.
struct End {
    location: String,
    /// The account that they are signed in to.
    user: Option<Value>,
    /// Who has yet to choose a name.
    pending: Option<Value>,
}

impl Server {
    async fn start(providers: impl IntoIterator<Item = &Provider>) -> Self {
        let folder = TempDir::new().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("secret"), SECRET).expect("a file");
        let mut command = Binary::command(&["--listen=127.0.0.1:0", "--log=info", "--signup=open"]);
        // Each browser has an address of its own, or the many of a test would be slowed down.
        command.args([
            "--public-url=http://chat.example",
            "--trusted-proxy=127.0.0.1",
            "--db",
        ]);
        command.arg(at("tincan.db"));
        let mut addresses = Vec::new();
        for provider in providers {
            let name = format!("p{}", addresses.len());
            let issuer = provider.url() + provider.desk().issuer_end;
            addresses.push(provider.url());
            command
                .arg(format!("--oidc={name}={issuer}"))
                .arg(format!("--oidc-client={name}={CLIENT_ID}"))
                .arg(format!(
                    "--oidc-secret-file={name}={}",
                    at("secret").display()
                ));
        }
        command.stderr(Stdio::from(File::create(at("log")).expect("a log")));
        let mut binary = Binary::run(&mut command);
        // Before there is an administrator, nobody else comes in.
        let root = json!({
            "username": "root",
            "password": "a long way to Tipperary",
            "setupToken": token_of(&binary.setup_link()),
        });
        binary
            .nobody()
            .post("/api/accounts", root)
            .await
            .expect(201);
        Self {
            binary,
            providers: addresses,
            log: at("log"),
            browsers: AtomicU16::default(),
            _folder: folder,
        }
    }

    /// Signs in as a new browser, from the link to the end.
    async fn sign_in(&self, provider: &Provider) -> End {
        let url = provider.url();
        let place = self.providers.iter().position(|other| *other == url);
        let name = format!("p{}", place.expect("one that it knows"));
        let nobody = self.binary.nobody();
        let [high, low] = self.browsers.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let address = format!("198.51.{high}.{low}");
        let get = async |path: &str, cookie: &str| {
            let request = nobody.request(Method::GET, path);
            let request = request.header("x-forwarded-for", &address);
            answer(request.header("cookie", cookie)).await
        };
        let begun = get(&format!("/api/oauth/{name}"), "").await;
        let location = location(&begun);
        if location.starts_with('/') {
            return End {
                location,
                user: None,
                pending: None,
            };
        }
        let cookie = cookies(&begun.headers);
        let back = provider.visit(&location).await;
        let path = format!("{}?{}", back.path(), back.query().expect("a query"));
        let finished = get(&path, &cookie).await;
        // A cookie that is deleted has no value, and the other is the session’s.
        let cookie = format!("{cookie}; {}", cookies(&finished.headers));
        let ask = async |path: &str| {
            let answer = get(path, &cookie).await;
            (answer.status == 200).then_some(answer.body)
        };
        End {
            location: self::location(&finished),
            user: ask("/api/auth_user").await,
            pending: ask("/api/oauth/pending").await,
        }
    }

    fn logged(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// Signs in, which must fail for this reason alone, and says nothing of what was refused.
    async fn refuses(&self, provider: &Provider, case: &str, reason: &str) {
        let before = self.logged().len();
        let end = self.sign_in(provider).await;
        assert_eq!(end.location, "/sign-in?problem=oauth_failed", "{case}");
        assert!(end.user.is_none() && end.pending.is_none(), "{case}");
        let logged = self.logged().split_off(before);
        assert!(logged.contains(reason), "{case}: {logged}");
        for value in ["v4lue", "eyJ", ACCESS_TOKEN, SECRET] {
            assert!(!logged.contains(value), "{case}: {value}: {logged}");
        }
    }

    /// Signs in, which must succeed.
    async fn takes(&self, provider: &Provider, case: &str) {
        let end = self.sign_in(provider).await;
        // All providers tell of the same person, and only the first finds the name free.
        assert!(
            end.user.is_some() || end.pending.is_some(),
            "{case}: {}: {}",
            end.location,
            self.logged()
        );
    }
}

fn location(answer: &Answer) -> String {
    let location = answer.headers.get("location");
    let location = location.unwrap_or_else(|| panic!("{}: {}", answer.status, answer.body));
    location.to_str().expect("a text").to_owned()
}

/// The cookies that are set, as a browser sends them back.
fn cookies(headers: &HeaderMap) -> String {
    let pairs = headers.get_all("set-cookie").iter().map(|cookie| {
        let cookie = cookie.to_str().expect("a text");
        cookie.split(';').next().expect("a pair")
    });
    let set = pairs.filter(|pair| !pair.ends_with('='));
    set.collect::<Vec<_>>().join("; ")
}
