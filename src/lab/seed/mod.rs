//! Seeds: what a lab’s database begins with. Each is an archive, as `tincan export` writes it, which is then imported:
//! `month` and `edges` are written by the program, and a folder is one that somebody has exported.
//!
//! | module | what is in it |
//! | --- | --- |
//! | `month` | a month of talk, from the scripts in the folder beside it |
//! | `edges` | what breaks user interfaces |
//! | `script` | reads the scripts |
//! | `story` | people, conversations and messages, before they have ids |
//! | `archive` | writes a story as an archive |
//! | `media`, `pictures`, `faces`, `draw`, `thumbhash` | the files that people have sent, and their faces |
//! | `random` | chance that can be repeated |

mod archive;
mod draw;
mod edges;
mod faces;
mod media;
mod month;
mod pictures;
mod random;
mod script;
mod story;
mod thumbhash;

use std::{
    convert::Infallible,
    fmt, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use self::{random::Random, script::ScriptError, story::Story};
use crate::{
    model::{Timestamp, Username},
    store::{self, ArchiveError, Planted},
};

/// What a lab’s database begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seed {
    /// A month of talk among eight people, which ends now.
    Month,
    /// What breaks user interfaces.
    Edges,
    /// Nothing.
    Empty,
    /// What `tincan export` has written into this folder.
    Folder(PathBuf),
}

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error("can’t write the seed: {0}")]
    Write(#[from] io::Error),
    /// A fault of the program.
    #[error("{script}, {error}")]
    Script {
        script: &'static str,
        error: ScriptError,
    },
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl FromStr for Seed {
    type Err = Infallible;

    /// Every other text is the path of a folder; `./month` is one as well.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "month" => Self::Month,
            "edges" => Self::Edges,
            "empty" => Self::Empty,
            folder => Self::Folder(folder.into()),
        })
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month => f.write_str("month"),
            Self::Edges => f.write_str("edges"),
            Self::Empty => f.write_str("empty"),
            Self::Folder(folder) => folder.display().fmt(f),
        }
    }
}

impl Seed {
    /// The usernames of those whom one may want to be, the administrator first. Nobody knows them of a folder.
    #[must_use]
    pub fn people(&self) -> Vec<&'static str> {
        match self {
            Self::Month => month::usernames(),
            Self::Edges => edges::USERNAMES.to_vec(),
            Self::Empty | Self::Folder(_) => Vec::new(),
        }
    }

    fn story(&self, now: Timestamp, random: &mut Random) -> Result<Story, SeedError> {
        match self {
            Self::Month => month::story(now, random),
            Self::Edges => Ok(edges::story(now)),
            Self::Empty | Self::Folder(_) => Ok(Story::default()),
        }
    }
}

/// Creates the database of a lab, which must not be there yet, or be empty. Whoever of `people` the seed doesn’t have gets
/// an account.
///
/// The same seed, people, moment and `rng` give the same rows, byte for byte.
///
/// # Errors
/// [`SeedError::Archive`] if a folder isn’t an archive, or the database has accounts already.
pub fn plant(
    seed: &Seed,
    database: &Path,
    now: Timestamp,
    rng: u64,
    people: &[Username],
) -> Result<(), SeedError> {
    let mut random = Random::new(rng);
    let mut device_key = [0; 32];
    for part in device_key.chunks_exact_mut(8) {
        part.copy_from_slice(&random.next().to_le_bytes());
    }
    let planted = Planted {
        people,
        now,
        epoch: random.next(),
        device_key,
    };
    if let Seed::Folder(folder) = seed {
        return Ok(store::plant(folder, database, &planted)?);
    }
    let story = seed.story(now, &mut random)?;
    let folder = tempfile::Builder::new().prefix("tincan-seed-").tempdir()?;
    archive::write(&story, folder.path(), now, &mut random)?;
    Ok(store::plant(folder.path(), database, &planted)?)
}
