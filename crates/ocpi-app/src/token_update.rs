//! What a whole Token that was sent does to the one that is stored.

use std::sync::Arc;

use ocpi_domain::{DateTime, InvalidField, OcpiVersion, StoredToken, Token, TokenMarks};
use ocpi_ports::{StorageError, TokenWrite};

use crate::addressed_token::shows_others_as;
use crate::app::App;
use crate::moment::meant_moment;

/// How often a write is tried again when another came first. Each time another one succeeded, so
/// this many in a row is no rivalry but a fault.
pub(crate) const WRITE_ATTEMPTS_MAX: usize = 1000;

/// A whole Token, on its way into the store.
pub(crate) struct NewToken {
    pub(crate) token: Arc<Token>,
    /// What in it was not sent.
    pub(crate) marks: TokenMarks,
    /// The version in which it was sent.
    pub(crate) version: OcpiVersion,
}

/// What is to be done about a new Token.
pub(crate) enum Update {
    /// Nothing: what is stored is newer.
    Stale,
    /// Nothing: it is stored already.
    Unchanged,
    /// Write it.
    Write(TokenWrite),
}

/// What came of storing a Token.
pub(crate) enum Stored {
    Created(Arc<Token>),
    Updated(Arc<Token>),
    /// It was stored already: this is it.
    Unchanged(Arc<Token>),
    Stale,
}

impl NewToken {
    /// What this Token does to what is stored.
    pub(crate) fn update(&self, stored: Option<&StoredToken>, now: DateTime) -> Update {
        let completed;
        let new = match stored {
            Some(stored) if self.version != OcpiVersion::V2_3_0 => {
                completed = self.completed_by(&stored.token);
                &completed
            }
            Some(stored) if self.needs_later_moment(stored) => {
                completed = self.after(stored);
                &completed
            }
            _ => self,
        };
        if let Some(stored) = stored {
            if new.is_stored_as(stored) {
                return Update::Unchanged;
            }
            if stored.makes_stale(new.token.last_updated, now) {
                return Update::Stale;
            }
        }
        Update::Write(TokenWrite {
            token: Arc::clone(&new.token),
            marks: new.marks,
            follows: stored.map(|stored| stored.revision),
        })
    }

    /// This Token with what its version cannot say, as it is stored.
    fn completed_by(&self, stored: &Token) -> NewToken {
        let mut token = Token::clone(&self.token);
        // It may be shown under another type than its own.
        token.token_type = stored.token_type.clone();
        token.last_updated = meant_moment(self.version, token.last_updated, stored.last_updated);
        if self.version != OcpiVersion::V2_1_1 {
            return NewToken {
                token: Arc::new(token),
                ..*self
            };
        }
        token.group_id = token.group_id.or_else(|| stored.group_id.clone());
        token.default_profile_type = token.default_profile_type.or(stored.default_profile_type);
        token.energy_contract = token
            .energy_contract
            .or_else(|| stored.energy_contract.clone());
        NewToken {
            token: Arc::new(token),
            ..*self
        }
    }

    /// Whether it came without a moment of its own, and the stored one is not before the moment that
    /// it was given: two changes in one millisecond, or a clock that was set back.
    fn needs_later_moment(&self, stored: &StoredToken) -> bool {
        self.marks.inferred_last_updated && self.token.last_updated <= stored.token.last_updated
    }

    /// This Token, changed a millisecond after what is stored: who is told both knows the order.
    fn after(&self, stored: &StoredToken) -> NewToken {
        NewToken {
            token: Arc::new(Token {
                last_updated: stored.token.last_updated.plus_ms(1),
                ..Token::clone(&self.token)
            }),
            ..*self
        }
    }

    /// Whether writing it would change nothing. The moment of a Token that came without one is
    /// no change.
    fn is_stored_as(&self, stored: &StoredToken) -> bool {
        if !self.marks.inferred_last_updated {
            return is_identical(stored, &self.token, self.marks);
        }
        let token = Token {
            last_updated: stored.token.last_updated,
            ..Token::clone(&self.token)
        };
        let marks = TokenMarks {
            inferred_last_updated: stored.marks.inferred_last_updated,
            ..self.marks
        };
        is_identical(stored, &token, marks)
    }
}

impl App {
    /// The Token that this one replaces: that of its key, else the only one that its version shows
    /// under that key.
    async fn find_to_replace(&self, new: &NewToken) -> Result<Option<StoredToken>, StorageError> {
        let key = new.token.key();
        let exact = self.ports.tokens.find_token(&key).await?;
        if exact.is_some() || !shows_others_as(new.version, &key.token_type) {
            return Ok(exact);
        }
        let shown = self.find_shown(key.party, &key.uid, &key.token_type, new.version);
        let only = <[StoredToken; 1]>::try_from(shown.await?);
        Ok(only.ok().map(|[only]| only))
    }

