//! The caller’s two-step sign-in.

use warp::http::{StatusCode, Uri};

use super::{accounts::required, invites::qr_code};
use crate::{
    contract::operations::second_factor::{
        self as contract, ConfirmSecondFactor, NewSecondFactor, RecoveryCodes, SecondFactor,
    },
    http::{
        reply::{HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
    },
    model::Permission,
};

const PATH: &str = "/api/second_factor";

pub fn routes() -> Vec<Route> {
    let person = Permission::Person;
    vec![
        Route::get(PATH, person, show).operation(contract::show()),
        Route::post(PATH, person, begin)
            .operation(contract::begin())
            .proven(),
        Route::delete(PATH, person, remove)
            .operation(contract::remove())
            .proven(),
        Route::post("/api/second_factor/confirm", person, confirm)
            .operation(contract::confirm())
            .proven(),
        Route::post("/api/second_factor/recovery_codes", person, renew_codes)
            .operation(contract::renew_codes())
            .proven(),
    ]
}

async fn show(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    let state = request.app.store.second_factor(user).await?;
    Ok(ok(&SecondFactor {
        on: state.is_on,
        recovery_codes: state.recovery_codes,
    }))
}

async fn begin(request: Request) -> HandlerResult {
    let (app, user) = (&request.app, request.user()?);
    let secret = app.store.begin_second_factor(user.id).await?;
    let base = request.caller.base(&app.settings);
    let base: Option<Uri> = base.parse().ok();
    let host = base.as_ref().and_then(Uri::authority);
    let uri = secret.uri(
        &user.username,
        host.map_or("localhost", |host| host.as_str()),
    );
    let new = NewSecondFactor {
        secret: secret.base32(),
        qr: qr_code(&uri)?,
        uri,
    };
    Ok(json(StatusCode::CREATED, &new))
}

async fn confirm(mut request: Request) -> HandlerResult {
    let ConfirmSecondFactor { code } = request.json().await?;
    let code = required("code", "Enter the code from your authenticator app.", code)?;
    let (store, user) = (&request.app.store, request.user()?.id);
    let codes = store.confirm_second_factor(user, code, request.actor());
    let recovery_codes = codes.await?;
    Ok(ok(&RecoveryCodes { recovery_codes }))
}

async fn renew_codes(request: Request) -> HandlerResult {
    let (store, user) = (&request.app.store, request.user()?.id);
    let codes = store.create_recovery_codes(user, request.actor());
    let recovery_codes = codes.await?;
    Ok(json(StatusCode::CREATED, &RecoveryCodes { recovery_codes }))
}

async fn remove(request: Request) -> HandlerResult {
    let (store, user) = (&request.app.store, request.user()?.id);
    store.remove_second_factor(user, request.actor()).await?;
    Ok(no_content())
}
