//! Pages to list and join rooms, create one, see the people in one, and what members and owners can change.

use maud::{Markup, html};
use serde::Deserialize;
use warp::Reply;

use super::{
    forms::{EmptyForm, Field, PageSession, hidden, read_form},
    messages::marked_name,
    page::Page,
    paths,
};
use crate::{
    error::{Error, Result},
    http::{
        api::rooms::participants,
        reply::{ErrorResponse, HandlerResult, see_other},
        request::Request,
        route::Route,
    },
    model::{
        Conversation, ConversationId, ConversationKind, Participant, Permission, Rate, Role,
        UserId, room_name,
    },
    store::{Added, NewRoom, ROOMS_PAGE, RoomUpdate},
};

pub fn routes() -> Vec<Route> {
    let (page, form) = (Permission::Page, Permission::Form);
    let (leave, people, person) = (
        "/plain/conversations/{id}/leave",
        "/plain/conversations/{id}/people",
        "/plain/conversations/{id}/people/{userId}",
    );
    vec![
        Route::get("/plain/rooms", page, get_rooms),
        Route::post("/plain/rooms", form, post_room).rate(Rate::Room),
        Route::post("/plain/conversations/{id}/join", form, post_join).rate(Rate::Add),
        Route::post("/plain/conversations/{id}/room", form, post_update),
        Route::get(leave, page, get_leave),
        Route::post(leave, form, post_leave).rate(Rate::Add),
        Route::get(people, page, get_people),
        Route::post(people, form, post_person).rate(Rate::Add),
        Route::get(person, page, get_participant),
        Route::post(person, form, post_participant).rate(Rate::Add),
    ]
}

async fn get_rooms(request: Request) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let page = rooms_page(&request, &session, &RoomForm::default(), None).await?;
    Ok(page.into_response())
}

/// The form to create a room.
#[derive(Default, Deserialize)]
struct RoomForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    usernames: String,
    open: Option<String>,
}

async fn post_room(mut request: Request) -> HandlerResult {
    let (session, form) = read_form(&mut request).await?;
    match create_room(&request, &session, &form).await {
        Ok(id) => see_other(&paths::newest_messages(id)),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let page = rooms_page(&request, &session, &form, Some(&refusal)).await?;
            Ok(refusal.answer(page))
        }
    }
}

async fn create_room(
    request: &Request,
    session: &PageSession,
    form: &RoomForm,
) -> Result<ConversationId> {
    let usernames = form.usernames.split(',').map(str::trim);
    let room = NewRoom {
        name: room_name(&form.name)?,
        usernames: usernames
            .filter(|username| !username.is_empty())
            .map(str::to_owned)
            .collect(),
        open: form.open.is_some(),
    };
    let owner = session.user().clone();
    let (room, _) = request.app.store.create_room(owner, room).await?;
    Ok(room.id)
}

async fn rooms_page<'a>(
    request: &Request,
    session: &'a PageSession,
    form: &RoomForm,
    refusal: Option<&ErrorResponse>,
) -> HandlerResult<Page<'a>> {
    let before = request.query.id("before", "conversation")?;
    let rooms = request.app.store.open_rooms(session.id(), before).await?;
    let last = rooms.last().filter(|_| rooms.len() >= ROOMS_PAGE as usize);
    let words = session.words;
    let field = Field {
        text: &form.name,
        problem: refusal.map(|refusal| words.reason(refusal)),
    };
    let title = words.text("rooms.title");
    let main = html! {
        h1 { (title) }
        h2 { (words.text("rooms.open")) }
        @if rooms.is_empty() {
            p { (words.text("rooms.none")) }
        } @else {
            ul .rooms {
                @for room in &rooms {
                    li { (join_form(session, room)) }
                }
            }
        }
        @if let Some(room) = last {
            p { a href={ "/plain/rooms?before=" (room.id.to_string()) } { (words.text("rooms.older")) } }
        }
        h2 { (words.text("rooms.create_title")) }
        (session.form("/plain/rooms", html! {
            div { (field.name_field("name", words.text("rooms.name"), "off")) }
            div {
                label for="usernames" { (words.text("rooms.people")) } " "
                input #usernames name="usernames" value=(form.usernames) autocomplete="off" autocapitalize="none"
                    spellcheck="false";
            }
            p {
                label .choice {
                    input type="checkbox" name="open" value="yes" checked[form.open.is_some()];
                    " " (words.text("rooms.open_choice"))
                }
            }
            p { input .primary type="submit" value=(words.text("rooms.create")); }
        }))
    };
    Ok(Page::of(session, title, main))
}

