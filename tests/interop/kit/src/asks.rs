//! As a CPO: asks our eMSP side, and tells it of Locations and sessions.

use ocpi_kit::client::{OcpiClient, Peer, PeerSession};
use ocpi_kit::testkit::sample;
use ocpi_kit::transport::{OcpiError, PageQuery, Patch};
use ocpi_kit::v2_3_0::locations::Evse;
use ocpi_kit::v2_3_0::sessions::{Session, SessionStatus};
use ocpi_kit::v2_3_0::tokens::{AllowedType, LocationReferences, TokenType};
use serde_json::json;

use crate::Fallible;
use crate::given::Given;
use crate::peer::OtherSide;
use crate::report::Report;

/// Everything that a CPO does.
pub async fn all(
    report: &mut Report,
    client: &OcpiClient,
    peer: &Peer,
    us: &OtherSide,
    given: &Given,
) -> Fallible {
    let session = client.peer(peer, us.party());
    lists(report, &session, given).await?;
    authorizes(report, &session, given).await?;
    tells(report, &session, us).await
}

/// Every Token, two on a page.
async fn lists(report: &mut Report, session: &PeerSession<'_>, given: &Given) -> Fallible {
    let mut uids = Vec::new();
    let mut pages = session.tokens().list(PageQuery::new().with_limit(2))?;
    while let Some(token) = pages.next().await? {
        uids.push(token.uid.as_str().to_owned());
    }
    let mut expected = given.tokens.clone();
    uids.sort();
    expected.sort();
    let shown = format!("{} Tokens on {} pages", uids.len(), pages.pages_fetched());
    let what = "lists Tokens, two on a page, by following Link";
    report.check(what, uids == expected, "GET tokens?limit=2", shown);
    Ok(())
}

/// Real-time authorization.
async fn authorizes(report: &mut Report, session: &PeerSession<'_>, given: &Given) -> Fallible {
    let place: LocationReferences =
        serde_json::from_value(json!({"location_id": "LOC1", "evse_uids": ["3256"]}))?;
    let cases = [
        (
            "asks without a location",
            &given.allowed,
            None,
            AllowedType::Allowed,
        ),
        (
            "asks for one EVSE",
            &given.allowed,
            Some(&place),
            AllowedType::Allowed,
        ),
        (
            "asks for a blocked Token",
            &given.blocked,
            Some(&place),
            AllowedType::Blocked,
        ),
    ];
    let called = "POST tokens/.../authorize?type=RFID";
    for (what, uid, location, expected) in cases {
        let answer = session
            .tokens()
            .authorize(uid, Some(TokenType::Rfid), location)
            .await;
        if let Some(answer) = report.succeeds(what, called, answer) {
            let is_expected = answer.allowed == expected
                && answer.location.is_some()
                    == (location.is_some() && expected == AllowedType::Allowed);
            let shown = serde_json::to_string(&answer)?;
            report.check(&format!("{what}: the answer"), is_expected, called, shown);
        }
    }
    let unknown = session
        .tokens()
        .authorize("UNKNOWN", None, Some(&place))
        .await;
    report.fails(
        "asks for an unknown Token",
        "POST tokens/UNKNOWN/authorize",
        unknown,
        |error| {
            matches!(error, OcpiError::NotFound(_))
                || error.status_code().to_string().starts_with("2004")
        },
    );
    Ok(())
}

/// Locations and sessions.
async fn tells(report: &mut Report, session: &PeerSession<'_>, us: &OtherSide) -> Fallible {
    let owner = us.party();
    let location = sample::location("LOC1")?;
    let put = session
        .locations_receiver()
        .put_location(&owner, &location)
        .await;
    report.succeeds("puts a Location", "PUT locations/...", put);
    let change = json!({"status": "CHARGING", "last_updated": "2024-02-01T00:00:00Z"});
    let patch = Patch::<Evse>::from_value(change);
    let receiver = session.locations_receiver();
    let patched = receiver
        .patch(&owner, "LOC1", Some("3256"), None, &patch)
        .await;
    report.succeeds(
        "patches the status of an EVSE",
        "PATCH locations/.../LOC1/3256",
        patched,
    );

    let sessions = session.sessions_receiver();
    let charging = sample::session("SESSION1")?;
    let put = sessions.put_session(&owner, &charging).await;
    report.succeeds("puts a session", "PUT sessions/...", put);
    let stored = sessions.session(&owner, "SESSION1").await;
    if let Some(stored) = report.succeeds("gets the session", "GET sessions/...", stored) {
        let shown = serde_json::to_string(&stored)?;
        report.check(
            "the session is as it was put",
            stored == charging,
            "GET sessions/...",
            shown,
        );
    }
    let change = json!({"status": "COMPLETED", "last_updated": "2024-02-01T00:00:00Z"});
    let patched = sessions
        .patch(&owner, "SESSION1", &Patch::<Session>::from_value(change))
        .await;
    report.succeeds("patches the session", "PATCH sessions/...", patched);
    let stored = sessions.session(&owner, "SESSION1").await?;
    let is_done = stored.status == SessionStatus::Completed;
    let shown = serde_json::to_string(&stored)?;
    report.check("sees it completed", is_done, "GET sessions/...", shown);
    Ok(())
}
