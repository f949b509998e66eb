//! The binary format of authenticators: CBOR (RFC 8949), as far as they use it.

use ciborium::Value;

use super::{Refused, Result};

const MALFORMED: Refused = Refused("CBOR: malformed");

/// No map that an authenticator writes comes near to it. Each key is compared with each other one.
const MOST_ENTRIES: usize = 32;

/// A map whose keys are different.
pub struct Map(Vec<(Value, Value)>);

impl Map {
    /// Reads one that `bytes` begins with, and leaves the rest there.
    pub fn read(bytes: &mut &[u8]) -> Result<Self> {
        let value = ciborium::from_reader(&mut *bytes).map_err(|_| MALFORMED)?;
        Self::of(value)
    }

    /// Reads one that is all there is.
    pub fn parse(mut bytes: &[u8]) -> Result<Self> {
        let map = Self::read(&mut bytes)?;
        if bytes.is_empty() {
            Ok(map)
        } else {
            Err(Refused("CBOR: something follows"))
        }
    }

    pub fn of(value: Value) -> Result<Self> {
        let entries = value.into_map().map_err(|_| MALFORMED)?;
        if entries.len() > MOST_ENTRIES {
            return Err(Refused("CBOR: a map with too many entries"));
        }
        // It isn’t defined which one counts (RFC 8949 §5.6), so two readers may differ.
        let is_repeated = |(index, (key, _)): (usize, &(Value, Value))| {
            entries[..index].iter().any(|(other, _)| other == key)
        };
        if entries.iter().enumerate().any(is_repeated) {
            return Err(Refused("CBOR: a key is there twice"));
        }
        Ok(Self(entries))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, key: impl Into<Value>) -> Option<&Value> {
        let key = key.into();
        let found = self.0.iter().find(|(other, _)| *other == key);
        found.map(|(_, value)| value)
    }

    pub fn bytes(&self, key: impl Into<Value>) -> Option<&[u8]> {
        self.get(key)?.as_bytes().map(Vec::as_slice)
    }

    pub fn number(&self, key: impl Into<Value>) -> Option<i64> {
        self.get(key)?.as_integer()?.try_into().ok()
    }

    pub fn text(&self, key: impl Into<Value>) -> Option<&str> {
        self.get(key)?.as_text()
    }
}
