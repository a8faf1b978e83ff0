//! The demonstration: what is preset, and what is said about it.

use std::fmt::Write;
use std::net::SocketAddr;

use ocpi_app::{HostedParty, Hosting};
use ocpi_domain::{
    AuthEncoding, BusinessDetails, CredentialsToken, Party, PartyRole, Platform, PlatformId,
    Profile,
};

use crate::settings::{KnownPlatform, both_roles};

const CREDENTIALS_TOKEN: &str = "your-token";

/// One party in both roles.
pub(crate) fn hosting() -> anyhow::Result<Hosting> {
    Ok(Hosting::new(vec![HostedParty {
        party: Party::new("CH", "ABC")?,
        roles: both_roles(),
        business_details: BusinessDetails {
            name: "Quickstart".parse()?,
            website: None,
        },
    }]))
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
        fill_owner: false,
        strict_from: false,
        auth_encoding: AuthEncoding::Auto,
    };
    Ok(vec![KnownPlatform {
        platform: Platform {
            id: PlatformId::new("quickstart")?,
            roles,
            profile,
        },
        credentials_token: CredentialsToken::new(CREDENTIALS_TOKEN)?,
    }])
}

/// What a newcomer reads first: what runs, and what to type.
pub(crate) fn greeting(ocpi: SocketAddr, admin: SocketAddr) -> String {
    let mut text = String::new();
    let auth = format!("-H 'Authorization: Token {CREDENTIALS_TOKEN}'");
    let json = "-H 'Content-Type: application/json'";
    let token = r#"{"country_code": "CH", "party_id": "ABC", "uid": "TOKEN123", "type": "RFID",
       "issuer": "ChargePoint Inc", "valid": true, "whitelist": "ALWAYS",
       "last_updated": "2024-01-01T00:00:00Z"}"#;
    let lines = [
        "This is the quickstart: a demonstration on this machine only, kept in memory.".to_owned(),
        format!("  OCPI 2.3.0   http://{ocpi}/ocpi/versions"),
        format!("  operator     http://{admin}/health/ready  http://{admin}/metrics"),
        "  hosts        CH/ABC as CPO and eMSP".to_owned(),
        format!("  knows        one platform, its credentials token is `{CREDENTIALS_TOKEN}`"),
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
        "For your own parties and partners: --config FILE; see docs/operating.md. Ctrl-C stops."
            .to_owned(),
    ];
    for line in lines {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{line}");
    }
    text
}
