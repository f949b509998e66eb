//! Who may do what: every route of the contract, asked for by everybody whom it could matter to. The program
//! says which routes there are and which permission each takes; what comes of that is written here once more.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};
use tincan::{
    http::{self, ServerSettings},
    model::Permission,
    oauth::{Flows, Provider, ProviderKind, Secret},
    server::Config,
};

use crate::{
    contract::document,
    old_database::{SERVICE, mark},
    passkeys::add_at_localhost,
    support::{Answer, Client, Server, answer, at_once, dev, flood, png},
};

/// What each is answered. Where an operation is about something, it is the owner's, and the owner and
/// the member are in the room that it belongs to; another is a user like them, who isn't, and so is
/// the administrator. Revoked, disabled and read-only are the owner: with a session that has ended,
/// with an account that an administrator has shut, with an API token of scope `read`. A page of another
/// site has the owner's cookie. Nobody has been to a provider, and nobody has a picture; the room has one.
const ANSWERS: &str = "
operation                                            nobody another member owner admin revoked disabled read-only cross-site
GET    /api/openapi.json                                200     200    200   200   200     200      200       200        200
GET    /api/config                                      200     200    200   200   200     200      200       200        200
POST   /api/login                                       200     200    200   200   200     200      403       200        403
POST   /api/login/passkey/options                       409     409    409   409   409     409      409       409        409
POST   /api/login/passkey                               409     409    409   409   409     409      409       409        403
POST   /api/accounts                                    201     201    201   201   201     201      201       201        403
POST   /api/invites/check                               200     200    200   200   200     200      200       200        403
POST   /api/reset/check                                 200     200    200   200   200     200      403       200        403
POST   /api/reset                                       200     200    200   200   200     200      403       200        403
POST   /api/logout                                      401     204    204   204   204     401      401       403        403
GET    /api/auth_user                                   401     200    200   200   200     401      401       200        200
PATCH  /api/auth_user                                   401     200    200   200   200     401      401       403        403
DELETE /api/auth_user                                   401     204    204   204   403     401      401       403        403
PUT    /api/auth_user/avatar                            401     422    422   422   422     401      401       403        403
DELETE /api/auth_user/avatar                            401     200    200   200   200     401      401       403        403
POST   /api/refresh_token                               401     200    200   200   200     401      401       403        401
PUT    /api/password                                    401     403    403   403   200     401      401       403        403
GET    /api/sessions                                    401     200    200   200   200     401      401       403        200
DELETE /api/sessions                                    401     204    204   204   204     401      401       403        403
DELETE /api/sessions/{id}                               401     404    404   204   404     401      401       403        403
GET    /api/settings                                    401     200    200   200   200     401      401       403        200
PATCH  /api/settings                                    401     200    200   200   200     401      401       403        403
PUT    /api/attention                                   401     204    204   204   204     401      401       403        403
GET    /api/push/relay                                  401     200    200   200   200     401      401       403        200
PUT    /api/push/relay                                  401     404    404   404   404     401      401       403        403
GET    /api/push/relay/topic                            401     200    200   200   200     401      401       403        200
POST   /api/push/relay/test                             401     404    404   404   404     401      401       403        403
DELETE /api/push/relay                                  401     204    204   204   204     401      401       403        403
GET    /api/proof                                       401     200    200   200   200     401      401       403        200
POST   /api/proof                                       401     403    403   403   204     401      401       403        403
POST   /api/proof/passkey/options                       401     409    409   409   409     401      401       403        403
GET    /api/passkeys                                    401     200    200   200   200     401      401       403        200
POST   /api/passkeys/options                            401     409    409   409   409     401      401       403        403
POST   /api/passkeys                                    401     409    409   409   409     401      401       403        403
PATCH  /api/passkeys/{id}                               401     404    404   200   404     401      401       403        403
DELETE /api/passkeys/{id}                               401     404    404   204   404     401      401       403        403
GET    /api/second_factor                               401     200    200   200   200     401      401       403        200
POST   /api/second_factor                               401     201    201   201   201     401      401       403        403
DELETE /api/second_factor                               401     404    404   404   404     401      401       403        403
POST   /api/second_factor/confirm                       401     404    404   404   404     401      401       403        403
POST   /api/second_factor/recovery_codes                401     404    404   404   404     401      401       403        403
GET    /api/notices                                     401     200    200   200   200     401      401       403        200
POST   /api/notices/seen                                401     204    204   204   204     401      401       403        403
GET    /api/tokens                                      401     200    200   200   200     401      401       403        200
POST   /api/tokens                                      401     201    201   201   201     401      401       403        403
DELETE /api/tokens/{id}                                 401     404    404   204   404     401      401       403        403
GET    /api/push                                        401     200    200   200   200     401      401       403        200
PUT    /api/push/subscription                           401     200    200   200   200     401      401       403        403
DELETE /api/push/subscriptions/{id}                     401     404    404   204   404     401      401       403        403
POST   /api/push/test                                   401     404    404   404   404     401      401       403        403
GET    /api/oauth/{provider}                            303     303    303   303   303     303      303       303        403
GET    /api/oauth/{provider}/callback                   303     303    303   303   303     303      303       303        303
GET    /api/oauth/pending                               404     404    404   404   404     404      404       404        404
POST   /api/oauth/complete                              404     404    404   404   404     404      404       404        403
DELETE /api/identities/{provider}                       401     404    404   404   404     401      401       403        403
GET    /api/users/{id}/avatar                           401     404    404   404   404     401      401       404        404
GET    /api/conversations/{id}/avatar                   401     404    200   200   404     401      401       200        200
PUT    /api/conversations/{id}/avatar                   401     422    422   422   422     401      401       403        403
DELETE /api/conversations/{id}/avatar                   401     404    403   200   404     401      401       403        403
GET    /api/users                                       401     200    200   200   200     401      401       200        200
GET    /api/users/{id}                                  401     200    200   200   200     401      401       200        200
PUT    /api/users/{id}/block                            401     204    204   204   204     401      401       403        403
DELETE /api/users/{id}/block                            401     204    204   204   204     401      401       403        403
GET    /api/blocks                                      401     200    200   200   200     401      401       403        200
GET    /api/usernames                                   401     200    200   200   200     401      401       200        200
GET    /api/conversations                               401     200    200   200   200     401      401       200        200
POST   /api/conversations                               401     201    201   201   201     401      401       403        403
GET    /api/conversations/{id}                          401     404    200   200   404     401      401       200        200
PATCH  /api/conversations/{id}                          401     404    403   200   404     401      401       403        403
PATCH  /api/conversations/{id}/settings                 401     404    200   200   404     401      401       403        403
GET    /api/conversations/{id}/other_participant        401     404    200   200   404     401      401       200        200
GET    /api/conversations/{id}/participants             401     404    200   200   404     401      401       200        200
POST   /api/conversations/{id}/participants             401     404    204   204   404     401      401       403        403
DELETE /api/conversations/{id}/participants/{userId}    401     404    403   204   404     401      401       403        403
POST   /api/conversations/{id}/read_messages            401     404    204   204   404     401      401       403        403
POST   /api/conversations/{id}/typing                   401     404    204   204   404     401      401       403        403
GET    /api/conversations/{id}/hooks                    401     404    403   200   404     401      401       403        200
POST   /api/conversations/{id}/hooks                    401     404    403   201   404     401      401       403        403
DELETE /api/conversations/{id}/hooks/{hookId}           401     404    403   204   404     401      401       403        403
POST   /api/hooks/{secret}                              201     201    201   201   201     201      404       201        201
GET    /api/room_requests                               401     200    200   200   200     401      401       403        200
POST   /api/room_requests/{id}                          401     404    200   404   404     401      401       403        403
DELETE /api/room_requests/{id}                          401     404    204   404   404     401      401       403        403
GET    /api/rooms                                       401     200    200   200   200     401      401       200        200
GET    /api/conversations/{id}/messages                 401     404    200   200   404     401      401       200        200
POST   /api/conversations/{id}/messages                 401     404    201   201   404     401      401       403        403
PATCH  /api/messages/{id}                               401     404    403   200   404     401      401       403        403
DELETE /api/messages/{id}                               401     404    403   204   404     401      401       403        403
POST   /api/messages/{id}/reports                       401     404    204   403   404     401      401       403        403
GET    /api/messages/{id}/reactions                     401     404    200   200   404     401      401       200        200
PUT    /api/messages/{id}/reactions/{emoji}             401     404    200   200   404     401      401       403        403
DELETE /api/messages/{id}/reactions/{emoji}             401     404    200   200   404     401      401       403        403
GET    /api/conversations/{id}/pins                     401     404    200   200   404     401      401       200        200
PUT    /api/messages/{id}/pin                           401     404    200   200   404     401      401       403        403
DELETE /api/messages/{id}/pin                           401     404    204   204   404     401      401       403        403
GET    /api/saved                                       401     200    200   200   200     401      401       200        200
PUT    /api/messages/{id}/saved                         401     404    200   200   404     401      401       403        403
DELETE /api/messages/{id}/saved                         401     404    204   204   404     401      401       403        403
GET    /api/drafts                                      401     200    200   200   200     401      401       403        200
PUT    /api/conversations/{id}/draft                    401     404    200   200   404     401      401       403        403
DELETE /api/conversations/{id}/draft                    401     404    204   204   404     401      401       403        403
GET    /api/conversations/{id}/attachments              401     404    200   200   404     401      401       200        200
GET    /api/files/{id}                                  401     404    200   200   404     401      401       200        200
GET    /api/files/{id}/thumb                            401     404    200   200   404     401      401       200        200
GET    /api/search                                      401     200    200   200   200     401      401       200        200
POST   /api/uploads                                     401     201    201   201   201     401      401       403        403
GET    /api/uploads/{id}                                401     404    404   200   404     401      401       403        200
PUT    /api/uploads/{id}                                401     404    404   200   404     401      401       403        403
DELETE /api/uploads/{id}                                401     404    404   204   404     401      401       403        403
PUT    /api/uploads/{id}/thumb                          401     422    422   422   422     401      401       403        403
GET    /api/messages                                    401     200    200   200   200     401      401       200        200
POST   /api/stream_ticket                               401     201    201   201   201     401      401       201        403
GET    /api/invites                                     401     403    403   403   200     401      401       403        403
POST   /api/invites                                     401     403    403   403   201     401      401       403        403
DELETE /api/invites/{id}                                401     403    403   403   204     401      401       403        403
GET    /api/admin/users                                 401     403    403   403   200     401      401       403        403
POST   /api/admin/users                                 401     403    403   403   201     401      401       403        403
PATCH  /api/admin/users/{id}                            401     403    403   403   200     401      401       403        403
POST   /api/admin/users/{id}/reset                      401     403    403   403   201     401      401       403        403
POST   /api/admin/users/{id}/purge                      401     403    403   403   202     401      401       403        403
GET    /api/admin/users/{id}/sessions                   401     403    403   403   200     401      401       403        403
DELETE /api/admin/users/{id}/sessions                   401     403    403   403   204     401      401       403        403
DELETE /api/admin/users/{id}/sessions/{sessionId}       401     403    403   403   204     401      401       403        403
GET    /api/admin/reports                               401     403    403   403   200     401      401       403        403
DELETE /api/admin/reports/{id}                          401     403    403   403   204     401      401       403        403
GET    /api/admin/settings                              401     403    403   403   200     401      401       403        403
PATCH  /api/admin/settings                              401     403    403   403   200     401      401       403        403
GET    /api/admin/audit                                 401     403    403   403   200     401      401       403        403
GET    /api/admin/storage                               401     403    403   403   200     401      401       403        403
GET    /api/admin/addresses                             401     403    403   403   200     401      401       403        403
GET    /healthz                                         200     200    200   200   200     200      200       200        200
GET    /metrics                                         200     200    200   200   200     200      200       200        200
";

