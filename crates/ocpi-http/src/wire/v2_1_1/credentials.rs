//! The Credentials object of 2.1.1: one party, whose role it does not say.
//!
//! Spec: 2.1.1 credentials, Credentials object.

use ocpi_domain::json::Object;
use ocpi_domain::{
    BusinessDetails, CountryCode, Credentials, CredentialsRole, OcpiUrl, PartyId, Role,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::failure::Failure;
use crate::json;
use crate::wire::credentials::{missing, token};
use crate::wire::object::{ObjectWriter, write_json};

#[derive(Deserialize)]
struct Sent {
    token: Option<Box<RawValue>>,
    url: Option<OcpiUrl>,
    business_details: Option<Object<BusinessDetails>>,
    party_id: Option<PartyId>,
    country_code: Option<CountryCode>,
}

/// Reads the credentials of a platform that is a `peer_role`.
pub(super) fn read(body: &[u8], peer_role: &Role) -> Result<Credentials, Failure> {
    let sent: Sent = json::read(body)?;
    let token = token(sent.token.as_deref())?;
    let url = sent.url.ok_or_else(|| missing("url"))?;
    let Object(business_details) = sent
        .business_details
        .ok_or_else(|| missing("business_details"))?;
    let role = CredentialsRole {
        role: peer_role.clone(),
        business_details,
        party_id: sent.party_id.ok_or_else(|| missing("party_id"))?,
        country_code: sent.country_code.ok_or_else(|| missing("country_code"))?,
    };
    Ok(Credentials {
        token,
        url,
        roles: vec![role],
        hub: None,
    })
}

/// Writes the credentials of the one party that is dealt with; every other role is lost.
pub(super) fn write(out: &mut Vec<u8>, credentials: &Credentials) {
    let mut object = ObjectWriter::begin(out);
    object.text("token", credentials.token.expose());
    object.text("url", credentials.url.as_str());
    if let Some(role) = credentials.roles.first() {
        object.with("business_details", |out| {
            write_json(out, &role.business_details);
        });
        object.text("party_id", role.party_id.as_str());
        object.text("country_code", role.country_code.as_str());
    }
    object.end();
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sent() -> Value {
        json!({
            "token": "b.secret", "url": "https://cpo.example/ocpi/cpo/versions",
            "business_details": {"name": "Alfa"}, "party_id": "ALF", "country_code": "NL",
            "roles": [], "hub_party_id": 7
        })
    }

    fn read_text(body: &Value) -> Result<Credentials, String> {
        let read = read(body.to_string().as_bytes(), &Role::Emsp);
        read.map_err(|failure| failure.to_string())
    }

    /// Holds: C-17, M-13, T-62.
    #[test]
    fn the_one_party_is_in_the_role_opposite_to_ours() {
        let credentials = read_text(&sent()).unwrap();
        assert_eq!(credentials.token.expose(), "b.secret");
        let [role] = &credentials.roles[..] else {
            panic!("{:?}", credentials.roles);
        };
        assert_eq!(role.role, Role::Emsp);
        assert_eq!(
            (role.country_code.as_str(), role.party_id.as_str()),
            ("NL", "ALF")
        );
    }

    /// Holds: C-22, D-11, M-17.
    #[test]
    fn the_name_of_a_platform_is_read_in_the_letters_that_we_would_send_it_in() {
        let mut body = sent();
        body["business_details"] = json!({"name": "Stadtwerke München"});
        let credentials = read_text(&body).unwrap();
        let name = &credentials.roles[0].business_details.name;
        assert_eq!(name.as_str(), "Stadtwerke München");
    }

    /// Holds: C-22, D-10, D-11.
    #[test]
    fn a_body_that_breaks_a_rule_is_refused_by_the_name_of_the_field() {
        for (name, wrong) in [
            ("token", json!(null)),
            ("url", json!(null)),
            ("url", json!("cpo.example")),
            ("business_details", json!(null)),
            ("business_details.name", json!({"name": "n".repeat(101)})),
            ("business_details", json!(["Alfa"])),
            ("party_id", json!("ALFA")),
            ("party_id", json!(null)),
            ("country_code", json!(null)),
        ] {
            let mut body = sent();
            let member = name.split('.').next().unwrap();
            body[member] = wrong;
            let refused = read_text(&body).unwrap_err();
            assert!(refused.starts_with(&format!("`{name}`: ")), "{refused}");
        }
    }
}