    /// Stores a Token; answers when it is durable.
    pub(crate) async fn store_token(&self, new: &NewToken) -> Result<Stored, StorageError> {
        for _ in 0..WRITE_ATTEMPTS_MAX {
            let stored = self.find_to_replace(new).await?;
            let update = new.update(stored.as_ref(), self.now());
            let is_stale = matches!(update, Update::Stale);
            let write = match (update, stored) {
                (Update::Write(write), _) => write,
                (Update::Unchanged, Some(stored)) => return Ok(Stored::Unchanged(stored.token)),
                (Update::Unchanged | Update::Stale, stored) => {
                    match stored.as_ref().and_then(marked_present) {
                        Some(write) => write,
                        None => return Ok(Stored::Stale),
                    }
                }
            };
            let is_new = write.follows.is_none();
            let stored = match self.ports.tokens.put_token(write).await {
                Ok(stored) => stored.token,
                Err(StorageError::Conflict) => continue,
                Err(error) => return Err(error),
            };
            self.token_changed(stored.party);
            if is_stale {
                return Ok(Stored::Stale);
            }
            return Ok(if is_new {
                Stored::Created(stored)
            } else {
                Stored::Updated(stored)
            });
        }
        Err(StorageError::Conflict)
    }
}

/// The stored Token without the mark that its owner lists it no more, when it has it: also an older
/// state, which is not taken, says that it is there.
pub(crate) fn marked_present(stored: &StoredToken) -> Option<TokenWrite> {
    stored.marks.absent.then(|| TokenWrite {
        token: Arc::clone(&stored.token),
        marks: TokenMarks {
            absent: false,
            ..stored.marks
        },
        follows: Some(stored.revision),
    })
}

/// Whether writing the Token would change nothing.
pub(crate) fn is_identical(stored: &StoredToken, token: &Token, marks: TokenMarks) -> bool {
    stored.marks == marks && stored.token.is_identical(token)
}

/// Refuses a field of the body that differs from that of the URL.
pub(crate) fn require_equal<T: PartialEq>(
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

#[cfg(test)]
mod tests {
    use ocpi_domain::TokenPatch;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{
        TokenWrites, app, fields, now, party, ports, request_of_owner, stored_token, token_store,
    };
    use crate::{App, Ports, PutTokenError, PutTokenRequest, Written};

    fn app_with(stored: &StoredToken) -> (App, TokenWrites) {
        let (tokens, writes) = token_store(std::slice::from_ref(stored));
        let app = app(Ports {
            tokens: Arc::new(tokens),
            ..ports()
        });
        (app, writes)
    }

    /// Everything that 2.1.1 cannot say, and a moment with a fraction.
    fn rich() -> StoredToken {
        stored_token(
            "CARD",
            &json!({
                "group_id": "G", "default_profile_type": "GREEN", "visual_number": "1",
                "energy_contract": {"supplier_name": "S"}, "last_updated": now().plus_ms(500)
            }),
        )
    }

    async fn put(app: &App, version: OcpiVersion, more: &Value) -> Result<Written, PutTokenError> {
        let mut sent = json!({
            "country_code": "CH", "party_id": "ABC", "uid": "CARD", "type": "RFID",
            "last_updated": now()
        });
        for (name, value) in more.as_object().unwrap() {
            sent[name] = value.clone();
        }
        let fields: TokenPatch = fields(&sent);
        let request = PutTokenRequest {
            party: party("CH/ABC"),
            uid: "CARD".parse().unwrap(),
            token_type: None,
            fields,
        };
        app.put_token(&request_of_owner(version), request).await
    }

    /// Holds: M-03, K-16.
    #[tokio::test]
    async fn a_put_of_2_1_1_leaves_what_it_cannot_say() {
        let newer = json!({"last_updated": now().plus_ms(1000)});
        for version in OcpiVersion::ALL {
            let (app, writes) = app_with(&rich());
            assert_eq!(put(&app, version, &newer).await.unwrap(), Written::Updated);
            let written = Arc::clone(&writes.lock().unwrap()[0].token);
            let stays = version == OcpiVersion::V2_1_1;
            assert_eq!(written.group_id.is_some(), stays, "{version}");
            assert_eq!(written.default_profile_type.is_some(), stays, "{version}");
            assert_eq!(written.energy_contract.is_some(), stays, "{version}");
            // What it can say reverts to absent.
            assert_eq!(written.visual_number, None, "{version}");
        }
    }

    /// Holds: K-21, K-27, M-19.
    #[tokio::test]
    async fn an_echo_of_2_1_1_within_the_second_is_not_stale_and_changes_nothing() {
        let (app, writes) = app_with(&rich());
        let echo = json!({"visual_number": "1"});
        let done = put(&app, OcpiVersion::V2_1_1, &echo).await;
        assert_eq!(done.unwrap(), Written::Updated);
        assert!(writes.lock().unwrap().is_empty());
        // A change within the second is one, and does not turn back the clock.
        put(&app, OcpiVersion::V2_1_1, &json!({})).await.unwrap();
        assert_eq!(
            writes.lock().unwrap()[0].token.last_updated,
            now().plus_ms(500)
        );
        let older = json!({"last_updated": now().plus_ms(-1)});
        let stale = put(&app, OcpiVersion::V2_1_1, &older).await;
        assert!(matches!(stale, Err(PutTokenError::Stale)));
        for version in [OcpiVersion::V2_2_1, OcpiVersion::V2_3_0] {
            let stale = put(&app, version, &echo).await;
            assert!(matches!(stale, Err(PutTokenError::Stale)), "{version}");
        }
        assert_eq!(writes.lock().unwrap().len(), 1);
    }
}
