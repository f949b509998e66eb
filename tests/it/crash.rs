//! Killing the real server under load, again and again, on one database.

use std::{collections::BTreeSet, net::SocketAddr};

use tempfile::TempDir;

use crate::{
    support::{Binary, Client, Event, Stream},
    witness::Witness,
    writers::{Writers, enough_in},
};

const ROUNDS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_every_kill_and_streams_go_on_without_hole_or_double() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let mut binary = Binary::start_for_a_flood(&database);
    let people = [
        binary.nobody().sign_in("john").await,
        binary.nobody().sign_in("jane").await,
    ];
    let conversation = people[0].talk_to("jane").await;
    let start = Witness::of(&database).end();
    let mut followers = people.clone().map(|who| Follower::new(who, &start));
    let mut writers = Writers::new(&people, &conversation);

    for round in 0..ROUNDS {
        let address = binary.address();
        for follower in &mut followers {
            follower.come_back(address).await;
        }
        let [one, other] = followers;
        let reading = tokio::spawn(async { tokio::join!(one.read_on(), other.read_on()) });
        let left = writers.write_until_killed(binary, enough_in(round)).await;
        assert!(left.iter().all(|one| one.refusal.is_none()));
        let (one, other) = reading.await.expect("no panic");
        followers = [one, other];

        binary = Binary::start_for_a_flood(&database);
        let witness = Witness::of(&database);
        assert!(witness.finds_the_file_whole());
        writers.settle(binary.address(), left).await;
        writers.expect_exactly(&witness);
        for follower in &mut followers {
            follower.come_back(binary.address()).await;
            follower.check(&witness).await;
        }
    }
}

/// Somebody's stream, across the server's lives.
struct Follower {
    who: Client,
    /// Up to here everything has been checked.
    checked: String,
    cursor: String,
    seen: Vec<Event>,
    stream: Option<Stream>,
}

impl Follower {
    fn new(who: Client, cursor: &str) -> Self {
        Self {
            who,
            checked: cursor.to_owned(),
            cursor: cursor.to_owned(),
            seen: Vec::new(),
            stream: None,
        }
    }

    async fn come_back(&mut self, address: SocketAddr) {
        let stream = self.who.at(address).follow(Some(&self.cursor)).await;
        self.stream = Some(stream);
    }

    /// Reads until the stream ends, with the server that it is from.
    async fn read_on(mut self) -> Self {
        while self.read().await.is_some() {}
        self
    }

    /// Reads what was missed, and checks what was seen since the last time.
    async fn check(&mut self, witness: &Witness) {
        while self.read().await.expect("the stream goes on") != "caught_up" {}
        let seen: Vec<_> = self.seen.drain(..).collect();
        witness.expect_told(&self.who.id, &self.checked, &seen, &BTreeSet::new());
        self.checked.clone_from(&self.cursor);
    }

    /// The name of the next event; none when the stream has ended.
    async fn read(&mut self) -> Option<String> {
        let event = self.stream.as_mut()?.next().await?;
        self.cursor.clone_from(&event.id);
        let name = event.name.clone();
        if name != "caught_up" {
            self.seen.push(event);
        }
        Some(name)
    }
}
