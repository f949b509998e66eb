//! Which id tokens are believed. What is right for each row is from OpenID Connect Core §2 and §3.1.3.7, RFC 7515, RFC
//! 7519 §4.1 and RFC 8725.

use serde_json::{Value, json};

use super::Server;
use crate::provider::{
    CLIENT_ID, Provider, SECRET,
    signing::{base64, jwk},
    token::Token,
};

/// What is done to a good token.
type Tamper = fn(&mut Token);

/// What is done to it, and the part of it and the rule for which it is refused then. `v4lue` must not be logged.
const BAD: &[(&str, Tamper, &str)] = &[
    (
        "another issuer",
        |t| t.claims["iss"] = "https://v4lue.example".into(),
        "iss: isn’t the issuer",
    ),
    (
        "an issuer and a stroke",
        |t| t.claims["iss"] = format!("{}/", t.claims["iss"].as_str().expect("a text")).into(),
        "iss: isn’t the issuer",
    ),
    ("no issuer", |t| t.remove("iss"), "iss: is missing"),
    (
        "an issuer that is none",
        |t| t.claims["iss"] = json!(["v4lue"]),
        "iss: isn’t a text",
    ),
    ("no subject", |t| t.remove("sub"), "sub: is missing"),
    (
        "a subject that is null",
        |t| t.claims["sub"] = Value::Null,
        "sub: is missing",
    ),
    (
        "a numeric subject",
        |t| t.claims["sub"] = 42.into(),
        "sub: isn’t a text",
    ),
    (
        "an empty subject",
        |t| t.claims["sub"] = "".into(),
        "sub: isn’t 1 to 255",
    ),
    (
        "a long subject",
        |t| t.claims["sub"] = "v4lue".repeat(52).into(),
        "sub: isn’t 1 to 255",
    ),
    (
        "a subject beyond ASCII",
        |t| t.claims["sub"] = "v4lue-ü".into(),
        "sub: isn’t 1 to 255",
    ),
    ("no audience", |t| t.remove("aud"), "aud: is missing"),
    (
        "another audience",
        |t| t.claims["aud"] = "v4lue".into(),
        "aud: doesn’t name this client",
    ),
    (
        "audiences without this",
        |t| t.claims["aud"] = json!(["v4lue", "329"]),
        "aud: doesn’t name this client",
    ),
    (
        "an empty list of audiences",
        |t| t.claims["aud"] = json!([]),
        "aud: doesn’t name this client",
    ),
    (
        "an audience of another case",
        |t| t.claims["aud"] = CLIENT_ID.to_uppercase().into(),
        "aud: doesn’t name this client",
    ),
    (
        "an audience that has this in it",
        |t| t.claims["aud"] = format!("{CLIENT_ID} v4lue").into(),
        "aud: doesn’t name this client",
    ),
    (
        "a number among audiences",
        |t| t.claims["aud"] = json!([CLIENT_ID, 329]),
        "aud: isn’t a text, or a list of texts",
    ),
    (
        "an audience that is an object",
        |t| t.claims["aud"] = json!({ CLIENT_ID: true }),
        "aud: isn’t a text, or a list of texts",
    ),
    (
        "further audiences alone",
        |t| t.claims["aud"] = json!([CLIENT_ID, "v4lue"]),
        "azp: is missing",
    ),
    (
        "a foreign azp",
        |t| t.claims["azp"] = "v4lue".into(),
        "azp: isn’t this client",
    ),
    (
        "a foreign azp of several",
        |t| {
            t.claims["aud"] = json!([CLIENT_ID, "v4lue"]);
            t.claims["azp"] = "v4lue".into();
        },
        "azp: isn’t this client",
    ),
    (
        "an azp that is a list",
        |t| t.claims["azp"] = json!([CLIENT_ID]),
        "azp: isn’t this client",
    ),
    ("no exp", |t| t.remove("exp"), "exp: is missing"),
    (
        "an exp that is a text",
        |t| t.claims["exp"] = "1900000000".into(),
        "exp: isn’t a number",
    ),
    (
        "an exp beyond the leeway",
        |t| t.claims["exp"] = (t.now - 61).into(),
        "exp: has passed",
    ),
    (
        "an exp long ago",
        |t| t.claims["exp"] = 0.into(),
        "exp: has passed",
    ),
    (
        "an exp before the epoch",
        |t| t.claims["exp"] = (-1).into(),
        "exp: has passed",
    ),
    ("no iat", |t| t.remove("iat"), "iat: is missing"),
    (
        "an iat that is a text",
        |t| t.claims["iat"] = "2025-12-23T10:59:07Z".into(),
        "iat: isn’t a number",
    ),
    (
        "an iat far in the future",
        |t| t.claims["iat"] = (t.now + 600).into(),
        "iat: is in the future",
    ),
    (
        "an iat in milliseconds",
        |t| t.claims["iat"] = (t.now * 1000).into(),
        "iat: is in the future",
    ),
    (
        "an nbf in the future",
        |t| t.claims["nbf"] = (t.now + 600).into(),
        "nbf: is in the future",
    ),
    (
        "an nbf that is a text",
        |t| t.claims["nbf"] = "v4lue".into(),
        "nbf: isn’t a number",
    ),
    (
        "another nonce",
        |t| t.claims["nonce"] = "v4lue".into(),
        "nonce: isn’t the one of this sign-in",
    ),
    ("no nonce", |t| t.remove("nonce"), "nonce: is missing"),
    (
        "a nonce that is null",
        |t| t.claims["nonce"] = Value::Null,
        "nonce: is missing",
    ),
    (
        "a nonce in a list",
        |t| t.claims["nonce"] = json!([t.claims["nonce"]]),
        "nonce: isn’t a text",
    ),
    (
        "the hash of another access token",
        |t| t.claims["at_hash"] = base64([1; 16]).into(),
        "at_hash: isn’t that of the access token",
    ),
    (
        "half of the hash",
        |t| t.claims["at_hash"] = base64([]).into(),
        "at_hash: isn’t that of the access token",
    ),
    (
        "a claim twice",
        |t| t.payload = Some(t.claims.to_string().replacen('{', r#"{"aud":"v4lue","#, 1)),
        "claims: aren’t a JSON object",
    ),
    (
        "a subject twice",
        |t| t.payload = Some(t.claims.to_string().replacen('{', r#"{"sub":"v4lue","#, 1)),
        "claims: aren’t a JSON object",
    ),
    (
        "a list of claims",
        |t| t.payload = Some(json!(["v4lue"]).to_string()),
        "claims: aren’t a JSON object",
    ),
    (
        "claims that end early",
        |t| t.payload = Some(r#"{"iss":"v4lue""#.to_owned()),
        "claims: aren’t a JSON object",
    ),
    (
        "a number out of range",
        |t| t.payload = Some(t.claims.to_string().replacen('{', r#"{"exp":1e999,"#, 1)),
        "claims: aren’t a JSON object",
    ),
    (
        "no algorithm",
        |t| t.header = json!({ "kid": "first" }),
        "alg: isn’t one",
    ),
    ("none", |t| sign_by(t, "none"), "alg: isn’t one"),
    ("None", |t| sign_by(t, "None"), "alg: isn’t one"),
    ("NONE", |t| sign_by(t, "NONE"), "alg: isn’t one"),
    (
        "an algorithm in small letters",
        |t| t.header["alg"] = "rs256".into(),
        "alg: isn’t one",
    ),
    (
        "a list of algorithms",
        |t| t.header["alg"] = json!(["RS256"]),
        "alg: isn’t one",
    ),
    (
        "HS256 by the public key",
        |t| {
            t.header["alg"] = "HS256".into();
            t.secret = Some(jwk("RS256", "first").to_string().into_bytes());
        },
        "alg: isn’t one",
    ),
    (
        "HS256 by the modulus",
        |t| {
            t.header["alg"] = "HS256".into();
            t.secret = jwk("RS256", "first")["n"]
                .as_str()
                .map(|n| n.as_bytes().to_vec());
        },
        "alg: isn’t one",
    ),
    (
        "HS256 by the client’s secret",
        |t| {
            t.header["alg"] = "HS256".into();
            t.secret = Some(SECRET.as_bytes().to_vec());
        },
        "alg: isn’t one",
    ),
    (
        "ES256 by the key for RS256",
        |t| sign_by(t, "ES256"),
        "kid: isn’t that of a key",
    ),
    (
        "PS256 where the key says RS256",
        |t| sign_by(t, "PS256"),
        "kid: isn’t that of a key",
    ),
    ("another key", |t| t.key = "second", "signature: isn’t that"),
    (
        "another algorithm than it says",
        |t| t.alg = "RS512",
        "signature: isn’t that",
    ),
    ("no signature", |t| t.alg = "none", "signature: isn’t that"),
    (
        "an unknown key id",
        |t| t.header["kid"] = "v4lue".into(),
        "kid: isn’t that of a key",
    ),
    (
        "a key id that is a number",
        |t| t.header["kid"] = 1.into(),
        "kid: isn’t a text",
    ),
    (
        "its own key beside it",
        |t| {
            t.header["jwk"] = jwk("RS256", "second");
            t.key = "second";
        },
        "signature: isn’t that",
    ),
    (
        "an extension that it insists on",
        |t| {
            t.header["crit"] = json!(["v4lue"]);
            t.header["v4lue"] = true.into();
        },
        "crit: names an extension",
    ),
    (
        "an empty list of extensions",
        |t| t.header["crit"] = json!([]),
        "crit: names an extension",
    ),
    (
        "an algorithm twice",
        |t| t.header_text = Some(r#"{"alg":"none","alg":"RS256","kid":"first"}"#.to_owned()),
        "header: isn’t a JSON object",
    ),
    (
        "a key id twice",
        |t| t.header_text = Some(r#"{"alg":"RS256","kid":"v4lue","kid":"first"}"#.to_owned()),
        "header: isn’t a JSON object",
    ),
    (
        "a header that is none",
        |t| t.header_text = Some("v4lue".to_owned()),
        "header: isn’t a JSON object",
    ),
    (
        "more than a megabyte",
        |t| t.claims["more"] = "v4lue".repeat(200_000).into(),
        "an answer of more than",
    ),
];

/// What is done to a good token that must be taken all the same.
const GOOD: &[(&str, Tamper)] = &[
    ("as it should be", |_| {}),
    ("a time as RFC 3339 has it", |t| {
        t.claims["updated_at"] = "2025-12-23T10:59:07.841Z".into();
    }),
    ("a truth as a text", |t| {
        t.claims["email_verified"] = "true".into();
    }),
    ("a truth as a number", |t| {
        t.claims["phone_number_verified"] = 1.into();
    }),
    ("an address that is a list", |t| {
        t.claims["address"] = json!([]);
    }),
    ("an address that is a text", |t| {
        t.claims["address"] = "".into();
    }),
    ("a gender that is null", |t| {
        t.claims["gender"] = Value::Null;
    }),
    ("a claim twice that nobody needs", |t| {
        t.payload = Some(t.claims.to_string().replacen(
            '{',
            r#"{"zoneinfo":"a","zoneinfo":"b","#,
            1,
        ));
    }),
    ("a picture that is none", |t| {
        t.claims["picture"] = "not a URL".into();
    }),
    ("a picture that is a number", |t| {
        t.claims["picture"] = 7.into();
    }),
    ("names that are none", |t| {
        t.claims["preferred_username"] = json!(7);
        t.claims["nickname"] = json!({});
    }),
    ("names in several languages", |t| {
        t.claims["nickname#ja-Kana-JP"] = "ジョン".into();
    }),
    ("an azp beside one audience", |t| {
        t.claims["azp"] = CLIENT_ID.into();
    }),
    ("a list of this audience", |t| {
        t.claims["aud"] = json!([CLIENT_ID]);
    }),
    ("this audience twice", |t| {
        t.claims["aud"] = json!([CLIENT_ID, CLIENT_ID]);
    }),
    ("further audiences", |t| {
        t.claims["aud"] = json!(["329", CLIENT_ID]);
        t.claims["azp"] = CLIENT_ID.into();
    }),
    ("an exp five seconds ago", |t| {
        t.claims["exp"] = (t.now - 5).into();
    }),
    ("an exp within the leeway", |t| {
        t.claims["exp"] = (t.now - 45).into();
    }),
    ("an iat within the leeway", |t| {
        t.claims["iat"] = (t.now + 45).into();
    }),
    ("an nbf within the leeway", |t| {
        t.claims["nbf"] = (t.now + 45).into();
    }),
    ("dates with fractions", |t| {
        t.payload = Some(t.claims.to_string().replacen(
            &format!(r#""iat":{}"#, t.now),
            &format!(r#""iat":{}.5"#, t.now),
            1,
        ));
    }),
    ("an exp far away", |t| {
        t.claims["exp"] = 253_402_300_799_u64.into();
    }),
    ("an iat long ago", |t| t.claims["iat"] = 0.into()),
    ("no at_hash", |t| t.remove("at_hash")),
    ("no key id", |t| t.header = json!({ "alg": "RS256" })),
    ("a type", |t| t.header["typ"] = "JWT".into()),
    ("members that nobody needs", |t| {
        t.header["x5t"] = json!(["?"]);
    }),
];

/// Signs by this algorithm, and says so.
fn sign_by(token: &mut Token, alg: &'static str) {
    token.alg = alg;
    token.header["alg"] = alg.into();
}

#[tokio::test]
async fn a_token_that_breaks_a_rule_is_refused_and_the_log_names_both() {
    let provider = Provider::start().await;
    let server = Server::start([&provider]).await;
    for (case, tamper, reason) in BAD {
        provider.desk().tamper = Some(*tamper);
        server.refuses(&provider, case, reason).await;
    }
    provider.desk().tamper = None;
    server.takes(&provider, "afterwards").await;
}

#[tokio::test]
async fn a_token_that_breaks_none_is_taken_whatever_else_it_says() {
    let provider = Provider::start().await;
    let server = Server::start([&provider]).await;
    for (case, tamper) in GOOD {
        provider.desk().tamper = Some(*tamper);
        server.takes(&provider, case).await;
    }
}
