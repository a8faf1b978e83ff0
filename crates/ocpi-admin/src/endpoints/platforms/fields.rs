//! What stands in a platform that is shown as in one that is written.

use ocpi_domain::{AuthEncoding, CountryCode, Party, PartyId, PartyRole, Profile, Role};
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
pub(super) struct ProfileFields {
    tutorial: bool,
    fill_owner: bool,
    strict_from: bool,
    auth_encoding: AuthEncodingName,
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
        }
    }
}
