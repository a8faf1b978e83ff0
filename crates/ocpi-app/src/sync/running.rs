//! What is known of a crawl under way beside what the store knows.

use std::collections::HashSet;

use ocpi_domain::{DateTime, MessageId, OcpiUrl};
use ocpi_ports::Crawl;

use super::trouble::{Failure, Verdict};

/// So many pages in a row without a Token that the crawl has not seen before lead nowhere.
const OLD_PAGES_MAX: u32 = 20;

/// So many pages at most of a list that does not say how many objects it has.
const PAGES_MAX: u64 = 20_000;

/// A crawl of a platform that failed for so long is given up, milliseconds: its list is another one
/// by now.
const WAIT_MS_MAX: i64 = 24 * 60 * 60 * 1000;

/// What is known of a crawl since it began, or since this server started.
pub(super) struct Running {
    pub(super) began: DateTime,
    pub(super) correlation_id: MessageId,
    /// How many Tokens it asks for on a page.
    pub(super) limit: usize,
    /// Objects that can be read but are not the platform's to send.
    pub(super) not_ours: u64,
    /// When the last page came.
    page_at: DateTime,
    /// Since when the next one fails.
    failing_since: Option<DateTime>,
    /// The pages that were fetched.
    visited: HashSet<OcpiUrl>,
    /// The Tokens that were seen, each by its hash.
    known: HashSet<u64>,
    /// Pages in a row without a Token that was not seen before, and those of them without any
    /// object.
    old_pages: u32,
    empty_pages: u32,
    /// Objects on the last page, when that is known.
    last_page: Option<usize>,
}

/// A page, as far as it matters for the way that the crawl takes.
pub(super) struct Passed<'a> {
    pub(super) url: OcpiUrl,
    pub(super) objects: usize,
    pub(super) left_out: usize,
    /// What stands for its Tokens.
    pub(super) seen: &'a [u64],
    pub(super) at: DateTime,
}

impl Running {
    pub(super) fn new(
        crawl: &Crawl,
        known: Vec<u64>,
        limit: usize,
        correlation_id: MessageId,
        now: DateTime,
    ) -> Running {
        Running {
            began: crawl.began_at,
            correlation_id,
            limit,
            not_ours: 0,
            page_at: now,
            failing_since: None,
            visited: HashSet::new(),
            known: known.into_iter().collect(),
            old_pages: 0,
            empty_pages: 0,
            last_page: None,
        }
    }

    /// The page was taken.
    pub(super) fn pass(&mut self, page: Passed<'_>) {
        let before = self.known.len();
        self.known.extend(page.seen);
        // What cannot be read may be new.
        let is_new = self.known.len() > before || page.left_out > 0;
        self.old_pages = if is_new { 0 } else { self.old_pages + 1 };
        let is_empty = page.objects == 0;
        self.empty_pages = if is_empty { self.empty_pages + 1 } else { 0 };
        self.visited.insert(page.url);
        self.last_page = Some(page.objects);
        self.page_at = page.at;
        self.failing_since = None;
    }

    /// Why the next page leads nowhere, if it does.
    pub(super) fn leads_nowhere(&self, next: &OcpiUrl, crawl: &Crawl) -> Option<String> {
        if self.visited.contains(next) {
            return Some(format!(
                "it names {next} as the next page, which was read before"
            ));
        }
        if self.old_pages >= OLD_PAGES_MAX {
            return Some(format!(
                "it names {next} as the next page, after {OLD_PAGES_MAX} pages without a Token \
                 that it had not listed before"
            ));
        }
        let objects = crawl.seen + crawl.left_out;
        let too_many = match crawl.total {
            Some(total) => objects > total.saturating_mul(2).saturating_add(1000),
            None => crawl.pages >= PAGES_MAX,
        };
        too_many.then(|| {
            format!(
                "it names {next} as the next page, after {objects} objects on {} pages",
                crawl.pages
            )
        })
    }

    /// Whether a list that goes on nowhere is at its end all the same: all that it says there is
    /// was seen, or it had nothing more for many pages. Some name a next page behind the last.
    pub(super) fn has_all(&mut self, crawl: &Crawl) -> bool {
        let unread = crawl.left_out.saturating_sub(self.not_ours);
        if let Some(total) = crawl.total {
            return self.known.len() as u64 + unread >= total;
        }
        // No more than likely.
        self.last_page = None;
        self.empty_pages >= OLD_PAGES_MAX
    }

    /// Whether the last page was one by its look: there was room on it for more.
    pub(super) fn has_room_left(&self) -> bool {
        self.last_page.is_some_and(|objects| objects < self.limit)
    }

    /// What it means that the next page did not come: why the crawl is given up.
    ///
    /// # Errors
    ///
    /// It is not; the page is asked for again after a while.
    pub(super) fn gives_up(
        &mut self,
        verdict: Verdict,
        page_wait_ms: i64,
        now: DateTime,
    ) -> Result<String, Failure> {
        let is_of_page = matches!(verdict, Verdict::Failed(_));
        let failure = match verdict {
            Verdict::Refused(reason) => return Ok(reason),
            Verdict::Failed(failure) | Verdict::FailedWhole(failure) => failure,
        };
        // A platform that was away has its page to give when it is back.
        self.failing_since = self.failing_since.or(Some(now)).filter(|_| is_of_page);
        let fails_too_long = |since: DateTime| now.ms_since(since) >= page_wait_ms;
        if self.failing_since.is_some_and(fails_too_long) {
            return Ok(failure.reason);
        }
        Err(failure)
    }

    /// Whether no page came for so long that the list is another one by now.
    pub(super) fn is_too_old(&self, now: DateTime) -> bool {
        now.ms_since(self.page_at) >= WAIT_MS_MAX
    }
}

/// Whether a crawl that nothing more is known of began too long ago to go on with.
pub(super) fn is_too_old(crawl: &Crawl, now: DateTime) -> bool {
    now.ms_since(crawl.began_at) >= WAIT_MS_MAX
}

#[cfg(test)]
mod tests {
    use ocpi_domain::{DateWindow, Revision};

    use super::*;
    use crate::testing::now;
    use crate::testing::peer::url;

    fn crawl(pages: u64, total: Option<u64>) -> Crawl {
        Crawl {
            began_at: now(),
            began_after: Revision(0),
            window: DateWindow::default(),
            next: None,
            total,
            pages,
            seen: pages * 100,
            changed: 0,
            left_out: 0,
            left_out_reason: None,
        }
    }

    /// Holds: P-15. A list of ever new Tokens ends too: where it says a total by that.
    #[test]
    fn no_list_is_read_for_ever() {
        let running = Running::new(
            &crawl(0, None),
            Vec::new(),
            100,
            MessageId::new("C-1").unwrap(),
            now(),
        );
        let next = url("https://emsp.example/next");
        for (pages, total, is_endless) in [
            (19_999, None, false),
            (20_000, None, true),
            (20_000, Some(2_000_000), false),
            (40_011, Some(2_000_000), true),
        ] {
            let nowhere = running.leads_nowhere(&next, &crawl(pages, total));
            assert_eq!(nowhere.is_some(), is_endless, "{pages} {total:?}");
        }
    }
}
