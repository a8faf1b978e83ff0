//! Some fields of a Token, pushed by its owner.
//!
//! Spec: 2.3.0 `mod_tokens`, Receiver interface, PATCH method.

use std::sync::Arc;

use ocpi_domain::{
    InvalidField, OcpiVersion, Party, StoredToken, Token, TokenMarks, TokenPatch, TokenType,
    TokenUid,
};
use ocpi_ports::{StorageError, TokenWrite};

use crate::access::{AccessError, RequestContext};
use crate::app::App;
use crate::deadline::in_time;
use crate::moment::meant_moment;
use crate::token_update::{WRITE_ATTEMPTS_MAX, is_identical, marked_present};

/// The fields, and the Token that the URL addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchTokenRequest {
    /// Its owner.
    pub party: Party,
    /// Its uid.
    pub uid: TokenUid,
    /// Its type; `None` is RFID, or the only one that there is.
    pub token_type: Option<TokenType>,
    /// The fields that were sent.
    pub fields: TokenPatch,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PatchTokenError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("`last_updated`: required in a PATCH, but missing")]
    NoLastUpdated,
    #[error("no such token; PUT it first")]
    UnknownToken,
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    #[error("stale last_updated: a newer version is stored")]
    Stale,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl App {
    /// Changes the fields that were sent; answers when the change is durable.
    ///
    /// # Errors
    ///
    /// [`PatchTokenError`]; nothing was changed then.
    pub async fn patch_token(
        &self,
        context: &RequestContext,
        request: PatchTokenRequest,
    ) -> Result<(), PatchTokenError> {
        in_time(self.patch_token_of_store(context, request)).await
    }

    async fn patch_token_of_store(
        &self,
        context: &RequestContext,
        request: PatchTokenRequest,
    ) -> Result<(), PatchTokenError> {
        let PatchTokenRequest {
            party,
            uid,
            token_type,
            fields,
        } = request;
        self.require_owner(context, party).await?;
        let version = context.version;
        if fields.last_updated.is_none() && version != OcpiVersion::V2_1_1 {
            return Err(PatchTokenError::NoLastUpdated);
        }
        for _ in 0..WRITE_ATTEMPTS_MAX {
            let stored = self
                .find_addressed(party, &uid, token_type.as_ref(), version)
                .await?
                .ok_or(PatchTokenError::UnknownToken)?;
            let patch = meant_patch(fields.clone(), &stored.token, version);
            let last_updated = patch.last_updated;
            let mut marks = TokenMarks {
                synthetic_contract_id: stored.marks.synthetic_contract_id
                    && patch.contract_id.is_none(),
                // Who changes it lists it.
                absent: false,
                ..stored.marks
            };
            let mut token = patch.apply_to(&stored.token)?;
            match last_updated {
                Some(last_updated) => {
                    if stored.makes_stale(last_updated, self.now()) {
                        match self.mark_present(&stored).await {
                            Err(StorageError::Conflict) => continue,
                            Err(error) => return Err(error.into()),
                            Ok(()) => return Err(PatchTokenError::Stale),
                        }
                    }
                    marks.inferred_last_updated = false;
                }
                // The moment of a change that came without one is no change.
                None if is_identical(&stored, &token, marks) => return Ok(()),
                None => {
                    token.last_updated = self.now();
                    marks.inferred_last_updated = true;
                }
            }
            if is_identical(&stored, &token, marks) {
                return Ok(());
            }
            let follows = Some(stored.revision);
            match self
                .ports
                .tokens
                .put_token(TokenWrite {
                    token: Arc::new(token),
                    marks,
                    follows,
                })
                .await
            {
                Ok(_) => {
                    self.token_changed(party);
                    return Ok(());
                }
                Err(StorageError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StorageError::Conflict.into())
    }

    /// Takes away the mark that its owner lists the Token no more, when it has it.
    async fn mark_present(&self, stored: &StoredToken) -> Result<(), StorageError> {
        if let Some(write) = marked_present(stored) {
            self.ports.tokens.put_token(write).await?;
        }
        Ok(())
    }
}

/// The fields as they are meant of that Token: what `version` shows of it in other words, a peer
/// says in those.
fn meant_patch(mut fields: TokenPatch, stored: &Token, version: OcpiVersion) -> TokenPatch {
    fields.last_updated = fields
        .last_updated
        .map(|sent| meant_moment(version, sent, stored.last_updated));
    let shown = version.shown_type(&stored.token_type);
    fields.token_type = fields.token_type.filter(|sent| *sent != shown);
    fields
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::Ports;
    use crate::testing::{
        TokenWrites, app, now, party, ports, request_of_owner, stored_token, token_store,
    };

    async fn patch(
        stored: &StoredToken,
        version: OcpiVersion,
        token_type: Option<TokenType>,
        fields: &Value,
    ) -> (Result<(), PatchTokenError>, TokenWrites) {
        let (tokens, writes) = token_store(std::slice::from_ref(stored));
        let app = app(Ports {
            tokens: Arc::new(tokens),
            ..ports()
        });
        let request = PatchTokenRequest {
            party: party("CH/ABC"),
            uid: stored.token.uid.clone(),
            token_type,
            fields: serde_json::from_value(fields.clone()).unwrap(),
        };
        let done = app.patch_token(&request_of_owner(version), request).await;
        (done, writes)
    }

    /// Holds: K-23, K-24, K-28.
    #[tokio::test]
    async fn a_patch_of_2_1_1_may_say_no_moment() {
        let stored = stored_token("CARD", &json!({"last_updated": now().plus_ms(60_000)}));
        let change = json!({"valid": false});
        let (done, writes) = patch(&stored, OcpiVersion::V2_1_1, None, &change).await;
        done.unwrap();
        let written = writes.lock().unwrap()[0].clone();
        assert!(!written.token.valid);
        assert_eq!(written.token.last_updated, now());
        assert!(written.marks.inferred_last_updated);
        for version in [OcpiVersion::V2_2_1, OcpiVersion::V2_3_0] {
            let (refused, writes) = patch(&stored, version, None, &change).await;
            assert!(
                matches!(refused, Err(PatchTokenError::NoLastUpdated)),
                "{version}"
            );
            assert!(writes.lock().unwrap().is_empty());
        }
    }

    /// Holds: K-21, K-24. Ours is no change of theirs.
    #[tokio::test]
    async fn a_patch_that_changes_nothing_gets_no_moment() {
        let stored = stored_token("CARD", &json!({}));
        let same = json!({"valid": true});
        let (done, writes) = patch(&stored, OcpiVersion::V2_1_1, None, &same).await;
        done.unwrap();
        assert!(writes.lock().unwrap().is_empty());
    }

    /// Holds: K-24, K-28. What came with a moment of the owner's is measured by that again.
    #[tokio::test]
    async fn a_moment_of_the_owner_ends_an_inferred_one() {
        let mut stored = stored_token("CARD", &json!({}));
        stored.marks.inferred_last_updated = true;
        let older = json!({"valid": false, "last_updated": now().plus_ms(-60_000)});
        let (done, writes) = patch(&stored, OcpiVersion::V2_1_1, None, &older).await;
        done.unwrap();
        let writes = writes.lock().unwrap();
        assert_eq!(writes[0].token.last_updated, now().plus_ms(-60_000));
        assert!(!writes[0].marks.inferred_last_updated);
    }

    /// Holds: K-27, M-19.
    #[tokio::test]
    async fn a_patch_of_2_1_1_within_the_second_is_not_stale() {
        let stored = stored_token("CARD", &json!({"last_updated": now().plus_ms(500)}));
        let change = json!({"valid": false, "last_updated": now()});
        let (done, writes) = patch(&stored, OcpiVersion::V2_1_1, None, &change).await;
        done.unwrap();
        let written = writes.lock().unwrap()[0].token.last_updated;
        assert_eq!(written, now().plus_ms(500));
        let (stale, _) = patch(&stored, OcpiVersion::V2_2_1, None, &change).await;
        assert!(matches!(stale, Err(PatchTokenError::Stale)));
    }

    /// Holds: K-25, M-05. A type is said in the words of the version.
    #[tokio::test]
    async fn the_type_that_a_version_shows_is_no_other_type() {
        let stored = stored_token("APP", &json!({"type": "APP_USER"}));
        let change = |token_type: &str| json!({"type": token_type, "valid": false, "last_updated": now().plus_ms(1)});
        for (version, sent, is_same) in [
            (OcpiVersion::V2_1_1, "OTHER", true),
            (OcpiVersion::V2_1_1, "RFID", false),
            (OcpiVersion::V2_2_1, "APP_USER", true),
            (OcpiVersion::V2_2_1, "OTHER", false),
            (OcpiVersion::V2_3_0, "OTHER", false),
        ] {
            let (done, writes) = patch(&stored, version, None, &change(sent)).await;
            assert_eq!(done.is_ok(), is_same, "{version} {sent}: {done:?}");
            let writes = writes.lock().unwrap();
            assert_eq!(writes.len(), usize::from(is_same));
            let kept = writes
                .iter()
                .all(|it| it.token.token_type == TokenType::AppUser);
            assert!(kept, "{version} {sent}");
        }
    }
}
