//! Signing in with GitHub, which has its own variant of OAuth (docs.github.com, “Authorizing OAuth apps” and “REST API
//! endpoints for users”).

use oauth2::{
    AccessToken, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, TokenResponse,
    TokenUrl,
    basic::BasicClient,
    http::{
        HeaderValue, Request, StatusCode,
        header::{ACCEPT, AUTHORIZATION},
    },
    url::{ParseError, Url},
};
use serde::Deserialize;

use super::{
    Person, Result, causes,
    provider::{Provider, failed, token_cause},
};
use crate::outbound::{Client, Limits};

type OAuthClient =
    BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// github.com, or a GitHub Enterprise server.
pub struct GitHub {
    id: String,
    /// The issuer of its identities.
    issuer: String,
    user: String,
    client: OAuthClient,
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
    pub fn new(
        provider: &Provider,
        url: &Url,
        redirect: RedirectUrl,
        http: Client,
    ) -> Result<Self, ParseError> {
        let issuer = url.as_str().trim_end_matches('/').to_owned();
        let api = if issuer == "https://github.com" {
            "https://api.github.com".to_owned()
        } else {
            format!("{issuer}/api/v3")
        };
        let authorize = AuthUrl::new(format!("{issuer}/login/oauth/authorize"))?;
        let token = TokenUrl::new(format!("{issuer}/login/oauth/access_token"))?;
        let client = BasicClient::new(ClientId::new(provider.client_id.clone()))
            .set_client_secret(ClientSecret::new(provider.secret.reveal().to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(authorize)
            .set_token_uri(token)
            .set_redirect_uri(redirect);
        Ok(Self {
            id: provider.id.clone(),
            issuer,
            user: format!("{api}/user"),
            client,
            http,
        })
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The authorization URL. It asks for no scope, as the profile is public.
    pub fn authorization(&self, state: CsrfToken, challenge: PkceCodeChallenge) -> Url {
        let request = self.client.authorize_url(|| state);
        request.set_pkce_challenge(challenge).url().0
    }

    /// Exchanges the code for the person who authorized it.
    pub async fn person(
        &self,
        code: AuthorizationCode,
        verifier: PkceCodeVerifier,
    ) -> Result<Person> {
        let tokens = self
            .client
            .exchange_code(code)
            .set_pkce_verifier(verifier)
            .request_async(&self.http)
            .await
            .map_err(|error| failed(&self.id, &token_cause(error)))?;
        let User {
            id,
            login,
            avatar_url,
        } = self.user(tokens.access_token()).await?;
        let avatar = avatar_url.and_then(|url| Url::parse(&url).ok());
        Person::new(&self.issuer, &id.to_string(), Some(login), avatar)
            .ok_or_else(|| failed(&self.id, "a user id that isn’t one"))
    }

    async fn user(&self, token: &AccessToken) -> Result<User> {
        let bearer = HeaderValue::try_from(format!("Bearer {}", token.secret()));
        let Ok(mut bearer) = bearer else {
            return Err(failed(&self.id, "a token that fits no header"));
        };
        bearer.set_sensitive(true);
        let request = Request::get(&self.user)
            .header(ACCEPT, "application/vnd.github+json")
            .header(AUTHORIZATION, bearer)
            .header("x-github-api-version", "2022-11-28")
            .body(Vec::new())
            .map_err(|error| failed(&self.id, &causes(&error)))?;
        let response = self
            .http
            .send(request, Limits::API)
            .await
            .map_err(|error| failed(&self.id, &causes(&error)))?;
        if response.status() != StatusCode::OK {
            let cause = format!("the user’s details: {}", response.status());
            return Err(failed(&self.id, &cause));
        }
        serde_json::from_slice(response.body())
            .map_err(|error| failed(&self.id, &format!("the user’s details: {error}")))
    }
}
