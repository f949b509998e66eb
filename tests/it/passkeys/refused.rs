//! Everything about an authenticator’s answer that has to be refused.

use std::time::Duration;

use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};

use super::{
    OPTIONS, ORIGIN, add,
    authenticator::{
        ATTESTED, Authenticator, BACKED_UP, Draft, ELIGIBLE, EXTENDED, PRESENT, VERIFIED, base64,
        cbor,
    },
    named, passkey, passkeys, right, sign_in, sign_in_options, use_it,
};
use crate::support::{PASSWORD, pass};

/// What it is about an answer that is changed.
type Change = (&'static str, fn(&mut Draft));

/// Everything that can be wrong with an answer of either kind.
const WRONG: &[Change] = &[
    ("another kind of client data", |it| {
        it.client_data["type"] = "webauthn.other".into();
    }),
    ("no kind", |it| it.client_data["type"] = Value::Null),
    ("another origin", |it| {
        it.client_data["origin"] = "https://evil.example".into();
    }),
    ("another port", |it| {
        it.client_data["origin"] = "https://chat.example:8443".into();
    }),
    ("without TLS", |it| {
        it.client_data["origin"] = "http://chat.example".into();
    }),
    ("a slash", |it| {
        it.client_data["origin"] = "https://chat.example/".into();
    }),
    ("a page below", |it| {
        it.client_data["origin"] = "https://x.chat.example".into();
    }),
    ("a frame", |it| it.client_data["crossOrigin"] = true.into()),
    ("the page around a frame", |it| {
        it.client_data["topOrigin"] = "https://evil.example".into();
    }),
    ("another challenge", |it| {
        it.client_data["challenge"] = base64([7; 32]).into();
    }),
    ("no challenge", |it| it.client_data["challenge"] = "".into()),
    ("client data of another shape", |it| {
        it.client_data = json!([]);
    }),
    ("another relying party", |it| {
        "evil.example".clone_into(&mut it.party);
    }),
    ("its origin for a name", |it| {
        ORIGIN.clone_into(&mut it.party);
    }),
    ("nobody present", |it| it.flags &= !PRESENT),
    ("nobody verified", |it| it.flags &= !VERIFIED),
    ("backed up, though it can’t be", |it| {
        it.flags = it.flags & !ELIGIBLE | BACKED_UP;
    }),
    ("a byte more", |it| it.tail = vec![0]),
    ("extensions that aren’t there", |it| it.flags |= EXTENDED),
    ("extensions that are cut off", |it| {
        it.flags |= EXTENDED;
        it.tail = vec![0xa1, 0x61];
    }),
    ("extensions, and more", |it| {
        it.flags |= EXTENDED;
        it.tail = vec![0xa0, 0];
    }),
];

/// An RSA key with this modulus (RFC 8230 §4).
fn rsa(modulus: &[u8]) -> Vec<(i64, ciborium::Value)> {
    vec![
        (1, 3.into()),
        (3, (-257).into()),
        (-1, modulus.to_vec().into()),
        (-2, vec![1, 0, 1].into()),
    ]
}

/// What is allowed, though nobody asked for it.
const RIGHT: &[Change] = &[
    ("extensions", |it| {
        it.flags |= EXTENDED;
        it.tail = cbor(ciborium::Value::Map(vec![("credProtect".into(), 2.into())]));
    }),
    ("the longest id", |it| it.id = vec![1; 1_023]),
    ("no word of frames", |it| {
        it.client_data
            .as_object_mut()
            .expect("an object")
            .remove("crossOrigin");
    }),
    ("more in the client data", |it| {
        it.client_data["later"] = json!({ "a": 1 });
    }),
    ("a device of its own, that counts", |it| {
        it.flags &= !(ELIGIBLE | BACKED_UP);
        it.counter = 5;
    }),
    ("an RSA key of 2,048 bits", |it| {
        it.key = rsa(&[0xff; 256]);
    }),
    ("an RSA key of 4,096 bits", |it| {
        it.key = rsa(&[0xff; 512]);
    }),
];

#[tokio::test]
async fn nothing_about_a_new_passkey_may_be_wrong() {
    const ALSO: &[Change] = &[
        ("the use of one", |it| {
            it.client_data["type"] = "webauthn.get".into();
        }),
        ("no credential", |it| it.flags &= !ATTESTED),
        ("an id of no bytes", |it| it.id = Vec::new()),
        ("too long an id", |it| it.id = vec![1; 1_024]),
        ("an algorithm that wasn’t offered", |it| {
            it.key[1].1 = (-35).into();
        }),
        ("an algorithm of other keys", |it| {
            it.key[1].1 = (-257).into();
        }),
        ("another curve", |it| it.key[2].1 = 2.into()),
        ("half a point", |it| it.key.truncate(4)),
        ("short coordinates", |it| it.key[3].1 = vec![1; 31].into()),
        ("a point that isn’t on the curve", |it| {
            it.key[4].1 = vec![1; 32].into();
        }),
        ("no point", |it| {
            it.key[3].1 = vec![0; 32].into();
            it.key[4].1 = vec![0; 32].into();
        }),
        ("an RSA key of 2,047 bits", |it| {
            it.key = rsa(&[&[0x7f][..], &[0xff; 255]].concat());
        }),
        ("an RSA key that zeros make longer", |it| {
            it.key = rsa(&[[0; 128], [0xff; 128]].concat());
        }),
        ("an RSA key of 4,097 bits", |it| {
            it.key = rsa(&[&[1][..], &[0xff; 512]].concat());
        }),
        ("a part twice", |it| it.key.push((3, (-7).into()))),
        ("an attestation that wasn’t asked for", |it| {
            it.format = "tpm";
        }),
        ("something in none", |it| {
            it.statement = vec![("alg".into(), (-7).into())];
        }),
        ("a signature of its own that is missing", |it| {
            it.format = "packed";
        }),
        ("a signature of its own that is wrong", |it| {
            it.format = "packed";
            it.statement = vec![
                ("alg".into(), (-7).into()),
                ("sig".into(), vec![0; 70].into()),
            ];
        }),
        ("CBOR that is cut off", |it| it.lost = 1),
        ("hardly any CBOR", |it| it.lost = 60),
        ("CBOR with something behind it", |it| it.more = vec![0xa0]),
    ];
    let server = named().await;
    let anna = server.set_up("anna").await;
    for (wrong, change) in WRONG.iter().chain(ALSO) {
        let options = anna.post(OPTIONS, json!({})).await.expect(200);
        let created = Authenticator::new().create(&options, ORIGIN, change);
        let refused = add(&anna, "Phone", created).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (403, &json!("bad_passkey")),
            "{wrong}"
        );
    }
    // What calls itself something else, or isn’t what it calls itself.
    let options = anna.post(OPTIONS, json!({})).await.expect(200);
    let mut other = Authenticator::new().create(&options, ORIGIN, right);
    other["rawId"] = base64([9; 16]).into();
    add(&anna, "Phone", other).await.refused(403, "bad_passkey");
    let created = Authenticator::new().create(&options, ORIGIN, |it| it.kind = "password");
    add(&anna, "Phone", created).await.refused(400, "malformed");
    assert_eq!(passkeys(&anna).await, Vec::<Value>::new());

    for (allowed, change) in RIGHT {
        let options = anna.post(OPTIONS, json!({})).await.expect(200);
        let created = Authenticator::new().create(&options, ORIGIN, change);
        let added = add(&anna, "Phone", created).await;
        assert_eq!(added.status, 201, "{allowed}: {:?}", added.body);
    }
}

