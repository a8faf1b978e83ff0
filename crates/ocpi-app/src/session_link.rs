//! Whose session it is.
//!
//! Spec: 2.3.0 `mod_cdrs`, `CdrToken`; `mod_sessions`, `authorization_reference`.

use ocpi_domain::{
    AllowedType, CdrToken, DateTime, OcpiVersion, Party, Session, SlotHolder, TokenKey, TokenType,
    TokenUid,
};
use ocpi_ports::{SessionLink, StorageError, StoredSession, SubjectLookup, SubjectQuery};

use crate::access::RequestContext;
use crate::app::App;
use crate::session_contract::named_contract;

/// The Token that a session was started with, as far as its CPO or our own record says it.
struct NamedToken {
    /// The owner; `None` when it is not said.
    party: Option<Party>,
    uid: TokenUid,
    token_type: TokenType,
}

impl App {
    /// The Token that the session counts for: the one that it was authorized for, when it names
    /// an ALLOWED of ours, else the one of its `cdr_token`, else, of 2.1.1, one of its contract.
    pub(crate) async fn link_session(
        &self,
        context: &RequestContext,
        session: &Session,
        stored: Option<&StoredSession>,
    ) -> Result<SessionLink, StorageError> {
        if let Some(link) = stored.and_then(|stored| kept_link(session, stored)) {
            return Ok(link);
        }
        let named = match self.authorized_token(session).await? {
            Some(named) => Some(named),
            None => session.cdr_token().and_then(NamedToken::of),
        };
        let now = self.now();
        match named {
            Some(named) => self.link_to(named, now).await,
            None if context.version == OcpiVersion::V2_1_1 => {
                self.link_to_contract(context, session, now).await
            }
            None => Ok(SessionLink::default()),
        }
    }

    /// The Token of the ALLOWED that the session names as its own.
    async fn authorized_token(
        &self,
        session: &Session,
    ) -> Result<Option<NamedToken>, StorageError> {
        let Some(reference) = session.authorization_reference() else {
            return Ok(None);
        };
        let record = self.ports.authorizations.find_record(reference).await?;
        let record = record.filter(|record| record.allowed == Some(AllowedType::Allowed));
        Ok(record.and_then(|record| {
            Some(NamedToken {
                party: Some(record.token_party?),
                uid: TokenUid::new(record.token_uid.as_str()).ok()?,
                token_type: record.token_type.clone(),
            })
        }))
    }

    async fn link_to(&self, named: NamedToken, now: DateTime) -> Result<SessionLink, StorageError> {
        let NamedToken {
            party,
            uid,
            token_type,
        } = named;
        let hosted = self.hosting.emsp_parties();
        let parties = match &party {
            Some(party) if !hosted.contains(party) => return Ok(SessionLink::default()),
            Some(party) => std::slice::from_ref(party),
            None => hosted,
        };
        let query = SubjectQuery {
            parties,
            uid: &uid,
            token_type: &token_type,
            platform: None,
            cpo_parties: &[],
            location: None,
            at: now,
        };
        let store = &self.ports.authorizations;
        Ok(match store.load_authorization_subject(&query).await? {
            SubjectLookup::One(subject) => SessionLink {
                holder: Some(SlotHolder::of(&subject.token.token)),
                token_is_known: true,
            },
            SubjectLookup::Unknown | SubjectLookup::Ambiguous => SessionLink {
                holder: party.map(|party| SlotHolder {
                    token: TokenKey {
                        party,
                        uid,
                        token_type,
                    },
                    group_id: None,
                }),
                token_is_known: false,
            },
        })
    }
}

impl NamedToken {
    /// The Token of a `cdr_token`; what says that it is not known, as `#NA`, is no uid.
    fn of(token: &CdrToken) -> Option<NamedToken> {
        Some(NamedToken {
            party: token.party,
            uid: TokenUid::new(token.uid.as_str()).ok()?,
            token_type: token.token_type.clone(),
        })
    }
}

