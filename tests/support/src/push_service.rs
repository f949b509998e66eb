//! A push service (RFC 8030), and the browsers that it has. It holds what arrives against the standards, and decrypts it as
//! a browser does (RFC 8291), with another implementation of the curve than the server has.

use std::{
    collections::HashMap,
    convert::Infallible,
    future::pending,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    header::{HeaderMap, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use p256::{PublicKey, SecretKey, ecdh::diffie_hellman, elliptic_curve::sec1::ToSec1Point};
use reqwest::Method;
use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, KeyType, Salt},
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey},
};
use serde_json::{Value, json};
use tincan::server::Config;
use tokio::{
    net::TcpListener,
    sync::{
        Mutex as AsyncMutex,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    task::JoinHandle,
};

use crate::{
    Client, answer, dev,
    provider::signing::{base64, unbase64},
    soon,
};

/// A server in dev mode that may send to a push service on this machine.
pub fn pushing() -> Config {
    let mut config = dev();
    config.settings.allowed_networks = vec!["127.0.0.0/8".parse().expect("a network")];
    config
}

/// How the push service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Status(u16),
    /// With this in `Retry-After`.
    RetryAfter(u16, &'static str),
    /// It takes the message and never answers.
    Hang,
    /// It closes the connection instead of answering.
    Close,
}

/// A browser’s side of a subscription.
#[derive(Clone)]
pub struct Browser {
    pub endpoint: String,
    private: SecretKey,
    auth: [u8; 16],
}

/// A message that has arrived for a browser, and is as the standards want it.
#[derive(Clone, Debug)]
pub struct Push {
    pub endpoint: String,
    /// What was encrypted, without the padding.
    pub body: Value,
    /// Bytes of what travelled.
    pub length: usize,
    pub topic: String,
    pub ttl: u32,
    pub urgency: String,
    /// The key that has signed, and what it says.
    pub key: String,
    pub claims: Value,
    pub headers: HeaderMap,
}

/// A push service that ends with the test.
pub struct PushService {
    address: SocketAddr,
    desk: Arc<Desk>,
    arrived: AsyncMutex<UnboundedReceiver<Result<Push, String>>>,
    task: JoinHandle<()>,
}

struct Desk {
    address: SocketAddr,
    browsers: Mutex<HashMap<String, Browser>>,
    reply: Mutex<Reply>,
    arrived: UnboundedSender<Result<Push, String>>,
    connections: Mutex<usize>,
}

impl PushService {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, receiver) = unbounded_channel();
        let desk = Arc::new(Desk {
            address,
            browsers: Mutex::default(),
            reply: Mutex::new(Reply::Status(201)),
            arrived: sender,
            connections: Mutex::new(0),
        });
        let task = tokio::spawn(serve(listener, Arc::clone(&desk)));
        Self {
            address,
            desk,
            arrived: AsyncMutex::new(receiver),
            task,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A new browser, which has an endpoint here.
    pub fn browser(&self) -> Browser {
        let (name, private, auth) = (random::<16>(), random::<32>(), random());
        let path = format!("/push/{}", base64(name));
        let browser = Browser {
            endpoint: format!("http://{}{path}", self.address),
            private: SecretKey::from_slice(&private).expect("a key"),
            auth,
        };
        let mut browsers = self.desk.browsers.lock().expect("no panic");
        browsers.insert(path, browser.clone());
        browser
    }

    /// From now on it answers like this.
    pub fn answers(&self, reply: Reply) {
        *self.desk.reply.lock().expect("no panic") = reply;
    }

    /// The next message that arrives, whatever is answered.
    pub async fn next(&self) -> Push {
        let mut arrived = self.arrived.lock().await;
        let push = soon("a push", arrived.recv()).await.expect("it listens");
        push.unwrap_or_else(|why| panic!("a push that isn’t as it should be: {why}"))
    }

    /// The next message, if one has arrived.
    pub async fn arrived(&self) -> Option<Push> {
        let push = self.arrived.lock().await.try_recv().ok()?;
        Some(push.unwrap_or_else(|why| panic!("a push that isn’t as it should be: {why}")))
    }

    /// How often somebody has connected.
    pub fn connections(&self) -> usize {
        *self.desk.connections.lock().expect("no panic")
    }
}

impl Drop for PushService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Browser {
    /// A browser with this private key and authentication secret.
    pub fn with_keys(private: &[u8], auth: [u8; 16]) -> Self {
        Self {
            endpoint: String::new(),
            private: SecretKey::from_slice(private).expect("a key"),
            auth,
        }
    }

    /// Its public key: a point in uncompressed form.
    pub fn public_key(&self) -> Vec<u8> {
        let point = self.private.public_key().to_sec1_point(false);
        point.as_bytes().to_vec()
    }

    pub fn auth(&self) -> [u8; 16] {
        self.auth
    }

    /// As `PushSubscription.toJSON()` has it.
    pub fn to_json(&self) -> Value {
        json!({
            "endpoint": self.endpoint,
            "expirationTime": null,
            "keys": { "p256dh": base64(self.public_key()), "auth": base64(self.auth) },
        })
    }

    /// What a message says (RFC 8291 §4, RFC 8188 §2): one record of at most as many bytes as its header says.
    pub fn decrypt(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        if message.len() > 4_096 {
            return Err(format!("{} bytes", message.len()));
        }
        let (header, record) = message.split_at_checked(86).ok_or("no header")?;
        let (salt, rest) = header.split_at(16);
        let size = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
        if record.len() > size || size < 18 {
            return Err(format!("a record of {} in {size} bytes", record.len()));
        }
        if rest[4] != 65 {
            return Err(format!("a key of {} bytes", rest[4]));
        }
        let sender = &rest[5..];
        let public = PublicKey::from_sec1_bytes(sender).map_err(|error| error.to_string())?;
        let shared = diffie_hellman(self.private.to_nonzero_scalar(), public.as_affine());
        let own = self.public_key();
        let info = [&b"WebPush: info\0"[..], &own, sender];
        let input: [u8; 32] = derive(&self.auth, shared.raw_secret_bytes(), &info);
        let key: [u8; 16] = derive(salt, &input, &[b"Content-Encoding: aes128gcm\0"]);
        let nonce = derive(salt, &input, &[b"Content-Encoding: nonce\0"]);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).expect("a key"));
        let mut record = record.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened = key.open_in_place(nonce, Aad::empty(), &mut record);
        let opened = opened.map_err(|_| "it is for somebody else, or was changed")?;
        let end = opened.iter().rposition(|&byte| byte != 0);
        match end.map(|end| (end, opened[end])) {
            Some((end, 2)) => Ok(opened[..end].to_vec()),
            _ => Err("no delimiter of a last record".to_owned()),
        }
    }
}

