//! What came of an import.

use serde_json::{Value, json};

use super::{count, named, strict, text};
use crate::endpoints::import::REFUSALS_MAX;

pub(super) fn report() -> Value {
    let lines = json!({
        "type": "integer",
        "minimum": 0,
        "description": "Lines that were not blank: the sum of `created`, `updated`, `unchanged` \
                        and `refused`.",
    });
    strict(
        json!({
            "lines": lines,
            "created": count(),
            "updated": count(),
            "unchanged": count(),
            "refused": count(),
            "refusals": {
                "type": "array",
                "items": named("RefusedLine"),
                "maxItems": REFUSALS_MAX,
            },
        }),
        &[
            "lines",
            "created",
            "updated",
            "unchanged",
            "refused",
            "refusals",
        ],
    )
}

pub(super) fn refused_line() -> Value {
    let line = json!({
        "type": "integer",
        "minimum": 1,
        "description": "The number of the line, from 1; blank lines count.",
    });
    strict(json!({"line": line, "reason": text()}), &["line", "reason"])
}
