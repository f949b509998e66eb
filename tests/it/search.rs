//! Searching messages: what is found, what isn’t, and by whom.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tincan::server::Config;

use crate::{
    home::Home,
    old_database::{DEVELOPMENT, mark},
    plain::Browser,
    support::{
        Answer, Binary, Client, Talk, answer, dev, flood, messages, participants, text, until,
    },
};

/// How far the index goes.
pub const POSITION: &str =
    "SELECT coalesce(max(through_id), 0) FROM followers WHERE name GLOB 'search.*'";
pub const NEWEST: &str = "SELECT max(id) FROM messages";
/// One pixel (https://www.w3.org/Graphics/GIF/spec-gif89a.txt).
const GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
/// More than the follower leaves for later.
const ENOUGH: usize = 70;

pub async fn ask(client: &Client, parameters: &[(&str, &str)]) -> Answer {
    let query = serde_urlencoded::to_string(parameters).expect("parameters");
    client.get(&format!("/api/search?{query}")).await
}

/// All that a search finds, newest first, on however many pages it comes.
pub async fn search_in(client: &Client, parameters: &[(&str, &str)]) -> Vec<Value> {
    let (mut found, mut before) = (Vec::new(), None::<String>);
    loop {
        let mut all = parameters.to_vec();
        all.extend(before.as_deref().map(|before| ("before", before)));
        let page = ask(client, &all).await.expect(200);
        found.extend(page["results"].as_array().expect("results").iter().cloned());
        match &page["before"] {
            Value::Null => return found,
            next => {
                let number = |id: &str| id.parse::<i64>().expect("an id");
                let next = text(next).to_owned();
                assert!(before.is_none_or(|before| number(&next) < number(&before)));
                before = Some(next);
            }
        }
    }
}

pub async fn search(client: &Client, query: &str) -> Vec<String> {
    let found = search_in(client, &[("q", query)]).await;
    let contents = found.iter().map(|hit| text(&hit["message"]["content"]));
    contents.map(str::to_owned).collect()
}

pub fn open(database: &Path) -> Connection {
    let connection = Connection::open(database).expect("the database");
    let patience = Duration::from_secs(5);
    connection.busy_timeout(patience).expect("a setting");
    connection
}

pub fn number(database: &Path, query: &str) -> i64 {
    let number = open(database).query_row(query, [], |row| row.get(0));
    number.expect(query)
}

/// Waits until everything that has been said so far is in the index.
pub async fn indexed(database: &Path, somebody: &Client) {
    let newest = number(database, NEWEST);
    let monologue = somebody.make_room("Monologue", &[], false).await;
    for _ in 0..ENOUGH {
        somebody.say(&monologue, "—").await;
    }
    until("the index to catch up", async || {
        (number(database, POSITION) >= newest).then_some(())
    })
    .await;
}

/// A server with a database in a folder of its own, and john and jane, who talk.
pub async fn talk() -> (TempDir, PathBuf, Talk) {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let config = Config {
        database: database.clone(),
        ..flood()
    };
    (folder, database, Talk::start(config).await)
}

#[tokio::test]
async fn words_are_found_in_any_script_before_and_after_they_are_indexed() {
    let (_folder, database, talk) = talk().await;
    for content in [
        "The soup is ready",
        "Soupe à l’oignon",
        "東京都に住む",
        "ラーメンを食べた",
        "한국어를 배우다",
        "ภาษาไทย ที่นี่",
        "Приём, ёлка",
        "ok 👍🏽",
        "https://example.com/menu",
        "ready soup",
    ] {
        talk.john.say(&talk.conversation, content).await;
    }
    for is_indexed in [false, true] {
        for (query, expected) in [
            (
                "soup",
                vec!["ready soup", "Soupe à l’oignon", "The soup is ready"],
            ),
            ("SOUP ready", vec!["ready soup", "The soup is ready"]),
            ("\"soup\"", vec!["ready soup", "The soup is ready"]),
            ("\"soup is\"", vec!["The soup is ready"]),
            ("\"ready soup\"", vec!["ready soup"]),
            ("\"is soup\"", vec![]),
            ("oup", vec![]),
            ("a", vec!["Soupe à l’oignon"]),
            ("r", vec![]),
            ("re", vec!["ready soup", "The soup is ready"]),
            ("re soup", vec![]),
            ("l'oig", vec!["Soupe à l’oignon"]),
            ("京都", vec!["東京都に住む"]),
            ("都京", vec![]),
            ("ーメ", vec!["ラーメンを食べた"]),
            ("국어", vec!["한국어를 배우다"]),
            ("ษาไ", vec!["ภาษาไทย ที่นี่"]),
            ("прием ЕЛ", vec!["Приём, ёлка"]),
            ("👍", vec!["ok 👍🏽"]),
            ("example.com", vec!["https://example.com/menu"]),
            ("?!", vec![]),
        ] {
            assert_eq!(
                search(&talk.jane, query).await,
                expected,
                "{query} {is_indexed}"
            );
        }
        indexed(&database, &talk.john).await;
    }
}

