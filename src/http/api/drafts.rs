//! What people have begun to write.

use crate::{
    contract::operations::drafts::{self as contract, SetDraft},
    http::{
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{ConversationId, Permission, draft_content},
};

pub fn routes() -> Vec<Route> {
    let (draft, person) = ("/api/conversations/{id}/draft", Permission::Person);
    vec![
        Route::get("/api/drafts", person, list).operation(contract::list()),
        Route::put(draft, person, set).operation(contract::set()),
        Route::delete(draft, person, delete).operation(contract::delete()),
    ]
}

async fn list(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    Ok(ok(&request.app.store.drafts(user).await?))
}

async fn set(mut request: Request, id: ConversationId) -> HandlerResult {
    let SetDraft { content } = request.json().await?;
    let content = draft_content(content.unwrap_or_default())?;
    let session = request.session()?;
    let store = &request.app.store;
    let draft = store.set_draft(session.user.id, session.id, id, content);
    Ok(ok(&draft.await?))
}

async fn delete(request: Request, id: ConversationId) -> HandlerResult {
    let session = request.session()?;
    let store = &request.app.store;
    store.delete_draft(session.user.id, session.id, id).await?;
    Ok(no_content())
}
