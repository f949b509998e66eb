//! Notifying browsers that have no page open (Web Push).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::{NotFound, PushRefused, PushUnreachable},
    model::{SubscriptionId, SubscriptionInfo, push::ENDPOINT_LENGTH},
};

/// The key to subscribe with, and who has.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PushState {
    /// The server’s public key for VAPID (RFC 8292), as `applicationServerKey` takes it: a point on P-256 in uncompressed
    /// form, in base64url. It never changes.
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{87}$"))]
    pub public_key: String,
    /// The caller’s browsers that are notified.
    pub subscriptions: Vec<SubscriptionInfo>,
}

/// A browser that is to be notified, as its `PushSubscription.toJSON()` says it. Other members don’t matter.
#[derive(Deserialize, JsonSchema)]
pub struct Subscribe {
    /// An https URL on the public internet.
    #[schemars(with = "String", length(min = 1, max = ENDPOINT_LENGTH))]
    pub endpoint: Option<String>,
    #[schemars(with = "BrowserKeys")]
    pub keys: Option<BrowserKeys>,
}

/// The keys of a browser, in base64url or base64.
#[derive(Default, Deserialize, JsonSchema)]
pub struct BrowserKeys {
    /// A point on P-256 in uncompressed form.
    #[schemars(with = "String")]
    pub p256dh: Option<String>,
    /// 16 bytes.
    #[schemars(with = "String")]
    pub auth: Option<String>,
}

pub fn show() -> Operation {
    Operation::new(
        "push",
        Tag::Accounts,
        "Shows the key that browsers subscribe with, and the caller’s browsers that are notified",
    )
    .describe(
        "Browsers notify only if the page was loaded through https, or from the same machine.",
    )
    .ok::<PushState>("The key and the browsers")
    // The first time, the server makes the key.
    .writing()
}

pub fn subscribe() -> Operation {
    Operation::new(
        "subscribeToPush",
        Tag::Accounts,
        "Notifies the browser of this session",
    )
    .describe(
        "A session has one subscription at most, which ends with the session. Doing it again replaces it. Another session that \
         had the same endpoint loses it. Of more than 16, the one goes whose session was used the longest ago.",
    )
    .body::<Subscribe>()
    .ok::<SubscriptionInfo>("The subscription")
    .invalid(["endpoint", "p256dh", "auth"])
}

pub fn unsubscribe() -> Operation {
    Operation::new(
        "unsubscribeFromPush",
        Tag::Accounts,
        "Notifies one of the caller’s browsers no longer",
    )
    .parameter(Parameter::path::<SubscriptionId>("id"))
    .done()
    .errors([NotFound])
}

pub fn test() -> Operation {
    Operation::new(
        "testPush",
        Tag::Accounts,
        "Notifies the browser of this session that notifications work",
    )
    .describe("It waits for the push service. If the push service knows the browser no longer, the subscription is deleted.")
    .done()
    .error(
        NotFound,
        "This session has no subscription, or its push service knows the browser no longer.",
    )
    .errors([PushUnreachable, PushRefused])
}
