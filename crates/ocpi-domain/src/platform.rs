//! The other side's software, and what we know of it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::credentials::{CredentialsUse, Role};
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
