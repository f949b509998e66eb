//! Fields that other programs use for different things: what has another type than is wanted counts as left out.

use std::{
    fmt::{self, Display},
    marker::PhantomData,
};

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use crate::model::is_blank;

/// What comes of each type of JSON: nothing, unless it says so.
trait Loose<'de>: Default {
    fn text(_text: &str) -> Self {
        Self::default()
    }

    fn number(_number: impl Display) -> Self {
        Self::default()
    }

    fn list<A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        IgnoredAny.visit_seq(list).map(|_| Self::default())
    }

    fn object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        IgnoredAny.visit_map(object).map(|_| Self::default())
    }
}

struct LooseVisitor<T>(PhantomData<T>);

impl<'de, T: Loose<'de>> Visitor<'de> for LooseVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::text(text))
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_i64<E>(self, number: i64) -> Result<T, E> {
        Ok(T::number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<T, E> {
        Ok(T::number(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<T, E> {
        Ok(T::number(number))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::object(object)
    }
}

/// Implements `Deserialize` by [`Loose`].
macro_rules! deserialize_loosely {
    ($($kind:ident $(<$of:ident>)?),+) => {$(
        impl<'de $(, $of: Deserialize<'de>)?> Deserialize<'de> for $kind $(<$of>)? {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(LooseVisitor(PhantomData))
            }
        }
    )+};
}

deserialize_loosely!(Text, Value, Words, List<T>, Object<T>);

/// A text.
#[derive(Default, JsonSchema)]
#[schemars(transparent)]
pub struct Text(#[schemars(with = "serde_json::Value")] Option<String>);

/// A text or a number.
#[derive(Default, JsonSchema)]
#[schemars(transparent)]
pub struct Value(pub Text);

/// A text, or an object with a `text`.
#[derive(Default)]
pub struct Words(pub Text);

/// A list of objects. Whatever else is in it is passed over.
pub struct List<T>(pub Vec<T>);

/// An object, and whether it was one.
struct Object<T>(Option<T>);

impl Text {
    /// The text, if something in it shows.
    #[must_use]
    pub fn shown(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !is_blank(text))
    }

    /// The text, if there is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl Loose<'_> for Text {
    fn text(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl Loose<'_> for Value {
    fn text(text: &str) -> Self {
        Self(Text::text(text))
    }

    fn number(number: impl Display) -> Self {
        Self(Text(Some(number.to_string())))
    }
}

impl<'de> Loose<'de> for Words {
    fn text(text: &str) -> Self {
        Self(Text::text(text))
    }

    fn object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Object {
            text: Text,
        }
        let Object { text } = Object::deserialize(MapAccessDeserializer::new(object))?;
        Ok(Self(text))
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Loose<'de> for List<T> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut objects = Vec::new();
        while let Some(Object(object)) = list.next_element::<Object<T>>()? {
            objects.extend(object);
        }
        Ok(Self(objects))
    }
}

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Loose<'de> for Object<T> {
    fn object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let object = T::deserialize(MapAccessDeserializer::new(object))?;
        Ok(Self(Some(object)))
    }
}
