//! Whole sessions: `PUT`, and what `GET` shows of them.

use ocpi_domain::Profile;
use serde_json::{Value, json};

use super::{CPO, at, builder, refused, send, shown, snapshot, stored, taken, world};
use crate::support::http::Request;
use crate::support::push::session;
use crate::support::token::{card, with};

fn later() -> Value {
    json!({"last_updated": "2026-01-01T12:00:01Z"})
}

/// Every field that a session can have, as the examples of the specification have them.
fn full(id: &str) -> Value {
    let more = json!({
        "end_date_time": "2026-01-01T11:59:00Z",
        "kwh": 41.12,
        "authorization_reference": "AR-1",
        "meter_id": "LM-1",
        "charging_periods": [
            {"start_date_time": "2026-01-01T11:00:00Z",
             "dimensions": [{"type": "ENERGY", "volume": 41.12}], "tariff_id": "T-1"},
        ],
        "total_cost": {"before_taxes": 8.50, "taxes": [{"name": "VAT", "amount": 1.70}]},
        "status": "COMPLETED",
    });
    with(session(id, "U1"), &more)
}

/// Holds: S-02, K-17, T-22, T-25.
#[tokio::test]
async fn a_session_that_is_new_is_201_and_one_that_is_replaced_is_200_both_without_data() {
    let world = world().await;
    for (status, kwh) in [(201, 1), (200, 2), (200, 2)] {
        let session = with(session("S1", "U1"), &json!({"kwh": kwh}));
        taken(&world, "PUT", &at("S1"), &session, status).await;
        assert_eq!(shown(&world, &at("S1")).await, session);
    }
}

/// Holds: S-02, S-07, T-34, T-64.
#[tokio::test]
async fn a_session_that_lacks_a_required_field_is_refused_and_the_field_is_named() {
    let world = world().await;
    taken(&world, "PUT", &at("S1"), &full("S1"), 201).await;
    for field in [
        "country_code",
        "party_id",
        "id",
        "start_date_time",
        "cdr_token",
        "location_id",
        "evse_uid",
        "status",
        "last_updated",
    ] {
        // To a stored session, and to one that there is not.
        for id in ["S1", "S2"] {
            let lacking = with(with(full(id), &later()), &json!({field: null}));
            let mut as_null = lacking.clone();
            as_null[field] = Value::Null;
            for body in [&lacking, &as_null] {
                let response = refused(&world, "PUT", &at(id), Some(body), (200, 2001)).await;
                let said = response.message();
                assert!(said.contains(&format!("`{field}`")), "{field}: {said}");
            }
        }
    }
}

/// Holds: S-02, S-07, S-09, D-13, D-14, T-34, T-35, T-65, T-68, T-71.
#[tokio::test]
async fn a_session_with_one_bad_field_is_refused_and_nothing_of_it_is_applied() {
    let world = world().await;
    taken(&world, "PUT", &at("S1"), &full("S1"), 201).await;
    for (field, bad) in [
        ("country_code", json!("NLD")),
        ("party_id", json!("AL")),
        ("id", json!("s".repeat(37))),
        ("start_date_time", json!("2026-01-01")),
        ("end_date_time", json!("soon")),
        ("cdr_token", json!("U1")),
        ("cdr_token", json!({"uid": "U1"})),
        ("cdr_token", json!({"type": "RFID"})),
        ("cdr_token", json!({"uid": "u".repeat(37), "type": "RFID"})),
        ("location_id", json!("l".repeat(37))),
        ("location_id", json!(1)),
        ("evse_uid", json!("")),
        ("evse_uid", json!("a\nb")),
        ("status", json!("RUNNING")),
        ("status", json!("active")),
        ("last_updated", json!(1_700_000_000)),
        ("last_updated", json!("")),
    ] {
        let body = with(with(full("S1"), &later()), &json!({"kwh": 99}));
        let body = with(body, &json!({field: bad}));
        let response = refused(&world, "PUT", &at("S1"), Some(&body), (200, 2001)).await;
        let said = response.message();
        assert!(said.contains(field), "{field} {bad}: {said}");
    }
    for body in [json!([full("S1")]), json!("text"), Value::Null] {
        refused(&world, "PUT", &at("S1"), Some(&body), (200, 2001)).await;
    }
    let twice = full("S1").to_string().replacen('{', "{\"kwh\":1,", 1);
    for (text, codes) in [
        (&*twice, (200, 2001)),
        ("{", (400, 2000)),
        ("", (400, 2000)),
    ] {
        let request = Request::new("PUT", &at("S1")).token(CPO).body(text);
        assert_eq!(world.send(&request).await.codes(), codes, "{text}");
    }
    assert_eq!(shown(&world, &at("S1")).await, full("S1"));
}

