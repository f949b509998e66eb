//! Changing one's password, and choosing a new one with a link from an administrator.

use std::sync::Arc;

use warp::http::{StatusCode, header::SET_COOKIE};

use super::accounts::{Arrival, is_password, required, welcome};
use crate::{
    contract::operations::accounts::RenewedToken,
    contract::operations::password::{
        self as contract, ChangePassword, CheckReset, CheckedReset, ResetPassword,
    },
    error::Error,
    http::{
        door::authorize::require_proof,
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{Permission, Rate},
    password::{NewPassword, Standing},
    store::Recovered,
};

pub fn routes() -> Vec<Route> {
    let (person, sign_in) = (Permission::Person, Permission::SignIn);
    vec![
        Route::put("/api/password", person, change)
            .rate(Rate::Protect)
            .operation(contract::change()),
        Route::post("/api/reset", sign_in, reset).operation(contract::reset()),
        Route::post("/api/reset/check", sign_in, check).operation(contract::check_reset()),
    ]
}

async fn change(mut request: Request) -> HandlerResult {
    let ChangePassword { current, new } = request.json().await?;
    let (app, session) = (&request.app, Arc::clone(request.session()?));
    let new = required("new", "Enter a new password.", new)?;
    let new = NewPassword::new("new", &new, &session.user.username)?;
    let former = app.store.password_hash(session.user.id).await?;
    if former.is_some() {
        // Limits guesses on a device that was left open.
        app.admit_attempt(&request.caller)?;
        let current = current.unwrap_or_default();
        let (caller, user) = (&request.caller, &session.user);
        if !is_password(app, caller, user, current, former.clone()).await? {
            return Err(Error::WrongPassword.into());
        }
    } else {
        // A first password is another way in, which lasts.
        require_proof(app, &session)?;
    }
    let hash = app.passwords.hash(new, Standing::Known).await?;
    let signed_in = app
        .store
        .change_password(session, former, hash, app.settings.dev, request.actor())
        .await?;
    if request.caller.has_bearer() {
        return Ok(ok(&RenewedToken::of(&signed_in)));
    }
    let mut response = no_content();
    let cookie = request.caller.session_cookie(&app.settings, &signed_in)?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

async fn check(mut request: Request) -> HandlerResult {
    let CheckReset { token } = request.json().await?;
    let app = &request.app;
    let user = app.store.find_reset(&token.unwrap_or_default()).await?;
    Ok(ok(&CheckedReset {
        username: user.username,
    }))
}

async fn reset(mut request: Request) -> HandlerResult {
    let ResetPassword { token, password } = request.json().await?;
    let app = &request.app;
    let token = token.unwrap_or_default();
    let user = app.store.find_reset(&token).await?;
    let password = required("password", "Enter a password.", password)?;
    let password = NewPassword::new("password", &password, &user.username)?;
    let hash = app.passwords.hash(password, Standing::Known).await?;
    let Recovered {
        signed_in,
        made_administrators,
    } = app
        .store
        .reset_password(&token, hash, request.actor())
        .await?;
    let arrival = Arrival {
        made_administrators,
        ..Arrival::of(&signed_in)
    };
    welcome(&request, StatusCode::OK, arrival).await
}
