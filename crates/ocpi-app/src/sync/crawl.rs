//! A crawl of an eMSP's Tokens: from its first page, link by link, to its end.
//!
//! After each page it is kept how far it is, so that it goes on from there after a restart. It ends
//! in one of two ways: *whole*, and then the next crawl goes on where it began; or *broken*, and
//! then nothing is concluded from it but what its pages held, and it is tried again later.
//!
//! Spec: 2.3.0 `transport_and_format`, Pagination.

use ocpi_domain::{DateWindow, PlatformId};
use ocpi_ports::{Crawl, PullProgress, RemoteTokenPage, SeenTokens};

use super::pull::{Pull, later};
use super::running::{Passed, Running};
use super::take_page::Taken;
use super::trouble::{Failure, Verdict};
use crate::app::App;
use crate::deadline::in_time;
use crate::outbound::TokensOfEmsp;

impl App {
    /// Begins a crawl of what is in that window, instead of one that was not finished.
    pub(super) async fn begin_crawl(
        &self,
        id: &PlatformId,
        progress: &mut PullProgress,
        pull: &mut Pull,
        window: DateWindow,
    ) -> Result<(), Failure> {
        let began_after = in_time(self.ports.tokens.last_revision()).await?;
        // Each crawl begins after the one before, also when the clock was set back a little.
        let before = progress.pulled_to.map(|before| before.plus_ms(1));
        let crawl = Crawl {
            began_at: later(self.now(), before),
            began_after,
            window,
            next: None,
            total: None,
            pages: 0,
            seen: 0,
            changed: 0,
            left_out: 0,
            left_out_reason: None,
        };
        progress.crawl = Some(crawl.clone());
        self.keep_pull(id, progress, SeenTokens::Clear).await?;
        pull.running = Some(self.running(pull, &crawl, Vec::new()));
        Ok(())
    }

    fn running(&self, pull: &Pull, crawl: &Crawl, known: Vec<u64>) -> Running {
        let is_of_everything = crawl.window.is_open();
        let limit = pull.breaks.page_size(is_of_everything, &self.options.sync);
        Running::new(crawl, known, limit, self.new_message_id(), self.now())
    }

    /// Takes the next page of the crawl, or ends it.
    pub(super) async fn step_crawl(
        &self,
        id: &PlatformId,
        progress: &mut PullProgress,
        pull: &mut Pull,
    ) -> Result<(), Failure> {
        let Some(mut crawl) = progress.crawl.clone() else {
            return Ok(());
        };
        let known = pull.running.take();
        let known = known.filter(|known| known.began == crawl.began_at);
        let running = if let Some(known) = known {
            known
        } else {
            let seen = in_time(self.ports.sync.list_seen(id)).await?;
            self.running(pull, &crawl, seen)
        };
        let running = pull.running.insert(running);
        if crawl.pages > 0 && crawl.next.is_none() {
            return self.finish_crawl(id, progress, pull, crawl).await;
        }
        if running.is_too_old(self.now()) {
            let failure = self
                .syncs
                .with_pull(id, |known| known.trouble.failure.clone());
            let failure = failure.flatten().unwrap_or_default();
            let reason = format!("no page of it came for a day: {failure}");
            return self.break_crawl(id, progress, pull, crawl, reason).await;
        }
        let (emsp, page) = match self.fetch_of(id, running, &mut crawl).await {
            Ok(fetched) => fetched,
            Err(verdict) => {
                let wait_ms = pull.breaks.page_wait_ms(crawl.window.is_open());
                let reason = running.gives_up(verdict, wait_ms, self.now())?;
                return self.break_crawl(id, progress, pull, crawl, reason).await;
            }
        };
        let (taken, nowhere) = self.take_page(&emsp, page, &mut crawl, running).await?;
        self.count_pulled(id, &taken);
        if let Some(reason) = nowhere {
            if !running.has_all(&crawl) {
                return self.break_crawl(id, progress, pull, crawl, reason).await;
            }
            tracing::info!(platform = %id, "the list of Tokens is at its end: {reason}");
        }
        let seen = if crawl.window.is_open() {
            SeenTokens::Add(taken.seen)
        } else {
            SeenTokens::Keep
        };
        progress.crawl = Some(crawl);
        self.keep_pull(id, progress, seen).await?;
        self.syncs.with_pull(id, |known| {
            known.trouble.end();
            known.next_at = None;
        });
        Ok(())
    }

    /// The page that comes next, and whose it is.
    async fn fetch_of(
        &self,
        id: &PlatformId,
        running: &Running,
        crawl: &mut Crawl,
    ) -> Result<(TokensOfEmsp, RemoteTokenPage), Verdict> {
        let emsp = self.tokens_of_emsp_at(id, &running.correlation_id).await;
        let emsp = emsp.map_err(|error| Verdict::FailedWhole(error.into()))?;
        let page = self.fetch_next(&emsp, crawl, running.limit).await?;
        Ok((emsp, page))
    }

