//! Creating accounts, signing in, and changing passwords. Passwords are hashed and checked before, because hashing
//! takes longer than a transaction may.

use std::sync::Arc;

use super::{
    arrivals,
    audit::{self, Entry},
    context::Transaction,
    credentials::{can_sign_in, count_administrators},
    handle::Store,
    identities, invites,
    passkeys::{self, UsedPasskey},
    resets, second_factors,
    session_cache::Session,
    sessions::{SignedIn, end_all, renew, set_proven, start},
    users::{self, password_hash, set_password_hash},
};
use crate::{
    error::{Error, Result},
    model::{
        Actor, ConversationId, Identity, SecurityEventKind, User, UserId, Username, UsernameKey,
    },
};

/// How somebody has authenticated.
#[derive(Debug)]
pub enum Authentication {
    /// By name only, in development mode.
    Name(UsernameKey),
    /// By a password that matched this hash.
    Password { user: UserId, hash: String },
    /// By an account at a sign-in provider.
    Identity(Identity),
    /// By a passkey, whose signature was right. It is both steps at once.
    Passkey(UsedPasskey),
}

impl Authentication {
    /// Whether there may be a second step.
    fn is_first_step(&self) -> bool {
        matches!(self, Self::Password { .. } | Self::Identity(_))
    }
}

/// How somebody proves in a session that they are its user.
#[derive(Debug)]
pub enum Proof {
    /// As when signing in.
    As(Authentication),
    /// By the code alone, for users who have two-step sign-in and no password.
    Code,
}

/// An account to create. Its name and password have been checked.
#[derive(Debug)]
pub struct NewAccount {
    pub username: Username,
    pub credential: Credential,
    pub grant: SignupGrant,
}

/// What a new user will sign in with.
#[derive(Debug)]
pub enum Credential {
    /// Only the name, in development mode.
    NameOnly,
    /// A password with this hash.
    PasswordHash(String),
    Identity(Identity),
}

/// Why somebody may create an account.
#[derive(Debug)]
pub enum SignupGrant {
    /// Sign-up is open.
    Open,
    /// They have an invitation with this token.
    Invite(String),
    /// It is the first account, which becomes an administrator, and creates the default room with this name.
    Setup { room: Option<String> },
}

/// A new account, its first session, and the conversation in which to begin.
#[derive(Debug)]
pub struct SignedUp {
    pub signed_in: SignedIn,
    pub landing: Option<ConversationId>,
}

impl Store {
    /// Whether no administrator can sign in yet.
    pub async fn needs_setup(&self) -> Result<bool> {
        self.read(|connection| Ok(count_administrators(connection)? == 0))
            .await
    }

    /// The user with this name and their password hash, as far as there are any.
    pub async fn find_password_hash(
        &self,
        username: String,
    ) -> Result<(Option<UserId>, Option<String>)> {
        let username = UsernameKey::new(&username);
        self.read(move |connection| {
            let Some(user) = users::find(connection, &username)? else {
                return Ok((None, None));
            };
            Ok((Some(user.id), password_hash(connection, user.id)?))
        })
        .await
    }

    /// A user's password hash. None if they have no password.
    pub async fn password_hash(&self, user: UserId) -> Result<Option<String>> {
        self.read(move |connection| Ok(password_hash(connection, user)?))
            .await
    }

    /// Starts a session for an authenticated user. `code` is the second step, if there has to be one.
    ///
    /// # Errors
    /// [`Error::NotFound`] if no user has this name or identity, [`Error::BadCredentials`] if the password has been
    /// changed since it was checked, [`Error::Disabled`], [`Error::SecondFactorRequired`], [`Error::WrongCode`],
    /// [`Error::PasskeyRequired`]; [`Error::BadPasskey`] if it has been removed, [`Error::PasskeyCloned`].
    pub async fn sign_in(
        &self,
        authentication: Authentication,
        code: Option<String>,
        by: Actor,
    ) -> Result<SignedIn> {
        self.follow_clock().await?;
        self.write(move |tx| {
            if passkeys::refuse_clone(tx, &authentication, &by)? {
                return Ok(None);
            }
            // In development mode, where a name is enough, nobody is asked for a code and no sign-in is news.
            let is_named = matches!(authentication, Authentication::Name(_));
            let is_first_step = authentication.is_first_step();
            let user = authenticate(tx, authentication)?;
            if users::is_disabled(tx.connection, user.id)? {
                return Err(Error::Disabled);
            }
            if is_first_step {
                second_factors::verify(tx, user.id, code.as_deref(), &by)?;
            }
            let is_known = is_named || audit::is_known_device(tx.connection, user.id, &by)?;
            let signed_in = start(tx, user, &by.device)?;
            let by = signed_in.actor(by);
            let entry =
                Entry::new(SecurityEventKind::SignedIn, by.user, &by).about(signed_in.session.0);
            let entry = if is_known { entry.quietly() } else { entry };
            entry.record(tx)?;
            Ok(Some(signed_in))
        })
        .await?
        .ok_or(Error::PasskeyCloned)
    }

    /// The user with this identity, if there is one.
    pub async fn identity_user(&self, identity: Identity) -> Result<Option<User>> {
        self.read(move |connection| Ok(identities::find(connection, &identity)?))
            .await
    }

