//! Files that clients upload, send and read.

use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::{Answer, Client, answer, messages, soon, text};

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
