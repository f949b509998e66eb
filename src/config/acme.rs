//! The flags for certificates from an authority that the server asks itself.

use std::{fs, io, path::PathBuf};

use clap::Args;
use ipnet::IpNet;
use url::Url;

use super::values::of_list;
use crate::{
    http::Origin,
    outbound::is_safe,
    tls::acme::{AcmeSettings, Authorities, Contact, DnsName, LETS_ENCRYPT},
};

/// Certificates by ACME, from Let’s Encrypt or another authority.
#[derive(Args, Debug)]
pub struct AcmeArgs {
    /// A name to get a certificate for, from Let’s Encrypt or the authority of --acme-directory, whose terms you agree to by
    /// this (can be repeated). The first is also the public URL, if there is no other
    #[arg(
        long,
        env = "TINCAN_ACME",
        value_name = "NAME",
        value_delimiter = ',',
        value_parser = of_list::<DnsName>,
        conflicts_with_all = ["tls_cert", "tls"]
    )]
    acme: Vec<DnsName>,
    /// An email address at which the authority may reach you
    #[arg(
        long,
        env = "TINCAN_ACME_CONTACT",
        value_name = "EMAIL",
        requires = "acme"
    )]
    acme_contact: Option<Contact>,
    /// The directory of another authority than Let’s Encrypt
    #[arg(
        long,
        env = "TINCAN_ACME_DIRECTORY",
        value_name = "URL",
        default_value = LETS_ENCRYPT,
        requires = "acme"
    )]
    acme_directory: Url,
    /// A file with the certificate, in PEM, that the https of a private ACME server is trusted by
    #[arg(long, env = "TINCAN_ACME_CA", value_name = "FILE", requires = "acme")]
    acme_ca: Option<PathBuf>,
}

/// Why the flags for ACME can’t be followed.
#[derive(Debug, thiserror::Error)]
pub enum AcmeArgsError {
    #[error("--acme-directory {0} must be https")]
    Unsafe(Url),
    #[error("can’t read --acme-ca {}: {reason}", .path.display())]
    Unreadable { path: PathBuf, reason: io::Error },
    #[error("--acme-ca {} has no certificate; it needs one in PEM, which begins with -----BEGIN CERTIFICATE-----", .0.display())]
    NoCertificate(PathBuf),
}

impl AcmeArgs {
    /// Where people reach a server that listens at this port, by the first name. None without a name, or if the system
    /// chooses the port.
    pub fn public_url(&self, port: u16) -> Option<Origin> {
        let name = self.acme.first().filter(|_| port != 0)?;
        format!("https://{name}:{port}").parse().ok()
    }

    /// What the server is to do. None without a name. Reads the file of the authority. `allowed` are networks outside the
    /// public internet that may be connected to.
    pub fn settings(self, allowed: Vec<IpNet>) -> Result<Option<AcmeSettings>, AcmeArgsError> {
        if self.acme.is_empty() {
            return Ok(None);
        }
        if !is_safe(&self.acme_directory) {
            return Err(AcmeArgsError::Unsafe(self.acme_directory));
        }
        let mut names = Vec::new();
        for name in self.acme {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(Some(AcmeSettings {
            names,
            contact: self.acme_contact,
            directory: self.acme_directory,
            authorities: self.acme_ca.map(authorities).transpose()?,
            allowed,
        }))
    }
}

fn authorities(path: PathBuf) -> Result<Authorities, AcmeArgsError> {
    match fs::read(&path) {
        Ok(text) => Authorities::from_pem(&text).ok_or(AcmeArgsError::NoCertificate(path)),
        Err(reason) => Err(AcmeArgsError::Unreadable { path, reason }),
    }
}
