//! The configuration files of servers that know other platforms.

use std::fmt::Write;

/// What every server here has in common: an operator, and that this machine may be called.
const COMMON: &str = r#"admin_token = "admin"
secret_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

[outbound]
allow_http = true
allow_private_addresses = true
timeout_ms = 2000

[limits]
page_size_max = 1000
"#;

/// A platform of the file.
pub(crate) struct Known<'a> {
    /// Our name of it.
    pub(crate) id: &'a str,
    /// `EMSP`, `CPO` or both.
    pub(crate) roles: &'a [&'a str],
    /// Its party.
    pub(crate) party: (&'a str, &'a str),
    /// What it presents.
    pub(crate) token: &'a str,
    /// Its versions, and what we present; `None` when it is not called.
    pub(crate) called: Option<(&'a str, &'a str)>,
    /// Its profile, as a table.
    pub(crate) profile: &'a str,
}

/// A file with these parties, these platforms, and this at its end.
pub(crate) fn configuration(
    parties: &[(&str, &str, &str)],
    platforms: &[Known<'_>],
    more: &str,
) -> String {
    let mut file = COMMON.to_owned();
    file.push_str(more);
    for (country, party, role) in parties {
        let _ = write!(
            file,
            "\n[[parties]]\ncountry_code = \"{country}\"\nparty_id = \"{party}\"\n\
             roles = [\"{role}\"]\nname = \"{party}\"\n"
        );
    }
    for known in platforms {
        let Known {
            id,
            roles,
            party: (country, party),
            token,
            called,
            profile,
        } = known;
        let role = |role: &&str| {
            format!("{{ role = \"{role}\", country_code = \"{country}\", party_id = \"{party}\" }}")
        };
        let roles: Vec<String> = roles.iter().map(role).collect();
        let roles = roles.join(", ");
        let _ = write!(
            file,
            "\n[[platforms]]\nid = \"{id}\"\ncredentials_token = \"{token}\"\n\
             roles = [{roles}]\n\
             profile = {{ {profile} }}\n"
        );
        if let Some((versions_url, token)) = called {
            let _ = write!(
                file,
                "versions_url = \"{versions_url}\"\noutbound_token = \"{token}\"\n"
            );
        }
    }
    file
}
