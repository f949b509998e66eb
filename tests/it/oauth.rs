//! Signing in with a provider, up to knowing who it is: what is sent there, and which of its answers are
//! believed.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use futures_util::FutureExt;
use reqwest::Url;
use serde_json::json;
use tempfile::TempDir;
use tincan::{
    model::UserId,
    oauth::{
        Callback, Error, FinishedSignIn, Flows, Pending, Provider as Setup, ProviderKind, Purpose,
        Secret, StartedSignIn,
    },
};
use tokio::net::TcpListener;

use crate::{
    provider::{CLIENT_ID, Picture, Provider, SECRET, Wrong, token::Token},
    support::{Binary, ended, soon},
};

const HOME: &str = "https://chat.example";

/// From where somebody signs in.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));

/// The provider as both things that it can be.
fn setups(provider: &Provider) -> Vec<Setup> {
    let setup = |id: &str, kind| Setup {
        id: id.to_owned(),
        name: id.to_owned(),
        kind,
        client_id: CLIENT_ID.to_owned(),
        secret: Secret::from(SECRET),
    };
    let url = provider.url();
    let github = setup("github", ProviderKind::GitHub { url: url.clone() });
    vec![github, setup("home", ProviderKind::Oidc { issuer: url })]
}

fn flows(provider: &Provider) -> Flows {
    Flows::new(setups(provider), HOME, Vec::new()).expect("a setup")
}

/// The query of an address that the provider sends somebody back to.
fn callback(url: &Url) -> Callback {
    let of = |name: &str| {
        let mut pairs = url.query_pairs().filter(|(key, _)| key == name);
        pairs.next().map(|(_, value)| value.into_owned())
    };
    Callback {
        state: of("state"),
        code: of("code"),
        error: of("error"),
        iss: of("iss"),
    }
}

/// Begins at the provider with this id, and visits it.
async fn begin(flows: &Flows, provider: &Provider, id: &str) -> (StartedSignIn, Url) {
    let begun = flows.begin(id, HERE, Purpose::SignIn, None).await;
    let begun = begun.expect("a beginning");
    let back = provider.visit(begun.url.as_str()).await;
    let expected = format!("{HOME}/api/oauth/{id}/callback?");
    assert!(back.as_str().starts_with(&expected), "{back}");
    (begun, back)
}

/// Signs in at the provider with this id, from beginning to end.
async fn sign_in(flows: &Flows, provider: &Provider, id: &str) -> Result<FinishedSignIn, Error> {
    let (begun, back) = begin(flows, provider, id).await;
    let cookie = Some(begun.cookie.reveal());
    soon("the end", flows.finish(id, cookie, callback(&back))).await
}

#[tokio::test]
async fn a_provider_tells_who_somebody_is() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    let finished = sign_in(&flows, &provider, "home").await.expect("somebody");
    let identity = finished.identity;
    assert_eq!(identity.issuer, provider.url());
    assert_eq!(identity.subject, "subject-1");
    assert_eq!(identity.username.as_deref(), Some("johnny"));
    let avatar = finished.avatar.expect("an address");
    assert_eq!(avatar.as_str(), format!("{}/picture", provider.url()));
    assert_eq!(finished.purpose, Purpose::SignIn);
    assert_eq!(finished.next, "/");

    sign_in(&flows, &provider, "home").await.expect("somebody");
    let discovery = provider.count("GET /.well-known/openid-configuration");
    assert_eq!(discovery, 1, "what it says about itself is kept");
    assert_eq!(provider.count("GET /keys"), 1);
    assert_eq!(provider.count("GET /userinfo"), 0, "nothing was missing");
}

#[tokio::test]
async fn github_tells_who_somebody_is() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    let finished = sign_in(&flows, &provider, "github").await;
    let finished = finished.expect("somebody");
    let identity = finished.identity;
    assert_eq!(identity.issuer, provider.url());
    assert_eq!(identity.subject, "583231", "the login can change hands");
    assert_eq!(identity.username.as_deref(), Some("octocat"));
    let avatar = finished.avatar.expect("an address");
    assert_eq!(avatar.as_str(), format!("{}/picture", provider.url()));
}

