//! A picture of every screen in each of its states, on a phone and a desktop, by day and by night, for
//! people to look at: in `screenshots/` of cargo's target folder. On each, axe-core finds nothing, and
//! nothing is wider than the screen. By night it looks at colours alone, as nothing else
//! differs. The console stays empty, where nothing is refused or away.

use std::{fs, path::Path};

use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    api::{Client, answer, messages},
    changes::TIME_TO_UNDO,
    mentions::be_notified_of,
    support::{Device, Options, Scheme, Session, Stage},
};

/// A picture of 512 by 512 pixels.
const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/icons/512.png");

/// Boxes that reach over an edge of the screen, unless something cuts them off before it; and those that
/// scroll sideways, but for the tray of files, which is to.
pub const TOO_WIDE: &str = "() => {
    const scrolls = ({ overflowX }) => overflowX === 'auto' || overflowX === 'scroll';
    const isCut = (box) => {
        for (let around = box.parentElement; around; around = around.parentElement) {
            const { left, right } = around.getBoundingClientRect();
            if (getComputedStyle(around).overflowX !== 'visible' && left > -0.5 && right < innerWidth + 0.5) return true;
        }
        return false;
    };
    const isWide = (box) => {
        const { left, right, width } = box.getBoundingClientRect();
        const over = width > 0 && (left < -0.5 || right > innerWidth + 0.5) && !isCut(box);
        return over || (scrolls(getComputedStyle(box)) && box.scrollWidth > box.clientWidth && !box.matches('file-tray *'));
    };
    return [document.documentElement, ...document.body.querySelectorAll('*')]
        .filter((box) => box === document.documentElement ? box.scrollWidth > innerWidth : isWide(box))
        .map((box) => box.outerHTML.slice(0, 200));
}";

/// Texts that are hard to lay out.
fn long_texts() -> [String; 9] {
    let words = "A message may have four thousand characters, and this one has them all. ";
    [
        words.repeat(4_000 / words.len()),
        "unbroken".repeat(40),
        format!(
            "See https://example.org/{} (and more)",
            "a/long/path-".repeat(20)
        ),
        "👋".to_owned(),
        "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 ".repeat(12),
        "שלום! מתי אתה מגיע הביתה? יש מרק על הכיריים. https://example.org/soup".to_owned(),
        "مرحبا، هل أنت في البيت؟ (نعم أم لا)".to_owned(),
        "日本語の長い文章は、単語の間に空白がないので、どこでも折り返すことができます。".repeat(3),
        "A list:\n\n  one\n  two\n\tthree".to_owned(),
    ]
}

/// What somebody sees, and how they look at it.
pub struct Viewer {
    session: Session,
}

impl Viewer {
    pub fn new(session: Session) -> Self {
        Self { session }
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    fn device(&self) -> &'static str {
        match self.session.device() {
            Device::Phone => "phone",
            Device::Desktop => "desktop",
        }
    }

    /// Takes the pictures of what is on the screen, and checks it.
    pub async fn take(&self, screen: &str) {
        for (scheme, name) in [(Scheme::Light, "light"), (Scheme::Dark, "dark")] {
            self.session.prefer(scheme).await;
            let name = format!("{screen}-{}-{name}", self.device());
            match scheme {
                Scheme::Light => self.session.assert_accessible(&name).await,
                Scheme::Dark => self.session.assert_colors_accessible(&name).await,
            }
            self.session.screenshot(&name).await;
        }
        let wide: Vec<String> = self.session.call(TOO_WIDE, json!([])).await;
        assert!(wide.is_empty(), "{screen} is too wide: {wide:#?}");
    }

    /// The same of all that can be scrolled to, as on a screen that is high enough.
    pub async fn take_all(&self, screen: &str, scrolled: &str) {
        let height: u32 = self
            .session
            .call(
                "(scrolled) => {
                    const box = document.querySelector(scrolled);
                    return innerHeight + box.scrollHeight - box.clientHeight;
                }",
                json!([scrolled]),
            )
            .await;
        let is_phone = self.session.device() == Device::Phone;
        let (width, scale) = if is_phone { (390, 2) } else { (1280, 1) };
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": is_phone,
        });
        self.session
            .cdp("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        self.session
            .wait("the high screen", &format!("innerHeight === {height}"))
            .await;
        self.take(screen).await;
        self.session.be(self.session.device()).await;
    }

    /// What the browser says when it is asked whether it may show notifications.
    async fn permit(&self, answer: &str) {
        let permission = json!({ "permission": { "name": "notifications" }, "setting": answer });
        self.session.cdp("Browser.setPermission", permission).await;
    }
}

