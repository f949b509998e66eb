//! The door of a lab: where requests to the API meet faults, before and after they are handled as by any other server. What is
//! below `/dev` meets none.

use std::{convert::Infallible, future::pending, net::IpAddr, sync::Arc, time::Duration};

use http_body_util::BodyExt;
use hyper::{Request, body::Incoming};
use tokio::{
    sync::RwLock,
    time::{interval, sleep, timeout},
};
use tokio_util::task::TaskTracker;
use warp::{
    Filter, Reply,
    http::{
        HeaderValue, StatusCode,
        header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, USER_AGENT},
    },
    reply::Response,
};
use zeroize::Zeroizing;

use super::{
    faults::{end_session, not_a_fault},
    recorder::is_own,
};
use crate::{
    error::{Error, Result},
    http::{
        Answer, App, ROUTES, Service,
        door::{
            body,
            caller::{Caller, Client},
            local,
            query::Query,
        },
        feed,
        reply::ErrorResponse,
        route::Route,
    },
    lab::{
        Content, Lab,
        faults::{Act, Beat, Kind, NotAFault, Target, Transport, Wanted, Wire},
    },
    model::{Event, UserId},
    places::Place,
    store::Listed,
};

/// The header by which a request asks for a fault, and a response tells what has happened.
const TINCAN_FAULT: &str = "tincan-fault";
/// How long an answer may wait for the event of what was done.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often is looked for what goes on by itself.
const BEAT: Duration = Duration::from_millis(100);

/// A request at the door.
pub struct LabDoor {
    pub lab: Arc<Lab>,
    /// What answers by the database that is open.
    pub current: Arc<RwLock<Service>>,
    pub peer: IpAddr,
    pub place: Arc<Place>,
    pub afterwards: TaskTracker,
}

/// Who sent a request, as far as that is known before it is handled.
struct Sender {
    target: Target,
    token: Option<String>,
}

impl LabDoor {
    /// Answers it, as the last of its connection if [`keeps`](crate::lab::faults::Faults::keeps) says so.
    pub async fn answer(self, request: Request<Incoming>) -> Result<Response, Infallible> {
        let wire = request.extensions().get::<Arc<Wire>>().cloned();
        if let Some(wire) = &wire {
            self.lab.faults.begins(wire);
        }
        let mut response = self.meet(request, wire.as_ref()).await?;
        let is_upgrade = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if !is_upgrade && wire.is_some_and(|wire| !self.lab.faults.keeps(&wire)) {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
        }
        Ok(response)
    }

    /// Answers it, or lets whatever is in force happen to it.
    async fn meet(
        &self,
        mut request: Request<Incoming>,
        wire: Option<&Arc<Wire>>,
    ) -> Result<Response, Infallible> {
        let mut service = self.current.read().await.clone();
        let (Some(Sender { target, token }), Some(wire)) =
            (self.sender(&service, &mut request).await, wire)
        else {
            return self.pass(&service, request).await;
        };
        let plan = wanted(&request).and_then(|own| self.lab.faults.plan(&target, own.as_ref()));
        let plan = match plan {
            Ok(plan) => plan,
            Err(error) => return self.refuse(&service, request, not_a_fault(error)).await,
        };
        if target.transport.is_some() {
            let faults = &self.lab.faults;
            faults.opened(wire, target.clone(), token.clone(), &plan);
        }
        let (mut lost, mut sent_first) = (None, None);
        for act in &plan.acts {
            match act.kind {
                Kind::Latency => sleep(act.time).await,
                Kind::Hang => pending().await,
                Kind::Drip => wire.drip(act.bytes, act.time),
                Kind::Hold => wire.hold(act.time),
                Kind::Stall if act.time.is_zero() => wire.stall(),
                Kind::Stall => wire.later(sleep(act.time), Wire::stall),
                Kind::Disconnect => {
                    // What nobody reads would reset the connection.
                    let _ = request.body_mut().collect().await;
                    wire.cut(act.how);
                    return pending().await;
                }
                Kind::Cut => cut_later(wire, &target, *act),
                Kind::Status => {
                    return Ok(told(
                        &plan.acts,
                        self.status(&service, request, act.status).await?,
                    ));
                }
                Kind::Refuse => {
                    let status = act.status;
                    let refusal = move || refusal(status);
                    let answer = self.with(&service, request, refusal).await?;
                    return Ok(told(&plan.acts, answer));
                }
                Kind::LostAnswer => lost = Some(act.how),
                Kind::Reset => {
                    let nowhere = HeaderValue::from_static("nowhere");
                    request.headers_mut().insert("last-event-id", nowhere);
                }
                Kind::EndSession => {
                    self.end_session(&service, &target, token.clone(), *act)
                        .await;
                }
                Kind::Restart => {
                    if let Err(error) = self.lab.exchange(Content::Same).await {
                        return self.refuse(&service, request, error.into()).await;
                    }
                    service = self.current.read().await.clone();
                }
                Kind::SentFirst => {
                    let user = target.user.as_deref().unwrap_or_default();
                    sent_first = Some((self.lab.faults.streams_of(user), act.time));
                }
                Kind::PresenceFlaps | Kind::EndlessTyping | Kind::Clock => {}
            }
        }
        let response = self.pass(&service, request).await?;
        if target.transport == Some(Transport::Poll) {
            self.lab.faults.closed(wire);
        }
        if let Some(how) = lost {
            wire.cut(how);
            return pending().await;
        }
        if let Some((streams, time)) = sent_first {
            let events = async {
                for (stream, before) in streams {
                    stream.sent_more_than(before).await;
                }
            };
            // There is none if nothing was done.
            let _ = timeout(PATIENCE, events).await;
            sleep(time).await;
        }
        Ok(told(&plan.acts, response))
    }

