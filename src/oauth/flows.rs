//! Sign-ins in progress, and people who still have to choose a username. Both are kept in memory for ten minutes.
//! Somebody who is signing in while the server restarts has to try again.

use std::{fmt, io, net::IpAddr};

use ipnet::IpNet;
use serde::Deserialize;
use url::{ParseError, Url};

use super::{
    Avatar, Error, Person, Provider, ProviderKind, Result, Secret, avatar,
    code::{CodeClient, Verifier, error_code},
    encoding::random,
    github::GitHub,
    oidc::Oidc,
    provider::failed,
};
use crate::{
    expiring::{Digest, ExpiringMap, digest},
    model::{Identity, UserId},
    outbound::{Client, Outbound, is_safe},
};

/// How long somebody has to sign in at a provider, and then to choose a username.
const LIFETIME_MINUTES: u64 = 10;

/// All providers, and the sign-ins in progress.
#[derive(Default)]
pub struct Flows {
    entries: Vec<Entry>,
    /// By the `state` parameter that the provider sends back.
    started: ExpiringMap<Flow, LIFETIME_MINUTES>,
    /// By the secret in the cookie.
    pending: ExpiringMap<Pending, LIFETIME_MINUTES>,
}

struct Entry {
    provider: Provider,
    http: Client,
    protocol: Protocol,
}

enum Protocol {
    GitHub(Box<GitHub>),
    Oidc(Box<Oidc>),
}

/// A sign-in that the provider hasn’t answered yet.
struct Flow {
    provider: String,
    cookie: Digest,
    verifier: Verifier,
    /// For OpenID Connect only.
    nonce: Option<String>,
    purpose: Purpose,
    next: String,
}

/// Why the providers can’t be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("the address of the provider {0} must be like https://login.example")]
    BadAddress(String),
    #[error(
        "the address of the provider {0} must begin with https://, unless it’s on this machine"
    )]
    Unsafe(String),
    #[error("no certificate authorities found ({0}); install your system’s or set SSL_CERT_FILE")]
    NoAuthorities(io::Error),
}

/// What a sign-in with a provider is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    /// To link the provider’s account, so that it can be used to sign in to this one.
    Link(UserId),
    /// To prove that whoever has a session of this user is the user.
    Prove(UserId),
}

/// A sign-in that has been started.
pub struct StartedSignIn {
    /// Where to send the browser.
    pub url: Url,
    /// The value of a cookie. Only the browser that has it can finish the sign-in.
    pub cookie: Secret,
}

/// The query of the provider’s redirect (RFC 6749 §4.1.2, RFC 9207 §2). It contains secrets, so it has no `Debug`.
#[derive(Deserialize)]
pub struct Callback {
    pub state: Option<String>,
    pub code: Option<String>,
    pub error: Option<String>,
    pub iss: Option<String>,
}

/// A finished sign-in: who it is, and what it was for.
#[derive(Debug)]
pub struct FinishedSignIn {
    pub identity: Identity,
    /// The URL of their picture.
    pub avatar: Option<Url>,
    pub purpose: Purpose,
    /// The local path to go on to.
    pub next: String,
}

/// Somebody who has signed in with a provider, and has no account here yet.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The provider’s id.
    pub provider: String,
    pub identity: Identity,
    /// The URL of their picture.
    pub avatar: Option<Url>,
}

impl Flows {
    /// Sets up the providers, without connecting to any. `public_url` is the URL at which people reach this server,
    /// without a path; `allowed` are networks outside the public internet that may be connected to.
    pub fn new(
        providers: Vec<Provider>,
        public_url: &str,
        allowed: Vec<IpNet>,
    ) -> Result<Self, SetupError> {
        let mut addresses = Vec::with_capacity(providers.len());
        for provider in &providers {
            addresses.push(address(provider)?);
        }
        let outbound = Outbound::new(&addresses, allowed).map_err(SetupError::NoAuthorities)?;
        let entry = |(provider, address): (Provider, Url)| {
            let http = outbound.client(&address);
            let protocol = Protocol::to(&provider, &address, public_url, http.clone());
            let protocol = protocol.map_err(|_| SetupError::BadAddress(provider.id.clone()))?;
            Ok(Entry {
                provider,
                http,
                protocol,
            })
        };
        let entries = providers.into_iter().zip(addresses).map(entry);
        Ok(Self {
            entries: entries.collect::<Result<_, SetupError>>()?,
            ..Self::default()
        })
    }

