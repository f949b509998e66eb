//! A clock that jumps, as on a Pi, which has none of its own and is told the time once it has a network.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use reqwest::header::RETRY_AFTER;
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    support::{Answer, Binary, Client, PASSWORD, messages, text, token_of, until},
    tools,
    witness::Witness,
};

/// The wall clock of one process.
struct Clock {
    library: String,
    offset: PathBuf,
}

impl Clock {
    fn new(folder: &TempDir) -> Self {
        let asked = Command::new("faketime")
            .args(["-m", "-f", "+0d", "sh", "-c", r#"printf %s "$LD_PRELOAD""#])
            .output();
        let library = asked.expect("faketime runs").stdout;
        let clock = Self {
            library: String::from_utf8(library).expect("a path"),
            offset: folder.path().join("offset"),
        };
        clock.jump("+0d");
        clock
    }

    /// Lets it be so far from the right time from now on.
    fn jump(&self, offset: &str) {
        // Put in its place in one step, as it is read all the time.
        let next = self.offset.with_extension("next");
        fs::write(&next, offset).expect("a file");
        fs::rename(&next, &self.offset).expect("a file");
    }

    fn set(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.offset)
            .env("FAKETIME_NO_CACHE", "1")
            // Time-outs go by a clock that the system doesn't let jump.
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1");
    }
}

/// Runs it once libfaketime has forgotten those that were killed. What it shares among threads by a process’s number stays
/// behind then, and the next process of that number would have the machine’s own clock.
fn run(command: &mut Command) -> Binary {
    for file in fs::read_dir("/dev/shm").expect("shared memory") {
        let file = file.expect("a file");
        let name = file.file_name().into_string().unwrap_or_default();
        let names = ["faketime_shm_", "sem.faketime_sem_"];
        let process = names.iter().find_map(|begin| name.strip_prefix(begin));
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            // Another test may have been quicker.
            let _ = fs::remove_file(file.path());
        }
    }
    Binary::run(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_clock_jumps_everything_keeps_its_order_and_nobody_is_thrown_out() {
    if !tools::have(&["faketime"]) {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let clock = Clock::new(&folder);
    let database = folder.path().join("tincan.db");
    let mut command = Binary::by_way_of("env", &["--"], &database);
    clock.set(&mut command);
    let binary = run(&mut command);
    let john = binary.nobody().sign_in("john").await;
    let jane = binary.nobody().sign_in("jane").await;
    let conversation = john.talk_to("jane").await;
    let mut stream = jane.follow(None).await;
    let start = Witness::of(&database).end();
    let jumps = ["+0d", "+1d", "-3d", "+20d", "-3650d", "+25d", "-1h", "+0d"];
    let mut said = Vec::new();
    for (jump, author) in jumps.iter().zip([&john, &jane].into_iter().cycle()) {
        clock.jump(jump);
        let message = author.say(&conversation, jump).await;
        let event = stream.next().await.expect("the stream lives on");
        assert_eq!(event.data["id"], message["id"]);
        john.get("/healthz").await.expect(200);
        said.push(message);
    }
    let years = |index: usize| said[index]["createdAt"].as_str().expect("a time")[..4].to_owned();
    assert!(years(4) < years(0), "the clock did jump: {said:?}");

    let numbers: Vec<_> = said.iter().map(|message| &message["number"]).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    let ids = |messages: &[serde_json::Value]| -> Vec<_> {
        let ids = messages.iter().map(|message| message["id"].clone());
        ids.collect()
    };
    let mut history = jane.get(&messages(&conversation)).await.expect(200);
    let history = history.as_array_mut().expect("a list");
    history.reverse();
    assert_eq!(ids(history), ids(&said));
    let replayed = jane.follow(Some(&start)).await.until("caught_up").await;
    let replayed = replayed.into_iter().map(|event| event.data);
    let replayed: Vec<_> = replayed.take(said.len()).collect();
    assert_eq!(ids(&replayed), ids(&said));
    Witness::of(&database).expect_agreement();

    // What this server has made is as old as it is, whatever the clock says, and so is what it makes from now on.
    clock.jump("+100d");
    jane.get("/api/auth_user").await.expect(200);
    let jane = jane.nobody().sign_in("jane").await;
    clock.jump("-1d");
    jane.say(&conversation, "back again").await;
    // Another server has only the clock to go by: there, the time of a session that seems old is over.
    binary.kill();
    clock.jump("+300d");
    let binary = run(&mut command);
    let jane = jane.at(binary.address());
    jane.get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
}

/// Links and sessions of John’s, and whether they are good.
struct Made {
    john: Client,
    reset: serde_json::Value,
    invite: serde_json::Value,
    program: Client,
}

impl Made {
    async fn by(john: Client) -> Self {
        let path = format!("/api/admin/users/{}/reset", john.id);
        let reset = john.post(&path, json!({})).await.expect(201);
        let invite = john.post("/api/invites", json!({})).await.expect(201);
        let wish = json!({ "name": "x", "scope": "read" });
        let token = john.post("/api/tokens", wish).await.expect(201);
        Self {
            reset: json!({ "token": token_of(text(&reset["link"])) }),
            invite: json!({ "invite": token_of(text(&invite["link"])) }),
            program: john.with_token(&token["token"]),
            john,
        }
    }

    /// The statuses for the session, the API token, the link for a new password and the invitation.
    async fn statuses(&self, binary: &Binary) -> [u16; 4] {
        let [john, program] = [&self.john, &self.program].map(|one| one.at(binary.address()));
        let nobody = binary.nobody();
        [
            john.get("/api/auth_user").await,
            program.get("/api/auth_user").await,
            nobody.post("/api/reset/check", self.reset.clone()).await,
            nobody.post("/api/invites/check", self.invite.clone()).await,
        ]
        .map(|answer| answer.status.as_u16())
    }
}

/// A server whose clock can jump, and which can be started again on the same database.
struct Machine {
    clock: Clock,
    command: Command,
    _folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let clock = Clock::new(&folder);
        let mut command = Binary::by_way_of("env", &["--"], &folder.path().join("tincan.db"));
        clock.set(&mut command);
        Self {
            clock,
            command,
            _folder: folder,
        }
    }

    fn start(&mut self, offset: &str) -> Binary {
        self.clock.jump(offset);
        run(&mut self.command)
    }
}

const GOOD: [u16; 4] = [200; 4];
const NO_GOOD: [u16; 4] = [401, 401, 403, 403];

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_before_the_clock_was_set_gets_its_days_from_then_on() {
    if !tools::have(&["faketime"]) {
        return;
    }
    // As of a machine that knows no time at all, and one that knows when it was switched off.
    for unset in ["-18000d", "-200d"] {
        let mut machine = Machine::new();
        let binary = machine.start("+0d");
        let before = Made::by(binary.nobody().sign_in("john").await).await;
        binary.kill();
        let binary = machine.start(unset);
        let made = Made::by(binary.nobody().sign_in("john").await).await;
        let mut stream = made.john.follow(None).await;
        assert_eq!(made.statuses(&binary).await, GOOD, "{unset}");
        machine.clock.jump("+0d");
        assert_eq!(made.statuses(&binary).await, GOOD, "{unset}");
        // A newer link took the place of the one for a new password.
        assert_eq!(
            before.statuses(&binary).await,
            [200, 200, 403, 200],
            "{unset}"
        );
        let room = made.john.make_room("Kitchen", &[], false).await;
        let told = stream.next_named("conversation").await;
        assert_eq!(told.data["id"], *room, "its stream goes on");
        binary.kill();
        // They live no longer than they would have.
        let binary = machine.start("+2d");
        assert_eq!(
            made.statuses(&binary).await,
            [200, 200, 403, 200],
            "{unset}"
        );
        binary.kill();
        let binary = machine.start("+100d");
        assert_eq!(made.statuses(&binary).await, NO_GOOD, "{unset}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_clock_made_that_was_ahead_is_no_good_once_it_is_right() {
    if !tools::have(&["faketime"]) {
        return;
    }
    let mut machine = Machine::new();
    let binary = machine.start("+7300d");
    let made = Made::by(binary.nobody().sign_in("john").await).await;
    assert_eq!(made.statuses(&binary).await, GOOD);
    binary.kill();
    let binary = machine.start("+0d");
    assert_eq!(made.statuses(&binary).await, NO_GOOD);
    let john = binary.nobody().sign_in("john").await;
    let sessions = john.get("/api/sessions").await.expect(200);
    assert_eq!(sessions.as_array().map(Vec::len), Some(1));
    let tokens = john.get("/api/tokens").await.expect(200);
    assert_eq!(tokens, json!([]));
}

/// A clock that is set right later must not have cost anybody their session.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_with_a_clock_far_ahead_deletes_nothing_that_is_good() {
    const GONE: &str = "SELECT count(*) FROM invites";
    if !tools::have(&["faketime"]) {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let clock = Clock::new(&folder);
    let database = folder.path().join("tincan.db");
    let start = || {
        let mut command = Binary::by_way_of("env", &["--"], &database);
        clock.set(&mut command);
        run(&mut command)
    };
    let binary = start();
    let john = binary.nobody().sign_in("john").await;
    binary.kill();
    // What has expired by any clock is swept last: once it is gone, a sweep has been through.
    let connection = Connection::open(&database).expect("the database");
    connection
        .execute(
            "INSERT INTO invites (token_hash, created_at, expires_at, uses, uses_left) VALUES (x'00', 0, 1, 1, 1)",
            [],
        )
        .expect("a row");
    clock.jump("+120d");
    let binary = start();
    until("a sweep", async || {
        (connection.query_row(GONE, [], |row| row.get(0)) == Ok(0)).then_some(())
    })
    .await;
    binary.kill();
    clock.jump("+0d");
    let binary = start();
    john.at(binary.address())
        .get("/api/auth_user")
        .await
        .expect(200);
}

/// Signs in with this password, once it is one's turn.
async fn sign_in(nobody: &Client, password: &str) -> Answer {
    loop {
        let credentials = json!({ "username": "john", "password": password });
        let answer = nobody.post("/api/login", credentials).await;
        let Some(wait) = answer.headers.get(RETRY_AFTER) else {
            return answer;
        };
        let wait: u64 = wait.to_str().expect("a text").parse().expect("seconds");
        assert!(wait < 10, "nobody waits {wait} s after a few mistakes");
        tokio::time::sleep(std::time::Duration::from_secs(wait)).await;
    }
}

#[tokio::test]
async fn when_the_clock_jumps_nobody_has_to_wait_for_it() {
    if !tools::have(&["faketime"]) {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let clock = Clock::new(&folder);
    let database = folder.path().join("tincan.db");
    let database = database.to_str().expect("a plain path");
    let mut command = Binary::command(&[
        "--listen",
        "127.0.0.1:0",
        "--log",
        "error",
        "--db",
        database,
    ]);
    clock.set(command.stderr(std::process::Stdio::inherit()));
    let mut binary = run(&mut command);
    let token = token_of(&binary.setup_link());
    let account = json!({ "username": "john", "password": PASSWORD, "setupToken": token });
    let john = binary.nobody().register(account).await;
    let nobody = binary.nobody();
    for jump in ["+20d", "-3650d", "+0d"] {
        let wrong = sign_in(&nobody, "not the password").await;
        assert_eq!(wrong.status, 401, "{}", wrong.body);
        clock.jump(jump);
        sign_in(&nobody, PASSWORD).await.expect(200);
    }
    john.get("/api/auth_user").await.expect(200);
}