    /// What matters to faults. None if it isn’t a request to the API, or one of the lab’s own people, who are there to be
    /// relied on, or one from elsewhere, which is about to be refused.
    async fn sender(&self, service: &Service, request: &mut Request<Incoming>) -> Option<Sender> {
        if is_own(request.headers().get(USER_AGENT)) || local::only(self.peer, request).is_err() {
            return None;
        }
        let app = service.app();
        let path = request.uri().path();
        let route = ROUTES.route(request.method(), path)?;
        let Route {
            method,
            path,
            operation: Some(operation),
            ..
        } = route
        else {
            return None;
        };
        let query = request.uri().query().unwrap_or_default();
        let query = Query::new(serde_urlencoded::from_str(query).unwrap_or_default());
        let client = Client {
            address: self.peer,
            peer: self.peer,
            place: None,
            recording: None,
        };
        let (verb, headers) = (request.method().clone(), request.headers().clone());
        let caller = Caller::new(verb, headers, client, None);
        let is_feed = operation.id() == "feed";
        let token = if is_feed {
            caller.feed_token(app, &query)
        } else {
            caller.token(&app.settings)
        };
        let token = token.ok().flatten().map(str::to_owned);
        if is_feed
            && query.get("ticket").is_some()
            && let Some(token) = &token
        {
            // The ticket is used up now.
            let bearer = Zeroizing::new(format!("Bearer {token}"));
            let bearer = HeaderValue::try_from(bearer.as_str()).ok()?;
            request.headers_mut().insert(AUTHORIZATION, bearer);
        }
        let session = match &token {
            Some(token) => app.store.session(token).await.ok(),
            None => None,
        };
        let transport = is_feed.then(|| feed::transport(&caller)).flatten();
        let has_cursor = caller.headers().contains_key("last-event-id")
            || ["lastEventId", "after"].map(|name| query.get(name)) != [None, None];
        let target = Target {
            id: operation.id(),
            method: method.as_str(),
            path,
            user: session.map(|session| session.user.username.clone()),
            transport: transport.map(Transport::from),
            has_cursor: is_feed && has_cursor,
        };
        Some(Sender { target, token })
    }

    async fn pass(
        &self,
        service: &Service,
        request: Request<Incoming>,
    ) -> Result<Response, Infallible> {
        let answer = service.answer(self.peer, &self.place, &self.afterwards, request);
        answer.await
    }

    /// Answers with this in place of what the handlers would say, and otherwise like them.
    async fn with(
        &self,
        service: &Service,
        request: Request<Incoming>,
        response: impl Fn() -> Response + Clone + Send + Sync + 'static,
    ) -> Result<Response, Infallible> {
        let filter = warp::any().map(response).boxed();
        let service = Service::with_filter(filter, service.app());
        self.pass(&service, request).await
    }

