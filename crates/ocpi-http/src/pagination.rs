//! Pages: what a query asks for, and what the headers of the answer say.
//!
//! Spec: 2.3.0 `transport_and_format`, Pagination.

use http::{HeaderMap, HeaderName, HeaderValue, header::LINK};
use ocpi_domain::{Cursor, DateWindow, Page, PageRequest, PageStart};

use crate::failure::Failure;
use crate::path::encoded;
use crate::public_urls::PublicUrl;
use crate::query::Query;
use crate::server::Limits;

const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");
const LIMIT: HeaderName = HeaderName::from_static("x-limit");

/// The page that a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AskedPage {
    /// Where it starts by count, whatever the cursor says.
    offset: u64,
    pub(crate) request: PageRequest,
}

impl AskedPage {
    /// Reads `offset`, `limit`, `date_from`, `date_to`, and our own `cursor`, which wins over
    /// the offset.
    pub(crate) fn of(query: &Query<'_>, limits: &Limits) -> Result<AskedPage, Failure> {
        let offset = query.number("offset")?.unwrap_or(0);
        let start = match query.number("cursor")? {
            Some(cursor) => PageStart::After(Cursor(cursor)),
            None => PageStart::Offset(offset),
        };
        let limit = query
            .number("limit")?
            .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let limit = limit
            .unwrap_or(limits.page_size_default)
            .min(limits.page_size_max);
        let window = DateWindow {
            from: query.moment("date_from")?,
            to: query.moment("date_to")?,
        };
        Ok(AskedPage {
            offset,
            request: PageRequest {
                start,
                limit,
                window,
            },
        })
    }

    /// The headers of the answer: the total, the page size in force, and where the next page is.
    pub(crate) fn headers<T>(
        &self,
        page: &Page<T>,
        query: &Query<'_>,
        base: &PublicUrl,
        path: &str,
    ) -> HeaderMap {
        let limit = self.request.limit;
        let mut headers = HeaderMap::new();
        headers.insert(TOTAL_COUNT, HeaderValue::from(page.total));
        headers.insert(LIMIT, HeaderValue::from(limit));
        if let Some(cursor) = page.next {
            let offset = self.offset.saturating_add(page.items.len() as u64);
            let url = base.join(format_args!(
                "{path}?{}",
                next_query(query, offset, limit, cursor)
            ));
            if let Ok(link) = HeaderValue::from_str(&format!("<{url}>; rel=\"next\"")) {
                headers.insert(LINK, link);
            }
        }
        headers
    }
}

/// The query of the next page: every parameter as received but the three that move it on.
fn next_query(query: &Query<'_>, offset: u64, limit: usize, Cursor(cursor): Cursor) -> String {
    let kept = query
        .parameters()
        .filter(|(name, _)| !matches!(*name, "offset" | "limit" | "cursor"));
    let kept = kept.map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    let moved = [
        format!("offset={offset}"),
        format!("limit={limit}"),
        format!("cursor={cursor}"),
    ];
    kept.chain(moved).collect::<Vec<_>>().join("&")
}
