//! A provider for people to sign in with: OpenID Connect and, beside it, what GitHub has instead. It
//! keeps to the standards and the documentation until it is told to misbehave, or to put on the face of
//! another.

mod discovery;
pub mod faces;
mod github;
pub mod signing;
pub mod token;

use std::{
    collections::HashMap,
    convert::Infallible,
    future::pending,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::{SystemTime, UNIX_EPOCH},
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use reqwest::{Url, header::HeaderValue};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use self::{
    signing::{half_hash, sha256},
    token::Token,
};

pub const CLIENT_ID: &str = "tincan-at-home";
/// With characters that have a meaning in a form and in a header.
pub const SECRET: &str = "s3cret +:%&ü";
/// The token with which it tells of people.
pub const ACCESS_TOKEN: &str = "gho_access";

/// What it does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wrong {
    #[default]
    Nothing,
    /// It says 503 to everything.
    Down,
    /// It says that it is another.
    OtherName,
    NoIdToken,
    /// An access token that fits no header.
    AccessToken,
    /// The token endpoint says no, as the standard has it.
    TokenError,
    /// The token endpoint sends whoever asks somewhere else.
    TokenRedirect,
    /// The token endpoint is at an address that isn’t safe.
    PlainToken,
    Slow,
    Huge,
    Nonsense,
    /// What it tells of people is about somebody else.
    OtherUser,
    /// It knows nothing more of people.
    NoDetails,
    /// It takes a code twice, as nobody should.
    Codes,
}

/// A file that it gives out as somebody’s picture.
#[derive(Clone, Debug)]
pub struct Picture {
    pub status: u16,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// A provider that ends with the test.
pub struct Provider {
    address: SocketAddr,
    desk: Arc<Mutex<Desk>>,
    task: JoinHandle<()>,
}

/// What the provider knows and does.
pub struct Desk {
    pub wrong: Wrong,
    /// Claims about the next to sign in, in the id token.
    pub claims: Value,
    /// What it tells of them where it is asked.
    pub details: Value,
    /// What GitHub’s `GET /user` answers.
    pub github_user: Value,
    pub picture: Picture,
    /// The next to come says no.
    pub denies: bool,
    /// What its name as an issuer ends in.
    pub issuer_end: &'static str,
    /// What it says about itself beside or instead of the usual.
    pub metadata: Value,
    /// The whole answer where it should say something about itself.
    pub discovery: Option<String>,
    /// By what it signs.
    pub alg: &'static str,
    /// What is different about the key that it shows; null leaves a member out.
    pub shown_key: Value,
    /// Keys that it shows before its own.
    pub more_keys: Vec<Value>,
    /// The whole answer where it should show its keys.
    pub key_set: Option<String>,
    /// What is done to an id token before it is signed.
    pub tamper: Option<fn(&mut Token)>,
    /// What the token endpoint answers beside or instead of the usual.
    pub token_answer: Value,
    /// Whether each of its documents begins with a byte order mark.
    pub is_marked: bool,
    /// What it sends people back with, beside the usual.
    pub back: Vec<(&'static str, String)>,
    /// How often somebody has connected.
    pub connections: usize,
    /// Which of the keys is in use.
    key: &'static str,
    /// Method and path of each request.
    asked: Vec<String>,
    /// Codes that haven’t been used.
    grants: HashMap<String, Grant>,
    codes: usize,
    address: SocketAddr,
}

#[derive(Clone)]
struct Grant {
    nonce: Option<String>,
    challenge: String,
    redirect: String,
}

type Reply = Response<Full<Bytes>>;

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let desk = Arc::new(Mutex::new(Desk {
            wrong: Wrong::Nothing,
            claims: json!({
                "sub": "subject-1",
                "preferred_username": "johnny",
                "picture": format!("http://{address}/picture"),
                "email": "john@example.org",
            }),
            details: json!({ "sub": "subject-1" }),
            github_user: json!({
                "id": 583_231,
                "login": "octocat",
                "avatar_url": format!("http://{address}/picture"),
                "email": null,
            }),
            picture: Picture {
                status: 200,
                media_type: "image/png".to_owned(),
                bytes: b"\x89PNG\r\n\x1a\n and so on".to_vec(),
            },
            denies: false,
            issuer_end: "",
            metadata: json!({}),
            discovery: None,
            alg: "RS256",
            shown_key: json!({}),
            more_keys: Vec::new(),
            key_set: None,
            tamper: None,
            token_answer: json!({}),
            is_marked: false,
            back: Vec::new(),
            connections: 0,
            key: "first",
            asked: Vec::new(),
            grants: HashMap::new(),
            codes: 0,
            address,
        }));
        let task = tokio::spawn(serve(listener, Arc::clone(&desk)));
        Self {
            address,
            desk,
            task,
        }
    }

