//! Forms with files (RFC 7578), as curl, programs and browsers send them: to a conversation, to a hook, and from a page
//! without scripts.

mod limits;
mod pages;
mod syntax;

use reqwest::{Method, RequestBuilder, header::CONTENT_TYPE};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::{
    files::{file, no_trace_is_left},
    support::{
        Answer, Client, PLACE, Photo, Server, Talk, answer, bytes, dev, messages, soon, text,
    },
};

const BOUNDARY: &str = "----tincan";

/// A form in the making.
#[derive(Clone, Default)]
struct Form(Vec<u8>);

impl Form {
    /// Adds a part with these parameters of its `Content-Disposition`, and perhaps further headers.
    fn part(mut self, parameters: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.0
            .extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data").bytes());
        self.0.extend(parameters.as_ref());
        self.0.extend(b"\r\n\r\n");
        self.0.extend(value.as_ref());
        self.0.extend(b"\r\n");
        self
    }

    fn field(self, name: &str, value: &str) -> Self {
        self.part(format!("; name=\"{name}\""), value)
    }

    fn file(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let parameters = format!(
            "; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream"
        );
        self.part(parameters, value)
    }

    fn end(mut self) -> Vec<u8> {
        self.0.extend(format!("--{BOUNDARY}--\r\n").bytes());
        self.0
    }
}

fn content_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

fn request(client: &Client, path: &str, form: Form) -> RequestBuilder {
    let request = client.request(Method::POST, path);
    request
        .header(CONTENT_TYPE, content_type())
        .body(form.end())
}

async fn send(client: &Client, path: &str, form: Form) -> Answer {
    answer(request(client, path, form)).await
}

/// The head of a request that sends a form of so many bytes.
fn head(client: &Client, path: &str, kind: &str, length: usize) -> String {
    let token = client.token.as_deref().unwrap_or("none");
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )
}

/// A request with its body in chunks (RFC 9112 §7.1).
fn in_chunks(head: &str, body: &[u8], size: usize) -> Vec<u8> {
    let mut request = head
        .replace("Content-Length: 0", "Transfer-Encoding: chunked")
        .into_bytes();
    for chunk in body.chunks(size) {
        request.extend(format!("{:x}\r\n", chunk.len()).bytes());
        request.extend(chunk);
        request.extend(b"\r\n");
    }
    request.extend(b"0\r\n\r\n");
    request
}

fn names(message: &Value) -> Vec<&str> {
    let attachments = message["attachments"].as_array().into_iter().flatten();
    attachments
        .map(|attachment| text(&attachment["name"]))
        .collect()
}

/// How many uploads and how many files there are, and how many bytes of files.
fn kept(server: &Server) -> (i64, i64, i64) {
    let database = Connection::open_with_flags(server.database(), OpenFlags::SQLITE_OPEN_READ_ONLY);
    let counts = "SELECT (SELECT count(*) FROM uploads), (SELECT count(*) FROM files),
        (SELECT coalesce(sum(length(bytes)), 0) FROM chunks)";
    let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let counted = database.and_then(|database| database.query_row(counts, [], columns));
    counted.expect("a database")
}

