//! What a thief of the database gets: no credentials token.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ocpi_domain::{CredentialsToken, OcpiVersion, Role};

use crate::support::pair::Pair;
use crate::support::stores::Kind;

/// A token in every form in which somebody could use it.
fn forms(token: &CredentialsToken) -> Vec<Vec<u8>> {
    let raw = token.expose().as_bytes();
    let hex = raw.iter().map(|byte| format!("{byte:02x}"));
    let hex = hex.collect::<Vec<_>>().concat();
    let mut forms = vec![
        raw.to_vec(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
    ];
    // Base64 is another text at each of three places within what is encoded.
    for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        forms.push(engine.encode(raw).trim_end_matches('=').into());
        forms.extend((1..3).map(|cut| {
            engine
                .encode(&raw[cut..cut + (raw.len() - cut) / 3 * 3])
                .into_bytes()
        }));
    }
    forms
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Every file of a store's folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let files = entries.map(|entry| {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a file can be read");
        (path.display().to_string(), bytes)
    });
    files.collect()
}

/// Holds: T-13.
#[tokio::test]
async fn no_file_of_the_store_holds_a_token_that_somebody_could_present() {
    let mut secrets = Vec::new();
    let pair = Pair::strangers(OcpiVersion::V2_3_0, Kind::Sqlite).await;
    secrets.push(pair.register(&Role::Cpo).await);
    for side in [&pair.cpo, &pair.emsp, &pair.cpo] {
        secrets.extend([pair.cpo.presents().await, pair.emsp.presents().await]);
        let app = &side.world.app;
        app.rotate_credentials(&side.other, false)
            .await
            .expect("they rotate");
    }
    secrets.extend([pair.cpo.presents().await, pair.emsp.presents().await]);
    let stranger = crate::support::pair::id("stranger");
    for side in [&pair.cpo, &pair.emsp] {
        let row = ocpi_domain::Platform::new(stranger.clone());
        side.world.know(row).await;
        let app = &side.world.app;
        let issued = app.issue_bootstrap_token(&stranger).await;
        secrets.push(issued.expect("a token").token);
    }
    for side in [&pair.cpo, &pair.emsp] {
        let backup = side.folder().join("backup.db");
        let copying = side.stores.backup.as_ref().expect("it can be copied");
        copying.back_up(&backup).await.expect("it is copied");
        let files = files(side.folder());
        let is_there = |ending: &str| files.iter().any(|(name, _)| name.ends_with(ending));
        assert!(is_there("ocpi.db") && is_there("ocpi.db-wal") && is_there("backup.db"));
        let total: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
        assert!(total > 10_000, "{total} bytes");
        for (name, bytes) in &files {
            for secret in &secrets {
                for form in forms(secret) {
                    let shown = String::from_utf8_lossy(&form);
                    assert!(!contains(bytes, &form), "{name} holds {shown}");
                }
            }
        }
        // What is stored in clear is found by such a search.
        let has_id = files
            .iter()
            .any(|(_, bytes)| contains(bytes, side.other.as_str().as_bytes()));
        assert!(has_id, "the platform is in it");
    }
}
