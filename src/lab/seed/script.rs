//! Conversations as they are written down for a seed: one file each, in lines that begin with what they are.
//!
//! ```text
//! room Number 12              or `direct`; then what is so in the end, all but `people` optional:
//! people jng                  who is in it, by their letters; the first has created it
//! picture house               open · pinned j · archived j · muted j · mentions j · marked j · unread j 3 · draft j Text
//!
//! == 29 08:12                 29 days ago at 8:12 UTC; `== 08:50` is later that day; `== ago 90` is 90 minutes ago
//! j Who has the ladder?       what John says
//! |And the drill?             goes on in a new line
//! ^ 👍=ng edited #ladder       about the message above: reactions, `edited`, `deleted`, `pin`, `save=j`, a `#tag`
//! & plan/tall attic.png | An attic
//! n I do.
//! ^ re=ladder                 answers the message with the tag; `re=2` answers the second before this one
//! * added l by j              joined l · left l · removed l by j · owner l by j · renamed j Name · opened j · closed j · pictured j
//! ```
//! Lines that begin with `#` are comments. The messages below a heading follow each other as fast as people type.

use std::{collections::HashMap, str::FromStr};

use super::{
    media,
    random::Random,
    story::{Conversation, Message, PersonIndex, Reaction, Room, Said, Setting},
};
use crate::model::{Emoji, SystemKind, Timestamp, room_name};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// So long before now the last of the days ends that are written as such. What came since is so many minutes ago.
const PRESENT: i64 = DAY / 2;
const EDITED_AFTER: std::ops::RangeInclusive<i64> = 15_000..=150_000;
const DELETED_AFTER: std::ops::RangeInclusive<i64> = 10_000..=100_000;
const REACTED_AFTER: std::ops::RangeInclusive<i64> = 6_000..=240_000;

/// A line that can’t be understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line}: {why}")]
pub struct ScriptError {
    line: usize,
    why: String,
}

/// What a script is read with.
pub(super) struct Reader<'a> {
    /// The letters of the people.
    pub(super) letters: &'a [char],
    pub(super) now: Timestamp,
    pub(super) random: &'a mut Random,
}

/// What is said at about the same time.
struct Block {
    from: i64,
    /// The first of its messages.
    first: usize,
}

impl Reader<'_> {
    pub(super) fn read(&mut self, script: &str) -> Result<Conversation, ScriptError> {
        let mut lines = script
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line));
        let mut lines = lines
            .by_ref()
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let mut reading = Reading {
            reader: self,
            conversation: Conversation::new(None, Timestamp(0), Vec::new()),
            day: None,
            blocks: Vec::new(),
            tags: HashMap::new(),
            unread: None,
        };
        let mut last = 0;
        for (line, text) in &mut lines {
            last = line;
            let read = if reading.blocks.is_empty() && !text.starts_with("== ") {
                reading.head(line, text)
            } else {
                reading.body(line, text)
            };
            read.map_err(|why| ScriptError { line, why })?;
        }
        let unread = reading.unread.unwrap_or(last);
        let read = reading.finish();
        read.map_err(|why| ScriptError { line: unread, why })
    }
}

struct Reading<'a, 'b> {
    reader: &'a mut Reader<'b>,
    conversation: Conversation,
    /// The day of the last heading, in days ago.
    day: Option<i64>,
    blocks: Vec<Block>,
    tags: HashMap<String, usize>,
    /// The line that says what is unread.
    unread: Option<usize>,
}

type Understood<T = ()> = Result<T, String>;

impl Reading<'_, '_> {
    fn head(&mut self, line: usize, text: &str) -> Understood {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let conversation = &mut self.conversation;
        match word {
            "room" => {
                let name = room_name(rest).map_err(|error| error.to_string())?;
                conversation.room = Some(Room {
                    name,
                    is_open: false,
                    picture: None,
                });
            }
            "direct" => {}
            "people" => {
                let people: Understood<_> = rest
                    .chars()
                    .map(|letter| self.reader.person(letter))
                    .collect();
                conversation.people = people?;
            }
            "open" | "picture" => {
                let room = conversation.room.as_mut().ok_or("only rooms have that")?;
                if word == "open" {
                    room.is_open = true;
                } else {
                    room.picture = Some(media::room_picture(rest)?);
                }
            }
            "unread" => {
                let (who, count) = rest
                    .split_once(' ')
                    .ok_or("unread by whom, and how many?")?;
                self.unread = Some(line);
                conversation
                    .unread
                    .push((self.reader.named(who)?, number(count)?));
            }
            "draft" => {
                let (who, text) = rest.split_once(' ').ok_or("whose draft?")?;
                conversation
                    .drafts
                    .push((self.reader.named(who)?, text.to_owned()));
            }
            _ => {
                let setting = match word {
                    "pinned" => Setting::Pinned,
                    "archived" => Setting::Archived,
                    "marked" => Setting::MarkedUnread,
                    "muted" => Setting::Level("none"),
                    "mentions" => Setting::Level("mentions"),
                    _ => return Err(format!("unknown word “{word}”")),
                };
                conversation
                    .settings
                    .push((self.reader.named(rest)?, setting));
            }
        }
        Ok(())
    }

