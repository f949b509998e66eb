//! Passkeys. What browsers are given and what they answer is as Web Authentication has it in JSON (Level 3 §5.1.8 to §5.1.10):
//! what `PublicKeyCredential.parseCreationOptionsFromJSON()` and `parseRequestOptionsFromJSON()` take, and what `toJSON()`
//! gives.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::accounts::welcome;
use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::{
        BadPasskey, Disabled, LastWayIn, NotFound, PasskeyCloned, PasskeysUnavailable, Throttled,
    },
    model::{Passkey, PasskeyId},
};

/// Bytes in base 64, in the alphabet for URLs, without padding (RFC 4648 §5).
pub struct Base64Url;

impl JsonSchema for Base64Url {
    fn schema_name() -> Cow<'static, str> {
        "Base64Url".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Bytes in base 64, in the alphabet for URLs, without padding (RFC 4648 §5).",
            "pattern": "^[A-Za-z0-9_-]*$"
        })
    }
}

/// The one kind of credential that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum CredentialType {
    #[serde(rename = "public-key")]
    PublicKey,
}

/// Whether something has to be so.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Requirement {
    Required,
}

/// Whether it matters where an authenticator comes from.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttestationPreference {
    None,
}

/// Who the passkey is for.
#[derive(Serialize, JsonSchema)]
pub struct RelyingPartyEntity {
    /// The name of the server’s host.
    pub id: String,
    pub name: &'static str,
}

/// Whose passkey it will be.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserEntity {
    /// What authenticators know the caller by. It is random.
    #[schemars(with = "Base64Url")]
    pub id: String,
    /// The username.
    pub name: String,
    pub display_name: String,
}

/// An algorithm that a passkey may sign by.
#[derive(Serialize, JsonSchema)]
pub struct CredentialParameter {
    #[serde(rename = "type")]
    pub kind: CredentialType,
    /// Its number in COSE.
    pub alg: i64,
}

/// A passkey, as authenticators know it.
#[derive(Serialize, JsonSchema)]
pub struct CredentialDescriptor {
    #[serde(rename = "type")]
    pub kind: CredentialType,
    #[schemars(with = "Base64Url")]
    pub id: String,
}

/// What the authenticator has to be able to do.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatorSelection {
    pub resident_key: Requirement,
    pub require_resident_key: bool,
    pub user_verification: Requirement,
}

/// What a browser needs to create a passkey.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasskeyCreationOptions {
    pub rp: RelyingPartyEntity,
    pub user: UserEntity,
    #[schemars(with = "Base64Url")]
    pub challenge: String,
    pub pub_key_cred_params: Vec<CredentialParameter>,
    /// Milliseconds.
    pub timeout: u64,
    /// Those that the caller has: an authenticator has one of them at most.
    pub exclude_credentials: Vec<CredentialDescriptor>,
    pub authenticator_selection: AuthenticatorSelection,
    pub attestation: AttestationPreference,
}

/// What a browser needs to ask for a passkey.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasskeyRequestOptions {
    #[schemars(with = "Base64Url")]
    pub challenge: String,
    /// Milliseconds.
    pub timeout: u64,
    /// The name of the server’s host.
    pub rp_id: String,
    /// Those that will do. Any of them will if it is empty.
    pub allow_credentials: Vec<CredentialDescriptor>,
    pub user_verification: Requirement,
}

/// What an authenticator answers when it has created a passkey. There may be more in it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasskeyRegistration {
    #[serde(rename = "type")]
    pub kind: CredentialType,
    #[schemars(with = "Base64Url")]
    pub raw_id: String,
    pub response: RegistrationResponse,
}

/// What it says of the passkey.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationResponse {
    #[serde(rename = "clientDataJSON")]
    #[schemars(with = "Base64Url")]
    pub client_data_json: String,
    #[schemars(with = "Base64Url")]
    pub attestation_object: String,
}

