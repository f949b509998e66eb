//! What a search asks for, with names resolved to ids: as a test of a message, and as an expression for the index
//! (<https://www.sqlite.org/fts5.html#full_text_query_syntax>). The index narrows down which messages are tested. Whether
//! one is found, the test alone decides.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};

use rusqlite::{Connection, Row};

use super::index::{by, date, has, in_block, in_conversation, in_month, in_year, what_is_in};
use crate::{
    error::Result,
    model::{ConversationId, EventId, Member, MessageId, Timestamp, UserId, UsernameKey, fold},
    search::{Filter, Has, Query, Range, Term, find, tokens},
    store::{attachments, participants, users},
};

/// The most conversations that the index is asked for. With more, it is cheaper to look at what it finds in all of them.
const MOST_CONVERSATIONS: usize = 128;
/// The most terms that the index is asked for. The others are only tested.
const MOST_TERMS: usize = 8;

const YEAR: Duration = Duration::from_hours(365 * 24);

/// Where to search, apart from what the query says.
#[derive(Clone, Copy, Debug)]
pub enum SearchIn {
    /// What a person may see, everywhere or in one of their conversations.
    Visible(UserId, Option<ConversationId>),
    /// Everything, for whoever has the database.
    Everything,
}

pub struct Wanted {
    terms: Vec<Term>,
    /// The conversations to search, with the caller’s row in each. None if it is all of them, whoever is in them.
    conversations: Option<HashMap<ConversationId, Option<Member>>>,
    authors: Option<HashSet<UserId>>,
    has: BTreeSet<Has>,
    /// Sent from this moment on, and before that one.
    from: Timestamp,
    to: Timestamp,
}

/// The columns for [`Candidate::from_row`], in its order.
pub const CANDIDATE: &str =
    "m.id, m.conversation_id, m.author_id, m.created_at, m.attachment_count, m.content";

/// A message that may be wanted. Its text is read last, because most of them fail before.
pub struct Candidate<'a> {
    pub id: MessageId,
    row: &'a Row<'a>,
}

impl<'a> Candidate<'a> {
    pub fn from_row(row: &'a Row<'a>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: EventId(row.get(0)?),
            row,
        })
    }
}

impl Wanted {
    /// Resolves the names in a query. None if it can’t find anything.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::error::Error::NotFound) if the caller isn’t in the conversation to search.
    pub fn new(connection: &Connection, query: Query, place: SearchIn) -> Result<Option<Self>> {
        let caller = match place {
            SearchIn::Visible(caller, _) => Some(caller),
            SearchIn::Everything => None,
        };
        let mut conversations = match place {
            SearchIn::Everything => None,
            SearchIn::Visible(caller, Some(conversation)) => {
                let member = participants::member(connection, conversation, caller)?;
                Some(HashMap::from([(conversation, Some(member))]))
            }
            SearchIn::Visible(caller, None) => {
                let all = participants::memberships(connection, caller)?.into_iter();
                Some(all.map(|(id, member)| (id, Some(member))).collect())
            }
        };
        let asks_for_nothing = query.terms.is_empty() && query.filters.is_empty();
        let mut authors: Option<HashSet<UserId>> = None;
        let mut places: Option<Vec<ConversationId>> = None;
        let mut wanted = Self {
            terms: query.terms,
            conversations: None,
            authors: None,
            has: BTreeSet::new(),
            from: Timestamp(0),
            to: Timestamp(i64::MAX),
        };
        for filter in query.filters {
            match filter {
                Filter::From(name) => {
                    let named = author(connection, &name, caller)?;
                    authors.get_or_insert_default().extend(named);
                }
                Filter::In(name) => {
                    let named = called(connection, &name, caller)?;
                    places.get_or_insert_default().extend(named);
                }
                Filter::Has(what) => {
                    wanted.has.insert(what);
                }
                Filter::After(moment) => wanted.from = wanted.from.max(moment),
                Filter::Before(moment) => wanted.to = wanted.to.min(moment),
            }
        }
        if let Some(places) = places {
            let mut known = conversations;
            let kept = places.into_iter().filter_map(|id| match &mut known {
                Some(known) => known.remove(&id).map(|member| (id, member)),
                None => Some((id, None)),
            });
            conversations = Some(kept.collect());
        }
        wanted.authors = authors;
        wanted.conversations = conversations;
        let is_nowhere = wanted.conversations.as_ref().is_some_and(HashMap::is_empty)
            || wanted.authors.as_ref().is_some_and(HashSet::is_empty)
            || wanted.from >= wanted.to;
        Ok((!asks_for_nothing && !is_nowhere).then_some(wanted))
    }

    /// The only conversation to search, if it is one.
    pub fn only_conversation(&self) -> Option<ConversationId> {
        let mut ids = self.conversations.as_ref()?.keys();
        ids.next().filter(|_| ids.next().is_none()).copied()
    }

    /// Whether the message is found, and which parts of its text match.
    pub fn test(
        &self,
        connection: &Connection,
        candidate: &Candidate<'_>,
    ) -> rusqlite::Result<Option<Vec<Range>>> {
        let Candidate { id, row } = candidate;
        if let Some(conversations) = &self.conversations {
            let is_visible = match conversations.get(&ConversationId(row.get(1)?)) {
                Some(Some(member)) => member.may_see(*id),
                Some(None) => true,
                None => false,
            };
            if !is_visible {
                return Ok(None);
            }
        }
        if let Some(authors) = &self.authors {
            let author = row.get::<_, Option<i64>>(2)?.map(UserId);
            if !author.is_some_and(|author| authors.contains(&author)) {
                return Ok(None);
            }
        }
        let sent = Timestamp(row.get(3)?);
        if sent < self.from || sent >= self.to {
            return Ok(None);
        }
        let content = row.get_ref(5)?.as_str()?;
        if !self.has.is_empty() {
            let kinds = match row.get::<_, i64>(4)? {
                0 => Vec::new(),
                _ => attachments::kinds(connection, *id)?,
            };
            let kinds = kinds.iter().map(String::as_str);
            let there: Vec<_> = what_is_in(content, kinds).collect();
            if !self.has.iter().all(|what| there.contains(what)) {
                return Ok(None);
            }
        }
        Ok(find(&self.terms, &tokens(content)))
    }

