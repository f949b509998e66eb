//! Files that clients upload, send and read, and what the database says of them.

use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::{
    Answer, Client, answer, messages, soon, text,
    witness::{Witness, id_at},
};

/// The most bytes of a part.
const PART: usize = 1024 * 1024;

/// A PNG of this size, as far as its header goes (RFC 2083 §4.1.1).
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    file.extend(width.to_be_bytes());
    file.extend(height.to_be_bytes());
    file.extend([8, 6, 0, 0, 0]);
    file
}

/// Bytes of which no piece is like another, that no other file has.
pub fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    };
    let mut bytes: Vec<u8> = std::iter::repeat_with(next)
        .take(length / 8 + 1)
        .flatten()
        .collect();
    bytes.truncate(length);
    bytes
}

/// Where a [`Photo`] was taken.
pub const PLACE: &[u8] = b"+52.5200+013.4050/";

/// A photo of 4 × 2 pixels that is turned, with a place in its Exif and in the film behind it (ITU T.81, CIPA DC-008).
#[derive(Clone, Debug)]
pub struct Photo {
    pub taken: Vec<u8>,
    /// Without the place and the film.
    pub shown: Vec<u8>,
}

impl Photo {
    /// A photo that is like no other. Picture and film have `length` bytes each.
    pub fn new(seed: u64, length: usize) -> Self {
        // None begins a marker.
        let picture: Vec<u8> = bytes(seed, length).iter().map(|byte| byte & 0x7f).collect();
        let film = [&bytes(seed + 1, length), PLACE].concat();
        let hidden = |bytes: &[u8]| vec![0; bytes.len()];
        Self {
            taken: jpeg(PLACE, &picture, &film),
            shown: jpeg(&hidden(PLACE), &picture, &hidden(&film)),
        }
    }
}

fn jpeg(place: &[u8], picture: &[u8], film: &[u8]) -> Vec<u8> {
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = u16::try_from(2 + exif.len() + place.len()).expect("a short segment");
    [
        b"\xff\xd8\xff\xe1".as_slice(),
        &length.to_be_bytes(),
        exif,
        place,
        b"\xff\xc0\0\x0b\x08\0\x02\0\x04\x01\x01\x11\0",
        b"\xff\xda\0\x08\x01\x01\0\0\x3f\0",
        picture,
        b"\xff\xd9",
        film,
    ]
    .concat()
}

/// A file as it is read.
#[derive(Debug)]
pub struct Download {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Client {
    /// Uploads a whole file, and returns its id.
    pub async fn upload(&self, name: &str, bytes: &[u8]) -> String {
        let id = self.begin_upload(name, bytes.len()).await;
        for (number, part) in bytes.chunks(PART).enumerate() {
            self.upload_part(&id, number * PART, part).await.expect(200);
        }
        id
    }

    /// Begins an upload of so many bytes, and returns its id.
    pub async fn begin_upload(&self, name: &str, size: usize) -> String {
        let new = json!({ "name": name, "size": size });
        let upload = self.post("/api/uploads", new).await.expect(201);
        text(&upload["id"]).to_owned()
    }

    pub async fn upload_part(&self, id: &str, offset: usize, part: &[u8]) -> Answer {
        let path = format!("/api/uploads/{id}?offset={offset}");
        answer(self.request(Method::PUT, &path).body(part.to_vec())).await
    }

    pub async fn set_thumb(&self, id: &str, picture: &[u8]) {
        let path = format!("/api/uploads/{id}/thumb");
        let request = self.request(Method::PUT, &path);
        answer(request.body(picture.to_vec())).await.expect(204);
    }

    /// Sends files without a text, and returns the message.
    pub async fn send_files(&self, conversation: &str, ids: &[&str]) -> Value {
        let message = json!({ "attachments": ids });
        self.post(&messages(conversation), message)
            .await
            .expect(201)
    }

    /// Reads a file, with further headers.
    pub async fn download(&self, path: &str, headers: &[(&'static str, &str)]) -> Download {
        let request = self.request(Method::GET, path);
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let response = soon("an answer", request.send()).await.expect("an answer");
        Download {
            status: response.status(),
            headers: response.headers().clone(),
            bytes: soon("a body", response.bytes())
                .await
                .expect("a body")
                .to_vec(),
        }
    }
}

/// What nobody refers to and is kept nevertheless.
const ORPHANS: &[&str] = &[
    "SELECT count(*) FROM files WHERE id NOT IN (SELECT file_id FROM uploads UNION SELECT file_id FROM attachments)",
    "SELECT count(*) FROM chunks WHERE file_id NOT IN (SELECT id FROM files)",
    "SELECT count(*) FROM thumbs WHERE id NOT IN (SELECT id FROM uploads UNION SELECT id FROM attachments)",
];

/// What must not be at any time.
const CONTRADICTIONS: &[&str] = &[
    "SELECT count(*) FROM messages m
     WHERE attachment_count <> (SELECT count(*) FROM attachments WHERE message_id = m.id)",
    "SELECT count(*) FROM attachments a WHERE NOT EXISTS (SELECT 1 FROM messages m
     WHERE m.id = a.message_id AND m.conversation_id = a.conversation_id AND m.deleted_at IS NULL)",
    "SELECT count(*) FROM attachments WHERE file_id NOT IN (SELECT id FROM files WHERE hash IS NOT NULL)",
    "SELECT count(*) FROM attachments WHERE id IN (SELECT id FROM uploads)",
    "SELECT count(*) FROM files f WHERE hash IS NOT NULL AND (type IS NULL
     OR size <> (SELECT sum(length(bytes)) FROM chunks WHERE file_id = f.id))",
    "SELECT count(*) FROM uploads u
     WHERE received <> (SELECT ifnull(sum(length(bytes)), 0) FROM chunks WHERE file_id = u.file_id)",
];

impl Witness {
    /// How much is kept to which nobody refers. It is deleted a little later than it is let go.
    pub fn orphans(&self) -> i64 {
        ORPHANS.iter().map(|query| self.number(query)).sum()
    }

    /// Fails the test where uploads, files, their pieces and attachments contradict each other.
    pub fn expect_files_agree(&self) {
        for wrong in CONTRADICTIONS {
            assert_eq!(self.number(wrong), 0, "{wrong}");
        }
    }

    /// The attachments of a message, as they travel.
    pub fn attachments(&self, message: i64) -> Vec<Value> {
        let query = "SELECT a.id, a.name, f.type, f.size, f.width, f.height, EXISTS (SELECT 1 FROM thumbs WHERE id = a.id)
             FROM attachments a JOIN files f ON f.id = a.file_id WHERE a.message_id = ?1 ORDER BY a.position";
        self.rows(query, [message], |row| {
            let mut attachment = json!({
                "id": id_at(row, 0)?, "name": row.get::<_, String>(1)?, "type": row.get::<_, String>(2)?,
                "size": row.get::<_, i64>(3)?, "hasThumb": row.get::<_, bool>(6)?,
            });
            for (column, name) in [(4, "width"), (5, "height")] {
                if let Some(pixels) = row.get::<_, Option<i64>>(column)? {
                    attachment[name] = pixels.into();
                }
            }
            Ok(attachment)
        })
    }
}
