//! Signing in with a provider that speaks OpenID Connect: the requests to it, and the checks of its responses.

use std::sync::Arc;

use openidconnect::{
    AccessToken, AccessTokenHash, AuthType, AuthenticationFlow, AuthorizationCode, ClientId,
    ClientSecret, CsrfToken, EndUserNickname, EndUserPictureUrl, EndUserUsername, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, JsonWebKeySet, LocalizedClaim, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    SignatureVerificationError, SubjectIdentifier, TokenResponse,
    core::{
        CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims, CoreProviderMetadata,
        CoreResponseType, CoreTokenResponse, CoreUserInfoClaims,
    },
    http::HeaderValue,
    url::{ParseError, Url},
};
use parking_lot::RwLock;

use super::{
    Error, Person, Result, causes,
    provider::{Provider, failed, token_cause},
};
use crate::outbound::Client;

type OidcClient = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// An OpenID provider.
pub struct Oidc {
    id: String,
    issuer: IssuerUrl,
    client_id: ClientId,
    secret: ClientSecret,
    redirect: RedirectUrl,
    http: Client,
    /// Its metadata (OpenID Connect Discovery §4), fetched when first needed: a provider that is down must not keep the
    /// server from starting.
    metadata: RwLock<Option<Arc<CoreProviderMetadata>>>,
}

impl Oidc {
    pub fn new(
        provider: &Provider,
        issuer: &str,
        redirect: RedirectUrl,
        http: Client,
    ) -> Result<Self, ParseError> {
        Ok(Self {
            id: provider.id.clone(),
            issuer: IssuerUrl::new(issuer.to_owned())?,
            client_id: ClientId::new(provider.client_id.clone()),
            secret: ClientSecret::new(provider.secret.reveal().to_owned()),
            redirect,
            http,
            metadata: RwLock::default(),
        })
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The authorization URL, and the nonce that the id token must repeat.
    pub async fn authorization(
        &self,
        state: CsrfToken,
        challenge: PkceCodeChallenge,
    ) -> Result<(Url, Nonce)> {
        let client = self.client(&*self.metadata().await?);
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let (url, _, nonce) = client
            .authorize_url(flow, || state, Nonce::new_random)
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        if self.http.allows(&url) {
            Ok((url, nonce))
        } else {
            Err(self.failed("its authorization endpoint isn’t https"))
        }
    }

    /// Exchanges the code for the person who authorized it.
    pub async fn person(
        &self,
        code: AuthorizationCode,
        verifier: PkceCodeVerifier,
        nonce: &Nonce,
    ) -> Result<Person> {
        let metadata = self.metadata().await?;
        let mut client = self.client(&metadata);
        let tokens = client
            .exchange_code(code)
            .map_err(|error| self.failed(&causes(&error)))?
            .set_pkce_verifier(verifier)
            .request_async(&self.http)
            .await
            .map_err(|error| self.failed(&token_cause(error)))?;
        let id_token = tokens
            .id_token()
            .ok_or_else(|| self.failed("no id token"))?;
        if has_unknown_key(id_token, &client) {
            // Providers rotate their keys without notice.
            client = self.client(&*self.with_new_keys(&metadata).await?);
        }
        let claims = id_token
            .claims(&client.id_token_verifier(), nonce)
            .map_err(|error| self.failed(&causes(&error)))?;
        self.check_access_token(&client, &tokens, id_token, claims)?;

        let mut profile = Profile::of(
            claims.preferred_username(),
            claims.nickname(),
            claims.picture(),
        );
        if profile.username.is_none() || profile.avatar.is_none() {
            let more = self.user_info(&client, tokens.access_token(), claims.subject());
            let more = more.await.unwrap_or_default();
            profile.username = profile.username.or(more.username);
            profile.avatar = profile.avatar.or(more.avatar);
        }
        let Profile { username, avatar } = profile;
        Person::new(&self.issuer, claims.subject(), username, avatar)
            .ok_or_else(|| self.failed("a subject that isn’t one"))
    }

    /// The provider’s UserInfo response (OpenID Connect Core §5.3). A failure doesn’t matter: who they are is known
    /// already.
    async fn user_info(
        &self,
        client: &OidcClient,
        token: &AccessToken,
        subject: &SubjectIdentifier,
    ) -> Option<Profile> {
        // The library panics if the token is no valid header value.
        HeaderValue::from_str(token.secret()).ok()?;
        let request = client
            .user_info(token.clone(), Some(subject.clone()))
            .ok()?;
        let response: Result<CoreUserInfoClaims, _> = request.request_async(&self.http).await;
        match response {
            Ok(claims) => Some(Profile::of(
                claims.preferred_username(),
                claims.nickname(),
                claims.picture(),
            )),
            Err(error) => {
                let cause = causes(&error);
                tracing::info!(provider = self.id, cause, "no details about a user");
                None
            }
        }
    }

    /// The provider’s metadata. A failure isn’t cached: the next sign-in tries again.
    async fn metadata(&self) -> Result<Arc<CoreProviderMetadata>> {
        if let Some(metadata) = &*self.metadata.read() {
            return Ok(Arc::clone(metadata));
        }
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http)
            .await
            .map_err(|error| self.failed(&causes(&error)))?;
        Ok(self.remember(metadata))
    }

