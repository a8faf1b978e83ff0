//! The Token in a session.

use crate::error::InvalidField;
use crate::json::RawObject;
use crate::party::{CountryCode, Party, PartyId};
use crate::text::CiString;
use crate::token::TokenType;

/// The Token that a session was started with, as far as it says which one that is.
///
/// Spec: 2.3.0 `mod_cdrs`, `CdrToken`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CdrToken {
    /// The eMSP that owns the Token. Platforms of 2.2 do not say it.
    pub party: Option<Party>,
    /// The uid, at most 36 characters; `#NA` when the CPO does not know it.
    pub uid: CiString<36>,
    /// The kind of Token.
    pub token_type: TokenType,
}

impl CdrToken {
    /// Reads it out of the member `cdr_token` of a session.
    pub(super) fn of(session: &RawObject) -> Result<Option<CdrToken>, InvalidField> {
        const NAME: &str = "cdr_token";
        let Some(members) = session.read::<RawObject>(NAME)? else {
            return Ok(None);
        };
        let within = |error: InvalidField| {
            let fields: Vec<String> = error
                .field
                .split(", ")
                .map(|field| format!("{NAME}.{field}"))
                .collect();
            InvalidField::new(fields.join(", "), error.reason)
        };
        members.require_all(&["uid", "type"]).map_err(within)?;
        let country_code: Option<CountryCode> = members.read("country_code").map_err(within)?;
        let party_id: Option<PartyId> = members.read("party_id").map_err(within)?;
        let party = country_code.zip(party_id);
        Ok(Some(CdrToken {
            party: party.map(|(country_code, party_id)| Party {
                country_code,
                party_id,
            }),
            uid: members.require("uid").map_err(within)?,
            token_type: members.require("type").map_err(within)?,
        }))
    }
}
