//! Pinning messages in their conversation.

use crate::{
    contract::operations::pins as contract,
    http::{
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{ConversationId, MessageId, Permission},
};

pub fn routes() -> Vec<Route> {
    let (read, send) = (Permission::Read, Permission::Send);
    vec![
        Route::get("/api/conversations/{id}/pins", read, list).operation(contract::list()),
        Route::put("/api/messages/{id}/pin", send, pin).operation(contract::pin()),
        Route::delete("/api/messages/{id}/pin", send, unpin).operation(contract::unpin()),
    ]
}

async fn list(request: Request, id: ConversationId) -> HandlerResult {
    let user = request.user()?.id;
    let messages = request.app.store.pinned(user, id).await?;
    let views: Vec<_> = messages.iter().map(|message| message.view(user)).collect();
    Ok(ok(&views))
}

async fn pin(request: Request, id: MessageId) -> HandlerResult {
    let user = request.user()?.id;
    let message = request.app.store.pin(user, id).await?;
    Ok(ok(&message.view(user)))
}

async fn unpin(request: Request, id: MessageId) -> HandlerResult {
    let user = request.user()?.id;
    request.app.store.unpin(user, id).await?;
    Ok(no_content())
}
