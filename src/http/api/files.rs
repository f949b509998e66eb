//! The files of messages, for those who may see the messages.

use std::{ops::Range, sync::Arc};

use futures_util::stream;
use warp::{
    Reply,
    http::{
        HeaderValue, StatusCode,
        header::{
            ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
            CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap,
        },
    },
    reply::Response,
};

use super::messages::limit;
use crate::{
    contract::operations::uploads as contract,
    error::{Error, Result},
    http::{
        disposition::{content_disposition, is_shown},
        range::{Selection, select},
        reply::{HARMLESS, HandlerResult, IMMUTABLE, ok, picture},
        request::Request,
        route::Route,
    },
    model::{ConversationId, Permission, UploadId},
    store::{File, Store},
};

/// Bytes that are read at once: few enough that hundreds of slow readers need little memory.
const PIECE: u64 = 64 * 1024;

pub fn routes() -> Vec<Route> {
    let read = Permission::Read;
    vec![
        Route::get("/api/conversations/{id}/attachments", read, list).operation(contract::list()),
        Route::get("/api/files/{id}", read, file).operation(contract::read()),
        Route::get("/api/files/{id}/thumb", read, thumb).operation(contract::thumb()),
    ]
}

async fn list(request: Request, conversation: ConversationId) -> HandlerResult {
    let (query, user) = (&request.query, request.user()?.id);
    let before = query.id("before", "attachment")?;
    let files = request
        .app
        .store
        .conversation_attachments(user, conversation, before, limit(query)?)
        .await?;
    Ok(ok(&files))
}

async fn file(request: Request, id: UploadId) -> HandlerResult {
    let file = request.app.store.file(request.user()?.id, id).await?;
    let size = file.attachment.size;
    let etag = format!("\"{}\"", hex::encode(&file.hash));
    let is_shown = is_shown(&file.attachment.kind) && request.query.get("download").is_none();
    let mut headers = HeaderMap::new();
    set(&mut headers, ETAG, &etag)?;
    set(&mut headers, CACHE_CONTROL, IMMUTABLE)?;
    let caller = &request.caller;
    let selection = select(caller.method(), caller.headers(), &etag, size);
    let (status, bytes) = match selection {
        Selection::NotModified => (StatusCode::NOT_MODIFIED, None),
        Selection::Unsatisfiable => {
            set(&mut headers, CONTENT_RANGE, &format!("bytes */{size}"))?;
            (StatusCode::RANGE_NOT_SATISFIABLE, None)
        }
        Selection::Whole => (StatusCode::OK, Some(0..size)),
        Selection::Part(bytes) => {
            let range = format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1);
            set(&mut headers, CONTENT_RANGE, &range)?;
            (StatusCode::PARTIAL_CONTENT, Some(bytes))
        }
    };
    let Some(bytes) = bytes else {
        return Ok(answer(status, headers, Response::default()));
    };
    let name = &file.attachment.name;
    set(&mut headers, CONTENT_TYPE, &file.attachment.kind)?;
    set(
        &mut headers,
        CONTENT_DISPOSITION,
        &content_disposition(is_shown, name),
    )?;
    set(
        &mut headers,
        CONTENT_LENGTH,
        &(bytes.end - bytes.start).to_string(),
    )?;
    set(&mut headers, ACCEPT_RANGES, "bytes")?;
    set(&mut headers, CONTENT_SECURITY_POLICY, HARMLESS)?;
    let body = stream(request.app.store.clone(), Arc::new(file), bytes);
    Ok(answer(status, headers, body))
}

/// Streams bytes of a file, piece by piece as the client takes them.
fn stream(store: Store, file: Arc<File>, bytes: Range<u64>) -> Response {
    let pieces = stream::unfold(bytes, move |rest| {
        let (store, file) = (store.clone(), Arc::clone(&file));
        async move {
            if rest.is_empty() {
                return None;
            }
            let length = PIECE.min(rest.end - rest.start);
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            match store.file_bytes(&file, rest.start, length).await {
                Ok(piece) => {
                    let next = rest.start + piece.len() as u64..rest.end;
                    Some((Ok(piece), next))
                }
                // Deleted meanwhile, or the server is stopping. The connection ends, so that the client knows.
                Err(error) => Some((Err(error), rest.end..rest.end)),
            }
        }
    });
    warp::reply::stream(pieces).into_response()
}

fn answer(status: StatusCode, headers: HeaderMap, mut response: Response) -> Response {
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    response
}

fn set(headers: &mut HeaderMap, name: warp::http::HeaderName, value: &str) -> Result<()> {
    let value = HeaderValue::try_from(value).map_err(|_| Error::Internal)?;
    headers.insert(name, value);
    Ok(())
}

async fn thumb(request: Request, id: UploadId) -> HandlerResult {
    picture(request.app.store.thumb(request.user()?.id, id).await?)
}
