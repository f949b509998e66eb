//! Every operation, by resource: what it takes and answers, as types and as an [`Operation`](super::Operation).

#![allow(clippy::must_use_candidate, reason = "each is a row of a table")]

pub mod accounts;
pub mod admin;
pub mod conversations;
pub mod feed;
pub mod hooks;
pub mod invites;
pub mod messages;
pub mod oauth;
pub mod password;
pub mod rooms;
pub mod server;
pub mod sessions;
pub mod settings;
pub mod tokens;

use super::{Operation, Row};
use crate::model::Permission::{
    self, Administrator, Bearer, Feed, Hook, Metrics, Person, Provider, Public, Read, Send, SignIn,
};

/// Every route of the contract, until the tables of `http` have them.
#[must_use]
pub fn all() -> Vec<Row> {
    let rows: &[(&'static str, &'static str, Permission, fn() -> Operation)] = &[
        ("GET", "/api/openapi.json", Public, server::contract),
        ("GET", "/api/config", Public, accounts::config),
        ("POST", "/api/login", SignIn, accounts::sign_in),
        ("POST", "/api/accounts", SignIn, accounts::sign_up),
        ("POST", "/api/logout", Person, accounts::sign_out),
        ("GET", "/api/auth_user", Read, accounts::who_am_i),
        (
            "POST",
            "/api/refresh_token",
            Bearer,
            accounts::refresh_token,
        ),
        ("PUT", "/api/password", Person, password::change),
        ("POST", "/api/reset/check", SignIn, password::check_reset),
        ("POST", "/api/reset", SignIn, password::reset),
        ("GET", "/api/sessions", Person, sessions::list),
        ("DELETE", "/api/sessions", Person, sessions::end_others),
        ("DELETE", "/api/sessions/{id}", Person, sessions::end),
        ("GET", "/api/settings", Person, settings::show),
        ("PATCH", "/api/settings", Person, settings::change),
        ("GET", "/api/tokens", Person, tokens::list),
        ("POST", "/api/tokens", Person, tokens::create),
        ("DELETE", "/api/tokens/{id}", Person, tokens::revoke),
        ("POST", "/api/invites/check", SignIn, invites::check),
        ("GET", "/api/oauth/{provider}", Provider, oauth::begin),
        (
            "GET",
            "/api/oauth/{provider}/callback",
            Provider,
            oauth::finish,
        ),
        ("GET", "/api/oauth/pending", Provider, oauth::pending),
        ("POST", "/api/oauth/complete", Provider, oauth::complete),
        (
            "DELETE",
            "/api/identities/{provider}",
            Person,
            oauth::unlink,
        ),
        ("GET", "/api/users/{id}/avatar", Read, oauth::avatar),
        ("GET", "/api/usernames", Read, conversations::search),
        ("GET", "/api/conversations", Read, conversations::list),
        ("POST", "/api/conversations", Send, conversations::start),
        ("GET", "/api/conversations/{id}", Read, conversations::show),
        ("PATCH", "/api/conversations/{id}", Send, rooms::change),
        (
            "GET",
            "/api/conversations/{id}/other_participant",
            Read,
            conversations::other_participant,
        ),
        (
            "GET",
            "/api/conversations/{id}/participants",
            Read,
            rooms::participants,
        ),
        (
            "POST",
            "/api/conversations/{id}/participants",
            Send,
            rooms::add_participant,
        ),
        (
            "DELETE",
            "/api/conversations/{id}/participants/{userId}",
            Send,
            rooms::remove_participant,
        ),
        (
            "POST",
            "/api/conversations/{id}/read_messages",
            Send,
            conversations::mark_read,
        ),
        (
            "POST",
            "/api/conversations/{id}/typing",
            Send,
            conversations::send_typing,
        ),
        ("GET", "/api/conversations/{id}/hooks", Person, hooks::list),
        (
            "POST",
            "/api/conversations/{id}/hooks",
            Person,
            hooks::create,
        ),
        (
            "DELETE",
            "/api/conversations/{id}/hooks/{hookId}",
            Person,
            hooks::remove,
        ),
        ("GET", "/api/rooms", Read, rooms::list_open),
        (
            "GET",
            "/api/conversations/{id}/messages",
            Read,
            messages::history,
        ),
        (
            "POST",
            "/api/conversations/{id}/messages",
            Send,
            messages::send,
        ),
        ("POST", "/api/hooks/{secret}", Hook, hooks::post),
        ("PATCH", "/api/messages/{id}", Send, messages::edit),
        ("DELETE", "/api/messages/{id}", Send, messages::delete),
        (
            "PUT",
            "/api/messages/{id}/reactions/{emoji}",
            Send,
            messages::react,
        ),
        (
            "DELETE",
            "/api/messages/{id}/reactions/{emoji}",
            Send,
            messages::unreact,
        ),
        ("GET", "/api/messages", Feed, feed::follow),
        ("GET", "/api/invites", Administrator, invites::list),
        ("POST", "/api/invites", Administrator, invites::create),
        (
            "DELETE",
            "/api/invites/{id}",
            Administrator,
            invites::revoke,
        ),
        ("GET", "/api/admin/users", Administrator, admin::list),
        ("POST", "/api/admin/users", Administrator, admin::create),
        (
            "PATCH",
            "/api/admin/users/{id}",
            Administrator,
            admin::change,
        ),
        (
            "POST",
            "/api/admin/users/{id}/reset",
            Administrator,
            admin::create_reset,
        ),
        (
            "GET",
            "/api/admin/users/{id}/sessions",
            Administrator,
            admin::sessions,
        ),
        (
            "DELETE",
            "/api/admin/users/{id}/sessions",
            Administrator,
            admin::end_sessions,
        ),
        (
            "DELETE",
            "/api/admin/users/{id}/sessions/{sessionId}",
            Administrator,
            admin::end_session,
        ),
        ("GET", "/healthz", Public, server::health),
        ("GET", "/metrics", Metrics, server::metrics),
    ];
    rows.iter()
        .map(|&(method, path, permission, operation)| Row {
            method,
            path,
            permission,
            operation: operation(),
        })
        .collect()
}