#[tokio::test]
async fn an_answer_has_the_message_and_where_it_matches() {
    let talk = Talk::start(dev()).await;
    let said = talk.john.say(&talk.conversation, "😀 Café, cafés").await;
    let asked = [("q", "cafe"), ("conversation", talk.conversation.as_str())];
    let found = ask(&talk.john, &asked).await.expect(200);
    let expected = json!({
        "results": [{ "message": said, "matches": [{ "start": 3, "end": 7 }, { "start": 9, "end": 14 }] }],
        "before": null,
    });
    assert_eq!(found, expected);
    let of_jane = ask(&talk.jane, &asked).await.expect(200);
    assert_eq!(of_jane["results"][0]["message"]["mine"], false);
}

#[tokio::test]
async fn results_come_in_pages_without_holes_or_doubles() {
    let (_folder, database, talk) = talk().await;
    for number in 1..=60 {
        let content = format!(
            "{} {number}",
            if number % 3 == 0 { "pear" } else { "apple" }
        );
        talk.john.say(&talk.conversation, &content).await;
    }
    let expected: Vec<_> = (1..=60).rev().filter(|number| number % 3 != 0).collect();
    for _ in 0..2 {
        for limit in ["1", "7", "20", "39", "40", "41", "50"] {
            let asked = [("q", "apple"), ("limit", limit)];
            let found = search_in(&talk.jane, &asked).await;
            let numbers = found.iter().map(|hit| hit["message"]["number"].as_i64());
            let numbers: Vec<_> = numbers.map(|number| number.expect("a number")).collect();
            assert_eq!(numbers, expected, "{limit}");
        }
        let first = ask(&talk.jane, &[("q", "apple")]).await.expect(200);
        assert_eq!(first["results"].as_array().map(Vec::len), Some(20));
        indexed(&database, &talk.john).await;
    }
}

#[tokio::test]
async fn operators_narrow_down_and_anything_else_is_a_word() {
    let (_folder, database, talk) = talk().await;
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = &talk;
    let alice = server.sign_up("alice").await;
    let room = john
        .make_room("The Kitchen", &["jane", "alice"], false)
        .await;
    john.say(conversation, "plan one").await;
    jane.say(conversation, "plan two from:home").await;
    john.say(&room, "plan three https://example.com").await;
    alice.say(&room, "plan four before:tomorrow").await;
    let picture = john.upload("lake.gif", GIF).await;
    john.send_files(&room, &[&picture]).await;
    let notes = jane.upload("notes.txt", b"hello").await;
    jane.send_files(&room, &[&notes]).await;
    // Nobody can forge what isn’t in the text.
    john.say(&room, "c1 hlink hpicture a2 b0 facts").await;
    let at = |number: i64| number.to_string();
    for _ in 0..2 {
        for (query, expected) in [
            ("plan from:jane", vec![at(2)]),
            ("from:JANE plan", vec![at(2)]),
            ("plan from:me", vec![at(1), at(3)]),
            ("plan from:jane from:alice", vec![at(2), at(4)]),
            ("plan from:nobody", vec![]),
            ("plan in:\"the kitchen\"", vec![at(3), at(4)]),
            ("plan in:jane", vec![at(1), at(2)]),
            (
                "plan in:jane in:\"The Kitchen\" from:john",
                vec![at(1), at(3)],
            ),
            ("plan in:john", vec![]),
            ("plan in:cellar", vec![]),
            ("has:link", vec![at(3)]),
            ("has:photo", vec![at(5)]),
            ("has:file", vec![at(6)]),
            ("has:video", vec![]),
            ("has:file from:john", vec![]),
            ("after:2020-01-01 plan", vec![at(1), at(2), at(3), at(4)]),
            ("before:2020-01-01 plan", vec![]),
            (
                "before:9999-12-31 after:2020-01-01+02:00 plan from:alice",
                vec![at(4)],
            ),
            ("after:9999-12-31 plan", vec![]),
            // Words.
            ("from:home", vec![]),
            ("\"from home\"", vec![at(2)]),
            ("before:tomorrow", vec![at(4)]),
            ("hlink", vec![at(7)]),
        ] {
            let found = search_in(john, &[("q", query)]).await;
            let order = |hit: &Value| {
                let in_room = hit["message"]["conversationId"] == room.as_str();
                let number = hit["message"]["number"].as_i64().expect("a number");
                // The room begins with a system message.
                if in_room { number + 1 } else { number }
            };
            let mut numbers: Vec<_> = found.iter().map(order).collect();
            numbers.sort_unstable();
            let numbers: Vec<_> = numbers.into_iter().map(at).collect();
            assert_eq!(numbers, expected, "{query}");
        }
        indexed(&database, john).await;
    }
}

