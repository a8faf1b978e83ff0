//! The versions of OCPI that are spoken here.

use std::fmt;

use crate::credentials::VersionNumber;
use crate::token::TokenType;

/// A version of OCPI that is spoken here, the older first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OcpiVersion {
    /// 2.1.1, called 2.1.1-d2 in its last edition.
    V2_1_1,
    /// 2.2.1.
    V2_2_1,
    /// 2.3.0.
    V2_3_0,
}

impl OcpiVersion {
    /// Every version, the newest first.
    pub const ALL: [OcpiVersion; 3] = [
        OcpiVersion::V2_3_0,
        OcpiVersion::V2_2_1,
        OcpiVersion::V2_1_1,
    ];

    /// The version of that number, when it is spoken here.
    pub fn of(number: &VersionNumber) -> Option<OcpiVersion> {
        OcpiVersion::ALL
            .into_iter()
            .find(|version| version.number() == *number)
    }

    /// The number, as URLs have it.
    pub fn as_str(self) -> &'static str {
        match self {
            OcpiVersion::V2_1_1 => "2.1.1",
            OcpiVersion::V2_2_1 => "2.2.1",
            OcpiVersion::V2_3_0 => "2.3.0",
        }
    }

    /// The number, as objects have it.
    pub fn number(self) -> VersionNumber {
        match self {
            OcpiVersion::V2_1_1 => VersionNumber::V2_1_1,
            OcpiVersion::V2_2_1 => VersionNumber::V2_2_1,
            OcpiVersion::V2_3_0 => VersionNumber::V2_3_0,
        }
    }

    /// The type under which this version names a Token of `token_type`: what it does not list is
    /// `OTHER`.
    ///
    /// Spec: 2.1.1 and 2.2.1 `mod_tokens`, `TokenType`.
    pub fn shown_type(self, token_type: &TokenType) -> TokenType {
        let is_listed = match self {
            OcpiVersion::V2_1_1 => matches!(token_type, TokenType::Rfid | TokenType::Other),
            OcpiVersion::V2_2_1 => matches!(
                token_type,
                TokenType::Rfid | TokenType::Other | TokenType::AdHocUser | TokenType::AppUser
            ),
            OcpiVersion::V2_3_0 => true,
        };
        if is_listed {
            token_type.clone()
        } else {
            TokenType::Other
        }
    }
}

impl fmt::Display for OcpiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
