//! What a provider says about itself, its keys, its tokens and the people it sends back: what is needed, what doesn’t
//! matter, and what is refused (OpenID Connect Discovery §3 and §4.3, RFC 6749 §5, RFC 9207 §2.4).

use serde_json::json;

use super::Server;
use crate::provider::{Desk, Provider};

/// Providers, and why each is refused, if it is.
#[derive(Default)]
struct Rows(Vec<(String, Option<String>, Provider)>);

impl Rows {
    /// A provider that is changed by `change`.
    async fn add(&mut self, case: &str, reason: Option<&str>, change: impl FnOnce(&mut Desk)) {
        let provider = Provider::start().await;
        change(&mut provider.desk());
        let reason = reason.map(str::to_owned);
        self.0.push((case.to_owned(), reason, provider));
    }

    /// Tries all of them.
    async fn hold(self) {
        let server = Server::start(self.0.iter().map(|(_, _, provider)| provider)).await;
        for (case, reason, provider) in &self.0 {
            match reason {
                Some(reason) => server.refuses(provider, case, reason).await,
                None => server.takes(provider, case).await,
            }
        }
    }
}

#[tokio::test]
async fn what_nobody_needs_of_a_providers_metadata_may_be_anything() {
    let mut rows = Rows::default();
    for (case, metadata) in [
        (
            "blank URIs",
            json!({ "registration_endpoint": "", "op_policy_uri": "", "op_tos_uri": " ", "service_documentation": "" }),
        ),
        (
            "a blank UserInfo endpoint",
            json!({ "userinfo_endpoint": "" }),
        ),
        ("no UserInfo endpoint", json!({ "userinfo_endpoint": null })),
        (
            "a UserInfo endpoint that is none",
            json!({ "userinfo_endpoint": ["?"] }),
        ),
        (
            "nulls",
            json!({ "claims_supported": null, "scopes_supported": null, "token_endpoint_auth_methods_supported": null }),
        ),
        (
            "lists that are none",
            json!({ "response_types_supported": "code", "subject_types_supported": {}, "id_token_signing_alg_values_supported": 7 }),
        ),
        (
            "empty lists",
            json!({ "scopes_supported": [], "token_endpoint_auth_methods_supported": [] }),
        ),
        (
            "lists of nonsense",
            json!({ "scopes_supported": [7, "profile"], "token_endpoint_auth_methods_supported": [null, "client_secret_basic"] }),
        ),
        (
            "the secret in the body",
            json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] }),
        ),
        (
            "no scope for profiles",
            json!({ "scopes_supported": ["openid", "email"] }),
        ),
        (
            "no word of issuers",
            json!({ "authorization_response_iss_parameter_supported": "no" }),
        ),
    ] {
        rows.add(case, None, |desk| desk.metadata = metadata).await;
    }
    rows.hold().await;
}

#[tokio::test]
async fn what_is_needed_of_a_providers_metadata_is_checked() {
    let mut rows = Rows::default();
    let issuer = "metadata: issuer: isn’t spelled as the one that was set up";
    for (case, metadata, reason) in [
        (
            "another issuer",
            json!({ "issuer": "https://v4lue.example" }),
            issuer,
        ),
        (
            "a template",
            json!({ "issuer": "https://v4lue.example/{tenantid}/v2.0" }),
            issuer,
        ),
        ("no issuer", json!({ "issuer": null }), issuer),
        ("issuers", json!({ "issuer": ["v4lue"] }), issuer),
        (
            "no authorization endpoint",
            json!({ "authorization_endpoint": null }),
            "metadata: authorization_endpoint: is missing",
        ),
        (
            "no token endpoint",
            json!({ "token_endpoint": "" }),
            "metadata: token_endpoint: is missing",
        ),
        (
            "no keys",
            json!({ "jwks_uri": "v4lue" }),
            "metadata: jwks_uri: is missing",
        ),
        (
            "plain http",
            json!({ "authorization_endpoint": "http://v4lue.example/" }),
            "authorization_endpoint: isn’t https",
        ),
        (
            "a script",
            json!({ "authorization_endpoint": "javascript:v4lue" }),
            "authorization_endpoint: isn’t https",
        ),
        (
            "keys by plain http",
            json!({ "jwks_uri": "http://login.example/v4lue" }),
            "jwks_uri: login.example isn’t https",
        ),
    ] {
        rows.add(case, Some(reason), |desk| desk.metadata = metadata)
            .await;
    }
    let huge = format!("{{\"issuer\":\"{}\"}}", "v4lue".repeat(300_000));
    for (case, text, reason) in [
        ("a page", "<title>v4lue</title>", "isn’t JSON"),
        ("nothing", "", "isn’t JSON"),
        ("two documents", "{}{\"v4lue\":1}", "isn’t JSON"),
        ("a list", "[\"v4lue\"]", "issuer: isn’t spelled"),
        ("a huge one", &huge, "a response of more than 1048576 bytes"),
    ] {
        let reason = if reason.starts_with("isn’t") {
            format!("metadata: the response {reason}")
        } else {
            format!("metadata: {reason}")
        };
        rows.add(case, Some(&reason), |desk| {
            desk.discovery = Some(text.to_owned());
        })
        .await;
    }
    for (case, text, reason) in [
        (
            "a page",
            "<title>v4lue</title>",
            "jwks_uri: the response isn’t JSON",
        ),
        (
            "a list",
            "[{\"kid\":\"v4lue\"}]",
            "jwks_uri: isn’t a set of keys",
        ),
        (
            "keys that are none",
            "{\"keys\":\"v4lue\"}",
            "jwks_uri: isn’t a set of keys",
        ),
        ("no keys", "{\"keys\":[]}", "kid: isn’t that of a key"),
        (
            "a huge one",
            &huge,
            "jwks_uri: a response of more than 1048576 bytes",
        ),
    ] {
        rows.add(case, Some(reason), |desk| {
            desk.key_set = Some(text.to_owned());
        })
        .await;
    }
    rows.hold().await;
}

