//! What all plain pages have: the head, the way about, and how a refusal looks.

use maud::{DOCTYPE, Markup, html};
use warp::{Reply, reply::Response};

use super::forms::Visitor;

/// A page with a title of its own.
pub struct Page<'a> {
    title: String,
    visitor: Option<&'a Visitor>,
    /// After how many seconds the browser is to load it anew.
    refresh: Option<u32>,
    main: Markup,
}

impl<'a> Page<'a> {
    /// A page for somebody who is signed in.
    pub fn of(visitor: &'a Visitor, title: impl Into<String>, main: Markup) -> Self {
        Self {
            visitor: Some(visitor),
            ..Self::for_anybody(title, main)
        }
    }

    pub fn for_anybody(title: impl Into<String>, main: Markup) -> Self {
        Self {
            title: title.into(),
            visitor: None,
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
                    @if let Some(visitor) = self.visitor { (way_about(visitor)) }
                    main { (self.main) }
                }
            }
        };
        warp::reply::html(page.into_string()).into_response()
    }
}

fn way_about(visitor: &Visitor) -> Markup {
    html! {
        header {
            nav aria-label="Tincan" {
                a href="/plain" { "Conversations" } " "
                a href="/plain/rooms" { "Rooms" }
            }
            (visitor.form("/plain/sign-out", html! {
                bdi { (visitor.user().username) } " "
                input type="submit" value="Sign out";
            }))
        }
    }
}

/// Says why something wasn't done, where there is no form to say it at.
pub fn refused(reason: &str) -> Page<'static> {
    let main = html! {
        h1 { "That didn’t work" }
        p role="alert" { (reason) "." }
        p { a href="/plain" { "Back to your conversations" } }
    };
    Page::for_anybody("That didn’t work", main)
}
