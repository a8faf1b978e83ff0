//! `secret-key`

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use ocpi_app::{Keys, SecretKey};
use ocpi_domain::PlatformId;
use ocpi_ports::{PlatformRepository, SealedToken, StoredPlatform};
use ocpi_sqlite::{Holder, SqliteStore};
use serde_json::json;

use crate::cli::args::TargetArgs;
use crate::cli::client::{holder, settings};
use crate::config_file::Secret;
use crate::exit::{Exit, Failure};
use crate::key_file::{self, NewKey, path_beside, path_of_former};
use crate::settings::{DurableLimits, StoreUrl, decode_secret_key_bytes, secret};
use crate::store::open_sqlite;
use crate::system::{self, SystemRandomness};

/// Where the new key comes from.
const NEW_SECRET_KEY: &str = "OCPI_NEW_SECRET_KEY";

/// Encrypts what the store keeps secret by another key.
pub(super) fn change(target: &TargetArgs) -> Result<Exit, Failure> {
    if target.admin_url.is_some() {
        let detail = "--admin-url: the key of a store is changed where the store is, while no \
                      server holds it";
        return Err(Failure::new(Exit::Usage, detail));
    }
    let settings = settings(target)?;
    let StoreUrl::Sqlite(path) = &settings.store else {
        let detail = "store: one in memory ends with its server, and so does its key; name a \
                      durable one by --store";
        return Err(Failure::new(Exit::Failed, detail));
    };
    require_free(path)?;
    let new_key = match secret(NEW_SECRET_KEY, None)? {
        Some(Secret(text)) => Some(decode_secret_key_bytes(&text).with_context(|| {
            format!("{NEW_SECRET_KEY}: must be Base64 of 32 bytes (`openssl rand -base64 32`)")
        })?),
        None => None,
    };
    let platforms = match &settings.secret_key {
        Some(present) => {
            let Some(new) = new_key else {
                let detail = format!(
                    "{NEW_SECRET_KEY}: set it to the new key; make one with `openssl rand \
                     -base64 32`"
                );
                return Err(Failure::new(Exit::Usage, detail));
            };
            let new = SecretKey::new(&new).map_err(anyhow::Error::from)?;
            change_in(settings.durable, path, present, &new)?
        }
        None => change_with_file(settings.durable, path, new_key)?,
    };
    let text = if target.json {
        json!({"store": settings.store.to_string(), "platforms": platforms}).to_string() + "\n"
    } else {
        let has_file = settings.secret_key.is_none();
        let key_of = has_file.then_some(path.as_path());
        changed(&settings.store.to_string(), &platforms, key_of)
    };
    system::print(&text);
    Ok(Exit::Done)
}

/// A store that is there, and that nobody holds.
fn require_free(path: &Path) -> Result<(), Failure> {
    let name = path.display();
    let detail = match holder(path)? {
        Holder::Somebody { .. } => format!("{name} is in use by a server; stop it first"),
        Holder::Nobody if !path.exists() => {
            format!("there is no store at {name}; name the right one by --config or --store")
        }
        Holder::Nobody => return Ok(()),
    };
    Err(Failure::new(Exit::Unreachable, detail))
}

/// Changes the key of a store that has it in a file beside it; to one that is made here when none
/// is given. Finishes a change that broke off instead, when there is one.
fn change_with_file(
    limits: DurableLimits,
    path: &Path,
    new_key: Option<[u8; 32]>,
) -> Result<Vec<PlatformId>, Failure> {
    if let Some(left) = NewKey::left_behind(path)?
        && settle(path, left)?
    {
        let present = key_file::read_or_create(path)?;
        return called_platforms(limits, path, &present);
    }
    let key = new_key.unwrap_or_else(SystemRandomness::key);
    let prepared = NewKey::prepare(path, &key)?;
    let changed = change_in(limits, path, &prepared.present, &prepared.new);
    settle(path, prepared)?;
    changed
}

/// Puts a new key in its place when the database has it, and takes it away otherwise. Gives whether
/// the database has it.
fn settle(path: &Path, new: NewKey) -> anyhow::Result<bool> {
    let carried = ocpi_sqlite::read_carried_keys(path);
    let carried = carried.map_err(|error| anyhow::anyhow!("store: {error}"))?;
    let is_changed = carried.is_some() && new.new.keys(carried.as_deref()).is_ok();
    if is_changed {
        new.take_place()?;
    } else {
        new.give_up()?;
    }
    Ok(is_changed)
}

/// Changes the key in the store; gives the platforms that are called.
fn change_in(
    limits: DurableLimits,
    path: &Path,
    present: &SecretKey,
    new: &SecretKey,
) -> Result<Vec<PlatformId>, Failure> {
    let (store, keys) = open(limits, path, present)?;
    let derived = |key: &SecretKey| key.keys(None).map_err(anyhow::Error::from);
    let new_keys = derived(new)?;
    if new_keys.record_chain_key() == derived(present)?.record_chain_key() {
        let detail = format!("{NEW_SECRET_KEY}: is the present key; give another one");
        return Err(Failure::new(Exit::Usage, detail));
    }
    runtime()?.block_on(rewrite(&store, &keys, new, &new_keys))
}