/// John's conversation with jane since yesterday. The last of it he hasn't read.
async fn talk_since_yesterday(stage: &mut Stage, john: &Client, jane: &Client) -> String {
    let conversation = john.talk_to("jane").await;
    for (author, text) in [
        (jane, "Did you feed the cat?"),
        (jane, "She looks at me as if nobody had"),
        (john, "Twice"),
        (john, "She has talent"),
        (jane, "All right. Shall we go to the lake tomorrow?"),
        (
            john,
            "Yes! I look after the tent and the stove, if you bring something to eat that can be \
             made in one pot. And the map: https://example.org/maps/lake",
        ),
        (jane, "Good morning"),
        (jane, "Soup it is"),
        (john, "Perfect. I leave at nine"),
        (jane, "There is a train at 9:12, on track 3"),
        (jane, "I have the tickets"),
        (jane, "Are you up?"),
    ] {
        author.say(&conversation, text).await;
    }
    stage.kill();
    let database = Connection::open(stage.database()).expect("the database");
    let earlier = "UPDATE messages SET created_at = created_at - 60000 * CASE \
        WHEN number <= 5 THEN 1452 - 3 * (number >= 3) WHEN number = 6 THEN 1440 \
        WHEN number <= 9 THEN 24 ELSE 4 END WHERE conversation_id = ?1";
    database.execute(earlier, [&conversation]).expect("times");
    drop(database);
    stage.start_again(&["--dev"]);
    conversation
}

/// People with names of many kinds, each with something to say.
async fn a_long_list(stage: &Stage) -> Vec<Client> {
    let mut friends = Vec::new();
    for (name, text) in [
        (
            "someone-with-quite-a-long-name",
            "A word and another ".repeat(12),
        ),
        ("мария", "Привет! Ты дома?".to_owned()),
        ("山田太郎", "駅に着いたら電話してください".to_owned()),
        ("أحمد", "صباح الخير".to_owned()),
        ("Ζωή", "Ναι".to_owned()),
        (
            "mallory",
            "https://example.org/an/address/that/is/rather/long".to_owned(),
        ),
        ("mary", "👍".to_owned()),
        ("max", "Two\nlines".to_owned()),
        ("peggy", "Hello".to_owned()),
        ("victor", "Are you coming on Friday?".to_owned()),
        ("walter", "ok".to_owned()),
    ] {
        let friend = stage.client(name).await;
        let conversation = friend.talk_to("john").await;
        friend.say(&conversation, &text).await;
        friends.push(friend);
    }
    friends
}

async fn newcomer(viewer: &Viewer, paul: &Client) {
    let person = &viewer.session;
    person.open("/").await;
    person.sees("button", "Sign in").await;
    viewer.take("sign-in").await;
    person.fill("textbox", "Someone else", "nobody").await;
    person.click("button", "Sign in").await;
    person.reads("not found").await;
    viewer.take("sign-in-refused").await;

    person.fill("textbox", "Someone else", "paul").await;
    person.click("button", "Sign in").await;
    person.reads("No conversations yet").await;
    viewer.take("list-empty").await;
    person.fill("searchbox", "/^Search/", "ma").await;
    person.sees("button", "mary").await;
    viewer.take("search").await;
    person
        .fill("searchbox", "/^Search/", "nobody-is-called-so-around-here")
        .await;
    person.reads("No results for").await;
    viewer.take("search-nobody").await;
    person.look_up("jane").await;
    person.reads("Say hello").await;
    viewer.take("conversation-empty").await;

    let sessions = paul.get("/api/sessions").await.expect(200);
    let here = sessions.as_array().expect("a list").iter();
    let here = here.filter(|session| session["current"] == false);
    for session in here {
        let id = session["id"].as_str().expect("an id");
        let path = format!("/api/sessions/{id}");
        paul.delete(&path).await.expect(204);
    }
    person.reads("You’ve been signed out").await;
    viewer.take("signed-out").await;
    // That somebody isn't known, or isn't signed in any more, is the server’s to say.
    person.assert_console_clean(&["404", "401"]).await;
}