    fn body(&mut self, line: usize, text: &str) -> Understood {
        if let Some(goes_on) = text.strip_prefix('|') {
            let Said::By(_, said) = &mut self.last()?.said else {
                return Err("what goes on isn’t a message".to_owned());
            };
            if !said.is_empty() {
                said.push('\n');
            }
            said.push_str(goes_on);
            return Ok(());
        }
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "==" => self.heading(rest),
            "*" => self.system(rest),
            "^" => self.marks(rest),
            "&" => {
                let file = media::file(rest, u64::try_from(line).unwrap_or(0))?;
                self.last()?.files.push(file);
                Ok(())
            }
            who => {
                let person = self.reader.named(who)?;
                self.say(Said::By(person, rest.to_owned()));
                Ok(())
            }
        }
    }

    fn heading(&mut self, text: &str) -> Understood {
        let now = self.reader.now.0;
        let from = if let Some(minutes) = text.strip_prefix("ago ") {
            let since = number::<i64>(minutes)? * MINUTE;
            if since > PRESENT {
                return Err("write that as a day".to_owned());
            }
            now - since
        } else {
            let time = match text.split_once(' ') {
                Some((day, time)) => {
                    self.day = Some(number(day)?);
                    time
                }
                None => text,
            };
            let day = self.day.filter(|day| *day > 0).ok_or("which day?")?;
            let (hour, minute) = time.split_once(':').ok_or("at what time?")?;
            let minutes: i64 = number::<i64>(hour)? * 60 + number::<i64>(minute)?;
            let today = (now - PRESENT).div_euclid(DAY) * DAY;
            today - day * DAY + minutes * MINUTE
        };
        let is_later = self.blocks.last().is_none_or(|block| block.from < from);
        if !is_later {
            return Err("this is before the last heading".to_owned());
        }
        let is_first = self.blocks.is_empty();
        self.blocks.push(Block {
            from,
            first: self.conversation.messages.len(),
        });
        if is_first {
            self.begin(from)?;
        }
        Ok(())
    }

    fn begin(&mut self, from: i64) -> Understood {
        let conversation = &mut self.conversation;
        conversation.created_at = Timestamp(from);
        let is_room = conversation.room.is_some();
        if is_room {
            conversation.begin();
        }
        match conversation.people.len() {
            0 => Err("nobody is in it".to_owned()),
            2 => Ok(()),
            _ if is_room => Ok(()),
            _ => Err("a direct conversation is between two".to_owned()),
        }
    }

    fn system(&mut self, text: &str) -> Understood {
        let mut words = text.splitn(3, ' ');
        let (kind, who) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let subject = self.reader.named(who)?;
        let rest = words.next().unwrap_or("");
        let kind = SystemKind::parse(if kind == "pictured" {
            "pictureChanged"
        } else {
            kind
        })
        .ok_or_else(|| format!("unknown change “{kind}”"))?;
        let (actor, data) = match (kind, rest.strip_prefix("by ")) {
            (SystemKind::Renamed, _) => {
                (subject, room_name(rest).map_err(|error| error.to_string())?)
            }
            (SystemKind::Added | SystemKind::Removed | SystemKind::Owner, Some(actor)) => {
                (self.reader.named(actor)?, String::new())
            }
            (SystemKind::Added | SystemKind::Removed | SystemKind::Owner, None) => {
                return Err("by whom?".to_owned());
            }
            _ => (subject, String::new()),
        };
        self.say(Said::System {
            kind,
            subject,
            actor,
            data,
        });
        Ok(())
    }

    /// Adds a message whose time isn’t known yet.
    fn say(&mut self, said: Said) {
        self.conversation.push(Timestamp(0), said);
    }

    fn marks(&mut self, text: &str) -> Understood {
        for mark in text.split(' ') {
            self.mark(mark)?;
        }
        Ok(())
    }

    fn mark(&mut self, mark: &str) -> Understood {
        let index = self
            .conversation
            .messages
            .len()
            .checked_sub(1)
            .ok_or("about what?")?;
        if let Some(tag) = mark.strip_prefix('#') {
            let taken = self.tags.insert(tag.to_owned(), index);
            return taken.map_or(Ok(()), |_| Err(format!("“{tag}” is another message")));
        }
        let Some((what, value)) = mark.split_once('=') else {
            let message = self.last()?;
            match mark {
                "pin" => message.is_pinned = true,
                // When will be known with the time of the message.
                "edited" => message.edited_at = Some(Timestamp(0)),
                "deleted" => message.deleted_at = Some(Timestamp(0)),
                _ => return Err(format!("unknown mark “{mark}”")),
            }
            return Ok(());
        };
        if what == "re" {
            let answered = match value.parse::<usize>() {
                Ok(before) => index.checked_sub(before),
                Err(_) => self.tags.get(value).copied(),
            };
            let answered = answered.filter(|answered| *answered < index);
            self.last()?.answers = Some(answered.ok_or("that answers nothing")?);
            return Ok(());
        }
        let people: Understood<Vec<_>> = value
            .chars()
            .map(|letter| self.reader.person(letter))
            .collect();
        let people = people?;
        if what == "save" {
            self.last()?.saved_by.extend(people);
            return Ok(());
        }
        let emoji = Emoji::new(what).map_err(|error| error.to_string())?;
        let reactions = people.into_iter().map(|by| Reaction {
            at: Timestamp(0),
            emoji: emoji.as_str().to_owned(),
            by,
        });
        self.last()?.reactions.extend(reactions);
        Ok(())
    }

    fn last(&mut self) -> Understood<&mut Message> {
        let last = self.conversation.messages.last_mut();
        last.ok_or_else(|| "there is no message above".to_owned())
    }

    /// Gives everything its time, and looks whether it can be so.
    fn finish(mut self) -> Understood<Conversation> {
        let now = self.reader.now.0;
        let ends = self
            .blocks
            .iter()
            .skip(1)
            .map(|block| (block.from, block.first));
        let end = (now, self.conversation.messages.len());
        let ends: Vec<_> = ends.chain([end]).collect();
        for (block, (until, next)) in self.blocks.iter().zip(ends) {
            let messages = &mut self.conversation.messages[block.first..next];
            self.reader.time(messages, block.from, until);
        }
        for message in &mut self.conversation.messages {
            self.reader.time_changes(message);
        }
        self.expect_sense()?;
        Ok(self.conversation)
    }

    fn expect_sense(&self) -> Understood {
        let conversation = &self.conversation;
        for (index, message) in conversation.messages.iter().enumerate() {
            let acting = message.author().into_iter();
            let acting = acting.chain(message.reactions.iter().map(|reaction| reaction.by));
            for person in acting {
                if conversation.read_by(person) <= index {
                    let who = self.reader.letters[person];
                    return Err(format!(
                        "{who} has written or reacted where they haven’t read"
                    ));
                }
            }
            if let Said::By(_, text) = &message.said
                && text.is_empty()
                && message.files.is_empty()
                && message.deleted_at.is_none()
            {
                return Err(format!("message {} has no text", index + 1));
            }
        }
        Ok(())
    }
}