#[tokio::test]
async fn at_github_itself_the_addresses_are_the_documented_ones() {
    let provider = Provider::start().await;
    let mut setups = setups(&provider);
    setups.truncate(1);
    setups[0].kind = ProviderKind::GitHub {
        url: "https://github.com".to_owned(),
    };
    let flows = Flows::new(setups, HOME, Vec::new()).expect("a setup");
    let begun = flows.begin("github", HERE, Purpose::SignIn, None).await;
    let url = begun.expect("a beginning").url;
    let expected = "https://github.com/login/oauth/authorize?";
    assert!(url.as_str().starts_with(expected), "{url}");
}

#[tokio::test]
async fn what_the_id_token_doesnt_tell_is_asked_for() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    provider.desk().claims = json!({ "sub": "subject-1", "nickname": "jack" });
    provider.desk().details = json!({
        "sub": "subject-1",
        "preferred_username": "johnny",
        "picture": format!("{}/picture", provider.url()),
    });
    let finished = sign_in(&flows, &provider, "home").await;
    let FinishedSignIn {
        identity, avatar, ..
    } = finished.expect("somebody");
    assert_eq!(identity.username.as_deref(), Some("jack"));
    assert!(avatar.is_some());
    assert_eq!(provider.count("GET /userinfo"), 1);

    provider.desk().claims = json!({ "sub": "subject-1" });
    let finished = sign_in(&flows, &provider, "home").await;
    let identity = finished.expect("somebody").identity;
    assert_eq!(identity.username.as_deref(), Some("johnny"));

    // Who they are doesn't depend on it.
    for wrong in [Wrong::OtherUser, Wrong::NoDetails, Wrong::AccessToken] {
        provider.misbehave(wrong);
        let finished = sign_in(&flows, &provider, "home").await;
        let FinishedSignIn {
            identity, avatar, ..
        } = finished.expect("somebody");
        assert_eq!(identity.subject, "subject-1");
        assert_eq!(identity.username, None, "{wrong:?}");
        assert_eq!(avatar, None, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_provider_that_gives_no_token_signs_nobody_in() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    for wrong in [
        Wrong::NoIdToken,
        Wrong::TokenError,
        Wrong::TokenRedirect,
        Wrong::Huge,
        Wrong::Nonsense,
    ] {
        provider.misbehave(wrong);
        let refused = sign_in(&flows, &provider, "home").await;
        assert_eq!(refused.err(), Some(Error::Failed), "{wrong:?}");
        provider.misbehave(Wrong::Nothing);
        let accepted = sign_in(&flows, &provider, "home").await;
        accepted.unwrap_or_else(|error| panic!("after {wrong:?}: {error}"));
    }
    assert_eq!(
        provider.count("POST /elsewhere"),
        0,
        "no redirect is followed"
    );
}

#[tokio::test]
async fn github_that_says_no_is_heard() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    for wrong in [Wrong::TokenError, Wrong::NoDetails, Wrong::Nonsense] {
        provider.misbehave(wrong);
        let refused = sign_in(&flows, &provider, "github").await;
        assert_eq!(refused.err(), Some(Error::Failed), "{wrong:?}");
    }
    provider.misbehave(Wrong::Nothing);
    let accepted = sign_in(&flows, &provider, "github").await;
    accepted.expect("somebody");
}

/// Lets time pass that nothing waits for.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_provider_may_change_its_keys() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    sign_in(&flows, &provider, "home").await.expect("somebody");
    provider.change_key();
    sign_in(&flows, &provider, "home").await.expect("somebody");
    sign_in(&flows, &provider, "home").await.expect("somebody");
    assert_eq!(provider.count("GET /keys"), 2, "once again, and kept");
}

#[tokio::test]
async fn bad_tokens_dont_make_it_ask_for_keys_again_and_again() {
    // A key that isn’t shown, and one that is but didn’t sign.
    for tamper in [
        |token: &mut Token| token.header["kid"] = "hidden".into(),
        |token: &mut Token| token.key = "second",
    ] {
        let provider = Provider::start().await;
        let flows = flows(&provider);
        provider.desk().tamper = Some(tamper);
        for _ in 0..3 {
            let refused = sign_in(&flows, &provider, "home").await;
            assert_eq!(refused.err(), Some(Error::Failed));
        }
        assert_eq!(provider.count("GET /keys"), 2, "once more for all of them");
        pass(Duration::from_mins(1)).await;
        for _ in 0..3 {
            let refused = sign_in(&flows, &provider, "home").await;
            assert_eq!(refused.err(), Some(Error::Failed));
        }
        assert_eq!(provider.count("GET /keys"), 3, "and a minute later");
    }
}

