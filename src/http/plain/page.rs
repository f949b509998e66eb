//! What all plain pages share: the head, the navigation, and the page for an error.

use maud::{DOCTYPE, Markup, html};
use warp::{Reply, reply::Response};

use super::{
    forms::{PageSession, hidden},
    words::Language,
};

/// The page to begin with. It leads those who aren’t signed in to the sign-in page.
pub const FIRST: &str = "/plain";

/// A page. Its title is shown in the browser’s tab.
pub struct Page<'a> {
    words: &'static Language,
    title: String,
    session: Option<&'a PageSession>,
    /// Seconds after which the browser reloads it.
    refresh: Option<u32>,
    /// The page’s own path, if it takes the language from its address.
    language_at: Option<&'static str>,
    main: Markup,
}

impl<'a> Page<'a> {
    /// A page for somebody who is signed in.
    pub fn of(session: &'a PageSession, title: impl Into<String>, main: Markup) -> Self {
        Self {
            session: Some(session),
            ..Self::for_anybody(session.words, title, main)
        }
    }

    pub fn for_anybody(words: &'static Language, title: impl Into<String>, main: Markup) -> Self {
        Self {
            words,
            title: title.into(),
            session: None,
            refresh: None,
            language_at: None,
            main,
        }
    }

    /// The choice of a language is in the page’s address, where forms can’t be sent: over plain http, beside https.
    pub fn choosing_language_at(self, path: &'static str) -> Self {
        Self {
            language_at: Some(path),
            ..self
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
            html lang=(self.words.tag) dir=(self.words.direction()) {
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
                    footer {
                        @match self.language_at {
                            Some(path) => form method="get" action=(path) autocomplete="off" { (languages(self.words)) },
                            None => (language_form(self.words, self.session.map_or(FIRST, |session| &session.path))),
                        }
                    }
                }
            }
        };
        warp::reply::html(page.into_string()).into_response()
    }
}

fn navigation(session: &PageSession) -> Markup {
    let words = session.words;
    html! {
        header {
            nav aria-label="Tincan" {
                a href="/plain" { (words.text("conversations.title")) } " "
                a href="/plain/rooms" { (words.text("rooms.title")) } " "
                a href="/plain/saved" { (words.text("message.saved_title")) }
            }
            (session.form("/plain/sign-out", html! {
                a href="/plain/settings" { bdi { (session.user().name()) } } " "
                input type="submit" value=(words.text("page.sign_out"));
            }))
        }
    }
}

/// The choice of a language, which leads back to `path`. It has no token, as somebody who isn’t signed in may choose, too.
fn language_form(words: &'static Language, path: &str) -> Markup {
    html! {
        form method="post" action="/plain/language" autocomplete="off" {
            (hidden("path", path))
            (languages(words))
        }
    }
}

fn languages(words: &'static Language) -> Markup {
    html! {
        label for="language" { (words.text("page.language")) } " "
        select #language name="language" {
            @for language in Language::all() {
                option value=(language.tag) lang=(language.tag) selected[language.tag == words.tag] {
                    (language.name())
                }
            }
        }
        " " input type="submit" value=(words.text("page.change_language"));
    }
}

/// A page that needs nothing else of this server.
pub fn alone(words: &'static Language, reason: &str) -> impl Reply {
    let page = html! {
        (DOCTYPE)
        html lang=(words.tag) dir=(words.direction()) {
            head {
                meta charset="utf-8";
                title { (words.text("refused.title")) " – Tincan" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
            }
            body { main { h1 { (words.text("refused.title")) } p { (reason) } } }
        }
    };
    warp::reply::html(page.into_string())
}

/// The page for an error that can’t be shown at a form.
pub fn refused(words: &'static Language, reason: &str) -> Page<'static> {
    let title = words.text("refused.title");
    let main = html! {
        h1 { (title) }
        p role="alert" { (reason) }
        p { a href="/plain" { (words.text("refused.back")) } }
    };
    Page::for_anybody(words, title, main)
}
