//! Cards of one uid at several eMSPs, of different types.

use serde_json::json;

use super::world::{World, copy, emsp, outcome, says, start};
use crate::testing::party;

fn world(of: [(&str, &str); 2]) -> World {
    let token = |(party_id, token_type): (&str, &str)| {
        copy(&json!({"party_id": party_id, "type": token_type, "whitelist": "ALWAYS"}))
    };
    let platforms = vec![emsp("tnm", &["DE/TNM"]), emsp("oth", &["DE/OTH"])];
    World::new(platforms, of.map(token).to_vec())
}

/// Holds: W-13, E-13. Each owner is asked about the Token that it has.
#[tokio::test(start_paused = true)]
async fn each_owner_is_asked_about_its_own_type() {
    let world = world([("TNM", "OTHER"), ("OTH", "EMAID")]);
    world.does("oth", says("ALLOWED").after(9));
    let answer = world.answer(start()).await;
    assert_eq!(outcome(&answer), "fan_out ALLOWED");
    let questions = world.peer.questions();
    let asked = questions.iter().map(|question| {
        let to = question.call.routing.unwrap().to.unwrap();
        format!("{to} {}", question.token_type)
    });
    let mut asked: Vec<_> = asked.collect();
    asked.sort();
    assert_eq!(asked, ["DE/OTH EMAID", "DE/TNM OTHER"]);
    let records = world.records.lock().unwrap();
    assert_eq!(records[0].token_party, Some(party("DE/OTH")));
    assert_eq!(records[0].token_type.as_str(), "EMAID");
}

/// Holds: W-13, W-27. Users of apps are never asked about, and take nothing from the card.
#[tokio::test(start_paused = true)]
async fn the_user_of_an_app_is_no_owner_of_a_card() {
    for of in [
        [("TNM", "OTHER"), ("OTH", "APP_USER")],
        [("OTH", "AD_HOC_USER"), ("TNM", "OTHER")],
    ] {
        let world = world(of);
        world
            .does("tnm", says("ALLOWED").after(9))
            .does("oth", says("ALLOWED"));
        let answer = world.answer(start()).await;
        assert_eq!(outcome(&answer), "fan_out ALLOWED", "{of:?}");
        assert_eq!(world.asked(), ["tnm"], "{of:?}");
        let question = &world.peer.questions()[0];
        assert_eq!(question.token_type.as_str(), "OTHER", "{of:?}");
    }
    let world = world([("TNM", "APP_USER"), ("OTH", "AD_HOC_USER")]);
    world.does("tnm", says("ALLOWED"));
    assert_eq!(world.outcome().await, "whitelist NOT_ALLOWED");
    assert!(world.asked().is_empty());
}
