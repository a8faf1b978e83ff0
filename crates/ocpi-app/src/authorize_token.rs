//! Real-time authorization: may this Token charge here, now?
//!
//! Spec: 2.3.0 `mod_tokens`, Sender interface, POST method.

use std::sync::Arc;

use ocpi_domain::{
    AllowedType, AuthorizationInfo, AuthorizationRecord, AuthorizationReference,
    AuthorizationRequest, AuthorizationStatus, AuthorizationSubject, ConnectorId, DateTime,
    Decision, LocationEvses, LocationReferences, Missing, Party, Refusal, Role, Rule, SlotClaim,
    SlotOutcome, TokenType, WhitelistType, decide,
};
use ocpi_ports::{StorageError, SubjectLookup};

use crate::access::{AccessError, RequestContext, Routing, require_cpo};
use crate::app::{ANSWER_MAX, App};
use crate::deadline::within;
use crate::subject_lookup::SubjectQuestion;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeTokenRequest<'a> {
    /// The owner, when the URL names one.
    pub owner: Option<Party>,
    /// The uid as it was sent; a text that is no uid is an unknown Token.
    pub uid: &'a str,
    /// The type as it was sent.
    pub token_type: TokenType,
    /// The place, when the question names one.
    pub location: Option<LocationReferences>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationAnswer {
    /// The answer in OCPI's words.
    pub info: AuthorizationInfo,
    /// The finer status, for those who understand it.
    pub status: AuthorizationStatus,
    /// The connectors of the one EVSE that the answer names, when that is known.
    pub connector_ids: Option<Vec<ConnectorId>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum AuthorizeTokenError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("no such token")]
    UnknownToken,
    #[error(
        "ambiguous token: several match; name the party by OCPI-to or in the URL, and an EMAID as it is stored"
    )]
    AmbiguousToken,
    #[error("the answer depends on the location, but the request names none")]
    LocationMissing,
    #[error("the answer depends on the EVSEs of the location, but the request names none")]
    EvsesMissing,
    #[error("there is no answer in time")]
    TimedOut,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl App {
    /// Answers the question, and leaves a record of it before the answer can leave.
    ///
    /// # Errors
    ///
    /// [`AuthorizeTokenError`]; a refusal is an answer, not an error.
    pub async fn authorize_token(
        &self,
        context: &RequestContext,
        request: AuthorizeTokenRequest<'_>,
    ) -> Result<AuthorizationAnswer, AuthorizeTokenError> {
        let started_us = self.elapsed_us();
        let answer = within(
            ANSWER_MAX,
            self.decide_and_record(context, request, started_us),
        )
        .await;
        let answer = answer.unwrap_or(Err(AuthorizeTokenError::TimedOut));
        if let Err(AuthorizeTokenError::Storage(_) | AuthorizeTokenError::TimedOut) = &answer {
            // Whatever the store failed or hung at: there is no record, so there is no answer.
            self.metrics.record_failed();
            self.record_health.failed(self.now());
        }
        answer
    }

    async fn decide_and_record(
        &self,
        context: &RequestContext,
        request: AuthorizeTokenRequest<'_>,
        started_us: u64,
    ) -> Result<AuthorizationAnswer, AuthorizeTokenError> {
        let now = self.now();
        let (subject, verdict) = self.find_verdict(context, &request, now).await?;
        let reference = AuthorizationReference::from_random(now, self.ports.randomness.bytes());
        let record = Arc::new(AuthorizationRecord {
            reference: reference.clone(),
            at: now,
            platform: context.caller.platform.id.clone(),
            request_id: context.request_id.clone(),
            correlation_id: context.correlation_id.clone(),
            token_party: subject.as_ref().map(|subject| subject.token.token.party),
            token_uid: AuthorizationRecord::uid_as_asked(request.uid),
            token_type: request.token_type,
            asked: request.location,
            allowed_location: verdict.location().cloned(),
            allowed: verdict.allowed(),
            status: verdict.status(),
            rule: verdict.rule(),
            latency_us: self.elapsed_us().saturating_sub(started_us),
            charge_point: None,
        });
        let claim = match (&verdict, &subject) {
            (Verdict::Decided(Decision::Allow(_)), Some(subject)) => {
                self.slot_claim(subject, &record)
            }
            _ => None,
        };
        let (record, verdict) = match self.keep_record(Arc::clone(&record), claim).await? {
            SlotOutcome::Taken => (record, verdict),
            // Another took the last slot since the facts were read.
            SlotOutcome::Full => (
                Arc::new(record.refused_for_concurrency()),
                Verdict::Decided(Decision::Refuse(Refusal::ConcurrentSessions)),
            ),
        };
        self.record_health.succeeded();
        self.report(&record, subject.as_deref());
        verdict.into_answer(subject, reference)
    }

    /// Keeps the evidence, together with the slot that it claims, if any.
    pub(crate) async fn keep_record(
        &self,
        record: Arc<AuthorizationRecord>,
        claim: Option<SlotClaim>,
    ) -> Result<SlotOutcome, StorageError> {
        let store = &self.ports.authorizations;
        match claim {
            Some(claim) => store.append_record_with_slot(record, claim).await,
            None => store
                .append_record(record)
                .await
                .map(|()| SlotOutcome::Taken),
        }
    }

    /// What the question comes to, and everything stored about the Token that it is about.
    async fn find_verdict(
        &self,
        context: &RequestContext,
        request: &AuthorizeTokenRequest<'_>,
        now: DateTime,
    ) -> Result<(Option<Box<AuthorizationSubject>>, Verdict), StorageError> {
        let may_ask = self.check_routing(context, &Role::Emsp);
        if let Err(denied) = may_ask.and_then(|()| require_cpo(context)) {
            return Ok((None, Verdict::Denied(denied)));
        }
        let Routing { to, from } = context.routing;
        let platform = &context.caller.platform;
        let cpo_parties = self.cpo_parties(platform, from).await?;
        let question = SubjectQuestion {
            owner: request.owner,
            to,
            uid: request.uid,
            token_type: &request.token_type,
            version: context.version,
            platform: Some(&platform.id),
            cpo_parties: &cpo_parties,
            location: request.location.as_ref(),
            at: now,
        };
        Ok(match self.look_up(&question).await? {
            SubjectLookup::Unknown => (None, Verdict::Unknown),
            SubjectLookup::Ambiguous => (None, Verdict::Ambiguous),
            SubjectLookup::One(subject) => {
                let place = AuthorizationRequest {
                    cpo_parties: &cpo_parties,
                    location: request.location.as_ref(),
                };
                let decision = decide(&subject, &place, now);
                (Some(subject), Verdict::Decided(decision))
            }
        })
    }

    /// One line in the log and one count for every answer.
    fn report(&self, record: &AuthorizationRecord, subject: Option<&AuthorizationSubject>) {
        let AuthorizationRecord {
            allowed, status, ..
        } = record;
        let outcome = allowed.zip(*status).ok_or(record.rule.as_str());
        self.metrics
            .authorized(&record.platform, outcome, record.latency_us);
        let whitelist = subject.map(|subject| subject.token.token.whitelist);
        tracing::info!(
            target: "ocpi::authorization",
            reference = record.reference.as_str(),
            platform = record.platform.as_str(),
            request_id = record.request_id.as_str(),
            correlation_id = record.correlation_id.as_str(),
            token_party = record.token_party.map(tracing::field::display),
            token_uid = record.token_uid.as_str(),
            token_type = record.token_type.as_str(),
            location_id = record.asked.as_ref().map(|asked| asked.location_id.as_str()),
            allowed = allowed.map(|allowed| allowed.as_str()),
            status = status.map(|status| status.as_str()),
            rule = record.rule.as_str(),
            // Nobody has to ask about such a Token: a CPO that does may not know its own list.
            always_whitelisted = (whitelist == Some(WhitelistType::Always)).then_some(true),
            latency_us = record.latency_us,
            "authorization",
        );
    }
}

