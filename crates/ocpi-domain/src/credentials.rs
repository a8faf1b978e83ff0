//! Who we are to each other: credentials, roles, versions and endpoints.
//!
//! Spec: 2.3.0 credentials and `version_information_endpoint`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::enums::{closed_enum, open_enum};
use crate::party::{CountryCode, PartyId};
use crate::text::OcpiString;

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
    pub url: String,
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
    /// Where, at most 255 characters.
    pub url: String,
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
