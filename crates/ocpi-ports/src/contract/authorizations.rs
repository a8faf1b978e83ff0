//! The promises of [`AuthorizationRepository`] on what an authorization reads.

use std::sync::Arc;

use ocpi_domain::{
    AuthorizationSubject, ConcurrencyScope, Location, LocationReferences, Party, PlatformId,
    Revision, SlotHolder, StoredToken, TokenAccount, TokenKey, TokenType,
};
use serde_json::json;

use super::Harness;
use super::fixtures::{
    UIDS_APART, after_ms, assert_same, card, create, kind, other, own, platform_id, question,
    reopened, token, types_apart, uid, update,
};
use super::slot_fixtures::{
    at_evses, claim, cpo, end, first_word_of, holder, holder_in, later, put, session, take,
};
use crate::{AccountWrite, AuthorizationRepository, LocationWrite, SubjectLookup, SubjectQuery};

type Repository = Arc<dyn AuthorizationRepository>;

async fn load(
    subjects: &Repository,
    parties: &[Party],
    uid: &str,
    token_type: &TokenType,
) -> SubjectLookup {
    subjects
        .load_authorization_subject(&question(parties, &self::uid(uid), token_type))
        .await
        .unwrap()
}

/// The subject of a Token without account, where nothing charges.
fn subject_of(token: &StoredToken) -> SubjectLookup {
    SubjectLookup::One(Box::new(AuthorizationSubject {
        token: token.clone(),
        account: None,
        active_sessions: 0,
        groups_are_limited: false,
        known_evses: None,
    }))
}

/// Promise 1: a Token that no party of the question has is unknown.
///
/// Holds: E-12, E-14.
pub async fn subject_of_another_party_is_unknown<H: Harness>() {
    let store = H::fresh().await;
    let subjects = store.authorizations();
    let rfid = TokenType::Rfid;
    let unknown = load(&subjects, &[own()], "CARD-1", &rfid).await;
    assert_eq!(unknown, SubjectLookup::Unknown);
    let stored = create(&store.tokens(), card("CARD-1")).await;
    let third = Party::new("CH", "ABD").unwrap();
    for parties in [&[][..], &[other()], &[other(), third]] {
        let unknown = load(&subjects, parties, "CARD-1", &rfid).await;
        assert_eq!(unknown, SubjectLookup::Unknown, "{parties:?}");
    }
    let lower = Party::new("ch", "abc").unwrap();
    for parties in [&[own()][..], &[lower], &[other(), own(), third]] {
        let found = load(&subjects, parties, "CARD-1", &rfid).await;
        assert_same(&found, &subject_of(&stored));
    }
}

/// Promise 2: the uid is matched without case and the type exactly.
///
/// Holds: E-10, E-13, E-14, T-69.
pub async fn subject_is_found_by_uid_and_type<H: Harness>() {
    let store = H::fresh().await;
    let (tokens, subjects) = (store.tokens(), store.authorizations());
    let types = [TokenType::Rfid, TokenType::AppUser, kind("Fleet")];
    for token_type in &types {
        let stored = create(&tokens, token(own(), "Card-1a", token_type)).await;
        for spelled in ["Card-1a", "CARD-1A", "card-1a"] {
            let found = load(&subjects, &[own()], spelled, token_type).await;
            assert_same(&found, &subject_of(&stored));
        }
        // What was written last is what is read.
        let newer = update(&tokens, &stored, |token| token.valid = false).await;
        let found = load(&subjects, &[own()], "Card-1a", token_type).await;
        assert_same(&found, &subject_of(&newer));
    }
    for (spelled, token_type) in [
        ("Card-1a", TokenType::Other),
        ("Card-1a", TokenType::Emaid),
        ("Card-1a", TokenType::AdHocUser),
        ("Card-1a", kind("FLEET")),
        ("Card-1", TokenType::Rfid),
        // Separators count.
        ("Card1a", TokenType::Rfid),
        ("Card*1a", TokenType::AppUser),
        ("Card1a", kind("Fleet")),
    ] {
        let found = load(&subjects, &[own()], spelled, &token_type).await;
        assert_eq!(found, SubjectLookup::Unknown, "{spelled} {token_type}");
    }
    let mut apart = Vec::new();
    for uid in UIDS_APART {
        apart.push(create(&tokens, token(other(), uid, &TokenType::Rfid)).await);
    }
    for token_type in types_apart() {
        apart.push(create(&tokens, token(other(), "of-type", &token_type)).await);
    }
    for stored in &apart {
        let key = stored.token.key();
        let found = load(&subjects, &[other()], key.uid.as_str(), &key.token_type).await;
        assert_same(&found, &subject_of(stored));
    }
}

