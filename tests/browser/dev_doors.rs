//! A front end that somebody works on: at another port of this machine, and in a folder that the server serves.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::support::{Options, Stage};

/// What serves a page to developers, at a port of its own.
struct DevServer {
    origin: String,
    task: JoinHandle<()>,
}

impl DevServer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let port = listener.local_addr().expect("an address").port();
        let task = tokio::spawn(async move {
            // A browser opens more connections than it uses.
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream));
            }
        });
        Self {
            origin: format!("http://localhost:{port}"),
            task,
        }
    }
}

async fn answer(mut stream: TcpStream) {
    let mut lines = BufReader::new(&mut stream).lines();
    while let Ok(Some(line)) = lines.next_line().await
        && !line.is_empty()
    {}
    let page = "<!doctype html><title>App</title>";
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close";
    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len());
    let _ = stream.write_all(answer.as_bytes()).await;
}

impl Drop for DevServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Signs in and listens, each as a framework’s client does it, with nothing but the browser’s own means.
const CLIENT: &str = "async (api) => {
    const ask = (path, method, body, headers) => fetch(api + path, {
        method, credentials: 'include', body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
    });
    const entered = await ask('/api/login', 'POST', { username: 'john' });
    const { authUser: { id } } = await entered.json();
    // By the cookie, and with headers that take a preflight.
    const changed = await ask('/api/settings', 'PATCH', {}, { 'tincan-user': id, 'x-requested-with': 'App' });
    const refused = await ask('/api/conversations', 'POST', { username: 'nobody.at.all' });
    globalThis.heard = [];
    const hear = (transport, data) => heard.push(`${transport}: ${data.content}`);
    const stream = new EventSource(api + '/api/messages', { withCredentials: true });
    stream.onmessage = ({ data }) => hear('stream', JSON.parse(data));
    const socket = new WebSocket(api.replace('http', 'ws') + '/api/messages');
    const ready = [
        new Promise((done, fail) => { stream.addEventListener('hello', done); stream.onerror = fail; }),
        new Promise((done, fail) => {
            socket.onerror = fail;
            socket.onmessage = ({ data }) => {
                const event = JSON.parse(data);
                if (event.event === 'hello') done();
                if (event.event === 'message') hear('socket', event.data);
            };
        }),
    ];
    await Promise.all(ready);
    return {
        entered: entered.status, changed: changed.status, refused: refused.status, code: (await refused.json()).code,
        requestId: entered.headers.get('x-request-id'), keepsNoCookie: document.cookie === '',
    };
}";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_at_another_port_signs_in_and_hears_by_each_transport() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let app = DevServer::start().await;
    let options = Options::desktop().origin(app.origin.as_str());
    let browser = stage.session(options).await;
    browser.open("/").await;
    let api = format!("http://localhost:{}", stage.nobody().address().port());
    let outcome: Value = browser.call(CLIENT, serde_json::json!([api])).await;
    assert_eq!(outcome["entered"], 200, "{outcome}");
    assert_eq!(outcome["changed"], 200, "{outcome}");
    assert_eq!(
        (&outcome["refused"], outcome["code"].as_str()),
        (&404.into(), Some("not_found")),
        "{outcome}"
    );
    assert!(outcome["requestId"].is_string(), "{outcome}");
    assert_eq!(
        outcome["keepsNoCookie"], true,
        "it is none of the page’s business"
    );
    let jane = stage.client("jane").await;
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Hello").await;
    for line in ["stream: Hello", "socket: Hello"] {
        browser
            .wait(line, &format!("heard.includes('{line}')"))
            .await;
    }
}

/// A page that does what many frameworks do, and our own rules forbid.
fn page(text: &str) -> String {
    format!(
        "<!doctype html><link rel=\"icon\" href=\"data:,\"><title>App</title><style>p {{ color: red }}</style><main></main>
         <script>
           document.querySelector('main').innerHTML = `<p style=\"margin: 0\">{text} at ${{location.pathname}}</p>`;
         </script>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_a_folder_runs_as_elsewhere_and_reloads_when_it_is_saved() {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let folder = TempDir::new().expect("a folder");
    let index = folder.path().join("index.html");
    fs::write(&index, page("One")).expect("a page");
    stage.kill();
    let path = folder.path().to_str().expect("a plain path");
    stage.start_again(&["--dev", "--ui", path]);
    let browser = stage.session(Options::desktop()).await;
    browser.open("/conversations/7").await;
    browser.reads("One at /conversations/7").await;
    // It is loaded once, and leaves nothing in the page.
    let loads = "performance.getEntriesByType('navigation')[0].type";
    assert_eq!(browser.eval::<String>(loads).await, "navigate");
    assert_eq!(browser.eval::<u32>("document.scripts.length").await, 1);
    fs::write(&index, page("Two")).expect("a page");
    browser.reads("Two at /conversations/7").await;
    assert_eq!(browser.eval::<String>(loads).await, "reload");
    // Whatever is saved, and once for each time.
    let forget = "void (globalThis.isBefore = true)";
    browser.eval::<Value>(forget).await;
    fs::write(folder.path().join("data.json"), "{}").expect("a file");
    browser
        .wait(
            "another load",
            "!globalThis.isBefore && document.querySelector('p')",
        )
        .await;
    browser.assert_console_clean(&[]).await;
}