impl Reader<'_> {
    fn person(&self, letter: char) -> Understood<PersonIndex> {
        let place = self.letters.iter().position(|known| *known == letter);
        place.ok_or_else(|| format!("nobody is “{letter}”"))
    }

    fn named(&self, letter: &str) -> Understood<PersonIndex> {
        let mut letters = letter.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => self.person(letter),
            _ => Err(format!("nobody is “{letter}”")),
        }
    }

    /// Lets messages follow each other as fast as they are read and typed, and faster where there is less time.
    fn time(&mut self, messages: &mut [Message], from: i64, until: i64) {
        let mut offsets = Vec::with_capacity(messages.len());
        let (mut offset, mut before) = (self.random.within(0..=45_000), None);
        for message in messages.iter() {
            if !offsets.is_empty() {
                let Said::By(author, text) = &message.said else {
                    offset += 2_000;
                    offsets.push(offset);
                    continue;
                };
                let letters = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
                let think = if before == Some(*author) {
                    6_000
                } else {
                    40_000
                };
                offset += 1_500
                    + letters.min(400) * self.random.within(80..=160)
                    + self.random.within(500..=think);
            }
            before = message.author();
            offsets.push(offset);
        }
        let room = (until - from).max(1);
        let needed = offset.max(1) + 1_000;
        for (message, offset) in messages.iter_mut().zip(offsets) {
            let offset = if needed > room {
                offset * room / needed
            } else {
                offset
            };
            message.at = Timestamp(from + offset);
        }
    }

    fn time_changes(&mut self, message: &mut Message) {
        let (now, at) = (self.now.0, message.at.0);
        let mut soon = |range| Timestamp((at + self.random.within(range)).min(now));
        message.edited_at = message.edited_at.map(|_| soon(EDITED_AFTER));
        message.deleted_at = message.deleted_at.map(|_| soon(DELETED_AFTER));
        for reaction in &mut message.reactions {
            reaction.at = soon(REACTED_AFTER);
        }
    }
}

