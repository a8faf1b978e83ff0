//! The promises of [`TokenRepository`] on what changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use ocpi_domain::{Party, Revision, StoredToken, TokenKey, TokenMarks, TokenType};

use super::Harness;
use super::fixtures::{
    assert_conflict, assert_same, card, changed, create, numbered, other, own, reopened, together,
    token, update,
};
use crate::{ChangedTokens, StorageError, TokenRepository, TokenWrite};

type Repository = Arc<dyn TokenRepository>;

fn third() -> Party {
    Party::new("NL", "ABC").unwrap()
}

/// What parties are asked for.
fn party_lists() -> [Vec<Party>; 5] {
    [
        vec![own()],
        vec![other(), own()],
        vec![third(), third()],
        vec![Party::new("ch", "abc").unwrap()],
        vec![],
    ]
}

async fn list(
    tokens: &Repository,
    parties: &[Party],
    after: Revision,
    limit: usize,
) -> ChangedTokens {
    let listed = tokens.list_changed_tokens(parties, after, limit).await;
    listed.unwrap()
}

async fn count(tokens: &Repository, parties: &[Party], after: Revision) -> u64 {
    let counted = tokens.count_changed_tokens(parties, after).await;
    counted.unwrap()
}

/// Tokens of three parties, of which some were written again, and some of those again; each as it
/// is now, in the order of the last writes.
async fn written_in_turn(tokens: &Repository) -> Vec<StoredToken> {
    let mut all = Vec::new();
    for (place, uid) in numbered("U", 60).iter().enumerate() {
        let party = [own(), other(), own(), third()][place % 4];
        all.push(create(tokens, token(party, uid, &TokenType::Rfid)).await);
    }
    for step in (0..120).filter(|step| step % 7 != 0) {
        // The Tokens of the third party stay as they are, but for one.
        let place = step * step % 60;
        if place % 4 != 3 || place == 3 {
            all[place] = update(tokens, &all[place], |token| token.valid = !token.valid).await;
        }
    }
    let former = all[0].clone();
    all[0] = update(tokens, &all[0], |token| token.valid = !token.valid).await;
    assert_conflict(&tokens.put_token(changed(&former, |_| ())).await);
    all.sort_unstable_by_key(|stored| stored.revision);
    all
}

/// Asserts that the list is what it must be when these are all Tokens, in the order of their last
/// writes.
fn assert_listed(
    found: &ChangedTokens,
    all: &[StoredToken],
    (parties, after, limit): (&[Party], Revision, usize),
) {
    let due = all.iter().filter(|one| one.revision > after);
    let due = due.filter(|one| parties.contains(&one.token.party));
    let (listed, rest): (Vec<_>, Vec<_>) = due.enumerate().partition(|(place, _)| *place < limit);
    let listed: Vec<&StoredToken> = listed.into_iter().map(|(_, one)| one).collect();
    assert_same(&found.tokens.iter().collect(), &listed);
    assert_eq!(
        found.more,
        !rest.is_empty(),
        "{parties:?} {after:?} {limit}"
    );
    // What comes next is the first that is missing, and what was passed over does not come again.
    let next = rest.first().map(|(_, one)| one.revision);
    for one in all {
        let is_over = next.is_none_or(|next| one.revision < next);
        assert_eq!(
            one.revision <= found.through,
            is_over,
            "{parties:?} {after:?} {limit}"
        );
    }
    assert!(found.through >= after);
}

/// Promise 18: Tokens are listed in the order of their last change, each once and as it is now,
/// after a revision; those of other parties are passed over.
///
/// Holds: E-40, Q-22, T-98.
pub async fn changes_are_listed_in_their_order_each_once<H: Harness>() {
    let store = H::fresh().await;
    let tokens = store.tokens();
    for parties in party_lists() {
        let found = list(&tokens, &parties, Revision(0), 9).await;
        assert_listed(&found, &[], (&parties, Revision(0), 9));
    }
    let all = written_in_turn(&tokens).await;
    let newest = all.last().unwrap().revision;
    let mut afters: Vec<Revision> = all.iter().map(|one| one.revision).collect();
    afters.extend([0, newest.0 + 1, i64::MAX.unsigned_abs(), u64::MAX].map(Revision));
    for parties in party_lists() {
        for after in &afters {
            for limit in [0, 1, 2, 7, usize::MAX] {
                let found = list(&tokens, &parties, *after, limit).await;
                assert_listed(&found, &all, (&parties, *after, limit));
            }
        }
    }
    drop(tokens);

    let Some(store) = reopened(store).await else {
        return;
    };
    let found = list(&store.tokens(), &[own()], Revision(0), usize::MAX).await;
    assert_listed(&found, &all, (&[own()], Revision(0), usize::MAX));
}

