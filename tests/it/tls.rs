//! TLS at the server's own socket: what is spoken, to whom it answers, and what it does with those who speak it badly.

use std::time::{Duration, Instant};

use reqwest::{Method, header::HeaderValue};
use rustls::{AlertDescription, Error};
use serde_json::json;
use tempfile::TempDir;
use tincan::{http::Origin, server::Config};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{client_async, tungstenite::client::IntoClientRequest};

use crate::support::{
    Answer, Binary, Client, PASSWORD, Server, Socket, answer, dev, ended, messages, on_path, skip,
    soon, strict, text,
    tls::{AUTHORITY, Authority, connect, raw_over_tls},
};

/// A server that speaks TLS by a certificate for these names, and who has issued it.
pub async fn start(mut config: Config, names: &[&str]) -> (Server, Authority, TempDir) {
    let folder = TempDir::new().expect("a folder for the certificate");
    let authority = Authority::new();
    config.settings.tls = Some(authority.issue(names, 60).tls(folder.path()));
    (Server::start(config).await, authority, folder)
}

const LOCALHOST: &[&str] = &["localhost", "127.0.0.1"];

fn cookie(answer: &Answer) -> &str {
    answer.headers["set-cookie"].to_str().expect("a text")
}

#[tokio::test]
async fn links_and_cookies_are_for_https_and_so_is_whose_page_it_is() {
    let (server, authority, _folder) = start(strict(), LOCALHOST).await;
    let own = format!("https://localhost:{}", server.address().port());
    let link = server.setup_link().expect("a link").to_owned();
    assert!(link.starts_with(&format!("{own}/setup#")), "{link}");
    let account = json!({
        "username": "anna", "password": PASSWORD, "setupToken": server.setup_token(),
    });
    let anna = server.over_tls(&authority).register(account).await;
    let invite = anna.post("/api/invites", json!({})).await.expect(201);
    let link = text(&invite["link"]);
    assert!(link.starts_with(&format!("{own}/invite#")), "{link}");

    let login = json!({ "username": "anna", "password": PASSWORD });
    let request = anna.nobody().request(Method::POST, "/api/login");
    let signed_in = answer(request.header("origin", &own).json(&login)).await;
    let set = cookie(&signed_in).to_owned();
    assert!(set.starts_with("__Host-tincan="), "{set}");
    assert!(set.split("; ").any(|part| part == "Secure"), "{set}");
    signed_in.expect(200);
    let (session, _) = set.split_once(';').expect("attributes");
    // By RFC 6454 §4, the scheme and the port are parts of an origin.
    for (origin, status) in [
        (own.clone(), 201),
        (own.replace("https", "http"), 403),
        ("https://localhost".to_owned(), 403),
        ("https://evil.example".to_owned(), 403),
    ] {
        let request = anna.nobody().request(Method::POST, "/api/invites");
        let request = request.header("cookie", session).header("origin", &origin);
        let answered = answer(request.json(&json!({}))).await;
        assert_eq!(
            answered.status.as_u16(),
            status,
            "{origin}: {}",
            answered.body
        );
    }
}

/// Names that are asked for, the status of the answer, and whether browsers are told to use nothing but https.
const HOSTS: &[(&str, u16, bool)] = &[
    ("chat.example", 200, true),
    ("Chat.Example:8443", 200, true),
    ("chat.example.", 200, true),
    ("a.pics.example", 200, true),
    ("told.example", 200, true),
    // A wildcard is one label (RFC 6125 §6.4.3).
    ("a.b.pics.example", 421, false),
    ("pics.example", 421, false),
    ("evil.example", 421, false),
    ("x.chat.example", 421, false),
    // Of a home, where certificates come and go. HSTS isn't for addresses anyway (RFC 6797 §8.1.1).
    ("pi.local", 200, false),
    ("pi", 200, false),
    ("192.168.178.20:3000", 200, false),
    ("[fd12::7]:3000", 200, false),
    ("localhost", 200, false),
];

