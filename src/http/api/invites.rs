//! Invitations. Administrators create them, and everybody else if the administrators allow it. Their recipients can check
//! that they are valid.

use qrcode::{QrCode, render::svg};
use warp::http::StatusCode;

use super::addresses;
use crate::{
    contract::operations::invites::{
        self as contract, CheckInvite, CheckedInvite, CreateInvite, CreatedInvite,
    },
    error::{Error, Result},
    http::{
        App,
        reply::{HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{Invite, InviteId, Permission, Rate, UserId, invite_link, limits},
    store::{InviteRooms, NewInvite},
};

const DAYS: u32 = 7;

pub fn routes() -> Vec<Route> {
    let invite = Permission::Invite;
    vec![
        Route::get("/api/invites", invite, list).operation(contract::list()),
        Route::post("/api/invites", invite, create)
            .rate(Rate::Invite)
            .operation(contract::create()),
        Route::delete("/api/invites/{id}", invite, revoke)
            .rate(Rate::Protect)
            .operation(contract::revoke()),
        Route::post("/api/invites/check", Permission::SignIn, check).operation(contract::check()),
    ]
}

/// Whose invitations the caller may see and revoke: none means everybody's.
pub async fn whose(app: &App, caller: UserId) -> Result<Option<UserId>> {
    Ok((!app.is_admin(caller).await?).then_some(caller))
}

async fn list(request: Request) -> HandlerResult {
    let (app, user) = (&request.app, request.user()?.id);
    let whose = whose(app, user).await?;
    Ok(ok(&app.store.invites(whose).await?))
}

async fn create(mut request: Request) -> HandlerResult {
    let new = request.json().await?;
    let (invite, link) = invite(&request, new).await?;
    let qr = qr_code(&link)?;
    let created = CreatedInvite { invite, link, qr };
    Ok(json(StatusCode::CREATED, &created))
}

/// Creates an invitation, for the API and for plain pages. Returns its link, too.
pub async fn invite(request: &Request, new: CreateInvite) -> Result<(Invite, String)> {
    let CreateInvite {
        uses,
        days,
        rooms,
        base,
    } = new;
    let (app, user) = (&request.app, request.user()?);
    let base = addresses::base(app, &request.caller, base)?;
    let most = if app.is_admin(user.id).await? {
        limits::INVITE_USES
    } else {
        limits::MEMBER_INVITE_USES
    };
    let new = NewInvite {
        by: Some(user.clone()),
        uses: limits::invite_uses(uses.unwrap_or(1), &most)?,
        lasts: limits::days(days.unwrap_or(DAYS), &limits::INVITE_DAYS)?,
        rooms: rooms.map_or(Ok(InviteRooms::Default), |ids| chosen(&ids))?,
    };
    let (invite, token) = app.store.create_invite(new, request.actor()).await?;
    Ok((invite, invite_link(&base, &token)))
}

fn chosen(ids: &[String]) -> Result<InviteRooms> {
    limits::invite_rooms(ids)?;
    let ids = ids.iter().map(|id| id.parse());
    let ids = ids.collect::<Result<_, _>>();
    ids.map(InviteRooms::These)
        .map_err(|_| Error::invalid("rooms", "Room not found."))
}

/// A QR code (ISO/IEC 18004) of `link`, as an SVG document.
pub fn qr_code(link: &str) -> Result<String> {
    let code = QrCode::new(link).map_err(|error| {
        tracing::error!(%error, "can’t create a QR code for a link");
        Error::Internal
    })?;
    Ok(code.render::<svg::Color<'_>>().build())
}

async fn check(mut request: Request) -> HandlerResult {
    let CheckInvite { invite } = request.json().await?;
    let app = &request.app;
    let invite = app.store.invite(&invite.unwrap_or_default()).await?;
    Ok(ok(&CheckedInvite {
        invited_by: invite.created_by.map(|user| user.username),
        rooms: invite.rooms.into_iter().map(|room| room.name).collect(),
        expires_at: invite.expires_at,
    }))
}

async fn revoke(request: Request, id: InviteId) -> HandlerResult {
    let (app, user) = (&request.app, request.user()?.id);
    let whose = whose(app, user).await?;
    app.store.revoke_invite(id, whose, request.actor()).await?;
    Ok(no_content())
}
