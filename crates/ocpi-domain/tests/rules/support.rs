//! The few things that every module needs: a Token, an account, a question.

use std::sync::Arc;

use ocpi_domain::{
    AuthorizationRequest, AuthorizationSubject, DateTime, Decision, EvseUid, KnownEvse,
    LocationEvses, LocationReferences, Party, Token, TokenAccount, decide,
};
use serde_json::{Value, json};

/// The moment of every question.
pub(crate) const NOW: &str = "2026-06-15T12:00:00Z";

/// A Token with every field that is required, and no other.
pub(crate) fn token_json() -> Value {
    json!({
        "country_code": "CH",
        "party_id": "ABC",
        "uid": "TOKEN123",
        "type": "RFID",
        "contract_id": "CH-ABC-C00001",
        "issuer": "Example Mobility",
        "valid": true,
        "whitelist": "ALLOWED",
        "last_updated": "2026-01-01T00:00:00Z"
    })
}

/// The Token of [`token_json`] with the members of `changes` set.
pub(crate) fn token_with(changes: Value) -> Token {
    let mut fields = token_json();
    for (name, value) in object(changes) {
        fields[name] = value;
    }
    serde_json::from_value(fields).unwrap()
}

/// The members of a JSON object.
pub(crate) fn object(value: Value) -> serde_json::Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("not an object: {other}"),
    }
}

pub(crate) fn moment(text: &str) -> DateTime {
    text.parse().unwrap()
}

/// The party of `CH/ABC`.
pub(crate) fn party(text: &str) -> Party {
    let (country_code, party_id) = text.split_once('/').unwrap();
    Party::new(country_code, party_id).unwrap()
}

pub(crate) fn evses(uids: &[&str]) -> Vec<EvseUid> {
    uids.iter().map(|uid| uid.parse().unwrap()).collect()
}

/// The place of a question, or of an answer.
pub(crate) fn place(location: &str, evse_uids: &[&str]) -> LocationReferences {
    LocationReferences {
        location_id: location.parse().unwrap(),
        evse_uids: evses(evse_uids),
    }
}

/// The EVSEs of a Location that are there, and those that were removed.
pub(crate) fn known_evses(present: &[&str], removed: &[&str]) -> Arc<LocationEvses> {
    let known = |uid: &&str, is_removed| KnownEvse {
        uid: uid.parse().unwrap(),
        evse_id: None,
        connector_ids: vec!["1".parse().unwrap()],
        is_removed,
    };
    let removed = removed.iter().map(|uid| known(uid, true));
    let present = present.iter().map(|uid| known(uid, false));
    Arc::new(LocationEvses(removed.chain(present).collect()))
}

/// A question, as a test writes it down. The CPO is `NL/ALF`.
pub(crate) struct Question {
    pub(crate) subject: AuthorizationSubject,
    pub(crate) asked: Option<LocationReferences>,
}

impl Question {
    /// About a Token with `account`, without a place.
    pub(crate) fn about(account: Value) -> Question {
        let account: TokenAccount = serde_json::from_value(account).unwrap();
        let mut subject = AuthorizationSubject::of(token_with(json!({})));
        subject.account = Some(Arc::new(account));
        Question {
            subject,
            asked: None,
        }
    }

    /// At a place; no EVSE is the whole Location.
    pub(crate) fn at(mut self, location: &str, evse_uids: &[&str]) -> Question {
        self.asked = Some(place(location, evse_uids));
        self
    }

    /// The Location of the question is known, with these EVSEs.
    pub(crate) fn knowing(self, evse_uids: &[&str]) -> Question {
        self.knowing_all(known_evses(evse_uids, &[]))
    }

    /// The Location of the question is known as this.
    pub(crate) fn knowing_all(mut self, known: Arc<LocationEvses>) -> Question {
        self.subject.known_evses = Some(known);
        self
    }

    /// So many other sessions are active.
    pub(crate) fn with_sessions(mut self, active: u32) -> Question {
        self.subject.active_sessions = active;
        self
    }

    /// The Token says `valid: false`.
    pub(crate) fn invalid(mut self) -> Question {
        Arc::make_mut(&mut self.subject.token.token).valid = false;
        self
    }

    pub(crate) fn answer(&self) -> Decision {
        let request = AuthorizationRequest {
            cpo_parties: &[party("NL/ALF")],
            location: self.asked.as_ref(),
        };
        decide(&self.subject, &request, moment(NOW))
    }
}

/// What a JSON text is refused with.
pub(crate) fn refusal<T: serde::de::DeserializeOwned>(text: &str) -> String {
    match serde_json::from_str::<T>(text) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error.to_string(),
    }
}
