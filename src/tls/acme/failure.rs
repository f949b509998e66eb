//! What can go wrong with an order, as administrators read it.

use std::io;

use instant_acme::{Error, Problem};

use super::order::Challenge;
use crate::outbound::causes;

/// Why there is no new certificate.
#[derive(Debug)]
pub enum Failure {
    /// The authority refuses, or can’t be talked to.
    Authority(Error),
    /// The authority doesn’t believe that the name leads here.
    Unproven {
        challenge: Challenge,
        name: String,
        problem: Option<Problem>,
    },
    /// The authority doesn’t offer this way of proving it.
    NotOffered { challenge: Challenge, name: String },
    /// The order ended without a certificate, and the authority doesn’t say why.
    Ended,
    /// It took too long.
    Slow,
    /// What was issued can’t be used.
    Useless(String),
    /// What is kept can’t be read or written.
    Folder(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Authority(error)
    }
}

impl Failure {
    /// Whether another way of proving that the names lead here may work.
    pub fn is_about_challenge(&self) -> bool {
        matches!(self, Self::Unproven { .. } | Self::NotOffered { .. })
    }

    /// Whether the authority doesn’t know the account, or not any more (RFC 8555 §6.7).
    pub fn is_unknown_account(&self) -> bool {
        self.problem()
            .is_some_and(|problem| is_of_type(problem, "accountDoesNotExist"))
    }

    fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Authority(Error::Api(problem)) => Some(problem),
            Self::Unproven { problem, .. } => problem.as_ref(),
            _ => None,
        }
    }

    /// What kind of failure it is. The log has each kind once.
    pub fn kind(&self) -> String {
        let kind = match self {
            Self::Authority(_) => "authority",
            Self::Unproven { challenge, .. } => challenge.name(),
            Self::NotOffered { .. } => "not offered",
            Self::Ended => "ended",
            Self::Slow => "slow",
            Self::Useless(_) => "useless",
            Self::Folder(_) => "folder",
        };
        let problem = self.problem().and_then(|problem| problem.r#type.as_deref());
        format!("{kind} {}", problem.unwrap_or_default())
    }

    /// What administrators read: what failed, in our words, and why, in the authority’s.
    pub fn reason(&self) -> String {
        match self {
            Self::Authority(Error::Api(problem)) => {
                format!("the authority refused the order: {}", told(problem))
            }
            Self::Authority(error) => format!("no answer from the authority: {}", causes(error)),
            Self::Unproven {
                challenge,
                name,
                problem,
            } => {
                let way = challenge.name();
                let problem = problem
                    .as_ref()
                    .map_or_else(|| "it didn’t say why".to_owned(), told);
                format!("the authority couldn’t check {name} by {way}: {problem}")
            }
            Self::NotOffered { challenge, name } => {
                format!(
                    "the authority doesn’t offer {} for {name}",
                    challenge.name()
                )
            }
            Self::Ended => "the order ended without a certificate".to_owned(),
            Self::Slow => "the order took too long".to_owned(),
            Self::Useless(why) => format!("the certificate that was issued can’t be used: {why}"),
            Self::Folder(error) => format!("can’t keep the account and the certificate: {error}"),
        }
    }
}

fn is_of_type(problem: &Problem, name: &str) -> bool {
    let of_acme = |text: &str| text.strip_prefix("urn:ietf:params:acme:error:") == Some(name);
    problem.r#type.as_deref().is_some_and(of_acme)
}

/// The authority’s words, on one line, and no more of them than anybody reads.
fn told(problem: &Problem) -> String {
    const MOST: usize = 500;
    let about_each = problem.subproblems.iter();
    let details = about_each.filter_map(|each| each.detail.as_deref());
    let details = problem.detail.as_deref().into_iter().chain(details);
    let text = details.collect::<Vec<_>>().join("; ");
    let text = text.split(char::is_control).collect::<Vec<_>>().join(" ");
    match (text.is_empty(), &problem.r#type) {
        (true, Some(kind)) => kind.clone(),
        (true, None) => "it didn’t say why".to_owned(),
        (false, _) => text.chars().take(MOST).collect(),
    }
}
