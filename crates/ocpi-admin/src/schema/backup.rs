//! Copies of the store.

use serde_json::{Value, json};

use super::{count, strict, text};

pub(super) fn request() -> Value {
    let file = json!({
        "type": "string",
        "description": "An absolute path on the server's machine; there must be no such file yet.",
    });
    strict(json!({"file": file}), &["file"])
}

pub(super) fn backup() -> Value {
    strict(
        json!({"file": text(), "bytes": count()}),
        &["file", "bytes"],
    )
}
