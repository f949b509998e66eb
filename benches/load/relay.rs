//! The least that can bring a message from a sender to a receiver and keep it: it takes requests of
//! known length off their sockets, makes those that wait durable with one commit, writes an event
//! to the receiver and an answer to each sender. Threads that block, no HTTP beyond what the client
//! wants to see.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use anyhow::{Context, Result};

use crate::{
    ceiling,
    delivery::{CONTENT, NUMBER},
    sqlite::{Bare, Row},
};

enum Message {
    /// Somebody wants to have the events.
    Follow(TcpStream),
    /// A request, and where it is answered.
    Send(Vec<u8>, Arc<TcpStream>),
}

/// Relays until it is killed.
///
/// # Errors
/// Where the database, the socket or the receiver fails.
pub fn run(database: &Path, request: usize, event: usize) -> Result<()> {
    let bare = Bare::open(database)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let (messages, queue) = channel();
    ceiling::ready(listener.local_addr()?)?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let messages = messages.clone();
            // A connection that breaks is the client's to notice.
            thread::spawn(move || drop(read(stream, request, &messages)));
        }
    });
    relay(bare, &queue, event)
}

/// Reads what one connection asks for.
fn read(stream: TcpStream, request: usize, messages: &Sender<Message>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut first = [0];
    stream.peek(&mut first)?;
    if first == *b"G" {
        messages.send(Message::Follow(stream))?;
        return Ok(());
    }
    let stream = Arc::new(stream);
    loop {
        let mut bytes = vec![0; request];
        (&*stream).read_exact(&mut bytes)?;
        messages.send(Message::Send(bytes, Arc::clone(&stream)))?;
    }
}

fn relay(mut bare: Bare, queue: &Receiver<Message>, event: usize) -> Result<()> {
    let mut receiver = None;
    let mut batch = Vec::new();
    while let Ok(message) = queue.recv() {
        for message in std::iter::once(message).chain(queue.try_iter()) {
            match message {
                Message::Follow(mut stream) => {
                    // Only now: whoever is greeted may count on having whatever comes.
                    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nevent:hello\ndata:{}\n\n")?;
                    receiver = Some(stream);
                }
                Message::Send(bytes, sender) => batch.push((number(&bytes)?, sender)),
            }
        }
        let rows: Vec<_> = batch
            .iter()
            .map(|(number, _)| Row {
                conversation: 1,
                author: 1,
                client_id: number,
                content: number,
            })
            .collect();
        if rows.is_empty() {
            continue;
        }
        bare.commit(&rows)?;
        for (number, sender) in batch.drain(..) {
            if let Some(receiver) = &mut receiver {
                let text = format!("data:{CONTENT}{number}");
                // A receiver that has gone is followed by another.
                let _ = receiver.write_all(format!("{text:<event$}\n\n").as_bytes());
            }
            (&*sender).write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}")?;
        }
    }
    Ok(())
}

/// The number of a message, as the request says it.
fn number(request: &[u8]) -> Result<String> {
    let request = std::str::from_utf8(request)?;
    let (_, rest) = request
        .split_once(CONTENT)
        .context("a request without content")?;
    Ok(rest
        .get(..NUMBER)
        .context("a request without a number")?
        .to_owned())
}
