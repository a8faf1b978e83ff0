//! Changing some limits of an account.
//!
//! Spec: RFC 7396.

use ocpi_domain::{InvalidField, TokenAccount};
use serde_json::{Map, Value, json};

use crate::json;

/// The account with the members of `patch` changed, and those that are `null` removed.
///
/// # Errors
///
/// [`InvalidField`] for a value that breaks a rule, and for an unknown name, even one that is to
/// be removed.
pub(crate) fn apply(
    account: &TokenAccount,
    patch: &Map<String, Value>,
) -> Result<TokenAccount, InvalidField> {
    let mut patched = json!(account);
    // Left out when empty, and `null` is no list.
    if let Some(members) = patched.as_object_mut() {
        let denied = members.entry("denied_locations");
        denied.or_insert_with(|| Value::Array(Vec::new()));
    }
    merge(&mut patched, patch);
    json::read_value(&patched)
}

/// Merges `patch` into `target`. What is to be removed but is not there stays as `null`: whoever
/// reads the outcome refuses a name that it does not know.
fn merge(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(members) = target.as_object_mut() else {
        return;
    };
    for (name, value) in patch {
        match value {
            Value::Null if members.remove(name).is_some() => {}
            Value::Object(patch) => merge(members.entry(name).or_insert(Value::Null), patch),
            value => {
                members.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(account: Value, patch: Value) -> Result<Value, String> {
        let account: TokenAccount = serde_json::from_value(account).unwrap();
        let patch: Map<String, Value> = serde_json::from_value(patch).unwrap();
        let patched = apply(&account, &patch);
        patched
            .map(|account| json!(account))
            .map_err(|refused| refused.to_string())
    }

    fn full() -> Value {
        json!({
            "blocked": true,
            "expires_at": "2027-01-01T00:00:00Z",
            "credit": {"balance": "12.50", "currency": "EUR"},
            "permitted_locations": [{"country_code": "NL", "party_id": "ALF"}],
            "denied_locations": [{"country_code": "NL", "party_id": "ALF", "location_id": "L1"}],
            "concurrent_sessions_max": 1,
            "concurrency_scope": "group",
        })
    }

    #[test]
    fn what_is_not_named_stays() {
        assert_eq!(patched(full(), json!({})), Ok(full()));
        let mut expected = full();
        expected["credit"]["balance"] = "-1".into();
        expected["denied_locations"] = json!([{"country_code": "DE", "party_id": "TNM"}]);
        let patch = json!({
            "credit": {"balance": "-1"},
            "denied_locations": [{"country_code": "DE", "party_id": "TNM"}],
        });
        assert_eq!(patched(full(), patch), Ok(expected));
    }

    #[test]
    fn null_removes_every_limit_whether_there_was_one_or_not() {
        let default = json!({"blocked": false, "concurrency_scope": "token"});
        let Value::Object(members) = full() else {
            panic!("an object");
        };
        for name in members.keys() {
            let mut expected = full();
            let removed = expected.as_object_mut().unwrap().remove(name);
            if let Some(preset) = default.get(name) {
                expected[name] = preset.clone();
            }
            assert_ne!(removed, None);
            assert_eq!(patched(full(), json!({name: null})), Ok(expected), "{name}");
            assert_eq!(
                patched(json!({}), json!({name: null})),
                Ok(default.clone()),
                "{name}"
            );
        }
    }

    #[test]
    fn every_slip_is_refused_by_its_name() {
        for (patch, said) in [
            (json!({"blokced": true}), "unknown field `blokced`"),
            (json!({"blokced": null}), "unknown field `blokced`"),
            (
                json!({"credit": {"balence": "1"}}),
                "`credit.balence`: unknown field",
            ),
            (
                json!({"credit": {"balence": null}}),
                "`credit.balence`: unknown field",
            ),
            (
                json!({"credit": {"balance": null}}),
                "`credit`: missing field `balance`",
            ),
            (json!({"credit": "1"}), "`credit`: invalid type"),
            (
                json!({"credit": {"balance": 1}}),
                "`credit.balance`: invalid type",
            ),
            (json!({"blocked": {}}), "`blocked`: invalid type"),
            (
                json!({"expires_at": "soon"}),
                "`expires_at`: must be a date and time",
            ),
            (
                json!({"permitted_locations": [{"country_code": "NL", "party_id": "ALF", "x": 1}]}),
                "unknown field `x`",
            ),
        ] {
            let refused = patched(full(), patch.clone()).unwrap_err();
            assert!(refused.contains(said), "{patch}: {refused}");
        }
        let refused = patched(json!({}), json!({"credit": {"balance": "1"}})).unwrap_err();
        assert!(refused.contains("missing field `currency`"), "{refused}");
    }
}
