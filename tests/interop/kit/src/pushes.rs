//! As an eMSP: Tokens to our CPO side.

use ocpi_kit::client::{OcpiClient, Peer};
use ocpi_kit::testkit::sample;
use ocpi_kit::transport::{OcpiError, Patch};
use ocpi_kit::types::{CiString, PartyRef};
use ocpi_kit::v2_3_0::tokens::{Token, TokenType, WhitelistType};
use serde_json::json;

use crate::Fallible;
use crate::peer::OtherSide;
use crate::report::Report;

/// Puts, gets and patches Tokens.
pub async fn tokens(
    report: &mut Report,
    client: &OcpiClient,
    peer: &Peer,
    us: &OtherSide,
) -> Fallible {
    let owner = us.party();
    let session = client.peer(peer, owner.clone());
    let tokens = session.tokens_receiver();
    let mut app = sample::token("012345678")?;
    app.country_code = owner.country_code.clone();
    app.party_id = owner.party_id.clone();
    let card = Token {
        uid: CiString::new("04BEEF0001")?,
        token_type: TokenType::Rfid,
        whitelist: WhitelistType::Allowed,
        ..app.clone()
    };
    for token in [&app, &card] {
        let name = token.token_type.as_str();
        let put = tokens.put_token(&owner, token).await;
        report.succeeds(
            &format!("puts a Token of type {name}"),
            "PUT tokens/...?type=",
            put,
        );
        let uid = token.uid.as_str();
        let stored = tokens
            .token(&owner, uid, Some(token.token_type.clone()))
            .await;
        match stored {
            Ok(stored) => report.check(
                &format!("gets the Token of type {name} back"),
                stored == *token,
                "GET tokens/...?type=",
                serde_json::to_string(&stored)?,
            ),
            Err(error) => report.check("gets the Token back", false, "GET tokens/...?type=", error),
        }
    }
    let change = json!({"valid": false, "last_updated": "2024-02-01T00:00:00Z"});
    let patch = Patch::<Token>::from_value(change);
    let uid = card.uid.as_str();
    let patched = tokens
        .patch(&owner, uid, Some(TokenType::Rfid), &patch)
        .await;
    report.succeeds("patches `valid`", "PATCH tokens/...?type=RFID", patched);
    let stored = tokens.token(&owner, uid, None).await?;
    let is_patched = !stored.valid && stored.contract_id == card.contract_id;
    let shown = serde_json::to_string(&stored)?;
    report.check("sees it patched", is_patched, "GET tokens/...", shown);

    let is_not_found = |error: &OcpiError| matches!(error, OcpiError::NotFound(_));
    let unknown = tokens.token(&owner, "UNKNOWN", None).await;
    report.fails(
        "gets a Token that is not there",
        "GET tokens/...",
        unknown,
        is_not_found,
    );
    let other = PartyRef::new("FR", "XYZ")?;
    let foreign = Token {
        country_code: other.country_code.clone(),
        party_id: other.party_id.clone(),
        ..card
    };
    let put = tokens.put_token(&other, &foreign).await;
    report.fails(
        "puts a Token of another party",
        "PUT tokens/FR/XYZ/...",
        put,
        is_not_found,
    );
    Ok(())
}