    async fn with_new_keys(
        &self,
        metadata: &CoreProviderMetadata,
    ) -> Result<Arc<CoreProviderMetadata>> {
        let keys = JsonWebKeySet::fetch_async(metadata.jwks_uri(), &self.http)
            .await
            .map_err(|error| self.failed(&causes(&error)))?;
        Ok(self.remember(metadata.clone().set_jwks(keys)))
    }

    fn remember(&self, metadata: CoreProviderMetadata) -> Arc<CoreProviderMetadata> {
        let metadata = Arc::new(metadata);
        *self.metadata.write() = Some(Arc::clone(&metadata));
        metadata
    }

    fn client(&self, metadata: &CoreProviderMetadata) -> OidcClient {
        let methods = metadata.token_endpoint_auth_methods_supported();
        // Basic is the default if the metadata doesn’t say (OpenID Connect Discovery §3).
        let knows = |method| methods.is_none_or(|methods| methods.contains(&method));
        let auth_type = if knows(CoreClientAuthMethod::ClientSecretBasic) {
            AuthType::BasicAuth
        } else {
            AuthType::RequestBody
        };
        let secret = Some(self.secret.clone());
        CoreClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), secret)
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(auth_type)
    }

    /// Checks the access token against the id token’s hash of it (OpenID Connect Core §3.1.3.8).
    fn check_access_token(
        &self,
        client: &OidcClient,
        tokens: &CoreTokenResponse,
        id_token: &CoreIdToken,
        claims: &CoreIdTokenClaims,
    ) -> Result<()> {
        let Some(expected) = claims.access_token_hash() else {
            return Ok(());
        };
        let verifier = client.id_token_verifier();
        let algorithm = id_token.signing_alg();
        let key = id_token.signing_key(&verifier);
        let actual = algorithm.and_then(|algorithm| {
            let hash = AccessTokenHash::from_token(tokens.access_token(), algorithm, key?);
            hash.map_err(|error| SignatureVerificationError::Other(causes(&error)))
        });
        if actual.is_ok_and(|actual| actual == *expected) {
            Ok(())
        } else {
            Err(self.failed("the access token isn’t the id token’s"))
        }
    }

    fn failed(&self, cause: &str) -> Error {
        failed(&self.id, cause)
    }
}

/// The optional details of a person.
#[derive(Default)]
struct Profile {
    username: Option<String>,
    avatar: Option<Url>,
}

impl Profile {
    fn of(
        username: Option<&EndUserUsername>,
        nickname: Option<&LocalizedClaim<EndUserNickname>>,
        picture: Option<&LocalizedClaim<EndUserPictureUrl>>,
    ) -> Self {
        let nickname = nickname.and_then(|names| names.get(None));
        let username = username.map(|name| name.as_str());
        let picture = picture.and_then(|pictures| pictures.get(None));
        Self {
            username: username
                .or(nickname.map(|name| name.as_str()))
                .map(str::to_owned),
            avatar: picture.and_then(|picture| Url::parse(picture).ok()),
        }
    }
}

fn has_unknown_key(id_token: &CoreIdToken, client: &OidcClient) -> bool {
    let verifier = client.id_token_verifier();
    let key = id_token.signing_key(&verifier);
    matches!(key, Err(SignatureVerificationError::NoMatchingKey))
}
