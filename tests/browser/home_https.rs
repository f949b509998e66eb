//! https by the server’s own authority: secure for a browser whose user has installed it, and refused by all others; and the
//! page on which people do so.

use serde_json::Value;

use crate::{
    api::push_service::PushService,
    push::{can_be_installed, deliver, subscribing, turn_on},
    support::{Device, Options, Scheme, Stage},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_trusts_the_authority_has_a_secure_page() {
    let Some((stage, authority, plain)) = Stage::set_at_home(1).await else {
        return;
    };
    let origin = plain.replace("http:", "https:");
    let service = PushService::start().await;
    let subscribing = subscribing(&service.browser());
    let trusting = Options::desktop().origin(&origin).trusting(authority);
    let trusting = trusting.script(subscribing);
    let john = stage.session(trusting).await;
    john.open("/").await;
    assert!(john.eval::<bool>("isSecureContext").await);
    john.sign_in("john").await;
    let worker = "navigator.serviceWorker.ready.then(({ active }) => active.scriptURL)";
    let worker: String = john.eval(worker).await;
    assert_eq!(worker, format!("{origin}/service-worker.js"));
    can_be_installed(&john).await;

    // It rings: the page subscribes with the server’s key, and what the server sends is shown.
    turn_on(&john).await;
    let key: String = john.eval("localStorage.getItem('test:subscribed')").await;
    let push = "fetch('/api/push').then((answer) => answer.json())";
    let push: Value = john.eval(push).await;
    assert_eq!(push["publicKey"], key.as_str());
    assert_eq!(push["subscriptions"][0]["current"], true);
    john.click("button", "Send a test").await;
    let sent = service.next().await;
    assert_eq!(sent.key, key);
    deliver(&john, &sent.body.to_string()).await;
    john.reads("It works. The notification has arrived.").await;
    john.assert_console_clean(&[]).await;
}

#[tokio::test]
async fn a_browser_that_does_not_refuses_it() {
    let Some((stage, _, plain)) = Stage::set_at_home(1).await else {
        return;
    };
    let origin = plain.replace("http:", "https:");
    let stranger = stage.session(Options::desktop().origin(&origin)).await;
    stranger.open("/").await;
    let why = "document.documentElement.textContent.includes('ERR_CERT_AUTHORITY_INVALID')";
    stranger.wait("the browser’s warning", why).await;
}

#[tokio::test]
async fn the_page_about_it_is_read_on_all_devices() {
    let Some((stage, _, plain)) = Stage::set_at_home(1).await else {
        return;
    };
    let session = stage.session(Options::desktop().origin(&plain)).await;
    for (device, scheme, language) in [
        (Device::Desktop, Scheme::Light, "en"),
        (Device::Desktop, Scheme::Dark, "de"),
        (Device::Phone, Scheme::Light, "ar"),
        (Device::Phone, Scheme::Dark, "ja"),
    ] {
        session.be(device).await;
        session.prefer(scheme).await;
        session.open(&format!("/trust?language={language}")).await;
        session
            .eval::<bool>("[...document.querySelectorAll('details')].every(one => one.open = true)")
            .await;
        let is_wide = "document.documentElement.scrollWidth > innerWidth";
        assert!(
            !session.eval::<bool>(is_wide).await,
            "{device:?} {language}"
        );
        let name = format!("trust-{device:?}-{scheme:?}-{language}").to_lowercase();
        session.screenshot(&name).await;
        session.assert_accessible(&name).await;
    }
    session.assert_console_clean(&[]).await;
}
