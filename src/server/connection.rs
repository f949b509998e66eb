//! One connection: its time-outs, its TLS handshake, and the requests in it.
//!
//! hyper’s HTTP/1 connection is driven here directly, because `warp::serve` has no time-out for headers, and when
//! it stops it waits for open streams for ever.

use std::{
    convert::Infallible,
    future::{Future, pending, poll_fn},
    io,
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream},
    net::TcpStream,
    time::timeout,
};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{either::Either, io::InspectWriter, sync::CancellationToken, task::TaskTracker};
use warp::reply::Response;

use super::stream;
use crate::{
    http::Answer, lab::faults::Wire, listening::Socket, metrics::Metrics, places::Place,
    tls::ACME_TLS,
};

/// How long a TLS handshake may take, and then a request’s head, counted from the end of the previous response or from the
/// head’s first byte.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a write may wait for a client that doesn’t read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long sent data may stay unacknowledged (`TCP_USER_TIMEOUT`, tcp(7)). With a heartbeat every 15 s, a dead
/// connection is closed within a minute.
#[cfg(target_os = "linux")]
const ACKNOWLEDGE_TIMEOUT: Duration = Duration::from_secs(40);
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(30))
    .with_interval(Duration::from_secs(10))
    .with_retries(3);
/// The most bytes of a request’s head, and of a response that hyper buffers for a slow reader, and TLS once more.
const BUFFER_BYTES: usize = 16 * 1024;
/// The first byte of a TLS handshake (RFC 8446 §5.1). No request of HTTP begins with it.
const HANDSHAKE: u8 = 0x16;

/// What is spoken at a socket.
#[derive(Clone)]
pub enum Protocol {
    /// HTTP.
    Http(Arc<dyn Answer>),
    /// HTTP inside TLS, and what answers whoever speaks it without.
    Https {
        service: Arc<dyn Answer>,
        acceptor: TlsAcceptor,
        plaintext: Arc<dyn Answer>,
    },
}

impl Protocol {
    /// What answers requests.
    #[must_use]
    pub fn service(&self) -> &Arc<dyn Answer> {
        match self {
            Self::Http(service) | Self::Https { service, .. } => service,
        }
    }
}

/// An accepted connection.
pub struct Connection {
    pub peer: IpAddr,
    pub place: Arc<Place>,
    pub stopping: CancellationToken,
}

/// The bytes of a connection, with a time-out for writing, and counted. In a lab, they are those of its wire.
type Timed = Pin<Box<InspectWriter<TimeoutStream<Either<Socket, DuplexStream>>, Count>>>;
type Count = Box<dyn FnMut(&[u8]) + Send>;
/// The same, inside TLS where that is spoken.
type Secured = Either<Timed, Box<TlsStream<Timed>>>;

impl Connection {
    /// Serves the connection until it ends.
    pub async fn serve(self, stream: Socket, protocol: Protocol) {
        if let Either::Left(stream) = &stream
            && let Err(error) = configure(stream)
        {
            tracing::debug!(%error, "can’t configure a connection");
            return;
        }
        let metrics = protocol.service().metrics();
        let _counted = metrics.connection();
        let wire = protocol.service().wire();
        // Boxed, so that its memory goes before what may last for hours.
        let answered = Box::pin(self.answer(stream, protocol, metrics, wire.as_ref())).await;
        if let Some(answered) = answered {
            self.finish(answered).await;
        }
        let Some(wire) = wire else {
            return;
        };
        tokio::select! {
            () = wire.ended() => return,
            () = self.stopping.cancelled() => wire.release(),
        }
        wire.ended().await;
    }

    /// Answers what comes in the connection, of which a lab holds the wire.
    async fn answer(
        &self,
        stream: Socket,
        protocol: Protocol,
        metrics: Arc<Metrics>,
        wire: Option<&Arc<Wire>>,
    ) -> Option<Answered<Secured>> {
        let (service, acceptor, plaintext) = match protocol {
            Protocol::Http(service) => {
                let stream = timed(stream, metrics, wire);
                let answered = self.drive(stream, service, wire).await;
                return answered.map(|answered| answered.map(Either::Left));
            }
            Protocol::Https {
                service,
                acceptor,
                plaintext,
            } => (service, acceptor, plaintext),
        };
        let Either::Left(stream) = stream else {
            // A proxy on the same machine has no use for TLS, and nobody else connects to a file.
            return None;
        };
        let begun = Box::pin(begin(&acceptor, stream, &metrics, wire));
        let begun = tokio::select! {
            begun = timeout(HEADER_TIMEOUT, begun) => begun,
            // Somebody else needs its place.
            () = self.place.gone() => return None,
            () = self.stopping.cancelled() => return None,
        };
        match begun.unwrap_or_else(|elapsed| Err(elapsed.into())) {
            Ok(Some(Begun::Tls(stream))) => {
                let answered = self.drive(stream, service, wire).await;
                answered.map(|answered| answered.map(Either::Right))
            }
            Ok(Some(Begun::Plain(stream))) => {
                let answered = self.drive(stream, plaintext, wire).await;
                answered.map(|answered| answered.map(Either::Left))
            }
            Ok(None) => None,
            Err(error) => {
                metrics.handshakes_failed.inc();
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
        }
    }

    /// Answers the requests in `stream`, until it ends, or until an answer has no end. None if that is all.
    async fn drive<S>(
        &self,
        stream: S,
        service: Arc<dyn Answer>,
        wire: Option<&Arc<Wire>>,
    ) -> Option<Answered<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let afterwards = TaskTracker::new();
        // An answer without an end, once there is one.
        let endless = Mutex::new(None);
        let answer = service_fn(|mut request| {
            if let Some(wire) = wire {
                request.extensions_mut().insert(Arc::clone(wire));
            }
            let may_be_endless = stream::is_asked_for(&request);
            let response = service.answer(self.peer, &self.place, &afterwards, request);
            let endless = &endless;
            async move {
                let Ok(response) = response.await;
                if may_be_endless && stream::is_endless(&response) {
                    *endless.lock() = Some(response);
                    // It isn’t hyper that sends it.
                    return pending().await;
                }
                Ok::<_, Infallible>(response)
            }
        });
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(TokioIo::new(stream), answer)
            .with_upgrades();
        // hyper begins with a request when the answers before it are written.
        let leaving = || endless.lock().take();
        let retired = wire.map_or(&self.stopping, |wire| wire.retired());
        let answered = tokio::select! {
            answered = answer_until(&mut connection, leaving) => answered,
            // Somebody else needs its place.
            () = self.place.gone() => return None,
            () = retired.cancelled() => {
                Pin::new(&mut connection).graceful_shutdown();
                answer_until(&mut connection, leaving).await
            }
        };
        let response = answered.unwrap_or_else(|error| {
            tracing::debug!(%error, "a connection ended early");
            None
        });
        let endless = match response {
            // Only an upgrade takes them away, and this was none.
            Some(response) => Some((connection.into_parts()?.io.into_inner(), response)),
            None => None,
        };
        Some(Answered {
            endless,
            afterwards,
        })
    }

