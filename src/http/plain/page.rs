//! What all plain pages share: the head, the navigation, and the page for an error.

use maud::{DOCTYPE, Markup, html};
use warp::{Reply, reply::Response};

use super::forms::PageSession;

/// A page. Its title is shown in the browser’s tab.
pub struct Page<'a> {
    title: String,
    session: Option<&'a PageSession>,
    /// Seconds after which the browser reloads it.
    refresh: Option<u32>,
    main: Markup,
}

impl<'a> Page<'a> {
    /// A page for somebody who is signed in.
    pub fn of(session: &'a PageSession, title: impl Into<String>, main: Markup) -> Self {
        Self {
            session: Some(session),
            ..Self::for_anybody(title, main)
        }
    }

    pub fn for_anybody(title: impl Into<String>, main: Markup) -> Self {
        Self {
            title: title.into(),
            session: None,
            refresh: None,
            main,
        }
    }

    pub fn refreshing_every(self, seconds: u32) -> Self {
        Self {
            refresh: Some(seconds),
            ..self
        }
    }
}

impl Reply for Page<'_> {
    fn into_response(self) -> Response {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    title { (self.title) " – Tincan" }
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    @if let Some(seconds) = self.refresh {
                        meta http-equiv="refresh" content=(seconds);
                    }
                    link rel="icon" href="/icon.svg" type="image/svg+xml";
                    link rel="stylesheet" href="/plain.css";
                }
                body {
                    @if let Some(session) = self.session { (navigation(session)) }
                    main { (self.main) }
                }
            }
        };
        warp::reply::html(page.into_string()).into_response()
    }
}

fn navigation(session: &PageSession) -> Markup {
    html! {
        header {
            nav aria-label="Tincan" {
                a href="/plain" { "Conversations" } " "
                a href="/plain/rooms" { "Rooms" }
            }
            (session.form("/plain/sign-out", html! {
                a href="/plain/settings" { bdi { (session.user().name()) } } " "
                input type="submit" value="Sign out";
            }))
        }
    }
}

/// The page for an error that can’t be shown at a form.
pub fn refused(reason: &str) -> Page<'static> {
    let main = html! {
        h1 { "That didn’t work" }
        p role="alert" { (reason) "." }
        p { a href="/plain" { "Back to your conversations" } }
    };
    Page::for_anybody("That didn’t work", main)
}
