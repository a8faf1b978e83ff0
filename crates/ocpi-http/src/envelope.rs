//! The object that every answer is wrapped in.
//!
//! Spec: 2.3.0 `transport_and_format`, Response format.

use bytes::Bytes;
use ocpi_domain::DateTime;

use crate::status::OcpiCode;
use crate::wire::object::ObjectWriter;

/// What most answers fit in, bytes: an authorization with a Token of all fields.
const CAPACITY: usize = 1024;

const SUCCESS: &str = "Success";

/// A success with what was asked for, written by `write_data`.
pub(crate) fn success(write_data: impl FnOnce(&mut Vec<u8>), now: DateTime) -> Bytes {
    let mut body = Vec::with_capacity(CAPACITY);
    let mut envelope = ObjectWriter::begin(&mut body);
    envelope.with("data", write_data);
    finish(envelope, OcpiCode::SUCCESS, SUCCESS, now);
    body.into()
}

/// A success that has nothing to show: echoing a partial object breaks peers.
pub(crate) fn done(now: DateTime) -> Bytes {
    without_data(OcpiCode::SUCCESS, SUCCESS, now)
}

/// A failure.
pub(crate) fn failure(code: OcpiCode, message: &str, now: DateTime) -> Bytes {
    without_data(code, message, now)
}

fn without_data(code: OcpiCode, message: &str, now: DateTime) -> Bytes {
    let mut body = Vec::with_capacity(CAPACITY);
    finish(ObjectWriter::begin(&mut body), code, message, now);
    body.into()
}

fn finish(mut envelope: ObjectWriter<'_>, OcpiCode(code): OcpiCode, message: &str, now: DateTime) {
    envelope.json("status_code", &code.to_string());
    envelope.text("status_message", message);
    envelope.moment("timestamp", now);
    envelope.end();
}
