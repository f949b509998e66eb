//! Signing in at somebody else’s door: at GitHub, or at any provider that speaks OpenID Connect.
//!
//! A sign-in is under way from [`Flows::begin`], which says where to send the browser, to
//! [`Flows::finish`], which gets to know who came back. What that means for accounts and sessions is
//! decided elsewhere: nothing here knows the store, or answers a request.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `provider` | what is known of a provider before it is asked anything |
//! | `flows` | sign-ins under way, and people who still have to choose a name |
//! | `oidc`, `github` | what is said to a provider, and whether its answers are to be believed |
//! | `avatar` | a picture from the provider |

mod avatar;
mod expiring;
mod flows;
mod github;
mod oidc;
mod provider;

pub use oauth2::url::Url;

pub use self::{
    avatar::Avatar,
    flows::{Callback, FinishedSignIn, Flows, Pending, Purpose, SetupError, StartedSignIn},
    provider::{Provider, ProviderKind},
};

use crate::model::Identity;
pub use crate::secret::Secret;

/// The result of whatever a provider has a part in.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a sign-in came to nothing. The cause has been logged where an administrator can do something
/// about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No such provider was set up.
    #[error("There is no such sign-in provider")]
    UnknownProvider,
    /// The person, or the provider for them, said no.
    #[error("The provider was told not to sign you in")]
    Denied,
    /// No such sign-in is under way in this browser: it took too long, was finished already, or began
    /// elsewhere.
    #[error("This sign-in took too long, or was begun somewhere else")]
    Expired,
    /// The provider can’t be reached, or said something that isn’t to be believed.
    #[error("The provider couldn’t sign you in")]
    Failed,
}

/// Somebody, as their provider knows them.
struct Person {
    identity: Identity,
    avatar: Option<Url>,
}

impl Person {
    /// The person, if the subject is as OpenID Connect Core §2 has it.
    fn new(
        issuer: &str,
        subject: &str,
        username: Option<String>,
        avatar: Option<Url>,
    ) -> Option<Self> {
        let is_subject = (1..=255).contains(&subject.len()) && subject.is_ascii();
        let identity = Identity {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            username,
        };
        is_subject.then_some(Self { identity, avatar })
    }
}

/// An error with what caused it, as one line of the log.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some repeat their cause in their own text.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
