//! Message ids and routing headers.
//!
//! Spec: 2.3.0 `transport_and_format`, Unique message IDs and Message routing.

use http::{HeaderMap, HeaderName, HeaderValue};
use ocpi_app::{App, Routing};
use ocpi_domain::{InvalidField, MessageId, Party};

use crate::failure::Failure;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const TO_COUNTRY_CODE: HeaderName = HeaderName::from_static("ocpi-to-country-code");
const TO_PARTY_ID: HeaderName = HeaderName::from_static("ocpi-to-party-id");
const FROM_COUNTRY_CODE: HeaderName = HeaderName::from_static("ocpi-from-country-code");
const FROM_PARTY_ID: HeaderName = HeaderName::from_static("ocpi-from-party-id");

/// The ids of a request, which its answer repeats.
#[derive(Debug, Clone)]
pub(crate) struct MessageIds {
    pub(crate) request_id: MessageId,
    pub(crate) correlation_id: MessageId,
}

impl MessageIds {
    /// The ids that were sent; new ones in place of those that are missing, or unfit for a log.
    pub(crate) fn of(headers: &HeaderMap, app: &App) -> MessageIds {
        let id = |name| {
            let sent = headers
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok());
            sent.and_then(MessageId::new)
                .unwrap_or_else(|| app.new_message_id())
        };
        MessageIds {
            request_id: id(REQUEST_ID),
            correlation_id: id(CORRELATION_ID),
        }
    }

    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        for (name, id) in [
            (REQUEST_ID, &self.request_id),
            (CORRELATION_ID, &self.correlation_id),
        ] {
            if let Ok(value) = HeaderValue::from_str(id.as_str()) {
                headers.insert(name, value);
            }
        }
    }
}

/// Takes the ids out of an answer that its request did not have, as 2.1.1 does not know them.
pub(crate) fn remove_new_ids(answer: &mut HeaderMap, request: &HeaderMap) {
    for name in [REQUEST_ID, CORRELATION_ID] {
        if !request.contains_key(&name) {
            answer.remove(name);
        }
    }
}

/// The parties that a request names; half a pair counts as absent.
///
/// A receiver that is no party must not widen the question to all parties, so it is refused. A
/// sender is only data: one that is no party counts as absent, unless the platform is held to it.
pub(crate) fn routing(headers: &HeaderMap, strict_from: bool) -> Result<Routing, Failure> {
    let refused = |direction: &str, error: InvalidField| {
        Failure::Invalid(format!(
            "OCPI-{direction}-{}: {}",
            error.field.replace('_', "-"),
            error.reason
        ))
    };
    let to = party(headers, &TO_COUNTRY_CODE, &TO_PARTY_ID).transpose();
    let from = party(headers, &FROM_COUNTRY_CODE, &FROM_PARTY_ID).transpose();
    Ok(Routing {
        to: to.map_err(|error| refused("to", error))?,
        from: match from {
            Err(error) if strict_from => return Err(refused("from", error)),
            from => from.unwrap_or_default(),
        },
    })
}

/// The party of two headers, when there are both.
fn party(
    headers: &HeaderMap,
    country: &HeaderName,
    id: &HeaderName,
) -> Option<Result<Party, InvalidField>> {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default().trim())
    };
    Some(Party::new(text(country)?, text(id)?))
}

/// Writes the routing of an answer: the request's, swapped.
pub(crate) fn write_routing(headers: &mut HeaderMap, answer: Routing) {
    let pairs = [
        (answer.to, TO_COUNTRY_CODE, TO_PARTY_ID),
        (answer.from, FROM_COUNTRY_CODE, FROM_PARTY_ID),
    ];
    for (party, country, id) in pairs {
        let Some(party) = party else { continue };
        let value = |text: &str| HeaderValue::from_str(text).ok();
        if let (Some(country_value), Some(id_value)) = (
            value(party.country_code.as_str()),
            value(party.party_id.as_str()),
        ) {
            headers.insert(country, country_value);
            headers.insert(id, id_value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: T-81.
    #[test]
    fn ids_that_the_request_had_are_kept_and_new_ones_are_taken_out() {
        let ids = MessageIds {
            request_id: MessageId::new("R").unwrap(),
            correlation_id: MessageId::new("C").unwrap(),
        };
        let has = |headers: &HeaderMap| {
            [REQUEST_ID, CORRELATION_ID].map(|name| headers.contains_key(name))
        };
        for (sent, kept) in [
            (&[][..], [false, false]),
            (&[REQUEST_ID], [true, false]),
            (&[REQUEST_ID, CORRELATION_ID], [true, true]),
        ] {
            let mut request = HeaderMap::new();
            for name in sent {
                request.insert(name, HeaderValue::from_static("R"));
            }
            let mut answer = HeaderMap::new();
            ids.write(&mut answer);
            remove_new_ids(&mut answer, &request);
            assert_eq!(has(&answer), kept, "{sent:?}");
        }
    }
}
