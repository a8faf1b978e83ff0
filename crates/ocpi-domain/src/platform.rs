//! The other side's software, and what we know of it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::credentials::{CredentialsUse, Role};
use crate::enums::closed_enum;
use crate::party::Party;

/// Our name for a platform: 1 to 64 of `a-z`, `A-Z`, `0-9`, `-`, `_` and `.`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlatformId(Arc<str>);

/// A text that is no [`PlatformId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 letters, digits, `-`, `_` or `.`")]
pub struct InvalidPlatformId;

impl PlatformId {
    /// Checks and keeps `text`.
    ///
    /// # Errors
    ///
    /// [`InvalidPlatformId`] for another length or other characters: the id stands in URLs,
    /// metrics and logs.
    pub fn new(text: &str) -> Result<PlatformId, InvalidPlatformId> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if (1..=64).contains(&text.len()) && text.bytes().all(legal) {
            Ok(PlatformId(text.into()))
        } else {
            Err(InvalidPlatformId)
        }
    }

    /// What stands in records of answers to charge points for the platform that asked: no platform
    /// has this id.
    pub fn of_charge_points() -> PlatformId {
        PlatformId("charge-point".into())
    }

    /// What stands for the platform at the place of a slot that a charge point of `cpo` holds, for
    /// an EVSE has its uid within its CPO only. No platform has this id.
    pub fn of_charge_points_of(cpo: Party) -> PlatformId {
        let of = format!("{}.{}", cpo.country_code, cpo.party_id);
        // A party is the same in whatever case.
        PlatformId(format!("charge-point.{}", of.to_ascii_uppercase()).into())
    }

    /// Whether it stands for charge points of ours, so that no platform may have it.
    pub fn is_of_charge_points(&self) -> bool {
        let rest = self.0.strip_prefix("charge-point");
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlatformId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for PlatformId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for PlatformId {
    type Err = InvalidPlatformId;

    fn from_str(text: &str) -> Result<PlatformId, InvalidPlatformId> {
        PlatformId::new(text)
    }
}

impl Serialize for PlatformId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PlatformId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PlatformId, D::Error> {
        crate::parse::string(deserializer, "a string", PlatformId::new)
    }
}

/// A party in one of its roles.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PartyRole {
    /// The party.
    pub party: Party,
    /// What it does.
    pub role: Role,
}

/// The recorded quirks and switches of a platform. The default is a strict peer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Profile {
    /// Speak the tutorial's dialect: a Token without `contract_id` is completed, and answers to
    /// authorize carry a `status`.
    pub tutorial: bool,
    /// Take a Token's missing `country_code` and `party_id` from the URL.
    pub fill_owner: bool,
    /// Refuse a request whose `OCPI-from` names no party of the platform.
    pub strict_from: bool,
    /// How the platform expects our credentials token to be encoded.
    pub auth_encoding: AuthEncoding,
    /// At a charge point, a valid Token of the platform with whitelist ALLOWED is accepted without
    /// asking.
    pub prefer_cache: bool,
    /// At a charge point, the platform is asked about cards that are not known here. Off unless
    /// the operator says so: it tells strangers where somebody charges.
    pub ask_unknown: bool,
    /// What becomes of a question at a charge point to which the platform gives no answer.
    pub no_answer: NoAnswer,
    /// How long a question to the platform may take, milliseconds; `None` as for all.
    pub authorize_timeout_ms: Option<u32>,
    /// How our Tokens get to the platform.
    pub push_tokens: PushTokens,
    /// Do not fetch the platform's Tokens by ourselves.
    pub no_pull: bool,
}

closed_enum!(
    /// What becomes of a question at a charge point to which the platform gives no answer.
    ///
    /// A Token that is not known here, or is not valid, is refused whatever this says.
    NoAnswer {
        /// What the Token's whitelist says for a CPO that is offline.
        ByWhitelist = "by_whitelist",
        /// The Token is accepted, with whitelist NEVER too: at the operator's own risk.
        Allow = "allow",
        /// The Token is refused, whatever its whitelist; but one that is ALWAYS allowed is never
        /// asked about.
        Deny = "deny",
    }
);

closed_enum!(
    /// How our Tokens get to a platform.
    PushTokens {
        /// Each that changed is put.
        Put = "put",
        /// Each that changed is patched, with all its members; put where the platform has none.
        Patch = "patch",
        /// They are not pushed: the platform fetches them.
        Off = "off",
    }
);

#[expect(
    clippy::derivable_impls,
    reason = "the macro that makes these enumerations has no place for the attribute"
)]
impl Default for NoAnswer {
    fn default() -> NoAnswer {
        NoAnswer::ByWhitelist
    }
}

#[expect(
    clippy::derivable_impls,
    reason = "the macro that makes these enumerations has no place for the attribute"
)]
impl Default for PushTokens {
    fn default() -> PushTokens {
        PushTokens::Put
    }
}

/// How a credentials token stands in an `Authorization` header that we send.
///
/// What we receive is always read both ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AuthEncoding {
    /// As the version says, the other way when refused.
    #[default]
    Auto,
    /// Base64, as 2.2.1 and 2.3.0 say.
    Base64,
    /// As it is, as 2.1.1 says.
    Raw,
}

/// The other side's software: it serves one or more parties over one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// Our name for it.
    pub id: PlatformId,
    /// The parties that it speaks for.
    pub roles: Vec<PartyRole>,
    /// Its quirks.
    pub profile: Profile,
    /// Its own party when it is a hub, which passes on for others.
    pub hub: Option<Party>,
    /// The only parties that it may speak for, when the operator says so.
    pub allowed_parties: Option<Vec<Party>>,
    /// Which of our parties it deals with over 2.1.1, where one connection is one party; `None` is
    /// the first that is hosted in the role that it needs.
    pub our_party: Option<Party>,
}

impl Platform {
    /// A platform without parties, with nothing set.
    pub fn new(id: PlatformId) -> Platform {
        Platform {
            id,
            roles: Vec::new(),
            profile: Profile::default(),
            hub: None,
            allowed_parties: None,
            our_party: None,
        }
    }

    /// Whether the operator lets it speak for `party`.
    pub fn may_hold(&self, party: Party) -> bool {
        let allowed = self.allowed_parties.as_ref();
        allowed.is_none_or(|allowed| allowed.contains(&party))
    }

    /// Whether it passes on for parties that it does not list, as a hub of 2.2.1 does.
    pub fn is_open_hub(&self) -> bool {
        self.hub.is_some() && self.roles.is_empty()
    }

    /// Whether the platform speaks for `party` in `role`.
    pub fn holds(&self, party: Party, role: &Role) -> bool {
        self.roles
            .iter()
            .any(|held| held.party == party && held.role == *role)
    }

    /// The parties that the platform speaks for in `role`.
    pub fn parties(&self, role: &Role) -> impl Iterator<Item = Party> {
        self.roles
            .iter()
            .filter(move |held| held.role == *role)
            .map(|held| held.party)
    }
}

/// A platform that proved who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The platform.
    pub platform: Arc<Platform>,
    /// What the token that it presented is good for.
    pub credentials: CredentialsUse,
}
