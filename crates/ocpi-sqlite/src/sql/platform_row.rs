//! A platform as a row: what OCPI has a JSON for is stored as that, the rest as JSON of our own.

use std::sync::Arc;

use ocpi_domain::{
    AuthEncoding, CountryCode, CredentialsRole, DateTime, Endpoint, NoAnswer, OcpiUrl, OcpiVersion,
    Party, PartyId, PartyRole, Platform, Profile, PushTokens, Role, VersionNumber,
};
use ocpi_ports::{Connection, SealedToken, Served, StoredPlatform};
use rusqlite::CachedStatement;
use serde::{Deserialize, Serialize};

use super::SqlError;
use super::columns::{Columns, json};

/// The columns of a platform in a SELECT, as [`read`] wants them, and in their order the
/// parameters that [`bind`] gives.
macro_rules! platform_columns {
    () => {
        "id, roles, profile, hub, allowed_parties, our_party, connection, sealed_token"
    };
}
pub(super) use platform_columns;

/// A [`PartyRole`] as JSON.
#[derive(Serialize, Deserialize)]
struct RoleFields {
    country_code: CountryCode,
    party_id: PartyId,
    role: Role,
}

/// A [`Profile`] as JSON. What an older release did not write has its default.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
struct ProfileFields {
    tutorial: bool,
    fill_owner: bool,
    strict_from: bool,
    auth_encoding: EncodingName,
    prefer_cache: bool,
    ask_unknown: bool,
    no_answer: NoAnswer,
    authorize_timeout_ms: Option<u32>,
    push_tokens: PushTokens,
    no_pull: bool,
}

/// An [`AuthEncoding`] as JSON.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EncodingName {
    #[default]
    Auto,
    Base64,
    Raw,
}

/// A [`Connection`] as JSON, without its token.
#[derive(Serialize, Deserialize)]
struct ConnectionFields {
    versions_url: OcpiUrl,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    served: Option<ServedFields>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    presented: Vec<CredentialsRole>,
    /// An older release did not write it.
    #[serde(default = "very_long_ago")]
    connected_at: DateTime,
}

fn very_long_ago() -> DateTime {
    DateTime::UNIX_EPOCH
}

/// A [`Served`] as JSON.
#[derive(Serialize, Deserialize)]
struct ServedFields {
    version: VersionNumber,
    endpoints: Vec<Endpoint>,
}

impl From<&PartyRole> for RoleFields {
    fn from(held: &PartyRole) -> RoleFields {
        RoleFields {
            country_code: held.party.country_code,
            party_id: held.party.party_id,
            role: held.role.clone(),
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

impl From<Profile> for ProfileFields {
    fn from(profile: Profile) -> ProfileFields {
        ProfileFields {
            tutorial: profile.tutorial,
            fill_owner: profile.fill_owner,
            strict_from: profile.strict_from,
            auth_encoding: match profile.auth_encoding {
                AuthEncoding::Auto => EncodingName::Auto,
                AuthEncoding::Base64 => EncodingName::Base64,
                AuthEncoding::Raw => EncodingName::Raw,
            },
            prefer_cache: profile.prefer_cache,
            ask_unknown: profile.ask_unknown,
            no_answer: profile.no_answer,
            authorize_timeout_ms: profile.authorize_timeout_ms,
            push_tokens: profile.push_tokens,
            no_pull: profile.no_pull,
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
                EncodingName::Auto => AuthEncoding::Auto,
                EncodingName::Base64 => AuthEncoding::Base64,
                EncodingName::Raw => AuthEncoding::Raw,
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

impl From<&Connection> for ConnectionFields {
    fn from(connection: &Connection) -> ConnectionFields {
        ConnectionFields {
            versions_url: connection.versions_url.clone(),
            served: connection.served.as_ref().map(|served| ServedFields {
                version: served.version.number(),
                endpoints: served.endpoints.clone(),
            }),
            presented: connection.presented.clone(),
            connected_at: connection.connected_at,
        }
    }
}

impl ConnectionFields {
    /// The connection with its token; the reason when its version is not spoken here.
    fn with(self, sealed_token: SealedToken) -> Result<Connection, String> {
        let served = self.served.map(|served| {
            let version = OcpiVersion::of(&served.version)
                .ok_or_else(|| format!("version {} is not spoken here", served.version))?;
            Ok::<_, String>(Served {
                version,
                endpoints: served.endpoints,
            })
        });
        Ok(Connection {
            versions_url: self.versions_url,
            sealed_token,
            served: served.transpose()?,
            presented: self.presented,
            connected_at: self.connected_at,
        })
    }
}

/// The platform of a row, without the tokens that it presents.
pub(super) fn read(columns: &mut Columns<'_>) -> Result<StoredPlatform, SqlError> {
    let id = columns.parse()?;
    let roles = columns.json::<Vec<RoleFields>>()?;
    let platform = Platform {
        id,
        roles: roles.into_iter().map(PartyRole::from).collect(),
        profile: columns.json::<ProfileFields>()?.into(),
        hub: columns.optional_json()?,
        allowed_parties: columns.optional_json()?,
        our_party: columns.optional_json()?,
    };
    let fields = columns.optional_json::<ConnectionFields>()?;
    let sealed = columns.optional_blob()?;
    let connection = match (fields, sealed) {
        (None, None) => None,
        (Some(fields), Some(sealed)) => {
            let connection = fields.with(SealedToken(sealed.into()));
            Some(connection.map_err(|reason| columns.corrupt(reason))?)
        }
        _ => return Err(columns.corrupt("must be there when there is a connection, and only then")),
    };
    Ok(StoredPlatform {
        platform: Arc::new(platform),
        tokens: Vec::new(),
        connection,
    })
}

/// Binds the platform as the parameters 1 to 8.
pub(super) fn bind(
    statement: &mut CachedStatement<'_>,
    stored: &StoredPlatform,
) -> Result<(), SqlError> {
    let platform = &*stored.platform;
    let roles: Vec<RoleFields> = platform.roles.iter().map(RoleFields::from).collect();
    let profile = ProfileFields::from(platform.profile);
    let connection = stored.connection.as_ref();
    let fields = connection.map(ConnectionFields::from);
    let sealed = connection.map(|connection| &*connection.sealed_token.0);
    statement.raw_bind_parameter(1, platform.id.as_str())?;
    statement.raw_bind_parameter(2, json(&roles)?)?;
    statement.raw_bind_parameter(3, json(&profile)?)?;
    statement.raw_bind_parameter(4, optional_json(platform.hub.as_ref())?)?;
    statement.raw_bind_parameter(5, optional_json(platform.allowed_parties.as_ref())?)?;
    statement.raw_bind_parameter(6, optional_json(platform.our_party.as_ref())?)?;
    statement.raw_bind_parameter(7, optional_json(fields.as_ref())?)?;
    statement.raw_bind_parameter(8, sealed)?;
    Ok(())
}

fn optional_json(value: Option<&impl Serialize>) -> Result<Option<String>, SqlError> {
    value.map(json).transpose()
}
