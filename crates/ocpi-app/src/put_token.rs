//! A Token pushed by its owner, whole.
//!
//! Spec: 2.3.0 `mod_tokens`, Receiver interface, PUT method.

use std::sync::Arc;

use ocpi_domain::{
    CiString, InvalidField, Party, Profile, StoredToken, Token, TokenMarks, TokenPatch, TokenType,
    TokenUid,
};
use ocpi_ports::{StorageError, TokenWrite};

use crate::access::{AccessError, RequestContext};
use crate::app::App;
use crate::deadline::in_time;

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

/// How often a write is tried again when another came first. Each time another one succeeded, so
/// this many in a row is no rivalry but a fault.
pub(crate) const WRITE_ATTEMPTS_MAX: usize = 1000;

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
        self.require_owner(context, request.party)?;
        let (token, marks) = complete(request, context.caller.platform.profile)?;
        let token = Arc::new(token);
        let key = token.key();
        for _ in 0..WRITE_ATTEMPTS_MAX {
            let stored = self.ports.tokens.find_token(&key).await?;
            if let Some(stored) = &stored {
                if stored.makes_stale(token.last_updated, self.now()) {
                    return Err(PutTokenError::Stale);
                }
                if is_identical(stored, &token, marks) {
                    return Ok(Written::Updated);
                }
            }
            let follows = stored.map(|stored| stored.revision);
            let write = TokenWrite {
                token: Arc::clone(&token),
                marks,
                follows,
            };
            match self.ports.tokens.put_token(write).await {
                Ok(_) if follows.is_some() => return Ok(Written::Updated),
                Ok(_) => return Ok(Written::Created),
                Err(StorageError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StorageError::Conflict.into())
    }
}

/// A whole Token of the fields that were sent and what the platform's profile lets us add.
fn complete(
    request: PutTokenRequest,
    profile: Profile,
) -> Result<(Token, TokenMarks), InvalidField> {
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
    Ok((Token::try_from(fields)?, marks))
}

fn require_equal<T: PartialEq>(
    field: &'static str,
    sent: Option<&T>,
    addressed: Option<&T>,
) -> Result<(), InvalidField> {
    match (sent, addressed) {
        (Some(sent), Some(addressed)) if sent != addressed => {
            Err(InvalidField::new(field, "differs from the one in the URL"))
        }
        _ => Ok(()),
    }
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

/// Whether writing the Token would change nothing.
pub(crate) fn is_identical(stored: &StoredToken, token: &Token, marks: TokenMarks) -> bool {
    stored.marks == marks && stored.token.is_identical(token)
}
