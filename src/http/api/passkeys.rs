//! The caller’s passkeys.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use warp::http::StatusCode;

use super::passkey_sign_in::{bytes, descriptors, refuse, relying_party, timeout};
use crate::{
    contract::operations::passkeys::{
        self as contract, AddPasskey, AttestationPreference, AuthenticatorSelection,
        CredentialParameter, CredentialType, PasskeyCreationOptions, RelyingPartyEntity,
        RenamePasskey, Requirement, UserEntity,
    },
    error::Error,
    http::{
        reply::{HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{PasskeyId, Permission, Rate, passkey_name},
    random::random,
    store::NewPasskey,
    webauthn::{ALGORITHMS, Ceremony, Registration},
};

/// As long as the standard recommends, and no longer than what authenticators take (Web Authentication Level 3 §14.6.1).
const USER_HANDLE_BYTES: usize = 64;

pub fn routes() -> Vec<Route> {
    let person = Permission::Person;
    vec![
        Route::get("/api/passkeys", person, list).operation(contract::list()),
        // What is added then is bound to this session and to the next five minutes, so that proof is asked for once.
        Route::post("/api/passkeys/options", person, begin)
            .operation(contract::begin())
            .proven(),
        Route::post("/api/passkeys", person, add).operation(contract::add()),
        Route::patch("/api/passkeys/{id}", person, rename).operation(contract::rename()),
        Route::delete("/api/passkeys/{id}", person, remove)
            .rate(Rate::Protect)
            .operation(contract::remove())
            .proven(),
    ]
}

async fn list(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    Ok(ok(&request.app.store.passkeys(user).await?))
}

async fn begin(request: Request) -> HandlerResult {
    let (app, session) = (&request.app, request.session()?);
    let party = relying_party(&request)?;
    let user = &session.user;
    let credentials = app
        .store
        .passkey_credentials(user.id, party.id().to_owned())
        .await?;
    let user_handle = match credentials.user_handle {
        Some(handle) => handle,
        None => random::<USER_HANDLE_BYTES>()?.into(),
    };
    let id = URL_SAFE_NO_PAD.encode(&user_handle);
    let ceremony = Ceremony::Registration {
        session: session.id,
        user_handle,
    };
    Ok(ok(&PasskeyCreationOptions {
        rp: RelyingPartyEntity {
            id: party.id().to_owned(),
            name: "Tincan",
        },
        user: UserEntity {
            id,
            name: user.username.clone(),
            display_name: user.name().to_owned(),
        },
        challenge: app.ceremonies.begin(request.caller.address(), ceremony)?,
        pub_key_cred_params: ALGORITHMS
            .map(|alg| CredentialParameter {
                kind: CredentialType::PublicKey,
                alg,
            })
            .into(),
        timeout: timeout(),
        exclude_credentials: descriptors(credentials.ids),
        authenticator_selection: AuthenticatorSelection {
            resident_key: Requirement::Required,
            require_resident_key: true,
            user_verification: Requirement::Required,
        },
        attestation: AttestationPreference::None,
    }))
}

async fn add(mut request: Request) -> HandlerResult {
    let AddPasskey { name, credential } = request.json().await?;
    let name = passkey_name(name.as_deref().unwrap_or_default())?;
    let party = relying_party(&request)?;
    let response = &credential.response;
    let registration = Registration::parse(
        &bytes(&response.client_data_json)?,
        &bytes(&response.attestation_object)?,
    );
    let registration = registration.map_err(refuse)?;
    let begun = request.app.ceremonies.finish(registration.challenge());
    let session = request.session()?;
    let user_handle = match begun {
        Some(Ceremony::Registration {
            session: begun_in,
            user_handle,
        }) if begun_in == session.id => user_handle,
        _ => return Err(Error::BadPasskey.into()),
    };
    let new = registration.verify(&party).map_err(refuse)?;
    if bytes(&credential.raw_id)? != new.id {
        return Err(Error::BadPasskey.into());
    }
    let new = NewPasskey {
        user_handle,
        credential_id: new.id,
        public_key: new.public_key,
        counter: new.counter,
        backup_eligible: new.backup_eligible,
        backed_up: new.backed_up,
        name,
        rp_id: party.id().to_owned(),
    };
    let store = &request.app.store;
    let added = store.add_passkey(session.user.id, new, request.actor());
    Ok(json(StatusCode::CREATED, &added.await?))
}

async fn rename(mut request: Request, id: PasskeyId) -> HandlerResult {
    let RenamePasskey { name } = request.json().await?;
    let name = passkey_name(name.as_deref().unwrap_or_default())?;
    let (store, user) = (&request.app.store, request.user()?.id);
    Ok(ok(&store.rename_passkey(user, id, name).await?))
}

async fn remove(request: Request, id: PasskeyId) -> HandlerResult {
    let (store, user) = (&request.app.store, request.user()?.id);
    store.remove_passkey(user, id, request.actor()).await?;
    Ok(no_content())
}
