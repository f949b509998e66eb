//! RFC 6455 as the Autobahn test suite's fuzzing client looks at it, case by case under its section
//! numbers. That suite wants an echo; here a frame that asks for nothing known is answered with its
//! own client id, and one that isn't JSON with an `error`, which shows as well that it was read.

use serde_json::{Value, json};

use crate::{
    frames::{
        BINARY, CLOSE, CONTINUATION, FINAL, Frame, PING, PONG, Raw, TEXT, closing, fragmented,
        frame, part, unmasked, with_first_byte,
    },
    support::{Talk, dev},
};

/// Bytes that a message may have.
const LIMIT: usize = 64 * 1024;
const PROTOCOL_ERROR: u16 = 1002;
const UNSUPPORTED: u16 = 1003;
const NOT_UTF8: u16 = 1007;
const TOO_BIG: u16 = 1009;

async fn open(talk: &Talk) -> Raw {
    Raw::open(talk.server.address(), &talk.jane).await
}

/// Sends this on a socket of its own; the server is to close with this code.
async fn refused(talk: &Talk, case: &str, bytes: impl AsRef<[u8]>, code: u16) {
    println!("{case}");
    let mut raw = open(talk).await;
    raw.send(bytes).await;
    raw.closed(code).await;
}

/// A frame's payload of this size, and the client id that comes back for it.
fn padded(size: usize) -> (String, String) {
    let around = json!({ "op": "echo", "clientId": "" }).to_string().len();
    let id: String = ('a'..='z').cycle().take(size - around).collect();
    let payload = json!({ "op": "echo", "clientId": id }).to_string();
    assert_eq!(payload.len(), size);
    (payload, id)
}

fn text(id: &str) -> String {
    json!({ "op": "echo", "clientId": id }).to_string()
}

/// Expects the answer to a frame with this client id.
async fn echoed(raw: &mut Raw, id: &str) {
    let answer = raw.event().await;
    assert_eq!(answer["event"], "error", "{answer}");
    assert_eq!(answer["data"]["code"], "invalid", "{answer}");
    assert_eq!(answer["data"]["clientId"], id, "{answer}");
}

/// Expects the answer to a frame that wasn't JSON.
async fn heard(raw: &mut Raw) {
    let answer = raw.event().await;
    assert_eq!(answer["event"], "error", "{answer}");
    assert_eq!(answer["data"]["code"], "malformed", "{answer}");
    assert_eq!(answer["data"].get("clientId"), None::<&Value>, "{answer}");
}

/// Expects the answer to a ping with this payload.
async fn ponged(raw: &mut Raw, payload: impl AsRef<[u8]>) {
    let expected = Frame {
        first_byte: FINAL | PONG,
        payload: payload.as_ref().to_vec(),
    };
    assert_eq!(raw.next().await, Some(expected));
}

/// Expects that the connection goes on.
async fn goes_on(raw: &mut Raw) {
    raw.send(frame(TEXT, text("next"))).await;
    echoed(raw, "next").await;
}

#[tokio::test]
async fn section_1_1_text_of_every_length_encoding_is_read() {
    let talk = Talk::start(dev()).await;
    let mut raw = open(&talk).await;
    raw.send(frame(TEXT, "")).await;
    heard(&mut raw).await;
    for size in [125, 126, 127, 128, 65_535, LIMIT] {
        let (payload, id) = padded(size);
        raw.send(frame(TEXT, &payload)).await;
        echoed(&mut raw, &id).await;
    }
    let (payload, id) = padded(LIMIT);
    for piece in frame(TEXT, payload).chunks(997) {
        raw.send(piece).await;
    }
    echoed(&mut raw, &id).await;
}

#[tokio::test]
async fn section_1_2_binary_is_not_spoken_here() {
    let talk = Talk::start(dev()).await;
    for size in [0, 125, 126, 127, 128, 65_535, LIMIT] {
        let case = format!("{size} bytes");
        let payload = vec![0xfe; size];
        refused(&talk, &case, frame(BINARY, &payload), UNSUPPORTED).await;
    }
    let parts = fragmented(BINARY, &[0xfe; 100], 10);
    refused(&talk, "fragments", parts, UNSUPPORTED).await;
}

