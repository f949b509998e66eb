//! What a client sends once its WebSocket is open: any bytes, and then the end of the connection. The server hears them out,
//! speaks RFC 6455 and JSON as long as it speaks, and ends.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tincan_fuzz::{socket, world::with_world};
use tokio::io::AsyncWriteExt;

fuzz_target!(|bytes: &[u8]| {
    with_world(|world| {
        socket::open(world, async |mut stream| {
            // The server may have had enough before the end.
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
            socket::hear(socket::client(stream).await).await
        });
    });
});