    /// Its address, which is its name as an issuer, too.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().expect("no panic")
    }

    pub fn misbehave(&self, wrong: Wrong) {
        self.desk().wrong = wrong;
    }

    /// From now on it signs with its other key, and shows that alone.
    pub fn change_key(&self) {
        self.desk().key = "second";
    }

    /// How often this was asked for, as in `GET /keys`.
    pub fn count(&self, request: &str) -> usize {
        let desk = self.desk();
        desk.asked.iter().filter(|asked| *asked == request).count()
    }

    /// Does as the person’s browser and the person: goes where it is sent and says yes, or no where the
    /// provider is told so. Gives back where the browser is sent then.
    pub async fn visit(&self, url: &str) -> Url {
        assert!(url.starts_with(&self.url()), "{url}");
        let http = crate::http().build().expect("a client");
        let answer = http.get(url).send().await.expect("an answer");
        assert_eq!(
            answer.status(),
            302,
            "{}",
            answer.text().await.expect("a text")
        );
        let location = answer.headers()["location"].to_str().expect("a text");
        location.parse().expect("an address")
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, desk: Arc<Mutex<Desk>>) {
    loop {
        let (socket, _) = listener.accept().await.expect("a connection");
        let desk = Arc::clone(&desk);
        desk.lock().expect("no panic").connections += 1;
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, Arc::clone(&desk)));
            let socket = TokioIo::new(socket);
            // Who asks may go at any time.
            let _ = http1::Builder::new()
                .serve_connection(socket, service)
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>, desk: Arc<Mutex<Desk>>) -> Result<Reply, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let reply = {
        let mut desk = desk.lock().expect("no panic");
        let asked = format!("{} {}", head.method, desk.usual(head.uri.path()));
        desk.asked.push(asked.clone());
        let authorization = head.headers.get("authorization");
        let authorization = authorization.map(|value| value.to_str().expect("a text"));
        let accept = head.headers.get("accept").map(HeaderValue::as_bytes);
        let query = form(head.uri.query().unwrap_or_default().as_bytes());
        match asked.as_str() {
            _ if desk.wrong == Wrong::Down => text(503, "later"),
            "GET /.well-known/openid-configuration" => match &desk.discovery {
                Some(discovery) => text(200, discovery),
                None => json_reply(&desk.metadata()),
            },
            "GET /keys" => match &desk.key_set {
                Some(keys) => text(200, keys),
                None => json_reply(&desk.keys()),
            },
            "GET /authorize" => desk.authorize(&query, true),
            "GET /login/oauth/authorize" => desk.authorize(&query, false),
            "POST /token" => desk.token(authorization, &form(&body)),
            "POST /login/oauth/access_token" => {
                assert_eq!(accept, Some(&b"application/json"[..]));
                desk.github_token(&form(&body))
            }
            "GET /userinfo" => desk.user_info(authorization),
            "GET /api/v3/user" => {
                assert_eq!(accept, Some(&b"application/vnd.github+json"[..]));
                assert_eq!(head.headers["x-github-api-version"], "2022-11-28");
                assert!(head.headers.contains_key("user-agent"));
                desk.github_user(authorization)
            }
            "GET /picture" => desk.picture(),
            _ => text(404, "not here"),
        }
    };
    let (is_slow, is_marked) = {
        let desk = desk.lock().expect("no panic");
        (desk.wrong == Wrong::Slow, desk.is_marked)
    };
    if is_slow && head.method == "POST" {
        pending::<()>().await;
    }
    if is_marked && reply.status() == 200 {
        let (head, body) = reply.into_parts();
        let body = body.collect().await?.to_bytes();
        let marked = [&b"\xef\xbb\xbf"[..], &body].concat();
        return Ok(Response::from_parts(head, marked.into()));
    }
    Ok(reply)
}

