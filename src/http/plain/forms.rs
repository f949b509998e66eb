//! Forms: the session that submits them, their protection from cross-site requests, and fields with what was typed when a
//! form is refused.
//!
//! Browsers in a terminal don’t send the origin of a form, and they send cookies with forms of other sites, too. So each
//! form carries a token that is derived from the cookie’s value and doesn’t reveal it.

use std::{fmt::Display, sync::Arc};

use maud::{Markup, html};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use warp::http::Method;

use super::{language, page, words::Language};
use crate::{
    error::{Error, ErrorCode},
    http::{
        form_data::{Fields, FormData},
        reply::{ErrorResponse, HandlerResult},
        request::Request,
    },
    model::{User, UserId},
    store::Session,
};

/// Separates this hash from other hashes of a session’s token, such as the one in the database.
const LABEL: &[u8] = b"a form of tincan's plain pages ";

/// The session of a page’s reader, and the token of the page’s forms.
pub struct PageSession {
    pub words: &'static Language,
    /// The path of the page, or of the first page if the request changes something.
    pub path: String,
    session: Arc<Session>,
    token: String,
}

impl PageSession {
    /// The session of a request for a page.
    ///
    /// # Errors
    /// 401 if the route’s permission needs no session.
    pub fn of(request: &Request) -> HandlerResult<Self> {
        let session = Arc::clone(request.session()?);
        let secret = request.caller.cookie(&request.app.settings)?;
        let secret = secret.ok_or(Error::Unauthorized)?;
        let path = if request.caller.method() == Method::GET {
            format!("{}{}", request.path, request.query)
        } else {
            page::FIRST.to_owned()
        };
        let token = Sha256::new().chain_update(LABEL).chain_update(secret);
        Ok(Self {
            words: language::of(&request.caller),
            path,
            session,
            token: hex::encode(token.finalize()),
        })
    }

    pub fn user(&self) -> &User {
        &self.session.user
    }

    pub fn id(&self) -> UserId {
        self.session.user.id
    }

    /// A form for [`read_form`]. Autocomplete is off, so that browsers don’t restore what was sent already when somebody
    /// goes back to the page: they would send it again, with the new page’s client id.
    pub fn form(&self, action: impl Display, fields: Markup) -> Markup {
        self.encoded_form(None, action, fields)
    }

    /// Like [`form`](Self::form), for [`read_form_data`]. The token comes first, so that no file is taken without it.
    pub fn form_with_files(&self, action: impl Display, fields: Markup) -> Markup {
        self.encoded_form(Some("multipart/form-data"), action, fields)
    }

    fn encoded_form(&self, enctype: Option<&str>, action: impl Display, fields: Markup) -> Markup {
        html! {
            form method="post" action=(maud::display(action)) enctype=[enctype] autocomplete="off" {
                (hidden("token", &self.token))
                (fields)
            }
        }
    }

    /// What refuses a form that has another token.
    fn verifier(&self) -> impl Fn(Option<&str>) -> HandlerResult<()> + Send + Sync + use<> {
        let (words, own) = (self.words, self.token.clone());
        move |token| {
            // In constant time, so that the time doesn’t tell how much of the token is right.
            if own
                .as_bytes()
                .ct_eq(token.unwrap_or_default().as_bytes())
                .into()
            {
                return Ok(());
            }
            let message = words.text("error.stale_form");
            Err(ErrorResponse::new(ErrorCode::StaleForm, message))
        }
    }
}

/// A hidden field.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// Reads a form: the session that submits it, and its fields.
///
/// # Errors
/// 403 if the form doesn’t come from one of our pages for this session.
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
    session.verifier()(token.as_deref())?;
    Ok((session, fields))
}

/// Reads a form with files: the session that submits it, its fields, and its files or why they are refused.
///
/// # Errors
/// As for [`read_form`].
pub async fn read_form_data(request: &mut Request) -> HandlerResult<(PageSession, FormData)> {
    let session = PageSession::of(request)?;
    let verify = session.verifier();
    let check = move |fields: &Fields| verify(fields.text("token")?.as_deref());
    let form = request.form_data(session.id(), check).await?;
    Ok((session, form))
}

/// A form without fields.
#[derive(Deserialize)]
pub struct EmptyForm {}

/// The text of a field, and why it was refused, if it was.
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

    pub fn refused(text: &'a str, reason: &'a str) -> Self {
        Self {
            text,
            problem: Some(reason),
        }
    }

    /// Why the text was refused, to be shown above the field.
    pub fn reason(&self) -> Markup {
        html! {
            @if let Some(problem) = self.problem {
                p .problem #problem role="alert" { (problem) }
            }
        }
    }

    /// The id of the element that describes the field.
    pub fn described_by(&self) -> Option<&'static str> {
        self.problem.map(|_| "problem")
    }

    /// A field of several lines, with a label. It isn’t `required` where files can be sent without a text.
    pub fn text_field(&self, label: Markup, required: bool) -> Markup {
        html! {
            div { label for="content" { (label) } }
            (self.reason())
            // HTML parsers drop the first line break in a textarea (WHATWG HTML §13.1.2.5).
            textarea #content name="content" rows="3" cols="60" dir="auto" required[required]
                aria-describedby=[self.described_by()] { "\n" (self.text) }
        }
    }

    /// A field of one line for a name, with a label.
    pub fn name_field(&self, name: &str, label: &str, autocomplete: &str) -> Markup {
        html! {
            label for=(name) { (label) } " "
            (self.reason())
            input #(name) name=(name) value=(self.text) dir="auto" required autocomplete=(autocomplete)
                autocapitalize="none" spellcheck="false" aria-describedby=[self.described_by()];
        }
    }
}

/// The text with the line breaks as typed: browsers send them as CR LF (WHATWG HTML §4.10.21.4).
pub fn normalize_line_breaks(text: Option<String>) -> String {
    text.unwrap_or_default().replace("\r\n", "\n")
}
