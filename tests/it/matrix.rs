//! Who may do what: every operation of the published contract, asked for by everybody whom it could
//! matter to.

use std::collections::BTreeMap;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    contract::{document, operations},
    support::{Answer, Client, Server, answer, at_once, dev},
};

/// What each is answered. Where an operation is about something, it is the owner's, and the owner and
/// the member are in the room that it belongs to; another is a user like them, who isn't. A page of
/// another site has the owner's cookie.
const ANSWERS: &str = "
operation                                               nobody another member owner revoked cross-site
GET    /api/openapi.json                                   200     200    200   200     200        200
GET    /api/config                                         200     200    200   200     200        200
POST   /api/login                                          200     200    200   200     200        403
POST   /api/accounts                                       201     201    201   201     201        403
POST   /api/logout                                         401     204    204   204     401        403
GET    /api/auth_user                                      401     200    200   200     401        200
POST   /api/refresh_token                                  401     200    200   200     401        401
GET    /api/sessions                                       401     200    200   200     401        200
DELETE /api/sessions/{id}                                  401     404    404   204     401        403
GET    /api/settings                                       401     200    200   200     401        200
PATCH  /api/settings                                       401     200    200   200     401        403
GET    /api/usernames                                      401     200    200   200     401        200
GET    /api/conversations                                  401     200    200   200     401        200
POST   /api/conversations                                  401     201    201   201     401        403
GET    /api/conversations/{id}                             401     404    200   200     401        200
PATCH  /api/conversations/{id}                             401     404    403   200     401        403
GET    /api/conversations/{id}/other_participant           401     404    200   200     401        200
GET    /api/conversations/{id}/participants                401     404    200   200     401        200
POST   /api/conversations/{id}/participants                401     404    204   204     401        403
DELETE /api/conversations/{id}/participants/{userId}       401     404    403   204     401        403
POST   /api/conversations/{id}/read_messages               401     404    204   204     401        403
POST   /api/conversations/{id}/typing                      401     404    204   204     401        403
GET    /api/rooms                                          401     200    200   200     401        200
GET    /api/conversations/{id}/messages                    401     404    200   200     401        200
POST   /api/conversations/{id}/messages                    401     404    201   201     401        403
PATCH  /api/messages/{id}                                  401     404    403   200     401        403
DELETE /api/messages/{id}                                  401     404    403   204     401        403
PUT    /api/messages/{id}/reactions/{emoji}                401     404    200   200     401        403
DELETE /api/messages/{id}/reactions/{emoji}                401     404    200   200     401        403
GET    /api/messages                                       401     200    200   200     401        200
";

/// Who asks, by the name of their column.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Nobody,
    Another,
    Member,
    Owner,
    /// The owner, with a token that was theirs.
    Revoked,
    /// A page of somebody else, in the owner's browser.
    CrossSite,
}

impl Who {
    fn called(name: &str) -> Self {
        match name {
            "nobody" => Self::Nobody,
            "another" => Self::Another,
            "member" => Self::Member,
            "owner" => Self::Owner,
            "revoked" => Self::Revoked,
            "cross-site" => Self::CrossSite,
            name => panic!("who is {name}?"),
        }
    }

    /// Why they are refused by this status, where it doesn't depend on what they ask for.
    fn reason(self, status: u16) -> Option<&'static str> {
        match (status, self) {
            (401, _) => Some("unauthorized"),
            (403, Self::CrossSite) => Some("cross_origin"),
            _ => None,
        }
    }
}

/// The columns, and each operation's statuses in their order.
fn table() -> (Vec<Who>, BTreeMap<String, Vec<u16>>) {
    let mut lines = ANSWERS.lines().filter(|line| !line.is_empty());
    let columns = lines.next().expect("a head").split_whitespace().skip(1);
    let columns: Vec<_> = columns.map(Who::called).collect();
    let rows = lines.map(|line| {
        let mut words = line.split_whitespace();
        let (method, path) = (words.next().expect("a method"), words.next());
        let operation = format!("{method} {}", path.expect("a path"));
        let statuses: Vec<u16> = words.map(|word| word.parse().expect("a status")).collect();
        assert_eq!(statuses.len(), columns.len(), "{operation}");
        (operation, statuses)
    });
    let rows = rows.collect();
    (columns, rows)
}

/// The people and the things that one operation is asked for with, once.
struct Scene {
    nobody: Client,
    owner: Client,
    member: Client,
    another: Client,
    /// Somebody else in the room.
    guest: Client,
    room: String,
    /// The owner's, in the room.
    message: String,
    /// The owner's and the member's.
    direct: String,
    /// The owner's first.
    session: String,
}

