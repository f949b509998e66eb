//! A client that is gone without a word, as a phone in a tunnel: only time can tell.

use std::{
    fs,
    io::{self, Write},
    process::{Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use crate::{
    support::{Binary, PATIENCE, ended},
    tools,
};

/// By the contract it is a minute; machines differ. Without time-outs it would be a quarter of an hour.
const GONE_WITHIN: Duration = Duration::from_secs(75);
/// A network with two ends: here the server's, and there one of a shell that does what it reads.
const NETWORK: &str = r#"
    exec 3<&0 </dev/null
    ip link set lo up
    unshare --net sh <&3 >/dev/null 2>&1 &
    until [ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
    ip link add near type veth peer name far netns $!
    ip address add 192.0.2.1/24 dev near
    ip link set near up
    exec "$@" 3<&-"#;
const CLIENT: &str = "ip address add 192.0.2.2/24 dev far\nip link set far up\n";

/// Connections that the server has, as far as it knows.
fn established(server: &Binary) -> usize {
    const ESTABLISHED: &str = "01";
    let table = fs::read_to_string(format!("/proc/{}/net/tcp", server.id())).expect("a table");
    let states = table.lines().skip(1);
    let states = states.map(|line| line.split_whitespace().nth(3).expect("a state"));
    states.filter(|state| *state == ESTABLISHED).count()
}

#[tokio::test]
async fn connections_to_nowhere_are_gone_within_a_minute() {
    if !tools::have(&["ip", "curl"]) {
        return;
    }
    let Some(way) = tools::in_namespace("--net", NETWORK) else {
        return;
    };
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let database = database.to_str().expect("a plain path");
    let (commands, mut client) = io::pipe().expect("a pipe");
    let mut command = Command::new("unshare");
    command
        .args(&way)
        .arg(env!("CARGO_BIN_EXE_tincan"))
        .args([
            "--listen",
            "192.0.2.1:0",
            "--log",
            "error",
            "--db",
            database,
        ])
        .stdin(commands)
        .stdout(Stdio::piped());
    let server = Binary::run(&mut command);
    manage(&["user", "create", "john", "--db", database]).await;
    let token = manage(&["token", "create", "john", "phone", "--db", database]).await;

    client.write_all(CLIENT.as_bytes()).expect("written");
    let curl = format!(
        "curl -sN --http1.1 --retry 5 --retry-connrefused --max-time 150 -H 'Authorization: Bearer {}' http://{}/api/messages",
        token.trim(),
        server.address()
    );
    let stream = format!("{curl} -H 'Accept: text/event-stream' &");
    let socket = format!(
        "{curl} -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
         -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' &"
    );
    writeln!(client, "{stream}\n{socket}").expect("written");
    until(PATIENCE, || established(&server) == 2).await;
    // Each has been answered, and only listens now.
    sleep(Duration::from_secs(1)).await;
    assert_eq!(established(&server), 2);
    writeln!(client, "ip link set far down").expect("written");
    until(GONE_WITHIN, || established(&server) == 0).await;
}

/// Runs a command of the program's, and gives back what it prints.
async fn manage(arguments: &[&str]) -> String {
    let done = ended(Binary::command(arguments)).await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    done.stdout
}

async fn until(limit: Duration, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(limit, waiting).await.expect("in time");
}
