//! The parties that a platform says it speaks for.

use ocpi_domain::{Credentials, InvalidField, Party, PartyRole, Platform, Role};
use ocpi_ports::PlatformList;

use super::CredentialsError;
use crate::app::App;
use crate::operator::OperatorError;
use crate::platform_update::is_held_by_another;

/// The parties that a platform says it speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartyClaims {
    /// Each party and role once.
    pub(crate) roles: Vec<PartyRole>,
    /// Its own party when it is a hub.
    pub(crate) hub: Option<Party>,
}

/// Why a platform may not speak for what it claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RefusedClaim {
    /// Another platform does.
    Taken(Party, Role),
    /// The operator says so.
    NotAllowed(Party),
    /// We do.
    Hosted(Party, Role),
}

impl PartyClaims {
    /// The parties of those credentials, which name each party and role once, and a hub apart.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] when they name nobody.
    pub(crate) fn of(credentials: &Credentials) -> Result<PartyClaims, InvalidField> {
        let roles = credentials.roles.iter().map(|presented| PartyRole {
            party: Party {
                country_code: presented.country_code,
                party_id: presented.party_id,
            },
            role: presented.role.clone(),
        });
        let claims = PartyClaims {
            roles: roles.collect(),
            hub: credentials.hub,
        };
        if claims.roles.is_empty() && claims.hub.is_none() {
            return Err(InvalidField::new("roles", "must not be empty"));
        }
        Ok(claims)
    }

    /// Whether one of the parties has that role.
    pub(crate) fn has(&self, role: &Role) -> bool {
        self.roles.iter().any(|claim| claim.role == *role)
    }
}

impl App {
    /// Checks that `platform` may speak for what it claims, beside the platforms of `list`.
    ///
    /// A party that is hosted here is nobody else's to speak for, unless the operator gave it to
    /// the platform: what it writes would be taken for our own.
    ///
    /// # Errors
    ///
    /// [`RefusedClaim`].
    pub(crate) fn check_claims(
        &self,
        platform: &Platform,
        claims: &PartyClaims,
        list: &PlatformList,
    ) -> Result<(), RefusedClaim> {
        for PartyRole { party, role } in &claims.roles {
            if !platform.may_hold(*party) {
                return Err(RefusedClaim::NotAllowed(*party));
            }
            let is_given = || platform.allowed_parties.is_some() || platform.holds(*party, role);
            if self.hosting.hosts(*party, role) && !is_given() {
                return Err(RefusedClaim::Hosted(*party, role.clone()));
            }
            if is_held_by_another(list, &platform.id, *party, role) {
                return Err(RefusedClaim::Taken(*party, role.clone()));
            }
        }
        Ok(())
    }
}

fn hosted(party: Party, role: &Role) -> InvalidField {
    let reason =
        format!("{party} is hosted here as {role}: another connection cannot speak for it");
    InvalidField::new("roles", reason)
}

impl From<RefusedClaim> for CredentialsError {
    fn from(refused: RefusedClaim) -> CredentialsError {
        match refused {
            RefusedClaim::Taken(party, role) => CredentialsError::PartyTaken(party, role),
            RefusedClaim::NotAllowed(party) => CredentialsError::PartyNotAllowed(party),
            RefusedClaim::Hosted(party, role) => hosted(party, &role).into(),
        }
    }
}

impl From<RefusedClaim> for OperatorError {
    fn from(refused: RefusedClaim) -> OperatorError {
        match refused {
            RefusedClaim::Taken(party, role) => OperatorError::PartyTaken(party, role),
            RefusedClaim::NotAllowed(party) => OperatorError::PartyNotAllowed(party),
            RefusedClaim::Hosted(party, role) => hosted(party, &role).into(),
        }
    }
}
