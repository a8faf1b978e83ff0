//! Whose session of 2.1.1 it is, which names a contract and no Token.
//!
//! Spec: 2.1.1 `mod_sessions`, `auth_id`.

use ocpi_domain::json::RawObject;
use ocpi_domain::{CiString, ConcurrencyScope, DateTime, Session, SlotHolder, SlotPlace, SlotUse};
use ocpi_ports::{SessionLink, SlotQuery, StorageError};

use crate::access::RequestContext;
use crate::app::App;

/// How many Tokens of a contract are looked at: more than a driver carries.
const CONTRACT_TOKENS_MAX: usize = 20;

impl App {
    /// One Token of the contract that a session names in place of a Token: the one whose
    /// authorization waits at that place, else the first.
    pub(crate) async fn link_to_contract(
        &self,
        context: &RequestContext,
        session: &Session,
        now: DateTime,
    ) -> Result<SessionLink, StorageError> {
        let Some(contract_id) = named_contract(session) else {
            return Ok(SessionLink::default());
        };
        let mut found = Vec::new();
        let hosted = self.hosting.emsp_parties();
        let parties = context
            .routing
            .to
            .as_ref()
            .map_or(hosted, std::slice::from_ref);
        for party in parties {
            let limit = CONTRACT_TOKENS_MAX - found.len();
            let tokens = &self.ports.tokens;
            found.extend(
                tokens
                    .find_tokens_by_contract(*party, &contract_id, limit)
                    .await?,
            );
        }
        let holders: Vec<_> = found
            .iter()
            .map(|stored| SlotHolder::of(&stored.token))
            .collect();
        let waiting = match holders.as_slice() {
            [] | [_] => None,
            several => {
                let (location_id, evse_uid) = (session.location_id(), session.evse_uid());
                let platform = &context.caller.platform.id;
                let place =
                    SlotPlace::of_session(platform.clone(), location_id.clone(), evse_uid.cloned());
                self.waiting_at(several, &place, now).await?
            }
        };
        let holder = waiting.or_else(|| holders.first().cloned());
        Ok(SessionLink {
            token_is_known: holder.is_some(),
            holder,
        })
    }

    /// Whose authorization waits for a session at that place, the nearest first.
    async fn waiting_at(
        &self,
        holders: &[SlotHolder],
        place: &SlotPlace,
        at: DateTime,
    ) -> Result<Option<SlotHolder>, StorageError> {
        let mut best: Option<(u8, &SlotHolder)> = None;
        for holder in holders {
            let query = SlotQuery {
                holder: holder.clone(),
                scope: ConcurrencyScope::Token,
                place: None,
                at,
            };
            let slots = self.ports.authorizations.list_slots(&query).await?;
            let distances = slots
                .iter()
                .filter(|slot| matches!(slot.used_by, SlotUse::Pending(_)))
                .filter_map(|slot| distance(&slot.place, place));
            let nearest = distances.min().map(|distance| (distance, holder));
            best = match (best, nearest) {
                (Some(best), Some(nearest)) if nearest.0 >= best.0 => Some(best),
                (best, nearest) => nearest.or(best),
            };
        }
        Ok(best.map(|(_, holder)| holder.clone()))
    }
}

/// How far from the place of a question a session is: at its EVSE, in its Location, or anywhere, for
/// the question named no place; `None` when it is elsewhere.
fn distance(asked: &SlotPlace, session: &SlotPlace) -> Option<u8> {
    if asked.platform() != session.platform() {
        return None;
    }
    if asked.is_same_evse(session) {
        return Some(0);
    }
    let (Some(asked), Some(session)) = (asked.meant(), session.meant()) else {
        return Some(2);
    };
    let are_named = !asked.evse_uids.is_empty() && !session.evse_uids.is_empty();
    let mut uids = asked.evse_uids.iter();
    let is_elsewhere = are_named && !uids.any(|uid| session.evse_uids.contains(uid));
    (asked.location_id == session.location_id && !is_elsewhere).then_some(1)
}

