//! Real-time authorization: the question, the rules, and the answer.
//!
//! [`decide`] is the rule, [`explain`] the same rule one step at a time; the other parts name what
//! goes in and what comes out.
//!
//! Spec: 2.3.0 `mod_tokens`, POST method of the Sender interface.

mod decide;
mod explain;
pub mod ocpp;
mod places;
mod refusal_text;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::display_text::DisplayText;
use crate::enums::closed_enum;
use crate::location::LocationReferences;
use crate::text::{CiString, identifier};
use crate::time::DateTime;
use crate::token::Token;

pub use decide::{
    AuthorizationRequest, AuthorizationSubject, Decision, Missing, Refusal, Rule, decide,
};
pub use explain::{RuleOutcome, RuleStep, RuleTrail, explain};

closed_enum!(
    /// The eMSP's answer, as OCPI knows it.
    ///
    /// Spec: 2.3.0 `mod_tokens`, `AllowedType`.
    AllowedType {
        /// May charge here.
        Allowed = "ALLOWED",
        /// The Token is blocked.
        Blocked = "BLOCKED",
        /// The Token has expired.
        Expired = "EXPIRED",
        /// The account has too little credit.
        NoCredit = "NO_CREDIT",
        /// The Token is valid, but not here, now.
        NotAllowed = "NOT_ALLOWED",
    }
);

closed_enum!(
    /// A finer status beside [`AllowedType`], which OCPI does not have: the five words of the
    /// tutorial.
    AuthorizationStatus {
        /// Valid and authorized.
        Accepted = "ACCEPTED",
        /// Blocked, out of credit, or not permitted at this place.
        Blocked = "BLOCKED",
        /// Expired.
        Expired = "EXPIRED",
        /// Unknown, or declared not valid.
        Invalid = "INVALID",
        /// Another transaction is active.
        ConcurrentTx = "CONCURRENT_TX",
    }
);

identifier!(
    /// The eMSP's own name for an authorization, found again in sessions and CDRs: 1 to 36
    /// characters.
    AuthorizationReference,
    36
);

impl AuthorizationReference {
    /// A new reference: a UUID of version 7, made of the moment `at` and of 16 random bytes, of
    /// which the last ten count. Those made later sort later, to the millisecond, so that a
    /// store's index of them grows at its end.
    pub fn from_random(at: DateTime, random: [u8; 16]) -> AuthorizationReference {
        AuthorizationReference(CiString::of_timed_uuid(at.unix_ms(), random))
    }
}

/// The answer to a real-time authorization.
///
/// Spec: 2.3.0 `mod_tokens`, `AuthorizationInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationInfo {
    /// Whether the driver may charge.
    pub allowed: AllowedType,
    /// The complete Token that the question was about.
    pub token: Arc<Token>,
    /// Where, when the question named a place and the answer is ALLOWED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationReferences>,
    /// The eMSP's name for this authorization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_reference: Option<AuthorizationReference>,
    /// A text for the driver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<DisplayText>,
}