fn open(
    limits: DurableLimits,
    path: &Path,
    key: &SecretKey,
) -> Result<(Arc<SqliteStore>, Keys), Failure> {
    open_sqlite(path, key, limits)
        .map_err(|error| Failure::new(Exit::Unreachable, format!("{error:#}")))
}

async fn rewrite(
    store: &SqliteStore,
    keys: &Keys,
    new: &SecretKey,
    new_keys: &Keys,
) -> Result<Vec<PlatformId>, Failure> {
    let known = store.list_platforms().await;
    let known = known.context("the platforms cannot be read")?;
    let resealed: Vec<_> = known
        .platforms
        .iter()
        .filter_map(|stored| resealed(stored, keys, new_keys).transpose())
        .collect::<Result<_, _>>()?;
    let platforms = resealed.iter().map(|(id, _)| id.clone()).collect();
    let carried = keys.carry(new, &SystemRandomness);
    let changed = store.change_secret_key(carried, resealed).await;
    changed.context("the secret key is what it was: the change cannot be written")?;
    Ok(platforms)
}

/// What we present to a platform, encrypted by the new key; `None` when it is not called.
fn resealed(
    stored: &StoredPlatform,
    keys: &Keys,
    new_keys: &Keys,
) -> Result<Option<(PlatformId, SealedToken)>, Failure> {
    let Some(connection) = &stored.connection else {
        return Ok(None);
    };
    let id = &stored.platform.id;
    let token = keys.credentials_seal().open(id, &connection.sealed_token);
    let token = token.with_context(|| {
        format!("platform {id}: unregister it with --forced, then change the key")
    })?;
    let sealed = new_keys
        .credentials_seal()
        .seal(id, &token, &SystemRandomness);
    Ok(Some((id.clone(), sealed)))
}

/// The platforms that are called.
fn called_platforms(
    limits: DurableLimits,
    path: &Path,
    key: &SecretKey,
) -> Result<Vec<PlatformId>, Failure> {
    let (store, _) = open(limits, path, key)?;
    let known = runtime()?.block_on(store.list_platforms());
    let known = known.context("the platforms cannot be read")?.platforms;
    let called = known.iter().filter(|stored| stored.connection.is_some());
    Ok(called.map(|stored| stored.platform.id.clone()).collect())
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the command cannot be started")
}

