//! What differs between the versions of OCPI.

use ocpi_app::{AuthorizationAnswer, LocationObject};
use ocpi_domain::json::RawObject;
use ocpi_domain::{LocationReferences, Session, Token, TokenPatch, TokenType, VersionNumber};

use crate::failure::Failure;

pub(crate) mod object;
mod v2_3_0;

pub(crate) use v2_3_0::V2_3_0;

/// A version that is served here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OcpiVersion {
    V2_3_0,
}

impl OcpiVersion {
    /// Every version that is served, the newest first.
    pub(crate) const ALL: [OcpiVersion; 1] = [OcpiVersion::V2_3_0];

    /// The version as URLs name it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            OcpiVersion::V2_3_0 => "2.3.0",
        }
    }

    /// The version as objects name it.
    pub(crate) fn number(self) -> VersionNumber {
        match self {
            OcpiVersion::V2_3_0 => VersionNumber::V2_3_0,
        }
    }
}

/// What an answer to an authorize request holds that OCPI does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// The finer status.
    pub(crate) status: bool,
    /// The connectors of the place.
    pub(crate) connector_ids: bool,
}

/// How a version reads and writes the objects of the domain.
pub(crate) trait WireVersion {
    /// The Token of a PUT or PATCH, as far as it was sent.
    fn read_token(body: &[u8]) -> Result<TokenPatch, Failure>;

    /// The `type` of a URL.
    fn read_token_type(text: &str) -> Result<TokenType, Failure>;

    /// The place of an authorize request; no body, `null` and `{}` name none.
    fn read_location_references(body: &[u8]) -> Result<Option<LocationReferences>, Failure>;

    /// Writes a Token.
    fn write_token(out: &mut Vec<u8>, token: &Token);

    /// Writes the answer to an authorize request, in the tutorial's dialect or in plain OCPI.
    fn write_authorization_info(out: &mut Vec<u8>, answer: &AuthorizationAnswer, dialect: Dialect);

    /// The session of a PUT or PATCH, as far as it was sent.
    fn read_session(body: &[u8]) -> Result<RawObject, Failure>;

    /// Writes a session.
    fn write_session(out: &mut Vec<u8>, session: &Session);

    /// The Location, EVSE or connector of a PUT or PATCH, as far as it was sent.
    fn read_location(body: &[u8]) -> Result<RawObject, Failure>;

    /// Writes a Location, an EVSE or a connector.
    fn write_location(out: &mut Vec<u8>, object: &LocationObject);
}
