//! The chain over the records.

use serde_json::{Value, json};

use super::{count, named, one_of, or_null, strict, text};
use crate::endpoints::audit::FAULTS;

/// A link of the chain.
pub(crate) fn link() -> Value {
    json!({"type": "string", "pattern": "^[0-9A-Fa-f]{64}$"})
}

pub(super) fn head() -> Value {
    let mut head = strict(
        json!({"number": count(), "link": link()}),
        &["number", "link"],
    );
    head["description"] =
        "The end of the chain: the number of the newest record, and its link.".into();
    head
}

pub(super) fn fault() -> Value {
    let properties = json!({"kind": one_of(FAULTS.into_iter()), "detail": text()});
    strict(properties, &["kind", "detail"])
}

pub(super) fn report() -> Value {
    strict(
        json!({
            "verified": {
                "type": "boolean",
                "description": "Whether every record is as it was written.",
            },
            "records": count(),
            "oldest": {
                "type": ["integer", "null"],
                "minimum": 0,
                "description": "The number of the oldest record that is kept.",
            },
            "head": named("ChainHead"),
            "fault": or_null(named("ChainFault")),
        }),
        &["verified", "records", "oldest", "head", "fault"],
    )
}
