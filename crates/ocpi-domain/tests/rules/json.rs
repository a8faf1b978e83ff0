//! What is read and written as JSON, and what is refused, by name.

mod account;
mod answer;
mod credentials;
mod enums;
mod location;
mod members;
mod raw;
mod session;
mod token;
mod url;

use ocpi_domain::Token;
use serde_json::{Value, json};

use crate::support::{object, refusal, token_json};

/// A Token with every field that OCPI 2.3.0 names.
fn full_token_json() -> Value {
    let mut token = token_json();
    for (name, value) in object(json!({
        "visual_number": "DF000-2001-8999-1",
        "group_id": "DF000-2001-8999",
        "language": "it",
        "default_profile_type": "GREEN",
        "energy_contract": {"supplier_name": "Greenpeace Energy eG", "contract_id": "0123456789"}
    })) {
        token[name] = value;
    }
    token
}

/// What a Token is refused with when one of its fields has `value`.
fn refusal_of_token(field: &str, value: Value) -> String {
    let mut token = full_token_json();
    token[field] = value;
    refusal::<Token>(&token.to_string())
}
