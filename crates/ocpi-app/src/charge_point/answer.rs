//! The answer.

use ocpi_domain::authorization::ocpp::{Ocpp16Status, Ocpp201Status, OcppIdTokenType};
use ocpi_domain::{
    AllowedType, AuthMethod, AuthorizationReference, CiString, DecisionSource, DisplayText, Party,
    PlatformId, TokenType, TokenUid,
};
use ocpi_ports::StorageError;

/// The answer to a charge point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargePointAnswer {
    /// The name of this answer, by which its record is found and a stop may name the start.
    pub reference: AuthorizationReference,
    /// Whether the driver may do what he wants: `ALLOWED`, or why not. `NOT_ALLOWED` stands for every
    /// refusal that no eMSP gave and no copy says.
    pub allowed: AllowedType,
    /// For a charge point of OCPP 1.6, in the answer to `Authorize.req`.
    pub ocpp_1_6_authorize: Ocpp16Status,
    /// The same, in the answer to `StartTransaction.req`.
    pub ocpp_1_6_start: Ocpp16Status,
    /// For a charge point of OCPP 2.0.1.
    pub ocpp_2_0_1: Ocpp201Status,
    /// What decided.
    pub source: DecisionSource,
    /// Why, in words that an operator can act on.
    pub reason: String,
    /// The eMSP's word to the driver.
    pub info: Option<DisplayText>,
    /// The Token, when it is known.
    pub token: Option<ChargedToken>,
    /// The eMSP's name of its answer, for the Session and the CDR.
    pub authorization_reference: Option<AuthorizationReference>,
    /// How the Session is authorized; `None` when it is not.
    pub auth_method: Option<AuthMethod>,
    /// The platform whose answer or copy decided; `None` when none did.
    pub decided_by: Option<PlatformId>,
    /// From the question to the answer, microseconds.
    pub elapsed_us: u64,
}

/// The Token of an answer, as Sessions and CDRs name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargedToken {
    /// Its eMSP.
    pub party: Party,
    /// Its uid.
    pub uid: TokenUid,
    /// Its type.
    pub token_type: TokenType,
    /// Its contract.
    pub contract_id: CiString<36>,
    /// Its group: `groupIdToken` of OCPP 2.0.1.
    pub group_id: Option<CiString<36>>,
    /// `parentIdTag` of OCPP 1.6: the group, when it has 20 characters at most.
    pub parent_id_tag: Option<String>,
    /// Its type in OCPP 2.0.1.
    pub ocpp_2_0_1_type: Option<OcppIdTokenType>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ChargePointError {
    /// The CPO is not hosted here.
    #[error("{0} is not hosted here as CPO")]
    UnknownCpo(Party),
    /// Several CPOs are hosted here, and none is named.
    #[error("name the CPO: several are hosted here")]
    CpoNeeded,
    /// No CPO is hosted here.
    #[error("no CPO is hosted here: it is for CPOs to ask")]
    NoCpo,
    /// The answer that the session is said to have begun with is not known, or was no start that was
    /// allowed.
    #[error("{0} is no start that was allowed here: name the Token of the session instead")]
    UnknownStart(AuthorizationReference),
    /// A command cannot be of a later time than now.
    #[error("commanded_at is in the future")]
    CommandOfFuture,
    /// There was no answer within the budget: the store hangs.
    #[error("there is no answer in time: the store does not answer")]
    TimedOut,
    /// The store failed: there is no record, so there is no answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
