//! A CPO's copy of a Token, read by its owner.
//!
//! Spec: 2.3.0 `mod_tokens`, Receiver interface, GET method.

use std::sync::Arc;

use ocpi_domain::{Party, Token, TokenType, TokenUid};
use ocpi_ports::StorageError;

use crate::access::{AccessError, RequestContext};
use crate::app::App;
use crate::deadline::in_time;

/// Which Token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTokenRequest {
    /// Its owner.
    pub party: Party,
    /// Its uid.
    pub uid: TokenUid,
    /// Its type; `None` is RFID, or the only one that there is.
    pub token_type: Option<TokenType>,
}

/// Why there is no Token to show.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum GetTokenError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("no such token")]
    UnknownToken,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl App {
    /// The Token, as it is stored here.
    ///
    /// # Errors
    ///
    /// [`GetTokenError`]: who may not see it learns nothing about it.
    pub async fn get_token(
        &self,
        context: &RequestContext,
        request: &GetTokenRequest,
    ) -> Result<Arc<Token>, GetTokenError> {
        in_time(self.get_token_of_store(context, request)).await
    }

    async fn get_token_of_store(
        &self,
        context: &RequestContext,
        request: &GetTokenRequest,
    ) -> Result<Arc<Token>, GetTokenError> {
        self.require_owner(context, request.party).await?;
        let token_type = request.token_type.as_ref();
        let found = self
            .find_addressed(request.party, &request.uid, token_type, context.version)
            .await?;
        // What its owner lists no more is not valid here any more.
        let found = found.filter(|stored| !stored.marks.absent);
        found
            .map(|stored| stored.token)
            .ok_or(GetTokenError::UnknownToken)
    }
}