/// What a person must know after a change; `key_of` is the database that has its key in a file.
fn changed(store: &str, platforms: &[PlatformId], key_of: Option<&Path>) -> String {
    let mut lines = vec![format!(
        "the secret key of {store} is changed: the former one opens nothing here any more"
    )];
    if let Some(database) = key_of {
        let (new, former) = (path_beside(database), path_of_former(database));
        lines.push(format!(
            "{} holds the new one, and {} the former: remove that when no backup needs it any more",
            new.display(),
            former.display()
        ));
    } else {
        lines.push(
            "set the new one where the server reads it (secret_key, or OCPI_SECRET_KEY) before it \
             is started"
                .to_owned(),
        );
        lines.push("keep the former one as long as the backups that were made with it".to_owned());
    }
    if !platforms.is_empty() {
        let ids: Vec<&str> = platforms.iter().map(PlatformId::as_str).collect();
        lines.push(format!(
            "who knows the former one and has a copy of the database from before can read what we \
             present to {}: once the server runs, `ocpi-server platform rotate ID` makes that \
             worthless",
            ids.join(", ")
        ));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use ocpi_domain::{CredentialsToken, CredentialsUse, DateTime, OcpiUrl, Platform};
    use ocpi_ports::{Connection, PresentedToken};

    use super::*;

    const LIMITS: DurableLimits = DurableLimits {
        cache_bytes_max: 1 << 20,
        wal_bytes_max: 1 << 20,
    };

    fn key(byte: u8) -> SecretKey {
        SecretKey::new(&[byte; 32]).unwrap()
    }

    fn token(text: &str) -> CredentialsToken {
        CredentialsToken::new(text).unwrap()
    }

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        runtime().unwrap().block_on(work)
    }

    /// A platform that presents `in-token`, and is presented `out-token`.
    fn platform(keys: &Keys) -> StoredPlatform {
        let id: PlatformId = "peer".parse().unwrap();
        let seal = keys.credentials_seal();
        let mut stored = StoredPlatform::new(Platform::new(id.clone()));
        stored.tokens.push(PresentedToken {
            hash: keys.credentials_hash().hash(&token("in-token")),
            good_for: CredentialsUse::Live,
        });
        stored.connection = Some(Connection {
            versions_url: OcpiUrl::new("https://peer.example/ocpi/versions").unwrap(),
            sealed_token: seal.seal(&id, &token("out-token"), &SystemRandomness),
            served: None,
            presented: Vec::new(),
            connected_at: DateTime::UNIX_EPOCH,
        });
        stored
    }

    /// What the store tells who opens it with that key: whether the platform proves itself by what
    /// it presented before, and what we present to it.
    fn seen(path: &Path, key: &SecretKey) -> (bool, String) {
        let (store, keys) = open(LIMITS, path, key).unwrap();
        let hash = keys.credentials_hash().hash(&token("in-token"));
        let holder = block_on(store.find_token_holder(&hash)).unwrap();
        let known = block_on(store.list_platforms()).unwrap().platforms;
        let connection = known[0].connection.as_ref().unwrap();
        let seal = keys.credentials_seal();
        let opened = seal.open(&known[0].platform.id, &connection.sealed_token);
        (holder.is_some(), opened.unwrap().expose().to_owned())
    }

    /// Holds: T-13. Nothing is lost by a change, and the former key opens nothing after it.
    #[test]
    fn after_a_change_the_new_key_opens_all_and_the_former_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ocpi.db");
        let (store, keys) = open(LIMITS, &path, &key(1)).unwrap();
        block_on(store.put_platform(platform(&keys), None)).unwrap();
        drop(store);
        let expected = (true, "out-token".to_owned());
        // Again and again: what was carried over is carried on.
        for (former, new) in [(1, 2), (2, 3), (3, 1)] {
            let changed = change_in(LIMITS, &path, &key(former), &key(new)).unwrap();
            assert_eq!(changed, ["peer".parse().unwrap()]);
            assert_eq!(seen(&path, &key(new)), expected);
            let refused = open(LIMITS, &path, &key(former)).err().unwrap();
            assert_eq!(refused.exit, Exit::Unreachable);
            let refused = change_in(LIMITS, &path, &key(former), &key(7)).unwrap_err();
            assert_eq!(refused.exit, Exit::Unreachable);
            assert_eq!(seen(&path, &key(new)), expected);
        }
        let same = change_in(LIMITS, &path, &key(1), &key(1)).unwrap_err();
        assert_eq!(same.exit, Exit::Usage);
    }

    /// Holds: T-13. A key in a file is changed with the database, and a change that broke off is
    /// finished or begun anew, as far as it had come.
    #[test]
    fn a_key_in_a_file_is_changed_with_its_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ocpi.db");
        let present = key_file::read_or_create(&path).unwrap();
        let (store, keys) = open(LIMITS, &path, &present).unwrap();
        block_on(store.put_platform(platform(&keys), None)).unwrap();
        drop(store);
        let expected = (true, "out-token".to_owned());
        let seen_by_file = || seen(&path, &key_file::read_or_create(&path).unwrap());
        // To a key that is made here.
        let changed = change_with_file(LIMITS, &path, None).unwrap();
        assert_eq!(changed, ["peer".parse().unwrap()]);
        assert_eq!(seen_by_file(), expected);
        assert!(open(LIMITS, &path, &present).is_err());
        // One that broke off before the database had it.
        drop(NewKey::prepare(&path, &[8; 32]).unwrap());
        change_with_file(LIMITS, &path, Some([9; 32])).unwrap();
        assert_eq!(seen_by_file(), expected);
        assert_eq!(seen(&path, &key(9)), expected);
        // One that broke off after that.
        let prepared = NewKey::prepare(&path, &[8; 32]).unwrap();
        change_in(LIMITS, &path, &prepared.present, &prepared.new).unwrap();
        drop(prepared);
        let changed = change_with_file(LIMITS, &path, Some([7; 32])).unwrap();
        assert_eq!(changed, ["peer".parse().unwrap()]);
        assert_eq!(seen(&path, &key(8)), expected);
        assert_eq!(seen_by_file(), expected);
        // One that cannot be done leaves the file as it was.
        let same = change_with_file(LIMITS, &path, Some([8; 32])).unwrap_err();
        assert_eq!(same.exit, Exit::Usage);
        assert_eq!(seen_by_file(), expected);
    }

    /// Beyond the protocol: who changed a key knows what to do next.
    #[test]
    fn what_to_do_next_is_said() {
        let peer: PlatformId = "peer".parse().unwrap();
        let said = changed("sqlite:ocpi.db", &[peer], None);
        for part in ["OCPI_SECRET_KEY", "backups", "platform rotate ID", "peer"] {
            assert!(said.contains(part), "{said}");
        }
        let said = changed("sqlite:ocpi.db", &[], Some(Path::new("ocpi.db")));
        for part in [
            "ocpi.db-key holds the new one",
            "ocpi.db-key-former",
            "backup",
        ] {
            assert!(said.contains(part), "{said}");
        }
        assert!(!said.contains("rotate"), "{said}");
    }
}
