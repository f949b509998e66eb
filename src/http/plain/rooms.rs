//! Rooms: those that one can join, making one, who is in one, and what its people and its owner can
//! do about that.

use std::sync::Arc;

use maud::{Markup, html};
use serde::Deserialize;
use warp::{Filter, Reply, filters::BoxedFilter};

use super::{
    conversations::path,
    forms::{Draft, Nothing, Visit, Visitor, hidden, looks, sends, submitted},
    page::Page,
};
use crate::{
    error::{Error, Result},
    http::{
        App,
        body::Body,
        filters::only,
        reply::{Answer, ErrorResponse, see_other},
        rooms::people,
    },
    model::{Conversation, ConversationId, ConversationKind, Participant, Role, UserId, room_name},
    store::{NewRoom, ROOMS_PAGE, RoomChange},
};

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Answer,)> {
    let rooms = warp::path!("rooms");
    let make = rooms.and(sends(app)).then(make);
    let other = rooms.and(only("GET, HEAD, POST")).map(Err);
    let rooms = rooms.and(looks(app)).then(show_rooms);
    let rooms = rooms.or(make).unify().or(other).unify();

    let join = warp::path!("conversations" / ConversationId / "join");
    let joins = join.and(sends(app)).then(take_join);
    let alter = warp::path!("conversations" / ConversationId / "room");
    let alters = alter.and(sends(app)).then(take_change);
    let other = join.or(alter).unify().and(only("POST"));
    let changes = joins.or(alters).unify();
    let changes = changes.or(other.map(|_, refusal| Err(refusal))).unify();

    let leave = warp::path!("conversations" / ConversationId / "leave");
    let leaves = leave.and(sends(app)).then(take_leave);
    let leaves = leave.and(looks(app)).then(show_leave).or(leaves).unify();
    let people = warp::path!("conversations" / ConversationId / "people");
    let adds = people.and(sends(app)).then(take_newcomer);
    let adds = people.and(looks(app)).then(show_people).or(adds).unify();
    let other = leave.or(people).unify().and(only("GET, HEAD, POST"));
    let pages = leaves.or(adds).unify();
    let pages = pages.or(other.map(|_, refusal| Err(refusal))).unify();

    let person = warp::path!("conversations" / ConversationId / "people" / UserId);
    let takes = person.and(sends(app)).then(take_person);
    let other = person.and(only("GET, HEAD, POST"));
    let person = person.and(looks(app)).then(show_person).or(takes).unify();
    let person = person.or(other.map(|_, _, refusal| Err(refusal))).unify();

    rooms
        .or(changes)
        .unify()
        .or(pages)
        .unify()
        .or(person)
        .unify()
        .boxed()
}

async fn show_rooms(visit: Visit) -> Answer {
    let visitor = Visitor::of(&visit).await?;
    let page = rooms_page(&visit, &visitor, &Plan::default(), None).await?;
    Ok(page.into_response())
}

/// A room as somebody wants to have it.
#[derive(Default, Deserialize)]
struct Plan {
    #[serde(default)]
    name: String,
    #[serde(default)]
    usernames: String,
    open: Option<String>,
}

async fn make(visit: Visit, body: Body) -> Answer {
    let (visitor, plan) = submitted(&visit, body).await?;
    match make_room(&visit, &visitor, &plan).await {
        Ok(id) => see_other(&path(id)),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let page = rooms_page(&visit, &visitor, &plan, Some(&refusal)).await?;
            Ok(refusal.answer(page))
        }
    }
}

async fn make_room(visit: &Visit, visitor: &Visitor, plan: &Plan) -> Result<ConversationId> {
    let usernames = plan.usernames.split(',').map(str::trim);
    let room = NewRoom {
        name: room_name(&plan.name)?,
        usernames: usernames
            .filter(|username| !username.is_empty())
            .map(str::to_owned)
            .collect(),
        open: plan.open.is_some(),
    };
    let owner = visitor.user().clone();
    let (room, _) = visit.app.store.create_room(owner, room).await?;
    Ok(room.id)
}

async fn rooms_page<'a>(
    visit: &Visit,
    visitor: &'a Visitor,
    plan: &Plan,
    refusal: Option<&ErrorResponse>,
) -> Answer<Page<'a>> {
    let before = visit.query.id("before", "Conversation")?;
    let rooms = visit.app.store.open_rooms(visitor.id(), before).await?;
    let last = rooms.last().filter(|_| rooms.len() >= ROOMS_PAGE as usize);
    let draft = Draft {
        text: &plan.name,
        problem: refusal.map(ErrorResponse::message),
    };
    let title = "Rooms";
    let main = html! {
        h1 { (title) }
        h2 { "Rooms that you can join" }
        @if rooms.is_empty() {
            p { "There are none at the moment." }
        } @else {
            ul .rooms {
                @for room in &rooms {
                    li { (joinable(visitor, room)) }
                }
            }
        }
        @if let Some(room) = last {
            p { a href={ "/plain/rooms?before=" (room.id.to_string()) } { "Older rooms" } }
        }
        h2 { "Make a room" }
        (visitor.form("/plain/rooms", html! {
            div { (draft.name_field("name", "Its name", "off")) }
            div {
                label for="usernames" { "Who is in it, by name, with commas between" } " "
                input #usernames name="usernames" value=(plan.usernames) autocomplete="off" autocapitalize="none"
                    spellcheck="false";
            }
            p {
                label .choice {
                    input type="checkbox" name="open" value="yes" checked[plan.open.is_some()];
                    " Anyone can find and join it"
                }
            }
            p { input .primary type="submit" value="Make the room"; }
        }))
    };
    Ok(Page::of(visitor, title, main))
}

