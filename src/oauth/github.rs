//! Signing in with GitHub, which has its own variant of OAuth (docs.github.com, “Authorizing OAuth apps” and “REST API
//! endpoints for users”).

use hyper::{
    Request,
    header::{ACCEPT, AUTHORIZATION},
};
use serde::Deserialize;
use url::{ParseError, Url};

use super::{
    Person, Result,
    code::{Authentication, AuthorizationRequest, CodeClient, Verifier},
    fetch,
    provider::failed,
};
use crate::{model::Identity, outbound::Client};

/// github.com, GitHub Enterprise Cloud at a subdomain of ghe.com, or a GitHub Enterprise server.
pub struct GitHub {
    id: String,
    /// The issuer of its identities.
    issuer: String,
    authorize: Url,
    token: Url,
    user: Url,
    client: CodeClient,
    http: Client,
}

/// The fields that are used of the response to `GET /user`.
#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    avatar_url: Option<String>,
}

impl GitHub {
    pub fn new(id: &str, url: &Url, client: CodeClient, http: Client) -> Result<Self, ParseError> {
        let issuer = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self {
            id: id.to_owned(),
            authorize: Url::parse(&format!("{issuer}/login/oauth/authorize"))?,
            token: Url::parse(&format!("{issuer}/login/oauth/access_token"))?,
            user: Url::parse(&format!("{}/user", api(url)))?,
            issuer,
            client,
            http,
        })
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The authorization URL. It asks for no scope, as the profile is public.
    pub fn authorization(&self, state: &str, verifier: &Verifier) -> Url {
        let request = AuthorizationRequest {
            state,
            verifier,
            scope: None,
            nonce: None,
        };
        self.client.authorization(&self.authorize, &request)
    }

    /// Exchanges the code for the person who authorized it.
    pub async fn person(&self, code: &str, verifier: &Verifier) -> Result<Person> {
        let tokens = self
            .client
            .exchange(&self.token, Authentication::Body, code, verifier)
            .await?;
        let user = self.user(&tokens.access_token).await;
        let User {
            id,
            login,
            avatar_url,
        } = user.map_err(|cause| failed(&self.id, &format!("the user’s details: {cause}")))?;
        Ok(Person {
            identity: Identity {
                issuer: self.issuer.clone(),
                // The login can change hands.
                subject: id.to_string(),
                username: Some(login),
            },
            avatar: avatar_url.and_then(|url| Url::parse(&url).ok()),
        })
    }

    async fn user(&self, token: &str) -> Result<User, String> {
        let request = Request::get(self.user.as_str())
            .header(ACCEPT, "application/vnd.github+json")
            .header(AUTHORIZATION, fetch::authorization("Bearer", token)?)
            .header("x-github-api-version", "2022-11-28")
            .body(Vec::new())
            .map_err(|_| "their address isn’t one")?;
        let user = fetch::json(&self.http, request).await?;
        User::deserialize(user).map_err(|_| "id or login: isn’t what GitHub documents".to_owned())
    }
}

/// The base of the REST API of the GitHub at `url`.
fn api(url: &Url) -> String {
    let url = url.as_str().trim_end_matches('/');
    match url.strip_prefix("https://") {
        Some(host) if host == "github.com" || host.ends_with(".ghe.com") => {
            format!("https://api.{host}")
        }
        _ => format!("{url}/api/v3"),
    }
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use super::*;

    /// No test can listen at these hosts.
    #[test]
    fn each_github_has_its_api_where_its_documentation_says() {
        for (url, expected) in [
            ("https://github.com", "https://api.github.com"),
            ("https://github.com/", "https://api.github.com"),
            ("https://octocorp.ghe.com", "https://api.octocorp.ghe.com"),
            ("https://OctoCorp.GHE.com/", "https://api.octocorp.ghe.com"),
            (
                "https://github.example.com",
                "https://github.example.com/api/v3",
            ),
            ("https://notghe.com", "https://notghe.com/api/v3"),
            (
                "https://ghe.com.evil.example",
                "https://ghe.com.evil.example/api/v3",
            ),
            (
                "https://octocorp.ghe.com:8443",
                "https://octocorp.ghe.com:8443/api/v3",
            ),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000/api/v3"),
        ] {
            assert_eq!(api(&url.parse().expect(url)), expected, "{url}");
        }
    }
}
