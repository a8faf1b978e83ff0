//! Many Tokens of ours at once.

use std::collections::HashMap;
use std::sync::Arc;

use ocpi_domain::{DateTime, InvalidField, Revision, StoredToken, TokenKey, TokenPatch};
use ocpi_ports::{StorageError, TokenWrite};

use super::OperatorError;
use super::tokens::complete;
use crate::app::App;
use crate::deadline::in_time;
use crate::token_update::{NewToken, Update, WRITE_ATTEMPTS_MAX};

/// What came of one Token of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// There was none, now there is.
    Created,
    /// There was one, and now it is as sent.
    Updated,
    /// It was there already.
    Unchanged,
    /// It was not taken, and this is why, by the name of the field.
    Refused(String),
}

/// The Tokens of one key, in the order in which they were sent.
struct Rivals {
    key: TokenKey,
    /// Each with its place in the import.
    tokens: Vec<(usize, NewToken)>,
}

impl App {
    /// Stores many Tokens; answers when all that could be taken are durable, with what came of
    /// each, at its place.
    ///
    /// A Token without owner belongs to the only eMSP hosted here, if there is only one; without
    /// a type it is RFID; without `last_updated` it changed now. Of several Tokens of one key
    /// each follows the one before.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Storage`]; then some of them may be stored, and all may be sent again.
    pub async fn import_tokens(
        &self,
        tokens: Vec<TokenPatch>,
    ) -> Result<Vec<Imported>, OperatorError> {
        let now = self.now();
        let mut outcomes = vec![Imported::Unchanged; tokens.len()];
        let mut open: Vec<Rivals> = Vec::with_capacity(tokens.len());
        let mut place_of_key = HashMap::with_capacity(tokens.len());
        for (place, fields) in tokens.into_iter().enumerate() {
            let new = match self.complete_own(fields, now) {
                Ok(new) => new,
                Err(refused) => {
                    outcomes[place] = Imported::Refused(refused.to_string());
                    continue;
                }
            };
            let key = new.token.key();
            let rivals = *place_of_key.entry(key.clone()).or_insert(open.len());
            if rivals == open.len() {
                let tokens = Vec::with_capacity(1);
                open.push(Rivals { key, tokens });
            }
            open[rivals].tokens.push((place, new));
        }
        for _ in 0..WRITE_ATTEMPTS_MAX {
            open = self.import_once(open, now, &mut outcomes).await?;
            if open.is_empty() {
                return Ok(outcomes);
            }
        }
        Err(StorageError::Conflict.into())
    }

    /// One attempt to store them; those that another writer came between.
    async fn import_once(
        &self,
        open: Vec<Rivals>,
        now: DateTime,
        outcomes: &mut [Imported],
    ) -> Result<Vec<Rivals>, OperatorError> {
        let store = &self.ports.tokens;
        let keys: Vec<TokenKey> = open.iter().map(|rivals| rivals.key.clone()).collect();
        let stored = in_time(store.find_tokens(&keys)).await?;
        let mut writes = Vec::with_capacity(open.len());
        let mut to_write = Vec::with_capacity(open.len());
        for (rivals, stored) in open.into_iter().zip(stored) {
            if let Some(write) = rivals.decide(stored, now, outcomes) {
                writes.push(write);
                to_write.push(rivals);
            }
        }
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let written = in_time(store.put_tokens(writes)).await?;
        // A Token of an import is always of a party hosted here.
        self.own_tokens_changed();
        let tried = to_write.into_iter().zip(written);
        Ok(tried
            .filter_map(|(rivals, revision)| revision.is_none().then_some(rivals))
            .collect())
    }

