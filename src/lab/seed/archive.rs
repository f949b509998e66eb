//! Writing a story as an archive: the folder that `tincan import` reads, in version 6 of its format, which every later
//! version of the program reads as well.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::Path,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    random::Random,
    story::{File, Message, PersonIndex, Said, Setting, Story},
};
use crate::model::{FoundMention, Mentioned, SystemKind, Timestamp, UserId, find_mentions};

/// The version of the format.
const VERSION: u32 = 6;
/// A file for each kind of record. Most are there even where they are empty.
const KINDS: [&str; 20] = [
    "users",
    "identities",
    "pictures",
    "conversations",
    "room-pictures",
    "participants",
    "departures",
    "messages",
    "mentions",
    "calls",
    "reactions",
    "blocks",
    "room-requests",
    "reports",
    "settings",
    "files",
    "attachments",
    "pins",
    "saved",
    "drafts",
];
const FOLDERS: [&str; 4] = ["pictures", "room-pictures", "files", "thumbs"];
/// How soon somebody has read the last message that they have read, in milliseconds.
const READ_AFTER: std::ops::RangeInclusive<i64> = 4_000..=90_000;

/// The id of a person. Ids count from 1.
pub(super) fn id_of(index: usize) -> i64 {
    i64::try_from(index).map_or(i64::MAX, |index| index.saturating_add(1))
}

/// Writes the story into an empty folder. What it leaves open is by chance.
pub(super) fn write(
    story: &Story,
    folder: &Path,
    now: Timestamp,
    random: &mut Random,
) -> io::Result<()> {
    for name in FOLDERS {
        fs::create_dir(folder.join(name))?;
    }
    let mut archive = Archive {
        story,
        folder,
        now,
        records: BTreeMap::new(),
        last_id: 0,
        states: story
            .conversations
            .iter()
            .map(|_| State::default())
            .collect(),
        files: HashMap::new(),
        attachments: 0,
    };
    archive.write_people()?;
    for event in events(story, now, random) {
        archive.tell(event)?;
    }
    archive.finish()
}

/// Something that happens, and takes a place in the sequence.
#[derive(Clone, Copy, Debug)]
enum Event {
    Begin(usize),
    Message(usize, usize),
    /// By the place of the reaction.
    Reaction(usize, usize, usize),
    Change(usize, usize),
    Read(usize, PersonIndex),
    Settings(usize, PersonIndex),
    Saved(usize, usize, PersonIndex),
    /// By the place of the draft.
    Draft(usize, usize),
}

/// Everything that happens, in order.
fn events(story: &Story, now: Timestamp, random: &mut Random) -> Vec<Event> {
    let mut events = Vec::new();
    for (c, conversation) in story.conversations.iter().enumerate() {
        events.push((conversation.created_at, Event::Begin(c)));
        for (m, message) in conversation.messages.iter().enumerate() {
            events.push((message.at, Event::Message(c, m)));
            let reactions = message.reactions.iter().enumerate();
            events.extend(reactions.map(|(r, reaction)| (reaction.at, Event::Reaction(c, m, r))));
            let changed_at = message.deleted_at.or(message.edited_at);
            let changed_at = changed_at.or(message.is_pinned.then_some(message.at));
            events.extend(changed_at.map(|at| (at, Event::Change(c, m))));
            let saved = message.saved_by.iter();
            events.extend(saved.map(|person| (message.at, Event::Saved(c, m, *person))));
        }
        for person in 0..story.people.len() {
            let read = conversation.read_by(person).checked_sub(1);
            let read = read.map(|last| &conversation.messages[last]);
            // Whoever writes has read, without an event.
            let read = read.filter(|message| message.author() != Some(person));
            events.extend(read.map(|message| {
                let at = message.at.0 + random.within(READ_AFTER);
                (Timestamp(at.min(now.0)), Event::Read(c, person))
            }));
            if conversation.settings.iter().any(|(who, _)| *who == person) {
                events.push((now, Event::Settings(c, person)));
            }
        }
        let drafts = 0..conversation.drafts.len();
        events.extend(drafts.map(|draft| (now, Event::Draft(c, draft))));
    }
    // What happens in the same millisecond stays in this order.
    events.sort_by_key(|(at, _)| *at);
    events.into_iter().map(|(_, event)| event).collect()
}

