//! The standard’s own examples, and what is left of them when something is wrong with them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value;

use super::{
    ALGORITHMS, Assertion, Registration, RelyingParty, Used, authenticator_data::AuthenticatorData,
    cbor::Map, client_data::ClientData, key::CredentialPublicKey,
};

/// A registration and an assertion of Web Authentication Level 3 §16.
struct Vector {
    attestation_object: &'static str,
    created: &'static str,
    credential_id: &'static str,
    public_key: &'static str,
    authenticator_data: &'static str,
    got: &'static str,
    signature: &'static str,
    challenges: [&'static str; 2],
}

/// §16.2, “ES256 Credential with No Attestation”. Its user wasn’t verified.
const NONE: Vector = Vector {
    attestation_object: "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
    created: "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d",
    credential_id: "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4",
    public_key: "a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
    authenticator_data: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
    got: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    signature: "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
    challenges: [
        "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
        "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
    ],
};
/// §16.3, “ES256 Credential with Self Attestation”. Its user was verified only when it was created.
const OWN: Vector = Vector {
    attestation_object: "a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d68617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b55d00000000df850e09db6afbdfab51697791506cfc0020455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58ca5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2",
    created: "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a2265476e4374334c55745936366b336a506a796e6962506b31716e666644616966715a774c33417032392d55222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a205539685458764b453255526b4d6e625f307859485667227d",
    credential_id: "455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c",
    public_key: "a5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2",
    authenticator_data: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50900000000",
    got: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a225248696843784e534e493352594d45314f7731476d3132786e726b634a5f6666707637546e2d4a71386773222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a206754623533727a36456853576f6d58477a696d433151227d",
    signature: "304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66",
    challenges: [
        "7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5",
        "4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b",
    ],
};
/// §16, “Packed Attestation with ES256 Credential”, without its registration, whose attestation isn’t asked for here. Its
/// user was verified.
const VERIFIED: Vector = Vector {
    attestation_object: "",
    created: "",
    credential_id: "c9a6f5b3462d02873fea0c56862234f99f081728084e511bb7760201a89054a5",
    public_key: "a50102032620012158201cf27f25da591208a4239c2e324f104f585525479a29edeedd830f48e77aeae522582059e4b7da6c0106e206ce390c93ab98a15a5ec3887e57f0cc2bece803b920c423",
    authenticator_data: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50d00000000",
    got: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2273524276704770587676463446524841565833496d4b4130453958773858306b526a44426c4d6668726255222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20415a4d77794d78496244382d756775464e7036723851227d",
    signature: "30450220694969d3ee928de6f02ef23a9c644d7d779916451734a94b432542f498a1ebe90221008b0819c824218a97152cd099c55bfb1477b29d900a49a64018314f9bfccda163",
    challenges: [
        "",
        "b1106fa46a57bef1781511c0557dc898a03413d5f0f17d244630c194c7e1adb5",
    ],
};

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn base64(hexadecimal: &str) -> String {
    URL_SAFE_NO_PAD.encode(hex(hexadecimal))
}

fn party() -> RelyingParty {
    RelyingParty::at("https://example.org").unwrap_or_else(|| panic!("a relying party"))
}

impl Vector {
    fn registration(&self) -> Registration {
        Registration::parse(&hex(self.created), &hex(self.attestation_object))
            .unwrap_or_else(|rule| panic!("{rule}"))
    }

    fn assertion(&self) -> Assertion {
        let data = hex(self.authenticator_data);
        Assertion::parse(&hex(self.got), data, hex(self.signature))
            .unwrap_or_else(|rule| panic!("{rule}"))
    }
}

/// The rule that is broken.
fn rule<T>(checked: super::Result<T>) -> &'static str {
    checked.map_or_else(|refused| refused.0, |_| "none")
}

#[test]
fn the_examples_of_the_standard_are_right_where_their_user_was_verified() {
    let registration = OWN.registration();
    assert_eq!(registration.challenge(), base64(OWN.challenges[0]));
    let created = registration.verify(&party());
    let created = created.unwrap_or_else(|rule| panic!("{rule}"));
    assert_eq!(created.id, hex(OWN.credential_id));
    assert_eq!(created.public_key, hex(OWN.public_key));
    assert_eq!(created.counter, 0);
    // Its flags are 0x5d.
    assert!(created.backup_eligible && created.backed_up);

    let assertion = VERIFIED.assertion();
    assert_eq!(assertion.challenge(), base64(VERIFIED.challenges[1]));
    let used = assertion.verify(&party(), &hex(VERIFIED.public_key), true);
    // Its flags are 0x0d.
    let expected = Used {
        counter: 0,
        backed_up: false,
    };
    assert_eq!(used, Ok(expected));
}

