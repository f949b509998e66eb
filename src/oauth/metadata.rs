//! What a provider says about itself (OpenID Connect Discovery §3). Members that aren’t needed are never read, and an
//! optional one that is blank or makes no sense counts as left out.

use serde_json::Value;
use url::Url;

use super::code::Authentication;

pub struct Metadata {
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    pub userinfo_endpoint: Option<Url>,
    pub jwks_uri: Url,
    pub authentication: Authentication,
    /// Whether it knows the scope by which names and pictures are asked for. Apple doesn’t.
    pub has_profile_scope: bool,
    /// Whether its answers always name it (RFC 9207 §3).
    pub names_issuer: bool,
}

impl Metadata {
    /// Where the metadata of this issuer is.
    pub fn url(issuer: &str) -> Option<Url> {
        let issuer = issuer.trim_end_matches('/');
        Url::parse(&format!("{issuer}/.well-known/openid-configuration")).ok()
    }

    /// Reads the metadata of this issuer.
    ///
    /// # Errors
    /// Which member breaks which rule.
    pub fn new(json: &Value, issuer: &str) -> Result<Self, String> {
        // Otherwise it could speak for another provider (Discovery §4.3).
        if json.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err("issuer: isn’t spelled as the one that was set up".to_owned());
        }
        let url = |name| {
            json.get(name)?
                .as_str()
                .and_then(|url| Url::parse(url).ok())
        };
        let needed = |name| url(name).ok_or_else(|| format!("{name}: is missing, or isn’t a URL"));
        // Basic is what it knows if it doesn’t say.
        let methods = "token_endpoint_auth_methods_supported";
        let authentication = if allows(json, methods, "client_secret_basic") {
            Authentication::Basic
        } else {
            Authentication::Body
        };
        Ok(Self {
            authorization_endpoint: needed("authorization_endpoint")?,
            token_endpoint: needed("token_endpoint")?,
            userinfo_endpoint: url("userinfo_endpoint"),
            jwks_uri: needed("jwks_uri")?,
            authentication,
            has_profile_scope: allows(json, "scopes_supported", "profile"),
            names_issuer: json.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
        })
    }
}

/// Whether a list has this value, or isn’t there.
fn allows(json: &Value, list: &str, value: &str) -> bool {
    let list = json.get(list).and_then(Value::as_array);
    list.is_none_or(|values| values.is_empty() || values.iter().any(|other| other == value))
}
