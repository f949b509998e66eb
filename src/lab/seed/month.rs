//! A month of talk: eight people around a house, an app, a football team and a journey. What they say is in `month/`.

use std::{panic, thread};

use super::{
    SeedError,
    faces::{Cut, Face},
    media::AVATAR,
    random::Random,
    script::Reader,
    story::{Person, Story},
};
use crate::model::Timestamp;

/// Somebody, by the letter that scripts have for them.
struct Known {
    letter: char,
    username: &'static str,
    display_name: &'static str,
    face: Face,
}

const PEOPLE: [Known; 8] = [
    Known {
        letter: 'j',
        username: "john",
        display_name: "John",
        face: Face {
            behind: 0x9f_c3_d9,
            skin: 0xf0_c7_a8,
            hair: 0x5a_3b_26,
            shirt: 0x33_52_78,
            cut: Cut::Beard,
            has_glasses: false,
        },
    },
    Known {
        letter: 'n',
        username: "jane",
        display_name: "Jane",
        face: Face {
            behind: 0xf2_d3_a2,
            skin: 0xe8_b8_92,
            hair: 0x8a_3f_22,
            shirt: 0x2f_7d_6b,
            cut: Cut::Long,
            has_glasses: false,
        },
    },
    Known {
        letter: 'm',
        username: "mia",
        display_name: "mia 🌱",
        face: Face {
            behind: 0xd8_c4_e6,
            skin: 0xc9_8f_66,
            hair: 0x22_1a_1c,
            shirt: 0xe0_6a_7a,
            cut: Cut::Curls,
            has_glasses: false,
        },
    },
    Known {
        letter: 't',
        username: "tomas",
        display_name: "Tomás",
        face: Face {
            behind: 0xb9_dc_b4,
            skin: 0xd9_a3_78,
            hair: 0x1f_1a_18,
            shirt: 0xc9_3a_3a,
            cut: Cut::Short,
            has_glasses: false,
        },
    },
    Known {
        letter: 'l',
        username: "lena",
        display_name: "Lena",
        face: Face {
            behind: 0xf4_c6_c0,
            skin: 0xf6_d7_bf,
            hair: 0xd9_b0_5c,
            shirt: 0x2b_2b_33,
            cut: Cut::Bun,
            has_glasses: true,
        },
    },
    Known {
        letter: 'g',
        username: "grace",
        display_name: "Grace (2nd floor)",
        face: Face {
            behind: 0xc9_d6_df,
            skin: 0x8d_5a_3c,
            hair: 0xd4_d2_cf,
            shirt: 0x6a_4a_86,
            cut: Cut::Curls,
            has_glasses: true,
        },
    },
    Known {
        letter: 'p',
        username: "paul",
        display_name: "Paul",
        face: Face {
            behind: 0xd6_d2_c4,
            skin: 0xee_c9_b0,
            hair: 0x74_6a_62,
            shirt: 0x4a_55_60,
            cut: Cut::Short,
            has_glasses: true,
        },
    },
    Known {
        letter: 'a',
        username: "amelie",
        display_name: "Amélie",
        face: Face {
            behind: 0xa7_d5_d0,
            skin: 0xf1_cd_b2,
            hair: 0x3a_24_1e,
            shirt: 0xf0_e0_c0,
            cut: Cut::Long,
            has_glasses: true,
        },
    },
];

macro_rules! scripts {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("month/", $name)))),*]
    };
}

const SCRIPTS: [(&str, &str); 21] = scripts![
    "number-12.txt",
    "larder.txt",
    "lisbon.txt",
    "football.txt",
    "birthday.txt",
    "kitchen.txt",
    "garden.txt",
    "films.txt",
    "sea.txt",
    "monsieur.txt",
    "john-jane.txt",
    "john-paul.txt",
    "john-mia.txt",
    "john-lena.txt",
    "john-tomas.txt",
    "john-grace.txt",
    "john-amelie.txt",
    "jane-mia.txt",
    "jane-grace.txt",
    "jane-amelie.txt",
    "lena-paul.txt",
];

/// How long before now the accounts were created.
const SINCE: i64 = 400 * 24 * 60 * 60 * 1_000;

pub(super) fn usernames() -> Vec<&'static str> {
    PEOPLE.iter().map(|known| known.username).collect()
}

