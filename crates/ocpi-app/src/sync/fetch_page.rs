//! The next page of a crawl.
//!
//! Spec: 2.3.0 `transport_and_format`, Pagination.

use ocpi_domain::{OcpiVersion, Role};
use ocpi_ports::{Crawl, RemoteError, RemotePageRequest, RemoteTokenPage};

use super::back_off::back_off;
use super::trouble::{Failure, Verdict};
use crate::app::App;
use crate::outbound::{OutboundError, TokensOfEmsp};

/// A page is asked for so often before the platform is left alone for a while.
const PAGE_TRIES: u32 = 3;

/// So many objects may leave the list between two pages; after more it is not known what was
/// passed over.
const STEPS_BACK_MAX: u64 = 20;

impl App {
    /// The page that comes next. When there are fewer objects than on the page before, the list
    /// has moved up under us, and as many steps back are taken.
    pub(super) async fn fetch_next(
        &self,
        emsp: &TokensOfEmsp,
        crawl: &mut Crawl,
        limit: usize,
    ) -> Result<RemoteTokenPage, Verdict> {
        let request = match &crawl.next {
            Some(next) => RemotePageRequest::At(next.clone()),
            None => RemotePageRequest::First {
                window: crawl.window,
                limit,
            },
        };
        let mut page = self.fetch_page(emsp, &request).await?;
        let (before, now) = (crawl.total.unwrap_or_default(), page.total);
        let gone = now.map_or(0, |now| before.saturating_sub(now));
        if crawl.next.is_none() || gone == 0 {
            return Ok(page);
        }
        if gone > STEPS_BACK_MAX {
            crawl.left_out += 1;
            crawl.left_out_reason.get_or_insert(format!(
                "{gone} objects left the list while it was read, so others may have been passed over"
            ));
        }
        for _ in 0..gone.min(STEPS_BACK_MAX) {
            let back = RemotePageRequest::OneBack(page.url.clone());
            let back = match self.fetch_page(emsp, &back).await {
                Err(Verdict::Refused(reason)) => {
                    crawl.left_out += 1;
                    crawl.left_out_reason.get_or_insert(format!(
                        "objects left the list while it was read, and it is not to be had from \
                         further back: {reason}"
                    ));
                    break;
                }
                back => back?,
            };
            let is_same = back.url == page.url;
            page = back;
            if is_same {
                break;
            }
        }
        Ok(page)
    }

    async fn fetch_page(
        &self,
        emsp: &TokensOfEmsp,
        request: &RemotePageRequest,
    ) -> Result<RemoteTokenPage, Verdict> {
        let platform = &emsp.stored().platform;
        let emsps: Vec<_> = platform.parties(&Role::Emsp).collect();
        if emsp.version() == OcpiVersion::V2_1_1 && emsps.len() != 1 {
            return Err(Verdict::FailedWhole(Failure::new(format!(
                "it speaks 2.1.1, where a Token does not say whose it is: it must be one eMSP, \
                 and is {}",
                emsps.len()
            ))));
        }
        // Of a Token that does not say whose it is that is known where it can be one's only.
        let owner = match emsps[..] {
            [only] if !platform.is_open_hub() => Some(only),
            _ => None,
        };
        let mut tries = 1;
        loop {
            let page = self.page_of_tokens(emsp, owner, request).await;
            match page.map_err(|error| verdict_of(error, request)) {
                Err(Verdict::Failed(_)) if tries < PAGE_TRIES => {
                    let options = &self.options.sync;
                    let pause = back_off(options, tries, None, &*self.ports.randomness);
                    tokio::time::sleep(pause).await;
                    tries += 1;
                }
                page => return page,
            }
        }
    }
}

/// A page that must not be called is that of one link; the platform may be.
fn verdict_of(error: OutboundError, request: &RemotePageRequest) -> Verdict {
    let is_link = !matches!(request, RemotePageRequest::First { .. });
    match error {
        OutboundError::Remote(RemoteError::Forbidden { .. }) if is_link => {
            Verdict::Refused(error.to_string())
        }
        error => Verdict::of(error),
    }
}