    /// Sends the answer without an end, if there is one, and waits for what goes on after the answers.
    async fn finish(&self, answered: Answered<Secured>) {
        let Answered {
            endless,
            afterwards,
        } = answered;
        if let Some((stream, response)) = endless {
            let sent = tokio::select! {
                sent = stream::send(stream, response) => sent,
                () = self.place.gone() => return,
            };
            if let Err(error) = sent {
                tracing::debug!(%error, "a connection ended early");
            }
        }
        // A connection that was upgraded, as to a WebSocket, still counts.
        afterwards.close();
        afterwards.wait().await;
    }
}

/// What is left of a connection once hyper is done with it.
struct Answered<S> {
    /// An answer without an end, and what it is sent over.
    endless: Option<(S, Response)>,
    /// What goes on after the answers.
    afterwards: TaskTracker,
}

impl<S> Answered<S> {
    fn map<T>(self, into: impl FnOnce(S) -> T) -> Answered<T> {
        let endless = self.endless;
        Answered {
            endless: endless.map(|(stream, response)| (into(stream), response)),
            afterwards: self.afterwards,
        }
    }
}

/// Answers requests until the connection ends, or until an answer is to leave it.
async fn answer_until<C>(
    connection: &mut C,
    leaving: impl Fn() -> Option<Response>,
) -> hyper::Result<Option<Response>>
where
    C: Future<Output = hyper::Result<()>> + Unpin,
{
    poll_fn(|context| match Pin::new(&mut *connection).poll(context) {
        Poll::Ready(ended) => Poll::Ready(ended.map(|()| None)),
        Poll::Pending => match leaving() {
            Some(response) => Poll::Ready(Ok(Some(response))),
            None => Poll::Pending,
        },
    })
    .await
}

/// Waits for the first byte, and for the handshake that it begins. None if that is all: somebody only looks
/// whether the port is open, or an authority looks at a certificate.
async fn begin(
    acceptor: &TlsAcceptor,
    stream: TcpStream,
    metrics: &Arc<Metrics>,
    wire: Option<&Arc<Wire>>,
) -> io::Result<Option<Begun>> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 {
        return Ok(None);
    }
    let stream = timed(Either::Left(stream), Arc::clone(metrics), wire);
    if first != [HANDSHAKE] {
        return Ok(Some(Begun::Plain(stream)));
    }
    let limited = |session: &mut rustls::ServerConnection| {
        session.set_buffer_limit(Some(BUFFER_BYTES));
    };
    let mut stream = acceptor.accept_with(stream, limited).await?;
    if stream.get_ref().1.alpn_protocol() == Some(ACME_TLS) {
        // An authority has seen what it wanted to see (RFC 8737 §3).
        stream.shutdown().await?;
        return Ok(None);
    }
    Ok(Some(Begun::Tls(Box::new(stream))))
}

/// How a connection at a socket for TLS has begun.
enum Begun {
    Tls(Box<TlsStream<Timed>>),
    Plain(Timed),
}

fn timed(stream: Socket, metrics: Arc<Metrics>, wire: Option<&Arc<Wire>>) -> Timed {
    let stream = match (stream, wire) {
        (Either::Left(stream), Some(wire)) => Either::Right(wire.attach(stream)),
        // A lab listens on a port.
        (stream, _) => Either::Left(stream),
    };
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    let count: Count = Box::new(move |written| {
        metrics.bytes_sent.inc_by(written.len() as u64);
    });
    Box::pin(InspectWriter::new(stream, count))
}

fn configure(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&KEEPALIVE)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(ACKNOWLEDGE_TIMEOUT))?;
    Ok(())
}
