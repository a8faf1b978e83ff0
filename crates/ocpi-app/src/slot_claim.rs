//! The slot that an ALLOWED needs.

use ocpi_domain::{
    AuthorizationRecord, AuthorizationSubject, CiString, PlatformId, SlotClaim, SlotHolder,
    SlotLimit, SlotPlace, TokenAccount,
};

use crate::app::App;

/// How many sessions at once the account permits, when it limits them.
pub(crate) fn slot_limit(account: Option<&TokenAccount>) -> Option<SlotLimit> {
    let account = account?;
    Some(SlotLimit {
        max: account.concurrent_sessions_max?,
        scope: account.concurrency_scope,
    })
}

/// Whose Locations the question is about: those of the platform that asked, or of the CPO whose
/// charge point it is.
fn asking_platform(record: &AuthorizationRecord) -> PlatformId {
    match record.charge_point.as_deref() {
        Some(kept) => PlatformId::of_charge_points_of(kept.cpo),
        None => record.platform.clone(),
    }
}

impl App {
    /// The claim of an ALLOWED of that record; `None` when its session counts against no limit,
    /// neither its own nor that of another Token of its group, as far as any group has one.
    pub(crate) fn slot_claim(
        &self,
        subject: &AuthorizationSubject,
        record: &AuthorizationRecord,
    ) -> Option<SlotClaim> {
        let token = &subject.token.token;
        let limit = slot_limit(subject.account.as_deref());
        let is_in_group = token.group_id.as_ref().is_some_and(CiString::is_identity);
        if limit.is_none() && !(is_in_group && subject.groups_are_limited) {
            return None;
        }
        Some(SlotClaim {
            holder: SlotHolder::of(token),
            limit,
            place: SlotPlace::of_question(
                asking_platform(record),
                record.asked.as_ref(),
                subject.known_evses.as_deref(),
            ),
            until: record.at.plus_ms(self.options.pending_slot_ms),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use ocpi_domain::{
        AllowedType, AuthorizationStatus, ConcurrencyScope, KnownEvse, LocationEvses,
        LocationReferences, SlotOutcome, Token, TokenType,
    };
    use ocpi_ports::{MockAuthorizationRepository, MockRandomness, StorageError, SubjectLookup};
    use prometheus_client::registry::Registry;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{app_of, down, now, party, ports, request_of_cpo, token};
    use crate::{AuthorizationAnswer, AuthorizeTokenError, AuthorizeTokenRequest, Ports};

    /// What a store is told: the record, and the claim when there is one.
    type Told = Arc<Mutex<Vec<(Arc<AuthorizationRecord>, Option<SlotClaim>)>>>;

    /// What a question about CARD with this account comes to in a store that knows EVSE E1 as
    /// `NL*ALF*E1` and says this of each claim, what the store is told, and what is counted.
    async fn ask(
        group_id: Option<&str>,
        account: &Value,
        says: fn() -> Result<SlotOutcome, StorageError>,
    ) -> (
        Result<AuthorizationAnswer, AuthorizeTokenError>,
        Told,
        String,
    ) {
        let card = token("CARD", &json!({"group_id": group_id, "language": "de"}));
        let mut subject = AuthorizationSubject::of(Token::clone(&card));
        subject.account = serde_json::from_value(account.clone()).ok().map(Arc::new);
        subject.groups_are_limited = group_id != Some("FREE");
        subject.known_evses = Some(Arc::new(LocationEvses(vec![KnownEvse {
            uid: "E1".parse().unwrap(),
            evse_id: "NL*ALF*E1".parse().ok(),
            connector_ids: vec!["1".parse().unwrap(), "2".parse().unwrap()],
            is_removed: false,
        }])));
        let told = Told::default();
        let (told_plain, told_claims) = (Arc::clone(&told), Arc::clone(&told));
        let mut store = MockAuthorizationRepository::new();
        store
            .expect_load_authorization_subject()
            .returning(move |query| {
                assert_eq!(query.platform.unwrap().as_str(), "peer");
                assert_eq!(query.cpo_parties, [party("NL/ALF")]);
                assert_eq!(query.location, Some(&place()));
                assert_eq!(query.at, now());
                Ok(SubjectLookup::One(Box::new(subject.clone())))
            });
        store.expect_append_record().returning(move |record| {
            told_plain.lock().unwrap().push((record, None));
            Ok(())
        });
        store
            .expect_append_record_with_slot()
            .returning(move |record, claim| {
                told_claims.lock().unwrap().push((record, Some(claim)));
                says()
            });
        let mut randomness = MockRandomness::new();
        randomness.expect_bytes().return_const([7; 16]);
        let mut registry = Registry::default();
        let app = app_of(
            Ports {
                authorizations: Arc::new(store),
                randomness: Arc::new(randomness),
                ..ports()
            },
            &mut registry,
        );
        let question = AuthorizeTokenRequest {
            owner: None,
            uid: "CARD",
            token_type: TokenType::Rfid,
            location: Some(place()),
        };
        let answer = app.authorize_token(&request_of_cpo(), question).await;
        let mut counted = String::new();
        prometheus_client::encoding::text::encode(&mut counted, &registry).unwrap();
        (answer, told, counted)
    }

    /// The EVSE under the name that is printed on it.
    fn place() -> LocationReferences {
        LocationReferences {
            location_id: "LOC1".parse().unwrap(),
            evse_uids: vec!["NL*ALF*E1".parse().unwrap()],
        }
    }

    const TAKEN: fn() -> Result<SlotOutcome, StorageError> = || Ok(SlotOutcome::Taken);

    /// Holds: E-17, E-29, E-30, Q-14.
    #[tokio::test]
    async fn an_allowed_of_a_limited_token_claims_a_slot_with_its_record() {
        let account = json!({"concurrent_sessions_max": 2, "concurrency_scope": "group"});
        let (answer, told, _) = ask(Some("G"), &account, TAKEN).await;
        let answer = answer.unwrap();
        assert_eq!(answer.info.allowed, AllowedType::Allowed);
        let told = told.lock().unwrap();
        let [(record, Some(claim))] = told.as_slice() else {
            panic!("{told:?}");
        };
        assert_eq!(
            answer.info.authorization_reference.as_ref(),
            Some(&record.reference)
        );
        let limit = SlotLimit {
            max: 2,
            scope: ConcurrencyScope::Group,
        };
        assert_eq!(claim.limit, Some(limit));
        assert_eq!(
            claim.holder,
            SlotHolder::of(&token("CARD", &json!({"group_id": "G"})))
        );
        let uids_meant = LocationReferences {
            evse_uids: vec!["E1".parse().unwrap()],
            ..place()
        };
        assert_eq!(claim.place.platform().as_str(), "peer");
        assert_eq!(claim.place.asked(), Some(&place()));
        assert_eq!(claim.place.meant(), Some(&uids_meant));
        assert_eq!(claim.until.ms_since(now()), 180_000);
        // The answer repeats what was sent.
        assert_eq!(answer.info.location, Some(place()));
        let connectors = ["1", "2"].map(|id| id.parse().unwrap());
        assert_eq!(answer.connector_ids, Some(connectors.to_vec()));
    }

    /// Holds: E-17, E-29.
    #[tokio::test]
    async fn a_claim_is_made_for_a_limit_or_a_group_and_for_an_allowed_only() {
        let limited = json!({"concurrent_sessions_max": 1});
        for (group_id, account, claims) in [
            (None, &Value::Null, false),
            (None, &json!({}), false),
            (Some(""), &json!({}), false),
            (Some("#NA"), &json!({}), false),
            (Some("G"), &Value::Null, true),
            // No account limits a group.
            (Some("FREE"), &Value::Null, false),
            (Some("FREE"), &limited, true),
            (
                Some("G"),
                &json!({"credit": {"balance": "1.00", "currency": "EUR"}}),
                true,
            ),
            (None, &limited, true),
            (
                None,
                &json!({"concurrent_sessions_max": 1, "blocked": true}),
                false,
            ),
            (Some("G"), &json!({"blocked": true}), false),
            (None, &json!({"concurrent_sessions_max": 0}), false),
        ] {
            let (answer, told, _) = ask(group_id, account, TAKEN).await;
            answer.unwrap();
            let told = told.lock().unwrap();
            let [(_, claim)] = told.as_slice() else {
                panic!("{told:?}");
            };
            assert_eq!(claim.is_some(), claims, "{group_id:?} {account}");
            let has_limit = claim.as_ref().is_some_and(|claim| claim.limit.is_some());
            assert_eq!(has_limit, claims && *account == limited, "{account}");
        }
    }

    /// Holds: E-17, E-20, E-26, E-27, X-22.
    #[tokio::test]
    async fn a_slot_that_turns_out_taken_refuses_the_driver() {
        let account = json!({"concurrent_sessions_max": 1});
        let (answer, _, counted) = ask(None, &account, || Ok(SlotOutcome::Full)).await;
        let answer = answer.unwrap();
        assert_eq!(answer.info.allowed, AllowedType::NotAllowed);
        assert_eq!(answer.status, AuthorizationStatus::ConcurrentTx);
        assert_eq!(answer.info.location, None);
        assert_eq!(answer.info.authorization_reference, None);
        assert_eq!(answer.connector_ids, None);
        let text = ocpi_domain::Refusal::ConcurrentSessions.text("de".parse().ok());
        assert!(text.is_some());
        assert_eq!(answer.info.info, text);
        let line = "ocpi_authorizations_total{allowed=\"NOT_ALLOWED\",\
            status=\"CONCURRENT_TX\",platform=\"peer\"} 1";
        assert!(counted.contains(line), "{counted}");
        assert!(!counted.contains("allowed=\"ALLOWED\""), "{counted}");
    }

    /// Holds: E-32, E-33.
    #[tokio::test]
    async fn without_its_slot_and_record_there_is_no_answer() {
        let account = json!({"concurrent_sessions_max": 1});
        let (answer, _, counted) = ask(None, &account, || Err(down())).await;
        assert!(matches!(answer, Err(AuthorizeTokenError::Storage(_))));
        let line = "ocpi_authorization_record_failures_total 1";
        assert!(counted.contains(line), "{counted}");
    }
}
