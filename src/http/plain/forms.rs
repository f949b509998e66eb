//! Forms: who fills them in, how we know that they are ours, and what is kept of one that is refused.
//!
//! Browsers in a terminal say nothing of where a form comes from, and a cookie is sent by forms of
//! other sites too. So each of ours carries a token that only somebody who has the cookie's value can
//! make, and that says nothing of it.

use std::{fmt::Display, sync::Arc};

use maud::{Markup, html};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{
    error::{Error, ErrorCode},
    http::{
        reply::{ErrorResponse, HandlerResult},
        request::Request,
    },
    model::{User, UserId},
    store::{Session, hex},
};

/// Keeps the token from being a hash that anything else makes of a session's token, as the store does.
const LABEL: &[u8] = b"a form of tincan's plain pages ";

/// The session of somebody who looks at pages, and the token of their forms.
pub struct PageSession {
    session: Arc<Session>,
    token: String,
}

impl PageSession {
    /// Whoever asks for a page.
    ///
    /// # Errors
    /// 401 for a route that needs no session.
    pub fn of(request: &Request) -> HandlerResult<Self> {
        let session = Arc::clone(request.session()?);
        let secret = request.caller.cookie(&request.app.settings);
        let secret = secret.ok_or(Error::Unauthorized)?;
        let token = Sha256::new().chain_update(LABEL).chain_update(secret);
        Ok(Self {
            session,
            token: hex(&token.finalize()),
        })
    }

    pub fn user(&self) -> &User {
        &self.session.user
    }

    pub fn id(&self) -> UserId {
        self.session.user.id
    }

    /// A form that [`read_form`] takes. Browsers aren't to fill it in with what was sent from it: whoever
    /// goes back to it would send that again, from a page that is new and doesn't know.
    pub fn form(&self, action: impl Display, fields: Markup) -> Markup {
        html! {
            form method="post" action=(maud::display(action)) autocomplete="off" {
                (hidden("token", &self.token))
                (fields)
            }
        }
    }

    /// Compared without a shortcut, so that the time it takes doesn't tell how much of it is right.
    fn verifies(&self, token: &str) -> bool {
        let pairs = self.token.bytes().zip(token.bytes());
        let differing = pairs.fold(0, |differing, (own, theirs)| differing | (own ^ theirs));
        self.token.len() == token.len() && differing == 0
    }
}

/// A field that isn't shown.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// Who has filled in a form, and with what.
///
/// # Errors
/// 403 for a form that isn't of one of our pages for this session.
pub async fn read_form<T: DeserializeOwned>(
    request: &mut Request,
) -> HandlerResult<(PageSession, T)> {
    #[derive(Deserialize)]
    struct Form<T> {
        token: Option<String>,
        #[serde(flatten)]
        fields: T,
    }

    let Form { token, fields } = request.form::<Form<T>>().await?;
    let session = PageSession::of(request)?;
    if session.verifies(&token.unwrap_or_default()) {
        return Ok((session, fields));
    }
    let message = "This form is of an earlier page. Load the page anew, and try again";
    Err(ErrorResponse::new(ErrorCode::StaleForm, message))
}

/// A form that has nothing to fill in.
#[derive(Deserialize)]
pub struct EmptyForm {}

/// What somebody has written, and why it was refused, if it was.
#[derive(Clone, Copy, Default)]
pub struct Field<'a> {
    pub text: &'a str,
    pub problem: Option<&'a str>,
}

impl<'a> Field<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            problem: None,
        }
    }

    pub fn refused(text: &'a str, refusal: &'a ErrorResponse) -> Self {
        Self {
            text,
            problem: Some(refusal.message()),
        }
    }

    /// Why it was refused, to be shown above the field that the text is in.
    pub fn reason(&self) -> Markup {
        html! {
            @if let Some(problem) = self.problem {
                p .problem #problem role="alert" { (problem) "." }
            }
        }
    }

    /// The id of what describes the field.
    pub fn described_by(&self) -> Option<&'static str> {
        self.problem.map(|_| "problem")
    }

    /// A field for a text of some lines, with a label.
    pub fn text_field(&self, label: Markup) -> Markup {
        html! {
            div { label for="content" { (label) } }
            (self.reason())
            // The parser takes the first line break for part of the markup (WHATWG HTML §13.1.2.5).
            textarea #content name="content" rows="3" cols="60" dir="auto" required
                aria-describedby=[self.described_by()] { "\n" (self.text) }
        }
    }

    /// A field for a name, with a label.
    pub fn name_field(&self, name: &str, label: &str, autocomplete: &str) -> Markup {
        html! {
            label for=(name) { (label) } " "
            (self.reason())
            input #(name) name=(name) value=(self.text) dir="auto" required autocomplete=(autocomplete)
                autocapitalize="none" spellcheck="false" aria-describedby=[self.described_by()];
        }
    }
}

/// A text as it was typed: browsers send its line breaks as CR LF (WHATWG HTML §4.10.21.4).
pub fn normalize_line_breaks(text: Option<String>) -> String {
    text.unwrap_or_default().replace("\r\n", "\n")
}
