//! The contract as TypeScript declarations, generated from the OpenAPI document: a type for each schema, and
//! `Operations` with the request and the responses of each operation.

use std::fmt::Write;

use serde_json::Value;

use super::schemas::PREFIX;

/// Generates the declarations for a document.
#[must_use]
pub fn declarations(document: &Value) -> String {
    let mut text = format!(
        "// The contract of Tincan {}, printed by `tincan types`.\n",
        document["info"]["version"].as_str().unwrap_or_default()
    );
    for (name, schema) in entries(&document["components"]["schemas"]) {
        text.push('\n');
        comment(&mut text, schema, 0);
        let _ = writeln!(text, "export type {name} = {};", type_of(schema, 0));
    }
    text.push_str("\n/** Every operation by its id. */\nexport interface Operations {\n");
    for (path, methods) in entries(&document["paths"]) {
        for (method, operation) in entries(methods) {
            print_operation(&mut text, document, method, path, operation);
        }
    }
    text.push_str("}\n");
    text
}

fn print_operation(
    text: &mut String,
    document: &Value,
    method: &str,
    path: &str,
    operation: &Value,
) {
    let summary = operation["summary"].as_str().unwrap_or_default();
    let id = operation["operationId"].as_str().unwrap_or_default();
    let _ = writeln!(text, "  /** {summary}. */\n  {id}: {{");
    let _ = writeln!(
        text,
        "    method: {};",
        literal(&method.to_uppercase().into())
    );
    let _ = writeln!(text, "    path: {};", literal(&path.into()));
    let parameters = operation["parameters"].as_array();
    print_parameters(text, parameters.map_or(&[], Vec::as_slice));
    let body = &operation["requestBody"];
    if body.is_object() {
        let mark = if body["required"] == true { "" } else { "?" };
        let _ = writeln!(text, "    body{mark}: {};", contents(&body["content"]));
    }
    text.push_str("    answers: {\n");
    let mut errors = Vec::new();
    for (status, response) in entries(&operation["responses"]) {
        let response = resolved(document, response);
        let content = &response["content"];
        if status.starts_with(['4', '5']) {
            let code = &content["application/json"]["schema"]["properties"]["code"];
            let of_status = code["enum"].as_array().cloned();
            errors.extend(of_status.unwrap_or_else(|| vec![code["const"].clone()]));
        } else {
            let _ = writeln!(text, "      {status}: {};", contents(content));
        }
    }
    text.push_str("    };\n");
    let client = &operation["responses"]["101"]["content"]["application/json"]["x-client-schema"];
    if client.is_object() {
        let _ = writeln!(text, "    frames: {};", type_of(client, 2));
    }
    errors.sort_by_key(ToString::to_string);
    errors.dedup();
    let errors: Vec<_> = errors.iter().map(literal).collect();
    let errors = if errors.is_empty() {
        "never".to_owned()
    } else {
        errors.join(" | ")
    };
    let _ = writeln!(text, "    error: {errors};\n  }};");
}

fn print_parameters(text: &mut String, parameters: &[Value]) {
    if parameters.is_empty() {
        return;
    }
    let mark = |parameters: &[&Value]| {
        let is_needed = parameters
            .iter()
            .any(|parameter| parameter["required"] == true);
        if is_needed { "" } else { "?" }
    };
    let all: Vec<_> = parameters.iter().collect();
    let _ = writeln!(text, "    parameters{}: {{", mark(&all));
    for place in ["path", "query", "header"] {
        let parameters: Vec<_> = all
            .iter()
            .copied()
            .filter(|parameter| parameter["in"] == place)
            .collect();
        if parameters.is_empty() {
            continue;
        }
        let _ = writeln!(text, "      {place}{}: {{", mark(&parameters));
        for parameter in parameters {
            comment(text, parameter, 4);
            let name = key(parameter["name"].as_str().unwrap_or_default());
            let value = type_of(&parameter["schema"], 4);
            let _ = writeln!(text, "        {name}{}: {value};", mark(&[parameter]));
        }
        text.push_str("      };\n");
    }
    text.push_str("    };\n");
}

