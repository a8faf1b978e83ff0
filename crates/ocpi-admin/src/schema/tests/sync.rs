//! How far the exchange of Tokens is.

use ocpi_app::{BehindView, PlatformSync, PullView, PushView, RunState};
use ocpi_domain::{Party, PlatformId, TokenKey, TokenType};
use serde_json::{Value, json};

use super::{assert_is_all, assert_valid, moment, validator};
use crate::endpoints::sync::{self, STATES};

fn full(state: RunState) -> PlatformSync {
    let at = moment("2026-01-01T00:00:00Z");
    let failure = "https://peer.example/tokens did not answer within 10000 ms";
    PlatformSync {
        platform: PlatformId::new("peer").unwrap(),
        push: Some(PushView {
            state,
            pending: 3,
            behind_since: Some(at),
            taken_at: Some(at),
            taken: 7,
            failures: 2,
            failure: Some(failure.to_owned()),
            next_at: Some(at),
            behind: vec![BehindView {
                key: TokenKey {
                    party: Party::new("CH", "ABC").unwrap(),
                    uid: "CARD".parse().unwrap(),
                    token_type: TokenType::Rfid,
                },
                attempts: 1,
                next_at: at,
                reason: "its issuer is too long".to_owned(),
            }],
        }),
        pull: Some(PullView {
            state,
            all: Some(true),
            pages: 1,
            seen: 2,
            total: Some(3),
            changed: 1,
            left_out: 1,
            left_out_reason: Some("`uid`: must not be empty".to_owned()),
            pulled_at: Some(at),
            all_pulled_at: Some(at),
            failures: 1,
            failure: Some(failure.to_owned()),
            next_at: Some(at),
        }),
    }
}

#[test]
fn how_far_the_exchange_is_is_shown_as_its_schemas_say() {
    let states = [RunState::Idle, RunState::Running, RunState::BackingOff];
    for (state, name) in states.into_iter().zip(STATES) {
        let shown = json!(sync::page(&[full(state)]));
        assert_is_all("PlatformSyncPage", &shown);
        let platform = &shown["items"][0];
        assert_is_all("PlatformSync", platform);
        assert_is_all("PushSync", &platform["push"]);
        assert_is_all("PullSync", &platform["pull"]);
        assert_is_all("BehindToken", &platform["push"]["behind"][0]);
        assert_is_all("TokenKey", &platform["push"]["behind"][0]["token"]);
        assert_eq!(platform["push"]["state"], name);
        assert_eq!(platform["pull"]["state"], name);
    }
    let mut little = full(RunState::Idle);
    if let Some(push) = &mut little.push {
        push.behind_since = None;
        push.taken_at = None;
        push.failure = None;
        push.next_at = None;
        push.behind.clear();
    }
    if let Some(pull) = &mut little.pull {
        pull.all = None;
        pull.total = None;
        pull.left_out_reason = None;
        pull.pulled_at = None;
        pull.all_pulled_at = None;
        pull.failure = None;
        pull.next_at = None;
    }
    let mut neither = full(RunState::Idle);
    neither.push = None;
    neither.pull = None;
    let shown = json!(sync::page(&[little, neither]));
    assert_valid("PlatformSyncPage", &shown);
    assert_is_all("PlatformSync", &shown["items"][1]);
    assert_eq!(shown["items"][1]["push"], Value::Null);
}

#[test]
fn what_is_asked_for_is_read_as_its_schema_says() {
    let full = json!({"what": "push", "platform": "peer", "everything": true});
    assert_is_all("SyncRequest", &full);
    for body in [
        full,
        json!({"what": "push"}),
        json!({"what": "pull", "platform": null}),
        json!({}),
        json!({"what": "PUSH"}),
        json!({"what": "both"}),
        json!({"what": 1}),
        json!({"what": "pull", "platform": "a/b"}),
        json!({"what": "pull", "everything": null}),
        json!({"what": "pull", "everything": 1}),
        json!({"what": "pull", "all": true}),
    ] {
        let is_read = sync::reads(&body);
        let is_documented = validator("SyncRequest").is_valid(&body);
        assert_eq!(is_documented, is_read, "{body}");
    }
}
