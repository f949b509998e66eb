//! Routes as data. A resource lists its routes in a table beside their handlers, and `group` combines the tables. All that
//! depends on the routes is derived from the same tables: `Allow`, the labels of metrics, what the log leaves out, tests
//! and documents.

use std::{pin::Pin, str::FromStr};

use matchit::Params;
use warp::http::Method;

use super::{coding::Coding, compression::compress, reply::HandlerResult, request::Request};
use crate::{
    contract::Operation,
    model::{Permission, Rate},
};

/// One method of one path.
pub struct Route {
    pub method: Method,
    /// With `{name}` for each parameter, as in `/api/conversations/{id}/messages`.
    pub path: &'static str,
    pub permission: Permission,
    /// Whether the caller has to have proven lately who they are, because what it does lasts.
    pub needs_proof: bool,
    /// How often each user may use it. None if that isn’t limited, as for reading.
    pub rate: Option<Rate>,
    /// None for routes that aren’t part of the contract: pages, and the files of the UI.
    pub operation: Option<Operation>,
    /// The name of the path parameter that is a secret.
    secret: Option<&'static str>,
    accepts: Box<dyn Fn(&Params<'_, '_>) -> bool + Send + Sync>,
    handle: BoxedHandler,
}

type BoxedHandler = Box<dyn Fn(&Params<'_, '_>, Request) -> Option<HandlerFuture> + Send + Sync>;

/// A running handler.
pub type HandlerFuture = Pin<Box<dyn Future<Output = HandlerResult> + Send>>;

impl Route {
    pub fn get<P>(path: &'static str, permission: Permission, handler: impl Handler<P>) -> Self {
        Self::new(Method::GET, path, permission, handler)
    }

    pub fn post<P>(path: &'static str, permission: Permission, handler: impl Handler<P>) -> Self {
        Self::new(Method::POST, path, permission, handler)
    }

    pub fn put<P>(path: &'static str, permission: Permission, handler: impl Handler<P>) -> Self {
        Self::new(Method::PUT, path, permission, handler)
    }

    pub fn patch<P>(path: &'static str, permission: Permission, handler: impl Handler<P>) -> Self {
        Self::new(Method::PATCH, path, permission, handler)
    }

    pub fn delete<P>(path: &'static str, permission: Permission, handler: impl Handler<P>) -> Self {
        Self::new(Method::DELETE, path, permission, handler)
    }

    fn new<P>(
        method: Method,
        path: &'static str,
        permission: Permission,
        handler: impl Handler<P>,
    ) -> Self {
        let changes_something = method != Method::GET && permission.has_session();
        Self {
            method,
            path,
            permission,
            needs_proof: false,
            rate: changes_something.then_some(Rate::Other),
            operation: None,
            secret: None,
            accepts: Box::new(move |parameters| handler.bind(parameters).is_some()),
            handle: Box::new(move |parameters, mut request| {
                let answer = handler.bind(parameters)?;
                Some(Box::pin(async move {
                    request.admit(permission).await?;
                    answer(request).await
                }))
            }),
        }
    }

    /// Makes the route part of the contract.
    pub fn operation(self, operation: Operation) -> Self {
        let operation = Some(operation);
        Self { operation, ..self }
    }

    /// Takes a caller who has proven lately who they are: a session that somebody else got hold of mustn’t become something
    /// that lasts.
    pub fn proven(self) -> Self {
        let handle = self.handle;
        let handle: BoxedHandler = Box::new(move |parameters, mut request| {
            request.needs_proof = true;
            handle(parameters, request)
        });
        Self {
            needs_proof: true,
            handle,
            ..self
        }
    }

    /// Sets what a use of it counts as.
    pub fn rate(self, rate: Rate) -> Self {
        let rate = Some(rate);
        Self { rate, ..self }
    }

    /// Lets everybody use it as often as they like, as something else limits it.
    pub fn unlimited(self) -> Self {
        Self { rate: None, ..self }
    }

    /// Marks the path parameter with this name as a secret, which the log leaves out.
    pub fn secret(self, parameter: &'static str) -> Self {
        let secret = Some(parameter);
        Self { secret, ..self }
    }

