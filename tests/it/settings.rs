//! The settings as people write them: in an `.env` file with gaps, with spaces after commas.

use std::{collections::BTreeSet, fs};

use clap::CommandFactory;
use tincan::cli::Cli;

use crate::{
    home::Home,
    support::{Binary, Ended, ended},
};

/// A path can’t be used as the database.
const CANT_CREATE: i32 = 73;

/// The variables of a command and of those below it.
fn variables(command: &clap::Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(clap::Arg::get_env);
    let own = own.filter_map(|name| Some(name.to_str()?.to_owned()));
    own.chain(command.get_subcommands().flat_map(variables))
        .collect()
}

/// A place where a folder has the name of the database: a command gets as far as that, and no further.
fn blocked() -> Home {
    let home = Home::new();
    fs::create_dir(home.file("tincan.db")).expect("a folder");
    home
}

impl Home {
    /// What a command says here with these variables, where the current folder has the database.
    async fn with_variables(&self, arguments: &[&str], set: &[(&str, &str)]) -> Ended {
        let mut command = Binary::command(arguments);
        command.current_dir(self.folder());
        command.envs(set.iter().copied());
        ended(command).await
    }
}

#[tokio::test]
async fn an_empty_variable_counts_as_not_set() {
    let all = variables(&Cli::command());
    assert!(all.len() > 30, "{all:?}");
    let home = blocked();
    for arguments in [&[][..], &["user", "list"]] {
        let unset = home.with_variables(arguments, &[]).await;
        assert_eq!(unset.code, Some(CANT_CREATE), "{}", unset.stderr);
        for name in &all {
            let empty = home.with_variables(arguments, &[(name, "")]).await;
            assert_eq!(empty.stderr, unset.stderr, "{arguments:?} {name}");
            assert_eq!(empty.code, unset.code, "{arguments:?} {name}");
        }
    }
}

#[tokio::test]
async fn an_empty_secret_is_none() {
    let home = blocked();
    let file = home.file("secret");
    fs::write(&file, "nine bright pears").expect("a file");
    let file = file.to_str().expect("a plain path");
    for (secret, others) in [
        ("--metrics-token", &[][..]),
        (
            "--github-client-secret",
            &[
                "--github-client-id",
                "tincan",
                "--public-url",
                "https://chat.example",
            ],
        ),
    ] {
        let in_file = format!("{secret}-file");
        let arguments = [&[secret, "", &in_file, file], others].concat();
        let given = home.with_variables(&arguments, &[]).await;
        // With another one, this would be one too many.
        assert_eq!(given.code, Some(CANT_CREATE), "{}", given.stderr);
    }
}

#[tokio::test]
async fn a_list_may_have_spaces_around_its_commas() {
    let home = blocked();
    for (flag, name, list) in [
        (
            "--trusted-proxy",
            "TINCAN_TRUSTED_PROXY",
            "10.0.0.0/8, 172.16.0.0/12",
        ),
        (
            "--allow-outbound",
            "TINCAN_ALLOW_OUTBOUND",
            " 10.0.0.7 ,fd00::/8 ",
        ),
        ("--host", "TINCAN_HOST", "chat.example, pi.example"),
        ("--acme", "TINCAN_ACME", "chat.example, www.chat.example"),
    ] {
        let given = home.with_variables(&[flag, list], &[]).await;
        assert_eq!(given.code, Some(CANT_CREATE), "{}", given.stderr);
        let given = home.with_variables(&[], &[(name, list)]).await;
        assert_eq!(given.code, Some(CANT_CREATE), "{}", given.stderr);
    }
    let origins = "http://pi.example:5173, http://pi.example:8080";
    let given = home
        .with_variables(&["--dev", "--cors", origins], &[])
        .await;
    assert_eq!(given.code, Some(CANT_CREATE), "{}", given.stderr);
    let people = [
        "lab",
        "--port",
        "0",
        "--db",
        "tincan.db",
        "--people",
        "ann, bob",
    ];
    let given = home.with_variables(&people, &[]).await;
    assert_eq!(given.code, Some(CANT_CREATE), "{}", given.stderr);
}

#[tokio::test]
async fn a_refused_value_is_named_with_its_flag_its_variable_and_an_example() {
    let home = blocked();
    for (flag, name, value, example) in [
        ("--listen", "TINCAN_LISTEN", "nowhere", "127.0.0.1:3000"),
        (
            "--listen",
            "TINCAN_LISTEN",
            "unix:",
            "unix:/run/tincan/http.sock",
        ),
        (
            "--listen",
            "TINCAN_LISTEN",
            "unix:/run/",
            "unix:/run/tincan/http.sock",
        ),
        (
            "--listen",
            "TINCAN_LISTEN",
            "127.0.0.1:65536",
            "127.0.0.1:3000",
        ),
        (
            "--http-listen",
            "TINCAN_HTTP_LISTEN",
            "8080",
            "127.0.0.1:3000",
        ),
        (
            "--public-url",
            "TINCAN_PUBLIC_URL",
            "chat.example",
            "https://chat.example",
        ),
        ("--host", "TINCAN_HOST", "http://pi.example", "chat.example"),
        ("--tls", "TINCAN_TLS", "yes", "home"),
        ("--home-name", "TINCAN_HOME_NAME", "a.b", "tincan"),
        (
            "--acme",
            "TINCAN_ACME",
            "https://chat.example",
            "chat.example",
        ),
        (
            "--acme-contact",
            "TINCAN_ACME_CONTACT",
            "anna",
            "admin@chat.example",
        ),
        (
            "--acme-directory",
            "TINCAN_ACME_DIRECTORY",
            "letsencrypt",
            "https://acme",
        ),
        (
            "--trusted-proxy",
            "TINCAN_TRUSTED_PROXY",
            "proxy.example",
            "10.0.0.0/8",
        ),
        (
            "--allow-outbound",
            "TINCAN_ALLOW_OUTBOUND",
            "10.0.0.0/33",
            "10.0.0.0/8",
        ),
        ("--signup", "TINCAN_SIGNUP", "everybody", "invite"),
        ("--backup-keep", "TINCAN_BACKUP_KEEP", "none", "7"),
        ("--max-file", "TINCAN_MAX_FILE", "large", "500MB"),
        ("--files", "TINCAN_FILES", "large", "500MB"),
        (
            "--files-per-user",
            "TINCAN_FILES_PER_USER",
            "large",
            "500MB",
        ),
        ("--text-per-user", "TINCAN_TEXT_PER_USER", "large", "500MB"),
        ("--log", "TINCAN_LOG", "tincan=loud", "info"),
    ] {
        for refused in [
            home.with_variables(&[flag, value], &[]).await,
            home.with_variables(&[], &[(name, value)]).await,
        ] {
            assert_eq!(refused.code, Some(2), "{flag}: {}", refused.stderr);
            for part in [flag, name, value, example] {
                assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
            }
        }
    }
}

#[tokio::test]
async fn an_address_may_be_a_name_or_only_a_port() {
    for (written, ip) in [
        ("localhost:0", "127.0.0.1"),
        (":0", "0.0.0.0"),
        ("[::]:0", "::"),
    ] {
        let home = Home::new();
        let database = home.path("tincan.db");
        let server = Binary::spawn(&["--listen", written, "--db", &database, "--log", "error"]);
        assert_eq!(server.address().ip().to_string(), ip, "{written}");
    }
}
