//! Invitations. Administrators create them, and their recipients can check that they are valid.

use qrcode::{QrCode, render::svg};
use warp::http::StatusCode;

use crate::{
    contract::operations::invites::{
        self as contract, CheckInvite, CheckedInvite, CreateInvite, CreatedInvite,
    },
    error::{Error, Result},
    http::{
        reply::{HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{InviteId, Permission, invite_link, limits},
};

const DAYS: u32 = 7;

pub fn routes() -> Vec<Route> {
    let administrator = Permission::Administrator;
    vec![
        Route::get("/api/invites", administrator, list).operation(contract::list()),
        Route::post("/api/invites", administrator, create).operation(contract::create()),
        Route::delete("/api/invites/{id}", administrator, revoke).operation(contract::revoke()),
        Route::post("/api/invites/check", Permission::SignIn, check).operation(contract::check()),
    ]
}

async fn list(request: Request) -> HandlerResult {
    Ok(ok(&request.app.store.invites().await?))
}

async fn create(mut request: Request) -> HandlerResult {
    let CreateInvite { uses, days: lasts } = request.json().await?;
    let app = &request.app;
    let by = Some(request.user()?.clone());
    let uses = limits::invite_uses(uses.unwrap_or(1))?;
    let lasts = limits::days(lasts.unwrap_or(DAYS), &limits::INVITE_DAYS)?;
    let (invite, token) = app.store.create_invite(by, uses, lasts).await?;
    let link = invite_link(&request.caller.base(&app.settings), &token);
    let qr = qr_code(&link)?;
    let created = CreatedInvite { invite, link, qr };
    Ok(json(StatusCode::CREATED, &created))
}

/// A QR code (ISO/IEC 18004) of `link`, as an SVG document.
fn qr_code(link: &str) -> Result<String> {
    let code = QrCode::new(link).map_err(|error| {
        tracing::error!(%error, "can’t create a QR code for a link");
        Error::Internal
    })?;
    Ok(code.render::<svg::Color<'_>>().build())
}

async fn check(mut request: Request) -> HandlerResult {
    let CheckInvite { invite } = request.json().await?;
    let app = &request.app;
    app.throttle.admit(request.caller.address())?;
    let invite = app.store.invite(&invite.unwrap_or_default()).await?;
    Ok(ok(&CheckedInvite {
        invited_by: invite.created_by.map(|user| user.username),
        expires_at: invite.expires_at,
    }))
}

async fn revoke(request: Request, id: InviteId) -> HandlerResult {
    request.app.store.revoke_invite(id).await?;
    Ok(no_content())
}
