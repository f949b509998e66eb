//! Pictures that people choose for themselves: which are taken, and that others see them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Server, Talk, answer, dev, png, text};

const LIMIT: usize = 256 * 1024;

/// A JPEG: the start of the image and its frame header (ITU-T T.81 §B.2.2).
fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut file = b"\xff\xd8\xff\xc0\x00\x11\x08".to_vec();
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xd9]);
    file
}

/// An extended WebP, whose header has the size less one in 24 bits (RFC 9649 §2.7).
fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".to_vec();
    file.extend(&(width - 1).to_le_bytes()[..3]);
    file.extend(&(height - 1).to_le_bytes()[..3]);
    file
}

async fn set(client: &Client, picture: Vec<u8>) -> Answer {
    let request = client.request(Method::PUT, "/api/auth_user/avatar");
    answer(request.body(picture)).await
}

/// Where the caller's picture is.
async fn url(client: &Client) -> Value {
    client.get("/api/auth_user").await.expect(200)["avatarURL"].clone()
}

#[tokio::test]
async fn a_picture_is_taken_for_what_it_is() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let mut largest = png(1024, 1024);
    largest.resize(LIMIT, 0);
    for (picture, media_type) in [
        (png(1, 1), "image/png"),
        (jpeg(512, 512), "image/jpeg"),
        (webp(1024, 64), "image/webp"),
        (largest, "image/png"),
    ] {
        let user = set(&john, picture).await.expect(200);
        let shown = john.get(text(&user["avatarURL"])).await;
        assert_eq!(shown.status, 200);
        assert_eq!(shown.headers["content-type"], media_type);
        assert_eq!(
            shown.headers["content-security-policy"],
            "default-src 'none'; sandbox"
        );
    }
}

#[tokio::test]
async fn what_is_no_picture_or_too_large_is_refused() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    for (what, picture) in [
        ("nothing", Vec::new()),
        ("text", b"hello".to_vec()),
        (
            "a page",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
        ),
        ("a GIF", b"GIF89a\x01\0\x01\0\0\0\0".to_vec()),
        ("a signature alone", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("too wide", png(1025, 1)),
        ("too high", jpeg(1, 1025)),
        ("far too large", png(u32::MAX, u32::MAX)),
        ("too large", webp(1025, 1025)),
        ("without a size", png(0, 0)),
    ] {
        let refused = set(&john, picture).await.refused(422, "invalid");
        assert!(refused["errors"]["picture"].is_string(), "{what}");
    }
    let mut long = png(1, 1);
    long.resize(LIMIT + 1, 0);
    set(&john, long).await.refused(413, "too_large");
    assert_eq!(url(&john).await, Value::Null);
}

#[tokio::test]
async fn the_address_follows_the_picture_and_others_are_told() {
    let talk = Talk::start(dev()).await;
    let cursor = talk.jane.cursor().await;
    let mut stream = talk.jane.follow(None).await;
    let first = set(&talk.john, png(1, 1)).await.expect(200);
    let told = stream.next_named("user").await;
    assert_eq!(told.data, first);
    let second = set(&talk.john, png(2, 2)).await.expect(200);
    assert_ne!(first["avatarURL"], second["avatarURL"]);
    assert_eq!(stream.next_named("user").await.data, second);
    // The same again has the same address, and is no news.
    let again = set(&talk.john, png(2, 2)).await.expect(200);
    assert_eq!(again, second);
    let (events, end) = talk.jane.poll(&cursor, 0).await;
    let told: Vec<_> = events.iter().filter(|event| event.name == "user").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].data, second);

    let path = text(&second["avatarURL"]).to_owned();
    for _ in 0..2 {
        let deleted = talk.john.delete("/api/auth_user/avatar").await;
        assert_eq!(deleted.expect(200)["avatarURL"], Value::Null);
    }
    talk.jane.get(&path).await.refused(404, "not_found");
    let (events, _) = talk.jane.poll(&end, 0).await;
    let told: Vec<_> = events
        .iter()
        .map(|event| (&*event.name, &event.data))
        .collect();
    let john = talk.john.get("/api/auth_user").await.expect(200);
    assert_eq!(told[0], ("user", &john));
}

/// A page of another site can't send a picture with the caller's cookie.
#[tokio::test]
async fn a_picture_comes_from_ones_own_page() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let token = john.token.clone().expect("a token");
    let request = john.nobody().request(Method::PUT, "/api/auth_user/avatar");
    let request = request
        .header("cookie", format!("tincan={token}"))
        .header("sec-fetch-site", "cross-site");
    let refused = answer(request.body(png(1, 1))).await;
    refused.refused(403, "cross_origin");
    let made = json!({ "name": "lamp", "scope": "send" });
    let made = john.post("/api/tokens", made).await.expect(201);
    let program = john.with_token(&made["token"]);
    set(&program, png(1, 1)).await.refused(403, "scope");
}
