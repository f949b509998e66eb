//! A lab for front ends that were written for another server: what they are answered is what they know. Each answer is the
//! ordinary one, put into another form on its way out; no handler knows of it.

use std::{collections::HashMap, convert::Infallible};

use futures_util::StreamExt;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Bytes};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use warp::{
    Reply,
    filters::BoxedFilter,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, USER_AGENT},
    },
    reply::Response,
};

use super::{
    caller::Client,
    cookie::{DEVICE, SESSION},
    service::answer,
};
use crate::http::{ServerSettings, reply::json};

/// How many conversations a page has, there as here.
const PAGE: usize = 25;
/// What a request of our own says of who asks, as the one that it is for did.
const SAME: [HeaderName; 6] = [
    AUTHORIZATION,
    COOKIE,
    HOST,
    ORIGIN,
    USER_AGENT,
    HeaderName::from_static("sec-fetch-site"),
];

/// Answers as <https://github.com/nicolasparada/go-messenger-demo> does: it has no cookies and no rooms, fetching messages
/// reads them, and a provider leads back to `/callback` with the token.
pub async fn go_messenger<B>(
    filter: &BoxedFilter<(Response,)>,
    settings: &ServerSettings,
    request: Request<B>,
) -> Response
where
    B: Body + Send + Sync + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let asker = Asker::of(filter, &request);
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let query = uri.query().unwrap_or_default();
    let mut response = answer(filter, request).await;
    let headers = response.headers_mut();
    let token = SESSION.take(settings, &asker.headers, headers);
    DEVICE.take(settings, &asker.headers, headers);
    let path: Vec<_> = uri.path().trim_matches('/').split('/').collect();
    match (method, &path[..], response.status()) {
        (Method::GET, ["api", "conversations"], StatusCode::OK) if !query.contains("only=") => {
            direct_alone(&asker, response).await
        }
        (Method::GET, ["api", "conversations", id, "messages"], StatusCode::OK)
            if query.is_empty() =>
        {
            let read = format!("/api/conversations/{id}/read_messages");
            asker.ask(Method::POST, &read).await;
            response
        }
        (Method::GET, ["api", "messages"], StatusCode::OK) if is_stream(&response) => {
            without_rooms(asker, response)
        }
        (Method::GET, ["api", "oauth", _, "callback"], StatusCode::SEE_OTHER) => {
            if let Some(token) = token
                && let Some(location) = hand_over(asker, &token).await
            {
                response.headers_mut().insert(LOCATION, location);
            }
            response
        }
        _ => response,
    }
}

/// A page of direct conversations with a message, from as many of the ordinary pages as it takes.
async fn direct_alone(asker: &Asker, first: Response) -> Response {
    let mut found = Vec::new();
    let mut page = body(first).await;
    while let Some(Value::Array(conversations)) = page {
        let is_last = conversations.len() < PAGE;
        let last = conversations.last().and_then(id);
        let direct = conversations.into_iter().filter(|conversation| {
            is_direct(conversation) && conversation["lastMessage"].is_object()
        });
        found.extend(direct);
        page = match last.filter(|_| !is_last && found.len() < PAGE) {
            Some(last) => {
                let next = format!("/api/conversations?before={last}");
                asker.value(Method::GET, &next).await
            }
            None => None,
        };
    }
    found.truncate(PAGE);
    json(StatusCode::OK, &found)
}

fn id(conversation: &Value) -> Option<String> {
    Some(conversation["id"].as_str()?.to_owned())
}

fn is_direct(conversation: &Value) -> bool {
    conversation["otherParticipant"].is_object()
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// A stream that says nothing of rooms.
fn without_rooms(asker: Asker, response: Response) -> Response {
    let (head, body) = response.into_parts();
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut frames = body.into_data_stream();
        let mut rooms = HashMap::new();
        loop {
            let frame = tokio::select! {
                frame = frames.next() => frame,
                () = sender.closed() => return,
            };
            let Some(Ok(frame)) = frame else {
                return;
            };
            let frame: Bytes = frame;
            let is_passed_on = !asker.is_of_a_room(&frame, &mut rooms).await;
            if is_passed_on && sender.send(Ok::<_, Infallible>(frame)).await.is_err() {
                return;
            }
        }
    });
    let body = warp::reply::stream(ReceiverStream::new(receiver));
    Response::from_parts(head, body.into_response().into_body())
}

/// Where the provider’s callback leads: to the front end’s page, with the token. Some read it from the query, others from
/// the fragment.
async fn hand_over(mut asker: Asker, token: &str) -> Option<HeaderValue> {
    asker.authorize(token)?;
    let renewed = asker.value(Method::POST, "/api/refresh_token").await?;
    let pairs = [
        ("token", renewed["token"].as_str()?),
        ("expires_at", renewed["expiresAt"].as_str()?),
    ];
    let pairs = serde_urlencoded::to_string(pairs).ok()?;
    HeaderValue::try_from(format!("/callback?{pairs}#{pairs}")).ok()
}

/// Asks the server in the name of whoever sent a request.
struct Asker {
    filter: BoxedFilter<(Response,)>,
    headers: HeaderMap,
    client: Option<Client>,
}

impl Asker {
    fn of<B>(filter: &BoxedFilter<(Response,)>, request: &Request<B>) -> Self {
        let headers = request.headers().iter();
        let headers = headers.filter(|(name, _)| SAME.contains(name));
        let mut asker = Self {
            filter: filter.clone(),
            headers: headers
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            client: request.extensions().get().cloned(),
        };
        // An `EventSource` can’t send a header.
        let query = request.uri().query().unwrap_or_default();
        let query: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        if let Some((_, token)) = query.iter().find(|(name, _)| name == "token") {
            asker.authorize(token);
        }
        asker
    }

    fn authorize(&mut self, token: &str) -> Option<()> {
        let bearer = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
        self.headers.insert(AUTHORIZATION, bearer);
        Some(())
    }

    async fn ask(&self, method: Method, target: &str) -> Option<Response> {
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.method_mut() = method;
        *request.uri_mut() = target.parse().ok()?;
        *request.headers_mut() = self.headers.clone();
        if let Some(client) = &self.client {
            request.extensions_mut().insert(client.clone());
        }
        Some(answer(&self.filter, request).await)
    }

    /// The answer’s JSON, if it isn’t a refusal.
    async fn value(&self, method: Method, target: &str) -> Option<Value> {
        let response = self.ask(method, target).await?;
        if !response.status().is_success() {
            return None;
        }
        body(response).await
    }

    /// Whether an event is about a room. `rooms` has what is known of each conversation.
    async fn is_of_a_room(&self, frame: &[u8], rooms: &mut HashMap<String, bool>) -> bool {
        let text = str::from_utf8(frame).unwrap_or_default();
        let data = text.lines().find_map(|line| line.strip_prefix("data:"));
        let event: Option<Value> = data.and_then(|data| serde_json::from_str(data).ok());
        let Some(id) = event.as_ref().and_then(|it| it["conversationId"].as_str()) else {
            return false;
        };
        if let Some(is_room) = rooms.get(id) {
            return *is_room;
        }
        let path = format!("/api/conversations/{id}");
        let Some(conversation) = self.value(Method::GET, &path).await else {
            return false;
        };
        let is_room = !is_direct(&conversation);
        rooms.insert(id.to_owned(), is_room);
        is_room
    }
}

async fn body(response: Response) -> Option<Value> {
    let body = response.into_body().collect().await.ok()?;
    serde_json::from_slice(&body.to_bytes()).ok()
}