/// Holds: S-07.
#[tokio::test]
async fn what_nobody_here_uses_is_never_a_reason_to_refuse() {
    let world = world().await;
    for (number, (field, odd)) in [
        ("kwh", json!("a lot")),
        ("kwh", Value::Null),
        ("currency", json!("MONEY")),
        ("auth_method", json!("HANDSHAKE")),
        ("connector_id", json!([])),
        ("meter_id", json!(7)),
        ("total_cost", json!("free")),
        ("charging_periods", json!({"not": "a list"})),
        ("charging_periods", json!([{"tariff_id": 1}])),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("S{number}");
        let odd = with(session(&id, "U1"), &json!({field: odd}));
        taken(&world, "PUT", &at(&id), &odd, 201).await;
        assert_eq!(shown(&world, &at(&id)).await, odd, "{field}");
    }
}

/// Holds: S-03.
#[tokio::test]
async fn a_put_replaces_the_whole_session_with_its_charging_periods() {
    let world = world().await;
    for (id, periods) in [("S1", Value::Null), ("S2", json!([]))] {
        taken(&world, "PUT", &at(id), &full(id), 201).await;
        let bare = with(session(id, "U1"), &later());
        let bare = with(bare, &json!({"charging_periods": periods}));
        taken(&world, "PUT", &at(id), &bare, 200).await;
        assert_eq!(shown(&world, &at(id)).await, bare);
    }
}