fn join_form(session: &PageSession, room: &Conversation) -> Markup {
    let name = room.name.as_deref().unwrap_or_default();
    let action = format!("{}/join", paths::conversation(room.id));
    html! {
        (session.form(action, html! {
            b { bdi { (name) } } " "
            span { (session.words.count("people.count", room.participant_count)) } " "
            input type="submit" value=(session.words.text("rooms.join"))
                aria-label=(session.words.fill("rooms.join_named", &[("name", name)]));
        }))
    }
}

async fn post_join(mut request: Request, id: ConversationId) -> HandlerResult {
    let (session, EmptyForm {}) = read_form(&mut request).await?;
    request
        .app
        .store
        .join_room(session.user().clone(), id)
        .await?;
    see_other(&paths::newest_messages(id))
}

fn leave_path(id: ConversationId) -> String {
    format!("{}/leave", paths::conversation(id))
}

/// A room, as a member sees it.
struct Room {
    id: ConversationId,
    name: String,
    open: bool,
    is_owner: bool,
}

impl Room {
    async fn load(request: &Request, session: &PageSession, id: ConversationId) -> Result<Self> {
        let (conversation, member) = request.app.store.conversation(session.id(), id).await?;
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

async fn get_people(request: Request, id: ConversationId) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let page = people_page(&request, &session, id, Field::default(), Field::default()).await?;
    Ok(page.into_response())
}

#[derive(Deserialize)]
struct AddForm {
    username: Option<String>,
}

async fn post_person(mut request: Request, id: ConversationId) -> HandlerResult {
    let (session, AddForm { username }) = read_form(&mut request).await?;
    let username = username.unwrap_or_default();
    let user = session.user().clone();
    match request
        .app
        .store
        .add_participant(user, id, username.clone())
        .await
    {
        Ok(Added::Joined) => see_other(&paths::people(id)),
        Ok(Added::Asked) => {
            let newcomer = Field::refused("", session.words.text("people.asked"));
            let page = people_page(&request, &session, id, newcomer, Field::default()).await?;
            Ok(page.into_response())
        }
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let newcomer = Field::refused(&username, session.words.reason(&refusal));
            let page = people_page(&request, &session, id, newcomer, Field::default()).await?;
            Ok(refusal.answer(page))
        }
    }
}

#[derive(Deserialize)]
struct UpdateForm {
    name: Option<String>,
    open: Option<String>,
}

async fn post_update(mut request: Request, id: ConversationId) -> HandlerResult {
    let (session, UpdateForm { name, open }) = read_form(&mut request).await?;
    match update(&request, &session, id, name.as_deref(), open.as_deref()).await {
        Ok(()) => see_other(&paths::people(id)),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let name = name.unwrap_or_default();
            let naming = Field::refused(&name, session.words.reason(&refusal));
            let page = people_page(&request, &session, id, Field::default(), naming).await?;
            Ok(refusal.answer(page))
        }
    }
}

async fn update(
    request: &Request,
    session: &PageSession,
    id: ConversationId,
    name: Option<&str>,
    open: Option<&str>,
) -> Result<()> {
    let change = RoomUpdate {
        name: name.map(room_name).transpose()?,
        open: open.map(|open| open == "yes"),
        owner: None,
    };
    let user = session.user().clone();
    request
        .app
        .store
        .update_room(user, id, change)
        .await
        .map(drop)
}

/// The page of a room’s people and settings. `newcomer` and `naming` are the contents of its two fields.
async fn people_page<'a>(
    request: &Request,
    session: &'a PageSession,
    id: ConversationId,
    newcomer: Field<'_>,
    naming: Field<'_>,
) -> HandlerResult<Page<'a>> {
    let room = Room::load(request, session, id).await?;
    let people = participants(&request.app, session.id(), id).await?;
    let words = session.words;
    let title = words.fill("people.title", &[("name", &room.name)]);
    let main = html! {
        h1 { (words.markup("people.title", &[("name", html! { bdi { (room.name) } })])) }
        p { a href=(paths::newest_messages(id)) { (words.text("page.back_to_conversation")) } }
        ul .people {
            @for person in &people { li { (row(&room, session, person)) } }
        }
        (session.form(paths::people(id), html! {
            (newcomer.name_field("username", words.text("people.add_field"), "off"))
            " " input type="submit" value=(words.text("people.add"));
        }))
        h2 { (words.text("room.title")) }
        @if room.is_owner { (rename_form(session, &room, naming)) }
        (open_form(session, &room))
        p { a href=(leave_path(id)) { (words.text("room.leave_link")) } }
    };
    Ok(Page::of(session, title, main))
}