/// Follows the changes from `through` to their end, a few at a time, and notes what each Token is.
async fn follow(
    tokens: &Repository,
    through: &mut Revision,
    known: &mut BTreeMap<TokenKey, StoredToken>,
) {
    loop {
        let found = list(tokens, &[own(), other()], *through, 5).await;
        for one in found.tokens {
            assert!(one.revision > *through && one.revision <= found.through);
            let former = known.insert(one.token.key(), one.clone());
            // Never an older version after a newer one.
            assert!(former.is_none_or(|former| former.revision < one.revision));
        }
        *through = found.through;
        if !found.more {
            return;
        }
    }
}

/// Promise 19: who follows the changes while others write misses none.
///
/// Holds: E-40, K-31.
pub async fn changes_under_way_are_not_missed<H: Harness>() {
    const WRITERS: usize = 6;
    const ROUNDS: usize = 60;
    let tokens = H::fresh().await.tokens();
    let writers = numbered("W", WRITERS).into_iter().enumerate();
    let writers = writers.map(|(writer, name)| {
        let tokens = Arc::clone(&tokens);
        async move {
            let party = [own(), other(), third()][writer % 3];
            let mut own_ones: Vec<StoredToken> = Vec::new();
            for round in 0..ROUNDS {
                let uid = format!("{name}-{round}");
                if round % 3 == 0 {
                    own_ones.push(create(&tokens, token(party, &uid, &TokenType::Rfid)).await);
                } else {
                    let place = round * round % own_ones.len();
                    let next = update(&tokens, &own_ones[place], |token| token.valid ^= true);
                    own_ones[place] = next.await;
                }
            }
            if party == third() {
                Vec::new()
            } else {
                own_ones
            }
        }
    });
    let (mut through, mut known) = (Revision(0), BTreeMap::new());
    let writing = tokio::spawn(together(writers.collect()));
    while !writing.is_finished() {
        follow(&tokens, &mut through, &mut known).await;
    }
    let written: Vec<StoredToken> = writing.await.unwrap().concat();
    follow(&tokens, &mut through, &mut known).await;
    let expected: BTreeMap<TokenKey, StoredToken> = written
        .into_iter()
        .map(|one| (one.token.key(), one))
        .collect();
    assert_same(&known, &expected);
}

/// Promise 20: the changes after a revision are counted.
///
/// Holds: E-40.
pub async fn changes_are_counted<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    assert_eq!(count(&tokens, &[own()], Revision(0)).await, 0);
    let all = written_in_turn(&tokens).await;
    let afters = all.iter().map(|one| one.revision);
    for after in afters.chain([Revision(0), Revision(u64::MAX)]) {
        for parties in party_lists() {
            let is_due =
                |one: &&StoredToken| one.revision > after && parties.contains(&one.token.party);
            let due = all.iter().filter(is_due).count();
            assert_eq!(count(&tokens, &parties, after).await, due as u64);
        }
    }
}

/// Promise 21: the last revision is not before that of any Token, and before that of every later
/// write.
///
/// Holds: P-18.
pub async fn last_revision_is_before_every_later_write<H: Harness>() {
    let store = H::fresh().await;
    let tokens = store.tokens();
    let last = |tokens: Repository| async move { tokens.last_revision().await.unwrap() };
    let mut stored = None;
    for _ in 0..3 {
        let before = last(Arc::clone(&tokens)).await;
        let next = match &stored {
            None => create(&tokens, card("CARD")).await,
            Some(former) => update(&tokens, former, |token| token.valid ^= true).await,
        };
        assert!(next.revision > before);
        assert!(last(Arc::clone(&tokens)).await >= next.revision);
        stored = Some(next);
    }
    let writers = numbered("W", 8).into_iter().map(|name| {
        let tokens = Arc::clone(&tokens);
        async move {
            for uid in numbered(&name, 20) {
                let before = last(Arc::clone(&tokens)).await;
                assert!(create(&tokens, card(&uid)).await.revision > before);
            }
        }
    });
    together(writers.collect()).await;
    let before = last(Arc::clone(&tokens)).await;
    drop(tokens);

    let Some(store) = reopened(store).await else {
        return;
    };
    let tokens = store.tokens();
    assert!(last(Arc::clone(&tokens)).await >= before);
    let write = TokenWrite {
        token: Arc::new(card("LATER")),
        marks: TokenMarks::default(),
        follows: None,
    };
    let later: Result<StoredToken, StorageError> = tokens.put_token(write).await;
    assert!(later.unwrap().revision > before);
}
