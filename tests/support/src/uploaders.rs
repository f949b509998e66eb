//! People who send photos as fast as they are answered, until the server is gone: they upload, attach, delete, cancel, and
//! leave uploads lying about. What was answered by then is to be held against the server that is started next.

use std::net::SocketAddr;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    Client, Photo, at_once, messages, png, soon, text, try_answer,
    witness::{Witness, id_at},
};

/// The pieces in which the server keeps a file. So large is a part.
const PART: usize = 256 * 1024;
/// How long pictures are, in turn. With their film they have one to four parts.
const LENGTHS: [usize; 4] = [1_000, 300_000, 131_000, 500_000];

pub struct Uploaders {
    people: Vec<Client>,
    conversation: String,
    rounds: usize,
    sent: Vec<Sent>,
    /// How many of them have been read.
    read: usize,
}

/// A photo on its way.
#[derive(Clone)]
struct Sending {
    photo: Photo,
    client_id: String,
    upload: String,
    /// What the server has said.
    received: usize,
    /// Whether it may be part of a message already.
    is_complete: bool,
}

/// A photo whose message was answered.
struct Sent {
    author: usize,
    message: String,
    upload: String,
    photo: Photo,
    is_deleted: bool,
}

/// What was asked for last and not answered.
enum Left {
    /// Nothing that the server would have to remember.
    Nothing,
    Sending(Box<Sending>),
    /// The last one sent.
    Deleting,
}

impl Uploaders {
    /// Photos go into a room of these people.
    pub async fn new(people: &[Client]) -> Self {
        let others: Vec<_> = people[1..].iter().map(|one| &*one.username).collect();
        Self {
            people: people.to_vec(),
            conversation: people[0].make_room("Photos", &others, false).await,
            rounds: 0,
            sent: Vec::new(),
            read: 0,
        }
    }

    /// Works until nobody is answered any more. Then it is to be settled.
    pub async fn work(&mut self, address: SocketAddr) -> Unsettled {
        let round = self.rounds;
        self.rounds += 1;
        let people = self.people.iter().enumerate();
        let working = people.map(|(author, person)| {
            let (person, conversation) = (person.at(address), self.conversation.clone());
            async move {
                let mut sent = Vec::new();
                let left = work(&person, author, &conversation, round, &mut sent).await;
                (sent, left)
            }
        });
        Unsettled(at_once(working.collect::<Vec<_>>()).await)
    }

    /// Goes on with everything where the server says that it ended, which is nowhere before what it had answered.
    pub async fn settle(&mut self, address: SocketAddr, Unsettled(left): Unsettled) {
        for (author, (mut sent, left)) in left.into_iter().enumerate() {
            let person = self.people[author].at(address);
            match left {
                Left::Nothing => {}
                Left::Sending(mut sending) => {
                    let path = format!("/api/uploads/{}", sending.upload);
                    let upload = person.get(&path).await;
                    if upload.status == 404 {
                        assert!(sending.is_complete, "the upload {} is gone", sending.upload);
                    } else {
                        let received = received(&upload.expect(200));
                        assert!(received >= sending.received, "of {path} a part is gone");
                        sending.received = received;
                        let uploaded = sending.upload(&person).await;
                        uploaded.expect("the server is there");
                    }
                    let message = sending.send(&person, &self.conversation).await;
                    let message = message.expect("the server is there");
                    sent.push(sending.sent(author, message));
                }
                Left::Deleting => {
                    let last = sent.last_mut().expect("a message");
                    person.delete(&last.path()).await.expect(204);
                    last.is_deleted = true;
                }
            }
            self.sent.extend(sent);
        }
    }

