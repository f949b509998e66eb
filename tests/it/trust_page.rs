//! The page on which people make their devices trust a server at home.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

use crate::{
    support::{Answer, Binary, Client, Server, dev, on_path, raw, skip, tls::trusting_pem},
    tls_home::House,
};

const LANGUAGES: [&str; 8] = ["ar", "de", "en", "es", "fr", "ja", "pl", "zh-Hans"];

async fn plain(server: &Binary, path: &str, headers: &str) -> Answer {
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n");
    raw(server.address(), head).await
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .map_or("", |value| value.to_str().expect("a text"))
}

fn page(answer: &Answer) -> &str {
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    answer.body.as_str().expect("a page")
}

#[tokio::test]
async fn it_is_there_without_https_and_with_it_and_the_rest_leads_to_https() {
    let house = House::new();
    let mut server = house.serve(&["--http-listen", "127.0.0.1:0"]);
    let http = server.http_address();
    let (url, fingerprint) = server.trust();
    assert_eq!(url, format!("http://tincan.local:{}/trust", http.port()));
    let trusting = Client::trusting(trusting_pem(&house.read("authority.pem")), server.address());
    let head = "GET /trust HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for answer in [
        raw(server.address(), head).await,
        raw(http, head).await,
        trusting.get("/trust").await,
    ] {
        let policy = header(&answer.headers, "content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("script-src"),
            "{policy}"
        );
        assert!(answer.headers.get("strict-transport-security").is_none());
        assert!(answer.headers.get("set-cookie").is_none());
        let page = page(&answer);
        assert!(page.contains(&fingerprint), "{page}");
        assert!(page.contains(&url), "{page}");
        assert!(
            !page.contains("<script") && !page.contains(" style="),
            "{page}"
        );
    }
    for (path, status) in [
        ("/plain.css", 200),
        ("/icon.svg", 200),
        ("/", 308),
        ("/plain/sign-in", 308),
        ("/trust/authority-key.pem", 308),
    ] {
        assert_eq!(
            plain(&server, path, "").await.status.as_u16(),
            status,
            "{path}"
        );
    }
    assert_eq!(
        trusting
            .get("/trust/authority-key.pem")
            .await
            .status
            .as_u16(),
        404
    );
    // A form isn't sent to it, and another site's name doesn't get it.
    let post =
        "POST /trust HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_eq!(raw(server.address(), post).await.status.as_u16(), 308);
}

#[tokio::test]
async fn it_is_only_at_home() {
    let server = Server::start(dev()).await;
    assert_eq!(server.nobody().get("/trust").await.status.as_u16(), 404);
    assert_eq!(
        server
            .nobody()
            .get("/trust/tincan.crt")
            .await
            .status
            .as_u16(),
        404
    );
}

#[tokio::test]
async fn it_speaks_each_language_and_opens_the_steps_of_who_asks() {
    const SYSTEMS: [(&str, usize); 4] = [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Safari/604.1",
            0,
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; K) Chrome/142.0.0.0 Mobile Safari/537.36",
            2,
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0.0.0 Safari/537.36",
            3,
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            5,
        ),
    ];
    let house = House::new();
    let server = house.serve(&[]);
    let mut titles = Vec::new();
    for tag in LANGUAGES {
        let asked = plain(&server, "/trust", &format!("Accept-Language: {tag}\r\n")).await;
        assert_eq!(header(&asked.headers, "content-language"), tag);
        let asked = page(&asked);
        assert!(asked.contains(&format!("<html lang=\"{tag}\"")), "{asked}");
        // A key that has no text stands for itself.
        assert!(!asked.contains("trust."), "{asked}");
        let (_, title) = asked.split_once("<h1>").expect("a heading");
        titles.push(title.split('<').next().expect("a text").to_owned());
        // Without https nobody can send a form, so the choice is in the address.
        let chosen = plain(
            &server,
            &format!("/trust?language={tag}"),
            "Accept-Language: fr\r\n",
        )
        .await;
        assert_eq!(header(&chosen.headers, "content-language"), tag);
        assert_eq!(
            page(&chosen)
                .matches(&format!("<html lang=\"{tag}\""))
                .count(),
            1
        );
    }
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), LANGUAGES.len(), "{titles:?}");
    for (agent, open) in SYSTEMS {
        let asked = plain(&server, "/trust", &format!("User-Agent: {agent}\r\n")).await;
        let details: Vec<_> = page(&asked).split("<details").skip(1).collect();
        let is_open = |part: &&str| {
            part.split('>')
                .next()
                .is_some_and(|tag| tag.contains(" open"))
        };
        let opened: Vec<_> = (0..details.len())
            .filter(|index| is_open(&details[*index]))
            .collect();
        assert_eq!((details.len(), opened), (6, vec![open]), "{agent}");
    }
}

#[tokio::test]
async fn what_is_downloaded_is_the_authority_and_never_its_key() {
    let house = House::new();
    let server = house.serve(&[]);
    let mut downloads = Vec::new();
    for (path, kind) in [
        (
            "/trust/tincan.mobileconfig",
            "application/x-apple-aspen-config",
        ),
        ("/trust/tincan.crt", "application/x-x509-ca-cert"),
        ("/trust/tincan.pem", "application/x-pem-file"),
    ] {
        let request = server.nobody().request(Method::GET, path);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.headers()["content-type"], kind, "{path}");
        downloads.push(response.bytes().await.expect("a body").to_vec());
    }
    let [profile, certificate, pem] = &downloads[..] else {
        unreachable!("three files")
    };
    assert_eq!(*pem, house.read("authority.pem"));
    let key = house.read("authority-key.pem");
    let key = String::from_utf8(key).expect("a text");
    let secret = key.lines().nth(1).expect("a line of the key");
    for text in [pem, profile] {
        assert!(!String::from_utf8_lossy(text).contains(secret));
    }

    let Some(python) = on_path("python3") else {
        return skip("python3 isn’t on the path");
    };
    // What reads property lists says what is in this one.
    let program = "import base64, json, plistlib, sys\n\
        p = plistlib.loads(sys.stdin.buffer.read())\n\
        print(json.dumps(p, default=lambda data: base64.b64encode(data).decode()))";
    let mut child = Command::new(python);
    let child = child
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = child.spawn().expect("python starts");
    let mut stdin = child.stdin.take().expect("standard input");
    stdin.write_all(profile).expect("it can be written");
    drop(stdin);
    let read = child.wait_with_output().expect("it ends");
    let read: Value = serde_json::from_slice(&read.stdout).expect("a property list");
    let payload = &read["PayloadContent"][0];
    assert_eq!(read["PayloadType"], "Configuration");
    assert_eq!(payload["PayloadType"], "com.apple.security.root");
    assert_ne!(payload["PayloadUUID"], read["PayloadUUID"]);
    let encoded = STANDARD.encode(certificate);
    assert_eq!(payload["PayloadContent"], encoded);
    // The same as in the PEM, whose lines are those of base64.
    let lines = String::from_utf8_lossy(pem);
    let lines: String = lines
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    assert_eq!(lines, encoded);
}
