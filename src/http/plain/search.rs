//! The page to search messages.

use std::collections::{HashMap, hash_map::Entry};

use maud::{Markup, html};
use warp::Reply;

use super::{
    conversations::title_of,
    forms::{Field, PageSession},
    messages::{View, author},
    page::Page,
    text::time,
    words::Language,
};
use crate::{
    http::{reply::HandlerResult, request::Request, route::Route},
    model::{ConversationId, MessageId, Permission},
    search::{Query, Range},
    store::{Found, Hit, SearchIn},
};

/// Messages on one page.
const PAGE: u32 = 25;
/// The most characters of a message that are shown before and behind the first match.
const BEFORE: usize = 60;
const BEHIND: usize = 240;

pub fn routes() -> Vec<Route> {
    vec![Route::get("/plain/search", Permission::Page, get_search)]
}

async fn get_search(request: Request) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let before = request.query.id("before", "message")?;
    let words = session.words;
    let title = words.text("search.title");
    let text = request.query.get("q").unwrap_or_default();
    if text.trim().is_empty() {
        let main = html! {
            h1 { (title) }
            (form(words, Field::default()))
            (help(words))
        };
        return Ok(Page::of(&session, title, main).into_response());
    }
    match results(&request, &session, text, before).await {
        Ok(results) => {
            let main = html! {
                h1 { (title) }
                (form(words, Field::new(text)))
                (results)
            };
            Ok(Page::of(&session, title, main).into_response())
        }
        Err(refusal) => {
            let main = html! {
                h1 { (title) }
                (form(words, Field::refused(text, words.reason(&refusal))))
                (help(words))
            };
            Ok(refusal.answer(Page::of(&session, title, main)))
        }
    }
}

/// The field that leads to this page. What is searched for stands in the address, so it needs no token.
pub fn form(words: &'static Language, field: Field<'_>) -> Markup {
    html! {
        form method="get" action="/plain/search" role="search" {
            label for="q" { (words.text("search.label")) } " "
            (field.reason())
            input #q type="search" name="q" value=(field.text) dir="auto" aria-describedby=[field.described_by()];
            " " input type="submit" value=(words.text("search.submit"));
        }
    }
}

fn help(words: &'static Language) -> Markup {
    html! { p { (words.text("search.help")) } }
}

async fn results(
    request: &Request,
    session: &PageSession,
    text: &str,
    before: Option<MessageId>,
) -> HandlerResult<Markup> {
    let (store, caller, words) = (&request.app.store, session.id(), session.words);
    let query = Query::new(text)?;
    let place = SearchIn::Visible(caller, None);
    let found = store.search(query, place, before, PAGE).await?;
    let mut titles: HashMap<ConversationId, String> = HashMap::new();
    for hit in &found.hits {
        let id = hit.message.conversation_id;
        if let Entry::Vacant(place) = titles.entry(id) {
            let (conversation, member) = store.conversation(caller, id).await?;
            place.insert(title_of(words, &conversation.view(&member)).to_owned());
        }
    }
    let Found { hits, before } = &found;
    Ok(html! {
        @if hits.is_empty() && before.is_none() { p role="status" { (words.text("search.none")) } }
        ul .messages {
            @for hit in hits { (row(session, hit, titles.get(&hit.message.conversation_id))) }
        }
        @if let Some(before) = before {
            @let query = serde_urlencoded::to_string([("q", text), ("before", &before.to_string())]);
            p .older { a href={ "/plain/search?" (query.unwrap_or_default()) } { (words.text("search.older")) } }
        }
    })
}

fn row(session: &PageSession, Hit { message, matches }: &Hit, title: Option<&String>) -> Markup {
    let words = session.words;
    let view = message.view(session.id());
    html! {
        li {
            div .byline {
                a href=(View::Around(message.id).path_to(message)) { bdi { (title.map_or("", String::as_str)) } } " "
                b { (author(words, &view)) } " " (time(words, message.created_at))
            }
            div .text dir="auto" { (marked(&message.content, matches)) }
        }
    }
}

/// The part of a text around the first match, with all matches marked.
fn marked(text: &str, matches: &[Range]) -> Markup {
    let first = matches.first().map_or(0, |range| range.start);
    let units: Vec<(u32, char)> = text
        .chars()
        .scan(0, |at, c| {
            let start = *at;
            *at += if c.len_utf16() == 2 { 2 } else { 1 };
            Some((start, c))
        })
        .collect();
    let at = units.iter().position(|(at, _)| *at >= first).unwrap_or(0);
    let from = at.saturating_sub(BEFORE);
    let to = units.len().min(at + BEHIND);
    let is_match = |at: u32| {
        let mut matches = matches.iter();
        matches.any(|range| range.start <= at && at < range.end)
    };
    let parts = units[from..to].chunk_by(|(one, _), (next, _)| is_match(*one) == is_match(*next));
    html! {
        @if from > 0 { "…" }
        @for part in parts {
            @let text: String = part.iter().map(|(_, c)| c).collect();
            @if part.first().is_some_and(|(at, _)| is_match(*at)) { mark { (text) } } @else { (text) }
        }
        @if to < units.len() { "…" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matches_is_marked_and_seen() {
        let range = |start, end| Range { start, end };
        let long = "x".repeat(500);
        for (text, matches, expected) in [
            (
                "a 😀 b c",
                vec![range(5, 6)],
                "a 😀 <mark>b</mark> c".to_owned(),
            ),
            (
                "<b>",
                vec![range(1, 2)],
                "&lt;<mark>b</mark>&gt;".to_owned(),
            ),
            ("ab", vec![], "ab".to_owned()),
            (
                &format!("{long}hit{long}"),
                vec![range(500, 503)],
                format!("…{}<mark>hit</mark>{}…", "x".repeat(60), "x".repeat(237)),
            ),
        ] {
            assert_eq!(marked(text, &matches).into_string(), expected, "{text}");
        }
    }
}
