//! Signing in with a passkey, and what all ceremonies with passkeys have in common.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use warp::http::StatusCode;

use super::accounts::{Arrival, welcome};
use crate::{
    contract::operations::passkeys::{
        self as contract, CredentialDescriptor, CredentialType, PasskeyAssertion,
        PasskeyRequestOptions, Requirement,
    },
    error::{Error, Result},
    http::{
        reply::{HandlerResult, ok},
        request::Request,
        route::Route,
    },
    model::{Permission, UserId},
    store::{Authentication, UsedPasskey},
    webauthn::{Assertion, Ceremony, LIFETIME, Refused, RelyingParty},
};

pub fn routes() -> Vec<Route> {
    vec![
        // Browsers offer passkeys as soon as somebody looks at the page, so this is no attempt. Each network has room for so
        // many challenges.
        Route::post("/api/login/passkey/options", Permission::Public, begin)
            .operation(contract::sign_in_options()),
        Route::post("/api/login/passkey", Permission::SignIn, sign_in)
            .operation(contract::sign_in()),
    ]
}

/// Whom passkeys are for at the address at which the caller reaches the server.
///
/// # Errors
/// [`Error::PasskeysUnavailable`] if there can be none.
pub fn relying_party(request: &Request) -> Result<RelyingParty> {
    let base = request.caller.base(&request.app.settings);
    RelyingParty::at(&base).ok_or(Error::PasskeysUnavailable)
}

/// What the browser needs to ask for one of these passkeys, or for any if there are none.
pub fn request_options(
    request: &Request,
    ceremony: Ceremony,
    allowed: Vec<Vec<u8>>,
) -> Result<PasskeyRequestOptions> {
    let party = relying_party(request)?;
    let address = request.caller.address();
    Ok(PasskeyRequestOptions {
        challenge: request.app.ceremonies.begin(address, ceremony)?,
        timeout: timeout(),
        rp_id: party.id().to_owned(),
        allow_credentials: descriptors(allowed),
        user_verification: Requirement::Required,
    })
}

/// How long people have, in milliseconds.
pub fn timeout() -> u64 {
    u64::try_from(LIFETIME.as_millis()).unwrap_or(u64::MAX)
}

pub fn descriptors(ids: Vec<Vec<u8>>) -> Vec<CredentialDescriptor> {
    let described = ids.into_iter().map(|id| CredentialDescriptor {
        kind: CredentialType::PublicKey,
        id: URL_SAFE_NO_PAD.encode(id),
    });
    described.collect()
}

/// The bytes of a text in base 64.
pub fn bytes(text: &str) -> Result<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::BadPasskey)
}

/// Nobody is told which rule was broken, except for the log.
pub fn refuse(rule: Refused) -> Error {
    tracing::debug!(%rule, "a passkey was refused");
    Error::BadPasskey
}

/// Checks the use of a passkey for `ceremony`: one of `owner`’s, or else of whom the authenticator says it is.
///
/// # Errors
/// [`Error::BadPasskey`] if it isn’t known, or anything about the use is wrong.
pub async fn used(
    request: &Request,
    PasskeyAssertion {
        raw_id, response, ..
    }: &PasskeyAssertion,
    ceremony: &Ceremony,
    owner: Option<UserId>,
) -> Result<UsedPasskey> {
    let party = relying_party(request)?;
    let assertion = Assertion::parse(
        &bytes(&response.client_data_json)?,
        bytes(&response.authenticator_data)?,
        bytes(&response.signature)?,
    );
    let assertion = assertion.map_err(refuse)?;
    let begun = request.app.ceremonies.finish(assertion.challenge());
    if begun.as_ref() != Some(ceremony) {
        return Err(Error::BadPasskey);
    }
    let kept = request.app.store.find_passkey(bytes(raw_id)?).await?;
    let kept = kept.ok_or(Error::BadPasskey)?;
    let user_handle = response.user_handle.as_deref().map(bytes).transpose()?;
    // Without a name, somebody is who the authenticator says (Web Authentication Level 3 §7.2).
    let is_theirs = match owner {
        Some(owner) => kept.user == owner && user_handle.is_none_or(|it| it == kept.user_handle),
        None => user_handle.is_some_and(|it| it == kept.user_handle),
    };
    if !is_theirs {
        return Err(Error::BadPasskey);
    }
    let used = assertion.verify(&party, &kept.public_key, kept.backup_eligible);
    let used = used.map_err(refuse)?;
    Ok(UsedPasskey {
        id: kept.id,
        counter: used.counter,
        backed_up: used.backed_up,
        rp_id: party.id().to_owned(),
    })
}

async fn begin(request: Request) -> HandlerResult {
    let options = request_options(&request, Ceremony::SignIn, Vec::new())?;
    Ok(ok(&options))
}

async fn sign_in(mut request: Request) -> HandlerResult {
    let passkey: PasskeyAssertion = request.json().await?;
    let used = used(&request, &passkey, &Ceremony::SignIn, None).await?;
    let authentication = Authentication::Passkey(used);
    let by = request.actor();
    let signed_in = request.app.store.sign_in(authentication, None, by).await?;
    welcome(&request, StatusCode::OK, Arrival::of(&signed_in)).await
}
