//! What a question came to, before there is a record of it.

use ocpi_domain::authorization::ocpp::{CpoOutcome, parent_id_tag};
use ocpi_domain::{
    AllowedType, AuthMethod, AuthorizationReference, AuthorizationStatus, AuthorizationSubject,
    CiString, DecisionSource, DisplayText, LocationReferences, MessageId, Party, PlatformId, Rule,
    Token, TokenKey, TokenType,
};

use super::ChargedToken;

/// What a question came to, and why.
pub(super) struct Verdict {
    pub(super) outcome: CpoOutcome,
    pub(super) source: DecisionSource,
    /// The rule that decided, where it is not that of the source.
    pub(super) rule: Option<Rule>,
    pub(super) reason: String,
    /// The type that was meant, where the question did not say it.
    pub(super) token_type: Option<TokenType>,
    pub(super) token: Option<ChargedToken>,
    /// Whose the card is, when that is known without its Token.
    pub(super) party: Option<Party>,
    pub(super) info: Option<DisplayText>,
    /// The place that an eMSP hosted here allowed, where it is not that of the question.
    pub(super) location: Option<LocationReferences>,
    pub(super) reference: Option<AuthorizationReference>,
    pub(super) decided_by: Option<PlatformId>,
    pub(super) correlation_id: Option<MessageId>,
    /// At a stop, the answer that the session began with.
    pub(super) stops: Option<AuthorizationReference>,
    /// The Token and account of an eMSP hosted here: what an ALLOWED claims its slot by.
    pub(super) subject: Option<Box<AuthorizationSubject>>,
}

impl Verdict {
    /// That, on this ground.
    pub(super) fn new(
        outcome: CpoOutcome,
        source: DecisionSource,
        reason: impl Into<String>,
    ) -> Verdict {
        Verdict {
            outcome,
            source,
            rule: None,
            reason: reason.into(),
            token_type: None,
            token: None,
            party: None,
            info: None,
            location: None,
            reference: None,
            decided_by: None,
            correlation_id: None,
            stops: None,
            subject: None,
        }
    }

    /// The answer in OCPI's words.
    pub(super) fn allowed(&self) -> AllowedType {
        match self.outcome {
            CpoOutcome::Answered { allowed, .. } => allowed,
            CpoOutcome::AcceptedLocally => AllowedType::Allowed,
            // Our copy says so. A Token that may not stop a session may still start one.
            CpoOutcome::RefusedLocally if self.source != DecisionSource::StopRule => {
                AllowedType::Blocked
            }
            CpoOutcome::RefusedLocally | CpoOutcome::UnknownToken | CpoOutcome::NoAnswer => {
                AllowedType::NotAllowed
            }
        }
    }

    /// The finer status.
    pub(super) fn status(&self) -> AuthorizationStatus {
        let said = match self.outcome {
            CpoOutcome::Answered { status, .. } => status,
            _ => None,
        };
        match (self.allowed(), said) {
            (AllowedType::Allowed, _) => AuthorizationStatus::Accepted,
            (_, Some(said)) if said != AuthorizationStatus::Accepted => said,
            (AllowedType::Expired, _) => AuthorizationStatus::Expired,
            (AllowedType::Blocked | AllowedType::NoCredit | AllowedType::NotAllowed, _) => {
                match self.outcome {
                    CpoOutcome::Answered { .. } => AuthorizationStatus::Blocked,
                    _ if self.source == DecisionSource::StopRule => AuthorizationStatus::Blocked,
                    _ => AuthorizationStatus::Invalid,
                }
            }
        }
    }

    /// The rule that decided.
    pub(super) fn rule(&self) -> Rule {
        self.rule.unwrap_or(match self.source {
            DecisionSource::RealTime => Rule::RealTime,
            DecisionSource::Whitelist => Rule::Whitelist,
            DecisionSource::Offline => Rule::Offline,
            DecisionSource::FanOut => Rule::FanOut,
            DecisionSource::StopRule => Rule::StopRule,
            DecisionSource::Command => Rule::Command,
        })
    }

    /// How a Session is authorized by it; `None` when it is not.
    pub(super) fn auth_method(&self) -> Option<AuthMethod> {
        let is_allowed = self.allowed() == AllowedType::Allowed;
        match self.source {
            _ if !is_allowed => None,
            DecisionSource::RealTime | DecisionSource::FanOut => Some(AuthMethod::AuthRequest),
            // Nobody was asked.
            DecisionSource::Whitelist | DecisionSource::Offline => Some(AuthMethod::Whitelist),
            DecisionSource::Command => Some(AuthMethod::Command),
            DecisionSource::StopRule => None,
        }
    }

    /// Whose the card is, when that is known.
    pub(super) fn token_party(&self) -> Option<Party> {
        self.token.as_ref().map(|token| token.party).or(self.party)
    }

    /// The same, with the Token that it is about, where nothing newer is known.
    #[must_use]
    pub(super) fn about(mut self, token: &Token) -> Verdict {
        self.token.get_or_insert_with(|| ChargedToken::of(token));
        self.token_type
            .get_or_insert_with(|| token.token_type.clone());
        self
    }
}

impl ChargedToken {
    /// That Token, as Sessions and CDRs name it.
    pub(super) fn of(token: &Token) -> ChargedToken {
        let group_id = token.group_id.as_ref();
        ChargedToken {
            party: token.party,
            uid: token.uid.clone(),
            token_type: token.token_type.clone(),
            contract_id: token.contract_id.clone(),
            group_id: group_id.filter(|group| group.is_identity()).cloned(),
            parent_id_tag: token.ocpp_parent_id_tag().map(str::to_owned),
            ocpp_2_0_1_type: token.token_type.ocpp_id_token_type(),
        }
    }

    /// That Token, as a record keeps it.
    pub(super) fn of_record(
        key: &TokenKey,
        contract_id: &CiString<36>,
        group_id: Option<&CiString<36>>,
    ) -> ChargedToken {
        let group = group_id.map(CiString::as_str);
        ChargedToken {
            party: key.party,
            uid: key.uid.clone(),
            token_type: key.token_type.clone(),
            contract_id: contract_id.clone(),
            group_id: group_id.cloned(),
            parent_id_tag: group.and_then(parent_id_tag).map(str::to_owned),
            ocpp_2_0_1_type: key.token_type.ocpp_id_token_type(),
        }
    }

    /// What identifies it.
    pub(super) fn key(&self) -> TokenKey {
        TokenKey {
            party: self.party,
            uid: self.uid.clone(),
            token_type: self.token_type.clone(),
        }
    }
}
