//! What goes wrong, one thing after the other, until it is to be quiet.

use std::{rc::Rc, time::Duration};

use fastrand::Rng;
use tokio::{io::AsyncWriteExt, net::TcpStream, time::sleep};

use crate::{
    device::Quiet, house::House, line::pause, relay::Relay, support::Client, tally::Tally,
};

/// The longest between two faults.
const BETWEEN: Duration = Duration::from_millis(1_200);
/// For how long the server may be held.
const HELD: Duration = Duration::from_millis(1_500);
/// Connections that say nothing, or half of something.
const IDLE: usize = 60;
/// Streams that nobody reads.
const DEAF: usize = 6;

#[derive(Clone, Copy)]
enum Fault {
    Kill,
    Restart,
    Hold,
    Cut,
    Deaf,
    Idle,
    Backup,
}

const ALL: [Fault; 7] = [
    Fault::Kill,
    Fault::Restart,
    Fault::Hold,
    Fault::Cut,
    Fault::Deaf,
    Fault::Idle,
    Fault::Backup,
];

/// Connections that stay as they are until others take their place, or it is quiet.
#[derive(Default)]
struct Strangers {
    deaf: Vec<TcpStream>,
    idle: Vec<TcpStream>,
}

pub struct Faults {
    pub house: Rc<House>,
    pub relay: Rc<Relay>,
    /// Whose streams nobody reads.
    pub deaf: Client,
    pub rng: Rng,
    pub tally: Rc<Tally>,
}

impl Faults {
    /// Each kind once in a random order, and again, until it is quiet; those that end the server's life
    /// where they may.
    pub async fn happen(mut self, may_end: bool, quiet: Quiet) -> Self {
        let mut strangers = Strangers::default();
        let mut hand = Vec::new();
        while quiet.borrow().is_none() {
            if hand.is_empty() {
                hand = ALL.to_vec();
                hand.retain(|fault| may_end || !matches!(fault, Fault::Kill | Fault::Restart));
                self.rng.shuffle(&mut hand);
            }
            if let Some(fault) = hand.pop() {
                self.inflict(fault, &mut strangers).await;
            }
            pause(&mut self.rng, BETWEEN).await;
        }
        self
    }

    async fn inflict(&mut self, fault: Fault, strangers: &mut Strangers) {
        let name = match fault {
            Fault::Kill => {
                self.house.kill().await;
                "kill -9"
            }
            Fault::Restart => {
                self.house.restart().await;
                "SIGTERM"
            }
            Fault::Hold => {
                self.house.look(|binary| binary.signal("STOP"));
                // This is the fault, and nothing waits for it.
                sleep(HELD.mul_f64(self.rng.f64())).await;
                self.house.look(|binary| binary.signal("CONT"));
                "SIGSTOP"
            }
            Fault::Cut => {
                self.relay.cut();
                "cut"
            }
            Fault::Deaf => {
                let token = self.deaf.token.clone().unwrap_or_default();
                let request = format!(
                    "GET /api/messages HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\
                     Authorization: Bearer {token}\r\n\r\n"
                );
                strangers.deaf = self.open(DEAF, request.as_bytes()).await;
                "deaf readers"
            }
            Fault::Idle => {
                let half = &b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Le"[..];
                strangers.idle = self.open(IDLE / 2, b"").await;
                strangers.idle.extend(self.open(IDLE / 2, half).await);
                "idle connections"
            }
            Fault::Backup => {
                self.house.back_up().await;
                "backup in use"
            }
        };
        self.tally.fault(name);
    }

    /// So many connections that say this and nothing else.
    async fn open(&self, count: usize, what: &[u8]) -> Vec<TcpStream> {
        let mut open = Vec::new();
        for _ in 0..count {
            if let Ok(mut connection) = TcpStream::connect(self.house.address).await
                && connection.write_all(what).await.is_ok()
            {
                open.push(connection);
            }
        }
        open
    }
}
