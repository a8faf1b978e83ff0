//! Ids of 37 to 39 characters, which only 2.1.1 has.
//!
//! Spec: 2.1.1 and 2.2.1 `mod_locations`, Location and EVSE object.

use ocpi_domain::InvalidField;
use ocpi_domain::json::RawObject;
use serde::Deserialize;

/// The most characters of the id of a Location and of the uid of an EVSE.
pub(super) const MAX: usize = 36;

/// The same in 2.1.1.
pub(super) const MAX_OF_2_1_1: usize = 39;

/// Whether every version can say the id.
pub(super) fn is_short(id: &str) -> bool {
    id.len() <= MAX
}

/// Refuses an id of more characters than its version grants. Ids are ASCII.
///
/// # Errors
///
/// [`InvalidField`] that names `field`.
pub(crate) fn check(field: &'static str, id: &str, max: usize) -> Result<(), InvalidField> {
    let length = id.len();
    if length <= max {
        return Ok(());
    }
    let reason = format!("must have at most {max} characters, has {length}");
    Err(InvalidField::new(field, reason))
}

/// Refuses the members of those names that are longer than 2.2.1 and 2.3.0 grant. What is no text
/// has its own answer elsewhere.
pub(super) fn check_members(
    members: &RawObject,
    names: &[&'static str],
) -> Result<(), InvalidField> {
    for name in names {
        if let Ok(Some(id)) = members.read::<String>(name) {
            check(name, &id, MAX)?;
        }
    }
    Ok(())
}

/// Refuses a Location with an EVSE whose uid is longer than 2.2.1 and 2.3.0 grant.
pub(super) fn check_evses(members: &RawObject) -> Result<(), InvalidField> {
    #[derive(Deserialize)]
    struct Evse {
        uid: Option<String>,
    }

    // What is no list of EVSEs has its own answer elsewhere.
    let evses: Vec<Evse> = members.read("evses").ok().flatten().unwrap_or_default();
    let mut uids = evses.iter().filter_map(|evse| evse.uid.as_deref());
    uids.try_for_each(|uid| check("evses.uid", uid, MAX))
}