/// Promise 2, of EMAID: separators do not count, and a uid that matches to the letter is
/// preferred.
///
/// Holds: E-35.
pub async fn emaid_is_found_without_separators<H: Harness>() {
    let store = H::fresh().await;
    let (tokens, subjects) = (store.tokens(), store.authorizations());
    let emaid = TokenType::Emaid;
    let both = [own(), other()];
    // An RFID card of that uid is another thing.
    create(&tokens, card("CHABCC1")).await;
    let dashed = create(&tokens, token(own(), "CH-ABC-C1", &emaid)).await;
    for asked in ["CH-ABC-C1", "ch*abc*c1", "CHabcC1", "C-H-A-B-C-C-1-"] {
        let found = load(&subjects, &both, asked, &emaid).await;
        assert_same(&found, &subject_of(&dashed));
    }
    for asked in ["CH-ABC-C2", "CHABC", "CH_ABC_C1", "CH ABC C1", "-"] {
        let found = load(&subjects, &both, asked, &emaid).await;
        assert_eq!(found, SubjectLookup::Unknown, "{asked}");
    }

    // Each of several spellings is found by its own letters, in one party and in two.
    let plain = create(&tokens, token(own(), "CHABCC1", &emaid)).await;
    let starred = create(&tokens, token(other(), "CH*ABC*C1", &emaid)).await;
    for (asked, stored) in [
        ("ch-abc-c1", &dashed),
        ("chabcc1", &plain),
        ("ch*abc*c1", &starred),
    ] {
        let found = load(&subjects, &both, asked, &emaid).await;
        assert_same(&found, &subject_of(stored));
    }
    // No letters decide between the two of one party, nor between the parties.
    for parties in [&both[..], &[own()]] {
        let found = load(&subjects, parties, "CHABC-C1", &emaid).await;
        assert_eq!(found, SubjectLookup::Ambiguous);
    }
    let found = load(&subjects, &[other()], "CHABC-C1", &emaid).await;
    assert_same(&found, &subject_of(&starred));
}

/// Promise 3: a uid and type that several of the parties have is ambiguous; the question that
/// names one of them is not.
///
/// Holds: E-12.
pub async fn subject_of_two_parties_is_ambiguous<H: Harness>() {
    let store = H::fresh().await;
    let (tokens, subjects) = (store.tokens(), store.authorizations());
    for token_type in [TokenType::Rfid, TokenType::Emaid, kind("FLEET")] {
        let ours = create(&tokens, token(own(), "CARD-1", &token_type)).await;
        let theirs = create(&tokens, token(other(), "card-1", &token_type)).await;
        for parties in [[own(), other()], [other(), own()]] {
            let found = load(&subjects, &parties, "CARD-1", &token_type).await;
            assert_eq!(found, SubjectLookup::Ambiguous);
        }
        for (parties, stored) in [
            (&[own()][..], &ours),
            (&[other()], &theirs),
            (&[own(), own()], &ours),
        ] {
            let found = load(&subjects, parties, "CARD-1", &token_type).await;
            assert_same(&found, &subject_of(stored));
        }
    }
    // Of another type, only one party has one.
    let app = create(&tokens, token(own(), "CARD-1", &TokenType::AppUser)).await;
    let found = load(&subjects, &[own(), other()], "CARD-1", &TokenType::AppUser).await;
    assert_same(&found, &subject_of(&app));
}

