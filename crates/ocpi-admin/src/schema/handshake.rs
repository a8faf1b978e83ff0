//! Registrations, and their ends.

use serde_json::{Value, json};

use super::platform::{secret, url};
use super::{date_time, or_null, strict};

pub(super) fn bootstrap_request() -> Value {
    strict(json!({}), &[])
}

pub(super) fn bootstrap_token() -> Value {
    let token = json!({
        "type": "string",
        "pattern": "^[!-~]{1,64}$",
        "description": "Token A of OCPI: give it to the platform, with the URL of our versions, by \
                        a way that nobody else reads. Only a keyed hash is stored.",
    });
    let mut expires_at = date_time();
    expires_at["description"] = "The first moment at which nobody can register with it.".into();
    strict(
        json!({"token": token, "expires_at": expires_at}),
        &["token", "expires_at"],
    )
}

pub(super) fn register() -> Value {
    let mut versions_url = url();
    versions_url["description"] = "Its versions endpoint.".into();
    let mut token = secret();
    token["description"] = "The token A that it gave us.".into();
    let mut role = or_null(json!({"type": "string", "enum": ["CPO", "EMSP"]}));
    role["description"] =
        "What the platform is. Only needed for 2.1.1, which does not say it, and \
                           where nothing else does."
            .into();
    strict(
        json!({"versions_url": versions_url, "token": token, "role": role}),
        &["versions_url", "token"],
    )
}

pub(super) fn rotate() -> Value {
    let compromised = json!({
        "type": "boolean",
        "default": false,
        "description": "Somebody else may know what the platform presents: it is good for nothing \
                        as soon as the new one is there, and not for up to five minutes more.",
    });
    strict(json!({"compromised": compromised}), &[])
}

pub(super) fn unregister() -> Value {
    let forced = json!({
        "type": "boolean",
        "default": false,
        "description": "End it here also when the platform cannot be told.",
    });
    strict(json!({"forced": forced}), &[])
}