#[tokio::test]
async fn nothing_about_the_use_of_a_passkey_may_be_wrong() {
    const ALSO: &[Change] = &[
        ("a new one", |it| {
            it.client_data["type"] = "webauthn.create".into();
        }),
        ("a signature of something else", |it| {
            it.spoil = |signature| signature[8] ^= 1;
        }),
        ("a short signature", |it| {
            it.spoil = |signature| {
                signature.pop();
            };
        }),
        ("no signature", |it| it.spoil = Vec::clear),
        ("an unknown passkey", |it| it.id = vec![1; 16]),
        ("no user", |it| it.user_handle = None),
        ("another user", |it| it.user_handle = Some(vec![1; 64])),
        ("what can’t be backed up any more", |it| {
            it.flags &= !(ELIGIBLE | BACKED_UP);
        }),
        ("a credential that isn’t there", |it| it.flags |= ATTESTED),
    ];
    let server = named().await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let (mut phone, _) = passkey(&anna, "Phone").await;
    let (mut other, _) = passkey(&bob, "Phone").await;
    let nobody = server.nobody();
    for (wrong, change) in WRONG.iter().chain(ALSO) {
        let options = sign_in_options(&nobody).await;
        let refused = sign_in(&nobody, phone.get(&options, ORIGIN, change)).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (403, &json!("bad_passkey")),
            "{wrong}"
        );
        assert!(!refused.headers.contains_key(SET_COOKIE), "{wrong}");
    }
    // By one’s own passkey as somebody else, and by somebody else’s as oneself.
    let options = sign_in_options(&nobody).await;
    let handle = phone.user_handle.clone();
    let as_anna = other.get(&options, ORIGIN, |it| it.user_handle = Some(handle));
    sign_in(&nobody, as_anna).await.refused(403, "bad_passkey");
    let options = sign_in_options(&nobody).await;
    let id = phone.id.clone();
    let handle = phone.user_handle.clone();
    let as_anna = other.get(&options, ORIGIN, |it| {
        (it.id, it.user_handle) = (id, Some(handle));
    });
    sign_in(&nobody, as_anna).await.refused(403, "bad_passkey");
    let options = sign_in_options(&nobody).await;
    let odd = phone.get(&options, ORIGIN, |it| it.kind = "password");
    sign_in(&nobody, odd).await.refused(400, "malformed");

    let welcome = use_it(&nobody, &mut phone).await.expect(200);
    assert_eq!(welcome["authUser"]["username"], "anna");
}