    /// Whether the identity’s user, if there is one, signs in in two steps.
    pub async fn identity_needs_code(&self, identity: Identity) -> Result<bool> {
        self.read(
            move |connection| match identities::find(connection, &identity)? {
                Some(user) => Ok(second_factors::kind(connection, user.id)?.is_some()),
                None => Ok(false),
            },
        )
        .await
    }

    /// Somebody has proven in a session that they are its user: what they want to do may last.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] if they are somebody else; otherwise as for [`sign_in`](Self::sign_in).
    pub async fn prove(
        &self,
        session: Arc<Session>,
        proof: Proof,
        code: Option<String>,
        by: Actor,
    ) -> Result<()> {
        self.write(move |tx| {
            let user = session.user.id;
            let mut is_first_step = true;
            if let Proof::As(authentication) = proof {
                if passkeys::refuse_clone(tx, &authentication, &by)? {
                    return Ok(None);
                }
                is_first_step = authentication.is_first_step();
                if authenticate(tx, authentication)?.id != user {
                    return Err(Error::Unauthorized);
                }
            }
            if is_first_step {
                second_factors::verify(tx, user, code.as_deref(), &by)?;
            }
            let now = tx.now;
            set_proven(tx, session.id, Some(now)).map(Some)
        })
        .await?
        .ok_or(Error::PasskeyCloned)
    }

    /// Creates an account, lets it in to the rooms that it comes for, and starts its first session.
    ///
    /// # Errors
    /// [`Error::UsernameTaken`], [`Error::IdentityTaken`], [`Error::BadInvite`], [`Error::BadSetupToken`] if another
    /// account was set up first, [`Error::StorageFull`].
    pub async fn sign_up(&self, account: NewAccount, by: Actor) -> Result<SignedUp> {
        self.require_room()?;
        self.follow_clock().await?;
        self.write(move |tx| {
            let NewAccount {
                username,
                credential,
                grant,
            } = account;
            let connection = tx.connection;
            let is_setup = matches!(grant, SignupGrant::Setup { .. });
            if is_setup && count_administrators(connection)? > 0 {
                return Err(Error::BadSetupToken);
            }
            let user = users::create(tx, &username)?;
            match credential {
                Credential::NameOnly => {}
                Credential::PasswordHash(hash) => set_password_hash(connection, user.id, &hash)?,
                Credential::Identity(identity) => identities::insert(tx, user.id, &identity)?,
            }
            if is_setup {
                users::set_admin(connection, user.id, true, None)?;
            }
            let landing = match grant {
                SignupGrant::Invite(token) => {
                    let invite = invites::redeem(tx, &token)?;
                    arrivals::by_invitation(tx, &user, invite)?
                }
                SignupGrant::Setup { room: Some(name) } => {
                    Some(arrivals::create_default_room(tx, &user, name)?)
                }
                SignupGrant::Open | SignupGrant::Setup { room: None } => {
                    arrivals::without_invitation(tx, &user)?
                }
            };
            let signed_in = start(tx, user, &by.device)?;
            let by = signed_in.actor(by);
            Entry::new(SecurityEventKind::AccountCreated, by.user, &by).record(tx)?;
            Ok(SignedUp { signed_in, landing })
        })
        .await
    }

    /// Sets a new password, ends the user's other sessions, and gives this session a new token. `former` is the
    /// password hash that was checked. `may_be_first` allows users who can't sign in at all, such as those left from
    /// development mode, to set a password.
    ///
    /// # Errors
    /// [`Error::WrongPassword`] if the password has been changed since it was checked, [`Error::Forbidden`] if
    /// `may_be_first` is required.
    pub async fn change_password(
        &self,
        session: Arc<Session>,
        former: Option<String>,
        hash: String,
        may_be_first: bool,
        by: Actor,
    ) -> Result<SignedIn> {
        self.write(move |tx| {
            let user = session.user.id;
            if password_hash(tx.connection, user)? != former {
                return Err(Error::WrongPassword);
            }
            if !may_be_first && former.is_none() && !can_sign_in(tx.connection, user)? {
                return Err(Error::Forbidden("an administrator"));
            }
            set_password_hash(tx.connection, user, &hash)?;
            resets::delete(tx.connection, user)?;
            end_all(tx, user, Some(session.id))?;
            Entry::new(SecurityEventKind::PasswordChanged, Some(user), &by).record(tx)?;
            let renewed = renew(tx, &session)?;
            // They have just given the former one, which is proof where it is all that proof takes.
            if former.is_some() && second_factors::kind(tx.connection, user)?.is_none() {
                let now = tx.now;
                set_proven(tx, session.id, Some(now))?;
            }
            Ok(renewed)
        })
        .await
    }
}

/// The user who has authenticated.
fn authenticate(tx: &Transaction<'_>, authentication: Authentication) -> Result<User> {
    let connection = tx.connection;
    match authentication {
        Authentication::Name(name) => {
            let user = users::find(connection, &name)?.ok_or(Error::NotFound("User"))?;
            if users::bot_maker(connection, user.id)?.is_some() {
                return Err(Error::NotFound("User"));
            }
            Ok(user)
        }
        Authentication::Password { user, hash } => {
            if password_hash(connection, user)?.as_ref() != Some(&hash) {
                return Err(Error::BadCredentials);
            }
            users::by_id(connection, user)?.ok_or(Error::BadCredentials)
        }
        Authentication::Identity(identity) => {
            identities::find(connection, &identity)?.ok_or(Error::NotFound("User"))
        }
        Authentication::Passkey(used) => passkeys::use_once(tx, &used),
    }
}
