//! The page’s service worker, as a debugger sees it. WebDriver knows nothing of workers, so this asks Chromium itself.

use std::fs;

use futures_util::{SinkExt, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use super::{Session, wait};
use crate::api::{http, soon};

/// A service worker. It isn’t stopped as long as somebody debugs it.
pub struct Worker(WebSocketStream<TcpStream>);

impl Session {
    /// The worker of the page that is open.
    pub async fn worker(&self) -> Worker {
        let scope: String = self.eval("`${location.origin}/`").await;
        // Who has nothing to do may have been stopped.
        self.cdp("ServiceWorker.enable", json!({})).await;
        self.cdp("ServiceWorker.startWorker", json!({ "scopeURL": scope }))
            .await;
        // Chromium says there where it listens.
        let port = self.browser.home().join("profile/DevToolsActivePort");
        let port = fs::read_to_string(port).expect("a port");
        let address = format!("127.0.0.1:{}", port.lines().next().expect("a port"));
        let client = http().build().expect("a client");
        let url = wait("the worker", async || {
            let list = client.get(format!("http://{address}/json/list")).send();
            let list: Value = list.await.ok()?.json().await.ok()?;
            let mut list = list.as_array()?.iter();
            let worker = list.find(|target| target["type"] == "service_worker")?;
            Some(worker["webSocketDebuggerUrl"].as_str()?.to_owned())
        })
        .await;
        let stream = TcpStream::connect(address).await.expect("a connection");
        let (socket, _) = client_async(url, stream).await.expect("a debugger");
        Worker(socket)
    }
}

impl Worker {
    /// The value of an expression, awaited where it is a promise.
    pub async fn eval<T: DeserializeOwned>(&mut self, expression: &str) -> T {
        let parameters =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let asked = json!({ "id": 1, "method": "Runtime.evaluate", "params": parameters });
        let asked = Message::text(asked.to_string());
        self.0.send(asked).await.expect("it can be asked");
        let answered = soon("the worker to answer", async {
            loop {
                let message = self.0.next().await.expect("a debugger").expect("a message");
                let message = message.into_text().expect("a text");
                let message: Value = serde_json::from_str(&message).expect("JSON");
                if message["id"] == 1 {
                    return message;
                }
            }
        });
        let answered = answered.await;
        let value = answered["result"]["result"]["value"].clone();
        serde_json::from_value(value).unwrap_or_else(|_| panic!("{answered} for {expression}"))
    }
}