    async fn refuse(
        &self,
        service: &Service,
        request: Request<Incoming>,
        refusal: ErrorResponse,
    ) -> Result<Response, Infallible> {
        let refusal = Arc::new(refusal);
        let response = move || refusal.answer(warp::reply::json(&*refusal));
        self.with(service, request, response).await
    }

    /// Refuses as the server itself would.
    async fn status(
        &self,
        service: &Service,
        request: Request<Incoming>,
        status: u16,
    ) -> Result<Response, Infallible> {
        let refusal = match status {
            401 => Error::Unauthorized.into(),
            403 => Error::Forbidden("the author").into(),
            413 => body::too_large(),
            429 => {
                let doing = "doing this";
                Error::TooFast { doing, seconds: 2 }.into()
            }
            503 => Error::Busy.into(),
            507 => Error::StorageFull.into(),
            _ => Error::Internal.into(),
        };
        self.refuse(service, request, refusal).await
    }

    /// Ends it now, so that the request is refused, or a stream later.
    async fn end_session(
        &self,
        service: &Service,
        target: &Target,
        token: Option<String>,
        act: Act,
    ) {
        let Some(token) = token else {
            return;
        };
        let app = Arc::clone(service.app());
        if target.transport.is_some() && !act.time.is_zero() {
            tokio::spawn(async move {
                sleep(act.time).await;
                end_session(&app, &token).await;
            });
        } else {
            end_session(&app, &token).await;
        }
    }
}

/// The fault that a request asks for.
fn wanted(request: &Request<Incoming>) -> Result<Option<Wanted>, NotAFault> {
    let Some(value) = request.headers().get(TINCAN_FAULT) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(value.as_bytes());
    text.parse().map(Some)
}

/// Notes in the response what has happened.
fn told(acts: &[Act], mut response: Response) -> Response {
    let kinds = acts.iter().map(|act| act.kind.to_string());
    let kinds = kinds.collect::<Vec<_>>().join(", ");
    if let (false, Ok(kinds)) = (acts.is_empty(), HeaderValue::try_from(kinds)) {
        response.headers_mut().insert(TINCAN_FAULT, kinds);
    }
    response
}

/// Ends a stream when it has begun and the time is over. A long poll begins with its end.
fn cut_later(wire: &Arc<Wire>, target: &Target, act: Act) {
    let begins = target.transport != Some(Transport::Poll);
    let own = Arc::clone(wire);
    let before = wire.sent();
    let due = async move {
        if begins {
            own.sent_more_than(before).await;
        }
        sleep(act.time).await;
    };
    wire.later(due, move |wire| wire.cut(act.how));
}

/// What a proxy says that doesn’t know what it is asked for.
fn refusal(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let page = "<!doctype html><title>Proxy</title><p>This connection isn’t allowed.";
    let mut response = warp::reply::with_status(page, status).into_response();
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// Sees to what goes on by itself, for ever.
pub async fn go_on(lab: Arc<Lab>, current: Arc<RwLock<Service>>) {
    let mut beat = interval(BEAT);
    loop {
        beat.tick().await;
        for beat in lab.faults.beats() {
            let app = Arc::clone(current.read().await.app());
            if let Err(error) = happen(&app, &beat).await {
                tracing::debug!(%error, "a fault doesn’t go on");
            }
        }
    }
}

async fn happen(app: &App, beat: &Beat) -> Result<()> {
    let (user, _) = app.store.find_password_hash(beat.user.clone()).await?;
    let Some(user) = user else {
        return Ok(());
    };
    if beat.kind == Kind::EndlessTyping {
        return type_on(app, user).await;
    }
    let contacts = app.store.contacts(user).await?;
    let is_online = match beat.before {
        Some(before) => before % 2 == 1,
        None => app.presence.is_online(user),
    };
    app.bus
        .send_ephemeral(&contacts, Event::presence(user, is_online));
    Ok(())
}

/// Types in all conversations of somebody.
async fn type_on(app: &App, user: UserId) -> Result<()> {
    for (conversation, _) in app.store.conversations(user, None, Listed::All).await? {
        let others = app.store.typing_audience(user, conversation.id).await?;
        let typing = Event::typing(conversation.id, user);
        app.bus.send_ephemeral(&others, typing);
    }
    Ok(())
}