#[tokio::test]
async fn a_challenge_is_for_one_answer_of_one_kind_and_for_five_minutes() {
    let server = named().await;
    let anna = server.set_up("anna").await;
    let (mut phone, _) = passkey(&anna, "Phone").await;
    let nobody = server.nobody();

    let options = sign_in_options(&nobody).await;
    let credential = phone.get(&options, ORIGIN, right);
    sign_in(&nobody, credential.clone()).await.expect(200);
    sign_in(&nobody, credential)
        .await
        .refused(403, "bad_passkey");
    // One that was answered wrongly is used up as well.
    let options = sign_in_options(&nobody).await;
    let wrong = phone.get(&options, ORIGIN, |it| it.flags = 0);
    sign_in(&nobody, wrong).await.refused(403, "bad_passkey");
    let credential = phone.get(&options, ORIGIN, right);
    sign_in(&nobody, credential)
        .await
        .refused(403, "bad_passkey");

    // What was begun as something else.
    let to_create = anna.post(OPTIONS, json!({})).await.expect(200);
    let mut as_if = to_create.clone();
    as_if["rpId"] = to_create["rp"]["id"].clone();
    let credential = phone.get(&as_if, ORIGIN, right);
    sign_in(&nobody, credential)
        .await
        .refused(403, "bad_passkey");
    let to_prove = anna
        .post("/api/proof/passkey/options", json!({}))
        .await
        .expect(200);
    let credential = phone.get(&to_prove, ORIGIN, right);
    sign_in(&nobody, credential)
        .await
        .refused(403, "bad_passkey");
    let to_create = anna.post(OPTIONS, json!({})).await.expect(200);
    let mut as_if = to_create.clone();
    as_if["challenge"] = sign_in_options(&nobody).await["challenge"].clone();
    let created = Authenticator::new().create(&as_if, ORIGIN, right);
    add(&anna, "Tablet", created)
        .await
        .refused(403, "bad_passkey");
    // In another session, of the same user or not.
    let created = Authenticator::new().create(&to_create, ORIGIN, right);
    let elsewhere = server.nobody().log_in("anna", PASSWORD).await;
    add(&elsewhere, "Tablet", created)
        .await
        .refused(403, "bad_passkey");

    let (to_use, to_create) = (
        sign_in_options(&nobody).await,
        anna.post(OPTIONS, json!({})).await.expect(200),
    );
    assert_eq!(to_use["timeout"], 300_000);
    pass(Duration::from_mins(5)).await;
    let credential = phone.get(&to_use, ORIGIN, right);
    sign_in(&nobody, credential)
        .await
        .refused(403, "bad_passkey");
    let created = Authenticator::new().create(&to_create, ORIGIN, right);
    add(&anna, "Tablet", created)
        .await
        .refused(403, "bad_passkey");
    assert_eq!(passkeys(&anna).await.len(), 1);
}
