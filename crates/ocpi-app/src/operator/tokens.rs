//! The Tokens of the eMSPs hosted here.

use std::sync::Arc;

use ocpi_domain::{
    Cursor, DateTime, DateWindow, InvalidField, OcpiVersion, Page, PageRequest, PageStart, Party,
    StoredToken, Token, TokenMarks, TokenPatch, TokenType, TokenUid,
};
use ocpi_ports::TokenQuery;

use super::OperatorError;
use crate::app::App;
use crate::deadline::in_time;
use crate::put_token::Written;
use crate::token_update::{NewToken, Stored, require_equal};

/// A Token of ours, and where its URL says that it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutOwnToken {
    /// The owner that the URL names.
    pub party: Party,
    /// The uid that the URL names.
    pub uid: TokenUid,
    /// The type that the URL names; without one, the Token's own counts, and without that, RFID.
    pub token_type: Option<TokenType>,
    /// The fields that were sent.
    pub fields: TokenPatch,
}

/// Which Tokens of ours a list holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListOwnTokens {
    /// Of this owner; `None` is every eMSP hosted here.
    pub party: Option<Party>,
    /// Of this uid, of whatever type.
    pub uid: Option<TokenUid>,
    /// What follows this place: the `next` of the page before, of the same question.
    pub after: Option<Cursor>,
    /// The most Tokens of the page.
    pub limit: usize,
}

impl App {
    /// Stores the Token whole; answers when it is durable, with the Token as it is stored. The
    /// same Token again changes nothing.
    ///
    /// What the URL says need not be said again in the Token. A missing `last_updated` is now, or
    /// that of the stored Token when nothing else changed.
    ///
    /// # Errors
    ///
    /// [`OperatorError::NotHosted`], [`OperatorError::Invalid`], [`OperatorError::Stale`],
    /// [`OperatorError::Storage`]; nothing was written then.
    pub async fn put_own_token(
        &self,
        request: PutOwnToken,
    ) -> Result<(Written, Arc<Token>), OperatorError> {
        self.require_own(request.party)?;
        let new = complete_addressed(request, self.now())?;
        match in_time(self.store_token(&new)).await? {
            Stored::Created(token) => Ok((Written::Created, token)),
            Stored::Updated(token) | Stored::Unchanged(token) => Ok((Written::Updated, token)),
            Stored::Stale => Err(OperatorError::Stale),
        }
    }

    /// The Token; without a type, the RFID token, else the only one that there is.
    ///
    /// # Errors
    ///
    /// [`OperatorError::NotHosted`], [`OperatorError::UnknownToken`],
    /// [`OperatorError::Storage`].
    pub async fn find_own_token(
        &self,
        party: Party,
        uid: &TokenUid,
        token_type: Option<&TokenType>,
    ) -> Result<Arc<Token>, OperatorError> {
        self.require_own(party)?;
        let found =
            in_time(self.find_addressed(party, uid, token_type, OcpiVersion::V2_3_0)).await?;
        found
            .map(|stored| stored.token)
            .ok_or(OperatorError::UnknownToken)
    }

    /// One page of our Tokens, of every type, as they are stored.
    ///
    /// # Errors
    ///
    /// [`OperatorError::NotHosted`], [`OperatorError::Storage`].
    pub async fn list_own_tokens(
        &self,
        request: ListOwnTokens,
    ) -> Result<Page<Arc<Token>>, OperatorError> {
        let parties = match request.party {
            Some(party) => {
                self.require_own(party)?;
                vec![party]
            }
            None => self.hosting.emsp_parties().to_vec(),
        };
        let page = if let Some(uid) = &request.uid {
            in_time(self.tokens_of_uid(&parties, uid, &request)).await?
        } else {
            let query = TokenQuery {
                parties,
                without_types: Vec::new(),
            };
            let page = PageRequest {
                start: request.after.map_or(PageStart::Offset(0), PageStart::After),
                limit: request.limit,
                window: DateWindow::default(),
            };
            in_time(self.ports.tokens.list_tokens(&query, &page)).await?
        };
        let Page { items, total, next } = page;
        let items = items.into_iter().map(|stored| stored.token).collect();
        Ok(Page { items, total, next })
    }