#[tokio::test]
async fn metadata_and_keys_are_fetched_anew_daily() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    sign_in(&flows, &provider, "home").await.expect("somebody");
    provider.change_key();
    // New keys don’t make the metadata any newer.
    pass(Duration::from_hours(23)).await;
    sign_in(&flows, &provider, "home").await.expect("somebody");
    let discovery = "GET /.well-known/openid-configuration";
    assert_eq!(
        (provider.count(discovery), provider.count("GET /keys")),
        (1, 2)
    );
    pass(Duration::from_hours(1)).await;
    sign_in(&flows, &provider, "home").await.expect("somebody");
    sign_in(&flows, &provider, "home").await.expect("somebody");
    assert_eq!(
        (provider.count(discovery), provider.count("GET /keys")),
        (2, 3)
    );
}

#[tokio::test]
async fn a_provider_that_was_down_is_asked_again() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    for wrong in [Wrong::Down, Wrong::OtherName] {
        provider.misbehave(wrong);
        let begun = flows.begin("home", HERE, Purpose::SignIn, None).await;
        assert_eq!(begun.err(), Some(Error::Failed), "{wrong:?}");
    }
    provider.misbehave(Wrong::Nothing);
    sign_in(&flows, &provider, "home").await.expect("somebody");
}

#[tokio::test]
async fn a_code_goes_nowhere_that_isnt_safe() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    provider.misbehave(Wrong::PlainToken);
    let refused = sign_in(&flows, &provider, "home").await;
    assert_eq!(refused.err(), Some(Error::Failed));
    assert_eq!(provider.count("POST /token"), 0);
}

#[tokio::test]
async fn an_endpoint_at_a_private_address_is_asked_only_where_that_is_allowed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = elsewhere.local_addr().expect("an address").port();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let provider = Provider::start().await;
        provider.desk().metadata =
            json!({ "token_endpoint": format!("https://{host}:{port}/token") });
        let refused = sign_in(&flows(&provider), &provider, "home").await;
        assert_eq!(refused.err(), Some(Error::Failed), "{host}");
        let connection = elsewhere.accept().now_or_never();
        assert!(connection.is_none(), "{host} was connected to");
    }

    let provider = Provider::start().await;
    provider.desk().metadata =
        json!({ "token_endpoint": format!("https://127.0.0.1:{port}/token") });
    let network = "127.0.0.0/8".parse().expect("a network");
    let flows = Flows::new(setups(&provider), HOME, vec![network]).expect("a setup");
    let connection = async { drop(elsewhere.accept().await.expect("a connection")) };
    let ((), refused) = tokio::join!(
        soon("a connection", connection),
        sign_in(&flows, &provider, "home")
    );
    assert_eq!(refused.err(), Some(Error::Failed), "no TLS is spoken there");
}

#[tokio::test]
async fn a_picture_at_a_private_address_is_asked_for_only_where_that_is_allowed() {
    let provider = Provider::start().await;
    // The provider’s host and port, but not the origin that was set up.
    let url = provider.url().replace("http:", "https:") + "/picture";
    let url: Url = url.parse().expect("an address");
    for id in ["home", "github"] {
        let refused = flows(&provider).avatar(id, &url).await;
        assert_eq!(refused.err(), Some(Error::Failed), "{id}");
    }
    assert_eq!(provider.desk().connections, 0);

    let network = "127.0.0.0/8".parse().expect("a network");
    let flows = Flows::new(setups(&provider), HOME, vec![network]).expect("a setup");
    let refused = flows.avatar("home", &url).await;
    assert_eq!(refused.err(), Some(Error::Failed), "no TLS is spoken there");
    assert_eq!(provider.desk().connections, 1);
}

#[tokio::test]
async fn a_provider_that_wants_the_secret_in_the_body_gets_it_there() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    provider.desk().metadata =
        json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] });
    sign_in(&flows, &provider, "home").await.expect("somebody");
}

