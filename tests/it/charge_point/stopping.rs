//! Who may stop a session.

use ocpi_app::{ChargePointError, StartedBy};
use ocpi_domain::{
    AllowedType, AuthorizationReference, DecisionSource, Profile, Purpose, TokenType,
};
use serde_json::{Value, json};

use super::stage::{Stage, StageBuilder, allowing, emsp, foreign, to_start, to_stop};
use crate::support::peer::{Peer, Reply};
use crate::support::world::party;

fn of_fleet(uid: &str, changes: &Value) -> Value {
    let mut token = foreign(uid, changes);
    token["group_id"] = json!("FLEET");
    token
}

/// A CPO with these copies, whose eMSP is asked about unknown cards.
async fn stage(peer: &Peer, copies: &[Value]) -> Stage {
    let asks = Profile {
        ask_unknown: true,
        ..Profile::default()
    };
    let stage = StageBuilder::new().emsp(asks, peer).start().await;
    for copy in copies {
        stage.copy(copy).await;
    }
    stage
}

/// A session that CARD1 of the group FLEET has begun; nobody was asked since.
async fn started(stage: &Stage, peer: &Peer) -> AuthorizationReference {
    let said = allowing(&of_fleet("CARD1", &json!({})), &json!({}));
    peer.answers(move |_| Reply::success(&said));
    let answer = stage.answer(to_start("CARD1")).await;
    assert_eq!(answer.allowed, AllowedType::Allowed, "{}", answer.reason);
    peer.forget();
    answer.reference
}

/// Holds: W-28. The card that began it ends it, whatever has become of it since.
#[tokio::test]
async fn the_same_card_always_stops_its_session() {
    let peer = emsp(Reply::refused(404, 2004, "nothing yet")).await;
    let stage = stage(&peer, &[of_fleet("CARD1", &json!({}))]).await;
    let reference = started(&stage, &peer).await;
    peer.answers(|_| Reply::refused(503, 3000, "gone"));
    let mut token = stage.world.stored().await.remove(0);
    let mut blocked = (*token.token).clone();
    blocked.valid = false;
    blocked.whitelist = ocpi_domain::WhitelistType::Never;
    token.token = std::sync::Arc::new(blocked);
    let write = ocpi_ports::TokenWrite {
        token: token.token,
        marks: token.marks,
        follows: Some(token.revision),
    };
    ocpi_ports::TokenRepository::put_token(&*stage.world.store, write)
        .await
        .expect("it follows");
    for uid in ["CARD1", "card1"] {
        let stop = to_stop(uid, StartedBy::Answer(reference.clone()));
        let answer = stage.answer(stop).await;
        assert_eq!(answer.allowed, AllowedType::Allowed, "{}", answer.reason);
        assert_eq!(answer.source, DecisionSource::StopRule);
        let record = stage.record(&answer.reference).await;
        let kept = record.charge_point.as_ref().expect("what a CPO keeps");
        assert_eq!(kept.purpose, Purpose::Stop);
        assert_eq!(kept.stops.as_ref(), Some(&reference));
    }
    assert!(peer.asked().is_empty(), "nobody is asked about it");
}

/// Holds: W-29. Another card does when it is of the same group of the same eMSP; what its copy says
/// beside that does not matter.
#[tokio::test]
async fn a_card_of_the_same_group_stops_it_and_no_other() {
    let peer = emsp(Reply::refused(404, 2004, "nothing yet")).await;
    let never = json!({"valid": false, "whitelist": "NEVER"});
    let copies = [
        of_fleet("CARD1", &json!({})),
        of_fleet("GROUP", &never),
        foreign("CASE", &json!({"group_id": "fleet"})),
        foreign("OTHER", &json!({"group_id": "OTHERS"})),
        foreign("NONE", &json!({})),
        of_fleet("STRANGER", &json!({"party_id": "XYZ"})),
    ];
    let stage = stage(&peer, &copies).await;
    let reference = started(&stage, &peer).await;
    for (uid, may) in [
        ("GROUP", true),
        ("CASE", true),
        ("OTHER", false),
        ("NONE", false),
        ("STRANGER", false),
    ] {
        let stop = to_stop(uid, StartedBy::Answer(reference.clone()));
        let answer = stage.answer(stop).await;
        assert_eq!(
            answer.allowed == AllowedType::Allowed,
            may,
            "{uid}: {}",
            answer.reason
        );
        assert_eq!(answer.source, DecisionSource::StopRule, "{uid}");
    }
    assert!(peer.asked().is_empty());
}

