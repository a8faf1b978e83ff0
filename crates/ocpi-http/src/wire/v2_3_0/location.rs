//! A Location, an EVSE or a connector as 2.3.0 writes it.

use ocpi_app::LocationObject;

use crate::wire::object::write_json;

/// Writes the object: the JSON of the domain, which is what its CPO sent.
pub(super) fn write(out: &mut Vec<u8>, object: &LocationObject) {
    match object {
        LocationObject::Location(location) => write_json(out, &**location),
        LocationObject::Evse(evse) => write_json(out, evse),
        LocationObject::Connector(connector) => write_json(out, connector),
    }
}
