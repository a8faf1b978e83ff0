//! What a session that was pushed does to the one that is stored.

use std::sync::Arc;

use ocpi_domain::{
    AuthorizationReference, InvalidField, OcpiVersion, Session, SessionPhase, is_stale,
};
use ocpi_ports::{SessionWrite, StorageError, StoredSession};

use crate::access::RequestContext;
use crate::app::App;
use crate::moment::{last_updated_member, meant_moment};

/// What came of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It is stored, now or already.
    Stored,
    /// A newer version is stored.
    Stale,
}

impl App {
    /// Stores the session in the place of `stored`; answers when it is durable, with the slots
    /// that it takes and frees.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] when another write came first.
    pub(crate) async fn push_session(
        &self,
        context: &RequestContext,
        session: Arc<Session>,
        stored: Option<&StoredSession>,
    ) -> Result<Pushed, StorageError> {
        let now = self.now();
        let platform = &context.caller.platform.id;
        if let Some(stored) = stored {
            // Another platform that now speaks for the CPO takes the session over.
            if stored.session.is_identical(&session) && stored.platform == *platform {
                self.metrics.session_pushed(platform, stored.phase);
                return Ok(Pushed::Stored);
            }
            if is_stale(stored.session.last_updated(), session.last_updated(), now) {
                return Ok(Pushed::Stale);
            }
        }
        let write = SessionWrite {
            link: self.link_session(context, &session, stored).await?,
            phase: session.phase(now, self.options.session_silence_ms_max),
            begins: stored.is_none_or(|stored| stored.phase == SessionPhase::Waiting),
            session,
            platform: platform.clone(),
            received_at: now,
            follows: stored.map(|stored| stored.revision),
        };
        let written = self.ports.sessions.put_session(write).await?;
        self.report_session(context, &written, stored);
        Ok(Pushed::Stored)
    }

    /// One count for every push, and one line in the log when a session begins, ends, or begins
    /// again after its end, or when its Token turns out to be unknown.
    fn report_session(
        &self,
        context: &RequestContext,
        written: &StoredSession,
        before: Option<&StoredSession>,
    ) {
        self.metrics
            .session_pushed(&written.platform, written.phase);
        let became_unknown =
            !written.link.token_is_known && before.is_none_or(|before| before.link.token_is_known);
        if became_unknown {
            self.metrics.session_of_unknown_token();
        }
        let phase = phase_name(written.phase);
        let phase_before = before.map(|before| phase_name(before.phase));
        if phase_before == Some(phase) && !became_unknown {
            return;
        }
        // What is over may begin again: its owner decides. It is rare enough to be looked at.
        let was_ended = before.is_some_and(|before| before.phase == SessionPhase::Ended);
        let reopened = was_ended && written.phase != SessionPhase::Ended;
        let holder = written.link.holder.as_ref();
        let reference = written.authorization.as_ref();
        tracing::info!(
            target: "ocpi::session",
            session = %written.session.key(),
            platform = written.platform.as_str(),
            request_id = context.request_id.as_str(),
            correlation_id = context.correlation_id.as_str(),
            status = written.session.status().as_str(),
            phase,
            token_party = holder.map(|holder| tracing::field::display(holder.token.party)),
            token_uid = holder.map(|holder| holder.token.uid.as_str()),
            token_known = written.link.token_is_known,
            authorization_reference = reference.map(AuthorizationReference::as_str),
            reopened = reopened.then_some(true),
            "session",
        );
    }
}

/// The session with the `last_updated` that is meant beside the stored one.
pub(crate) fn meant_session(
    version: OcpiVersion,
    sent: Arc<Session>,
    stored: Option<&StoredSession>,
) -> Result<Arc<Session>, InvalidField> {
    let Some(stored) = stored else {
        return Ok(sent);
    };
    let moment = sent.last_updated();
    let meant = meant_moment(version, moment, stored.session.last_updated());
    if meant == moment {
        return Ok(sent);
    }
    let mut members = sent.members().clone();
    members.merge(last_updated_member(meant));
    Ok(Arc::new(Session::try_from(members)?))
}