    /// The server has every photo that was sent and isn't deleted, as it is to be shown. What else was begun is cancelled,
    /// and then nothing else is left.
    pub async fn expect_exactly(&mut self, address: SocketAddr, witness: &Witness) {
        witness.expect_files_agree();
        for person in &self.people {
            let begun = "SELECT id FROM uploads WHERE user_id = CAST(?1 AS INTEGER)";
            for id in witness.rows(begun, [&person.id], |row| id_at(row, 0)) {
                let path = format!("/api/uploads/{id}");
                person.at(address).delete(&path).await.expect(204);
            }
        }
        soon("all that nobody refers to to be gone", async {
            while witness.orphans() > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let kept = self.sent.iter().filter(|sent| !sent.is_deleted).count();
        let kept = i64::try_from(kept).expect("a count");
        assert_eq!(witness.number("SELECT count(*) FROM attachments"), kept);
        assert_eq!(witness.number("SELECT count(*) FROM files"), kept);
        self.expect_shown(&self.sent[self.read..], address).await;
        self.read = self.sent.len();
    }

    /// The server has every photo that was sent and isn't deleted, as it is to be shown, and maybe more.
    pub async fn expect_all(&self, address: SocketAddr) {
        self.expect_shown(&self.sent, address).await;
    }

    async fn expect_shown(&self, sent: &[Sent], address: SocketAddr) {
        for sent in sent {
            let reader = self.people[(sent.author + 1) % self.people.len()].at(address);
            let path = format!("/api/files/{}", sent.upload);
            if sent.is_deleted {
                reader.get(&path).await.refused(404, "not_found");
            } else {
                let read = reader.download(&path, &[]).await;
                assert!(read.bytes == sent.photo.shown, "{path} is another");
            }
        }
    }
}

/// What people have sent, and what wasn't answered.
pub struct Unsettled(Vec<(Vec<Sent>, Left)>);

impl Sending {
    /// None where the server is gone.
    async fn begin(person: &Client, photo: Photo, client_id: String) -> Option<Self> {
        let new = json!({ "name": "photo.jpg", "size": photo.taken.len() });
        let answer = try_answer(person.request(Method::POST, "/api/uploads").json(&new)).await?;
        let upload = answer.expect(201);
        Some(Self {
            photo,
            client_id,
            upload: text(&upload["id"]).to_owned(),
            received: 0,
            is_complete: false,
        })
    }

    /// Uploads the next part. None where the server is gone.
    async fn upload_part(&mut self, person: &Client) -> Option<()> {
        let taken = &self.photo.taken;
        let end = taken.len().min(self.received + PART);
        self.is_complete = end == taken.len();
        let path = format!("/api/uploads/{}?offset={}", self.upload, self.received);
        let part = taken[self.received..end].to_vec();
        let answer = try_answer(person.request(Method::PUT, &path).body(part)).await?;
        self.received = received(&answer.expect(200));
        assert_eq!(self.received, end);
        Some(())
    }

    /// Uploads what is missing.
    async fn upload(&mut self, person: &Client) -> Option<()> {
        while self.received < self.photo.taken.len() {
            self.upload_part(person).await?;
        }
        let path = format!("/api/uploads/{}/thumb", self.upload);
        let thumb = person.request(Method::PUT, &path).body(png(4, 2));
        try_answer(thumb).await?.expect(204);
        Some(())
    }

    /// Sends it; again, where that was done before.
    async fn send(&self, person: &Client, conversation: &str) -> Option<Value> {
        let draft = json!({ "clientId": self.client_id, "attachments": [self.upload] });
        let request = person.request(Method::POST, &messages(conversation));
        let answer = try_answer(request.json(&draft)).await?;
        let is_known = answer.status == 200;
        Some(answer.expect(if is_known { 200 } else { 201 }))
    }

    fn sent(self, author: usize, message: Value) -> Sent {
        assert_eq!(message["attachments"][0]["type"], "image/jpeg");
        Sent {
            author,
            message: text(&message["id"]).to_owned(),
            upload: self.upload,
            photo: self.photo,
            is_deleted: false,
        }
    }
}

impl Sent {
    fn path(&self) -> String {
        format!("/api/messages/{}", self.message)
    }
}

fn received(upload: &Value) -> usize {
    let received = upload["received"].as_u64().expect("a number");
    usize::try_from(received).expect("a size")
}

/// Sends photo after photo, until one isn't answered.
async fn work(
    person: &Client,
    author: usize,
    conversation: &str,
    round: usize,
    sent: &mut Vec<Sent>,
) -> Left {
    for count in 0.. {
        let client_id = format!("photo-{round}-{author}-{count}");
        let seed = (round * 1_000_000 + author * 100_000 + count) as u64 * 2;
        let photo = Photo::new(seed, LENGTHS[(round + count) % LENGTHS.len()]);
        let Some(mut sending) = Sending::begin(person, photo, client_id).await else {
            return Left::Nothing;
        };
        // Some change their minds.
        let what = (round + author + count) % 5;
        if what == 0 {
            if sending.upload_part(person).await.is_none() {
                return Left::Sending(sending.into());
            }
            continue;
        }
        if sending.upload(person).await.is_none() {
            return Left::Sending(sending.into());
        }
        if what == 1 {
            let path = format!("/api/uploads/{}", sending.upload);
            let Some(answer) = try_answer(person.request(Method::DELETE, &path)).await else {
                return Left::Nothing;
            };
            answer.expect(204);
            continue;
        }
        let Some(message) = sending.send(person, conversation).await else {
            return Left::Sending(sending.into());
        };
        sent.push(sending.sent(author, message));
        let last = sent.last_mut().expect("a message");
        if what == 2 {
            let Some(answer) = try_answer(person.request(Method::DELETE, &last.path())).await
            else {
                return Left::Deleting;
            };
            answer.expect(204);
            last.is_deleted = true;
        }
    }
    unreachable!("the server ends before")
}
