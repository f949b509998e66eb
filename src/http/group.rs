//! Groups of route tables. A group becomes the branch of the filter tree for its prefix. It also answers questions about a
//! path, such as its label for metrics, without handling a request.

use std::{fmt, sync::Arc};

use matchit::{Params, Router};
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{HeaderValue, Method, header::ALLOW},
    path::FullPath,
    reply::Response,
};

use super::{
    App, ServerSettings,
    door::{
        caller::Caller,
        filters::{self, Upgrade},
    },
    reply::{ErrorResponse, HandlerResult, nothing_here},
    request::Request,
    route::{HandlerFuture, Route, RouteInfo},
};
use crate::error::ErrorCode;

/// The routes of one path.
struct Resource {
    path: &'static str,
    routes: Vec<Route>,
}

impl Resource {
    /// Whether the parameters in the path are of the right types, which are the same for all of its routes.
    fn accepts(&self, parameters: &Params<'_, '_>) -> bool {
        let mut routes = self.routes.iter();
        routes.any(|route| route.accepts(parameters))
    }

    /// The route for a method. HEAD works wherever GET does (RFC 9110 §9.3.2).
    fn route(&self, method: &Method) -> HandlerResult<&Route> {
        let method = match *method {
            Method::HEAD => &Method::GET,
            _ => method,
        };
        let mut routes = self.routes.iter();
        let route = routes.find(|route| route.method == method);
        route.ok_or_else(|| self.method_not_allowed())
    }

    /// The methods that it has, as in `Allow`. OPTIONS isn’t one of them: outside development mode no other origin may use
    /// the API, and there `cors` answers.
    fn methods(&self) -> String {
        let methods = self.routes.iter().map(|route| match route.method {
            Method::GET => "GET, HEAD",
            ref method => method.as_str(),
        });
        methods.collect::<Vec<_>>().join(", ")
    }

    /// 405 with the allowed methods (RFC 9110 §15.5.6).
    fn method_not_allowed(&self) -> ErrorResponse {
        let allowed = self.methods();
        let refusal = ErrorResponse::new(
            ErrorCode::MethodNotAllowed,
            format!("Only {allowed} is allowed here."),
        );
        match HeaderValue::try_from(allowed) {
            Ok(allowed) => refusal.with_header(ALLOW, allowed),
            Err(_) => refusal,
        }
    }

    fn is_in_contract(&self) -> bool {
        self.routes.iter().any(|route| route.operation.is_some())
    }
}

/// All routes below a prefix.
pub struct Group {
    /// A slash and a segment, as in `/api`. Just a slash for the fallback.
    prefix: &'static str,
    resources: Vec<Resource>,
    /// Maps a path to an index in `resources`.
    router: Router<usize>,
    finish: Finish,
    /// Whether a server that isn’t a lab has nothing there.
    is_for_lab: bool,
}

/// Turns the result of a handler into a response. It is given the request first, as the handler consumes it.
pub type Finish = fn(&Caller) -> FinishRequest;
/// A function without captures is boxed without allocating.
pub type FinishRequest = Box<dyn FnOnce(&ServerSettings, HandlerResult) -> Response + Send>;

impl Group {
    /// # Panics
    /// If two tables name the same parameter differently, or have the same route.
    pub fn new(prefix: &'static str, tables: &[fn() -> Vec<Route>], finish: Finish) -> Self {
        let mut resources: Vec<Resource> = Vec::new();
        for route in tables.iter().flat_map(|table| table()) {
            let path = route.path;
            match resources.iter_mut().find(|resource| resource.path == path) {
                Some(resource) => {
                    let method = &route.method;
                    let is_free = resource.routes.iter().all(|other| other.method != *method);
                    assert!(is_free, "two routes for {method} {path}");
                    resource.routes.push(route);
                }
                None => resources.push(Resource {
                    path,
                    routes: vec![route],
                }),
            }
        }
        let mut router = Router::new();
        for (index, resource) in resources.iter().enumerate() {
            if let Err(error) = router.insert(resource.path, index) {
                panic!("{}: {error}", resource.path);
            }
        }
        Self {
            prefix,
            resources,
            router,
            finish,
            is_for_lab: false,
        }
    }

    /// Keeps it for labs. On other servers, nothing is there.
    pub fn for_lab(self) -> Self {
        Self {
            is_for_lab: true,
            ..self
        }
    }

    /// The branch of the filter tree for everything below the prefix.
    pub fn filter(&'static self, app: &Arc<App>) -> BoxedFilter<(Response,)> {
        let app = Arc::clone(app);
        let parts = warp::path::full()
            .and(filters::caller())
            .and(filters::query())
            .and(filters::upgrade())
            .and(filters::body());
        let answer = parts.then(
            move |path: FullPath, caller: Caller, query, upgrade: Option<Upgrade>, body| {
                // A response to HEAD has no body, and so can’t switch protocols.
                let upgrade = upgrade.filter(|_| caller.method() != Method::HEAD);
                let finish = (self.finish)(&caller);
                let request = Request::new(
                    Arc::clone(&app),
                    path.as_str(),
                    caller,
                    query,
                    upgrade,
                    body,
                );
                let handler = self.handle(path.as_str(), request);
                let settings = Arc::clone(&app.settings);
                async move {
                    let answer = match handler {
                        Ok(handler) => handler.await,
                        Err(refusal) => Err(refusal),
                    };
                    finish(&settings, answer)
                }
            },
        );
        match self.segment() {
            "" => answer.boxed(),
            segment => warp::path(segment).and(answer).boxed(),
        }
    }