impl Desk {
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The person says yes or no; checks that they were sent as the standards want it.
    fn authorize(&mut self, query: &HashMap<String, String>, is_oidc: bool) -> Reply {
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["client_id"], CLIENT_ID);
        assert_eq!(query["code_challenge_method"], "S256");
        assert!(query["state"].len() >= 43, "256 bits");
        if is_oidc {
            let scope = if self.supports("scopes", "profile") {
                "openid profile"
            } else {
                "openid"
            };
            assert_eq!(query["scope"], scope);
            assert!(query["nonce"].len() >= 22, "128 bits");
        } else {
            assert!(!query.contains_key("scope"), "{query:?}");
        }
        let mut back: Url = query["redirect_uri"].parse().expect("an address");
        if self.denies {
            back.query_pairs_mut()
                .append_pair("error", "access_denied")
                .append_pair("error_description", "no, thanks");
        } else {
            self.codes += 1;
            let code = format!("code-{}", self.codes);
            let grant = Grant {
                nonce: query.get("nonce").cloned(),
                challenge: query["code_challenge"].clone(),
                redirect: query["redirect_uri"].clone(),
            };
            back.query_pairs_mut().append_pair("code", &code);
            self.grants.insert(code, grant);
        }
        back.query_pairs_mut()
            .append_pair("state", &query["state"])
            .extend_pairs(&self.back);
        let reply = Response::builder()
            .status(302)
            .header("location", back.as_str());
        reply.body(Full::default()).expect("a response")
    }

    /// What the code stands for, if it is as good as new and whoever has it is who asked for it.
    fn redeem(&mut self, form: &HashMap<String, String>) -> Option<Grant> {
        let code = form.get("code")?;
        let grant = match self.wrong {
            Wrong::Codes => self.grants.get(code).cloned(),
            _ => self.grants.remove(code),
        }?;
        let challenge = sha256(form.get("code_verifier")?);
        let is_same = challenge == grant.challenge && form["redirect_uri"] == grant.redirect;
        is_same.then_some(grant)
    }

    fn token(&mut self, authorization: Option<&str>, form: &HashMap<String, String>) -> Reply {
        assert_eq!(form["grant_type"], "authorization_code");
        // "tincan-at-home:" and the secret, each as in a form, in base 64.
        let basic = "Basic dGluY2FuLWF0LWhvbWU6czNjcmV0KyUyQiUzQSUyNSUyNiVDMyVCQw==";
        let is_client = match authorization {
            Some(authorization) => authorization == basic && !form.contains_key("client_secret"),
            None => form
                .get("client_secret")
                .is_some_and(|secret| secret == SECRET),
        };
        let knows_basic = self.supports("token_endpoint_auth_methods", "client_secret_basic");
        if !is_client || knows_basic == authorization.is_none() {
            return error(401, "invalid_client");
        }
        match self.wrong {
            Wrong::TokenError => return error(400, "invalid_grant"),
            Wrong::TokenRedirect => {
                let reply = Response::builder().status(307);
                let reply = reply.header("location", self.url("/elsewhere"));
                return reply.body(Full::default()).expect("a response");
            }
            Wrong::Nonsense => return json_reply(&json!({ "access_token": [ACCESS_TOKEN] })),
            _ => {}
        }
        let Some(grant) = self.redeem(form) else {
            return error(400, "invalid_grant");
        };
        let access_token = match self.wrong {
            Wrong::AccessToken => "two\nlines",
            _ => ACCESS_TOKEN,
        };
        let mut answer = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 300,
        });
        if self.wrong != Wrong::NoIdToken {
            answer["id_token"] = self.id_token(&grant, access_token).into();
        }
        lay_over(&mut answer, &self.token_answer);
        if self.wrong == Wrong::Huge {
            answer["more"] = "x".repeat(1024 * 1024).into();
        }
        json_reply(&answer)
    }

    fn id_token(&self, grant: &Grant, access_token: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("a clock").as_secs();
        let mut claims = json!({
            "iss": self.url(self.issuer_end),
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": grant.nonce,
            "at_hash": half_hash(self.alg, access_token),
        });
        lay_over(&mut claims, &self.claims);
        let mut token = Token {
            header: json!({ "alg": self.alg, "kid": self.key }),
            claims,
            payload: None,
            header_text: None,
            alg: self.alg,
            key: self.key,
            secret: None,
            now,
        };
        if let Some(tamper) = self.tamper {
            tamper(&mut token);
        }
        token.signed()
    }

    fn user_info(&self, authorization: Option<&str>) -> Reply {
        if authorization != Some(&format!("Bearer {ACCESS_TOKEN}")) {
            return text(401, "who?");
        }
        let mut details = self.details.clone();
        match self.wrong {
            Wrong::NoDetails => return text(500, "who?"),
            Wrong::OtherUser => details["sub"] = "subject-2".into(),
            _ => {}
        }
        json_reply(&details)
    }

    fn picture(&self) -> Reply {
        let Picture {
            status,
            media_type,
            bytes,
        } = self.picture.clone();
        let reply = Response::builder().status(status);
        let reply = reply.header("content-type", media_type);
        reply.body(Full::from(bytes)).expect("a response")
    }
}

/// Puts the members of the second into the first.
fn lay_over(value: &mut Value, over: &Value) {
    for (name, member) in over.as_object().expect("an object") {
        value[name] = member.clone();
    }
}

fn form(text: &[u8]) -> HashMap<String, String> {
    serde_urlencoded::from_bytes(text).expect("a form")
}

fn text(status: u16, text: &str) -> Reply {
    let reply = Response::builder().status(status);
    let reply = reply.body(Full::from(text.to_owned()));
    reply.expect("a response")
}

fn json_reply(value: &Value) -> Reply {
    with_status(200, value)
}

fn error(status: u16, code: &str) -> Reply {
    with_status(status, &json!({ "error": code }))
}

fn with_status(status: u16, value: &Value) -> Reply {
    let reply = Response::builder().status(status);
    let reply = reply.header("content-type", "application/json; charset=utf-8");
    let reply = reply.body(Full::from(value.to_string()));
    reply.expect("a response")
}