#[tokio::test]
async fn a_provider_that_doesnt_answer_isnt_waited_for() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    for id in ["home", "github"] {
        let (begun, back) = begin(&flows, &provider, id).await;
        provider.misbehave(Wrong::Slow);
        // The clock runs ahead whenever nothing happens.
        tokio::time::pause();
        let cookie = Some(begun.cookie.reveal());
        let refused = flows.finish(id, cookie, callback(&back)).await;
        assert_eq!(refused.err(), Some(Error::Failed));
        tokio::time::resume();
        provider.misbehave(Wrong::Nothing);
    }
}

#[tokio::test]
async fn a_sign_in_is_finished_once() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    for id in ["home", "github"] {
        let (begun, back) = begin(&flows, &provider, id).await;
        let cookie = Some(begun.cookie.reveal());
        let finished = flows.finish(id, cookie, callback(&back)).await;
        finished.expect("somebody");
        // Even where the provider would take the code again.
        provider.misbehave(Wrong::Codes);
        let again = flows.finish(id, cookie, callback(&back)).await;
        assert_eq!(again.err(), Some(Error::Expired));
        provider.misbehave(Wrong::Nothing);

        // A used code in another sign-in, which the provider doesn't take.
        let (begun, other) = begin(&flows, &provider, id).await;
        let replayed = Callback {
            code: callback(&back).code,
            ..callback(&other)
        };
        let cookie = Some(begun.cookie.reveal());
        let refused = flows.finish(id, cookie, replayed).await;
        assert_eq!(refused.err(), Some(Error::Failed));
    }
}

#[tokio::test]
async fn another_sign_ins_code_isnt_taken() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    for id in ["home", "github"] {
        let (begun, back) = begin(&flows, &provider, id).await;
        let (_, stolen) = begin(&flows, &provider, id).await;
        let injected = Callback {
            code: callback(&stolen).code,
            ..callback(&back)
        };
        let cookie = Some(begun.cookie.reveal());
        let refused = flows.finish(id, cookie, injected).await;
        assert_eq!(refused.err(), Some(Error::Failed), "PKCE binds it");
    }
}

#[tokio::test]
async fn only_the_browser_that_began_can_finish() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    let (theirs, _) = begin(&flows, &provider, "home").await;
    for cookie in [
        None,
        Some(""),
        Some("guessed"),
        Some(theirs.cookie.reveal()),
    ] {
        let (begun, back) = begin(&flows, &provider, "home").await;
        let refused = flows.finish("home", cookie, callback(&back)).await;
        assert_eq!(refused.err(), Some(Error::Expired), "{cookie:?}");
        let cookie = Some(begun.cookie.reveal());
        let late = flows.finish("home", cookie, callback(&back)).await;
        assert_eq!(
            late.err(),
            Some(Error::Expired),
            "the state is known to another"
        );
    }

    let (begun, back) = begin(&flows, &provider, "home").await;
    let cookie = Some(begun.cookie.reveal());
    for state in [None, Some(String::new()), Some("guessed".to_owned())] {
        let guessed = Callback {
            state,
            ..callback(&back)
        };
        let refused = flows.finish("home", cookie, guessed).await;
        assert_eq!(refused.err(), Some(Error::Expired));
    }
    // At the address of the other provider.
    let refused = flows.finish("github", cookie, callback(&back)).await;
    assert_eq!(refused.err(), Some(Error::Expired));
    assert_eq!(provider.count("POST /token"), 0);
    assert_eq!(provider.count("POST /login/oauth/access_token"), 0);
}

#[tokio::test]
async fn a_sign_in_has_ten_minutes() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    let (begun, back) = begin(&flows, &provider, "home").await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(601)).await;
    let cookie = Some(begun.cookie.reveal());
    let late = flows.finish("home", cookie, callback(&back)).await;
    assert_eq!(late.err(), Some(Error::Expired));
}

/// Begins at GitHub from an address, and comes back.
async fn begin_from(flows: &Flows, provider: &Provider, address: IpAddr) -> (StartedSignIn, Url) {
    let begun = flows.begin("github", address, Purpose::SignIn, None).await;
    let begun = begun.expect("a beginning");
    let back = provider.visit(begun.url.as_str()).await;
    (begun, back)
}

async fn finish(flows: &Flows, (begun, back): (StartedSignIn, Url)) -> Option<Error> {
    let cookie = Some(begun.cookie.reveal());
    let finished = flows.finish("github", cookie, callback(&back)).await;
    finished.err()
}