#[tokio::test]
async fn what_is_no_search_is_refused() {
    let talk = Talk::start(dev()).await;
    let thousand = "word ".repeat(1000);
    for query in ["", " ", "\u{3000}", thousand.as_str()] {
        let refused = ask(&talk.john, &[("q", query)])
            .await
            .refused(422, "invalid");
        assert!(refused["errors"]["q"].is_string());
    }
    talk.john.get("/api/search").await.refused(422, "invalid");
    for limit in ["0", "51", "x"] {
        let refused = ask(&talk.john, &[("q", "a"), ("limit", limit)]).await;
        assert!(refused.refused(422, "invalid")["errors"]["limit"].is_string());
    }
    let alice = talk.server.sign_up("alice").await;
    for (name, value) in [
        ("conversation", talk.conversation.as_str()),
        ("conversation", "x"),
        ("before", "-1"),
    ] {
        ask(&alice, &[("q", "a"), (name, value)])
            .await
            .refused(404, "not_found");
    }
    // What only looks like the index’s own language.
    for query in [
        "\"",
        "* OR *",
        "body : x",
        "NEAR(a b)",
        "a AND NOT b",
        "^a",
        "{facts}: c1",
        "a\"b\"\"c",
        "-a",
        "%_[]",
    ] {
        ask(&talk.john, &[("q", query)]).await.expect(200);
    }
}

