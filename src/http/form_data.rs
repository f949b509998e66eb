//! Forms with files (`multipart/form-data`, RFC 7578). A file goes into the store piece by piece while it arrives, as if it
//! had been uploaded in parts; in memory there is one piece of it.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Poll, ready},
};

use futures_util::{StreamExt, stream};
use multer::{
    Field as Part, Multipart,
    bytes::{Buf, Bytes},
};
use tracing::Instrument;
use warp::http::{
    HeaderMap, HeaderName,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};

use super::{
    door::body::{
        Body, LIMIT, Patience, announced, ended_early, is_of_type, malformed, require_identity,
        too_large, unsupported,
    },
    parameters::{extended_parameter, parameter},
    reply::{ErrorResponse, HandlerResult},
};
use crate::{
    error::Error,
    model::{Description, MAX_ATTACHMENTS, UploadId, UserId, file_name, limits::FileLimits},
    store::{NewUpload, PIECE, Sent, Store, Turn},
};

/// The longest boundary (RFC 2046 §5.1.1).
const MAX_BOUNDARY: usize = 70;
/// The most bytes of everything in a form that isn’t in a file, and of what was read ahead.
const BESIDE_FILES: usize = 2 * LIMIT;

/// Whether the body is such a form.
pub fn is_form_data(headers: &HeaderMap) -> bool {
    is_of_type(headers, "multipart/form-data")
}

/// A form that was read.
pub struct FormData {
    /// The fields in front of whatever was refused.
    pub fields: Fields,
    /// The files, or why the form was refused.
    pub files: HandlerResult<Uploads>,
}

/// The fields of a form that aren’t files, in its order.
#[derive(Default)]
pub struct Fields(Vec<Field>);

/// A field as it was sent.
pub struct Field {
    name: String,
    pub content_type: Option<String>,
    pub value: Vec<u8>,
}

impl Fields {
    /// The first field of this name.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.0.iter().find(|field| field.name == name)
    }

    /// The text of a field that may be there once.
    ///
    /// # Errors
    /// 400 if it is there twice, or isn’t UTF-8.
    pub fn text(&self, name: &str) -> HandlerResult<Option<String>> {
        let mut found = self.0.iter().filter(|field| field.name == name);
        let Some(field) = found.next() else {
            return Ok(None);
        };
        if found.next().is_some() {
            return Err(malformed("The form has a field twice."));
        }
        let text = str::from_utf8(&field.value);
        let text = text.map_err(|_| malformed("A field of the form isn’t UTF-8."))?;
        Ok(Some(text.to_owned()))
    }
}

/// The files of a form, which have been uploaded. Those that don’t become attachments are deleted when this is dropped.
pub struct Uploads {
    store: Store,
    user: UserId,
    ids: Vec<UploadId>,
}

impl Uploads {
    /// In the order of the form.
    pub fn ids(&self) -> &[UploadId] {
        &self.ids
    }

    /// The ids as they travel.
    pub fn for_message(&self) -> Vec<String> {
        self.ids.iter().map(ToString::to_string).collect()
    }

    /// Keeps them as attachments, unless the same message had been sent before and has its own.
    pub fn settle(mut self, sent: &Sent) {
        if sent.is_new {
            self.ids.clear();
        }
    }
}

impl Drop for Uploads {
    fn drop(&mut self) {
        if self.ids.is_empty() {
            return;
        }
        let (store, user, ids) = (self.store.clone(), self.user, mem::take(&mut self.ids));
        let cancelled = async move {
            // What is left after an error goes with the expired uploads.
            if let Err(error) = store.cancel_uploads(user, ids).await {
                tracing::warn!(%error, "can’t delete the files of a form");
            }
        };
        tokio::spawn(cancelled.in_current_span());
    }
}

/// What a form is read with.
pub struct Reception<C> {
    pub store: Store,
    pub limits: FileLimits,
    /// Whose uploads the files become.
    pub user: UserId,
    /// Says from the fields whether files are taken. It is asked before a file is, and at the end.
    pub check: C,
}

