//! The object that every answer is wrapped in.
//!
//! Spec: 2.3.0 `transport_and_format`, Response format.

use bytes::Bytes;
use ocpi_domain::DateTime;
use serde::Serialize;

use crate::status::OcpiCode;

#[derive(Serialize)]
struct Envelope<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
    status_code: u16,
    status_message: &'a str,
    timestamp: DateTime,
}

/// What most answers fit in, bytes: an authorization with a Token of all fields.
const CAPACITY: usize = 1024;

fn write<T: Serialize>(
    data: Option<T>,
    OcpiCode(status_code): OcpiCode,
    status_message: &str,
    timestamp: DateTime,
) -> Bytes {
    let mut body = Vec::with_capacity(CAPACITY);
    let envelope = Envelope {
        data,
        status_code,
        status_message,
        timestamp,
    };
    if let Err(error) = serde_json::to_writer(&mut body, &envelope) {
        // Our own types always serialise; were one not to, the peer must not get half an object.
        tracing::error!(%error, "an answer could not be written");
        body.clear();
    }
    body.into()
}

/// A success with what was asked for.
pub(crate) fn success(data: impl Serialize, now: DateTime) -> Bytes {
    write(Some(data), OcpiCode::SUCCESS, "Success", now)
}

/// A success that has nothing to show: echoing a partial object breaks peers.
pub(crate) fn done(now: DateTime) -> Bytes {
    write(None::<()>, OcpiCode::SUCCESS, "Success", now)
}

/// A failure.
pub(crate) fn failure(code: OcpiCode, message: &str, now: DateTime) -> Bytes {
    write(None::<()>, code, message, now)
}