async fn conversations(
    viewer: &Viewer,
    friends: &[Client],
    talk: [&Client; 2],
    conversation: &str,
) {
    let [john, jane] = talk;
    let friend = |name| {
        let mut friends = friends.iter();
        friends
            .find(|friend| friend.username == name)
            .expect("a friend")
    };
    let person = &viewer.session;
    person.sign_in("john").await;
    person.go_to("victor").await;
    person.sees_message("Are you coming on Friday?").await;
    be_notified_of(person, "Nothing").await;
    person.open("/").await;
    let victor = friend("victor");
    let with_victor = victor.talk_to("john").await;
    for text in ["Hello?", "Well, then"] {
        victor.say(&with_victor, text).await;
    }
    person.sees("link", "/victor.*2 unread/").await;
    viewer.take("list").await;
    person.fill("searchbox", "/^Search/", "are you com").await;
    person.sees("link", "/victor.*Are you coming/").await;
    viewer.take("search-messages").await;
    person.fill("searchbox", "/^Search/", "friday after:").await;
    person.sees("button", "/^Today/").await;
    viewer.take("search-days").await;
    person.press("Escape").await;

    person.open(&format!("/conversations/{conversation}")).await;
    person.sees_message("Are you up?").await;
    viewer.take("conversation").await;
    let log = "document.querySelector('[role=log]')";
    let others: Vec<_> = (0..20)
        .map(|number| format!("This is line {number}"))
        .collect();
    jane.say(conversation, &others.join("\n")).await;
    person.sees_message(&others.join("\n")).await;
    person
        .eval::<Value>(&format!("void ({log}.scrollTop = 0)"))
        .await;
    person.sees("button", "/^Newest/").await;
    for text in ["Hello?", "I am on the train now"] {
        jane.say(conversation, text).await;
    }
    person.sees("button", "/^Newest, [0-9] new/").await;
    viewer.take("scrolled-up").await;

    let other = friend("someone-with-quite-a-long-name");
    let with_other = other.talk_to("john").await;
    for (index, text) in long_texts().iter().enumerate() {
        let author = if index % 3 == 1 { john } else { other };
        author.say(&with_other, text).await;
    }
    person.open(&format!("/conversations/{with_other}")).await;
    person.sees_message(&long_texts()[8]).await;
    viewer.take_all("long-texts", "[role=log]").await;
}

async fn sending(viewer: &Viewer) {
    let person = &viewer.session;
    person.open("/").await;
    person.go_to("mary").await;
    viewer.permit("prompt").await;
    person.reload().await;
    person.sees("textbox", "Message to mary").await;
    person.is_whole().await;
    person.say("Will you come with us?").await;
    person.sees("button", "Turn on notifications").await;
    viewer.take("offer").await;
    person.click("button", "Not now").await;

    person.say(&"too long ".repeat(445)).await;
    person.reads("4 characters too long").await;
    viewer.take("too-long").await;
    person.fill("textbox", "Message to mary", "").await;
    person.press("Backspace").await;
    // Nothing of it can be seen.
    person.say("\u{200b}").await;
    person.reads("Not sent.").await;
    viewer.take("refused").await;
    person.click("button", "Edit").await;
    person.misses("button", "Edit").await;
    person.fill("textbox", "Message to mary", "").await;
    person.press("Backspace").await;
}

