//! OCPI 2.3.0: the domain's own JSON.

pub(super) mod authorization_info;
pub(super) mod location;
pub(super) mod session;
pub(super) mod token;

use ocpi_app::{AuthorizationAnswer, LocationObject};
use ocpi_domain::json::RawObject;
use ocpi_domain::{
    Credentials, LocationReferences, OcpiVersion, Party, Role, Session, Token, TokenPatch,
    TokenType,
};
use serde::de::IgnoredAny;

use super::{Asked, SentPlace, WireVersion, credentials, ids, location_references};
use crate::failure::Failure;
use crate::json;

/// OCPI 2.3.0.
pub(crate) struct V2_3_0;

impl WireVersion for V2_3_0 {
    const VERSION: OcpiVersion = OcpiVersion::V2_3_0;
    const ID_MAX: usize = ids::MAX;

    fn read_token(body: &[u8], _: Party) -> Result<TokenPatch, Failure> {
        json::read(body)
    }

    fn read_token_type(text: &str) -> Result<TokenType, Failure> {
        text.parse()
            .map_err(|error| Failure::Invalid(format!("`type`: {error}")))
    }

    fn read_location_references(body: &[u8]) -> Result<Option<SentPlace>, Failure> {
        location_references::read::<IgnoredAny>(body, Self::ID_MAX)
    }

    fn write_location_references(out: &mut Vec<u8>, place: &LocationReferences) {
        location_references::write_short(out, place, None);
    }

    fn write_token(out: &mut Vec<u8>, token: &Token) {
        token::write(out, token);
    }

    fn write_authorization_info(out: &mut Vec<u8>, answer: &AuthorizationAnswer, asked: &Asked) {
        authorization_info::write(out, answer, asked.dialect, token::write);
    }

    fn read_session(body: &[u8], _: Party) -> Result<RawObject, Failure> {
        session::read(body)
    }

    fn write_session(out: &mut Vec<u8>, session: &Session) {
        session::write(out, session);
    }

    fn read_location(body: &[u8], _: Option<Party>) -> Result<RawObject, Failure> {
        location::read(body)
    }

    fn write_location(out: &mut Vec<u8>, object: &LocationObject) {
        location::write(out, object);
    }

    fn read_credentials(body: &[u8], _: &Role) -> Result<Credentials, Failure> {
        credentials::read(body, true)
    }

    fn write_credentials(out: &mut Vec<u8>, credentials: &Credentials) {
        credentials::write(out, credentials);
    }
}
