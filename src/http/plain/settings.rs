//! One’s own account: names, and deleting it.

use maud::{Markup, html};
use serde::Deserialize;
use warp::{Reply, reply::Response};

use super::{
    forms::{Field, PageSession, read_form},
    page::Page,
    proof,
    words::Language,
};
use crate::{
    contract::operations::profile::{DeleteAccount, UpdateProfile},
    http::{
        api::profile::delete_account,
        door::authorize::require_proof,
        reply::{ErrorResponse, HandlerResult, see_other},
        request::Request,
        route::Route,
    },
    model::{Permission, Rate},
};

const PATH: &str = "/plain/settings";
const PRIVACY_PATH: &str = "/plain/settings/privacy";
const DELETE_PATH: &str = "/plain/settings/delete";

pub fn routes() -> Vec<Route> {
    let (page, form) = (Permission::Page, Permission::Form);
    vec![
        Route::get(PATH, page, get_settings),
        Route::post(PATH, form, post_names),
        Route::post(PRIVACY_PATH, form, post_privacy),
        Route::get(DELETE_PATH, page, get_delete),
        Route::post(DELETE_PATH, form, post_delete).rate(Rate::Protect),
    ]
}

/// The names, as they are or as they were typed and refused.
struct Names<'a> {
    username: Field<'a>,
    display_name: Field<'a>,
}

async fn get_settings(request: Request) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let user = session.user();
    let names = Names {
        username: Field::new(&user.username),
        display_name: Field::new(user.display_name.as_deref().unwrap_or_default()),
    };
    let page = settings_page(&request, &session, &names).await?;
    Ok(page.into_response())
}

async fn settings_page<'a>(
    request: &Request,
    session: &'a PageSession,
    names: &Names<'_>,
) -> HandlerResult<Page<'a>> {
    let asks_first = request.app.store.asks_first(session.id()).await?;
    let words = session.words;
    let Names {
        username,
        display_name,
    } = names;
    let title = words.text("settings.title");
    let main = html! {
        h1 { (title) }
        (session.form(PATH, html! {
            div { (username.name_field("username", words.text("sign_in.username"), "username")) }
            div {
                label for="displayName" { (words.text("settings.display_name")) } " "
                (display_name.reason())
                input #displayName name="displayName" value=(display_name.text) dir="auto" autocomplete="name"
                    aria-describedby={ "display-name-note" @if let Some(id) = display_name.described_by() { " " (id) } };
                p #display-name-note { (words.text("settings.display_name_note")) }
            }
            p { input .primary type="submit" value=(words.text("page.save")); }
        }))
        (session.form(PRIVACY_PATH, html! {
            p {
                label .choice {
                    input type="checkbox" name="asksFirst" value="yes" checked[asks_first];
                    " " (words.text("settings.asks_first"))
                }
            }
            p { input type="submit" value=(words.text("page.save")); }
        }))
        p { a href=(DELETE_PATH) { (words.text("settings.delete")) } }
    };
    Ok(Page::of(session, title, main))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrivacyForm {
    asks_first: Option<String>,
}

async fn post_privacy(mut request: Request) -> HandlerResult {
    let (session, PrivacyForm { asks_first }) = read_form(&mut request).await?;
    let store = &request.app.store;
    store
        .set_asks_first(session.id(), asks_first.is_some())
        .await?;
    see_other(PATH)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NamesForm {
    username: String,
    display_name: String,
}

async fn post_names(mut request: Request) -> HandlerResult {
    let (session, form) = read_form::<NamesForm>(&mut request).await?;
    let display_name = Some(form.display_name.as_str()).filter(|name| !name.trim().is_empty());
    let update = UpdateProfile {
        username: Some(form.username.clone()),
        display_name: Some(display_name.map(str::to_owned)),
    };
    let store = &request.app.store;
    let updated = match update.checked() {
        Ok(update) => store.update_names(session.id(), update).await,
        Err(error) => Err(error),
    };
    match updated {
        Ok(_) => see_other(PATH),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let mut names = Names {
                username: Field::new(&form.username),
                display_name: Field::new(&form.display_name),
            };
            let refused = match refusal.field() {
                Some("displayName") => &mut names.display_name,
                _ => &mut names.username,
            };
            refused.problem = Some(session.words.reason(&refusal));
            let page = settings_page(&request, &session, &names).await?;
            Ok(refusal.answer(page))
        }
    }
}

async fn get_delete(request: Request) -> HandlerResult {
    let session = PageSession::of(&request)?;
    if let Some(answer) = prove_first(&request, &session).await? {
        return Ok(answer);
    }
    let page = delete_page(&request, &session, Field::default()).await?;
    Ok(page.into_response())
}

/// Without a password, what confirms the deletion is no secret. So they prove first who they are.
async fn prove_first(request: &Request, session: &PageSession) -> HandlerResult<Option<Response>> {
    let app = &request.app;
    let has_password = app.store.password_hash(session.id()).await?.is_some();
    if has_password || require_proof(app, request.session()?).is_ok() {
        return Ok(None);
    }
    proof::ask(DELETE_PATH).map(Some)
}

async fn delete_page<'a>(
    request: &Request,
    session: &'a PageSession,
    field: Field<'_>,
) -> HandlerResult<Page<'a>> {
    let has_password = request
        .app
        .store
        .password_hash(session.id())
        .await?
        .is_some();
    let words = session.words;
    let title = words.text("delete_account.title");
    let main = html! {
        h1 { (title) }
        p { (words.text("delete_account.note")) }
        (session.form(DELETE_PATH, html! {
            div { (confirmation(words, has_password, field)) }
            p {
                input .danger type="submit" value=(words.text("settings.delete")); " "
                a href=(PATH) { (words.text("page.cancel")) }
            }
        }))
    };
    Ok(Page::of(session, title, main))
}

fn confirmation(words: &'static Language, has_password: bool, field: Field<'_>) -> Markup {
    if !has_password {
        return field.name_field("username", words.text("delete_account.confirm"), "off");
    }
    html! {
        label for="password" { (words.text("sign_in.password")) } " "
        (field.reason())
        input #password type="password" name="password" autocomplete="current-password" required
            aria-describedby=[field.described_by()];
    }
}

async fn post_delete(mut request: Request) -> HandlerResult {
    let (session, confirmation) = read_form::<DeleteAccount>(&mut request).await?;
    let app = &request.app;
    if let Some(answer) = prove_first(&request, &session).await? {
        return Ok(answer);
    }
    match delete_account(&request, confirmation).await {
        Ok(()) => {
            let mut answer = see_other("/plain/sign-in")?;
            request.caller.forget_session(&app.settings, &mut answer)?;
            Ok(answer)
        }
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            // A username that isn’t one’s own is no invalid username.
            let reason = match refusal.field() {
                Some("username") => session.words.text("delete_account.wrong_username"),
                _ => session.words.reason(&refusal),
            };
            let field = Field::refused("", reason);
            let page = delete_page(&request, &session, field).await?;
            Ok(refusal.answer(page))
        }
    }
}
