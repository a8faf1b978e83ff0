//! What the server runs with: flags, environment and file, joined and checked.

mod charge_point;
mod limits;
mod outbound;
mod parties;
mod registration;
mod sync;
mod tls;

use std::env::VarError;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use base64::Engine;
use ocpi_app::{AppOptions, HostedParty, Hosting, InvalidSecretKey, SecretKey};
use ocpi_http::{Limits, PublicUrl};
use ocpi_memstore::MemStoreOptions;

use crate::args::{LogFormat, ServeArgs};
use crate::config_file::{ConfigFile, Secret};
use crate::quickstart;

pub(crate) use outbound::OutboundSettings;
pub(crate) use parties::{KnownConnection, KnownPlatform};
pub(crate) use tls::TlsFiles;

/// Where the server keeps what it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// `memory:`
    Memory,
    /// `sqlite:PATH`
    Sqlite(PathBuf),
}

impl std::fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreUrl::Memory => f.write_str("memory:"),
            StoreUrl::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
        }
    }
}

/// How much a durable store may take beside its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DurableLimits {
    /// Bytes of memory for what was read lately.
    pub(crate) cache_bytes_max: u64,
    /// Bytes of the write-ahead log.
    pub(crate) wal_bytes_max: u64,
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
    pub(crate) durable: DurableLimits,
    pub(crate) memory: MemStoreOptions,
    /// `None`: the operator's API answers nobody.
    pub(crate) admin_token: Option<Secret>,
    /// `None`: a quickstart has its own beside its file, a store in memory a new one a run.
    pub(crate) secret_key: Option<SecretKey>,
    /// `None`: for ever.
    pub(crate) records_keep_days: Option<u32>,
    /// `None`: for ever.
    pub(crate) sessions_keep_days: Option<u32>,
    pub(crate) log_format: LogFormat,
    pub(crate) log: Option<String>,
    pub(crate) options: AppOptions,
    pub(crate) limits: Limits,
    /// `None`: plain HTTP.
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) outbound: OutboundSettings,
    pub(crate) parties: Vec<HostedParty>,
    pub(crate) platforms: Vec<KnownPlatform>,
}

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8000);
const ADMIN_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8001);

impl Settings {
    /// The settings of this start; what only a server needs is checked by
    /// [`check_serving`](Settings::check_serving).
    ///
    /// # Errors
    ///
    /// The first setting that is wrong, by its name.
    pub(crate) fn load(args: &ServeArgs) -> anyhow::Result<Settings> {
        let is_quickstart = args.config.is_none() && given(args.public_url.as_deref()).is_none();
        let file = match &args.config {
            Some(path) => ConfigFile::read(path)?,
            None => ConfigFile::default(),
        };
        let options = limits::options(&file)?;
        let outbound = outbound::outbound(&file.outbound, is_quickstart)?;
        let (parties, platforms) = if is_quickstart {
            (quickstart::parties()?, quickstart::platforms()?)
        } else {
            let parties = parties::hosted(&file.parties)?;
            let platforms = parties::platforms(&file.platforms, &parties, &outbound)?;
            (parties, platforms)
        };
        let public_url = given(args.public_url.as_deref()).or(file.public_url.as_deref());
        let store = given(args.store.as_deref()).or(file.store.as_deref());
        let store = store.or(is_quickstart.then_some(quickstart::STORE));
        let store = store_url(store)?;
        let secret_key = secret_key(secret("OCPI_SECRET_KEY", file.secret_key)?)?;
        ensure!(
            is_quickstart || secret_key.is_some() || store == StoreUrl::Memory,
            "secret_key: required for a durable store: what it keeps is only worth something with \
             the same key after every start; make one with `openssl rand -base64 32` and set it \
             in the configuration file or in OCPI_SECRET_KEY",
        );
        let admin_token = admin_token(secret("OCPI_ADMIN_TOKEN", file.admin_token)?)?;
        Ok(Settings {
            quickstart: is_quickstart,
            listen: args.listen.or(file.listen).unwrap_or(LISTEN),
            admin_listen: args
                .admin_listen
                .or(file.admin_listen)
                .unwrap_or(ADMIN_LISTEN),
            public_url: public_url
                .map(|text| PublicUrl::new(text).with_context(|| format!("public_url: `{text}`")))
                .transpose()?,
            store,
            durable: limits::durable(&file.limits)?,
            memory: limits::memory(&file.limits)?,
            admin_token: admin_token
                .or_else(|| is_quickstart.then(|| Secret(quickstart::ADMIN_TOKEN.to_owned()))),
            secret_key,
            records_keep_days: limits::keep_days("records_keep_days", file.records_keep_days)?,
            sessions_keep_days: limits::keep_days("sessions_keep_days", file.sessions_keep_days)?,
            log_format: args
                .log_format
                .or(file.log_format)
                .unwrap_or(LogFormat::Human),
            log: given(args.log.as_deref()).map(str::to_owned).or(file.log),
            options,
            limits: limits::limits(&file.limits)?,
            tls: tls::files(file.tls)?,
            outbound,
            parties,
            platforms,
        })
    }

