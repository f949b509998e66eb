//! Clients that others wrote, at the server’s own socket: OpenSSL, which most programs speak TLS by, and curl. Each is given
//! the authority as somebody would who has it in a file.

use std::{
    fs,
    net::IpAddr,
    path::Path,
    process::{Command, Stdio},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType,
};
use tempfile::TempDir;

use crate::{
    event_stream_clients::Follower,
    support::{Binary, Ended, ended, on_path, skip, soon, tls::Authority},
    tls_home::{House, Thief, VOUCHED_FOR},
};

pub async fn run(program: &str, arguments: &[&str]) -> Ended {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    ended(command).await
}

/// Whether both are there. Otherwise the test has to be skipped.
pub fn are_here() -> bool {
    for program in ["openssl", "curl"] {
        if on_path(program).is_none() {
            skip(&format!("{program} isn’t on the path"));
            return false;
        }
    }
    true
}

pub fn plain(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// Checks that both trust the server at this name by the authority in this file, and only by that; and what is spoken.
pub async fn expect_trust(server: &mut Binary, name: &str, authority: &Path) {
    let http = server.http_address();
    let port = server.address().port();
    let authority = plain(authority);
    expect_openssl_trusts(server, name, authority).await;

    let [own, led] = [port, http.port()].map(|port| format!("{name}:{port}:127.0.0.1"));
    let curl = async |more: &[&str]| {
        let usual = [
            "-sS",
            "--noproxy",
            "*",
            "--resolve",
            &own,
            "--resolve",
            &led,
        ];
        run("curl", &[&usual[..], more].concat()).await
    };
    let url = format!("https://{name}:{port}/api/config?a=b");
    let plain = format!("http://{name}:{}/api/config?a=b", http.port());
    let said = "\n%{http_version} %{num_redirects} %{url_effective}";
    // By plain http, one is led to https.
    for (asked, redirects) in [(&url, 0), (&plain, 1)] {
        let got = curl(&["--cacert", authority, "-L", "-w", said, asked]).await;
        assert_eq!(got.code, Some(0), "{}", got.stderr);
        let (body, said) = got.stdout.rsplit_once('\n').expect("what curl says");
        assert!(body.starts_with("{\"name\":\"Tincan\""), "{body}");
        assert_eq!(said, format!("1.1 {redirects} {url}"));
    }
    // CURLE_PEER_FAILED_VERIFICATION (libcurl-errors(3)).
    let stranger = curl(&[&url]).await;
    assert_eq!(stranger.code, Some(60), "{}", stranger.stderr);
}

async fn expect_openssl_trusts(server: &Binary, name: &str, authority: &str) {
    let address = server.address().to_string();
    let shake = async |more: &[&str]| {
        let usual = [
            "s_client",
            "-connect",
            &address,
            "-servername",
            name,
            "-verify_hostname",
            name,
            "-no-CApath",
            "-no-CAstore",
        ];
        run("openssl", &[&usual[..], more].concat()).await
    };
    let trusting = ["-CAfile", authority, "-verify_return_error"];
    for (version, called) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let more = [version, "-alpn", "h2,http/1.1"];
        let shaken = shake(&[&trusting[..], &more].concat()).await;
        assert_eq!(shaken.code, Some(0), "{}", shaken.stderr);
        for said in [
            "Verify return code: 0 (ok)\n",
            "ALPN protocol: http/1.1\n",
            &format!("New, {called}, Cipher is "),
        ] {
            assert!(shaken.stdout.contains(said), "{said}: {}", shaken.stdout);
        }
        // 20 is X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY.
        let stranger = shake(&["-no-CAfile", "-verify_return_error", version]).await;
        assert_eq!(stranger.code, Some(1), "{version}");
        let said = "verify error:num=20:";
        assert!(stranger.stderr.contains(said), "{}", stranger.stderr);
    }
    // OpenSSL is told to be careless, so that it is the server which refuses. RFC 7301 §3.2 has the last one’s reason; of
    // old versions, rustls misses whatever it looks for first.
    let old = ["-cipher", "ALL:@SECLEVEL=0"];
    for (version, more, alert) in [
        ("-tls1", old, "SSL alert number"),
        ("-tls1_1", old, "SSL alert number"),
        ("-tls1_3", ["-alpn", "h2"], "alert no application protocol"),
    ] {
        let refused = shake(&[&trusting[..], &[version], &more].concat()).await;
        assert_eq!(refused.code, Some(1), "{version}");
        assert!(refused.stderr.contains(alert), "{}", refused.stderr);
    }
}

