//! The contract as an OpenAPI document (OpenAPI 3.1.1, whose schemas are JSON Schema 2020-12).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    Row,
    error::{ApiError, status},
    operation::{
        Answer, Effect, Header, HeaderValue, Operation, Parameter, Place, Refusal, Scheme, Tag,
    },
    schemas::Schemas,
};
use crate::{
    error::ErrorCode::{
        self, Busy, CrossOrigin, DailyLimit, Internal, Invalid, Malformed, MetricsAreLocal,
        NotAdmin, ProofRequired, Scope, SecondFactorNeeded, Stopping, StorageFull, Throttled,
        Timeout, TooFast, TooLarge, TooManyStreams, TwoCookies, Unauthorized, UnsupportedMediaType,
        WebsocketVersion,
    },
    model::Permission,
};

/// The version of OpenAPI.
pub const VERSION: &str = "3.1.1";

const ABOUT: &str = "What every client of Tincan, a self-hosted messenger, may rely on.

Requests authenticate with a bearer token or the session cookie. An API token is a bearer token with fewer permissions \
(403 `scope`). With only the cookie, requests that change something must come from a page of this server (403 \
`cross_origin`). A client may send the header `tincan-user` with the id of the user it expects to be: if the cookie \
belongs to another user by now, the response is 401.

Every error is an `ApiError`. HEAD works wherever GET does. Every response has `X-Request-Id`, which identifies the \
request in the server’s log. An unknown path gets 404 `not_found`; a method that a path does not have gets 405 \
`method_not_allowed` with `Allow`.

Before it reaches an operation, a request may be refused: with 400 `malformed` if it has no path or not exactly one \
host; with 421 `misdirected` if the server doesn’t know the name in it; with 403 `dev_is_local` in development mode; and with 408 or 431, without a body, if its head is too slow or too \
large.";

/// Generates the document from the routes.
#[must_use]
pub fn document<'a>(rows: impl IntoIterator<Item = Row<'a>>) -> Value {
    let mut builder = Builder {
        schemas: Schemas::new(),
        responses: BTreeMap::new(),
    };
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for row in rows {
        let operation = builder.operation(&row);
        let path = paths.entry(row.path).or_default();
        path.insert(row.method.to_lowercase(), operation);
    }
    builder.schemas.add::<ApiError>();
    json!({
        "openapi": VERSION,
        "info": {
            "title": "Tincan",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT", "identifier": "MIT" },
            "description": ABOUT
        },
        "servers": [{ "url": "/" }],
        "tags": Tag::ALL.map(|tag| json!({ "name": tag.name(), "description": tag.description() })),
        "paths": paths,
        "components": {
            "securitySchemes": security_schemes(),
            "headers": {
                "NoStore": value_of(&NO_STORE),
                "RetryAfter": value_of(&RETRY_AFTER),
                "Challenge": value_of(&CHALLENGE)
            },
            "responses": builder.responses,
            "schemas": builder.schemas.finish()
        }
    })
}

const NO_STORE: Header = Header::constant("Cache-Control", "no-store");
const RETRY_AFTER: Header = Header::pattern("Retry-After", "^[0-9]+$").describe("Seconds");
const CHALLENGE: Header = Header::constant("WWW-Authenticate", "Bearer");

struct Builder {
    schemas: Schemas,
    /// Descriptions of errors that mean the same for all operations, by component name.
    responses: BTreeMap<String, Value>,
}