/// RFC 8259 §8.1: who reads JSON may pass over a byte order mark.
#[tokio::test]
async fn a_byte_order_mark_in_front_of_a_document_makes_no_difference() {
    let mut rows = Rows::default();
    // All of them: metadata, keys and tokens.
    rows.add("marked", None, |desk| desk.is_marked = true).await;
    rows.hold().await;
}

#[tokio::test]
async fn an_answer_with_tokens_has_what_is_needed() {
    let mut rows = Rows::default();
    for (case, answer) in [
        ("a type in small letters", json!({ "token_type": "bearer" })),
        ("a lifetime as a text", json!({ "expires_in": "3600" })),
        ("a list of scopes", json!({ "scope": ["openid"] })),
        (
            "nulls",
            json!({ "refresh_token": null, "scope": null, "expires_in": null }),
        ),
        ("an error that is null", json!({ "error": null })),
    ] {
        rows.add(case, None, |desk| desk.token_answer = answer)
            .await;
    }
    for (case, answer, reason) in [
        (
            "no access token",
            json!({ "access_token": null }),
            "token endpoint: access_token: is missing",
        ),
        (
            "access tokens",
            json!({ "access_token": ["v4lue"] }),
            "token endpoint: access_token: is missing",
        ),
        (
            "another type",
            json!({ "token_type": "v4lue" }),
            "token endpoint: token_type: isn’t Bearer",
        ),
        (
            "no type",
            json!({ "token_type": null }),
            "token endpoint: token_type: isn’t Bearer",
        ),
        (
            "no id token",
            json!({ "id_token": null }),
            "token endpoint: id_token: is missing",
        ),
        (
            "an id token that is none",
            json!({ "id_token": "v4lue" }),
            "id token: token: isn’t a signed one",
        ),
        (
            "an encrypted id token",
            json!({ "id_token": "djQ.djQ.djQ.djQ.djQ" }),
            "id token: token: isn’t a signed one",
        ),
        (
            "an error",
            json!({ "error": "invalid_grant", "error_description": "v4lue" }),
            "token endpoint: invalid_grant",
        ),
        (
            "an error that is none",
            json!({ "error": "v4lue\nV4LUE" }),
            "token endpoint: an error whose code isn’t one",
        ),
    ] {
        rows.add(case, Some(reason), |desk| desk.token_answer = answer)
            .await;
    }
    rows.hold().await;
}

/// RFC 9207: a code that another provider made must not be taken.
#[tokio::test]
async fn who_sends_somebody_back_is_checked() {
    let wrong = "authorization response: iss: isn’t the issuer";
    let missing = "authorization response: iss: is missing";
    let mut rows = Vec::new();
    for (case, is_announced, names, refused) in [
        ("announced and right", true, Some(""), None),
        ("announced and missing", true, None, Some(missing)),
        ("announced and another", true, Some("/v4lue"), Some(wrong)),
        ("announced and a stroke more", true, Some("/"), Some(wrong)),
        ("right without a word", false, Some(""), None),
        ("missing without a word", false, None, None),
        ("another without a word", false, Some("/v4lue"), Some(wrong)),
    ] {
        for denies in [false, true] {
            let provider = Provider::start().await;
            let url = provider.url();
            provider.desk().metadata =
                json!({ "authorization_response_iss_parameter_supported": is_announced });
            provider.desk().back = names
                .map(|end| ("iss", format!("{url}{end}")))
                .into_iter()
                .collect();
            provider.desk().denies = denies;
            rows.push((case, refused, denies, provider));
        }
    }
    let server = Server::start(rows.iter().map(|(_, _, _, provider)| provider)).await;
    for (case, refused, denies, provider) in &rows {
        match (refused, denies) {
            (Some(reason), _) => {
                server.refuses(provider, case, reason).await;
                assert_eq!(provider.count("POST /token"), 0, "{case}");
            }
            (None, false) => server.takes(provider, case).await,
            (None, true) => {
                let end = server.sign_in(provider).await;
                assert_eq!(end.location, "/sign-in?problem=oauth_denied", "{case}");
            }
        }
    }
}
