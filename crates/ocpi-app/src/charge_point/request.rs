//! The question.

use ocpi_domain::{
    AuthorizationReference, CiString, DateTime, EvseUid, LocationId, Party, TokenType, TokenUid,
};

/// A question of a CPO's charge point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargePointRequest {
    /// The CPO, hosted here; `None` where only one is.
    pub cpo: Option<Party>,
    /// The uid, as the reader saw it.
    pub uid: TokenUid,
    /// The type; `None` when the charge point does not say it: then whatever is known of the uid,
    /// else an RFID card.
    pub token_type: Option<TokenType>,
    /// The Location.
    pub location_id: LocationId,
    /// The EVSE, when it is known.
    pub evse_uid: Option<EvseUid>,
    /// What the driver wants.
    pub wanted: Wanted,
}

/// What the driver wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// To start charging.
    Start {
        /// When the eMSP sent a `StartSession` or `ReserveNow` for this Token and this EVSE; `None`
        /// when it did not.
        commanded_at: Option<DateTime>,
    },
    /// To stop the session that was started so.
    Stop(StartedBy),
}

/// What a session was started by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartedBy {
    /// An answer that was given here: the `reference` of that answer.
    Answer(AuthorizationReference),
    /// A Token.
    Token {
        /// Its eMSP.
        party: Party,
        /// Its uid.
        uid: TokenUid,
        /// Its type.
        token_type: TokenType,
        /// The group that it belongs to; `None` takes that of our copy, if there is one.
        group_id: Option<CiString<36>>,
    },
}