    /// Whether a server may listen as these settings say.
    ///
    /// # Errors
    ///
    /// The setting that is wrong, by its name.
    pub(crate) fn check_serving(&self) -> anyhow::Result<()> {
        if self.quickstart {
            require_loopback("--listen", self.listen)?;
            require_loopback("--admin-listen", self.admin_listen)?;
        }
        ensure!(
            self.public_url.is_some() || self.listen.ip().is_loopback(),
            "public_url: required when the server listens on {}: peers need its address",
            self.listen,
        );
        if let (Some(_), Some(url)) = (&self.tls, &self.public_url) {
            require_https(url)?;
        }
        Ok(())
    }

    /// The base of every URL that is published, when the server listens at `address`.
    ///
    /// # Errors
    ///
    /// An address that makes no URL.
    pub(crate) fn public_url_at(&self, address: SocketAddr) -> anyhow::Result<PublicUrl> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        match &self.public_url {
            Some(url) => Ok(url.clone()),
            None => Ok(PublicUrl::new(&format!("{scheme}://{address}"))?),
        }
    }

    /// The parties hosted here, found below `public_url`.
    pub(crate) fn hosting(&self, public_url: &PublicUrl) -> Hosting {
        Hosting::new(self.parties.clone(), public_url.versions_urls())
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

/// Peers must be told to call what the listener speaks.
fn require_https(public_url: &PublicUrl) -> anyhow::Result<()> {
    ensure!(
        is_https(public_url),
        "public_url: `{public_url}`: must begin with https:// when [tls] is set: peers call what is \
         published, and the server listens for TLS only",
    );
    Ok(())
}

/// Whether peers are told to speak TLS, to us or to what stands before us.
pub(crate) fn is_https(public_url: &PublicUrl) -> bool {
    let text = public_url.to_string();
    let scheme = text.split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("https")
}

fn store_url(url: Option<&str>) -> anyhow::Result<StoreUrl> {
    const OFFERED: &str = "use `sqlite:PATH`, as `sqlite:/var/lib/ocpi/ocpi.db`, or `memory:`";
    let Some(url) = url else {
        bail!("store: required, so that nobody keeps in memory what is to last: {OFFERED}");
    };
    match (url, url.strip_prefix("sqlite:")) {
        ("memory:", _) => Ok(StoreUrl::Memory),
        // With `//` it may be meant as relative or as absolute.
        (_, Some(path)) if !path.is_empty() && !path.starts_with("//") => {
            Ok(StoreUrl::Sqlite(PathBuf::from(path)))
        }
        _ => bail!("store: `{url}` is no store that this server has; {OFFERED}"),
    }
}

/// A secret: from the environment, else from the file, and never from a flag, which every user
/// of the machine can read.
///
/// # Errors
///
/// A variable that is no text.
pub(crate) fn secret(variable: &str, file: Option<Secret>) -> anyhow::Result<Option<Secret>> {
    #[expect(clippy::disallowed_methods, reason = "these are the settings")]
    match std::env::var(variable) {
        Ok(text) => Ok(Some(Secret(text))),
        Err(VarError::NotPresent) => Ok(file),
        Err(VarError::NotUnicode(_)) => bail!("{variable}: must be text"),
    }
}

/// A token that can stand in a header.
fn admin_token(secret: Option<Secret>) -> anyhow::Result<Option<Secret>> {
    let Some(Secret(text)) = &secret else {
        return Ok(None);
    };
    ensure!(!text.trim().is_empty(), "admin_token: must not be empty");
    ensure!(
        text.bytes().all(|byte| byte.is_ascii_graphic()),
        "admin_token: must hold only visible ASCII characters, and no blank",
    );
    Ok(secret)
}

fn secret_key(secret: Option<Secret>) -> anyhow::Result<Option<SecretKey>> {
    secret
        .map(|Secret(text)| decode_secret_key(&text))
        .transpose()
        .context("secret_key: must be Base64 of 32 bytes (`openssl rand -base64 32`)")
}

/// A key as it is written: 32 bytes in Base64.
///
/// # Errors
///
/// When it is not that; the text is not repeated.
pub(crate) fn decode_secret_key(text: &str) -> anyhow::Result<SecretKey> {
    Ok(SecretKey::new(&decode_secret_key_bytes(text)?)?)
}

/// The 32 bytes themselves.
///
/// # Errors
///
/// As [`decode_secret_key`].
pub(crate) fn decode_secret_key_bytes(text: &str) -> anyhow::Result<[u8; 32]> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap_or_default();
    Ok(bytes.try_into().map_err(|_| InvalidSecretKey)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beyond the protocol: a store is where its URL says, or nowhere.
    #[test]
    fn a_store_is_named_by_a_url_that_leaves_no_doubt() {
        for (url, path) in [
            ("sqlite:ocpi.db", "ocpi.db"),
            ("sqlite:/var/lib/ocpi.db", "/var/lib/ocpi.db"),
            ("sqlite:./a:b?c=d", "./a:b?c=d"),
        ] {
            let store = store_url(Some(url)).unwrap();
            assert_eq!(store, StoreUrl::Sqlite(path.into()));
            assert_eq!(store.to_string(), url);
        }
        assert_eq!(store_url(Some("memory:")).unwrap(), StoreUrl::Memory);
        for url in [
            "",
            "memory",
            "memory:x",
            "sqlite:",
            "sqlite",
            "sqlite://x",
            "ocpi.db",
        ] {
            let refused = store_url(Some(url)).unwrap_err().to_string();
            assert!(refused.contains("sqlite:PATH"), "{url}: {refused}");
        }
        assert!(store_url(None).is_err(), "there is no default");
    }

    /// Holds: T-96, V-11.
    #[test]
    fn what_is_published_is_what_is_listened_for() {
        let url = |text: &str| PublicUrl::new(text).unwrap();
        assert!(require_https(&url("https://ocpi.example.com")).is_ok());
        assert!(require_https(&url("HTTPS://ocpi.example.com")).is_ok());
        let refused = require_https(&url("http://ocpi.example.com")).unwrap_err();
        assert!(refused.to_string().starts_with("public_url: "), "{refused}");
    }

    /// Holds: T-13. Secrets that cannot work are refused without being repeated.
    #[test]
    fn a_secret_that_cannot_be_used_is_refused_and_not_shown() {
        let secret = |text: &str| Some(Secret(text.to_owned()));
        for text in ["", "s3cret", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg=="] {
            let refused = format!("{:#}", secret_key(secret(text)).unwrap_err());
            assert!(refused.contains("openssl rand -base64 32"), "{refused}");
            assert!(text.is_empty() || !refused.contains(text), "{refused}");
        }
        for text in ["", " ", "two words", "s3crét", "line\n"] {
            let refused = admin_token(secret(text)).unwrap_err().to_string();
            assert!(refused.starts_with("admin_token: must"), "{refused}");
            assert!(
                text.trim().is_empty() || !refused.contains(text),
                "{refused}"
            );
        }
        assert!(admin_token(secret("s3cret~!")).is_ok());
        assert!(admin_token(None).unwrap().is_none());
    }
}
