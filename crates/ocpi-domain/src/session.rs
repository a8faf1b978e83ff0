//! Charging sessions, as far as an authorization needs them.

use crate::enums::closed_enum;

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