#[tokio::test]
async fn openssl_and_curl_trust_a_certificate_from_files_and_one_of_a_home() {
    if !are_here() {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let authority = Authority::new();
    let kept = folder.path().join("ca.pem");
    fs::write(&kept, authority.pem()).expect("a file");
    let leads = ["--http-listen", "127.0.0.1:0"];
    let database = folder.path().join("tincan.db");
    let mut server = Binary::start_with_tls(&database, &authority, &leads);
    expect_trust(&mut server, "localhost", &kept).await;

    let house = House::new();
    let mut server = house.serve_strictly(&leads);
    expect_trust(&mut server, "tincan.local", &house.kept("authority.pem")).await;
}

#[tokio::test]
async fn curl_follows_the_stream() {
    if !are_here() {
        return;
    }
    let house = House::new();
    let server = house.serve(&[]);
    let john = house.resident(&server).sign_in("john").await;
    let jane = house.resident(&server).sign_in("jane").await;
    let conversation = john.talk_to("jane").await;
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--no-buffer", "--noproxy", "*", "--cacert"])
        .arg(house.kept("authority.pem"))
        .args(["-H", "Accept: text/event-stream", "-H"])
        .arg(format!(
            "Authorization: Bearer {}",
            jane.token.as_deref().expect("a token")
        ))
        .arg(format!("https://{}/api/messages", server.address()));
    let mut stream = Follower::start("curl", &mut curl);
    // All of it in time, as comments are no progress.
    let mut hears = async |said: &str| {
        let heard = async { while !stream.next().await.contains(said) {} };
        soon(said, heard).await;
    };
    hears("event:hello").await;
    john.say(&conversation, "Dinner’s ready").await;
    hears("\"content\":\"Dinner’s ready\"").await;
}

/// A change to an honest certificate for `tincan.local` that the authority’s own key has signed, what is asked for, and
/// why OpenSSL doesn’t believe it (`X509_verify_cert_error_string(3)`).
type Forge = fn(&mut CertificateParams);
const FORGED: &[(&str, Forge, [&str; 2], &str)] = &[
    (
        "a bank beside a name of the home",
        |wanted| {
            let bank = "example.com".try_into().expect("a name");
            wanted.subject_alt_names.push(SanType::DnsName(bank));
        },
        ["-verify_hostname", "tincan.local"],
        "permitted subtree violation",
    ),
    (
        "a bank where names were once, which counts if there are no others",
        |wanted| {
            wanted.subject_alt_names.clear();
            wanted
                .distinguished_name
                .push(DnType::CommonName, "example.com");
        },
        ["-verify_hostname", "example.com"],
        "permitted subtree violation",
    ),
    (
        "somebody who signs mail",
        |wanted| wanted.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection],
        ["-purpose", "smimesign"],
        UNSUITABLE,
    ),
    (
        "a client",
        |wanted| wanted.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
        ["-purpose", "sslclient"],
        UNSUITABLE,
    ),
];
const UNSUITABLE: &str = "unsuitable certificate purpose";

/// What openssl is to look for in a certificate.
fn is_for(host: &str) -> [&str; 2] {
    let is_address = host.parse::<IpAddr>().is_ok();
    let option = if is_address {
        "-verify_ip"
    } else {
        "-verify_hostname"
    };
    [option, host]
}

#[tokio::test]
async fn openssl_believes_an_authority_of_a_home_no_more_than_it_may_say() {
    if !are_here() {
        return;
    }
    let house = House::new();
    let _server = house.serve(&["--host", "chat.home.arpa"]);
    let folder = TempDir::new().expect("a folder");
    let [leaf, between] = ["leaf.pem", "between.pem"].map(|name| folder.path().join(name));
    let (leaf, between) = (plain(&leaf), plain(&between));
    let authority = house.kept("authority.pem");
    let verify = async |more: &[&str], certificate: &str| {
        let own = ["verify", "-no-CApath", "-no-CAstore", "-CAfile"];
        let own = [&own[..], &[plain(&authority)]].concat();
        run("openssl", &[&own[..], more, &[certificate]].concat()).await
    };

    // All that RFC 5280 asks of a certificate, and of who has issued it.
    let server = house.kept("server.pem");
    for host in ["tincan.local", "chat.home.arpa", "localhost", "127.0.0.1"] {
        let strictly = [
            &["-x509_strict", "-purpose", "sslserver"],
            &is_for(host)[..],
        ]
        .concat();
        let verified = verify(&strictly, plain(&server)).await;
        assert_eq!(verified.code, Some(0), "{host}: {}", verified.stderr);
    }

    let thief = Thief::of(&house);
    let sign = |host: &str, change: &dyn Fn(&mut CertificateParams)| {
        let signed = thief.sign(host, change);
        fs::write(leaf, signed.pem()).expect("a file");
    };
    for (host, is_good) in VOUCHED_FOR {
        sign(host, &|_| {});
        let verified = verify(&is_for(host), leaf).await;
        if *is_good {
            assert_eq!(verified.code, Some(0), "{host}: {}", verified.stderr);
        } else {
            assert_eq!(verified.code, Some(2), "{host}");
            let said = "permitted subtree violation";
            assert!(
                verified.stderr.contains(said),
                "{host}: {}",
                verified.stderr
            );
        }
    }
    for (what, forge, asked, said) in FORGED {
        sign("tincan.local", forge);
        let verified = verify(asked, leaf).await;
        assert_eq!(verified.code, Some(2), "{what}");
        assert!(
            verified.stderr.contains(said),
            "{what}: {}",
            verified.stderr
        );
    }

    // An authority below it, for a name that would be good.
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Below");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate().expect("a key");
    let other = CertifiedIssuer::signed_by(params, key, &thief.issuer).expect("an authority");
    fs::write(between, other.pem()).expect("a file");
    let wanted = CertificateParams::new(["tincan.local".to_owned()]).expect("a host");
    let key = KeyPair::generate().expect("a key");
    let signed = wanted.signed_by(&key, &other).expect("a certificate");
    fs::write(leaf, signed.pem()).expect("a file");
    let verified = verify(&["-untrusted", between], leaf).await;
    assert_eq!(verified.code, Some(2));
    let said = "path length constraint exceeded";
    assert!(verified.stderr.contains(said), "{}", verified.stderr);
}