impl<C: Fn(&Fields) -> HandlerResult<()> + Send + Sync + 'static> Reception<C> {
    /// Reads a form. It is read to the end of what the client sends even if this future is dropped, so that no upload is
    /// left behind.
    ///
    /// # Errors
    /// 415 if the body is compressed, 400 if the boundary is missing, and what `check` refuses.
    pub async fn read(self, headers: &HeaderMap, body: Body) -> HandlerResult<FormData> {
        require_identity(headers)?;
        let content_type = text(headers, CONTENT_TYPE).unwrap_or_default();
        let boundary = parameter(&content_type, "boundary");
        let boundary = boundary.filter(|text| (1..=MAX_BOUNDARY).contains(&text.len()));
        let boundary = boundary.ok_or_else(|| {
            unsupported(
                "Name the boundary of the form in Content-Type; it has up to 70 characters.",
            )
        })?;
        let length = announced(headers);
        let read = tokio::spawn(self.read_all(boundary, length, body).in_current_span());
        read.await.map_err(|_| Error::Internal)?
    }

    async fn read_all(
        self,
        boundary: String,
        length: Option<u64>,
        mut body: Body,
    ) -> HandlerResult<FormData> {
        let mut fields = Fields::default();
        let mut uploads = Uploads {
            store: self.store.clone(),
            user: self.user,
            ids: Vec::new(),
        };
        let mut form = OpenForm {
            parts: Parts::new(&mut body, boundary),
            length,
            limits: self.limits,
            uploads: &mut uploads,
            taken: 0,
        };
        let read = form.read(&mut fields, &self.check).await;
        drop(form);
        let files = read.map(|()| uploads);
        match (self.check)(&fields) {
            Ok(()) => Ok(FormData { fields, files }),
            Err(refusal) => Err(files.err().unwrap_or(refusal)),
        }
    }
}

/// A form that is being read.
struct OpenForm<'a> {
    parts: Parts<'a>,
    /// Bytes of the whole body, if the client has told.
    length: Option<u64>,
    limits: FileLimits,
    uploads: &'a mut Uploads,
    /// Bytes of the files so far.
    taken: u64,
}

impl OpenForm<'_> {
    async fn read(
        &mut self,
        fields: &mut Fields,
        check: &impl Fn(&Fields) -> HandlerResult<()>,
    ) -> HandlerResult<()> {
        while let Some(mut part) = self.parts.next().await? {
            let disposition = text(part.headers(), CONTENT_DISPOSITION).unwrap_or_default();
            if let Some(name) = file_name_in(&disposition) {
                check(fields)?;
                self.take(&mut part, &name).await?;
            } else {
                fields.0.push(Field {
                    name: parameter(&disposition, "name").unwrap_or_default(),
                    content_type: text(part.headers(), CONTENT_TYPE),
                    value: self.parts.field(&mut part).await?,
                });
            }
        }
        Ok(())
    }

    /// Takes a file. Browsers send one without a name and without a byte if nobody has chosen any.
    async fn take(&mut self, part: &mut Part<'_>, name: &str) -> HandlerResult<()> {
        let mut upload = None;
        // A piece, and the turn to send it. Other parts and forms of the same user wait for it.
        let mut piece: Option<(Turn, Vec<u8>)> = None;
        while let Some(mut bytes) = self.parts.file(part).await? {
            while !bytes.is_empty() {
                let (turn, mut filled) = if let Some(begun) = piece.take() {
                    begun
                } else {
                    let turn = self.uploads.store.upload_turn(self.uploads.user);
                    (turn.await?, Vec::new())
                };
                if filled.len() == PIECE {
                    self.append(&mut upload, name, &turn, &filled, false)
                        .await?;
                    continue;
                }
                let more = bytes.len().min(PIECE - filled.len());
                filled.extend_from_slice(&bytes[..more]);
                bytes.advance(more);
                piece = Some((turn, filled));
            }
        }
        match piece {
            Some((turn, last)) => self.append(&mut upload, name, &turn, &last, true).await,
            None if name.is_empty() => Ok(()),
            None => Err(Error::invalid("attachments", "This file is empty.").into()),
        }
    }

    /// Adds a piece to the upload, which begins with the first.
    async fn append(
        &mut self,
        upload: &mut Option<OpenUpload>,
        name: &str,
        turn: &Turn,
        piece: &[u8],
        is_last: bool,
    ) -> HandlerResult<()> {
        let length = piece.len() as u64;
        let upload = match upload {
            Some(begun) => begun,
            None => upload.insert(self.begin(name, length, is_last).await?),
        };
        let end = upload.received + length;
        // Behind a piece that isn’t the last there is at least another byte.
        if end + u64::from(!is_last) > upload.size {
            return Err(self.uploads.store.refused(upload.too_long.clone()).into());
        }
        let store = &self.uploads.store;
        if is_last && end < upload.size {
            store
                .shorten_upload(turn, upload.id, upload.received, end)
                .await?;
        }
        store
            .append(turn, upload.id, upload.received, piece)
            .await?;
        upload.received = end;
        self.taken += length;
        Ok(())
    }

    /// Begins an upload. Its size is known if the first piece is also the last; or else all that may still come is reserved.
    async fn begin(&mut self, name: &str, first: u64, is_last: bool) -> HandlerResult<OpenUpload> {
        if self.uploads.ids.len() >= MAX_ATTACHMENTS {
            let reason = format!("Messages can have up to {MAX_ATTACHMENTS} files.");
            return Err(Error::invalid("attachments", reason).into());
        }
        let rest = self.length.map(|length| length.saturating_sub(self.taken));
        let (least, most) = if is_last {
            (first, first)
        } else {
            // It may be several files of which each is small enough.
            let known = rest.unwrap_or(0).saturating_sub(BESIDE_FILES as u64);
            let known = known.min(self.limits.file);
            (known.max(first + 1), rest.unwrap_or(u64::MAX))
        };
        let new = NewUpload {
            user: self.uploads.user,
            name: file_name(name),
            size: most,
            description: Description::default(),
        };
        let reserved = self.uploads.store.reserve_upload(new, least, self.limits);
        let (upload, too_long) = reserved.await.map_err(|error| match error {
            Error::Invalid { reason, .. } => Error::invalid("attachments", reason),
            error => error,
        })?;
        self.uploads.ids.push(upload.id);
        Ok(OpenUpload {
            id: upload.id,
            size: upload.size,
            received: 0,
            too_long,
        })
    }
}