#[tokio::test]
async fn a_network_that_begins_many_sign_ins_loses_its_own_oldest_alone() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    // All of one household.
    let other = |n: u16| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, n, 0, 0, 1));
    let ours = begin(&flows, &provider, "github").await;
    let oldest = begin_from(&flows, &provider, other(0)).await;
    for n in 1..2_000 {
        let begun = flows.begin("github", other(n), Purpose::SignIn, None).await;
        begun.expect("a beginning");
    }
    let newest = begin_from(&flows, &provider, other(2_000)).await;
    assert_eq!(finish(&flows, oldest).await, Some(Error::Expired));
    assert_eq!(finish(&flows, newest).await, None);
    assert_eq!(finish(&flows, ours).await, None);
}

#[tokio::test]
async fn of_too_many_sign_ins_the_network_with_the_most_loses_its_oldest() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    let ours = begin(&flows, &provider, "github").await;
    let crowd = |n: u8| IpAddr::from([203, 0, 113, n]);
    let first = begin_from(&flows, &provider, crowd(0)).await;
    for n in 0..100 {
        for _ in 0..60 {
            let begun = flows.begin("github", crowd(n), Purpose::SignIn, None).await;
            begun.expect("a beginning");
        }
    }
    assert_eq!(finish(&flows, first).await, Some(Error::Expired));
    assert_eq!(finish(&flows, ours).await, None);
}

#[tokio::test]
async fn a_person_may_say_no() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    provider.desk().denies = true;
    for id in ["home", "github"] {
        let refused = sign_in(&flows, &provider, id).await;
        assert_eq!(refused.err(), Some(Error::Denied));
    }
    // What else can come back without a code.
    let (begun, back) = begin(&flows, &provider, "home").await;
    let broken = Callback {
        error: Some("server_error".to_owned()),
        ..callback(&back)
    };
    let cookie = Some(begun.cookie.reveal());
    let refused = flows.finish("home", cookie, broken).await;
    assert_eq!(refused.err(), Some(Error::Failed));
}

#[tokio::test]
async fn it_comes_back_with_what_it_was_for() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    for (next, expected) in [
        ("/", "/"),
        ("/c/7?at=3#9", "/c/7?at=3#9"),
        ("", "/"),
        ("c/7", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/c\\7", "/"),
        ("/\t/evil.example", "/"),
        ("/\r\nset-cookie: a=b", "/"),
        ("/c/\u{7f}", "/"),
        ("/ü", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let purpose = Purpose::Link(UserId(7));
        let begun = flows.begin("github", HERE, purpose, Some(next)).await;
        let begun = begun.expect("a beginning");
        let back = provider.visit(begun.url.as_str()).await;
        let cookie = Some(begun.cookie.reveal());
        let finished = flows.finish("github", cookie, callback(&back)).await;
        let finished = finished.expect("somebody");
        assert_eq!(finished.next, expected, "{next:?}");
        assert_eq!(finished.purpose, purpose);
    }
}

#[tokio::test]
async fn an_unknown_provider_is_none() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    let begun = flows.begin("nobody", HERE, Purpose::SignIn, None).await;
    assert_eq!(begun.err(), Some(Error::UnknownProvider));
    let ids: Vec<_> = flows.providers().map(|provider| &provider.id).collect();
    assert_eq!(ids, ["github", "home"]);
}

#[tokio::test]
async fn somebody_new_has_ten_minutes_to_choose_a_name() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    let finished = sign_in(&flows, &provider, "home").await.expect("somebody");
    let pending = Pending {
        provider: "home".to_owned(),
        identity: finished.identity,
        avatar: finished.avatar,
    };
    flows.insert_pending(HERE, "cookie", pending.clone());
    assert!(flows.pending("another").is_none());
    for _ in 0..2 {
        let waiting = flows.pending("cookie").expect("somebody");
        assert_eq!(waiting.identity, pending.identity);
    }
    assert!(flows.remove_pending("another").is_none());
    assert!(flows.remove_pending("cookie").is_some());
    assert!(flows.pending("cookie").is_none());
    assert!(flows.remove_pending("cookie").is_none(), "once");

    flows.insert_pending(HERE, "cookie", pending);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(601)).await;
    assert!(flows.pending("cookie").is_none());
    assert!(flows.remove_pending("cookie").is_none());
}

