//! What stands in a platform that is shown as in one that is written.

use ocpi_domain::{
    AuthEncoding, CountryCode, NoAnswer, Party, PartyId, PartyRole, Profile, PushTokens, Role,
};
use serde::{Deserialize, Deserializer, Serialize, de};

/// A party.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartyFields {
    country_code: CountryCode,
    party_id: PartyId,
}

impl From<Party> for PartyFields {
    fn from(party: Party) -> PartyFields {
        PartyFields {
            country_code: party.country_code,
            party_id: party.party_id,
        }
    }
}

impl From<PartyFields> for Party {
    fn from(fields: PartyFields) -> Party {
        Party {
            country_code: fields.country_code,
            party_id: fields.party_id,
        }
    }
}

/// A party in one of its roles.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleFields {
    #[serde(deserialize_with = "known_role")]
    role: Role,
    country_code: CountryCode,
    party_id: PartyId,
}

impl From<&PartyRole> for RoleFields {
    fn from(held: &PartyRole) -> RoleFields {
        RoleFields {
            role: held.role.clone(),
            country_code: held.party.country_code,
            party_id: held.party.party_id,
        }
    }
}

impl From<RoleFields> for PartyRole {
    fn from(fields: RoleFields) -> PartyRole {
        PartyRole {
            party: Party {
                country_code: fields.country_code,
                party_id: fields.party_id,
            },
            role: fields.role,
        }
    }
}

/// A role that the specification lists: of the operator, another one is a slip.
fn known_role<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Role, D::Error> {
    let role = Role::deserialize(deserializer)?;
    if Role::LISTED.contains(&role) {
        return Ok(role);
    }
    let listed: Vec<&str> = Role::LISTED.iter().map(Role::as_str).collect();
    let listed = listed.join(", ");
    Err(de::Error::custom(format_args!("must be one of {listed}")))
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct ProfileFields {
    tutorial: bool,
    fill_owner: bool,
    strict_from: bool,
    auth_encoding: AuthEncodingName,
    prefer_cache: bool,
    ask_unknown: bool,
    no_answer: NoAnswer,
    #[serde(deserialize_with = "authorize_timeout_ms")]
    authorize_timeout_ms: Option<u32>,
    push_tokens: PushTokens,
    no_pull: bool,
}

/// The longest that a question to an eMSP may take, milliseconds: a driver waits.
pub(crate) const AUTHORIZE_TIMEOUT_MS_MAX: u32 = 60_000;

/// A time that a question can take.
fn authorize_timeout_ms<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u32>, D::Error> {
    match Option::<u32>::deserialize(deserializer)? {
        Some(ms) if !(1..=AUTHORIZE_TIMEOUT_MS_MAX).contains(&ms) => Err(de::Error::custom(
            format_args!("must be 1 to {AUTHORIZE_TIMEOUT_MS_MAX}, or null"),
        )),
        timeout_ms => Ok(timeout_ms),
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AuthEncodingName {
    #[default]
    Auto,
    Base64,
    Raw,
}

impl From<Profile> for ProfileFields {
    fn from(profile: Profile) -> ProfileFields {
        let Profile {
            tutorial,
            fill_owner,
            strict_from,
            auth_encoding,
            prefer_cache,
            ask_unknown,
            no_answer,
            authorize_timeout_ms,
            push_tokens,
            no_pull,
        } = profile;
        ProfileFields {
            tutorial,
            fill_owner,
            strict_from,
            auth_encoding: match auth_encoding {
                AuthEncoding::Auto => AuthEncodingName::Auto,
                AuthEncoding::Base64 => AuthEncodingName::Base64,
                AuthEncoding::Raw => AuthEncodingName::Raw,
            },
            prefer_cache,
            ask_unknown,
            no_answer,
            authorize_timeout_ms,
            push_tokens,
            no_pull,
        }
    }
}

impl From<ProfileFields> for Profile {
    fn from(fields: ProfileFields) -> Profile {
        Profile {
            tutorial: fields.tutorial,
            fill_owner: fields.fill_owner,
            strict_from: fields.strict_from,
            auth_encoding: match fields.auth_encoding {
                AuthEncodingName::Auto => AuthEncoding::Auto,
                AuthEncodingName::Base64 => AuthEncoding::Base64,
                AuthEncodingName::Raw => AuthEncoding::Raw,
            },
            prefer_cache: fields.prefer_cache,
            ask_unknown: fields.ask_unknown,
            no_answer: fields.no_answer,
            authorize_timeout_ms: fields.authorize_timeout_ms,
            push_tokens: fields.push_tokens,
            no_pull: fields.no_pull,
        }
    }
}
