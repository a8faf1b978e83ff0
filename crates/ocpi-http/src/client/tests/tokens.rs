//! Tokens at CPOs, and questions to eMSPs.

use ocpi_domain::{
    AllowedType, AuthorizationStatus, LocationReferences, OcpiVersion, Party, Token, TokenKey,
    TokenType, TokenUid,
};
use ocpi_ports::{RemoteAuthorization, RemoteError, RemotePlatform};
use serde_json::{Value, json};

use super::peer::{Peer, call, call_in, client, envelope, response};

/// A Token of a party that is not ours.
pub(super) fn token() -> Token {
    serde_json::from_value(json!({
        "country_code": "DE", "party_id": "TNM", "uid": "012345678", "type": "RFID",
        "contract_id": "DE8ACC12E46L89", "issuer": "TheNewMotion", "group_id": "G1",
        "valid": true, "whitelist": "ALLOWED", "last_updated": "2015-06-29T22:39:09.250Z",
    }))
    .unwrap()
}

/// Its key.
pub(super) fn key() -> TokenKey {
    TokenKey {
        party: Party::new("DE", "TNM").unwrap(),
        uid: uid(),
        token_type: TokenType::Rfid,
    }
}

/// Its uid.
pub(super) fn uid() -> TokenUid {
    TokenUid::new("012345678").unwrap()
}

/// Holds: M-02, M-04, M-19, T-66, T-94, Q-06.
#[tokio::test]
async fn a_token_is_put_as_its_version_writes_it() {
    let emaid = Token {
        uid: TokenUid::new("DE*8/A#1").unwrap(),
        token_type: TokenType::Emaid,
        ..token()
    };
    for (version, line, sent_type) in [
        (
            OcpiVersion::V2_3_0,
            "PUT /t/DE/TNM/DE%2A8%2FA%231?k=1&type=EMAID",
            "EMAID",
        ),
        (
            OcpiVersion::V2_2_1,
            "PUT /t/DE/TNM/DE%2A8%2FA%231?k=1&type=OTHER",
            "OTHER",
        ),
        (
            OcpiVersion::V2_1_1,
            "PUT /t/DE/TNM/DE%2A8%2FA%231?k=1",
            "OTHER",
        ),
    ] {
        let peer = Peer::answering(|_, _| Some(response(201, ""))).await;
        let url = peer.url("/t/?k=1");
        client()
            .put_token(&call_in(version), &url, &emaid)
            .await
            .unwrap();
        assert_eq!(peer.lines(), [line]);
        let request = peer.requests().remove(0);
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        let sent: Value = serde_json::from_str(body).unwrap();
        assert_eq!(sent["type"], sent_type);
        let is_old = version == OcpiVersion::V2_1_1;
        assert_eq!(sent.get("auth_id").is_some(), is_old);
        assert_eq!(sent.get("group_id").is_some(), !is_old);
        let moment = if is_old {
            "2015-06-29T22:39:09Z"
        } else {
            "2015-06-29T22:39:09.250Z"
        };
        assert_eq!(sent["last_updated"], moment);
    }
}

/// What `get_token` makes of an answer.
async fn get(version: OcpiVersion, answer: String) -> Result<Option<Token>, RemoteError> {
    let peer = Peer::answering(move |_, _| Some(answer.clone())).await;
    let got = client()
        .get_token(&call_in(version), &peer.url("/t"), &key())
        .await;
    let line = match version {
        OcpiVersion::V2_1_1 => "GET /t/DE/TNM/012345678",
        _ => "GET /t/DE/TNM/012345678?type=RFID",
    };
    assert_eq!(peer.lines(), [line]);
    got
}

/// Holds: M-01, Q-04, T-64.
#[tokio::test]
async fn a_token_is_read_as_its_version_writes_it() {
    let sent = serde_json::to_string(&token()).unwrap();
    for version in [OcpiVersion::V2_2_1, OcpiVersion::V2_3_0] {
        for answer in [envelope(&sent), envelope(&format!("[{sent}]"))] {
            assert_eq!(get(version, answer).await, Ok(Some(token())));
        }
    }
    let sent = r#"{"uid":"012345678","type":"RFID","auth_id":"DE8ACC12E46L89",
        "visual_number":null,"issuer":"TheNewMotion","valid":true,"whitelist":"ALLOWED",
        "last_updated":"2015-06-29T22:39:09Z"}"#;
    let got = get(OcpiVersion::V2_1_1, envelope(sent))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(got.party, token().party);
    assert_eq!(got.contract_id.as_str(), "DE8ACC12E46L89");
    assert_eq!(got.visual_number, None);
}

