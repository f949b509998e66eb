//! Files on their way to the server.

use crate::{
    contract::operations::uploads::{self as contract, CreateUpload},
    error::{Error, Result},
    http::{
        door::query::Query,
        reply::{HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{Description, Permission, Rate, THUMB_BYTES, UploadId, UserId, file_name, thumb},
    store::{NewUpload, Picture},
};
use warp::http::StatusCode;

/// The most bytes of a part.
const PART_BYTES: usize = 1024 * 1024;

pub fn routes() -> Vec<Route> {
    let send = Permission::Send;
    let upload = "/api/uploads/{id}";
    vec![
        Route::post("/api/uploads", send, create)
            .rate(Rate::Upload)
            .operation(contract::create()),
        Route::get(upload, send, show).operation(contract::show()),
        // The sizes of files and of parts limit it, and the turn of each user.
        Route::put(upload, send, append)
            .unlimited()
            .operation(contract::append()),
        Route::delete(upload, send, cancel).operation(contract::cancel()),
        Route::put("/api/uploads/{id}/thumb", send, set_thumb).operation(contract::set_thumb()),
    ]
}

impl CreateUpload {
    /// Checks the fields and makes the upload for the store.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a field isn't valid.
    pub fn checked(self, user: UserId) -> Result<NewUpload> {
        let size = self
            .size
            .ok_or_else(|| Error::invalid("size", "Enter the size of the file in bytes."))?;
        let name = self.name.unwrap_or_default();
        Ok(NewUpload {
            user,
            name: file_name(&name),
            size,
            description: Description::new(
                self.alt,
                self.duration,
                self.thumbhash.as_deref(),
                self.waveform,
            )?,
        })
    }
}

async fn create(mut request: Request) -> HandlerResult {
    let new: CreateUpload = request.json().await?;
    let new = new.checked(request.user()?.id)?;
    let limits = request.app.settings.files;
    let upload = request.app.store.create_upload(new, limits).await?;
    Ok(json(StatusCode::CREATED, &upload))
}

async fn show(request: Request, id: UploadId) -> HandlerResult {
    let user = request.user()?.id;
    Ok(ok(&request.app.store.upload(user, id).await?))
}

async fn append(mut request: Request, id: UploadId) -> HandlerResult {
    let (app, user) = (request.app.clone(), request.user()?.id);
    let offset = offset(&request.query)?;
    // Who sends many parts at once keeps only themselves waiting, and no memory.
    let turn = app.store.upload_turn(user).await?;
    let part = request.file(PART_BYTES).await?;
    Ok(ok(&app.store.append(&turn, id, offset, &part).await?))
}

fn offset(query: &Query) -> Result<u64> {
    let offset = query.get("offset").and_then(|offset| offset.parse().ok());
    offset.ok_or_else(|| Error::invalid("offset", "offset must be a number of bytes."))
}

async fn set_thumb(mut request: Request, id: UploadId) -> HandlerResult {
    let bytes = request.file(THUMB_BYTES).await?;
    let kind = thumb(&bytes)?.to_owned();
    let user = request.user()?.id;
    let picture = Picture { kind, bytes };
    request.app.store.set_thumb(user, id, picture).await?;
    Ok(no_content())
}

async fn cancel(request: Request, id: UploadId) -> HandlerResult {
    let user = request.user()?.id;
    request.app.store.cancel_upload(user, id).await?;
    Ok(no_content())
}
