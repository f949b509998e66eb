//! Cookies on plain http, which browsers send to every port of a host, and headers in which others have left bytes.

use reqwest::{
    Method,
    header::{HeaderMap, SET_COOKIE},
};
use serde_json::{Value, json};

use crate::support::{Answer, Client, Server, answer, dev, raw};

/// The cookies that a browser keeps for one host, whatever the port.
#[derive(Default)]
struct Jar(Vec<(String, String)>);

impl Jar {
    fn take(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("a text");
            let (pair, attributes) = cookie.split_once("; ").expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            self.0.retain(|(known, _)| known != name);
            if !attributes.contains("Max-Age=0;") {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    async fn ask(&mut self, method: Method, client: &Client, path: &str, body: Value) -> Answer {
        let pairs: Vec<_> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = client
            .request(method, path)
            .header("cookie", pairs.join("; "))
            .header("sec-fetch-site", "same-origin")
            .json(&body);
        let answer = answer(request).await;
        self.take(&answer.headers);
        answer
    }

    async fn who(&mut self, client: &Client) -> Value {
        let answer = self
            .ask(Method::GET, client, "/api/config", json!({}))
            .await;
        answer.expect(200)["authUser"]["username"].clone()
    }
}

#[tokio::test]
async fn two_servers_on_one_host_do_not_sign_each_other_out() {
    let (one, other) = (Server::start(dev()).await, Server::start(dev()).await);
    let (one, other) = (one.nobody(), other.nobody());
    let mut browser = Jar::default();
    for (server, username) in [(&one, "john"), (&other, "jane")] {
        let body = json!({ "username": username });
        let answer = browser.ask(Method::POST, server, "/api/login", body).await;
        answer.expect(200);
    }
    assert_eq!(browser.who(&one).await, "john");
    assert_eq!(browser.who(&other).await, "jane");
    let left = browser
        .ask(Method::POST, &one, "/api/logout", json!({}))
        .await;
    left.expect(204);
    assert_eq!(browser.who(&one).await, json!(null));
    assert_eq!(browser.who(&other).await, "jane");
}

#[tokio::test]
async fn a_session_from_before_cookies_had_a_port_goes_on() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let nobody = server.nobody();
    let token = john.token.clone().expect("a token");
    let mut browser = Jar(vec![("tincan".to_owned(), token)]);
    assert_eq!(browser.who(&nobody).await, "john");
    // Who signs in anew is who they said, and nobody is left once they sign out.
    let body = json!({ "username": "jane" });
    let entered = browser.ask(Method::POST, &nobody, "/api/login", body).await;
    entered.expect(200);
    assert_eq!(browser.who(&nobody).await, "jane");
    let left = browser
        .ask(Method::POST, &nobody, "/api/logout", json!({}))
        .await;
    left.expect(204);
    assert_eq!(browser.who(&nobody).await, json!(null));
}

#[tokio::test]
async fn of_two_cookies_with_one_name_none_is_taken() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let jane = server.sign_in("jane").await;
    let [john, jane] = [john, jane].map(|client| client.token.expect("a token"));
    for name in [
        format!("tincan-{}", server.address().port()),
        "tincan".to_owned(),
    ] {
        for path in ["/api/auth_user", "/api/config", "/api/messages"] {
            let twice = format!("{name}={john}; {name}={jane}");
            let request = server.nobody().request(Method::GET, path);
            let refused = answer(request.header("cookie", twice)).await;
            refused.refused(400, "two_cookies");
        }
    }
    // One that is said itself counts whatever the cookies are.
    let request = server.nobody().request(Method::GET, "/api/auth_user");
    let request = request
        .header("cookie", "tincan=1; tincan=2")
        .bearer_auth(john);
    assert_eq!(answer(request).await.expect(200)["username"], "john");
}

/// Bytes that no text has (RFC 3629 §3), and that headers may have all the same (RFC 9110 §5.5, obs-text).
const BYTES: &[u8] = b"caf\xe9\xff";

#[tokio::test]
async fn bytes_of_others_in_a_header_leave_the_rest_of_it_as_it_is() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let token = john.token.clone().expect("a token");
    let cookie = format!("tincan={token}");
    // A header, what is ours in it, the separator, and what comes of it.
    let ours: &[(&str, &str, &[u8], &str)] = &[
        ("Cookie", &cookie, b"; x=", "HTTP/1.1 200"),
        ("Accept-Language", "de", b", ", "content-language: de"),
        ("Accept-Encoding", "gzip", b", ", "content-encoding: gzip"),
    ];
    for (name, value, separator, expected) in ours {
        for first in [true, false] {
            let foreign = if first {
                [b"x=", BYTES, &separator[..2], value.as_bytes()].concat()
            } else {
                [value.as_bytes(), separator, BYTES].concat()
            };
            let path = match *name {
                "Cookie" => "/api/auth_user",
                "Accept-Language" => "/plain/sign-in",
                _ => "/api/openapi.json",
            };
            let head =
                format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{name}: ");
            let request = [head.as_bytes(), &foreign, b"\r\n\r\n"].concat();
            let answer = raw(server.address(), request).await;
            let told = format!("HTTP/1.1 {} {:?}", answer.status.as_u16(), answer.headers);
            let told = told.replace("\": \"", ": ");
            assert!(told.contains(expected), "{name}, first: {first}: {told}");
        }
    }
}

#[tokio::test]
async fn what_is_said_in_bytes_is_not_as_if_it_were_not_said() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let cookie = format!("tincan={}", john.token.as_deref().expect("a token"));
    // Somebody else’s token, and another user than that of the cookie.
    for line in ["Authorization: Bearer ", "Tincan-User: "] {
        let head = format!(
            "GET /api/auth_user HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {cookie}\r\n{line}"
        );
        let request = [head.as_bytes(), BYTES, b"\r\n\r\n"].concat();
        let answer = raw(server.address(), request).await;
        answer.refused(401, "unauthorized");
    }
}