/// What came of the question.
enum Verdict {
    /// The platform may not ask it.
    Denied(AccessError),
    Unknown,
    Ambiguous,
    Decided(Decision),
}

impl Verdict {
    fn rule(&self) -> Rule {
        match self {
            Verdict::Denied(_) => Rule::AccessDenied,
            Verdict::Unknown => Rule::UnknownToken,
            Verdict::Ambiguous => Rule::AmbiguousToken,
            Verdict::Decided(decision) => decision.rule(),
        }
    }

    fn allowed(&self) -> Option<AllowedType> {
        match self {
            Verdict::Denied(_) | Verdict::Unknown | Verdict::Ambiguous => None,
            Verdict::Decided(decision) => decision.allowed(),
        }
    }

    fn status(&self) -> Option<AuthorizationStatus> {
        match self {
            Verdict::Denied(_) | Verdict::Unknown | Verdict::Ambiguous => None,
            Verdict::Decided(decision) => decision.status(),
        }
    }

    fn location(&self) -> Option<&LocationReferences> {
        match self {
            Verdict::Decided(Decision::Allow(location)) => location.as_ref(),
            Verdict::Denied(_) | Verdict::Unknown | Verdict::Ambiguous | Verdict::Decided(_) => {
                None
            }
        }
    }

    fn into_answer(
        self,
        subject: Option<Box<AuthorizationSubject>>,
        reference: AuthorizationReference,
    ) -> Result<AuthorizationAnswer, AuthorizeTokenError> {
        let answer = self.allowed().zip(self.status());
        let (Some((allowed, status)), Some(subject)) = (answer, subject) else {
            return Err(self.no_answer());
        };
        let AuthorizationSubject {
            token, known_evses, ..
        } = *subject;
        let token = token.token;
        let (location, reference, info) = match self {
            Verdict::Decided(Decision::Allow(location)) => (location, Some(reference), None),
            Verdict::Decided(decision) => (None, None, decision.text(token.language)),
            Verdict::Denied(_) | Verdict::Unknown | Verdict::Ambiguous => (None, None, None),
        };
        let connector_ids = location
            .as_ref()
            .zip(known_evses.as_deref())
            .and_then(|(location, known)| connectors_of(location, known));
        Ok(AuthorizationAnswer {
            info: AuthorizationInfo {
                allowed,
                token,
                location,
                authorization_reference: reference,
                info,
            },
            status,
            connector_ids,
        })
    }

    /// Why there is no answer, when there is none.
    fn no_answer(self) -> AuthorizeTokenError {
        match self {
            Verdict::Denied(denied) => AuthorizeTokenError::Access(denied),
            Verdict::Unknown => AuthorizeTokenError::UnknownToken,
            Verdict::Ambiguous => AuthorizeTokenError::AmbiguousToken,
            Verdict::Decided(Decision::NeedsLocation(Missing::Evses)) => {
                AuthorizeTokenError::EvsesMissing
            }
            Verdict::Decided(_) => AuthorizeTokenError::LocationMissing,
        }
    }
}

/// The connectors of the only EVSE of a place, when they are known.
fn connectors_of(place: &LocationReferences, known: &LocationEvses) -> Option<Vec<ConnectorId>> {
    let [evse] = place.evse_uids.as_slice() else {
        return None;
    };
    let connector_ids = &known.meant(evse)?.connector_ids;
    (!connector_ids.is_empty()).then(|| connector_ids.clone())
}
