//! The commands that export a database as text for other programs and servers, and import it again.

use std::path::Path;

use super::{backup::Work, error::existing};
use crate::{config::Database, store};

pub fn export(at: &Database, to: &Path, user: Option<&str>) -> anyhow::Result<()> {
    let database = existing(&at.db)?;
    let mut work = Work::begin()?;
    store::export(database, to, user, &mut |progress| work.show(progress))?;
    let what = match user {
        Some(user) => format!("what {user} sees in {}", database.display()),
        None => format!("what {} holds", database.display()),
    };
    work.done(&format!("{} is {what}", to.display()));
    Ok(())
}

pub fn import(at: &Database, from: &Path) -> anyhow::Result<()> {
    let mut work = Work::begin()?;
    store::import(from, &at.db, &mut |progress| work.show(progress))?;
    work.done(&format!(
        "{} is what {} held",
        at.db.display(),
        from.display()
    ));
    Ok(())
}
