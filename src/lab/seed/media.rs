//! The files of a seed: pictures, recordings and documents, as a client would have prepared and sent them.

use std::fmt::Write as _;

use super::{draw::Canvas, pictures, random::Random, story::File, thumbhash::thumbhash};

/// The longer side of a picture above which a client sends a small one with it, in pixels.
const SMALL: usize = 480;
/// The side of a person’s or a room’s picture, in pixels.
pub(super) const AVATAR: usize = 128;
/// Samples of a recording in a second.
const RATE: usize = 8_000;
/// Bars of a recording’s waveform, and the highest of them.
const BARS: usize = 48;
const HIGHEST: u8 = 31;

/// The picture of a room.
pub(super) fn room_picture(name: &str) -> Result<Vec<u8>, String> {
    let drawn = pictures::draw(name, [AVATAR; 2], 0);
    drawn
        .map(|canvas| canvas.png())
        .ok_or_else(|| unknown(name))
}

/// The file that a line of a script describes: `sunset/tall beach.png | A beach`, `voice 7` (seconds), or
/// `pdf lease.pdf | The lease`.
pub(super) fn file(text: &str, seed: u64) -> Result<File, String> {
    let (text, alt) = text
        .split_once(" | ")
        .map_or((text, None), |(text, alt)| (text, Some(alt)));
    let (what, name) = text.split_once(' ').ok_or("what is its name?")?;
    match what {
        "voice" => {
            let seconds = name.parse().map_err(|_| "how many seconds?")?;
            Ok(voice(seconds, seed))
        }
        "pdf" => Ok(File {
            name: name.to_owned(),
            kind: "application/pdf",
            bytes: pdf(alt.unwrap_or(name)),
            ..File::default()
        }),
        _ => {
            let (drawing, shape) = what.split_once('/').unwrap_or((what, "wide"));
            let size = match shape {
                "wide" => [720, 540],
                "tall" => [540, 720],
                "square" => [560, 560],
                "panorama" => [1_080, 432],
                _ => return Err(format!("unknown shape “{shape}”")),
            };
            let canvas = pictures::draw(drawing, size, seed).ok_or_else(|| unknown(drawing))?;
            Ok(picture(name, alt, &canvas))
        }
    }
}

fn unknown(drawing: &str) -> String {
    format!("unknown drawing “{drawing}”")
}

/// A picture with what a client sends beside it.
pub(super) fn picture(name: &str, alt: Option<&str>, canvas: &Canvas) -> File {
    let by = canvas.width.max(canvas.height).div_ceil(SMALL);
    let small = (by > 1).then(|| canvas.smaller(by));
    File {
        name: name.to_owned(),
        kind: "image/png",
        bytes: canvas.png(),
        size: Some([canvas.width, canvas.height]),
        alt: alt.map(str::to_owned),
        thumbhash: Some(thumbhash(small.as_ref().unwrap_or(canvas))),
        thumb: small.map(|small| small.png()),
        ..File::default()
    }
}

/// A recording that rises and falls like speech: WAV with eight bits a sample (Multimedia Programming Interface and Data
/// Specifications 1.0, 1991).
fn voice(seconds: usize, seed: u64) -> File {
    let mut random = Random::new(seed);
    let count = seconds * RATE;
    let mut bars: Vec<u8> = (0..BARS)
        .map(|_| u8::try_from(random.within(2..=i64::from(HIGHEST))).unwrap_or(HIGHEST))
        .collect();
    // It pauses now and then.
    for bar in bars.iter_mut().skip(7).step_by(9) {
        *bar = 1;
    }
    let mut bytes = b"RIFF".to_vec();
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    bytes.extend_from_slice(&number(36 + count));
    bytes.extend_from_slice(b"WAVEfmt ");
    bytes.extend_from_slice(&number(16));
    bytes.extend_from_slice(&[1, 0, 1, 0]);
    for _ in 0..2 {
        bytes.extend_from_slice(&number(RATE));
    }
    bytes.extend_from_slice(&[1, 0, 8, 0]);
    bytes.extend_from_slice(b"data");
    bytes.extend_from_slice(&number(count));
    let samples = (0..count).map(|sample| {
        let loudness = u16::from(bars[sample * BARS / count.max(1)]);
        // A hum of 125 Hz.
        let place = u16::try_from(sample % 64).unwrap_or(0);
        let height = if place < 32 { place } else { 63 - place };
        u8::try_from(128 - loudness + 2 * loudness * height / 31).unwrap_or(128)
    });
    bytes.extend(samples);
    File {
        name: "voice-message.wav".to_owned(),
        kind: "audio/wav",
        bytes,
        duration: i64::try_from(seconds * 1_000).ok(),
        waveform: Some(bars),
        ..File::default()
    }
}

/// A page with a line of text (ISO 32000-1).
fn pdf(text: &str) -> Vec<u8> {
    let text: String = text
        .chars()
        .filter(|c| c.is_ascii() && !"()\\".contains(*c))
        .collect();
    let shown = format!("BT /F1 24 Tf 72 720 Td ({text}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{shown}\nendstream", shown.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut places = String::new();
    for (index, object) in objects.iter().enumerate() {
        // Writing into a text doesn’t fail.
        let _ = writeln!(places, "{:010} 00000 n ", file.len());
        let _ = writeln!(file, "{} 0 obj\n{object}\nendobj", index + 1);
    }
    let start = file.len();
    let count = objects.len() + 1;
    let _ = write!(
        file,
        "xref\n0 {count}\n0000000000 65535 f \n{places}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    );
    file.into_bytes()
}
