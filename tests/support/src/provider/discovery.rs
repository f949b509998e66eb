//! What the provider says about itself, and the keys that it shows.

use reqwest::Url;
use serde_json::{Value, json};

use super::{Desk, Wrong, lay_over, signing::jwk};

impl Desk {
    /// The usual path of what is at this path, which depends on the face.
    pub(super) fn usual(&self, path: &str) -> String {
        let metadata = self.metadata();
        let discovery = self.issuer_end.trim_end_matches('/').to_owned();
        if path == discovery + "/.well-known/openid-configuration" {
            return "/.well-known/openid-configuration".to_owned();
        }
        let usual = [
            ("authorization_endpoint", "/authorize"),
            ("token_endpoint", "/token"),
            ("userinfo_endpoint", "/userinfo"),
            ("jwks_uri", "/keys"),
        ];
        let is_there = |name: &str| {
            let url = metadata[name].as_str().and_then(|url| Url::parse(url).ok());
            url.is_some_and(|url| url.path() == path)
        };
        let usual = usual.iter().find(|(name, _)| is_there(name));
        usual.map_or(path, |(_, usual)| usual).to_owned()
    }

    pub(super) fn metadata(&self) -> Value {
        let issuer = match self.wrong {
            Wrong::OtherName => "https://login.example".to_owned(),
            _ => self.url(self.issuer_end),
        };
        let token = match self.wrong {
            // Leads here, but doesn’t say so.
            Wrong::PlainToken => format!("http://0.0.0.0:{}/token", self.address.port()),
            _ => self.url("/token"),
        };
        let mut metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": self.url("/authorize"),
            "token_endpoint": token,
            "userinfo_endpoint": self.url("/userinfo"),
            "jwks_uri": self.url("/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.alg],
        });
        lay_over(&mut metadata, &self.metadata);
        metadata
    }

    pub(super) fn keys(&self) -> Value {
        let mut own = jwk(self.alg, self.key);
        lay_over(&mut own, &self.shown_key);
        let own = own.as_object_mut().expect("an object");
        own.retain(|_, value| !value.is_null());
        let mut keys = self.more_keys.clone();
        keys.push(json!(own));
        json!({ "keys": keys })
    }

    /// Whether it says that it supports this, or leaves open what it supports.
    pub(super) fn supports(&self, what: &str, value: &str) -> bool {
        let list = self.metadata[format!("{what}_supported")].as_array();
        list.is_none_or(|list| list.is_empty() || list.contains(&value.into()))
    }
}
