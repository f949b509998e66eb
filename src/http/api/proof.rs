//! Proving again who one is, for what lasts: a session that somebody else got hold of is worth no more than what it can do
//! by itself. It takes what signing in takes: the password where there is one, and the code of the second step where
//! there is one; or a passkey, which is both. Whoever has none of them goes to their provider and back.

use std::sync::Arc;

use super::{
    accounts::{SecondStep, guess, required},
    passkey_sign_in::{relying_party, request_options, used},
};
use crate::{
    contract::operations::proof::{self as contract, ProofState, ProveIdentity},
    error::{Error, Result},
    http::{
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{Permission, Timestamp, UserId, UsernameKey, security::PROOF_LIFETIME},
    store::{Authentication, Proof, SecondFactorKind},
    throttle::Lane,
    webauthn::Ceremony,
};

pub fn routes() -> Vec<Route> {
    let person = Permission::Person;
    vec![
        Route::get("/api/proof", person, show).operation(contract::show()),
        Route::post("/api/proof", person, prove).operation(contract::prove()),
        Route::post("/api/proof/passkey/options", person, passkey_options)
            .operation(contract::passkey_options()),
    ]
}

async fn show(request: Request) -> HandlerResult {
    Ok(ok(&state(&request).await?))
}

/// What the caller can prove it with, for the API and for plain pages.
pub async fn state(request: &Request) -> Result<ProofState> {
    let (app, session) = (&request.app, request.session()?);
    if app.settings.dev {
        return Ok(ProofState {
            fresh_until: Some(Timestamp::now().after(PROOF_LIFETIME)),
            password: false,
            code: false,
            passkey: false,
            providers: Vec::new(),
        });
    }
    let user = session.user.id;
    let second = app.store.second_factor_kind(user).await?;
    let has_password = app.store.password_hash(user).await?.is_some();
    let has_name = relying_party(request).is_ok();
    Ok(ProofState {
        fresh_until: session.proven_until(),
        password: has_password && second != Some(SecondFactorKind::Passkey),
        code: second == Some(SecondFactorKind::Code),
        passkey: has_name && app.store.has_passkeys(user).await?,
        providers: match second {
            Some(_) => Vec::new(),
            None => providers(request, user).await?,
        },
    })
}

/// What the browser needs to ask for one of the caller’s passkeys.
async fn passkey_options(request: Request) -> HandlerResult {
    let session = request.session()?;
    let rp_id = relying_party(&request)?.id().to_owned();
    let credentials = request
        .app
        .store
        .passkey_credentials(session.user.id, rp_id);
    let credentials = credentials.await?;
    let ceremony = Ceremony::Proof(session.id);
    Ok(ok(&request_options(&request, ceremony, credentials.ids)?))
}

/// The ids of the providers at which the user can prove it.
async fn providers(request: &Request, user: UserId) -> Result<Vec<String>> {
    let identities = request.app.store.identities(user).await?;
    let flows = &request.app.settings.oauth;
    let providers = identities
        .iter()
        .filter_map(|identity| flows.provider_by_issuer(&identity.issuer));
    Ok(providers.map(|provider| provider.id.clone()).collect())
}

async fn prove(mut request: Request) -> HandlerResult {
    let proof = request.json().await?;
    check(&request, proof).await?;
    Ok(no_content())
}

/// Checks what the caller proves it with, for the API and for plain pages.
pub async fn check(
    request: &Request,
    ProveIdentity {
        password,
        code,
        passkey,
    }: ProveIdentity,
) -> Result<()> {
    let (app, caller) = (&request.app, &request.caller);
    if app.settings.dev {
        return Ok(());
    }
    let session = Arc::clone(request.session()?);
    let user = session.user.id;
    let account = UsernameKey::new(&session.user.username);
    let lane = Lane::SignedIn(account.as_str());
    if let Some(passkey) = passkey {
        app.admit_attempt(caller)?;
        let ceremony = Ceremony::Proof(session.id);
        let passkey = used(request, &passkey, &ceremony, Some(user)).await?;
        let proof = Proof::As(Authentication::Passkey(passkey));
        return app.store.prove(session, proof, None, request.actor()).await;
    }
    let second = app.store.second_factor_kind(user).await?;
    if second == Some(SecondFactorKind::Passkey) {
        return Err(Error::ProofRequired);
    }
    let needs_code = second == Some(SecondFactorKind::Code);
    let kept = app.store.password_hash(user).await?;
    let password = match &kept {
        Some(_) => Some(required("password", "Enter your password.", password)?),
        None if needs_code => None,
        // They prove it at a provider.
        None => return Err(Error::ProofRequired),
    };
    let code = if needs_code {
        let reason = "Enter the code from your authenticator app.";
        Some(required("code", reason, code)?)
    } else {
        None
    };
    // Limits guesses on a device that was left open.
    app.admit_attempt(caller)?;
    let proof = match (kept, password) {
        (Some(hash), Some(password)) => {
            let kept = Some(hash.clone());
            if !guess(app, caller, lane, Some(user), password, kept).await? {
                return Err(Error::WrongPassword);
            }
            Proof::As(Authentication::Password { user, hash })
        }
        _ => Proof::Code,
    };
    let second = SecondStep {
        user,
        lane,
        has_code: code.is_some(),
    };
    let proven = app.store.prove(session, proof, code, request.actor());
    second.guarded(app, caller, proven).await
}
