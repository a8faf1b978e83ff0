//! The platforms that we know.

use ocpi_domain::{
    AuthEncoding, CountryCode, Party, PartyId, PartyRole, Platform, PlatformId, Profile, Role,
};
use ocpi_ports::TokenHash;
use rusqlite::{Connection, ErrorCode, params};
use serde::{Deserialize, Serialize};

use super::SqlError;
use super::columns::Columns;

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
struct ProfileFields {
    tutorial: bool,
    fill_owner: bool,
    strict_from: bool,
    auth_encoding: EncodingName,
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
        }
    }
}

/// Every platform with the hash of the token that it presents, in the order of their ids.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn list_platforms(
    db: &Connection,
) -> Result<Vec<(Platform, Option<TokenHash>)>, SqlError> {
    let mut statement =
        db.prepare_cached("SELECT id, token_hash, roles, profile FROM platforms ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut platforms = Vec::new();
    while let Some(row) = rows.next()? {
        platforms.push(read(&mut Columns::new(row, "platforms", 0))?);
    }
    Ok(platforms)
}

fn read(columns: &mut Columns<'_>) -> Result<(Platform, Option<TokenHash>), SqlError> {
    let id = columns.parse()?;
    let hash = columns.optional_bytes()?.map(TokenHash);
    let roles = columns.json::<Vec<RoleFields>>()?;
    let profile = columns.json::<ProfileFields>()?;
    let platform = Platform {
        id,
        roles: roles.into_iter().map(PartyRole::from).collect(),
        profile: profile.into(),
    };
    Ok((platform, hash))
}

/// Creates or replaces the platform, and the hash of the token that it presents when one is
/// given; `true` when it was created.
///
/// # Errors
///
/// [`SqlError::Conflict`] when another platform has that hash; [`SqlError::Sqlite`].
pub(crate) fn put_platform(
    db: &Connection,
    platform: &Platform,
    hash: Option<TokenHash>,
) -> Result<bool, SqlError> {
    let is_new = !exists(db, &platform.id)?;
    let json = |error: serde_json::Error| SqlError::Corrupt(error.to_string());
    let roles: Vec<RoleFields> = platform.roles.iter().map(RoleFields::from).collect();
    let profile = ProfileFields::from(platform.profile);
    let mut statement = db.prepare_cached(
        "INSERT INTO platforms (id, token_hash, roles, profile) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET token_hash = coalesce(excluded.token_hash, token_hash),
             roles = excluded.roles, profile = excluded.profile",
    )?;
    let put = statement.execute(params![
        platform.id.as_str(),
        hash.map(|hash| hash.0),
        serde_json::to_string(&roles).map_err(json)?,
        serde_json::to_string(&profile).map_err(json)?,
    ]);
    match put {
        Ok(_) => Ok(is_new),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(SqlError::Conflict)
        }
        Err(error) => Err(error.into()),
    }
}

/// Creates the platform, unless one of that id was ever seeded or is there; `true` when it was
/// created.
///
/// # Errors
///
/// [`SqlError::Conflict`] when another platform has that hash; [`SqlError::Sqlite`].
pub(crate) fn seed_platform(
    db: &Connection,
    platform: &Platform,
    hash: TokenHash,
) -> Result<bool, SqlError> {
    let mut seeded = db.prepare_cached("SELECT 1 FROM seeded_platforms WHERE id = ?1")?;
    if seeded.exists([platform.id.as_str()])? || exists(db, &platform.id)? {
        return Ok(false);
    }
    put_platform(db, platform, Some(hash))?;
    let mut note = db.prepare_cached("INSERT INTO seeded_platforms (id) VALUES (?1)")?;
    note.execute([platform.id.as_str()])?;
    Ok(true)
}

/// Deletes the platform and its hash, for good: no seeding brings it back; `true` when there was
/// one.
///
/// # Errors
///
/// [`SqlError::Sqlite`].
pub(crate) fn delete_platform(db: &Connection, id: &PlatformId) -> Result<bool, SqlError> {
    let mut statement = db.prepare_cached("DELETE FROM platforms WHERE id = ?1")?;
    let was_there = statement.execute([id.as_str()])? > 0;
    if was_there {
        let sql = "INSERT OR IGNORE INTO seeded_platforms (id) VALUES (?1)";
        db.prepare_cached(sql)?.execute([id.as_str()])?;
    }
    Ok(was_there)
}

fn exists(db: &Connection, id: &PlatformId) -> Result<bool, SqlError> {
    let mut statement = db.prepare_cached("SELECT 1 FROM platforms WHERE id = ?1")?;
    Ok(statement.exists([id.as_str()])?)
}
