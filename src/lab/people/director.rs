//! The director does what is written to them: the front end that somebody builds is its own remote control.

use std::time::Duration;

use hyper::{Method, StatusCode};
use serde_json::json;
use tokio::time::sleep;

use super::Turn;
use crate::model::Timestamp;

const HELP: &str = "I know these:
- `flood 50`: I send 50 messages
- `typing 10`: I type for 10 seconds
- `react`: I react to what you wrote
- `go offline 30`: I’m gone for 30 seconds
- `cut streams`: all your streams end
- `reset`: everything is as it was at the start";

/// The most messages of a flood.
const FLOOD: u64 = 1_000;
/// The longest that something goes on, in seconds.
const LONGEST: u64 = 600;
/// How long to wait if there are too many at once.
const TOO_FAST: Duration = Duration::from_millis(250);

pub(super) async fn obey(turn: &Turn) -> anyhow::Result<()> {
    turn.at(200).await;
    turn.read().await?;
    let order = turn.heard.content.to_lowercase();
    let words: Vec<&str> = order.split_whitespace().collect();
    let number = words.last().and_then(|word| word.parse::<u64>().ok());
    let order = if number.is_some() {
        &words[..words.len() - 1]
    } else {
        &words[..]
    };
    match order {
        ["flood"] => flood(turn, number.unwrap_or(50).min(FLOOD)).await,
        ["typing"] => type_on(turn, number.unwrap_or(10).min(LONGEST)).await,
        ["react"] => turn.react(Method::PUT, "👍").await,
        ["go", "offline"] => {
            let seconds = number.unwrap_or(30).min(LONGEST);
            turn.say(&format!("I’m gone for {seconds} seconds."))
                .await?;
            let since = turn.heard.at.age(Timestamp::now());
            let since = u64::try_from(since.as_millis()).unwrap_or_default();
            turn.leave_until(since + seconds * 1_000);
            Ok(())
        }
        ["cut", "streams"] => cut_streams(turn).await,
        ["reset"] => {
            let someone = turn.someone.clone();
            // This turn is part of what ends with it.
            tokio::spawn(async move { someone.account.post("/dev/reset", json!({})).await });
            Ok(())
        }
        _ => turn.say(HELP).await.map(drop),
    }
}

async fn flood(turn: &Turn, count: u64) -> anyhow::Result<()> {
    let path = turn.path("messages");
    for number in 1..=count {
        let content = json!({ "content": format!("{number} of {count}") });
        loop {
            let sent = turn.someone.account.post(&path, content.clone()).await?;
            if sent.status != StatusCode::TOO_MANY_REQUESTS {
                sent.done()?;
                break;
            }
            sleep(TOO_FAST).await;
        }
    }
    Ok(())
}

async fn type_on(turn: &Turn, seconds: u64) -> anyhow::Result<()> {
    for second in (0..seconds).step_by(2) {
        turn.at(200 + second * 1_000).await;
        turn.type_in().await?;
    }
    Ok(())
}

/// Those of whoever asks for it.
async fn cut_streams(turn: &Turn) -> anyhow::Result<()> {
    let list = turn.call(Method::GET, "/dev/streams", None).await?;
    let streams = list.body["streams"].as_array().into_iter().flatten();
    for stream in streams.filter(|stream| stream["user"] == *turn.heard.author) {
        let path = format!("/dev/streams/{}", stream["id"]);
        // It may have ended by itself.
        let _ = turn
            .someone
            .account
            .call(Method::DELETE, &path, None)
            .await?;
    }
    Ok(())
}
