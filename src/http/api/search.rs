//! Searching messages.

use crate::{
    contract::operations::search::{
        self as contract, DEFAULT_RESULTS, MOST_RESULTS, SearchResult, SearchResults,
    },
    error::{Error, Result},
    http::{
        door::query::Query as AddressQuery,
        reply::{HandlerResult, ok},
        request::Request,
        route::Route,
    },
    model::Permission,
    search::Query,
    store::SearchIn,
};

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/search", Permission::Read, search)
            .operation(contract::search())
            .compressed(),
    ]
}

async fn search(request: Request) -> HandlerResult {
    let caller = request.user()?.id;
    let asked = &request.query;
    let query = Query::new(asked.get("q").unwrap_or_default())?;
    let place = SearchIn::Visible(caller, asked.id("conversation", "conversation")?);
    let before = asked.id("before", "message")?;
    let limit = limit(asked)?;
    let found = request
        .app
        .store
        .search(query, place, before, limit)
        .await?;
    let results = found.hits.iter().map(|hit| SearchResult {
        message: hit.message.view(caller),
        matches: &hit.matches,
    });
    Ok(ok(&SearchResults {
        results: results.collect(),
        before: found.before,
    }))
}

fn limit(query: &AddressQuery) -> Result<u32> {
    let Some(text) = query.get("limit") else {
        return Ok(DEFAULT_RESULTS);
    };
    let limit = text.parse().ok();
    limit
        .filter(|limit| (1..=MOST_RESULTS).contains(limit))
        .ok_or_else(|| Error::invalid("limit", format!("limit must be 1 to {MOST_RESULTS}.")))
}
