//! How soon the UI begins to come: the first byte of the page and of its script, for a browser that
//! has a connection and for one that makes it.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{
    client::{Connection, Request},
    database,
    load::Latencies,
    process::Process,
    report::{Figure, Goal, Section},
    run::Run,
};

/// Requests of one measurement, one after the other.
const REQUESTS: usize = 1_000;
/// Of them before anything counts.
const WARM_UP: usize = 50;
const FILES: [(&str, &str); 2] = [("page", "/"), ("script", "/service-worker.js")];
/// As browsers ask for it.
const CODINGS: &str = "Accept-Encoding: gzip, deflate, br\r\n";

/// Whether each request has a connection of its own.
#[derive(Clone, Copy)]
enum Connections {
    Kept,
    Fresh,
}

#[derive(Default)]
struct Rounds {
    p50: Vec<f64>,
    p99: Vec<f64>,
}

/// # Errors
/// Where anything doesn't answer as it should.
pub async fn measure(run: &Run) -> Result<Section> {
    let database = run.folder.join("ui.db");
    database::create(&database).await?;
    let server = Process::tincan(&database)?;
    let mut section = Section::new("First byte of the UI");
    for (name, path) in FILES {
        let own = Request::get(server.address, path, "", CODINGS);
        let length = {
            let mut connection = Connection::open(server.address).await?;
            connection.exchange(own.bytes()).await?.body.len()
        };
        let tree = run.folder.join(format!("ui-{name}.db"));
        let tree = Process::tree(&tree, length, 0)?;
        let path = "/api/conversations/1/messages";
        let empty = Request::get(tree.address, path, "", CODINGS);

        for (kind, connections) in [("kept", Connections::Kept), ("fresh", Connections::Fresh)] {
            let [mut rounds, mut bare]: [Rounds; 2] = Default::default();
            for round in 0..run.rounds {
                run.say(format!("{name}, {kind} connection, round {}", round + 1));
                rounds.push(&first_bytes(&server, &own, connections).await?);
                bare.push(&first_bytes(&tree, &empty, connections).await?);
            }
            let what = |what: &str| format!("{name}, {what}, {kind} connection");
            for (name, own, bare) in [
                (what("p50"), rounds.p50, bare.p50),
                (what("p99"), rounds.p99, bare.p99),
            ] {
                let figure = Figure::new(name, "ms", own)?.goal(Goal::AtMost(1.0));
                section.add(figure.beside("empty GET", &bare));
            }
        }
    }
    section.note(
        "From before the request is written, or the connection begun, until the first byte of the answer has come; one \
         request at a time. empty GET: the same to the same accept loop and routes, answered at once with as many bytes.",
    );
    Ok(section)
}

impl Rounds {
    fn push(&mut self, latencies: &Latencies) {
        self.p50.push(latencies.percentile(50));
        self.p99.push(latencies.percentile(99));
    }
}

/// How long each first byte took.
async fn first_bytes(
    process: &Process,
    request: &Request,
    connections: Connections,
) -> Result<Latencies> {
    let mut kept = None;
    let mut times: Vec<Duration> = Vec::with_capacity(WARM_UP + REQUESTS);
    for _ in 0..WARM_UP + REQUESTS {
        let start = Instant::now();
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => Connection::open(process.address).await?,
        };
        times.push(connection.first_byte(request.bytes(), 200, start).await?);
        if let Connections::Kept = connections {
            kept = Some(connection);
        }
    }
    Ok(Latencies::new(times.split_off(WARM_UP)))
}