/// The union of the types of several media types.
fn contents(content: &Value) -> String {
    let mut types: Vec<_> = entries(content)
        .map(|(_, content)| type_of(&content["schema"], 3))
        .collect();
    types.dedup();
    if types.is_empty() {
        "undefined".to_owned()
    } else {
        types.join(" | ")
    }
}

fn resolved<'a>(document: &'a Value, response: &'a Value) -> &'a Value {
    let reference = response["$ref"].as_str();
    reference
        .and_then(|reference| document.pointer(reference.trim_start_matches('#')))
        .unwrap_or(response)
}

/// The type of a schema. Objects may span several lines at this depth.
fn type_of(schema: &Value, depth: usize) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.trim_start_matches(PREFIX).to_owned();
    }
    if schema["format"] == "binary" {
        return "Blob".to_owned();
    }
    if let Some(value) = schema.get("const") {
        return literal(value);
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(literal).collect::<Vec<_>>().join(" | ");
    }
    let members = schema["oneOf"]
        .as_array()
        .or_else(|| schema["anyOf"].as_array());
    if let Some(members) = members {
        let members = members.iter().map(|member| type_of(member, depth));
        return members.collect::<Vec<_>>().join(" | ");
    }
    match &schema["type"] {
        Value::Array(types) => {
            let mut types: Vec<_> = types
                .iter()
                .map(|name| plain(name, schema, depth))
                .collect();
            types.dedup();
            types.join(" | ")
        }
        name => plain(name, schema, depth),
    }
}

/// The type of a schema with one JSON type.
fn plain(name: &Value, schema: &Value, depth: usize) -> String {
    match name.as_str() {
        Some("string") => "string".to_owned(),
        Some("integer" | "number") => "number".to_owned(),
        Some("boolean") => "boolean".to_owned(),
        Some("null") => "null".to_owned(),
        Some("array") => format!("Array<{}>", type_of(&schema["items"], depth)),
        Some("object") if schema["properties"].is_object() => object(schema, depth),
        Some("object") => {
            let values = schema
                .get("additionalProperties")
                .filter(|values| values.is_object());
            let values =
                values.map_or_else(|| "unknown".to_owned(), |values| type_of(values, depth));
            format!("Record<string, {values}>")
        }
        _ => "unknown".to_owned(),
    }
}

fn object(schema: &Value, depth: usize) -> String {
    let required = schema["required"].as_array();
    let mut text = "{\n".to_owned();
    for (name, property) in entries(&schema["properties"]) {
        comment(&mut text, property, depth + 1);
        let is_required = required.is_some_and(|names| names.iter().any(|other| other == name));
        let mark = if is_required { "" } else { "?" };
        indent(&mut text, depth + 1);
        let _ = writeln!(
            text,
            "{}{mark}: {};",
            key(name),
            type_of(property, depth + 1)
        );
    }
    indent(&mut text, depth);
    text.push('}');
    text
}

/// A description as a doc comment.
fn comment(text: &mut String, described: &Value, depth: usize) {
    let Some(description) = described["description"].as_str() else {
        return;
    };
    // A description must not end the comment.
    let description = description.replace("*/", "* /");
    let lines: Vec<_> = description.lines().collect();
    if let [line] = *lines {
        indent(text, depth);
        let _ = writeln!(text, "/** {line} */");
        return;
    }
    for (number, line) in lines.iter().enumerate() {
        indent(text, depth);
        let start = if number == 0 { "/**" } else { " *" };
        let _ = writeln!(text, "{}", format!("{start} {line}").trim_end());
    }
    indent(text, depth);
    text.push_str(" */\n");
}

fn indent(text: &mut String, depth: usize) {
    text.extend(std::iter::repeat_n("  ", depth));
}

/// A name as the key of an object.
fn key(name: &str) -> String {
    let is_identifier = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_identifier {
        name.to_owned()
    } else {
        literal(&name.into())
    }
}

/// JSON's literals are TypeScript's.
fn literal(value: &Value) -> String {
    value.to_string()
}

fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}
