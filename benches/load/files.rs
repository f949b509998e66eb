//! Files: how fast one is sent and read, and what sends cost meanwhile. Beside the same pieces in
//! SQLite without a server, and a plain file with one fsync.

use std::{
    fs::File,
    io::Write,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::{
    client::{Connection, Request},
    database,
    load::{self, Outcome},
    process::Process,
    report::{Figure, Goal, Section},
    run::Run,
    sends::Author,
    sqlite::Bare,
};

const MIB: usize = 1024 * 1024;
/// The most bytes that one request may add.
const PART: usize = MIB;
/// What the server makes durable at once.
const PIECE: usize = 256 * 1024;
const SENDERS: usize = 16;

/// Rounds of the server, bare SQLite and the plain file.
#[derive(Default)]
struct Rounds {
    uploads: [Vec<f64>; 3],
    downloads: [Vec<f64>; 2],
    /// Without an upload, and beside one.
    sends: [Vec<f64>; 2],
    p99: [Vec<f64>; 2],
    micros: [Vec<f64>; 2],
    /// Of uploads beside sends.
    beside: Vec<f64>,
}

/// # Errors
/// Where anything doesn't answer as it should.
pub async fn measure(run: &Run) -> Result<Section> {
    // 100 MB, which are as many as a file may have.
    let size = if run.quick { 4 * MIB } else { 95 * MIB };
    let database = run.folder.join("files.db");
    database::create(&database).await?;
    let mut authors = Author::create(&database, SENDERS + 1)?;
    let bare_database = run.folder.join("files-bare.db");
    std::fs::copy(&database, &bare_database)?;
    let mut bare = BareFiles::open(&bare_database)?;
    let uploader = authors.pop().context("nobody uploads")?;

    let server = Process::tincan(&database)?;
    let empty = Process::tree(&run.folder.join("files-empty.db"), size, 0)?;
    let numbers = Arc::new(AtomicU64::new(1));
    let mut client = Uploader::new(server.address, &uploader);
    let read = client.upload(size, &AtomicBool::new(false)).await?;
    let read = client.send(&read.id).await?;

    let mut rounds = Rounds::default();
    for round in 0..run.rounds {
        run.say(format!("files, round {}", round + 1));
        let upload = client.upload(size, &AtomicBool::new(false)).await?;
        client.cancel(&upload.id).await?;
        rounds.uploads[0].push(upload.per_second);
        rounds.uploads[1].push(bare.write(size)?);
        rounds.uploads[2].push(plain_file(&run.folder, size)?);

        let file = format!("/api/files/{read}");
        let token = &uploader.person.token;
        rounds.downloads[0].push(download(&server, &file, token, size, run.duration).await?);
        let nothing = "/api/conversations/1/messages";
        rounds.downloads[1].push(download(&empty, nothing, token, size, run.duration).await?);

        for which in [0, 1] {
            let workers = authors
                .iter()
                .map(|author| author.worker(server.address, &numbers))
                .collect();
            let sends = load::run(&server, workers, run.duration);
            let done = if which == 0 {
                sends.await?
            } else {
                let (done, per_second) = beside_uploads(&mut client, size, sends).await?;
                rounds.beside.push(per_second);
                done
            };
            rounds.sends[which].push(done.per_second);
            rounds.p99[which].push(done.latencies.percentile(99));
            rounds.micros[which].push(done.processor_micros);
        }
    }
    rounds.section(size)
}

impl Rounds {
    fn section(self, size: usize) -> Result<Section> {
        let mut section = Section::new("Files");
        let size = size / MIB;
        let [own, bare, plain] = self.uploads;
        let upload = Figure::new(format!("an upload of {size} MiB"), "MiB/s", own)?;
        section.add(
            upload
                .beside("bare SQLite", &bare)
                .beside("plain file", &plain),
        );
        let [own, empty] = self.downloads;
        let download = Figure::new(format!("downloads of {size} MiB"), "MiB/s", own)?;
        section.add(download.beside("empty GET", &empty));
        let what = |what: &str| format!("{what} beside an upload, {SENDERS} conn.");
        let [without, own] = self.sends;
        let sends = Figure::new(what("sends"), "1/s", own)?.beside("without", &without);
        section.add(sends.goal_of_ratio(Goal::AtLeast(0.8)));
        let [without, own] = self.p99;
        let p99 = Figure::new(what("p99"), "ms", own)?.beside("without", &without);
        section.add(p99.goal(Goal::AtMost(15.0)));
        let [without, own] = self.micros;
        section.add(Figure::new(what("processor"), "µs each", own)?.beside("without", &without));
        section.add(Figure::new("that upload", "MiB/s", self.beside)?);
        section.note(
            "An upload is measured from its first request until it is complete and cleared of metadata. \
             bare SQLite: the same pieces of 256 KiB in this process, a commit each. \
             plain file: one write after the other, and one fsync. \
             empty GET: as many bytes from the same accept loop, out of memory.",
        );
        Ok(section)
    }
}

/// Measures `sends` while files of `size` bytes are sent one after the other. Also says how many MiB a second went to
/// the server then.
async fn beside_uploads(
    client: &mut Uploader<'_>,
    size: usize,
    sends: impl Future<Output = Result<Outcome>>,
) -> Result<(Outcome, f64)> {
    let stop = AtomicBool::new(false);
    let start = Instant::now();
    let uploading = async {
        let (mut ids, mut sent) = (Vec::new(), 0);
        while !stop.load(Ordering::Relaxed) {
            let upload = client.upload(size, &stop).await?;
            ids.push(upload.id);
            sent += upload.sent;
        }
        let per_second = mib(sent, start.elapsed());
        for id in ids {
            client.cancel(&id).await?;
        }
        anyhow::Ok(per_second)
    };
    let sending = async {
        let done = sends.await;
        stop.store(true, Ordering::Relaxed);
        done
    };
    tokio::try_join!(sending, uploading)
}

/// Somebody who sends files.
struct Uploader<'a> {
    address: SocketAddr,
    author: &'a Author,
    part: Vec<u8>,
    files: u64,
}

