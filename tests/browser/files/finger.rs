//! Fingers on a touchscreen, which the browser takes for real ones.

use serde_json::{Value, json};

use crate::support::Session;

/// How many steps a finger takes for its way.
const STEPS: u32 = 10;

/// One finger.
pub struct Finger<'a> {
    person: &'a Session,
    x: f64,
    y: f64,
}

impl<'a> Finger<'a> {
    /// Puts it down on the middle of what has this role and name.
    pub async fn on(person: &'a Session, role: &str, name: &str) -> Self {
        let element = person.sees(role, name).await;
        let middle = "(element) => {
            const { left, top, width, height } = element.getBoundingClientRect();
            return [left + width / 2, top + height / 2];
        }";
        let (x, y) = person.call(middle, json!([element])).await;
        let finger = Self { person, x, y };
        finger.tell("touchStart", json!([{ "x": x, "y": y }])).await;
        finger
    }

    async fn tell(&self, what: &str, points: Value) {
        let event = json!({ "type": what, "touchPoints": points });
        self.person.cdp("Input.dispatchTouchEvent", event).await;
    }

    /// Slides it, as fingers do: bit by bit.
    pub async fn slide(&self, right: f64, down: f64) {
        for step in 1..=STEPS {
            let part = f64::from(step) / f64::from(STEPS);
            let (x, y) = (self.x + right * part, self.y + down * part);
            self.tell("touchMove", json!([{ "x": x, "y": y }])).await;
        }
    }

    /// Puts a second one down beside it, and moves them apart until they are so many times as far from each other.
    pub async fn spread(&self, times: f64) {
        let both = |apart: f64| {
            json!([
                { "x": self.x - apart / 2.0, "y": self.y, "id": 0 },
                { "x": self.x + apart / 2.0, "y": self.y, "id": 1 },
            ])
        };
        let apart = 60.0;
        self.tell("touchStart", both(apart)).await;
        for step in 1..=STEPS {
            let part = f64::from(step) / f64::from(STEPS);
            self.tell("touchMove", both(apart * (1.0 + (times - 1.0) * part)))
                .await;
        }
    }

    pub async fn lift(self) {
        self.tell("touchEnd", json!([])).await;
    }

    /// The system needs it for something else.
    pub async fn lose(self) {
        self.tell("touchCancel", json!([])).await;
    }
}
