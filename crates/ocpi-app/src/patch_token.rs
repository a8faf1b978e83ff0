//! Some fields of a Token, pushed by its owner.
//!
//! Spec: 2.3.0 `mod_tokens`, Receiver interface, PATCH method.

use std::sync::Arc;

use ocpi_domain::{InvalidField, Party, TokenMarks, TokenPatch, TokenType, TokenUid};
use ocpi_ports::{StorageError, TokenWrite};

use crate::access::{AccessError, RequestContext};
use crate::app::App;
use crate::deadline::in_time;
use crate::token_update::{WRITE_ATTEMPTS_MAX, is_identical};

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
        self.require_owner(context, party)?;
        let last_updated = fields.last_updated.ok_or(PatchTokenError::NoLastUpdated)?;
        for _ in 0..WRITE_ATTEMPTS_MAX {
            let stored = self
                .find_addressed(party, &uid, token_type.as_ref())
                .await?
                .ok_or(PatchTokenError::UnknownToken)?;
            let token = fields.clone().apply_to(&stored.token)?;
            if stored.makes_stale(last_updated, self.now()) {
                return Err(PatchTokenError::Stale);
            }
            let marks = TokenMarks {
                synthetic_contract_id: stored.marks.synthetic_contract_id
                    && fields.contract_id.is_none(),
                inferred_last_updated: false,
            };
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
                Ok(_) => return Ok(()),
                Err(StorageError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StorageError::Conflict.into())
    }
}
