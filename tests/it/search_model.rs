//! Searches of random conversations in many scripts, against reading all that one may see.

use proptest::{
    collection::vec, prelude::any, prop_assert_eq, prop_oneof, sample::select, strategy::Strategy,
    test_runner::TestCaseResult,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tincan::{
    search::{Filter, Has, Query, find, tokens},
    server::Config,
};

use crate::{
    search::search_in,
    support::{Client, Server, dev, for_all, messages, participants, text},
};

const WORDS: &[&str] = &[
    "soup",
    "Soupe",
    "SÔUP",
    "straße",
    "strasse",
    "don’t",
    "a",
    "ab",
    "abc",
    "snake_case",
    "東京",
    "京都",
    "東京都",
    "ラーメン",
    "ﾗｰ",
    "한국어",
    "국",
    "ที่นี่",
    "นี่",
    "ລາວ",
    "ខ្មែរ",
    "မြန်မာ",
    "मेरी",
    "हिन्दी",
    "Ёлка",
    "ελλάς",
    "مُحَمَّد",
    "שלום",
    "👍",
    "👍🏽",
    "👩‍🚒",
    "🇩🇪",
    "5㎏",
    "½",
    "https://example.com/soup",
    "from:here",
    "e\u{301}te\u{301}",
    "été",
];
const JOINS: &[&str] = &[" ", "", ", ", "\n", "-"];
const PLACES: usize = 4;

/// Something that happens: it is said, or what was said is edited or deleted.
#[derive(Clone, Debug)]
enum Step {
    Say(usize, usize, String),
    Edit(usize, String),
    Delete(usize),
}

fn content() -> impl Strategy<Value = String> {
    let word = (select(WORDS), select(JOINS));
    vec(word, 1..6).prop_map(|words| {
        let text: String = words
            .iter()
            .flat_map(|(word, join)| [*word, *join])
            .collect();
        text.trim().to_owned()
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..PLACES, 0..2_usize, content()).prop_map(|(place, who, text)| Step::Say(place, who, text)),
        1 => (any::<usize>(), content()).prop_map(|(which, text)| Step::Edit(which, text)),
        1 => any::<usize>().prop_map(Step::Delete),
    ]
}

/// A query of words, beginnings of words, phrases and operators.
fn query() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => select(WORDS).prop_map(str::to_owned),
        2 => (select(WORDS), 1..4_usize).prop_map(|(word, length)| word.chars().take(length).collect()),
        2 => content().prop_map(|text| format!("\"{text}\"")),
        1 => select(&["from:ana", "from:ben", "from:me", "in:closed", "in:\"open air\"", "in:ana", "has:link", "has:photo"][..])
            .prop_map(str::to_owned),
    ];
    vec(part, 1..4).prop_map(|parts| parts.join(" "))
}

struct World {
    server: Server,
    round: usize,
    _folder: TempDir,
}

/// What a message is for the one who searches.
struct Seen {
    message: Value,
    place: String,
}

/// Everything that somebody may see, newest first.
async fn all_seen(client: &Client, places: &[(String, String)]) -> Vec<Seen> {
    let mut seen = Vec::new();
    for (id, name) in places {
        let page = client.get(&format!("{}?limit=100", messages(id))).await;
        if page.status == 404 {
            continue;
        }
        for message in page.expect(200).as_array().expect("a list") {
            if message["system"].is_null() && message["deletedAt"].is_null() {
                seen.push(Seen {
                    message: message.clone(),
                    place: name.clone(),
                });
            }
        }
    }
    let id = |seen: &Seen| text(&seen.message["id"]).parse::<i64>().expect("an id");
    seen.sort_by_key(|seen| -id(seen));
    seen
}

fn is_found(query: &Query, names: &[String; 2], caller: &str, seen: &Seen) -> Option<Value> {
    let author = text(&seen.message["author"]["username"]);
    let real_name = |name: &str| match name {
        "ana" => names[0].clone(),
        "ben" => names[1].clone(),
        "me" => caller.to_owned(),
        other => other.to_owned(),
    };
    let content = text(&seen.message["content"]);
    let (mut authors, mut places) = (Vec::new(), Vec::new());
    for filter in &query.filters {
        match filter {
            Filter::From(name) => authors.push(real_name(name)),
            Filter::In(name) => places.push(real_name(name)),
            Filter::Has(Has::Link) if content.contains("https://") => {}
            Filter::Has(_) => return None,
            Filter::Before(_) | Filter::After(_) => unreachable!("no query has it"),
        }
    }
    let fits =
        |wanted: &[String], own: &str| wanted.is_empty() || wanted.iter().any(|one| one == own);
    if !fits(&authors, author) || !fits(&places, &seen.place) {
        return None;
    }
    if query.terms.is_empty() && query.filters.is_empty() {
        return None;
    }
    let ranges = find(&query.terms, &tokens(content))?;
    Some(json!({ "message": seen.message, "matches": ranges }))
}