impl Client {
    /// Has this session’s browser notified.
    pub async fn subscribe(&self, browser: &Browser) -> Value {
        let request = self.request(Method::PUT, "/api/push/subscription");
        answer(request.json(&browser.to_json())).await.expect(200)
    }

    /// This user’s browsers that are notified.
    pub async fn subscriptions(&self) -> Vec<Value> {
        let push = self.get("/api/push").await.expect(200);
        push["subscriptions"].as_array().expect("a list").clone()
    }
}

/// Who signed a header of VAPID for this origin, and what they say (RFC 8292 §2 and §3).
pub fn vapid(header: &str, origin: &str, now: u64) -> Result<(String, Value), String> {
    let parameters = header.strip_prefix("vapid ").ok_or("another scheme")?;
    let parameters: HashMap<_, _> = parameters
        .split(',')
        .filter_map(|parameter| parameter.trim().split_once('='))
        .collect();
    let token = parameters.get("t").ok_or("no token")?;
    let key = parameters.get("k").ok_or("no key")?;
    let (signed, signature) = token.rsplit_once('.').ok_or("no signature")?;
    let (head, claims) = signed.split_once('.').ok_or("no claims")?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, unbase64(key)?)
        .verify(signed.as_bytes(), &unbase64(signature)?)
        .map_err(|_| "somebody else has signed")?;
    let parse = |text| serde_json::from_slice(&unbase64(text)?).map_err(|error| error.to_string());
    let (head, claims): (Value, Value) = (parse(head)?, parse(claims)?);
    if head["alg"] != "ES256" || claims["aud"] != origin {
        return Err(format!("{head} {claims} for {origin}"));
    }
    let expires = claims["exp"].as_u64().ok_or("it never expires")?;
    if expires <= now || expires > now + 24 * 60 * 60 {
        return Err(format!("it expires at {expires}, and now is {now}"));
    }
    let contact = claims["sub"].as_str().unwrap_or_default();
    if !contact.starts_with("https://") && !contact.starts_with("mailto:") {
        return Err(format!("{contact:?} is no contact"));
    }
    Ok(((*key).to_owned(), claims))
}