/// Waits until there are so many uploads, files and bytes: what a refused form has left is deleted right after the answer.
async fn left_are(server: &Server, expected: (i64, i64, i64)) {
    soon("the rest to go", async {
        while kept(server) != expected {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn nothing_is_left(server: &Server) {
    left_are(server, (0, 0, 0)).await;
}

#[tokio::test]
async fn a_form_sends_a_text_and_files_in_any_order() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let path = messages(&conversation);
    let mut stream = jane.follow(None).await;
    // Larger than a piece, exactly a piece, two of them, and one byte more.
    let sizes = [700_000, 262_144, 524_288, 262_145, 1];
    let sent: Vec<_> = (11..)
        .zip(sizes)
        .map(|(seed, size)| bytes(seed, size))
        .collect();
    let mut form = Form::default()
        .file("0", &sent[0])
        .field("content", "Look\r\nhere");
    for (number, file) in sent.iter().enumerate().skip(1) {
        form = form.field("other", "x").file(&number.to_string(), file);
    }
    let message = send(&john, &path, form).await.expect(201);
    assert_eq!(message["content"], "Look\r\nhere");
    assert_eq!(names(&message), ["0", "1", "2", "3", "4"]);
    let told = stream.next_named("message").await;
    assert_eq!(told.data["attachments"], message["attachments"]);
    for (attachment, file_sent) in message["attachments"]
        .as_array()
        .expect("a list")
        .iter()
        .zip(&sent)
    {
        assert_eq!(attachment["size"], file_sent.len());
        let read = jane.download(&file(text(&attachment["id"])), &[]).await;
        assert!(read.bytes == *file_sent, "{attachment}");
    }
    assert_eq!(kept(&server).0, 0, "all of them are attachments");

    let no_text = Form::default().file("a", "x").field("content", " ");
    assert_eq!(send(&john, &path, no_text).await.expect(201)["content"], "");
    let text_alone = Form::default().field("content", "hello");
    let message = send(&john, &path, text_alone).await.expect(201);
    assert_eq!(
        (&message["content"], names(&message)),
        (&json!("hello"), vec![])
    );
    // What a browser sends where nobody has chosen a file is none.
    let no_file = Form::default().field("content", "alone").file("", "");
    assert_eq!(
        names(&send(&john, &path, no_file).await.expect(201)),
        [""; 0]
    );
    for nothing in [
        Form::default(),
        Form::default().file("", ""),
        Form::default().field("file", "x"),
    ] {
        let refused = send(&john, &path, nothing).await.refused(422, "invalid");
        assert!(refused["errors"]["content"].is_string());
    }
    let empty = Form::default().file("a", "");
    let refused = send(&john, &path, empty).await.refused(422, "invalid");
    assert_eq!(refused["errors"]["attachments"], "This file is empty.");
}

#[tokio::test]
async fn a_file_in_a_form_loses_where_it_was_taken() {
    let talk = Talk::start(dev()).await;
    let photo = Photo::new(8, 100_000).taken;
    let form = Form::default().file("lake.jpg", photo);
    let sent = send(&talk.john, &messages(&talk.conversation), form)
        .await
        .expect(201);
    assert_eq!(sent["attachments"][0]["type"], "image/jpeg");
    no_trace_is_left(&talk.server, &[PLACE]).await;
}

#[tokio::test]
async fn a_form_sent_again_is_one_message() {
    let talk = Talk::start(dev()).await;
    let path = messages(&talk.conversation);
    let form = |content, name, seed| {
        let form = Form::default()
            .field("clientId", "one")
            .field("content", content);
        form.file(name, bytes(seed, 300_000)).file("b", "hello")
    };
    let sent = send(&talk.john, &path, form("x", "a", 51))
        .await
        .expect(201);
    assert_eq!(
        send(&talk.john, &path, form("x", "a", 51))
            .await
            .expect(200),
        sent
    );
    for other in [form("y", "a", 51), form("x", "c", 51), form("x", "a", 52)] {
        send(&talk.john, &path, other)
            .await
            .refused(409, "client_id_reused");
    }
    let fewer = Form::default()
        .field("clientId", "one")
        .field("content", "x");
    send(&talk.john, &path, fewer)
        .await
        .refused(409, "client_id_reused");
    left_are(&talk.server, (0, 2, 300_005)).await;
    // Somebody else’s id is another’s.
    send(&talk.jane, &path, form("x", "a", 51))
        .await
        .expect(201);
    let history = talk.john.get(&path).await.expect(200);
    assert_eq!(history.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_hook_takes_forms_with_files() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let room = john.make_room("House", &[], false).await;
    let hooks = format!("/api/conversations/{room}/hooks");
    let hook = john
        .post(&hooks, json!({ "bot": "lamp" }))
        .await
        .expect(201);
    let path = format!("/api/hooks/{}", text(&hook["secret"]));
    let nobody = server.nobody();
    let form = Form::default();
    for (form, content) in [
        (form.clone().field("content", "Backup done"), "Backup done"),
        (form.clone().field("text", "Backup done"), "Backup done"),
        (
            form.clone().field("message", "Done").field("x", "y"),
            "Done",
        ),
        (form.clone().field("msg", "Done"), "Done"),
        (
            form.clone().field("payload_json", r#"{"content":"Done"}"#),
            "Done",
        ),
        (form.clone().field("payload_json", "{}"), ""),
        (form.clone().field("payload", r#"{"text":"Done"}"#), "Done"),
        (form.clone(), ""),
        (
            form.clone().part(
                "; name=text\r\nContent-Type: text/plain; charset=ISO-8859-1",
                b"f\xfcr",
            ),
            "für",
        ),
    ] {
        let posted = send(&nobody, &path, form.file("report.pdf", "%PDF-1.7"))
            .await
            .expect(201);
        assert_eq!(
            (&posted["content"], &posted["ok"]),
            (&json!(content), &json!(true))
        );
        assert_eq!(posted["attachments"][0]["type"], "application/pdf");
        let read = john
            .download(&file(text(&posted["attachments"][0]["id"])), &[])
            .await;
        assert_eq!(read.bytes, b"%PDF-1.7");
    }
    let text_alone = send(&nobody, &path, form.clone().field("text", "hello"))
        .await
        .expect(201);
    assert_eq!(text_alone["content"], "hello");
    send(&nobody, &path, form.clone().field("other", "x"))
        .await
        .refused(422, "invalid");
    let too_long = form
        .clone()
        .field("content", &"x".repeat(4_001))
        .file("a", "x");
    send(&nobody, &path, too_long).await.refused(422, "invalid");
    let broken = form.clone().field("payload_json", "{").file("b", "y");
    send(&nobody, &path, broken).await.refused(400, "malformed");
    send(&nobody, "/api/hooks/x", form.file("a", "x"))
        .await
        .refused(404, "not_found");
    left_are(&server, (0, 1, 8)).await;
}