    fn handle(&self, path: &str, request: Request) -> HandlerResult<HandlerFuture> {
        if self.is_for_lab && request.app.lab.is_none() {
            return Err(nothing_here());
        }
        let (resource, parameters) = self.resource(path).ok_or_else(nothing_here)?;
        // A path with an impossible id is 404, whatever the method.
        if !resource.accepts(&parameters) {
            return Err(nothing_here());
        }
        let route = resource.route(request.caller.method())?;
        route.handle(&parameters, request).ok_or_else(nothing_here)
    }

    /// The resource at a path. A slash at the end is ignored.
    fn resource<'a>(&self, path: &'a str) -> Option<(&Resource, Params<'_, 'a>)> {
        let at = |path: &'a str| self.router.at(path).ok();
        let shorter = path.strip_suffix('/').and_then(at);
        let found = shorter.or_else(|| at(path))?;
        Some((self.resources.get(*found.value)?, found.params))
    }

    /// The first segment of the group’s paths. Empty for the fallback.
    fn segment(&self) -> &'static str {
        self.prefix.trim_start_matches('/')
    }

    fn is_in_contract(&self) -> bool {
        self.resources.iter().all(Resource::is_in_contract)
    }

    fn routes(&self) -> impl Iterator<Item = &Route> {
        self.resources.iter().flat_map(|resource| &resource.routes)
    }
}

/// What is known of a request by its path alone.
pub struct PathInfo {
    /// The label for metrics: the route’s path as in the contract, or else the group’s prefix. It never contains anything
    /// that a client sent.
    pub label: &'static str,
    /// Whether the path is part of the contract. Below `/api` all are, even those that don’t exist.
    pub is_in_contract: bool,
}

/// All routes of the server.
pub struct RouteTable {
    groups: Vec<Group>,
    /// For the paths that are below none of the groups’ prefixes.
    fallback: Group,
    /// The segments in front of secrets in paths, as in `hooks/`.
    before_secrets: Vec<&'static str>,
}

impl RouteTable {
    pub fn new(groups: Vec<Group>, fallback: Group) -> Self {
        let routes = groups.iter().chain([&fallback]).flat_map(Group::routes);
        let before_secrets = routes.filter_map(Route::before_secret).collect();
        Self {
            groups,
            fallback,
            before_secrets,
        }
    }

    /// The filter tree.
    pub fn filter(&'static self, app: &Arc<App>) -> BoxedFilter<(Response,)> {
        let last = self.fallback.filter(app);
        let branches = self.groups.iter().rev().map(|group| group.filter(app));
        branches.fold(last, |tree, branch| branch.or(tree).unify().boxed())
    }

    pub fn routes(&'static self) -> impl Iterator<Item = RouteInfo> {
        let groups = self.groups.iter().chain([&self.fallback]);
        groups.flat_map(Group::routes).map(RouteInfo::from)
    }

    /// What the tables say of a path, whether or not it is a route’s.
    pub fn path_info(&self, path: &str) -> PathInfo {
        let group = self.group(path);
        let resource = group.resource(path).map(|(resource, _)| resource);
        let is_in_contract =
            resource.map_or_else(|| group.is_in_contract(), Resource::is_in_contract);
        let label = match resource {
            Some(resource) if is_in_contract => resource.path,
            _ => group.prefix,
        };
        PathInfo {
            label,
            is_in_contract,
        }
    }

    /// The methods of the resource at a path, if there is one.
    pub fn methods(&self, path: &str) -> Option<String> {
        let (resource, _) = self.group(path).resource(path)?;
        Some(resource.methods())
    }

    /// The route of a request. None if there is none, and for preflights of pages of other origins.
    pub fn route(&'static self, method: &Method, path: &str) -> Option<&'static Route> {
        let (resource, _) = self.group(path).resource(path)?;
        resource.route(method).ok()
    }

    /// A path for the log: it ends at a segment that precedes a secret, as `hooks/`, wherever that is in the path, because
    /// the part in front of it may be mistyped.
    pub fn redacted<'a>(&self, path: &'a str) -> impl fmt::Display + use<'a> {
        let before_secrets = self.before_secrets.iter();
        let starts = before_secrets.filter_map(|before| Some(path.find(before)? + before.len()));
        let first = starts.min();
        fmt::from_fn(move |f| match first {
            Some(start) => write!(f, "{}…", &path[..start]),
            None => f.write_str(path),
        })
    }

    fn group(&self, path: &str) -> &Group {
        let first = path.split('/').nth(1);
        let mut groups = self.groups.iter();
        let group = groups.find(|group| first == Some(group.segment()));
        group.unwrap_or(&self.fallback)
    }
}
