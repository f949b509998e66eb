//! Providers that people have, as their documentation describes them: what each says about itself, how it signs, and what
//! it says of people. `{issuer}` stands for the provider’s address.

#![allow(clippy::too_many_lines, reason = "it is a table")]

use serde_json::{Value, json};

use super::{Provider, signing::jwk};

/// How a provider is, where it isn’t as the test’s own.
pub struct Face {
    pub name: &'static str,
    /// What the issuer ends in.
    pub issuer: &'static str,
    pub alg: &'static str,
    pub metadata: Value,
    pub more_keys: Vec<Value>,
    pub shown_key: Value,
    /// In the id token.
    pub claims: Value,
    /// In the UserInfo response.
    pub details: Value,
    pub token_answer: Value,
    /// What people come back with, beside code and state.
    pub back: Vec<(&'static str, &'static str)>,
    /// The username that it has by the standard’s claims.
    pub username: Option<&'static str>,
}

impl Provider {
    /// From now on it is as another.
    pub fn put_on(&self, face: &Face) {
        let mut desk = self.desk();
        let issuer = desk.url(face.issuer);
        let at_home = |json: &Value| -> Value {
            let text = json
                .to_string()
                .replace("{issuer}", issuer.trim_end_matches('/'));
            serde_json::from_str(&text).expect("JSON")
        };
        desk.issuer_end = face.issuer;
        desk.alg = face.alg;
        desk.metadata = at_home(&face.metadata);
        desk.more_keys.clone_from(&face.more_keys);
        desk.shown_key = face.shown_key.clone();
        desk.claims = at_home(&face.claims);
        desk.details = at_home(&face.details);
        desk.token_answer = face.token_answer.clone();
        let back = face.back.iter();
        let back = back.map(|(name, value)| (*name, value.replace("{issuer}", &issuer)));
        desk.back = back.collect();
    }
}

/// One that signs with RS256 and is as the standard has it.
fn face(name: &'static str, issuer: &'static str) -> Face {
    Face {
        name,
        issuer,
        alg: "RS256",
        metadata: json!({}),
        more_keys: Vec::new(),
        shown_key: json!({}),
        claims: json!({}),
        details: json!({}),
        token_answer: json!({}),
        back: Vec::new(),
        username: None,
    }
}

/// Where the endpoints are, below the issuer.
fn endpoints(authorize: &str, token: &str, user_info: &str, keys: &str) -> Value {
    json!({
        "authorization_endpoint": format!("{{issuer}}{authorize}"),
        "token_endpoint": format!("{{issuer}}{token}"),
        "userinfo_endpoint": format!("{{issuer}}{user_info}"),
        "jwks_uri": format!("{{issuer}}{keys}"),
    })
}

/// Adds members to an object.
fn with(mut object: Value, more: Value) -> Value {
    super::lay_over(&mut object, &more);
    object
}