/// The contract of a session that names no Token: that of its `cdr_token`, or what 2.1.1 calls
/// `auth_id`.
pub(crate) fn named_contract(session: &Session) -> Option<CiString<36>> {
    let members = session.members();
    let of_token = members.read::<RawObject>("cdr_token").ok().flatten();
    let of_token = of_token.and_then(|token| token.read("contract_id").ok().flatten());
    let contract_id = of_token.or_else(|| members.read("auth_id").ok().flatten());
    contract_id.filter(CiString::is_identity)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use ocpi_domain::{LocationReferences, OcpiVersion, Slot, SlotId};
    use ocpi_ports::{MockAuthorizationRepository, MockTokenRepository, SubjectLookup};
    use serde_json::{Value, json};

    use super::*;
    use crate::Ports;
    use crate::testing::{app, now, party, ports, request_of_cpo, session, stored_token, token};

    /// The Location and the EVSEs of a question.
    type Asked = Option<(&'static str, &'static [&'static str])>;

    /// What is waiting: the uid of each Token, and its question.
    type Waiting = &'static [(&'static str, Asked)];

    /// The uid of the Token that a session of 2.1.1 at LOC1, E1 counts for, among those of the
    /// contract C1 and what waits for them; and whether the store was asked what waits.
    async fn of_contract(
        uids: &'static [&'static str],
        waiting: Waiting,
        more: &Value,
        version: OcpiVersion,
    ) -> (Option<String>, bool) {
        let asked = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&asked);
        let mut authorizations = MockAuthorizationRepository::new();
        authorizations
            .expect_load_authorization_subject()
            .returning(|_| Ok(SubjectLookup::Unknown));
        authorizations.expect_list_slots().returning(move |query| {
            told.store(true, Ordering::Relaxed);
            assert_eq!(query.scope, ConcurrencyScope::Token);
            let slot = |(place, (uid, asked)): (usize, &(&'static str, Asked))| {
                let asked = asked.map(|(location_id, evses)| LocationReferences {
                    location_id: location_id.parse().unwrap(),
                    evse_uids: evses.iter().map(|uid| uid.parse().unwrap()).collect(),
                });
                Slot {
                    id: SlotId(place as u64),
                    used_by: SlotUse::Pending("REF-1".parse().unwrap()),
                    holder: SlotHolder::of(&token(uid, &json!({}))),
                    place: SlotPlace::of_question("peer".parse().unwrap(), asked.as_ref(), None),
                    until: now(),
                }
            };
            let slots = waiting.iter().enumerate().map(slot);
            let of_it = |slot: &Slot| slot.holder.token == query.holder.token;
            Ok(slots.filter(of_it).collect())
        });
        let mut tokens = MockTokenRepository::new();
        tokens
            .expect_find_tokens_by_contract()
            .returning(move |owner, contract_id, limit| {
                assert!(limit > 0);
                assert_eq!(owner, party("CH/ABC"));
                let uids = if contract_id.as_str() == "C1" {
                    uids
                } else {
                    &[]
                };
                let stored = |uid: &&str| stored_token(uid, &json!({}));
                Ok(uids.iter().map(stored).collect())
            });
        let app = app(Ports {
            authorizations: Arc::new(authorizations),
            tokens: Arc::new(tokens),
            ..ports()
        });
        let mut context = request_of_cpo();
        context.version = version;
        let session = session(more);
        let link = app.link_session(&context, &session, None).await.unwrap();
        assert_eq!(link.holder.is_some(), link.token_is_known);
        let uid = link.holder.map(|holder| holder.token.uid.to_string());
        (uid, asked.load(Ordering::Relaxed))
    }

    /// Holds: S-12, M-10. The ruling of `docs/decisions/0018`: the one that waits there, the only
    /// one, the first one.
    #[tokio::test]
    async fn a_session_of_2_1_1_is_of_one_token_of_its_contract() {
        let contract =
            |id: &str| json!({"cdr_token": {"uid": "#NA", "type": "OTHER", "contract_id": id}});
        let auth_id = json!({"cdr_token": null, "auth_id": "C1"});
        let here: Waiting = &[("B", Some(("LOC1", &["E1"])))];
        let v2_1_1 = OcpiVersion::V2_1_1;
        for (uids, waiting, more, version, expected) in [
            (&[][..], &[][..], contract("C1"), v2_1_1, None),
            (&["A"], &[], contract("C1"), v2_1_1, Some("A")),
            (&["A"], &[], auth_id.clone(), v2_1_1, Some("A")),
            (&["A", "B"], &[], contract("C1"), v2_1_1, Some("A")),
            (&["A", "B"], here, contract("C1"), v2_1_1, Some("B")),
            // The nearest: the EVSE, then the Location, then a question without a place.
            (
                &["A", "B", "C"],
                &[
                    ("A", None),
                    ("B", Some(("LOC1", &[]))),
                    ("C", Some(("LOC1", &["E1"]))),
                ],
                contract("C1"),
                v2_1_1,
                Some("C"),
            ),
            (
                &["A", "B"],
                &[("A", None), ("B", Some(("LOC1", &[])))],
                contract("C1"),
                v2_1_1,
                Some("B"),
            ),
            (
                &["A", "B"],
                &[("B", None)],
                contract("C1"),
                v2_1_1,
                Some("B"),
            ),
            // Elsewhere nothing waits for it.
            (
                &["A", "B"],
                &[
                    ("B", Some(("LOC1", &["E2"]))),
                    ("B", Some(("LOC2", &["E1"]))),
                ],
                contract("C1"),
                v2_1_1,
                Some("A"),
            ),
            (&["A"], &[], contract("#NA"), v2_1_1, None),
            (&["A"], &[], json!({"cdr_token": null}), v2_1_1, None),
            // Other versions name a Token.
            (&["A"], &[], contract("C1"), OcpiVersion::V2_2_1, None),
            (&["A"], &[], contract("C1"), OcpiVersion::V2_3_0, None),
        ] {
            let (uid, asked) = of_contract(uids, waiting, &more, version).await;
            assert_eq!(
                uid.as_deref(),
                expected,
                "{uids:?} {waiting:?} {more} {version}"
            );
            assert_eq!(asked, uids.len() > 1 && version == v2_1_1, "{more}");
        }
    }
}
