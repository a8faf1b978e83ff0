//! What a platform offers: its versions, and what it serves in one of them.
//!
//! Spec: 2.3.0 `version_information_endpoint`.

use std::time::Duration;

use ocpi_domain::{
    Endpoint, InterfaceRole, ModuleId, OcpiUrl, OcpiVersion, PlatformId, Role, Version,
};
use ocpi_ports::RemoteError;

use super::attempts::Attempts;
use super::endpoints::{endpoints_of, find_endpoint};
use crate::app::App;

/// An endpoint that is needed.
pub(crate) type Needed = (ModuleId, InterfaceRole);

impl App {
    /// How long one call of a platform may take.
    pub(crate) fn call_timeout(&self) -> Duration {
        Duration::from_millis(self.options.outbound_timeout_ms)
    }

    /// The versions that are listed at `url`.
    pub(crate) async fn versions_at(
        &self,
        attempts: &mut Attempts,
        url: &OcpiUrl,
    ) -> Result<Vec<Version>, RemoteError> {
        self.hosting.require_another(url)?;
        loop {
            let call = attempts.call();
            let answer = self.ports.remote.list_versions(&call, url).await;
            if !attempts.goes_on(&answer) {
                return answer;
            }
        }
    }

    /// The endpoints that are listed at `url`, in a version and for a kind of platform that
    /// `attempts` speak.
    pub(crate) async fn endpoints_at(
        &self,
        attempts: &mut Attempts,
        url: &OcpiUrl,
        platform: &PlatformId,
    ) -> Result<Vec<Endpoint>, RemoteError> {
        self.hosting.require_another(url)?;
        loop {
            let call = attempts.call();
            let answer = self.ports.remote.list_endpoints(&call, url).await;
            if !attempts.goes_on(&answer) {
                let offered = answer?;
                let (version, peer_role) = (call.version, &call.peer_role);
                return Ok(endpoints_of(offered, version, peer_role, platform));
            }
        }
    }

    /// The endpoints that we need of a platform, by what it `is`, and that are not among those.
    pub(crate) fn missing_endpoints(
        &self,
        endpoints: &[Endpoint],
        is: impl Fn(&Role) -> bool,
    ) -> Vec<Needed> {
        let needed = [
            (Role::Cpo, &self.options.required_of_cpo),
            (Role::Emsp, &self.options.required_of_emsp),
        ];
        needed
            .into_iter()
            .filter(|(role, _)| is(role))
            .flat_map(|(_, needed)| needed)
            .filter(|(module, role)| find_endpoint(endpoints, module, *role).is_none())
            .cloned()
            .collect()
    }
}

/// Where the details of `version` are, among those listed; the first counts.
pub(crate) fn details_url(versions: &[Version], version: OcpiVersion) -> Option<&OcpiUrl> {
    let number = version.number();
    let mut versions = versions.iter();
    let found = versions.find(|listed| listed.version == number);
    found.map(|listed| &listed.url)
}

/// The highest version that is listed and spoken here, and where its details are.
pub(crate) fn highest_common(versions: &[Version]) -> Option<(OcpiVersion, &OcpiUrl)> {
    OcpiVersion::ALL
        .into_iter()
        .find_map(|version| Some((version, details_url(versions, version)?)))
}

/// How many versions of a list are named to the operator.
const NAMED_MAX: usize = 20;

/// The numbers of the versions, for a text.
pub(crate) fn numbers(versions: &[Version]) -> String {
    if versions.is_empty() {
        return "none at all".to_owned();
    }
    let numbers: Vec<&str> = versions
        .iter()
        .take(NAMED_MAX)
        .map(|listed| listed.version.as_str())
        .collect();
    let more = versions.len() - numbers.len();
    let named = numbers.join(", ");
    if more == 0 {
        named
    } else {
        format!("{named} and {more} more")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(numbers: &[&str]) -> Vec<Version> {
        let listed = |(place, number): (usize, &&str)| Version {
            version: number.parse().unwrap(),
            url: format!("https://peer.example/{place}").parse().unwrap(),
        };
        numbers.iter().enumerate().map(listed).collect()
    }

    /// Holds: V-10, V-12.
    #[test]
    fn the_highest_version_that_both_know_is_chosen() {
        for (offered, expected) in [
            (
                &["2.1.1", "2.3.0", "2.2.1"][..],
                Some((OcpiVersion::V2_3_0, "1")),
            ),
            (&["2.2.1", "2.1.1", "3.0"], Some((OcpiVersion::V2_2_1, "0"))),
            (&["2.2", "2.1.1"], Some((OcpiVersion::V2_1_1, "1"))),
            (&["2.2.1", "2.2.1"], Some((OcpiVersion::V2_2_1, "0"))),
            (&["2.0", "2.1", "2.2"], None),
            (&[], None),
        ] {
            let offered = versions(offered);
            let chosen = highest_common(&offered);
            let chosen =
                chosen.map(|(version, url)| (version, url.as_str().rsplit('/').next().unwrap()));
            assert_eq!(chosen, expected);
        }
    }
}
