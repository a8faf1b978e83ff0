//! With whom Tokens are exchanged, and why not with the others.

use ocpi_domain::{InterfaceRole, ModuleId, OcpiVersion, Party, PushTokens, Role};
use ocpi_ports::{Connection, StoredPlatform};

use crate::app::App;
use crate::credentials::find_endpoint;

impl App {
    /// Whether our Tokens are pushed to the platform.
    ///
    /// # Errors
    ///
    /// Why they are not, in words for the operator.
    pub(super) fn check_push_target(&self, stored: &StoredPlatform) -> Result<(), String> {
        let connection = connection_of(stored)?;
        let platform = &stored.platform;
        if platform.profile.push_tokens == PushTokens::Off {
            return Err("its profile says `push_tokens = \"off\"`: it fetches them".to_owned());
        }
        if !platform.is_open_hub() && platform.parties(&Role::Cpo).next().is_none() {
            return Err("it speaks for no CPO".to_owned());
        }
        if self.hosting.emsp_parties().is_empty() {
            return Err("no eMSP is hosted here that could have some".to_owned());
        }
        check_endpoint(connection, InterfaceRole::Receiver)
    }

    /// Whether the platform's Tokens are fetched.
    ///
    /// # Errors
    ///
    /// Why they are not, in words for the operator.
    pub(super) fn check_pull_target(&self, stored: &StoredPlatform) -> Result<(), String> {
        let connection = connection_of(stored)?;
        let platform = &stored.platform;
        if platform.profile.no_pull {
            return Err("its profile says `no_pull = true`".to_owned());
        }
        if !platform.is_open_hub() && platform.parties(&Role::Emsp).next().is_none() {
            return Err("it speaks for no eMSP".to_owned());
        }
        if self.hosting.cpo_parties().is_empty() {
            return Err("no CPO is hosted here that could need them".to_owned());
        }
        check_endpoint(connection, InterfaceRole::Sender)
    }

    /// The owners of the Tokens that the platform gets: of all that it could list. Over 2.1.1 it
    /// deals with one of our parties only.
    pub(super) fn pushed_parties(
        &self,
        stored: &StoredPlatform,
        version: OcpiVersion,
    ) -> Vec<Party> {
        if version == OcpiVersion::V2_1_1 {
            let ours = self.party_towards(&stored.platform, &Role::Emsp);
            return ours.into_iter().collect();
        }
        self.hosting.emsp_parties().to_vec()
    }

    /// What of ours the platform gets, in words that differ when it is something else: the version
    /// that it is said in, the owners, and the types left out. `None` while it was not looked up
    /// which version the platform speaks.
    pub(super) fn push_scope(&self, stored: &StoredPlatform) -> Option<String> {
        let version = stored.connection.as_ref()?.served.as_ref()?.version;
        let mut parties = self.pushed_parties(stored, version);
        parties.sort_by_key(Party::to_string);
        let words = |words: Vec<String>| words.join(",");
        let parties = words(parties.iter().map(Party::to_string).collect());
        let left_out = self.types_not_listed();
        let left_out = words(left_out.iter().map(ToString::to_string).collect());
        Some(format!("{version} of {parties} without {left_out}"))
    }
}

fn connection_of(stored: &StoredPlatform) -> Result<&Connection, String> {
    let connection = stored.connection.as_ref();
    connection.ok_or_else(|| {
        "it is not connected: register with it, or say its versions URL and the token for it"
            .to_owned()
    })
}

/// Checks that the platform serves that end of the Tokens, as far as that is known.
fn check_endpoint(connection: &Connection, role: InterfaceRole) -> Result<(), String> {
    let Some(served) = &connection.served else {
        return Ok(());
    };
    let endpoint = find_endpoint(&served.endpoints, &ModuleId::Tokens, role);
    endpoint.map(|_| ()).ok_or_else(|| {
        let version = served.version;
        format!("it serves no tokens as {role} in {version}; when it does now, register anew")
    })
}
