//! The crate alone: a Token, its limits, a question, and the answer as OCPI sends it.
//!
//! `cargo run -p ocpi-domain --example authorize`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;

use ocpi_domain::{
    AllowedType, AuthorizationInfo, AuthorizationRequest, AuthorizationSubject, Decision,
    LocationReferences, Party, Token, TokenAccount, decide,
};

fn main() -> Result<(), Box<dyn Error>> {
    // The Token, as the eMSP keeps it and as a CPO gets it.
    let token: Token = serde_json::from_str(
        r#"{
            "country_code": "CH",
            "party_id": "ABC",
            "uid": "TOKEN123",
            "type": "RFID",
            "contract_id": "CH-ABC-C00001",
            "issuer": "Example Mobility",
            "valid": true,
            "whitelist": "NEVER",
            "language": "de",
            "last_updated": "2026-01-01T00:00:00Z"
        }"#,
    )?;

    // What the eMSP alone knows: credit is left, and one EVSE is out of bounds.
    let account: TokenAccount = serde_json::from_str(
        r#"{
            "expires_at": "2027-01-01T00:00:00Z",
            "credit": {"balance": "12.50", "currency": "EUR"},
            "denied_locations": [
                {"country_code": "NL", "party_id": "ALF", "location_id": "LOC001",
                 "evse_uids": ["EVSE002"]}
            ],
            "concurrent_sessions_max": 1
        }"#,
    )?;

    let mut subject = AuthorizationSubject::of(token);
    subject.account = Some(Arc::new(account));

    // The CPO asks for two EVSEs, then for the one that is denied.
    for question in [
        r#"{"location_id": "LOC001", "evse_uids": ["EVSE001", "EVSE002"]}"#,
        r#"{"location_id": "LOC001", "evse_uids": ["EVSE002"]}"#,
    ] {
        let asked: LocationReferences = serde_json::from_str(question)?;
        let request = AuthorizationRequest {
            cpo_parties: &[Party::new("NL", "ALF")?],
            location: Some(&asked),
        };
        // The clock is yours: the rules take the moment as an argument.
        let decision = decide(&subject, &request, "2026-06-15T12:00:00Z".parse()?);
        println!("{} by the rule `{}`:", question, decision.rule());
        match answer(&subject, decision)? {
            Some(info) => println!("{}\n", serde_json::to_string_pretty(&info)?),
            None => println!("the question must say more of the place\n"),
        }
    }
    Ok(())
}

/// The decision as OCPI sends it; `None` when the question lacks something.
fn answer(
    subject: &AuthorizationSubject,
    decision: Decision,
) -> Result<Option<AuthorizationInfo>, Box<dyn Error>> {
    let token = Arc::clone(&subject.token.token);
    Ok(match decision {
        Decision::Allow(location) => Some(AuthorizationInfo {
            allowed: AllowedType::Allowed,
            token,
            location,
            // Yours to make unique and to keep: sessions and CDRs come back with it.
            authorization_reference: Some("1f0c3c52-7f0a-4c55-9a57-0d6a1a6f2b11".parse()?),
            info: None,
        }),
        Decision::Refuse(refusal) => Some(AuthorizationInfo {
            allowed: refusal.allowed(),
            info: refusal.text(token.language),
            token,
            location: None,
            authorization_reference: None,
        }),
        Decision::NeedsLocation(_) => None,
    })
}
