//! What the links of invitations begin with, and the addresses at which other devices reach the server.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Method;
use serde_json::{Value, json};
use tincan::server::Config;

use crate::support::{Client, Server, answer, strict, text};

const PATH: &str = "/api/admin/addresses";

fn on(listen: impl Into<SocketAddr>) -> Config {
    Config {
        listen: listen.into().into(),
        ..strict()
    }
}

/// A server that listens on all addresses, reached at this machine's own.
async fn everywhere() -> (Server, Client) {
    let server = Server::start(on((Ipv4Addr::UNSPECIFIED, 0))).await;
    let anna = server.set_up("anna").await;
    let anna = anna.at((Ipv4Addr::LOCALHOST, server.address().port()).into());
    (server, anna)
}

#[tokio::test]
async fn at_loopback_nobody_else_reaches_it() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    assert_eq!(
        anna.get(PATH).await.expect(200),
        json!({
            "base": format!("http://{}", server.address()), "reachable": false,
            "problems": ["listens_on_loopback", "no_public_url"], "addresses": [],
            "refusedNames": [], "tlsWithoutPublicUrl": false, "certificate": null,
        })
    );
    // As through a proxy that keeps the host.
    let request = anna.request(Method::GET, PATH);
    let proxied = answer(request.header("host", "chat.home.arpa")).await;
    let proxied = proxied.expect(200);
    assert_eq!(proxied["base"], "http://chat.home.arpa");
    assert_eq!(
        (&proxied["reachable"], &proxied["problems"]),
        (&json!(true), &json!([]))
    );
    for own in [
        "localhost:3000",
        "[::1]:3000",
        "tincan.localhost",
        "127.9.9.9",
    ] {
        let request = anna.request(Method::GET, PATH);
        let told = answer(request.header("host", own)).await.expect(200);
        assert_eq!(told["reachable"], false, "{own}");
    }
}

#[tokio::test]
async fn where_it_listens_on_all_it_is_reached_at_each_address() {
    let (_server, anna) = everywhere().await;
    let told = anna.get(PATH).await.expect(200);
    assert_eq!(told["problems"], json!(["no_public_url"]));
    let listed = told["addresses"].as_array().expect("a list");
    let on_networks = if_addrs::get_if_addrs().expect("interfaces");
    let is_told = |one: &&if_addrs::Interface| {
        one.ip().is_ipv4() && !one.is_loopback() && !one.is_link_local()
    };
    let expected = on_networks.iter().filter(is_told).count();
    assert_eq!(listed.len(), expected, "{told}");
    for url in listed {
        let address = text(url).strip_prefix("http://").expect("plain http");
        let there = anna.at(address.parse().expect("an address"));
        there.get("/api/config").await.expect(200);
        // A link may begin with it, although it was asked for elsewhere.
        let made = anna.post("/api/invites", json!({ "base": url })).await;
        let made = made.expect(201);
        assert!(text(&made["link"]).starts_with(&format!("{}/invite#", text(url))));
        let seen = there.get(PATH).await.expect(200);
        assert_eq!((&seen["base"], &seen["reachable"]), (url, &json!(true)));
    }
}

#[tokio::test]
async fn a_link_begins_with_nothing_else() {
    let (_server, anna) = everywhere().await;
    let present = anna.get(PATH).await.expect(200)["base"].clone();
    anna.post("/api/invites", json!({ "base": present }))
        .await
        .expect(201);
    let text = text(&present).to_owned();
    for wrong in [
        "http://evil.example".to_owned(),
        format!("{text}/"),
        format!("{text}.evil.example"),
        text.replace("http:", "https:"),
        String::new(),
    ] {
        let refused = anna.post("/api/invites", json!({ "base": wrong })).await;
        let refused = refused.refused(422, "invalid");
        assert!(refused["errors"]["base"].is_string(), "{refused}");
    }
}

#[tokio::test]
async fn the_public_url_is_the_only_address() {
    for (url, problems) in [
        ("https://chat.example", json!([])),
        ("http://localhost:3000", json!(["public_url_is_loopback"])),
    ] {
        let mut config = on((Ipv4Addr::UNSPECIFIED, 0));
        config.settings.public_url = Some(url.parse().expect("an origin"));
        let server = Server::start(config).await;
        let anna = server.set_up("anna").await;
        assert_eq!(
            anna.get(PATH).await.expect(200),
            json!({
                "base": url, "reachable": problems == json!([]), "problems": problems, "addresses": [],
                "refusedNames": [], "tlsWithoutPublicUrl": false, "certificate": null,
            })
        );
    }
}

/// The machine may have no IPv6, but then it doesn't listen there either.
#[tokio::test]
async fn addresses_of_both_kinds_are_written_as_urls() {
    if std::net::TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).is_err() {
        return crate::support::skip("there is no IPv6");
    }
    let server = Server::start(on((Ipv6Addr::UNSPECIFIED, 0))).await;
    let anna = server.set_up("anna").await;
    let told = anna.get(PATH).await.expect(200);
    let port = server.address().port();
    for url in told["addresses"].as_array().unwrap_or(&Vec::new()) {
        let address: SocketAddr = text(url)
            .strip_prefix("http://")
            .and_then(|address| address.parse().ok())
            .expect("an address");
        assert_eq!(address.port(), port);
    }
    assert_ne!(told["base"], Value::Null);
}