#[tokio::test]
async fn one_finds_what_one_may_see_and_nothing_else() {
    let (_folder, database, talk) = talk().await;
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = &talk;
    let alice = server.sign_up("alice").await;
    john.say(conversation, "secret of two").await;
    let closed = john.make_room("Closed", &["jane"], false).await;
    let open = john.make_room("Open", &[], true).await;
    john.say(&closed, "secret before alice").await;
    john.say(&open, "secret for everybody").await;
    let added = json!({ "username": "alice" });
    john.post(&participants(&closed), added).await.expect(204);
    john.say(&closed, "secret with alice").await;
    for _ in 0..2 {
        assert_eq!(search(&alice, "secret").await, ["secret with alice"]);
        assert_eq!(
            search(jane, "secret").await,
            ["secret with alice", "secret before alice", "secret of two"]
        );
        indexed(&database, john).await;
    }
    alice
        .post(&participants(&open), json!({}))
        .await
        .expect(204);
    assert_eq!(
        search(&alice, "secret").await,
        ["secret with alice", "secret for everybody"]
    );
    alice
        .delete(&crate::support::participant(&closed, "me"))
        .await
        .expect(204);
    assert_eq!(search(&alice, "secret").await, ["secret for everybody"]);
    // What the system says isn’t found.
    assert_eq!(
        search(john, "created this room").await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn the_command_line_finds_with_and_without_a_server_and_after_an_import() {
    let home = Home::new();
    let server = Binary::start(&home.file("tincan.db"));
    let john = server.nobody().sign_in("john").await;
    let alice = server.nobody().sign_up("alice").await;
    let conversation = john.talk_to("jane").await;
    john.say(&conversation, "the grey gull").await;
    let room = alice.make_room("Harbour", &[], false).await;
    alice.say(&room, "a gull, too").await;
    let expect = async |home: &Home| {
        let all = home.done(&["search", "gull"]).await;
        let lines: Vec<_> = all.lines().collect();
        assert_eq!(lines.len(), 3, "{all}");
        assert!(
            lines[1].contains("Harbour") && lines[1].ends_with("a gull, too"),
            "{all}"
        );
        assert!(
            lines[2].contains("jane") && lines[2].ends_with("the grey gull"),
            "{all}"
        );
        let own: Value = serde_json::from_str(
            &home
                .done(&["search", "gull", "--user", "jane", "--json"])
                .await,
        )
        .expect("JSON");
        assert_eq!(own[0]["content"], "the grey gull");
        assert_eq!(own[1], Value::Null);
        let one = home
            .done(&["search", "gull from:alice", "--limit", "1"])
            .await;
        assert_eq!(one.lines().count(), 2, "{one}");
        assert_eq!(home.done(&["search", "heron"]).await.lines().count(), 1);
        let nobody = home.run(&["search", "gull", "--user", "nobody"]).await;
        assert_eq!((nobody.code, nobody.stdout.as_str()), (Some(1), ""));
        let blank = home.run(&["search", " "]).await;
        assert_eq!(blank.code, Some(1));
    };
    expect(&home).await;
    server.signal("TERM");
    server.ended().await;
    expect(&home).await;
    home.done(&["export", &home.path("archive")]).await;
    let other = Home::new();
    other.done(&["import", &home.path("archive")]).await;
    expect(&other).await;
    mark(&other.file("tincan.db"), DEVELOPMENT);
    let server = Binary::start(&other.file("tincan.db"));
    let john = server.nobody().sign_in("john").await;
    assert_eq!(search(&john, "gull").await, ["the grey gull"]);
}

#[tokio::test]
async fn the_page_without_scripts_finds_and_leads_there() {
    let talk = Talk::start(dev()).await;
    let mut first = None;
    for number in 1..=40 {
        let said = talk
            .john
            .say(&talk.conversation, &format!("<i>tern</i> {number}"))
            .await;
        first.get_or_insert(said);
    }
    let id = first
        .map(|said| text(&said["id"]).to_owned())
        .expect("a message");
    let browser = Browser::of(&talk.jane);
    let start = browser.page("/plain").await;
    assert!(start.contains(r#"action="/plain/search""#));
    let page = browser.page("/plain/search?q=tern").await;
    assert_eq!(page.matches("<mark>tern</mark>").count(), 25);
    assert!(page.contains("&lt;i&gt;<mark>tern</mark>&lt;/i&gt; 40"));
    let (_, older) = page
        .split_once("/plain/search?q=tern&amp;before=")
        .expect("a link");
    let before = older.split('"').next().expect("an id");
    let page = browser
        .page(&format!("/plain/search?q=tern&before={before}"))
        .await;
    assert_eq!(page.matches("<mark>").count(), 15);
    let there = format!("/plain/conversations/{}?around={id}", talk.conversation);
    assert!(page.contains(&format!("{there}#m{id}")));
    let history = browser.page(&there).await;
    assert!(history.contains(&format!(r#"id="m{id}""#)) && !history.contains("</i> 40"));
    let none = browser.page("/plain/search?q=heron").await;
    assert!(none.contains("Nothing found."));
    browser.page("/plain/search").await;
    let long = "x".repeat(300);
    let refused = browser.look(&format!("/plain/search?q={long}")).await;
    assert!(text(&refused.expect(422)).contains("up to 256 characters"));
}

#[tokio::test]
async fn searches_are_answered_while_others_write_and_take_turns() {
    let (_folder, database, talk) = talk().await;
    for number in 0..ENOUGH {
        talk.john
            .say(&talk.conversation, &format!("plover {number}"))
            .await;
    }
    indexed(&database, &talk.john).await;
    let searching = (0..20).map(|_| {
        let jane = talk.jane.clone();
        tokio::spawn(async move { search(&jane, "plover").await.len() })
    });
    let searching: Vec<_> = searching.collect();
    for _ in 0..20 {
        talk.john.say(&talk.conversation, "whimbrel").await;
    }
    for found in searching {
        assert_eq!(found.await.expect("no panic"), ENOUGH);
    }
    // HEAD, as for every GET.
    let head = talk.jane.request(Method::HEAD, "/api/search?q=plover");
    assert_eq!(answer(head).await.status, 200);
    let page = talk
        .jane
        .get(&messages(&talk.conversation))
        .await
        .expect(200);
    assert_eq!(page[0]["content"], "whimbrel");
}
