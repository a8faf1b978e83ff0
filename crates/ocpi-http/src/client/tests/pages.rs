//! Crawling the list of an eMSP, page by page.

use ocpi_domain::{DateWindow, OcpiUrl, OcpiVersion, Party, Token, TokenUid};
use ocpi_ports::{RemoteError, RemotePageRequest, RemotePlatform, RemoteTokenPage};
use serde_json::{Value, json};

use super::super::policy::UrlPolicy;
use super::peer::{Peer, Setup, call_in, client, response};
use super::tokens::token;

/// The eMSP whose Tokens they are where an answer does not say it.
fn owner() -> Party {
    token().party
}

/// A Token as `version` writes it.
fn sent(version: OcpiVersion, uid: &str) -> Value {
    let mut object = serde_json::to_value(token()).unwrap();
    object["uid"] = json!(uid);
    if version == OcpiVersion::V2_1_1 {
        for name in ["country_code", "party_id", "group_id"] {
            object.as_object_mut().unwrap().remove(name);
        }
        object["auth_id"] = object["contract_id"].take();
        object["last_updated"] = json!("2015-06-29T22:39:09Z");
    }
    object
}

/// The same as we know it.
fn read(version: OcpiVersion, uid: &str) -> Token {
    let mut object = serde_json::to_value(token()).unwrap();
    object["uid"] = json!(uid);
    if version == OcpiVersion::V2_1_1 {
        object.as_object_mut().unwrap().remove("group_id");
        object["last_updated"] = json!("2015-06-29T22:39:09Z");
    }
    serde_json::from_value(object).unwrap()
}

/// A page with these headers and objects.
fn page(headers: &str, objects: &[Value]) -> String {
    let body = json!({"data": objects, "status_code": 1000, "timestamp": "2026-11-22T12:00:00Z"});
    let head = format!("HTTP/1.1 200 x\r\n{headers}");
    response(200, &body.to_string()).replacen("HTTP/1.1 200 x\r\n", &head, 1)
}

fn first(limit: usize) -> RemotePageRequest {
    RemotePageRequest::First {
        window: DateWindow::default(),
        limit,
    }
}

async fn list(
    version: OcpiVersion,
    endpoint: &OcpiUrl,
    page: &RemotePageRequest,
) -> Result<RemoteTokenPage, RemoteError> {
    let call = call_in(version);
    client()
        .list_tokens(&call, endpoint, Some(owner()), page)
        .await
}

/// Holds: P-01, P-15, M-01, T-64, Q-09.
#[tokio::test]
async fn a_list_is_crawled_by_its_links_in_every_version() {
    for version in OcpiVersion::ALL {
        let peer = Peer::answering(move |number, _| {
            let mut with_null = sent(version, "B");
            with_null["visual_number"] = Value::Null;
            Some(match number {
                0 => page(
                    "X-Total-Count: 3\r\nX-Limit: 2\r\nLink: </t?offset=2&limit=2>; rel=next\r\n",
                    &[sent(version, "A"), with_null],
                ),
                // Neither a count nor a limit, and an empty header.
                _ => page("Link: \r\n", &[sent(version, "C")]),
            })
        })
        .await;
        let endpoint = peer.url("/t");
        let one = list(version, &endpoint, &first(2)).await.unwrap();
        assert_eq!(one.tokens, [read(version, "A"), read(version, "B")]);
        assert_eq!((one.total, one.left_out), (Some(3), 0));
        assert_eq!(one.url, peer.url("/t?limit=2"));
        let next = one.next.unwrap();
        assert_eq!(next, peer.url("/t?offset=2&limit=2"));
        let at = RemotePageRequest::At(next.clone());
        let two = list(version, &endpoint, &at).await.unwrap();
        assert_eq!(two.tokens, [read(version, "C")]);
        assert_eq!((two.total, two.next), (None, None));
        assert_eq!(two.url, next);
        assert_eq!(peer.lines(), ["GET /t?limit=2", "GET /t?offset=2&limit=2"]);
    }
}

/// Holds: P-16.
#[tokio::test]
async fn a_page_is_asked_for_again_from_one_object_earlier() {
    let peer = Peer::answering(|_, _| Some(page("X-Total-Count: 9\r\n", &[]))).await;
    for next in ["/t?limit=2&offset=4", "/t?cursor=x"] {
        let back = RemotePageRequest::OneBack(peer.url(next));
        let got = list(OcpiVersion::V2_2_1, &peer.url("/t"), &back).await;
        assert_eq!(got.unwrap().total, Some(9));
    }
    assert_eq!(peer.lines(), ["GET /t?limit=2&offset=3", "GET /t?cursor=x"]);
}

