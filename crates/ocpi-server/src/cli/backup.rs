//! `backup` and `restore`

use std::path::Path;

use http::Method;
use ocpi_sqlite::{OpenError, RestoreError};
use serde_json::json;

use crate::cli::args::TargetArgs;
use crate::cli::client::{Client, settings};
use crate::cli::request::Request;
use crate::cli::show;
use crate::cli::tokens::parsed;
use crate::exit::{Exit, Failure};
use crate::key_file;
use crate::settings::StoreUrl;
use crate::system;

/// Writes a copy of the store.
pub(super) async fn back_up(client: &Client, file: &Path, is_json: bool) -> Result<Exit, Failure> {
    // The server has a working directory of its own.
    let file = absolute(file)?;
    let Some(name) = file.to_str() else {
        return Err(Failure::new(
            Exit::Failed,
            "the name of the backup must be UTF-8",
        ));
    };
    let request = Request::new(Method::POST, "backup").json(&json!({"file": name}));
    let answer = client.send(request).await.map_err(|mut failure| {
        // The store is there; it is the copy that cannot be made.
        if failure.is_problem() {
            failure.exit = Exit::Failed;
        }
        failure
    })?;
    let text = answer.bytes().await?;
    if is_json {
        show::json(&text);
    } else {
        let bytes = &parsed(&text)?["bytes"];
        system::print(&format!(
            "{name}: {bytes} bytes; it is worth nothing without the secret key of this server, \
             which is not in it\n"
        ));
    }
    Ok(Exit::Done)
}

/// Puts a backup in the place of the store.
pub(super) fn restore(target: &TargetArgs, backup: &Path) -> Result<Exit, Failure> {
    if target.admin_url.is_some() {
        let detail = "--admin-url: a store is restored where it is, while no server holds it";
        return Err(Failure::new(Exit::Usage, detail));
    }
    let settings = settings(target)?;
    let StoreUrl::Sqlite(path) = &settings.store else {
        let detail = "store: one in memory cannot be restored; name a durable one by --store";
        return Err(Failure::new(Exit::Failed, detail));
    };
    let is_replaced = path.exists();
    ocpi_sqlite::restore(backup, path).map_err(|error| {
        match error {
            RestoreError::InUse { .. } => Failure::new(Exit::Unreachable, error.to_string()),
            // Its own advice is for a store.
            RestoreError::Backup(OpenError::Damaged { path, detail }) => {
                let path = path.display();
                let detail = format!(
                    "{path} is damaged, or no backup ({detail}); take another one: the store is as \
                     it was"
                );
                Failure::new(Exit::Failed, detail)
            }
            RestoreError::Backup(_) | RestoreError::File { .. } => {
                Failure::new(Exit::Failed, error.to_string())
            }
        }
    })?;
    let text = if target.json {
        json!({"store": settings.store.to_string(), "backup": backup}).to_string() + "\n"
    } else {
        let key_file = settings
            .secret_key
            .is_none()
            .then(|| key_file::path_beside(path));
        let missing_key_file = key_file.filter(|file| !file.exists());
        restored(path, backup, is_replaced, missing_key_file.as_deref())
    };
    system::print(&text);
    Ok(Exit::Done)
}

/// What a person must know after a restore.
fn restored(
    store: &Path,
    backup: &Path,
    is_replaced: bool,
    missing_key_file: Option<&Path>,
) -> String {
    let (store, backup) = (store.display(), backup.display());
    let mut lines = vec![format!("{store} is what {backup} holds")];
    if is_replaced {
        lines.push(format!("what was there before is kept as {store}-replaced"));
    }
    lines.push(match missing_key_file {
        Some(file) => format!(
            "put back {} too, the secret key that the backup was made with: without it no server \
             starts",
            file.display()
        ),
        None => "the secret key must be the one that the backup was made with".to_owned(),
    });
    lines.join("\n") + "\n"
}

fn absolute(file: &Path) -> Result<std::path::PathBuf, Failure> {
    std::path::absolute(file).map_err(|error| {
        let detail = format!("{}: {error}", file.display());
        Failure::new(Exit::Failed, detail)
    })
}