/// What came of an upload.
struct Uploaded {
    id: String,
    sent: usize,
    /// MiB.
    per_second: f64,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Message {
    attachments: Vec<Id>,
}

impl<'a> Uploader<'a> {
    fn new(address: SocketAddr, author: &'a Author) -> Self {
        Self {
            address,
            author,
            part: noise(),
            files: 0,
        }
    }

    /// Sends a file, or a part of it if it is told to stop.
    async fn upload(&mut self, size: usize, stop: &AtomicBool) -> Result<Uploaded> {
        let (address, token) = (self.address, &self.author.person.token);
        // No two files are the same, which the server would keep once.
        self.files += 1;
        self.part[..8].copy_from_slice(&self.files.to_be_bytes());
        let mut connection = Connection::open(address).await?;
        let start = Instant::now();
        let new = format!(r#"{{"size":{size},"name":"noise.bin"}}"#);
        let new = Request::post(address, "/api/uploads", token, &new);
        let Id { id } = connection.answer(new.bytes(), &[], 201).await?;
        let mut sent = 0;
        while sent < size && !stop.load(Ordering::Relaxed) {
            let path = format!("/api/uploads/{id}?offset={sent}");
            let length = PART.min(size - sent);
            let part = Request::part(address, &path, token, length);
            let body = &self.part[..length];
            let _: Id = connection.answer(part.bytes(), body, 200).await?;
            sent += length;
        }
        Ok(Uploaded {
            id,
            sent,
            per_second: mib(sent, start.elapsed()),
        })
    }

    /// Sends a message with an upload. Gives back the attachment.
    async fn send(&self, upload: &str) -> Result<String> {
        let path = format!("/api/conversations/{}/messages", self.author.conversation);
        let json = format!(r#"{{"attachments":["{upload}"]}}"#);
        let request = Request::post(self.address, &path, &self.author.person.token, &json);
        let mut connection = Connection::open(self.address).await?;
        let message: Message = connection.answer(request.bytes(), &[], 201).await?;
        let attachment = message.attachments.into_iter().next();
        Ok(attachment.context("no attachment")?.id)
    }

    async fn cancel(&self, upload: &str) -> Result<()> {
        let path = format!("/api/uploads/{upload}");
        let request = Request::delete(self.address, &path, &self.author.person.token);
        let mut connection = Connection::open(self.address).await?;
        let answer = connection.exchange(request.bytes()).await?;
        ensure!(answer.status == 204, "{} to a cancel", answer.status);
        Ok(())
    }
}

/// How many MiB a second somebody reads who reads for `duration`.
async fn download(
    process: &Process,
    path: &str,
    token: &str,
    size: usize,
    duration: Duration,
) -> Result<f64> {
    let request = Request::get(process.address, path, token, "");
    let mut connection = Connection::open(process.address).await?;
    // Memory for the answer is asked for once.
    connection.exchange(request.bytes()).await?;
    let (start, mut read) = (Instant::now(), 0);
    while start.elapsed() < duration {
        let answer = connection.exchange(request.bytes()).await?;
        ensure!(
            answer.status == 200 && answer.body.len() == size,
            "{} with {} bytes",
            answer.status,
            answer.body.len()
        );
        read += size;
    }
    Ok(mib(read, start.elapsed()))
}

/// A database that takes files.
struct BareFiles {
    bare: Bare,
    part: Vec<u8>,
}

impl BareFiles {
    fn open(path: &Path) -> Result<Self> {
        let bare = Bare::open(path)?;
        Ok(Self {
            bare,
            part: noise(),
        })
    }

    /// Writes a file of `size` bytes, and says how many MiB of it went there in a second.
    fn write(&mut self, size: usize) -> Result<f64> {
        let connection = self.bare.connection();
        connection.execute("DELETE FROM chunks", [])?;
        connection.execute("DELETE FROM files", [])?;
        connection.execute("INSERT INTO files (size) VALUES (?1)", [size])?;
        let file = connection.last_insert_rowid();
        let start = Instant::now();
        for place in 0..size / PIECE {
            let within = place * PIECE % PART;
            let piece = &self.part[within..within + PIECE];
            self.bare.commit_piece(file, place, piece)?;
        }
        Ok(mib(size, start.elapsed()))
    }
}

fn plain_file(folder: &Path, size: usize) -> Result<f64> {
    let part = noise();
    let path = folder.join("plain");
    let start = Instant::now();
    let mut file = File::create(&path)?;
    for _ in 0..size / PART {
        file.write_all(&part)?;
    }
    file.sync_all()?;
    let per_second = mib(size, start.elapsed());
    std::fs::remove_file(path)?;
    Ok(per_second)
}

/// What no file system makes smaller.
fn noise() -> Vec<u8> {
    let mut part = vec![0; PART];
    fastrand::Rng::with_seed(17).fill(&mut part);
    part
}

fn mib(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / MIB as f64 / time.as_secs_f64()
}
