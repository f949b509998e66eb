//! The first run: a link with a token is printed on the server’s terminal, and with it the first account is created.

use crate::{
    error::Result,
    model::setup_link,
    secret::Secret,
    store::{Store, new_token},
};

/// The token of the setup link. Each start of the server has a new one, which is kept only in memory.
pub struct Setup {
    /// None if there was an administrator when the server started.
    token: Option<Secret>,
}

impl Setup {
    /// Generates a token if one is needed.
    ///
    /// # Errors
    /// Those of a read, and [`crate::error::Error::Internal`] if the system has no randomness.
    pub async fn prepare(store: &Store) -> Result<Self> {
        let token = store.needs_setup().await?.then(new_token).transpose()?;
        let token = token.map(Secret::new);
        Ok(Self { token })
    }

    /// Without setup, as in development mode.
    #[must_use]
    pub fn unneeded() -> Self {
        Self { token: None }
    }

    /// The setup link, if there is one. `base` is the URL at which people reach the server.
    #[must_use]
    pub fn link(&self, base: &str) -> Option<String> {
        let token = self.token.as_ref()?;
        Some(setup_link(base, token.reveal()))
    }

    /// Whether the first account has yet to be created.
    pub async fn is_needed(&self, store: &Store) -> Result<bool> {
        Ok(self.token.is_some() && store.needs_setup().await?)
    }

    /// Whether `token` is the setup token.
    #[must_use]
    pub fn admits(&self, token: &str) -> bool {
        self.token.as_ref().is_some_and(|own| own.matches(token))
    }
}
