//! `[[parties]]` and `[[platforms]]`.

use anyhow::{bail, ensure};
use base64::Engine;
use ocpi_app::HostedParty;
use ocpi_domain::{
    AuthEncoding, BusinessDetails, CredentialsToken, OcpiUrl, Party, PartyRole, Platform, Profile,
};

use super::limits::{CALL_MS_MAX, in_range};
use super::outbound::OutboundSettings;
use crate::config_file::{AuthEncodingSetting, PartySection, PlatformSection};

/// A platform, what it presents to us, and how we call it: one of both at least.
#[derive(Debug)]
pub(crate) struct KnownPlatform {
    pub(crate) platform: Platform,
    pub(crate) credentials_token: Option<CredentialsToken>,
    pub(crate) connection: Option<KnownConnection>,
}

/// How we call a platform.
#[derive(Debug)]
pub(crate) struct KnownConnection {
    pub(crate) versions_url: OcpiUrl,
    /// What we present.
    pub(crate) token: CredentialsToken,
}

/// The parties hosted here.
pub(super) fn hosted(sections: &[PartySection]) -> anyhow::Result<Vec<HostedParty>> {
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
                logo: None,
            },
        });
    }
    Ok(hosted)
}

/// The platforms known from the start.
pub(super) fn platforms(
    sections: &[PlatformSection],
    hosted: &[HostedParty],
    outbound: &OutboundSettings,
) -> anyhow::Result<Vec<KnownPlatform>> {
    let mut known = Vec::<KnownPlatform>::new();
    for section in sections {
        let id = &section.id;
        ensure!(
            !id.is_of_charge_points(),
            "[[platforms]] {id}: this id stands for our own charge points: choose another",
        );
        ensure!(
            known.iter().all(|other| other.platform.id != *id),
            "[[platforms]] {id}: named twice",
        );
        if let Some(other) = known.iter().find(|other| presents_like(other, section)) {
            bail!(
                "[[platforms]] {id}: its credentials_token is that of {}, or its Base64",
                other.platform.id
            );
        }
        let connection = connection(section, outbound)?;
        ensure!(
            section.credentials_token.is_some() || connection.is_some(),
            "[[platforms]] {id}: needs a credentials_token, which it presents, or a versions_url \
             and an outbound_token, by which it is called, or all three",
        );
        let platform = platform(section, hosted)?;
        for held in &platform.roles {
            if let Some(other) = known
                .iter()
                .find(|o| o.platform.holds(held.party, &held.role))
            {
                let (party, role, other) = (held.party, &held.role, &other.platform.id);
                bail!("[[platforms]] {id}: {other} speaks for {party} as {role} already");
            }
        }
        known.push(KnownPlatform {
            platform,
            credentials_token: section.credentials_token.clone(),
            connection,
        });
    }
    Ok(known)
}

/// The platform itself, whose parties are those that it may have.
fn platform(section: &PlatformSection, hosted: &[HostedParty]) -> anyhow::Result<Platform> {
    let id = &section.id;
    let roles = section.roles.iter().map(|role| PartyRole {
        party: Party {
            country_code: role.country_code,
            party_id: role.party_id,
        },
        role: role.role.clone(),
    });
    let allowed = section.allowed_parties.as_ref();
    let platform = Platform {
        id: id.clone(),
        roles: roles.collect(),
        profile: profile(section)?,
        hub: section.hub_party_id,
        allowed_parties: allowed.map(|names| names.iter().copied().map(Into::into).collect()),
        our_party: section.our_party.map(Into::into),
    };
    ensure!(
        !platform.roles.is_empty() || platform.hub.is_some(),
        "[[platforms]] {id}: needs at least one role, unless it has a hub_party_id",
    );
    let stray = platform
        .roles
        .iter()
        .find(|held| !platform.may_hold(held.party));
    if let Some(held) = stray {
        bail!(
            "[[platforms]] {id}: allowed_parties: {} is in its roles, and not there",
            held.party
        );
    }
    if let Some(ours) = platform.our_party {
        ensure!(
            hosted.iter().any(|host| host.party == ours),
            "[[platforms]] {id}: our_party: {ours} is not hosted here; name one of [[parties]]",
        );
    }
    Ok(platform)
}

