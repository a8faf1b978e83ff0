//! The Token: what a driver shows to charge, an RFID card or an app user.
//!
//! Spec: 2.3.0 `mod_tokens`.

mod fields;
mod patch;
mod stored;
mod unknown_fields;

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::display_text::LanguageCode;
use crate::enums::{closed_enum, open_enum};
use crate::party::Party;
use crate::text::{CiString, OcpiString, identifier};
use crate::time::DateTime;

pub use patch::TokenPatch;
pub use stored::{Revision, StoredToken, TokenMarks};
pub use unknown_fields::UnknownFields;

identifier!(
    /// The uid that a reader sees, for RFID the hidden id of the chip: 1 to 36 characters.
    ///
    /// Unique within one party and one [`TokenType`] only; see [`TokenKey`].
    TokenUid,
    36
);

impl TokenUid {
    /// Whether both name one EMAID: equal when case and the separators `-` and `*` are left out.
    pub fn is_same_emaid(&self, other: &TokenUid) -> bool {
        self.emaid_bytes().eq(other.emaid_bytes())
    }

    /// The characters that count for an EMAID: upper case, without the separators `-` and `*`.
    pub fn emaid_bytes(&self) -> impl Iterator<Item = u8> {
        let bytes = self.as_str().bytes();
        bytes
            .filter(|byte| !matches!(byte, b'-' | b'*'))
            .map(|byte| byte.to_ascii_uppercase())
    }
}

open_enum!(
    /// What kind of thing a Token is.
    ///
    /// Spec: 2.3.0 `mod_tokens`, `TokenType`.
    TokenType {
        /// A one-time use token of a server, for a driver without contract.
        AdHocUser = "AD_HOC_USER",
        /// A user of an app.
        AppUser = "APP_USER",
        /// A contract id of Plug & Charge.
        Emaid = "EMAID",
        /// Another kind.
        Other = "OTHER",
        /// An RFID card.
        Rfid = "RFID",
    }
);

closed_enum!(
    /// When a CPO may, or must, let the eMSP decide in real time.
    ///
    /// Spec: 2.3.0 `mod_tokens`, `WhitelistType`.
    WhitelistType {
        /// Always allowed, without asking.
        Always = "ALWAYS",
        /// The CPO may choose to ask or not.
        Allowed = "ALLOWED",
        /// The CPO asks, and allows only when the eMSP cannot be reached.
        AllowedOffline = "ALLOWED_OFFLINE",
        /// The CPO must ask, and refuses when the eMSP cannot be reached.
        Never = "NEVER",
    }
);

closed_enum!(
    /// The driver's preference for smart charging.
    ///
    /// Spec: 2.3.0 `mod_sessions`, `ProfileType`.
    ProfileType {
        Cheap = "CHEAP",
        Fast = "FAST",
        Green = "GREEN",
        Regular = "REGULAR",
    }
);

/// The driver's own energy contract at the place of charging.
///
/// Spec: 2.3.0 `mod_tokens`, `EnergyContract`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnergyContract {
    /// The name of the energy supplier, at most 64 characters.
    pub supplier_name: OcpiString<64>,
    /// The contract's id at the supplier, at most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_id: Option<OcpiString<64>>,
}

