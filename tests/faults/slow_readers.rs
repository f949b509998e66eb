//! Hundreds of people on slow connections who open the same large file.

use std::{net::SocketAddr, time::Duration};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    sync::watch,
    time::{sleep, timeout},
};

use crate::support::{Binary, at_once, bytes, messages};

const READERS: usize = 200;
/// Bytes of the file.
const SIZE: usize = 24 * 1024 * 1024;
/// What the server reads of a file at once, in kB.
const PIECE: u64 = 64;
/// What a connection and its request cost beside, in kB: an idle stream costs less.
const CONNECTION: u64 = 24;
/// How many read it before, at the same time: more than the server reads for at a time.
const WARM: usize = 32;
/// How many read the file to its end.
const PATIENT: usize = 4;
/// Others don’t wait longer than this, all in all.
const LIMIT: Duration = Duration::from_mins(1);

/// Reads a little of a file every second until it is told to hurry. Then it reads on to the end if it is patient.
async fn read(
    address: SocketAddr,
    request: String,
    mut hurry: watch::Receiver<bool>,
    is_patient: bool,
) -> Vec<u8> {
    let socket = TcpSocket::new_v4().expect("a socket");
    // So that it is the server that has to wait, and not the system that keeps all of it.
    socket.set_recv_buffer_size(8 * 1024).expect("a size");
    let mut socket = socket.connect(address).await.expect("a connection");
    socket.write_all(request.as_bytes()).await.expect("written");
    let mut seen = Vec::new();
    let mut some = vec![0; 4096];
    while !*hurry.borrow() {
        let length = socket.read(&mut some).await.expect("it can be read");
        assert!(length > 0, "it ended after {} bytes", seen.len());
        seen.extend_from_slice(&some[..length]);
        let _ = timeout(Duration::from_secs(1), hurry.changed()).await;
    }
    if is_patient {
        socket.read_to_end(&mut seen).await.expect("all of it");
    }
    seen
}

/// How many requests for files have been answered.
async fn answered(binary: &Binary) -> usize {
    let metrics = binary.nobody().get("/metrics").await.expect(200);
    let mut lines = metrics.as_str().expect("a text").lines();
    let count = lines.find_map(|line| {
        let (name, count) = line.rsplit_once(' ')?;
        let is_count = name.contains("_count") && name.contains(r#""/api/files/{id}""#);
        is_count.then(|| count.parse().expect("a number"))
    });
    count.unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_slow_readers_of_a_large_file_need_little_memory_and_hold_up_nobody() {
    let folder = TempDir::new().expect("a folder");
    let binary = Binary::start_for_a_flood(&folder.path().join("tincan.db"));
    let john = binary.nobody().sign_in("john").await;
    let jane = binary.nobody().sign_in("jane").await;
    let conversation = john.talk_to("jane").await;
    let sent = bytes(1, SIZE);
    let id = john.upload("film", &sent).await;
    john.send_files(&conversation, &[&id]).await;
    let path = format!("/api/files/{id}");
    // What the database keeps in memory for as many as can read at a time is there before it is measured.
    let warm = at_once((0..WARM).map(|_| {
        let (jane, path) = (jane.clone(), path.clone());
        async move { jane.download(&path, &[]).await.bytes.len() }
    }));
    assert_eq!(warm.await, [SIZE; WARM]);

    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n",
        jane.token.as_deref().expect("a token")
    );
    let before = binary.kilobytes("VmRSS");
    let (hurry, is_hurried) = watch::channel(false);
    let readers: Vec<_> = (0..READERS)
        .map(|number| {
            let (request, is_hurried) = (request.clone(), is_hurried.clone());
            tokio::spawn(read(
                binary.address(),
                request,
                is_hurried,
                number < PATIENT,
            ))
        })
        .collect();
    let others = async {
        // Each of the requests has been answered, and what follows is waiting.
        while answered(&binary).await < READERS + WARM {
            sleep(Duration::from_millis(50)).await;
        }
        for number in 0..50 {
            john.say(&conversation, &number.to_string()).await;
            jane.get(&messages(&conversation)).await.expect(200);
        }
    };
    timeout(LIMIT, others).await.expect("nobody has to wait");
    let cost = binary.kilobytes("VmRSS").saturating_sub(before) / READERS as u64;
    // One piece that is being sent, and one that is read for what follows.
    let bound = 2 * PIECE + CONNECTION;
    println!("a slow reader costs {cost} kB");
    assert!(cost < bound, "a slow reader costs {cost} kB, not {bound}");

    hurry.send(true).expect("readers");
    for (number, reader) in readers.into_iter().enumerate() {
        let seen = reader.await.expect("no panic");
        if number < PATIENT {
            assert!(seen.ends_with(&sent), "another file");
        }
    }
}
