//! How we present ourselves.
//!
//! Spec: 2.3.0 credentials, Credentials object.

use ocpi_domain::{
    Credentials, CredentialsRole, CredentialsToken, OcpiUrl, OcpiVersion, Platform, Role,
};

use crate::access::RequestContext;
use crate::app::App;
use crate::hosting::Hosting;
use crate::root::Root;

impl App {
    /// Our credentials for that platform, with `token` as what it presents.
    pub fn our_credentials(
        &self,
        context: &RequestContext,
        root: Root,
        token: CredentialsToken,
    ) -> Credentials {
        let platform = &context.caller.platform;
        let (url, roles) = match context.version {
            OcpiVersion::V2_1_1 => self.one_of_us(platform, &self.hosting.peer_role(root)),
            OcpiVersion::V2_2_1 | OcpiVersion::V2_3_0 => (
                self.hosting.versions_url(root),
                self.hosting.roles_below(root),
            ),
        };
        credentials(url, roles, token)
    }

    /// Our credentials for a platform with which we register, in that version.
    pub(crate) fn credentials_for(
        &self,
        platform: &Platform,
        version: OcpiVersion,
        peer_role: &Role,
        token: CredentialsToken,
    ) -> Credentials {
        let (url, roles) = match version {
            OcpiVersion::V2_1_1 => self.one_of_us(platform, peer_role),
            OcpiVersion::V2_2_1 | OcpiVersion::V2_3_0 => (
                self.hosting.versions_url(Root::Combined),
                self.hosting.roles_below(Root::Combined),
            ),
        };
        credentials(url, roles, token)
    }

    /// The party that speaks 2.1.1 with such a platform, where one connection is one party, and
    /// where it is found.
    fn one_of_us(&self, platform: &Platform, peer_role: &Role) -> (&OcpiUrl, Vec<CredentialsRole>) {
        let role = Hosting::role_towards(peer_role);
        let mut presented = self.hosting.roles_below(self.hosting.root_of(&role));
        if let Some(one) = self.hosting.single_role(&role, platform.our_party) {
            presented = vec![one];
        }
        presented.truncate(1);
        (
            self.hosting.versions_url(self.hosting.root_of(&role)),
            presented,
        )
    }
}

fn credentials(url: &OcpiUrl, roles: Vec<CredentialsRole>, token: CredentialsToken) -> Credentials {
    Credentials {
        token,
        url: url.clone(),
        roles,
        hub: None,
    }
}