/// The phase in logs and metrics.
pub(crate) fn phase_name(phase: SessionPhase) -> &'static str {
    match phase {
        SessionPhase::Waiting => "waiting",
        SessionPhase::Active { .. } => "active",
        SessionPhase::Ended => "ended",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use ocpi_domain::{
        AuthorizationSubject, Cursor, DateTime, Profile, Revision, SessionKey, SlotHolder, Token,
    };
    use ocpi_ports::{
        MockAuthorizationRepository, MockSessionRepository, SessionLink, SubjectLookup,
    };
    use prometheus_client::registry::Registry;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{
        app_of, down, now, party, ports, raw, request_of, request_of_cpo, session, session_members,
        token,
    };
    use crate::{
        AccessError, App, GetSessionError, PatchSessionError, PatchSessionRequest, Ports,
        PutSessionError, PutSessionRequest, Written,
    };

    /// What was written.
    type Writes = Arc<Mutex<Vec<SessionWrite>>>;

    fn link() -> SessionLink {
        SessionLink {
            holder: Some(SlotHolder::of(&token("CARD", &json!({})))),
            token_is_known: true,
        }
    }

    fn s1() -> SessionKey {
        SessionKey {
            party: party("NL/ALF"),
            id: "S1".parse().unwrap(),
        }
    }

    fn stored(more: &Value, phase: SessionPhase) -> StoredSession {
        StoredSession {
            cursor: Cursor(1),
            session: session(more),
            platform: "peer".parse().unwrap(),
            link: link(),
            phase,
            authorization: None,
            received_at: now(),
            revision: Revision(5),
        }
    }

    fn active() -> SessionPhase {
        SessionPhase::Active {
            until: now().plus_ms(172_800_000),
        }
    }

    /// An application whose store has that session, and refuses so many writes because another
    /// came first; what it writes; its metrics.
    fn app_with(found: Option<StoredSession>, conflicts: usize) -> (App, Writes, Registry) {
        let writes = Writes::default();
        let told = Arc::clone(&writes);
        let mut sessions = MockSessionRepository::new();
        sessions.expect_find_session().returning(move |key| {
            assert_eq!(*key, s1());
            Ok(found.clone())
        });
        sessions.expect_put_session().returning(move |write| {
            let mut told = told.lock().unwrap();
            told.push(write.clone());
            if told.len() <= conflicts {
                return Err(StorageError::Conflict);
            }
            Ok(StoredSession {
                cursor: Cursor(1),
                session: write.session,
                platform: write.platform,
                link: write.link,
                phase: write.phase,
                authorization: None,
                received_at: write.received_at,
                revision: Revision(6),
            })
        });
        let mut authorizations = MockAuthorizationRepository::new();
        authorizations
            .expect_load_authorization_subject()
            .returning(|query| {
                Ok(if query.uid.as_str() == "CARD" {
                    let card = Token::clone(&token("CARD", &json!({})));
                    SubjectLookup::One(Box::new(AuthorizationSubject::of(card)))
                } else {
                    SubjectLookup::Unknown
                })
            });
        let mut registry = Registry::default();
        let app = app_of(
            Ports {
                sessions: Arc::new(sessions),
                authorizations: Arc::new(authorizations),
                ..ports()
            },
            &mut registry,
        );
        (app, writes, registry)
    }

    async fn put(app: &App, more: &Value) -> Result<Written, PutSessionError> {
        let request = PutSessionRequest {
            party: party("NL/ALF"),
            id: "S1".parse().unwrap(),
            members: raw(&session_members(more)),
        };
        app.put_session(&request_of_cpo(), request).await
    }

    async fn patch(app: &App, members: &Value) -> Result<(), PatchSessionError> {
        let request = PatchSessionRequest {
            party: party("NL/ALF"),
            id: "S1".parse().unwrap(),
            members: raw(members),
        };
        app.patch_session(&request_of_cpo(), request).await
    }

    fn after(ms: i64) -> DateTime {
        now().plus_ms(ms)
    }

    /// Holds: K-31, S-02, S-20, S-26.
    #[tokio::test]
    async fn a_session_follows_what_was_read_and_is_read_again_when_another_came_first() {
        let (app, writes, _) = app_with(None, 2);
        assert_eq!(put(&app, &json!({})).await.unwrap(), Written::Created);
        let written = writes.lock().unwrap();
        assert_eq!(written.len(), 3);
        let expected = SessionWrite {
            session: session(&json!({})),
            platform: "peer".parse().unwrap(),
            link: link(),
            phase: active(),
            begins: true,
            received_at: now(),
            follows: None,
        };
        assert!(
            written.iter().all(|write| *write == expected),
            "{written:?}"
        );
    }

    /// Holds: K-31, S-20, S-26.
    #[tokio::test]
    async fn a_patch_is_applied_to_what_was_read_and_ends_the_session() {
        let (app, writes, _) = app_with(Some(stored(&json!({}), active())), 1);
        let ended = json!({"status": "COMPLETED", "last_updated": after(1)});
        patch(&app, &ended).await.unwrap();
        let written = writes.lock().unwrap();
        assert_eq!(written.len(), 2);
        assert_eq!(written[1].phase, SessionPhase::Ended);
        assert_eq!(written[1].follows, Some(Revision(5)));
        assert!(!written[1].begins);
    }

    /// Holds: E-30, S-20.
    #[tokio::test]
    async fn a_session_begins_with_its_first_word_or_after_its_reservation() {
        for (before, begins) in [
            (None, true),
            (Some(SessionPhase::Waiting), true),
            (Some(active()), false),
            (Some(SessionPhase::Ended), false),
        ] {
            let found = before.map(|phase| stored(&json!({}), phase));
            let (app, writes, _) = app_with(found, 0);
            let newer = json!({"last_updated": after(1)});
            put(&app, &newer).await.unwrap();
            assert_eq!(writes.lock().unwrap()[0].begins, begins, "{before:?}");
        }
    }

    /// Holds: K-21, K-27, K-28, S-02.
    #[tokio::test]
    async fn the_same_session_again_writes_nothing_and_an_older_one_is_stale() {
        let (app, writes, _) = app_with(Some(stored(&json!({}), active())), 0);
        assert_eq!(put(&app, &json!({})).await.unwrap(), Written::Updated);
        patch(&app, &json!({"status": "ACTIVE", "last_updated": now()}))
            .await
            .unwrap();
        let older = json!({"kwh": 1, "last_updated": after(-1)});
        let put_older = put(&app, &older).await;
        assert!(matches!(put_older, Err(PutSessionError::Stale)));
        let patch_older = patch(&app, &older).await;
        assert!(matches!(patch_older, Err(PatchSessionError::Stale)));
        assert!(writes.lock().unwrap().is_empty());

        let far = 24 * 60 * 60 * 1000 + 1;
        let ahead = stored(&json!({"last_updated": after(far)}), active());
        let (app, writes, _) = app_with(Some(ahead), 0);
        put(&app, &json!({})).await.unwrap();
        assert_eq!(writes.lock().unwrap().len(), 1);
    }

    /// Holds: C-20, E-29.
    #[tokio::test]
    async fn another_platform_takes_the_same_session_over() {
        let of_another = StoredSession {
            platform: "former".parse().unwrap(),
            ..stored(&json!({}), active())
        };
        let (app, writes, _) = app_with(Some(of_another), 0);
        put(&app, &json!({})).await.unwrap();
        assert_eq!(writes.lock().unwrap()[0].platform.as_str(), "peer");
    }

    /// Holds: S-05, T-34.
    #[tokio::test]
    async fn a_session_does_not_grow_beyond_its_limit_by_patches() {
        let long = "x".repeat(4 * 1024 * 1024);
        let found = stored(&json!({"charging_periods": [long]}), active());
        let members = found.session.members().bytes();
        let (app, writes, _) = app_with(Some(found), 0);
        let more = json!({"charging_periods": ["y"], "last_updated": after(1)});
        let refused = patch(&app, &more).await.unwrap_err();
        assert!(refused.to_string().contains("PUT it whole"), "{refused}");
        assert!(writes.lock().unwrap().is_empty());
        assert!(members > 4 * 1024 * 1024);
        put(&app, &json!({"last_updated": after(1)})).await.unwrap();

        let free = "x".repeat(4 * 1024 * 1024 - 2000);
        let found = stored(&json!({"charging_periods": [free]}), active());
        let (app, writes, _) = app_with(Some(found), 0);
        patch(&app, &more).await.unwrap();
        assert_eq!(writes.lock().unwrap().len(), 1);
    }

    /// Holds: S-05, S-07, S-20. What is refused would hold its slot on.
    #[tokio::test]
    async fn a_session_is_ended_however_long_it_is_and_grows_no_more_after_that() {
        let long = json!({"charging_periods": ["x".repeat(4 * 1024 * 1024)]});
        let end = json!({
            "status": "COMPLETED", "charging_periods": ["y"], "last_updated": after(1)
        });
        for (phase, is_heard) in [
            (active(), true),
            (SessionPhase::Waiting, true),
            (SessionPhase::Ended, false),
        ] {
            let (app, writes, _) = app_with(Some(stored(&long, phase)), 0);
            assert_eq!(patch(&app, &end).await.is_ok(), is_heard, "{phase:?}");
            assert_eq!(writes.lock().unwrap().len(), usize::from(is_heard));
        }
    }

    /// Holds: K-35, S-02, S-07, X-21.
    #[tokio::test]
    async fn the_profile_completes_what_a_platform_leaves_out() {
        let strict = Profile::default();
        let fill_owner = Profile {
            fill_owner: true,
            ..strict
        };
        let tutorial = Profile {
            tutorial: true,
            ..strict
        };
        let no_token = json!({"cdr_token": null});
        let no_owner = json!({"country_code": null, "party_id": null});
        for (profile, more, is_stored) in [
            (strict, &json!({}), true),
            (strict, &no_token, false),
            (strict, &no_owner, false),
            (fill_owner, &no_token, false),
            (fill_owner, &no_owner, true),
            (fill_owner, &json!({"party_id": "BET"}), false),
            (tutorial, &no_token, true),
            (tutorial, &no_owner, false),
            (strict, &json!({"party_id": "BET"}), false),
            (strict, &json!({"country_code": "BE"}), false),
            (strict, &json!({"id": "S2"}), false),
            (
                strict,
                &json!({"country_code": "nl", "party_id": "alf", "id": "s1"}),
                true,
            ),
        ] {
            let (app, writes, _) = app_with(None, 0);
            let request = PutSessionRequest {
                party: party("NL/ALF"),
                id: "S1".parse().unwrap(),
                members: raw(&session_members(more)),
            };
            let put = app.put_session(&request_of(profile), request).await;
            assert_eq!(put.is_ok(), is_stored, "{more}: {put:?}");
            let refused = matches!(put, Err(PutSessionError::Invalid(_)));
            assert_eq!(refused, !is_stored, "{more}");
            assert_eq!(writes.lock().unwrap().len(), usize::from(is_stored));
        }
    }

    /// Holds: S-10, S-22.
    #[tokio::test]
    async fn pushes_and_sessions_of_unknown_tokens_are_counted() {
        let found = stored(&json!({}), SessionPhase::Ended);
        let (app, writes, registry) = app_with(Some(found), 0);
        let cdr_token = json!({
            "country_code": "CH", "party_id": "ABC", "uid": "NONE", "type": "RFID"
        });
        let reopened = json!({"cdr_token": cdr_token, "last_updated": after(1)});
        assert_eq!(put(&app, &reopened).await.unwrap(), Written::Updated);
        put(&app, &json!({})).await.unwrap();
        let ended = json!({"end_date_time": after(2), "last_updated": after(2)});
        patch(&app, &ended).await.unwrap();
        assert!(!writes.lock().unwrap()[0].link.token_is_known);
        let mut counted = String::new();
        prometheus_client::encoding::text::encode(&mut counted, &registry).unwrap();
        for line in [
            "ocpi_sessions_of_unknown_tokens_total 1",
            "ocpi_session_pushes_total{phase=\"active\",platform=\"peer\"} 1",
            "ocpi_session_pushes_total{phase=\"ended\",platform=\"peer\"} 2",
        ] {
            assert!(counted.contains(line), "{line} in {counted}");
        }
    }

    /// Holds: K-05, S-02, S-06, S-25, T-44, T-46.
    #[tokio::test]
    async fn who_may_not_learns_nothing_and_what_is_not_stored_is_unknown() {
        let (app, writes, _) = app_with(None, 0);
        let unknown = patch(&app, &json!({"last_updated": now()})).await;
        assert!(matches!(unknown, Err(PatchSessionError::UnknownSession)));
        let no_moment = patch(&app, &json!({"status": "ACTIVE"})).await;
        assert!(matches!(no_moment, Err(PatchSessionError::NoLastUpdated)));
        let unknown = app.get_session(&request_of_cpo(), &s1()).await;
        assert!(matches!(unknown, Err(GetSessionError::UnknownSession)));

        // CH/ABC is hosted here, and not the platform's.
        let foreign = SessionKey {
            party: party("CH/ABC"),
            ..s1()
        };
        let denied = app.get_session(&request_of_cpo(), &foreign).await;
        assert!(matches!(
            denied,
            Err(GetSessionError::Access(AccessError::PartyNotHeld))
        ));
        assert!(writes.lock().unwrap().is_empty());

        let mut failing = MockSessionRepository::new();
        failing.expect_find_session().returning(|_| Err(down()));
        let app = crate::testing::app(Ports {
            sessions: Arc::new(failing),
            ..ports()
        });
        let failed = put(&app, &json!({})).await;
        assert!(matches!(failed, Err(PutSessionError::Storage(_))));
    }
    async fn patch_in(
        app: &App,
        version: OcpiVersion,
        members: &Value,
    ) -> Result<(), PatchSessionError> {
        let request = PatchSessionRequest {
            party: party("NL/ALF"),
            id: "S1".parse().unwrap(),
            members: raw(members),
        };
        let mut context = request_of_cpo();
        context.version = version;
        app.patch_session(&context, request).await
    }

    /// Holds: S-04, K-24.
    #[tokio::test]
    async fn a_patch_of_2_1_1_may_say_no_moment_and_leaves_the_stored_one() {
        let change = json!({"kwh": 1});
        let found = stored(&json!({"last_updated": after(-5)}), active());
        let (app, writes, _) = app_with(Some(found.clone()), 0);
        patch_in(&app, OcpiVersion::V2_1_1, &change).await.unwrap();
        assert_eq!(writes.lock().unwrap()[0].session.last_updated(), after(-5));
        for version in [OcpiVersion::V2_2_1, OcpiVersion::V2_3_0] {
            let (app, writes, _) = app_with(Some(found.clone()), 0);
            let refused = patch_in(&app, version, &change).await;
            assert!(
                matches!(refused, Err(PatchSessionError::NoLastUpdated)),
                "{version}"
            );
            assert!(writes.lock().unwrap().is_empty());
        }
    }

    /// Holds: K-21, K-27, M-19, S-02, S-05.
    #[tokio::test]
    async fn what_2_1_1_says_within_the_second_is_not_stale() {
        let periods = json!({"charging_periods": ["x"], "last_updated": after(500)});
        let found = stored(&periods, active());
        let put = |members: Value| PutSessionRequest {
            party: party("NL/ALF"),
            id: "S1".parse().unwrap(),
            members: raw(&members),
        };
        let mut echo = session_members(&periods);
        echo["last_updated"] = after(0).to_string().into();
        let mut changed = echo.clone();
        changed["kwh"] = 2.into();
        let mut context = request_of_cpo();
        context.version = OcpiVersion::V2_1_1;

        let (app, writes, _) = app_with(Some(found), 0);
        app.put_session(&context, put(echo.clone())).await.unwrap();
        assert!(writes.lock().unwrap().is_empty());
        app.put_session(&context, put(changed)).await.unwrap();
        let patch = json!({"kwh": 3, "last_updated": after(0)});
        patch_in(&app, OcpiVersion::V2_1_1, &patch).await.unwrap();
        let stale = patch_in(&app, OcpiVersion::V2_2_1, &patch).await;
        assert!(matches!(stale, Err(PatchSessionError::Stale)));
        let older = json!({"kwh": 3, "last_updated": after(-1)});
        let stale = patch_in(&app, OcpiVersion::V2_1_1, &older).await;
        assert!(matches!(stale, Err(PatchSessionError::Stale)));
        let writes = writes.lock().unwrap();
        assert_eq!(writes.len(), 2);
        for write in writes.iter() {
            assert_eq!(write.session.last_updated(), after(500));
            let periods = write.session.members().get("charging_periods").unwrap();
            assert_eq!(periods.get(), r#"["x"]"#);
        }
    }
}
