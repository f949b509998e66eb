//! Notifications for devices that have no page open (Web Push, RFC 8030).

use schemars::JsonSchema;
use serde::Serialize;

use super::{ConversationId, SessionId, SubscriptionId, Timestamp, UserId};

/// Bytes of a point on the curve P-256 in uncompressed form (SEC 1 §2.3.3).
pub const POINT_LENGTH: usize = 65;
/// Bytes of a subscription’s authentication secret (RFC 8291 §3.2).
pub const AUTH_LENGTH: usize = 16;
/// The most bytes of a subscription’s URL. Those of the known push services have a few hundred.
pub const ENDPOINT_LENGTH: usize = 2_048;
/// How many subscriptions a user may have: one for each browser that they use, and a few that they have forgotten.
pub const SUBSCRIPTIONS: u32 = 16;

/// The keys of a browser that is to be notified, as its `PushSubscription` has them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SubscriptionKeys {
    /// Its public key, which is a point on P-256.
    pub p256dh: [u8; POINT_LENGTH],
    /// Its authentication secret.
    pub auth: [u8; AUTH_LENGTH],
}

/// A browser that is to be notified. It ends with its session.
#[derive(Clone)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub user: UserId,
    pub session: SessionId,
    /// Where its push service takes messages for it. Whoever knows this URL may send there, so it is never logged.
    pub endpoint: String,
    /// Where the page is that has subscribed it. Empty if that isn’t known.
    pub origin: String,
    pub keys: SubscriptionKeys,
}

/// What a device shows for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub conversation_id: ConversationId,
    /// The message’s number in its conversation.
    pub number: i64,
    pub title: String,
    /// Text of any length. What doesn’t fit is cut off.
    pub body: String,
    /// In how many conversations something is unread.
    pub badge: u32,
}

/// The secrets with which this server sends notifications. They are made once and stay with the database.
pub struct PushKeys {
    /// The key pair for VAPID (RFC 8292), as PKCS #8.
    pub vapid: Vec<u8>,
    /// The key from which topics are made (RFC 8030 §5.4).
    pub topics: Vec<u8>,
}

/// One of the caller’s browsers that are notified.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PushSubscription")]
pub struct SubscriptionInfo {
    pub id: SubscriptionId,
    /// Whether it belongs to the session of this request.
    pub current: bool,
    /// The `User-Agent` of the session that it belongs to.
    #[schemars(length(max = 200))]
    pub device: String,
    pub created_at: Timestamp,
    /// When a push service last took a notification for it, to the minute. Null if none has yet.
    pub delivered_at: Option<Timestamp>,
    /// Why the last notification wasn’t delivered, as a sentence in English. Null if it was.
    pub failure: Option<String>,
}
