//! The demonstration: what is preset, and what is said about it.

use std::fmt::Write;
use std::net::SocketAddr;

use ocpi_app::HostedParty;
use ocpi_domain::{
    BusinessDetails, CredentialsToken, Party, PartyRole, Platform, PlatformId, Profile, Role,
};

use crate::config_file::Secret;
use crate::key_file;
use crate::settings::{KnownPlatform, Settings, StoreUrl};

const CREDENTIALS_TOKEN: &str = "your-token";

/// What the operator's API asks for.
pub(crate) const ADMIN_TOKEN: &str = "admin";

/// Where it keeps what it knows: below the working directory.
pub(crate) const STORE: &str = "sqlite:ocpi.db";

/// The roles that matter for Tokens, both of them.
fn both_roles() -> Vec<Role> {
    vec![Role::Cpo, Role::Emsp]
}

/// One party in both roles.
pub(crate) fn parties() -> anyhow::Result<Vec<HostedParty>> {
    Ok(vec![HostedParty {
        party: Party::new("CH", "ABC")?,
        roles: both_roles(),
        business_details: BusinessDetails {
            name: "Quickstart".parse()?,
            website: None,
            logo: None,
        },
    }])
}

/// One platform that speaks for the same party in both roles, so that one token does for every
/// call of the tutorial.
pub(crate) fn platforms() -> anyhow::Result<Vec<KnownPlatform>> {
    let party = Party::new("CH", "ABC")?;
    let roles = both_roles()
        .into_iter()
        .map(|role| PartyRole { party, role })
        .collect();
    let profile = Profile {
        tutorial: true,
        ..Profile::default()
    };
    Ok(vec![KnownPlatform {
        platform: Platform {
            roles,
            profile,
            ..Platform::new(PlatformId::new("quickstart")?)
        },
        credentials_token: Some(CredentialsToken::new(CREDENTIALS_TOKEN)?),
        connection: None,
    }])
}

/// What a newcomer reads first: what runs, and what to type.
pub(crate) fn greeting(ocpi: SocketAddr, admin: SocketAddr, settings: &Settings) -> String {
    let mut text = String::new();
    let auth = format!("-H 'Authorization: Token {CREDENTIALS_TOKEN}'");
    let json = "-H 'Content-Type: application/json'";
    let token = r#"{"country_code": "CH", "party_id": "ABC", "uid": "TOKEN123", "type": "RFID",
       "issuer": "ChargePoint Inc", "valid": true, "whitelist": "ALWAYS",
       "last_updated": "2024-01-01T00:00:00Z"}"#;
    let lines = [
        "This is the quickstart: a demonstration on this machine only.".to_owned(),
        format!("  OCPI         http://{ocpi}/ocpi/versions"),
        format!("  operator     http://{admin}/admin/v1/openapi.json  http://{admin}/health/ready"),
        "  hosts        CH/ABC as CPO and eMSP".to_owned(),
        format!("  knows        one platform, its credentials token is `{CREDENTIALS_TOKEN}`"),
        format!("  keeps        what it is told in {}", kept_in(settings)),
        "Store a token:".to_owned(),
        format!("  curl -X PUT 'http://{ocpi}/ocpi/cpo/2.3.0/tokens/CH/ABC/TOKEN123' \\"),
        format!("  {auth} {json} \\"),
        format!("  -d '{token}'"),
        "Ask whether it may charge:".to_owned(),
        format!(
            "  curl -X POST 'http://{ocpi}/ocpi/emsp/2.3.0/tokens/CH/ABC/TOKEN123/authorize' \\"
        ),
        format!("  {auth} {json} \\"),
        "  -d '{\"location_id\": \"LOC001\", \"evse_uids\": [\"EVSE001\"]}'".to_owned(),
        "See, as its operator, what was answered and why:".to_owned(),
        format!("  curl 'http://{admin}/admin/v1/authorizations' \\"),
        format!(
            "  -H \"Authorization: Bearer {}\"",
            shown_admin_token(settings)
        ),
        "For your own parties and partners: --config FILE; see docs/operating.md. Ctrl-C stops."
            .to_owned(),
    ];
    for line in lines {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{line}");
    }
    text
}

/// Only the one that everybody knows is shown.
fn shown_admin_token(settings: &Settings) -> &'static str {
    match &settings.admin_token {
        Some(Secret(token)) if token == ADMIN_TOKEN => ADMIN_TOKEN,
        _ => "$OCPI_ADMIN_TOKEN",
    }
}

fn kept_in(settings: &Settings) -> String {
    match (&settings.store, &settings.secret_key) {
        (StoreUrl::Memory, _) => "memory: it is gone when the server stops".to_owned(),
        (StoreUrl::Sqlite(path), Some(_)) => path.display().to_string(),
        (StoreUrl::Sqlite(path), None) => {
            let key_file = key_file::path_beside(path);
            format!(
                "{}, its secret key in {}",
                path.display(),
                key_file.display()
            )
        }
    }
}
