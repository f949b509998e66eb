//! Plain http under a name: what browsers keep for secure pages isn't there, and nobody needs it.

use crate::support::{Options, Stage};

pub async fn two_people_talk_without_a_secure_origin(mut stage: Stage) {
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = john.talk_to("jane").await;
    john.say(&conversation, "Hello").await;
    let people = [(&john, Options::desktop()), (&jane, Options::phone())];
    let sessions = stage.on_the_home_network(&people).await;
    let [john, jane] = &sessions[..] else {
        unreachable!("two people")
    };

    for person in [john, jane] {
        person.open("/").await;
        assert!(
            !person
                .eval::<bool>("isSecureContext || 'serviceWorker' in navigator")
                .await
        );
    }
    john.go_to("jane").await;
    jane.go_to("john").await;
    john.say("Are you at home?").await;
    jane.sees_message("Are you at home?").await;
    jane.say("Yes").await;
    john.sees_message("Yes").await;
    for person in [john, jane] {
        person.assert_console_clean(&[]).await;
    }
}
