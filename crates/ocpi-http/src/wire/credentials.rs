//! The Credentials object of 2.2.1 and 2.3.0.
//!
//! Spec: 2.3.0 credentials, Credentials object.

use std::collections::HashSet;

use ocpi_domain::json::Object;
use ocpi_domain::{
    Credentials, CredentialsRole, CredentialsToken, InvalidField, OcpiUrl, Party, Role,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::object::{ObjectWriter, write_json, write_list};
use crate::failure::Failure;
use crate::json;

/// The name that 2.2.1 has for a hub, among the roles of parties.
const HUB: &str = "HUB";

#[derive(Deserialize)]
struct Sent {
    token: Option<Box<RawValue>>,
    url: Option<OcpiUrl>,
    roles: Option<Vec<Object<CredentialsRole>>>,
    hub_party_id: Option<Box<RawValue>>,
}

/// Reads credentials. `has_hub_party_id` says whether the version names a hub by a member of its
/// own; the role of a hub is read in every version.
pub(super) fn read(body: &[u8], has_hub_party_id: bool) -> Result<Credentials, Failure> {
    let sent: Sent = json::read(body)?;
    let token = token(sent.token.as_deref())?;
    let url = sent.url.ok_or_else(|| missing("url"))?;
    let roles = sent.roles.ok_or_else(|| missing("roles"))?;
    if roles.is_empty() {
        return Err(InvalidField::new("roles", "must hold at least one role").into());
    }
    let claims = Claims::of(roles.into_iter().map(|Object(role)| role));
    let hub_party_id = sent.hub_party_id.filter(|_| has_hub_party_id);
    let hub = match hub_party_id {
        Some(raw) => Some(hub_party(&raw)?),
        None => claims.hub,
    };
    if claims.unknown_roles > 0 {
        let count = claims.unknown_roles;
        tracing::warn!(count, "credentials with roles that OCPI does not list");
    }
    Ok(Credentials {
        token,
        url,
        roles: claims.roles,
        hub,
    })
}

/// The token that was sent. What is wrong with it is said without repeating it.
pub(super) fn token(sent: Option<&RawValue>) -> Result<CredentialsToken, InvalidField> {
    let sent = sent.ok_or_else(|| missing("token"))?;
    let text = serde_json::from_str::<String>(sent.get()).unwrap_or_default();
    CredentialsToken::new(&text).map_err(|error| InvalidField::new("token", error.to_string()))
}

pub(super) fn missing(field: &'static str) -> InvalidField {
    InvalidField::new(field, "required, but missing")
}

/// Whom a platform says that it speaks for.
struct Claims {
    /// Each party and role once, in the order in which they were sent.
    roles: Vec<CredentialsRole>,
    /// The party that passes on for others.
    hub: Option<Party>,
    /// How many of the roles OCPI does not list. They are kept, and open nothing.
    unknown_roles: usize,
}

impl Claims {
    /// Sorts what was sent. A body can hold thousands of roles, so none is compared with all.
    fn of(sent: impl Iterator<Item = CredentialsRole>) -> Claims {
        let mut claims = Claims {
            roles: Vec::new(),
            hub: None,
            unknown_roles: 0,
        };
        let mut known = HashSet::new();
        for presented in sent {
            let party = Party {
                country_code: presented.country_code,
                party_id: presented.party_id,
            };
            if presented.role.as_str() == HUB {
                claims.hub = claims.hub.or(Some(party));
            } else if known.insert((party, presented.role.clone())) {
                let is_unknown = matches!(presented.role, Role::Unlisted(_));
                claims.unknown_roles += usize::from(is_unknown);
                claims.roles.push(presented);
            }
        }
        claims
    }
}

/// The party of five characters: its country, and its id there.
fn hub_party(raw: &RawValue) -> Result<Party, InvalidField> {
    let refused = || {
        let rule = "must be the country code and the party id of the hub: five characters";
        InvalidField::new("hub_party_id", rule)
    };
    let text: String = serde_json::from_str(raw.get()).map_err(|_| refused())?;
    let (country_code, party_id) = text.split_at_checked(2).ok_or_else(refused)?;
    Party::new(country_code, party_id).map_err(|_| refused())
}

/// Writes credentials. We are no hub, so there is no word of one.
pub(super) fn write(out: &mut Vec<u8>, credentials: &Credentials) {
    let mut object = ObjectWriter::begin(out);
    object.text("token", credentials.token.expose());
    object.text("url", credentials.url.as_str());
    object.with("roles", |out| {
        write_list(out, &credentials.roles, write_json);
    });
    object.end();
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn role(role: &str, party_id: &str) -> Value {
        let details = json!({"name": "Alfa", "website": null, "x": 1});
        json!({
            "role": role, "party_id": party_id, "country_code": "NL", "business_details": details
        })
    }

    fn sent(roles: &[Value]) -> Value {
        json!({"token": "b.secret", "url": "https://cpo.example/ocpi/versions", "roles": roles})
    }

    fn read_text(body: &Value, has_hub_party_id: bool) -> Result<Credentials, String> {
        let read = read(body.to_string().as_bytes(), has_hub_party_id);
        read.map_err(|failure| failure.to_string())
    }

    fn roles(credentials: &Credentials) -> Vec<(&str, &str)> {
        let roles = credentials.roles.iter();
        roles
            .map(|role| (role.role.as_str(), role.party_id.as_str()))
            .collect()
    }

    fn party(id: &str) -> Option<Party> {
        Party::new("NL", id).ok()
    }

    /// Holds: C-18, C-19, M-15.
    #[test]
    fn a_hub_is_named_by_its_role_or_by_its_own_member() {
        let only_hub = sent(&[role("HUB", "HUB")]);
        let mut with_member = sent(&[role("CPO", "ALF"), role("HUB", "OLD")]);
        with_member["hub_party_id"] = json!("nlHUB");
        for (body, has_member, expected_roles, hub) in [
            (&only_hub, false, &[][..], "HUB"),
            (&only_hub, true, &[], "HUB"),
            (&with_member, false, &[("CPO", "ALF")], "OLD"),
            (&with_member, true, &[("CPO", "ALF")], "HUB"),
        ] {
            let credentials = read_text(body, has_member).unwrap();
            assert_eq!(roles(&credentials), expected_roles);
            assert_eq!(credentials.hub, party(hub));
        }
    }

    /// Holds: C-16, C-19, T-62.
    #[test]
    fn an_unknown_role_is_kept_and_one_that_is_sent_twice_counts_once() {
        let body = sent(&[
            role("EMSP", "ALF"),
            role("EMSP", "alf"),
            role("CPO", "ALF"),
            role("PTP", "ALF"),
        ]);
        let credentials = read_text(&body, true).unwrap();
        let expected = [("EMSP", "ALF"), ("CPO", "ALF"), ("PTP", "ALF")];
        assert_eq!(roles(&credentials), expected);
        assert_eq!(credentials.hub, None);
    }

    /// Holds: C-16, C-19.
    #[test]
    fn of_thousands_of_roles_each_counts_once_and_so_does_each_that_nobody_knows() {
        let parties: Vec<_> = (0..5000).map(|number| format!("{number:03X}")).collect();
        let parties = parties.iter().filter(|id| id.len() == 3);
        let sent: Vec<CredentialsRole> = parties
            .flat_map(|id| [role("CPO", id), role("PTP", id), role("HUB", id)])
            .map(|role| serde_json::from_value(role).unwrap())
            .collect();
        let (count, twice) = (sent.len() / 3, [sent.clone(), sent].concat());
        let first = twice[2].party_id;
        let claims = Claims::of(twice.into_iter());
        assert_eq!(claims.roles.len(), 2 * count);
        assert_eq!(claims.unknown_roles, count);
        assert_eq!(claims.hub.unwrap().party_id, first);
    }

    /// Holds: C-22, D-11.
    #[test]
    fn a_logo_that_is_a_text_refuses_nobody() {
        let mut with_logo = role("CPO", "ALF");
        with_logo["business_details"]["logo"] = json!("https://alfa.example/x.png");
        assert!(read_text(&sent(&[with_logo]), true).is_ok());
    }

    /// Holds: C-22, D-10, D-11.
    #[test]
    fn a_body_that_breaks_a_rule_is_refused_by_the_name_of_the_field() {
        let without = |name| {
            let mut role = role("CPO", "ALF");
            role.as_object_mut().unwrap().remove(name);
            json!([role])
        };
        let long_name = json!([{
            "role": "CPO", "party_id": "ALF", "country_code": "NL",
            "business_details": {"name": "n".repeat(101)}
        }]);
        for (name, wrong) in [
            ("token", json!(null)),
            ("token", json!("")),
            ("url", json!(null)),
            ("url", json!("ftp://cpo.example")),
            (
                "url",
                json!(format!("https://cpo.example/{}", "u".repeat(255))),
            ),
            ("roles", json!(null)),
            ("roles", json!([])),
            ("roles[0]", json!([[]])),
            ("roles[0]", without("party_id")),
            ("roles[0]", without("business_details")),
            ("roles[0].business_details.name", long_name),
            ("roles[0].role", json!([role("", "ALF")])),
            ("roles[0].party_id", json!([role("CPO", "ALFA")])),
            ("hub_party_id", json!("NL")),
            ("hub_party_id", json!("éHUB")),
            ("hub_party_id", json!(12345)),
        ] {
            let mut body = sent(&[role("CPO", "ALF")]);
            let member = name.split('[').next().unwrap();
            body[member] = wrong;
            let refused = read_text(&body, true).unwrap_err();
            assert!(
                refused.starts_with(&format!("`{name}`: ")),
                "{name}: {refused}"
            );
        }
    }

    /// Holds: T-13.
    #[test]
    fn a_token_that_is_none_is_not_repeated() {
        let long = format!("secret{}", "x".repeat(60));
        for token in [
            json!("sec ret"),
            json!(7_777_777),
            json!(long),
            json!(["secret"]),
        ] {
            let mut body = sent(&[role("CPO", "ALF")]);
            body["token"] = token;
            let refused = read_text(&body, true).unwrap_err();
            assert!(refused.starts_with("`token`: must be 1 to 64"), "{refused}");
            assert!(
                !refused.contains("sec") && !refused.contains("777"),
                "{refused}"
            );
        }
    }
}
