//! Signing in with GitHub or any provider that speaks OpenID Connect.
//!
//! A sign-in starts with [`Flows::begin`], which says where to send the browser, and ends with [`Flows::finish`], which
//! says who came back. What that means for accounts and sessions is decided elsewhere: nothing here uses the store or
//! answers requests.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `provider` | how a provider was set up |
//! | `flows` | sign-ins in progress, and people who still have to choose a username |
//! | `oidc`, `github` | who a provider says that somebody is |
//! | `code` | sending people to a provider, and exchanging the code with which they come back |
//! | `metadata` | what an OpenID provider says about itself |
//! | `jws`, `id_token` | which signatures and which claims are believed |
//! | `fetch` | requests for JSON |
//! | `encoding` | base 64, and random texts |
//! | `avatar` | pictures from a provider |
//!
//! What a provider answers is read one member at a time, as far as it is needed. Libraries that read all of it refuse
//! people for the sake of a phone number.

mod avatar;
mod code;
mod encoding;
mod fetch;
mod flows;
mod github;
mod id_token;
mod jws;
mod metadata;
mod oidc;
mod provider;

pub use url::Url;

pub use self::{
    avatar::Avatar,
    flows::{
        Callback, FinishedSignIn, Flows, Pending, Purpose, SetupError, StartedSignIn, local_path,
    },
    provider::{Provider, ProviderKind},
};

use crate::model::Identity;
pub use crate::secret::Secret;

/// The result of an operation that involves a provider.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a sign-in failed. If an administrator can do something about it, the cause has been logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No provider with this id was set up.
    #[error("Unknown sign-in provider.")]
    UnknownProvider,
    /// The person, or the provider, denied the authorization.
    #[error("Sign-in was cancelled at the provider.")]
    Denied,
    /// No such sign-in is in progress in this browser: it has expired, was finished already, or was started in another
    /// browser.
    #[error("This sign-in has expired or was started elsewhere.")]
    Expired,
    /// The provider can’t be reached, or its response fails a check.
    #[error("The provider couldn’t sign you in.")]
    Failed,
}

/// A person, as the provider describes them.
struct Person {
    identity: Identity,
    avatar: Option<Url>,
}
