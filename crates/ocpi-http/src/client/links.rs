//! Where the next page of a list is, and whether it may be asked for.
//!
//! Only the `Link` of an answer says where.
//!
//! Spec: 2.3.0 `transport_and_format`, Pagination; the syntax is that of RFC 8288.

use http::header::LINK;
use http::uri::Scheme;
use http::{HeaderMap, Uri};
use ocpi_domain::OcpiUrl;
use ocpi_ports::RemoteError;

use super::redirect::{is_same_place, resolved};
use super::target;

/// Where the page after the one at `url` is, in the list at `endpoint`; `None` on the last one.
///
/// # Errors
///
/// What is wrong with what the answer says: a crawl that ended there would not be complete.
pub(super) fn next(
    endpoint: &OcpiUrl,
    url: &Uri,
    headers: &HeaderMap,
) -> Result<Option<OcpiUrl>, String> {
    for value in headers.get_all(LINK) {
        let Ok(value) = value.to_str() else {
            return Err("`Link` is no visible ASCII".to_owned());
        };
        if let Some(reference) = next_of(value)? {
            return Ok(Some(followed(endpoint, url, reference)?));
        }
    }
    Ok(None)
}

/// The URL of a reference to the next page.
fn followed(endpoint: &OcpiUrl, url: &Uri, reference: &str) -> Result<OcpiUrl, String> {
    let shown = target::shown_text(reference);
    let next = resolved(url, reference)
        .and_then(|next| kept_encrypted(url, next))
        .ok_or_else(|| format!("`Link` leads to `{shown}`, which is no URL to follow"))?;
    let next = OcpiUrl::new(&next.to_string())
        .map_err(|error| format!("`Link` leads to `{shown}`: {error}"))?;
    match of_list(endpoint, &next) {
        Ok(_) => Ok(next),
        Err(error) => Err(format!("`Link` leads to `{shown}`: {error}")),
    }
}

/// The next URL. Behind a proxy that ends TLS some servers believe that they are called over
/// `http`, and say so; what was encrypted stays so.
fn kept_encrypted(url: &Uri, next: Uri) -> Option<Uri> {
    if is_encrypted(url) {
        encrypted(next)
    } else {
        Some(next)
    }
}

fn is_encrypted(url: &Uri) -> bool {
    url.scheme() == Some(&Scheme::HTTPS)
}

/// The same URL over TLS: the usual port of `http` becomes that of `https`.
fn encrypted(url: Uri) -> Option<Uri> {
    if url.scheme() != Some(&Scheme::HTTP) {
        return Some(url);
    }
    let port = url.port_u16();
    let mut parts = url.into_parts();
    parts.scheme = Some(Scheme::HTTPS);
    if port == Some(80) {
        let host = parts.authority.as_ref()?.host().to_owned();
        parts.authority = Some(host.parse().ok()?);
    }
    Uri::from_parts(parts).ok()
}

/// The reference of the first link of a header whose relation is `next`.
///
/// # Errors
///
/// When the header is no list of links.
fn next_of(header: &str) -> Result<Option<&str>, String> {
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Ok(None);
        }
        let link = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        let Some((reference, after)) = link else {
            return Err(format!("`Link` is no link: `{}`", target::shown_text(rest)));
        };
        let (parameters, after) = split_unquoted(after, ',');
        if is_next(parameters) {
            return Ok(Some(reference));
        }
        rest = after;
    }
}

/// Whether the parameters of a link say that it is to the next page. Only the first `rel` counts,
/// and it may name several relations.
fn is_next(parameters: &str) -> bool {
    let mut rest = parameters;
    while !rest.is_empty() {
        let (parameter, after) = split_unquoted(rest, ';');
        rest = after;
        let Some((name, value)) = parameter.split_once('=') else {
            continue;
        };
        if name.trim().eq_ignore_ascii_case("rel") {
            let value = value.trim().trim_matches(['"', '\'']);
            return value
                .split_ascii_whitespace()
                .any(|relation| relation.eq_ignore_ascii_case("next"));
        }
    }
    false
}

/// What stands before and after the first `separator` that is not in quotes.
fn split_unquoted(text: &str, separator: char) -> (&str, &str) {
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (place, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if character == separator && !is_quoted => {
                return (&text[..place], &text[place + character.len_utf8()..]);
            }
            _ => {}
        }
    }
    (text, "")
}

/// The URL of a page that was named before. The list may have moved since then.
///
/// # Errors
///
/// [`RemoteError::Forbidden`] when it is not where the list is; [`RemoteError::Unreachable`].
pub(super) fn of_list(endpoint: &OcpiUrl, url: &OcpiUrl) -> Result<Uri, RemoteError> {
    let page = target::below(url, &[], &[])?;
    if is_of_list(&target::below(endpoint, &[], &[])?, &page) {
        return Ok(page);
    }
    Err(RemoteError::Forbidden {
        url: target::shown(&page),
        reason: format!(
            "it is not at the host and port of the list, {}, and our credentials token is sent \
             nowhere else",
            target::shown_text(endpoint.as_str())
        ),
    })
}