/// Holds: M-04, M-05.
#[tokio::test]
async fn a_token_that_came_back_under_a_shown_type_has_its_own_again() {
    use TokenType::{AppUser, Emaid, Other, Rfid};
    for (version, asked, sent, expected) in [
        (OcpiVersion::V2_1_1, AppUser, "OTHER", AppUser),
        (OcpiVersion::V2_2_1, Emaid, "OTHER", Emaid),
        (OcpiVersion::V2_2_1, AppUser, "OTHER", Other),
        (OcpiVersion::V2_3_0, Emaid, "OTHER", Other),
        (OcpiVersion::V2_3_0, Emaid, "RFID", Rfid),
    ] {
        let mut object = serde_json::to_value(token()).unwrap();
        object["type"] = json!(sent);
        object["auth_id"] = json!("DE8ACC12E46L89");
        let answer = envelope(&object.to_string());
        let peer = Peer::answering(move |_, _| Some(answer.clone())).await;
        let key = TokenKey {
            token_type: asked.clone(),
            ..key()
        };
        let got = client()
            .get_token(&call_in(version), &peer.url("/t"), &key)
            .await;
        let got = got.unwrap().unwrap();
        assert_eq!(got.token_type, expected, "{asked:?} as {sent} in {version}");
    }
}

/// Holds: T-55.
#[tokio::test]
async fn another_token_than_was_asked_for_is_unreadable() {
    let mut sent = serde_json::to_value(token()).unwrap();
    sent["uid"] = json!("012345679");
    sent["auth_id"] = json!("DE8ACC12E46L89");
    for version in OcpiVersion::ALL {
        let error = get(version, envelope(&sent.to_string())).await.unwrap_err();
        assert!(matches!(error, RemoteError::Unreadable { .. }), "{error}");
        assert!(error.to_string().contains("another Token"), "{error}");
    }
}

