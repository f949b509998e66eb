//! Notifying browsers that have no page open (Web Push).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use url::Url;
use warp::http::Uri;

use crate::{
    contract::operations::push::{self as contract, PushState, Subscribe},
    curve::is_on_p256,
    error::{Error, Result},
    http::{
        App,
        plain::language,
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{Permission, Rate, SubscriptionId, SubscriptionKeys, push::ENDPOINT_LENGTH},
    push::Outcome,
};

pub fn routes() -> Vec<Route> {
    let person = Permission::Person;
    vec![
        Route::get("/api/push", person, show).operation(contract::show()),
        Route::put("/api/push/subscription", person, subscribe)
            .rate(Rate::Push)
            .operation(contract::subscribe()),
        Route::delete("/api/push/subscriptions/{id}", person, unsubscribe)
            .rate(Rate::Protect)
            .operation(contract::unsubscribe()),
        Route::post("/api/push/test", person, test)
            .rate(Rate::Push)
            .operation(contract::test()),
    ]
}

impl Subscribe {
    fn checked(self, app: &App) -> Result<(String, SubscriptionKeys)> {
        let keys = self.keys.unwrap_or_default();
        let p256dh = bytes(keys.p256dh).filter(is_on_p256);
        let keys = SubscriptionKeys {
            p256dh: p256dh.ok_or_else(|| {
                Error::invalid("p256dh", "p256dh must be a point on P-256, in base64url.")
            })?,
            auth: bytes(keys.auth)
                .ok_or_else(|| Error::invalid("auth", "auth must be 16 bytes, in base64url."))?,
        };
        Ok((endpoint(self.endpoint.as_deref(), app)?, keys))
    }
}

/// The bytes in a text of base64 or base64url (RFC 4648 §4 and §5), with or without padding. None if there are more or fewer.
fn bytes<const N: usize>(text: Option<String>) -> Option<[u8; N]> {
    let text = text?.replace('+', "-").replace('/', "_");
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    bytes.try_into().ok()
}

fn endpoint(text: Option<&str>, app: &App) -> Result<String> {
    let refused = || {
        let reason = format!("endpoint must be an https URL of up to {ENDPOINT_LENGTH} bytes.");
        Error::invalid("endpoint", reason)
    };
    let mut url = Url::parse(text.ok_or_else(refused)?).map_err(|_| refused())?;
    url.set_fragment(None);
    let is_plain = url.username().is_empty() && url.password().is_none();
    let can_be_asked_for = url.as_str().parse::<Uri>().is_ok();
    if !is_plain || !can_be_asked_for || url.as_str().len() > ENDPOINT_LENGTH {
        return Err(refused());
    }
    if !app.pusher.allows(&url) {
        let reason = "endpoint must be an https URL on the public internet, or in a network that --allow-outbound names.";
        return Err(Error::invalid("endpoint", reason));
    }
    Ok(url.into())
}

async fn show(request: Request) -> HandlerResult {
    let (app, session) = (&request.app, request.session()?);
    let subscriptions = app.store.subscription_infos(session.user.id, session.id);
    Ok(ok(&PushState {
        public_key: app.pusher.public_key().await?,
        subscriptions: subscriptions.await?,
    }))
}

async fn subscribe(mut request: Request) -> HandlerResult {
    let body: Subscribe = request.json().await?;
    let (app, session) = (&request.app, request.session()?);
    let (endpoint, keys) = body.checked(app)?;
    let origin = request.caller.page_origin(&app.settings);
    let subscribed = app
        .store
        .subscribe(session.user.id, session.id, endpoint, keys, origin);
    Ok(ok(&subscribed.await?))
}

async fn unsubscribe(request: Request, id: SubscriptionId) -> HandlerResult {
    let user = request.user()?.id;
    request.app.store.unsubscribe(user, id).await?;
    Ok(no_content())
}

async fn test(request: Request) -> HandlerResult {
    let (app, session) = (&request.app, request.session()?);
    let found = app.store.subscription_in(session.id).await?;
    let subscription = found.ok_or(NOT_FOUND)?;
    let text = language::test_notification(&request.caller);
    match app.pusher.test(&subscription, text).await {
        Outcome::Delivered => Ok(no_content()),
        Outcome::Gone => Err(NOT_FOUND.into()),
        Outcome::Later(_) | Outcome::Unanswered => Err(Error::PushUnreachable.into()),
        Outcome::Refused(reason) => Err(Error::PushRefused(reason).into()),
    }
}

const NOT_FOUND: Error = Error::NotFound("Subscription");
