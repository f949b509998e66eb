//! A server at home tells its network where it is. The network is one of two namespaces, with another device in it.

use std::process::Command;

use tempfile::TempDir;

use crate::support::{on_path, skip};

const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/mdns.py");

/// Makes a network for the server and the other device, and runs `$4` once the server has been started. What that
/// device hears is in `heard`, and the server’s log in `log`.
const NETWORK: &str = r#"
set -eu
tincan=$1 folder=$2 peer=$3
exec 3>&1
mkfifo "$folder/hold"
unshare --net sh -c 'touch "$1/apart"; read -r _ <"$1/hold"' sh "$folder" >/dev/null &
other=$!
exec 4<>"$folder/hold"
server= listener=
trap 'echo >&4; kill $server $listener 2>/dev/null || true; wait' EXIT
ip link set lo up
until [ -e "$folder/apart" ]; do sleep 0.05; done
ip link add near type veth peer name far netns "$other"
ip address add 192.168.77.1/24 dev near
ip link set near up
there() { nsenter --net="/proc/$other/ns/net" "$@"; }
there ip address add 192.168.77.2/24 dev far
there ip link set far up
nsenter --net="/proc/$other/ns/net" python3 "$peer" 192.168.77.2 "$5" >"$folder/heard" 2>&1 &
listener=$!
hears() { for _ in $(seq 300); do grep -q "$1" "$2" && return; sleep 0.1; done; cat "$2" >&3; exit 1; }
hears ready "$folder/heard"
"$tincan" --tls home --listen 0.0.0.0:3000 --db "$folder/tincan.db" >/dev/null 2>"$folder/log" &
server=$!
eval "$4"
"#;

/// Runs it in namespaces of its own; gives back what was said. None where the test has to be skipped.
fn network(mode: &str, then: &str) -> Option<String> {
    let missing = ["unshare", "nsenter", "ip", "python3"];
    if let Some(missing) = missing.iter().find(|program| on_path(program).is_none()) {
        skip(&format!("{missing} isn’t on the path"));
        return None;
    }
    let ways: [&[&str]; 2] = [&["--net"], &["--user", "--map-root-user", "--net"]];
    let way = ways.into_iter().find(|way| {
        let tried = Command::new("unshare").args(*way).arg("true").output();
        tried.is_ok_and(|tried| tried.status.success())
    });
    let Some(way) = way else {
        skip("unshare can't make namespaces here");
        return None;
    };
    let folder = TempDir::new().expect("a folder");
    let mut command = Command::new("unshare");
    command.args(way).args(["sh", "-c", NETWORK, "sh"]);
    command.args([
        env!("CARGO_BIN_EXE_tincan"),
        folder.path().to_str().expect("a plain path"),
    ]);
    let ran = command.args([PEER, then, mode]).output().expect("it runs");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}{errors}");
    Some(said)
}

#[test]
fn it_is_announced_and_says_goodbye() {
    let then = r#"
hears "here" "$folder/heard"
kill -TERM "$server"
wait "$server"
wait "$listener"
cat "$folder/heard""#;
    let Some(said) = network("listen", then) else {
        return;
    };
    let lines: Vec<_> = said.lines().collect();
    assert!(lines.contains(&"here 192.168.77.1"), "{said}");
    assert!(
        lines.contains(&"service Tincan._https._tcp.local 3000"),
        "{said}"
    );
    assert_eq!(lines.last(), Some(&"goodbye 192.168.77.1"), "{said}");
}

#[test]
fn a_name_that_another_device_has_is_left_to_it() {
    let then = r#"
hears "another device" "$folder/log"
"$tincan" status --db "$folder/tincan.db"
"$tincan" tls show --db "$folder/tincan.db"
cat "$folder/heard""#;
    let Some(said) = network("claim", then) else {
        return;
    };
    assert_eq!(
        said.matches("another device has the server’s name").count(),
        2,
        "{said}"
    );
    assert!(!said.contains("here 192.168.77.1"), "{said}");
}
