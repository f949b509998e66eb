//! The least that can bring a message from a sender to its receivers: it takes requests of known
//! length off their sockets, makes those that wait durable with one commit (where they are to be
//! kept), writes an event to each receiver and an answer to each sender. Threads that block, no HTTP
//! beyond what the client wants to see.

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
    process::announce,
    sqlite::{Bare, Row},
    trip::{CONTENT, NUMBER},
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
pub fn run(database: Option<&Path>, request: usize, event: usize) -> Result<()> {
    let bare = database.map(Bare::open).transpose()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let (messages, queue) = channel();
    announce(listener.local_addr()?)?;
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

fn relay(mut bare: Option<Bare>, queue: &Receiver<Message>, event: usize) -> Result<()> {
    let mut receivers: Vec<TcpStream> = Vec::new();
    let mut batch = Vec::new();
    while let Ok(message) = queue.recv() {
        for message in std::iter::once(message).chain(queue.try_iter()) {
            match message {
                Message::Follow(mut stream) => {
                    // Only now: whoever is greeted may count on having whatever comes.
                    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nevent:hello\ndata:{}\n\n")?;
                    receivers.push(stream);
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
        if let Some(bare) = &mut bare {
            bare.commit(&rows)?;
        }
        for (number, sender) in batch.drain(..) {
            let text = format!("data:{CONTENT}{number}");
            let text = format!("{text:<event$}\n\n");
            // One that has gone is followed by another.
            receivers.retain_mut(|receiver| receiver.write_all(text.as_bytes()).is_ok());
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
