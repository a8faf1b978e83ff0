//! The URL of a page of a list.
//!
//! Pages are never computed, but one step back.
//!
//! Spec: 2.3.0 `transport_and_format`, Pagination.

use http::{HeaderMap, HeaderName, Uri};
use ocpi_domain::{DateTime, DateWindow, OcpiUrl, OcpiVersion};
use ocpi_ports::{RemoteError, RemotePageRequest};

use super::links::of_list;
use super::target;
use crate::wire::shown_moment;

const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

/// The URL of a page of the list at `endpoint`.
///
/// # Errors
///
/// [`RemoteError::Unreachable`] for a URL that no request can be sent to,
/// [`RemoteError::Forbidden`] for a page that is not where the list is.
pub(super) fn url_of(
    endpoint: &OcpiUrl,
    version: OcpiVersion,
    page: &RemotePageRequest,
) -> Result<Uri, RemoteError> {
    match page {
        RemotePageRequest::First { window, limit } => {
            let mut parameters = vec![("limit", limit.to_string())];
            parameters.extend(bounds(version, *window));
            let parameters: Vec<_> = parameters
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            target::below(endpoint, &[], &parameters)
        }
        RemotePageRequest::At(url) => of_list(endpoint, url),
        RemotePageRequest::OneBack(url) => of_list(endpoint, &one_back(url)),
    }
}

/// The bounds of a window, where it has some. In whole seconds it is not smaller than it was.
fn bounds(
    version: OcpiVersion,
    window: DateWindow,
) -> impl Iterator<Item = (&'static str, String)> {
    let up = |moment: DateTime| match shown_moment(version, moment) {
        cut if cut < moment => cut.plus_ms(1000),
        whole => whole,
    };
    let from = window.from.map(|from| shown_moment(version, from));
    let bounds = [("date_from", from), ("date_to", window.to.map(up))];
    bounds
        .into_iter()
        .filter_map(|(name, bound)| Some((name, bound?.to_string())))
}

/// The same page from one object earlier, where it says an offset.
fn one_back(url: &OcpiUrl) -> OcpiUrl {
    let Some((path, query)) = url.as_str().split_once('?') else {
        return url.clone();
    };
    let mut parameters: Vec<_> = query.split('&').map(str::to_owned).collect();
    let moved = parameters.iter_mut().find_map(|parameter| {
        let offset: u64 = parameter.strip_prefix("offset=")?.parse().ok()?;
        *parameter = format!("offset={}", offset.saturating_sub(1));
        Some(())
    });
    // The URL became no longer, so it is one still.
    let back = moved.and_then(|()| OcpiUrl::new(&format!("{path}?{}", parameters.join("&"))).ok());
    back.unwrap_or_else(|| url.clone())
}

/// How many objects the list has in all, when that was said.
pub(super) fn total(headers: &HeaderMap) -> Option<u64> {
    headers.get(TOTAL_COUNT)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: T-13, T-96, T-97. A list may move to another host between two pages.
    #[test]
    fn a_page_that_is_not_where_its_list_is_is_not_asked_for() {
        let url = |text: &str| OcpiUrl::new(text).unwrap();
        for (endpoint, page, is_asked_for) in [
            ("https://h/t?k=1", "https://H:443/u?offset=1", true),
            ("http://h/t", "http://h:80/u?offset=1", true),
            ("http://h/t", "https://h/u?offset=1", true),
            ("https://h/t", "http://h/u?offset=1", false),
            ("https://h:8443/t", "http://h:8443/u?offset=1", false),
            ("https://h/t", "https://h:8443/u?offset=1", false),
            ("https://h/t", "https://i/u?offset=1", false),
        ] {
            for request in [
                RemotePageRequest::At(url(page)),
                RemotePageRequest::OneBack(url(page)),
            ] {
                let asked_for = url_of(&url(endpoint), OcpiVersion::V2_3_0, &request);
                assert_eq!(asked_for.is_ok(), is_asked_for, "{endpoint} {page}");
                let Err(error) = asked_for else { continue };
                assert!(matches!(error, RemoteError::Forbidden { .. }), "{error}");
                assert!(!error.to_string().contains("offset"), "{error}");
            }
        }
    }

    /// Holds: P-16.
    #[test]
    fn one_back_is_the_same_url_with_an_offset_less_by_one() {
        for (url, back) in [
            (
                "https://h/t?limit=2&offset=40&x=1",
                "https://h/t?limit=2&offset=39&x=1",
            ),
            ("https://h/t?offset=1", "https://h/t?offset=0"),
            ("https://h/t?offset=0", "https://h/t?offset=0"),
            ("https://h/t?cursor=40", "https://h/t?cursor=40"),
            (
                "https://h/t?offset=a&my_offset=3",
                "https://h/t?offset=a&my_offset=3",
            ),
            ("https://h/t", "https://h/t"),
        ] {
            let page = RemotePageRequest::OneBack(OcpiUrl::new(url).unwrap());
            let endpoint = OcpiUrl::new("https://h/other").unwrap();
            let url_of = url_of(&endpoint, OcpiVersion::V2_3_0, &page).unwrap();
            assert_eq!(url_of.to_string(), back, "{url}");
        }
    }

    /// Holds: P-01, P-02, T-66.
    #[test]
    fn the_first_page_asks_for_a_window_in_the_words_of_its_version() {
        let window = DateWindow {
            from: "2026-11-22T12:00:00.250Z".parse().ok(),
            to: "2026-11-22T13:00:00.250Z".parse().ok(),
        };
        let endpoint = OcpiUrl::new("https://h/t?k=1").unwrap();
        let first = |version, window| {
            let page = RemotePageRequest::First { window, limit: 50 };
            url_of(&endpoint, version, &page).unwrap().to_string()
        };
        let open = first(OcpiVersion::V2_1_1, DateWindow::default());
        assert_eq!(open, "https://h/t?k=1&limit=50");
        assert_eq!(
            first(OcpiVersion::V2_2_1, window),
            "https://h/t?k=1&limit=50&date_from=2026-11-22T12%3A00%3A00.250Z\
             &date_to=2026-11-22T13%3A00%3A00.250Z"
        );
        assert_eq!(
            first(OcpiVersion::V2_1_1, window),
            "https://h/t?k=1&limit=50&date_from=2026-11-22T12%3A00%3A00Z\
             &date_to=2026-11-22T13%3A00%3A01Z"
        );
    }
}
