//! The rules held against `tests/vectors/tokens.json`, to which the page’s are held as well.

use serde_json::{Value, json};

use super::{Filter, Query, find, tokens};

fn vectors(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../tests/vectors/tokens.json"))
        .expect("vectors in JSON");
    let vectors = all[kind].as_array().expect("a list of vectors");
    assert!(!vectors.is_empty(), "{kind}");
    vectors.clone()
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().expect("a text")
}

fn shown(filter: &Filter) -> Value {
    match filter {
        Filter::From(name) => json!(["from", name]),
        Filter::In(name) => json!(["in", name]),
        Filter::Has(what) => json!(["has", what.as_str()]),
        Filter::Before(moment) => json!(["before", moment]),
        Filter::After(moment) => json!(["after", moment]),
    }
}

#[test]
fn texts_have_their_tokens() {
    for vector in vectors("texts") {
        let found = tokens(text(&vector, "text")).into_iter();
        let found = found.map(|token| json!([token.text, token.start, token.end]));
        assert_eq!(
            found.collect::<Value>(),
            vector["tokens"],
            "{}",
            vector["text"]
        );
    }
}

#[test]
fn queries_ask_for_what_they_say() {
    for vector in vectors("queries") {
        let query = Query::new(text(&vector, "query")).expect("a query");
        let terms = query.terms.iter();
        let terms = terms.map(|term| json!({ "tokens": term.tokens, "prefix": term.prefix }));
        assert_eq!(
            terms.collect::<Value>(),
            vector["terms"],
            "{}",
            vector["query"]
        );
        let filters = query.filters.iter().map(shown).collect::<Value>();
        assert_eq!(filters, vector["filters"], "{}", vector["query"]);
    }
}

#[test]
fn matches_are_where_they_are_read() {
    for vector in vectors("matches") {
        let query = Query::new(text(&vector, "query")).expect("a query");
        let found = find(&query.terms, &tokens(text(&vector, "text")));
        assert_eq!(json!(found), vector["matches"], "{vector}");
    }
}

#[test]
fn a_query_is_neither_blank_nor_endless() {
    for (query, is_fine) in [
        ("", false),
        (" \u{3000}\n", false),
        (".", true),
        (&"é".repeat(256), true),
        (&"é".repeat(257), false),
        (&"a ".repeat(1000), false),
    ] {
        assert_eq!(Query::new(query).is_ok(), is_fine, "{query}");
    }
}
