//! A server in this process, with people, conversations and secrets, which requests reach by a pipe in memory: from its
//! HTTP parser on, everything is what a client meets.

use std::{
    net::{IpAddr, Ipv4Addr},
    pin::pin,
    str::FromStr,
    sync::{Arc, Mutex},
    time::Duration,
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tincan::{
    bus::{Bus, Capacity},
    error::Result,
    http::{Answer, App, Network, ServerSettings, Service, Setup, Signup, Site},
    metrics::Metrics,
    model::{
        Actor, BotName, ConversationId, Description, UploadId, User, Username, limits::FileLimits,
    },
    password::{NewPassword, Passwords, Standing},
    places::Places,
    store::{
        Credential, InviteRooms, NameUpdate, NewAccount, NewInvite, NewMessage, NewRoom, NewUpload,
        Picture, SignedIn, SignupGrant, Started, Store,
    },
};
use tokio::{
    io::DuplexStream,
    runtime::{self, Runtime},
    sync::OnceCell,
    time::{sleep, timeout},
};
use tokio_util::task::TaskTracker;

/// Whoever asks is a proxy that is believed, so that what it tells is looked at.
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Everybody's.
const PASSWORD: &str = "a password of theirs";
const DAY: Duration = Duration::from_hours(24);
/// What is in a file.
const FILE: &[u8] = b"milk, bread, tomatoes";
/// Runs that one database serves: what goes wrong follows from few of them.
const RUNS: u32 = 500;
/// Runs after which the server has forgotten who has guessed, and slows nobody down.
const FORGETS: u32 = 20;
/// After this, somebody sends a message: a long poll that waits has something to tell.
const PATIENCE: Duration = Duration::from_millis(20);
/// By then every answer is there, also beside a test suite that leaves it little of the machine.
const LIMIT: Duration = Duration::from_mins(1);
/// Bytes that the pipe holds.
const PIPE: usize = 64 * 1024;

/// The server, and what its people know.
pub struct World {
    runtime: Runtime,
    store: Store,
    bus: Arc<Bus>,
    metrics: Arc<Metrics>,
    service: Service,
    people: People,
    runs: u32,
    _folder: TempDir,
}

/// Who is there, and what they have.
struct People {
    john: SignedIn,
    jane: SignedIn,
    /// What a seed has in braces, and what stands there in this world.
    secrets: Vec<(&'static str, String)>,
}

/// Never dropped: when the process ends, the runtime would have nothing left to end it with.
static WORLD: Mutex<Option<World>> = Mutex::new(None);

/// Runs `work` in a world in which john and jane are signed in.
///
/// # Panics
/// Where there can't be a world, which is the machine's fault.
pub fn with_world<T>(work: impl FnOnce(&World) -> T) -> T {
    let mut world = WORLD.lock().expect("a world");
    if world.as_ref().is_some_and(World::is_worn) {
        *world = None;
    }
    let world = world.get_or_insert_with(World::new);
    world.runs += 1;
    if world.runs.is_multiple_of(FORGETS) {
        world.service = service(&world.runtime, &world.store, &world.bus, &world.metrics);
    }
    work(world)
}

impl Drop for World {
    fn drop(&mut self) {
        self.runtime.block_on(self.store.close());
    }
}

impl World {
    fn new() -> Self {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tincan.db");
        let (bus, metrics) = (Bus::new(Capacity::default()), Metrics::new());
        let (store, people) = runtime.block_on(async {
            let store = Store::open(&path, None, &bus, &metrics).expect("a database");
            let people = settle(&store).await.expect("what the rules allow");
            (store, people)
        });
        let mut world = Self {
            service: service(&runtime, &store, &bus, &metrics),
            runtime,
            store,
            bus,
            metrics,
            people,
            runs: 0,
            _folder: folder,
        };
        let form = world.form();
        world.people.secrets.push(("{form}", form));
        world
    }

    /// What john's forms on the pages without scripts prove themselves by.
    fn form(&self) -> String {
        let cookie = format!("tincan={}", self.token());
        let request = Request::get("/plain")
            .header("host", "localhost")
            .header("cookie", cookie)
            .body(Full::default())
            .expect("a request");
        let page = self.ask(request, async |response| {
            let page = response.into_body().collect().await.expect("a page");
            String::from_utf8(page.to_bytes().into()).expect("UTF-8")
        });
        let mut parts = page.split(r#"name="token" value=""#).skip(1);
        let form = parts.next().and_then(|part| part.split('"').next());
        form.expect("a form").to_owned()
    }

    /// Whether it has served long enough, or a request has ended somebody's session.
    fn is_worn(&self) -> bool {
        let is_out = |somebody: &SignedIn| {
            let session = self.store.session(&somebody.token);
            self.runtime.block_on(session).is_err()
        };
        self.runs >= RUNS || is_out(&self.people.john) || is_out(&self.people.jane)
    }

    /// What john's requests are signed by.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.people.john.token
    }

    /// The text of an input with this world's secrets in the place of their names.
    #[must_use]
    pub fn filled(&self, text: &str) -> String {
        let fill = |text: String, (name, secret): &(&str, String)| text.replace(name, secret);
        self.people.secrets.iter().fold(text.to_owned(), fill)
    }

    /// Asks the server, on a connection of its own, and does something with the answer as long as that is open.
    ///
    /// # Panics
    /// Where no answer comes, or the work takes too long.
    pub fn ask<T>(
        &self,
        request: Request<Full<Bytes>>,
        then: impl AsyncFnOnce(Response<Incoming>) -> T,
    ) -> T {
        let what = format!("{request:?}");
        let asked = async {
            let (near, far) = tokio::io::duplex(PIPE);
            let serving = serve(&self.service, far);
            let asking = async {
                let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(near))
                    .await
                    .expect("a connection");
                let connection = connection.with_upgrades();
                let work = async {
                    let response = sender.send_request(request).await;
                    then(response.expect("an answer")).await
                };
                let (mut work, mut connection) = (pin!(work), pin!(connection));
                tokio::select! {
                    done = &mut work => return done,
                    _ = &mut connection => {}
                }
                work.await
            };
            let (mut asking, mut serving) = (pin!(asking), pin!(serving));
            loop {
                tokio::select! {
                    done = &mut asking => return done,
                    () = &mut serving => return asking.await,
                    () = sleep(PATIENCE) => self.interrupt().await,
                }
            }
        };
        let done = self.runtime.block_on(async { timeout(LIMIT, asked).await });
        done.unwrap_or_else(|_| panic!("{what} took too long"))
    }

    /// Has something happen that everybody is told of, whatever was asked for before: a conversation may be closed by
    /// now, a name can be changed. Where even that fails the account is gone, and so are its streams.
    async fn interrupt(&self) {
        for display_name in [Some("John".to_owned()), None] {
            let update = NameUpdate {
                username: None,
                display_name: Some(display_name),
            };
            let _ = self
                .store
                .update_names(self.people.john.user.id, update)
                .await;
        }
    }
}

fn service(runtime: &Runtime, store: &Store, bus: &Arc<Bus>, metrics: &Arc<Metrics>) -> Service {
    let _inside = runtime.enter();
    let settings = ServerSettings {
        signup: Signup::Open,
        trusted_proxies: vec![Network::from_str("127.0.0.1").expect("an address")],
        ..ServerSettings::default()
    };
    let (store, bus, metrics) = (store.clone(), Arc::clone(bus), Arc::clone(metrics));
    let app = App::new(
        store,
        bus,
        metrics,
        Setup::unneeded(),
        settings,
        Site::new((PEER, 3000).into()),
    );
    Service::new(&app)
}

/// Answers on one connection, as the real server does on each of its own.
async fn serve(service: &Service, stream: DuplexStream) {
    let afterwards = TaskTracker::new();
    let Ok(place) = Places::new(1).take(PEER, false) else {
        unreachable!("it is the only one")
    };
    let answer = service_fn(|request| service.answer(PEER, &place, &afterwards, request));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
    // That a client breaks the rules of HTTP is its own affair.
    let _ = connection.with_upgrades().await;
    afterwards.close();
    afterwards.wait().await;
}

/// Two people, what they have said to each other, and what each secret is called in the inputs.
async fn settle(store: &Store) -> Result<People> {
    let john = join(store, "john", SignupGrant::Setup { room: None }).await?;
    let jane = join(store, "jane", SignupGrant::Open).await?;
    let started = store.start_direct(john.user.id, "jane".to_owned()).await?;
    let talk = match started {
        Started::Created(created) => created.0.id,
        Started::Existing(id) => id,
    };
    let room = NewRoom {
        name: "Kitchen".to_owned(),
        usernames: vec!["jane".to_owned()],
        open: true,
    };
    let (room, _) = store.create_room(john.user.clone(), room).await?;
    let bot = BotName::new("oven");
    let (_, hook) = store
        .create_hook(john.user.clone(), room.id, bot, Actor::default())
        .await?;
    let new = NewInvite {
        by: Some(john.user.clone()),
        uses: 3,
        lasts: DAY,
        rooms: InviteRooms::These(vec![room.id]),
    };
    let (_, invite) = store.create_invite(new, Actor::default()).await?;
    let reset = store.create_reset(jane.user.id, Actor::default()).await?;
    for (user, conversation) in [(&john, talk), (&jane, talk), (&john, room.id)] {
        let nothing = Vec::new();
        say(
            store,
            &user.user,
            conversation,
            "See https://example.org.",
            nothing,
        )
        .await?;
    }
    // The first of them is sent, and the second isn’t there whole.
    let sent = upload(store, &john.user, FILE.len()).await?;
    say(store, &john.user, talk, "", vec![sent]).await?;
    upload(store, &john.user, FILE.len() + 10).await?;
    let secrets = vec![
        ("{john}", john.token.clone()),
        ("{jane}", jane.token.clone()),
        ("{hook}", hook),
        ("{invite}", invite),
        ("{reset}", reset.token),
        ("{epoch}", format!("{:x}", store.epoch())),
    ];
    Ok(People {
        john,
        jane,
        secrets,
    })
}

/// Makes an account whose password is `PASSWORD`. One hash does for all of them: each costs 19 MiB.
async fn join(store: &Store, name: &str, grant: SignupGrant) -> Result<SignedIn> {
    static HASH: OnceCell<String> = OnceCell::const_new();

    let hash = HASH.get_or_try_init(async || {
        let password = NewPassword::new("password", PASSWORD, name)?;
        Passwords::default().hash(password, Standing::Known).await
    });
    let account = NewAccount {
        username: Username::new(name)?,
        credential: Credential::PasswordHash(hash.await?.clone()),
        grant,
    };
    let signed_up = store.sign_up(account, Actor::default()).await?;
    Ok(signed_up.signed_in)
}

async fn say(
    store: &Store,
    author: &User,
    conversation_id: ConversationId,
    content: &str,
    attachments: Vec<UploadId>,
) -> Result<()> {
    let message = NewMessage {
        conversation_id,
        author: author.clone(),
        content: content.to_owned(),
        client_id: None,
        attachments,
        reply_to: None,
    };
    store.send(message).await.map(|_| ())
}

/// Uploads [`FILE`] as the beginning of a file of so many bytes, with a small picture.
async fn upload(store: &Store, user: &User, size: usize) -> Result<UploadId> {
    let new = NewUpload {
        user: user.id,
        name: "a list.txt".to_owned(),
        size: size as u64,
        description: Description::default(),
    };
    let upload = store.create_upload(new, FileLimits::default()).await?;
    if size == FILE.len() {
        let turn = store.upload_turn(user.id).await?;
        store.append(&turn, upload.id, 0, FILE).await?;
    }
    let picture = Picture {
        kind: "image/png".to_owned(),
        bytes: FILE.to_vec(),
    };
    store.set_thumb(user.id, upload.id, picture).await?;
    Ok(upload.id)
}
