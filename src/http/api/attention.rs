//! Saying that somebody sits in front of a device.

use crate::{
    contract::operations::attention::{self as contract, SetAttention},
    http::{
        reply::{HandlerResult, no_content},
        request::Request,
        route::Route,
    },
    model::{Permission, Rate},
};

pub fn routes() -> Vec<Route> {
    vec![
        Route::put("/api/attention", Permission::Person, set)
            .rate(Rate::Attention)
            .operation(contract::set()),
    ]
}

async fn set(mut request: Request) -> HandlerResult {
    let SetAttention { attentive } = request.json().await?;
    let session = request.session()?;
    let attention = &request.app.attention;
    attention.set(session.user.id, session.id, attentive);
    Ok(no_content())
}