    /// Compresses the answers for clients that take it. They mustn’t have anything secret beside what somebody who may not
    /// know it can choose: see `compression`.
    pub fn compressed(self) -> Self {
        let handle = self.handle;
        let handle: BoxedHandler = Box::new(move |parameters, request| {
            let coding = Coding::preferred(request.caller.headers(), &[Coding::Gzip]);
            let answer = handle(parameters, request)?;
            Some(Box::pin(async move {
                Ok(compress(answer.await?, coding).await)
            }))
        });
        Self { handle, ..self }
    }

    /// Whether the parameters in a path are of the handler’s types.
    pub fn accepts(&self, parameters: &Params<'_, '_>) -> bool {
        (self.accepts)(parameters)
    }

    /// Checks the permission and the rate, then runs the handler. None if the parameters aren’t of the handler’s types.
    pub fn handle(
        &self,
        parameters: &Params<'_, '_>,
        mut request: Request,
    ) -> Option<HandlerFuture> {
        request.rate = self.rate;
        (self.handle)(parameters, request)
    }

    /// The segment in front of the secret: `hooks/` in `/api/hooks/{secret}`.
    pub fn before_secret(&self) -> Option<&'static str> {
        let parameter = format!("{{{}}}", self.secret?);
        let (before, _) = self.path.split_once(&parameter)?;
        let start = before.strip_suffix('/')?.rfind('/')?;
        before.get(start + 1..)
    }
}

/// An async function that handles requests. Its arguments are the request and then the parameters of the path, in order,
/// each parsed as the argument’s type. A `String` gets the parameter as it is in the path, percent-encoded.
pub trait Handler<P>: Copy + Send + Sync + 'static {
    type Answer: Future<Output = HandlerResult> + Send;

    /// The handler with the parameters of a path. None if one isn’t of its type.
    fn bind(
        self,
        parameters: &Params<'_, '_>,
    ) -> Option<impl FnOnce(Request) -> Self::Answer + Send + 'static>;
}

impl<F, Answer> Handler<()> for F
where
    F: Fn(Request) -> Answer + Copy + Send + Sync + 'static,
    Answer: Future<Output = HandlerResult> + Send,
{
    type Answer = Answer;

    fn bind(self, _: &Params<'_, '_>) -> Option<impl FnOnce(Request) -> Answer + Send + 'static> {
        Some(self)
    }
}

impl<F, Answer, A> Handler<(A,)> for F
where
    F: Fn(Request, A) -> Answer + Copy + Send + Sync + 'static,
    Answer: Future<Output = HandlerResult> + Send,
    A: FromStr + Send + 'static,
{
    type Answer = Answer;

    fn bind(
        self,
        parameters: &Params<'_, '_>,
    ) -> Option<impl FnOnce(Request) -> Answer + Send + 'static> {
        let first = parse(parameters, 0)?;
        Some(move |request| self(request, first))
    }
}

impl<F, Answer, A, B> Handler<(A, B)> for F
where
    F: Fn(Request, A, B) -> Answer + Copy + Send + Sync + 'static,
    Answer: Future<Output = HandlerResult> + Send,
    A: FromStr + Send + 'static,
    B: FromStr + Send + 'static,
{
    type Answer = Answer;

    fn bind(
        self,
        parameters: &Params<'_, '_>,
    ) -> Option<impl FnOnce(Request) -> Answer + Send + 'static> {
        let (first, second) = (parse(parameters, 0)?, parse(parameters, 1)?);
        Some(move |request| self(request, first, second))
    }
}

fn parse<T: FromStr>(parameters: &Params<'_, '_>, index: usize) -> Option<T> {
    let (_, text) = parameters.iter().nth(index)?;
    text.parse().ok()
}

/// A description of a route, for tests and documents.
#[derive(Clone, Debug)]
pub struct RouteInfo {
    pub method: Method,
    /// With `{name}` for each parameter.
    pub path: &'static str,
    pub permission: Permission,
    pub needs_proof: bool,
    pub rate: Option<Rate>,
    /// What the contract says about it. None if it isn’t part of the contract.
    pub operation: Option<&'static Operation>,
}

impl From<&'static Route> for RouteInfo {
    fn from(route: &'static Route) -> Self {
        Self {
            method: route.method.clone(),
            path: route.path,
            permission: route.permission,
            needs_proof: route.needs_proof,
            rate: route.rate,
            operation: route.operation.as_ref(),
        }
    }
}