/// What an authenticator answers when somebody uses a passkey. There may be more in it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasskeyAssertion {
    #[serde(rename = "type")]
    pub kind: CredentialType,
    #[schemars(with = "Base64Url")]
    pub raw_id: String,
    pub response: AssertionResponse,
}

/// What it says of the use.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    #[schemars(with = "Base64Url")]
    pub client_data_json: String,
    #[schemars(with = "Base64Url")]
    pub authenticator_data: String,
    #[schemars(with = "Base64Url")]
    pub signature: String,
    /// Required for signing in.
    #[schemars(with = "Option<Base64Url>")]
    pub user_handle: Option<String>,
}

/// A passkey to add.
#[derive(Deserialize, JsonSchema)]
pub struct AddPasskey {
    #[schemars(with = "PasskeyName")]
    pub name: Option<String>,
    pub credential: PasskeyRegistration,
}

/// Another name for a passkey.
#[derive(Deserialize, JsonSchema)]
pub struct RenamePasskey {
    #[schemars(with = "PasskeyName")]
    pub name: Option<String>,
}

/// The name of a passkey.
pub struct PasskeyName;

impl JsonSchema for PasskeyName {
    fn schema_name() -> Cow<'static, str> {
        "PasskeyName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "What the caller calls the passkey. White space around it is removed. It needs a visible \
                            character and must not contain control characters.",
            "minLength": 1,
            "maxLength": 64,
            "examples": ["Phone"]
        })
    }
}

pub fn list() -> Operation {
    Operation::new("passkeys", Tag::Accounts, "Lists the caller’s passkeys")
        .ok::<Vec<Passkey>>("The passkeys, in the order in which they were added")
}

pub fn begin() -> Operation {
    Operation::new("beginPasskey", Tag::Accounts, "Begins to add a passkey")
        .describe(
            "The passkey is bound to the name of the server’s host, and works there only. Its authenticator has to verify its \
             user. The challenge is valid for five minutes, once, and in this session.",
        )
        .ok::<PasskeyCreationOptions>("What the browser needs")
        .errors([PasskeysUnavailable])
        .reading()
}

pub fn add() -> Operation {
    Operation::new(
        "addPasskey",
        Tag::Accounts,
        "Adds a passkey that an authenticator has created",
    )
    .describe("An account can have 16.")
    .body::<AddPasskey>()
    .created::<Passkey>("The passkey")
    .errors([BadPasskey, Disabled, PasskeysUnavailable])
    .invalid(["name"])
}

pub fn rename() -> Operation {
    Operation::new("renamePasskey", Tag::Accounts, "Renames a passkey")
        .parameter(Parameter::path::<PasskeyId>("id"))
        .body::<RenamePasskey>()
        .ok::<Passkey>("The passkey")
        .errors([NotFound])
        .invalid(["name"])
}

pub fn remove() -> Operation {
    Operation::new("removePasskey", Tag::Accounts, "Removes a passkey")
        .parameter(Parameter::path::<PasskeyId>("id"))
        .done()
        .errors([NotFound, LastWayIn])
}

pub fn sign_in_options() -> Operation {
    Operation::new("passkeySignInOptions", Tag::Accounts, "Begins to sign in with a passkey")
        .describe("The challenge is valid for five minutes, and once. Nothing is counted until somebody signs in with it.")
        .ok::<PasskeyRequestOptions>("What the browser needs")
        .errors([PasskeysUnavailable])
        .reading()
}

pub fn sign_in() -> Operation {
    Operation::new("passkeySignIn", Tag::Accounts, "Signs in with a passkey")
        .describe(
            "No username is needed, and no second step, as the authenticator has verified its user. A passkey whose counter \
             goes back is refused, and its user is told.",
        )
        .body::<PasskeyAssertion>()
        .answer(welcome(200))
        .errors([BadPasskey, PasskeyCloned, PasskeysUnavailable, Throttled])
        .error(Disabled, "An administrator has disabled the account. This is only shown for the right passkey.")
}
