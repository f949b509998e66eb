//! `lab/client` against the real server. Its tests are in `lab/client/tests`, and run in Node.

use std::{path::Path, process::Command};

use crate::support::{on_path, skip};

#[test]
fn the_client_loses_nothing_and_sends_nothing_twice() {
    let Some(node) = on_path("node") else {
        return skip("apt install nodejs");
    };
    let tests = Command::new(node)
        // Before 22, Node has a WebSocket only if it is asked to.
        .args(["--experimental-websocket", "--test", "tests/client.test.js"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("lab/client"))
        .env("TINCAN_BIN", env!("CARGO_BIN_EXE_tincan"))
        .output()
        .expect("node");
    let said = String::from_utf8_lossy(&tests.stdout);
    assert!(tests.status.success(), "{said}");
}
