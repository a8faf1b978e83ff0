//! A page of a list that is read in pieces, with no lock held between them.

use std::ops::ControlFlow;

use ocpi_domain::{Cursor, Page, PageRequest, PageStart};

/// A page in the making. Things are offered to it in the order of their places, which are for
/// life: so what happens between two pieces can neither repeat nor hide one.
pub(crate) struct Paging<'a, T> {
    page: &'a PageRequest,
    /// The next place to look at, and the first that is not looked at: what is created after the
    /// start is not part of the list.
    next: u64,
    end: u64,
    /// The first place whose thing may be on the page.
    first: u64,
    /// How many that match are left out before the page, and how many were seen.
    skip: u64,
    seen: u64,
    /// How many match, when that is known before the end.
    total: Option<u64>,
    items: Vec<T>,
    last: u64,
    more_follow: bool,
}

impl<'a, T> Paging<'a, T> {
    /// The page of a list whose places are those before `end`.
    pub(crate) fn new(page: &'a PageRequest, end: u64) -> Paging<'a, T> {
        let (first, skip) = match page.start {
            PageStart::Offset(offset) => (0, offset),
            PageStart::After(Cursor(place)) => (place.saturating_add(1).min(end), 0),
        };
        Paging {
            page,
            next: 0,
            end,
            first,
            skip,
            seen: 0,
            total: None,
            items: Vec::new(),
            last: 0,
            more_follow: false,
        }
    }

    /// Says how many match, so that only the page itself has to be looked for. It is asked for
    /// lists without a window, whose total is kept.
    pub(crate) fn know_total(&mut self, total: u64) {
        self.total = Some(total);
        self.next = self.first;
        if self.page.limit == 0 || self.skip >= total {
            self.next = self.end;
        } else if self.end == total {
            // What is in every place matches, so an offset is a place.
            self.next = self.first.max(self.skip);
            self.seen = self.skip;
        }
    }

    /// Whether nothing is left to look at.
    pub(crate) fn is_done(&self) -> bool {
        self.next >= self.end
    }

    /// The next place to look at.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// The first place that is not looked at.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Says that the places before that one were looked at.
    pub(crate) fn look_on_at(&mut self, place: u64) {
        self.next = place;
    }

    /// Takes what is at that place, and matches, into the list; breaks when nothing that follows
    /// can change the page.
    pub(crate) fn offer(&mut self, place: u64, thing: impl FnOnce() -> T) -> ControlFlow<()> {
        self.seen += 1;
        let is_on_page = place >= self.first && self.seen > self.skip;
        if is_on_page && self.items.len() < self.page.limit {
            self.items.push(thing());
            self.last = place;
        } else if is_on_page {
            self.more_follow = true;
        }
        // Once the total is known, only the page and what follows it matter.
        if self.total == Some(self.seen) || (self.more_follow && self.total.is_some()) {
            self.next = self.end;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// The page that was found.
    pub(crate) fn finish(self) -> Page<T> {
        let has_next = self.more_follow && !self.items.is_empty();
        Page {
            next: has_next.then_some(Cursor(self.last)),
            total: self.total.unwrap_or(self.seen),
            items: self.items,
        }
    }
}
