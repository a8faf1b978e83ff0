//! The platforms that we know.

use http::Method;
use ocpi_domain::json::Object;
use ocpi_domain::{
    AuthEncoding, CountryCode, CredentialsToken, Party, PartyId, PartyRole, Platform, PlatformId,
    Profile, Role,
};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use super::parameters::{AFTER, LIMIT};
use crate::answer::{self, Answer};
use crate::endpoint::{Access, BodyKind, Call, Endpoint, Refusal, Success};
use crate::failure::Failure;
use crate::page::Items;

const PATH: &str = "/admin/v1/platforms/{id}";

const UNKNOWN: Refusal = Refusal::new(404, "There is no such platform.");

pub(super) static ENDPOINTS: [Endpoint; 4] = [
    Endpoint {
        method: Method::GET,
        path: "/admin/v1/platforms",
        id: "listPlatforms",
        summary: "The platforms that this server knows, by their ids",
        access: Access::AdminToken,
        query: &[LIMIT, AFTER],
        headers: &[],
        body: None,
        successes: &[Success::json(200, "A page of platforms.", "PlatformPage")],
        refusals: &[],
        asks_store: true,
        handler: |call| Box::pin(list(call)),
    },
    Endpoint {
        method: Method::GET,
        path: PATH,
        id: "getPlatform",
        summary: "One platform",
        access: Access::AdminToken,
        query: &[],
        headers: &[],
        body: None,
        successes: &[Success::json(200, "The platform.", "Platform")],
        refusals: &[UNKNOWN],
        asks_store: true,
        handler: |call| Box::pin(get(call)),
    },
    Endpoint {
        method: Method::PUT,
        path: PATH,
        id: "putPlatform",
        summary: "Creates or replaces a platform; without a `credentials_token` it keeps the one \
                  that it has",
        access: Access::AdminToken,
        query: &[],
        headers: &[],
        body: Some(BodyKind::Json("PlatformWrite")),
        successes: &[
            Success::json(200, "The platform; it was there before.", "Platform"),
            Success::json(201, "The platform; it is new.", "Platform"),
        ],
        refusals: &[Refusal::new(
            409,
            "Another platform could prove itself by that `credentials_token`.",
        )],
        asks_store: true,
        handler: |call| Box::pin(put(call)),
    },
    Endpoint {
        method: Method::DELETE,
        path: PATH,
        id: "deletePlatform",
        summary: "Deletes a platform: it can prove itself no more",
        access: Access::AdminToken,
        query: &[],
        headers: &[],
        body: None,
        successes: &[Success::empty("It is deleted.")],
        refusals: &[UNKNOWN],
        asks_store: true,
        handler: |call| Box::pin(delete(call)),
    },
];

/// A platform as the operator sees it: everything but its secrets.
#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    id: &'a PlatformId,
    roles: Vec<RoleFields>,
    profile: ProfileFields,
}

impl<'a> From<&'a Platform> for Shown<'a> {
    fn from(platform: &'a Platform) -> Shown<'a> {
        let role = |held: &PartyRole| RoleFields {
            role: held.role.clone(),
            country_code: held.party.country_code,
            party_id: held.party.party_id,
        };
        Shown {
            id: &platform.id,
            roles: platform.roles.iter().map(role).collect(),
            profile: platform.profile.into(),
        }
    }
}

/// A platform as the operator writes it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Write {
    roles: Vec<Object<RoleFields>>,
    profile: Option<Object<ProfileFields>>,
    #[serde(deserialize_with = "secret")]
    credentials_token: Option<CredentialsToken>,
}

impl Write {
    fn into_platform(self, id: PlatformId) -> (Platform, Option<CredentialsToken>) {
        let role = |Object(fields): Object<RoleFields>| PartyRole {
            party: Party {
                country_code: fields.country_code,
                party_id: fields.party_id,
            },
            role: fields.role,
        };
        let profile = self.profile.map(|Object(fields)| fields.into());
        let platform = Platform {
            id,
            roles: self.roles.into_iter().map(role).collect(),
            profile: profile.unwrap_or_default(),
        };
        (platform, self.credentials_token)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleFields {
    #[serde(deserialize_with = "known_role")]
    role: Role,
    country_code: CountryCode,
    party_id: PartyId,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ProfileFields {
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

/// Reads a secret; what is wrong with it is said without repeating it.
fn secret<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<CredentialsToken>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => CredentialsToken::new(&text)
            .map(Some)
            .map_err(de::Error::custom),
        _ => Err(de::Error::custom("must be a string")),
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

async fn list(call: Call<'_>) -> Result<Answer, Failure> {
    let after: Option<PlatformId> = call.query.read("after")?;
    let limit = call.query.limit()?;
    let mut platforms = call.server.app.list_platforms().await?;
    platforms.retain(|platform| after.as_ref().is_none_or(|after| platform.id > *after));
    let page = Items::first(
        platforms.iter().collect(),
        limit,
        |last| last.id.to_string(),
        |platform| Shown::from(&**platform),
    );
    Ok(answer::found(&page))
}

async fn get(call: Call<'_>) -> Result<Answer, Failure> {
    let platform = call
        .server
        .app
        .find_platform(&call.read_place("id")?)
        .await?;
    Ok(answer::found(&Shown::from(&*platform)))
}

async fn put(mut call: Call<'_>) -> Result<Answer, Failure> {
    let id = call.read_place("id")?;
    let write: Write = call.read_body().await?;
    let (platform, credentials_token) = write.into_platform(id);
    let app = &call.server.app;
    let written = app
        .put_platform(platform.clone(), credentials_token)
        .await?;
    Ok(answer::written(written, &Shown::from(&platform)))
}

async fn delete(call: Call<'_>) -> Result<Answer, Failure> {
    let id = call.read_place("id")?;
    call.server.app.delete_platform(&id).await?;
    Ok(answer::deleted())
}

/// The platform that is written with this body.
#[cfg(test)]
pub(crate) fn read(id: &str, body: &Value) -> Result<Platform, String> {
    let write: Write = crate::json::read(body.to_string().as_bytes())?;
    Ok(write.into_platform(PlatformId::new(id).unwrap()).0)
}

#[cfg(test)]
mod tests {
    use crate::json;

    use super::*;

    #[test]
    fn a_secret_is_never_repeated() {
        for (body, said) in [
            (r#"{"credentials_token": 1234567}"#, "must be a string"),
            (r#"{"credentials_token": ["1234567"]}"#, "must be a string"),
            (r#"{"credentials_token": "1234567 "}"#, "U+0021"),
            (r#"{"credentials_token": ""}"#, "1 to 64"),
            (
                r#"{"credentails_token": "1234567"}"#,
                "unknown field `credentails_token`",
            ),
        ] {
            let refused = json::read::<Write>(body.as_bytes()).err().unwrap();
            assert!(refused.contains(said), "{refused}");
            assert!(!refused.contains("1234567"), "{refused}");
        }
    }
}
