//! Sending messages, reading them, and marking them read.

use proptest::{prelude::any, prop_assert_eq, strategy::Strategy};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Client, Talk, answer, dev, expect_timestamp, for_all, messages, participants,
};

/// The page of messages that a query gives.
async fn page(client: &Client, conversation: &str, query: &str) -> Vec<Value> {
    let path = format!("{}{query}", messages(conversation));
    match client.get(&path).await.expect(200) {
        Value::Array(messages) => messages,
        other => panic!("{other}"),
    }
}

fn numbers(page: &[Value]) -> Vec<i64> {
    let number = |message: &Value| message["number"].as_i64().expect("a number");
    page.iter().map(number).collect()
}

/// A conversation in which John said as many messages; with their ids, the oldest first.
async fn talk_of(count: usize) -> (Talk, Vec<String>) {
    let talk = Talk::start(dev()).await;
    let mut ids = Vec::new();
    for number in 1..=count {
        let said = talk
            .john
            .say(&talk.conversation, &format!("{number}"))
            .await;
        ids.push(said["id"].as_str().expect("an id").to_owned());
    }
    (talk, ids)
}

/// What somebody has of the conversation: the unread count and the read mark.
async fn read_state(client: &Client, conversation: &str) -> (i64, i64) {
    let path = format!("/api/conversations/{conversation}");
    let shown = client.get(&path).await.expect(200);
    let number = |name: &str| shown[name].as_i64().expect("a number");
    let unread = number("unreadCount");
    assert_eq!(shown["hasUnreadMessages"], unread > 0);
    (unread, number("lastReadNumber"))
}

/// Marks messages as read; with no body at all where none is given.
async fn mark_read(client: &Client, conversation: &str, body: Option<Value>) {
    let path = format!("/api/conversations/{conversation}/read_messages");
    let request = client.request(Method::POST, &path);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    answer(request).await.expect(204);
}

#[tokio::test]
async fn a_sent_message_is_given_back_whole() {
    let talk = Talk::start(dev()).await;
    let body = json!({ "content": "hi", "clientId": "a-1" });
    let path = messages(&talk.conversation);
    let sent = talk.john.post(&path, body).await.expect(201);
    expect_timestamp(&sent["createdAt"]);
    assert!(
        sent["id"]
            .as_str()
            .is_some_and(|id| id.parse::<i64>().is_ok())
    );
    let expected = json!({
        "id": sent["id"],
        "conversationId": talk.conversation,
        "number": 1,
        "version": sent["id"],
        "content": "hi",
        "createdAt": sent["createdAt"],
        "mine": true,
        "author": { "id": talk.john.id, "username": "john", "avatarURL": null },
        "clientId": "a-1",
        "editedAt": null,
        "deletedAt": null,
        "reactions": [],
    });
    assert_eq!(sent, expected);
    assert_eq!(page(&talk.john, &talk.conversation, "").await, [expected]);
}

#[tokio::test]
async fn a_client_id_is_shown_to_the_author_alone() {
    let talk = Talk::start(dev()).await;
    let body = json!({ "content": "hi", "clientId": "secret" });
    let path = messages(&talk.conversation);
    talk.john.post(&path, body).await.expect(201);
    let seen = page(&talk.jane, &talk.conversation, "").await;
    assert_eq!(seen[0].get("clientId"), None);
    assert_eq!(seen[0]["mine"], false);
    assert_eq!(seen[0]["author"]["username"], "john");
    let conversation = format!("/api/conversations/{}", talk.conversation);
    let last = &talk.jane.get(&conversation).await.expect(200)["lastMessage"];
    assert_eq!(last.get("clientId"), None);
    let own = &talk.john.get(&conversation).await.expect(200)["lastMessage"];
    assert_eq!(own["clientId"], "secret");
}

#[tokio::test]
async fn without_a_client_id_there_is_no_such_field() {
    let talk = Talk::start(dev()).await;
    let sent = talk.john.say(&talk.conversation, "hi").await;
    assert_eq!(sent.get("clientId"), None);
}