#[tokio::test]
async fn section_2_pings_are_answered_with_what_they_carry() {
    let talk = Talk::start(dev()).await;
    let mut raw = open(&talk).await;
    for payload in [
        &b""[..],
        b"Hello, world!",
        &[0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff],
        &[0xfe; 125],
    ] {
        raw.send(frame(PING, payload)).await;
        ponged(&mut raw, payload).await;
        // 2.6
        raw.send_slowly(frame(PING, payload)).await;
        ponged(&mut raw, payload).await;
    }
    // 2.7 to 2.9: pongs that nobody asked for.
    raw.send(frame(PONG, "")).await;
    raw.send(frame(PONG, "unsolicited")).await;
    raw.send(frame(PING, "ping")).await;
    ponged(&mut raw, "ping").await;
    // 2.10, 2.11
    let pings = |number: u8| frame(PING, format!("payload-{number}"));
    let ten: Vec<u8> = (0..10).flat_map(pings).collect();
    for slowly in [false, true] {
        if slowly {
            raw.send_slowly(&ten).await;
        } else {
            raw.send(&ten).await;
        }
        for number in 0..10 {
            ponged(&mut raw, format!("payload-{number}")).await;
        }
    }
    goes_on(&mut raw).await;
    // 2.5
    for opcode in [PING, PONG] {
        let long = frame(opcode, [0xfe; 126]);
        refused(&talk, "126 bytes", long, PROTOCOL_ERROR).await;
    }
}

#[tokio::test]
async fn section_3_reserved_bits_are_refused() {
    let talk = Talk::start(dev()).await;
    for bits in 1..=7 {
        for (opcode, payload) in [
            (TEXT, text("never")),
            (BINARY, "*".to_owned()),
            (PING, "*".to_owned()),
            (PONG, String::new()),
        ] {
            let case = format!("bits {bits:03b}, opcode {opcode}");
            let frame = with_first_byte(FINAL | bits << 4 | opcode, payload);
            refused(&talk, &case, frame, PROTOCOL_ERROR).await;
        }
        let close = with_first_byte(FINAL | bits << 4 | CLOSE, closing(1_000, ""));
        refused(&talk, "close", close, PROTOCOL_ERROR).await;
        // What came before is answered, what comes after isn't.
        let mut raw = open(&talk).await;
        raw.send(frame(TEXT, text("before"))).await;
        raw.send(with_first_byte(FINAL | bits << 4 | TEXT, text("never")))
            .await;
        raw.send(frame(PING, "never")).await;
        echoed(&mut raw, "before").await;
        raw.closed(PROTOCOL_ERROR).await;
    }
}

#[tokio::test]
async fn section_4_reserved_opcodes_are_refused() {
    let talk = Talk::start(dev()).await;
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        for payload in ["", "*"] {
            let case = format!("opcode {opcode}, {payload:?}");
            refused(&talk, &case, frame(opcode, payload), PROTOCOL_ERROR).await;
        }
        let mut raw = open(&talk).await;
        raw.send(frame(TEXT, text("before"))).await;
        raw.send(frame(opcode, "*")).await;
        raw.send(frame(PING, "never")).await;
        echoed(&mut raw, "before").await;
        raw.closed(PROTOCOL_ERROR).await;
    }
}

#[tokio::test]
async fn section_5_control_frames_are_never_fragmented() {
    let talk = Talk::start(dev()).await;
    for opcode in [PING, PONG, CLOSE] {
        let case = format!("opcode {opcode}");
        let parts = [part(opcode, "fragment1"), frame(CONTINUATION, "fragment2")];
        refused(&talk, &case, parts.concat(), PROTOCOL_ERROR).await;
    }
}