    /// What to ask the whole index for. None if that says nothing.
    pub fn expression(&self) -> Option<String> {
        let asked = [
            in_column("body", self.terms.iter().map(whole)),
            in_column("facts", self.facts()),
        ];
        let asked: Vec<_> = asked.into_iter().flatten().collect();
        (!asked.is_empty()).then(|| asked.join(" AND "))
    }

    /// What to ask for a block of the index that has this message. It leaves the beginning of a word out: FTS5 would
    /// gather all words that begin so, and all their places, for each block anew.
    pub fn expression_of_block(&self, id: MessageId) -> String {
        let words = in_column("body", self.terms.iter().filter_map(without_prefix));
        let facts = [quoted(&in_block(id))].into_iter().chain(self.facts());
        let asked = words.into_iter().chain(in_column("facts", facts));
        asked.collect::<Vec<_>>().join(" AND ")
    }

    fn facts(&self) -> impl Iterator<Item = String> {
        let any = |words: Vec<String>| {
            let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
            format!("({})", words.join(" OR "))
        };
        let conversations = self.conversations.as_ref();
        let conversations = conversations.filter(|all| all.len() <= MOST_CONVERSATIONS);
        let conversations =
            conversations.map(|all| any(all.keys().map(|id| in_conversation(id.0)).collect()));
        let authors = self.authors.as_ref();
        let authors = authors.map(|all| any(all.iter().map(|id| by(*id)).collect()));
        let has = self.has.iter().map(|what| quoted(&has(*what)));
        let dates = self.dates().map(any);
        conversations
            .into_iter()
            .chain(authors)
            .chain(dates)
            .chain(has)
    }

    /// The years and months that messages to find were sent in. None if it is all of them.
    fn dates(&self) -> Option<Vec<String>> {
        if self.from == Timestamp(0) && self.to == Timestamp(i64::MAX) {
            return None;
        }
        let month_of = |moment| {
            let (year, month) = date(moment);
            year * 12 + month - 1
        };
        let first = month_of(self.from);
        // The server’s clock may have been ahead when it got a message.
        let last = month_of(self.to.min(Timestamp::now().after(YEAR)));
        // At least one: FTS5 takes no empty list.
        let words = (first..=last.max(first)).map(|at| {
            let (year, month) = (at / 12, at % 12 + 1);
            if first <= year * 12 && year * 12 + 11 <= last {
                in_year(year)
            } else {
                in_month(year, month)
            }
        });
        Some(words.collect::<BTreeSet<_>>().into_iter().collect())
    }
}

/// The users whom `from:` names.
fn author(
    connection: &Connection,
    name: &str,
    caller: Option<UserId>,
) -> rusqlite::Result<Option<UserId>> {
    let key = UsernameKey::new(name);
    if key.as_str() == "me" {
        return Ok(caller);
    }
    Ok(users::find(connection, &key)?.map(|user| user.id))
}

/// The conversations that `in:` names, among those of the caller.
fn called(
    connection: &Connection,
    name: &str,
    caller: Option<UserId>,
) -> rusqlite::Result<Vec<ConversationId>> {
    let (key, folded) = (UsernameKey::new(name), fold(name));
    let mut found = Vec::new();
    let other = users::find(connection, &key)?.filter(|user| Some(user.id) != caller);
    if let Some(user) = other {
        let mut direct = connection.prepare_cached(
            "SELECT id FROM conversations WHERE kind = 'direct' AND ?1 IN (low_user, high_user)
             AND (?2 IS NULL OR ?2 IN (low_user, high_user))
             AND id IN (SELECT conversation_id FROM participants WHERE user_id = ?1)",
        )?;
        let ids = direct.query_map((user.id.0, caller.map(|caller| caller.0)), |row| row.get(0))?;
        for id in ids {
            found.push(ConversationId(id?));
        }
    }
    let mut rooms = connection.prepare_cached(
        "SELECT id, name FROM conversations WHERE kind = 'room'
         AND (?1 IS NULL OR id IN (SELECT conversation_id FROM participants WHERE user_id = ?1))",
    )?;
    let mut rooms = rooms.query([caller.map(|caller| caller.0)])?;
    while let Some(row) = rooms.next()? {
        if fold(row.get_ref(1)?.as_str()?) == folded {
            found.push(ConversationId(row.get(0)?));
        }
    }
    Ok(found)
}

fn in_column(column: &str, words: impl Iterator<Item = String>) -> Option<String> {
    let words: Vec<_> = words.take(MOST_TERMS).collect();
    (!words.is_empty()).then(|| format!("{column} : ({})", words.join(" AND ")))
}

fn whole(term: &Term) -> String {
    let words = quoted(&term.tokens.join(" "));
    if term.prefix { words + " *" } else { words }
}

/// The tokens of a term that are whole words.
fn without_prefix(term: &Term) -> Option<String> {
    let last = term.tokens.len() - usize::from(term.prefix);
    (last > 0).then(|| quoted(&term.tokens[..last].join(" ")))
}

fn quoted(words: &str) -> String {
    format!("\"{words}\"")
}