/// How the platform is called, when the section says it.
fn connection(
    section: &PlatformSection,
    outbound: &OutboundSettings,
) -> anyhow::Result<Option<KnownConnection>> {
    let id = &section.id;
    let (versions_url, token) = match (&section.versions_url, &section.outbound_token) {
        (Some(url), Some(token)) => (url, token),
        (None, None) => return Ok(None),
        (Some(_), None) => bail!(
            "[[platforms]] {id}: outbound_token: required beside versions_url: what we present there"
        ),
        (None, Some(_)) => bail!(
            "[[platforms]] {id}: versions_url: required beside outbound_token: where it is presented"
        ),
    };
    let scheme = versions_url.as_str().split(':').next().unwrap_or_default();
    ensure!(
        outbound.allow_http || scheme.eq_ignore_ascii_case("https"),
        "[[platforms]] {id}: versions_url: must begin with https://, or our token crosses the \
         network in the open; outbound.allow_http lets it",
    );
    Ok(Some(KnownConnection {
        versions_url: versions_url.clone(),
        token: token.clone(),
    }))
}

/// Whether what the section's platform presents could be read as what the other one does.
fn presents_like(other: &KnownPlatform, section: &PlatformSection) -> bool {
    match (&other.credentials_token, &section.credentials_token) {
        (Some(one), Some(other)) => are_confused(one.expose(), other.expose()),
        _ => false,
    }
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

fn profile(section: &PlatformSection) -> anyhow::Result<Profile> {
    let set = &section.profile;
    let name = format!("[[platforms]] {}: profile.authorize_timeout_ms", section.id);
    Ok(Profile {
        tutorial: set.tutorial,
        fill_owner: set.fill_owner,
        strict_from: set.strict_from,
        auth_encoding: match set.auth_encoding {
            AuthEncodingSetting::Auto => AuthEncoding::Auto,
            AuthEncodingSetting::Base64 => AuthEncoding::Base64,
            AuthEncodingSetting::Raw => AuthEncoding::Raw,
        },
        prefer_cache: set.prefer_cache,
        ask_unknown: set.ask_unknown,
        no_answer: set.no_answer,
        authorize_timeout_ms: in_range(&name, set.authorize_timeout_ms, 1..=CALL_MS_MAX)?,
        push_tokens: set.push_tokens,
        no_pull: set.no_pull,
    })
}

#[cfg(test)]
mod tests {
    use ocpi_domain::{NoAnswer, PushTokens};

    use super::*;
    use crate::config_file::ConfigFile;

    /// What is made of these lines below `[[platforms]] id = "peer"`.
    fn known(lines: &str, allow_http: bool) -> anyhow::Result<Vec<KnownPlatform>> {
        let text = format!(
            "[[parties]]\ncountry_code = \"CH\"\nparty_id = \"ABC\"\nroles = [\"EMSP\"]\n\
             name = \"Example\"\n[[platforms]]\nid = \"peer\"\n{lines}\n"
        );
        let file: ConfigFile = toml::from_str(&text)?;
        let outbound = OutboundSettings {
            allow_http,
            allow_private_addresses: false,
            extra_ca: None,
            response_bytes_max: 1,
        };
        platforms(&file.platforms, &hosted(&file.parties)?, &outbound)
    }

    const ROLES: &str = r#"roles = [{ role = "CPO", country_code = "NL", party_id = "XYZ" }]"#;
    const PRESENTS: &str = r#"credentials_token = "in-s3cret""#;
    const CALLED: &str = "versions_url = \"https://peer.example/ocpi/versions\"\n\
                          outbound_token = \"out-s3cret\"";

    const CALLED_BADLY: &str = "versions_url = \"https://peer.example/ocpi/versions\"\n\
                                outbound_token = \"out s3cret\"";

    fn lines(parts: &[&str]) -> String {
        parts.join("\n")
    }

    /// Holds: W-32. The records of our own charge points are told from those of a platform.
    #[test]
    fn the_id_of_our_own_charge_points_is_no_platforms() {
        let outbound = OutboundSettings {
            allow_http: false,
            allow_private_addresses: false,
            extra_ca: None,
            response_bytes_max: 1,
        };
        for id in ["charge-point", "charge-point.NL.ALF"] {
            let text = format!("[[platforms]]\nid = \"{id}\"\n") + &lines(&[ROLES, PRESENTS]);
            let file: ConfigFile = toml::from_str(&text).unwrap();
            let refused = platforms(&file.platforms, &[], &outbound).unwrap_err();
            let expected = format!("[[platforms]] {id}: this id stands for");
            assert!(refused.to_string().starts_with(&expected), "{refused}");
        }
    }

    /// Holds: C-20, C-21. A platform presents something, or is called, or both.
    #[test]
    fn a_platform_is_known_by_what_it_presents_or_by_how_it_is_called() {
        for (parts, presents, is_called) in [
            (&[ROLES, PRESENTS][..], true, false),
            (&[ROLES, CALLED], false, true),
            (&[ROLES, PRESENTS, CALLED], true, true),
            (&["hub_party_id = \"NLHUB\"", PRESENTS], true, false),
        ] {
            let known = known(&lines(parts), false).unwrap();
            assert_eq!(known[0].credentials_token.is_some(), presents, "{parts:?}");
            assert_eq!(known[0].connection.is_some(), is_called, "{parts:?}");
        }
        let limits = "allowed_parties = [{ country_code = \"NL\", party_id = \"XYZ\" }]\n\
                      our_party = { country_code = \"CH\", party_id = \"ABC\" }";
        let known = known(&lines(&[ROLES, PRESENTS, limits]), false).unwrap();
        let platform = &known[0].platform;
        let party = |country, id| Party::new(country, id).unwrap();
        assert_eq!(platform.allowed_parties, Some(vec![party("NL", "XYZ")]));
        assert_eq!(platform.our_party, Some(party("CH", "ABC")));
    }

    /// Holds: W-03, W-20, W-33, E-40. How a platform is dealt with at a charge point and in the
    /// exchange of Tokens is the operator's word; a strict peer is the default.
    #[test]
    fn the_profile_of_a_platform_is_what_the_file_says() {
        let of = |profile: &str| {
            let known = known(&lines(&[ROLES, PRESENTS, profile]), false);
            known.map(|known| known[0].platform.profile)
        };
        assert_eq!(of("").unwrap(), Profile::default());
        let set = of(
            "profile = { prefer_cache = true, ask_unknown = true, no_answer = \"deny\", \
                      authorize_timeout_ms = 700, push_tokens = \"patch\", no_pull = true }",
        );
        let expected = Profile {
            prefer_cache: true,
            ask_unknown: true,
            no_answer: NoAnswer::Deny,
            authorize_timeout_ms: Some(700),
            push_tokens: PushTokens::Patch,
            no_pull: true,
            ..Profile::default()
        };
        assert_eq!(set.unwrap(), expected);
        for (profile, said) in [
            (
                "authorize_timeout_ms = 0",
                "[[platforms]] peer: profile.authorize_timeout_ms: must",
            ),
            ("authorize_timeout_ms = 60001", "must be 1 to 60000"),
            (
                "no_answer = \"guess\"",
                "must be one of by_whitelist, allow, deny",
            ),
            ("push_tokens = \"POST\"", "must be one of put, patch, off"),
            ("pull = false", "unknown field `pull`"),
        ] {
            let refused = format!(
                "{:#}",
                of(&format!("profile = {{ {profile} }}")).unwrap_err()
            );
            assert!(refused.contains(said), "{profile}: {refused}");
        }
    }

    /// Holds: C-20, C-23, T-13. The key that is wrong is named, and no secret is.
    #[test]
    fn a_platform_that_cannot_be_is_refused_by_the_name_of_its_key() {
        let plain = "versions_url = \"http://peer.example/\"\noutbound_token = \"out-s3cret\"";
        for (parts, said) in [
            (&[ROLES][..], "needs a credentials_token"),
            (&[PRESENTS], "needs at least one role"),
            (
                &[ROLES, "versions_url = \"https://peer.example/\""],
                "outbound_token: required",
            ),
            (
                &[ROLES, "outbound_token = \"out-s3cret\""],
                "versions_url: required",
            ),
            (&[ROLES, plain], "outbound.allow_http"),
            (
                &[ROLES, "credentials_token = \"in s3cret\""],
                "credentials_token: must be",
            ),
            (
                &[ROLES, PRESENTS, "versions_url = \"peer.example\""],
                "versions_url: must be an absolute",
            ),
            (&[ROLES, CALLED_BADLY], "outbound_token: must be"),
            (
                &[ROLES, PRESENTS, "hub_party_id = \"NL/HUB\""],
                "hub_party_id: `NL/HUB`",
            ),
            (
                &[ROLES, PRESENTS, "allowed_parties = []"],
                "allowed_parties: NL/XYZ is in its roles",
            ),
            (
                &[
                    ROLES,
                    PRESENTS,
                    "our_party = { country_code = \"CH\", party_id = \"XYZ\" }",
                ],
                "our_party: CH/XYZ is not hosted here",
            ),
        ] {
            let refused = format!("{:#}", known(&lines(parts), false).unwrap_err());
            assert!(refused.contains(said), "{parts:?}: {refused}");
            // The reader of the file shows the message alone, and never the line.
            let message = refused.lines().last().unwrap_or_default();
            assert!(!message.contains("s3cret"), "{parts:?}: {message}");
        }
        assert!(known(&lines(&[ROLES, plain]), true).is_ok());
    }
}