/// An upload of which more pieces may come.
struct OpenUpload {
    id: UploadId,
    /// The most bytes that it may have.
    size: u64,
    received: u64,
    /// What a longer file is refused with.
    too_long: Error,
}

/// The parts of a body as they arrive.
struct Parts<'a> {
    form: Multipart<'a>,
    patience: Patience,
    /// How many more bytes may arrive that aren’t in a file: the parser collects lines in memory until they end.
    beside_files: Arc<AtomicUsize>,
}

impl<'a> Parts<'a> {
    fn new(body: &'a mut Body, boundary: String) -> Self {
        let beside_files = Arc::new(AtomicUsize::new(BESIDE_FILES));
        let allowed = Arc::clone(&beside_files);
        let chunks = body.chunks();
        let mut has_one = false;
        // The parser takes all that is ready into memory, so one chunk is ready at a time.
        let chunks = stream::poll_fn(move |context| {
            if mem::take(&mut has_one) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            let chunk = ready!(chunks.poll_next_unpin(context));
            has_one = true;
            Poll::Ready(chunk.map(|chunk| {
                let chunk = chunk.ok_or(Broken::Ended)?;
                let left = allowed.load(Ordering::Relaxed).checked_sub(chunk.len());
                allowed.store(left.ok_or(Broken::TooLarge)?, Ordering::Relaxed);
                Ok::<_, Broken>(chunk)
            }))
        });
        Self {
            form: Multipart::new(chunks, boundary),
            patience: Patience::default(),
            beside_files,
        }
    }

    async fn next(&mut self) -> HandlerResult<Option<Part<'a>>> {
        let part = self.patience.wait(self.form.next_field()).await?;
        part.map_err(refusal)
    }

    /// More bytes of a part.
    async fn more(&mut self, part: &mut Part<'_>) -> HandlerResult<Option<Bytes>> {
        let more = self.patience.wait(part.chunk()).await?.map_err(refusal)?;
        self.patience.earn(more.as_ref().map_or(0, Bytes::len));
        Ok(more)
    }

    /// More bytes of a file.
    async fn file(&mut self, part: &mut Part<'_>) -> HandlerResult<Option<Bytes>> {
        let more = self.more(part).await?;
        let length = more.as_ref().map_or(0, Bytes::len);
        self.beside_files.fetch_add(length, Ordering::Relaxed);
        Ok(more)
    }

    /// All of a field that isn’t a file.
    async fn field(&mut self, part: &mut Part<'_>) -> HandlerResult<Vec<u8>> {
        let mut value = Vec::new();
        while let Some(more) = self.more(part).await? {
            value.extend_from_slice(&more);
        }
        Ok(value)
    }
}

/// Why a body can’t be read to its end.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the body ended early")]
    Ended,
    #[error("too much beside the files")]
    TooLarge,
}

fn refusal(error: multer::Error) -> ErrorResponse {
    match error {
        multer::Error::StreamReadFailed(cause) => match cause.downcast_ref() {
            Some(Broken::TooLarge) => too_large(),
            Some(Broken::Ended) | None => ended_early(),
        },
        multer::Error::IncompleteFieldData { .. } | multer::Error::IncompleteStream => {
            malformed("The form has no end.")
        }
        _ => malformed("The form isn’t valid."),
    }
}

/// The name in a `Content-Disposition`, if it is a file’s.
fn file_name_in(disposition: &str) -> Option<String> {
    let extended = extended_parameter(disposition, "filename*");
    // Browsers encode these three characters, and no others (WHATWG HTML §4.10.22.8).
    let plain = || {
        let name = parameter(disposition, "filename")?;
        Some(
            name.replace("%22", "\"")
                .replace("%0D", "")
                .replace("%0A", ""),
        )
    };
    extended.or_else(plain)
}

/// The value of a header. What isn’t UTF-8 in it is replaced.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}
