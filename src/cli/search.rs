//! `tincan search`: finds messages in a database, whether or not a server is running.

use clap::Args;
use serde_json::json;

use super::{
    error::{CommandError, existing},
    print,
    table::table,
};
use crate::{
    config::Database,
    search::Query,
    store::{self, ListedMessage},
};

#[derive(Args, Debug)]
pub struct SearchArgs {
    /// What to search for, as in the app: words, "words in quotes", from:name, in:room, has:picture, before:2026-11-20,
    /// after:2026-11-20
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
    /// Only what this user can see
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The most messages to show, the newest first
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: usize,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Database,
}

impl SearchArgs {
    /// Searches and prints what was found.
    ///
    /// # Errors
    /// [`CommandError::Refused`] if there is nothing to search for, or no such user, and others if the database can't be
    /// read.
    pub fn run(self) -> anyhow::Result<()> {
        let database = existing(&self.at.db)?;
        let query = Query::new(&self.words.join(" "));
        let query = query.map_err(|error| CommandError::Refused(error.to_string()))?;
        let found = store::search_database(database, query, self.user.as_deref(), self.limit)?;
        let found = found.ok_or_else(|| {
            let name = self.user.unwrap_or_default();
            CommandError::Refused(format!("user not found: {name}"))
        })?;
        let rows = found.iter().map(|ListedMessage { message, place }| {
            let author = message.author.as_ref().map(|author| &author.username);
            json!({
                "id": message.id, "createdAt": message.created_at, "in": place, "from": author,
                "content": message.content,
            })
        });
        let rows = rows.collect();
        let text = if self.json {
            format!("{rows:#}\n")
        } else {
            let columns = [
                ("Sent", "createdAt"),
                ("In", "in"),
                ("From", "from"),
                ("Message", "content"),
            ];
            table(&columns, &rows)
        };
        print(text);
        Ok(())
    }
}