impl Scene {
    /// Sets it; `number` makes its people's names its own.
    async fn set(nobody: &Client, number: usize) -> Self {
        let name = |who| format!("{who}-{number}");
        let owner = nobody.clone().sign_up(&name("owner")).await;
        let member = nobody.clone().sign_up(&name("member")).await;
        let guest = nobody.clone().sign_up(&name("guest")).await;
        let another = nobody.clone().sign_up(&name("another")).await;
        let people = [member.username.as_str(), guest.username.as_str()];
        let room = owner.make_room("Kitchen", &people, false).await;
        let message = owner.say(&room, "hello").await;
        let direct = owner.talk_to(&member.username).await;
        let sessions = owner.get("/api/sessions").await.expect(200);
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        Self {
            message: text(&message["id"]),
            session: text(&sessions[0]["id"]),
            nobody: nobody.clone(),
            owner,
            member,
            another,
            guest,
            room,
            direct,
        }
    }

    /// A request of theirs.
    async fn request(&self, who: Who, method: Method, path: &str) -> RequestBuilder {
        let nobody = &self.nobody;
        match who {
            Who::Nobody => nobody.request(method, path),
            Who::Another => self.another.request(method, path),
            Who::Member => self.member.request(method, path),
            Who::Owner => self.owner.request(method, path),
            Who::Revoked => {
                let device = self.owner.another_device().await;
                device.post("/api/logout", json!({})).await.expect(204);
                device.request(method, path)
            }
            Who::CrossSite => {
                let token = self.owner.token.as_deref().expect("a token");
                let request = nobody.request(method, path);
                let request = request.header("cookie", format!("tincan={token}"));
                request.header("sec-fetch-site", "cross-site")
            }
        }
    }

    /// The path with what its parameters stand for.
    fn path(&self, path: &str) -> String {
        let id = match path.split('/').nth(2) {
            Some("sessions") => &self.session,
            Some("messages") => &self.message,
            Some("conversations") if path.ends_with("/other_participant") => &self.direct,
            _ => &self.room,
        };
        let path = path.replace("{id}", id).replace("{userId}", &self.guest.id);
        path.replace("{emoji}", "%F0%9F%91%8D")
            .replace("/api/usernames", "/api/usernames?search=a")
    }

    /// What is sent with an operation.
    fn body(&self, operation: &str) -> Option<Value> {
        Some(match operation {
            "POST /api/login" => json!({ "username": self.owner.username }),
            "POST /api/accounts" => json!({ "username": format!("{}-new", self.owner.username) }),
            "PATCH /api/settings" => json!({ "showsActivity": false }),
            "POST /api/conversations" => json!({ "username": self.guest.username }),
            "PATCH /api/conversations/{id}" => json!({ "name": "Garden" }),
            "POST /api/conversations/{id}/participants" => {
                json!({ "username": self.another.username })
            }
            "POST /api/conversations/{id}/read_messages" => json!({ "upTo": 1 }),
            "POST /api/conversations/{id}/messages" | "PATCH /api/messages/{id}" => {
                json!({ "content": "hello again" })
            }
            _ => return None,
        })
    }
}

/// What one of them is answered, in a scene of its own.
async fn cell(nobody: Client, number: usize, who: Who, method: String, path: String) -> Answer {
    let scene = Scene::set(&nobody, number).await;
    let body = scene.body(&format!("{method} {path}"));
    let method = method.parse().expect("a method");
    let request = scene.request(who, method, &scene.path(&path)).await;
    // The feed as a long poll; nothing else looks at it.
    let request = request.header("accept", "application/json");
    answer(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

#[tokio::test]
async fn everybody_may_do_what_is_theirs_to_do_and_nothing_else() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    let document = document(&nobody).await;
    let (columns, mut rows) = table();
    let mut numbers = 0..;
    let mut wrong = Vec::new();
    for (path, operations) in operations(&document) {
        for (method, described) in operations {
            let operation = format!("{method} {path}");
            let Some(expected) = rows.remove(&operation) else {
                wrong.push(format!("{operation} is in no row"));
                continue;
            };
            let cells = columns.iter().zip(&mut numbers).map(|(&who, number)| {
                let (method, path) = (method.clone(), path.to_owned());
                cell(nobody.clone(), number, who, method, path)
            });
            let answers = at_once(cells).await;
            for ((who, status), answer) in columns.iter().zip(expected).zip(answers) {
                let told = format!("{operation}, {who:?}: {} {}", answer.status, answer.body);
                let documented = described["responses"].get(answer.status.as_str());
                if answer.status != status {
                    wrong.push(format!("{told} instead of {status}"));
                } else if let Some(reason) = who.reason(status)
                    && answer.body["code"] != reason
                {
                    wrong.push(format!("{told} instead of {reason}"));
                } else if documented.is_none() {
                    wrong.push(format!("{told} is not in the contract"));
                }
            }
        }
    }
    for (operation, _) in rows {
        wrong.push(format!("{operation} is not in the contract"));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
