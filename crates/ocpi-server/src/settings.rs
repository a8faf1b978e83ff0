//! What the server runs with: flags, environment and file, joined and checked.

use std::env::VarError;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use anyhow::{Context, bail, ensure};
use base64::Engine;
use ocpi_app::{AppOptions, HostedParty, Hosting, SecretKey};
use ocpi_domain::{
    AuthEncoding, BusinessDetails, CredentialsToken, Party, PartyRole, Platform, Profile, Role,
};
use ocpi_http::{Limits, PublicUrl};
use ocpi_memstore::MemStoreOptions;

use crate::cli::{Cli, LogFormat, ServeArgs};
use crate::config_file::{
    AuthEncodingSetting, ConfigFile, LimitsSection, PartySection, PlatformSection, Secret,
};
use crate::quickstart;

/// Where the server keeps what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// `memory:`
    Memory,
}

/// A platform and the token that it presents.
#[derive(Debug)]
pub(crate) struct KnownPlatform {
    pub(crate) platform: Platform,
    pub(crate) credentials_token: CredentialsToken,
}

/// Everything that can be set.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Started as a demonstration.
    pub(crate) quickstart: bool,
    pub(crate) listen: SocketAddr,
    pub(crate) admin_listen: SocketAddr,
    /// `None` is the address that is bound.
    pub(crate) public_url: Option<PublicUrl>,
    pub(crate) store: StoreUrl,
    /// Whether a token for the administration is set, which is still to come.
    pub(crate) has_admin_token: bool,
    /// `None` is a new one for this run.
    pub(crate) secret_key: Option<SecretKey>,
    pub(crate) log_format: LogFormat,
    pub(crate) log: Option<String>,
    pub(crate) options: AppOptions,
    pub(crate) limits: Limits,
    pub(crate) memory: MemStoreOptions,
    pub(crate) hosting: Hosting,
    pub(crate) platforms: Vec<KnownPlatform>,
}

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8000);
const ADMIN_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8001);

impl Settings {
    /// The settings of this start.
    ///
    /// # Errors
    ///
    /// The first setting that is wrong, by its name.
    pub(crate) fn load(cli: &Cli) -> anyhow::Result<Settings> {
        let args = cli.serve_args();
        let is_quickstart = args.config.is_none() && given(args.public_url.as_deref()).is_none();
        let file = match &args.config {
            Some(path) => ConfigFile::read(path)?,
            None => ConfigFile::default(),
        };
        let (hosting, platforms) = if is_quickstart {
            (quickstart::hosting()?, quickstart::platforms()?)
        } else {
            (hosting(&file.parties)?, platforms(&file.platforms)?)
        };
        let listen = args.listen.or(file.listen).unwrap_or(LISTEN);
        let admin_listen = args
            .admin_listen
            .or(file.admin_listen)
            .unwrap_or(ADMIN_LISTEN);
        if is_quickstart {
            require_loopback("--listen", listen)?;
            require_loopback("--admin-listen", admin_listen)?;
        }
        Ok(Settings {
            quickstart: is_quickstart,
            listen,
            admin_listen,
            public_url: public_url(args, &file, listen, is_quickstart)?,
            store: store(given(args.store.as_deref()).or(file.store.as_deref()))?,
            has_admin_token: has_admin_token(secret("OCPI_ADMIN_TOKEN", file.admin_token)?)?,
            secret_key: secret_key(secret("OCPI_SECRET_KEY", file.secret_key)?)?,
            log_format: args
                .log_format
                .or(file.log_format)
                .unwrap_or(LogFormat::Human),
            log: given(args.log.as_deref()).map(str::to_owned).or(file.log),
            options: AppOptions {
                list_all_token_types: file.list_all_token_types,
            },
            limits: limits(&file.limits)?,
            memory: memory(&file.limits)?,
            hosting,
            platforms,
        })
    }
}

/// A setting that says something: an empty variable of the environment is one that is not set.
fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// A demonstration has secrets that everybody knows: nobody else may reach it.
fn require_loopback(flag: &str, address: SocketAddr) -> anyhow::Result<()> {
    ensure!(
        address.ip().is_loopback(),
        "{flag} {address}: without a configuration file the server listens on loopback only, \
         because its tokens are known to everybody; give --config FILE for any other address",
    );
    Ok(())
}

