//! The caller’s own account: names, deletion.

use super::accounts::is_password;
use crate::{
    contract::operations::profile::{self as contract, DeleteAccount, UpdateProfile},
    error::{Error, Result},
    http::{
        door::authorize::require_proof,
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{Permission, Rate, Username, UsernameKey, display_name},
    store::NameUpdate,
};

pub fn routes() -> Vec<Route> {
    let person = Permission::Person;
    vec![
        Route::patch("/api/auth_user", person, update).operation(contract::update()),
        Route::delete("/api/auth_user", person, delete)
            .rate(Rate::Protect)
            .operation(contract::delete()),
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

async fn delete(mut request: Request) -> HandlerResult {
    let confirmation: DeleteAccount = request.json().await?;
    let app = &request.app;
    delete_account(&request, confirmation).await?;
    let mut response = no_content();
    request
        .caller
        .forget_session(&app.settings, &mut response)?;
    Ok(response)
}

/// Deletes the caller's account, for the API and for plain pages. They confirm it with their password; if they have
/// none, by typing their username.
pub async fn delete_account(request: &Request, confirmation: DeleteAccount) -> Result<()> {
    let (app, session) = (&request.app, request.session()?);
    let user = &session.user;
    let DeleteAccount { password, username } = confirmation;
    let account = UsernameKey::new(&user.username);
    let former = app.store.password_hash(user.id).await?;
    if former.is_some() {
        // Limits guesses on a device that was left open.
        app.admit_attempt(&request.caller)?;
        let password = password.unwrap_or_default();
        if !is_password(app, &request.caller, user, password, former.clone()).await? {
            return Err(Error::WrongPassword);
        }
    } else if UsernameKey::new(&username.unwrap_or_default()) != account {
        return Err(Error::invalid("username", "Type your username to confirm."));
    } else {
        // A username is no secret.
        require_proof(app, session)?;
    }
    app.store
        .delete_own_account(user.id, former, request.actor())
        .await
}
