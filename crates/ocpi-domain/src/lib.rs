//! OCPI 2.3.0 Tokens and the rules of their authorization.
//!
//! The models read and write the JSON of the specification, with its limits built into the types:
//! a value that breaks a rule cannot be built. The rules are pure functions: [`decide`] answers
//! an eMSP's "may this Token charge here?", [`explain`] its "why?", [`whitelist_decision`] a CPO's
//! "may I decide alone?".
//!
//! What is deliberately absent: a clock, a store, a network, logging, and the JSON of other versions
//! of OCPI. The moment is an argument, and what is stored comes in as an [`AuthorizationSubject`].
//!
//! Start with [`Token`], [`decide`] and the example `authorize`.

pub mod account;
pub mod authorization;
pub mod charge_point;
mod code;
pub mod concurrency;
pub mod credentials;
pub mod display_text;
mod enums;
mod error;
pub mod json;
pub mod location;
pub mod page;
mod parse;
pub mod party;
pub mod platform;
pub mod record;
pub mod session;
mod stale;
pub mod text;
pub mod time;
pub mod token;
mod url;
mod uuid;
mod version;
pub mod whitelist;

pub use account::{AccountPlace, ConcurrencyScope, Credit, Currency, EvseUids, TokenAccount};
pub use authorization::{
    AllowedType, AuthorizationInfo, AuthorizationReference, AuthorizationRequest,
    AuthorizationStatus, AuthorizationSubject, Decision, Missing, Refusal, Rule, RuleOutcome,
    RuleStep, RuleTrail, decide, explain,
};
pub use charge_point::{
    COMMAND_COUNTS_MS, DecisionSource, Purpose, ShownToken, StartDecision, StartFacts,
    StopDecision, start_decision, stop_decision,
};
pub use code::InvalidCode;
pub use concurrency::{
    GroupKey, SessionSlot, Slot, SlotChange, SlotClaim, SlotHolder, SlotId, SlotLimit, SlotOutcome,
    SlotPlace, SlotTable, SlotUse,
};
pub use credentials::{
    BusinessDetails, Credentials, CredentialsRole, CredentialsToken, CredentialsUse, Endpoint,
    InterfaceRole, InvalidCredentialsToken, ModuleId, Role, Version, VersionDetails, VersionNumber,
};
pub use display_text::{DisplayText, LanguageCode};
pub use enums::{InvalidValue, UnlistedValue};
pub use error::InvalidField;
pub use location::{
    Connector, ConnectorId, Evse, EvseId, EvseStatus, EvseUid, KnownEvse, Location, LocationEvses,
    LocationId, LocationKey, LocationReferences,
};
pub use page::{Cursor, DateWindow, Page, PageRequest, PageStart};
pub use party::{CountryCode, Party, PartyId};
pub use platform::{
    AuthEncoding, Caller, NoAnswer, PartyRole, Platform, PlatformId, Profile, PushTokens,
};
pub use record::{AuthorizationRecord, ChargePointRecord, MessageId};
pub use session::{
    AuthMethod, CdrToken, Session, SessionId, SessionKey, SessionPhase, SessionStatus,
};
pub use stale::is_stale;
pub use text::{CiString, InvalidText, OcpiString};
pub use time::{DateTime, InvalidDateTime};
pub use token::{
    EnergyContract, ProfileType, Revision, StoredToken, Token, TokenKey, TokenMarks, TokenPatch,
    TokenType, TokenUid, UnknownFields, WhitelistType,
};
pub use url::{InvalidUrl, OcpiUrl};
pub use version::OcpiVersion;
pub use whitelist::{
    CachedToken, RealTime, SessionToken, WhitelistDecision, may_stop_session, whitelist_decision,
};