/// What a question says of the place, the platform and the moment.
struct Asked<'a> {
    platform: Option<&'a PlatformId>,
    location: Option<&'a LocationReferences>,
    at_ms: i64,
}

/// How many slots the subject of that Token is read with.
async fn slots_read<H: Harness>(store: &H, token: &TokenKey, asked: &Asked<'_>) -> u32 {
    let parties = [token.party];
    let query = SubjectQuery {
        platform: asked.platform,
        cpo_parties: &[cpo()],
        location: asked.location,
        at: after_ms(asked.at_ms),
        ..question(&parties, &token.uid, &token.token_type)
    };
    let read = store.authorizations();
    match read.load_authorization_subject(&query).await.unwrap() {
        SubjectLookup::One(subject) => subject.active_sessions,
        other => panic!("{token:?} is not found: {other:?}"),
    }
}

/// Gives the Token an account with that limit.
async fn limit<H: Harness>(
    store: &H,
    key: &TokenKey,
    (max, scope): (Option<u32>, ConcurrencyScope),
    follows: Option<Revision>,
) -> Revision {
    let account = TokenAccount {
        concurrent_sessions_max: max,
        concurrency_scope: scope,
        ..TokenAccount::default()
    };
    let write = AccountWrite {
        key: key.clone(),
        account: Arc::new(account),
        follows,
    };
    store.accounts().put_account(write).await.unwrap()
}

/// Promise 11: a subject is read with the number of slots that count against the question when its
/// account sets a limit, and with none otherwise.
///
/// Holds: E-29, E-30, E-35, Q-14.
pub async fn subject_is_read_with_its_slots<H: Harness>() {
    let store = H::fresh().await;
    let (sessions, records) = (store.sessions(), store.authorizations());
    let [one, two] = ["CARD-1", "CARD-2"].map(|uid| holder_in("Family", uid));
    for holder in [&one, &two] {
        let mut token = card(holder.token.uid.as_str());
        token.group_id.clone_from(&holder.group_id);
        create(&store.tokens(), token).await;
    }
    let nowhere = Asked {
        platform: None,
        location: None,
        at_ms: 0,
    };
    take(&records, "R-1", claim(&one, 9, "E1")).await;
    assert_eq!(slots_read(&store, &one.token, &nowhere).await, 0);
    let alone = (Some(9), ConcurrencyScope::Token);
    let together = (Some(9), ConcurrencyScope::Group);
    let of_one = limit(&store, &one.token, (None, ConcurrencyScope::Token), None).await;
    assert_eq!(slots_read(&store, &one.token, &nowhere).await, 0);
    let of_one = limit(&store, &one.token, alone, Some(of_one)).await;
    assert_eq!(slots_read(&store, &one.token, &nowhere).await, 1);
    let third = session("S-3", json!({"evse_uid": "E3"}));
    let third = put(&sessions, first_word_of(&one, third)).await;
    take(&records, "R-2", claim(&two, 9, "E2")).await;

    let (peer, stranger) = (platform_id("peer"), platform_id("Peer"));
    let until = later().ms_since(after_ms(0));
    let counts = async |key: &TokenKey, expected: [u32; 6]| {
        let at = |evse: &str| at_evses(&[evse]);
        for ((platform, evse, at_ms), expected) in [
            (None, Some("E1"), 0),
            (Some(&peer), None, until - 1),
            (Some(&peer), None, until),
            (Some(&peer), Some("e1"), 0),
            (Some(&peer), Some("E2"), 0),
            (Some(&stranger), Some("E1"), 0),
        ]
        .into_iter()
        .zip(expected)
        {
            let location = evse.map(at);
            let asked = Asked {
                platform,
                location: location.as_ref(),
                at_ms,
            };
            let found = slots_read(&store, key, &asked).await;
            assert_eq!(found, expected, "{platform:?} {evse:?} {at_ms}");
        }
    };
    counts(&one.token, [2, 2, 0, 1, 2, 2]).await;
    limit(&store, &one.token, together, Some(of_one)).await;
    limit(&store, &two.token, together, None).await;
    for holder in [&one, &two] {
        counts(&holder.token, [3, 3, 0, 2, 2, 3]).await;
    }
    end(&sessions, &third).await;
    counts(&one.token, [2, 2, 0, 1, 1, 2]).await;
    evse_ids_are_at_the_place_that_they_mean(&store, &one).await;
    spellings_of_an_emaid_have_one_count(&store).await;
}