#[test]
fn the_others_are_right_but_for_that() {
    let unverified = "authenticator data: the user wasn’t verified";
    assert_eq!(rule(NONE.registration().verify(&party())), unverified);
    for vector in [NONE, OWN] {
        let key = hex(vector.public_key);
        let assertion = vector.assertion();
        assert_eq!(assertion.challenge(), base64(vector.challenges[1]));
        assert_eq!(rule(assertion.verify(&party(), &key, true)), unverified);
        // It is theirs all the same.
        let client_data =
            ClientData::parse(&hex(vector.got)).unwrap_or_else(|rule| panic!("{rule}"));
        let signed = [&*hex(vector.authenticator_data), client_data.hash()].concat();
        let key = CredentialPublicKey::parse(&key).unwrap_or_else(|rule| panic!("{rule}"));
        assert_eq!(key.verify(&signed, &hex(vector.signature)), Ok(()));
    }
    let object = Map::parse(&hex(NONE.attestation_object)).unwrap_or_else(|rule| panic!("{rule}"));
    let data = object.bytes("authData").unwrap_or_default();
    let data = AuthenticatorData::parse(data).unwrap_or_else(|rule| panic!("{rule}"));
    let credential = data.credential.unwrap_or_else(|| panic!("a credential"));
    assert_eq!(credential.id, hex(NONE.credential_id));
    assert_eq!(credential.key_bytes, hex(NONE.public_key));
}

#[test]
fn they_are_for_one_relying_party_and_one_key() {
    for (url, broken) in [
        (
            "https://example.org:8443",
            "client data: from another origin",
        ),
        (
            "https://www.example.org",
            "client data: from another origin",
        ),
        ("https://example.com", "client data: from another origin"),
    ] {
        let party = RelyingParty::at(url).unwrap_or_else(|| panic!("{url}"));
        assert_eq!(rule(OWN.registration().verify(&party)), broken, "{url}");
        let used = VERIFIED
            .assertion()
            .verify(&party, &hex(VERIFIED.public_key), true);
        assert_eq!(rule(used), broken, "{url}");
    }
    let used = VERIFIED
        .assertion()
        .verify(&party(), &hex(OWN.public_key), true);
    assert_eq!(rule(used), "signature: not by this key");
    let used = VERIFIED
        .assertion()
        .verify(&party(), &hex(VERIFIED.public_key), false);
    assert_eq!(
        rule(used),
        "authenticator data: can be backed up, unlike before"
    );
}

#[test]
fn nothing_of_them_may_be_missing_nor_other_than_it_was() {
    let (object, created) = (hex(OWN.attestation_object), hex(OWN.created));
    let registers = |client_data: &[u8], object: &[u8]| {
        Registration::parse(client_data, object).and_then(|it| it.verify(&party()))
    };
    assert!(registers(&created, &object).is_ok());
    for length in 0..object.len() {
        assert!(registers(&created, &object[..length]).is_err(), "{length}");
    }
    assert!(registers(&created, &[&*object, &[0]].concat()).is_err());
    // What the authenticator signed of itself: nothing of it can be changed.
    let data = object.len() - hex(OWN.authenticator_data).len();
    for place in data..object.len() {
        let mut changed = object.clone();
        changed[place] ^= 1;
        assert!(registers(&created, &changed).is_err(), "{place}");
    }

    let (data, got) = (hex(VERIFIED.authenticator_data), hex(VERIFIED.got));
    let (key, signature) = (hex(VERIFIED.public_key), hex(VERIFIED.signature));
    let uses = |client_data: &[u8], data: &[u8], signature: &[u8]| {
        Assertion::parse(client_data, data.into(), signature.into())
            .and_then(|it| it.verify(&party(), &key, true))
    };
    assert!(uses(&got, &data, &signature).is_ok());
    for length in 0..data.len() {
        assert!(uses(&got, &data[..length], &signature).is_err(), "{length}");
    }
    assert!(uses(&got, &[&*data, &[0]].concat(), &signature).is_err());
    for place in 0..signature.len() {
        let mut changed = signature.clone();
        changed[place] ^= 1;
        assert!(uses(&got, &data, &changed).is_err(), "{place}");
    }
    let mut spaced = got.clone();
    spaced.push(b' ');
    assert_eq!(
        rule(uses(&spaced, &data, &signature)),
        "signature: not by this key"
    );
}