fn joinable(visitor: &Visitor, room: &Conversation) -> Markup {
    let name = room.name.as_deref().unwrap_or_default();
    let action = format!("/plain/conversations/{}/join", room.id);
    html! {
        (visitor.form(action, html! {
            b { bdi { (name) } } " "
            span { (count_people(room.participant_count)) } " "
            input type="submit" value="Join" aria-label={ "Join " (name) };
        }))
    }
}

pub fn count_people(count: i64) -> String {
    if count == 1 {
        "1 person".to_owned()
    } else {
        format!("{count} people")
    }
}

async fn take_join(id: ConversationId, visit: Visit, body: Body) -> Answer {
    let (visitor, Nothing {}) = submitted(&visit, body).await?;
    visit.app.store.join(visitor.user().clone(), id).await?;
    see_other(&path(id))
}

pub fn people_path(id: ConversationId) -> String {
    format!("/plain/conversations/{id}/people")
}

fn leave_path(id: ConversationId) -> String {
    format!("/plain/conversations/{id}/leave")
}

/// A room, as somebody in it sees it.
struct Room {
    id: ConversationId,
    name: String,
    open: bool,
    is_owner: bool,
}

impl Room {
    async fn load(visit: &Visit, visitor: &Visitor, id: ConversationId) -> Result<Self> {
        let (conversation, member) = visit.app.store.conversation(visitor.id(), id).await?;
        if conversation.kind != ConversationKind::Room {
            return Err(Error::NotARoom);
        }
        Ok(Self {
            id,
            name: conversation.name.unwrap_or_default(),
            open: conversation.open,
            is_owner: member.role == Role::Owner,
        })
    }
}

async fn show_people(id: ConversationId, visit: Visit) -> Answer {
    let visitor = Visitor::of(&visit).await?;
    let page = people_page(&visit, &visitor, id, Draft::default(), Draft::default()).await?;
    Ok(page.into_response())
}

#[derive(Deserialize)]
struct Newcomer {
    username: Option<String>,
}

async fn take_newcomer(id: ConversationId, visit: Visit, body: Body) -> Answer {
    let (visitor, Newcomer { username }) = submitted(&visit, body).await?;
    let username = username.unwrap_or_default();
    let user = visitor.user().clone();
    match visit.app.store.add(user, id, username.clone()).await {
        Ok(()) => see_other(&people_path(id)),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let newcomer = Draft::refused(&username, &refusal);
            let page = people_page(&visit, &visitor, id, newcomer, Draft::default()).await?;
            Ok(refusal.answer(page))
        }
    }
}

#[derive(Deserialize)]
struct Alteration {
    name: Option<String>,
    open: Option<String>,
}

async fn take_change(id: ConversationId, visit: Visit, body: Body) -> Answer {
    let (visitor, Alteration { name, open }) = submitted(&visit, body).await?;
    match change(&visit, &visitor, id, name.as_deref(), open.as_deref()).await {
        Ok(()) => see_other(&people_path(id)),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let name = name.unwrap_or_default();
            let naming = Draft::refused(&name, &refusal);
            let page = people_page(&visit, &visitor, id, Draft::default(), naming).await?;
            Ok(refusal.answer(page))
        }
    }
}

async fn change(
    visit: &Visit,
    visitor: &Visitor,
    id: ConversationId,
    name: Option<&str>,
    open: Option<&str>,
) -> Result<()> {
    let change = RoomChange {
        name: name.map(room_name).transpose()?,
        open: open.map(|open| open == "yes"),
        owner: None,
    };
    let user = visitor.user().clone();
    visit
        .app
        .store
        .change_room(user, id, change)
        .await
        .map(drop)
}

/// The people, and what can be done; `newcomer` and `naming` are what its two fields hold.
async fn people_page<'a>(
    visit: &Visit,
    visitor: &'a Visitor,
    id: ConversationId,
    newcomer: Draft<'_>,
    naming: Draft<'_>,
) -> Answer<Page<'a>> {
    let room = Room::load(visit, visitor, id).await?;
    let people = people(&visit.app, visitor.id(), id).await?;
    let title = format!("People in {}", room.name);
    let main = html! {
        h1 { "People in " bdi { (room.name) } }
        p { a href=(path(id)) { "Back to the conversation" } }
        ul .people {
            @for person in &people { li { (row(&room, visitor, person)) } }
        }
        (visitor.form(people_path(id), html! {
            (newcomer.name_field("username", "Add somebody", "off"))
            " " input type="submit" value="Add";
        }))
        h2 { "This room" }
        @if room.is_owner { (renaming(visitor, &room, naming)) }
        (opening(visitor, &room))
        p { a href=(leave_path(id)) { "Leave this room" } }
    };
    Ok(Page::of(visitor, title, main))
}

