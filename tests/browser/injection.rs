//! What others write is text, whatever it looks like.

use rusqlite::Connection;

use crate::support::{Options, Session, Stage};

const ATTEMPTS: [&str; 7] = [
    "<script>ran()</script>",
    "<img src=x onerror=ran()>",
    "<svg onload=ran()></svg>",
    "<a href=\"javascript:ran()\">click</a> javascript:ran()",
    "https://example.org/\"onmouseover=\"ran()",
    "</p></li></ol><iframe srcdoc='<script>parent.ran()</script>'></iframe>",
    "{{constructor.constructor('ran()')()}} ${ran()} &lt;b&gt;",
];
const NAME: &str = "<img src=x onerror=ran()>";
const TRAP: &str = "globalThis.ran = () => { globalThis.hasRun = true; };";

/// Nothing ran, nothing was tried (the console would tell of what the policy has stopped), and nothing
/// is in the page that a message could have brought.
async fn nothing_came_of_it(person: &Session) {
    assert!(!person.eval::<bool>("Boolean(globalThis.hasRun)").await);
    let brought = "document.querySelectorAll('#app :is(script, svg[onload], iframe, img[src=x], [onerror])').length";
    assert_eq!(person.eval::<usize>(brought).await, 0);
    let schemes =
        "[...document.links].filter(({ protocol }) => !/^https?:$/.test(protocol)).length";
    assert_eq!(person.eval::<usize>(schemes).await, 0);
    person.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_stays_text() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let jane = stage.client("jane").await;
    let conversation = jane.talk_to("john").await;
    let john = stage.person("john", Options::desktop().script(TRAP)).await;
    for attempt in ATTEMPTS {
        jane.say(&conversation, attempt).await;
        // The list shows each of them for a moment.
        john.wait(
            "it in the list",
            &format!("document.body.innerText.includes({attempt:?}.slice(0, 20))"),
        )
        .await;
    }
    john.go_to("jane").await;
    john.sees_message(ATTEMPTS[6]).await;
    assert_eq!(john.messages().await, ATTEMPTS);
    nothing_came_of_it(&john).await;

    // What is written here is as harmless as what comes in.
    for attempt in ATTEMPTS {
        john.say(attempt).await;
    }
    john.wait(
        "them on the server",
        "document.querySelectorAll('[role=log] li').length === 14",
    )
    .await;
    nothing_came_of_it(&john).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_stays_text() {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Hello").await;
    // No server takes such a name, so the page must not rely on that.
    stage.kill();
    let names = Connection::open(stage.database()).expect("the database");
    names
        .execute(
            "UPDATE users SET username = ?1 WHERE username = 'jane'",
            [NAME],
        )
        .expect("a new name");
    drop(names);
    stage.start_again(&["--dev"]);

    let john = stage
        .signed_in(&client, Options::desktop().script(TRAP))
        .await;
    john.open("/").await;
    john.reads(NAME).await;
    john.click("link", "/img src=x/").await;
    john.sees_message("Hello").await;
    john.sees("heading", NAME).await;
    assert!(john.title().await.contains(NAME));
    nothing_came_of_it(&john).await;

    john.fill("searchbox", "/^Search/", NAME).await;
    john.sees("button", NAME).await;
    let nobody = format!("{NAME}{NAME}");
    john.fill("searchbox", "/^Search/", &nobody).await;
    john.reads(&format!("No results for “{nobody}”")).await;
    nothing_came_of_it(&john).await;
}
