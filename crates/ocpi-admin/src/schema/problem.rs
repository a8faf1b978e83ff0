//! What every program must know: problems, health, and this document.

use serde_json::{Value, json};

use super::{count, one_of, strict, text};

pub(super) fn problem() -> Value {
    let mut lines = count();
    lines["description"] =
        "Of an import that ended before its end: the lines that are dealt with, \
                            from the first."
            .into();
    json!({
        "type": "object",
        "description": "A problem document (RFC 9457) of the type `about:blank`.",
        "properties": {
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "title": text(),
            "detail": {"type": "string", "description": "What was wrong, and what to do."},
            "lines": lines,
        },
        "required": ["status", "title", "detail"],
    })
}

pub(super) fn health() -> Value {
    let status = one_of(["live", "ready"].into_iter());
    strict(json!({"status": status}), &["status"])
}

pub(super) fn openapi() -> Value {
    json!({
        "type": "object",
        "properties": {
            "openapi": {"type": "string", "pattern": "^3\\.1\\."},
            "info": {"type": "object"},
            "paths": {"type": "object"},
        },
        "required": ["openapi", "info", "paths"],
    })
}
