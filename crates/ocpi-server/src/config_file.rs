//! The configuration file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ocpi_domain::{
    CountryCode, CredentialsToken, NoAnswer, OcpiString, OcpiUrl, Party, PartyId, PlatformId,
    PushTokens, Role,
};
use serde::{Deserialize, Deserializer};

use crate::args::LogFormat;

/// The file as it is written. A key that it does not know is refused by name: a setting that is
/// silently ignored is a trap.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ConfigFile {
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) admin_listen: Option<SocketAddr>,
    pub(crate) public_url: Option<String>,
    pub(crate) store: Option<String>,
    pub(crate) admin_token: Option<Secret>,
    pub(crate) secret_key: Option<Secret>,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) log: Option<String>,
    pub(crate) list_all_token_types: bool,
    pub(crate) records_keep_days: Option<u64>,
    pub(crate) sessions_keep_days: Option<u64>,
    pub(crate) tls: Option<TlsSection>,
    pub(crate) limits: LimitsSection,
    pub(crate) outbound: OutboundSection,
    pub(crate) registration: RegistrationSection,
    pub(crate) charge_point: ChargePointSection,
    pub(crate) sync: SyncSection,
    pub(crate) parties: Vec<PartySection>,
    pub(crate) platforms: Vec<PlatformSection>,
}

/// A text that never prints.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) String);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        // What expects a string says what it found instead, and that may be the secret.
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => Ok(Secret(text)),
            _ => Err(serde::de::Error::custom("a secret must be a string")),
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// `[limits]`: defaults and ranges are for the settings, which name what is wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsSection {
    pub(crate) body_bytes_max: Option<u64>,
    pub(crate) location_body_bytes_max: Option<u64>,
    pub(crate) header_bytes_max: Option<u64>,
    pub(crate) url_bytes_max: Option<u64>,
    pub(crate) read_timeout_ms: Option<u64>,
    pub(crate) idle_timeout_ms: Option<u64>,
    pub(crate) connections_max: Option<u64>,
    pub(crate) requests_per_second_per_platform: Option<u64>,
    pub(crate) page_size_default: Option<u64>,
    pub(crate) page_size_max: Option<u64>,
    pub(crate) shutdown_timeout_ms: Option<u64>,
    pub(crate) pending_slot_seconds: Option<u64>,
    pub(crate) active_session_hours_max: Option<u64>,
    pub(crate) memory_records_max: Option<u64>,
    pub(crate) memory_records_bytes_max: Option<u64>,
    pub(crate) memory_sessions_max: Option<u64>,
    pub(crate) store_cache_bytes_max: Option<u64>,
    pub(crate) store_wal_bytes_max: Option<u64>,
}

/// `[tls]`: both files, or no section.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TlsSection {
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

/// `[outbound]`: defaults and ranges are for the settings, which name what is wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OutboundSection {
    pub(crate) allow_http: bool,
    pub(crate) allow_private_addresses: bool,
    pub(crate) extra_ca: Option<PathBuf>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) authorize_timeout_ms: Option<u64>,
    pub(crate) response_bytes_max: Option<u64>,
}

/// `[registration]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RegistrationSection {
    pub(crate) bootstrap_token_days: Option<u64>,
    pub(crate) required_of_cpo: Option<Vec<String>>,
    pub(crate) required_of_emsp: Option<Vec<String>>,
}

/// `[charge_point]`: defaults and ranges are for the settings, which name what is wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ChargePointSection {
    pub(crate) budget_ms: Option<u64>,
    pub(crate) fan_out_in_flight_max: Option<u64>,
    pub(crate) platform_in_flight_max: Option<u64>,
    pub(crate) breaker_failures: Option<u64>,
    pub(crate) breaker_probe_ms: Option<u64>,
    pub(crate) same_question_ms: Option<u64>,
    pub(crate) unknown_card_ms: Option<u64>,
}

/// `[sync]`: defaults and ranges are for the settings, which name what is wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SyncSection {
    pub(crate) push_in_flight_max: Option<u64>,
    pub(crate) push_platforms_max: Option<u64>,
    pub(crate) pull_interval_minutes: Option<u64>,
    pub(crate) pull_all_interval_minutes: Option<u64>,
    pub(crate) pull_page_size: Option<u64>,
}

/// `[[parties]]`: a party hosted here.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartySection {
    pub(crate) country_code: CountryCode,
    pub(crate) party_id: PartyId,
    #[serde(deserialize_with = "known_roles")]
    pub(crate) roles: Vec<Role>,
    pub(crate) name: OcpiString<100>,
    pub(crate) website: Option<OcpiString<255>>,
}

