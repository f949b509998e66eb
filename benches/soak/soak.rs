//! The course of it: rounds of people and faults, and after each a quiet moment in which everything is
//! held against the database.

use std::{collections::HashMap, fmt::Write, path::Path, rc::Rc, time::Duration};

use fastrand::Rng;
use indicatif::ProgressBar;
use reqwest::Method;
use serde_json::json;
use tokio::{
    sync::watch,
    task::{JoinSet, spawn_local},
    time::sleep,
};

use crate::{
    device::Device,
    faults::Faults,
    house::House,
    line::Line,
    person::Person,
    relay::Relay,
    support::Client,
    tally::Tally,
    vitals::{Vitals, sockets_are},
    witness::Witness,
};

const PEOPLE: usize = 18;
/// A round is this part of the whole, and no longer than a minute.
const ROUNDS: u32 = 6;
const LONGEST: Duration = Duration::from_mins(1);
/// So many rounds at the end are in one life of the server.
const LAST_ROUNDS: u32 = 3;
/// What the last of them may add to the server's memory, in kB, after rounds like it: so much for what the
/// allocator leaves unused between two things that it keeps,
const GROWTH: u64 = 3 * 1024;
/// and this for each of its files. Each reader has two, and a cache that in a short run holds the whole
/// database, which a round makes some 300 kB larger; in a long run the caches, of 2 MiB each, are full
/// before. A leak of 16 KiB with each thing that is published comes to more even in a minute's run.
const GROWTH_OF_FILE: u64 = 128;

pub struct Soak {
    house: Rc<House>,
    relay: Rc<Relay>,
    tally: Rc<Tally>,
    /// Owns the hall, and does nothing else.
    warden: Line,
    hall: String,
    people: Vec<Person>,
    devices: Vec<Device>,
    faults: Option<Faults>,
    progress: ProgressBar,
}

impl Soak {
    pub async fn start(folder: &Path, seed: u64) -> Self {
        let tally = Rc::new(Tally::default());
        let house = Rc::new(House::open(folder, &tally).await);
        let relay = Rc::new(Relay::start(house.address).await);
        let mut rng = Rng::with_seed(seed);
        let warden = Client::new(house.address).sign_in("john").await;
        let names: Rc<Vec<String>> =
            Rc::new((1..=PEOPLE).map(|one| format!("person-{one}")).collect());
        let mut clients = Vec::new();
        for name in names.iter() {
            clients.push(Client::new(house.address).sign_up(name).await);
        }
        let everybody: Vec<_> = names.iter().map(String::as_str).collect();
        let hall = warden.make_room("The hall", &everybody, false).await;
        let (mut people, mut devices) = (Vec::new(), Vec::new());
        for (which, client) in clients.into_iter().enumerate() {
            let mut lines = Vec::new();
            for device in 0..=which % 3 {
                // Every other device is at the end of a network that breaks.
                let address = [house.address, relay.address][(which + device) % 2];
                let client = client.another_device().await.at(address);
                let line = Line::new(client, &tally);
                devices.push(Device::start(line.clone(), rng.fork(), &tally).await);
                lines.push(line);
            }
            people.push(Person::new(lines, rng.fork(), &tally, &names, &hall));
        }
        let faults = Faults {
            house: Rc::clone(&house),
            relay: Rc::clone(&relay),
            deaf: warden.another_device().await,
            rng: rng.fork(),
            tally: Rc::clone(&tally),
        };
        Self {
            house,
            relay,
            warden: Line::new(warden, &tally),
            hall,
            tally,
            people,
            devices,
            faults: Some(faults),
            progress: ProgressBar::new_spinner(),
        }
    }

    /// All of it; gives back what there is to say about it.
    pub async fn run(mut self, length: Duration) -> String {
        let round = (length / ROUNDS).min(LONGEST);
        let all = u32::try_from(length.as_secs() / round.as_secs()).unwrap_or(ROUNDS);
        let mut vitals = Vec::new();
        let mut at_rest = self.rest().await;
        for number in 1..=all {
            let is_last_life = number > all.saturating_sub(LAST_ROUNDS);
            if number == all.saturating_sub(LAST_ROUNDS) + 1 {
                self.house.restart().await;
                at_rest = self.rest().await;
            }
            self.round(round, !is_last_life).await;
            let now = self.rest().await;
            if is_last_life {
                assert_eq!(
                    self.house.expect_no_failures().await,
                    0,
                    "busy without a reason"
                );
                self.house.hang_up();
                sockets_are(at_rest.sockets, || self.house.look(Vitals::of).sockets).await;
                vitals.push(now);
            }
            let line = format!(
                "round {number} of {all}: {} sends, {} events, {now}",
                self.tally.sends.get(),
                self.tally.events.get()
            );
            self.progress.suspend(|| println!("{line}"));
        }
        self.finish(at_rest, &vitals).await
    }