const PASSWORD: &str = "correct horse battery";

/// Who asks, by the name of their column.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Nobody,
    Another,
    Member,
    Owner,
    Admin,
    Revoked,
    Disabled,
    ReadOnly,
    CrossSite,
}

impl Who {
    fn called(name: &str) -> Self {
        match name {
            "nobody" => Self::Nobody,
            "another" => Self::Another,
            "member" => Self::Member,
            "owner" => Self::Owner,
            "admin" => Self::Admin,
            "revoked" => Self::Revoked,
            "disabled" => Self::Disabled,
            "read-only" => Self::ReadOnly,
            "cross-site" => Self::CrossSite,
            name => panic!("who is {name}?"),
        }
    }

    /// Why they are refused by this status, where it doesn't depend on what they ask for.
    fn reason(self, method: &str, status: u16) -> Option<&'static str> {
        match (status, self) {
            (401, _) => Some("unauthorized"),
            (403, Self::ReadOnly) => Some("scope"),
            (403, Self::CrossSite) if method != "GET" => Some("cross_origin"),
            _ => None,
        }
    }
}

/// What a permission says of a row by itself: the status of whoever doesn't have it.
fn refusal(permission: Permission, who: Who) -> Option<u16> {
    use Permission::{Administrator, Bearer, Feed, Invite, Person, Read, Send};

    let takes_session = matches!(
        permission,
        Read | Feed | Send | Person | Bearer | Invite | Administrator
    );
    let takes_person = matches!(permission, Person | Bearer | Invite | Administrator);
    match who {
        Who::Nobody | Who::Revoked | Who::Disabled if takes_session => Some(401),
        Who::CrossSite if permission == Bearer => Some(401),
        Who::CrossSite if permission == Permission::SignIn => Some(403),
        Who::ReadOnly if takes_person || permission == Send => Some(403),
        Who::Another | Who::Member | Who::Owner if matches!(permission, Invite | Administrator) => {
            Some(403)
        }
        _ => None,
    }
}

