//! One order (RFC 8555 §7.4): prove that the names lead here, and have the certificate signed.

use std::{sync::Arc, time::Duration};

use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeHandle, ChallengeType, Error,
    Identifier, NewOrder, Order, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::{pki_types::PrivatePkcs8KeyDer, sign::CertifiedKey};

use super::{failure::Failure, settings::DnsName};
use crate::tls::{
    challenges::{Answer, Challenges},
    provider,
};

/// How long an authority may take to look, or to sign.
const PATIENCE: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(500))
    .backoff(1.5)
    .timeout(Duration::from_secs(90));

/// How a name is proven to lead here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// By a certificate for a protocol of its own, on port 443 (RFC 8737).
    TlsAlpn,
    /// By a file, on port 80 (RFC 8555 §8.3).
    Http,
}

impl Challenge {
    pub fn name(self) -> &'static str {
        match self {
            Self::TlsAlpn => "tls-alpn-01",
            Self::Http => "http-01",
        }
    }

    fn kind(self) -> ChallengeType {
        match self {
            Self::TlsAlpn => ChallengeType::TlsAlpn01,
            Self::Http => ChallengeType::Http01,
        }
    }

    fn answer(
        self,
        challenges: &Arc<Challenges>,
        asked: &ChallengeHandle<'_>,
    ) -> Result<Answer, Failure> {
        let authorization = asked.key_authorization();
        match self {
            Self::TlsAlpn => {
                let name = asked.identifier().to_string();
                let key = certificate(&name, authorization.digest().as_ref())?;
                Ok(challenges.answer_name(name, key))
            }
            Self::Http => {
                let text = authorization.as_str().to_owned();
                Ok(challenges.answer_token(asked.token.clone(), text))
            }
        }
    }
}

/// The certificate that shows an authority that the name leads here (RFC 8737 §3).
fn certificate(name: &str, digest: &[u8]) -> Result<CertifiedKey, Failure> {
    let make = || {
        let mut certificate = CertificateParams::new([name.to_owned()])?;
        let shown = CustomExtension::new_acme_identifier(digest);
        certificate.custom_extensions.push(shown);
        let key = KeyPair::generate()?;
        let signed = certificate.self_signed(&key)?;
        Ok::<_, rcgen::Error>((
            signed.der().clone(),
            PrivatePkcs8KeyDer::from(key.serialize_der()),
        ))
    };
    let (certificate, key) = make().map_err(|error| Failure::Useless(error.to_string()))?;
    let key = provider().key_provider.load_private_key(key.into());
    let key = key.map_err(|error| Failure::Useless(error.to_string()))?;
    // Whether the two fit isn’t checked: what does that knows no critical extension of this kind.
    Ok(CertifiedKey::new(vec![certificate], key))
}

/// Gets a certificate for all `names`: its key, and the chain from it to its authority, in PEM. `replaced` is the one whose
/// place it takes (RFC 9773 §5). The challenges are answered until this returns, or is dropped.
pub async fn obtain(
    account: &Account,
    names: &[DnsName],
    challenge: Challenge,
    replaced: Option<CertificateIdentifier<'_>>,
    challenges: &Arc<Challenges>,
) -> Result<Vec<u8>, Failure> {
    let names: Vec<_> = names
        .iter()
        .map(|name| Identifier::Dns(name.as_str().to_owned()))
        .collect();
    let wanted = NewOrder::new(&names);
    let wanted = match replaced {
        Some(replaced) => wanted.replaces(replaced),
        None => wanted,
    };
    let mut order = account.new_order(&wanted).await?;
    let answered = prove(&mut order, challenge, challenges).await?;
    if !answered.is_empty() {
        let status = order.poll_ready(&PATIENCE).await;
        if let Some(failure) = refusal(&mut order, challenge).await? {
            return Err(failure);
        }
        if status? != OrderStatus::Ready {
            return Err(Failure::Ended);
        }
    }
    drop(answered);
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&PATIENCE).await?;
    Ok(format!("{key}{chain}").into_bytes())
}

/// Answers a challenge for each name that the authority doesn’t know to lead here yet, and tells it to look.
async fn prove(
    order: &mut Order,
    challenge: Challenge,
    challenges: &Arc<Challenges>,
) -> Result<Vec<Answer>, Failure> {
    let mut answered = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let name = authorization.identifier().to_string();
        let mut handle =
            authorization
                .challenge(challenge.kind())
                .ok_or_else(|| Failure::NotOffered {
                    challenge,
                    name: name.clone(),
                })?;
        answered.push(challenge.answer(challenges, &handle)?);
        handle.set_ready().await.map_err(|error| match error {
            // Some look before they answer.
            Error::Api(problem) => Failure::Unproven {
                challenge,
                name,
                problem: Some(problem),
            },
            error => Failure::Authority(error),
        })?;
    }
    Ok(answered)
}

/// Why the authority doesn’t believe that a name leads here, if it has looked and doesn’t. The order itself only says
/// that it is invalid.
async fn refusal(order: &mut Order, challenge: Challenge) -> Result<Option<Failure>, Failure> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        let state = authorization.refresh().await?;
        if state.status == AuthorizationStatus::Invalid {
            let tried = |tried: &&instant_acme::Challenge| tried.r#type == challenge.kind();
            let tried = state.challenges.iter().find(tried);
            return Ok(Some(Failure::Unproven {
                challenge,
                name: state.identifier().to_string(),
                problem: tried.and_then(|tried| tried.error.clone()),
            }));
        }
    }
    Ok(None)
}