#[tokio::test]
async fn a_picture_is_taken_from_the_provider() {
    let provider = Provider::start().await;
    let flows = flows(&provider);
    let url: Url = format!("{}/picture", provider.url())
        .parse()
        .expect("an address");
    let webp = b"RIFF\x10\0\0\0WEBPVP8 ";
    for (media_type, bytes) in [
        ("image/png", &b"\x89PNG\r\n\x1a\n..."[..]),
        ("image/jpeg", b"\xff\xd8\xff\xe0..."),
        ("image/gif", b"GIF89a..."),
        ("image/webp", webp),
    ] {
        provider.desk().picture = Picture {
            status: 200,
            media_type: media_type.to_owned(),
            bytes: bytes.to_vec(),
        };
        let avatar = flows.avatar("home", &url).await.expect("a picture");
        assert_eq!(avatar.media_type, media_type);
        assert_eq!(avatar.bytes, bytes);
    }

    let png = b"\x89PNG\r\n\x1a\n";
    let mut large = png.to_vec();
    large.resize(256 * 1024 + 1, 0);
    for (status, media_type, bytes) in [
        (200, "image/png", &large[..]),
        (
            200,
            "image/svg+xml",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        ),
        (200, "text/html", png),
        (
            200,
            "image/png",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        ),
        (200, "image/jpeg", png),
        (200, "image/png", b""),
        (404, "image/png", png),
        (302, "image/png", png),
    ] {
        provider.desk().picture = Picture {
            status,
            media_type: media_type.to_owned(),
            bytes: bytes.to_vec(),
        };
        let refused = flows.avatar("home", &url).await;
        assert_eq!(refused.err(), Some(Error::Failed), "{status} {media_type}");
    }
}

#[tokio::test]
async fn a_picture_is_taken_from_any_host_that_may_be_asked() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = elsewhere.local_addr().expect("an address").port();
    let provider = Provider::start().await;
    // As far as the rules for outgoing requests go, this is where other hosts of the public internet are, too.
    let network = "127.0.0.0/8".parse().expect("a network");
    let flows = Flows::new(setups(&provider), HOME, vec![network]).expect("a setup");
    for id in ["home", "github"] {
        let url = format!("https://localhost:{port}/picture");
        let url: Url = url.parse().expect("an address");
        let connection = async { drop(elsewhere.accept().await.expect("a connection")) };
        let ((), refused) = tokio::join!(soon("a connection", connection), flows.avatar(id, &url));
        assert_eq!(refused.err(), Some(Error::Failed), "no TLS is spoken there");
    }
}

#[tokio::test]
async fn a_picture_that_the_rules_forbid_isnt_asked_for() {
    let provider = Provider::start().await;
    let other = Provider::start().await;
    let flows = flows(&provider);
    let here = provider.url();
    for url in [
        format!("{}/picture", other.url()),
        here.replace("127.0.0.1", "localhost") + "/picture",
        here.replace("127.0.0.1", "john:secret@127.0.0.1") + "/picture",
        "http://lh3.googleusercontent.com/picture".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://[::1]/picture".to_owned(),
        "data:image/png;base64,iVBORw0KGgo=".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let url: Url = url.parse().expect("an address");
        for id in ["home", "github"] {
            let refused = flows.avatar(id, &url).await;
            assert_eq!(refused.err(), Some(Error::Failed), "{url}");
        }
    }
    assert_eq!(provider.count("GET /picture"), 0);
    assert_eq!(other.count("GET /picture"), 0);
}

