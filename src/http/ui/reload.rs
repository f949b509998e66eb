//! Pages from a folder reload themselves in development mode when one of its files is saved. A script at the end of each
//! page holds the state of the folder when the page was sent against what an event stream says of it.

use std::{
    collections::hash_map::DefaultHasher,
    convert::Infallible,
    fs,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::stream;
use tokio::{task::spawn_blocking, time::sleep};
use warp::{
    Reply,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
};

use super::{INDEX, assets::is_hidden};
use crate::http::{
    feed::sse,
    reply::{HandlerResult, nothing_here},
    request::Request,
};

/// How long between two looks at the folder. Asking the system to tell would take a crate with a part for each system.
const PAUSE: Duration = Duration::from_millis(150);
/// It leaves nothing behind in the page. A browser holds few connections to a server, so only a page that is seen has a
/// stream. A page that comes out of a cache is not reloaded twice for the same state.
const SCRIPT: &str = "\
const { currentScript: script } = document;
const loaded = new URL(script.src).search.slice(1);
script.remove();
let stream;
const follow = () => {
  stream?.close();
  if (document.hidden) return;
  stream = new EventSource('/ui/reload');
  stream.onmessage = ({ data }) => {
    if (data === loaded || data === sessionStorage.getItem('reloaded-for')) return;
    sessionStorage.setItem('reloaded-for', data);
    location.reload();
  };
};
document.addEventListener('visibilitychange', follow);
follow();
";

/// What is put at the end of a page: there, it is run before anything that is deferred.
pub fn element(folder: &Path) -> String {
    format!(
        "<script src=\"/ui/reload.js?{:x}\"></script>\n",
        state(folder)
    )
}

/// Nothing but a folder in development mode has it.
pub async fn script(request: Request) -> HandlerResult {
    folder(&request)?;
    // In a block, so that no name of a page’s own is taken.
    let mut response = format!("{{\n{SCRIPT}}}\n").into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/javascript; charset=utf-8");
    headers.insert(CONTENT_TYPE, kind);
    let cache = HeaderValue::from_static("no-store, no-transform");
    headers.insert(CACHE_CONTROL, cache);
    Ok(response)
}

/// Says the state of the folder, and again whenever it is another one.
pub async fn watch(request: Request) -> HandlerResult {
    let folder = folder(&request)?;
    let stopping = request.app.stopping.clone();
    let states = stream::unfold(None, move |said| {
        let (folder, stopping) = (folder.clone(), stopping.clone());
        async move {
            let state = stopping.run_until_cancelled(next(folder, said)).await?;
            Some((
                Ok::<_, Infallible>(format!("data:{state:x}\n\n")),
                Some(state),
            ))
        }
    });
    Ok(sse::response(states))
}

fn folder(request: &Request) -> HandlerResult<PathBuf> {
    let settings = &request.app.settings;
    let folder = settings.ui.clone().filter(|_| settings.dev);
    folder.ok_or_else(nothing_here)
}

/// The next state other than `said`. While a build is writing, there is none yet.
async fn next(folder: PathBuf, said: Option<u64>) -> u64 {
    let mut last = None;
    loop {
        let looked_at = folder.clone();
        let look = spawn_blocking(move || {
            let has_page = looked_at.join(INDEX).is_file();
            has_page.then(|| state(&looked_at))
        });
        let found = look.await.ok().flatten();
        match found {
            Some(state) if found == last && found != said => return state,
            _ => last = found,
        }
        sleep(PAUSE).await;
    }
}

/// What the files in a folder are like, without what a browser doesn’t get.
fn state(folder: &Path) -> u64 {
    let mut state = DefaultHasher::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        let entries = fs::read_dir(inner).into_iter().flatten().flatten();
        let mut entries: Vec<_> = entries.map(|entry| entry.path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if is_hidden(&name) || name == "node_modules" {
                continue;
            }
            let Ok(metadata) = fs::symlink_metadata(&path) else {
                continue;
            };
            if metadata.is_dir() {
                folders.push(path);
            } else {
                (&path, metadata.len(), metadata.modified().ok()).hash(&mut state);
            }
        }
    }
    state.finish()
}