/// # Errors
/// [`SeedError::Script`].
pub(super) fn story(now: Timestamp, random: &mut Random) -> Result<Story, SeedError> {
    let letters = PEOPLE.each_ref().map(|known| known.letter);
    let people = PEOPLE.iter().map(|known| Person {
        username: known.username.to_owned(),
        display_name: Some(known.display_name.to_owned()),
        picture: Some(known.face.draw(AVATAR).png()),
        is_admin: known.username == "john",
        created_at: Timestamp(now.0 - SINCE),
        disabled_at: None,
        is_deleted: false,
    });
    let people = people.collect();
    // Each script has its own chance, so it doesn’t matter which is read first: drawing takes as long as all the rest.
    let scripts = SCRIPTS.map(|script| (script, Random::new(random.next())));
    let conversations = thread::scope(|scope| {
        let reading = scripts.map(|((script, text), mut random)| {
            let letters = &letters;
            scope.spawn(move || {
                let mut reader = Reader {
                    letters,
                    now,
                    random: &mut random,
                };
                let read = reader.read(text);
                read.map_err(|error| SeedError::Script { script, error })
            })
        });
        let read = reading.into_iter().map(|reading| {
            reading
                .join()
                .unwrap_or_else(|panic| panic::resume_unwind(panic))
        });
        read.collect::<Result<_, _>>()
    })?;
    Ok(Story {
        people,
        conversations,
    })
}

#[cfg(test)]
mod tests {
    use super::{PEOPLE, story};
    use crate::{
        lab::seed::{
            random::Random,
            story::{Message, Said},
        },
        model::Timestamp,
    };

    const DAY: i64 = 24 * 60 * 60 * 1_000;

    #[test]
    #[expect(clippy::expect_used, reason = "a script with a mistake names its line")]
    fn the_scripts_tell_a_month_that_ends_now() {
        // Just before and just after midnight, and at noon, whatever chance says.
        for (now, rng) in [(0, 1), (1, 2), (DAY - 1, 3), (DAY / 2, 4), (DAY / 2 - 1, 5)] {
            let now = Timestamp(1_800_000_000_000 / DAY * DAY + now);
            let story = story(now, &mut Random::new(rng)).expect("scripts without a mistake");
            assert_eq!(story.people.len(), 8);
            assert_eq!(PEOPLE[0].username, "john");
            let messages: Vec<&Message> = story
                .conversations
                .iter()
                .flat_map(|each| &each.messages)
                .collect();
            let count = |is_one: &dyn Fn(&Message) -> bool| {
                messages.iter().filter(|message| is_one(message)).count()
            };
            assert!(messages.len() >= 1_900, "{} messages", messages.len());
            for (what, least, found) in [
                ("edited", 10, count(&|message| message.edited_at.is_some())),
                ("deleted", 4, count(&|message| message.deleted_at.is_some())),
                (
                    "with reactions",
                    300,
                    count(&|message| !message.reactions.is_empty()),
                ),
                ("answers", 25, count(&|message| message.answers.is_some())),
                (
                    "with files",
                    45,
                    count(&|message| !message.files.is_empty()),
                ),
                (
                    "recordings",
                    2,
                    count(&|message| message.files.iter().any(|file| file.waveform.is_some())),
                ),
                ("pinned", 5, count(&|message| message.is_pinned)),
                ("saved", 4, count(&|message| !message.saved_by.is_empty())),
                (
                    "system lines",
                    20,
                    count(&|message| matches!(message.said, Said::System { .. })),
                ),
                (
                    "code",
                    8,
                    count(
                        &|message| matches!(&message.said, Said::By(_, text) if text.contains("```")),
                    ),
                ),
            ] {
                assert!(found >= least, "{found} {what}");
            }
            let times = || messages.iter().map(|message| message.at.0);
            let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
            assert!(
                last <= now.0 && last > now.0 - DAY / 24,
                "ends {} ms ago",
                now.0 - last
            );
            assert!((29 * DAY..32 * DAY).contains(&(now.0 - first)));
            for conversation in &story.conversations {
                assert!(conversation.messages.is_sorted_by_key(|message| message.at));
            }
            assert!(
                story
                    .conversations
                    .iter()
                    .any(|each| !each.unread.is_empty())
            );
            assert!(
                story
                    .conversations
                    .iter()
                    .any(|each| !each.drafts.is_empty())
            );
        }
    }
}
