//! The real program from its command line to its exit code: starting, refusing to start, stopping,
//! what it leaves on the disk and what it says in its log.

use std::{
    fs::{self, File},
    io::Write,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{io::AsyncReadExt, sync::watch, task::spawn_blocking, time::timeout};

use crate::{
    plain::Browser,
    support::{Binary, Client, Ended, Server, Socket, Talk, answer, dev, ended, messages},
    websocket::GOING_AWAY,
};

/// Long enough for a stop in good order, by the contract.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

fn folder() -> TempDir {
    TempDir::new().expect("a folder")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// Runs the program on this database, which it is expected to refuse.
async fn start_on(database: &Path) -> Ended {
    let arguments = ["--dev", "--listen", "127.0.0.1:0", "--db", text(database)];
    ended(Binary::command(&arguments)).await
}

/// Checks that the program refuses to start on this database with this code, names it, and leaves
/// its bytes as they are.
async fn refuses(database: &Path, code: i32) -> String {
    let before = fs::read(database).expect("the file");
    let refused = start_on(database).await;
    assert_eq!(refused.code, Some(code), "{}", refused.stderr);
    assert_eq!(refused.stdout, "", "it was never ready");
    assert!(
        refused.stderr.contains(text(database)),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains("panicked"), "{}", refused.stderr);
    let after = fs::read(database).expect("the file");
    assert!(before == after, "the file was changed");
    refused.stderr
}

/// A database with a conversation in it, of which nobody has it open.
async fn database_with_messages(folder: &Path) -> PathBuf {
    let database = folder.join("tincan.db");
    let config = tincan::server::Config {
        database: database.clone(),
        ..dev()
    };
    let mut talk = Talk::start(config).await;
    for number in 0..200 {
        let content = format!("{number} {}", "x".repeat(200));
        talk.john.say(&talk.conversation, &content).await;
    }
    talk.server.stop().await;
    database
}

/// Starts the program with a log in a file, at the most talkative level.
fn with_log(database: &Path, log: &Path, more: &[&str]) -> Binary {
    let arguments = ["--dev", "--listen", "127.0.0.1:0", "--log", "trace", "--db"];
    let log = File::create(log).expect("a log");
    let mut command = Binary::command(&arguments);
    command.arg(database).args(more).stderr(Stdio::from(log));
    Binary::run(&mut command)
}

/// Stops the program in good order.
async fn stop(binary: Binary) {
    binary.signal("TERM");
    let (status, _) = binary.ended().await;
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn it_says_where_it_listens_once_it_does() {
    let folder = folder();
    let binary = Binary::start(&folder.path().join("tincan.db"));
    assert_ne!(binary.address().port(), 0);
    binary.nobody().get("/healthz").await.expect(200);
    binary.signal("TERM");
    let (status, rest) = binary.ended().await;
    assert_eq!(status.code(), Some(0));
    assert_eq!(rest, "", "the ready line is all of standard output");
}

#[tokio::test]
async fn serve_is_what_it_does_without_a_command() {
    let folder = folder();
    let database = folder.path().join("tincan.db");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--db", text(&database)];
    let binary = Binary::spawn(&[&arguments[..], &["--log", "error"]].concat());
    let config = binary.nobody().get("/api/config").await.expect(200);
    assert_eq!(config["dev"], false);
}

#[tokio::test]
async fn the_environment_stands_in_for_flags() {
    let folder = folder();
    let database = folder.path().join("by-environment.db");
    let mut command = Binary::command(&[]);
    command
        .env("TINCAN_LISTEN", "127.0.0.1:0")
        .env("TINCAN_DB", &database)
        .env("TINCAN_LOG", "error");
    let binary = Binary::run(command.stderr(Stdio::inherit()));
    binary.nobody().get("/healthz").await.expect(200);
    assert!(database.exists());
}

#[tokio::test]
async fn it_explains_itself() {
    let help = ended(Binary::command(&["--help"])).await;
    assert_eq!(help.code, Some(0));
    for flag in [
        "--listen",
        "--db",
        "--public-url",
        "--dev",
        "--ui",
        "--log",
        "--log-format",
    ] {
        assert!(help.stdout.contains(flag), "{flag}: {}", help.stdout);
    }
    let version = ended(Binary::command(&["--version"])).await;
    assert_eq!(version.code, Some(0));
    let expected = concat!("tincan ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(version.stdout, expected);
}

#[tokio::test]
async fn a_command_line_that_makes_no_sense_is_refused() {
    for (arguments, named) in [
        (&["--nonsense"][..], "--nonsense"),
        (&["nonsense"], "nonsense"),
        (&["--listen", "nowhere"], "--listen"),
        (&["--log-format", "xml"], "--log-format"),
        (&["--public-url", "chat.example"], "--public-url"),
        (
            &["--public-url", "https://chat.example/path"],
            "--public-url",
        ),
        (&["--public-url", "ftp://chat.example"], "--public-url"),
        (&["--public-url", "http://:80"], "--public-url"),
        (&["--public-url", "http://chat.example:"], "--public-url"),
        (
            &["--public-url", "http://chat.example:65536"],
            "--public-url",
        ),
        (&["--trusted-proxy", "proxy.example"], "--trusted-proxy"),
        (
            &["--trusted-proxy", "10.0.0.1,10.0.0.0/33"],
            "--trusted-proxy",
        ),
        (&["--db"], "--db"),
    ] {
        let refused = ended(Binary::command(arguments)).await;
        assert_eq!(refused.code, Some(2), "{arguments:?}");
        assert!(refused.stderr.contains(named), "{}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
}

#[tokio::test]
async fn a_taken_port_is_one_clear_line() {
    let folder = folder();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let database = folder.path().join("tincan.db");
    let arguments = ["--listen", &address, "--db", text(&database)];
    let refused = ended(Binary::command(&arguments)).await;
    assert_eq!(refused.code, Some(69), "{}", refused.stderr);
    assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
    assert!(refused.stderr.contains(&address), "{}", refused.stderr);
}

#[tokio::test]
async fn a_second_server_on_a_database_says_who_has_it() {
    let folder = folder();
    let database = folder.path().join("tincan.db");
    let link = folder.path().join("link.db");
    let first = Binary::start(&database);
    std::os::unix::fs::symlink(&database, &link).expect("a link");
    for name in [&database, &link] {
        let refused = start_on(name).await;
        assert_eq!(refused.code, Some(75), "{}", refused.stderr);
        let holder = format!("process {}", first.id());
        assert!(refused.stderr.contains(&holder), "{}", refused.stderr);
        assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
    }
    first.nobody().get("/healthz").await.expect(200);
    // A lock whose holder was killed holds nobody up.
    first.kill();
    Binary::start(&database);
}

#[tokio::test]
async fn a_database_from_a_newer_version_is_left_alone() {
    let folder = folder();
    let database = database_with_messages(folder.path()).await;
    let connection = Connection::open(&database).expect("a connection");
    connection
        .pragma_update(None, "user_version", 999)
        .expect("an update");
    drop(connection);
    let said = refuses(&database, 65).await;
    assert!(said.contains("999"), "{said}");
}

#[tokio::test]
async fn so_is_one_whose_log_was_not_moved_into_it() {
    let folder = folder();
    let database = database_with_messages(folder.path()).await;
    let connection = Connection::open(&database).expect("a connection");
    connection
        .pragma_update(None, "user_version", 999)
        .expect("an update");
    // As after a power cut: the change stands in the log alone.
    let log = |database: &Path| PathBuf::from(format!("{}-wal", text(database)));
    let copy = folder.path().join("copy.db");
    fs::copy(&database, &copy).expect("a copy");
    fs::copy(log(&database), log(&copy)).expect("a copy");
    drop(connection);
    let before = fs::read(log(&copy)).expect("the log");
    assert!(!before.is_empty());
    refuses(&copy, 65).await;
    assert!(fs::read(log(&copy)).expect("the log") == before);
}

#[tokio::test]
async fn another_programs_database_is_left_alone() {
    let folder = folder();
    let database = folder.path().join("other.db");
    let connection = Connection::open(&database).expect("a connection");
    connection
        .execute_batch("CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')")
        .expect("a table");
    drop(connection);
    refuses(&database, 65).await;
}

#[tokio::test]
async fn what_is_no_database_is_left_alone() {
    let folder = folder();
    let letter = folder.path().join("letter.txt");
    for content in ["Dear Jane,\n".repeat(1_000), "Dear Jane".to_owned()] {
        fs::write(&letter, content).expect("a file");
        refuses(&letter, 65).await;
    }
}

#[tokio::test]
async fn a_damaged_database_is_left_alone() {
    let folder = folder();
    let database = database_with_messages(folder.path()).await;
    let whole = fs::read(&database).expect("the file");
    assert!(whole.len() > 32 * 1024, "there is something to damage");

    let mut overwritten = whole.clone();
    overwritten[8 * 1024..24 * 1024].fill(0xff);
    fs::write(&database, overwritten).expect("a file");
    let said = refuses(&database, 65).await;
    assert!(
        said.contains("tincan restore BACKUP"),
        "how to go on: {said}"
    );

    fs::write(&database, &whole[..whole.len() / 2]).expect("a file");
    refuses(&database, 65).await;
    fs::write(&database, &whole[..50]).expect("a file");
    refuses(&database, 65).await;

    // The fault is in the bytes, not in how they got there.
    fs::write(&database, whole).expect("a file");
    Binary::start(&database);
}

/// What SQLite reads and writes at once, as a new database tells it.
const PAGE: usize = 2_048;

/// The first page with texts of [`database_with_messages`]; the last one is read at each start. The index for searches has no
/// words that are so long.
fn page_of_messages(file: &[u8]) -> usize {
    let text = "x".repeat(150);
    let has_text = |page: &[u8]| page.windows(150).any(|bytes| bytes == text.as_bytes());
    let page = file.chunks(PAGE).position(has_text);
    page.expect("a page with messages")
}

#[tokio::test]
async fn damage_is_found_whatever_kind_of_page_it_is_in() {
    let folder = folder();
    let database = database_with_messages(folder.path()).await;
    let whole = fs::read(&database).expect("the file");
    let connection = Connection::open(&database).expect("a connection");
    let first_page = |name: &str| -> usize {
        let query = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
        let number = connection.query_row(query, [name], |row| row.get::<_, u16>(0));
        usize::from(number.expect("a page")) - 1
    };
    let pages = [
        // The list of all tables begins on the first page, behind the file's own header.
        (0, 100..PAGE),
        (0, 0..PAGE),
        (first_page("messages"), 0..PAGE),
        (first_page("participants"), 0..8),
        (first_page("messages_by_conversation"), 0..PAGE),
        // A leaf of the messages, which is none of the pages that anything begins with.
        (page_of_messages(&whole), 0..PAGE),
    ];
    drop(connection);
    for (page, bytes) in pages {
        let mut damaged = whole.clone();
        damaged[page * PAGE..][bytes.clone()].fill(0x55);
        fs::write(&database, damaged).expect("a file");
        let said = refuses(&database, 65).await;
        assert!(
            said.contains("tincan restore BACKUP"),
            "page {page}, {bytes:?}: {said}"
        );
    }
}

#[tokio::test]
async fn damage_in_a_large_database_is_found_while_it_serves() {
    let folder = folder();
    let database = database_with_messages(folder.path()).await;
    let page = page_of_messages(&fs::read(&database).expect("the file"));
    let connection = Connection::open(&database).expect("a connection");
    // More than is checked before it listens.
    connection
        .execute_batch("CREATE TABLE ballast (x); INSERT INTO ballast VALUES (zeroblob(70000000))")
        .expect("a large row");
    drop(connection);
    let mut bytes = fs::read(&database).expect("the file");
    bytes[page * PAGE..][..PAGE].fill(0x55);
    fs::write(&database, bytes).expect("a file");
    let stopped = start_on(&database).await;
    assert_eq!(stopped.code, Some(65), "{}", stopped.stderr);
    assert!(
        stopped.stderr.contains("tincan restore BACKUP"),
        "{}",
        stopped.stderr
    );
    assert!(stopped.stdout.contains("listening"), "{}", stopped.stdout);
}

#[tokio::test]
async fn a_place_where_no_database_can_be_is_named() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    for database in [
        folder.path().join("missing/tincan.db"),
        file.join("tincan.db"),
        folder.path().to_owned(),
        PathBuf::from("/proc/tincan.db"),
    ] {
        let refused = start_on(&database).await;
        assert_eq!(refused.code, Some(73), "{}", refused.stderr);
        assert!(
            refused.stderr.contains(text(&database)),
            "{}",
            refused.stderr
        );
        assert!(!refused.stderr.contains("panicked"), "{}", refused.stderr);
    }
}

#[tokio::test]
async fn what_it_makes_is_its_owners_alone() {
    let folder = folder();
    let database = folder.path().join("tincan.db");
    let binary = Binary::run(&mut Binary::under_a_wide_umask(&database));
    binary.nobody().sign_in("john").await;
    let mut names = Vec::new();
    for file in fs::read_dir(folder.path()).expect("a folder") {
        let file = file.expect("a file");
        let rights = file.metadata().expect("a file").permissions().mode();
        assert_eq!(rights & 0o777, 0o600, "{:?}", file.file_name());
        names.push(file.file_name().into_string().expect("a plain name"));
    }
    names.sort();
    assert_eq!(
        names,
        [
            "tincan.db",
            "tincan.db-shm",
            "tincan.db-wal",
            "tincan.db.lock",
            "tincan.db.sock"
        ]
    );
    stop(binary).await;
}

#[tokio::test]
async fn asked_to_stop_it_ends_its_streams_and_then_itself() {
    for signal in ["TERM", "INT"] {
        let folder = folder();
        let binary = Binary::start(&folder.path().join("tincan.db"));
        let john = binary.nobody().sign_in("john").await;
        let jane = binary.nobody().sign_in("jane").await;
        let mut streams = Vec::new();
        for client in [&john, &jane, &jane] {
            streams.push(client.follow(None).await);
        }
        let asked = Instant::now();
        binary.signal(signal);
        for stream in &mut streams {
            stream.rest().await;
        }
        let (status, _) = binary.ended().await;
        assert_eq!(status.code(), Some(0), "{signal}");
        assert!(asked.elapsed() < STOPS_WITHIN, "{:?}", asked.elapsed());
    }
}

#[tokio::test]
async fn asked_to_stop_it_ends_every_kind_of_connection() {
    let folder = folder();
    let binary = Binary::start(&folder.path().join("tincan.db"));
    let john = binary.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let mut stream = john.follow(None).await;
    let mut socket = Socket::follow(binary.address(), &john, None).await;
    // A browser that follows a conversation without scripts keeps its connection between two looks.
    let browser = Browser::of(&john);
    browser
        .page(&format!("/plain/conversations/{conversation}/follow"))
        .await;
    let mut idle = tokio::net::TcpStream::connect(binary.address())
        .await
        .expect("a connection");
    let last = john.say(&conversation, "last words").await;
    let poll = john.poll_request(&format!("?after={}&wait=30", john.cursor().await));
    let poll = tokio::spawn(answer(poll));
    // Time enough for the poll to be read, as connections are accepted in turn.
    for _ in 0..20 {
        binary.nobody().get("/healthz").await.expect(200);
    }

    let asked = Instant::now();
    binary.signal("TERM");
    socket.closed(GOING_AWAY).await;
    let told = stream.rest().await;
    assert_eq!(told.last().expect("a message").data["id"], last["id"]);
    let polled = poll.await.expect("no panic").expect(200);
    assert_eq!(polled["events"], json!([]));
    assert_eq!(idle.read(&mut [0]).await.expect("closed in order"), 0);
    let (status, _) = binary.ended().await;
    assert_eq!(status.code(), Some(0));
    assert!(asked.elapsed() < STOPS_WITHIN, "{:?}", asked.elapsed());
}

/// Starts a request and leaves it there, so that a stop in good order has something to wait for.
fn unfinished_request(binary: &Binary, client: &Client) -> std::net::TcpStream {
    let mut socket = std::net::TcpStream::connect(binary.address()).expect("a connection");
    let token = client.token.as_deref().expect("a token");
    let head = format!(
        "POST /api/conversations HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    socket.write_all(head.as_bytes()).expect("written");
    socket
}

#[tokio::test]
async fn what_never_ends_does_not_keep_it_from_stopping() {
    let folder = folder();
    let binary = Binary::start(&folder.path().join("tincan.db"));
    let john = binary.nobody().sign_in("john").await;
    let _socket = unfinished_request(&binary, &john);
    // Answered after the unfinished request was read, as each is accepted in turn.
    john.get("/api/auth_user").await.expect(200);
    let asked = Instant::now();
    stop(binary).await;
    assert!(asked.elapsed() < STOPS_WITHIN, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn asked_twice_it_ends_at_once() {
    let folder = folder();
    let binary = Binary::start(&folder.path().join("tincan.db"));
    let john = binary.nobody().sign_in("john").await;
    let _socket = unfinished_request(&binary, &john);
    let mut stream = john.follow(None).await;
    binary.signal("TERM");
    // The end of the stream shows that the first signal has been taken.
    stream.rest().await;
    binary.signal("TERM");
    let (status, _) = timeout(Duration::from_secs(5), binary.ended())
        .await
        .expect("at once");
    assert_ne!(status.code(), Some(0), "it didn't stop in good order");
    assert_ne!(status.code(), None, "it ended itself");
}

#[tokio::test]
async fn after_a_stop_the_file_alone_has_everything() {
    let folder = folder();
    let database = folder.path().join("tincan.db");
    let binary = Binary::start(&database);
    let john = binary.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let said = john.say(&conversation, "remember this").await;
    stop(binary).await;

    let copy = folder.path().join("elsewhere.db");
    fs::copy(&database, &copy).expect("a copy");
    let binary = Binary::start(&copy);
    let john = john.at(binary.address());
    let history = john.get(&messages(&conversation)).await;
    assert_eq!(history.expect(200), json!([said]));
}

#[tokio::test]
async fn while_another_program_writes_it_is_busy_and_then_goes_on() {
    let folder = folder();
    let database = folder.path().join("tincan.db");
    let binary = Binary::start(&database);
    let john = binary.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let path = messages(&conversation);

    let other = Connection::open(&database).expect("a connection");
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    let asked = Instant::now();
    let body = json!({ "content": "hi" });
    let (refusal, history) = tokio::join!(john.post(&path, body), async {
        let history = john.get(&path).await;
        (history, asked.elapsed())
    });
    let waited = asked.elapsed();
    assert!(
        (4..10).contains(&waited.as_secs()),
        "it waits for 5 s, not {waited:?}"
    );
    let seconds = refusal.headers["retry-after"].to_str().expect("a text");
    assert!(seconds.parse::<u32>().is_ok_and(|seconds| seconds > 0));
    refusal.refused(503, "busy");
    let (history, took) = history;
    assert_eq!(history.expect(200), json!([]));
    assert!(
        took < Duration::from_secs(4),
        "readers don't wait: {took:?}"
    );

    let health = john.get("/healthz").await;
    assert_eq!(health.status, 503);
    other.execute_batch("ROLLBACK").expect("the lock's end");
    let said = john.say(&conversation, "hi again").await;
    assert_eq!(said["number"], 1);
    john.get("/healthz").await.expect(200);
}

#[tokio::test]
async fn the_log_keeps_what_people_say_and_who_they_are_to_itself() {
    let folder = folder();
    let log = folder.path().join("log");
    let binary = with_log(&folder.path().join("tincan.db"), &log, &[]);
    let john = binary.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    john.say(&conversation, "a-private-matter").await;
    let body = json!({ "content": "a-refused-matter\0" });
    john.post(&messages(&conversation), body).await.expect(422);
    let body = json!({ "content": 1, "password": "a-password" });
    john.post(&messages(&conversation), body).await.expect(400);
    john.get("/api/usernames?search=a-searched-name")
        .await
        .expect(200);
    let token = john.token.as_deref().expect("a token");
    let nobody = binary.nobody();
    let by_token = nobody.request(
        reqwest::Method::GET,
        &format!("/api/messages?token={token}"),
    );
    let by_token = answer(by_token.header("accept", "text/html")).await;
    by_token.refused(406, "not_acceptable");
    let hook = json!({ "content": "a-posted-matter" });
    for path in ["a-hooks-secret", "a-hooks-secret/", "a-hooks-secret?x=1"] {
        let path = format!("/api/hooks/{path}");
        let unknown = nobody.post(&path, hook.clone()).await;
        unknown.refused(404, "not_found");
    }
    nobody.get("/api/hooks/a-hooks-secret").await;
    stop(binary).await;

    let log = fs::read_to_string(log).expect("the log");
    for kept in [
        "/api/login",
        "/api/messages",
        "/api/usernames",
        "/api/hooks/",
    ] {
        assert!(log.contains(kept), "paths are logged: {log}");
    }
    for secret in [
        token,
        "token=",
        "a-private-matter",
        "a-refused-matter",
        "a-posted-matter",
        "a-hooks-secret",
        "a-password",
        "a-searched-name",
        "\u{1b}",
    ] {
        assert!(!log.contains(secret), "{secret:?} in {log}");
    }
}

#[tokio::test]
async fn dev_mode_warns_in_the_log() {
    let folder = folder();
    let log = folder.path().join("log");
    stop(with_log(&folder.path().join("tincan.db"), &log, &[])).await;
    let log = fs::read_to_string(log).expect("the log");
    let warning = log.lines().find(|line| line.contains("development mode"));
    assert!(warning.is_some_and(|line| line.contains("WARN")), "{log}");
}

#[tokio::test]
async fn a_log_for_machines_is_an_object_a_line() {
    let folder = folder();
    let log = folder.path().join("log");
    let database = folder.path().join("tincan.db");
    let binary = with_log(&database, &log, &["--log-format", "json"]);
    binary.nobody().sign_in("john").await;
    stop(binary).await;
    let log = fs::read_to_string(log).expect("the log");
    let lines = log.lines().map(|line| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert!(line["level"].is_string() && line["timestamp"].is_string());
        line
    });
    assert!(
        lines.into_iter().any(|line| line["path"] == "/api/login"),
        "what was asked is in a field of its own: {log}"
    );
}

#[tokio::test]
async fn a_port_is_free_again_once_a_server_has_stopped() {
    let mut server = Server::start(dev()).await;
    let address = server.address();
    server.stop().await;
    TcpListener::bind(address).expect("the port");
}

/// A program that is being started has, for a moment, a copy of all that is open here.
#[tokio::test]
async fn it_starts_again_at_once_while_programs_are_started_beside_it() {
    const AT_ONCE: usize = 4;
    const RESTARTS: usize = 60;
    let mut server = Server::start(dev()).await;
    let (testing, tested) = watch::channel(());
    let programs: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let tested = tested.clone();
            spawn_blocking(move || {
                while tested.has_changed().is_ok() {
                    Command::new("true").status().expect("true");
                }
            })
        })
        .collect();
    for _ in 0..RESTARTS {
        server.restart().await;
    }
    drop(testing);
    for programs in programs {
        programs.await.expect("no panic");
    }
}