impl Builder {
    fn operation(&mut self, row: &Row<'_>) -> Value {
        let Operation {
            id,
            tag,
            summary,
            description,
            parameters,
            body,
            answers,
            security,
            ..
        } = row.operation;
        let mut operation = json!({ "operationId": id, "tags": [tag.name()], "summary": summary });
        if let Some(description) = description {
            operation["description"] = (*description).into();
        }
        let schemes = security.clone().unwrap_or_else(|| schemes(row.permission));
        operation["security"] = schemes.into_iter().flat_map(requirements).collect();
        if !parameters.is_empty() {
            operation["parameters"] = parameters
                .iter()
                .map(|parameter| self.parameter(parameter))
                .collect();
        }
        if let Some(body) = body {
            let content: Map<_, _> = body
                .content
                .iter()
                .map(|(media_type, shape)| {
                    let mut content = json!({ "schema": self.schemas.request(shape) });
                    if let Some(example) = &body.example {
                        content["example"] = example.clone();
                    }
                    ((*media_type).to_owned(), content)
                })
                .collect();
            operation["requestBody"] = json!({ "required": body.required, "content": content });
        }
        let mut responses: BTreeMap<String, Value> = BTreeMap::new();
        for answer in answers {
            responses.insert(answer.status.to_string(), self.answer(answer));
        }
        let mut refusals: BTreeMap<u16, Vec<Refusal>> = BTreeMap::new();
        for refusal in errors(row) {
            let refusals = refusals.entry(refusal.status).or_default();
            // An operation's own description of an error takes precedence over a general one.
            if refusals.iter().all(|other| other.code != refusal.code) {
                refusals.push(refusal);
            }
        }
        for (status, mut refusals) in refusals {
            refusals.sort_by_key(|refusal| refusal.code);
            let response = self.refused(&refusals, &row.operation.invalid);
            responses.insert(status.to_string(), response);
        }
        operation["responses"] = json!(responses);
        operation
    }

    fn parameter(&mut self, parameter: &Parameter) -> Value {
        let place = match parameter.place {
            Place::Path => "path",
            Place::Query => "query",
            Place::Header => "header",
        };
        let mut described = json!({
            "name": parameter.name,
            "in": place,
            "required": parameter.required,
            "schema": self.schemas.request(&parameter.shape)
        });
        if let Some(description) = parameter.description {
            described["description"] = description.into();
        }
        if let Some(example) = parameter.example {
            described["example"] = example.into();
        }
        described
    }

    fn answer(&mut self, answer: &Answer) -> Value {
        let mut headers = headers(&answer.headers);
        if !headers.contains_key(NO_STORE.name) {
            headers.insert(NO_STORE.name.to_owned(), reference("headers", "NoStore"));
        }
        let mut response = json!({ "description": answer.description, "headers": headers });
        let mut content = Map::new();
        for (media_type, shape) in &answer.content {
            content.insert(
                (*media_type).to_owned(),
                json!({ "schema": self.schemas.answer(shape) }),
            );
        }
        if let Some((server, client)) = &answer.frames {
            let server = self.schemas.answer(server);
            let client = self.schemas.request(client);
            content.insert(
                "application/json".to_owned(),
                json!({ "schema": server, "x-client-schema": client }),
            );
        }
        if !content.is_empty() {
            response["content"] = content.into();
        }
        response
    }

    /// The response for errors that share a status.
    fn refused(&mut self, refusals: &[Refusal], fields: &[&str]) -> Value {
        let response = refused(refusals, fields);
        let is_special = |refusal: &Refusal| refusal.meaning.is_some() || refusal.code == Invalid;
        if refusals.len() > 3 || refusals.iter().any(is_special) {
            return response;
        }
        let names = refusals.iter().map(|refusal| pascal(refusal.code.as_str()));
        let name = names.collect::<Vec<_>>().join("Or");
        self.responses.insert(name.clone(), response);
        reference("responses", &name)
    }
}

fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

