//! Proving again who one is, before something that lasts.

use maud::html;
use serde::Deserialize;
use warp::{Reply, reply::Response};

use super::{
    forms::{Field, PageSession, hidden, read_form},
    page::Page,
};
use crate::{
    contract::operations::proof::{ProofState, ProveIdentity},
    error::Error,
    http::{
        api::proof::{check, state},
        reply::{ErrorResponse, HandlerResult, see_other},
        request::Request,
        route::Route,
    },
    model::Permission,
    oauth::local_path,
};

const PATH: &str = "/plain/proof";
/// Where a provider sends people who came from the page with scripts, in a tab of its own.
const DONE_PATH: &str = "/plain/proof/done";

pub fn routes() -> Vec<Route> {
    vec![
        Route::get(PATH, Permission::Page, get_proof),
        Route::post(PATH, Permission::Form, post_proof),
        Route::get(DONE_PATH, Permission::Page, get_done),
    ]
}

/// Leads to the page that asks for proof, and from there on to `next`.
pub fn ask(next: &str) -> HandlerResult {
    let next = serde_urlencoded::to_string([("next", next)]).map_err(|_| Error::Internal)?;
    see_other(&format!("{PATH}?{next}"))
}

async fn get_proof(request: Request) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let next = local_path(request.query.get("next"));
    let state = state(&request).await?;
    if state.fresh_until.is_some() {
        return see_other(&next);
    }
    Ok(proof_page(&request, &session, &state, &next, Field::default()).into_response())
}

fn proof_page<'a>(
    request: &Request,
    session: &'a PageSession,
    state: &ProofState,
    next: &str,
    field: Field<'_>,
) -> Page<'a> {
    let words = session.words;
    let title = words.text("proof.title");
    let main = html! {
        h1 { (title) }
        p { (words.text("proof.note")) }
        (field.reason())
        @if state.password || state.code {
            (session.form(PATH, html! {
                (hidden("next", next))
                @if state.password {
                    div {
                        label for="password" { (words.text("sign_in.password")) } " "
                        input #password type="password" name="password" autocomplete="current-password" required
                            aria-describedby=[field.described_by()];
                    }
                }
                @if state.code { (code_field(words)) }
                p { input .primary type="submit" value=(words.text("proof.submit")); }
            }))
        }
        @for id in &state.providers {
            @if let Some(provider) = request.app.settings.oauth.provider(id) {
                @let query = serde_urlencoded::to_string([("prove", "1"), ("next", next)]).unwrap_or_default();
                p {
                    a href={ "/api/oauth/" (id) "?" (query) } {
                        (words.fill("proof.continue_with", &[("name", &provider.name)]))
                    }
                }
            }
        }
        p { a href="/plain/settings" { (words.text("page.cancel")) } }
    };
    Page::of(session, title, main)
}

/// The field for the code of the second step, of either kind.
pub fn code_field(words: &super::words::Language) -> maud::Markup {
    html! {
        div {
            label for="code" { (words.text("sign_in.code")) } " "
            input #code name="code" required autocomplete="one-time-code" autocapitalize="none" spellcheck="false";
        }
    }
}

#[derive(Deserialize)]
struct ProofForm {
    next: Option<String>,
    password: Option<String>,
    code: Option<String>,
}

async fn post_proof(mut request: Request) -> HandlerResult {
    let (session, form) = read_form::<ProofForm>(&mut request).await?;
    let next = local_path(form.next.as_deref());
    let proof = ProveIdentity {
        password: form.password,
        code: form.code,
        passkey: None,
    };
    match check(&request, proof).await {
        Ok(()) => see_other(&next),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let field = Field::refused("", session.words.reason(&refusal));
            let state = state(&request).await?;
            let page = proof_page(&request, &session, &state, &next, field);
            Ok(refusal.answer(page))
        }
    }
}

async fn get_done(request: Request) -> Result<Response, ErrorResponse> {
    let session = PageSession::of(&request)?;
    let title = session.words.text("proof.done");
    let main = html! {
        h1 { (title) }
        p { (session.words.text("proof.close")) }
    };
    Ok(Page::of(&session, title, main).into_response())
}
