//! The bytes between a client of a lab and the server, where they can be delayed, held and cut. What the server takes for its
//! connection is one end of a pipe, and the task at the other end has the socket.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    io::{
        AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, copy, duplex, sink, split,
    },
    net::TcpStream,
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::kind::How;

/// How many bytes fit into the pipe, and how many are passed on at a time.
const PIPE: usize = 64 * 1024;
const PIECE: usize = 16 * 1024;
/// How long a client may take to close after the server has, so that nothing that it still sends resets the connection.
const CLOSE_TIME: Duration = Duration::from_secs(2);

/// How what the server writes reaches the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Free,
    /// A few bytes at a time.
    Dripping {
        bytes: usize,
        every: Duration,
    },
    /// Together with whatever else has come by the end of this time.
    Held(Duration),
    /// Never.
    Stalled,
}

/// The controls of one connection.
pub struct Wire {
    flow: watch::Sender<Flow>,
    cut: watch::Sender<Option<How>>,
    /// How many bytes the client was sent.
    sent: watch::Sender<u64>,
    /// Whether any fault has happened to its bytes, or is going to.
    touched: AtomicBool,
    retired: CancellationToken,
    gone: CancellationToken,
    tasks: TaskTracker,
}

impl Wire {
    /// `retired` is cancelled when the connection is to take no further request.
    #[must_use]
    pub fn new(retired: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            flow: watch::Sender::new(Flow::Free),
            cut: watch::Sender::new(None),
            sent: watch::Sender::new(0),
            touched: AtomicBool::new(false),
            retired,
            gone: CancellationToken::new(),
            tasks: TaskTracker::new(),
        })
    }

    /// Takes the socket. The server uses what is given back instead.
    #[must_use]
    pub fn attach(self: &Arc<Self>, socket: TcpStream) -> DuplexStream {
        let (near, far) = duplex(PIPE);
        let wire = Arc::clone(self);
        self.tasks.spawn(async move {
            let _gone = wire.gone.clone().drop_guard();
            if let Err(error) = wire.carry(socket, far).await {
                tracing::debug!(%error, "a connection of the lab ended early");
            }
        });
        near
    }

    /// Waits until the client has got everything that it is to get.
    pub async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Waits until the client has been told that the connection ends.
    pub async fn gone(&self) {
        self.gone.cancelled().await;
    }

    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.gone.is_cancelled()
    }

    /// Whether its bytes pass as those of any other server, now and from now on.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        !self.touched.load(Ordering::Relaxed)
    }

    fn touch(&self) {
        self.touched.store(true, Ordering::Relaxed);
    }

    /// Ends the connection once the request that it has is answered, or now if it has none.
    pub fn retire(&self) {
        self.retired.cancel();
    }

    /// Cancelled when it is to take no further request.
    #[must_use]
    pub fn retired(&self) -> &CancellationToken {
        &self.retired
    }

    pub fn drip(&self, bytes: usize, every: Duration) {
        self.touch();
        self.flow.send_replace(Flow::Dripping { bytes, every });
    }

    pub fn hold(&self, burst: Duration) {
        self.touch();
        self.flow.send_replace(Flow::Held(burst));
    }

    pub fn stall(&self) {
        self.touch();
        self.flow.send_replace(Flow::Stalled);
    }

    pub fn cut(&self, how: How) {
        self.touch();
        self.cut.send_replace(Some(how));
        self.gone.cancel();
    }

    /// Lets everything pass again. A stalled connection has lost bytes, so it is cut.
    pub fn release(&self) {
        if self.flow.send_replace(Flow::Free) == Flow::Stalled {
            self.cut(How::Fin);
        }
    }

    /// Does `what` after a time, unless the connection has ended by then.
    pub fn later(
        self: &Arc<Self>,
        due: impl Future<Output = ()> + Send + 'static,
        what: impl FnOnce(&Self) + Send + 'static,
    ) {
        self.touch();
        let wire = Arc::clone(self);
        self.tasks.spawn(async move {
            if wire.gone.run_until_cancelled(due).await.is_some() {
                what(&wire);
            }
        });
    }

    /// How many bytes the client was sent so far.
    #[must_use]
    pub fn sent(&self) -> u64 {
        *self.sent.borrow()
    }

    /// Waits until the client was sent more than that, or the connection has ended.
    pub async fn sent_more_than(&self, before: u64) {
        let mut sent = self.sent.subscribe();
        let more = sent.wait_for(|sent| *sent > before);
        // It can’t fail while this has the sender.
        let _ = self.gone.run_until_cancelled(more).await;
    }

    async fn carry(&self, mut socket: TcpStream, far: DuplexStream) -> io::Result<()> {
        let mut cut = self.cut.subscribe();
        let how = {
            let (mut from_client, mut to_client) = socket.split();
            let (mut from_server, mut to_server) = split(far);
            let up = async {
                let copied = copy(&mut from_client, &mut to_server).await;
                // The server finds the end, even if it is a broken one.
                to_server.shutdown().await.and(copied)
            };
            let down = self.pass(&mut from_server, &mut to_client);
            let both = async {
                tokio::pin!(up, down);
                tokio::select! {
                    passed = &mut down => {
                        passed?;
                        self.gone.cancel();
                        let _ = timeout(CLOSE_TIME, up).await;
                        Ok(())
                    }
                    gone = &mut up => {
                        gone?;
                        down.await
                    }
                }
            };
            tokio::select! {
                biased;
                how = cut.wait_for(Option::is_some) => how.ok().and_then(|how| *how),
                done = both => return done,
            }
        };
        if how == Some(How::Rst) {
            // Closing then resets the connection (socket(7), SO_LINGER).
            SockRef::from(&socket).set_linger(Some(Duration::ZERO))?;
            return Ok(());
        }
        socket.shutdown().await?;
        let _ = timeout(CLOSE_TIME, copy(&mut socket, &mut sink())).await;
        Ok(())
    }

    /// Passes on what the server writes, until it closes.
    async fn pass(
        &self,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        let mut flow = self.flow.subscribe();
        let mut piece = vec![0; PIECE];
        let (mut held, mut burst) = (Vec::new(), Instant::now());
        loop {
            tokio::select! {
                biased;
                changed = flow.changed() => {
                    if changed.is_ok() {
                        burst = Instant::now();
                    }
                }
                () = sleep_until(burst), if !held.is_empty() => {
                    self.write(to, &held).await?;
                    held.clear();
                }
                read = from.read(&mut piece) => {
                    let read = read?;
                    let piece = piece.get(..read).unwrap_or_default();
                    let now = *flow.borrow();
                    match now {
                        Flow::Stalled if piece.is_empty() => {
                            // Not even the end of it.
                            let _ = flow.wait_for(|flow| *flow != Flow::Stalled).await;
                        }
                        Flow::Stalled => {}
                        Flow::Held(_) if piece.is_empty() && !held.is_empty() => {
                            sleep_until(burst).await;
                        }
                        Flow::Held(every) => {
                            if held.is_empty() {
                                burst = Instant::now() + every;
                            }
                            held.extend_from_slice(piece);
                        }
                        Flow::Dripping { bytes, every } => {
                            for drop in piece.chunks(bytes) {
                                self.write(to, drop).await?;
                                sleep(every).await;
                            }
                        }
                        Flow::Free => self.write(to, piece).await?,
                    }
                    if read == 0 {
                        self.write(to, &held).await?;
                        return to.shutdown().await;
                    }
                }
            }
        }
    }

    async fn write(&self, to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
        to.write_all(bytes).await?;
        self.sent.send_modify(|sent| *sent += bytes.len() as u64);
        Ok(())
    }
}
