//! Whose questions are answered.

use serde_json::json;

use super::world::{World, copy, start};
use crate::testing::{hosting_of, now, party, ports};
use crate::{App, AppOptions, ChargePointError, ChargePointRequest, Wanted};
use ocpi_domain::Role;
use prometheus_client::registry::Registry;
use std::sync::Arc;

fn of(cpo: Option<&str>) -> ChargePointRequest {
    ChargePointRequest {
        cpo: cpo.map(party),
        ..start()
    }
}

/// Holds: W-01. The CPO must be one that is hosted here, and is taken for granted where it is alone.
#[tokio::test]
async fn a_question_is_that_of_a_cpo_hosted_here() {
    let world = World::of_copy(&json!({"whitelist": "ALWAYS"}));
    for cpo in ["NL/ALF", "CH/ABC", "nl/alf"] {
        assert!(world.ask(of(Some(cpo))).await.is_ok(), "{cpo}");
    }
    let refused = world.ask(of(Some("DE/TNM"))).await;
    assert!(matches!(refused, Err(ChargePointError::UnknownCpo(_))));
    let refused = world.ask(of(None)).await;
    assert!(matches!(refused, Err(ChargePointError::CpoNeeded)));
    for (roles, is_alone) in [(Role::Cpo, true), (Role::Emsp, false)] {
        let hosting = hosting_of(&[("NL/ALF", &[roles])]);
        let options = AppOptions::default();
        let app = Arc::new(App::new(
            ports(),
            hosting,
            options,
            &mut Registry::default(),
        ));
        let asked = app.asked(of(None), 0);
        assert_eq!(asked.is_ok(), is_alone);
        if let Err(error) = asked {
            assert!(matches!(error, ChargePointError::NoCpo));
        }
    }
}

/// Holds: W-27. A command that is yet to come is a mistake of the caller.
#[tokio::test(start_paused = true)]
async fn a_command_of_the_future_is_refused() {
    let world = World::new(vec![], vec![copy(&json!({}))]);
    let mut request = start();
    request.wanted = Wanted::Start {
        commanded_at: Some(now().plus_ms(10_001)),
    };
    let refused = world.ask(request).await;
    assert!(matches!(refused, Err(ChargePointError::CommandOfFuture)));
    assert!(world.records.lock().unwrap().is_empty());
}
