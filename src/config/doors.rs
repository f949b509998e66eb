//! The flags for front-end work: a folder with a UI, and who else may use the API in development mode.

use std::path::PathBuf;

use clap::Args;

use super::values::of_list;
use crate::http::{Compat, Origin};

#[derive(Args, Debug)]
pub struct DoorArgs {
    /// Serve the UI from this folder, for front-end work; in development mode its pages reload when a file is saved
    #[arg(long, value_name = "DIR")]
    pub(super) ui: Option<PathBuf>,
    /// Also in development mode, serve --ui with the security headers of Tincan’s own page, such as its
    /// Content-Security-Policy
    #[arg(long, requires = "ui")]
    pub(super) ui_csp: bool,
    /// In development mode, a further origin whose pages can use the API, besides those of this machine (can be repeated)
    #[arg(
        long,
        value_name = "ORIGIN",
        value_delimiter = ',',
        value_parser = of_list::<Origin>
    )]
    pub(super) cors: Vec<Origin>,
}

/// The flag of a lab for front ends that were written for another server.
#[derive(Args, Debug)]
pub struct CompatArgs {
    /// Answer as another server does, for front ends that were written for it
    #[arg(long, value_enum, value_name = "SERVER")]
    pub(super) compat: Option<Compat>,
}

/// Why the flags make no sense.
#[derive(Debug, thiserror::Error)]
pub enum DoorArgsError {
    #[error("--cors {0} opens the API to pages of another origin, so it needs --dev")]
    CorsNeedsDev(Origin),
    #[error("--ui-csp is how pages are served without --dev, so it needs --dev")]
    CspNeedsDev,
    #[error("--ui {}: there is no such folder", .0.display())]
    NoFolder(PathBuf),
    #[error("--ui {}: there is no index.html in this folder", .0.display())]
    NoIndex(PathBuf),
}

impl DoorArgs {
    /// Checks that the flags fit together, and that the folder has a page.
    pub(super) fn check(&self, dev: bool) -> Result<(), DoorArgsError> {
        if let (false, Some(origin)) = (dev, self.cors.first()) {
            return Err(DoorArgsError::CorsNeedsDev(origin.clone()));
        }
        if self.ui_csp && !dev {
            return Err(DoorArgsError::CspNeedsDev);
        }
        let Some(folder) = &self.ui else {
            return Ok(());
        };
        if !folder.is_dir() {
            return Err(DoorArgsError::NoFolder(folder.clone()));
        }
        if !folder.join("index.html").is_file() {
            return Err(DoorArgsError::NoIndex(folder.clone()));
        }
        Ok(())
    }
}
