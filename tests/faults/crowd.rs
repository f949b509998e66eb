//! Ten thousand people who only listen.

use std::{net::SocketAddr, process};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Binary, at_once, skip, soon};

const STREAMS: usize = 10_000;
/// At the same time; more would only wait in the system's queue.
const AT_ONCE: usize = 100;
/// Files that this process needs beside.
const OTHER_FILES: u64 = 500;
/// What an idle stream may cost the server, in kB.
const COST: u64 = 24;

/// Lets this process have as many files as there will be streams, and says whether it may.
fn make_room() -> bool {
    let wanted = STREAMS as u64 + OTHER_FILES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return true;
    }
    let limit = Rlimit {
        current: Some(wanted),
        maximum,
    };
    let is_allowed = setrlimit(Resource::Nofile, limit).is_ok();
    if !is_allowed {
        skip(&format!(
            "process {} may not open {wanted} files",
            process::id()
        ));
    }
    is_allowed
}

/// A stream as nothing but its socket.
struct Idle(TcpStream);

impl Idle {
    async fn open(address: SocketAddr, token: &str) -> Self {
        let mut socket = TcpStream::connect(address).await.expect("a connection");
        let request = format!(
            "GET /api/messages HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.expect("written");
        let mut stream = Self(socket);
        stream.until("event:hello").await;
        stream
    }

    /// Reads on until this has come.
    async fn until(&mut self, what: &str) {
        let mut seen = Vec::new();
        let reading = async {
            while !String::from_utf8_lossy(&seen).contains(what) {
                let length = self.0.read_buf(&mut seen).await.expect("it can be read");
                assert!(
                    length > 0,
                    "it ended after {:?}",
                    String::from_utf8_lossy(&seen)
                );
            }
        };
        soon(what, reading).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_idle_streams_cost_little_and_hold_up_nobody() {
    if !make_room() {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let binary = Binary::start_for_a_flood(&folder.path().join("tincan.db"));
    let john = binary.nobody().sign_in("john").await;
    let jane = binary.nobody().sign_in("jane").await;
    let alice = binary.nobody().sign_up("alice").await;
    let with_alice = john.talk_to("alice").await;
    let with_jane = john.talk_to("jane").await;
    let mut stream = alice.follow(None).await;
    let address = binary.address();
    let token = jane.token.clone().expect("a token");
    let open = async |count: usize| {
        let opened = at_once((0..AT_ONCE).map(|_| {
            let token = token.clone();
            async move {
                let mut streams = Vec::new();
                while streams.len() < count / AT_ONCE {
                    streams.push(Idle::open(address, &token).await);
                }
                streams
            }
        }));
        opened.await.into_iter().flatten().collect::<Vec<_>>()
    };
    let before = binary.kilobytes("VmRSS");
    let mut idle = open(STREAMS).await;
    assert_eq!(idle.len(), STREAMS);
    let cost = (binary.kilobytes("VmRSS") - before) / STREAMS as u64;
    assert!(cost < COST, "an idle stream costs {cost} kB");

    for number in 0..20 {
        let said = john.say(&with_alice, &number.to_string()).await;
        let event = stream.next().await.expect("a message");
        assert_eq!(event.data["id"], said["id"]);
    }
    john.say(&with_jane, "Is anybody there?").await;
    for stream in &mut idle {
        stream.until("Is anybody there?").await;
    }
    // Those that leave cost nothing any more, and make room for as many.
    drop(idle);
    let idle = open(STREAMS).await;
    assert_eq!(idle.len(), STREAMS);
    let cost = (binary.kilobytes("VmRSS") - before) / STREAMS as u64;
    assert!(cost < COST, "after coming back a stream costs {cost} kB");
}
