//! Who guesses is slowed down, by the address that the request came from; and who may say which that
//! is.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use reqwest::{
    Method,
    header::{RETRY_AFTER, SET_COOKIE},
};
use rusqlite::Connection;
use serde_json::json;
use tincan::{http::ServerSettings, server::Config};

use crate::support::{Answer, Client, PASSWORD, Server, answer, dev, strict};

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

/// Tries a password from an address.
async fn sign_in(
    client: &Client,
    from: &str,
    username: &str,
    password: &str,
    cookie: &str,
) -> Answer {
    let credentials = json!({ "username": username, "password": password });
    let request = client
        .request(Method::POST, "/api/login")
        .json(&credentials);
    let request = request.header("x-forwarded-for", from);
    answer(request.header("cookie", cookie)).await
}

/// The cookies of an answer, as a browser sends them back.
fn cookies(answer: &Answer) -> String {
    let cookies = answer.headers.get_all(SET_COOKIE).iter();
    let pairs = cookies.map(|cookie| {
        let cookie = cookie.to_str().expect("a text");
        cookie.split("; ").next().expect("a pair").to_owned()
    });
    pairs.collect::<Vec<_>>().join("; ")
}

/// Strangers guess at everybody’s passwords, from as many addresses as they like, all the time: so many that neither a turn
/// at the account nor a place in the queue for hashing is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_guesses_does_not_keep_people_out_where_they_have_been_before() {
    let mut config = strict();
    config.settings.trusted_proxies = vec!["127.0.0.1".parse().expect("a network")];
    let server = Server::start(config).await;
    let anna = server.set_up("anna").await;
    let home = "192.0.2.1";
    let first = sign_in(&server.nobody(), home, "anna", PASSWORD, "").await;
    let device = cookies(&first);
    first.expect(200);
    assert!(device.contains("tincan-device-"), "{device}");

    let ended = Arc::new(AtomicBool::new(false));
    let [throttled, busy] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
    let flood: Vec<_> = (0_usize..48)
        .map(|n| {
            let (nobody, ended) = (server.nobody(), Arc::clone(&ended));
            let (throttled, busy) = (Arc::clone(&throttled), Arc::clone(&busy));
            tokio::spawn(async move {
                let mut tried = 0;
                while !ended.load(Ordering::Relaxed) {
                    let from = format!("198.18.{n}.{}", tried % 250);
                    let username = match n % 3 {
                        0 => "anna".to_owned(),
                        _ => format!("nobody-{n}-{tried}"),
                    };
                    let refused = sign_in(&nobody, &from, &username, "guessed", "").await;
                    match refused.status.as_u16() {
                        401 => {}
                        429 => drop(throttled.fetch_add(1, Ordering::Relaxed)),
                        503 => drop(busy.fetch_add(1, Ordering::Relaxed)),
                        other => panic!("{other}: {}", refused.body),
                    }
                    tried += 1;
                }
            })
        })
        .collect();
    let nobody = server.nobody();
    while throttled.load(Ordering::Relaxed) < 10 || busy.load(Ordering::Relaxed) < 10 {
        tokio::task::yield_now().await;
    }
    for _ in 0..5 {
        let entered = sign_in(&nobody, home, "anna", PASSWORD, &device).await;
        entered.expect(200);
    }
    ended.store(true, Ordering::Relaxed);
    for task in flood {
        task.await.expect("no panic");
    }
    // What was refused for its account is in the log, which is written before it is read.
    anna.get("/api/admin/audit").await.expect(200);
    let sql = "SELECT count(*) FROM security_events WHERE kind = 'throttled' AND user_id = ?1";
    let id: i64 = anna.id.parse().expect("an id");
    let noted: u32 = Connection::open(server.database())
        .expect("the database")
        .query_row(sql, [id], |row| row.get(0))
        .expect("a count");
    assert!(noted > 0);
}

#[tokio::test]
async fn a_mark_is_good_for_the_account_and_the_server_that_gave_it() {
    let mut config = strict();
    config.settings.trusted_proxies = vec!["127.0.0.1".parse().expect("a network")];
    let server = Server::start(config).await;
    let anna = server.set_up("anna").await;
    anna.invite("bob").await;
    let nobody = server.nobody();
    let first = sign_in(&nobody, "192.0.2.1", "anna", PASSWORD, "").await;
    let device = cookies(&first);
    // Who has a mark is given none again; who has another’s, or makes one up, is.
    let mut forged = device.clone();
    let last = if forged.pop() == Some('0') { '1' } else { '0' };
    forged.push(last);
    for (username, cookie, is_given) in [
        ("anna", &device, false),
        ("bob", &device, true),
        ("anna", &forged, true),
    ] {
        let entered = sign_in(&nobody, "192.0.2.2", username, PASSWORD, cookie).await;
        let given = cookies(&entered).contains("tincan-device-");
        entered.expect(200);
        assert_eq!(given, is_given, "{username}");
    }
}
