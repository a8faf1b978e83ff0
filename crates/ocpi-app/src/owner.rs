//! The party of an object and that of its URL.

use ocpi_domain::json::RawObject;
use ocpi_domain::{InvalidField, Party, Profile};

use crate::token_update::require_equal;

/// Takes a missing `country_code` and `party_id` from the URL, where the profile says so.
pub(crate) fn fill_owner(members: &mut RawObject, party: Party, profile: Profile) {
    if !profile.fill_owner {
        return;
    }
    for (name, value) in [
        ("country_code", party.country_code.as_str()),
        ("party_id", party.party_id.as_str()),
    ] {
        if members.get(name).is_none() {
            members.set_text(name, value);
        }
    }
}

/// Refuses an object of another party than that of the URL.
pub(crate) fn require_owned_by(addressed: Party, sent: Party) -> Result<(), InvalidField> {
    let country_code = Some(&addressed.country_code);
    require_equal("country_code", Some(&sent.country_code), country_code)?;
    require_equal("party_id", Some(&sent.party_id), Some(&addressed.party_id))
}
