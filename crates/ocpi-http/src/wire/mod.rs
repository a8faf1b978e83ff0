//! What differs between the versions of OCPI.

use std::borrow::Cow;

use ocpi_app::{AuthorizationAnswer, LocationObject};
use ocpi_domain::json::RawObject;
use ocpi_domain::{
    ConnectorId, Credentials, DateTime, InvalidField, LocationReferences, OcpiVersion, Party, Role,
    Session, Token, TokenPatch, TokenType,
};

use crate::failure::Failure;

mod credentials;
pub(crate) mod ids;
mod location_references;
pub(crate) mod object;
mod price;
mod token_type;
mod v2_1_1;
mod v2_2_1;
mod v2_3_0;

pub(crate) use v2_1_1::V2_1_1;
pub(crate) use v2_2_1::V2_2_1;
pub(crate) use v2_3_0::V2_3_0;

/// The moment as `version` shows it: 2.1.1 has no fractions of a second.
pub(crate) fn shown_moment(version: OcpiVersion, moment: DateTime) -> DateTime {
    match version {
        OcpiVersion::V2_1_1 => cut_to_second(moment),
        OcpiVersion::V2_2_1 | OcpiVersion::V2_3_0 => moment,
    }
}

/// What is wrong, in the words of `version`.
pub(crate) fn shown_name(version: OcpiVersion, error: &InvalidField) -> Cow<'_, InvalidField> {
    match version {
        OcpiVersion::V2_1_1 => Cow::Owned(v2_1_1::shown_name(error)),
        OcpiVersion::V2_2_1 | OcpiVersion::V2_3_0 => Cow::Borrowed(error),
    }
}

/// The second that a moment is in.
fn cut_to_second(moment: DateTime) -> DateTime {
    moment.plus_ms(-moment.unix_ms().rem_euclid(1000))
}

/// What an answer to an authorize request holds that OCPI does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// The finer status.
    pub(crate) status: bool,
    /// The connectors of the place.
    pub(crate) connector_ids: bool,
}

/// The place of an authorize request, with what only an older version says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SentPlace {
    /// The place.
    pub(crate) place: LocationReferences,
    /// The connectors of 2.1.1, which mean nothing to a decision.
    pub(crate) connector_ids: Vec<ConnectorId>,
}

/// What of a question shows in its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// What the asker understands beside OCPI.
    pub(crate) dialect: Dialect,
    /// How many EVSEs the question named.
    pub(crate) evses: usize,
    /// The connectors that the question named.
    pub(crate) connector_ids: Vec<ConnectorId>,
}

/// How a version reads and writes the objects of the domain. What is read of one version and
/// written in another loses what the other cannot say, and nothing else.
pub(crate) trait WireVersion {
    /// Which version.
    const VERSION: OcpiVersion;

    /// The most characters of the id of a Location and of the uid of an EVSE.
    const ID_MAX: usize;

    /// The Token of an answer, as far as it was sent. `owner` is the party of the URL: 2.1.1 does
    /// not repeat it.
    fn read_token(body: &[u8], owner: Party) -> Result<TokenPatch, Failure>;

    /// The Token of a PUT or PATCH, as far as it was sent. What is to be kept here is held to more
    /// rules than an answer, which is better understood than refused.
    fn receive_token(body: &[u8], owner: Party) -> Result<TokenPatch, Failure> {
        Self::read_token(body, owner)
    }

    /// The `type` of a URL.
    fn read_token_type(text: &str) -> Result<TokenType, Failure>;

    /// Writes a Token.
    fn write_token(out: &mut Vec<u8>, token: &Token);

    /// The place of an authorize request; no body, `null` and `{}` name none.
    fn read_location_references(body: &[u8]) -> Result<Option<SentPlace>, Failure>;

    /// Writes the place of an authorize request.
    fn write_location_references(out: &mut Vec<u8>, place: &LocationReferences);

    /// Writes the answer to an authorize request.
    fn write_authorization_info(out: &mut Vec<u8>, answer: &AuthorizationAnswer, asked: &Asked);

    /// The session of a PUT or PATCH, as far as it was sent, in the members of 2.3.0. `owner` is
    /// the party of the URL.
    fn read_session(body: &[u8], owner: Party) -> Result<RawObject, Failure>;

    /// Writes a session.
    fn write_session(out: &mut Vec<u8>, session: &Session);

    /// The Location, EVSE or connector of a PUT or PATCH, as far as it was sent, in the members of
    /// 2.3.0. `owner` is the party of the URL, and `None` for what is only a part of a Location.
    fn read_location(body: &[u8], owner: Option<Party>) -> Result<RawObject, Failure>;

    /// Writes a Location, an EVSE or a connector.
    fn write_location(out: &mut Vec<u8>, object: &LocationObject);

    /// The credentials that a platform sends. `peer_role` is what it is where its version does not
    /// say it: a CPO or an eMSP.
    fn read_credentials(body: &[u8], peer_role: &Role) -> Result<Credentials, Failure>;

    /// Writes our credentials.
    fn write_credentials(out: &mut Vec<u8>, credentials: &Credentials);
}

#[cfg(test)]
mod tests;