/// Holds: P-17, Q-04.
#[tokio::test]
async fn objects_that_cannot_be_read_are_left_out_and_counted_and_the_others_stay() {
    for version in OcpiVersion::ALL {
        let peer = Peer::answering(move |_, _| {
            let mut half = sent(version, "HALF");
            half.as_object_mut().unwrap().remove("whitelist");
            let objects = [
                sent(version, "A"),
                half,
                json!(7),
                Value::Null,
                json!({"uid": "X", "valid": "yes"}),
                sent(version, "B"),
            ];
            Some(page("", &objects))
        })
        .await;
        let got = list(version, &peer.url("/t"), &first(10)).await.unwrap();
        assert_eq!(got.tokens, [read(version, "A"), read(version, "B")]);
        assert_eq!(got.left_out, 4);
        let reason = got.left_out_reason.unwrap();
        assert!(
            reason.starts_with("object 2 (uid HALF) of the page: "),
            "{reason}"
        );
        assert!(reason.contains("whitelist"), "{reason}");
    }
}

/// Holds: M-01. A party that an object names stays, and one that it does not is that of the list.
#[tokio::test]
async fn a_token_belongs_to_the_party_that_it_names_and_else_to_that_of_the_list() {
    let peer = Peer::answering(|_, _| {
        let mut other = sent(OcpiVersion::V2_3_0, "A");
        other["party_id"] = json!("OTH");
        let mut nameless = sent(OcpiVersion::V2_3_0, "B");
        let members = nameless.as_object_mut().unwrap();
        members.remove("party_id");
        members.remove("country_code");
        let mut half = sent(OcpiVersion::V2_3_0, "C");
        half.as_object_mut().unwrap().remove("party_id");
        Some(page("", &[other, nameless, half]))
    })
    .await;
    let got = list(OcpiVersion::V2_3_0, &peer.url("/t"), &first(10)).await;
    let got = got.unwrap();
    let parties: Vec<_> = got.tokens.iter().map(|token| token.party).collect();
    assert_eq!(parties, [Party::new("DE", "OTH").unwrap(), owner()]);
    assert_eq!(got.left_out, 1);
}

/// Holds: M-01, Q-21. Where it may be that of several, nobody is taken for its owner.
#[tokio::test]
async fn a_token_that_names_no_party_is_left_out_where_there_are_several() {
    let peer = Peer::answering(|_, _| {
        let mut nameless = sent(OcpiVersion::V2_2_1, "A");
        let members = nameless.as_object_mut().unwrap();
        members.remove("party_id");
        members.remove("country_code");
        Some(page("", &[nameless, sent(OcpiVersion::V2_2_1, "B")]))
    })
    .await;
    let call = call_in(OcpiVersion::V2_2_1);
    let endpoint = peer.url("/t");
    let (client, page) = (client(), first(10));
    let got = client.list_tokens(&call, &endpoint, None, &page).await;
    let got = got.unwrap();
    assert_eq!((got.tokens.len(), got.left_out), (1, 1));
    let reason = got.left_out_reason.unwrap();
    assert!(reason.starts_with("object 1 (uid A)"), "{reason}");
    assert!(reason.contains("whose it is"), "{reason}");
}

/// Holds: P-15, P-17, P-18. What can be read of the page is good.
#[tokio::test]
async fn a_page_whose_next_is_nowhere_is_no_last_page() {
    for (link, says) in [
        ("<x y>; rel=next", "`Link` leads to `x y`"),
        ("next", "`Link` is no link"),
        (
            "<https://other.example/t?key=secret>; rel=next",
            "`https://other.example/t`",
        ),
    ] {
        let headers = format!("Link: {link}\r\nX-Total-Count: 3\r\n");
        let version = OcpiVersion::V2_3_0;
        let peer =
            Peer::answering(move |_, _| Some(page(&headers, &[sent(version, "A"), json!(7)])));
        let peer = peer.await;
        let got = list(version, &peer.url("/t"), &first(2)).await.unwrap();
        assert_eq!(got.tokens, [read(version, "A")]);
        assert_eq!((got.left_out, got.total, got.next), (1, Some(3), None));
        let fault = got.next_fault.unwrap();
        assert!(fault.contains(says) && !fault.contains("secret"), "{fault}");
    }
}

/// Holds: P-18, Q-04. Only what says that it is a success can say that the list is empty.
#[tokio::test]
async fn a_page_without_data_is_empty_when_it_says_that_it_is_a_success() {
    for body in [
        r#"{"status_code":1000}"#,
        r#"{"status_code":1000,"data":null}"#,
        r#"{"status_code":1000,"data":[]}"#,
    ] {
        let peer = Peer::answering(move |_, _| Some(response(200, body))).await;
        let got = list(OcpiVersion::V2_2_1, &peer.url("/t"), &first(2)).await;
        let got = got.unwrap();
        assert!(got.tokens.is_empty(), "{body}");
        assert_eq!((got.left_out, got.next, got.next_fault), (0, None, None));
    }
}