    /// The providers, in the order in which they were set up.
    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.entries.iter().map(|entry| &entry.provider)
    }

    /// The provider with this id.
    #[must_use]
    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers().find(|provider| provider.id == id)
    }

    /// The issuer of the identities of the provider with this id.
    #[must_use]
    pub fn issuer(&self, id: &str) -> Option<&str> {
        self.entry(id).ok().map(|entry| entry.protocol.issuer())
    }

    /// The provider whose identities have this issuer.
    #[must_use]
    pub fn provider_by_issuer(&self, issuer: &str) -> Option<&Provider> {
        self.entries
            .iter()
            .find(|entry| entry.protocol.issuer() == issuer)
            .map(|entry| &entry.provider)
    }

    fn entry(&self, provider: &str) -> Result<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.provider.id == provider)
            .ok_or(Error::UnknownProvider)
    }

    /// Starts a sign-in for somebody at `address`. `next` is the path to go on to afterwards; anything but a local path becomes `/`.
    ///
    /// # Errors
    /// [`Error::UnknownProvider`], or [`Error::Failed`] if the provider’s metadata can’t be fetched or used.
    pub async fn begin(
        &self,
        provider: &str,
        address: IpAddr,
        purpose: Purpose,
        next: Option<&str>,
    ) -> Result<StartedSignIn> {
        let entry = self.entry(provider)?;
        let (state, cookie) = (random()?, random()?);
        let verifier = Verifier::random()?;
        let (url, nonce) = match &entry.protocol {
            Protocol::GitHub(github) => (github.authorization(&state, &verifier), None),
            Protocol::Oidc(oidc) => {
                let (url, nonce) = oidc.authorization(&state, &verifier).await?;
                (url, Some(nonce))
            }
        };
        let flow = Flow {
            provider: provider.to_owned(),
            cookie: digest(&cookie),
            verifier,
            nonce,
            purpose,
            next: local_path(next),
        };
        self.started.insert(address, &state, flow);
        Ok(StartedSignIn {
            url,
            cookie: Secret::new(cookie),
        })
    }

    /// Finishes a sign-in. It can be finished only once, in the browser in which it was started, and with the provider
    /// at which it was started, so that one provider’s code isn’t sent to another (mix-up attack, RFC 9700 §4.4).
    pub async fn finish(
        &self,
        provider: &str,
        cookie: Option<&str>,
        callback: Callback,
    ) -> Result<FinishedSignIn> {
        let entry = self.entry(provider)?;
        let flow = callback.state.and_then(|state| self.started.remove(&state));
        let flow = flow.ok_or(Error::Expired)?;
        let is_same_browser = cookie.is_some_and(|cookie| digest(cookie) == flow.cookie);
        if !is_same_browser || flow.provider != provider {
            return Err(Error::Expired);
        }
        if let Protocol::Oidc(oidc) = &entry.protocol {
            oidc.check_issuer(callback.iss.as_deref()).await?;
        }
        let code = match (callback.code, callback.error.as_deref()) {
            (Some(code), None) => code,
            (_, Some("access_denied")) => return Err(Error::Denied),
            (_, error) => {
                let cause = error.map_or("neither a code nor an error", error_code);
                let cause = format!("authorization response: {cause}");
                return Err(failed(provider, &cause));
            }
        };
        let Person { identity, avatar } = match (&entry.protocol, &flow.nonce) {
            (Protocol::GitHub(github), None) => github.person(&code, &flow.verifier).await?,
            (Protocol::Oidc(oidc), Some(nonce)) => {
                oidc.person(&code, &flow.verifier, nonce).await?
            }
            // Can’t happen: a flow has a nonce exactly if its provider speaks OpenID Connect.
            (Protocol::GitHub(_), Some(_)) | (Protocol::Oidc(_), None) => {
                return Err(Error::Expired);
            }
        };
        Ok(FinishedSignIn {
            identity,
            avatar,
            purpose: flow.purpose,
            next: flow.next,
        })
    }

    /// Keeps somebody at `address` until they have chosen a username. `cookie` is the cookie of the browser that they signed in with.
    pub fn insert_pending(&self, address: IpAddr, cookie: &str, pending: Pending) {
        self.pending.insert(address, cookie, pending);
    }

    /// Who has yet to choose a username, in the browser with this cookie.
    pub fn pending(&self, cookie: &str) -> Option<Pending> {
        self.pending.get(cookie)
    }

    /// Like [`pending`](Self::pending), and removes them.
    pub fn remove_pending(&self, cookie: &str) -> Option<Pending> {
        self.pending.remove(cookie)
    }

    /// Drops the sign-ins that have expired. They couldn’t be finished anyway.
    pub fn remove_expired(&self) {
        self.started.remove_expired();
        self.pending.remove_expired();
    }

    /// Fetches a picture whose URL came from `provider`.
    ///
    /// # Errors
    /// [`Error::UnknownProvider`], or [`Error::Failed`] if there is no acceptable picture.
    pub async fn avatar(&self, provider: &str, url: &Url) -> Result<Avatar> {
        let entry = self.entry(provider)?;
        avatar::fetch(&entry.http, url).await
    }
}

impl fmt::Debug for Flows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.providers().map(|provider| &provider.id);
        f.debug_list().entries(ids).finish()
    }
}

impl Protocol {
    fn issuer(&self) -> &str {
        match self {
            Self::GitHub(github) => github.issuer(),
            Self::Oidc(oidc) => oidc.issuer(),
        }
    }

    fn to(
        provider: &Provider,
        address: &Url,
        public_url: &str,
        http: Client,
    ) -> Result<Self, ParseError> {
        let redirect = format!("{public_url}/api/oauth/{}/callback", provider.id);
        let (id, client) = (
            &provider.id,
            CodeClient::new(provider, redirect, http.clone()),
        );
        Ok(match &provider.kind {
            ProviderKind::GitHub { .. } => {
                Self::GitHub(Box::new(GitHub::new(id, address, client, http)?))
            }
            ProviderKind::Oidc { issuer } => {
                Self::Oidc(Box::new(Oidc::new(id, issuer, client, http)))
            }
        })
    }
}

/// The provider’s URL.
fn address(provider: &Provider) -> Result<Url, SetupError> {
    let text = match &provider.kind {
        ProviderKind::GitHub { url } => url,
        ProviderKind::Oidc { issuer } => issuer,
    };
    let url = Url::parse(text).ok().filter(Url::has_host);
    let url = url.ok_or_else(|| SetupError::BadAddress(provider.id.clone()))?;
    if !is_safe(&url) {
        return Err(SetupError::Unsafe(provider.id.clone()));
    }
    Ok(url)
}

/// `next` if it is a path on this server, else `/`. Browsers take `//` and `/\` as the start of another host, and
/// ignore control characters (WHATWG URL §4.4).
#[must_use]
pub fn local_path(next: Option<&str>) -> String {
    let is_own = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.len() <= 1_000
            && path
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    next.filter(is_own).unwrap_or("/").to_owned()
}
