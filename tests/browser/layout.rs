//! Texts of any shape stay where they belong.

use crate::support::{Options, Session, Stage};

/// Nothing is wider than the page, nor than the column that the messages are in.
async fn fits(person: &Session) {
    let wide = "[document.documentElement, document.querySelector('[role=log]')] \
        .filter((box) => box.scrollWidth > box.clientWidth).map(({ scrollWidth }) => scrollWidth)";
    assert_eq!(person.eval::<Vec<u32>>(wide).await, [0; 0]);
    let outside = "[...document.querySelectorAll('[role=log] li *')] \
        .filter((part) => part.getBoundingClientRect().right > innerWidth + 0.5).length";
    assert_eq!(person.eval::<usize>(outside).await, 0);
}

async fn long_texts_fit(options: Options) {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    let texts = [
        "unbroken".repeat(500),
        format!("https://example.org/{}", "a".repeat(400)),
        "word ".repeat(800).trim().to_owned(),
        "line\n".repeat(40).trim().to_owned(),
        "👩‍👩‍👧‍👦".repeat(120),
        "שלום עולם، مرحبا".to_owned(),
    ];
    let person = stage.signed_in(&john, options).await;
    person.open(&format!("/conversations/{conversation}")).await;
    for text in &texts {
        jane.say(&conversation, text).await;
        person.sees_message(text).await;
        fits(&person).await;
    }
    john.say(&conversation, &texts[0]).await;
    person
        .wait(
            "one's own",
            "document.querySelectorAll('[role=log] li').length === 7",
        )
        .await;
    fits(&person).await;

    // A draft of this size leaves room to read.
    person.fill("textbox", "Message to jane", &texts[2]).await;
    fits(&person).await;
    let share = "document.querySelector('[role=log]').clientHeight / innerHeight";
    assert!(person.eval::<f64>(share).await > 0.3);
    person.open("/").await;
    person.sees("link", "/jane/").await;
    let page = "document.documentElement.scrollWidth <= innerWidth";
    assert!(person.eval::<bool>(page).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_texts_fit_a_phone() {
    long_texts_fit(Options::phone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_texts_fit_a_desktop() {
    long_texts_fit(Options::desktop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn web_addresses_are_links_that_tell_nothing() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    jane.say(
        &conversation,
        "See (https://example.org/a_(b)?c=d#e), or HTTP://EXAMPLE.ORG. Not ftp://example.org!",
    )
    .await;
    let john = stage.signed_in(&john, Options::desktop()).await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees("link", "https://example.org/a_(b)?c=d#e").await;
    john.sees("link", "HTTP://EXAMPLE.ORG").await;
    let links = "[...document.querySelectorAll('[role=log] a')].map(({ href, rel, target }) => [href, rel, target])";
    assert_eq!(
        john.eval::<Vec<[String; 3]>>(links).await,
        [
            [
                "https://example.org/a_(b)?c=d#e",
                "noopener noreferrer",
                "_blank"
            ],
            ["http://example.org/", "noopener noreferrer", "_blank"],
        ]
    );
}
