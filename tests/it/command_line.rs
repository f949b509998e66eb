//! Looking after users, invitations, tokens and sessions from the command line, with the server
//! running and stopped.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
};

use crate::{
    home::Home,
    support::{Binary, Ended, PASSWORD, answer, ended, text, token_of},
};

impl Home {
    /// Where nobody is in it yet, and dev mode is off.
    pub fn serve_strictly(&self) -> Binary {
        Binary::spawn(&[
            "--listen",
            "127.0.0.1:0",
            "--db",
            &self.path("tincan.db"),
            "--log",
            "error",
        ])
    }

    pub async fn json(&self, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.push("--json");
        serde_json::from_str(&self.done(&all).await).expect("JSON")
    }
}

/// What one can do, the same with and without a server.
async fn look_after(home: &Home) {
    let link = home.done(&["user", "create", "anna", "--admin"]).await;
    assert_eq!(token_of(link.trim()).len(), 64);
    home.done(&["user", "create", "bob"]).await;
    let table = home.done(&["user", "list"]).await;
    let lines: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines[1][..5], ["anna", "1", "yes", "-", "-"]);
    assert_eq!(lines[2][..5], ["bob", "2", "-", "-", "-"]);

    home.done(&["user", "rename", "bob", "bobby"]).await;
    home.done(&["user", "admin", "bobby"]).await;
    home.done(&["user", "disable", "bobby"]).await;
    let listed = home.json(&["user", "list", "bob"]).await;
    let shown = json!([
        listed[0]["username"],
        listed[0]["admin"],
        listed[0]["disabled"]
    ]);
    assert_eq!(shown, json!(["bobby", true, true]));
    assert_eq!(listed[1], Value::Null);
    home.done(&["user", "enable", "bobby"]).await;
    home.done(&["user", "admin", "bobby", "--revoke"]).await;
    let listed = home.json(&["user", "list", "bob"]).await;
    assert_eq!(
        json!([listed[0]["admin"], listed[0]["disabled"]]),
        json!([false, false])
    );

    let invite = home
        .json(&["invite", "create", "--uses", "3", "--days", "2"])
        .await;
    assert_eq!(invite["usesLeft"], 3);
    assert_eq!(home.json(&["invite", "list"]).await[0]["id"], invite["id"]);
    home.done(&["invite", "revoke", text(&invite["id"])]).await;
    assert_eq!(home.json(&["invite", "list"]).await, json!([]));

    let token = home
        .done(&["token", "create", "bobby", "backup", "--scope", "send"])
        .await;
    assert!(token.starts_with("tincan_"), "{token}");
    let listed = home.json(&["token", "list"]).await;
    assert_eq!(
        json!([listed[0]["name"], listed[0]["scope"]]),
        json!(["backup", "send"])
    );
    home.done(&["token", "revoke", text(&listed[0]["id"])])
        .await;
    assert_eq!(home.json(&["token", "list"]).await, json!([]));
    assert_eq!(home.json(&["session", "list", "anna"]).await, json!([]));
    home.done(&["session", "revoke", "anna"]).await;

    let refused = home.run(&["user", "delete", "bobby"]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    home.done(&["user", "delete", "bobby", "--yes"]).await;
    assert_eq!(home.json(&["user", "list", ""]).await[1], Value::Null);
    // Their name is free.
    home.done(&["user", "create", "bobby"]).await;

    for (arguments, reason) in [
        (&["user", "create", "ANNA"][..], "Username taken."),
        (&["user", "disable", "nobody"], "User not found."),
        (&["user", "delete", "nobody", "--yes"], "User not found."),
        (&["user", "delete", "deleted-2", "--yes"], "User not found."),
        (
            &["user", "create", "a b"],
            "Usernames can only contain letters, digits, _ . and -",
        ),
        (&["invite", "revoke", "first"], "Invitation not found."),
        (&["session", "revoke", "anna", "7"], "Session not found."),
    ] {
        let refused = home.run(arguments).await;
        assert_eq!(refused.code, Some(1));
        assert_eq!(refused.stderr.trim_end(), format!("tincan: {reason}"));
    }
}

#[tokio::test]
async fn a_running_server_is_looked_after_through_its_socket() {
    let home = Home::new();
    let server = home.serve_strictly();
    look_after(&home).await;
    drop(server);
}

#[tokio::test]
async fn a_stopped_server_is_looked_after_in_its_file() {
    let home = Home::new();
    let server = home.serve_strictly();
    server.signal("TERM");
    server.ended().await;
    assert!(
        !home.file("tincan.db.sock").exists(),
        "the socket goes with the server"
    );
    look_after(&home).await;
}