/// A Token as OCPI 2.3.0 sends it; fields that OCPI does not know are kept and sent back.
///
/// Spec: 2.3.0 `mod_tokens`, Token object.
///
/// ```
/// let token: ocpi_domain::Token = serde_json::from_str(
///     r#"{"country_code":"DE","party_id":"TNM","uid":"012345678","type":"RFID",
///         "contract_id":"DE8ACC12E46L89","issuer":"TheNewMotion","valid":true,
///         "whitelist":"ALLOWED_OFFLINE","last_updated":"2015-06-29T22:39:09Z"}"#,
/// )?;
/// assert_eq!(token.party.to_string(), "DE/TNM");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The eMSP that owns the Token: `country_code` and `party_id`.
    pub party: Party,
    /// The uid that a reader sees.
    pub uid: TokenUid,
    /// The kind of Token: `type`.
    pub token_type: TokenType,
    /// The contract of the driver at the eMSP (eMA id), at most 36 characters.
    pub contract_id: CiString<36>,
    /// The number printed on the card, at most 64 characters.
    pub visual_number: Option<OcpiString<64>>,
    /// The company that issued it, mostly the name printed on the card, at most 64 characters.
    pub issuer: OcpiString<64>,
    /// Tokens of one group may stop each other's sessions; at most 36 characters.
    pub group_id: Option<CiString<36>>,
    /// Whether the Token is valid at all.
    pub valid: bool,
    /// When the CPO may decide without the eMSP.
    pub whitelist: WhitelistType,
    /// The language of the driver.
    pub language: Option<LanguageCode>,
    /// The driver's preference for smart charging.
    pub default_profile_type: Option<ProfileType>,
    /// The driver's energy contract. Boxed: few Tokens have one, and millions are kept.
    pub energy_contract: Option<Box<EnergyContract>>,
    /// When the Token changed last at its owner.
    pub last_updated: DateTime,
    /// Top-level fields that OCPI 2.3.0 does not name, as received.
    pub unknown: UnknownFields,
}

impl Token {
    /// What identifies this Token.
    pub fn key(&self) -> TokenKey {
        TokenKey {
            party: self.party,
            uid: self.uid.clone(),
            token_type: self.token_type.clone(),
        }
    }

    /// Whether both are the same to the letter. Equality is without case for ids; a Token whose
    /// ids changed their case is equal, but not identical.
    pub fn is_identical(&self, other: &Token) -> bool {
        let text = |token| serde_json::to_string(token).ok();
        self == other && text(self) == text(other)
    }

    /// Whether `key` identifies this Token.
    pub fn has_key(&self, key: &TokenKey) -> bool {
        self.party == key.party && self.uid == key.uid && self.token_type == key.token_type
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn optional<M: SerializeMap, T: Serialize>(
            map: &mut M,
            name: &str,
            value: Option<&T>,
        ) -> Result<(), M::Error> {
            value.map_or(Ok(()), |value| map.serialize_entry(name, value))
        }

        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("country_code", &self.party.country_code)?;
        map.serialize_entry("party_id", &self.party.party_id)?;
        map.serialize_entry("uid", &self.uid)?;
        map.serialize_entry("type", &self.token_type)?;
        map.serialize_entry("contract_id", &self.contract_id)?;
        optional(&mut map, "visual_number", self.visual_number.as_ref())?;
        map.serialize_entry("issuer", &self.issuer)?;
        optional(&mut map, "group_id", self.group_id.as_ref())?;
        map.serialize_entry("valid", &self.valid)?;
        map.serialize_entry("whitelist", &self.whitelist)?;
        optional(&mut map, "language", self.language.as_ref())?;
        optional(
            &mut map,
            "default_profile_type",
            self.default_profile_type.as_ref(),
        )?;
        optional(&mut map, "energy_contract", self.energy_contract.as_ref())?;
        map.serialize_entry("last_updated", &self.last_updated)?;
        self.unknown.serialize_into(&mut map)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Token, D::Error> {
        let fields = TokenPatch::deserialize(deserializer)?;
        Token::try_from(fields).map_err(serde::de::Error::custom)
    }
}

/// What identifies a Token: the uid alone is not unique.
///
/// Spec: 2.3.0 `mod_tokens`; the 2.2 change log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenKey {
    /// The eMSP that owns the Token.
    pub party: Party,
    /// The uid that a reader sees.
    pub uid: TokenUid,
    /// The kind of Token.
    pub token_type: TokenType,
}

/// `CH/ABC/TOKEN123 (RFID)`.
impl fmt::Display for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} ({})", self.party, self.uid, self.token_type)
    }
}
