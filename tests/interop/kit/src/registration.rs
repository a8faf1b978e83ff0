//! Credentials, from the first to the last.

use std::error::Error;

use ocpi_kit::client::{OcpiClient, Peer, Registration, Selected};
use ocpi_kit::transport::{CredentialsToken, OcpiError, PageQuery};
use ocpi_kit::types::Url;
use ocpi_kit::v2_3_0::types::Role;
use ocpi_kit::{InterfaceRole, ModuleId};

use crate::Fallible;
use crate::given::Given;
use crate::peer::{OtherSide, version};
use crate::report::Report;

/// Reads our versions and the details of the version that is spoken.
async fn discover(
    client: &OcpiClient,
    given: &Given,
    token: CredentialsToken,
) -> Result<Selected, OcpiError> {
    let url = Url::new_lenient(given.versions_url.clone());
    let discovered = Registration::new(url, token)
        .discover(client.transport())
        .await?;
    discovered.select(client.transport(), &version(given)).await
}

/// Whether a call was answered with HTTP 401.
fn is_unauthorized(error: &OcpiError) -> bool {
    matches!(error, OcpiError::Unauthorized(_))
}

/// Registers with the token A, which is good for nothing any more then.
pub async fn registers(
    report: &mut Report,
    client: &OcpiClient,
    given: &Given,
    us: &OtherSide,
) -> Result<Peer, Box<dyn Error>> {
    let token_a = CredentialsToken::new(given.token_a.clone())?;
    let selected = discover(client, given, token_a.clone()).await;
    let Some(selected) = report.succeeds(
        "discovers us with token A",
        "GET versions, details",
        selected,
    ) else {
        return Err("no way to register".into());
    };
    let needed = match us.role() {
        Role::Emsp => [(ModuleId::Tokens, InterfaceRole::Receiver)],
        _ => [(ModuleId::Tokens, InterfaceRole::Sender)],
    };
    let endpoints = selected.require(&needed);
    report.succeeds("finds the endpoint that it needs", "details", endpoints);
    let credentials = us.credentials("interop-kit-b-1")?;
    let peer = selected.register(client.transport(), &credentials).await;
    let Some(peer) = report.succeeds("registers", "POST credentials", peer) else {
        return Err("not registered".into());
    };
    let again = discover(client, given, token_a).await;
    report.fails(
        "uses token A once more",
        "GET versions",
        again,
        is_unauthorized,
    );
    Ok(peer)
}

/// Registers although it is registered.
pub async fn registers_twice(
    report: &mut Report,
    client: &OcpiClient,
    given: &Given,
    peer: &Peer,
    us: &OtherSide,
) -> Fallible {
    let selected = discover(client, given, peer.token().clone()).await?;
    let credentials = us.credentials("interop-kit-b-1")?;
    let second = selected.register(client.transport(), &credentials).await;
    report.fails("registers twice", "POST credentials", second, |error| {
        matches!(error, OcpiError::MethodNotAllowed(_))
    });
    Ok(())
}

/// Replaces its token, and gets a new one of ours; the former one is good until the first use of
/// the new one.
pub async fn rotates(
    report: &mut Report,
    client: &OcpiClient,
    given: &Given,
    peer: &Peer,
    us: &OtherSide,
) -> Result<Peer, Box<dyn Error>> {
    let selected = discover(client, given, peer.token().clone()).await?;
    let credentials = us.credentials("interop-kit-b-2")?;
    let rotated = selected
        .update(client.transport(), peer.token(), &credentials)
        .await;
    let Some(rotated) = report.succeeds("replaces its token", "PUT credentials", rotated) else {
        return Err("not rotated".into());
    };
    let is_new = rotated.token() != peer.token();
    report.check(
        "gets a new token of ours",
        is_new,
        "PUT credentials",
        is_new,
    );
    let former = discover(client, given, peer.token().clone()).await;
    report.succeeds(
        "uses the former token meanwhile",
        "GET versions, details",
        former,
    );
    let new = discover(client, given, rotated.token().clone()).await;
    report.succeeds("uses the new token", "GET versions, details", new);
    let former = discover(client, given, peer.token().clone()).await;
    report.fails(
        "uses the former token after it",
        "GET versions",
        former,
        is_unauthorized,
    );
    Ok(rotated)
}

/// Ends the registration: its token is good for nothing any more.
pub async fn leaves(
    report: &mut Report,
    client: &OcpiClient,
    given: &Given,
    peer: &Peer,
    us: &OtherSide,
) -> Fallible {
    let session = client.peer(peer, us.party());
    let url = peer
        .credentials_url()
        .ok_or("no credentials endpoint")?
        .clone();
    let deleted = session.module(ModuleId::Credentials).delete(url).await;
    report.succeeds("unregisters", "DELETE credentials", deleted);
    let after = discover(client, given, peer.token().clone()).await;
    report.fails(
        "uses its token after it",
        "GET versions",
        after,
        is_unauthorized,
    );
    if us.role() != Role::Emsp {
        let list = async { session.tokens().list(PageQuery::new())?.next().await };
        report.fails(
            "lists Tokens after it",
            "GET tokens",
            list.await,
            is_unauthorized,
        );
    }
    Ok(())
}
