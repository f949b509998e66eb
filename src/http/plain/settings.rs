//! One’s own account: names, and deleting it.

use maud::{Markup, html};
use serde::Deserialize;
use warp::{Reply, http::header::SET_COOKIE};

use super::{
    forms::{Field, PageSession, read_form},
    page::Page,
};
use crate::{
    contract::operations::profile::{DeleteAccount, UpdateProfile},
    http::{
        api::profile::delete_account,
        door::caller::no_session_cookie,
        reply::{ErrorResponse, HandlerResult, see_other},
        request::Request,
        route::Route,
    },
    model::Permission,
};

const PATH: &str = "/plain/settings";
const DELETE_PATH: &str = "/plain/settings/delete";

pub fn routes() -> Vec<Route> {
    let (page, form) = (Permission::Page, Permission::Form);
    vec![
        Route::get(PATH, page, get_settings),
        Route::post(PATH, form, post_names),
        Route::get(DELETE_PATH, page, get_delete),
        Route::post(DELETE_PATH, form, post_delete),
    ]
}

/// The names, as they are or as they were typed and refused.
struct Names<'a> {
    username: &'a str,
    display_name: &'a str,
    problem: Option<&'a str>,
}

async fn get_settings(request: Request) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let user = session.user();
    let names = Names {
        username: &user.username,
        display_name: user.display_name.as_deref().unwrap_or_default(),
        problem: None,
    };
    Ok(settings_page(&session, &names).into_response())
}

fn settings_page<'a>(session: &'a PageSession, names: &Names<'_>) -> Page<'a> {
    let username = Field {
        text: names.username,
        problem: names.problem,
    };
    let main = html! {
        h1 { "Settings" }
        (session.form(PATH, html! {
            div { (username.name_field("username", "Username", "username")) }
            div {
                label for="displayName" { "Display name" } " "
                input #displayName name="displayName" value=(names.display_name) dir="auto" autocomplete="name"
                    aria-describedby="display-name-note";
                p #display-name-note { "The name others see. Without one, they see your username." }
            }
            p { input .primary type="submit" value="Save"; }
        }))
        p { a href=(DELETE_PATH) { "Delete my account" } }
    };
    Page::of(session, "Settings", main)
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
            let names = Names {
                username: &form.username,
                display_name: &form.display_name,
                problem: Some(refusal.message()),
            };
            let page = settings_page(&session, &names);
            Ok(refusal.answer(page))
        }
    }
}

async fn get_delete(request: Request) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let page = delete_page(&request, &session, Field::default()).await?;
    Ok(page.into_response())
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
    let title = "Delete your account?";
    let main = html! {
        h1 { (title) }
        p {
            "You leave your rooms, your bots and tokens go, and your username is free for others. Messages that you sent "
            "stay, without your name. This can’t be undone."
        }
        (session.form(DELETE_PATH, html! {
            div { (confirmation(has_password, field)) }
            p {
                input .danger type="submit" value="Delete my account"; " "
                a href=(PATH) { "Cancel" }
            }
        }))
    };
    Ok(Page::of(session, title, main))
}

fn confirmation(has_password: bool, field: Field<'_>) -> Markup {
    if !has_password {
        return field.name_field("username", "Your username, to confirm", "off");
    }
    html! {
        label for="password" { "Password" } " "
        (field.reason())
        input #password type="password" name="password" autocomplete="current-password" required
            aria-describedby=[field.described_by()];
    }
}

async fn post_delete(mut request: Request) -> HandlerResult {
    let (session, confirmation) = read_form::<DeleteAccount>(&mut request).await?;
    let app = &request.app;
    match delete_account(app, &request.caller, session.user(), confirmation).await {
        Ok(()) => {
            let mut answer = see_other("/plain/sign-in")?;
            let cookie = no_session_cookie(&app.settings)?;
            answer.headers_mut().insert(SET_COOKIE, cookie);
            Ok(answer)
        }
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let reason = session.words.reason(&refusal);
            let field = Field::refused("", &reason);
            let page = delete_page(&request, &session, field).await?;
            Ok(refusal.answer(page))
        }
    }
}
