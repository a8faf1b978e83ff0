//! OCPI 2.3.0: the domain's own JSON.

mod authorization_info;
mod location;
mod location_references;
mod session;
mod token;

use ocpi_app::{AuthorizationAnswer, LocationObject};
use ocpi_domain::json::RawObject;
use ocpi_domain::{LocationReferences, Session, Token, TokenPatch, TokenType};

use super::{Dialect, WireVersion};
use crate::failure::Failure;
use crate::json;

/// OCPI 2.3.0.
pub(crate) struct V2_3_0;

impl WireVersion for V2_3_0 {
    fn read_token(body: &[u8]) -> Result<TokenPatch, Failure> {
        json::read(body)
    }

    fn read_token_type(text: &str) -> Result<TokenType, Failure> {
        text.parse()
            .map_err(|error| Failure::Invalid(format!("`type`: {error}")))
    }

    fn read_location_references(body: &[u8]) -> Result<Option<LocationReferences>, Failure> {
        location_references::read(body)
    }

    fn write_token(out: &mut Vec<u8>, token: &Token) {
        token::write(out, token);
    }

    fn write_authorization_info(out: &mut Vec<u8>, answer: &AuthorizationAnswer, dialect: Dialect) {
        authorization_info::write(out, answer, dialect);
    }

    fn read_session(body: &[u8]) -> Result<RawObject, Failure> {
        json::read(body)
    }

    fn write_session(out: &mut Vec<u8>, session: &Session) {
        session::write(out, session);
    }

    fn read_location(body: &[u8]) -> Result<RawObject, Failure> {
        json::read(body)
    }

    fn write_location(out: &mut Vec<u8>, object: &LocationObject) {
        location::write(out, object);
    }
}