#[tokio::test]
async fn a_database_in_a_deep_folder_is_looked_after_as_any_other() {
    let home = Home::new();
    // A socket’s path has 107 bytes at most.
    let folder = home.file(&"deep/".repeat(40));
    fs::create_dir_all(&folder).expect("a folder");
    let database = folder.join("tincan.db");
    let database = database.to_str().expect("a plain path");
    let server = Binary::spawn(&[
        "--listen",
        "127.0.0.1:0",
        "--db",
        database,
        "--log",
        "error",
    ]);
    let run = async |arguments: &[&str]| {
        let done = ended(Binary::command(&[arguments, &["--db", database]].concat())).await;
        assert_eq!(done.code, Some(0), "{arguments:?}: {}", done.stderr);
        done.stdout
    };
    assert!(run(&["status"]).await.contains("healthy"));
    run(&["user", "create", "anna"]).await;
    let mode = fs::metadata(folder.join("tincan.db.sock"))
        .expect("a socket")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    server.terminate().await;
    assert!(!folder.join("tincan.db.sock").exists());
    run(&["invite", "create"]).await;
    assert!(run(&["user", "list"]).await.contains("anna"));
    let status = ended(Binary::command(&["status", "--db", database])).await;
    assert_eq!(status.code, Some(69), "{}", status.stderr);
}

#[tokio::test]
async fn where_no_socket_can_be_the_lock_says_whether_a_server_runs() {
    let home = Home::new();
    let database = home.path(&format!("{}.db", "long".repeat(30)));
    let server = Binary::spawn(&[
        "--listen",
        "127.0.0.1:0",
        "--db",
        &database,
        "--log",
        "error",
    ]);
    let run = async |arguments: &[&str]| {
        ended(Binary::command(&[arguments, &["--db", &database]].concat())).await
    };
    let refused = run(&["user", "create", "anna"]).await;
    assert_eq!(refused.code, Some(75), "{}", refused.stderr);
    let holder = format!("process {}", server.id());
    assert!(refused.stderr.contains(&holder), "{}", refused.stderr);
    let status = run(&["status"]).await;
    assert_eq!(status.code, Some(69), "{}", status.stderr);
    assert!(status.stderr.contains("too long"), "{}", status.stderr);
    server.terminate().await;
    let made = run(&["user", "create", "anna"]).await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
}

#[tokio::test]
async fn a_link_of_a_running_server_leads_to_it_and_works() {
    let home = Home::new();
    let server = home.serve_strictly();
    let link = home.done(&["user", "create", "anna", "--admin"]).await;
    let link = link.trim();
    assert!(
        link.starts_with(&format!("http://{}/reset#", server.address())),
        "{link}"
    );
    let choice = json!({ "token": token_of(link), "password": PASSWORD });
    server.nobody().post("/api/reset", choice).await.expect(200);
    let anna = server.nobody().log_in("anna", PASSWORD).await;
    let mut stream = anna.follow(None).await;
    home.done(&["session", "revoke", "anna"]).await;
    assert_eq!(stream.rest().await.len(), 0);
}

/// The characters with the property Bidi_Control (UAX #9, UCD 17 PropList.txt), and some that a terminal obeys.
const OBEYED: &str = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{1b}\u{7f}\u{9b}";

#[tokio::test]
async fn nothing_that_a_terminal_obeys_is_in_a_table() {
    let home = Home::new();
    let server = Binary::start(&home.file("tincan.db"));
    let device = format!("Fire{OBEYED}fox שלום");
    // A client may send any bytes but controls of ASCII (RFC 9110 §5.5).
    let agent: Vec<u8> = device
        .bytes()
        .filter(|byte| !byte.is_ascii_control())
        .collect();
    let agent = reqwest::header::HeaderValue::from_bytes(&agent).expect("a value");
    let login = server.nobody().request(reqwest::Method::POST, "/api/login");
    let login = login.header("user-agent", agent);
    let login = answer(login.json(&json!({ "username": "john" }))).await;
    login.expect(200);
    let table = home.done(&["session", "list", "john"]).await;
    assert!(table.contains("Firefox שלום"), "{table:?}");
    let obeyed = table
        .lines()
        .flat_map(str::chars)
        .find(|c| OBEYED.contains(*c));
    assert_eq!(obeyed, None, "{table:?}");
    // Programs get it as it is.
    let listed = home.json(&["session", "list", "john"]).await;
    assert!(text(&listed[0]["device"]).contains('\u{202e}'), "{listed}");
}

#[tokio::test]
async fn without_a_server_links_lead_where_one_says() {
    let home = Home::new();
    let server = home.serve_strictly();
    server.signal("TERM");
    server.ended().await;
    let make = [
        "user",
        "create",
        "anna",
        "--public-url",
        "https://chat.example",
    ];
    let link = home.done(&make).await;
    assert!(link.starts_with("https://chat.example/reset#"), "{link}");
}

