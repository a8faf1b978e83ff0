//! What every request carries.

use ocpi_domain::OcpiVersion;
use ocpi_ports::{RemoteCall, RemotePlatform, RemoteRouting, TokenEncoding};

use super::peer::{
    Peer, TOKEN, TOKEN_BASE64, call, call_in, client, envelope, header, redirect, response,
};
use super::tokens::{key, token};

/// Holds: T-01, T-02, T-03, T-09.
#[tokio::test]
async fn the_token_is_sent_as_the_call_says_whatever_its_version() {
    let peer = Peer::answering(|_, _| Some(envelope("[]"))).await;
    let client = client();
    for version in OcpiVersion::ALL {
        for encoding in [TokenEncoding::Base64, TokenEncoding::Raw] {
            let call = RemoteCall {
                encoding,
                ..call_in(version)
            };
            client.list_versions(&call, &peer.url("/")).await.unwrap();
        }
    }
    let requests = peer.requests();
    let sent: Vec<_> = requests
        .iter()
        .map(|request| header(request, "Authorization").unwrap())
        .collect();
    let (base64, raw) = (format!("Token {TOKEN_BASE64}"), format!("Token {TOKEN}"));
    assert_eq!(sent, [&base64, &raw].repeat(3));
}

/// Holds: T-82, T-97, T-98.
#[tokio::test]
async fn every_http_request_has_its_own_id_and_those_of_a_call_one_in_common() {
    let peer = Peer::answering(|number, _| match number {
        0 => Some(redirect(307, "/x/")),
        // After an answer a connection may close at any time: the request goes once more.
        2 => None,
        _ => Some(envelope("[]")),
    })
    .await;
    let client = client();
    for _ in 0..2 {
        client
            .list_versions(&call(), &peer.url("/x"))
            .await
            .unwrap();
    }
    let requests = peer.requests();
    let values = |name| {
        let value = |request: &String| header(request, name).unwrap().to_owned();
        requests.iter().map(value).collect::<Vec<_>>()
    };
    let mut ids = values("X-Request-ID");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4, "{ids:?}");
    assert!(ids.iter().all(|id| id.len() == 36), "{ids:?}");
    assert_eq!(values("X-Correlation-ID"), ["correlation-1"; 4]);
}

/// Holds: T-84, T-86, T-87, W-20, Q-13.
#[tokio::test]
async fn functional_requests_name_both_parties_and_others_none() {
    let peer = Peer::answering(|_, _| Some(response(404, ""))).await;
    let client = client();
    let routing = |request: &str| {
        [
            "OCPI-from-country-code",
            "OCPI-from-party-id",
            "OCPI-to-country-code",
            "OCPI-to-party-id",
        ]
        .map(|name| header(request, name).map(str::to_owned))
    };
    let url = peer.url("/x");
    for version in OcpiVersion::ALL {
        let call = call_in(version);
        client.get_token(&call, &url, &key()).await.unwrap();
        let named = match version {
            OcpiVersion::V2_1_1 => [const { None }; 4],
            _ => ["CH", "ABC", "DE", "XYZ"].map(|code| Some(code.to_owned())),
        };
        assert_eq!(routing(peer.requests().last().unwrap()), named, "{version}");
        client.list_versions(&call, &url).await.unwrap_err();
        client.delete_credentials(&call, &url).await.unwrap_err();
        for request in &peer.requests()[peer.requests().len() - 2..] {
            assert_eq!(routing(request), [const { None }; 4], "{version}");
        }
    }
    let without = RemoteCall {
        routing: None,
        ..call()
    };
    client.get_token(&without, &url, &key()).await.unwrap();
    assert_eq!(
        routing(peer.requests().last().unwrap()),
        [const { None }; 4]
    );
    // A hub finds out itself who is meant.
    let open = RemoteCall {
        routing: call().routing.map(|routing| RemoteRouting {
            to: None,
            ..routing
        }),
        ..call()
    };
    client.get_token(&open, &url, &key()).await.unwrap();
    let [country, party] = ["CH", "ABC"].map(|code| Some(code.to_owned()));
    assert_eq!(
        routing(peer.requests().last().unwrap()),
        [country, party, None, None]
    );
}

/// Holds: T-60.
#[tokio::test]
async fn only_what_has_a_body_says_that_it_is_json() {
    let peer = Peer::answering(|_, _| Some(response(204, ""))).await;
    let (client, url) = (client(), peer.url("/x"));
    client.put_token(&call(), &url, &token()).await.unwrap();
    client.delete_credentials(&call(), &url).await.unwrap();
    client.get_token(&call(), &url, &key()).await.unwrap();
    let requests = peer.requests();
    let types: Vec<_> = requests
        .iter()
        .map(|request| header(request, "Content-Type"))
        .collect();
    assert_eq!(types, [Some("application/json"), None, None]);
}