#[tokio::test]
async fn section_5_a_fragmented_message_is_one_message() {
    let talk = Talk::start(dev()).await;
    let mut raw = open(&talk).await;
    let message = text("fragment1fragment2");
    // 5.3 to 5.5
    for size in [1, 2, 10, message.len() - 1, message.len()] {
        let parts = fragmented(TEXT, message.as_bytes(), size);
        raw.send(&parts).await;
        echoed(&mut raw, "fragment1fragment2").await;
        raw.send_slowly(&parts).await;
        echoed(&mut raw, "fragment1fragment2").await;
    }
    // 5.6 to 5.8, 5.19 and 5.20: pings come through between the fragments.
    for slowly in [false, true] {
        let (start, rest) = message.split_at(10);
        let (middle, end) = rest.split_at(10);
        let parts = [
            part(TEXT, start),
            frame(PING, "one"),
            part(CONTINUATION, middle),
            part(CONTINUATION, ""),
            frame(PING, "two"),
            frame(PONG, "unsolicited"),
            frame(CONTINUATION, end),
        ]
        .concat();
        if slowly {
            raw.send_slowly(parts).await;
        } else {
            raw.send(parts).await;
        }
        ponged(&mut raw, "one").await;
        ponged(&mut raw, "two").await;
        echoed(&mut raw, "fragment1fragment2").await;
    }
}

#[tokio::test]
async fn section_5_a_continuation_continues_something() {
    let talk = Talk::start(dev()).await;
    let whole = frame(TEXT, text("whole"));
    // 5.9 to 5.17
    for start in [
        frame(CONTINUATION, "non-continuation"),
        part(CONTINUATION, "non-continuation"),
    ] {
        let lost = [start.clone(), whole.clone()].concat();
        refused(&talk, "at first", lost, PROTOCOL_ERROR).await;
        let mut raw = open(&talk).await;
        let message = text("fragments");
        raw.send(fragmented(TEXT, message.as_bytes(), 10)).await;
        echoed(&mut raw, "fragments").await;
        raw.send(start).await;
        raw.closed(PROTOCOL_ERROR).await;
    }
    // 5.18: nothing else can begin before the message has ended.
    for opcode in [TEXT, BINARY] {
        let parts = [part(TEXT, "fragment1"), frame(opcode, "fragment2")];
        refused(&talk, "two at once", parts.concat(), PROTOCOL_ERROR).await;
    }
}

#[tokio::test]
async fn section_6_1_to_6_2_text_may_be_empty_and_cut_anywhere() {
    let talk = Talk::start(dev()).await;
    let mut raw = open(&talk).await;
    for parts in [
        frame(TEXT, ""),
        [
            part(TEXT, ""),
            part(CONTINUATION, ""),
            frame(CONTINUATION, ""),
        ]
        .concat(),
        [
            part(TEXT, ""),
            part(CONTINUATION, "middle frame payload"),
            frame(CONTINUATION, ""),
        ]
        .concat(),
    ] {
        raw.send(parts).await;
        heard(&mut raw).await;
    }
    for id in ["Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "🥫\u{10ffff}\u{fffd}"] {
        let message = text(id);
        raw.send(frame(TEXT, &message)).await;
        echoed(&mut raw, id).await;
        for size in 1..=4 {
            raw.send(fragmented(TEXT, message.as_bytes(), size)).await;
            echoed(&mut raw, id).await;
        }
    }
}

/// Sequences of bytes that are UTF-8, from sections 6.5, 6.7, 6.9, 6.11, 6.13, 6.22 and 6.23.
const UTF8: &[&[u8]] = &[
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
    b"\x00",
    b"\xc2\x80",
    b"\xe0\xa0\x80",
    b"\xf0\x90\x80\x80",
    b"\x7f",
    b"\xdf\xbf",
    b"\xef\xbf\xbf",
    b"\xf4\x8f\xbf\xbf",
    b"\xed\x9f\xbf",
    b"\xee\x80\x80",
    b"\xef\xbf\xbd",
    b"\xef\xbf\xbe",
    b"\xf0\x9f\xbf\xbe",
    b"\xf4\x8f\xbf\xbe",
    b"\xef\xb7\x90",
];