/// Holds: P-18.
#[tokio::test]
async fn what_is_no_page_is_no_last_page() {
    for (answer, says) in [
        (response(200, "<html>Log in"), "no JSON"),
        (response(200, ""), "no `data`"),
        (response(200, "{}"), "no `data`"),
        (response(200, "[]"), "no `data`"),
        (
            response(200, r#"{"status_code":1000,"data":"none"}"#),
            "no list",
        ),
    ] {
        let sent = answer.clone();
        let peer = Peer::answering(move |_, _| Some(sent.clone())).await;
        let error = list(OcpiVersion::V2_3_0, &peer.url("/t"), &first(2)).await;
        let error = error.unwrap_err();
        assert!(matches!(error, RemoteError::Unreadable { .. }), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// Holds: P-15, T-97. Our credentials token goes with the request.
#[tokio::test]
async fn a_page_at_another_host_than_its_list_is_not_fetched() {
    let elsewhere = Peer::answering(|_, _| Some(page("", &[]))).await;
    let link = format!("Link: <{}>; rel=next\r\n", elsewhere.url("/t?offset=2"));
    let peer = Peer::answering(move |_, _| Some(page(&link, &[]))).await;
    let (version, endpoint) = (OcpiVersion::V2_3_0, peer.url("/t"));
    let got = list(version, &endpoint, &first(2)).await.unwrap();
    assert_eq!(got.next, None);
    assert!(got.next_fault.unwrap().contains("host and port"));
    // One that was named before the list moved.
    let url = elsewhere.url("/t?offset=2");
    for page in [
        RemotePageRequest::At(url.clone()),
        RemotePageRequest::OneBack(url),
    ] {
        let error = list(version, &endpoint, &page).await.unwrap_err();
        assert!(matches!(error, RemoteError::Forbidden { .. }), "{error}");
    }
    assert!(elsewhere.requests().is_empty());
}

/// Holds: C-23, P-15.
#[tokio::test]
async fn a_page_where_we_must_not_call_is_not_fetched() {
    let forbidden = Peer::answering_at("127.0.0.2", None, |_, _| Some(page("", &[]))).await;
    let setup = Setup {
        policy: UrlPolicy::by(true, |address| {
            (address.to_string() == "127.0.0.2").then_some("a closed address")
        }),
        ..Setup::default()
    };
    let (client, call) = (setup.client(), call_in(OcpiVersion::V2_3_0));
    let next = RemotePageRequest::At(forbidden.url("/t?offset=2"));
    let endpoint = forbidden.url("/t");
    let got = client
        .list_tokens(&call, &endpoint, Some(owner()), &next)
        .await;
    let error = got.unwrap_err();
    assert!(error.to_string().contains("a closed address"), "{error}");
    assert!(forbidden.requests().is_empty());
}

/// Holds: C-23, P-17. The operator's limit is for every answer, and a page is a long one.
#[tokio::test]
async fn a_page_of_the_size_that_we_ask_for_is_taken_whatever_the_limit_of_an_answer() {
    let setup = Setup {
        response_bytes_max: 20_000,
        ..Setup::default()
    };
    let version = OcpiVersion::V2_3_0;
    let peer = Peer::answering(move |_, _| {
        let tokens: Vec<_> = (0..10_000)
            .map(|number| sent(version, &format!("CARD{number:030}")))
            .collect();
        Some(page("", &tokens))
    })
    .await;
    let (call, endpoint, page) = (call_in(version), peer.url("/t"), first(10_000));
    let client = setup.client();
    let got = client
        .list_tokens(&call, &endpoint, Some(owner()), &page)
        .await;
    assert_eq!(got.unwrap().tokens.len(), 10_000);
    let error = client.list_versions(&call, &endpoint).await.unwrap_err();
    assert!(
        matches!(error, RemoteError::TooLarge { max: 20_000, .. }),
        "{error}"
    );
}

/// Holds: E-40, E-42, K-12, K-23, K-25, M-02, T-66, Q-06. In 2.1.1 no URL says the type: a CPO with
/// several Tokens of one uid must not change another.
#[tokio::test]
async fn a_patch_has_every_member_but_those_that_identify_the_token() {
    let emaid = Token {
        uid: TokenUid::new("A/B").unwrap(),
        token_type: ocpi_domain::TokenType::Emaid,
        ..token()
    };
    for (version, line) in [
        (OcpiVersion::V2_3_0, "PATCH /t/DE/TNM/A%2FB?type=EMAID"),
        (OcpiVersion::V2_2_1, "PATCH /t/DE/TNM/A%2FB?type=OTHER"),
        (OcpiVersion::V2_1_1, "PATCH /t/DE/TNM/A%2FB"),
    ] {
        let peer = Peer::answering(|_, _| Some(response(200, ""))).await;
        client()
            .patch_token(&call_in(version), &peer.url("/t"), &emaid)
            .await
            .unwrap();
        assert_eq!(peer.lines(), [line]);
        let request = peer.requests().remove(0);
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        let sent: Value = serde_json::from_str(body).unwrap();
        let expected = if version == OcpiVersion::V2_1_1 {
            json!({
                "type": "OTHER", "auth_id": "DE8ACC12E46L89", "issuer": "TheNewMotion",
                "valid": true, "whitelist": "ALLOWED", "last_updated": "2015-06-29T22:39:09Z",
            })
        } else {
            json!({
                "contract_id": "DE8ACC12E46L89", "issuer": "TheNewMotion", "group_id": "G1",
                "valid": true, "whitelist": "ALLOWED",
                "last_updated": "2015-06-29T22:39:09.250Z",
            })
        };
        assert_eq!(sent, expected, "{version}");
    }
}
