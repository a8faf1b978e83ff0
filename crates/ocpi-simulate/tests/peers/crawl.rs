//! The list of an eMSP.

use ocpi_domain::OcpiVersion;
use ocpi_simulate::{PeerRole, RequestKind, card, card_uid};
use serde_json::Value;

use super::plain::{options, party, path, send, start};

/// The uids that a crawl finds, and how many pages there were.
async fn crawl(peer: &ocpi_simulate::Peer, query: &str) -> (Vec<String>, usize) {
    let mut next = Some(format!("{}?{query}", path(peer, &peer.tokens_url())));
    let mut uids = Vec::new();
    let mut pages = 0;
    while let Some(target) = next.take() {
        let page = send(peer, "GET", &target, "").await.unwrap();
        assert_eq!((page.http, page.code()), (200, 1000));
        let data = page.data();
        let sent = data.as_array().unwrap().iter();
        uids.extend(sent.map(|token| token["uid"].as_str().unwrap().to_owned()));
        pages += 1;
        if let Some(link) = page.header("Link") {
            let (url, relation) = link.split_once(">; ").unwrap();
            assert_eq!(relation, "rel=\"next\"");
            next = Some(path(peer, url.strip_prefix('<').unwrap()));
        }
    }
    (uids, pages)
}

/// Holds: P-01, P-04, P-05, P-06, P-07, P-08.
#[tokio::test]
async fn a_list_is_crawled_by_its_links_in_all_versions() {
    for version in OcpiVersion::ALL {
        let peer = start(options(PeerRole::Emsp, version, 25)).await;
        let expected: Vec<String> = (0..25).map(|number| card_uid(1, number)).collect();
        assert_eq!(crawl(&peer, "limit=10").await, (expected.clone(), 3));
        // On a page that is just full the list ends.
        assert_eq!(crawl(&peer, "limit=5&x=a%26b").await, (expected, 5));
        let seen = peer.seen();
        assert!(seen.last().unwrap().target.contains("x=a%26b"));
        assert_eq!(peer.count(RequestKind::ListTokens), 8);
        let page = send(&peer, "GET", &path(&peer, &peer.tokens_url()), "").await;
        let page = page.unwrap();
        assert_eq!(page.header("X-Total-Count"), Some("25"));
        assert_eq!(page.header("X-Limit"), Some("1000"));
        assert_eq!(page.header("Link"), None);
        assert_eq!(page.header("X-Request-ID"), Some("R-1"));
        let first = &page.data()[0];
        let is_old = version == OcpiVersion::V2_1_1;
        assert_eq!(first.get("auth_id").is_some(), is_old);
        assert_eq!(first.get("party_id").is_some(), !is_old);
    }
}

/// Holds: P-02, P-08, P-16. What changes is found by its moment, and moves nothing.
#[tokio::test]
async fn changes_are_found_by_their_moment_and_what_is_taken_out_is_gone() {
    let peer = start(options(PeerRole::Emsp, OcpiVersion::V2_2_1, 5)).await;
    let (all, _) = crawl(&peer, "").await;
    let changed = peer.change(&all[1], |token| token.valid = !token.valid);
    let moment = changed.unwrap().last_updated.to_string();
    assert_eq!(moment, "2026-11-22T12:00:00Z");
    let (since, _) = crawl(&peer, &format!("date_from={}", moment.replace(':', "%3A"))).await;
    assert_eq!(since, [all[1].clone()]);
    let (before, _) = crawl(&peer, &format!("date_to={moment}")).await;
    assert_eq!(before.len(), 4);
    assert_eq!(crawl(&peer, "").await.0, all);
    assert!(peer.remove(&all[0]));
    assert_eq!(crawl(&peer, "").await.0, all[1..]);
    peer.put(card(party(), 2, 0).unwrap());
    assert_eq!(crawl(&peer, "").await.0.last(), Some(&card_uid(2, 0)));
    for bad in ["limit=x", "offset=-1", "date_from=yesterday"] {
        let target = format!("{}?{bad}", path(&peer, &peer.tokens_url()));
        let refused = send(&peer, "GET", &target, "").await.unwrap();
        assert_eq!((refused.http, refused.code()), (200, 2001), "{bad}");
        assert_eq!(refused.json().get("data"), None::<&Value>);
    }
}
