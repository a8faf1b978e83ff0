//! The parties that this server speaks for.

use ocpi_domain::{BusinessDetails, CredentialsRole, Party, Role};

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

/// The parties hosted here, by role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosting {
    parties: Vec<HostedParty>,
    emsp: Vec<Party>,
    cpo: Vec<Party>,
}

impl Hosting {
    /// These parties.
    pub fn new(parties: Vec<HostedParty>) -> Hosting {
        let having = |role: &Role| {
            parties
                .iter()
                .filter(|host| host.roles.contains(role))
                .map(|host| host.party)
                .collect()
        };
        let (emsp, cpo) = (having(&Role::Emsp), having(&Role::Cpo));
        Hosting { parties, emsp, cpo }
    }

    /// The parties hosted as eMSP: Tokens of theirs are ours.
    pub fn emsp_parties(&self) -> &[Party] {
        &self.emsp
    }

    /// The parties hosted as CPO.
    pub fn cpo_parties(&self) -> &[Party] {
        &self.cpo
    }

    /// Every party in every role, as we present ourselves.
    pub fn credentials_roles(&self) -> Vec<CredentialsRole> {
        let role_of = |host: &HostedParty, role: &Role| CredentialsRole {
            role: role.clone(),
            business_details: host.business_details.clone(),
            party_id: host.party.party_id,
            country_code: host.party.country_code,
        };
        let roles = self
            .parties
            .iter()
            .flat_map(|host| host.roles.iter().map(move |r| (host, r)));
        roles.map(|(host, role)| role_of(host, role)).collect()
    }
}
