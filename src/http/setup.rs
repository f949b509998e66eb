//! The first run: a token, printed where the server was started, by which the first account is made.

use crate::{
    error::Result,
    model::setup_link,
    secret::Secret,
    store::{Store, new_token},
};

/// The token of the setup link. It is of one start of the server, and kept nowhere else.
pub struct Setup {
    /// None where there was somebody at the start who could administer.
    token: Option<Secret>,
}

impl Setup {
    /// Makes a token where one is needed.
    ///
    /// # Errors
    /// Those of a read, and [`crate::error::Error::Internal`] where the system has no randomness.
    pub async fn prepare(store: &Store) -> Result<Self> {
        let token = store.needs_setup().await?.then(new_token).transpose()?;
        let token = token.map(Secret::new);
        Ok(Self { token })
    }

    /// Nothing to set up, as in development mode.
    #[must_use]
    pub fn unneeded() -> Self {
        Self { token: None }
    }

    /// Where the first account is made, on a server that people reach at `base`.
    #[must_use]
    pub fn link(&self, base: &str) -> Option<String> {
        let token = self.token.as_ref()?;
        Some(setup_link(base, token.reveal()))
    }

    /// Whether the first account has still to be made.
    pub async fn is_needed(&self, store: &Store) -> Result<bool> {
        Ok(self.token.is_some() && store.needs_setup().await?)
    }

    /// Whether that is the token.
    #[must_use]
    pub fn admits(&self, token: &str) -> bool {
        self.token.as_ref().is_some_and(|own| own.matches(token))
    }
}
