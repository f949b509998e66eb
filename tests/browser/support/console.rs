//! What the browser finds to complain about: its console, and axe-core.

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Engine, Session};
use crate::api::skip;

/// Where `npm ci` in `.ci` puts it.
const AXE: &str = ".ci/node_modules/axe-core/axe.min.js";

/// Those of its rules that are about colours, and on by default (its tag `cat.color`).
const COLORS: [&str; 2] = ["color-contrast", "link-in-text-block"];

/// How Firefox begins an error of a script that comes from a server, and not from Firefox itself.
const SCRIPT_ERROR: &str = "JavaScript error: http";

/// What Chromium notes where the page itself asks whether somebody would like to install it.
const OWN_OFFER: &str = "beforeinstallpromptevent.preventDefault() called";

/// A line of the console.
#[derive(Debug, Deserialize)]
pub struct Line {
    message: String,
}

#[derive(Debug, Deserialize)]
struct Violation {
    id: String,
    help: String,
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    html: String,
    failure_summary: String,
}

impl Session {
    /// What the console says: Chromium’s since it was last asked, Firefox’s errors of scripts since it
    /// started. WebKit keeps it to itself.
    pub async fn console(&self) -> Vec<Line> {
        match self.engine {
            Engine::Chromium => {
                let mut lines: Vec<Line> = serde_json::from_value(self.log().await).expect("lines");
                lines.retain(|line| !line.message.contains(OWN_OFFER));
                lines
            }
            Engine::Firefox => {
                let output = self.browser.output();
                let errors = output.lines().filter(|line| line.contains(SCRIPT_ERROR));
                errors
                    .map(|line| Line {
                        message: line.to_owned(),
                    })
                    .collect()
            }
            Engine::WebKit => Vec::new(),
        }
    }

    /// Checks that the console has said nothing, but for lines in which one of these texts occurs.
    pub async fn assert_console_clean(&self, expected: &[&str]) {
        let mut lines = self.console().await;
        lines.retain(|line| !expected.iter().any(|text| line.message.contains(text)));
        assert!(lines.is_empty(), "{lines:#?}");
    }

    /// Checks that axe-core finds nothing on this screen.
    pub async fn assert_accessible(&self, screen: &str) {
        self.audit(screen, json!({})).await;
    }

    /// The same of its colours alone, where they are all that is new.
    pub async fn assert_colors_accessible(&self, screen: &str) {
        self.audit(screen, json!({ "runOnly": COLORS })).await;
    }

    async fn audit(&self, screen: &str, options: Value) {
        let Ok(axe) = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE)) else {
            skip("axe-core isn't installed; `npm ci` in .ci does that");
            return;
        };
        // A colour half-way between two isn't one that was chosen.
        self.wait(
            "nothing to move",
            "document.getAnimations().every(({ playState }) => playState !== 'running')",
        )
        .await;
        // It is larger than the page, and needs to be compiled once only.
        if !self.eval::<bool>("'axe' in window").await {
            self.call::<Value>(&format!("() => {{ {axe} }}"), json!([]))
                .await;
        }
        let run = "async (options) => {
            const common = { resultTypes: ['violations'], preload: false };
            return (await axe.run(document, { ...common, ...options })).violations;
        }";
        let found: Vec<Violation> = self.call(run, json!([options])).await;
        let told: Vec<_> = found
            .iter()
            .flat_map(|Violation { id, help, nodes }| {
                nodes.iter().map(
                    move |Node {
                              html,
                              failure_summary,
                          }| {
                        format!(
                            "{id}: {help}\n  {html}\n  {}",
                            failure_summary.replace('\n', "\n  ")
                        )
                    },
                )
            })
            .collect();
        assert!(
            told.is_empty(),
            "{screen} has {}:\n{}\n{}",
            told.len(),
            told.join("\n"),
            self.screenshot(&format!("inaccessible-{screen}")).await
        );
    }
}
