//! The answer in the words of a charge point: OCPP 1.6 and OCPP 2.0.1.

use super::{AllowedType, AuthorizationStatus};
use crate::enums::closed_enum;
use crate::token::{Token, TokenType};

closed_enum!(
    /// `AuthorizationStatus` of OCPP 1.6.
    Ocpp16Status {
        Accepted = "Accepted",
        Blocked = "Blocked",
        Expired = "Expired",
        Invalid = "Invalid",
        ConcurrentTx = "ConcurrentTx",
    }
);

closed_enum!(
    /// `AuthorizationStatusEnumType` of OCPP 2.0.1, the values that an authorization can give.
    Ocpp201Status {
        Accepted = "Accepted",
        Blocked = "Blocked",
        ConcurrentTx = "ConcurrentTx",
        Expired = "Expired",
        Invalid = "Invalid",
        NoCredit = "NoCredit",
        NotAtThisLocation = "NotAtThisLocation",
        Unknown = "Unknown",
    }
);

closed_enum!(
    /// `IdTokenEnumType` of OCPP 2.0.1, the values that a [`TokenType`] maps to.
    OcppIdTokenType {
        Central = "Central",
        EMaid = "eMAID",
        Iso14443 = "ISO14443",
        Local = "Local",
    }
);

/// The request of OCPP 1.6 that is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ocpp16Request {
    /// `Authorize.req`, whose answer does not know `ConcurrentTx`.
    Authorize,
    /// `StartTransaction.req`.
    StartTransaction,
}

/// How a CPO came to its decision about a driver at a charge point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CpoOutcome {
    /// The eMSP answered. `allowed` decides; `status`, where the eMSP sends one, only refines a
    /// refusal.
    Answered {
        /// The answer in OCPI's words.
        allowed: AllowedType,
        /// The finer status, which only some eMSPs send.
        status: Option<AuthorizationStatus>,
    },
    /// Accepted by the CPO's own copy of the Token.
    AcceptedLocally,
    /// Refused by the CPO's own copy of the Token.
    RefusedLocally,
    /// The eMSP answered that it does not know the Token.
    UnknownToken,
    /// No eMSP gave an answer, and nothing that is known here speaks for or against the Token.
    NoAnswer,
}

impl CpoOutcome {
    /// The status for a charge point of OCPP 1.6.
    pub fn ocpp_1_6(self, request: Ocpp16Request) -> Ocpp16Status {
        match self.ocpp_2_0_1() {
            Ocpp201Status::Accepted => Ocpp16Status::Accepted,
            Ocpp201Status::Expired => Ocpp16Status::Expired,
            Ocpp201Status::ConcurrentTx => match request {
                Ocpp16Request::Authorize => Ocpp16Status::Invalid,
                Ocpp16Request::StartTransaction => Ocpp16Status::ConcurrentTx,
            },
            Ocpp201Status::Invalid | Ocpp201Status::Unknown => Ocpp16Status::Invalid,
            Ocpp201Status::Blocked | Ocpp201Status::NoCredit | Ocpp201Status::NotAtThisLocation => {
                Ocpp16Status::Blocked
            }
        }
    }

    /// The status for a charge point of OCPP 2.0.1.
    pub fn ocpp_2_0_1(self) -> Ocpp201Status {
        match self {
            CpoOutcome::AcceptedLocally => Ocpp201Status::Accepted,
            CpoOutcome::RefusedLocally => Ocpp201Status::Blocked,
            CpoOutcome::UnknownToken | CpoOutcome::NoAnswer => Ocpp201Status::Unknown,
            CpoOutcome::Answered { allowed, status } => match (allowed, status) {
                (AllowedType::Allowed, _) => Ocpp201Status::Accepted,
                (AllowedType::Blocked, Some(AuthorizationStatus::Invalid)) => {
                    Ocpp201Status::Invalid
                }
                (AllowedType::Blocked, _) => Ocpp201Status::Blocked,
                (AllowedType::Expired, _) => Ocpp201Status::Expired,
                (AllowedType::NoCredit, _) => Ocpp201Status::NoCredit,
                (AllowedType::NotAllowed, Some(AuthorizationStatus::ConcurrentTx)) => {
                    Ocpp201Status::ConcurrentTx
                }
                (AllowedType::NotAllowed, _) => Ocpp201Status::NotAtThisLocation,
            },
        }
    }
}

/// The most characters of an identifier in OCPP 1.x.
const OCPP_1_ID_MAX: usize = 20;

/// `parentIdTag` of OCPP 1.x for a group, when it fits the 20 characters of that version.
pub fn parent_id_tag(group: &str) -> Option<&str> {
    (group.len() <= OCPP_1_ID_MAX).then_some(group)
}

impl Token {
    /// `parentIdTag` of OCPP 1.x: the group, when it fits the 20 characters of that version.
    pub fn ocpp_parent_id_tag(&self) -> Option<&str> {
        self.ocpp_group_id_token().and_then(parent_id_tag)
    }

    /// `groupIdToken` of OCPP 2.0.1: the group.
    pub fn ocpp_group_id_token(&self) -> Option<&str> {
        let group = self.group_id.as_ref().filter(|group| group.is_identity())?;
        Some(group.as_str())
    }
}

impl TokenType {
    /// The `IdToken` type of OCPP 2.0.1; `None` for kinds that have no counterpart.
    pub fn ocpp_id_token_type(&self) -> Option<OcppIdTokenType> {
        match self {
            TokenType::Rfid => Some(OcppIdTokenType::Iso14443),
            TokenType::Emaid => Some(OcppIdTokenType::EMaid),
            TokenType::AppUser => Some(OcppIdTokenType::Central),
            TokenType::AdHocUser => Some(OcppIdTokenType::Local),
            TokenType::Other | TokenType::Unlisted(_) => None,
        }
    }
}