struct Archive<'a> {
    story: &'a Story,
    folder: &'a Path,
    now: Timestamp,
    /// The lines of each kind.
    records: BTreeMap<&'static str, Vec<u8>>,
    last_id: i64,
    states: Vec<State>,
    /// The files by their hashes, since a file is stored once however often it was sent.
    files: HashMap<Vec<u8>, i64>,
    attachments: i64,
}

/// How a conversation stands.
#[derive(Default)]
struct State {
    changed_id: i64,
    members: BTreeMap<PersonIndex, Member>,
    owner: Option<PersonIndex>,
    /// The name, once it has changed.
    name: Option<String>,
    open: Option<(bool, i64)>,
    /// Of each message its id, and where it last changed.
    messages: Vec<(i64, Option<i64>)>,
}

/// A participant, by places in the sequence.
#[derive(Clone, Copy)]
struct Member {
    since: i64,
    history: i64,
    read: Option<i64>,
    settings: Option<i64>,
}

impl Archive<'_> {
    const fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    fn record(&mut self, kind: &'static str, record: &Value) {
        let lines = self.records.entry(kind).or_default();
        lines.extend_from_slice(record.to_string().as_bytes());
        lines.push(b'\n');
    }

    fn write(&self, folder: &str, id: i64, bytes: &[u8]) -> io::Result<()> {
        fs::write(self.folder.join(folder).join(id.to_string()), bytes)
    }

    fn write_people(&mut self) -> io::Result<()> {
        for (index, person) in self.story.people.iter().enumerate() {
            let id = id_of(index);
            let gone_at = person.disabled_at.filter(|_| person.is_deleted);
            let changed_id = gone_at.map(|_| self.next_id().to_string());
            let picture = person.picture.as_deref();
            self.record(
                "users",
                &json!({
                    "id": id.to_string(),
                    "username": person.username,
                    "avatarURL": picture.map(|picture| address("users", id, picture)),
                    "createdAt": person.created_at,
                    "showsActivity": !person.is_deleted,
                    "admin": person.is_admin,
                    "botOf": null,
                    "disabledAt": person.disabled_at,
                    "passwordHash": null,
                    "displayName": person.display_name,
                    "deletedAt": gone_at,
                    "changedId": changed_id,
                    "asksFirst": false,
                    "madeAdminBy": null,
                }),
            );
            if let Some(picture) = picture {
                let user = id.to_string();
                let chosen = person.created_at;
                self.record(
                    "pictures",
                    &json!({ "user": user, "type": "image/png", "chosenAt": chosen }),
                );
                self.write("pictures", id, picture)?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, event: Event) -> io::Result<()> {
        let id = self.next_id();
        match event {
            Event::Begin(c) => {
                let member = Member {
                    since: id - 1,
                    history: 0,
                    read: None,
                    settings: None,
                };
                let people = &self.story.conversations[c].people;
                let state = &mut self.states[c];
                state.changed_id = id;
                state.owner = people.first().copied();
                state.members = people.iter().map(|person| (*person, member)).collect();
            }
            Event::Message(c, m) => self.tell_message(c, m, id)?,
            Event::Reaction(c, m, r) => {
                self.states[c].messages[m].1 = Some(id);
                let reaction = &self.story.conversations[c].messages[m].reactions[r];
                let message = self.states[c].messages[m].0.to_string();
                self.record(
                    "reactions",
                    &json!({
                        "message": message,
                        "emoji": reaction.emoji,
                        "user": id_of(reaction.by).to_string(),
                        "reactedId": id.to_string(),
                    }),
                );
            }
            Event::Change(c, m) => self.states[c].messages[m].1 = Some(id),
            Event::Read(c, person) => {
                if let Some(member) = self.states[c].members.get_mut(&person) {
                    member.read = Some(id);
                }
            }
            Event::Settings(c, person) => {
                if let Some(member) = self.states[c].members.get_mut(&person) {
                    member.settings = Some(id);
                }
            }
            Event::Saved(c, m, person) => {
                let message = self.states[c].messages[m].0.to_string();
                let saved_at = self.story.conversations[c].messages[m].at;
                self.record(
                    "saved",
                    &json!({
                        "user": id_of(person).to_string(),
                        "message": message,
                        "savedAt": saved_at,
                        "changedId": id.to_string(),
                    }),
                );
            }
            Event::Draft(c, draft) => {
                let (person, text) = &self.story.conversations[c].drafts[draft];
                self.record(
                    "drafts",
                    &json!({
                        "user": id_of(*person).to_string(),
                        "conversation": id_of(c).to_string(),
                        "content": text,
                        "device": "Firefox",
                        "updatedAt": self.now,
                        "changedId": id.to_string(),
                    }),
                );
            }
        }
        Ok(())
    }

    fn tell_message(&mut self, c: usize, m: usize, mut id: i64) -> io::Result<()> {
        let message = &self.story.conversations[c].messages[m];
        if let Said::System {
            kind,
            subject,
            data,
            ..
        } = &message.said
        {
            // The conversation changes first, and then says so.
            self.change(c, *kind, *subject, data, id);
            id = self.next_id();
        }
        self.states[c].messages.push((id, None));
        if message.deleted_at.is_some() {
            return Ok(());
        }
        self.call(c, m, id);
        if message.is_pinned {
            self.record(
                "pins",
                &json!({
                    "conversation": id_of(c).to_string(),
                    "message": id.to_string(),
                    "pinnedAt": message.at,
                }),
            );
        }
        for (position, file) in message.files.iter().enumerate() {
            self.attach(c, message, id, position, file)?;
        }
        Ok(())
    }

    /// Changes a conversation as a system message says, at a place in the sequence.
    fn change(&mut self, c: usize, kind: SystemKind, subject: PersonIndex, data: &str, id: i64) {
        let (state, mut left) = (&mut self.states[c], false);
        state.changed_id = id;
        match kind {
            SystemKind::Joined | SystemKind::Added => {
                let opened = state.open.filter(|(is_open, _)| *is_open);
                let member = Member {
                    since: id - 1,
                    history: opened.map_or(id - 1, |(_, opened)| opened),
                    read: None,
                    settings: None,
                };
                state.members.insert(subject, member);
            }
            SystemKind::Left | SystemKind::Removed => {
                left = state.members.remove(&subject).is_some();
            }
            SystemKind::Renamed => state.name = Some(data.to_owned()),
            SystemKind::Opened => state.open = Some((true, id)),
            SystemKind::Closed => state.open = Some((false, id)),
            SystemKind::Owner => state.owner = Some(subject),
            SystemKind::Created | SystemKind::PictureChanged | SystemKind::PictureRemoved => {}
        }
        if left {
            let left_id = self.next_id();
            self.record(
                "departures",
                &json!({
                    "user": id_of(subject).to_string(),
                    "conversation": id_of(c).to_string(),
                    "leftId": left_id.to_string(),
                }),
            );
        }
    }

    /// Finds whom a message mentions, and whom it calls.
    fn call(&mut self, c: usize, m: usize, id: i64) {
        let story = self.story;
        let conversation = &story.conversations[c];
        let message = &conversation.messages[m];
        let Said::By(author, text) = &message.said else {
            return;
        };
        let present: Vec<_> = self.states[c].members.keys().copied().collect();
        let is_room = conversation.room.is_some();
        let found = find_mentions(text, |name| {
            Ok::<_, std::convert::Infallible>(story.named(name, &present, is_room))
        });
        let Ok(found) = found;
        let mut called: Vec<_> = message.answers.into_iter().collect();
        called = called
            .into_iter()
            .filter_map(|answered| conversation.messages[answered].author())
            .collect();
        for FoundMention { place, who } in found {
            let user = match who {
                Mentioned::User(UserId(id)) => Some(id),
                Mentioned::Everybody => None,
            };
            self.record(
                "mentions",
                &json!({
                    "message": id.to_string(),
                    "position": place.start,
                    "length": place.end - place.start,
                    "user": user.map(|user| user.to_string()),
                }),
            );
            let is_meant = |person: &&PersonIndex| user.is_none_or(|user| id_of(**person) == user);
            called.extend(present.iter().filter(is_meant));
        }
        called.sort_unstable();
        called.dedup();
        for person in called {
            if person != *author && present.contains(&person) && conversation.read_by(person) <= m {
                self.record(
                    "calls",
                    &json!({
                        "conversation": id_of(c).to_string(),
                        "user": id_of(person).to_string(),
                        "number": m + 1,
                    }),
                );
            }
        }
    }

    fn attach(
        &mut self,
        c: usize,
        message: &Message,
        id: i64,
        position: usize,
        file: &File,
    ) -> io::Result<()> {
        let hash = Sha256::digest(&file.bytes).to_vec();
        let next = i64::try_from(self.files.len()).unwrap_or(i64::MAX) + 1;
        let known = self.files.get(&hash).copied();
        let file_id = known.unwrap_or(next);
        if known.is_none() {
            self.files.insert(hash, file_id);
            self.write("files", file_id, &file.bytes)?;
            self.record(
                "files",
                &json!({
                    "id": file_id.to_string(),
                    "size": file.bytes.len(),
                    "type": file.kind,
                    "width": file.size.map(|[width, _]| width),
                    "height": file.size.map(|[_, height]| height),
                }),
            );
        }
        self.attachments += 1;
        let attachment = self.attachments;
        let base64 = |bytes: &Vec<u8>| BASE64_STANDARD.encode(bytes);
        self.record(
            "attachments",
            &json!({
                "id": attachment.to_string(),
                "conversation": id_of(c).to_string(),
                "message": id.to_string(),
                "position": position,
                "user": message.author().map(|author| id_of(author).to_string()),
                "file": file_id.to_string(),
                "name": file.name,
                "alt": file.alt,
                "duration": file.duration,
                "thumbhash": file.thumbhash.as_ref().map(base64),
                "waveform": file.waveform.as_ref().map(base64),
            }),
        );
        match &file.thumb {
            Some(thumb) => self.write("thumbs", attachment, thumb),
            None => Ok(()),
        }
    }

    /// Writes what is known only at the end, and the files.
    fn finish(mut self) -> io::Result<()> {
        for c in 0..self.story.conversations.len() {
            self.write_conversation(c)?;
        }
        for kind in KINDS {
            let lines = self.records.remove(kind).unwrap_or_default();
            fs::write(self.folder.join(kind).with_extension("jsonl"), lines)?;
        }
        let manifest = json!({ "tincanArchive": VERSION, "user": null, "lastId": self.last_id });
        fs::write(self.folder.join("archive.json"), manifest.to_string())
    }

    fn write_conversation(&mut self, c: usize) -> io::Result<()> {
        let story = self.story;
        let conversation = &story.conversations[c];
        let id = id_of(c);
        let state = std::mem::take(&mut self.states[c]);
        let room = conversation.room.as_ref();
        let mut pair = conversation
            .people
            .iter()
            .map(|person| id_of(*person))
            .collect::<Vec<_>>();
        pair.sort_unstable();
        let side = |place: usize| {
            let user = pair.get(place).filter(|_| room.is_none());
            user.map(ToString::to_string)
        };
        let picture = room.and_then(|room| room.picture.as_deref());
        let (is_open, open_id) = state
            .open
            .unwrap_or((room.is_some_and(|room| room.is_open), 0));
        self.record(
            "conversations",
            &json!({
                "id": id.to_string(),
                "kind": if room.is_some() { "room" } else { "direct" },
                "name": room.map(|room| state.name.as_ref().unwrap_or(&room.name)),
                "open": is_open,
                "lowUser": side(0),
                "highUser": side(1),
                "createdAt": conversation.created_at,
                "changedId": state.changed_id.to_string(),
                "avatarURL": picture.map(|picture| address("conversations", id, picture)),
                "openId": open_id.to_string(),
            }),
        );
        if let Some(picture) = picture {
            self.record(
                "room-pictures",
                &json!({ "conversation": id.to_string(), "type": "image/png" }),
            );
            self.write("room-pictures", id, picture)?;
        }
        self.write_members(c, &state);
        for (index, (message, place)) in conversation
            .messages
            .iter()
            .zip(&state.messages)
            .enumerate()
        {
            self.write_message(c, index, message, *place, &state);
        }
        Ok(())
    }

    fn write_members(&mut self, c: usize, state: &State) {
        let conversation = &self.story.conversations[c];
        let count = conversation.messages.len();
        for (person, member) in &state.members {
            let has = |setting: Setting| conversation.settings.contains(&(*person, setting));
            let newest = |setting| has(setting).then_some(count);
            let level = conversation
                .settings
                .iter()
                .find_map(|(who, setting)| match setting {
                    Setting::Level(level) if who == person => Some(*level),
                    _ => None,
                });
            let is_owner = conversation.room.is_some() && state.owner == Some(*person);
            let read = conversation.read_by(*person);
            let place = |id: Option<i64>| id.map(|id| id.to_string());
            self.record(
                "participants",
                &json!({
                    "conversation": id_of(c).to_string(),
                    "user": id_of(*person).to_string(),
                    "role": if is_owner { "owner" } else { "member" },
                    "sinceId": member.since.to_string(),
                    "historyId": member.history.to_string(),
                    "lastReadNumber": read,
                    "readId": place(member.read),
                    "pinnedAt": has(Setting::Pinned).then_some(self.now),
                    "archivedNumber": newest(Setting::Archived),
                    "hiddenNumber": null,
                    "unreadNumber": has(Setting::MarkedUnread).then_some(read),
                    "settingsId": place(member.settings),
                    "notificationLevel": level,
                }),
            );
        }
    }

    fn write_message(
        &mut self,
        c: usize,
        index: usize,
        message: &Message,
        (id, changed): (i64, Option<i64>),
        state: &State,
    ) {
        let user = |person: PersonIndex| id_of(person).to_string();
        let name = |person: PersonIndex| self.story.people[person].username.as_str();
        let (author, system, subject, actor, content) = match &message.said {
            Said::By(author, text) => (Some(user(*author)), None, None, None, text.clone()),
            Said::System {
                kind,
                subject,
                actor,
                data,
            } => (
                None,
                Some(kind.as_str()),
                Some(user(*subject)),
                Some(user(*actor)),
                kind.text(Some(name(*actor)), name(*subject), data),
            ),
        };
        let is_deleted = message.deleted_at.is_some();
        let answers = message.answers.filter(|_| !is_deleted);
        self.record(
            "messages",
            &json!({
                "id": id.to_string(),
                "conversation": id_of(c).to_string(),
                "number": index + 1,
                "author": author,
                "content": if is_deleted { String::new() } else { content },
                "createdAt": message.at,
                "editedAt": message.edited_at,
                "deletedAt": message.deleted_at,
                "system": system,
                "subject": subject,
                "actor": actor,
                "clientId": null,
                "changedId": changed.map(|changed| changed.to_string()),
                "replyTo": answers.map(|answered| state.messages[answered].0.to_string()),
            }),
        );
    }
}

/// Where the server has a picture: as it names those that people choose.
fn address(what: &str, id: i64, picture: &[u8]) -> String {
    let hash = hex::encode(&Sha256::digest(picture)[..8]);
    format!("/api/{what}/{id}/avatar?v={hash}")
}
