//! Those who change what they did.

use hyper::Method;

use super::Turn;

pub(super) async fn editor(turn: &Turn) -> anyhow::Result<()> {
    turn.at(300).await;
    turn.read().await?;
    turn.at(1_000).await;
    let said = turn.say("Teh train leaves at noon").await?;
    turn.at(3_000).await;
    turn.edit(&said, "The train leaves at noon").await?;
    turn.at(6_000).await;
    turn.edit(&said, "The train leaves at noon. From platform 4!")
        .await
}

pub(super) async fn regret(turn: &Turn) -> anyhow::Result<()> {
    turn.at(300).await;
    turn.read().await?;
    turn.at(1_000).await;
    let said = turn.say("I never liked that hat of yours.").await?;
    turn.at(4_000).await;
    turn.delete(&said).await
}

pub(super) async fn reactor(turn: &Turn) -> anyhow::Result<()> {
    turn.at(300).await;
    turn.read().await?;
    turn.at(500).await;
    turn.react(Method::PUT, "👍").await?;
    turn.at(2_000).await;
    turn.react(Method::PUT, "🎉").await?;
    turn.at(4_000).await;
    turn.react(Method::DELETE, "👍").await
}