/// Holds: W-30. Of a card without a copy only the eMSP can say the group, and is asked once.
#[tokio::test]
async fn an_unknown_card_stops_it_when_the_emsp_says_that_it_is_of_the_group() {
    let peer = emsp(Reply::refused(404, 2004, "nothing yet")).await;
    let stage = stage(&peer, &[of_fleet("CARD1", &json!({}))]).await;
    let reference = started(&stage, &peer).await;
    let of_group = of_fleet("SECOND", &json!({}));
    for (reply, may) in [
        (Reply::success(&allowing(&of_group, &json!({}))), true),
        (
            Reply::success(&allowing(&of_group, &json!({"allowed": "NO_CREDIT"}))),
            true,
        ),
        (
            Reply::success(&allowing(&foreign("SECOND", &json!({})), &json!({}))),
            false,
        ),
        (Reply::success(&json!({"allowed": "ALLOWED"})), false),
        (Reply::refused(404, 2004, "unknown token"), false),
        (Reply::refused(503, 3000, "gone"), false),
    ] {
        stage.world.clock.advance_ms(60_000);
        peer.forget();
        let case = format!("{reply:?}");
        peer.answers(move |_| reply.clone());
        let stop = to_stop("SECOND", StartedBy::Answer(reference.clone()));
        let answer = stage.answer(stop).await;
        assert_eq!(
            answer.allowed == AllowedType::Allowed,
            may,
            "{case}: {}",
            answer.reason
        );
        assert_eq!(answer.source, DecisionSource::StopRule, "{case}");
        assert_eq!(peer.asked().len(), 1, "{case}");
    }
}

/// Holds: W-29, W-28. A session that began elsewhere is stopped by the Token that it is said to have
/// begun with.
#[tokio::test]
async fn a_session_may_be_named_by_its_token() {
    let peer = emsp(Reply::refused(404, 2004, "nothing yet")).await;
    let copies = [of_fleet("CARD1", &json!({})), of_fleet("GROUP", &json!({}))];
    let stage = stage(&peer, &copies).await;
    let by = |group_id: Option<&str>| StartedBy::Token {
        party: party("DE", "TNM"),
        uid: "CARD1".parse().expect("a uid"),
        token_type: TokenType::Rfid,
        group_id: group_id.map(|group| group.parse().expect("a group")),
    };
    for (uid, group_id, may) in [
        ("CARD1", None, true),
        ("GROUP", None, true),
        ("GROUP", Some("FLEET"), true),
        ("GROUP", Some("OTHERS"), false),
    ] {
        let answer = stage.answer(to_stop(uid, by(group_id))).await;
        let case = format!("{uid} {group_id:?}: {}", answer.reason);
        assert_eq!(answer.allowed == AllowedType::Allowed, may, "{case}");
    }
    assert!(peer.asked().is_empty());
}

/// Holds: W-28. What was no start that was allowed here began no session.
#[tokio::test]
async fn an_answer_that_allowed_no_start_began_no_session() {
    let peer = emsp(Reply::success(&json!({"allowed": "BLOCKED"}))).await;
    let stage = stage(&peer, &[of_fleet("CARD1", &json!({}))]).await;
    let refused = stage.answer(to_start("CARD1")).await.reference;
    let nobody: AuthorizationReference = "NO-SUCH-ANSWER".parse().expect("a reference");
    let reference = {
        stage.world.clock.advance_ms(60_000);
        started(&stage, &peer).await
    };
    let stop = to_stop("CARD1", StartedBy::Answer(reference));
    let stopped = stage.answer(stop).await.reference;
    for reference in [refused, nobody, stopped] {
        let stop = to_stop("CARD1", StartedBy::Answer(reference.clone()));
        let answered = stage.world.app.authorize_at_charge_point(stop).await;
        let Err(ChargePointError::UnknownStart(named)) = answered else {
            panic!("{reference:?}: {answered:?}");
        };
        assert_eq!(named, reference);
    }
}
