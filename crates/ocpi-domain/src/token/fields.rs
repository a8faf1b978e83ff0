//! Reading a Token's JSON, whole or in part: one visitor, so that both obey the same rules.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::patch::TokenPatch;
use super::unknown_fields::UnknownFieldsBuilder;
use crate::error::InvalidField;
use crate::json::Object;
use crate::party::Party;

/// The name of a member: one that OCPI gives to a Token's field, or another.
enum Name {
    Known(&'static str, usize),
    Unknown(Box<str>),
}

/// The fields of a Token, in the order of the specification.
const FIELDS: [&str; 14] = [
    "country_code",
    "party_id",
    "uid",
    "type",
    "contract_id",
    "visual_number",
    "issuer",
    "group_id",
    "valid",
    "whitelist",
    "language",
    "default_profile_type",
    "energy_contract",
    "last_updated",
];

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        crate::parse::string(deserializer, "a field name", |text| {
            let known = FIELDS.iter().position(|field| *field == text);
            Ok::<_, InvalidField>(match known {
                Some(index) => Name::Known(FIELDS[index], index),
                None => Name::Unknown(text.into()),
            })
        })
    }
}

/// Reads a value; `null` is "not sent". What is wrong is said with the field's name.
fn value<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    map: &mut A,
    name: &str,
) -> Result<Option<T>, A::Error> {
    map.next_value::<Option<T>>()
        .map_err(|error| de::Error::custom(format_args!("`{name}`: {error}")))
}

struct TokenVisitor;

impl<'de> Visitor<'de> for TokenVisitor {
    type Value = TokenPatch;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Token object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TokenPatch, A::Error> {
        let mut token = TokenPatch::default();
        let mut unknown = UnknownFieldsBuilder::default();
        let mut seen = [false; FIELDS.len()];
        while let Some(name) = map.next_key::<Name>()? {
            let name = match name {
                Name::Known(name, index) if !seen[index] => {
                    seen[index] = true;
                    name
                }
                Name::Known(name, _) => {
                    return Err(de::Error::custom(format_args!("`{name}`: sent twice")));
                }
                Name::Unknown(name) => {
                    let raw = map.next_value::<Box<RawValue>>()?;
                    unknown.add(&name, &raw).map_err(de::Error::custom)?;
                    continue;
                }
            };
            match name {
                "country_code" => token.country_code = value(&mut map, name)?,
                "party_id" => token.party_id = value(&mut map, name)?,
                "uid" => token.uid = value(&mut map, name)?,
                "type" => token.token_type = value(&mut map, name)?,
                "contract_id" => token.contract_id = value(&mut map, name)?,
                "visual_number" => token.visual_number = value(&mut map, name)?,
                "issuer" => token.issuer = value(&mut map, name)?,
                "group_id" => token.group_id = value(&mut map, name)?,
                "valid" => token.valid = value(&mut map, name)?,
                "whitelist" => token.whitelist = value(&mut map, name)?,
                "language" => token.language = value(&mut map, name)?,
                "default_profile_type" => token.default_profile_type = value(&mut map, name)?,
                "energy_contract" => {
                    let contract = value::<_, Object<_>>(&mut map, name)?;
                    token.energy_contract = contract.map(|Object(contract)| contract);
                }
                _ => token.last_updated = value(&mut map, name)?,
            }
        }
        token.unknown = unknown.finish();
        Ok(token)
    }
}

impl<'de> Deserialize<'de> for TokenPatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TokenPatch, D::Error> {
        deserializer.deserialize_map(TokenVisitor)
    }
}

impl TryFrom<TokenPatch> for super::Token {
    type Error = InvalidField;

    /// A whole Token, when every required field was sent.
    fn try_from(fields: TokenPatch) -> Result<super::Token, InvalidField> {
        let missing = fields.missing();
        let TokenPatch {
            country_code: Some(country_code),
            party_id: Some(party_id),
            uid: Some(uid),
            token_type: Some(token_type),
            contract_id: Some(contract_id),
            issuer: Some(issuer),
            valid: Some(valid),
            whitelist: Some(whitelist),
            last_updated: Some(last_updated),
            visual_number,
            group_id,
            language,
            default_profile_type,
            energy_contract,
            unknown,
        } = fields
        else {
            return Err(InvalidField::new(
                missing.join(", "),
                "required, but missing",
            ));
        };
        Ok(super::Token {
            party: Party {
                country_code,
                party_id,
            },
            uid,
            token_type,
            contract_id,
            visual_number,
            issuer,
            group_id,
            valid,
            whitelist,
            language,
            default_profile_type,
            energy_contract: energy_contract.map(Box::new),
            last_updated,
            unknown,
        })
    }
}