#[tokio::test]
async fn it_answers_to_the_names_in_its_certificate_and_is_strict_about_public_ones() {
    let mut config = strict();
    config.settings.hosts = vec!["told.example".parse().expect("a name")];
    let names = &["chat.example", "*.pics.example", "pi.local"];
    let (server, authority, _folder) = start(config, names).await;
    let link = server.setup_link().expect("a link");
    let port = server.address().port();
    assert!(
        link.starts_with(&format!("https://chat.example:{port}/")),
        "{link}"
    );
    for (host, status, is_strict) in HOSTS {
        let request =
            format!("GET /api/config HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answered = raw_over_tls(server.address(), "chat.example", &authority, &request).await;
        assert_eq!(
            answered.status.as_u16(),
            *status,
            "{host}: {}",
            answered.body
        );
        let told = answered.headers.get("strict-transport-security");
        let year = HeaderValue::from_static("max-age=31536000");
        assert_eq!(told, is_strict.then_some(&year), "{host}");
    }
}

#[tokio::test]
async fn with_a_public_url_links_begin_with_it() {
    let url: Origin = "https://chat.example".parse().expect("an origin");
    let mut config = strict();
    config.settings.public_url = Some(url);
    let (server, _authority, _folder) = start(config, LOCALHOST).await;
    let link = server.setup_link().expect("a link");
    assert!(link.starts_with("https://chat.example/setup#"), "{link}");
}

#[tokio::test]
async fn streams_and_sockets_pass_through() {
    let (server, authority, _folder) = start(dev(), LOCALHOST).await;
    let address = server.address();
    let john = server.over_tls(&authority).sign_in("john").await;
    let jane = server.over_tls(&authority).sign_in("jane").await;
    let conversation = john.talk_to("jane").await;
    let mut stream = jane.follow(None).await;

    let tls = connect(address, "localhost", authority.trusted())
        .await
        .expect("TLS");
    let mut request = format!("wss://localhost:{}/api/messages", address.port())
        .into_client_request()
        .expect("a request");
    let bearer = format!("Bearer {}", jane.token.as_deref().expect("a token"));
    request
        .headers_mut()
        .insert("authorization", bearer.parse().expect("a header"));
    let (socket, _) = soon("a handshake", Box::pin(client_async(request, tls)))
        .await
        .expect("a socket");
    let mut socket = Socket(socket);
    assert_eq!(socket.next().await.name, "hello");

    let long = "漢".repeat(4_000);
    for _ in 0..4 {
        john.say(&conversation, &long).await;
        let event = stream.next_named("message").await;
        assert_eq!(event.data["content"], long.as_str());
        assert_eq!(socket.next().await.data["content"], long.as_str());
    }
    // More than a record of TLS has (2^14 bytes, RFC 8446 §5.1), and more than is buffered.
    let all = john.get(&messages(&conversation)).await.expect(200);
    let all = all.as_array().expect("a list").iter();
    let whole = all.filter(|message| message["content"] == long.as_str());
    assert_eq!(whole.count(), 4);
}

/// A hello of TLS 1.1 (RFC 4346 §7.4.1.2), with one cipher suite that everybody had then, and no extensions.
fn hello_of_1_1() -> Vec<u8> {
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    // No session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
    hello.extend([0, 0, 2, 0x00, 0x2f, 1, 0]);
    let length = u8::try_from(hello.len()).expect("a short hello");
    let mut record = vec![0x16, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(hello);
    record
}

#[tokio::test]
async fn it_speaks_tls_1_2_and_1_3_and_http_1_1_inside() {
    let (server, authority, _folder) = start(strict(), LOCALHOST).await;
    let address = server.address();
    // An alert is a record of type 21, and 2 is fatal (RFC 8446 §5.1 and §6).
    let mut old = TcpStream::connect(address).await.expect("a connection");
    old.write_all(&hello_of_1_1())
        .await
        .expect("it can be sent");
    let mut alert = Vec::new();
    soon("an end", old.read_to_end(&mut alert))
        .await
        .expect("an alert");
    assert_eq!((alert[0], alert[5]), (21, 2), "{alert:?}");

    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut config = authority.trusted_by(&[version]);
        let stream = connect(address, "localhost", config.clone())
            .await
            .expect("TLS");
        let (_, session) = stream.get_ref();
        assert_eq!(session.protocol_version(), Some(version.version));
        assert_eq!(session.alpn_protocol(), None, "nothing was offered");

        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = connect(address, "localhost", config.clone())
            .await
            .expect("TLS");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));

        // RFC 7301 §3.2: no_application_protocol.
        config.alpn_protocols = vec![b"h2".to_vec()];
        let refused = connect(address, "localhost", config)
            .await
            .expect_err("no protocol");
        let refused = refused
            .get_ref()
            .and_then(|error| error.downcast_ref::<Error>());
        let alert = Error::AlertReceived(AlertDescription::NoApplicationProtocol);
        assert_eq!(refused, Some(&alert));
    }
    let metrics = server
        .over_tls(&authority)
        .get("/metrics")
        .await
        .expect(200);
    let failed = "tincan_tls_handshakes_failed_total 3\n";
    assert!(text(&metrics).contains(failed), "{metrics}");
}

/// Reads until the server closes, and gives back how long that took.
async fn until_closed(mut stream: TcpStream) -> Duration {
    let begun = Instant::now();
    let mut rest = Vec::new();
    // What was closed with bytes unread is reset.
    let _ = soon("the server to close", stream.read_to_end(&mut rest)).await;
    begun.elapsed()
}

