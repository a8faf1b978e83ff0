//! An eMSP's Tokens, listed for a CPO.
//!
//! Spec: 2.3.0 `mod_tokens`, Sender interface, GET method.

use std::sync::Arc;

use ocpi_domain::{
    OcpiVersion, Page, PageRequest, Role, StoredToken, Token, TokenType, WhitelistType,
};
use ocpi_ports::{StorageError, TokenQuery};

use crate::access::{AccessError, RequestContext, require_cpo};
use crate::addressed_token::shows_others_as;
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
        let query = TokenQuery {
            parties,
            without_types: self.types_not_listed(),
        };
        let Page { items, total, next } = self.ports.tokens.list_tokens(&query, page).await?;
        let mut listed = Vec::with_capacity(items.len());
        for stored in items {
            listed.extend(self.listed_as(stored, context.version).await?);
        }
        Ok(Page {
            items: listed,
            total,
            next,
        })
    }

    /// The Token as a CPO gets it in `version`; `None` when it does not get it.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub(crate) async fn listed_as(
        &self,
        stored: StoredToken,
        version: OcpiVersion,
    ) -> Result<Option<Arc<Token>>, StorageError> {
        let left_out = self.types_not_listed();
        if left_out.contains(&stored.token.token_type) {
            return Ok(None);
        }
        let is_shown = self.is_shown(&stored, &left_out, version).await?;
        Ok(is_shown.then(|| as_listed(stored.token)))
    }

    /// The types of Tokens that no CPO gets.
    pub(crate) fn types_not_listed(&self) -> Vec<TokenType> {
        if self.options.list_all_token_types {
            Vec::new()
        } else {
            NOT_LISTED.to_vec()
        }
    }

    /// Whether the Token is listed in `version`. Of several of one party that are the same in its
    /// words, the one that changed last is.
    async fn is_shown(
        &self,
        stored: &StoredToken,
        left_out: &[TokenType],
        version: OcpiVersion,
    ) -> Result<bool, StorageError> {
        let token = &stored.token;
        let shown_type = version.shown_type(&token.token_type);
        if !shows_others_as(version, &shown_type) {
            return Ok(true);
        }
        let mut alike = self
            .find_shown(token.party, &token.uid, &shown_type, version)
            .await?;
        alike.retain(|other| !left_out.contains(&other.token.token_type));
        let changed = |other: &StoredToken| (other.token.last_updated, other.revision);
        let newest = alike.iter().map(changed).max();
        if newest.is_none_or(|newest| newest <= changed(stored)) {
            return Ok(true);
        }
        tracing::info!(
            token = %token.key(), %version,
            "not listed: another Token of the same uid is of the same type in this version",
        );
        Ok(false)
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

#[cfg(test)]
mod tests {
    use ocpi_domain::{DateWindow, PageStart};
    use prometheus_client::registry::Registry;
    use serde_json::json;

    use super::*;
    use crate::testing::{hosting, now, ports, request_of_cpo, stored_token, token_store};
    use crate::{AppOptions, Ports};

    /// The uids and types of one page of a list in that version.
    async fn listed(
        tokens: &[StoredToken],
        version: OcpiVersion,
        list_all_token_types: bool,
    ) -> Vec<String> {
        let (mut store, _) = token_store(tokens);
        let all = tokens.to_vec();
        store.expect_list_tokens().returning(move |query, _| {
            let mut items = all.clone();
            items.retain(|stored| !query.without_types.contains(&stored.token.token_type));
            Ok(Page {
                total: items.len() as u64,
                items,
                next: None,
            })
        });
        let options = AppOptions {
            list_all_token_types,
            ..AppOptions::default()
        };
        let ports = Ports {
            tokens: Arc::new(store),
            ..ports()
        };
        let app = App::new(ports, hosting(), options, &mut Registry::default());
        let page = PageRequest {
            start: PageStart::Offset(0),
            limit: 10,
            window: DateWindow::default(),
        };
        let mut context = request_of_cpo();
        context.version = version;
        let listed = app.list_tokens(&context, &page).await.unwrap();
        let name = |token: &Arc<Token>| format!("{} {}", token.uid, token.token_type);
        listed.items.iter().map(name).collect()
    }

    /// Holds: E-04, E-05, M-04. Of two Tokens that are the same in a version's words, the CPO could
    /// keep one only.
    #[tokio::test]
    async fn of_tokens_that_a_version_shows_alike_the_newest_is_listed() {
        let at = |uid: &str, token_type: &str, ms: i64| {
            let more = json!({"type": token_type, "last_updated": now().plus_ms(ms)});
            stored_token(uid, &more)
        };
        let mut tokens = vec![
            at("A", "RFID", 0),
            at("A", "X-OLD", 1),
            at("A", "OTHER", 2),
            at("B", "APP_USER", 3),
            at("B", "OTHER", 2),
            at("C", "EMAID", 0),
        ];
        for (place, token) in (0..).zip(&mut tokens) {
            token.revision = ocpi_domain::Revision(place);
        }
        let all = [
            "A RFID",
            "A X-OLD",
            "A OTHER",
            "B APP_USER",
            "B OTHER",
            "C EMAID",
        ];
        assert_eq!(listed(&tokens, OcpiVersion::V2_3_0, true).await, all);
        let of_2_2_1 = ["A RFID", "A OTHER", "B APP_USER", "B OTHER", "C EMAID"];
        assert_eq!(listed(&tokens, OcpiVersion::V2_2_1, true).await, of_2_2_1);
        let of_2_1_1 = ["A RFID", "A OTHER", "B APP_USER", "C EMAID"];
        assert_eq!(listed(&tokens, OcpiVersion::V2_1_1, true).await, of_2_1_1);
        // What is not shared at all hides nothing.
        let shared = ["A RFID", "A OTHER", "B OTHER"];
        assert_eq!(listed(&tokens, OcpiVersion::V2_1_1, false).await, shared);

        let mut twins = vec![at("A", "X-ONE", 0), at("A", "X-TWO", 0)];
        twins[1].revision = ocpi_domain::Revision(9);
        let newest = ["A X-TWO"];
        assert_eq!(listed(&twins, OcpiVersion::V2_2_1, true).await, newest);
    }
}
