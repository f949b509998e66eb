//! A network between some of the clients and the server, whose connections break.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::broadcast,
    task::spawn_local,
};

pub struct Relay {
    pub address: SocketAddr,
    cuts: broadcast::Sender<()>,
}

impl Relay {
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (cuts, _) = broadcast::channel(1);
        let breaks = cuts.clone();
        spawn_local(async move {
            while let Ok((client, _)) = listener.accept().await {
                spawn_local(pass_on(client, server, breaks.subscribe()));
            }
        });
        Self { address, cuts }
    }

    /// Breaks every connection, in the middle of whatever it carries.
    pub fn cut(&self) {
        // An error means that there is none.
        let _ = self.cuts.send(());
    }
}

async fn pass_on(mut client: TcpStream, server: SocketAddr, mut cut: broadcast::Receiver<()>) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = cut.recv() => {}
    }
}