impl World {
    async fn holds(&mut self, steps: Vec<Step>, queries: Vec<String>) -> TestCaseResult {
        self.round += 1;
        let names = ["ana", "ben"].map(|name| format!("{name}{}", self.round));
        let late = format!("late{}", self.round);
        let ana = self.server.sign_up(&names[0]).await;
        let ben = self.server.sign_up(&names[1]).await;
        let cleo = self.server.sign_up(&late).await;
        let direct = ana.talk_to(&names[1]).await;
        let closed = ana.make_room("Closed", &[&names[1]], false).await;
        let open = ana.make_room("Open Air", &[&names[1]], true).await;
        let own = ana.make_room("closed", &[&names[1]], false).await;
        let ids = [direct.clone(), closed.clone(), open.clone(), own.clone()];
        let mut said: Vec<(usize, String)> = Vec::new();
        let half = steps.len() / 2;
        for (index, step) in steps.into_iter().enumerate() {
            if index == half {
                for room in [&closed, &open] {
                    let added = json!({ "username": late });
                    ana.post(&participants(room), added).await.expect(204);
                }
            }
            let people = [&ana, &ben];
            match step {
                Step::Say(place, who, text) => {
                    let message = people[who].say(&ids[place], &text).await;
                    let id = message["id"].as_str().expect("an id");
                    said.push((who, format!("/api/messages/{id}")));
                }
                Step::Edit(which, text) if !said.is_empty() => {
                    let (who, path) = &said[which % said.len()];
                    let body = json!({ "content": text });
                    people[*who].patch(path, body).await.expect(200);
                }
                Step::Delete(which) if !said.is_empty() => {
                    let (who, path) = said.remove(which % said.len());
                    people[who].delete(&path).await.expect(204);
                }
                Step::Edit(..) | Step::Delete(_) => {}
            }
        }
        for (caller, name) in [(&ana, &names[0]), (&ben, &names[1]), (&cleo, &late)] {
            let other = usize::from(name == &names[0]);
            let places = [
                (direct.clone(), names[other].clone()),
                (closed.clone(), "closed".to_owned()),
                (open.clone(), "open air".to_owned()),
                (own.clone(), "closed".to_owned()),
            ];
            let seen = all_seen(caller, &places).await;
            for asked in &queries {
                // The people of this round.
                let real = asked
                    .replace(":ana", &format!(":{}", names[0]))
                    .replace(":ben", &format!(":{}", names[1]));
                let Ok(query) = Query::new(&real) else {
                    continue;
                };
                let expected = seen
                    .iter()
                    .filter_map(|one| is_found(&query, &names, name, one));
                let expected: Vec<_> = expected.collect();
                let found = search_in(caller, &[("q", &real), ("limit", "3")]).await;
                prop_assert_eq!(found, expected, "{} asks for {:?}", name, real);
                let everywhere = expected_in(&seen, &query, &names, name, &closed);
                let found = search_in(caller, &[("q", &real), ("conversation", &closed)]).await;
                prop_assert_eq!(found, everywhere, "{} asks for {:?} in one", name, real);
            }
        }
        Ok(())
    }
}

fn expected_in(
    seen: &[Seen],
    query: &Query,
    names: &[String; 2],
    name: &str,
    id: &str,
) -> Vec<Value> {
    let there = seen
        .iter()
        .filter(|one| one.message["conversationId"] == id);
    there
        .filter_map(|one| is_found(query, names, name, one))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_what_reading_everything_finds() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let server = Server::start(Config { database, ..dev() }).await;
    let world = World {
        server,
        round: 0,
        _folder: folder,
    };
    let world = tokio::sync::Mutex::new(world);
    let cases = (vec(step(), 5..70), vec(query(), 12));
    for_all(12, &cases, async |(steps, queries)| {
        world.lock().await.holds(steps, queries).await
    });
}