fn refused(refusals: &[Refusal], fields: &[&str]) -> Value {
    let codes: Vec<_> = refusals
        .iter()
        .map(|refusal| refusal.code.as_str())
        .collect();
    let meanings = refusals.iter().map(|refusal| {
        let meaning = refusal.meaning.unwrap_or_else(|| refusal.code.meaning());
        format!("`{}`: {meaning}", refusal.code.as_str())
    });
    let code = match *codes {
        [code] => json!({ "type": "string", "const": code }),
        _ => json!({ "type": "string", "enum": codes }),
    };
    let mut schema = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["code", "message"],
        "properties": {
            "code": code,
            "message": { "type": "string", "minLength": 1, "description": "A sentence for people." }
        }
    });
    let mut headers = headers(&[]);
    headers.insert(NO_STORE.name.to_owned(), reference("headers", "NoStore"));
    for refusal in refusals {
        match (refusal.status, refusal.code) {
            (401, _) => {
                headers.insert(CHALLENGE.name.to_owned(), reference("headers", "Challenge"));
            }
            (503, _) | (_, Throttled | DailyLimit | TooFast | TooManyStreams) => {
                headers.insert(
                    RETRY_AFTER.name.to_owned(),
                    reference("headers", "RetryAfter"),
                );
            }
            (_, WebsocketVersion) => {
                for header in [
                    Header::constant("Sec-WebSocket-Version", "13"),
                    Header::constant("Upgrade", "websocket"),
                ] {
                    headers.insert(header.name.to_owned(), value_of(&header));
                }
            }
            (_, Invalid) => {
                let reasons: Map<_, _> = fields
                    .iter()
                    .map(|field| {
                        (
                            (*field).to_owned(),
                            json!({ "type": "string", "minLength": 1 }),
                        )
                    })
                    .collect();
                schema["required"] = json!(["code", "message", "errors"]);
                schema["properties"]["errors"] = json!({
                    "type": "object",
                    "description": "The reason for each field.",
                    "additionalProperties": false,
                    "minProperties": 1,
                    "properties": reasons
                });
            }
            _ => {}
        }
    }
    json!({
        "description": meanings.collect::<Vec<_>>().join("\n\n"),
        "headers": headers,
        "content": { "application/json": { "schema": schema } }
    })
}

fn headers(headers: &[Header]) -> Map<String, Value> {
    let named = headers
        .iter()
        .map(|header| (header.name.to_owned(), value_of(header)));
    named.collect()
}

fn value_of(header: &Header) -> Value {
    let schema = match header.value {
        HeaderValue::Constant(value) => json!({ "type": "string", "const": value }),
        HeaderValue::Pattern(pattern) => json!({ "type": "string", "pattern": pattern }),
        HeaderValue::Any => json!({ "type": "string" }),
    };
    let mut described = json!({ "required": header.required, "schema": schema });
    if let Some(description) = header.description {
        described["description"] = description.into();
    }
    described
}

/// All errors of a route: those that its operation lists, and those that follow from its method, permission and body.
fn errors(row: &Row<'_>) -> impl Iterator<Item = Refusal> {
    let operation = row.operation;
    let is_safe = row.method == "GET";
    let mut codes: Vec<ErrorCode> = Vec::new();
    match row.permission {
        // Pages are not part of the contract.
        Permission::Public
        | Permission::Provider
        | Permission::Hook
        | Permission::Page
        | Permission::Form => {}
        Permission::SignIn => codes.push(CrossOrigin),
        Permission::Metrics => codes.extend([Unauthorized, MetricsAreLocal]),
        Permission::Read | Permission::Feed => {
            codes.extend([Unauthorized, TwoCookies]);
            codes.extend((!is_safe).then_some(CrossOrigin));
        }
        Permission::Send | Permission::Person => {
            codes.extend([Unauthorized, TwoCookies, Scope]);
            codes.extend((!is_safe).then_some(CrossOrigin));
        }
        Permission::Bearer => codes.extend([Unauthorized, Scope]),
        Permission::Invite | Permission::Administrator => {
            codes.extend([
                Unauthorized,
                TwoCookies,
                Scope,
                NotAdmin,
                SecondFactorNeeded,
            ]);
            codes.extend((!is_safe).then_some(CrossOrigin));
        }
    }
    if row.needs_proof {
        codes.push(ProofRequired);
    }
    if row.rate.is_some() {
        codes.extend([TooFast, StorageFull]);
    }
    if operation.body.is_some() {
        codes.extend([Malformed, Timeout, TooLarge, UnsupportedMediaType]);
    }
    if !operation.invalid.is_empty() {
        codes.push(Invalid);
    }
    match operation.effect {
        Effect::Apart => {}
        Effect::OfMethod | Effect::Writes(_) => {
            codes.extend([Internal, Busy, Stopping]);
            let writes = match operation.effect {
                Effect::Writes(writes) => writes,
                _ => !is_safe,
            };
            codes.extend(writes.then_some(StorageFull));
        }
    }
    let derived = codes
        .into_iter()
        .map(|code| Refusal::of(status(code), code));
    operation.errors.clone().into_iter().chain(derived)
}

