//! What a client asks for over its WebSocket: each line is a text frame. Each is answered by one `ack` or `error`, and what
//! the client reads is RFC 6455 and JSON to the end.

#![no_main]

use futures_util::SinkExt;
use libfuzzer_sys::fuzz_target;
use tincan_fuzz::{socket, world::with_world};
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

fuzz_target!(|text: &str| {
    with_world(|world| {
        let text = world.filled(text);
        let frames: Vec<_> = text.lines().collect();
        let heard = socket::open(world, async |stream| {
            let mut stream = socket::client(stream).await;
            // They all fit into the pipe.
            for frame in &frames {
                stream.feed(Message::text(*frame)).await.expect("a frame");
            }
            stream.close(None::<CloseFrame>).await.expect("a close");
            socket::hear(stream).await
        });
        let answers = heard
            .iter()
            .filter(|event| event["event"] == "ack" || event["event"] == "error");
        assert_eq!(answers.count(), frames.len(), "{frames:?}: {heard:?}");
    });
});
