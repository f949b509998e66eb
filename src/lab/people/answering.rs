//! Those who answer: at once, late, at length, or all at once.

use super::Turn;

/// How many messages come at once.
const BURST: u64 = 8;

pub(super) async fn echo(turn: &Turn) -> anyhow::Result<()> {
    turn.at(200).await;
    turn.read().await?;
    turn.type_in().await?;
    turn.at(1_000).await;
    turn.say(match &*turn.heard.content {
        "" => "I got your file.",
        content => content,
    })
    .await?;
    Ok(())
}

pub(super) async fn slow(turn: &Turn) -> anyhow::Result<()> {
    turn.at(2_000).await;
    turn.read().await?;
    for millis in [2_500, 5_000, 7_500, 10_000] {
        turn.at(millis).await;
        turn.type_in().await?;
    }
    turn.at(12_000).await;
    turn.say("Sorry, I had to look for my glasses.").await?;
    Ok(())
}

pub(super) async fn chatty(turn: &Turn) -> anyhow::Result<()> {
    turn.at(300).await;
    turn.read().await?;
    turn.type_in().await?;
    turn.at(1_500).await;
    turn.say(turn.pick(&[
        "Oh, good that you write!",
        "Ha, I was about to ask you the same.",
        "You won’t believe what happened today.",
        "Yes! No. Well, yes.",
    ]))
    .await?;
    turn.plan.step_aside();
    for (millis, lines) in [
        (
            8_000,
            [
                "The baker on the corner has closed for good.",
                "My neighbour has bought a parrot.",
                "They have found my umbrella, after a year.",
            ],
        ),
        (
            20_000,
            [
                "And nobody had told me.",
                "I still don’t know what to say to that.",
                "Tell me if I talk too much.",
            ],
        ),
        (
            40_000,
            [
                "Anyway, what are you doing at the weekend?",
                "So, coffee on Thursday?",
                "By the way, do you still have my ladder?",
            ],
        ),
    ] {
        turn.at(millis - 2_000).await;
        turn.type_in().await?;
        turn.at(millis).await;
        turn.say(turn.pick(&lines)).await?;
    }
    Ok(())
}

pub(super) async fn burst(turn: &Turn) -> anyhow::Result<()> {
    turn.at(200).await;
    turn.read().await?;
    for number in 1..=BURST {
        turn.at(400 + number * 100).await;
        turn.say(&format!("{number} of {BURST}")).await?;
    }
    Ok(())
}
