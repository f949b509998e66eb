//! A server that listens on a socket in the file system, where a proxy connects to it.

use std::{
    fs,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::Path,
};

use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::{
    home::Home,
    support::{Answer, Binary, answer, ended, http, soon, text},
};

/// What a proxy asks in this test.
struct Proxy(reqwest::Client);

impl Proxy {
    fn of(socket: &Path) -> Self {
        let client = http().unix_socket(socket.to_owned()).build();
        Self(client.expect("a client"))
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.0.get(format!("http://localhost{path}"))
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        let request = self.0.post(format!("http://localhost{path}"));
        let request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        answer(request.json(&body)).await
    }

    async fn sign_in(&self, username: &str) -> String {
        let request = self.0.post("http://localhost/api/login");
        let request = request.json(&json!({ "username": username }));
        text(&answer(request).await.expect(200)["token"]).to_owned()
    }
}

fn listen(socket: &Path) -> String {
    format!("unix:{}", socket.display())
}

fn arguments<'a>(listen: &'a str, database: &'a str) -> [&'a str; 6] {
    ["--listen", listen, "--db", database, "--log", "error"]
}

fn start(socket: &Path, database: &str, more: &[&str]) -> Binary {
    let listen = listen(socket);
    Binary::spawn(&[&arguments(&listen, database)[..], more].concat())
}

/// Runs it where it is expected to refuse; gives back its code and what it says.
async fn refused(socket: &Path, database: &str, more: &[&str]) -> (Option<i32>, String) {
    let listen = listen(socket);
    let all = [&arguments(&listen, database)[..], more].concat();
    let ended = ended(Binary::command(&all)).await;
    (ended.code, ended.stderr)
}

#[tokio::test]
async fn two_people_talk_through_it() {
    let home = Home::new();
    let socket = home.file("http.sock");
    let server = start(&socket, &home.path("tincan.db"), &["--dev"]);
    let proxy = Proxy::of(&socket);
    let (john, jane) = (proxy.sign_in("john").await, proxy.sign_in("jane").await);
    let request = proxy.get("/api/messages");
    let request = request
        .header(AUTHORIZATION, format!("Bearer {jane}"))
        .header("accept", "text/event-stream");
    let mut stream = soon("a stream", request.send()).await.expect("a stream");
    let conversation = proxy
        .post("/api/conversations", &john, json!({ "username": "jane" }))
        .await
        .expect(201);
    let messages = format!("/api/conversations/{}/messages", text(&conversation["id"]));
    let said = json!({ "content": "through a file" });
    proxy.post(&messages, &john, said).await.expect(201);
    let mut heard = String::new();
    while !heard.contains("through a file") {
        let chunk = soon("the message", stream.chunk()).await.expect("a stream");
        heard += &String::from_utf8_lossy(&chunk.expect("more of it"));
    }

    let told = home.done(&["status"]).await;
    assert!(told.contains("http://localhost"), "{told}");
    drop(stream);
    server.terminate().await;
    assert!(!socket.exists(), "its file goes with it");
}

#[tokio::test]
async fn anybody_on_this_machine_may_connect_whatever_the_umask_says() {
    let home = Home::new();
    let socket = home.file("http.sock");
    let _server = start(&socket, &home.path("tincan.db"), &[]);
    let made = fs::metadata(&socket).expect("a socket");
    assert!(made.file_type().is_socket());
    assert_eq!(made.permissions().mode() & 0o777, 0o666);
}

#[tokio::test]
async fn a_folder_may_be_deeper_than_the_name_of_a_socket_is_long() {
    let home = Home::new();
    let deep = home.file(&"d".repeat(120));
    fs::create_dir(&deep).expect("a folder");
    let socket = deep.join("http.sock");
    let _server = start(&socket, &home.path("tincan.db"), &[]);
    assert!(
        fs::metadata(&socket)
            .expect("a socket")
            .file_type()
            .is_socket()
    );
}

#[tokio::test]
async fn what_the_proxy_says_about_its_clients_is_believed_if_it_is_trusted() {
    for (trusted, address) in [
        (&["--trusted-proxy", "127.0.0.1"][..], "198.51.100.7"),
        (&[], "127.0.0.1"),
    ] {
        let home = Home::new();
        let socket = home.file("http.sock");
        let (listen, database) = (listen(&socket), home.path("tincan.db"));
        let log = fs::File::create(home.file("log")).expect("a file");
        let all = [&["--listen", &listen, "--db", &database][..], trusted].concat();
        let server = Binary::run(Binary::command(&all).stderr(log));
        let request = Proxy::of(&socket).0.post("http://localhost/api/login");
        let request = request.header("x-forwarded-for", "198.51.100.7");
        let wrong = json!({ "username": "nobody", "password": "wrong" });
        answer(request.json(&wrong))
            .await
            .refused(401, "bad_credentials");
        server.terminate().await;
        let log = fs::read_to_string(home.file("log")).expect("the log");
        assert!(log.contains(&format!("address={address}")), "{log}");
    }
}

#[tokio::test]
async fn a_socket_that_was_left_behind_is_replaced_and_anything_else_is_left_alone() {
    let home = Home::new();
    let (socket, database) = (home.file("http.sock"), home.path("tincan.db"));
    let server = start(&socket, &database, &[]);
    server.kill();
    assert!(socket.exists(), "who is killed removes nothing");
    let server = start(&socket, &database, &[]);

    let taken = refused(&socket, &home.path("other.db"), &[]).await;
    let expected = format!("tincan: can’t listen on {}: ", listen(&socket));
    assert_eq!(taken.0, Some(69));
    assert!(taken.1.starts_with(&expected), "{}", taken.1);
    let asked = answer(Proxy::of(&socket).get("/healthz")).await;
    asked.expect(200);
    server.terminate().await;

    fs::write(&socket, "precious").expect("a file");
    let taken = refused(&socket, &database, &[]).await;
    assert_eq!(taken.0, Some(69));
    assert!(taken.1.starts_with(&expected), "{}", taken.1);
    assert_eq!(fs::read_to_string(&socket).expect("a file"), "precious");
}

#[tokio::test]
async fn tls_is_left_to_the_proxy() {
    let home = Home::new();
    let (socket, database) = (home.file("http.sock"), home.path("tincan.db"));
    for flags in [&["--tls", "home"], &["--acme", "chat.example"]] {
        let (code, said) = refused(&socket, &database, flags).await;
        assert_eq!(code, Some(78), "{said}");
        assert!(said.contains(&listen(&socket)), "{said}");
        assert!(said.contains("a proxy, which speaks TLS"), "{said}");
    }
}

#[tokio::test]
async fn the_first_account_is_made_at_the_proxys_address() {
    for (more, base) in [
        (
            &["--public-url", "https://chat.example"][..],
            "https://chat.example",
        ),
        (&[], "http://localhost"),
    ] {
        let home = Home::new();
        let mut server = start(&home.file("http.sock"), &home.path("tincan.db"), more);
        let link = server.setup_link();
        assert!(link.starts_with(&format!("{base}/setup#")), "{link}");
    }
}
