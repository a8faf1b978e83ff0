//! The versions of a peer, and where its modules are.
//!
//! Spec: 2.3.0 `version_information_endpoint`.

use ocpi_domain::{InterfaceRole, ModuleId, OcpiUrl, OcpiVersion, Version};
use ocpi_ports::{OfferedEndpoint, RemoteCall, RemoteError};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::OutboundClient;
use super::answer::elements;
use super::left_out::LeftOut;
use super::quote::Secrets;
use super::request::{Module, Outgoing};
use super::target;

/// The details of a version; what else they say is known already.
#[derive(Deserialize)]
struct Details<'a> {
    #[serde(borrow)]
    endpoints: Option<&'a RawValue>,
}

/// An endpoint as it is listed: the words in it may be any.
#[derive(Deserialize)]
struct Listed<'a> {
    identifier: ModuleId,
    #[serde(borrow)]
    role: Option<&'a RawValue>,
    url: OcpiUrl,
}

impl OutboundClient {
    pub(super) async fn get_versions(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<Vec<Version>, RemoteError> {
        let secrets = Secrets::of([&call.token]);
        let request = Outgoing::get(target::below(url, &[], &[])?, Module::Configuration);
        let answered = self.transport.send(call, &request, &secrets).await?;
        let success = answered.success(&secrets)?;
        let mut left_out = LeftOut::default();
        let versions = success.readable(success.list()?, &mut left_out);
        success.log_left_out(&left_out);
        Ok(versions)
    }

    pub(super) async fn get_endpoints(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<Vec<OfferedEndpoint>, RemoteError> {
        let secrets = Secrets::of([&call.token]);
        let request = Outgoing::get(target::below(url, &[], &[])?, Module::Configuration);
        let answered = self.transport.send(call, &request, &secrets).await?;
        let success = answered.success(&secrets)?;
        let details: Details<'_> = success.read(success.object()?)?;
        let listed = details.endpoints.and_then(elements);
        let listed = listed.ok_or_else(|| success.unreadable("`endpoints` is no list"))?;
        let mut left_out = LeftOut::default();
        let listed = success.readable(listed, &mut left_out);
        let endpoints = offered(call.version, listed, &mut left_out);
        success.log_left_out(&left_out);
        Ok(endpoints)
    }
}

/// The endpoints that are of use here: modules of OCPI, in a role that there is, each once.
fn offered(
    version: OcpiVersion,
    listed: Vec<Listed<'_>>,
    left_out: &mut LeftOut,
) -> Vec<OfferedEndpoint> {
    let mut offered: Vec<OfferedEndpoint> = Vec::new();
    for Listed {
        identifier,
        role,
        url,
    } in listed
    {
        // Modules of other agreements are none of ours, and no fault.
        if !ModuleId::LISTED.contains(&identifier) {
            continue;
        }
        let said = role.map(|role| serde_json::from_str::<InterfaceRole>(role.get()));
        let role = match said {
            Some(Ok(role)) => Some(role),
            // Of credentials the role means nothing, and 2.1.1 has none.
            None => None,
            Some(Err(_))
                if identifier == ModuleId::Credentials || version == OcpiVersion::V2_1_1 =>
            {
                None
            }
            Some(Err(error)) => {
                left_out.note(|| format!("endpoint `{identifier}`: {error}"));
                continue;
            }
        };
        let is_twice = offered.iter().any(|first| {
            let is_same_role = first.role == role || identifier == ModuleId::Credentials;
            first.identifier == identifier && is_same_role
        });
        if is_twice {
            left_out.note(|| format!("endpoint `{identifier}` is listed twice"));
        } else {
            offered.push(OfferedEndpoint {
                identifier,
                role,
                url,
            });
        }
    }
    offered
}
