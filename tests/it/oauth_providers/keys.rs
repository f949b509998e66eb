//! By which keys and algorithms id tokens are believed (RFC 7517, RFC 7518, OpenID Connect Core §10.1).

use serde_json::{Value, json};

use super::Server;
use crate::provider::{Provider, signing::jwk};

#[tokio::test]
async fn a_token_may_be_signed_in_every_way_that_proves_a_public_key() {
    let mut providers = Vec::new();
    for alg in [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519",
    ] {
        let provider = Provider::start().await;
        provider.desk().alg = alg;
        providers.push((alg, provider));
    }
    let server = Server::start(providers.iter().map(|(_, provider)| provider)).await;
    for (alg, provider) in &providers {
        server.takes(provider, alg).await;
        provider.desk().tamper = Some(|token| token.key = "second");
        if alg.starts_with(['R', 'P']) {
            server.refuses(provider, alg, "signature: isn’t that").await;
        }
        provider.desk().tamper = Some(|token| token.alg = "none");
        server.refuses(provider, alg, "signature: isn’t that").await;
    }
}

/// What stands before the provider’s own key, and what is different about that.
fn key_sets() -> Vec<(&'static str, Vec<Value>, Value)> {
    let broken = |change: Value| {
        let mut key = jwk("RS256", "second");
        for (name, value) in change.as_object().expect("an object") {
            key[name] = value.clone();
        }
        key
    };
    let modulus = jwk("RS256", "first")["n"].clone();
    let modulus = modulus.as_str().expect("a text");
    vec![
        (
            "no id and no use",
            vec![],
            json!({ "kid": null, "use": null, "alg": null }),
        ),
        (
            "a null and a word of another",
            vec![json!(null), json!("key")],
            json!({}),
        ),
        (
            "one of an unknown kind",
            vec![json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AA" })],
            json!({}),
        ),
        (
            "one without a kind",
            vec![json!({ "kid": "first" })],
            json!({}),
        ),
        (
            "a shared secret of the same id",
            vec![json!({ "kty": "oct", "kid": "first", "k": "AA" })],
            json!({}),
        ),
        (
            "one without a modulus",
            vec![broken(json!({ "kid": "first", "n": null }))],
            json!({}),
        ),
        (
            "one that isn’t base 64",
            vec![broken(json!({ "kid": "first", "n": "?" }))],
            json!({}),
        ),
        (
            "one that is too short",
            vec![broken(json!({ "kid": "first", "n": "AQAB" }))],
            json!({}),
        ),
        (
            "one for encryption, of the same id",
            vec![broken(json!({ "kid": "first", "use": "enc" }))],
            json!({}),
        ),
        (
            "one that may not verify",
            vec![broken(json!({ "kid": "first", "key_ops": ["encrypt"] }))],
            json!({}),
        ),
        (
            "another of the same id",
            vec![broken(json!({ "kid": "first" }))],
            json!({}),
        ),
        (
            "one of a curve, of the same id",
            vec![{
                let mut key = jwk("ES256", "first");
                key["alg"] = Value::Null;
                key
            }],
            json!({}),
        ),
        ("what it may do", vec![], json!({ "key_ops": ["verify"] })),
        (
            "a padded modulus",
            vec![],
            json!({ "n": format!("{modulus}==") }),
        ),
        (
            "a modulus with a zero in front",
            vec![],
            json!({ "n": format!("AAAA{modulus}") }),
        ),
    ]
}

#[tokio::test]
async fn among_a_providers_keys_the_right_one_is_found() {
    let mut providers = Vec::new();
    for (case, more, shown) in key_sets() {
        let provider = Provider::start().await;
        provider.desk().more_keys = more;
        provider.desk().shown_key = shown;
        providers.push((case, provider));
    }
    let provider = Provider::start().await;
    provider.desk().more_keys = vec![jwk("RS256", "second")];
    provider.desk().tamper = Some(|token| token.header = json!({ "alg": "RS256" }));
    providers.push(("several keys, and a token that names none", provider));
    let server = Server::start(providers.iter().map(|(_, provider)| provider)).await;
    for (case, provider) in &providers {
        server.takes(provider, case).await;
    }
}