/// A key in COSE, by its labels.
fn cose(parts: Vec<(i64, Value)>) -> Vec<u8> {
    let parts = parts.into_iter().map(|(label, part)| (label.into(), part));
    let mut bytes = Vec::new();
    let written = ciborium::into_writer(&Value::Map(parts.collect()), &mut bytes);
    written.unwrap_or_else(|error| panic!("{error}"));
    bytes
}

#[test]
fn ed25519_is_that_of_its_standard() {
    // RFC 8032 §7.1, test 2.
    let x = hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    let signature = hex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
    let key = cose(vec![
        (1, 1.into()),
        (3, (-8).into()),
        (-1, 6.into()),
        (-2, x.into()),
    ]);
    let key = CredentialPublicKey::parse(&key).unwrap_or_else(|rule| panic!("{rule}"));
    assert_eq!(key.verify(&[0x72], &signature), Ok(()));
    assert_eq!(
        rule(key.verify(&[0x73], &signature)),
        "signature: not by this key"
    );
}

#[test]
fn rs256_is_that_of_its_standard() {
    // RFC 7515 appendix A.2.
    const N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const SIGNED: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let bytes = |text| {
        let bytes = URL_SAFE_NO_PAD.decode(text);
        bytes.unwrap_or_else(|error| panic!("{error}"))
    };
    let key = cose(vec![
        (1, 3.into()),
        (3, (-257).into()),
        (-1, bytes(N).into()),
        (-2, bytes("AQAB").into()),
    ]);
    let key = CredentialPublicKey::parse(&key).unwrap_or_else(|rule| panic!("{rule}"));
    assert_eq!(key.verify(SIGNED.as_bytes(), &bytes(SIGNATURE)), Ok(()));
    assert_eq!(
        rule(key.verify(&SIGNED.as_bytes()[1..], &bytes(SIGNATURE))),
        "signature: not by this key"
    );
}

#[test]
fn only_keys_that_were_offered_are_taken() {
    let point = || -> (Value, Value) { (vec![1; 32].into(), vec![2; 32].into()) };
    let (x, y) = point();
    let right = vec![
        (1, Value::from(2)),
        (3, (-7).into()),
        (-1, 1.into()),
        (-2, x),
        (-3, y),
    ];
    let with = |label: i64, value: Value| {
        let mut parts = right.clone();
        parts.retain(|(other, _)| *other != label);
        parts.push((label, value));
        rule(CredentialPublicKey::parse(&cose(parts)))
    };
    let not_offered = "public key: of an algorithm that wasn’t offered";
    let incomplete = "public key: incomplete";
    assert_eq!(with(1, 2.into()), "none");
    for (label, value, broken) in [
        // ES384, ES256K, none at all, and HMAC.
        (3, (-35).into(), not_offered),
        (3, (-47).into(), not_offered),
        (3, Value::Null, not_offered),
        (3, 5.into(), not_offered),
        // An algorithm of another type of key.
        (3, (-8).into(), not_offered),
        (3, (-257).into(), not_offered),
        (1, 1.into(), not_offered),
        // P-384.
        (-1, 2.into(), not_offered),
        (-2, vec![1; 31].into(), incomplete),
        (-2, vec![1; 33].into(), incomplete),
        // Whether y is even, as in a compressed point (RFC 9053 §7.1.1): authenticators mustn’t send that (§5.8.5).
        (-3, true.into(), incomplete),
    ] {
        assert_eq!(with(label, value.clone()), broken, "{label}: {value:?}");
    }
    let twice = cose(vec![(1, 2.into()), (1, 2.into())]);
    assert_eq!(
        rule(CredentialPublicKey::parse(&twice)),
        "CBOR: a key is there twice"
    );
    assert_eq!(ALGORITHMS, [-7, -8, -257]);
}
