//! A Token pushed by its owner, whole.
//!
//! Spec: 2.3.0 `mod_tokens`, Receiver interface, PUT method.

use std::sync::Arc;

use ocpi_domain::{
    CiString, InvalidField, Party, Token, TokenMarks, TokenPatch, TokenType, TokenUid,
};
use ocpi_ports::StorageError;

use crate::access::{AccessError, RequestContext};
use crate::app::App;
use crate::deadline::in_time;
use crate::token_update::{NewToken, Stored, require_equal};

/// The Token, and where its URL says that it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutTokenRequest {
    /// The owner that the URL names.
    pub party: Party,
    /// The uid that the URL names.
    pub uid: TokenUid,
    /// The type that the URL names; without one, the Token's own counts.
    pub token_type: Option<TokenType>,
    /// The fields that were sent.
    pub fields: TokenPatch,
}

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// There was none, now there is.
    Created,
    /// There was one, and now it is as sent.
    Updated,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PutTokenError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    #[error("stale last_updated: a newer version is stored")]
    Stale,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl App {
    /// Stores the Token; answers when it is durable. The same Token again changes nothing.
    ///
    /// # Errors
    ///
    /// [`PutTokenError`]; nothing was written then.
    pub async fn put_token(
        &self,
        context: &RequestContext,
        request: PutTokenRequest,
    ) -> Result<Written, PutTokenError> {
        in_time(self.put_token_of_store(context, request)).await
    }

    async fn put_token_of_store(
        &self,
        context: &RequestContext,
        request: PutTokenRequest,
    ) -> Result<Written, PutTokenError> {
        self.require_owner(context, request.party).await?;
        let new = complete(request, context)?;
        match self.store_token(&new).await? {
            Stored::Created(_) => Ok(Written::Created),
            Stored::Updated(_) | Stored::Unchanged(_) => Ok(Written::Updated),
            Stored::Stale => Err(PutTokenError::Stale),
        }
    }
}

/// A whole Token of the fields that were sent and what the platform's profile lets us add.
fn complete(request: PutTokenRequest, context: &RequestContext) -> Result<NewToken, InvalidField> {
    let profile = context.caller.platform.profile;
    let PutTokenRequest {
        party,
        uid,
        token_type,
        mut fields,
    } = request;
    if profile.fill_owner {
        fields.country_code = fields.country_code.or(Some(party.country_code));
        fields.party_id = fields.party_id.or(Some(party.party_id));
    }
    let mut marks = TokenMarks::default();
    if profile.tutorial && fields.contract_id.is_none() {
        fields.contract_id = Some(synthetic_contract_id(&fields, &uid)?);
        marks.synthetic_contract_id = true;
    }
    require_equal(
        "country_code",
        fields.country_code.as_ref(),
        Some(&party.country_code),
    )?;
    require_equal("party_id", fields.party_id.as_ref(), Some(&party.party_id))?;
    require_equal("uid", fields.uid.as_ref(), Some(&uid))?;
    require_equal("type", fields.token_type.as_ref(), token_type.as_ref())?;
    let token = Arc::new(Token::try_from(fields)?);
    Ok(NewToken {
        token,
        marks,
        version: context.version,
    })
}

/// The tutorial's Tokens have no `contract_id`: older peers call it `auth_id`, else the uid
/// stands for it.
fn synthetic_contract_id(
    fields: &TokenPatch,
    uid: &TokenUid,
) -> Result<CiString<36>, InvalidField> {
    let sent = fields.unknown.text("auth_id");
    let text = sent.as_deref().unwrap_or(uid.as_str());
    text.parse()
        .map_err(|error| InvalidField::new("auth_id", format!("{error}")))
}
