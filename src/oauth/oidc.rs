//! Signing in with a provider that speaks OpenID Connect: the requests to it, and who its answers say somebody is.

use std::{sync::Arc, time::Duration};

use parking_lot::RwLock;
use serde_json::Value;
use tokio::{sync::Mutex, time::Instant};
use url::Url;

use super::{
    Error, Person, Result,
    code::{AuthorizationRequest, CodeClient, Tokens, Verifier},
    encoding::random,
    fetch,
    id_token::{Claims, Expected},
    jws::{Jws, KeySet},
    metadata::Metadata,
    provider::failed,
};
use crate::{model::Identity, outbound::Client};

/// How long metadata and keys are used. Then both are fetched anew.
const MAX_AGE: Duration = Duration::from_hours(24);
/// The time between two tokens for which the keys are fetched once more, so that bad tokens don’t cost a request each.
const KEY_INTERVAL: Duration = Duration::from_mins(1);

/// An OpenID provider.
pub struct Oidc {
    id: String,
    issuer: String,
    client: CodeClient,
    http: Client,
    /// Fetched when first needed: a provider that is down must not keep the server from starting.
    known: RwLock<Option<Arc<Known>>>,
    /// When the keys were last fetched because of a token. Who holds the lock fetches them, and others wait for it.
    newer_keys: Mutex<Option<Instant>>,
}

/// What is known of a provider.
struct Known {
    metadata: Arc<Metadata>,
    keys: KeySet,
    /// When the metadata was fetched.
    fetched: Instant,
}

impl Oidc {
    pub fn new(id: &str, issuer: &str, client: CodeClient, http: Client) -> Self {
        Self {
            id: id.to_owned(),
            issuer: issuer.to_owned(),
            client,
            http,
            known: RwLock::default(),
            newer_keys: Mutex::default(),
        }
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The authorization URL, and the nonce that the id token must repeat.
    pub async fn authorization(&self, state: &str, verifier: &Verifier) -> Result<(Url, String)> {
        let known = self.known().await?;
        let endpoint = &known.metadata.authorization_endpoint;
        if !self.http.allows(endpoint) {
            return Err(self.failed("authorization_endpoint: isn’t https"));
        }
        let nonce = random()?;
        let scope = if known.metadata.has_profile_scope {
            "openid profile"
        } else {
            "openid"
        };
        let request = AuthorizationRequest {
            state,
            verifier,
            scope: Some(scope),
            nonce: Some(&nonce),
        };
        Ok((self.client.authorization(endpoint, &request), nonce))
    }

    /// Checks which issuer an authorization response names (RFC 9207 §2.4), so that a code isn’t taken that another
    /// provider made.
    pub async fn check_issuer(&self, issuer: Option<&str>) -> Result<()> {
        match issuer {
            Some(issuer) if issuer == self.issuer => Ok(()),
            Some(_) => Err(self.failed("authorization response: iss: isn’t the issuer")),
            None if self.known().await?.metadata.names_issuer => {
                Err(self.failed("authorization response: iss: is missing"))
            }
            None => Ok(()),
        }
    }

    /// Exchanges the code for the person who authorized it.
    pub async fn person(&self, code: &str, verifier: &Verifier, nonce: &str) -> Result<Person> {
        let mut known = self.known().await?;
        let metadata = Arc::clone(&known.metadata);
        let Tokens {
            access_token,
            id_token,
        } = self
            .client
            .exchange(
                &metadata.token_endpoint,
                metadata.authentication,
                code,
                verifier,
            )
            .await?;
        let id_token =
            id_token.ok_or_else(|| self.failed("token endpoint: id_token: is missing"))?;
        let token = Jws::parse(&id_token).map_err(|refused| self.failed(&refused.to_string()))?;
        if token.verify(&known.keys).is_err() {
            // Providers change their keys without notice.
            known = self.with_newer_keys(known).await?;
        }
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &self.client.id,
            nonce,
            access_token: &access_token,
        };
        let (subject, mut profile) = token
            .verify(&known.keys)
            .and_then(Claims::parse)
            .and_then(|claims| {
                let subject = claims.check(&token, &expected)?.to_owned();
                Ok((subject, Profile::of_claims(&claims)))
            })
            .map_err(|refused| self.failed(&refused.to_string()))?;
        if profile.username.is_none() || profile.avatar.is_none() {
            let more = self.user_info(&metadata, &access_token, &subject).await;
            let more = more.unwrap_or_default();
            profile.username = profile.username.or(more.username);
            profile.avatar = profile.avatar.or(more.avatar);
        }
        Ok(Person {
            identity: Identity {
                issuer: self.issuer.clone(),
                subject,
                username: profile.username,
            },
            avatar: profile.avatar,
        })
    }

