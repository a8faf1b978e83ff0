//! Reading lists of sessions in pieces, with no lock held between them.

use ocpi_domain::{DateTime, Page, PageRequest, Party};
use ocpi_ports::{SessionQuery, StoredSession};

use crate::paging::Paging;
use crate::session_table::SessionTable;

/// How many sessions are looked at under one hold of the lock, for which pushes wait: some
/// 20 microseconds.
pub(crate) const PIECE: usize = 256;

/// A list of the sessions of some parties in the making.
pub(crate) struct SessionScan<'a> {
    parties: &'a [Party],
    page: &'a PageRequest,
    paging: Paging<'a, StoredSession>,
}

impl<'a> SessionScan<'a> {
    pub(crate) fn new(
        sessions: &SessionTable,
        parties: &'a [Party],
        page: &'a PageRequest,
    ) -> SessionScan<'a> {
        let mut paging = Paging::new(page, sessions.end());
        if page.window.is_open() {
            paging.know_total(sessions.total(parties));
        }
        SessionScan {
            parties,
            page,
            paging,
        }
    }

    /// Whether nothing is left to look at.
    pub(crate) fn is_done(&self) -> bool {
        self.paging.is_done()
    }

    /// Looks at the next piece. Where sessions were forgotten there are no places to look at, so
    /// it is so many sessions and not so many places.
    pub(crate) fn look_on(&mut self, sessions: &SessionTable) {
        let (next, end) = (self.paging.next(), self.paging.end());
        let mut looked = 0;
        let piece = sessions.from(next).take(PIECE);
        for (place, stored) in piece.take_while(|(place, _)| *place < end) {
            looked += 1;
            self.paging.look_on_at(place + 1);
            if self.matches(stored) && self.paging.offer(place, || stored.clone()).is_break() {
                return;
            }
        }
        if looked < PIECE {
            self.paging.look_on_at(end);
        }
    }

    fn matches(&self, stored: &StoredSession) -> bool {
        self.parties.contains(&stored.session.party())
            && self.page.window.contains(stored.session.last_updated())
    }

    /// The page that was found.
    pub(crate) fn finish(self) -> Page<StoredSession> {
        self.paging.finish()
    }
}

impl SessionTable {
    /// Adds to `found`, up to `limit`, the next newest sessions before `before` that match; gives
    /// where to look on, `None` at the end.
    pub(crate) fn look_back(
        &self,
        query: &SessionQuery,
        before: u64,
        limit: usize,
        found: &mut Vec<StoredSession>,
    ) -> Option<u64> {
        let (mut looked, mut next) = (0, before);
        for (place, stored) in self.back_from(before).take(PIECE) {
            if found.len() >= limit {
                return None;
            }
            (looked, next) = (looked + 1, place);
            if asks_for(query, stored) {
                found.push(stored.clone());
            }
        }
        (looked == PIECE).then_some(next)
    }

    /// Takes out, up to `max`, the sessions of the next piece from `from` on that were received
    /// last before the moment and are not active at it; gives where to look on, `None` at the end.
    pub(crate) fn forget_piece(
        &mut self,
        from: u64,
        moment: DateTime,
        max: usize,
    ) -> (Vec<StoredSession>, Option<u64>) {
        let (mut looked, mut next) = (0, from);
        let mut places = Vec::new();
        for (place, stored) in self.from(from).take(PIECE) {
            if places.len() == max {
                break;
            }
            (looked, next) = (looked + 1, place + 1);
            if stored.received_at < moment && !stored.is_active_at(moment) {
                places.push(place);
            }
        }
        let gone = places.into_iter().filter_map(|place| self.remove(place));
        (gone.collect(), (looked == PIECE).then_some(next))
    }
}

fn asks_for(query: &SessionQuery, stored: &StoredSession) -> bool {
    let is_of_token = |uid: &str| {
        let holder = stored.link.holder.as_ref();
        holder.is_some_and(|holder| holder.token.uid.as_str().eq_ignore_ascii_case(uid))
    };
    let platform = query.platform.as_ref();
    query
        .active
        .is_none_or(|(active, moment)| stored.is_active_at(moment) == active)
        && query
            .token_uid
            .as_ref()
            .is_none_or(|uid| is_of_token(uid.as_str()))
        && platform.is_none_or(|platform| *platform == stored.platform)
}
