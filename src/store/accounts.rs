//! The ways in: making an account, signing in to it, and changing what one signs in by. Whether a
//! password is right has been found out before: hashing takes longer than a transaction may.

use std::sync::Arc;

use super::{
    credentials::{can_sign_in, count_administrators},
    handle::Store,
    identities, invites, resets,
    session_cache::Session,
    sessions::{SignedIn, end_all, renew, start},
    users::{self, password_hash, set_password_hash},
};
use crate::{
    error::{Error, Result},
    model::{Identity, UserId, Username},
};

/// What somebody has shown, to be let in.
#[derive(Debug)]
pub enum Authentication {
    /// Nothing but a name, in development mode.
    Name(String),
    /// The password of which this was the hash when it was checked.
    Password { user: UserId, hash: String },
    /// An account with a provider.
    Identity(Identity),
}

/// An account to be made. Its name and password have been checked.
#[derive(Debug)]
pub struct NewAccount {
    pub username: Username,
    pub credential: Credential,
    pub grant: SignupGrant,
}

/// What somebody will sign in by.
#[derive(Debug)]
pub enum Credential {
    /// The name alone, in development mode.
    NameOnly,
    /// The password of this hash.
    PasswordHash(String),
    Identity(Identity),
}

/// Why somebody may make themselves an account.
#[derive(Debug)]
pub enum SignupGrant {
    /// Anybody may.
    Open,
    /// They have an invitation.
    Invite(String),
    /// It is the first account, of an administrator.
    Setup,
}

impl Store {
    /// Whether there is no administrator yet who could sign in.
    pub async fn needs_setup(&self) -> Result<bool> {
        self.read(|connection| Ok(count_administrators(connection)? == 0))
            .await
    }

    /// The user of that name and the hash of their password, where they have one.
    pub async fn find_password_hash(&self, username: String) -> Result<Option<(UserId, String)>> {
        self.read(move |connection| {
            let Some(user) = users::find(connection, &username)? else {
                return Ok(None);
            };
            Ok(password_hash(connection, user.id)?.map(|hash| (user.id, hash)))
        })
        .await
    }

    /// The hash of a user's password, where they have one.
    pub async fn password_hash(&self, user: UserId) -> Result<Option<String>> {
        self.read(move |connection| Ok(password_hash(connection, user)?))
            .await
    }

    /// Starts a session for whoever has shown who they are.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is nobody of that name or identity, [`Error::BadCredentials`]
    /// where the password was changed meanwhile, [`Error::Disabled`].
    pub async fn sign_in(
        &self,
        authentication: Authentication,
        device: String,
    ) -> Result<SignedIn> {
        self.write(move |tx| {
            let connection = tx.connection;
            let user = match authentication {
                Authentication::Name(name) => {
                    let user = users::find(connection, &name)?.ok_or(Error::NotFound("User"))?;
                    if users::bot_maker(connection, user.id)?.is_some() {
                        return Err(Error::NotFound("User"));
                    }
                    user
                }
                Authentication::Password { user, hash } => {
                    if password_hash(connection, user)?.as_ref() != Some(&hash) {
                        return Err(Error::BadCredentials);
                    }
                    users::by_id(connection, user)?.ok_or(Error::BadCredentials)?
                }
                Authentication::Identity(identity) => {
                    identities::find(connection, &identity)?.ok_or(Error::NotFound("User"))?
                }
            };
            if users::is_disabled(connection, user.id)? {
                return Err(Error::Disabled);
            }
            start(tx, user, &device)
        })
        .await
    }

    /// Makes an account and starts its first session.
    ///
    /// # Errors
    /// [`Error::UsernameTaken`], [`Error::IdentityTaken`], [`Error::BadInvite`],
    /// [`Error::BadSetupToken`] where somebody was faster.
    pub async fn sign_up(&self, account: NewAccount, device: String) -> Result<SignedIn> {
        self.write(move |tx| {
            let NewAccount {
                username,
                credential,
                grant,
            } = account;
            let connection = tx.connection;
            let is_setup = matches!(grant, SignupGrant::Setup);
            match grant {
                SignupGrant::Open => {}
                SignupGrant::Invite(token) => invites::redeem(tx, &token)?,
                SignupGrant::Setup if count_administrators(connection)? == 0 => {}
                SignupGrant::Setup => return Err(Error::BadSetupToken),
            }
            let user = users::create(tx, &username)?;
            match credential {
                Credential::NameOnly => {}
                Credential::PasswordHash(hash) => set_password_hash(connection, user.id, &hash)?,
                Credential::Identity(identity) => identities::insert(tx, user.id, &identity)?,
            }
            if is_setup {
                users::set_admin(connection, user.id, true)?;
            }
            start(tx, user, &device)
        })
        .await
    }

    /// Gives a session's user a new password, ends their other sessions, and gives this one another
    /// token. `former` is the hash of the password that was found to be right. Where they have nothing to
    /// sign in by, as somebody left of development mode, `may_be_first` says whether they may choose it.
    ///
    /// # Errors
    /// [`Error::WrongPassword`] where it was changed meanwhile, [`Error::NotYours`] where they may not.
    pub async fn change_password(
        &self,
        session: Arc<Session>,
        former: Option<String>,
        hash: String,
        may_be_first: bool,
    ) -> Result<SignedIn> {
        self.write(move |tx| {
            let user = session.user.id;
            if password_hash(tx.connection, user)? != former {
                return Err(Error::WrongPassword);
            }
            if !may_be_first && former.is_none() && !can_sign_in(tx.connection, user)? {
                return Err(Error::NotYours("an administrator"));
            }
            set_password_hash(tx.connection, user, &hash)?;
            resets::delete(tx.connection, user)?;
            end_all(tx, user, Some(session.id))?;
            renew(tx, &session)
        })
        .await
    }
}