/// The link of the stored session, while the pushed one says the same of its Token. The record
/// that it was found by may be forgotten meanwhile, and a session must not lose its slot by that.
fn kept_link(session: &Session, stored: &StoredSession) -> Option<SessionLink> {
    let says_the_same = stored.session.cdr_token() == session.cdr_token()
        && stored.session.authorization_reference() == session.authorization_reference()
        && named_contract(&stored.session) == named_contract(session);
    let link = &stored.link;
    (says_the_same && link.token_is_known).then(|| link.clone())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ocpi_domain::{AuthorizationRecord, AuthorizationSubject, Cursor, Revision, SessionPhase};
    use ocpi_ports::MockAuthorizationRepository;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{app, now, party, ports, request_of_cpo, session, token};
    use crate::{App, Ports};

    /// An application that hosts CH/ABC as eMSP with the Tokens CARD and OTHER, both of the group
    /// G, and whose records say that REF-1 allowed OTHER and that REF-2 refused it.
    fn app_with_records() -> App {
        let mut store = MockAuthorizationRepository::new();
        store
            .expect_load_authorization_subject()
            .returning(|query| {
                assert_eq!(query.parties, [party("CH/ABC")]);
                let uid = query.uid.as_str();
                let is_known =
                    ["CARD", "OTHER"].contains(&uid) && *query.token_type == TokenType::Rfid;
                Ok(if is_known {
                    let token = token(uid, &json!({"group_id": "G"}));
                    let subject = AuthorizationSubject::of(ocpi_domain::Token::clone(&token));
                    SubjectLookup::One(Box::new(subject))
                } else {
                    SubjectLookup::Unknown
                })
            });
        store.expect_find_record().returning(|reference| {
            let allowed = match reference.as_str() {
                "REF-1" => "ALLOWED",
                "REF-2" => "BLOCKED",
                _ => return Ok(None),
            };
            let record: AuthorizationRecord = serde_json::from_value(json!({
                "reference": reference, "at": now(), "platform": "peer", "request_id": "Q",
                "correlation_id": "C", "token_uid": "OTHER", "token_type": "RFID",
                "token_party": {"country_code": "CH", "party_id": "ABC"}, "asked": null,
                "allowed_location": null, "allowed": allowed, "status": null,
                "rule": "all_passed", "latency_us": 0
            }))
            .unwrap();
            Ok(Some(Arc::new(record)))
        });
        app(Ports {
            authorizations: Arc::new(store),
            ..ports()
        })
    }

    /// The uid and the group that the session counts for, and whether the Token is known.
    fn summary(link: &SessionLink) -> (Option<(&str, Option<&str>)>, bool) {
        let holder = link.holder.as_ref().map(|holder| {
            let group_id = holder.group_id.as_ref().map(ocpi_domain::CiString::as_str);
            (holder.token.uid.as_str(), group_id)
        });
        (holder, link.token_is_known)
    }

    async fn link(app: &App, more: &Value, stored: Option<&StoredSession>) -> SessionLink {
        let session = session(more);
        let context = request_of_cpo();
        app.link_session(&context, &session, stored).await.unwrap()
    }

    fn of_party(country_code: &str, uid: &str) -> Value {
        json!({"country_code": country_code, "party_id": "ABC", "uid": uid, "type": "RFID"})
    }

    /// Holds: S-10, S-11, T-72, Q-30.
    #[tokio::test]
    async fn the_reference_decides_whose_a_session_is_and_else_its_token() {
        let app = app_with_records();
        let ours = (Some(("CARD", Some("G"))), true);
        let other = (Some(("OTHER", Some("G"))), true);
        let nobody = (None, false);
        let card = of_party("CH", "CARD");
        for (more, expected) in [
            (json!({}), ours),
            (json!({"authorization_reference": "REF-1"}), other),
            (json!({"authorization_reference": "REF-2"}), ours),
            (json!({"authorization_reference": "THEIRS"}), ours),
            (json!({"authorization_reference": "#NA"}), ours),
            (json!({"cdr_token": null}), nobody),
            (
                json!({"cdr_token": null, "authorization_reference": "REF-1"}),
                other,
            ),
            (
                json!({"cdr_token": of_party("DE", "CARD"), "authorization_reference": "REF-1"}),
                other,
            ),
            (json!({"cdr_token": of_party("DE", "CARD")}), nobody),
            (json!({"cdr_token": {"uid": "CARD", "type": "RFID"}}), ours),
            (
                json!({"cdr_token": {"uid": "NONE", "type": "RFID"}}),
                nobody,
            ),
            (
                json!({"cdr_token": of_party("CH", "NONE")}),
                (Some(("NONE", None)), false),
            ),
            (json!({"cdr_token": of_party("CH", "#NA")}), nobody),
            (json!({"cdr_token": of_party("CH", "")}), nobody),
        ] {
            assert_eq!(summary(&link(&app, &more, None).await), expected, "{more}");
        }
        let mut app_user = card;
        app_user["type"] = "APP_USER".into();
        let link = link(&app, &json!({"cdr_token": app_user}), None).await;
        assert_eq!(link.holder.unwrap().token.token_type, TokenType::AppUser);
        assert!(!link.token_is_known);
    }

    /// Holds: S-11, S-26.
    #[tokio::test]
    async fn a_known_link_stays_while_the_session_says_the_same_of_its_token() {
        let app = app_with_records();
        let held = |uid: &str, token_is_known| SessionLink {
            holder: Some(SlotHolder::of(&token(uid, &json!({})))),
            token_is_known,
        };
        let stored = |more: &Value, link| StoredSession {
            cursor: Cursor(1),
            session: session(more),
            platform: "peer".parse().unwrap(),
            link,
            phase: SessionPhase::Ended,
            authorization: None,
            received_at: now(),
            revision: Revision(1),
        };
        let forgotten = json!({"authorization_reference": "FORGOTTEN", "cdr_token": null});
        let before = stored(&forgotten, held("LINKED", true));
        let mut later = forgotten.clone();
        later["status"] = "PENDING".into();
        assert_eq!(link(&app, &later, Some(&before)).await, before.link);

        let known_now = stored(&json!({}), held("CARD", false));
        let found = link(&app, &json!({}), Some(&known_now)).await;
        assert_eq!(summary(&found), (Some(("CARD", Some("G"))), true));

        let renamed = json!({"authorization_reference": "REF-1"});
        let before = stored(&json!({}), held("LINKED", true));
        let found = link(&app, &renamed, Some(&before)).await;
        assert_eq!(summary(&found), (Some(("OTHER", Some("G"))), true));
    }
    /// Holds: S-12, S-26.
    #[tokio::test]
    async fn a_session_stays_with_its_token_while_it_names_the_same_contract() {
        let app = app_with_records();
        let of = |id: &str, status: &str| {
            let token = json!({"uid": "#NA", "type": "OTHER", "contract_id": id});
            json!({"cdr_token": token, "status": status})
        };
        let held = SessionLink {
            holder: Some(SlotHolder::of(&token("LINKED", &json!({})))),
            token_is_known: true,
        };
        let before = StoredSession {
            cursor: Cursor(1),
            session: session(&of("C1", "ACTIVE")),
            platform: "peer".parse().unwrap(),
            link: held.clone(),
            phase: SessionPhase::Ended,
            authorization: None,
            received_at: now(),
            revision: Revision(1),
        };
        let same = link(&app, &of("c1", "COMPLETED"), Some(&before)).await;
        assert_eq!(same, held);
        let other = link(&app, &of("C2", "ACTIVE"), Some(&before)).await;
        assert_eq!(other, SessionLink::default());
    }
}
