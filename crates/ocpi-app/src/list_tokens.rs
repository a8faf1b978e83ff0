//! An eMSP's Tokens, listed for a CPO.
//!
//! Spec: 2.3.0 `mod_tokens`, Sender interface, GET method.

use std::sync::Arc;

use ocpi_domain::{Page, PageRequest, Role, Token, TokenType, WhitelistType};
use ocpi_ports::{StorageError, TokenQuery};

use crate::access::{AccessError, RequestContext, require_cpo};
use crate::app::App;
use crate::deadline::in_time;

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ListTokensError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Types that a CPO has no use for: their drivers do not come with a card.
const NOT_LISTED: [TokenType; 3] = [TokenType::AdHocUser, TokenType::AppUser, TokenType::Emaid];

impl App {
    /// One page of the Tokens of the eMSP addressed, or of every eMSP hosted here; those that
    /// are not valid too, or a CPO would never learn that they became so.
    ///
    /// # Errors
    ///
    /// [`ListTokensError`].
    pub async fn list_tokens(
        &self,
        context: &RequestContext,
        page: &PageRequest,
    ) -> Result<Page<Arc<Token>>, ListTokensError> {
        in_time(self.list_tokens_of_store(context, page)).await
    }

    async fn list_tokens_of_store(
        &self,
        context: &RequestContext,
        page: &PageRequest,
    ) -> Result<Page<Arc<Token>>, ListTokensError> {
        self.check_routing(context, &Role::Emsp)?;
        require_cpo(context)?;
        let parties = match context.routing.to {
            Some(to) => vec![to],
            None => self.hosting.emsp_parties().to_vec(),
        };
        let without_types = if self.options.list_all_token_types {
            Vec::new()
        } else {
            NOT_LISTED.to_vec()
        };
        let query = TokenQuery {
            parties,
            without_types,
        };
        let Page { items, total, next } = self.ports.tokens.list_tokens(&query, page).await?;
        let items = items
            .into_iter()
            .map(|stored| as_listed(stored.token))
            .collect();
        Ok(Page { items, total, next })
    }
}

/// A user of an app must never be authorized from a list, whatever the Token says.
fn as_listed(token: Arc<Token>) -> Arc<Token> {
    match token.token_type {
        TokenType::AdHocUser | TokenType::AppUser => Arc::new(Token {
            whitelist: WhitelistType::Never,
            ..Token::clone(&token)
        }),
        _ => token,
    }
}
