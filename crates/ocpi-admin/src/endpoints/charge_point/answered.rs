//! The answer as it is shown.

use ocpi_app::{ChargePointAnswer, ChargedToken};
use ocpi_domain::authorization::ocpp::{Ocpp16Status, Ocpp201Status, OcppIdTokenType};
use ocpi_domain::{
    AllowedType, AuthMethod, AuthorizationReference, CiString, CountryCode, DecisionSource,
    DisplayText, PartyId, PlatformId, TokenType, TokenUid,
};
use serde::Serialize;

/// The answer. Every member is always there.
#[derive(Serialize)]
pub(super) struct Answered<'a> {
    allowed: AllowedType,
    source: DecisionSource,
    reason: &'a str,
    ocpp_1_6: Ocpp16<'a>,
    ocpp_2_0_1: Ocpp201<'a>,
    info: Option<&'a DisplayText>,
    token: Option<Token<'a>>,
    reference: &'a AuthorizationReference,
    authorization_reference: Option<&'a AuthorizationReference>,
    auth_method: Option<&'a AuthMethod>,
    decided_by: Option<&'a PlatformId>,
    elapsed_ms: f64,
}

/// What a charge point of OCPP 1.6 is told.
#[derive(Serialize)]
struct Ocpp16<'a> {
    authorize: Ocpp16Status,
    start_transaction: Ocpp16Status,
    parent_id_tag: Option<&'a str>,
}

/// What a charge point of OCPP 2.0.1 is told.
#[derive(Serialize)]
struct Ocpp201<'a> {
    status: Ocpp201Status,
    id_token_type: Option<OcppIdTokenType>,
    group_id_token: Option<&'a str>,
}

/// The Token as Sessions and CDRs name it.
#[derive(Serialize)]
struct Token<'a> {
    country_code: CountryCode,
    party_id: PartyId,
    uid: &'a TokenUid,
    #[serde(rename = "type")]
    token_type: &'a TokenType,
    contract_id: &'a CiString<36>,
    group_id: Option<&'a CiString<36>>,
}

impl<'a> From<&'a ChargedToken> for Token<'a> {
    fn from(token: &'a ChargedToken) -> Token<'a> {
        Token {
            country_code: token.party.country_code,
            party_id: token.party.party_id,
            uid: &token.uid,
            token_type: &token.token_type,
            contract_id: &token.contract_id,
            group_id: token.group_id.as_ref(),
        }
    }
}

impl<'a> From<&'a ChargePointAnswer> for Answered<'a> {
    fn from(given: &'a ChargePointAnswer) -> Answered<'a> {
        let token = given.token.as_ref();
        let group = token.and_then(|token| token.group_id.as_ref());
        Answered {
            allowed: given.allowed,
            source: given.source,
            reason: &given.reason,
            ocpp_1_6: Ocpp16 {
                authorize: given.ocpp_1_6_authorize,
                start_transaction: given.ocpp_1_6_start,
                parent_id_tag: token.and_then(|token| token.parent_id_tag.as_deref()),
            },
            ocpp_2_0_1: Ocpp201 {
                status: given.ocpp_2_0_1,
                id_token_type: token.and_then(|token| token.ocpp_2_0_1_type),
                // An empty one names no group, and joins nobody.
                group_id_token: group.filter(|it| it.is_identity()).map(CiString::as_str),
            },
            info: given.info.as_ref(),
            token: token.map(Into::into),
            reference: &given.reference,
            authorization_reference: given.authorization_reference.as_ref(),
            auth_method: given.auth_method.as_ref(),
            decided_by: given.decided_by.as_ref(),
            elapsed_ms: f64::from(u32::try_from(given.elapsed_us).unwrap_or(u32::MAX)) / 1000.0,
        }
    }
}
