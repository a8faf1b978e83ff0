//! A platform as the operator writes it.

use ocpi_app::PutPlatform;
use ocpi_domain::json::Object;
use ocpi_domain::{CredentialsToken, OcpiUrl, Party, PartyRole, Platform, PlatformId};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use super::fields::{PartyFields, ProfileFields, RoleFields};
use crate::failure::Failure;

/// The body of a PUT. What is absent is not set, but for the secrets: those stay as they are.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Write {
    roles: Vec<Object<RoleFields>>,
    #[serde(deserialize_with = "hub")]
    hub_party_id: Option<Party>,
    allowed_parties: Option<Vec<Object<PartyFields>>>,
    our_party: Option<Object<PartyFields>>,
    profile: Option<Object<ProfileFields>>,
    #[serde(deserialize_with = "secret")]
    credentials_token: Option<CredentialsToken>,
    versions_url: Option<OcpiUrl>,
    #[serde(deserialize_with = "secret")]
    outbound_token: Option<CredentialsToken>,
}

impl Write {
    /// What it writes to the platform `id`.
    ///
    /// # Errors
    ///
    /// [`Failure::Invalid`] for half a connection.
    pub(super) fn into_put(self, id: PlatformId) -> Result<PutPlatform, Failure> {
        let connection = match (self.versions_url, self.outbound_token) {
            (Some(url), Some(token)) => Some((url, token)),
            (None, None) => None,
            _ => {
                let detail = "the body: `versions_url` and `outbound_token`: need each other";
                return Err(Failure::Invalid(detail.to_owned()));
            }
        };
        let role = |Object(fields)| PartyRole::from(fields);
        let party = |Object(fields)| Party::from(fields);
        let allowed = |parties: Vec<_>| parties.into_iter().map(party).collect();
        let profile = self.profile.map(|Object(fields)| fields.into());
        let platform = Platform {
            id,
            roles: self.roles.into_iter().map(role).collect(),
            profile: profile.unwrap_or_default(),
            hub: self.hub_party_id,
            allowed_parties: self.allowed_parties.map(allowed),
            our_party: self.our_party.map(party),
        };
        Ok(PutPlatform {
            platform,
            credentials_token: self.credentials_token,
            connection,
        })
    }
}

/// Reads a secret; what is wrong with it is said without repeating it.
pub(in crate::endpoints) fn secret<'de, D: Deserializer<'de>>(
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

/// Reads a hub's party as OCPI writes it: country and party in five characters.
fn hub<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Party>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let party = text
        .split_at_checked(2)
        .and_then(|(country_code, party_id)| Party::new(country_code, party_id).ok());
    let refused =
        || de::Error::custom("must be a country and a party in five characters, as `NLHUB`");
    party.map(Some).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use crate::json;

    use super::*;

    fn refusal(body: &str) -> String {
        match json::read::<Write>(body.as_bytes()) {
            Ok(write) => match write.into_put(PlatformId::new("peer").unwrap()) {
                Ok(_) => String::new(),
                Err(failure) => failure.to_string(),
            },
            Err(refused) => refused,
        }
    }

    /// Holds: T-13.
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
            (r#"{"outbound_token": 1234567}"#, "must be a string"),
            (r#"{"outbound_token": "1234567 "}"#, "U+0021"),
            (r#"{"outbound_token": "1234567"}"#, "need each other"),
            (
                r#"{"outbound_token": "1234567", "versions_url": "ftp://peer.example"}"#,
                "http or https URL",
            ),
        ] {
            let refused = refusal(body);
            assert!(refused.contains(said), "{refused}");
            assert!(!refused.contains("1234567"), "{refused}");
        }
    }

    /// Beyond the protocol: half a connection is a slip, and calls nobody.
    #[test]
    fn a_connection_is_an_address_and_a_token() {
        let url = r#"{"versions_url": "https://peer.example/ocpi/versions"}"#;
        assert!(refusal(url).contains("need each other"));
        let write: Write = json::read(
            br#"{"versions_url": "https://peer.example/ocpi/versions", "outbound_token": "abc"}"#,
        )
        .unwrap();
        let written = write.into_put(PlatformId::new("peer").unwrap());
        let (url, token) = written.unwrap().connection.unwrap();
        assert_eq!(url.as_str(), "https://peer.example/ocpi/versions");
        assert_eq!(token.expose(), "abc");
    }

    /// Holds: C-18.
    #[test]
    fn a_hub_is_named_by_five_characters() {
        let read = |text: &str| {
            let body = serde_json::json!({"hub_party_id": text}).to_string();
            let write = json::read::<Write>(body.as_bytes())?;
            Ok::<_, String>(write.hub_party_id)
        };
        let party = Party::new("NL", "HUB").unwrap();
        assert_eq!(read("NLHUB").unwrap(), Some(party));
        for text in ["", "N", "NLHU", "NL/HUB", "NLHUBS", "é1234", "éé12"] {
            let refused = read(text).unwrap_err();
            assert!(refused.contains("`NLHUB`"), "{text}: {refused}");
        }
    }
}
