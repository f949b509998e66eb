//! Numbers in bodies.

use serde::{Deserialize, Deserializer, de::Error};

/// The largest number up to which a double has all whole ones (RFC 8259 §6).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number, or none if it is null, however it is written: in JSON, 1, 1.0 and 1e0 are the same number.
///
/// # Errors
/// If it isn’t a number, has a fraction, or is out of range.
pub fn whole_number<'de, D: Deserializer<'de>, T: TryFrom<i64>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Whole(i64),
        Double(f64),
    }

    let number = Option::<Number>::deserialize(deserializer)?;
    let whole = number.map(|number| match number {
        Number::Whole(number) => Some(number),
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and in range")]
        Number::Double(number) => {
            (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
        }
    });
    whole
        .map(|number| number.and_then(|number| T::try_from(number).ok()))
        .map(|number| number.ok_or_else(|| D::Error::custom("not a whole number in range")))
        .transpose()
}
