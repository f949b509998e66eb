//! The commands that export a database as text for other programs and servers, and import it again.

use std::path::Path;

use super::{backup::Work, error::existing};
use crate::{config::Database, store};

pub fn export(at: &Database, to: &Path, user: Option<&str>) -> anyhow::Result<()> {
    let database = existing(&at.db)?;
    let mut work = Work::begin()?;
    store::export(database, to, user, &mut |progress| work.show(progress))?;
    let what = match user {
        Some(user) => format!("what {user} can see in {}", database.display()),
        None => database.display().to_string(),
    };
    work.done(&format!("exported {what} to {}", to.display()));
    Ok(())
}

pub fn import(at: &Database, from: &Path) -> anyhow::Result<()> {
    let mut work = Work::begin()?;
    store::import(from, &at.db, &mut |progress| work.show(progress))?;
    work.done(&format!(
        "imported {} into {}",
        from.display(),
        at.db.display()
    ));
    Ok(())
}
