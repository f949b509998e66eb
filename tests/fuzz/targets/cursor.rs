//! What a client says that it has had: any text. It is read, or refused by a sentence; and what is read
//! is exactly what would be written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tincan::feed::Cursor;

fuzz_target!(|text: &str| {
    match text.parse::<Cursor>() {
        Ok(cursor) => {
            assert_eq!(cursor.to_string(), text);
        }
        Err(refusal) => assert_eq!(refusal.to_string(), "not a cursor"),
    }
});