    /// Takes a page; what came of it, and why the crawl cannot go on behind it, if it cannot.
    async fn take_page(
        &self,
        emsp: &TokensOfEmsp,
        page: RemoteTokenPage,
        crawl: &mut Crawl,
        running: &mut Running,
    ) -> Result<(Taken, Option<String>), Failure> {
        let RemoteTokenPage {
            url,
            tokens,
            left_out,
            left_out_reason,
            next,
            next_fault,
            total,
        } = page;
        let objects = tokens.len() + left_out;
        let goes_on = next.is_some() || next_fault.is_some();
        let count = tokens.len() as u64;
        let mut taken = self.take_tokens(emsp, tokens).await?;
        taken.left_out = left_out as u64 + taken.not_ours;
        running.not_ours += taken.not_ours;
        crawl.seen += count;
        crawl.total = total_of(crawl, total, objects as u64, goes_on);
        crawl.pages += 1;
        crawl.changed += taken.created + taken.updated;
        crawl.left_out += taken.left_out;
        if crawl.left_out_reason.is_none() {
            crawl.left_out_reason = left_out_reason.or_else(|| taken.not_ours_reason.take());
        }
        running.pass(Passed {
            url,
            objects,
            left_out,
            seen: &taken.seen,
            at: self.now(),
        });
        let nowhere = next
            .as_ref()
            .and_then(|next| running.leads_nowhere(next, crawl));
        let nowhere = nowhere.or(next_fault);
        crawl.next = next.filter(|_| nowhere.is_none());
        Ok((taken, nowhere))
    }

    /// Ends a crawl that cannot go on. What comes next is as if it had not been, but for its
    /// pages; it is tried again after a pause that grows.
    async fn break_crawl(
        &self,
        id: &PlatformId,
        progress: &mut PullProgress,
        pull: &mut Pull,
        crawl: Crawl,
        reason: String,
    ) -> Result<(), Failure> {
        progress.crawl = None;
        self.keep_pull(id, progress, SeenTokens::Clear).await?;
        pull.running = None;
        let is_of_everything = crawl.window.is_open();
        let reason = format!("the list was not read to its end: {reason}");
        tracing::warn!(
            platform = %id, pages = crawl.pages, seen = crawl.seen, is_of_everything,
            "Tokens could not be pulled: {reason}",
        );
        let again_at = pull.breaks.add(
            is_of_everything,
            (crawl.began_at, self.now()),
            reason.clone(),
            &self.options.sync,
            &*self.ports.randomness,
        );
        self.syncs.with_pull(id, |known| {
            known.trouble.add(reason, false, again_at);
            known.next_at = Some(again_at);
            known.complaint = pull.breaks.complaint();
            known.last = Some(crawl);
        });
        Ok(())
    }

    /// Ends a crawl that has come to its last page.
    async fn finish_crawl(
        &self,
        id: &PlatformId,
        progress: &mut PullProgress,
        pull: &mut Pull,
        crawl: Crawl,
    ) -> Result<(), Failure> {
        let is_of_everything = crawl.window.is_open();
        let all_before = progress.all_pulled_at;
        let follows_up =
            !is_of_everything && all_before.is_some() && progress.pulled_to == all_before;
        if let Some(running) = pull.running.as_ref().filter(|_| is_of_everything) {
            self.mark_absent(id, &crawl, running).await?;
        }
        progress.pulled_to = Some(crawl.began_at);
        if is_of_everything {
            progress.all_pulled_at = Some(crawl.began_at);
        }
        progress.crawl = None;
        self.keep_pull(id, progress, SeenTokens::Clear).await?;
        pull.running = None;
        pull.breaks.end(is_of_everything);
        tracing::info!(
            platform = %id, pages = crawl.pages, seen = crawl.seen, changed = crawl.changed,
            left_out = crawl.left_out, is_of_everything, "Tokens were pulled",
        );
        let now = self.now();
        self.syncs.with_pull(id, |known| {
            known.trouble.end();
            known.next_at = None;
            known.succeeded_at = Some(now);
            known.complaint = pull.breaks.complaint();
            // What follows a crawl of everything belongs to it, for whoever looks.
            let before = known.last.take().filter(|_| follows_up);
            known.last = Some(sum(before, crawl));
        });
        Ok(())
    }

    fn count_pulled(&self, id: &PlatformId, taken: &Taken) {
        self.syncs.with_pull(id, |pull| {
            let counts = &mut pull.counts;
            counts.created += taken.created;
            counts.updated += taken.updated;
            counts.unchanged += taken.unchanged;
            counts.stale += taken.stale;
            counts.left_out += taken.left_out;
        });
    }
}

/// How many objects the list has, when that is said. Some say how many there are on the page: a
/// list that `goes_on` behind its first page has more than those.
fn total_of(crawl: &Crawl, said: Option<u64>, objects: u64, goes_on: bool) -> Option<u64> {
    if crawl.pages == 0 {
        return said.filter(|total| !goes_on || *total > objects);
    }
    crawl.total.map(|before| said.unwrap_or(before))
}

/// Both crawls as one.
fn sum(before: Option<Crawl>, crawl: Crawl) -> Crawl {
    let Some(before) = before else {
        return crawl;
    };
    Crawl {
        pages: before.pages + crawl.pages,
        seen: before.seen + crawl.seen,
        changed: before.changed + crawl.changed,
        left_out: before.left_out + crawl.left_out,
        left_out_reason: before.left_out_reason.or(crawl.left_out_reason),
        total: before.total,
        ..crawl
    }
}
