//! Where calls are sent on to.

use ocpi_ports::{RemoteError, RemotePlatform};
use tokio::io::AsyncWriteExt;

use super::super::policy::UrlPolicy;
use super::peer::{
    Peer, Setup, call, client, envelope, header, pause, read_request, redirect, response,
};
use super::tokens::token;

/// Holds: T-97, Q-08.
#[tokio::test]
async fn a_request_is_sent_on_as_it_is() {
    let peer = Peer::answering(|number, _| match number {
        0 => Some(redirect(307, "/slash/")),
        1 => Some(redirect(308, "moved?to=here")),
        _ => Some(response(201, "")),
    })
    .await;
    let url = peer.url("/tokens");
    client().put_token(&call(), &url, &token()).await.unwrap();
    assert_eq!(
        peer.lines(),
        [
            "PUT /tokens/DE/TNM/012345678?type=RFID",
            "PUT /slash/",
            "PUT /slash/moved?to=here"
        ]
    );
    let requests = peer.requests();
    let sent = |request: &String| {
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        (
            header(request, "Authorization").unwrap().to_owned(),
            header(request, "OCPI-to-party-id").unwrap().to_owned(),
            body.to_owned(),
        )
    };
    assert!(sent(&requests[0]).2.contains("012345678"));
    assert_eq!(sent(&requests[1]), sent(&requests[0]));
    assert_eq!(sent(&requests[2]), sent(&requests[0]));
}

/// Holds: T-97.
#[tokio::test]
async fn three_redirects_are_followed_and_no_more() {
    for redirects in [3, 4, usize::MAX] {
        let peer = Peer::answering(move |number, _| {
            Some(if number < redirects {
                redirect(307, &format!("/{number}"))
            } else {
                envelope("[]")
            })
        })
        .await;
        let listed = client().list_versions(&call(), &peer.url("/x")).await;
        assert_eq!(peer.requests().len(), 4);
        match listed {
            Ok(_) => assert_eq!(redirects, 3),
            Err(RemoteError::Refused {
                http: 307, message, ..
            }) => {
                assert!(message.unwrap().contains("more than 3 times"));
                assert_ne!(redirects, 3);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Holds: T-97, T-13.
#[tokio::test]
async fn another_host_never_gets_our_token() {
    let other = Peer::answering(|_, _| Some(envelope("[]"))).await;
    let elsewhere = other.url("/x").to_string();
    let peer = Peer::answering(move |_, _| Some(redirect(308, &elsewhere))).await;
    let error = client()
        .list_versions(&call(), &peer.url("/x"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, RemoteError::Refused { http: 308, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("another host"), "{error}");
    assert!(other.requests().is_empty());
}

/// Holds: T-97, T-96.
#[tokio::test]
async fn a_redirect_does_not_lead_out_of_tls_whatever_is_allowed() {
    for allow_http in [false, true] {
        let authority = crate::certificates::Authority::new();
        let tls = authority.issue("127.0.0.1").acceptor();
        let peer = Peer::answering_at("127.0.0.1", Some(tls), |_, request| {
            let host = header(request, "Host").unwrap();
            Some(redirect(307, &format!("http://{host}/x")))
        })
        .await;
        let setup = Setup {
            policy: UrlPolicy::new(allow_http, true),
            tls: super::super::roots::tls_config(Vec::new(), Some(&authority.pem())).unwrap(),
            ..Setup::default()
        };
        let listed = setup.client().list_versions(&call(), &peer.url("/")).await;
        let error = listed.unwrap_err();
        assert!(
            matches!(error, RemoteError::Refused { http: 307, .. }),
            "{error}"
        );
        assert!(error.to_string().contains("not encrypted"), "{error}");
        assert_eq!(peer.requests().len(), 1);
    }
}

/// Holds: T-97.
#[tokio::test]
async fn every_other_redirect_is_a_refusal() {
    for status in [300, 301, 302, 303, 304] {
        let peer = Peer::answering(move |_, _| Some(redirect(status, "/y"))).await;
        let error = client()
            .list_versions(&call(), &peer.url("/x"))
            .await
            .unwrap_err();
        assert!(
            matches!(error, RemoteError::Refused { http, .. } if http == status),
            "{error}"
        );
        assert_eq!(peer.requests().len(), 1);
    }
}

/// Holds: C-23, T-97.
#[tokio::test(start_paused = true)]
async fn all_redirects_of_a_call_share_its_deadline() {
    let peer = Peer::serving("127.0.0.1", None, |_, mut stream| {
        Box::pin(async move {
            while read_request(&mut stream).await.is_some() {
                pause(4).await;
                let answer = redirect(307, "/x");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        })
    })
    .await;
    let begin = tokio::time::Instant::now();
    let error = client()
        .list_versions(&call(), &peer.url("/x"))
        .await
        .unwrap_err();
    let expected = RemoteError::TimedOut {
        url: peer.url("/x").to_string(),
        timeout_ms: 10_000,
    };
    assert_eq!(error, expected);
    assert_eq!(begin.elapsed().as_secs(), 10);
}
