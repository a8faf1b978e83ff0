//! Exchanging credentials with a peer.
//!
//! Spec: 2.3.0 credentials.

use http::Method;
use ocpi_domain::{Credentials, OcpiUrl};
use ocpi_ports::{RemoteCall, RemoteError};

use super::OutboundClient;
use super::quote::Secrets;
use super::request::{Module, Outgoing};
use super::target;
use crate::failure::Failure;
use crate::wire::WireVersion;

/// The members of credentials, which an error may name.
const MEMBERS: [&str; 16] = [
    "token",
    "url",
    "roles",
    "hub_party_id",
    "role",
    "party_id",
    "country_code",
    "business_details",
    "name",
    "website",
    "logo",
    "thumbnail",
    "category",
    "type",
    "width",
    "height",
];

impl OutboundClient {
    /// Sends our credentials, and reads the peer's.
    pub(super) async fn exchange_credentials<V: WireVersion>(
        &self,
        call: &RemoteCall,
        method: Method,
        url: &OcpiUrl,
        ours: &Credentials,
    ) -> Result<Credentials, RemoteError> {
        let mut body = Vec::new();
        V::write_credentials(&mut body, ours);
        let url = target::below(url, &[], &[])?;
        // Not even a PUT is sent again: the first one may have replaced what it presents.
        let request = Outgoing::once(method, url, Some(body), Module::Configuration);
        let secrets = Secrets::of([&call.token, &ours.token]).with_body();
        let answered = self.transport.send(call, &request, &secrets).await?;
        let sent = answered.success(&secrets)?.object()?;
        V::read_credentials(sent.get().as_bytes(), &call.peer_role)
            .map_err(|failure| answered.unreadable(&secrets, &fault(&failure)))
    }

    pub(super) async fn end_credentials(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<(), RemoteError> {
        let url = target::below(url, &[], &[])?;
        let request = Outgoing::once(Method::DELETE, url, None, Module::Configuration);
        let secrets = Secrets::of([&call.token]);
        let answered = self.transport.send(call, &request, &secrets).await?;
        answered.success(&secrets).map(|_| ())
    }
}

/// Which member of the credentials breaks a rule. More of what was found may be a value, and every
/// value may be the peer's token, even the name of a member.
fn fault(failure: &Failure) -> String {
    let text = failure.to_string();
    let mut parts = text.split('`');
    let place = match (parts.next(), parts.next(), parts.next()) {
        (Some(""), Some(place), Some(rest)) if rest.starts_with(':') => place,
        _ => "",
    };
    if place.split('.').all(is_member) {
        format!("`{place}` of the credentials is missing, or breaks a rule")
    } else {
        "the credentials break a rule".to_owned()
    }
}

/// Whether a step of a place is a member of credentials, with or without an index of a list.
fn is_member(step: &str) -> bool {
    let (name, index) = step.split_once('[').unwrap_or((step, "0]"));
    let is_index = index
        .strip_suffix(']')
        .is_some_and(|index| index.len() < 4 && index.bytes().all(|digit| digit.is_ascii_digit()));
    MEMBERS.contains(&name) && is_index
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: T-13.
    #[test]
    fn only_a_member_of_credentials_is_named() {
        for (text, named) in [
            ("`token`: must be 1 to 64", Some("`token`")),
            (
                "`roles[12].business_details.name`: x",
                Some("`roles[12].business_details.name`"),
            ),
            ("`their.token`: sent twice", None),
            ("`token1234`: sent twice", None),
            ("`roles[12345]`: sent twice", None),
            ("`url.their`: x", None),
            ("the token `url`: x", None),
            ("``: x", None),
            ("invalid type: string \"their.token\"", None),
        ] {
            let told = fault(&Failure::Invalid(text.to_owned()));
            assert!(!told.contains("their") && !told.contains("1234"), "{told}");
            match named {
                Some(named) => assert!(told.starts_with(named), "{told}"),
                None => assert!(!told.contains('`'), "{told}"),
            }
        }
    }
}