#[tokio::test]
async fn a_name_of_no_database_makes_none() {
    let home = Home::new();
    let refused = home.run(&["user", "list"]).await;
    assert_eq!(refused.code, Some(66));
    assert!(
        refused.stderr.contains("there is no database at"),
        "{}",
        refused.stderr
    );
    assert!(!home.file("tincan.db").exists());
}

#[tokio::test]
async fn a_socket_that_was_left_behind_is_no_server_and_in_nobodys_way() {
    let home = Home::new();
    let server = home.serve_strictly();
    assert!(home.file("tincan.db.sock").exists());
    server.kill();
    assert!(home.file("tincan.db.sock").exists(), "nobody took it away");
    home.done(&["user", "create", "anna"]).await;
    let _server = home.serve_strictly();
    home.done(&["user", "create", "bob"]).await;
}

#[tokio::test]
async fn another_name_of_the_database_finds_the_same_server() {
    let home = Home::new();
    let server = home.serve_strictly();
    let link = home.file("link.db");
    std::os::unix::fs::symlink(home.file("tincan.db"), &link).expect("a link");
    let link = link.to_str().expect("a path");
    let made = ended(Binary::command(&["user", "create", "anna", "--db", link])).await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let page = format!("http://{}/reset#", server.address());
    assert!(made.stdout.starts_with(&page), "{}", made.stdout);
}

/// What the server answers at its socket, to whoever speaks to it without the command line.
async fn asked(home: &Home, command: &Value) -> Value {
    let socket = UnixStream::connect(home.file("tincan.db.sock")).await;
    let mut socket = BufReader::new(socket.expect("the socket"));
    let line = format!("{command}\n");
    socket.write_all(line.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    socket.read_line(&mut answer).await.expect("an answer");
    serde_json::from_str(&answer).expect("JSON")
}

#[tokio::test]
async fn numbers_have_their_limits_on_the_command_line_and_at_the_socket() {
    let home = Home::new();
    let _server = home.serve_strictly();
    home.done(&["user", "create", "anna"]).await;
    for (uses, days, refusal) in [
        (0, 7, Some(("uses", "1..=100", "Choose 1 to 100 people."))),
        (101, 7, Some(("uses", "1..=100", "Choose 1 to 100 people."))),
        (1, 0, Some(("days", "1..=90", "Choose 1 to 90 days."))),
        (1, 91, Some(("days", "1..=90", "Choose 1 to 90 days."))),
        (
            1,
            u32::MAX,
            Some(("days", "1..=90", "Choose 1 to 90 days.")),
        ),
        (1, 1, None),
        (100, 90, None),
    ] {
        let flags = (uses.to_string(), days.to_string());
        let made = home
            .run(&["invite", "create", "--uses", &flags.0, "--days", &flags.1])
            .await;
        let command = json!({ "do": "create_invite", "uses": uses, "days": days });
        expect_same(&made, &asked(&home, &command).await, refusal);
    }
    for (days, refusal) in [
        (0, Some(("days", "1..=365", "Choose 1 to 365 days."))),
        (366, Some(("days", "1..=365", "Choose 1 to 365 days."))),
        (1, None),
        (365, None),
    ] {
        let flag = days.to_string();
        let made = home
            .run(&["token", "create", "anna", "backup", "--days", &flag])
            .await;
        let command = json!({
            "do": "create_token", "username": "anna", "name": "backup", "scope": "read", "days": days,
        });
        expect_same(&made, &asked(&home, &command).await, refusal);
    }
    let listed = home.json(&["invite", "list"]).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(4), "{listed}");
    let listed = home.json(&["token", "list"]).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(4), "{listed}");
}

/// Checks that the command and the socket were both refused, or neither.
fn expect_same(made: &Ended, answered: &Value, refusal: Option<(&str, &str, &str)>) {
    let Some((flag, range, sentence)) = refusal else {
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        assert!(answered["Ok"].is_object(), "{answered}");
        return;
    };
    assert_eq!(made.code, Some(2));
    for part in [flag, range] {
        assert!(made.stderr.contains(part), "{}", made.stderr);
    }
    assert_eq!(answered, &json!({ "Err": sentence }));
}

#[tokio::test]
async fn the_socket_is_its_owners_alone() {
    let home = Home::new();
    let _server = home.serve_strictly();
    let rights = std::fs::metadata(home.file("tincan.db.sock")).expect("the socket");
    assert_eq!(rights.permissions().mode() & 0o777, 0o600);
}
