//! Invitations: what administrators make, and what somebody asks who has got one.

use std::sync::Arc;

use qrcode::{QrCode, render::svg};
use serde::{Deserialize, Serialize};
use warp::{Filter, Reply, filters::BoxedFilter, http::StatusCode, reply::Response};

use super::{
    App,
    body::Body,
    caller::{Caller, Permission},
    filters::{body, caller, only, with},
    reply::{Answer, json, no_content, ok},
};
use crate::{
    error::{Error, Result},
    model::{InviteId, Timestamp, invite_link, limits},
    store::Invite,
};

const DAYS: u32 = 7;

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let list = warp::path!("invites")
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .then(list);
    let make = warp::path!("invites")
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(make);
    let list = list
        .or(make)
        .or(warp::path!("invites").and(only("GET, HEAD, POST")));

    let check = warp::path!("invites" / "check")
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(check);
    let check = check.or(warp::path!("invites" / "check").and(only("POST")));

    let revoke = warp::path!("invites" / InviteId)
        .and(warp::delete())
        .and(with(app))
        .and(caller())
        .then(revoke);
    let revoke = revoke.or(warp::path!("invites" / InviteId)
        .and(only("DELETE"))
        .map(|_, refusal| refusal));

    list.or(check).or(revoke).map(Reply::into_response).boxed()
}

async fn list(app: Arc<App>, caller: Caller) -> Answer {
    caller.administrator(&app).await?;
    Ok(ok(&app.store.invites().await?))
}

#[derive(Deserialize)]
struct Draft {
    uses: Option<u32>,
    days: Option<u32>,
}

async fn make(app: Arc<App>, caller: Caller, body: Body) -> Answer {
    #[derive(Serialize)]
    struct Made {
        #[serde(flatten)]
        invite: Invite,
        link: String,
        qr: String,
    }

    let (session, draft) = caller.sent(&app, Permission::Administrator, body).await?;
    let Draft { uses, days: lasts } = draft;
    let by = Some(session.user.clone());
    let uses = limits::invite_uses(uses.unwrap_or(1))?;
    let lasts = limits::days(lasts.unwrap_or(DAYS), &limits::INVITE_DAYS)?;
    let (invite, token) = app.store.make_invite(by, uses, lasts).await?;
    let link = invite_link(&caller.base(&app.settings), &token);
    let qr = picture(&link)?;
    Ok(json(StatusCode::CREATED, &Made { invite, link, qr }))
}

/// A QR code (ISO/IEC 18004) that a telephone's camera reads `link` from, as an SVG document.
fn picture(link: &str) -> Result<String> {
    let code = QrCode::new(link).map_err(|error| {
        tracing::error!(%error, "no QR code for a link");
        Error::Internal
    })?;
    Ok(code.render::<svg::Color<'_>>().build())
}

#[derive(Deserialize)]
struct Asked {
    invite: Option<String>,
}

async fn check(app: Arc<App>, caller: Caller, body: Body) -> Answer {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Good {
        invited_by: Option<String>,
        expires_at: Timestamp,
    }

    caller.refuse_cross_origin(&app)?;
    let Asked { invite } = body.json(caller.headers()).await?;
    app.throttle.admit(caller.address())?;
    let invite = app.store.invite(&invite.unwrap_or_default()).await?;
    Ok(ok(&Good {
        invited_by: invite.created_by.map(|user| user.username),
        expires_at: invite.expires_at,
    }))
}

async fn revoke(id: InviteId, app: Arc<App>, caller: Caller) -> Answer {
    caller.administrator(&app).await?;
    app.store.revoke_invite(id).await?;
    Ok(no_content())
}
