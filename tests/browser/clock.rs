//! Times are those of the place where one is, also when the day ends or the place changes.

use serde_json::{Value, json};

use crate::support::{Options, Session, Stage};

/// Moves the page's clock, where the page before has asked for it, to some seconds before midnight.
const CLOCK: &str = "{
    const left = sessionStorage.getItem('secondsLeft');
    const now = Date.now.bind(Date);
    const ahead = left === null ? 0 : new Date().setHours(24, 0, 0, 0) - 1000 * left - now();
    globalThis.Date = class extends Date {
        constructor(...time) {
            super(...(time.length ? time : [now() + ahead]));
        }
        static now() {
            return now() + ahead;
        }
    };
}";

/// Waits until times of messages, and of conversations in the list, read as they should.
async fn times_read(person: &Session, heading: &str, times: [&str; 2]) {
    let heading = format!("document.querySelector('.day')?.textContent === {heading:?}");
    person.wait("the day", &heading).await;
    for (place, format) in ["[role=log] time", "nav li time"].iter().zip(times) {
        let expected = format!(
            "((time) => time?.textContent === new Intl.DateTimeFormat(undefined, {format})
                .format(new Date(time.dateTime)))(document.querySelector({place:?}))"
        );
        person.wait(place, &expected).await;
    }
}

async fn john_reads(stage: &Stage, options: Options) -> Session {
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Hello").await;
    let john = stage.signed_in(&client, options).await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees_message("Hello").await;
    john
}

#[tokio::test(flavor = "multi_thread")]
async fn at_midnight_today_becomes_yesterday() {
    const CLOCK_TIME: &str = "{ hour: 'numeric', minute: '2-digit' }";
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let options = Options::desktop().time_zone("Asia/Tokyo").script(CLOCK);
    let john = john_reads(&stage, options).await;
    // Enough for a page that was loaded before.
    john.eval::<Value>("sessionStorage.setItem('secondsLeft', 6)")
        .await;
    john.reload().await;
    times_read(&john, "Today", [CLOCK_TIME; 2]).await;
    times_read(&john, "Yesterday", [CLOCK_TIME, "{ weekday: 'short' }"]).await;
    john.sees_message("Hello").await;
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_time_zone_is_followed_when_somebody_looks_again() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let john = john_reads(&stage, Options::desktop().time_zone("Asia/Tokyo")).await;
    let time = "document.querySelector('[role=log] time').textContent";
    let in_zone = |zone| {
        format!(
            "((time) => time.textContent === new Intl.DateTimeFormat(undefined,
                {{ hour: 'numeric', minute: '2-digit', timeZone: {zone:?} }}).format(new Date(time.dateTime)))
                (document.querySelector('[role=log] time'))"
        )
    };
    john.is_whole().await;
    john.wait("the time in Tokyo", &in_zone("Asia/Tokyo")).await;
    let in_tokyo: String = john.eval(time).await;

    john.hide().await;
    // Half an hour beside all others, so that the minutes differ, too.
    let zone = json!({ "timezoneId": "Asia/Kolkata" });
    john.cdp("Emulation.setTimezoneOverride", zone).await;
    john.show().await;
    john.wait("the time in Kolkata", &in_zone("Asia/Kolkata"))
        .await;
    assert_ne!(john.eval::<String>(time).await, in_tokyo);
    // The full time, which is seen where one points at it, is the same.
    let full = "document.querySelector('[role=log] time').title.includes(
        document.querySelector('[role=log] time').textContent)";
    assert!(john.eval::<bool>(full).await);
    john.assert_console_clean(&[]).await;
}
