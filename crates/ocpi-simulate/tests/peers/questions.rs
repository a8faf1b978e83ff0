//! Questions to an eMSP.

use ocpi_domain::OcpiVersion;
use ocpi_simulate::{Peer, PeerRole, RequestKind, card, card_uid};
use serde_json::json;

use super::plain::{Answer, options, party, path, send, send_with, start};

async fn ask(peer: &Peer, uid: &str, query: &str) -> Answer {
    let target = format!("{}/{uid}/authorize{query}", path(peer, &peer.tokens_url()));
    let body = r#"{"location_id":"LOC1","evse_uids":["E1"]}"#;
    send(peer, "POST", &target, body).await.unwrap()
}

/// Holds: E-10, E-13, E-14, E-18, E-19, E-20, E-26.
#[tokio::test]
async fn a_valid_card_may_charge_one_that_is_not_is_blocked_and_others_are_unknown() {
    for version in OcpiVersion::ALL {
        let peer = start(options(PeerRole::Emsp, version, 3)).await;
        let uid = card_uid(1, 2);
        peer.change(&uid, |token| token.valid = true).unwrap();
        let is_old = version == OcpiVersion::V2_1_1;
        let info = ask(&peer, &uid.to_lowercase(), "?type=RFID").await.data();
        assert_eq!(info["allowed"], "ALLOWED");
        assert_eq!(info["location"]["evse_uids"], json!(["E1"]));
        assert_eq!(info.get("token").is_none(), is_old);
        assert_eq!(info.get("authorization_reference").is_none(), is_old);
        peer.change(&uid, |token| token.valid = false).unwrap();
        let info = ask(&peer, &uid, "").await.data();
        assert_eq!(
            (&info["allowed"], info.get("location")),
            (&json!("BLOCKED"), None)
        );
        for (uid, query) in [("0000", ""), (&*uid, "?type=APP_USER")] {
            let unknown = ask(&peer, uid, query).await;
            let code = if is_old { 2000 } else { 2004 };
            assert_eq!((unknown.http, unknown.code()), (404, code));
        }
        peer.set_answer("0000", Some(json!({"allowed": "NO_CREDIT"})));
        let scripted = ask(&peer, "0000", "").await.data();
        assert_eq!(scripted, json!({"allowed": "NO_CREDIT"}));
        peer.set_answer("0000", None);
        assert_eq!(ask(&peer, "0000", "").await.http, 404);
        assert_eq!(peer.count(RequestKind::Authorize), 6);
        assert_eq!(
            peer.seen()[0].body,
            r#"{"location_id":"LOC1","evse_uids":["E1"]}"#
        );
    }
}

/// Holds: E-26.
#[tokio::test]
async fn every_answer_has_a_reference_of_its_own() {
    let mut given = card(party(), 1, 0).unwrap();
    given.valid = true;
    let mut options = options(PeerRole::Emsp, OcpiVersion::V2_3_0, 0);
    options.tokens = ocpi_simulate::PeerTokens::Given(vec![given.clone()]);
    let peer = start(options).await;
    let one = ask(&peer, given.uid.as_str(), "").await.data();
    let two = ask(&peer, given.uid.as_str(), "").await.data();
    let reference = |info: &serde_json::Value| info["authorization_reference"].clone();
    assert_ne!(reference(&one), reference(&two));
    assert!(reference(&one).as_str().unwrap().len() <= 36);
}

/// Holds: T-01, T-02, T-03, T-10.
#[tokio::test]
async fn who_presents_no_token_that_is_known_gets_nothing() {
    let peer = start(options(PeerRole::Emsp, OcpiVersion::V2_3_0, 1)).await;
    for (authorization, expected) in [
        ("Token peer-token", 200),
        ("Token cGVlci10b2tlbg==", 200),
        ("token  peer-token", 200),
        ("Token other", 401),
        ("Bearer peer-token", 401),
    ] {
        let answer = send_with(&peer, "GET", "/ocpi/versions", "", authorization).await;
        assert_eq!(answer.unwrap().http, expected, "{authorization}");
    }
    assert_eq!(peer.counts().unauthorized, 2);
    let lost = send(&peer, "GET", "/ocpi/cpo/2.3.0/tokens", "")
        .await
        .unwrap();
    assert_eq!(lost.http, 404);
}