fn row(room: &Room, session: &PageSession, person: &Participant) -> Markup {
    let words = session.words;
    let is_self = person.user.id == session.id();
    let name = marked_name(words, &person.user);
    html! {
        @if is_self { (words.markup("people.self", &[("name", name)])) } @else { (name) }
        @if person.user.display_name.is_some() { " (" bdi { (person.user.username) } ")" }
        @if person.role == Role::Owner { " " span .tag { (words.text("people.owner")) } }
        @if person.online && !is_self { " " span .tag { (words.text("people.online")) } }
        @if room.is_owner && !is_self {
            " " a href={ (paths::people(room.id)) "/" (person.user.id.to_string()) } { (words.text("people.manage")) }
        }
    }
}

fn room_form(session: &PageSession, room: &Room, fields: Markup) -> Markup {
    session.form(format!("{}/room", paths::conversation(room.id)), fields)
}

fn rename_form(session: &PageSession, room: &Room, naming: Field<'_>) -> Markup {
    let text = if naming.problem.is_some() {
        naming.text
    } else {
        &room.name
    };
    let naming = Field { text, ..naming };
    room_form(
        session,
        room,
        html! {
            (naming.name_field("name", session.words.text("room.name"), "off"))
            " " input type="submit" value=(session.words.text("room.rename"));
        },
    )
}

fn open_form(session: &PageSession, room: &Room) -> Markup {
    let (state, other, label) = if room.open {
        ("room.is_open", "no", "room.close")
    } else {
        ("room.is_private", "yes", "room.open")
    };
    let words = session.words;
    html! {
        p { (words.text(state)) }
        @if room.is_owner {
            (room_form(session, room, html! {
                (hidden("open", other))
                input type="submit" value=(words.text(label));
            }))
        }
    }
}

/// A member of a room, for the room’s owner.
async fn person(
    request: &Request,
    session: &PageSession,
    id: ConversationId,
    user: UserId,
) -> HandlerResult<(Room, Participant)> {
    let room = Room::load(request, session, id).await?;
    if !room.is_owner {
        return Err(Error::Forbidden("the room’s owner").into());
    }
    let people = participants(&request.app, session.id(), id).await?;
    let mut people = people.into_iter();
    let person = people.find(|person| person.user.id == user);
    Ok((room, person.ok_or(Error::NotFound("Participant"))?))
}

async fn get_participant(request: Request, id: ConversationId, user: UserId) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let (room, person) = person(&request, &session, id, user).await?;
    let words = session.words;
    let name = person.user.name();
    let named = |key| words.fill(key, &[("name", name)]);
    let action = format!("{}/{user}", paths::people(id));
    let main = html! {
        h1 { bdi { (name) } }
        p { (words.markup("person.note", &[("name", html! { bdi { (room.name) } })])) }
        (session.form(action, html! {
            p {
                input type="submit" name="owner" value=(named("person.make_owner")); " "
                input .danger type="submit" name="remove" value=(named("person.remove"));
            }
        }))
        p { a href=(paths::people(id)) { (words.text("person.back")) } }
    };
    Ok(Page::of(&session, name, main).into_response())
}

#[derive(Deserialize)]
struct ParticipantForm {
    owner: Option<String>,
    remove: Option<String>,
}

async fn post_participant(mut request: Request, id: ConversationId, user: UserId) -> HandlerResult {
    let (session, ParticipantForm { owner, remove }) = read_form(&mut request).await?;
    let (store, caller) = (&request.app.store, session.user().clone());
    if remove.is_some() {
        store.remove_participant(caller, id, user).await?;
    } else if owner.is_some() {
        let change = RoomUpdate {
            owner: Some(user),
            ..RoomUpdate::default()
        };
        store.update_room(caller, id, change).await?;
    }
    see_other(&paths::people(id))
}

async fn get_leave(request: Request, id: ConversationId) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let room = Room::load(&request, &session, id).await?;
    let words = session.words;
    let title = words.fill("leave.title", &[("name", &room.name)]);
    let main = html! {
        h1 { (words.markup("leave.title", &[("name", html! { bdi { (room.name) } })])) }
        p { (words.text("leave.note")) }
        (session.form(leave_path(id), html! {
            p {
                input .danger type="submit" value=(words.text("leave.leave")); " "
                a href=(paths::people(id)) { (words.text("page.cancel")) }
            }
        }))
    };
    Ok(Page::of(&session, title, main).into_response())
}

async fn post_leave(mut request: Request, id: ConversationId) -> HandlerResult {
    let (session, EmptyForm {}) = read_form(&mut request).await?;
    let user = session.user().clone();
    request
        .app
        .store
        .remove_participant(user, id, session.id())
        .await?;
    see_other("/plain")
}