/// How requests may authenticate, for a permission.
fn schemes(permission: Permission) -> Vec<Scheme> {
    match permission {
        Permission::Public | Permission::SignIn | Permission::Hook => vec![],
        Permission::Provider => vec![Scheme::Flow],
        Permission::Metrics => vec![Scheme::Metrics],
        Permission::Read => vec![Scheme::Bearer, Scheme::Cookie, Scheme::ReadToken],
        Permission::Feed => vec![
            Scheme::Bearer,
            Scheme::Cookie,
            Scheme::ReadToken,
            Scheme::Query,
        ],
        Permission::Send => vec![Scheme::Bearer, Scheme::Cookie, Scheme::SendToken],
        Permission::Person | Permission::Invite | Permission::Administrator => {
            vec![Scheme::Bearer, Scheme::Cookie]
        }
        Permission::Bearer => vec![Scheme::Bearer],
        Permission::Page | Permission::Form => vec![Scheme::Cookie],
    }
}

/// The security requirements of a scheme. A cookie has a different name over https.
fn requirements(scheme: Scheme) -> Vec<Value> {
    match scheme {
        Scheme::Nothing => vec![json!({})],
        Scheme::Bearer => vec![json!({ "bearer": [] })],
        Scheme::Cookie => vec![json!({ "cookie": [] }), json!({ "secureCookie": [] })],
        Scheme::ReadToken => vec![json!({ "token": ["read"] })],
        Scheme::SendToken => vec![json!({ "token": ["send"] })],
        Scheme::Query => vec![json!({ "query": [] })],
        Scheme::Flow => vec![json!({ "flow": [] }), json!({ "secureFlow": [] })],
        Scheme::Metrics => vec![json!({ "metrics": [] })],
    }
}

fn security_schemes() -> Value {
    json!({
        "bearer": { "type": "http", "scheme": "bearer", "description": "A session’s token" },
        "cookie": { "type": "apiKey", "in": "cookie", "name": "tincan", "description": "A session’s token, over plain http. The name ends in the port: `tincan-3000`" },
        "secureCookie": { "type": "apiKey", "in": "cookie", "name": "__Host-tincan", "description": "The same over https" },
        "token": {
            "type": "http", "scheme": "bearer", "bearerFormat": "tincan_…",
            "description": "An API token: of scope `read` to read, of scope `send` also to take part in conversations"
        },
        "flow": {
            "type": "apiKey", "in": "cookie", "name": "tincan-flow",
            "description": "A pending sign-in with a provider, over plain http. The name ends in the port: `tincan-flow-3000`"
        },
        "secureFlow": { "type": "apiKey", "in": "cookie", "name": "__Host-tincan-flow", "description": "The same over https" },
        "metrics": { "type": "http", "scheme": "bearer", "description": "The metrics token that the server was started with" },
        "query": { "type": "apiKey", "in": "query", "name": "token", "description": "For an EventSource, which cannot set headers" }
    })
}

impl Tag {
    const ALL: [Self; 7] = [
        Self::Accounts,
        Self::Conversations,
        Self::Messages,
        Self::Files,
        Self::Feed,
        Self::Administration,
        Self::Operation,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Conversations => "conversations",
            Self::Messages => "messages",
            Self::Files => "files",
            Self::Feed => "feed",
            Self::Administration => "administration",
            Self::Operation => "operation",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Accounts => "Signing in and out, and the caller’s sessions and settings",
            Self::Conversations => "Direct conversations and rooms",
            Self::Files => "Uploading files, and reading those of messages",
            Self::Messages => "Sending, reading and editing messages, and reactions",
            Self::Feed => "Events, as they happen",
            Self::Administration => "Operations for administrators",
            Self::Operation => "Health and metrics of the server",
        }
    }
}

/// `not_found` as `NotFound`.
fn pascal(code: &str) -> String {
    code.split('_').map(capitalised).collect()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