#[tokio::test]
async fn who_is_slow_with_a_handshake_is_not_waited_for() {
    let (server, authority, _folder) = start(dev(), LOCALHOST).await;
    let address = server.address();
    let silent = TcpStream::connect(address).await.expect("a connection");
    let mut half = TcpStream::connect(address).await.expect("a connection");
    let hello = hello_of_1_1();
    half.write_all(&hello[..20]).await.expect("it can be sent");
    let slow = async |mut stream: TcpStream| {
        let begun = Instant::now();
        for byte in &hello_of_1_1()[..] {
            if stream.write_all(&[*byte]).await.is_err() {
                break;
            }
            let mut answer = [0];
            let heard = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut answer));
            if matches!(heard.await, Ok(Ok(0) | Err(_))) {
                break;
            }
        }
        begun.elapsed()
    };
    let dripping = TcpStream::connect(address).await.expect("a connection");
    let (silent, half, dripping, ()) = tokio::join!(
        until_closed(silent),
        until_closed(half),
        slow(dripping),
        async {
            server
                .over_tls(&authority)
                .get("/healthz")
                .await
                .expect(200);
        }
    );
    for after in [silent, half, dripping] {
        assert!(
            (9..20).contains(&after.as_secs()),
            "a handshake's time is 10 s, not {after:?}"
        );
    }
}

#[tokio::test]
async fn half_handshakes_take_nobodys_place() {
    if on_path("prlimit").is_none() {
        return skip("there is no prlimit");
    }
    let folder = TempDir::new().expect("a folder");
    let authority = Authority::new();
    let database = folder.path().join("tincan.db");
    let (chain, key) = authority.localhost().write(folder.path());
    // What the server keeps for everything else, and 120 connections.
    let mut command = Binary::by_way_of("prlimit", &["--nofile=220:220"], &database);
    command
        .arg("--tls-cert")
        .arg(chain)
        .arg("--tls-key")
        .arg(key);
    let server = Binary::run(&mut command);
    let mut halves = Vec::new();
    for _ in 0..260 {
        let mut half = TcpStream::connect(server.address())
            .await
            .expect("a connection");
        // Whom the server doesn't want any more, it doesn't listen to.
        let _ = half.write_all(&hello_of_1_1()[..20]).await;
        halves.push(half);
    }
    let begun = Instant::now();
    for _ in 0..3 {
        server
            .over_tls(&authority)
            .get("/healthz")
            .await
            .expect(200);
    }
    assert!(
        begun.elapsed() < Duration::from_secs(9),
        "it waited for half handshakes"
    );
}

#[tokio::test]
async fn the_program_speaks_tls_and_says_how_its_certificate_is_doing() {
    let folder = TempDir::new().expect("a folder");
    let authority = Authority::new();
    let database = folder.path().join("tincan.db");
    let mut server =
        Binary::start_with_tls(&database, &authority, &["--http-listen", "127.0.0.1:0"]);
    let plain = Client::new(server.http_address());
    let john = server.over_tls(&authority).sign_in("john").await;
    john.get("/api/auth_user").await.expect(200);
    let lead = plain
        .request(Method::GET, "/plain?a=b")
        .header("host", "localhost");
    let lead = answer(lead).await;
    let own = format!("https://localhost:{}", server.address().port());
    assert_eq!(
        lead.headers["location"],
        format!("{own}/plain?a=b").as_str()
    );
    lead.expect(308);

    let database = database.to_str().expect("a plain path");
    let told = ended(Binary::command(&["status", "--json", "--db", database])).await;
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let told: serde_json::Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(told["address"], own.as_str());
    let by_http = john.get("/api/admin/addresses").await.expect(200);
    for certificate in [&told["certificate"], &by_http["certificate"]] {
        assert_eq!(certificate["mode"], "files");
        assert_eq!(certificate["names"], json!(["localhost", "127.0.0.1"]));
        assert_eq!(certificate["issuer"], AUTHORITY);
        assert_eq!(certificate["daysLeft"], 60);
        assert_eq!(certificate["failure"], json!(null));
        crate::support::expect_timestamp(&certificate["expiresAt"]);
        crate::support::expect_timestamp(&certificate["loadedAt"]);
    }
    let shown = ended(Binary::command(&["status", "--db", database]))
        .await
        .stdout;
    let row = |name: &str| {
        let line = shown.lines().find(|line| line.starts_with(name));
        line.unwrap_or_else(|| panic!("{name} in {shown}"))
            .to_owned()
    };
    assert!(
        row("certificate").ends_with("localhost, 127.0.0.1"),
        "{shown}"
    );
    assert!(row("issued by").ends_with(AUTHORITY), "{shown}");
    assert!(row("expires").ends_with("60 days left"), "{shown}");
}
