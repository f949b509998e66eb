//! Random schedules of what people, their streams and the server can do, and what must be true of
//! every one: each request is answered as the contract says; each stream saw, over its life and over
//! whichever transports, exactly what the database says that its user may see; and what a client
//! has that loaded everything once and then only heard events is what the server would tell it now.

mod follower;
mod look;
mod messages;
mod rooms;
mod stays;
mod world;

use proptest::{array::uniform4, collection::vec, option, prelude::*};
use tincan::bus::Capacity;
use tincan_testing::{
    connection::{self, Transport},
    inbox, schedules,
};
use tokio::runtime::Runtime;

use self::world::World;

const PEOPLE: [&str; 4] = ["john", "jane", "alice", "bob"];
/// Each person's sessions.
const DEVICES: usize = 2;
/// What people react with; one of them is more than one character.
const EMOJI: [&str; 2] = ["👍", "❤️"];
/// Schedules that are tried, where `PROPTEST_CASES` doesn't say otherwise.
const CASES: u32 = 48;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Device {
    person: usize,
    session: usize,
}

/// What happens next. Conversations, messages and streams are named by their order, modulo how many
/// there are: rooms come before direct conversations, and messages begin with the newest.
#[derive(Clone, Debug)]
enum Step {
    Start {
        by: Device,
        with: usize,
    },
    Create {
        by: Device,
        with: [bool; 4],
        open: bool,
    },
    /// Something is done in a room, by its owner where nobody is named.
    InRoom {
        by: Option<Device>,
        room: usize,
        what: InRoom,
    },
    Send {
        by: Device,
        to: usize,
        client_id: Option<u8>,
        content: u8,
        /// How many are attached.
        files: usize,
    },
    /// Messages at the same time: they share commits, and are too many for a narrow channel.
    Burst {
        by: Device,
        to: usize,
        count: usize,
    },
    Read {
        by: Device,
        of: usize,
        up_to: Option<i64>,
    },
    Pin {
        by: Device,
        of: usize,
        pinned: bool,
    },
    /// Something is done with a message, where nobody is named by who has most to do with it.
    ToMessage {
        by: Option<Device>,
        message: usize,
        what: ToMessage,
    },
    Show {
        by: Device,
        shows: bool,
    },
    Look {
        by: Device,
        at: usize,
    },
    Follow {
        by: Device,
        transport: Transport,
    },
    Leave {
        stream: usize,
    },
    /// Goes on from where it was, over this transport.
    Return {
        stream: usize,
        transport: Transport,
    },
    Take {
        stream: usize,
        count: usize,
    },
    SignOut {
        device: Device,
    },
    Restart,
}

#[derive(Clone, Copy, Debug)]
enum InRoom {
    Join,
    Leave,
    /// The one behind the last person is nobody.
    Add(usize),
    Remove(usize),
    Alter {
        name: Option<u8>,
        open: Option<bool>,
        owner: Option<usize>,
    },
    /// One of some pictures, or none.
    Picture(Option<u8>),
}

#[derive(Clone, Copy, Debug)]
enum ToMessage {
    Edit(u8),
    Delete,
    React(usize),
    Unreact(usize),
}

fn person() -> impl Strategy<Value = usize> {
    0..PEOPLE.len()
}

fn device() -> impl Strategy<Value = Device> {
    (person(), 0..DEVICES).prop_map(|(person, session)| Device { person, session })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Somebody and somebody else.
    let pair = move || {
        (device(), 1..PEOPLE.len()).prop_map(|(by, step)| (by, (by.person + step) % PEOPLE.len()))
    };
    let conversation = || 0..5_usize;
    let stream = || 0..8_usize;
    let transport = || {
        prop_oneof![
            2 => Just(Transport::Events),
            2 => Just(Transport::Socket),
            1 => Just(Transport::Poll),
        ]
    };
    let in_room = prop_oneof![
        4 => Just(InRoom::Join),
        5 => Just(InRoom::Leave),
        6 => (0..=PEOPLE.len()).prop_map(InRoom::Add),
        3 => person().prop_map(InRoom::Remove),
        6 => (option::of(0..2_u8), option::of(any::<bool>()), option::of(person()))
            .prop_map(|(name, open, owner)| InRoom::Alter { name, open, owner }),
        3 => option::of(1..3_u8).prop_map(InRoom::Picture),
    ];
    let files = prop_oneof![3 => Just(0), 2 => Just(1), 1 => Just(2)];
    let emoji = || 0..EMOJI.len();
    let to_message = prop_oneof![
        2 => (0..2_u8).prop_map(ToMessage::Edit),
        1 => Just(ToMessage::Delete),
        4 => emoji().prop_map(ToMessage::React),
        4 => emoji().prop_map(ToMessage::Unreact),
    ];
    let step = prop_oneof![
        1 => pair().prop_map(|(by, with)| Step::Start { by, with }),
        1 => (device(), uniform4(any::<bool>()), any::<bool>())
            .prop_map(|(by, with, open)| Step::Create { by, with, open }),
        14 => (option::of(device()), conversation(), in_room)
            .prop_map(|(by, room, what)| Step::InRoom { by, room, what }),
        // Few client ids and contents, so that they repeat.
        8 => (device(), conversation(), option::of(0..3_u8), 0..2_u8, files)
            .prop_map(|(by, to, client_id, content, files)| Step::Send { by, to, client_id, content, files }),
        2 => (device(), conversation(), 3..12_usize)
            .prop_map(|(by, to, count)| Step::Burst { by, to, count }),
        6 => (device(), conversation(), option::of(0..20_i64))
            .prop_map(|(by, of, up_to)| Step::Read { by, of, up_to }),
        4 => (device(), conversation(), any::<bool>())
            .prop_map(|(by, of, pinned)| Step::Pin { by, of, pinned }),
        18 => (option::of(device()), 0..8_usize, to_message)
            .prop_map(|(by, message, what)| Step::ToMessage { by, message, what }),
        1 => (device(), any::<bool>()).prop_map(|(by, shows)| Step::Show { by, shows }),
        2 => (device(), conversation()).prop_map(|(by, at)| Step::Look { by, at }),
        5 => (device(), transport()).prop_map(|(by, transport)| Step::Follow { by, transport }),
        2 => stream().prop_map(|stream| Step::Leave { stream }),
        4 => (stream(), transport()).prop_map(|(stream, transport)| Step::Return { stream, transport }),
        6 => (stream(), 1..10_usize).prop_map(|(stream, count)| Step::Take { stream, count }),
        1 => device().prop_map(|device| Step::SignOut { device }),
        1 => Just(Step::Restart),
    ];
    vec(step, 1..140)
}

proptest! {
    #![proptest_config(schedules(CASES))]

    #[test]
    fn every_stream_sees_what_the_database_says(
        channel in prop_oneof![Just(2), Just(32)],
        // Whoever lags reads the database, or first what fits in here: some messages, or all of them.
        recent in prop_oneof![Just(0), Just(16 * 1024), Just(1024 * 1024)],
        is_crowded in prop::bool::weighted(0.3),
        steps in steps(),
        stir in option::of((device(), person())),
    ) {
        Runtime::new().expect("a runtime").block_on(async {
            let mut world = World::start(Capacity { channel, recent }, is_crowded).await;
            for step in &steps {
                world.take_step(step).await;
            }
            if let Some((reader, owner)) = stir {
                world.stir(reader, owner).await;
            }
            world.check().await;
        });
    }
}