fn public_url(
    args: &ServeArgs,
    file: &ConfigFile,
    listen: SocketAddr,
    is_quickstart: bool,
) -> anyhow::Result<Option<PublicUrl>> {
    let text = given(args.public_url.as_deref()).or(file.public_url.as_deref());
    let Some(text) = text else {
        ensure!(
            is_quickstart || listen.ip().is_loopback(),
            "public_url: required when the server listens on {listen}: peers need its address",
        );
        return Ok(None);
    };
    PublicUrl::new(text)
        .map(Some)
        .with_context(|| format!("public_url: `{text}`"))
}

fn store(url: Option<&str>) -> anyhow::Result<StoreUrl> {
    match url {
        None | Some("memory:") => Ok(StoreUrl::Memory),
        Some(other) => bail!("store: `{other}` is no store that this server has; use `memory:`"),
    }
}

/// A secret: from the environment, else from the file, and never from a flag, which every user
/// of the machine can read.
fn secret(variable: &str, file: Option<Secret>) -> anyhow::Result<Option<Secret>> {
    #[expect(clippy::disallowed_methods, reason = "these are the settings")]
    match std::env::var(variable) {
        Ok(text) => Ok(Some(Secret(text))),
        Err(VarError::NotPresent) => Ok(file),
        Err(VarError::NotUnicode(_)) => bail!("{variable}: must be text"),
    }
}

/// Whether there is one: nothing asks for its value yet.
fn has_admin_token(secret: Option<Secret>) -> anyhow::Result<bool> {
    let Some(Secret(text)) = secret else {
        return Ok(false);
    };
    ensure!(!text.trim().is_empty(), "admin_token: must not be empty");
    Ok(true)
}

fn secret_key(secret: Option<Secret>) -> anyhow::Result<Option<SecretKey>> {
    let Some(Secret(text)) = secret else {
        return Ok(None);
    };
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap_or_default();
    let key = SecretKey::new(&bytes);
    key.map(Some)
        .context("secret_key: must be Base64 of 32 bytes (`openssl rand -base64 32`)")
}

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn limits(section: &LimitsSection) -> anyhow::Result<Limits> {
    let default = Limits::default();
    Ok(Limits {
        body_bytes_max: limit("body_bytes_max", section.body_bytes_max, 1..=1 << 30)?
            .unwrap_or(default.body_bytes_max),
        header_bytes_max: limit("header_bytes_max", section.header_bytes_max, 1..=1 << 20)?
            .unwrap_or(default.header_bytes_max),
        // Longer ones do not come through the parser of URLs.
        url_bytes_max: limit("url_bytes_max", section.url_bytes_max, 1..=65_534)?
            .unwrap_or(default.url_bytes_max),
        read_timeout_ms: limit("read_timeout_ms", section.read_timeout_ms, 1..=DAY_MS)?
            .unwrap_or(default.read_timeout_ms),
        idle_timeout_ms: limit("idle_timeout_ms", section.idle_timeout_ms, 1..=DAY_MS)?
            .unwrap_or(default.idle_timeout_ms),
        connections_max: limit("connections_max", section.connections_max, 1..=1_000_000)?
            .unwrap_or(default.connections_max),
        requests_per_second_per_platform: limit(
            "requests_per_second_per_platform",
            section.requests_per_second_per_platform,
            0..=1_000_000,
        )?
        .unwrap_or(default.requests_per_second_per_platform),
        page_size_default: limit("page_size_default", section.page_size_default, 1..=100_000)?
            .unwrap_or(default.page_size_default),
        page_size_max: limit("page_size_max", section.page_size_max, 1..=100_000)?
            .unwrap_or(default.page_size_max),
        shutdown_timeout_ms: limit(
            "shutdown_timeout_ms",
            section.shutdown_timeout_ms,
            0..=DAY_MS,
        )?
        .unwrap_or(default.shutdown_timeout_ms),
    })
}

/// How much the store in memory keeps.
fn memory(section: &LimitsSection) -> anyhow::Result<MemStoreOptions> {
    let default = MemStoreOptions::default();
    let records_max = limit(
        "memory_records_max",
        section.memory_records_max,
        1..=10_000_000,
    )?;
    let records_bytes_max = limit(
        "memory_records_bytes_max",
        section.memory_records_bytes_max,
        1..=1 << 36,
    )?;
    Ok(MemStoreOptions {
        records_max: records_max
            .and_then(NonZeroU32::new)
            .unwrap_or(default.records_max),
        records_bytes_max: records_bytes_max.unwrap_or(default.records_bytes_max),
    })
}

