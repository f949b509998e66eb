//! The requests and responses of one route, as data.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::error::ErrorCode;

/// The requests and responses of one route. Its method, path and permission are in the table of routes, and what
/// follows from them isn't repeated here: see [`document`](super::document).
#[derive(Clone, Debug)]
pub struct Operation {
    pub(super) id: &'static str,
    pub(super) tag: Tag,
    pub(super) summary: &'static str,
    pub(super) description: Option<&'static str>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) answers: Vec<Answer>,
    pub(super) errors: Vec<Refusal>,
    /// The fields that 422 may name.
    pub(super) invalid: Vec<&'static str>,
    pub(super) security: Option<Vec<Scheme>>,
    pub(super) effect: Effect,
}

/// The parts of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    Accounts,
    Conversations,
    Messages,
    Files,
    Feed,
    Administration,
    Operation,
}

/// How a request may authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Not at all.
    Nothing,
    /// A session’s token.
    Bearer,
    /// A session’s cookie.
    Cookie,
    /// An API token of scope `read` or `send`.
    ReadToken,
    /// An API token of scope `send`.
    SendToken,
    /// A token in the query.
    Query,
    /// The cookie of a sign-in with a provider.
    Flow,
    /// The token for metrics.
    Metrics,
}

/// Whether an operation writes to the database, which decides how it can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It writes unless its method is GET.
    OfMethod,
    /// It writes or doesn't, independent of its method.
    Writes(bool),
    /// It doesn't use the database, or it lists the errors of the database itself.
    Apart,
}

/// The schema of a type, and further keywords.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub of: fn(&mut SchemaGenerator) -> Schema,
    pub with: Value,
}

impl Shape {
    fn of<T: JsonSchema>() -> Self {
        Self {
            of: SchemaGenerator::subschema_for::<T>,
            with: Value::Null,
        }
    }
}

/// A parameter in the path, the query or a header.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) required: bool,
    pub(super) description: Option<&'static str>,
    pub(super) shape: Shape,
    pub(super) example: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

impl Parameter {
    /// A value in the path.
    #[must_use]
    pub fn path<T: JsonSchema>(name: &'static str) -> Self {
        Self::new::<T>(name, Place::Path)
    }

    /// An optional value in the query.
    #[must_use]
    pub fn query<T: JsonSchema>(name: &'static str) -> Self {
        Self::new::<T>(name, Place::Query)
    }

    /// An optional header.
    #[must_use]
    pub fn header<T: JsonSchema>(name: &'static str) -> Self {
        Self::new::<T>(name, Place::Header)
    }

    fn new<T: JsonSchema>(name: &'static str, place: Place) -> Self {
        Self {
            name,
            place,
            required: place == Place::Path,
            description: None,
            shape: Shape::of::<T>(),
            example: None,
        }
    }

    /// Adds JSON Schema keywords for its values.
    #[must_use]
    pub fn with(mut self, keywords: Value) -> Self {
        self.shape.with = keywords;
        self
    }

    #[must_use]
    pub fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    #[must_use]
    pub fn describe(self, description: &'static str) -> Self {
        Self {
            description: Some(description),
            ..self
        }
    }

    #[must_use]
    pub fn example(self, example: &'static str) -> Self {
        Self {
            example: Some(example),
            ..self
        }
    }
}

/// The body of a request.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub required: bool,
    pub content: Vec<(&'static str, Shape)>,
    pub example: Option<Value>,
}

/// A successful response.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) status: u16,
    pub(super) description: &'static str,
    pub(super) content: Vec<(&'static str, Shape)>,
    pub(super) headers: Vec<Header>,
    /// What the server and the client send after the connection switches protocols.
    pub(super) frames: Option<(Shape, Shape)>,
}

/// A response header.
#[derive(Clone, Debug)]
pub struct Header {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) description: Option<&'static str>,
    pub(super) value: HeaderValue,
}

