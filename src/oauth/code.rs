//! This server as a client of a provider: it sends people there, and exchanges the code with which they come back for
//! tokens (RFC 6749 §4.1), with PKCE (RFC 7636).

use hyper::{
    Request, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use url::{
    Url,
    form_urlencoded::{Serializer, byte_serialize},
};

use super::{
    Provider, Result, Secret,
    encoding::{base64, padded_base64, random},
    fetch,
    provider::failed,
};
use crate::outbound::{Client, Limits};

/// The longest error code that is logged. The registered ones (RFC 6749 §5.2) are shorter.
const MAX_ERROR_CODE: usize = 64;

/// The registration of this server at a provider.
pub struct CodeClient {
    provider: String,
    pub id: String,
    secret: Secret,
    redirect: String,
    http: Client,
}

/// How the token endpoint knows this server (RFC 6749 §2.3.1).
#[derive(Clone, Copy)]
pub enum Authentication {
    Basic,
    Body,
}

/// Shows that whoever redeems a code is who asked for it.
pub struct Verifier(String);

/// What is sent along with people.
pub struct AuthorizationRequest<'a> {
    pub state: &'a str,
    pub verifier: &'a Verifier,
    pub scope: Option<&'a str>,
    pub nonce: Option<&'a str>,
}

/// A provider’s answer to a code.
pub struct Tokens {
    pub access_token: String,
    pub id_token: Option<String>,
}

impl Verifier {
    pub fn random() -> Result<Self> {
        random().map(Self)
    }

    fn challenge(&self) -> String {
        base64(Sha256::digest(&self.0))
    }
}

impl CodeClient {
    pub fn new(provider: &Provider, redirect: String, http: Client) -> Self {
        Self {
            provider: provider.id.clone(),
            id: provider.client_id.clone(),
            secret: provider.secret.clone(),
            redirect,
            http,
        }
    }

    /// The URL at which somebody authorizes this server. A query that the endpoint has already is kept (RFC 6749 §3.1).
    pub fn authorization(&self, endpoint: &Url, request: &AuthorizationRequest) -> Url {
        let mut url = endpoint.clone();
        let challenge = request.verifier.challenge();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.id)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("state", request.state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        for (name, value) in [("scope", request.scope), ("nonce", request.nonce)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        drop(query);
        url
    }

    /// Exchanges a code for tokens.
    pub async fn exchange(
        &self,
        endpoint: &Url,
        authentication: Authentication,
        code: &str,
        verifier: &Verifier,
    ) -> Result<Tokens> {
        let mut request = Request::post(endpoint.as_str())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Authentication::Basic = authentication {
            request = request.header(AUTHORIZATION, self.basic()?);
        }
        let request = request.body(self.form(authentication, code, verifier));
        let answer = async {
            let request = request.map_err(|_| "its address isn’t one")?;
            let (status, body) = fetch::answer(&self.http, request, Limits::API).await?;
            tokens(status, &body)
        };
        let tokens = answer.await;
        tokens.map_err(|cause| failed(&self.provider, &format!("token endpoint: {cause}")))
    }

    fn form(&self, authentication: Authentication, code: &str, verifier: &Verifier) -> Vec<u8> {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("code_verifier", &verifier.0);
        if let Authentication::Body = authentication {
            form.append_pair("client_id", &self.id)
                .append_pair("client_secret", self.secret.reveal());
        }
        form.finish().into_bytes()
    }

    /// Both parts are encoded as in a form first, as they may have a colon.
    fn basic(&self) -> Result<HeaderValue> {
        let part = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", part(&self.id), part(self.secret.reveal()));
        fetch::authorization("Basic", &padded_base64(pair))
            .map_err(|cause| failed(&self.provider, &cause))
    }
}

/// Reads the token endpoint’s answer (RFC 6749 §5). Other members are nobody’s concern here. GitHub sends errors with
/// status 200.
fn tokens(status: StatusCode, body: &[u8]) -> Result<Tokens, String> {
    let answer: Option<Map<String, Value>> = fetch::parse(body);
    let text = |name| answer.as_ref()?.get(name)?.as_str();
    if let Some(code) = text("error") {
        return Err(error_code(code).to_owned());
    }
    if status != StatusCode::OK {
        return Err(format!("status {}", status.as_u16()));
    }
    if answer.is_none() {
        return Err("the response isn’t a JSON object".to_owned());
    }
    let access_token = text("access_token").ok_or("access_token: is missing, or isn’t a text")?;
    let is_bearer = text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    if !is_bearer {
        return Err("token_type: isn’t Bearer".to_owned());
    }
    Ok(Tokens {
        access_token: access_token.to_owned(),
        id_token: text("id_token").map(str::to_owned),
    })
}

/// A provider’s error code, if it looks like one. Anything else may be something that doesn’t belong in a log.
pub fn error_code(code: &str) -> &str {
    let is_code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if (1..=MAX_ERROR_CODE).contains(&code.len()) && code.bytes().all(is_code) {
        code
    } else {
        "an error whose code isn’t one"
    }
}
