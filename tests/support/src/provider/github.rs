//! What GitHub has instead of OpenID Connect.

use std::collections::HashMap;

use serde_json::json;

use super::{ACCESS_TOKEN, CLIENT_ID, Desk, Reply, SECRET, Wrong, json_reply, text};

impl Desk {
    /// GitHub’s refusals come with status 200.
    pub(super) fn github_token(&mut self, form: &HashMap<String, String>) -> Reply {
        let refuse = |code: &str| {
            json_reply(&json!({
                "error": code,
                "error_description": "The code passed is incorrect or expired.",
                "error_uri": "https://docs.github.com/",
            }))
        };
        if form["client_id"] != CLIENT_ID || form["client_secret"] != SECRET {
            return refuse("incorrect_client_credentials");
        }
        if self.wrong == Wrong::TokenError || self.redeem(form).is_none() {
            return refuse("bad_verification_code");
        }
        json_reply(&json!({
            "access_token": ACCESS_TOKEN,
            "scope": "",
            "token_type": "bearer",
        }))
    }

    pub(super) fn github_user(&self, authorization: Option<&str>) -> Reply {
        if authorization != Some(&format!("Bearer {ACCESS_TOKEN}")) {
            return text(401, "who?");
        }
        match self.wrong {
            Wrong::NoDetails => text(503, "later"),
            Wrong::Nonsense => json_reply(&json!({ "id": "583231" })),
            _ => json_reply(&self.github_user),
        }
    }
}
