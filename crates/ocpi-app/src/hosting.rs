//! The parties that this server speaks for.

use ocpi_domain::{BusinessDetails, CredentialsRole, OcpiUrl, OcpiVersion, Party, Role};

use crate::root::Root;

/// A party hosted here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedParty {
    /// The party.
    pub party: Party,
    /// What it does; one or more.
    pub roles: Vec<Role>,
    /// Who it is to the public.
    pub business_details: BusinessDetails,
}

/// Where our versions are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionsUrls {
    /// Below the combined root.
    pub combined: OcpiUrl,
    /// Below the CPO's.
    pub cpo: OcpiUrl,
    /// Below the eMSP's.
    pub emsp: OcpiUrl,
}

/// The parties hosted here, by role, and where they are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosting {
    urls: VersionsUrls,
    parties: Vec<HostedParty>,
    emsp: Vec<Party>,
    cpo: Vec<Party>,
}

impl Hosting {
    /// These parties, found there.
    pub fn new(parties: Vec<HostedParty>, urls: VersionsUrls) -> Hosting {
        let having = |role: &Role| {
            parties
                .iter()
                .filter(|host| host.roles.contains(role))
                .map(|host| host.party)
                .collect()
        };
        let (emsp, cpo) = (having(&Role::Emsp), having(&Role::Cpo));
        Hosting {
            urls,
            parties,
            emsp,
            cpo,
        }
    }

    /// Our versions endpoint below `root`.
    pub fn versions_url(&self, root: Root) -> &OcpiUrl {
        match root {
            Root::Combined => &self.urls.combined,
            Root::Cpo => &self.urls.cpo,
            Root::Emsp => &self.urls.emsp,
        }
    }

    /// Whether `version` is served below `root`. 2.1.1 cannot tell a CPO's endpoints from an
    /// eMSP's: the combined root has it only where we are one of them.
    pub fn serves(&self, root: Root, version: OcpiVersion) -> bool {
        let is_both = !self.cpo.is_empty() && !self.emsp.is_empty();
        !(root == Root::Combined && version == OcpiVersion::V2_1_1 && is_both)
    }

    /// What a platform is that speaks 2.1.1 below `root`: the opposite of what we are there.
    pub fn peer_role(&self, root: Root) -> Role {
        match root {
            Root::Cpo => Role::Emsp,
            Root::Combined if self.emsp.is_empty() => Role::Emsp,
            Root::Emsp | Root::Combined => Role::Cpo,
        }
    }

    /// The parties hosted as eMSP: Tokens of theirs are ours.
    pub fn emsp_parties(&self) -> &[Party] {
        &self.emsp
    }

    /// The parties hosted as CPO.
    pub fn cpo_parties(&self) -> &[Party] {
        &self.cpo
    }

    /// The parties hosted in `role`; of what is neither CPO nor eMSP there are none.
    pub(crate) fn in_role(&self, role: &Role) -> &[Party] {
        match role {
            Role::Cpo => &self.cpo,
            Role::Emsp => &self.emsp,
            _ => &[],
        }
    }

    /// Whether `party` is hosted here in `role`.
    pub(crate) fn hosts(&self, party: Party, role: &Role) -> bool {
        self.in_role(role).contains(&party)
    }

    /// What we are to a platform whose role this is.
    pub(crate) fn role_towards(peer_role: &Role) -> Role {
        match peer_role {
            Role::Emsp => Role::Cpo,
            _ => Role::Emsp,
        }
    }

    /// What a platform is of which nothing is known, where we are one of CPO and eMSP only.
    pub(crate) fn only_peer_role(&self) -> Option<Role> {
        match (self.cpo.is_empty(), self.emsp.is_empty()) {
            (false, true) => Some(Role::Emsp),
            (true, false) => Some(Role::Cpo),
            _ => None,
        }
    }

    /// The root that has 2.1.1 of our `role`: the combined one where we have no other.
    pub(crate) fn root_of(&self, role: &Role) -> Root {
        match role {
            _ if self.serves(Root::Combined, OcpiVersion::V2_1_1) => Root::Combined,
            Role::Cpo => Root::Cpo,
            _ => Root::Emsp,
        }
    }

    /// The party that speaks 2.1.1 with a platform, in our `role`: `wanted`, when it is hosted so,
    /// else the first that is.
    pub(crate) fn single_role(
        &self,
        role: &Role,
        wanted: Option<Party>,
    ) -> Option<CredentialsRole> {
        let hosted = self.in_role(role);
        let wanted = wanted.filter(|wanted| hosted.contains(wanted));
        let party = wanted.or_else(|| hosted.first().copied())?;
        let host = self.parties.iter().find(|host| host.party == party)?;
        Some(presented(host, role))
    }

    /// The parties that are found below `root`, in every role that they have there; all of them
    /// where there are none, for nobody presents himself as nobody.
    pub(crate) fn roles_below(&self, root: Root) -> Vec<CredentialsRole> {
        let mut roles = self.credentials_roles();
        let only = match root {
            Root::Combined => return roles,
            Root::Cpo => Role::Cpo,
            Root::Emsp => Role::Emsp,
        };
        if !self.in_role(&only).is_empty() {
            roles.retain(|presented| presented.role == only);
        }
        roles
    }

    /// Every party in every role, as we present ourselves.
    pub fn credentials_roles(&self) -> Vec<CredentialsRole> {
        let roles = self
            .parties
            .iter()
            .flat_map(|host| host.roles.iter().map(move |role| (host, role)));
        roles.map(|(host, role)| presented(host, role)).collect()
    }
}

/// The party in that role, as we present it.
fn presented(host: &HostedParty, role: &Role) -> CredentialsRole {
    CredentialsRole {
        role: role.clone(),
        business_details: host.business_details.clone(),
        party_id: host.party.party_id,
        country_code: host.party.country_code,
    }
}