/// Holds: S-07, S-25, T-62, T-63, T-73.
#[tokio::test]
async fn what_is_not_read_comes_back_letter_for_letter() {
    let world = world().await;
    let kept = concat!(
        r#""kwh":41.1200,"total_cost":{"before_taxes" : 8.50, "x":1e3},"#,
        r#""x_note":"\u00e9","x_list":[1.0, 2],"charging_periods":[ {"a":0.10} ]"#,
    );
    let mut sent = session("S1", "U1");
    sent.as_object_mut().expect("an object").remove("kwh");
    let sent = sent.to_string().replacen('{', &format!("{{{kept},"), 1);
    let request = Request::new("PUT", &at("S1")).token(CPO).body(sent);
    assert_eq!(world.send(&request).await.codes(), (201, 1000));
    let text = async || {
        let response = send(&world, "GET", &at("S1"), None).await;
        String::from_utf8(response.body).expect("text")
    };
    let shown = text().await;
    assert!(shown.contains(kept), "{shown}");
    // A PATCH changes what it sends, and leaves the rest as it was.
    let change = with(later(), &json!({"x_new": true}));
    taken(&world, "PATCH", &at("S1"), &change, 200).await;
    let shown = text().await;
    assert!(shown.contains(kept), "{shown}");
    assert!(shown.contains(r#""x_new":true"#), "{shown}");
}

/// Holds: S-02, T-36, K-18, K-19, T-69.
#[tokio::test]
async fn a_body_that_names_another_session_than_the_url_is_refused() {
    let world = world().await;
    taken(&world, "PUT", &at("S1"), &session("S1", "U1"), 201).await;
    for (field, other) in [("country_code", "BE"), ("party_id", "BET"), ("id", "S2")] {
        let body = with(with(session("S1", "U1"), &later()), &json!({field: other}));
        let response = refused(&world, "PUT", &at("S1"), Some(&body), (200, 2001)).await;
        let said = response.message();
        assert!(said.starts_with(&format!("`{field}`")), "{field}: {said}");
    }
    let other_case = json!({"country_code": "nl", "party_id": "alf", "id": "s1"});
    let body = with(with(session("S1", "U1"), &later()), &other_case);
    taken(&world, "PUT", &at("S1"), &body, 200).await;
    assert_eq!(snapshot(&world).await.len(), 1, "it is the same session");
}

/// Holds: K-21, S-02.
#[tokio::test]
async fn the_identical_session_again_changes_nothing_at_all() {
    let world = world().await;
    taken(&world, "PUT", &at("S1"), &full("S1"), 201).await;
    taken(&world, "PUT", &at("S2"), &full("S2"), 201).await;
    let before = snapshot(&world).await;
    world.clock.advance_ms(1000);
    taken(&world, "PUT", &at("S1"), &full("S1"), 200).await;
    assert_eq!(snapshot(&world).await, before);
    let other = with(full("S1"), &json!({"kwh": 41.13}));
    taken(&world, "PUT", &at("S1"), &other, 200).await;
    assert_ne!(snapshot(&world).await, before);
}

/// Holds: S-08, T-72.
#[tokio::test]
async fn a_reservation_needs_no_evse_and_no_connector() {
    let world = world().await;
    let not_available = json!({"evse_uid": "#NA", "connector_id": "#NA", "status": "RESERVATION"});
    let body = with(session("S1", "U1"), &not_available);
    taken(&world, "PUT", &at("S1"), &body, 201).await;
    assert_eq!(shown(&world, &at("S1")).await, body);
    assert_eq!(stored(&world, "S1").await.session.evse_uid(), None);
}

/// Holds: S-09, Z-12.
#[tokio::test]
async fn every_status_is_read_and_reserved_is_a_reservation() {
    let world = world().await;
    for (sent, shown_as) in [
        ("ACTIVE", "ACTIVE"),
        ("COMPLETED", "COMPLETED"),
        ("INVALID", "INVALID"),
        ("PENDING", "PENDING"),
        ("RESERVATION", "RESERVATION"),
        ("RESERVED", "RESERVATION"),
    ] {
        let id = format!("S-{sent}");
        let body = with(session(&id, "U1"), &json!({"status": sent}));
        taken(&world, "PUT", &at(&id), &body, 201).await;
        assert_eq!(shown(&world, &at(&id)).await["status"], shown_as);
        let back = json!({"status": "ACTIVE", "last_updated": "2026-01-01T12:00:01Z"});
        taken(&world, "PATCH", &at(&id), &back, 200).await;
        let change = json!({"status": sent, "last_updated": "2026-01-01T12:00:02Z"});
        taken(&world, "PATCH", &at(&id), &change, 200).await;
        assert_eq!(shown(&world, &at(&id)).await["status"], shown_as);
    }
}

/// Holds: S-22.
#[tokio::test]
async fn a_newer_push_may_open_again_what_was_over() {
    let world = world().await;
    for (number, over) in ["COMPLETED", "INVALID"].into_iter().enumerate() {
        let id = format!("S{number}");
        let body = with(session(&id, "U1"), &json!({"status": over}));
        taken(&world, "PUT", &at(&id), &body, 201).await;
        let again = with(session(&id, "U1"), &later());
        taken(&world, "PUT", &at(&id), &again, 200).await;
        assert_eq!(shown(&world, &at(&id)).await["status"], "ACTIVE");
        assert!(stored(&world, &id).await.is_active_at(world.app.now()));
    }
}

/// Holds: S-23, S-20.
#[tokio::test]
async fn what_has_ended_does_not_count_whatever_its_status_says() {
    let world = world().await;
    for (status, end, is_active) in [
        ("ACTIVE", None, true),
        ("PENDING", None, true),
        ("RESERVATION", None, false),
        ("COMPLETED", None, false),
        ("INVALID", None, false),
        ("ACTIVE", Some("2026-01-01T12:00:00Z"), false),
        ("PENDING", Some("2026-01-01T12:00:00Z"), false),
    ] {
        let id = format!("S-{status}-{}", end.is_some());
        let body = with(
            session(&id, "U1"),
            &json!({"status": status, "end_date_time": end}),
        );
        taken(&world, "PUT", &at(&id), &body, 201).await;
        let stored = stored(&world, &id).await;
        assert_eq!(stored.is_active_at(world.app.now()), is_active, "{id}");
        assert_eq!(
            stored.session.status().as_str(),
            status,
            "it stays the CPO's"
        );
    }
}

/// Holds: T-66, T-67, T-68, T-92.
#[tokio::test]
async fn moments_are_shown_as_the_specification_writes_them() {
    let world = world().await;
    let body = with(
        session("S1", "U1"),
        &json!({
            "start_date_time": "2026-01-01T12:00:00.1234567+01:00",
            "end_date_time": "2026-01-01T11:30:00",
            "last_updated": "2026-01-01t12:00:00.000z",
        }),
    );
    taken(&world, "PUT", &at("S1"), &body, 201).await;
    let shown = shown(&world, &at("S1")).await;
    for (field, expected) in [
        ("start_date_time", "2026-01-01T11:00:00.123Z"),
        ("end_date_time", "2026-01-01T11:30:00Z"),
        ("last_updated", "2026-01-01T12:00:00Z"),
    ] {
        assert_eq!(shown[field], expected, "{field}");
    }
}

/// Holds: X-21, S-07.
#[tokio::test]
async fn only_a_platform_that_speaks_the_tutorials_dialect_may_leave_the_token_out() {
    let without = with(session("S1", "U1"), &json!({"cdr_token": null}));
    let strict = world().await;
    refused(&strict, "PUT", &at("S1"), Some(&without), (200, 2001)).await;
    let profile = Profile {
        tutorial: true,
        ..Profile::default()
    };
    let tutorial = builder(profile).start().await;
    tutorial.push(&card("U1")).await;
    taken(&tutorial, "PUT", &at("S1"), &without, 201).await;
    assert_eq!(
        shown(&tutorial, &at("S1")).await,
        without,
        "nothing is added"
    );
    assert!(!stored(&tutorial, "S1").await.link.token_is_known);
    // The rest is as strict as ever.
    let wrong = with(without, &json!({"status": null}));
    refused(&tutorial, "PUT", &at("S1"), Some(&wrong), (200, 2001)).await;
}

/// Holds: K-35.
#[tokio::test]
async fn a_missing_owner_is_taken_from_the_url_only_where_the_profile_says_so() {
    let ownerless = with(
        session("S1", "U1"),
        &json!({"country_code": null, "party_id": null}),
    );
    let strict = world().await;
    refused(&strict, "PUT", &at("S1"), Some(&ownerless), (200, 2001)).await;
    let profile = Profile {
        fill_owner: true,
        ..Profile::default()
    };
    let filling = builder(profile).start().await;
    taken(&filling, "PUT", &at("S1"), &ownerless, 201).await;
    assert_eq!(shown(&filling, &at("S1")).await, session("S1", "U1"));
    let wrong = with(ownerless, &json!({"country_code": "BE"}));
    refused(&filling, "PUT", &at("S1"), Some(&wrong), (200, 2001)).await;
}
