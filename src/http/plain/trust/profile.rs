//! A configuration profile with the authority, which Apple’s systems install (Apple, Configuration Profile Reference).

use data_encoding::BASE64;
use maud::{PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::tls::home::Authority;

/// The profile, as a property list. The same authority always has the same one, so that installing it again replaces it.
pub fn write(authority: &Authority, host: &str, description: &str) -> String {
    let title = format!("Tincan ({host})");
    let content = BASE64.encode(authority.der());
    let [profile, payload] = ["profile", "payload"].map(|part| uuid(authority, part));
    let text = |key: &str, value: &str| html! { key { (key) } string { (value) } "\n" };
    let plist = html! {
        plist version="1.0" {
            dict {
                (text("PayloadType", "Configuration"))
                key { "PayloadVersion" } integer { "1" }
                (text("PayloadIdentifier", &format!("tincan.home.{profile}")))
                (text("PayloadUUID", &profile))
                (text("PayloadDisplayName", &title))
                (text("PayloadDescription", description))
                key { "PayloadContent" }
                array {
                    dict {
                        (text("PayloadType", "com.apple.security.root"))
                        key { "PayloadVersion" } integer { "1" }
                        (text("PayloadIdentifier", &format!("tincan.home.{profile}.authority")))
                        (text("PayloadUUID", &payload))
                        (text("PayloadDisplayName", &authority.details().common_name))
                        (text("PayloadCertificateFileName", "tincan.crt"))
                        key { "PayloadContent" } data { (content) }
                    }
                }
            }
        }
    };
    let head = PreEscaped(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n",
    );
    html! { (head) (plist) }.into_string()
}

/// A UUID of our own making (RFC 9562 §5.8), from the authority’s certificate.
fn uuid(authority: &Authority, part: &str) -> String {
    let digest = Sha256::new()
        .chain_update(authority.der())
        .chain_update(part)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode_upper(bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    parts
        .map(|part| hex.get(part).unwrap_or_default().to_owned())
        .join("-")
}