/// The first half of the table: those that people run at home.
#[must_use]
pub fn at_home() -> Vec<Face> {
    vec![
        Face {
            metadata: with(
                endpoints(
                    "/protocol/openid-connect/auth",
                    "/protocol/openid-connect/token",
                    "/protocol/openid-connect/userinfo",
                    "/protocol/openid-connect/certs",
                ),
                json!({
                    "authorization_response_iss_parameter_supported": true,
                    "mtls_endpoint_aliases": { "token_endpoint": "{issuer}/mtls" },
                    "acr_values_supported": ["0", "1"],
                }),
            ),
            // A key for encryption stands beside the one for signatures.
            more_keys: vec![with(
                jwk("RS256", "second"),
                json!({ "kid": "encryption", "use": "enc", "alg": "RSA-OAEP" }),
            )],
            claims: json!({
                "sub": "f:1f0e:john", "azp": super::CLIENT_ID, "typ": "ID", "acr": "1",
                "sid": "c0ffee", "email_verified": false, "preferred_username": "keycloak.john",
                "address": {}, "realm_access": { "roles": ["user"] },
            }),
            details: json!({ "sub": "f:1f0e:john" }),
            token_answer: json!({ "not-before-policy": 0, "session_state": "c0ffee", "refresh_expires_in": 1800 }),
            back: vec![("session_state", "c0ffee"), ("iss", "{issuer}")],
            username: Some("keycloak.john"),
            ..face("keycloak", "/realms/home")
        },
        Face {
            metadata: endpoints("/authorize/", "/token/", "/userinfo/", "/jwks/"),
            claims: json!({
                "sub": "9d2c", "acr": "goauthentik.io/providers/oauth2/default", "amr": ["pwd"],
                "auth_time": 1_700_000_000, "email_verified": true, "name": "John",
                "given_name": "John", "preferred_username": "authentik-john", "nickname": "john",
                "groups": [], "uid": "a1", "entitlements": [], "roles": [],
            }),
            details: json!({ "sub": "9d2c" }),
            username: Some("authentik-john"),
            ..face("authentik", "/application/o/tincan/")
        },
        Face {
            metadata: with(
                endpoints(
                    "/api/oidc/authorization",
                    "/api/oidc/token",
                    "/api/oidc/userinfo",
                    "/jwks.json",
                ),
                json!({ "authorization_response_iss_parameter_supported": true }),
            ),
            // Names are in the UserInfo response alone.
            claims: json!({
                "sub": "b5e0", "azp": super::CLIENT_ID, "client_id": super::CLIENT_ID, "amr": ["pwd", "kba"],
                "aud": [super::CLIENT_ID], "auth_time": 1_700_000_000, "jti": "0b5e",
                "preferred_username": null,
            }),
            details: json!({
                "sub": "b5e0", "preferred_username": "authelia_john", "rat": 1_700_000_000,
                "updated_at": 1_700_000_000, "alt_emails": [],
            }),
            back: vec![("iss", "{issuer}")],
            username: Some("authelia_john"),
            ..face("authelia", "")
        },
        Face {
            metadata: endpoints("/auth", "/token", "/userinfo", "/keys"),
            claims: json!({
                "sub": "CgVqb2huMhIFbG9jYWw", "email_verified": true, "name": "dexjohn",
                "preferred_username": "dexjohn", "federated_claims": { "connector_id": "local", "user_id": "1" },
            }),
            details: json!({ "sub": "CgVqb2huMhIFbG9jYWw" }),
            username: Some("dexjohn"),
            ..face("dex", "/dex")
        },
        Face {
            alg: "ES256",
            metadata: with(
                endpoints(
                    "/ui/oauth2",
                    "/oauth2/token",
                    "/userinfo",
                    "/public_key.jwk",
                ),
                json!({
                    "registration_endpoint": null, "service_documentation": "",
                    "code_challenge_methods_supported": ["S256"],
                }),
            ),
            claims: json!({
                "sub": "5f8c", "azp": super::CLIENT_ID, "nbf": 1_700_000_000, "auth_time": null,
                "jti": null, "s_hash": null, "scopes": ["openid", "profile"],
                "preferred_username": "kanidm-john@idm.example",
            }),
            details: json!({ "sub": "5f8c" }),
            username: Some("kanidm-john"),
            ..face("kanidm", "/oauth2/openid/tincan")
        },
        Face {
            metadata: with(
                endpoints(
                    "/oauth/v2/authorize",
                    "/oauth/v2/token",
                    "/oidc/v1/userinfo",
                    "/oauth/v2/keys",
                ),
                json!({ "ui_locales_supported": ["de", "en"] }),
            ),
            more_keys: vec![with(jwk("RS256", "second"), json!({ "kid": "259" }))],
            // The project’s id stands in aud, always.
            claims: json!({
                "sub": "167", "aud": [super::CLIENT_ID, "329"], "azp": super::CLIENT_ID,
                "client_id": super::CLIENT_ID, "amr": ["pwd", "mfa"], "auth_time": 1_700_000_000,
                "urn:zitadel:iam:org:project:roles": { "user": { "1": "home.localhost" } },
            }),
            details: json!({
                "sub": "167", "preferred_username": "zitadel.john@home.example",
                "updated_at": 1_700_000_000, "locale": "und",
            }),
            username: Some("zitadel.john"),
            ..face("zitadel", "")
        },
        Face {
            metadata: with(
                endpoints(
                    "/login/oauth/authorize",
                    "/api/login/oauth/access_token",
                    "/api/userinfo",
                    "/.well-known/jwks",
                ),
                json!({ "introspection_endpoint": "", "device_authorization_endpoint": "" }),
            ),
            shown_key: json!({ "x5c": ["MIIE"], "x5t": "" }),
            claims: json!({
                "sub": "built-in/john", "aud": [super::CLIENT_ID], "address": [], "phone": "",
                "updated_at": "2025-12-23T10:59:07Z", "email_verified": false, "gender": "",
                "birthdate": "", "isAdmin": false, "tokenType": "id-token", "azp": super::CLIENT_ID,
                "nbf": 1_700_000_000, "preferred_username": "casdoor-john", "picture": "",
            }),
            details: json!({ "sub": "built-in/john", "address": "", "picture": "" }),
            username: Some("casdoor-john"),
            ..face("casdoor", "/cas")
        },
        Face {
            alg: "ES384",
            metadata: with(
                endpoints("/auth", "/token", "/me", "/jwks"),
                json!({ "authorization_response_iss_parameter_supported": true }),
            ),
            claims: json!({
                "sub": "u1v2", "name": null, "picture": null, "username": "john",
                "created_at": 1_700_000_000_000_u64, "updated_at": 1_700_000_000_000_u64,
            }),
            details: json!({ "sub": "u1v2", "picture": null, "preferred_username": "logto_john" }),
            back: vec![("iss", "{issuer}")],
            username: Some("logto_john"),
            ..face("logto", "/oidc")
        },
        Face {
            metadata: with(
                endpoints(
                    "/oauth/authorize",
                    "/oauth/token",
                    "/oauth/userinfo",
                    "/oauth/discovery/keys",
                ),
                json!({
                    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                }),
            ),
            claims: json!({ "sub": "42", "auth_time": 1_700_000_000, "sub_legacy": "0a1b" }),
            details: json!({
                "sub": "42", "sub_legacy": "0a1b", "name": "John", "nickname": "gitlab-john",
                "email": null, "email_verified": null, "website": "", "profile": "{issuer}/john",
                "picture": "https://secure.gravatar.com/avatar/0?s=80&d=identicon", "groups": [],
            }),
            username: Some("gitlab-john"),
            ..face("gitlab", "")
        },
        Face {
            metadata: endpoints(
                "/login/oauth/authorize",
                "/login/oauth/access_token",
                "/login/oauth/userinfo",
                "/login/oauth/keys",
            ),
            claims: json!({
                "sub": "7", "name": "", "preferred_username": "forgejo_john", "website": "",
                "locale": "en-US", "updated_at": 1_700_000_000, "groups": null,
            }),
            details: json!({ "sub": "7" }),
            token_answer: json!({ "token_type": "bearer", "refresh_token": "r" }),
            username: Some("forgejo_john"),
            ..face("forgejo", "/")
        },
        Face {
            metadata: with(
                endpoints(
                    "/oauth2/auth",
                    "/oauth2/token",
                    "/userinfo",
                    "/.well-known/jwks.json",
                ),
                json!({
                    "token_endpoint_auth_methods_supported":
                        ["client_secret_post", "client_secret_basic", "private_key_jwt", "none"],
                    "userinfo_signed_response_alg": ["RS256"],
                }),
            ),
            claims: json!({
                "sub": "3c1f", "aud": [super::CLIENT_ID], "acr": "", "amr": null, "rat": 1_700_000_000,
                "sid": "5d", "jti": "9e", "preferred_username": "ory.john",
            }),
            details: json!({ "sub": "3c1f" }),
            token_answer: json!({ "scope": "openid profile", "token_type": "bearer" }),
            back: vec![("scope", "openid profile")],
            username: Some("ory.john"),
            ..face("ory", "")
        },
        Face {
            metadata: with(
                endpoints("/authorize", "/token", "/userinfo", "/jwks"),
                json!({ "claims_supported": "all", "scopes_supported": ["openid", "profile", "email", "roles"] }),
            ),
            claims: json!({
                "sub": "admin", "preferred_username": "nextcloud-john", "scope": "openid profile",
                "updated_at": 1_700_000_000, "roles": ["users"], "quota": "", "address": "",
                "picture": "{issuer}/index.php/avatar/admin/64", "acr": "0",
                "azp": super::CLIENT_ID, "nbf": 1_700_000_000, "auth_time": 1_700_000_000, "jti": "77",
            }),
            details: json!({ "sub": "admin" }),
            username: Some("nextcloud-john"),
            ..face("nextcloud", "/index.php/apps/oidc")
        },
    ]
}

