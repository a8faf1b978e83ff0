//! Which URLs may be called.
//!
//! A peer names the URLs that we call, so it must not be able to make us call what only we can
//! reach. An address is judged where it is connected to, not where a URL is read: a name may lead
//! to another address a moment later.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{io, vec};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use super::addresses::{why_never, why_not_public};

/// What may be called.
#[derive(Debug, Clone, Copy)]
pub(super) struct UrlPolicy {
    allow_http: bool,
    why_forbidden: AddressRule,
}

/// Says what an address is that must not be connected to.
pub(super) type AddressRule = fn(IpAddr) -> Option<&'static str>;

/// What must not be called, why, and which setting permits it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Forbidden(pub(super) String);

impl UrlPolicy {
    /// The policy of the operator's two exceptions.
    pub(super) fn new(allow_http: bool, allow_private_addresses: bool) -> UrlPolicy {
        let rule: AddressRule = if allow_private_addresses {
            |_| None
        } else {
            why_not_public
        };
        UrlPolicy::by(allow_http, rule)
    }

    /// A policy of another rule for addresses.
    pub(super) fn by(allow_http: bool, why_forbidden: AddressRule) -> UrlPolicy {
        UrlPolicy {
            allow_http,
            why_forbidden,
        }
    }

    /// Checks what a URL itself says: its scheme, and its host when that is an address.
    ///
    /// # Errors
    ///
    /// [`Forbidden`].
    pub(super) fn check_url(self, url: &Uri) -> Result<(), Forbidden> {
        if url.scheme() != Some(&Scheme::HTTPS) && !self.allow_http {
            let reason = "only https is allowed; `outbound.allow_http = true` permits http";
            return Err(Forbidden(reason.to_owned()));
        }
        match literal(url) {
            Some(address) => self.check_address(address, None),
            None => Ok(()),
        }
    }

    /// Checks an address, of `name` when it was looked up. What no peer can have is refused
    /// whatever the operator permits.
    ///
    /// # Errors
    ///
    /// [`Forbidden`].
    pub(super) fn check_address(
        self,
        address: IpAddr,
        name: Option<&str>,
    ) -> Result<(), Forbidden> {
        let is = |kind| match name {
            Some(name) => format!("{name} is at {address}, {kind}"),
            None => format!("{address} is {kind}"),
        };
        if let Some(kind) = why_never(address) {
            return Err(Forbidden(format!("{}; no setting permits it", is(kind))));
        }
        match (self.why_forbidden)(address) {
            Some(kind) => Err(Forbidden(format!(
                "{}; `outbound.allow_private_addresses = true` permits it",
                is(kind)
            ))),
            None => Ok(()),
        }
    }
}

/// The host of a URL when it is an address in its usual spelling. Every other spelling of an
/// address, as `0x7f.1`, is looked up like a name.
fn literal(url: &Uri) -> Option<IpAddr> {
    let host = url.host()?;
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

/// A way to look names up.
#[async_trait]
pub(super) trait Names: Send + Sync + 'static {
    /// The addresses of a name, the better first.
    async fn look_up(&self, name: &str) -> io::Result<Vec<SocketAddr>>;
}

/// The names that the system knows.
pub(super) struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn look_up(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.collect())
    }
}

/// Looks names up, and gives only addresses that may be connected to: exactly these are tried.
#[derive(Clone)]
pub(super) struct GuardedNames {
    pub(super) names: Arc<dyn Names>,
    pub(super) policy: UrlPolicy,
}

impl Service<Name> for GuardedNames {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let GuardedNames { names, policy } = self.clone();
        Box::pin(async move {
            let found = names.look_up(name.as_str()).await?;
            Ok(permitted(policy, name.as_str(), found)?.into_iter())
        })
    }
}