    /// A whole Token of ours; without an owner it is that of the only eMSP hosted here.
    fn complete_own(
        &self,
        mut fields: TokenPatch,
        now: DateTime,
    ) -> Result<NewToken, InvalidField> {
        let hosted = self.hosting.emsp_parties();
        if let [only] = hosted {
            fields.country_code.get_or_insert(only.country_code);
            fields.party_id.get_or_insert(only.party_id);
        }
        let new = complete(fields, now)?;
        let party = new.token.party;
        if hosted.contains(&party) {
            Ok(new)
        } else {
            Err(InvalidField::new(
                "country_code, party_id",
                format!("{party} is not hosted here as eMSP"),
            ))
        }
    }
}

impl Rivals {
    /// What each of them comes to after what is stored and those before it, and the write that
    /// leaves the last one that counts.
    fn decide(
        &self,
        stored: Option<StoredToken>,
        now: DateTime,
        outcomes: &mut [Imported],
    ) -> Option<TokenWrite> {
        let follows = stored.as_ref().map(|stored| stored.revision);
        let mut current = stored;
        let mut last = None;
        for (place, new) in &self.tokens {
            outcomes[*place] = match new.update(current.as_ref(), now) {
                Update::Stale => Imported::Refused(
                    InvalidField::new("last_updated", "stale: a newer version is stored")
                        .to_string(),
                ),
                Update::Unchanged => Imported::Unchanged,
                Update::Write(write) => {
                    let outcome = match current {
                        Some(_) => Imported::Updated,
                        None => Imported::Created,
                    };
                    current = Some(StoredToken {
                        token: Arc::clone(&write.token),
                        marks: write.marks,
                        // Of no store yet: what is written follows what is stored.
                        revision: Revision(0),
                    });
                    last = Some(TokenWrite { follows, ..write });
                    outcome
                }
            };
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use ocpi_domain::TokenMarks;
    use ocpi_ports::MockTokenRepository;
    use serde_json::{Value, json};

    use super::*;
    use crate::Ports;
    use crate::testing::{app, down, fields, ports, token};

    /// What a store holds at an attempt, and the revisions that it gives.
    type Attempt = (Vec<Option<StoredToken>>, Vec<Option<Revision>>);

    /// Imports into a store that answers each attempt with what it holds and what came of the
    /// writes; what came of the import, and the writes of each attempt.
    async fn import(
        tokens: &[Value],
        attempts: Vec<Attempt>,
    ) -> (Vec<Imported>, Vec<Vec<TokenWrite>>) {
        let (found, put): (Vec<_>, Vec<_>) = attempts.into_iter().unzip();
        let (found, put) = (Mutex::new(found.into_iter()), Mutex::new(put.into_iter()));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let seen_by_store = Arc::clone(&seen);
        let mut store = MockTokenRepository::new();
        store.expect_find_tokens().returning(move |keys| {
            let found = found.lock().unwrap().next().unwrap();
            assert_eq!(found.len(), keys.len());
            Ok(found)
        });
        store.expect_put_tokens().returning(move |writes| {
            let put = put.lock().unwrap().next().unwrap();
            assert_eq!(put.len(), writes.len());
            seen_by_store.lock().unwrap().push(writes);
            Ok(put)
        });
        let app = app(Ports {
            tokens: Arc::new(store),
            ..ports()
        });
        let tokens = tokens.iter().map(fields).collect();
        let outcomes = app.import_tokens(tokens).await.unwrap();
        let writes = std::mem::take(&mut *seen.lock().unwrap());
        (outcomes, writes)
    }

    fn stored(uid: &str, more: &Value) -> StoredToken {
        StoredToken {
            token: token(uid, more),
            marks: TokenMarks::default(),
            revision: Revision(7),
        }
    }

    fn refused(reason: &str) -> Imported {
        Imported::Refused(reason.to_owned())
    }

    #[tokio::test]
    async fn each_token_has_its_own_outcome() {
        let early = json!({"last_updated": "2026-01-01T00:00:00Z"});
        let (outcomes, writes) = import(
            &[
                json!({"uid": "NEW"}),
                json!({"uid": "OLD", "valid": false}),
                json!({"contract_id": null}),
                json!({"uid": "SAME"}),
                json!({"uid": "FOREIGN", "country_code": "NL", "party_id": "ALF"}),
                json!({"uid": "STALE", "last_updated": "2026-01-01T00:00:00Z"}),
            ],
            vec![(
                vec![
                    None,
                    Some(stored("OLD", &early)),
                    Some(stored("SAME", &early)),
                    Some(stored("STALE", &json!({}))),
                ],
                vec![Some(Revision(8)), Some(Revision(9))],
            )],
        )
        .await;
        assert_eq!(
            outcomes,
            [
                Imported::Created,
                Imported::Updated,
                refused("`uid, contract_id`: required, but missing"),
                Imported::Unchanged,
                refused("`country_code, party_id`: NL/ALF is not hosted here as eMSP"),
                refused("`last_updated`: stale: a newer version is stored"),
            ]
        );
        assert_eq!(writes.len(), 1);
        assert_eq!(writes[0][0].token, token("NEW", &json!({})));
        assert_eq!(writes[0][0].follows, None);
        assert_eq!(writes[0][1].token, token("OLD", &json!({"valid": false})));
        assert_eq!(writes[0][1].follows, Some(Revision(7)));
    }

    #[tokio::test]
    async fn of_several_tokens_of_one_key_the_last_stays() {
        let (outcomes, writes) = import(
            &[
                json!({"uid": "CARD", "issuer": "One"}),
                json!({"uid": "card", "issuer": "Two"}),
                json!({"uid": "CARD", "issuer": "Three", "last_updated": "2026-01-01T00:00:00Z"}),
                json!({"uid": "card", "issuer": "Two"}),
            ],
            vec![(vec![None], vec![Some(Revision(1))])],
        )
        .await;
        // The third is older than the second, whose time was not sent: that makes nothing stale.
        assert_eq!(
            outcomes,
            [
                Imported::Created,
                Imported::Updated,
                Imported::Updated,
                Imported::Updated
            ]
        );
        assert_eq!(writes.len(), 1);
        assert_eq!(writes[0].len(), 1);
        assert_eq!(writes[0][0].token.issuer.as_str(), "Two");
        assert_eq!(writes[0][0].follows, None);
    }

    #[tokio::test]
    async fn what_another_writer_came_between_is_decided_again() {
        let (outcomes, writes) = import(
            &[
                json!({"uid": "A"}),
                json!({"uid": "B", "last_updated": "2026-01-01T00:00:00Z"}),
                json!({"uid": "C", "valid": false}),
            ],
            vec![
                (vec![None, None, None], vec![Some(Revision(1)), None, None]),
                (
                    vec![Some(stored("B", &json!({}))), Some(stored("C", &json!({})))],
                    vec![None],
                ),
                (vec![Some(stored("C", &json!({})))], vec![Some(Revision(8))]),
            ],
        )
        .await;
        assert_eq!(
            outcomes,
            [
                Imported::Created,
                refused("`last_updated`: stale: a newer version is stored"),
                Imported::Updated,
            ]
        );
        let follows: Vec<Vec<Option<Revision>>> = writes
            .iter()
            .map(|writes| writes.iter().map(|write| write.follows).collect())
            .collect();
        let seven = Some(Revision(7));
        assert_eq!(follows, [vec![None, None, None], vec![seven], vec![seven]]);
    }

    #[tokio::test]
    async fn a_store_that_fails_is_no_outcome() {
        let mut store = MockTokenRepository::new();
        store.expect_find_tokens().returning(|_| Ok(vec![None]));
        store.expect_put_tokens().returning(|_| Err(down()));
        let app = app(Ports {
            tokens: Arc::new(store),
            ..ports()
        });
        let failed = app.import_tokens(vec![fields(&json!({"uid": "A"}))]).await;
        assert!(matches!(failed, Err(OperatorError::Storage(_))));
    }
}
