//! Lists of sessions, against lists made in the plainest way.

use ocpi_domain::{Cursor, DateWindow, PageRequest, PageStart, Party, PlatformId, SessionPhase};
use ocpi_ports::{SessionQuery, SessionWrite, StoredSession};

use super::sessions::{active_until, begin, holder, session};
use super::{Random, Store, after_ms, party};
use crate::sql::session_lists::{list_newest_sessions, list_sessions};

const CPOS: &[&str] = &["NLCPO", "DECPO", "NLCPP", "FRCPO"];
const COUNT: u64 = 300;

fn cpo(random: &mut Random, cpos: &[&str]) -> Party {
    let cpo: &&str = random.one_of(cpos);
    party(cpo)
}

fn platform(random: &mut Random) -> PlatformId {
    let id: &&str = random.one_of(&["peer", "Peer", "other"]);
    PlatformId::new(id).unwrap()
}

/// A store with so many sessions, and these in creation order as they are after some were written
/// again.
fn filled(random: &mut Random) -> (Store, Vec<StoredSession>) {
    let mut store = Store::new();
    let mut all: Vec<StoredSession> = Vec::new();
    for number in 0..2 * COUNT {
        let is_new = number < COUNT;
        let before = (!is_new).then(|| random.below(COUNT));
        let before = before.map(|place| usize::try_from(place).unwrap());
        let (cpo, id) = match before {
            Some(place) => (
                all[place].session.party(),
                all[place].session.id().to_string(),
            ),
            None => (cpo(random, &CPOS[..3]), format!("S-{number}")),
        };
        let members = format!(
            r#"{{"last_updated":"{}"}}"#,
            after_ms(1000 * i64::try_from(random.below(60)).unwrap())
        );
        let mut write = SessionWrite {
            platform: platform(random),
            phase: *random.one_of(&[
                SessionPhase::Waiting,
                SessionPhase::Ended,
                active_until(500),
                active_until(700),
            ]),
            follows: before.map(|place| all[place].revision),
            ..begin(session(cpo, &id, &members), "CARD")
        };
        write.link.holder = random
            .one_of(&[None, Some("CARD"), Some("card"), Some("CARD-2")])
            .map(|uid| holder(uid, None));
        let stored = store.put(&write);
        match before {
            Some(place) => all[place] = stored,
            None => all.push(stored),
        }
    }
    (store, all)
}

/// Holds: S-27, P-02, P-08.
#[test]
fn a_list_is_what_a_look_at_all_sessions_gives() {
    let mut random = Random(0xcafe);
    let (store, all) = filled(&mut random);
    let bounds = [
        None,
        Some(after_ms(0)),
        Some(after_ms(20_000)),
        Some(after_ms(59_000)),
    ];
    for round in 0..1000 {
        let count = random.below(4);
        let parties: Vec<Party> = (0..count).map(|_| cpo(&mut random, CPOS)).collect();
        let window = DateWindow {
            from: *random.one_of(&bounds),
            to: *random.one_of(&bounds),
        };
        let limit = *random.one_of(&[0, 1, 7, 100, usize::MAX]);
        let start = match random.below(3) {
            0 => PageStart::After(Cursor(*random.one_of(&[0, u64::MAX]))),
            1 => PageStart::After(random.one_of(&all).cursor),
            _ => PageStart::Offset(*random.one_of(&[0, 1, 50, 299, u64::MAX])),
        };
        let page = PageRequest {
            start,
            limit,
            window,
        };
        let matches = |one: &&StoredSession| {
            parties.contains(&one.session.party()) && window.contains(one.session.last_updated())
        };
        let matching: Vec<&StoredSession> = all.iter().filter(matches).collect();
        let after: Vec<_> = match start {
            PageStart::After(cursor) => matching.iter().filter(|one| one.cursor > cursor).collect(),
            PageStart::Offset(offset) => {
                let offset = usize::try_from(offset).unwrap_or(usize::MAX);
                matching.iter().skip(offset).collect()
            }
        };
        let items: Vec<_> = after
            .iter()
            .take(limit)
            .map(|one| (**one).clone())
            .collect();
        let found = list_sessions(&store.db, &parties, &page).unwrap();
        assert_eq!(found.items, items, "{round}: {parties:?} {page:?}");
        assert_eq!(found.total, matching.len() as u64);
        let next = items.last().filter(|_| after.len() > items.len());
        assert_eq!(found.next, next.map(|last| last.cursor));
    }
}

/// Holds: S-20, S-21.
#[test]
fn an_operators_list_is_what_a_look_at_all_sessions_gives() {
    let mut random = Random(0xbeef);
    let (store, all) = filled(&mut random);
    for round in 0..1000 {
        let active = *random.one_of(&[None, Some(true), Some(false)]);
        let moment = after_ms(*random.one_of(&[0, 499, 500, 699, 700]));
        let uid = *random.one_of(&[None, Some("Card"), Some("CARD-2"), Some("CARD-3")]);
        let platform = *random.one_of(&[None, Some("peer"), Some("other"), Some("nobody")]);
        let query = SessionQuery {
            active: active.map(|active| (active, moment)),
            token_uid: uid.map(|uid| uid.parse().unwrap()),
            platform: platform.map(|id| PlatformId::new(id).unwrap()),
        };
        let some = random.one_of(&all).cursor;
        let before = *random.one_of(&[None, Some(some), Some(Cursor(u64::MAX))]);
        let limit = *random.one_of(&[0, 1, 10, usize::MAX]);
        let matches = |one: &&StoredSession| {
            let holder = one.link.holder.as_ref();
            let its_uid = holder.map(|holder| holder.token.uid.as_str());
            let is_of_uid =
                uid.is_none_or(|uid| its_uid.is_some_and(|its| its.eq_ignore_ascii_case(uid)));
            is_of_uid
                && active.is_none_or(|active| one.is_active_at(moment) == active)
                && platform.is_none_or(|platform| one.platform.as_str() == platform)
                && before.is_none_or(|before| one.cursor < before)
        };
        let expected: Vec<_> = all
            .iter()
            .rev()
            .filter(matches)
            .take(limit)
            .cloned()
            .collect();
        let found = list_newest_sessions(&store.db, &query, before, limit).unwrap();
        assert_eq!(found, expected, "{round}: {query:?} {before:?} {limit}");
    }
}
