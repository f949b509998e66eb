//! A person's device on the network: the session that it has now, and requests that are made again until
//! they are answered.

use std::{cell::RefCell, collections::HashMap, net::SocketAddr, rc::Rc, time::Duration};

use fastrand::Rng;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    inbox::Source,
    support::{Answer, Client, text, try_answer},
    tally::{Tally, count},
    witness::place,
};

/// Shared by the person and the device that follows. Its client has no token while it is signed out.
#[derive(Clone)]
pub struct Line {
    client: Rc<RefCell<Client>>,
    /// Where the sequence ended at the latest when a session was over, by its token.
    ended: Rc<RefCell<HashMap<String, i64>>>,
    tally: Rc<Tally>,
}

/// Time that somebody lets pass, up to this: a part of the load, and nothing that anything waits for.
pub async fn pause(rng: &mut Rng, longest: Duration) {
    sleep(longest.mul_f64(rng.f64())).await;
}

/// How long a client waits before it makes a request again.
const AGAIN: Duration = Duration::from_millis(120);

impl Line {
    pub fn new(client: Client, tally: &Rc<Tally>) -> Self {
        Self {
            client: Rc::new(RefCell::new(client)),
            ended: Rc::default(),
            tally: Rc::clone(tally),
        }
    }

    pub fn client(&self) -> Client {
        self.client.borrow().clone()
    }

    pub fn address(&self) -> SocketAddr {
        self.client.borrow().address()
    }

    /// Forgets its connections, which closes them.
    pub fn hang_up(&self) {
        let mut client = self.client.borrow_mut();
        let mut afresh = client.nobody();
        afresh.username.clone_from(&client.username);
        afresh.id.clone_from(&client.id);
        afresh.token.clone_from(&client.token);
        *client = afresh;
    }

    /// A request as its answer at last; and whether it was made more than once.
    pub async fn ask(&self, make: impl Fn(&Client) -> RequestBuilder) -> (Answer, bool) {
        let mut is_repeated = false;
        loop {
            let request = make(&self.client.borrow());
            match try_answer(request).await {
                Some(answer) if answer.status != StatusCode::SERVICE_UNAVAILABLE => {
                    assert!(!answer.status.is_server_error(), "{answer:?}");
                    return (answer, is_repeated);
                }
                _ => {}
            }
            is_repeated = true;
            count(&self.tally.repeats);
            sleep(AGAIN).await;
        }
    }

    pub async fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let make = |client: &Client| {
            let request = client.request(method.clone(), path);
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        self.ask(make).await.0
    }

    /// Ends its session, over and over until the server says that it has ended, and begins another.
    pub async fn sign_anew(&self) {
        let before = self.client();
        let Some(token) = &before.token else { return };
        // From now on, that its feed is refused is right.
        self.client.borrow_mut().token = None;
        let nothing = json!({});
        let (ended, again) = self
            .ask(|_| before.request(Method::POST, "/api/logout").json(&nothing))
            .await;
        let is_ended = ended.status == StatusCode::NO_CONTENT
            || again && ended.status == StatusCode::UNAUTHORIZED;
        assert!(is_ended, "{ended:?}");
        let credentials = json!({ "username": before.username });
        let signed_in = self
            .request(Method::POST, "/api/login", Some(&credentials))
            .await;
        let signed_in = signed_in.expect(200);
        let after = before.with_token(&signed_in["token"]);
        let (beginning, _) = self.ask(|_| after.poll_request("")).await;
        let beginning = beginning.expect(200);
        let end = place(text(&beginning["cursor"]));
        self.ended.borrow_mut().insert(token.clone(), end);
        self.client.borrow_mut().token = after.token;
    }

    /// Where the sequence ended at the latest when this token's session was over; none while it isn't.
    pub fn end_of(&self, token: &str) -> Option<i64> {
        self.ended.borrow().get(token).copied()
    }
}

/// A device as a source of what its inbox holds. Its person may sign it out meanwhile, and in again.
pub struct Reader<'a> {
    pub line: &'a Line,
    pub user: &'a str,
}

impl Source for Reader<'_> {
    fn user(&self) -> &str {
        self.user
    }

    async fn look(&self, path: &str) -> Answer {
        loop {
            let answer = self.line.request(Method::GET, path, None).await;
            if answer.status != StatusCode::UNAUTHORIZED {
                return answer;
            }
            sleep(AGAIN).await;
        }
    }
}
