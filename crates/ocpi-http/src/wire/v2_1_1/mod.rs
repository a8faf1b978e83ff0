//! OCPI 2.1.1: one party a connection, and other names and shapes for much of it.

mod authorization_info;
mod credentials;
mod location;
mod names;
mod session;
mod token;

use ocpi_app::{AuthorizationAnswer, LocationObject};
use ocpi_domain::json::RawObject;
use ocpi_domain::{
    ConnectorId, Credentials, LocationReferences, OcpiVersion, Party, Role, Session, Token,
    TokenPatch, TokenType,
};

use super::{Asked, SentPlace, WireVersion};
use super::{ids, location_references, token_type};
use crate::failure::Failure;

pub(super) use names::shown_name;

/// OCPI 2.1.1.
pub(crate) struct V2_1_1;

impl WireVersion for V2_1_1 {
    const VERSION: OcpiVersion = OcpiVersion::V2_1_1;
    const ID_MAX: usize = ids::MAX_OF_2_1_1;

    fn read_token(body: &[u8], owner: Party) -> Result<TokenPatch, Failure> {
        token::read(body, owner)
    }

    fn receive_token(body: &[u8], owner: Party) -> Result<TokenPatch, Failure> {
        token::receive(body, owner)
    }

    fn read_token_type(text: &str) -> Result<TokenType, Failure> {
        token_type::read_listed(text)
    }

    fn write_token(out: &mut Vec<u8>, token: &Token) {
        token::write(out, token);
    }

    fn read_location_references(body: &[u8]) -> Result<Option<SentPlace>, Failure> {
        location_references::read::<Vec<ConnectorId>>(body, Self::ID_MAX)
    }

    fn write_location_references(out: &mut Vec<u8>, place: &LocationReferences) {
        location_references::write(out, &place.location_id, &place.evse_uids, None);
    }

    fn write_authorization_info(out: &mut Vec<u8>, answer: &AuthorizationAnswer, asked: &Asked) {
        authorization_info::write(out, answer, asked);
    }

    fn read_session(body: &[u8], owner: Party) -> Result<RawObject, Failure> {
        session::read(body, owner)
    }

    fn write_session(out: &mut Vec<u8>, session: &Session) {
        session::write(out, session);
    }

    fn read_location(body: &[u8], owner: Option<Party>) -> Result<RawObject, Failure> {
        location::read(body, owner)
    }

    fn write_location(out: &mut Vec<u8>, object: &LocationObject) {
        location::write(out, object);
    }

    fn read_credentials(body: &[u8], peer_role: &Role) -> Result<Credentials, Failure> {
        credentials::read(body, peer_role)
    }

    fn write_credentials(out: &mut Vec<u8>, credentials: &Credentials) {
        credentials::write(out, credentials);
    }
}

/// Makes an object one of that party: the URL says whose it is, and 2.1.1 does not repeat it.
fn set_owner(members: &mut RawObject, owner: Party) {
    members.set_text("country_code", owner.country_code.as_str());
    members.set_text("party_id", owner.party_id.as_str());
}
