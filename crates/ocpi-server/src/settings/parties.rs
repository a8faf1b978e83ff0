//! `[[parties]]` and `[[platforms]]`.

use anyhow::{bail, ensure};
use base64::Engine;
use ocpi_app::{HostedParty, Hosting};
use ocpi_domain::{
    AuthEncoding, BusinessDetails, CredentialsToken, Party, PartyRole, Platform, Profile,
};

use crate::config_file::{AuthEncodingSetting, PartySection, PlatformSection};

/// A platform and the token that it presents.
#[derive(Debug)]
pub(crate) struct KnownPlatform {
    pub(crate) platform: Platform,
    pub(crate) credentials_token: CredentialsToken,
}

/// The parties hosted here.
pub(super) fn hosting(sections: &[PartySection]) -> anyhow::Result<Hosting> {
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

/// The platforms known from the start.
pub(super) fn platforms(sections: &[PlatformSection]) -> anyhow::Result<Vec<KnownPlatform>> {
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