/// A room of five people, in which some like what others say.
async fn a_room(friends: &[Client], john: &Client, jane: &Client) -> String {
    let names = ["someone-with-quite-a-long-name", "мария", "أحمد"];
    let people = [&["jane"], &names[..]].concat();
    let room = john.make_room("The lake in August", &people, true).await;
    let picture = fs::read(PICTURE).expect("a picture");
    let set = john.request(Method::PUT, &format!("/api/conversations/{room}/avatar"));
    answer(set.body(picture)).await.expect(200);
    let others = friends
        .iter()
        .filter(|friend| names.contains(&friend.username.as_str()));
    let others: Vec<_> = others.collect();
    for (index, (author, text)) in [
        (jane, "Who brings the tent?"),
        (john, "I do. And the stove"),
        (
            others[0],
            "I could bring a second one, if somebody tells me which kind of gas it takes",
        ),
        (others[1], "Я привезу суп"),
        (others[2], "وأنا الخبز"),
        (john, "Then there is nothing left to want"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = author.say(&room, text).await["id"].clone();
        if index == 4 {
            let answer = json!({ "content": "@john, and the butter? @someone-with-quite-a-long-name?", "replyTo": id });
            jane.post(&messages(&room), answer).await.expect(201);
        }
        let id = id.as_str().expect("an id");
        for (emoji, person) in ["👍", "❤️", "🎉", "👩‍👩‍👧‍👦"]
            .iter()
            .zip([jane, john, others[0], jane])
        {
            let path = format!("/api/messages/{id}/reactions/{emoji}");
            if index != 1 && index != 4 {
                person.put(&path).await.expect(200);
            }
        }
        others[1]
            .put(&format!("/api/messages/{id}/reactions/👍"))
            .await
            .expect(200);
    }
    let name = "Everybody who lives in this house or likes to come here, with or without a cake";
    jane.make_room(name, &[], true).await;
    jane.make_room("ספרים", &["мария"], true).await;
    room
}

async fn rooms(viewer: &Viewer, friends: &[Client], talk: [&Client; 2]) {
    let [john, jane] = talk;
    let room = a_room(friends, john, jane).await;
    let person = &viewer.session;
    let last = "Then there is nothing left to want";
    person.open(&format!("/conversations/{room}")).await;
    person.sees_message(last).await;
    person.sees("button", "Room details").await;
    viewer.take("room").await;
    let field = "Message to The lake in August";
    person.fill("textbox", field, "@").await;
    person.sees("option", "/Everyone/").await;
    viewer.take("mention-suggestions").await;
    person.fill("textbox", field, "").await;
    person.press("Backspace").await;
    person.click("button", "Room details").await;
    person.click("button", "/^someone-with-quite/").await;
    person.sees("button", "Make owner").await;
    viewer.take("room-details").await;
    person.attach(Path::new(PICTURE)).await;
    person.sees("dialog", "Room picture").await;
    viewer.take("room-picture").await;
    person.click("button", "Cancel").await;
    person.misses("dialog", "Room picture").await;
    person.click("button", "Most liked messages").await;
    person.reads("Most liked messages").await;
    person
        .wait("the messages", "document.querySelector('dialog .top li')")
        .await;
    // Dialogs cut off what is too wide for them.
    person
        .wait(
            "messages as wide as the dialog lets them be",
            "document.querySelector('.top').getBoundingClientRect().right \
             <= document.querySelector('.dialog').getBoundingClientRect().right - 20",
        )
        .await;
    viewer.take("most-liked").await;
    person.click("button", "Close").await;
    person.misses("dialog", "Most liked messages").await;

    let newest = "void document.querySelector('[role=log]').focus()";
    let open_menu = async || {
        person.eval::<Value>(newest).await;
        person.press("Enter").await;
        person.press("Enter").await;
        person.sees("dialog", "Your message").await;
    };
    open_menu().await;
    viewer.take("message-menu").await;
    person.click("menuitem", "Reply").await;
    person.sees("button", "Cancel reply").await;
    viewer.take("replying").await;
    person.click("button", "Cancel reply").await;
    person.misses("button", "Cancel reply").await;
    open_menu().await;
    person.click("menuitem", "Edit").await;
    person.sees("textbox", "Edit message").await;
    viewer.take("editing").await;
    person
        .fill("textbox", "Edit message", "Then we have it all")
        .await;
    person.click("button", "Save").await;
    person.sees_message("Then we have it all").await;
    person.say("Which lake was it?").await;
    person.sees_message("Which lake was it?").await;
    person
        .wait(
            "the message to be sent",
            "!/Sending/.test(document.querySelector('[role=log]').textContent)",
        )
        .await;
    open_menu().await;
    person.click("menuitem", "Delete").await;
    person.sees("button", "Undo").await;
    viewer.take("deleted").await;

    person.open("/").await;
    person.click("button", "New room").await;
    person.sees("button", "/^Join Everybody/").await;
    person.fill("textbox", "Name", "Saturday soup").await;
    for name in ["أحمد", "someone-with-quite-a-long-name"] {
        person.fill("textbox", "Find people to add", name).await;
        person.click("button", name).await;
        person.sees("button", &format!("Remove {name}")).await;
    }
    person.fill("textbox", "Find people to add", "ma").await;
    person.sees("button", "mary").await;
    viewer.take("new-room").await;
    person.click("button", "Close").await;
}

async fn pages(viewer: &Viewer, conversation: &str) {
    let person = &viewer.session;
    // What was refused and cut off before.
    person.console().await;
    person.open("/nothing/here").await;
    person.sees("heading", "Page not found").await;
    viewer.take("not-found").await;
    person.open("/conversations/999999").await;
    person.reads("doesn’t exist").await;
    viewer.take("no-such-conversation").await;
    person.assert_console_clean(&["404"]).await;

    person.open("/settings").await;
    person.reads("This device").await;
    viewer.take_all("settings", ".settings").await;
    person.click("button", "Show").await;
    person.sees("dialog", "Keyboard shortcuts").await;
    viewer.take("help").await;
    person.click("button", "Close").await;
    person.open(&format!("/conversations/{conversation}")).await;
    person.sees("textbox", "Message to jane").await;
}

async fn every_screen(options: Options) {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    john.another_device().await;
    let conversation = talk_since_yesterday(&mut stage, &john, &jane).await;
    let friends = a_long_list(&stage).await;
    let paul = stage.client("paul").await;
    let mut network = stage.proxy().await;
    let options = options.origin(network.origin()).script(TIME_TO_UNDO);
    let viewer = Viewer {
        session: stage.session(options).await,
    };
    let person = &viewer.session;

    newcomer(&viewer, &paul).await;
    conversations(&viewer, &friends, [&john, &jane], &conversation).await;
    person.assert_console_clean(&[]).await;
    sending(&viewer).await;
    rooms(&viewer, &friends, [&john, &jane]).await;
    pages(&viewer, &conversation).await;

    network.hold_answers("/api/conversations");
    person.reload().await;
    person.sees("status", "Loading").await;
    viewer.take("loading").await;
    network.pass_answers();
    person.sees_message("Are you up?").await;

    person.keeps_the_page().await;
    network.go_away().await;
    person.reads("Offline").await;
    for text in ["Nearly there", "Where are you?"] {
        person.say(text).await;
        person.sees_message(text).await;
    }
    person.reads("Waiting for the connection").await;
    viewer.take("connection-lost").await;
    person.reload().await;
    person.sees_message("Where are you?").await;
    person.reads("Offline").await;
    viewer.take("offline-start").await;
    person.open("/conversations/999999").await;
    person.sees("button", "Retry").await;
    viewer.take("offline-unknown-conversation").await;
    person.open("/settings").await;
    person.reads("Can’t reach Tincan.").await;
    viewer.take_all("offline-settings", ".settings").await;

    network.come_back().await;
    person.open(&format!("/conversations/{conversation}")).await;
    person.sees_message("Where are you?").await;
    person
        .wait(
            "what waited to be sent",
            "!/Sending|Waiting/.test(document.querySelector('[role=log]').textContent)",
        )
        .await;
    // A server whose page is another one.
    stage.kill();
    stage.start_again(&["--dev", "--ui", concat!(env!("CARGO_MANIFEST_DIR"), "/ui")]);
    person.sees("button", "Reload").await;
    viewer.take("updated").await;

    network.hold_streams();
    person.open("/settings").await;
    person.sees("button", "Sign out").await;
    // The last of what comes in above it.
    person.reads("No tokens yet.").await;
    network.pass_streams();

    person.click("button", "Sign out").await;
    person.sees("button", "Sign in").await;
    network.go_away().await;
    person.reload().await;
    person.sees("button", "Retry").await;
    viewer.take("unreachable").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_is_a_picture_of_order_on_a_phone() {
    every_screen(Options::phone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_is_a_picture_of_order_on_a_desktop() {
    every_screen(Options::desktop()).await;
}
