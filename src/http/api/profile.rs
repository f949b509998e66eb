//! The caller’s own account: names, picture, deletion.

use warp::http::header::SET_COOKIE;

use super::accounts::is_password;
use crate::{
    contract::operations::profile::{self as contract, DeleteAccount, UpdateProfile},
    error::{Error, Result},
    http::{
        App,
        door::caller::{Caller, no_session_cookie},
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{PICTURE_BYTES, Permission, User, Username, display_name, own_picture, username_key},
    store::{NameUpdate, Picture},
};

pub fn routes() -> Vec<Route> {
    let person = Permission::Person;
    vec![
        Route::patch("/api/auth_user", person, update).operation(contract::update()),
        Route::delete("/api/auth_user", person, delete).operation(contract::delete()),
        Route::put("/api/auth_user/avatar", person, set_picture).operation(contract::set_picture()),
        Route::delete("/api/auth_user/avatar", person, delete_picture)
            .operation(contract::delete_picture()),
    ]
}

impl UpdateProfile {
    /// Checks the names.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn checked(self) -> Result<NameUpdate> {
        let username = self.username.map(|name| Username::new(&name)).transpose()?;
        let display_name = match self.display_name {
            Some(Some(name)) => Some(Some(display_name(&name)?)),
            unchanged_or_none => unchanged_or_none,
        };
        Ok(NameUpdate {
            username,
            display_name,
        })
    }
}

async fn update(mut request: Request) -> HandlerResult {
    let update: UpdateProfile = request.json().await?;
    let user = request.user()?.id;
    let update = update.checked()?;
    Ok(ok(&request.app.store.update_names(user, update).await?))
}

async fn set_picture(mut request: Request) -> HandlerResult {
    let bytes = request.bytes(PICTURE_BYTES).await?;
    let kind = own_picture(&bytes)?.to_owned();
    let user = request.user()?.id;
    let picture = Picture { kind, bytes };
    Ok(ok(&request.app.store.choose_picture(user, picture).await?))
}

async fn delete_picture(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    Ok(ok(&request.app.store.delete_picture(user).await?))
}

async fn delete(mut request: Request) -> HandlerResult {
    let confirmation: DeleteAccount = request.json().await?;
    let app = &request.app;
    delete_account(app, &request.caller, request.user()?, confirmation).await?;
    let mut response = no_content();
    let cookie = no_session_cookie(&app.settings)?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// Deletes the caller's account, for the API and for plain pages. They confirm it with their password; if they have
/// none, by typing their username.
pub async fn delete_account(
    app: &App,
    caller: &Caller,
    user: &User,
    confirmation: DeleteAccount,
) -> Result<()> {
    let DeleteAccount { password, username } = confirmation;
    let account = username_key(&user.username);
    let former = app.store.password_hash(user.id).await?;
    if former.is_some() {
        // Limits guesses on a device that was left open.
        app.throttle.admit(caller.address())?;
        let password = password.unwrap_or_default();
        if !is_password(app, &account, password, former.clone()).await? {
            return Err(Error::WrongPassword);
        }
    } else if username_key(&username.unwrap_or_default()) != account {
        return Err(Error::invalid("username", "Type your username to confirm."));
    }
    app.store.delete_own_account(user.id, former).await
}