/// Sequences of bytes that aren't, with their sections.
const NO_UTF8: &[(&str, &[u8])] = &[
    (
        "6.3",
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    ),
    (
        "6.4",
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited",
    ),
    ("6.6.1", b"\xce"),
    ("6.6.3", b"\xce\xba\xe1"),
    ("6.6.4", b"\xce\xba\xe1\xbd"),
    ("6.6.10", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce"),
    ("6.8.1", b"\xf8\x88\x80\x80\x80"),
    ("6.8.2", b"\xfc\x84\x80\x80\x80\x80"),
    ("6.10.1", b"\xf7\xbf\xbf\xbf"),
    ("6.10.2", b"\xfb\xbf\xbf\xbf\xbf"),
    ("6.10.3", b"\xfd\xbf\xbf\xbf\xbf\xbf"),
    ("6.12.1", b"\xf4\x90\x80\x80"),
    ("6.14.1", b"\x80"),
    ("6.14.2", b"\xbf"),
    ("6.14.3", b"\x80\xbf"),
    ("6.14.10", b"\x80\xbf\x80\xbf\x80\xbf\x80\xbf"),
    ("6.15", b"\xc0 \xc1 \xc2 \xc3 "),
    ("6.16", b"\xe0 \xe1 \xe2 \xe3 "),
    ("6.17", b"\xf0 \xf1 \xf2 \xf3 "),
    ("6.18.1", b"\xc0"),
    ("6.18.2", b"\xe0\x80"),
    ("6.18.3", b"\xf0\x80\x80"),
    ("6.18.5", b"\xdf"),
    ("6.18.6", b"\xef\xbf"),
    ("6.18.7", b"\xf7\xbf\xbf"),
    ("6.19", b"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80"),
    ("6.20.1", b"\xfe"),
    ("6.20.2", b"\xff"),
    ("6.20.3", b"\xfe\xfe\xff\xff"),
    ("6.21.1", b"\xc0\xaf"),
    ("6.21.2", b"\xe0\x80\xaf"),
    ("6.21.3", b"\xf0\x80\x80\xaf"),
    ("6.21.6", b"\xc1\xbf"),
    ("6.21.7", b"\xe0\x9f\xbf"),
    ("6.21.8", b"\xf0\x8f\xbf\xbf"),
    ("6.21.11", b"\xc0\x80"),
    ("6.21.12", b"\xe0\x80\x80"),
    ("6.22.1", b"\xed\xa0\x80"),
    ("6.22.4", b"\xed\xaf\xbf"),
    ("6.22.5", b"\xed\xb0\x80"),
    ("6.22.7", b"\xed\xbf\xbf"),
    ("6.22.8", b"\xed\xa0\x80\xed\xb0\x80"),
];

#[tokio::test]
async fn section_6_5_on_what_is_utf_8_is_read() {
    let talk = Talk::start(dev()).await;
    let mut raw = open(&talk).await;
    for sequence in UTF8 {
        for size in 1..=sequence.len() {
            println!("{sequence:x?} by {size}");
            raw.send(fragmented(TEXT, sequence, size)).await;
            heard(&mut raw).await;
        }
    }
}

#[tokio::test]
async fn section_6_3_on_what_is_not_utf_8_is_refused() {
    let talk = Talk::start(dev()).await;
    for (section, sequence) in NO_UTF8 {
        refused(&talk, section, frame(TEXT, sequence), NOT_UTF8).await;
        let parts = fragmented(TEXT, sequence, 1);
        refused(&talk, section, parts, NOT_UTF8).await;
        // Within what would otherwise be a message.
        let message = [&br#"{"op":"echo","clientId":""#[..], sequence, br#""}"#].concat();
        refused(&talk, section, frame(TEXT, message), NOT_UTF8).await;
    }
}

#[tokio::test]
async fn section_6_4_a_fragment_that_can_not_become_utf_8_is_not_waited_for() {
    let talk = Talk::start(dev()).await;
    for (start, then) in [
        (
            &b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"[..],
            &b"\xf4\x90\x80\x80"[..],
        ),
        (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4", b"\x90"),
    ] {
        let parts = [part(TEXT, start), part(CONTINUATION, then)];
        refused(&talk, "unfinished", parts.concat(), NOT_UTF8).await;
    }
}

#[tokio::test]
async fn section_7_1_nothing_comes_after_a_close() {
    let talk = Talk::start(dev()).await;
    let close = frame(CLOSE, closing(1_000, "bye"));
    let (large, id) = padded(LIMIT);
    for (case, before, after) in [
        ("7.1.1", vec![], vec![]),
        ("7.1.2", vec![], close.clone()),
        ("7.1.3", vec![], frame(PING, "never")),
        ("7.1.4", vec![], frame(TEXT, text("never"))),
        (
            "7.1.5",
            part(TEXT, "fragment1"),
            frame(CONTINUATION, "fragment2"),
        ),
        ("7.1.6", frame(TEXT, large), frame(PING, "never")),
    ] {
        println!("{case}");
        let mut raw = open(&talk).await;
        raw.send([before, close.clone(), after].concat()).await;
        if case == "7.1.6" {
            echoed(&mut raw, &id).await;
        }
        let agreed = raw.next().await.expect("a close frame");
        assert_eq!(agreed.first_byte, FINAL | CLOSE);
        assert_eq!(agreed.payload, closing(1_000, "bye"));
        raw.ended().await;
    }
}

#[tokio::test]
async fn section_7_3_to_7_7_a_close_is_answered_in_kind() {
    let talk = Talk::start(dev()).await;
    let mut closes = vec![
        vec![],
        closing(1_000, ""),
        closing(1_000, "Hello World!"),
        closing(1_000, [b'*'; 123]),
    ];
    let codes = [
        1_000, 1_001, 1_002, 1_003, 1_007, 1_008, 1_009, 1_010, 1_011, 3_000, 3_999, 4_000, 4_999,
    ];
    closes.extend(codes.map(|code| closing(code, "")));
    for close in closes {
        println!("{close:?}");
        let mut raw = open(&talk).await;
        raw.send(frame(CLOSE, &close)).await;
        let agreed = raw.next().await.expect("a close frame");
        assert_eq!((agreed.first_byte, agreed.payload), (FINAL | CLOSE, close));
        raw.ended().await;
    }
}

#[tokio::test]
async fn section_7_3_and_7_5_a_close_that_is_none_is_refused() {
    let talk = Talk::start(dev()).await;
    let one_byte = frame(CLOSE, [3]);
    refused(&talk, "7.3.2", one_byte, PROTOCOL_ERROR).await;
    let long = frame(CLOSE, closing(1_000, [b'*'; 124]));
    refused(&talk, "7.3.6", long, PROTOCOL_ERROR).await;
    let no_text = frame(CLOSE, closing(1_000, b"\xce\xba\xed\xa0\x80edited"));
    refused(&talk, "7.5.1", no_text, NOT_UTF8).await;
}

#[tokio::test]
async fn section_7_9_to_7_13_codes_that_mean_nothing_on_the_wire_are_refused() {
    let talk = Talk::start(dev()).await;
    for code in [
        0, 999, 1_004, 1_005, 1_006, 1_015, 1_016, 1_100, 2_000, 2_999, 5_000, 65_535,
    ] {
        for reason in ["", "reason"] {
            let close = frame(CLOSE, closing(code, reason));
            refused(&talk, &code.to_string(), close, PROTOCOL_ERROR).await;
        }
    }
}

#[tokio::test]
async fn sections_9_and_10_a_message_has_64_kibibytes_at_most_however_it_is_cut() {
    let talk = Talk::start(dev()).await;
    let mut raw = open(&talk).await;
    let (message, id) = padded(LIMIT);
    for size in [64, 256, 1_300, 4 * 1_024, LIMIT - 1, LIMIT] {
        raw.send(fragmented(TEXT, message.as_bytes(), size)).await;
        echoed(&mut raw, &id).await;
    }
    let (message, _) = padded(LIMIT + 1);
    for size in [64, 1_300, LIMIT, LIMIT + 1] {
        let case = format!("fragments of {size}");
        let parts = fragmented(TEXT, message.as_bytes(), size);
        refused(&talk, &case, parts, TOO_BIG).await;
    }
    // The length alone is enough; nobody waits for so much.
    for length in [LIMIT as u64 + 1, 1 << 32, (1 << 63) - 1, u64::MAX] {
        let mut head = vec![FINAL | TEXT, 0x80 | 127];
        head.extend(length.to_be_bytes());
        head.extend([0; 4]);
        refused(&talk, &length.to_string(), head, TOO_BIG).await;
    }
}

#[tokio::test]
async fn rfc_6455_5_1_a_clients_frames_are_masked() {
    let talk = Talk::start(dev()).await;
    for (opcode, payload) in [
        (TEXT, text("never").into_bytes()),
        (PING, b"never".to_vec()),
        (CLOSE, closing(1_000, "")),
        (TEXT, vec![]),
    ] {
        let case = format!("opcode {opcode}");
        refused(&talk, &case, unmasked(opcode, payload), PROTOCOL_ERROR).await;
    }
}
