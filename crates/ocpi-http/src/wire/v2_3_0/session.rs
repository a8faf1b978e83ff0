//! A session as 2.3.0 writes it.

use ocpi_domain::Session;

use crate::wire::object::write_json;

/// Writes the session: the JSON of the domain, which is what its CPO sent.
pub(super) fn write(out: &mut Vec<u8>, session: &Session) {
    write_json(out, session);
}