/// A limit that the file sets, when it is in its range.
fn limit<T: TryFrom<u64>>(
    name: &str,
    set: Option<u64>,
    range: RangeInclusive<u64>,
) -> anyhow::Result<Option<T>> {
    let Some(value) = set else {
        return Ok(None);
    };
    let is_within = range.contains(&value);
    let (min, max) = range.into_inner();
    T::try_from(value)
        .ok()
        .filter(|_| is_within)
        .map(Some)
        .with_context(|| format!("limits.{name}: must be {min} to {max}"))
}

fn hosting(sections: &[PartySection]) -> anyhow::Result<Hosting> {
    ensure!(
        !sections.is_empty(),
        "[[parties]]: a server that hosts no party answers nobody; name at least one in the \
         configuration file",
    );
    let mut hosted = Vec::<HostedParty>::new();
    for section in sections {
        let party = Party {
            country_code: section.country_code,
            party_id: section.party_id,
        };
        ensure!(
            !section.roles.is_empty(),
            "[[parties]] {party}: needs at least one role"
        );
        ensure!(
            hosted.iter().all(|known| known.party != party),
            "[[parties]] {party}: named twice; give it all its roles at once",
        );
        hosted.push(HostedParty {
            party,
            roles: section.roles.clone(),
            business_details: BusinessDetails {
                name: section.name.clone(),
                website: section.website.clone(),
            },
        });
    }
    Ok(Hosting::new(hosted))
}

fn platforms(sections: &[PlatformSection]) -> anyhow::Result<Vec<KnownPlatform>> {
    let mut known = Vec::<KnownPlatform>::new();
    for section in sections {
        let id = &section.id;
        ensure!(
            known.iter().all(|other| other.platform.id != *id),
            "[[platforms]] {id}: named twice",
        );
        let token = section.credentials_token.expose();
        if let Some(other) = known
            .iter()
            .find(|other| are_confused(other.credentials_token.expose(), token))
        {
            bail!(
                "[[platforms]] {id}: its credentials_token is that of {}, or its Base64",
                other.platform.id
            );
        }
        let roles: Vec<PartyRole> = section
            .roles
            .iter()
            .map(|role| PartyRole {
                party: Party {
                    country_code: role.country_code,
                    party_id: role.party_id,
                },
                role: role.role.clone(),
            })
            .collect();
        ensure!(
            !roles.is_empty(),
            "[[platforms]] {id}: needs at least one role"
        );
        for held in &roles {
            if let Some(other) = known
                .iter()
                .find(|o| o.platform.holds(held.party, &held.role))
            {
                let (party, role, other) = (held.party, &held.role, &other.platform.id);
                bail!("[[platforms]] {id}: {other} speaks for {party} as {role} already");
            }
        }
        known.push(KnownPlatform {
            platform: Platform {
                id: id.clone(),
                roles,
                profile: profile(section),
            },
            credentials_token: section.credentials_token.clone(),
        });
    }
    Ok(known)
}

/// Whether one token could be read as the other: what is presented is read as it is, and decoded.
fn are_confused(one: &str, other: &str) -> bool {
    let encodes = |plain: &str, encoded: &str| {
        ["", "\n", "\r\n"].iter().any(|end| {
            let text = base64::engine::general_purpose::STANDARD.encode(format!("{plain}{end}"));
            text.trim_end_matches('=') == encoded.trim_end_matches('=')
        })
    };
    one == other || encodes(one, other) || encodes(other, one)
}

fn profile(section: &PlatformSection) -> Profile {
    Profile {
        tutorial: section.profile.tutorial,
        fill_owner: section.profile.fill_owner,
        strict_from: section.profile.strict_from,
        auth_encoding: match section.profile.auth_encoding {
            AuthEncodingSetting::Auto => AuthEncoding::Auto,
            AuthEncodingSetting::Base64 => AuthEncoding::Base64,
            AuthEncodingSetting::Raw => AuthEncoding::Raw,
        },
    }
}

/// The roles that matter for Tokens, both of them.
pub(crate) fn both_roles() -> Vec<Role> {
    vec![Role::Cpo, Role::Emsp]
}