#[derive(Clone, Debug)]
pub(super) enum HeaderValue {
    Constant(&'static str),
    Pattern(&'static str),
    Any,
}

impl Header {
    /// A header that always has this value.
    #[must_use]
    pub const fn constant(name: &'static str, value: &'static str) -> Self {
        Self::new(name, HeaderValue::Constant(value))
    }

    /// A header whose value matches a regular expression (ECMA-262).
    #[must_use]
    pub const fn pattern(name: &'static str, pattern: &'static str) -> Self {
        Self::new(name, HeaderValue::Pattern(pattern))
    }

    /// A header with any value.
    #[must_use]
    pub const fn any(name: &'static str) -> Self {
        Self::new(name, HeaderValue::Any)
    }

    const fn new(name: &'static str, value: HeaderValue) -> Self {
        Self {
            name,
            required: true,
            description: None,
            value,
        }
    }

    #[must_use]
    pub const fn describe(self, description: &'static str) -> Self {
        Self {
            description: Some(description),
            ..self
        }
    }

    /// The header is optional.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self {
            required: false,
            ..self
        }
    }
}

impl Answer {
    /// A response without a body.
    #[must_use]
    pub fn empty(status: u16, description: &'static str) -> Self {
        Self {
            status,
            description,
            content: Vec::new(),
            headers: Vec::new(),
            frames: None,
        }
    }

    /// A JSON response.
    #[must_use]
    pub fn json<T: JsonSchema>(status: u16, description: &'static str) -> Self {
        Self::empty(status, description).or::<T>("application/json")
    }

    /// Adds a media type.
    #[must_use]
    pub fn or<T: JsonSchema>(mut self, media_type: &'static str) -> Self {
        self.content.push((media_type, Shape::of::<T>()));
        self
    }

    /// Adds a binary media type.
    #[must_use]
    pub fn binary(self, media_type: &'static str) -> Self {
        self.or::<String>(media_type).with(binary(media_type))
    }

    /// Adds JSON Schema keywords for the media type that was added last.
    #[must_use]
    pub fn with(mut self, keywords: Value) -> Self {
        if let Some((_, shape)) = self.content.last_mut() {
            shape.with = keywords;
        }
        self
    }

    /// Adds a header, or replaces `Cache-Control: no-store`.
    #[must_use]
    pub fn header(mut self, header: Header) -> Self {
        self.headers.push(header);
        self
    }

    /// What the server and the client send in frames after the switch.
    #[must_use]
    pub fn frames<Server: JsonSchema, Client: JsonSchema>(mut self) -> Self {
        self.frames = Some((Shape::of::<Server>(), Shape::of::<Client>()));
        self
    }
}

/// An error response.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub status: u16,
    pub code: ErrorCode,
    /// Its meaning for this operation, if the code alone doesn't tell.
    pub meaning: Option<&'static str>,
}

impl Operation {
    /// The unique operation id.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    #[must_use]
    pub fn new(id: &'static str, tag: Tag, summary: &'static str) -> Self {
        Self {
            id,
            tag,
            summary,
            description: None,
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
            errors: Vec::new(),
            invalid: Vec::new(),
            security: None,
            effect: Effect::OfMethod,
        }
    }

    /// A description beyond the summary, in CommonMark.
    #[must_use]
    pub fn describe(self, description: &'static str) -> Self {
        Self {
            description: Some(description),
            ..self
        }
    }

    #[must_use]
    pub fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// Takes a JSON body.
    #[must_use]
    pub fn body<T: JsonSchema>(self) -> Self {
        self.content::<T>(true, "application/json")
    }

    /// Takes an optional JSON body.
    #[must_use]
    pub fn optional_body<T: JsonSchema>(self) -> Self {
        self.content::<T>(false, "application/json")
    }

    /// Also takes this media type.
    #[must_use]
    pub fn or_body<T: JsonSchema>(self, media_type: &'static str) -> Self {
        self.content::<T>(true, media_type)
    }

