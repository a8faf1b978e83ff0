//! Charging sessions, as far as an authorization needs them; the rest is kept as it came.
//!
//! Spec: 2.3.0 `mod_sessions`.

mod cdr_token;
mod object;
mod phase;

use std::fmt;

use crate::enums::closed_enum;
use crate::party::Party;
use crate::text::identifier;

pub use cdr_token::CdrToken;
pub use object::Session;
pub use phase::{PENDING_COUNTS_MS, SessionPhase};

identifier!(
    /// The id of a session within its CPO: 1 to 36 characters.
    SessionId,
    36
);

closed_enum!(
    /// How a session was authorized.
    ///
    /// Spec: 2.3.0 `mod_cdrs`, `AuthMethod`.
    AuthMethod {
        /// By a real-time authorization.
        AuthRequest = "AUTH_REQUEST",
        /// By a command of the eMSP, as `StartSession`.
        Command = "COMMAND",
        /// By the CPO's own copy of the Token.
        Whitelist = "WHITELIST",
    }
);

closed_enum!(
    /// Where a session stands.
    ///
    /// Spec: 2.3.0 `mod_sessions`, `SessionStatus`.
    SessionStatus {
        /// Accepted and active.
        Active = "ACTIVE",
        /// Ended.
        Completed = "COMPLETED",
        /// Started wrongly; nothing will be billed.
        Invalid = "INVALID",
        /// Not started yet.
        Pending = "PENDING",
        /// A reservation, not a session yet.
        Reservation = "RESERVATION",
    }
);

impl SessionStatus {
    /// The status of that name. The specification's text says `RESERVED` where its table says
    /// `RESERVATION`; both are read, the latter is written.
    pub(crate) fn read(text: &str) -> Result<SessionStatus, crate::enums::InvalidValue> {
        match text {
            "RESERVED" => Ok(SessionStatus::Reservation),
            _ => text.parse(),
        }
    }
}

/// What identifies a session: its CPO, and its id there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey {
    /// The CPO.
    pub party: Party,
    /// The id within the CPO.
    pub id: SessionId,
}

/// `NL/ALF/SESS001`.
impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.party, self.id)
    }
}
