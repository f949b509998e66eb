//! The named schemas of the document, collected from requests and responses.

use std::collections::BTreeMap;

use schemars::{
    JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, transform::transform_subschemas,
};
use serde_json::{Map, Value, json};

use super::operation::Shape;

/// The path of named schemas in the document.
pub(super) const PREFIX: &str = "#/components/schemas/";

/// Collects named schemas. Types of requests list which fields may be left out; types of responses list which are
/// always there.
pub(super) struct Schemas {
    requests: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Schemas {
    pub fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = PREFIX.trim_start_matches('#').into();
                settings.meta_schema = None;
            })
        };
        Self {
            requests: settings()
                .for_deserialize()
                .with_transform(tidy)
                .with_transform(leave_out)
                .into_generator(),
            answers: settings()
                .for_serialize()
                .with_transform(tidy)
                .with_transform(leave_out)
                .with_transform(close)
                .into_generator(),
        }
    }

    /// The schema of a request body.
    pub fn request(&mut self, shape: &Shape) -> Value {
        schema(&mut self.requests, shape, leave_out)
    }

    /// The schema of a response body.
    pub fn answer(&mut self, shape: &Shape) -> Value {
        schema(&mut self.answers, shape, close)
    }

    /// Adds a type that no operation refers to.
    pub fn add<T: JsonSchema>(&mut self) {
        self.answers.subschema_for::<T>();
    }

    /// All named schemas.
    pub fn finish(mut self) -> Map<String, Value> {
        let mut schemas = self.answers.take_definitions(true);
        for (name, schema) in self.requests.take_definitions(true) {
            let other = schemas.insert(name.clone(), schema.clone());
            debug_assert!(
                other.is_none_or(|other| other == schema),
                "{name} differs between requests and answers"
            );
        }
        discriminate(&mut schemas);
        schemas
    }
}

fn schema(generator: &mut SchemaGenerator, shape: &Shape, finish: fn(&mut Schema)) -> Value {
    let mut schema = (shape.of)(generator);
    if let (Some(schema), Value::Object(with)) = (schema.as_object_mut(), &shape.with) {
        schema.extend(with.clone());
    }
    tidy(&mut schema);
    finish(&mut schema);
    schema.to_value()
}

/// Transformations for both directions.
fn tidy(schema: &mut Schema) {
    // JSON only has numbers. The sizes of Rust's integers don't matter to clients.
    let format = schema.get("format").and_then(Value::as_str);
    if format.is_some_and(|format| format.trim_start_matches('u').starts_with("int")) {
        schema.remove("format");
    }
    // Code generators would make a property with a default required.
    schema.remove("default");
    // Comments are wrapped; descriptions aren't.
    if let Some(Value::String(description)) = schema.get_mut("description") {
        let paragraphs = description.split("\n\n");
        let paragraphs = paragraphs.map(|text| text.replace("\n- ", "\0").replace('\n', " "));
        *description = paragraphs
            .collect::<Vec<_>>()
            .join("\n\n")
            .replace('\0', "\n- ");
    }
    describe_values(schema);
    transform_subschemas(&mut tidy, schema);
}

/// For an enumeration whose values have descriptions, schemars generates a list of constants. Code generators expect
/// `enum`.
fn describe_values(schema: &mut Schema) {
    let Some(Value::Array(members)) = schema.get("oneOf") else {
        return;
    };
    let mut values = Vec::new();
    let mut list = String::new();
    for member in members {
        if let Some(Value::Array(listed)) = member.get("enum") {
            values.extend(listed.clone());
            continue;
        }
        let Some(Value::String(value)) = member.get("const") else {
            return;
        };
        let meaning = member.get("description").and_then(Value::as_str);
        list.extend(["\n- `", value, "`: ", meaning.unwrap_or_default()]);
        values.push(value.as_str().into());
    }
    schema.remove("oneOf");
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), values.into());
    if let Some(Value::String(description)) = schema.get_mut("description") {
        description.push('\n');
        description.push_str(&list);
    }
}

/// An optional property is left out rather than null.
fn leave_out(schema: &mut Schema) {
    let required: Vec<_> = match schema.get("required") {
        Some(Value::Array(names)) => names.clone(),
        _ => Vec::new(),
    };
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (name, property) in properties {
            if !required.contains(&name.as_str().into()) {
                remove_null(property);
            }
        }
    }
    transform_subschemas(&mut leave_out, schema);
}

fn remove_null(property: &mut Value) {
    let Value::Object(property) = property else {
        return;
    };
    if let Some(Value::Array(types)) = property.get("type") {
        let mut types = types.iter().filter(|name| *name != "null");
        if let (Some(only), None) = (types.next(), types.next()) {
            let only = only.clone();
            property.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(members)) = property.get("anyOf") {
        let mut members = members
            .iter()
            .filter(|member| **member != json!({ "type": "null" }));
        if let (Some(Value::Object(only)), None) = (members.next(), members.next()) {
            let only = only.clone();
            property.remove("anyOf");
            property.extend(only);
        }
    }
}

/// Responses have no properties beyond those described.
fn close(schema: &mut Schema) {
    if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
    transform_subschemas(&mut close, schema);
}

/// Adds a discriminator to a union whose members all have the same property with a different constant.
fn discriminate(schemas: &mut Map<String, Value>) {
    let constants = |name: &str| -> BTreeMap<String, String> {
        let properties = schemas
            .get(name)
            .and_then(|schema| schema["properties"].as_object());
        let constants = properties
            .into_iter()
            .flatten()
            .filter_map(|(name, property)| {
                Some((name.clone(), property["const"].as_str()?.to_owned()))
            });
        constants.collect()
    };
    let mut found = Vec::new();
    for (name, schema) in &*schemas {
        let Some(members) = members(schema) else {
            continue;
        };
        let by_member: Vec<_> = members
            .iter()
            .map(|member| (*member, constants(member)))
            .collect();
        let Some((_, first)) = by_member.first() else {
            continue;
        };
        for property in first.keys() {
            let mapping: BTreeMap<_, _> = by_member
                .iter()
                .filter_map(|(member, constants)| {
                    Some((constants.get(property)?, format!("{PREFIX}{member}")))
                })
                .collect();
            if mapping.len() == members.len() {
                found.push((
                    name.clone(),
                    json!({ "propertyName": property, "mapping": mapping }),
                ));
                break;
            }
        }
    }
    for (name, discriminator) in found {
        if let Some(Value::Object(schema)) = schemas.get_mut(&name) {
            schema.insert("discriminator".to_owned(), discriminator);
        }
    }
}

/// The names of a union's members, if all of them are named.
pub(super) fn members(schema: &Value) -> Option<Vec<&str>> {
    let members = schema.get("oneOf")?.as_array()?;
    members
        .iter()
        .map(|member| member.get("$ref")?.as_str()?.strip_prefix(PREFIX))
        .collect()
}