fn row(room: &Room, visitor: &Visitor, person: &Participant) -> Markup {
    let is_self = person.user.id == visitor.id();
    html! {
        bdi { (person.user.username) }
        @if is_self { " (you)" }
        @if person.role == Role::Owner { " " span .tag { "Owner" } }
        @if person.online && !is_self { " " span .tag { "Online" } }
        @if room.is_owner && !is_self {
            " " a href={ (people_path(room.id)) "/" (person.user.id.to_string()) } { "Change" }
        }
    }
}

fn room_form(visitor: &Visitor, room: &Room, fields: Markup) -> Markup {
    visitor.form(format!("/plain/conversations/{}/room", room.id), fields)
}

fn renaming(visitor: &Visitor, room: &Room, naming: Draft<'_>) -> Markup {
    let text = if naming.problem.is_some() {
        naming.text
    } else {
        &room.name
    };
    let naming = Draft { text, ..naming };
    room_form(
        visitor,
        room,
        html! {
            (naming.name_field("name", "Name", "off"))
            " " input type="submit" value="Rename";
        },
    )
}

fn opening(visitor: &Visitor, room: &Room) -> Markup {
    let (state, other, label) = if room.open {
        ("Anyone can find and join it.", "no", "Close it to others")
    } else {
        (
            "Only people who are added are in it.",
            "yes",
            "Open it to everybody",
        )
    };
    html! {
        p { (state) }
        @if room.is_owner {
            (room_form(visitor, room, html! {
                (hidden("open", other))
                input type="submit" value=(label);
            }))
        }
    }
}

/// Somebody in a room, to be asked about by its owner.
async fn person(
    visit: &Visit,
    visitor: &Visitor,
    id: ConversationId,
    user: UserId,
) -> Answer<(Room, Participant)> {
    let room = Room::load(visit, visitor, id).await?;
    if !room.is_owner {
        return Err(Error::NotYours("the room's owner").into());
    }
    let people = people(&visit.app, visitor.id(), id).await?;
    let mut people = people.into_iter();
    let person = people.find(|person| person.user.id == user);
    Ok((room, person.ok_or(Error::NotFound("Participant"))?))
}

async fn show_person(id: ConversationId, user: UserId, visit: Visit) -> Answer {
    let visitor = Visitor::of(&visit).await?;
    let (room, person) = person(&visit, &visitor, id, user).await?;
    let name = &person.user.username;
    let action = format!("{}/{user}", people_path(id));
    let main = html! {
        h1 { bdi { (name) } }
        p { "In the room " bdi { (room.name) } ". Only a new owner could make you the owner again." }
        (visitor.form(action, html! {
            p {
                input type="submit" name="owner" value={ "Make " (name) " the owner" }; " "
                input .danger type="submit" name="remove" value={ "Remove " (name) " from the room" };
            }
        }))
        p { a href=(people_path(id)) { "Back to the people" } }
    };
    Ok(Page::of(&visitor, name, main).into_response())
}

#[derive(Deserialize)]
struct Fate {
    owner: Option<String>,
    remove: Option<String>,
}

async fn take_person(id: ConversationId, user: UserId, visit: Visit, body: Body) -> Answer {
    let (visitor, Fate { owner, remove }) = submitted(&visit, body).await?;
    let (store, caller) = (&visit.app.store, visitor.user().clone());
    if remove.is_some() {
        store.remove(caller, id, user).await?;
    } else if owner.is_some() {
        let change = RoomChange {
            owner: Some(user),
            ..RoomChange::default()
        };
        store.change_room(caller, id, change).await?;
    }
    see_other(&people_path(id))
}

async fn show_leave(id: ConversationId, visit: Visit) -> Answer {
    let visitor = Visitor::of(&visit).await?;
    let room = Room::load(&visit, &visitor, id).await?;
    let title = format!("Leave {}?", room.name);
    let main = html! {
        h1 { "Leave " bdi { (room.name) } "?" }
        p { "Its messages won’t be here any more." }
        (visitor.form(leave_path(id), html! {
            p {
                input .danger type="submit" value="Leave"; " "
                a href=(people_path(id)) { "Stay" }
            }
        }))
    };
    Ok(Page::of(&visitor, title, main).into_response())
}

async fn take_leave(id: ConversationId, visit: Visit, body: Body) -> Answer {
    let (visitor, Nothing {}) = submitted(&visit, body).await?;
    let user = visitor.user().clone();
    visit.app.store.remove(user, id, visitor.id()).await?;
    see_other("/plain")
}
