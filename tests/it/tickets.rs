//! Tickets, by which a client opens a stream without its token in an address.

use std::time::Duration;

use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::support::{Client, Server, Socket, Stream, Talk, answer, dev, expect_timestamp, text};

async fn ticket(of: &Client) -> String {
    let created = of.post("/api/stream_ticket", json!({})).await.expect(201);
    expect_timestamp(&created["expiresAt"]);
    text(&created["ticket"]).to_owned()
}

fn stream(nobody: &Client, ticket: &str) -> reqwest::RequestBuilder {
    nobody
        .request(Method::GET, &format!("/api/messages?ticket={ticket}"))
        .header("accept", "text/event-stream")
}

#[tokio::test]
async fn a_ticket_opens_one_stream_and_nothing_else() {
    let Talk {
        server,
        john,
        jane,
        conversation,
    } = Talk::start(dev()).await;
    let nobody = server.nobody();
    let ticket = ticket(&john).await;
    assert_ne!(Some(&ticket), john.token.as_ref());
    let elsewhere = nobody.get(&format!("/api/auth_user?ticket={ticket}")).await;
    elsewhere.refused(401, "unauthorized");
    let as_token = stream(&nobody, "").header("authorization", format!("Bearer {ticket}"));
    answer(as_token).await.refused(401, "unauthorized");

    let mut opened = Stream::open(stream(&nobody, &ticket)).await;
    let hello = opened.next().await.expect("a first event");
    assert_eq!(hello.data["user"]["username"], "john");
    answer(stream(&nobody, &ticket))
        .await
        .refused(401, "unauthorized");
    // The stream is the session’s own: it goes on, and ends with it.
    let said = jane.say(&conversation, "hello").await;
    let heard = opened.next().await.expect("an event");
    assert_eq!(heard.data["id"], said["id"]);
    john.post("/api/logout", json!({})).await.expect(204);
    assert_eq!(opened.rest().await.len(), 0);
}

#[tokio::test]
async fn a_ticket_opens_a_socket_that_can_also_send() {
    let Talk {
        server,
        john,
        conversation,
        ..
    } = Talk::start(dev()).await;
    let query = format!("?ticket={}", ticket(&john).await);
    let mut socket = Socket::with(server.address(), &query, HeaderMap::new()).await;
    assert_eq!(socket.next_json().await["event"], "hello");
    let op = json!({ "op": "send", "conversationId": conversation, "content": "hello" });
    let sent: Value = socket.ask(op).await;
    assert_eq!(sent["content"], "hello");
}

#[tokio::test]
async fn a_ticket_is_good_for_a_minute_and_for_no_longer_than_its_session() {
    let server = Server::start(dev()).await;
    let (john, nobody) = (server.sign_in("john").await, server.nobody());
    let [late, in_time] = [ticket(&john).await, ticket(&john).await];
    crate::support::pass(Duration::from_secs(59)).await;
    let opened = stream(&nobody, &in_time).send().await.expect("an answer");
    assert_eq!(opened.status(), StatusCode::OK);
    crate::support::pass(Duration::from_secs(1)).await;
    answer(stream(&nobody, &late))
        .await
        .refused(401, "unauthorized");

    let orphan = ticket(&john).await;
    john.post("/api/logout", json!({})).await.expect(204);
    answer(stream(&nobody, &orphan))
        .await
        .refused(401, "unauthorized");
}

#[tokio::test]
async fn who_takes_many_tickets_loses_their_own_oldest_alone() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let (oldest, of_jane) = (ticket(&john).await, ticket(&jane).await);
    for _ in 0..20 {
        ticket(&john).await;
    }
    let nobody = server.nobody();
    answer(stream(&nobody, &oldest))
        .await
        .refused(401, "unauthorized");
    let opened = stream(&nobody, &of_jane).send().await.expect("an answer");
    assert_eq!(opened.status(), StatusCode::OK);
}