async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    loop {
        let (socket, _) = listener.accept().await.expect("a connection");
        *desk.connections.lock().expect("no panic") += 1;
        let desk = Arc::clone(&desk);
        tokio::spawn(async move {
            let service = service_fn(|request| receive(request, Arc::clone(&desk)));
            // Who asks may go at any time, and so may this.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

/// Ends the connection without an answer.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed")
    }
}

impl std::error::Error for Closed {}

async fn receive(
    request: Request<Incoming>,
    desk: Arc<Desk>,
) -> Result<Response<Full<Bytes>>, Closed> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
    let push = if head.method == Method::POST {
        desk.check(head.uri.path(), head.headers, &body)
    } else {
        Err(format!("{} isn’t POST", head.method))
    };
    let _ = desk.arrived.send(push);
    let reply = *desk.reply.lock().expect("no panic");
    let response = |status: u16| {
        let mut response = Response::new(Full::default());
        *response.status_mut() = status.try_into().expect("a status");
        response
    };
    match reply {
        Reply::Status(status) => Ok(response(status)),
        Reply::RetryAfter(status, after) => {
            let mut response = response(status);
            let after = HeaderValue::from_static(after);
            response.headers_mut().insert("retry-after", after);
            Ok(response)
        }
        Reply::Hang => pending::<Result<_, Infallible>>()
            .await
            .map_err(|never| match never {}),
        Reply::Close => Err(Closed),
    }
}

impl Desk {
    /// Holds a message against the standards.
    fn check(&self, path: &str, headers: HeaderMap, body: &[u8]) -> Result<Push, String> {
        let browser = self.browsers.lock().expect("no panic").get(path).cloned();
        let browser = browser.ok_or_else(|| format!("no browser has {path}"))?;
        let header = |name: &str| {
            let value = headers.get(name).ok_or_else(|| format!("no {name}"))?;
            let text = value.to_str().map_err(|error| error.to_string())?;
            Ok::<_, String>(text.to_owned())
        };
        let coding = header("content-encoding")?;
        if coding != "aes128gcm" {
            return Err(format!("the coding is {coding}"));
        }
        let topic = header("topic")?;
        let is_base64 = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if topic.len() > 32 || !topic.chars().all(is_base64) {
            return Err(format!("{topic} is no topic"));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("now");
        let origin = format!("http://{}", self.address);
        let (key, claims) = vapid(&header("authorization")?, &origin, now.as_secs())?;
        let text = browser.decrypt(body)?;
        Ok(Push {
            endpoint: browser.endpoint,
            body: serde_json::from_slice(&text).map_err(|error| error.to_string())?,
            length: body.len(),
            topic,
            ttl: header("ttl")?.parse().map_err(|_| "TTL is no number")?,
            urgency: header("urgency")?,
            key,
            claims,
            headers,
        })
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("randomness");
    bytes
}

/// HKDF with SHA-256 (RFC 5869).
fn derive<const N: usize>(salt: &[u8], input: &[u8], info: &[&[u8]]) -> [u8; N] {
    struct Length(usize);
    impl KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }

    let mut output = [0; N];
    let secret = Salt::new(HKDF_SHA256, salt).extract(input);
    let key = secret.expand(info, Length(N)).expect("a length");
    key.fill(&mut output).expect("the length");
    output
}