/// The columns, and each operation's statuses in their order.
fn table() -> (Vec<Who>, BTreeMap<String, Vec<u16>>) {
    let mut lines = ANSWERS.lines().filter(|line| !line.is_empty());
    let columns = lines.next().expect("a head").split_whitespace().skip(1);
    let columns: Vec<_> = columns.map(Who::called).collect();
    let mut rows = BTreeMap::new();
    for line in lines {
        let mut words = line.split_whitespace();
        let (method, path) = (words.next().expect("a method"), words.next());
        let operation = format!("{method} {}", path.expect("a path"));
        let statuses: Vec<u16> = words.map(|word| word.parse().expect("a status")).collect();
        assert_eq!(statuses.len(), columns.len(), "{operation}");
        let former = rows.insert(operation.clone(), statuses);
        assert_eq!(former, None, "{operation} has two rows");
    }
    (columns, rows)
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// What a link has behind its `#`.
fn secret_of(made: &Value) -> String {
    let link = text(&made["link"]);
    link.rsplit('#').next().expect("a token").to_owned()
}

/// What all scenes share.
#[derive(Clone)]
struct World {
    nobody: Client,
    root: Client,
    /// Good for as many as there may be.
    invite: String,
}

impl World {
    /// John has a password in it, so that it is no server that has still to be set up.
    async fn of(server: &Server) -> Self {
        let john = server.sign_in("john").await;
        let chosen = with_password(&john).await;
        let made = chosen
            .post("/api/invites", json!({ "uses": 100 }))
            .await
            .expect(201);
        Self {
            nobody: server.nobody(),
            root: chosen,
            invite: secret_of(&made),
        }
    }

    async fn sign_up(&self, name: &str, number: usize) -> Client {
        self.nobody
            .clone()
            .sign_up(&format!("{name}-{number}"))
            .await
    }
}

/// Somebody, once they have chosen a password.
async fn with_password(client: &Client) -> Client {
    let request = client.request(Method::PUT, "/api/password");
    let changed = answer(request.json(&json!({ "new": PASSWORD }))).await;
    client.with_token(&changed.expect(200)["token"])
}

/// The people and the things that one operation is asked for with, once.
struct Scene {
    /// Who asks, with what they have for a token.
    asker: Client,
    owner: Client,
    another: Client,
    /// Somebody else in the room.
    guest: Client,
    room: String,
    /// The owner's and the member's.
    direct: String,
    /// What `{id}` stands for where it isn't a conversation.
    id: String,
    /// What the path has behind that.
    below: String,
    /// Of a link or a hook of the owner's.
    secret: String,
}

impl Scene {
    /// Sets it for one operation; `number` makes its people's names its own.
    async fn set(world: &World, number: usize, who: Who, operation: &str) -> Self {
        let mut owner = world.sign_up("owner", number).await;
        let member = world.sign_up("member", number).await;
        let guest = world.sign_up("guest", number).await;
        let another = world.sign_up("another", number).await;
        let (mut id, mut below, mut secret) = (String::new(), String::new(), String::new());
        let (mut room, mut direct) = (String::new(), String::new());
        let (_, path) = operation.split_once(' ').expect("an operation");
        let is_in_room = ["conversations/", "messages/", "hooks/", "files/"];
        if path.ends_with("/other_participant") {
            direct = owner.talk_to(&member.username).await;
        } else if is_in_room.iter().any(|part| path.contains(part)) {
            let people = [member.username.as_str(), guest.username.as_str()];
            room = owner.make_room("Kitchen", &people, false).await;
        }
        if path == "/api/login" {
            owner = with_password(&owner).await;
        } else if path.starts_with("/api/reset") {
            let reset = format!("/api/admin/users/{}/reset", owner.id);
            secret = secret_of(&world.root.post(&reset, json!({})).await.expect(201));
        } else if path.starts_with("/api/messages/") {
            id = text(&owner.say(&room, "hello").await["id"]);
        } else if path.starts_with("/api/room_requests/") {
            let wish = json!({ "asksFirst": true });
            member.patch("/api/settings", wish).await.expect(200);
            id = owner.make_room("Kitchen", &[&member.username], false).await;
        } else if path == "/api/admin/reports/{id}" {
            id = report(&world.root, &owner, &member).await;
        } else if path == "/api/conversations/{id}/avatar" {
            let request = owner.request(Method::PUT, &path.replace("{id}", &room));
            answer(request.body(png(1, 1))).await.expect(200);
        } else if path.starts_with("/api/uploads/") {
            id = owner.begin_upload("lake.txt", 5).await;
        } else if path.starts_with("/api/files/") {
            id = owner.upload("lake.txt", b"hello").await;
            owner.set_thumb(&id, &png(1, 1)).await;
            owner.send_files(&room, &[&id]).await;
        } else if path.starts_with("/api/sessions/") {
            id = text(&owner.get("/api/sessions").await.expect(200)[0]["id"]);
        } else if path.starts_with("/api/push/subscriptions/") {
            id = subscribe(&owner, number).await;
        } else if path == "/api/passkeys/{id}" {
            // It mustn’t be the last way in.
            owner = with_password(&owner).await;
            id = text(&add_at_localhost(&owner).await["id"]);
        } else if path.starts_with("/api/tokens/") {
            id = text(&make_token(&owner, "send").await["id"]);
        } else if path.starts_with("/api/invites/{") {
            let made = world.root.post("/api/invites", json!({})).await;
            id = text(&made.expect(201)["id"]);
        } else if path.contains("/hooks") {
            let hooks = format!("/api/conversations/{room}/hooks");
            let bot = json!({ "bot": format!("bot-{number}") });
            let made = owner.post(&hooks, bot).await.expect(201);
            (below, secret) = (text(&made["id"]), text(&made["secret"]));
        } else if path.starts_with("/api/admin/") || path.starts_with("/api/users/") {
            let sessions = guest.get("/api/sessions").await.expect(200);
            (id, below) = (guest.id.clone(), text(&sessions[0]["id"]));
        }
        let asker = match who {
            Who::Nobody => world.nobody.clone(),
            Who::Another => another.clone(),
            Who::Member => member,
            Who::Owner | Who::CrossSite => owner.clone(),
            Who::Admin => {
                let name = format!("admin-{number}");
                let account = json!({ "username": name, "admin": true });
                let made = world.root.post("/api/admin/users", account).await;
                made.expect(201);
                // Who has nothing to sign in by administers nothing.
                with_password(&world.nobody.clone().sign_in(&name).await).await
            }
            Who::Revoked => {
                let device = owner.another_device().await;
                device.post("/api/logout", json!({})).await.expect(204);
                device
            }
            Who::Disabled => {
                let change = json!({ "disabled": true });
                let account = format!("/api/admin/users/{}", owner.id);
                world.root.patch(&account, change).await.expect(200);
                owner.clone()
            }
            Who::ReadOnly => owner.with_token(&make_token(&owner, "read").await["token"]),
        };
        Self {
            asker,
            owner,
            another,
            guest,
            room,
            direct,
            id,
            below,
            secret,
        }
    }

    /// The path with what its parameters stand for.
    fn path(&self, path: &str) -> String {
        let id = if path.ends_with("/other_participant") {
            &self.direct
        } else if path.starts_with("/api/conversations/") {
            &self.room
        } else {
            &self.id
        };
        if path == "/api/users" {
            return "/api/users?search=a".to_owned();
        }
        if path == "/api/search" {
            return "/api/search?q=a".to_owned();
        }
        path.replace("{id}", id)
            .replace("{userId}", &self.guest.id)
            .replace("{sessionId}", &self.below)
            .replace("{hookId}", &self.below)
            .replace("{secret}", &self.secret)
            .replace("{provider}", "github")
            .replace("{emoji}", "%F0%9F%91%8D")
            .replace("/usernames", "/usernames?search=a")
            .replace(
                &format!("/uploads/{id}"),
                &format!("/uploads/{id}?offset=0"),
            )
            .replace("?offset=0/thumb", "/thumb")
    }

    /// What is sent with an operation.
    fn body(&self, operation: &str, invite: &str) -> Option<Value> {
        let new_name = format!("{}-new", self.owner.username);
        Some(match operation {
            "POST /api/login" => json!({ "username": self.owner.username, "password": PASSWORD }),
            "POST /api/accounts" => {
                json!({ "username": new_name, "password": PASSWORD, "invite": invite })
            }
            "POST /api/invites/check" => json!({ "invite": invite }),
            "POST /api/reset/check" => json!({ "token": self.secret }),
            "POST /api/reset" => json!({ "token": self.secret, "password": PASSWORD }),
            // The administrator has one; nobody else here has anything to sign in by, and may not begin.
            "PUT /api/password" => json!({ "current": PASSWORD, "new": PASSWORD }),
            "POST /api/oauth/complete" => json!({ "username": new_name, "invite": invite }),
            "PATCH /api/auth_user" => json!({ "displayName": "Jane Doe" }),
            // The administrator has a password. Without it they stay, and so do the links of other scenes.
            "DELETE /api/auth_user" => json!({ "username": self.asker.username }),
            // What isn’t a picture.
            "PUT /api/auth_user/avatar"
            | "PUT /api/conversations/{id}/avatar"
            | "PUT /api/uploads/{id}/thumb" => json!({}),
            "PATCH /api/settings" => json!({ "showsActivity": false }),
            "PUT /api/attention" => json!({ "attentive": true }),
            "POST /api/proof" => json!({ "password": PASSWORD }),
            // What nothing has signed.
            "POST /api/login/passkey" => json!({
                "type": "public-key", "rawId": "",
                "response": { "clientDataJSON": "", "authenticatorData": "", "signature": "" },
            }),
            "POST /api/passkeys" => json!({ "name": "Phone", "credential": {
                "type": "public-key", "rawId": "",
                "response": { "clientDataJSON": "", "attestationObject": "" },
            } }),
            "PATCH /api/passkeys/{id}" => json!({ "name": "Tablet" }),
            "POST /api/second_factor/confirm" => json!({ "code": "123456" }),
            "POST /api/notices/seen" => json!({ "upTo": "1" }),
            "POST /api/tokens" => json!({ "name": "lamp", "scope": "read" }),
            "PUT /api/push/subscription" => browser(0),
            "POST /api/conversations" => json!({ "username": self.guest.username }),
            "PATCH /api/conversations/{id}" => json!({ "name": "Garden" }),
            "PATCH /api/conversations/{id}/settings" => json!({ "pinned": true }),
            "POST /api/conversations/{id}/participants" => {
                json!({ "username": self.another.username })
            }
            "POST /api/conversations/{id}/read_messages" => json!({ "upTo": 1 }),
            "POST /api/conversations/{id}/hooks" => json!({ "bot": new_name }),
            "POST /api/conversations/{id}/messages"
            | "PATCH /api/messages/{id}"
            | "PUT /api/conversations/{id}/draft"
            | "POST /api/hooks/{secret}" => json!({ "content": "hello again" }),
            "POST /api/uploads" => json!({ "size": 5, "name": "lake.txt" }),
            // As good as any five bytes.
            "PUT /api/uploads/{id}" => json!(12345),
            "POST /api/invites" => json!({ "uses": 2 }),
            "POST /api/admin/users" => json!({ "username": new_name }),
            "PATCH /api/admin/settings" => json!({ "membersMayInvite": false }),
            "PATCH /api/admin/users/{id}" => json!({ "admin": true }),
            _ => return None,
        })
    }

    /// What one of them is answered by the server there.
    async fn ask(self, who: Who, operation: String, world: World, server: SocketAddr) -> Answer {
        let (method, path) = operation.split_once(' ').expect("an operation");
        let method = method.parse().expect("a method");
        let nobody = world.nobody.at(server);
        let path = self.path(path);
        let request = match (who, &self.asker.token) {
            (Who::CrossSite, Some(token)) => nobody
                .request(method, &path)
                .header("cookie", format!("tincan={token}"))
                .header("sec-fetch-site", "cross-site"),
            _ => self.asker.at(server).request(method, &path),
        };
        // The feed as a long poll; nothing else looks at it.
        let request = request.header("accept", "application/json");
        answer(match self.body(&operation, &world.invite) {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }
}

/// A browser to be notified, with the keys of RFC 8291, Appendix A.
fn browser(number: usize) -> Value {
    json!({
        "endpoint": format!("https://push.example.net/{number}"),
        "keys": {
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        },
    })
}

/// The id of a subscription of this person’s.
async fn subscribe(client: &Client, number: usize) -> String {
    let request = client.request(Method::PUT, "/api/push/subscription");
    text(&answer(request.json(&browser(number))).await.expect(200)["id"])
}

async fn make_token(client: &Client, scope: &str) -> Value {
    let token = json!({ "name": "lamp", "scope": scope });
    client.post("/api/tokens", token).await.expect(201)
}

/// Signing in with GitHub, which isn't asked anything before somebody comes back from there.
fn with_github() -> Flows {
    let github = Provider {
        id: "github".to_owned(),
        name: "GitHub".to_owned(),
        kind: ProviderKind::GitHub {
            url: "https://github.com".to_owned(),
        },
        client_id: "tincan".to_owned(),
        secret: Secret::from("secret"),
    };
    Flows::new(vec![github], "http://localhost", Vec::new()).expect("a setup")
}

/// The scenes are set in dev mode, where nobody needs a password, and asked in at a server of the kind
/// that strangers can reach, on the same database.
#[tokio::test]
async fn everybody_may_do_what_is_theirs_to_do_and_nothing_else() {
    let mut server = Server::start(flood()).await;
    let world = World::of(&server).await;
    let document = document(&world.nobody).await;
    let (columns, mut rows) = table();
    let mut wrong = Vec::new();
    let mut numbers = 0..;
    let mut asked = Vec::new();
    for route in http::routes().filter(|route| route.operation.is_some()) {
        let operation = format!("{} {}", route.method, route.path);
        let Some(expected) = rows.remove(&operation) else {
            wrong.push(format!("{operation} is in no row"));
            continue;
        };
        for (&who, &status) in columns.iter().zip(&expected) {
            let permission = route.permission;
            if refusal(permission, who).is_some_and(|refusal| refusal != status) {
                wrong.push(format!(
                    "{operation}, {who:?}: {status} with {permission:?}"
                ));
            }
        }
        let scenes = columns.iter().zip(&mut numbers).map(|(&who, number)| {
            let (world, operation) = (world.clone(), operation.clone());
            async move { Scene::set(&world, number, who, &operation).await }
        });
        let scenes = at_once(scenes).await;
        let method = route.method.as_str().to_lowercase();
        let described = &document["paths"][route.path][method];
        asked.push((operation, described, expected, scenes));
    }
    for (operation, _) in rows {
        wrong.push(format!("{operation} is no route"));
    }
    server.stop().await;
    // However long the scenes took, everybody has just proven who they are.
    Connection::open(server.database())
        .and_then(|database| {
            database.execute("UPDATE sessions SET proven_at = unixepoch() * 1000", [])
        })
        .expect("the proofs");
    mark(server.database(), SERVICE);
    let mut server = Server::start(Config {
        database: server.database().to_owned(),
        settings: ServerSettings {
            oauth: Arc::new(with_github()),
            // Each scene has an administrator of its own.
            unlimited: true,
            ..ServerSettings::default()
        },
        ..dev()
    })
    .await;
    for (operation, described, expected, scenes) in asked {
        let documented = &described["responses"];
        if documented.get("429").is_some() {
            // It forgets how often it was tried.
            server.restart().await;
        }
        let address = server.address();
        let answers = columns.iter().zip(scenes).map(|(&who, scene)| {
            let (operation, world) = (operation.clone(), world.clone());
            scene.ask(who, operation, world, address)
        });
        let answers = at_once(answers).await;
        for ((who, status), answer) in columns.iter().zip(expected).zip(answers) {
            let told = format!("{operation}, {who:?}: {} {}", answer.status, answer.body);
            let (method, _) = operation.split_once(' ').expect("an operation");
            if answer.status != status {
                wrong.push(format!("{told} instead of {status}"));
            } else if let Some(reason) = who.reason(method, status)
                && answer.body["code"] != reason
            {
                wrong.push(format!("{told} instead of {reason}"));
            } else if documented.get(answer.status.as_str()).is_none() {
                wrong.push(format!("{told} is not in the contract"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The pages aren't in the contract. What they need is one of three things.
#[tokio::test]
async fn no_plain_page_shows_or_takes_anything_before_somebody_has_signed_in() {
    let server = Server::start(flood()).await;
    let nobody = server.nobody();
    let pages = http::routes().filter(|route| route.path.starts_with("/plain"));
    for route in pages {
        let told = format!("{} {}", route.method, route.path);
        let path = route.path.replace("{id}", "1").replace("{userId}", "1");
        let asked = answer(nobody.request(route.method.clone(), &path)).await;
        match (route.method, route.permission) {
            (Method::GET, Permission::Page) | (Method::POST, Permission::Form) => {
                assert_eq!(asked.status, 303, "{told}");
                assert_eq!(asked.headers["location"], "/plain/sign-in", "{told}");
            }
            (method, permission) => {
                assert!(
                    ["/plain/sign-in", "/plain/language"].contains(&&*path),
                    "{told}"
                );
                let is_right = match method {
                    Method::GET => permission == Permission::Public,
                    _ => permission == Permission::SignIn,
                };
                assert!(is_right, "{told} takes {permission:?}");
            }
        }
    }
}

/// A report of what the owner has said, for the administrator.
async fn report(admin: &Client, owner: &Client, member: &Client) -> String {
    let room = owner.make_room("Kitchen", &[&member.username], false).await;
    let said = owner.say(&room, "hello").await;
    let report = format!("/api/messages/{}/reports", text(&said["id"]));
    member.post(&report, json!({})).await.expect(204);
    let reports = admin.get("/api/admin/reports").await.expect(200);
    let reports = reports.as_array().expect("a list").iter();
    let mut own = reports.filter(|report| report["messageId"] == said["id"]);
    text(&own.next().expect("a report")["id"])
}