/// Holds: Q-11, Q-12, T-55.
#[tokio::test]
async fn a_token_that_a_peer_does_not_have_is_none_and_other_refusals_are_errors() {
    for answer in [
        response(404, ""),
        response(404, "<html>"),
        response(404, r#"{"status_code":2004}"#),
        response(404, r#"{"status_code":2000}"#),
        response(404, r#"{"status_code":1000}"#),
        response(200, r#"{"status_code":2004}"#),
        response(400, r#"{"status_code":2004}"#),
        envelope("null"),
        envelope("[]"),
    ] {
        for version in OcpiVersion::ALL {
            assert_eq!(get(version, answer.clone()).await, Ok(None), "{answer}");
        }
    }
    for answer in [
        response(500, ""),
        response(200, r#"{"status_code":2001}"#),
        response(401, ""),
    ] {
        assert!(
            get(OcpiVersion::V2_3_0, answer.clone()).await.is_err(),
            "{answer}"
        );
    }
}

/// Holds: D-07, T-55.
#[tokio::test]
async fn a_token_that_breaks_a_rule_is_unreadable() {
    for (member, value) in [
        ("whitelist", json!("SOMETIMES")),
        ("valid", json!("yes")),
        ("issuer", json!(null)),
        ("uid", json!("")),
        ("last_updated", json!("yesterday")),
    ] {
        let mut sent = serde_json::to_value(token()).unwrap();
        sent[member] = value;
        let error = get(OcpiVersion::V2_3_0, envelope(&sent.to_string()))
            .await
            .unwrap_err();
        assert!(matches!(error, RemoteError::Unreadable { .. }), "{error}");
        assert!(error.to_string().contains(member), "{error}");
    }
}

/// LOC1, restricted to these EVSEs.
pub(super) fn place(evses: &[&str]) -> LocationReferences {
    LocationReferences {
        location_id: "LOC1".parse().unwrap(),
        evse_uids: evses.iter().map(|evse| evse.parse().unwrap()).collect(),
    }
}

/// Holds: Q-06, Q-14, Q-15, T-94, T-95, M-04, M-08.
#[tokio::test]
async fn a_question_has_a_type_and_a_body_in_every_version() {
    let uid = TokenUid::new("A/B").unwrap();
    for version in OcpiVersion::ALL {
        let peer = Peer::answering(|_, _| Some(envelope(r#"{"allowed":"BLOCKED"}"#))).await;
        let (client, call) = (client(), call_in(version));
        for asked in [None, Some(place(&["E1"])), Some(place(&[]))] {
            let url = peer.url("/t/");
            let kind = TokenType::AppUser;
            let asked = client.authorize_token(&call, &url, &uid, &kind, asked.as_ref());
            asked.await.unwrap().unwrap();
        }
        let shown = if version == OcpiVersion::V2_1_1 {
            "OTHER"
        } else {
            "APP_USER"
        };
        let line = format!("POST /t/A%2FB/authorize?type={shown}");
        assert_eq!(peer.lines(), [&*line; 3]);
        let bodies: Vec<Value> = peer
            .requests()
            .iter()
            .map(|request| serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap())
            .collect();
        assert_eq!(bodies[0], json!({}));
        assert_eq!(
            bodies[1],
            json!({"location_id": "LOC1", "evse_uids": ["E1"]})
        );
        assert_eq!(bodies[2]["location_id"], "LOC1");
    }
}

/// What a question about LOC1 and its EVSE E1 makes of an answer.
pub(super) async fn ask(
    version: OcpiVersion,
    answer: String,
) -> Result<Option<RemoteAuthorization>, RemoteError> {
    let peer = Peer::answering(move |_, _| Some(answer.clone())).await;
    let (call, asked) = (call_in(version), place(&["E1"]));
    let (url, kind) = (peer.url("/t"), TokenType::Rfid);
    client()
        .authorize_token(&call, &url, &uid(), &kind, Some(&asked))
        .await
}

/// Holds: Q-04, M-07.
#[tokio::test]
async fn a_whole_answer_is_read_whole() {
    let sent = json!({
        "allowed": "ALLOWED", "token": token(), "authorization_reference": "REF-1",
        "location": {"location_id": "LOC1", "evse_uids": ["E1", "E2"]},
        "info": {"language": "en", "text": "Welcome"},
    });
    for version in [OcpiVersion::V2_2_1, OcpiVersion::V2_3_0] {
        for answer in [envelope(&sent.to_string()), envelope(&format!("[{sent}]"))] {
            let read = ask(version, answer).await.unwrap().unwrap();
            assert_eq!(read.allowed, AllowedType::Allowed);
            assert_eq!(read.token.as_deref(), Some(&token()));
            assert_eq!(read.location, Some(place(&["E1", "E2"])));
            assert_eq!(read.authorization_reference.unwrap().as_str(), "REF-1");
            assert_eq!(read.info.unwrap().text.as_str(), "Welcome");
        }
    }
}

/// Holds: Q-17, M-08, T-64.
#[tokio::test]
async fn of_a_thin_answer_only_allowed_is_needed() {
    for version in OcpiVersion::ALL {
        let bare = ask(version, envelope(r#"{"allowed":"NO_CREDIT"}"#))
            .await
            .unwrap()
            .unwrap();
        let expected = RemoteAuthorization {
            allowed: AllowedType::NoCredit,
            status: None,
            location: None,
            authorization_reference: None,
            info: None,
            token: None,
        };
        assert_eq!(bare, expected);
        let thin = r#"{"allowed":"ALLOWED","token":{"uid":"012345678","type":"RFID"},
            "location":{"evse_uids":["E1",7,null,""],"connector_ids":["1"]},
            "authorization_id":"ID-1","info":"ok","x":1}"#;
        let thin = ask(version, envelope(thin)).await.unwrap().unwrap();
        assert_eq!(thin.allowed, AllowedType::Allowed);
        assert_eq!(thin.location, Some(place(&["E1"])));
        assert_eq!(thin.authorization_reference.unwrap().as_str(), "ID-1");
        assert_eq!((thin.info, thin.token), (None, None));
    }
}

/// Holds: X-39, T-64.
#[tokio::test]
async fn a_finer_status_is_read_and_another_word_is_as_if_it_were_not_there() {
    for (status, expected) in [
        (
            r#""CONCURRENT_TX""#,
            Some(AuthorizationStatus::ConcurrentTx),
        ),
        (r#""INVALID""#, Some(AuthorizationStatus::Invalid)),
        (r#""concurrent_tx""#, None),
        (r#""GREAT""#, None),
        ("7", None),
        ("null", None),
    ] {
        let answer = format!(r#"{{"allowed":"NOT_ALLOWED","status":{status}}}"#);
        let read = ask(OcpiVersion::V2_3_0, envelope(&answer)).await;
        let read = read.unwrap().unwrap();
        assert_eq!(read.status, expected, "{status}");
        assert_eq!(read.allowed, AllowedType::NotAllowed, "{status}");
    }
}

/// Holds: D-07, Q-17.
#[tokio::test]
async fn what_we_do_not_understand_of_an_answer_is_no_leave() {
    for refused in [
        r#"{"allowed":"PERHAPS"}"#,
        r#"{"allowed":"allowed"}"#,
        r#"{"allowed":""}"#,
        r#"{"allowed":"ALLOWED","location":{"location_id":"LOC1","evse_uids":[7]}}"#,
        r#"{"allowed":"ALLOWED","location":{"location_id":"LOC1","evse_uids":{}}}"#,
        r#"{"allowed":"ALLOWED","location":{"location_id":"LOC1","evse_uids":[null]}}"#,
        r#"{"allowed":"ALLOWED","location":{"location_id":"LOC1","evse_uids":[null,"",7]}}"#,
        r#"{"allowed":"ALLOWED","location":{"evse_uids":["E1"],"evse_uids":[]}}"#,
    ] {
        let read = ask(OcpiVersion::V2_3_0, envelope(refused))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(read.allowed, AllowedType::NotAllowed, "{refused}");
    }
    for bad in [
        "{}",
        "null",
        "[]",
        r#"{"allowed":null}"#,
        r#"{"allowed":true}"#,
        r#""ALLOWED""#,
    ] {
        let error = ask(OcpiVersion::V2_3_0, envelope(bad)).await.unwrap_err();
        assert!(
            matches!(error, RemoteError::Unreadable { .. }),
            "{bad}: {error}"
        );
    }
}

/// Holds: Q-11, Q-12, Q-18.
#[tokio::test]
async fn a_token_that_an_emsp_does_not_know_is_none_and_other_refusals_are_errors() {
    for version in OcpiVersion::ALL {
        for answer in [
            response(404, r#"{"status_code":2004}"#),
            response(404, r#"{"status_code":2000}"#),
            response(404, ""),
            response(404, r#"{"detail":"Not Found"}"#),
            response(200, r#"{"status_code":2004}"#),
            response(400, r#"{"status_code":2004,"data":[]}"#),
        ] {
            assert_eq!(ask(version, answer.clone()).await, Ok(None), "{answer}");
        }
        for (http, code) in [
            (404, 2003),
            (404, 3000),
            (200, 2002),
            (400, 2002),
            (200, 3000),
        ] {
            let answer = response(http, &format!(r#"{{"status_code":{code}}}"#));
            let error = ask(version, answer).await.unwrap_err();
            let is_told = matches!(error, RemoteError::Refused { http: told, code: Some(say), .. }
                if told == http && say == code);
            assert!(is_told, "{error}");
        }
    }
}

/// Holds: T-23.
#[tokio::test]
async fn a_put_that_a_peer_refuses_is_told() {
    let peer = Peer::answering(|_, _| Some(response(200, r#"{"status_code":2001}"#))).await;
    let error = client()
        .put_token(&call(), &peer.url("/t"), &token())
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            RemoteError::Refused {
                code: Some(2001),
                ..
            }
        ),
        "{error}"
    );
}
