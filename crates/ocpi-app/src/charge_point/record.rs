//! The evidence of an answer, and the answer.

use std::sync::Arc;

use ocpi_domain::authorization::ocpp::{CpoOutcome, Ocpp16Request};
use ocpi_domain::{
    AllowedType, AuthorizationRecord, AuthorizationReference, ChargePointRecord, PlatformId,
    Purpose, Refusal, SlotOutcome,
};
use ocpi_ports::StorageError;

use super::asked::Asked;
use super::verdict::Verdict;
use super::{ChargePointAnswer, Wanted};
use crate::app::App;

impl App {
    /// Keeps the evidence of the answer, and gives the answer when it is kept.
    pub(super) async fn keep_verdict(
        &self,
        asked: Asked,
        verdict: Verdict,
    ) -> Result<ChargePointAnswer, StorageError> {
        let started_us = asked.started_us;
        let (record, verdict) = self.record_of(asked, verdict);
        let claim = match &verdict.subject {
            Some(subject) if verdict.allowed() == AllowedType::Allowed => {
                self.slot_claim(subject, &record)
            }
            _ => None,
        };
        let record = Arc::new(record);
        let (record, verdict) = match self.keep_record(Arc::clone(&record), claim).await? {
            SlotOutcome::Taken => (record, verdict),
            // Another took the last slot since the facts were read.
            SlotOutcome::Full => {
                let refused = record.refused_for_concurrency();
                let verdict = refused_for_concurrency(verdict, &refused);
                (Arc::new(refused), verdict)
            }
        };
        self.record_health.succeeded();
        self.charge_points
            .metrics
            .answered(&verdict, record.latency_us);
        report(&record);
        let elapsed_us = self.elapsed_us().saturating_sub(started_us);
        Ok(answer(&record, verdict, elapsed_us))
    }

    fn record_of(&self, asked: Asked, verdict: Verdict) -> (AuthorizationRecord, Verdict) {
        let (now, token_uid) = (asked.now, asked.uid_of_record());
        let request = asked.request;
        let reference = AuthorizationReference::from_random(now, self.ports.randomness.bytes());
        let allowed = verdict.allowed();
        let is_allowed = allowed == AllowedType::Allowed;
        let named = verdict.token.as_ref();
        let own_name = || (is_allowed && verdict.subject.is_some()).then(|| reference.clone());
        let purpose = match request.wanted {
            Wanted::Start { .. } => Purpose::Start,
            Wanted::Stop(_) => Purpose::Stop,
        };
        let charge_point = ChargePointRecord {
            cpo: asked.cpo,
            purpose,
            source: verdict.source,
            reason: verdict.reason.clone(),
            decided_by: verdict.decided_by.clone(),
            contract_id: named.map(|token| token.contract_id.clone()),
            group_id: named.and_then(|token| token.group_id.clone()),
            authorization_reference: verdict.reference.clone().or_else(own_name),
            stops: verdict.stops.clone(),
        };
        let request_id = self.new_message_id();
        let token_type = verdict.token_type.clone().or(request.token_type);
        let record = AuthorizationRecord {
            reference,
            at: now,
            platform: PlatformId::of_charge_points(),
            correlation_id: verdict
                .correlation_id
                .clone()
                .unwrap_or_else(|| request_id.clone()),
            request_id,
            token_party: verdict.token_party(),
            token_uid,
            token_type: token_type.unwrap_or(ocpi_domain::TokenType::Rfid),
            allowed_location: is_allowed.then(|| {
                verdict
                    .location
                    .clone()
                    .unwrap_or_else(|| asked.location.clone())
            }),
            asked: Some(asked.location),
            allowed: Some(allowed),
            status: Some(verdict.status()),
            rule: verdict.rule(),
            latency_us: self.elapsed_us().saturating_sub(asked.started_us),
            charge_point: Some(Box::new(charge_point)),
        };
        (record, verdict)
    }
}

/// What becomes of a verdict whose slot turned out taken.
fn refused_for_concurrency(verdict: Verdict, record: &AuthorizationRecord) -> Verdict {
    let refusal = Refusal::ConcurrentSessions;
    let language = verdict
        .subject
        .as_ref()
        .and_then(|subject| subject.token.token.language);
    let kept = record.charge_point.as_deref();
    Verdict {
        outcome: CpoOutcome::Answered {
            allowed: refusal.allowed(),
            status: Some(refusal.status()),
        },
        rule: Some(refusal.rule()),
        reason: kept.map(|kept| kept.reason.clone()).unwrap_or_default(),
        info: refusal.text(language),
        ..verdict
    }
}

fn answer(record: &AuthorizationRecord, verdict: Verdict, elapsed_us: u64) -> ChargePointAnswer {
    let kept = record.charge_point.as_deref();
    ChargePointAnswer {
        reference: record.reference.clone(),
        allowed: verdict.allowed(),
        ocpp_1_6_authorize: verdict.outcome.ocpp_1_6(Ocpp16Request::Authorize),
        ocpp_1_6_start: verdict.outcome.ocpp_1_6(Ocpp16Request::StartTransaction),
        ocpp_2_0_1: verdict.outcome.ocpp_2_0_1(),
        source: verdict.source,
        auth_method: verdict.auth_method(),
        authorization_reference: kept.and_then(|kept| kept.authorization_reference.clone()),
        reason: verdict.reason,
        info: verdict.info,
        token: verdict.token,
        decided_by: verdict.decided_by,
        elapsed_us,
    }
}

/// One line in the log for every answer.
fn report(record: &AuthorizationRecord) {
    let Some(kept) = record.charge_point.as_deref() else {
        return;
    };
    tracing::info!(
        target: "ocpi::charge_point",
        reference = record.reference.as_str(),
        correlation_id = record.correlation_id.as_str(),
        cpo = %kept.cpo,
        purpose = kept.purpose.as_str(),
        token_party = record.token_party.map(tracing::field::display),
        token_uid = record.token_uid.as_str(),
        token_type = record.token_type.as_str(),
        location_id = record.asked.as_ref().map(|asked| asked.location_id.as_str()),
        allowed = record.allowed.map(|allowed| allowed.as_str()),
        source = kept.source.as_str(),
        rule = record.rule.as_str(),
        decided_by = kept.decided_by.as_ref().map(PlatformId::as_str),
        latency_us = record.latency_us,
        reason = kept.reason.as_str(),
        "charge point",
    );
}