fn number<T: FromStr>(text: &str) -> Understood<T> {
    text.parse().map_err(|_| format!("“{text}” isn’t a number"))
}

#[cfg(test)]
mod tests {
    use super::{Reader, ScriptError};
    use crate::{lab::seed::random::Random, model::Timestamp};

    /// What is wrong, and in which line.
    const WRONG: &[(&str, &str, usize)] = &[
        ("an unknown word", "direkt\npeople jn", 1),
        ("an unknown person", "direct\npeople jx", 2),
        (
            "a picture that nobody can draw",
            "room A\npeople j\npicture moon",
            3,
        ),
        (
            "a picture of two people",
            "direct\npeople jn\npicture house",
            3,
        ),
        (
            "three in a direct conversation",
            "direct\npeople jnm\n== 1 08:00",
            3,
        ),
        ("nobody", "room A\n== 1 08:00", 2),
        ("a time without a day", "direct\npeople jn\n== 08:00", 3),
        ("a day that isn’t over", "direct\npeople jn\n== 0 08:00", 3),
        (
            "too long ago for minutes",
            "direct\npeople jn\n== ago 721",
            3,
        ),
        (
            "the same time again",
            "direct\npeople jn\n== 1 08:00\nj a\n== 08:00",
            5,
        ),
        (
            "back in time",
            "direct\npeople jn\n== 1 08:00\nj a\n== 2 08:00",
            5,
        ),
        (
            "a message of nobody",
            "direct\npeople jn\n== 1 08:00\nx Hello",
            4,
        ),
        (
            "a mark without a message",
            "direct\npeople jn\n== 1 08:00\n^ edited",
            4,
        ),
        (
            "an unknown mark",
            "direct\npeople jn\n== 1 08:00\nj a\n^ edit",
            5,
        ),
        (
            "two reactions in one",
            "direct\npeople jn\n== 1 08:00\nj a\n^ 👍👍=n",
            5,
        ),
        (
            "an answer to itself",
            "direct\npeople jn\n== 1 08:00\nj a\n^ re=0",
            5,
        ),
        (
            "an answer to nothing",
            "direct\npeople jn\n== 1 08:00\nj a\n^ re=1",
            5,
        ),
        (
            "an answer to an unknown tag",
            "direct\npeople jn\n== 1 08:00\nj a\nn b\n^ re=x",
            6,
        ),
        (
            "a tag twice",
            "direct\npeople jn\n== 1 08:00\nj a\n^ #x\nn b\n^ #x",
            7,
        ),
        (
            "a file without a name",
            "direct\npeople jn\n== 1 08:00\nj a\n& sunset",
            5,
        ),
        (
            "a shape that pictures don’t have",
            "direct\npeople jn\n== 1 08:00\nj a\n& sunset/round a.png",
            5,
        ),
        (
            "something added by nobody",
            "room A\npeople jn\n== 1 08:00\n* added m",
            4,
        ),
        (
            "a message without text",
            "direct\npeople jn\n== 1 08:00\nj\nn b",
            5,
        ),
        (
            "one’s own message unread",
            "direct\npeople jn\nunread j 1\n== 1 08:00\nn a\nj b",
            3,
        ),
        (
            "a reaction to an unread message",
            "direct\npeople jn\nunread j 1\n== 1 08:00\nn a\n^ 👍=j",
            3,
        ),
    ];

    #[test]
    fn a_mistake_names_its_line() {
        for (what, script, expected) in WRONG {
            let mut reader = Reader {
                letters: &['j', 'n', 'm'],
                now: Timestamp(1_800_000_000_000),
                random: &mut Random::new(0),
            };
            let read = reader.read(script);
            let line = read.err().map(|ScriptError { line, .. }| line);
            assert_eq!(line, Some(*expected), "{what}");
        }
    }
}