    /// Takes a file of this media type.
    #[must_use]
    pub fn binary_body(self, media_type: &'static str) -> Self {
        let mut operation = self.content::<String>(true, media_type);
        let content = operation.body.iter_mut().flat_map(|body| &mut body.content);
        if let Some((_, shape)) = content.last() {
            shape.with = binary(media_type);
        }
        operation
    }

    fn content<T: JsonSchema>(mut self, required: bool, media_type: &'static str) -> Self {
        let body = self.body.get_or_insert_with(|| Body {
            required,
            content: Vec::new(),
            example: None,
        });
        body.content.push((media_type, Shape::of::<T>()));
        self
    }

    /// Adds an example of the request body.
    #[must_use]
    pub fn example(mut self, example: Value) -> Self {
        if let Some(body) = &mut self.body {
            body.example = Some(example);
        }
        self
    }

    #[must_use]
    pub fn answer(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// Answers 200 with JSON.
    #[must_use]
    pub fn ok<T: JsonSchema>(self, description: &'static str) -> Self {
        self.answer(Answer::json::<T>(200, description))
    }

    /// Answers 200 with a list of at most `most` items.
    #[must_use]
    pub fn list<T: JsonSchema>(self, most: usize, description: &'static str) -> Self {
        let list = Answer::json::<Vec<T>>(200, description);
        self.answer(list.with(json!({ "maxItems": most })))
    }

    /// Answers 201 with JSON.
    #[must_use]
    pub fn created<T: JsonSchema>(self, description: &'static str) -> Self {
        self.answer(Answer::json::<T>(201, description))
    }

    /// Answers 204.
    #[must_use]
    pub fn done(self) -> Self {
        self.answer(Answer::empty(204, "Done"))
    }

    /// Adds errors beyond those that follow from its method, its permission and its body.
    #[must_use]
    pub fn errors<const N: usize>(self, codes: [ErrorCode; N]) -> Self {
        codes.into_iter().fold(self, |operation, code| {
            let status = super::error::status(code);
            operation.refusal(Refusal::of(status, code))
        })
    }

    /// Adds an error with a meaning of its own.
    #[must_use]
    pub fn error(self, code: ErrorCode, meaning: &'static str) -> Self {
        self.refusal(Refusal {
            meaning: Some(meaning),
            ..Refusal::of(super::error::status(code), code)
        })
    }

    /// Adds errors with a different status than elsewhere.
    #[must_use]
    pub fn errors_with<const N: usize>(self, status: u16, codes: [ErrorCode; N]) -> Self {
        codes.into_iter().fold(self, |operation, code| {
            operation.refusal(Refusal::of(status, code))
        })
    }

    fn refusal(mut self, refusal: Refusal) -> Self {
        self.errors.push(refusal);
        self
    }

    /// The fields that 422 may name.
    #[must_use]
    pub fn invalid<const N: usize>(mut self, fields: [&'static str; N]) -> Self {
        self.invalid.extend(fields);
        self
    }

    /// Sets how a request authenticates, if that doesn't follow from its permission.
    #[must_use]
    pub fn security<const N: usize>(self, schemes: [Scheme; N]) -> Self {
        Self {
            security: Some(schemes.into()),
            ..self
        }
    }

    /// Writes to the database although its method is GET.
    #[must_use]
    pub fn writing(self) -> Self {
        Self {
            effect: Effect::Writes(true),
            ..self
        }
    }

    /// Doesn't write to the database although its method isn't GET.
    #[must_use]
    pub fn reading(self) -> Self {
        Self {
            effect: Effect::Writes(false),
            ..self
        }
    }

    /// Fails only with the errors that it lists.
    #[must_use]
    pub fn apart(self) -> Self {
        Self {
            effect: Effect::Apart,
            ..self
        }
    }
}

/// The keywords for a file of a media type.
fn binary(media_type: &str) -> Value {
    json!({ "format": "binary", "contentMediaType": media_type })
}

impl Refusal {
    pub fn of(status: u16, code: ErrorCode) -> Self {
        Self {
            status,
            code,
            meaning: None,
        }
    }
}
