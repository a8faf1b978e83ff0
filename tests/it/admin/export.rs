//! Every Token in one answer.

use std::sync::Arc;

use ocpi_app::Ports;
use ocpi_domain::{Cursor, Page, PageStart, Revision, Role, StoredToken, Token, TokenMarks};
use ocpi_ports::{MockTokenRepository, StorageError};
use serde_json::{Value, json};

use super::{Ask, start, started};
use crate::support::token::{card, with};
use crate::support::world::{World, WorldBuilder, hosted};

const EXPORT: &str = "/admin/v1/tokens/export";

fn stored(uid: &str) -> StoredToken {
    let token: Token = serde_json::from_value(card(uid)).expect("a token");
    StoredToken {
        token: Arc::new(token),
        marks: TokenMarks::default(),
        revision: Revision(1),
    }
}

/// Beyond the protocol: an export holds every Token of ours, in creation order, and imports.
#[tokio::test]
async fn what_is_exported_can_be_imported_and_is_the_same() {
    let mut builder = WorldBuilder::new();
    builder.hosted.push(hosted("CH", "XYZ", &[Role::Emsp]));
    let (_world, operator) = start(builder).await;
    assert_eq!(operator.get(EXPORT).await.text(), "");
    let mut lines = String::new();
    for number in 0..2500 {
        let changes = match number % 3 {
            0 => json!({}),
            1 => json!({"party_id": "XYZ", "type": "APP_USER", "x-note": number}),
            _ => json!({"valid": false, "visual_number": "é\u{2028}"}),
        };
        lines += &with(card(&format!("T{number}")), &changes).to_string();
        lines.push('\n');
    }
    let import =
        || Ask::new("POST", "/admin/v1/tokens/import").body("application/jsonl", lines.clone());
    assert_eq!(operator.send(import()).await.found()["created"], 2500);
    let export = operator.get(EXPORT).await;
    assert_eq!(export.header("Content-Type"), "application/jsonl");
    let parsed = |lines: &str| -> Vec<Value> {
        let lines = lines.lines().map(serde_json::from_str);
        lines.map(|line| line.expect("JSON")).collect()
    };
    assert_eq!(parsed(export.text()), parsed(&lines));
    let again = operator
        .send(Ask::new("POST", "/admin/v1/tokens/import").body("application/jsonl", export.body))
        .await;
    assert_eq!(again.found()["unchanged"], 2500);
}

/// A world whose list of Tokens ends as this says after one page.
async fn broken_after_a_page(ended: fn() -> Page<StoredToken>, fails: bool) -> World {
    let mut tokens = MockTokenRepository::new();
    tokens
        .expect_list_tokens()
        .returning(move |_, page| match page.start {
            PageStart::Offset(_) => Ok(Page {
                items: vec![stored("FIRST")],
                total: 2,
                next: Some(Cursor(1)),
            }),
            PageStart::After(_) if fails => {
                Err(StorageError::Unavailable("the disk is gone".into()))
            }
            PageStart::After(_) => Ok(ended()),
        });
    let ports = |ports| Ports {
        tokens: Arc::new(tokens),
        ..ports
    };
    WorldBuilder::new().ports(ports).start().await
}

fn last() -> Page<StoredToken> {
    Page {
        items: vec![stored("LAST")],
        total: 2,
        next: None,
    }
}

/// Beyond the protocol: a part of the Tokens is never taken for all of them.
#[tokio::test]
async fn an_export_that_fails_in_the_middle_breaks_off() {
    for fails in [false, true] {
        let mut world = broken_after_a_page(last, fails).await;
        let operator = super::Operator::of(&mut world).await;
        let answer = operator.try_send(Ask::new("GET", EXPORT)).await;
        assert_eq!(answer.is_err(), fails);
        if let Ok(answer) = answer {
            assert_eq!(answer.text().lines().count(), 2);
        }
    }
}

/// Beyond the protocol: nothing is exported but the Tokens of the eMSPs hosted here.
#[tokio::test]
async fn copies_of_others_tokens_are_not_exported() {
    use ocpi_domain::Profile;

    use crate::support::world::platform;

    let peer = platform("peer", Profile::default(), &[("DE", "TNM", Role::Emsp)]);
    let (world, operator) = start(WorldBuilder::new().platform(peer, "peer-token")).await;
    let copy = with(
        card("COPY"),
        &json!({"country_code": "DE", "party_id": "TNM"}),
    );
    world.push_as("peer-token", &copy).await;
    world.push(&card("OURS")).await;
    let export = operator.get(EXPORT).await;
    assert!(export.text().contains("OURS") && !export.text().contains("COPY"));
    let (_world, operator) = started().await;
    assert_eq!(operator.get(EXPORT).await.status, 200);
}