    /// People and faults for this long, and then everything is held against the database.
    async fn round(&mut self, length: Duration, may_end: bool) {
        let (say_quiet, quiet) = watch::channel(None);
        let (stop, stopped) = watch::channel(None);
        let faults = self
            .faults
            .take()
            .expect("they are back from the last round");
        let faults = spawn_local(faults.happen(may_end, stopped.clone()));
        let mut people = JoinSet::new();
        for person in self.people.drain(..) {
            people.spawn_local(person.live(stopped.clone()));
        }
        let mut devices = JoinSet::new();
        for device in self.devices.drain(..) {
            devices.spawn_local(device.follow(quiet.clone()));
        }
        // One that ends before it was told to has found something.
        let too_early = tokio::select! {
            () = sleep(length) => None,
            one = people.join_next() => one.map(drop),
            one = devices.join_next() => one.map(drop),
        };
        assert!(too_early.is_none(), "somebody could not go on");
        let _ = stop.send(Some(0));
        self.faults = Some(faults.await.expect("the faults end"));
        while let Some(person) = people.join_next().await {
            self.people.push(person.expect("a person ends the day"));
        }
        let end = self.last_words().await;
        let _ = say_quiet.send(Some(end));
        while let Some(device) = devices.join_next().await {
            self.devices
                .push(device.expect("a device has all that there is"));
        }
        self.expect_promises();
    }

    /// Says something to everybody, and gives back its place: whoever has it has all before.
    async fn last_words(&self) -> i64 {
        let path = crate::support::messages(&self.hall);
        let body = json!({ "content": "Quiet, please." });
        let said = self
            .warden
            .request(Method::POST, &path, Some(&body))
            .await
            .expect(201);
        crate::support::text(&said["id"]).parse().expect("an id")
    }

    fn expect_promises(&mut self) {
        let witness = Witness::of(&self.house.database());
        assert!(witness.finds_the_file_whole());
        witness.expect_agreement();
        for person in &self.people {
            person.ledger.expect_kept(&person.id, &witness);
        }
        for device in &mut self.devices {
            device.expect_told(&witness);
        }
        self.house.expect_clean_log();
    }

    /// Everybody hangs up; gives back what the server holds then.
    async fn rest(&mut self) -> Vitals {
        for person in &self.people {
            person.lines.iter().for_each(Line::hang_up);
        }
        self.warden.hang_up();
        self.house.hang_up();
        self.relay.cut();
        let count = || self.house.look(Vitals::of).sockets;
        // Its listeners, and what it was told to have open by itself: as many as a life begins with.
        sockets_are(self.house.sockets, count).await;
        self.house.look(Vitals::of)
    }

    async fn finish(self, at_rest: Vitals, vitals: &[Vitals]) -> String {
        let witness = Witness::of(&self.house.database());
        let mut inboxes = HashMap::new();
        for device in &self.devices {
            // Once for each person, as it takes long in the end.
            if !inboxes.contains_key(&device.user) {
                inboxes.insert(device.user.clone(), device.load(&witness).await);
            }
            device.expect_same(&inboxes[&device.user]);
        }
        drop(witness);
        self.house.stop().await;
        self.house.check().await;
        self.house.expect_clean_log();
        let (first, last) = (vitals[vitals.len() - 2], vitals[vitals.len() - 1]);
        let grown = last.memory.saturating_sub(first.memory);
        let allowed = GROWTH + GROWTH_OF_FILE * u64::try_from(last.files).unwrap_or_default();
        assert!(
            grown <= allowed,
            "the last round added {grown} kB: {first} and then {last}"
        );
        assert!(
            last.files <= first.files,
            "the last round left files open: {first} and then {last}"
        );
        self.progress.finish_and_clear();
        self.summary(at_rest, first, last)
    }

    fn summary(&self, at_rest: Vitals, first: Vitals, last: Vitals) -> String {
        let tally = &self.tally;
        let [events, sockets, polls] = tally.connections.each_ref().map(std::cell::Cell::get);
        let mut text = String::new();
        let rows = [
            (
                "people, devices",
                format!("{}, {}", self.people.len(), self.devices.len()),
            ),
            ("things done", tally.deeds.get().to_string()),
            ("messages answered for", tally.sends.get().to_string()),
            ("requests made again", tally.repeats.get().to_string()),
            ("hostile requests", tally.hostile.get().to_string()),
            ("events taken", tally.events.get().to_string()),
            (
                "connections to feeds",
                format!("{events} event streams, {sockets} WebSockets, {polls} polls"),
            ),
            ("lives of the server", tally.lives.get().to_string()),
            ("at rest, last life", at_rest.to_string()),
            ("before its last round", first.to_string()),
            ("after its last round", last.to_string()),
        ];
        for (what, value) in rows {
            // Writing to a string can't fail.
            let _ = writeln!(text, "{what:<30} {value}");
        }
        for (kind, times) in tally.faults.borrow().iter() {
            let _ = writeln!(text, "fault: {kind:<23} {times}");
        }
        text.push_str("Every promise was kept.");
        text
    }
}
