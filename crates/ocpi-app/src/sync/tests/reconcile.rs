//! What an eMSP lists no more.

use ocpi_domain::{OcpiVersion, Profile, Role, TokenType};
use serde_json::{Value, json};

use super::list::{List, of_emsp, theirs};
use super::other_side::at;
use super::seconds;
use super::world::{World, connected, emsp};
use crate::testing::{party, request_of_owner};
use crate::{
    GetTokenError, GetTokenRequest, PatchTokenError, PatchTokenRequest, PutTokenError,
    PutTokenRequest,
};

/// The uids that are marked.
fn absent(world: &World) -> Vec<String> {
    let mut all = world.tokens.all();
    all.retain(|stored| stored.marks.absent);
    all.iter()
        .map(|stored| stored.token.uid.to_string())
        .collect()
}

async fn store(world: &World, tokens: &[(&str, Value)]) {
    for (uid, more) in tokens {
        world.store(uid, &of_emsp(more)).await;
    }
}

/// Holds: P-18, E-04. Of the types that need not be listed, absence says nothing; nor of others'.
#[tokio::test(start_paused = true)]
async fn what_is_not_listed_any_more_is_marked() {
    let world = World::of(vec![
        emsp(),
        connected(
            "idle",
            &[(Role::Emsp, "DE/OTH")],
            Profile {
                no_pull: true,
                ..Profile::default()
            },
        ),
    ]);
    store(
        &world,
        &[
            ("CARD", json!({})),
            ("OTHER", json!({"type": "OTHER"})),
            ("APP", json!({"type": "APP_USER"})),
            ("ADHOC", json!({"type": "AD_HOC_USER"})),
            ("EMAID", json!({"type": "EMAID"})),
            ("CUSTOM", json!({"type": "X-CARD"})),
            ("T0", json!({})),
            // Of the same uid, another Token.
            ("T1", json!({"type": "OTHER"})),
            ("THEIRS", json!({"party_id": "OTH"})),
        ],
    )
    .await;
    world.put("OURS", "1").await;
    let list = List::of(2);
    world.other.list(move |asked| Ok(list.page(asked, 1)));
    let _running = world.run();
    seconds(1).await;
    assert_eq!(absent(&world), ["CARD", "OTHER", "T1"]);
    let counts = world.metrics("ocpi_pulled_tokens_total");
    let line = "ocpi_pulled_tokens_total{platform=\"emsp\",outcome=\"absent\"} 3";
    assert!(counts.contains(&line.to_owned()), "{counts:?}");
}

/// Holds: P-18, K-10, K-29. Absent is unknown, until its owner sends it again: in a list or by a
/// push.
#[tokio::test(start_paused = true)]
async fn what_is_absent_is_unknown_until_it_is_sent_again() {
    let world = World::of(vec![emsp()]);
    store(&world, &[("CARD", json!({})), ("BACK", json!({}))]).await;
    let list = List::of(1);
    let served = list.clone();
    world.other.list(move |asked| Ok(served.page(asked, 10)));
    let _running = world.run();
    seconds(1).await;
    assert_eq!(absent(&world), ["CARD", "BACK"]);
    let mut context = request_of_owner(OcpiVersion::V2_2_1);
    context.caller.platform = std::sync::Arc::clone(&world.platforms.get("emsp").platform);
    let get = |uid: &str| GetTokenRequest {
        party: party("DE/EMS"),
        uid: uid.parse().unwrap(),
        token_type: Some(TokenType::Rfid),
    };
    let unknown = world.app.get_token(&context, &get("CARD")).await;
    assert!(matches!(unknown, Err(GetTokenError::UnknownToken)));

    let pushed = of_emsp(&json!({"uid": "CARD", "type": "RFID", "last_updated": at(0)}));
    let put = PutTokenRequest {
        party: party("DE/EMS"),
        uid: "CARD".parse().unwrap(),
        token_type: None,
        fields: crate::testing::fields(&pushed),
    };
    world.app.put_token(&context, put).await.unwrap();
    assert!(world.app.get_token(&context, &get("CARD")).await.is_ok());
    list.put(theirs("BACK", &json!({"last_updated": at(1000)})));
    world.app.request_pull(None, false).await.unwrap();
    seconds(1).await;
    assert!(absent(&world).is_empty());
}

/// Holds: P-18. What came while the crawl went on was sent by its owner.
#[tokio::test(start_paused = true)]
async fn what_was_written_since_the_crawl_began_is_not_absent() {
    let world = World::of(vec![emsp()]);
    store(&world, &[("OLD", json!({}))]).await;
    let list = List::of(4);
    let tokens = std::sync::Arc::clone(&world.tokens);
    let mut pages = 0;
    world.other.list(move |asked| {
        pages += 1;
        if pages == 3 {
            let write = ocpi_ports::TokenWrite {
                token: theirs("NEW", &json!({})).into(),
                marks: ocpi_domain::TokenMarks::default(),
                follows: None,
            };
            let store: std::sync::Arc<dyn ocpi_ports::TokenRepository> = tokens.clone();
            tokio::spawn(async move { store.put_token(write).await.unwrap() });
            return Err(super::other_side::silent());
        }
        Ok(list.page(asked, 1))
    });
    let _running = world.run();
    seconds(10).await;
    assert_eq!(absent(&world), ["OLD"]);
    assert_eq!(world.tokens.all().len(), 6);
}

