//! A store of Tokens that tells what was written.

use std::sync::{Arc, Mutex};

use ocpi_domain::{OcpiVersion, PartyRole, Platform, Revision, Role, StoredToken, TokenMarks};
use ocpi_ports::{MockTokenRepository, TokenWrite};
use serde_json::Value;

use super::{party, request_of_cpo, token};
use crate::RequestContext;

/// What was written.
pub(crate) type TokenWrites = Arc<Mutex<Vec<TokenWrite>>>;

/// The Token `uid` of CH/ABC with the fields of `more`, as it is stored.
pub(crate) fn stored_token(uid: &str, more: &Value) -> StoredToken {
    StoredToken {
        token: token(uid, more),
        marks: TokenMarks::default(),
        revision: Revision(5),
    }
}

/// A store of those Tokens.
pub(crate) fn token_store(tokens: &[StoredToken]) -> (MockTokenRepository, TokenWrites) {
    let mut store = MockTokenRepository::new();
    let all = tokens.to_vec();
    store.expect_find_token().returning(move |key| {
        let mut all = all.iter();
        Ok(all.find(|stored| stored.token.key() == *key).cloned())
    });
    let all = tokens.to_vec();
    store
        .expect_find_tokens_by_uid()
        .returning(move |party, uid| {
            let of_uid =
                |stored: &&StoredToken| stored.token.party == party && stored.token.uid == *uid;
            Ok(all.iter().filter(of_uid).cloned().collect())
        });
    let writes = TokenWrites::default();
    let told = Arc::clone(&writes);
    store.expect_put_token().returning(move |write| {
        told.lock().unwrap().push(write.clone());
        Ok(StoredToken {
            token: write.token,
            marks: write.marks,
            revision: Revision(6),
        })
    });
    (store, writes)
}

/// A request in that version, of the eMSP CH/ABC.
pub(crate) fn request_of_owner(version: OcpiVersion) -> RequestContext {
    let mut context = request_of_cpo();
    context.version = version;
    let owner = PartyRole {
        party: party("CH/ABC"),
        role: Role::Emsp,
    };
    context.caller.platform = Arc::new(Platform {
        roles: vec![owner],
        ..Platform::clone(&context.caller.platform)
    });
    context
}
