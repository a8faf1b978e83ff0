//! Who we are to each other: credentials, roles, versions and endpoints.
//!
//! Spec: 2.3.0 credentials and `version_information_endpoint`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::enums::{closed_enum, open_enum};
use crate::json::RawObject;
use crate::party::{CountryCode, Party, PartyId};
use crate::text::OcpiString;
use crate::time::DateTime;
use crate::url::OcpiUrl;

open_enum!(
    /// What a party does.
    ///
    /// Spec: 2.3.0 types, Role. `HUB` of 2.2.1 is read as an unlisted value.
    Role {
        /// Operates charge points.
        Cpo = "CPO",
        /// Serves drivers.
        Emsp = "EMSP",
        /// National access point.
        Nap = "NAP",
        /// Navigation provider.
        Nsp = "NSP",
        /// Another role.
        Other = "OTHER",
        /// Smart charging provider.
        Scsp = "SCSP",
    }
);

closed_enum!(
    /// Which end of a module's interface an endpoint is.
    ///
    /// Spec: 2.3.0 `version_information_endpoint`, `InterfaceRole`.
    InterfaceRole {
        /// Owns the data and sends it.
        Sender = "SENDER",
        /// Receives it.
        Receiver = "RECEIVER",
    }
);

open_enum!(
    /// A module of OCPI.
    ///
    /// Spec: 2.3.0 `version_information_endpoint`, `ModuleID`.
    ModuleId {
        Cdrs = "cdrs",
        ChargingProfiles = "chargingprofiles",
        Commands = "commands",
        Credentials = "credentials",
        HubClientInfo = "hubclientinfo",
        InvoiceReconciliation = "invoicereconciliation",
        Locations = "locations",
        Sessions = "sessions",
        Tariffs = "tariffs",
        Tokens = "tokens",
    }
);

open_enum!(
    /// A version of OCPI.
    ///
    /// Spec: 2.3.0 `version_information_endpoint`, `VersionNumber`.
    VersionNumber {
        V2_0 = "2.0",
        V2_1 = "2.1",
        /// Called 2.1.1-d2 in its last edition.
        V2_1_1 = "2.1.1",
        /// Replaced by 2.2.1.
        V2_2 = "2.2",
        V2_2_1 = "2.2.1",
        V2_3_0 = "2.3.0",
    }
);

/// A version that a platform offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Which.
    pub version: VersionNumber,
    /// Where its details are.
    pub url: OcpiUrl,
}

/// What a platform offers in one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionDetails {
    /// Which version.
    pub version: VersionNumber,
    /// Its endpoints, for all roles together.
    pub endpoints: Vec<Endpoint>,
}

/// Where a module is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The module.
    pub identifier: ModuleId,
    /// Which end of its interface.
    pub role: InterfaceRole,
    /// Where.
    pub url: OcpiUrl,
}

/// A secret of the other side's `Authorization` header: 1 to 64 of U+0021..=U+007E.
///
/// It prints as `CredentialsToken(..)` and has no way into a log but [`expose`].
///
/// Spec: 2.3.0 credentials, field `token`.
///
/// [`expose`]: CredentialsToken::expose
#[derive(Clone)]
pub struct CredentialsToken(Box<str>);

/// A text that is no [`CredentialsToken`]; it does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 characters of U+0021 to U+007E")]
pub struct InvalidCredentialsToken;

impl CredentialsToken {
    /// Checks and keeps `text`.
    ///
    /// # Errors
    ///
    /// [`InvalidCredentialsToken`] for another length or other characters.
    pub fn new(text: &str) -> Result<CredentialsToken, InvalidCredentialsToken> {
        if (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(CredentialsToken(text.into()))
        } else {
            Err(InvalidCredentialsToken)
        }
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CredentialsToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialsToken(..)")
    }
}

/// Who a party is to the public.
///
/// Spec: 2.3.0 `mod_locations`, `BusinessDetails`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusinessDetails {
    /// The name, at most 100 characters.
    pub name: OcpiString<100>,
    /// Its web site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<OcpiString<255>>,
    /// Its logo, an `Image` that is kept as it came. What is no object is left out: nobody is
    /// refused for a picture.
    #[serde(
        default,
        deserialize_with = "object_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub logo: Option<RawObject>,
}

/// The object; `None` for any other value.
fn object_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Option<RawObject>, D::Error> {
    let value = Box::<RawValue>::deserialize(from)?;
    Ok(serde_json::from_str(value.get()).ok())
}

/// A party in a role, as it presents itself.
///
/// Spec: 2.3.0 credentials, `CredentialsRole`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialsRole {
    /// What the party does.
    pub role: Role,
    /// Who it is to the public.
    pub business_details: BusinessDetails,
    /// Its id within its country.
    pub party_id: PartyId,
    /// Its country.
    pub country_code: CountryCode,
}

/// How one side proves itself to the other, where it is found, and for whom it speaks.
///
/// Versions write it differently, so it has no JSON of its own; and its token never gets into a
/// JSON by accident.
///
/// Spec: 2.3.0 credentials, Credentials object.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// What the receiver of this object is to present.
    pub token: CredentialsToken,
    /// The versions endpoint of its sender.
    pub url: OcpiUrl,
    /// The parties that the sender speaks for. Of a hub of 2.2.1 it may be empty.
    pub roles: Vec<CredentialsRole>,
    /// The sender's own party when it is a hub, which passes on for others.
    pub hub: Option<Party>,
}

/// What a credentials token that is presented to us is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialsUse {
    /// To register with, once: token A of the specification.
    Registration {
        /// The first moment at which it is good for nothing.
        until: DateTime,
    },
    /// Offered in a handshake that we began and that is not over: its receiver looks at our
    /// versions with it, before it answers.
    Offered {
        /// The first moment at which it is good for nothing, should the handshake never end.
        until: DateTime,
        /// Whether it is to replace one that is live: then it is as good as that one, for its
        /// receiver may use it before its answer has reached us.
        replaces: bool,
    },
    /// For everything: the token of the connection.
    Live,
    /// For everything, until its successor is used for the first time, and no longer than this:
    /// it was replaced.
    Former {
        /// The first moment at which it is good for nothing.
        until: DateTime,
    },
}

impl CredentialsUse {
    /// Whether it is good for anything at that moment.
    pub fn is_good_at(self, now: DateTime) -> bool {
        match self {
            CredentialsUse::Live => true,
            CredentialsUse::Registration { until }
            | CredentialsUse::Offered { until, .. }
            | CredentialsUse::Former { until } => now < until,
        }
    }

    /// Whether it opens the modules beside versions and credentials.
    pub fn opens_modules(self) -> bool {
        match self {
            CredentialsUse::Live | CredentialsUse::Former { .. } => true,
            CredentialsUse::Offered { replaces, .. } => replaces,
            CredentialsUse::Registration { .. } => false,
        }
    }
}
