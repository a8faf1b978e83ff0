//! Some fields of a Token: what a PATCH carries, and what a PUT carries until it is complete.

use super::{
    EnergyContract, ProfileType, Token, TokenType, TokenUid, UnknownFields, WhitelistType,
};
use crate::display_text::LanguageCode;
use crate::error::InvalidField;
use crate::party::{CountryCode, PartyId};
use crate::text::{CiString, OcpiString};
use crate::time::DateTime;

/// The fields of a [`Token`] that were sent; `None` is "not sent", and so is JSON's `null`.
///
/// `Token::try_from` makes a whole Token of it when every required field is there.
///
/// Spec: 2.3.0 `mod_tokens`, PATCH method.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each field is described at the Token's field of that name"
)]
pub struct TokenPatch {
    pub country_code: Option<CountryCode>,
    pub party_id: Option<PartyId>,
    pub uid: Option<TokenUid>,
    pub token_type: Option<TokenType>,
    pub contract_id: Option<CiString<36>>,
    pub visual_number: Option<OcpiString<64>>,
    pub issuer: Option<OcpiString<64>>,
    pub group_id: Option<CiString<36>>,
    pub valid: Option<bool>,
    pub whitelist: Option<WhitelistType>,
    pub language: Option<LanguageCode>,
    pub default_profile_type: Option<ProfileType>,
    pub energy_contract: Option<EnergyContract>,
    pub last_updated: Option<DateTime>,
    pub unknown: UnknownFields,
}

impl TokenPatch {
    /// The required fields of a Token that were not sent.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        [
            ("country_code", self.country_code.is_none()),
            ("party_id", self.party_id.is_none()),
            ("uid", self.uid.is_none()),
            ("type", self.token_type.is_none()),
            ("contract_id", self.contract_id.is_none()),
            ("issuer", self.issuer.is_none()),
            ("valid", self.valid.is_none()),
            ("whitelist", self.whitelist.is_none()),
            ("last_updated", self.last_updated.is_none()),
        ]
        .into_iter()
        .filter_map(|(name, missing)| missing.then_some(name))
        .collect()
    }

    /// `token` with the sent fields changed and the others as they were; `energy_contract` is
    /// replaced whole.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] when `country_code`, `party_id`, `uid` or `type` would become another:
    /// they identify the Token.
    pub fn apply_to(self, token: &Token) -> Result<Token, InvalidField> {
        let identity = [
            (
                "country_code",
                self.country_code
                    .is_some_and(|code| code != token.party.country_code),
            ),
            (
                "party_id",
                self.party_id.is_some_and(|id| id != token.party.party_id),
            ),
            ("uid", self.uid.is_some_and(|uid| uid != token.uid)),
            (
                "type",
                self.token_type.is_some_and(|kind| kind != token.token_type),
            ),
        ];
        if let Some((field, _)) = identity.into_iter().find(|(_, changed)| *changed) {
            return Err(InvalidField::new(
                field,
                "differs from the Token that the URL addresses",
            ));
        }
        let mut patched = token.clone();
        replace(&mut patched.contract_id, self.contract_id);
        replace(&mut patched.issuer, self.issuer);
        replace(&mut patched.valid, self.valid);
        replace(&mut patched.whitelist, self.whitelist);
        replace(&mut patched.last_updated, self.last_updated);
        replace_optional(&mut patched.visual_number, self.visual_number);
        replace_optional(&mut patched.group_id, self.group_id);
        replace_optional(&mut patched.language, self.language);
        replace_optional(&mut patched.default_profile_type, self.default_profile_type);
        replace_optional(
            &mut patched.energy_contract,
            self.energy_contract.map(Box::new),
        );
        patched.unknown = patched.unknown.merged(&self.unknown);
        Ok(patched)
    }
}

fn replace<T>(field: &mut T, sent: Option<T>) {
    if let Some(value) = sent {
        *field = value;
    }
}

fn replace_optional<T>(field: &mut Option<T>, sent: Option<T>) {
    if sent.is_some() {
        *field = sent;
    }
}
