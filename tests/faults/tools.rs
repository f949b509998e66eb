//! The tools by which a machine's faults are made.

use std::{path::Path, process::Command};

use crate::support::{Binary, on_path, skip};

/// How strace traces: as a grandchild, so that the process that is started is tincan itself. No faster way of tracing
/// delivers injected signals.
const HOW: [&str; 5] = ["-D", "-f", "-qq", "-e", "signal=none"];

/// Whether these programs are all there; where they aren't, the test has to be skipped.
pub fn have(programs: &[&str]) -> bool {
    let missing = programs.iter().find(|program| on_path(program).is_none());
    if let Some(program) = missing {
        skip(&format!("{program} isn't on the path"));
    }
    missing.is_none()
}

/// `tincan` under strace, which writes these calls to `log` and does something to one of them
/// (strace(1), `inject`). A call's count is each thread's own.
pub fn traced(calls: &str, injection: &str, log: &Path, database: &Path) -> Command {
    trace(&[], calls, injection, log, database)
}

/// The same for calls that are about the database file alone.
pub fn traced_on(database: &Path, calls: &str, injection: &str, log: &Path) -> Command {
    let file = plain(&database.canonicalize().expect("a file"));
    trace(&["-P", &file], calls, injection, log, database)
}

/// Any command of the program, where this call fails that is about one file or folder.
pub fn traced_command(file: &Path, injection: &str, log: &Path, arguments: &[&str]) -> Command {
    let (file, log, injection) = (plain(file), plain(log), format!("inject={injection}"));
    let which = ["-P", &file, "-o", &log, "-e", &injection];
    Binary::command_by_way_of("strace", &[&HOW[..], &which].concat(), arguments)
}

fn trace(which: &[&str], calls: &str, injection: &str, log: &Path, database: &Path) -> Command {
    let (calls, injection) = (format!("trace={calls}"), format!("inject={injection}"));
    let log = plain(log);
    let what = ["-o", &log, "-e", &calls, "-e", &injection];
    let mut command = Binary::by_way_of("strace", &[&HOW, which, &what].concat(), database);
    command.arg("--no-limits");
    command
}

pub fn plain(path: &Path) -> String {
    path.to_str().expect("a plain path").to_owned()
}

/// What starts a shell script in namespaces of its own, as root or as a root made for it; none where
/// the test has to be skipped.
pub fn in_namespace(kind: &str, script: &str) -> Option<Vec<String>> {
    let ways: [&[&str]; 2] = [&[kind], &["--user", "--map-root-user", kind]];
    let way = ways.into_iter().find(|way| {
        let tried = Command::new("unshare").args(*way).arg("true").output();
        tried.is_ok_and(|tried| tried.status.success())
    });
    let Some(way) = way else {
        skip("unshare can't make namespaces here");
        return None;
    };
    let script = ["sh", "-euc", script, "sh"];
    Some(
        [way, &script]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect(),
    )
}