#[tokio::test]
async fn blank_lines_in_front_and_white_space_behind_go_and_nothing_else() {
    let talk = Talk::start(dev()).await;
    for (given, kept) in [
        ("  hi  ", "  hi"),
        ("    if x:\n        y()\n", "    if x:\n        y()"),
        ("\n\ta  b\r\n c\u{3000}", "\ta  b\r\n c"),
        ("\r\n \t\r\n\r\n  x\r\n\r\n  y\r\n", "  x\r\n\r\n  y"),
        (" \u{85}\u{2028} \u{2029}\u{b}\u{c}\t-", "\t-"),
        ("\u{a0}x\u{2028}", "\u{a0}x"),
        // These are no white space: bidirectional marks, joiners, and what shows nothing.
        ("\u{200b}x\u{200f}", "\u{200b}x\u{200f}"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("e\u{301}", "e\u{301}"),
    ] {
        let sent = talk.john.say(&talk.conversation, given).await;
        assert_eq!(sent["content"], kept, "{given:?}");
    }
}

#[tokio::test]
async fn a_message_has_one_to_four_thousand_characters() {
    let talk = Talk::start(dev()).await;
    // Four bytes each: it is scalar values that count.
    for longest in ["x".repeat(4_000), "😀".repeat(4_000)] {
        let padded = format!("  \n{longest}\n");
        let sent = talk.john.say(&talk.conversation, &padded).await;
        assert_eq!(sent["content"], longest);
    }
    let path = messages(&talk.conversation);
    for body in [
        json!({ "content": "x".repeat(4_001) }),
        json!({ "content": "😀".repeat(4_001) }),
        json!({ "content": "" }),
        json!({ "content": " \n\u{3000}" }),
        json!({ "content": null }),
        json!({}),
    ] {
        let refusal = talk.john.post(&path, body).await.refused(422, "invalid");
        assert_eq!(refusal["errors"], json!({ "content": refusal["message"] }));
    }
    assert_eq!(page(&talk.john, &talk.conversation, "").await.len(), 2);
}

#[tokio::test]
async fn a_nul_is_refused_wherever_it_stands() {
    let talk = Talk::start(dev()).await;
    for content in ["\0", "a\0b", " \0", "x\0"] {
        let body = json!({ "content": content });
        let refusal = talk.john.post(&messages(&talk.conversation), body).await;
        let refusal = refusal.refused(422, "invalid");
        assert_eq!(refusal["errors"], json!({ "content": refusal["message"] }));
    }
}

/// Texts of which nothing shows: white space, controls and format characters (Unicode general categories Zs, Zl, Zp, Cc
/// and Cf), what is ignorable by default (Unicode Standard §5.21), noncharacters (§23.7), and blank symbols.
const BLANK: &[(&str, &str)] = &[
    ("Zs", " \u{a0}\u{1680}\u{2003}\u{202f}\u{205f}\u{3000}"),
    ("Zl and Zp", "\u{2028}\u{2029}"),
    ("Cc", "\u{7}\u{1b}\u{7f}\u{9f}"),
    ("zero width space", "\u{200b}"),
    ("joiners", "\u{200c}\u{200d}\u{2060}"),
    ("a byte order mark", "\u{feff}"),
    (
        "bidirectional controls",
        "\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}",
    ),
    ("soft hyphen", "\u{ad}"),
    ("grapheme joiner", "\u{34f}"),
    ("Hangul fillers", "\u{115f}\u{1160}\u{3164}\u{ffa0}"),
    ("Khmer inherent vowels", "\u{17b4}\u{17b5}"),
    ("Mongolian separators", "\u{180b}\u{180e}\u{180f}"),
    ("variation selectors", "\u{fe00}\u{fe0f}\u{e0100}\u{e01ef}"),
    ("tags", "\u{e0001}\u{e0041}\u{e007f}"),
    ("musical format controls", "\u{1d173}\u{1d17a}"),
    ("shorthand format controls", "\u{1bca0}\u{1bca3}"),
    ("invisible operators", "\u{2061}\u{2064}\u{206a}\u{206f}"),
    ("interlinear annotation", "\u{fff9}\u{fffb}"),
    ("hieroglyph joiners", "\u{13430}\u{13438}"),
    ("noncharacters", "\u{fdd0}\u{fffe}\u{1ffff}\u{10ffff}"),
    ("Braille blank", "\u{2800}"),
    ("a note without a head", "\u{1d159}"),
    ("hieroglyph blanks", "\u{13441}\u{13442}"),
    ("Khitan filler", "\u{16fe4}"),
    (
        "several of them",
        " \u{2800}\n\u{200b}\u{3164}\u{fe0f}\u{202e}",
    ),
];

/// Texts of which little shows, but something does.
const FAINT: &[&str] = &[
    ".",
    "\u{301}",
    "\u{600}",
    "\u{6dd}",
    "\u{2801}",
    "\u{e000}",
    "\u{fffc}",
    "\u{fffd}",
    "☎\u{fe0e}",
    "\u{200b}x",
    "\u{202e}x\u{2800}",
];

#[tokio::test]
async fn what_shows_nothing_is_empty() {
    let talk = Talk::start(dev()).await;
    let said = talk.john.say(&talk.conversation, "hello").await;
    let message = format!("/api/messages/{}", said["id"].as_str().expect("an id"));
    let path = messages(&talk.conversation);
    for (what, text) in BLANK {
        let body = json!({ "content": text });
        let expected = json!({ "content": "Enter a message." });
        let sent = talk.john.post(&path, body.clone()).await;
        assert_eq!(sent.refused(422, "invalid")["errors"], expected, "{what}");
        let edited = talk.john.patch(&message, body).await;
        assert_eq!(edited.refused(422, "invalid")["errors"], expected, "{what}");
        let room = json!({ "name": text, "usernames": [] });
        let room = talk.john.post("/api/conversations", room).await;
        let room = room.refused(422, "invalid");
        assert_eq!(room["errors"]["name"], "Enter a name.", "{what}");
    }
    for text in FAINT {
        let sent = talk.john.say(&talk.conversation, text).await;
        assert_eq!(sent["content"], *text);
    }
}

#[tokio::test]
async fn a_rooms_name_is_one_line() {
    let talk = Talk::start(dev()).await;
    for c in LINE_BREAKS {
        let room = json!({ "name": format!("a{c}b"), "usernames": [] });
        let room = talk.john.post("/api/conversations", room).await;
        let refused = room.refused(422, "invalid");
        assert!(refused["errors"]["name"].is_string(), "{c:?}");
    }
}

/// What ends a line (Unicode Standard §5.8).
const LINE_BREAKS: [char; 7] = [
    '\n', '\u{b}', '\u{c}', '\r', '\u{85}', '\u{2028}', '\u{2029}',
];

#[tokio::test(flavor = "multi_thread")]
async fn any_text_without_nul_comes_back_as_it_was() {
    let talk = Talk::start(dev()).await;
    let text = proptest::collection::vec(any::<char>(), 1..60).prop_map(|characters| {
        let text: String = characters.into_iter().collect();
        text.replace('\0', "")
    });
    let text = text.prop_filter("something to say", |text| {
        text.contains(char::is_alphanumeric)
    });
    for_all(128, &text, async |text| {
        let sent = talk.john.say(&talk.conversation, &text).await;
        let read = page(&talk.jane, &talk.conversation, "?limit=1").await;
        let mut kept = text.trim_end();
        while let Some((line, rest)) = kept.split_once(LINE_BREAKS)
            && line.trim().is_empty()
        {
            kept = rest;
        }
        prop_assert_eq!(sent["content"].as_str(), Some(kept));
        prop_assert_eq!(read[0]["content"].as_str(), Some(kept));
        Ok(())
    });
}

#[tokio::test]
async fn the_same_client_id_sends_one_message() {
    let talk = Talk::start(dev()).await;
    let path = messages(&talk.conversation);
    let body = json!({ "content": "hi", "clientId": "a" });
    let first = talk.john.post(&path, body.clone()).await.expect(201);
    // Another device of the same person, and white space that goes anyway.
    let again = json!({ "content": "\nhi ", "clientId": "a" });
    let phone = talk.john.another_device().await;
    assert_eq!(phone.post(&path, again).await.expect(200), first);
    assert_eq!(page(&talk.john, &talk.conversation, "").await, [first]);

    // Somebody else's names for theirs are their own business.
    talk.jane.post(&path, body).await.expect(201);
    let next = talk.john.say(&talk.conversation, "next").await;
    assert_eq!(next["number"], 3);
}

#[tokio::test]
async fn a_client_id_names_one_content_in_one_conversation() {
    let talk = Talk::start(dev()).await;
    talk.server.sign_up("ada").await;
    let elsewhere = talk.john.talk_to("ada").await;
    let body = json!({ "content": "hi", "clientId": "a" });
    let here = messages(&talk.conversation);
    talk.john.post(&here, body.clone()).await.expect(201);
    let other = json!({ "content": "ho", "clientId": "a" });
    let refusal = talk.john.post(&here, other).await;
    refusal.refused(409, "client_id_reused");
    let refusal = talk.john.post(&messages(&elsewhere), body).await;
    refusal.refused(409, "client_id_reused");
    assert_eq!(page(&talk.john, &talk.conversation, "").await.len(), 1);
    assert!(page(&talk.john, &elsewhere, "").await.is_empty());
}

#[tokio::test]
async fn a_client_id_is_short_and_printable() {
    let talk = Talk::start(dev()).await;
    let path = messages(&talk.conversation);
    let body = json!({ "content": "hi", "clientId": "é".repeat(64) });
    talk.john.post(&path, body).await.expect(201);
    for client_id in ["", "a\nb", "\0", &"x".repeat(65)] {
        let body = json!({ "content": "hi", "clientId": client_id });
        let refusal = talk.john.post(&path, body).await.refused(422, "invalid");
        assert_eq!(refusal["errors"], json!({ "clientId": refusal["message"] }));
    }
}

#[tokio::test]
async fn numbers_count_each_conversation_without_a_hole() {
    let talk = Talk::start(dev()).await;
    let ada = talk.server.sign_up("ada").await;
    let elsewhere = ada.talk_to("john").await;
    for round in 1..=3 {
        let path = messages(&talk.conversation);
        let refused = json!({ "content": "" });
        talk.john.post(&path, refused).await.refused(422, "invalid");
        let body = json!({ "content": "x", "clientId": round.to_string() });
        talk.john.post(&path, body.clone()).await.expect(201);
        talk.john.post(&path, body).await.expect(200);
        ada.say(&elsewhere, "y").await;
        talk.jane.say(&talk.conversation, "z").await;
    }
    let here = page(&talk.john, &talk.conversation, "").await;
    assert_eq!(numbers(&here), [6, 5, 4, 3, 2, 1]);
    assert_eq!(numbers(&page(&ada, &elsewhere, "").await), [3, 2, 1]);
}

#[tokio::test]
async fn history_comes_in_pages_the_newest_first() {
    let (talk, ids) = talk_of(105).await;
    let numbers_of = async |query: &str| {
        let page = page(&talk.jane, &talk.conversation, query).await;
        let shown = page.iter().map(|message| message["id"].as_str());
        let numbers = numbers(&page);
        // The oldest message's number is 1.
        for (id, number) in shown.zip(&numbers) {
            let index = usize::try_from(number - 1).expect("a place");
            assert_eq!(id, Some(ids[index].as_str()));
        }
        numbers
    };
    let down = |from: i64, to: i64| (to..=from).rev().collect::<Vec<_>>();
    let (id_10, id_50, id_100) = (&ids[9], &ids[49], &ids[99]);
    for (query, expected) in [
        (String::new(), down(105, 81)),
        ("?limit=1".to_owned(), down(105, 105)),
        ("?limit=100".to_owned(), down(105, 6)),
        (format!("?before={id_50}"), down(49, 25)),
        (format!("?before={id_10}"), down(9, 1)),
        (format!("?before={}", ids[0]), vec![]),
        (format!("?before={id_50}&limit=3"), down(49, 47)),
        (format!("?after={id_100}"), down(105, 101)),
        (format!("?after={}", ids[104]), vec![]),
        // Where there are more, the newest of them.
        (format!("?after={id_10}&limit=2"), down(105, 104)),
        (format!("?after={id_10}&before={id_50}"), down(49, 25)),
        (format!("?after={id_50}&before={id_10}"), vec![]),
        (
            "?before=9223372036854775807&limit=2".to_owned(),
            down(105, 104),
        ),
        ("?after=1&before=1".to_owned(), vec![]),
        (format!("?around={id_50}&limit=5"), down(52, 48)),
        (format!("?around={id_50}&limit=4"), down(52, 49)),
        (format!("?around={id_50}&limit=1"), down(50, 50)),
        (format!("?around={id_50}"), down(62, 38)),
        (format!("?around={id_10}"), down(22, 1)),
        (format!("?around={}", ids[104]), down(105, 93)),
        // `before` and `after` don’t count beside it.
        (
            format!("?around={id_50}&limit=3&before={id_10}&after={id_100}"),
            down(51, 49),
        ),
    ] {
        assert_eq!(numbers_of(&query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn history_is_around_what_one_may_see_in_the_conversation() {
    let (talk, ids) = talk_of(3).await;
    let body = json!({ "name": "Kitchen", "usernames": ["jane"] });
    let room = talk.john.post("/api/conversations", body).await.expect(201);
    let room = room["id"].as_str().expect("an id");
    let said = talk.john.say(room, "before alice").await;
    let alice = talk.server.sign_up("alice").await;
    let added = json!({ "username": "alice" });
    talk.john.post(&participants(room), added).await.expect(204);
    let before_her = said["id"].as_str().expect("an id");
    for (client, conversation, around) in [
        // Of another conversation, of none, and from before she came.
        (&talk.john, room, ids[0].as_str()),
        (&talk.john, room, "9223372036854775807"),
        (&talk.john, room, "abc"),
        (&alice, room, before_her),
        (&alice, talk.conversation.as_str(), ids[0].as_str()),
    ] {
        let path = format!("{}?around={around}", messages(conversation));
        client.get(&path).await.refused(404, "not_found");
    }
    let later = talk.john.say(room, "hello alice").await;
    let around = format!("?around={}", later["id"].as_str().expect("an id"));
    let shown = page(&alice, room, &around).await;
    assert!(!shown.iter().any(|message| message["id"] == said["id"]));
    assert_eq!(shown[0]["id"], later["id"]);
}

#[tokio::test]
async fn a_page_has_one_to_a_hundred_messages() {
    let (talk, _) = talk_of(1).await;
    for limit in ["0", "101", "abc", "-1", "", "1.5", "4294967297"] {
        let path = format!("{}?limit={limit}", messages(&talk.conversation));
        let refusal = talk.john.get(&path).await.refused(422, "invalid");
        assert_eq!(refusal["errors"], json!({ "limit": refusal["message"] }));
    }
}

#[tokio::test]
async fn reading_history_marks_nothing_as_read() {
    let (talk, _) = talk_of(3).await;
    page(&talk.jane, &talk.conversation, "").await;
    talk.jane.get("/api/conversations").await.expect(200);
    assert_eq!(read_state(&talk.jane, &talk.conversation).await, (3, 0));
}

#[tokio::test]
async fn whoever_writes_has_read_what_was_before() {
    let (talk, _) = talk_of(3).await;
    assert_eq!(read_state(&talk.john, &talk.conversation).await, (0, 3));
    assert_eq!(read_state(&talk.jane, &talk.conversation).await, (3, 0));
    talk.jane.say(&talk.conversation, "I see").await;
    assert_eq!(read_state(&talk.jane, &talk.conversation).await, (0, 4));
    assert_eq!(read_state(&talk.john, &talk.conversation).await, (1, 3));
}

#[tokio::test]
async fn a_read_mark_moves_forward_and_never_beyond_the_end() {
    let (talk, _) = talk_of(4).await;
    let Talk {
        jane, conversation, ..
    } = &talk;
    for (up_to, state) in [
        (2, (2, 2)),
        (2, (2, 2)),
        (1, (2, 2)),
        (0, (2, 2)),
        (3, (1, 3)),
        (i64::MAX, (0, 4)),
        (1, (0, 4)),
    ] {
        mark_read(jane, conversation, Some(json!({ "upTo": up_to }))).await;
        assert_eq!(read_state(jane, conversation).await, state, "{up_to}");
    }
    // What comes after the end that was meant is unread.
    talk.john.say(conversation, "more").await;
    assert_eq!(read_state(jane, conversation).await, (1, 4));
    // One's mark is one's own.
    assert_eq!(read_state(&talk.john, conversation).await, (0, 5));
}

#[tokio::test]
async fn without_a_number_everything_is_read() {
    let (talk, _) = talk_of(2).await;
    let Talk {
        john,
        jane,
        conversation,
        ..
    } = &talk;
    mark_read(jane, conversation, None).await;
    assert_eq!(read_state(jane, conversation).await, (0, 2));
    for body in [json!({}), json!({ "upTo": null })] {
        john.say(conversation, "more").await;
        mark_read(jane, conversation, Some(body)).await;
        let (unread, _) = read_state(jane, conversation).await;
        assert_eq!(unread, 0);
    }
}

#[tokio::test]
async fn an_empty_conversation_can_be_marked_read() {
    let talk = Talk::start(dev()).await;
    mark_read(&talk.jane, &talk.conversation, None).await;
    mark_read(&talk.jane, &talk.conversation, Some(json!({ "upTo": 7 }))).await;
    assert_eq!(read_state(&talk.jane, &talk.conversation).await, (0, 0));
    talk.john.say(&talk.conversation, "first").await;
    assert_eq!(read_state(&talk.jane, &talk.conversation).await, (1, 0));
}

#[tokio::test]
async fn a_read_mark_is_a_number_that_is_not_negative() {
    let (talk, _) = talk_of(1).await;
    let path = format!("/api/conversations/{}/read_messages", talk.conversation);
    for up_to in [-1, i64::MIN] {
        let body = json!({ "upTo": up_to });
        let refusal = talk.jane.post(&path, body).await.refused(422, "invalid");
        assert_eq!(refusal["errors"], json!({ "upTo": refusal["message"] }));
    }
    for up_to in [json!("1"), json!(1.5), json!([1])] {
        let body = json!({ "upTo": up_to });
        talk.jane.post(&path, body).await.refused(400, "malformed");
    }
    assert_eq!(read_state(&talk.jane, &talk.conversation).await, (1, 0));
}