#[test]
fn no_debug_output_shows_a_secret() {
    let setup = Setup {
        id: "home".to_owned(),
        name: "home".to_owned(),
        kind: ProviderKind::Oidc {
            issuer: "http://localhost:1".to_owned(),
        },
        client_id: CLIENT_ID.to_owned(),
        secret: Secret::from("hunter2"),
    };
    assert!(!format!("{setup:?}").contains("hunter2"));
    let flows = Flows::new(vec![setup], HOME, Vec::new()).expect("a setup");
    assert_eq!(format!("{flows:?}"), r#"["home"]"#);
}

#[tokio::test]
async fn providers_that_make_no_sense_are_refused_at_the_start() {
    let folder = TempDir::new().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("a plain path").to_owned()
    };
    let (full, empty) = (file("full", "hunter2\n"), file("empty", "\n"));
    let home = "--oidc=home=http://localhost:1";
    let client = "--oidc-client=home=tincan";
    let secret = "--oidc-secret=home=hunter2";
    let public = "--public-url=https://chat.example";
    let secret_file = format!("--oidc-secret-file=home={full}");
    let empty_file = format!("--oidc-secret-file=home={empty}");
    let no_file = format!("--oidc-secret-file=home={full}.not");
    let github_file = format!("--github-client-secret-file={full}");
    let long_name = format!("--oidc={}=http://localhost:1", "x".repeat(21));
    for (arguments, said) in [
        (&[home, client, secret][..], "--public-url"),
        (&[public, home, secret], "client ID"),
        (&[public, home, client], "secret"),
        (&[public, home, client, &empty_file], "empty"),
        (&[public, home, client, &no_file], "can’t read"),
        (
            &[public, home, client, secret, &secret_file],
            "both directly and in a file",
        ),
        (&[public, home, home, client, secret], "twice"),
        (
            &[public, home, client, secret, secret],
            "--oidc-secret names a provider twice",
        ),
        (&[public, client], "--oidc-client names a provider that"),
        (&[public, secret], "--oidc-secret names a provider that"),
        (
            &[public, &secret_file],
            "--oidc-secret-file names a provider that",
        ),
        (
            &[public, home, client, "--oidc-secret=hunter2"],
            "NAME=VALUE",
        ),
        (&[public, "--oidc=home"], "NAME=VALUE"),
        (
            &[public, "--oidc=Home=http://localhost:1"],
            "lowercase letters",
        ),
        (
            &[public, "--oidc=github=http://localhost:1"],
            "lowercase letters",
        ),
        (
            &[public, "--oidc=pending=http://localhost:1"],
            "lowercase letters",
        ),
        (&[public, &long_name], "lowercase letters"),
        (
            &[public, "--oidc=home=nonsense", client, secret],
            "must be like",
        ),
        (
            &[public, "--oidc=home=http://login.example", client, secret],
            "https://",
        ),
        (
            &[public, "--oidc=home=ftp://localhost", client, secret],
            "https://",
        ),
        (&[public, "--github-client-id=tincan"], "--github-client-id"),
        (
            &[public, "--github-client-secret=hunter2"],
            "--github-client-id",
        ),
        (&[public, &github_file], "--github-client-id"),
        (&["--github-client-id=tincan", &github_file], "--public-url"),
    ] {
        let database = folder.path().join("tincan.db");
        let mut command = Binary::command(arguments);
        command
            .args(["--listen", "127.0.0.1:0", "--db"])
            .arg(database);
        let refused = ended(command).await;
        assert_eq!(refused.code, Some(78), "{arguments:?}: {}", refused.stderr);
        assert!(
            refused.stderr.contains(said),
            "{arguments:?}: {}",
            refused.stderr
        );
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
}

#[tokio::test]
async fn providers_come_from_flags_and_from_the_environment() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, "hunter2\n").expect("a file");
    let mut command = Binary::command(&["--log=error", "--listen=127.0.0.1:0", "--db"]);
    command
        .arg(folder.path().join("tincan.db"))
        .env("TINCAN_PUBLIC_URL", HOME)
        .env(
            "TINCAN_OIDC",
            "home=http://localhost:1 work=http://[::1]:2\n",
        )
        .env("TINCAN_OIDC_CLIENT", "home=tincan work=tincan")
        .env("TINCAN_OIDC_SECRET", "home=hunter2==")
        .env(
            "TINCAN_OIDC_SECRET_FILE",
            format!("work={}", file.display()),
        )
        .env("TINCAN_GITHUB_URL", "http://127.0.0.1:3/")
        .env("TINCAN_GITHUB_CLIENT_ID", "tincan")
        .env("TINCAN_GITHUB_CLIENT_SECRET_FILE", &file);
    let binary = Binary::run(&mut command);
    binary.nobody().get("/healthz").await.expect(200);
}

#[tokio::test]
async fn help_shows_no_secret() {
    let mut command = Binary::command(&["--help"]);
    command
        .env("TINCAN_GITHUB_CLIENT_SECRET", "hunter2")
        .env("TINCAN_OIDC_SECRET", "home=hunter2");
    let help = ended(command).await;
    assert!(
        help.stdout.contains("--oidc-secret-file"),
        "{}",
        help.stdout
    );
    assert!(!help.stdout.contains("hunter2"), "{}", help.stdout);
}
