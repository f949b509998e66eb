//! The account at an authority: made once, and kept.

use std::sync::Arc;

use instant_acme::{Account, Error, NewAccount};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    failure::Failure,
    folder::in_background,
    settings::{AcmeSettings, Contact},
    transport::Transport,
};
use crate::tls::PrivateFolder;

const FILE: &str = "account.json";

#[derive(Serialize, Deserialize)]
struct Kept {
    /// As the crate has them: the account’s URL and its key.
    credentials: Value,
    /// Whom the authority was told to write to.
    contact: Option<String>,
}

/// The account that is kept, with the contact that is wanted now, or else a new one.
pub async fn open(
    folder: &Arc<PrivateFolder>,
    transport: &Transport,
    settings: &AcmeSettings,
) -> Result<Account, Failure> {
    let contact = settings.contact.as_ref().map(Contact::url);
    let contacts: Vec<_> = contact.as_deref().into_iter().collect();
    let builder = Account::builder_with_http(Box::new(transport.clone()));
    if let Some(kept) = read(folder).await? {
        let credentials = serde_json::from_value(kept.credentials.clone());
        let account = builder
            .from_credentials(credentials.map_err(Error::from)?)
            .await?;
        if kept.contact != contact {
            account.update_contacts(&contacts).await?;
            write(folder, Kept { contact, ..kept }).await?;
        }
        return Ok(account);
    }
    let wanted = NewAccount {
        contact: &contacts,
        // Whoever gives --acme has agreed to them.
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let directory = settings.directory.to_string();
    let (account, credentials) = builder.create(&wanted, directory, None).await?;
    let credentials = serde_json::to_value(credentials).map_err(Error::from)?;
    write(
        folder,
        Kept {
            credentials,
            contact,
        },
    )
    .await?;
    Ok(account)
}

/// Forgets the account. The next order has a new one.
pub async fn forget(folder: &Arc<PrivateFolder>) -> Result<(), Failure> {
    in_background(folder, |folder| folder.delete(FILE)).await
}

/// None if there is none, or none that can be read.
async fn read(folder: &Arc<PrivateFolder>) -> Result<Option<Kept>, Failure> {
    let text = in_background(folder, |folder| folder.read(FILE)).await?;
    let kept = text.and_then(|text| {
        let kept = serde_json::from_slice(&text).ok();
        if kept.is_none() {
            tracing::warn!("the file of the ACME account is damaged; making a new account");
        }
        kept
    });
    Ok(kept)
}

async fn write(folder: &Arc<PrivateFolder>, kept: Kept) -> Result<(), Failure> {
    let text = serde_json::to_vec(&kept).map_err(Error::from)?;
    in_background(folder, move |folder| folder.write(FILE, &text)).await
}
