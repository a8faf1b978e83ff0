//! The store of a CPO.

use ocpi_domain::{OcpiVersion, Token};
use ocpi_simulate::{Peer, PeerRole, card};
use serde_json::{Value, json};

use super::plain::{Answer, options, party, path, send, start};

async fn write(peer: &Peer, method: &str, uid: &str, body: &Value) -> Answer {
    let target = format!("{}/DE/EMS/{uid}", path(peer, &peer.tokens_url()));
    send(peer, method, &target, &body.to_string())
        .await
        .unwrap()
}

/// A Token as the version sends it, so many seconds after the first.
fn sent(version: OcpiVersion, second: i64, valid: bool) -> Value {
    let token = card(party(), 1, 0).unwrap();
    let token = Token {
        last_updated: token.last_updated.plus_ms(second * 1000),
        valid,
        group_id: None,
        ..token
    };
    let mut object = serde_json::to_value(&token).unwrap();
    if version == OcpiVersion::V2_1_1 {
        let members = object.as_object_mut().unwrap();
        members.remove("country_code");
        members.remove("party_id");
        let contract = members.remove("contract_id").unwrap();
        members.insert("auth_id".to_owned(), contract);
    }
    object
}

/// Holds: K-01, K-10, K-17, K-22, K-27, K-29, E-40.
#[tokio::test]
async fn what_is_sent_is_kept_and_an_older_version_after_a_newer_is_noticed() {
    for version in OcpiVersion::ALL {
        let peer = start(options(PeerRole::Cpo, version, 0)).await;
        let uid = card(party(), 1, 0).unwrap().uid;
        let uid = uid.as_str();
        let patch = json!({"valid": false, "last_updated": "2026-01-01T00:00:20Z"});
        let unknown = write(&peer, "PATCH", uid, &patch).await;
        assert_eq!(unknown.http, 404);
        assert_eq!(
            write(&peer, "PUT", uid, &sent(version, 10, true))
                .await
                .http,
            201
        );
        assert_eq!(
            write(&peer, "PUT", uid, &sent(version, 10, true))
                .await
                .http,
            200
        );
        let patched = write(&peer, "PATCH", uid, &patch).await;
        assert_eq!((patched.http, patched.code()), (200, 1000));
        let older = write(&peer, "PUT", uid, &sent(version, 11, true)).await;
        assert_eq!((older.http, older.code()), (200, 2001));
        let received = peer.received();
        let (key, kept) = received.first_key_value().unwrap();
        assert_eq!((key.party, key.uid.as_str()), (party(), uid));
        assert!(!kept.token.valid);
        assert_eq!((kept.writes, kept.older_after_newer), (3, 1));
        let counts = peer.counts();
        assert_eq!(
            (counts.received, counts.taken, counts.older_after_newer),
            (1, 3, 1)
        );
        let got = write(&peer, "GET", uid, &Value::Null).await;
        assert_eq!(got.data()["valid"], false);
        assert_eq!(peer.seen().len(), 6);
        peer.forget_received();
        assert_eq!(peer.received_count(), 0);
    }
}

/// Holds: K-15, K-18, K-19, K-23, T-36.
#[tokio::test]
async fn what_is_not_as_it_should_be_is_refused_and_not_kept() {
    let version = OcpiVersion::V2_3_0;
    let peer = start(options(PeerRole::Cpo, version, 0)).await;
    let uid = card(party(), 1, 0).unwrap().uid;
    let whole = sent(version, 0, true);
    let mut half = whole.clone();
    half.as_object_mut().unwrap().remove("issuer");
    let mut foreign = whole.clone();
    foreign["party_id"] = json!("OTH");
    for (uid, body) in [
        (uid.as_str(), &half),
        (uid.as_str(), &foreign),
        ("other", &whole),
        (uid.as_str(), &json!([])),
    ] {
        let refused = write(&peer, "PUT", uid, body).await;
        assert_eq!((refused.http, refused.code()), (200, 2001), "{body}");
    }
    let undated = write(&peer, "PATCH", uid.as_str(), &json!({"valid": false})).await;
    assert_eq!((undated.http, undated.code()), (200, 2001));
    assert_eq!(peer.received_count(), 0);
}