    /// One page of the few Tokens of one uid. Their cursors count them.
    async fn tokens_of_uid(
        &self,
        parties: &[Party],
        uid: &TokenUid,
        request: &ListOwnTokens,
    ) -> Result<Page<StoredToken>, OperatorError> {
        let mut found = Vec::new();
        for party in parties {
            found.extend(self.ports.tokens.find_tokens_by_uid(*party, uid).await?);
        }
        let total = found.len();
        let start = request.after.map_or(0, |Cursor(count)| {
            usize::try_from(count).unwrap_or(usize::MAX)
        });
        let items: Vec<StoredToken> = found.into_iter().skip(start).take(request.limit).collect();
        let end = start.saturating_add(items.len());
        Ok(Page {
            next: (!items.is_empty() && end < total).then_some(Cursor(end as u64)),
            items,
            total: total as u64,
        })
    }

    /// Checks that the Tokens and accounts of `party` are ours.
    pub(super) fn require_own(&self, party: Party) -> Result<(), OperatorError> {
        let own = self.hosting.emsp_parties().contains(&party);
        own.then_some(()).ok_or(OperatorError::NotHosted(party))
    }
}

/// A whole Token of the fields that were sent and of what the URL says.
fn complete_addressed(request: PutOwnToken, now: DateTime) -> Result<NewToken, InvalidField> {
    let PutOwnToken {
        party,
        uid,
        token_type,
        mut fields,
    } = request;
    require_equal(
        "country_code",
        fields.country_code.as_ref(),
        Some(&party.country_code),
    )?;
    require_equal("party_id", fields.party_id.as_ref(), Some(&party.party_id))?;
    require_equal("uid", fields.uid.as_ref(), Some(&uid))?;
    require_equal("type", fields.token_type.as_ref(), token_type.as_ref())?;
    fields.country_code.get_or_insert(party.country_code);
    fields.party_id.get_or_insert(party.party_id);
    fields.uid.get_or_insert(uid);
    fields.token_type = fields.token_type.or(token_type);
    complete(fields, now)
}

/// A whole Token of these fields: without a type it is RFID, and it changed now when it does not
/// say when.
pub(super) fn complete(mut fields: TokenPatch, now: DateTime) -> Result<NewToken, InvalidField> {
    let marks = TokenMarks {
        synthetic_contract_id: false,
        inferred_last_updated: fields.last_updated.is_none(),
        absent: false,
    };
    fields.token_type.get_or_insert(TokenType::Rfid);
    fields.last_updated.get_or_insert(now);
    Ok(NewToken {
        token: Arc::new(Token::try_from(fields)?),
        marks,
        version: OcpiVersion::V2_3_0,
    })
}

#[cfg(test)]
mod tests {
    use ocpi_domain::Revision;
    use ocpi_ports::{MockTokenRepository, TokenWrite};
    use serde_json::{Value, json};

    use super::*;
    use crate::Ports;
    use crate::testing::{app, fields, now, party, ports, token};

    fn app_with(tokens: MockTokenRepository) -> App {
        app(Ports {
            tokens: Arc::new(tokens),
            ..ports()
        })
    }

    fn stored(token: Arc<Token>) -> StoredToken {
        StoredToken {
            token,
            marks: TokenMarks::default(),
            revision: Revision(3),
        }
    }

    /// A store that holds `token`, if any, and takes no write.
    fn holding(token: Option<Arc<Token>>) -> MockTokenRepository {
        let mut tokens = MockTokenRepository::new();
        tokens
            .expect_find_token()
            .returning(move |_| Ok(token.clone().map(stored)));
        tokens
    }

    fn taking(mut tokens: MockTokenRepository) -> MockTokenRepository {
        tokens.expect_put_token().returning(|write: TokenWrite| {
            Ok(StoredToken {
                token: write.token,
                marks: write.marks,
                revision: Revision(4),
            })
        });
        tokens
    }

    fn put(more: &Value) -> PutOwnToken {
        PutOwnToken {
            party: party("CH/ABC"),
            uid: "CARD".parse().unwrap(),
            token_type: None,
            fields: fields(more),
        }
    }

    #[tokio::test]
    async fn what_the_url_says_need_not_be_said_again() {
        let app = app_with(taking(holding(None)));
        let (written, put_token) = app.put_own_token(put(&json!({}))).await.unwrap();
        assert_eq!(written, Written::Created);
        assert_eq!(put_token, token("CARD", &json!({})));
        assert_eq!(put_token.last_updated, now());

        let typed = PutOwnToken {
            token_type: Some(TokenType::AppUser),
            ..put(&json!({}))
        };
        let (_, put_token) = app.put_own_token(typed).await.unwrap();
        assert_eq!(put_token.token_type, TokenType::AppUser);
        let (_, put_token) = app
            .put_own_token(put(&json!({"type": "EMAID"})))
            .await
            .unwrap();
        assert_eq!(put_token.token_type, TokenType::Emaid);
    }