/// Whether a page is at the host and port of its list: our credentials token goes with every
/// request for one. What is encrypted stays so, and what is not may become so.
fn is_of_list(endpoint: &Uri, page: &Uri) -> bool {
    if is_encrypted(page) {
        encrypted(endpoint.clone()).is_some_and(|endpoint| is_same_place(&endpoint, page))
    } else {
        !is_encrypted(endpoint) && is_same_place(endpoint, page)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const HERE: &str = "https://peer.example/ocpi/tokens?limit=2";

    fn next_from(here: &str, links: &[&str]) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        for link in links {
            headers.append(LINK, HeaderValue::from_str(link).unwrap());
        }
        let found = next(
            &OcpiUrl::new(here).unwrap(),
            &here.parse().unwrap(),
            &headers,
        )?;
        Ok(found.map(|url| url.to_string()))
    }

    /// Holds: P-15, Q-09.
    #[test]
    fn the_link_to_the_next_page_is_found_however_it_is_written() {
        let next = "https://peer.example/ocpi/tokens?offset=2&limit=2";
        for links in [
            &[&*format!("<{next}>; rel=\"next\"")][..],
            &[&format!("<{next}>;rel=next")],
            &[&format!(
                "<{next}> ; title=\"a, b; rel=last\" ; REL = 'Next'"
            )],
            &[&format!("<{next}>; rel=\"prefetch next\"")],
            &[&format!(
                "<https://x.example/>; rel=prev, <{next}>; rel=next"
            )],
            &[
                "<https://x.example/?a=b,c>; rel=\"first\"",
                &format!("<{next}>; rel=next"),
            ],
            &["", &format!("<{next}#part>; rel=next")],
            &["</ocpi/tokens?offset=2&limit=2>; rel=\"next\""],
            &["<tokens?offset=2&limit=2>; rel=\"next\""],
            &["<?offset=2&limit=2>; rel=\"next\""],
            &["<//peer.example/ocpi/tokens?offset=2&limit=2>; rel=\"next\""],
        ] {
            assert_eq!(
                next_from(HERE, links),
                Ok(Some(next.to_owned())),
                "{links:?}"
            );
        }
    }

    /// Holds: P-06, P-15, Q-09.
    #[test]
    fn without_a_link_to_the_next_page_it_is_the_last() {
        for links in [
            &[][..],
            &[""],
            &[" , "],
            &["<https://peer.example/>; rel=\"prev\""],
            &["<https://peer.example/>"],
            &["<https://peer.example/>; rel=prev; rel=next"],
            &["<https://peer.example/>; title=\"; rel=next\""],
            &["<https://peer.example/>; rel=\"nextpage\""],
        ] {
            assert_eq!(next_from(HERE, links), Ok(None), "{links:?}");
        }
    }

    /// Holds: P-15, P-18. What cannot be followed is no last page.
    #[test]
    fn a_link_that_leads_nowhere_is_a_fault() {
        let long = format!("<https://peer.example/?{}>; rel=next", "a".repeat(300));
        for link in [
            "https://peer.example/?key=secret; rel=next",
            "<ftp://peer.example/?key=secret>; rel=next",
            "<https://>; rel=next",
            &long,
        ] {
            let error = next_from(HERE, &[link]).unwrap_err();
            assert!(error.contains("`Link`"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    /// Holds: P-15, Q-09, T-96, T-97. Our credentials token goes with the request.
    #[test]
    fn the_next_page_is_at_the_host_of_the_list_and_what_was_encrypted_stays_so() {
        for (here, link, expected) in [
            (
                HERE,
                "http://peer.example/n",
                Some("https://peer.example/n"),
            ),
            (
                HERE,
                "http://PEER.example:80/n",
                Some("https://PEER.example/n"),
            ),
            (
                "https://peer.example:8443/t",
                "http://peer.example:8443/n",
                Some("https://peer.example:8443/n"),
            ),
            (HERE, "http://peer.example:8080/n", None),
            (HERE, "http://other.example/n", None),
            (
                "http://peer.example/t",
                "http://peer.example/n",
                Some("http://peer.example/n"),
            ),
            (
                "http://peer.example/t",
                "https://peer.example/n",
                Some("https://peer.example/n"),
            ),
            (
                "http://peer.example:8080/t",
                "http://peer.example:8080/n",
                Some("http://peer.example:8080/n"),
            ),
            (HERE, "https://other.example/n", None),
            (HERE, "//other.example/n", None),
            (HERE, "https://peer.example:8443/n", None),
            (HERE, "https://peer.example.other.example/n", None),
            (HERE, "https://peer.example@other.example/n", None),
            (HERE, "https://key@peer.example/n", None),
            ("http://peer.example/t", "http://other.example/n", None),
            ("http://peer.example/t", "http://peer.example:8080/n", None),
            ("http://peer.example:8080/t", "https://peer.example/n", None),
        ] {
            let found = next_from(here, &[&format!("<{link}>; rel=next")]);
            assert_eq!(found.ok().flatten().as_deref(), expected, "{here} {link}");
        }
    }
}
