//! A card of an eMSP that is hosted here: nobody needs to be called.

use ocpi_domain::authorization::ocpp::CpoOutcome;
use ocpi_domain::{
    AllowedType, AuthorizationRequest, Decision, DecisionSource, Missing, OcpiVersion, Party,
    PlatformId, Refusal, TokenType, TokenUid, decide,
};
use ocpi_ports::{StorageError, SubjectLookup};

use super::ChargedToken;
use super::asked::Asked;
use super::verdict::Verdict;
use crate::app::App;
use crate::subject_lookup::SubjectQuestion;

impl App {
    /// What our eMSP says, by the rules by which it answers any CPO; `None` when it does not know
    /// the Token.
    pub(super) async fn decide_hosted(
        &self,
        asked: &Asked,
        emsp: Party,
        (uid, token_type): (&TokenUid, &TokenType),
        source: DecisionSource,
    ) -> Result<Option<Verdict>, StorageError> {
        let cpo_parties = [asked.cpo];
        // Where a CPO asks again it is the same place.
        let platform = PlatformId::of_charge_points_of(asked.cpo);
        let question = SubjectQuestion {
            owner: Some(emsp),
            to: None,
            uid: uid.as_str(),
            token_type,
            version: OcpiVersion::V2_3_0,
            platform: Some(&platform),
            cpo_parties: &cpo_parties,
            location: Some(&asked.location),
            at: asked.now,
        };
        let subject = match self.look_up(&question).await? {
            SubjectLookup::One(subject) => subject,
            SubjectLookup::Unknown | SubjectLookup::Ambiguous => return Ok(None),
        };
        let place = AuthorizationRequest {
            cpo_parties: &cpo_parties,
            location: Some(&asked.location),
        };
        let decision = decide(&subject, &place, asked.now);
        let token = &subject.token.token;
        let outcome = CpoOutcome::Answered {
            // It cannot be said without more of the place, and the charge point waits.
            allowed: decision.allowed().unwrap_or(AllowedType::NotAllowed),
            status: decision.status(),
        };
        let location = match &decision {
            Decision::Allow(location) => location.clone(),
            Decision::Refuse(_) | Decision::NeedsLocation(_) => None,
        };
        let reason = format!("{emsp}, hosted here, {}", words(&decision));
        Ok(Some(Verdict {
            rule: Some(decision.rule()),
            info: decision.text(token.language),
            token: Some(ChargedToken::of(token)),
            token_type: Some(token.token_type.clone()),
            location,
            subject: Some(subject),
            ..Verdict::new(outcome, source, reason)
        }))
    }
}

fn words(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow(_) => "allows it",
        Decision::Refuse(Refusal::Blocked) => "refuses it: the account is blocked",
        Decision::Refuse(Refusal::Expired) => "refuses it: the account has expired",
        Decision::Refuse(Refusal::NotValid) => "refuses it: the Token is not valid",
        Decision::Refuse(Refusal::NoCredit) => "refuses it: the account has no credit left",
        Decision::Refuse(Refusal::ConcurrentSessions) => {
            "refuses it: as many sessions are active as the account permits"
        }
        Decision::Refuse(Refusal::Places) => {
            "refuses it: the account does not permit this place, or not this CPO"
        }
        Decision::NeedsLocation(Missing::Location) => {
            "cannot say: the account depends on the Location"
        }
        Decision::NeedsLocation(Missing::Evses) => {
            "cannot say: the account depends on the EVSE; send evse_uid"
        }
    }
}