    #[tokio::test]
    async fn what_differs_from_the_url_or_is_missing_is_refused_by_name() {
        let app = app_with(holding(None));
        for (more, field) in [
            (json!({"country_code": "DE"}), "country_code"),
            (json!({"party_id": "XYZ"}), "party_id"),
            (json!({"uid": "OTHER"}), "uid"),
            (json!({"type": "OTHER"}), "type"),
            (json!({"contract_id": null}), "contract_id"),
        ] {
            let request = PutOwnToken {
                token_type: Some(TokenType::Rfid),
                ..put(&more)
            };
            let refused = app.put_own_token(request).await.unwrap_err();
            let OperatorError::Invalid(invalid) = refused else {
                panic!("{more}: {refused}");
            };
            assert_eq!(invalid.field, field);
        }
    }

    #[tokio::test]
    async fn a_token_of_another_party_is_not_ours() {
        let app = app(ports());
        // Hosted here, but not as eMSP.
        let party = party("NL/ALF");
        let request = PutOwnToken {
            party,
            ..put(&json!({}))
        };
        let refused = app.put_own_token(request).await.unwrap_err();
        assert!(matches!(refused, OperatorError::NotHosted(it) if it == party));
        let list = ListOwnTokens {
            party: Some(party),
            ..ListOwnTokens::default()
        };
        let refused = app.list_own_tokens(list).await.unwrap_err();
        assert!(matches!(refused, OperatorError::NotHosted(_)));
        let uid = "CARD".parse().unwrap();
        let refused = app.find_own_token(party, &uid, None).await.unwrap_err();
        assert!(matches!(refused, OperatorError::NotHosted(_)));
    }

    #[tokio::test]
    async fn the_same_token_is_not_written_again_with_or_without_its_time() {
        let before = "2026-01-01T00:00:00Z";
        let held = token("CARD", &json!({"last_updated": before}));
        let app = app_with(holding(Some(Arc::clone(&held))));
        for more in [json!({}), json!({"last_updated": before})] {
            let (written, kept) = app.put_own_token(put(&more)).await.unwrap();
            assert_eq!((written, kept), (Written::Updated, Arc::clone(&held)));
        }
    }

    #[tokio::test]
    async fn another_token_without_time_changed_now() {
        let held = token("CARD", &json!({"last_updated": "2026-01-01T00:00:00Z"}));
        let app = app_with(taking(holding(Some(held))));
        let (written, changed) = app
            .put_own_token(put(&json!({"valid": false})))
            .await
            .unwrap();
        assert_eq!(written, Written::Updated);
        assert_eq!(changed.last_updated, now());
    }

    #[tokio::test]
    async fn an_older_token_is_stale() {
        let app = app_with(holding(Some(token("CARD", &json!({})))));
        let older = put(&json!({"last_updated": "2026-06-15T11:59:59Z"}));
        let refused = app.put_own_token(older).await.unwrap_err();
        assert!(matches!(refused, OperatorError::Stale), "{refused}");
    }

    #[tokio::test]
    async fn the_tokens_of_a_uid_come_in_pages_too() {
        let mut tokens = MockTokenRepository::new();
        tokens.expect_find_tokens_by_uid().returning(|_, _| {
            let of = |kind: &str| stored(token("CARD", &json!({"type": kind})));
            Ok(["RFID", "OTHER", "EMAID"].map(of).to_vec())
        });
        let app = app_with(tokens);
        for (after, limit, expected, next) in [
            (None, 2, 0..2, Some(Cursor(2))),
            (Some(Cursor(2)), 2, 2..3, None),
            (None, 3, 0..3, None),
            (None, 0, 0..0, None),
            (Some(Cursor(u64::MAX)), 2, 0..0, None),
        ] {
            let list = ListOwnTokens {
                party: None,
                uid: Some("card".parse().unwrap()),
                after,
                limit,
            };
            let page = app.list_own_tokens(list).await.unwrap();
            let types: Vec<&str> = page.items.iter().map(|it| it.token_type.as_str()).collect();
            assert_eq!(types, ["RFID", "OTHER", "EMAID"][expected]);
            assert_eq!((page.total, page.next), (3, next));
        }
    }
}
