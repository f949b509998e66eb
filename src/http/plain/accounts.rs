//! Signing in and out. The form for signing in has no token, because there is no session yet to bind it to. It is
//! protected only by the check of the origin.

use maud::{Markup, html};
use serde::Deserialize;
use warp::Reply;

use super::{
    forms::{EmptyForm, Field, hidden, read_form},
    language,
    page::Page,
    paths,
    proof::code_field,
    words::Language,
};
use crate::{
    contract::operations::accounts::{Credentials, Registration},
    error::ErrorCode,
    http::{
        ServerSettings,
        api::accounts,
        reply::{ErrorResponse, HandlerResult, see_other},
        request::Request,
        route::Route,
    },
    model::{Permission, Rate},
    store::SignedUp,
};

/// The users that development mode creates.
const PEOPLE: [&str; 2] = ["john", "jane"];

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/plain/sign-in", Permission::Public, get_sign_in),
        Route::post("/plain/sign-in", Permission::SignIn, post_sign_in),
        Route::post("/plain/sign-out", Permission::Form, post_sign_out).rate(Rate::Protect),
    ]
}

async fn get_sign_in(request: Request) -> HandlerResult {
    let app = &request.app;
    let signup = accounts::signup(app).await?;
    let words = language::of(&request.caller);
    Ok(sign_in_page(words, &app.settings, signup, Field::default()).into_response())
}

#[derive(Deserialize)]
struct SignInForm {
    username: Option<String>,
    password: Option<String>,
    /// The second step.
    code: Option<String>,
    /// An invitation or a setup link: the whole URL, or the part after its `#`.
    link: Option<String>,
    /// The name of the default room, which comes with a setup link. Without one there is none.
    room: Option<String>,
    /// The name of the button that creates an account.
    create: Option<String>,
}

async fn post_sign_in(mut request: Request) -> HandlerResult {
    let form: SignInForm = request.form().await?;
    let (app, caller) = (&request.app, &request.caller);
    let name = form.username.clone().unwrap_or_default();
    let signed_in = if form.create.is_some() {
        accounts::sign_up(app, caller, form.registration()).await
    } else {
        let signed_in = accounts::sign_in(app, caller, form.credentials()).await;
        signed_in.map(|signed_in| SignedUp {
            signed_in,
            landing: None,
        })
    };
    match signed_in {
        Ok(SignedUp { signed_in, landing }) => {
            let next = landing.map_or_else(|| "/plain".to_owned(), paths::newest_messages);
            let mut answer = see_other(&next)?;
            caller.keep_signed_in(app, &signed_in, &mut answer).await?;
            Ok(answer)
        }
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let signup = accounts::signup(app).await?;
            let words = language::of(caller);
            let field = Field::refused(&name, words.reason(&refusal));
            let is_second = matches!(
                refusal.code(),
                ErrorCode::SecondFactorRequired | ErrorCode::WrongCode
            );
            let page = if is_second {
                second_step_page(words, &name, field)
            } else {
                sign_in_page(words, &app.settings, signup, field)
            };
            Ok(refusal.answer(page))
        }
    }
}

impl SignInForm {
    fn credentials(self) -> Credentials {
        Credentials {
            username: self.username,
            password: self.password,
            code: self.code,
        }
    }

    fn registration(self) -> Registration {
        let link = self.link.unwrap_or_default();
        let (page, token) = link.trim().rsplit_once('#').unwrap_or(("", link.trim()));
        let token = Some(token.to_owned());
        let (invite, setup_token) = if page.ends_with("/setup") {
            (None, token)
        } else {
            (token, None)
        };
        Registration {
            username: self.username,
            password: self.password,
            invite,
            setup_token,
            room: self.room.filter(|room| !room.trim().is_empty()),
        }
    }
}

/// Asks for the password once more, as no page has it, and for the code.
fn second_step_page(words: &'static Language, name: &str, field: Field<'_>) -> Page<'static> {
    let title = words.text("sign_in.second_step");
    let main = html! {
        h1 { (title) }
        p { (words.text("sign_in.second_step_note")) }
        (field.reason())
        form method="post" action="/plain/sign-in" {
            (hidden("username", name))
            (password(words, "password", "current-password"))
            (code_field(words))
            p { input .primary type="submit" value=(words.text("sign_in.submit")); }
        }
        p { a href="/plain/sign-in" { (words.text("page.cancel")) } }
    };
    Page::for_anybody(words, title, main)
}

fn sign_in_page(
    words: &'static Language,
    settings: &ServerSettings,
    signup: &str,
    name: Field<'_>,
) -> Page<'static> {
    let main = html! {
        h1 { "Tincan" }
        @if settings.dev {
            p { (words.text("sign_in.dev")) }
            form method="post" action="/plain/sign-in" {
                p { @for username in PEOPLE { input type="submit" name="username" value=(username); " " } }
            }
            form method="post" action="/plain/sign-in" {
                div { (name.name_field("username", words.text("sign_in.someone_else"), "username")) }
                p {
                    input .primary type="submit" value=(words.text("sign_in.submit")); " "
                    input type="submit" name="create" value=(words.text("sign_in.create"));
                }
            }
        } @else {
            form method="post" action="/plain/sign-in" {
                div { (name.name_field("username", words.text("sign_in.username"), "username")) }
                (password(words, "password", "current-password"))
                p { input .primary type="submit" value=(words.text("sign_in.submit")); }
            }
            @if signup != "closed" { (new_account(words, signup)) }
        }
        p { a href="/" { (words.text("sign_in.full_version")) } }
    };
    Page::for_anybody(words, words.text("sign_in.submit"), main)
}

fn password(words: &'static Language, id: &str, autocomplete: &str) -> Markup {
    html! {
        div {
            label for=(id) { (words.text("sign_in.password")) } " "
            input #(id) type="password" name="password" autocomplete=(autocomplete) required;
        }
    }
}

fn new_account(words: &'static Language, signup: &str) -> Markup {
    let label = match signup {
        "setup" => Some(words.text("sign_in.setup_link")),
        "invite" => Some(words.text("sign_in.invitation_link")),
        _ => None,
    };
    html! {
        h2 { (words.text("sign_in.new")) }
        form method="post" action="/plain/sign-in" {
            @if let Some(label) = label {
                div {
                    label for="link" { (label) } " "
                    input #link name="link" required autocomplete="off" spellcheck="false";
                }
            }
            div {
                label for="new-username" { (words.text("sign_in.username")) } " "
                input #new-username name="username" required autocomplete="username" autocapitalize="none" spellcheck="false";
            }
            (password(words, "new-password", "new-password"))
            @if signup == "setup" {
                div {
                    label for="room" { (words.text("sign_in.room")) } " "
                    input #room name="room" value=(words.text("sign_in.everyone")) dir="auto" autocomplete="off";
                }
            }
            p { input type="submit" name="create" value=(words.text("sign_in.create")); }
        }
    }
}

async fn post_sign_out(mut request: Request) -> HandlerResult {
    let (_, EmptyForm {}) = read_form(&mut request).await?;
    let answer = see_other("/plain/sign-in")?;
    accounts::sign_out(&request, answer).await
}
