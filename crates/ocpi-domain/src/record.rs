//! The evidence of an authorization.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::authorization::{
    AllowedType, AuthorizationReference, AuthorizationStatus, Refusal, Rule,
};
use crate::charge_point::{DecisionSource, Purpose};
use crate::location::LocationReferences;
use crate::party::Party;
use crate::platform::PlatformId;
use crate::text::CiString;
use crate::time::DateTime;
use crate::token::TokenType;

/// The id of a message, `X-Request-ID` or `X-Correlation-ID`: 1 to 128 visible ASCII characters.
///
/// Spec: 2.3.0 `transport_and_format`, Unique message IDs.
///
/// Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MessageId(Arc<str>);

impl MessageId {
    /// `text`, when it is fit for a header and a log: 1 to 128 of U+0021..=U+007E.
    pub fn new(text: &str) -> Option<MessageId> {
        let legal = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        legal.then(|| MessageId(text.into()))
    }

    /// A new id: a UUID of 16 random bytes.
    pub fn from_random(random: [u8; 16]) -> MessageId {
        MessageId(crate::uuid::random_text(random))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for MessageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for MessageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MessageId, D::Error> {
        crate::parse::string(deserializer, "a string", |text| {
            MessageId::new(text).ok_or("must be 1 to 128 visible ASCII characters")
        })
    }
}

/// One answer to one authorize request, refusals too: what was asked, what was said, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRecord {
    /// The name of this authorization; unique.
    pub reference: AuthorizationReference,
    /// When it was decided.
    pub at: DateTime,
    /// Who asked.
    pub platform: PlatformId,
    /// The request's `X-Request-ID`.
    pub request_id: MessageId,
    /// The request's `X-Correlation-ID`.
    pub correlation_id: MessageId,
    /// The owner of the Token, when one was found.
    pub token_party: Option<Party>,
    /// The uid that was asked for, as [`uid_as_asked`](AuthorizationRecord::uid_as_asked) keeps it.
    pub token_uid: CiString<64>,
    /// The type that was asked for.
    pub token_type: TokenType,
    /// The place that was asked for.
    pub asked: Option<LocationReferences>,
    /// The place that was allowed.
    pub allowed_location: Option<LocationReferences>,
    /// The answer; `None` when the question could not be answered.
    pub allowed: Option<AllowedType>,
    /// The finer status; `None` when the question could not be answered.
    pub status: Option<AuthorizationStatus>,
    /// The rule that decided.
    pub rule: Rule,
    /// From the request's arrival in the use case to the decision, microseconds.
    pub latency_us: u64,
    /// What a CPO keeps of an answer to its own charge point; `None` for an answer to a platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_point: Option<Box<ChargePointRecord>>,
}

/// What a CPO keeps of an answer to its own charge point, for its Sessions and CDRs and to say
/// later why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargePointRecord {
    /// The CPO.
    pub cpo: Party,
    /// What the driver wanted.
    pub purpose: Purpose,
    /// What decided.
    pub source: DecisionSource,
    /// Why, in words for the operator.
    pub reason: String,
    /// The platform whose answer or copy decided; `None` when none did.
    pub decided_by: Option<PlatformId>,
    /// The contract of the Token, when it is known.
    pub contract_id: Option<CiString<36>>,
    /// The group of the Token, when it is known and has one.
    pub group_id: Option<CiString<36>>,
    /// The eMSP's name of its answer.
    pub authorization_reference: Option<AuthorizationReference>,
    /// At a stop, the answer that its session began with, when it was named.
    pub stops: Option<AuthorizationReference>,
}

impl AuthorizationRecord {
    /// A uid as it was asked for, legal or not: what is not printable ASCII becomes `?`, and what
    /// follows the 64th character is cut.
    pub fn uid_as_asked(text: &str) -> CiString<64> {
        CiString::cut(text)
    }

    /// The record of the same question when the slot that its ALLOWED needed turned out taken.
    #[must_use]
    pub fn refused_for_concurrency(&self) -> AuthorizationRecord {
        let refusal = Refusal::ConcurrentSessions;
        let charge_point = self.charge_point.as_deref().map(|kept| {
            Box::new(ChargePointRecord {
                reason: "as many sessions are active as the account permits".to_owned(),
                authorization_reference: None,
                ..kept.clone()
            })
        });
        AuthorizationRecord {
            allowed_location: None,
            allowed: Some(refusal.allowed()),
            status: Some(refusal.status()),
            rule: refusal.rule(),
            charge_point,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: E-33.
    #[test]
    fn a_record_is_written_with_all_its_fields_and_read_back() {
        let text = r#"{"reference":"R-1","at":"2024-01-01T00:00:00.120Z","platform":"peer","#
            .to_owned()
            + r#""request_id":"Q-1","correlation_id":"C-1","#
            + r#""token_party":{"country_code":"DE","party_id":"TNM"},"token_uid":"CARD","#
            + r#""token_type":"RFID","asked":{"location_id":"LOC","evse_uids":["E-1"]},"#
            + r#""allowed_location":null,"allowed":"BLOCKED","status":"BLOCKED","#
            + r#""rule":"blocked","latency_us":7}"#;
        let record: AuthorizationRecord = serde_json::from_str(&text).unwrap();
        assert_eq!(record.token_party, Some(Party::new("DE", "TNM").unwrap()));
        assert_eq!(record.latency_us, 7);
        assert_eq!(serde_json::to_string(&record).unwrap(), text);
    }

    #[test]
    fn what_is_no_message_id_is_not_read_as_one() {
        let longest = "~".repeat(128);
        for (text, legal) in [
            ("!", true),
            (&longest, true),
            ("", false),
            (&format!("{longest}~"), false),
            ("a b", false),
            ("é", false),
        ] {
            let read = serde_json::from_value::<MessageId>(text.into());
            assert_eq!(read.is_ok(), legal, "{text:?}");
        }
    }
}