/// Those addresses of a name that may be connected to.
///
/// # Errors
///
/// [`Forbidden`] when there are addresses, but none of these.
fn permitted(
    policy: UrlPolicy,
    name: &str,
    found: Vec<SocketAddr>,
) -> Result<Vec<SocketAddr>, Forbidden> {
    let mut refused = None;
    let mut permitted = found;
    permitted.retain(
        |address| match policy.check_address(address.ip(), Some(name)) {
            Ok(()) => true,
            Err(error) => {
                refused.get_or_insert(error);
                false
            }
        },
    );
    match refused {
        Some(error) if permitted.is_empty() => Err(error),
        _ => Ok(permitted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str, policy: UrlPolicy) -> Option<String> {
        policy
            .check_url(&url.parse().unwrap())
            .err()
            .map(|error| error.0)
    }

    /// Holds: C-23, T-96.
    #[test]
    fn only_https_to_public_addresses_is_allowed_unless_a_setting_permits_more() {
        let strict = UrlPolicy::new(false, false);
        for url in [
            "https://peer.example/x",
            "https://1.1.1.1",
            "https://[2606:4700::1]:8443/",
        ] {
            assert_eq!(refusal(url, strict), None, "{url}");
        }
        let http = "http://peer.example/x";
        assert!(
            refusal(http, strict)
                .unwrap()
                .contains("outbound.allow_http")
        );
        assert_eq!(refusal(http, UrlPolicy::new(true, false)), None);
        for url in [
            "https://127.0.0.1/",
            "https://[::ffff:10.0.0.1]:1/x",
            "https://[::1]",
        ] {
            let text = refusal(url, strict).unwrap();
            assert!(text.contains("outbound.allow_private_addresses"), "{text}");
            assert_eq!(refusal(url, UrlPolicy::new(false, true)), None, "{url}");
        }
    }

    /// Holds: C-23.
    #[test]
    fn no_setting_permits_an_address_that_no_peer_can_have() {
        let open = UrlPolicy::new(true, true);
        for host in [
            "169.254.169.254",
            "168.63.129.16",
            "[fd00:ec2::254]",
            "[::ffff:169.254.169.254]",
            "[::ffff:168.63.129.16]",
            "[::169.254.169.254]",
            "[::ffff:0:169.254.169.254]",
            "[64:ff9b::169.254.169.254]",
            "[64:ff9b:1::169.254.169.254]",
            "[2002:a9fe:a9fe::1]",
            "224.0.0.1",
            "[ff02::1]",
            "[::ffff:239.1.2.3]",
            "255.255.255.255",
            "[::ffff:255.255.255.255]",
            "0.0.0.0",
            "[::]",
            "[::ffff:0.0.0.0]",
        ] {
            let url = format!("http://{host}:8080/x");
            for policy in [open, UrlPolicy::new(true, false)] {
                let text = refusal(&url, policy).unwrap_or_else(|| panic!("{host} is permitted"));
                assert!(text.contains("no setting permits it"), "{text}");
            }
        }
        for host in [
            "127.0.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.0.1",
            "100.64.0.1",
            "169.254.0.1",
            "[fd00:ec2::253]",
            "[fe80::1]",
        ] {
            assert_eq!(refusal(&format!("http://{host}/x"), open), None, "{host}");
        }
        let found = vec![SocketAddr::new("169.254.169.254".parse().unwrap(), 0)];
        permitted(open, "peer.example", found).unwrap_err();
    }

    /// Holds: C-23.
    #[test]
    fn of_the_addresses_of_a_name_only_public_ones_are_tried() {
        let policy = UrlPolicy::new(false, false);
        let addresses = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| SocketAddr::new(text.parse().unwrap(), 0))
                .collect::<Vec<_>>()
        };
        let mixed = addresses(&["127.0.0.1", "1.1.1.1", "fd00::1", "2606:4700::1"]);
        assert_eq!(
            permitted(policy, "peer.example", mixed),
            Ok(addresses(&["1.1.1.1", "2606:4700::1"]))
        );
        let private = permitted(policy, "peer.example", addresses(&["10.0.0.1", "::1"]));
        let Forbidden(text) = private.unwrap_err();
        assert!(
            text.starts_with("peer.example is at 10.0.0.1, a private address"),
            "{text}"
        );
        assert_eq!(
            permitted(policy, "peer.example", Vec::new()),
            Ok(Vec::new())
        );
    }
}