/// `[[platforms]]`: a platform known from the start.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlatformSection {
    pub(crate) id: PlatformId,
    #[serde(default, deserialize_with = "credentials_token")]
    pub(crate) credentials_token: Option<CredentialsToken>,
    #[serde(default, deserialize_with = "versions_url")]
    pub(crate) versions_url: Option<OcpiUrl>,
    #[serde(default, deserialize_with = "outbound_token")]
    pub(crate) outbound_token: Option<CredentialsToken>,
    #[serde(default)]
    pub(crate) roles: Vec<RoleSection>,
    #[serde(default, deserialize_with = "hub_party_id")]
    pub(crate) hub_party_id: Option<Party>,
    pub(crate) allowed_parties: Option<Vec<PartyName>>,
    pub(crate) our_party: Option<PartyName>,
    #[serde(default)]
    pub(crate) profile: ProfileSection,
}

/// A party, by its name alone.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartyName {
    pub(crate) country_code: CountryCode,
    pub(crate) party_id: PartyId,
}

impl From<PartyName> for Party {
    fn from(name: PartyName) -> Party {
        Party {
            country_code: name.country_code,
            party_id: name.party_id,
        }
    }
}

/// A party that a platform speaks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleSection {
    #[serde(deserialize_with = "known_role")]
    pub(crate) role: Role,
    pub(crate) country_code: CountryCode,
    pub(crate) party_id: PartyId,
}

/// The quirks and switches of a platform.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct ProfileSection {
    pub(crate) tutorial: bool,
    pub(crate) fill_owner: bool,
    pub(crate) strict_from: bool,
    pub(crate) auth_encoding: AuthEncodingSetting,
    pub(crate) prefer_cache: bool,
    pub(crate) ask_unknown: bool,
    pub(crate) no_answer: NoAnswer,
    pub(crate) authorize_timeout_ms: Option<u64>,
    pub(crate) push_tokens: PushTokens,
    pub(crate) no_pull: bool,
}

/// `auth_encoding`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AuthEncodingSetting {
    #[default]
    Auto,
    Base64,
    Raw,
}

fn credentials_token<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<CredentialsToken>, D::Error> {
    token("credentials_token", deserializer)
}

fn outbound_token<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<CredentialsToken>, D::Error> {
    token("outbound_token", deserializer)
}

/// A token that is not repeated when it cannot be one.
fn token<'de, D: Deserializer<'de>>(
    key: &str,
    deserializer: D,
) -> Result<Option<CredentialsToken>, D::Error> {
    let Secret(text) = Secret::deserialize(deserializer)?;
    let refused = |error| serde::de::Error::custom(format_args!("{key}: {error}"));
    CredentialsToken::new(&text).map(Some).map_err(refused)
}

fn versions_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OcpiUrl>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let refused = |error| serde::de::Error::custom(format_args!("versions_url: {error}"));
    OcpiUrl::new(&text).map(Some).map_err(refused)
}

/// A hub's party as OCPI writes it: country and party in five characters.
fn hub_party_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Party>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let party = text
        .split_at_checked(2)
        .and_then(|(country_code, party_id)| Party::new(country_code, party_id).ok());
    party.map(Some).ok_or_else(|| {
        serde::de::Error::custom(format_args!(
            "hub_party_id: `{text}` is no party of a hub: country and party in five characters, as `NLHUB`"
        ))
    })
}

/// A role that the specification lists: in our own file another one is a slip.
fn known_role<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Role, D::Error> {
    let role = Role::deserialize(deserializer)?;
    if Role::LISTED.contains(&role) {
        return Ok(role);
    }
    let listed: Vec<&str> = Role::LISTED.iter().map(Role::as_str).collect();
    Err(serde::de::Error::custom(format_args!(
        "unknown role `{role}`, expected one of {}",
        listed.join(", ")
    )))
}

fn known_roles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Role>, D::Error> {
    #[derive(Deserialize)]
    struct Known(#[serde(deserialize_with = "known_role")] Role);
    let roles = Vec::<Known>::deserialize(deserializer)?;
    Ok(roles.into_iter().map(|Known(role)| role).collect())
}

impl ConfigFile {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, and the first fault in it by its line. The line itself is not
    /// shown: it may hold a secret.
    pub(crate) fn read(path: &Path) -> anyhow::Result<ConfigFile> {
        let name = path.display();
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the configuration file {name} cannot be read"))?;
        match toml::from_str(&text) {
            Ok(file) => Ok(file),
            Err(error) => {
                let before = error.span().and_then(|span| text.get(..span.start));
                let line = before.map_or(1, |before| before.matches('\n').count() + 1);
                bail!("{name}, line {line}: {}", error.message())
            }
        }
    }
}
