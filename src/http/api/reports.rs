//! Reporting messages to the administrators, and what they do with the reports.

use crate::{
    contract::operations::reports::{self as contract, ReportMessage},
    http::{
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{MessageId, Permission, ReportId, report_reason},
};

pub fn routes() -> Vec<Route> {
    let (person, administrator) = (Permission::Person, Permission::Administrator);
    vec![
        Route::post("/api/messages/{id}/reports", person, create).operation(contract::create()),
        Route::get("/api/admin/reports", administrator, list).operation(contract::list()),
        Route::delete("/api/admin/reports/{id}", administrator, delete)
            .operation(contract::delete()),
    ]
}

async fn create(mut request: Request, id: MessageId) -> HandlerResult {
    let ReportMessage { reason } = request.json_or_default().await?;
    let reason = report_reason(reason.as_deref())?;
    let user = request.user()?.id;
    request.app.store.report(user, id, reason).await?;
    Ok(no_content())
}

async fn list(request: Request) -> HandlerResult {
    let before = request.query.id("before", "report")?;
    Ok(ok(&request.app.store.reports(before).await?))
}

async fn delete(request: Request, id: ReportId) -> HandlerResult {
    request.app.store.delete_report(id).await?;
    Ok(no_content())
}
