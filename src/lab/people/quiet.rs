//! Those who don’t say much.

use super::Turn;

pub(super) async fn ghost(turn: &Turn) -> anyhow::Result<()> {
    turn.at(300).await;
    turn.read().await?;
    for millis in [1_000, 3_500, 6_000, 8_500] {
        turn.at(millis).await;
        turn.type_in().await?;
    }
    Ok(())
}

pub(super) async fn lurker(turn: &Turn) -> anyhow::Result<()> {
    turn.at(500).await;
    turn.read().await
}

/// Whoever is gone counts as online for some seconds more.
pub(super) async fn flapper(turn: &Turn) -> anyhow::Result<()> {
    turn.at(300).await;
    turn.read().await?;
    turn.at(1_000).await;
    turn.say("I’m on the train. Two tunnels ahead!").await?;
    turn.plan.step_aside();
    for (from, until) in [(2_000, 14_000), (24_000, 36_000)] {
        turn.at(from).await;
        turn.leave_until(until);
        turn.at(until).await;
    }
    Ok(())
}
