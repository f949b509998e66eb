//! What a handler gets: a request that has passed the door, and whose caller has the permission that the route requires.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{
    App,
    door::{
        authorize::{authorize, require_proof},
        body::{Body, LIMIT, STRANGERS_LIMIT},
        caller::Caller,
        filters::Upgrade,
        query::Query,
    },
    form_data::{Fields, FormData, Reception, is_form_data},
    reply::{HandlerResult, nothing_here},
};
use crate::{
    error::{Error, Result},
    lab::Lab,
    model::{Actor, Permission, Rate, User, UserId},
    rates::UnfinishedBody,
    store::Session,
};

/// A request on its way to a handler.
pub struct Request {
    pub app: Arc<App>,
    /// As in the request, percent-encoded.
    pub path: String,
    pub caller: Caller,
    pub query: Query,
    /// The connection, if the request asks for another protocol.
    pub upgrade: Option<Upgrade>,
    /// What the route counts as.
    pub rate: Option<Rate>,
    permission: Permission,
    /// Whether the caller has to have proven lately who they are.
    pub needs_proof: bool,
    session: Option<Arc<Session>>,
    body: Body,
}

impl Request {
    pub fn new(
        app: Arc<App>,
        path: &str,
        caller: Caller,
        query: Query,
        upgrade: Option<Upgrade>,
        body: Body,
    ) -> Self {
        let body = match caller.recording() {
            Some(recording) => body.recorded(Arc::clone(recording)),
            None => body,
        };
        Self {
            app,
            path: path.to_owned(),
            caller,
            query,
            upgrade,
            rate: None,
            permission: Permission::Public,
            needs_proof: false,
            session: None,
            body,
        }
    }

    /// Checks that the caller has the permission that the route requires, and doesn’t use it too often.
    ///
    /// # Errors
    /// 401 or 403 if the caller doesn’t have it; 429, and 507 if the disk is nearly full.
    pub async fn admit(&mut self, permission: Permission) -> HandlerResult<()> {
        self.permission = permission;
        self.authorize().await?;
        // Whoever guesses too often isn’t listened to. In development mode there is nothing to guess.
        if permission == Permission::SignIn && !self.app.settings.dev {
            self.app.admit_attempt(&self.caller)?;
        }
        if let (Some(rate), Some(session)) = (self.rate, &self.session) {
            self.app.admit(rate, session)?;
        }
        Ok(())
    }

    /// The lab that this server is. What it offers isn’t for pages of other origins: any page on the internet can send
    /// requests to this machine.
    ///
    /// # Errors
    /// 404 if the server isn’t a lab, and 403 for a page of another origin.
    pub fn lab(&self) -> HandlerResult<Arc<Lab>> {
        let lab = self.app.lab.as_ref().ok_or_else(nothing_here)?;
        self.caller.refuse_cross_origin(&self.app)?;
        Ok(Arc::clone(lab))
    }

    /// The session that has the permission.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] if the route’s permission needs no session.
    pub fn session(&self) -> Result<&Arc<Session>> {
        self.session.as_ref().ok_or(Error::Unauthorized)
    }

    /// The session’s user.
    ///
    /// # Errors
    /// As [`session`](Self::session).
    pub fn user(&self) -> Result<&User> {
        Ok(&self.session()?.user)
    }

    /// Who asks, for the audit log.
    pub fn actor(&self) -> Actor {
        self.caller.actor(self.session.as_deref())
    }

    /// Reads the body as a JSON object. The permission is checked again afterwards, as for every kind of body: reading may
    /// take half a minute, and meanwhile the caller’s session may have been revoked.
    ///
    /// # Errors
    /// Those of [`Body::json`], and of the permission.
    pub async fn json<T: DeserializeOwned>(&mut self) -> HandlerResult<T> {
        let _counted = self.begin_body()?;
        let value = self.body.json(self.caller.headers(), self.limit()).await?;
        self.authorize().await?;
        Ok(value)
    }

    /// Like [`json`](Self::json), except that a missing body means the defaults.
    pub async fn json_or_default<T: DeserializeOwned + Default>(&mut self) -> HandlerResult<T> {
        let _counted = self.begin_body()?;
        let (headers, limit) = (self.caller.headers(), self.limit());
        let value = self.body.json_or_default(headers, limit).await?;
        self.authorize().await?;
        Ok(value)
    }

    /// Reads the body as an HTML form.
    ///
    /// # Errors
    /// Those of [`Body::form`], and of the permission.
    pub async fn form<T: DeserializeOwned>(&mut self) -> HandlerResult<T> {
        let _counted = self.begin_body()?;
        let value = self.body.form(self.caller.headers(), self.limit()).await?;
        self.authorize().await?;
        Ok(value)
    }

    /// Whether the body is a form with files.
    pub fn is_form_data(&self) -> bool {
        is_form_data(self.caller.headers())
    }

    /// Reads the body as a form with files, which become uploads of `user` if `check` allows it.
    ///
    /// # Errors
    /// Those of [`Reception::read`], and of the permission.
    pub async fn form_data(
        &mut self,
        user: UserId,
        check: impl Fn(&Fields) -> HandlerResult<()> + Send + Sync + 'static,
    ) -> HandlerResult<FormData> {
        let reception = Reception {
            store: self.app.store.clone(),
            limits: self.app.settings.files,
            user,
            check,
        };
        let body = self.body.take();
        let form = reception.read(self.caller.headers(), body).await?;
        self.authorize().await?;
        Ok(form)
    }

    /// Reads the body as a file of at most `limit` bytes.
    ///
    /// # Errors
    /// Those of [`Body::bytes`], and of the permission.
    pub async fn file(&mut self, limit: usize) -> HandlerResult<Vec<u8>> {
        let _counted = self.begin_body()?;
        let bytes = self.body.bytes(self.caller.headers(), limit).await?;
        self.authorize().await?;
        Ok(bytes)
    }

    /// Reads the body as it is.
    ///
    /// # Errors
    /// Those of [`Body::bytes`], and of the permission.
    pub async fn bytes(&mut self) -> HandlerResult<Vec<u8>> {
        let bytes = self.body.bytes(self.caller.headers(), LIMIT).await?;
        self.authorize().await?;
        Ok(bytes)
    }

    /// Counts the body for its sender until it has been read.
    fn begin_body(&self) -> Result<Option<UnfinishedBody>> {
        let session = self.session.as_ref();
        let body = session.map(|session| self.app.rates.begin_body(session.user.id));
        body.transpose()
    }

    /// The most bytes of a body that isn’t a file.
    fn limit(&self) -> usize {
        match self.session {
            Some(_) => LIMIT,
            None => STRANGERS_LIMIT,
        }
    }

    async fn authorize(&mut self) -> HandlerResult<()> {
        let authorized = authorize(&self.app, &self.caller, &self.query, self.permission);
        self.session = authorized.await?;
        if let Some(session) = &self.session {
            self.caller.is_known(&session.user);
        }
        if self.needs_proof {
            require_proof(&self.app, self.session()?)?;
        }
        Ok(())
    }
}
