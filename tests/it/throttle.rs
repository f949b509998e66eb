//! Who guesses is slowed down, by the address that the request came from; and who may say which that
//! is.

use reqwest::{Method, header::RETRY_AFTER};
use serde_json::json;
use tincan::{http::ServerSettings, server::Config};

use crate::support::{Answer, Client, Server, answer, dev};

/// A server that people sign in to, which believes these proxies.
async fn server(trusted_proxies: &[&str]) -> Server {
    let networks = trusted_proxies.iter();
    let networks = networks.map(|network| network.parse().expect("a network"));
    let settings = ServerSettings {
        trusted_proxies: networks.collect(),
        ..ServerSettings::default()
    };
    Server::start(Config { settings, ..dev() }).await
}

/// Tries an invitation that there isn't, which costs the server next to nothing.
async fn guess(client: &Client, forwarded_for: &str) -> Answer {
    let request = client.request(Method::POST, "/api/invites/check");
    let request = request.header("X-Forwarded-For", forwarded_for);
    answer(request.json(&json!({ "invite": "guessed" }))).await
}

#[tokio::test]
async fn an_address_that_guesses_has_to_wait() {
    let server = server(&[]).await;
    let nobody = server.nobody();
    for n in 0..10 {
        // Nobody is believed here who says where a request came from.
        let refusal = guess(&nobody, &format!("198.51.100.{n}")).await;
        refusal.refused(403, "bad_invite");
    }
    let refusal = guess(&nobody, "198.51.100.10").await;
    let seconds = refusal.headers[RETRY_AFTER].clone();
    let seconds = seconds.to_str().expect("a number");
    assert!(["1", "2", "3"].contains(&seconds), "{seconds}");
    let body = refusal.refused(429, "throttled");
    let message = body["message"].as_str().expect("a sentence");
    assert!(
        message.contains(&format!("in {seconds} second")),
        "{message}"
    );
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_slowed_down_alone() {
    let server = server(&["127.0.0.0/8", "10.0.0.7"]).await;
    let nobody = server.nobody();
    for n in 0..10 {
        // What a client says itself stands before what the proxies say.
        let hops = format!("203.0.113.{n}, 198.51.100.1, 10.0.0.7");
        guess(&nobody, &hops).await.refused(403, "bad_invite");
    }
    let again = guess(&nobody, "203.0.113.99, 198.51.100.1").await;
    again.refused(429, "throttled");
    let other = guess(&nobody, "198.51.100.1, 198.51.100.2").await;
    other.refused(403, "bad_invite");
}
