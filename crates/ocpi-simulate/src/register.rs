//! Registering at a platform, and what credentials look like.

use std::sync::Arc;

use hyper::Method;
use ocpi_domain::OcpiVersion;
use serde_json::{Value, json};

use crate::authority::{self, Partner};
use crate::shared::{Shared, lock};

/// What a platform says of the version that is spoken with it.
pub(crate) struct Details {
    pub(crate) credentials_url: String,
}

/// The peer's credentials, with `token` for the other side to present.
pub(crate) fn credentials(shared: &Shared, token: &str) -> Value {
    let options = &shared.options;
    let (country, party) = (options.party.country_code, options.party.party_id);
    let url = shared.url("versions");
    let business = json!({ "name": format!("Simulated {party}") });
    match options.version {
        OcpiVersion::V2_1_1 => json!({
            "token": token, "url": url, "business_details": business,
            "country_code": country.as_str(), "party_id": party.as_str(),
        }),
        OcpiVersion::V2_2_1 | OcpiVersion::V2_3_0 => json!({
            "token": token, "url": url, "roles": [{
                "role": options.role.in_credentials(), "business_details": business,
                "country_code": country.as_str(), "party_id": party.as_str(),
            }],
        }),
    }
}

/// Looks up the version that the peer speaks at the platform whose versions are there.
///
/// # Errors
///
/// What the platform said instead, or that it does not speak it.
pub(crate) async fn find_version(
    shared: &Shared,
    versions_url: &str,
    token: &str,
) -> Result<Details, String> {
    let version = shared.options.version;
    let authorization = authority::header(version, token);
    let get = async |url: &str| {
        let answered = shared.caller.send(Method::GET, url, &authorization, None);
        answered.await?.data(url)
    };
    let listed = get(versions_url).await?;
    let details_url = listed
        .as_array()
        .into_iter()
        .flatten()
        .find(|listed| listed["version"] == version.as_str())
        .and_then(|listed| listed["url"].as_str())
        .ok_or_else(|| format!("{versions_url} does not list version {version}"))?;
    let details = get(details_url).await?;
    let credentials_url = details["endpoints"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|endpoint| endpoint["identifier"] == "credentials")
        .and_then(|endpoint| endpoint["url"].as_str())
        .ok_or_else(|| format!("{details_url} lists no endpoint for credentials"))?;
    Ok(Details {
        credentials_url: credentials_url.to_owned(),
    })
}

/// Registers with token A.
///
/// # Errors
///
/// What the platform said instead. Nothing is kept then.
pub(crate) async fn register(
    shared: &Arc<Shared>,
    versions_url: &str,
    token_a: &str,
) -> Result<(), String> {
    let details = find_version(shared, versions_url, token_a).await?;
    let ours = shared.new_id("credentials");
    // The other side calls back inside of our call.
    lock(&shared.authority).know(&ours);
    let registered = exchange(shared, &details.credentials_url, token_a, &ours).await;
    let mut authority = lock(&shared.authority);
    match registered {
        Ok(theirs) => {
            authority.partner = Some(Partner {
                token: theirs,
                credentials_url: details.credentials_url,
            });
            Ok(())
        }
        Err(reason) => {
            authority.forget(&ours);
            Err(reason)
        }
    }
}

/// Sends our credentials, and gets the token that we present from now on.
async fn exchange(shared: &Shared, url: &str, token_a: &str, ours: &str) -> Result<String, String> {
    let authorization = authority::header(shared.options.version, token_a);
    let sent = credentials(shared, ours);
    let answered = shared
        .caller
        .send(Method::POST, url, &authorization, Some(&sent));
    let theirs = answered.await?.data(url)?;
    let token = theirs["token"].as_str();
    token
        .map(str::to_owned)
        .ok_or_else(|| format!("{url} answered without a `token`"))
}

/// Ends the registration.
///
/// # Errors
///
/// That there is none, or what the platform said.
pub(crate) async fn unregister(shared: &Shared) -> Result<(), String> {
    let partner = lock(&shared.authority).partner.clone();
    let partner = partner.ok_or_else(|| "there is no registration".to_owned())?;
    let url = partner.credentials_url;
    let authorization = authority::header(shared.options.version, &partner.token);
    let answered = shared
        .caller
        .send(Method::DELETE, &url, &authorization, None);
    answered.await?.data(&url)?;
    lock(&shared.authority).partner = None;
    Ok(())
}