/// Holds: P-18. A crawl that saw fewer objects than there are missed some.
#[tokio::test(start_paused = true)]
async fn a_list_of_fewer_objects_than_it_says_invalidates_nothing() {
    let world = World::of(vec![emsp()]);
    store(&world, &[("OLD", json!({}))]).await;
    let list = List::of(3);
    world.other.list(move |asked| {
        let mut page = list.page(asked, 10);
        page.total = Some(4);
        Ok(page)
    });
    let _running = world.run();
    seconds(1).await;
    assert!(absent(&world).is_empty());
    assert_eq!(world.tokens.all().len(), 4);
}

/// Holds: P-18. An empty list is that of an eMSP that only pushes, or whose list is out of order.
#[tokio::test(start_paused = true)]
async fn an_empty_list_invalidates_nothing() {
    let world = World::of(vec![emsp()]);
    store(&world, &[("OLD", json!({}))]).await;
    world
        .other
        .list(|asked| Ok(List::default().page(asked, 10)));
    let _running = world.run();
    seconds(1).await;
    assert!(absent(&world).is_empty());
    assert!(world.sync.pull("emsp").unwrap().all_pulled_at.is_some());
}

/// Some list one of their eMSPs only: of the others that says nothing.
#[tokio::test(start_paused = true)]
async fn of_several_emsps_those_of_whom_nothing_is_listed_are_left() {
    let two = [(Role::Emsp, "DE/EMS"), (Role::Emsp, "DE/TWO")];
    let world = World::of(vec![connected("emsp", &two, Profile::default())]);
    store(
        &world,
        &[("OLD", json!({})), ("TWO", json!({"party_id": "TWO"}))],
    )
    .await;
    store(&world, &[("T0", json!({}))]).await;
    let list = List::of(1);
    world.other.list(move |asked| Ok(list.page(asked, 10)));
    let _running = world.run();
    seconds(1).await;
    assert_eq!(absent(&world), ["OLD"]);
}

/// More than fits into one look at our store.
#[tokio::test(start_paused = true)]
async fn very_many_that_are_gone_are_all_marked() {
    let world = World::of(vec![emsp()]);
    for number in 0..1200 {
        world
            .store(&format!("OLD{number}"), &of_emsp(&json!({})))
            .await;
    }
    let list = List::of(1);
    world.other.list(move |asked| Ok(list.page(asked, 10)));
    let _running = world.run();
    seconds(1).await;
    assert_eq!(absent(&world).len(), 1200);
}

/// Holds: P-18, K-21. An older state that its owner sends again is not taken; but the Token is
/// there.
#[tokio::test(start_paused = true)]
async fn what_is_listed_again_in_an_older_state_is_there_again() {
    let world = World::of(vec![emsp()]);
    let newer = json!({"issuer": "2", "last_updated": at(500)});
    let tokens = [
        ("LISTED", newer.clone()),
        ("PUT", newer.clone()),
        ("PATCHED", newer),
    ];
    store(&world, &tokens).await;
    let list = List::of(1);
    let served = list.clone();
    world.other.list(move |asked| Ok(served.page(asked, 10)));
    let _running = world.run();
    seconds(1).await;
    assert_eq!(absent(&world), ["LISTED", "PUT", "PATCHED"]);
    let mut context = request_of_owner(OcpiVersion::V2_2_1);
    context.caller.platform = std::sync::Arc::clone(&world.platforms.get("emsp").platform);

    list.put(theirs("LISTED", &json!({"last_updated": at(0)})));
    world.app.request_pull(None, true).await.unwrap();
    seconds(5).await;
    assert_eq!(absent(&world), ["PUT", "PATCHED"]);
    let older = of_emsp(&json!({"uid": "PUT", "type": "RFID", "last_updated": at(0)}));
    let put = PutTokenRequest {
        party: party("DE/EMS"),
        uid: "PUT".parse().unwrap(),
        token_type: None,
        fields: crate::testing::fields(&older),
    };
    let refused = world.app.put_token(&context, put).await;
    assert!(matches!(refused, Err(PutTokenError::Stale)));
    assert_eq!(absent(&world), ["PATCHED"]);
    let patch = PatchTokenRequest {
        party: party("DE/EMS"),
        uid: "PATCHED".parse().unwrap(),
        token_type: None,
        fields: crate::testing::fields(&json!({"valid": false, "last_updated": at(0)})),
    };
    let refused = world.app.patch_token(&context, patch).await;
    assert!(matches!(refused, Err(PatchTokenError::Stale)));
    assert!(absent(&world).is_empty());
    let all = world.tokens.all();
    let newer = all
        .iter()
        .filter(|stored| stored.token.issuer.as_str() == "2");
    assert_eq!(newer.filter(|stored| stored.token.valid).count(), 3);
}