/// The second half: those that run elsewhere.
#[must_use]
pub fn elsewhere() -> Vec<Face> {
    vec![
        Face {
            metadata: with(
                endpoints(
                    "/authorize",
                    "/oauth/token",
                    "/userinfo",
                    "/.well-known/jwks.json",
                ),
                json!({ "mfa_challenge_endpoint": "{issuer}/mfa/challenge", "revocation_endpoint": "" }),
            ),
            more_keys: vec![with(
                jwk("RS256", "second"),
                json!({ "kid": "next", "x5t": "AQ" }),
            )],
            claims: json!({
                "sub": "auth0|61f0", "sid": "0a", "nickname": "auth0_john", "name": "john@example.org",
                "updated_at": "2025-12-23T10:59:07.841Z", "email_verified": true,
                "picture": "https://s.gravatar.com/avatar/0?d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fjo.png",
            }),
            details: json!({ "sub": "auth0|61f0" }),
            username: Some("auth0_john"),
            ..face("auth0", "/")
        },
        Face {
            metadata: endpoints("/v1/authorize", "/v1/token", "/v1/userinfo", "/v1/keys"),
            claims: json!({
                "sub": "00uid4", "ver": 1, "amr": ["pwd"], "idp": "00o1", "jti": "ID.4e",
                "auth_time": 1_700_000_000, "preferred_username": "okta.john@example.org",
            }),
            details: json!({
                "sub": "00uid4", "zoneinfo": "America/Los_Angeles", "updated_at": 1_700_000_000,
                "address": { "street_address": "1 Main Street" },
            }),
            username: Some("okta.john"),
            ..face("okta", "/oauth2/default")
        },
        Face {
            metadata: with(
                endpoints(
                    "/oauth2/authorize",
                    "/oauth2/token",
                    "/oidc/userinfo",
                    "/discovery/keys",
                ),
                json!({
                    "token_endpoint_auth_methods_supported":
                        ["client_secret_post", "private_key_jwt", "client_secret_basic"],
                    "request_uri_parameter_supported": false, "tenant_region_scope": null,
                    "cloud_instance_name": "microsoftonline.com",
                }),
            ),
            more_keys: vec![with(
                jwk("RS256", "second"),
                json!({ "kid": "CsQ", "alg": null }),
            )],
            shown_key: json!({ "alg": null, "x5t": "nOo", "issuer": "{tenant}" }),
            claims: json!({
                "sub": "AAAA-BBBB_c", "ver": "2.0", "tid": "9188", "oid": "0000", "rh": "0.A", "uti": "zz",
                "nbf": 1_700_000_000, "preferred_username": "entra.john@example.com",
                "_claim_names": { "groups": "src1" },
                "_claim_sources": { "src1": { "endpoint": "{issuer}/getMemberObjects" } },
                "xms_pl": "en", "email_verified": 0,
            }),
            details: json!({ "sub": "AAAA-BBBB_c", "picture": "https://graph.microsoft.com/v1.0/me/photo/$value" }),
            token_answer: json!({ "ext_expires_in": 3599, "scope": "openid profile" }),
            back: vec![("session_state", "0f")],
            username: Some("entra.john"),
            ..face("entra", "/9188040d/v2.0")
        },
        Face {
            metadata: endpoints(
                "/o/oauth2/v2/auth",
                "/token",
                "/v1/userinfo",
                "/oauth2/v3/certs",
            ),
            more_keys: vec![with(jwk("RS256", "second"), json!({ "kid": "ab6" }))],
            // There are no usernames at Google.
            claims: json!({
                "sub": "110169484474386276334", "azp": super::CLIENT_ID, "email_verified": true,
                "hd": "example.com", "name": "John", "given_name": "John", "locale": "en",
                "picture": "https://lh3.googleusercontent.com/a/photo=s96-c",
            }),
            details: json!({ "sub": "110169484474386276334" }),
            back: vec![
                ("scope", "openid profile"),
                ("authuser", "0"),
                ("prompt", "consent"),
            ],
            ..face("google", "")
        },
        Face {
            metadata: endpoints(
                "/oauth2/auth",
                "/oauth2/token",
                "/userinfo",
                "/.well-known/jwks.json",
            ),
            claims: json!({
                "sub": "65a1", "aud": [super::CLIENT_ID], "email_verified": "true", "amr": null,
                "rat": 1_700_000_000, "preferred_username": "jumpcloud_john",
            }),
            details: json!({ "sub": "65a1", "email_verified": "true" }),
            username: Some("jumpcloud_john"),
            ..face("jumpcloud", "/")
        },
        Face {
            metadata: with(
                endpoints(
                    "/oauth2/authorize",
                    "/oauth2/token",
                    "/oauth2/userinfo",
                    "/.well-known/jwks.json",
                ),
                json!({ "claims_supported": null, "end_session_endpoint": " " }),
            ),
            shown_key: json!({ "x5t#S256": "Zm9v" }),
            claims: json!({
                "sub": "858a4792", "applicationId": super::CLIENT_ID, "authenticationType": "PASSWORD",
                "auth_time": 1_700_000_000, "email_verified": true, "roles": [], "sid": "1", "tid": "2",
                "scope": "openid", "preferred_username": "fusionauth.john", "phone_number_verified": "false",
            }),
            details: json!({ "sub": "858a4792" }),
            token_answer: json!({ "userId": "858a4792", "refresh_token": null }),
            back: vec![("locale", "en"), ("userState", "Authenticated")],
            username: Some("fusionauth.john"),
            ..face("fusionauth", "")
        },
        Face {
            metadata: endpoints(
                "/oauth2/authorize",
                "/oauth2/token",
                "/oauth2/userInfo",
                "/.well-known/jwks.json",
            ),
            more_keys: vec![with(jwk("RS256", "second"), json!({ "kid": "access=" }))],
            claims: json!({
                "sub": "aaaa-bbbb", "token_use": "id", "auth_time": 1_700_000_000, "event_id": "64f5",
                "origin_jti": "6d1b", "cognito:username": "john", "email_verified": true,
                "identities": [{ "userId": "1", "primary": "true", "dateCreated": "1642699117273", "issuer": null }],
            }),
            details: json!({
                "sub": "aaaa-bbbb", "email_verified": "true", "username": "john", "identities": "[]",
                "preferred_username": "cognito_john",
            }),
            username: Some("cognito_john"),
            ..face("cognito", "/eu-west-1_Example")
        },
        Face {
            metadata: json!({
                "authorization_endpoint": "{issuer}/auth/authorize",
                "token_endpoint": "{issuer}/auth/token",
                "jwks_uri": "{issuer}/auth/keys",
                // It has neither a UserInfo endpoint nor a scope for profiles, and takes the secret in the body.
                "userinfo_endpoint": null,
                "scopes_supported": ["openid", "email", "name"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "response_modes_supported": ["query", "fragment", "form_post"],
            }),
            more_keys: vec![with(jwk("RS256", "second"), json!({ "kid": "W6WcOKB" }))],
            claims: json!({
                "sub": "001999.f1.0330", "auth_time": 1_700_000_000, "nonce_supported": true,
                "email_verified": "true", "is_private_email": "true", "real_user_status": 2,
            }),
            ..face("apple", "")
        },
    ]
}
