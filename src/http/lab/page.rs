//! The page with a lab’s controls, and signing in by a link.

use warp::{
    http::{HeaderValue, header},
    reply::Response,
};

use crate::{
    http::{
        door::security,
        reply::{HandlerResult, nothing_here, see_other},
        request::Request,
        route::Route,
    },
    model::{Permission, UsernameKey},
    store::Authentication,
};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/dev", Permission::Public, page),
        Route::get("/dev/page.css", Permission::Public, style),
        Route::get("/dev/page.js", Permission::Public, script),
        Route::get("/dev/as/{username}", Permission::Public, sign_in),
    ]
}

async fn page(request: Request) -> HandlerResult {
    let html = include_str!("../../../lab/page/index.html");
    Ok(file(&request, html, "text/html; charset=utf-8"))
}

async fn style(request: Request) -> HandlerResult {
    let css = include_str!("../../../lab/page/page.css");
    Ok(file(&request, css, "text/css; charset=utf-8"))
}

async fn script(request: Request) -> HandlerResult {
    let js = include_str!("../../../lab/page/page.js");
    Ok(file(&request, js, "text/javascript; charset=utf-8"))
}

fn file(request: &Request, text: &'static str, kind: &'static str) -> Response {
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    security::protect(headers, &request.app.settings, POLICY, "no-referrer");
    response
}

/// Signs in and leads to the page of the messenger. It is a link, so that each name below `localhost` can have cookies of its
/// own. That another page may lead here, too, gives it nothing: anybody on this machine may be anybody.
async fn sign_in(request: Request, username: String) -> HandlerResult {
    let username = percent_encoding::percent_decode_str(&username).decode_utf8_lossy();
    let authentication = Authentication::Name(UsernameKey::new(&username));
    let (app, caller) = (&request.app, &request.caller);
    let signed_in = app.store.sign_in(authentication, None, caller.actor(None));
    let signed_in = signed_in.await.map_err(|_| nothing_here())?;
    let mut response = see_other("/")?;
    caller
        .keep_signed_in(app, &signed_in, &mut response)
        .await?;
    Ok(response)
}
