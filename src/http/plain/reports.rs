//! The page to report a message to the administrators.

use maud::html;
use serde::Deserialize;
use warp::Reply;

use super::{
    forms::{Field, PageSession, normalize_line_breaks, read_form},
    messages::{View, back, quote},
    page::Page,
};
use crate::{
    error::Result,
    http::{
        reply::{ErrorResponse, HandlerResult, see_other},
        request::Request,
        route::Route,
    },
    model::{MessageId, Permission, report_reason},
};

const PATH: &str = "/plain/messages/{id}/report";

pub fn routes() -> Vec<Route> {
    vec![
        Route::get(PATH, Permission::Page, get_report),
        Route::post(PATH, Permission::Form, post_report),
    ]
}

async fn get_report(request: Request, id: MessageId) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let page = report_page(&request, &session, id, Field::default()).await?;
    Ok(page.into_response())
}

#[derive(Deserialize)]
struct ReportForm {
    content: Option<String>,
}

async fn post_report(mut request: Request, id: MessageId) -> HandlerResult {
    let (session, ReportForm { content }) = read_form(&mut request).await?;
    let reason = normalize_line_breaks(content);
    match report(&request, &session, id, &reason).await {
        Ok(()) => {
            let message = request.app.store.message(session.id(), id).await?;
            see_other(&View::of(&request.query)?.path_to(&message))
        }
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let field = Field::refused(&reason, session.words.reason(&refusal));
            let page = report_page(&request, &session, id, field).await?;
            Ok(refusal.answer(page))
        }
    }
}

async fn report(
    request: &Request,
    session: &PageSession,
    id: MessageId,
    reason: &str,
) -> Result<()> {
    let reason = report_reason(Some(reason))?;
    request.app.store.report(session.id(), id, reason).await
}

async fn report_page<'a>(
    request: &Request,
    session: &'a PageSession,
    id: MessageId,
    field: Field<'_>,
) -> HandlerResult<Page<'a>> {
    let view = View::of(&request.query)?;
    let message = request.app.store.message(session.id(), id).await?;
    let words = session.words;
    let title = words.text("message.report_title");
    let main = html! {
        h1 { (title) }
        (quote(&message, session))
        p { (words.text("message.report_note")) }
        (session.form(view.action(id, "report"), html! {
            (field.text_field(html! { (words.text("message.report_reason")) }, false))
            p {
                input .primary type="submit" value=(words.text("message.report")); " "
                (back(&message, view, words.text("page.cancel")))
            }
        }))
    };
    Ok(Page::of(session, title, main))
}