/// Asserts that a question that names the EVSE by what is printed on it is at the place of what is
/// held there, once its Location is known. The Token has a slot at `E1`, and its group one at `E2`.
async fn evse_ids_are_at_the_place_that_they_mean<H: Harness>(store: &H, one: &SlotHolder) {
    let (peer, printed) = (platform_id("peer"), at_evses(&["NL*ALF*E1"]));
    let asked = Asked {
        platform: Some(&peer),
        location: Some(&printed),
        at_ms: 0,
    };
    assert_eq!(slots_read(store, &one.token, &asked).await, 2);
    let at = after_ms(0).to_string();
    let location = json!({
        "country_code": "NL", "party_id": "ALF", "id": "LOC1", "last_updated": at,
        "evses": [{"uid": "E1", "evse_id": "NL*ALF*E1", "status": "CHARGING", "last_updated": at}],
    });
    let location: Location = serde_json::from_str(&location.to_string()).unwrap();
    let write = LocationWrite {
        location: Arc::new(location),
        follows: None,
    };
    store.locations().put_location(write).await.unwrap();
    assert_eq!(slots_read(store, &one.token, &asked).await, 1);
}

/// Asserts that whatever spelling of an EMAID is asked for, the slots of the Token count.
async fn spellings_of_an_emaid_have_one_count<H: Harness>(store: &H) {
    let stored = create(
        &store.tokens(),
        token(own(), "CH-ABC-C1", &TokenType::Emaid),
    )
    .await;
    let emaid = SlotHolder {
        token: stored.token.key(),
        ..holder("CARD-1")
    };
    let alone = (Some(9), ConcurrencyScope::Token);
    limit(store, &emaid.token, alone, None).await;
    take(&store.authorizations(), "R-E", claim(&emaid, 9, "E1")).await;
    let nowhere = Asked {
        platform: None,
        location: None,
        at_ms: 0,
    };
    for asked in ["CH-ABC-C1", "chabcc1", "CH*ABC*C1"] {
        let asked = TokenKey {
            uid: uid(asked),
            ..emaid.token.clone()
        };
        assert_eq!(slots_read(store, &asked, &nowhere).await, 1);
    }
}

/// Promise 18: a subject says whether some account limits its group, from the write of such an
/// account on and after a restart.
///
/// Holds: E-29.
pub async fn subject_says_whether_groups_are_limited<H: Harness>() {
    let store = H::fresh().await;
    let (one, two) = (card("CARD-1"), card("CARD-2"));
    let [one, two] = [one, two].map(|token| token.key());
    for key in [&one, &two] {
        create(&store.tokens(), card(key.uid.as_str())).await;
    }
    let says = async |store: &H| {
        let found = load(
            &store.authorizations(),
            &[own()],
            "CARD-2",
            &TokenType::Rfid,
        )
        .await;
        match found {
            SubjectLookup::One(subject) => subject.groups_are_limited,
            other => panic!("{other:?}"),
        }
    };
    let limits = [
        (None, ConcurrencyScope::Group),
        (Some(1), ConcurrencyScope::Token),
    ];
    let mut follows = None;
    for of_no_group in limits {
        follows = Some(limit(&store, &one, of_no_group, follows).await);
        assert!(!says(&store).await);
    }
    limit(&store, &one, (Some(0), ConcurrencyScope::Group), follows).await;
    assert!(says(&store).await);
    let Some(store) = reopened(store).await else {
        return;
    };
    assert!(says(&store).await);
}