    /// The provider’s UserInfo response (OpenID Connect Core §5.3). A failure doesn’t matter: who they are is known
    /// already.
    async fn user_info(&self, metadata: &Metadata, token: &str, subject: &str) -> Option<Profile> {
        let endpoint = metadata.userinfo_endpoint.as_ref()?;
        let cause = match fetch::json_at(&self.http, endpoint, Some(token)).await {
            // Otherwise it may be about somebody else.
            Ok(claims) if claims.get("sub").and_then(Value::as_str) == Some(subject) => {
                return Some(Profile::of_user_info(&claims));
            }
            Ok(_) => "sub: isn’t that of the id token".to_owned(),
            Err(cause) => cause,
        };
        tracing::info!(provider = self.id, cause, "no details about a user");
        None
    }

    /// The metadata and keys. A failure isn’t remembered: the next sign-in tries again.
    async fn known(&self) -> Result<Arc<Known>> {
        if let Some(known) = &*self.known.read()
            && known.fetched.elapsed() < MAX_AGE
        {
            return Ok(Arc::clone(known));
        }
        let discover = async {
            let url = Metadata::url(&self.issuer).ok_or("the issuer isn’t a URL")?;
            let metadata = fetch::json_at(&self.http, &url, None).await?;
            Metadata::new(&metadata, &self.issuer)
        };
        let metadata = discover.await;
        let metadata = metadata.map_err(|cause| self.failed(&format!("metadata: {cause}")))?;
        self.remember(Arc::new(metadata), Instant::now()).await
    }

    /// What is known, with the provider’s present keys if it is time to fetch them. `known` is what was used in vain.
    async fn with_newer_keys(&self, known: Arc<Known>) -> Result<Arc<Known>> {
        let mut last = self.newer_keys.lock().await;
        let present = self.known().await?;
        let is_newer = !Arc::ptr_eq(&present, &known);
        if is_newer || last.is_some_and(|last| last.elapsed() < KEY_INTERVAL) {
            return Ok(present);
        }
        *last = Some(Instant::now());
        self.remember(Arc::clone(&known.metadata), known.fetched)
            .await
    }

    /// Fetches the keys, and remembers them with the metadata, which was fetched at `fetched`.
    async fn remember(&self, metadata: Arc<Metadata>, fetched: Instant) -> Result<Arc<Known>> {
        let keys = fetch::json_at(&self.http, &metadata.jwks_uri, None).await;
        let keys = keys
            .and_then(|keys| KeySet::new(&keys).ok_or_else(|| "isn’t a set of keys".to_owned()))
            .map_err(|cause| self.failed(&format!("jwks_uri: {cause}")))?;
        let known = Arc::new(Known {
            metadata,
            keys,
            fetched,
        });
        *self.known.write() = Some(Arc::clone(&known));
        Ok(known)
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
    fn of_claims(claims: &Claims) -> Self {
        Self::new(
            claims.preferred_username.as_ref(),
            claims.nickname.as_ref(),
            claims.picture.as_ref(),
        )
    }

    fn of_user_info(claims: &Value) -> Self {
        Self::new(
            claims.get("preferred_username"),
            claims.get("nickname"),
            claims.get("picture"),
        )
    }

    /// What isn’t a text, or is blank, counts as left out.
    fn new(username: Option<&Value>, nickname: Option<&Value>, picture: Option<&Value>) -> Self {
        let text = |claim: Option<&Value>| {
            let text = claim?.as_str()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        Self {
            username: text(username).or_else(|| text(nickname)),
            avatar: text(picture).and_then(|url| Url::parse(&url).ok()),
        }
    }
}
