//! What 2.1.1 calls the members of 2.3.0, for those who are told what is wrong.

use std::borrow::Cow;

use ocpi_domain::InvalidField;

/// The name in 2.1.1 of a member that it calls otherwise.
fn name(canonical: &str) -> &str {
    match canonical {
        "contract_id" | "cdr_token" | "cdr_token.uid" | "cdr_token.type" => "auth_id",
        "start_date_time" => "start_datetime",
        "end_date_time" => "end_datetime",
        "location_id" => "location.id",
        "evse_uid" => "location.evses",
        other => other,
    }
}

/// The fault in the words of 2.1.1; each name once.
pub(in crate::wire) fn shown_name(error: &InvalidField) -> InvalidField {
    let mut names: Vec<&str> = Vec::new();
    for shown in error.field.split(", ").map(name) {
        if !names.contains(&shown) {
            names.push(shown);
        }
    }
    InvalidField {
        field: Cow::Owned(names.join(", ")),
        reason: error.reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: T-34, D-01, D-13.
    #[test]
    fn what_is_wrong_is_named_as_2_1_1_names_it() {
        for (field, shown) in [
            ("contract_id", "auth_id"),
            (
                "id, start_date_time, location_id, evse_uid, cdr_token, status",
                "id, start_datetime, location.id, location.evses, auth_id, status",
            ),
            ("cdr_token.uid, cdr_token.type", "auth_id"),
            ("issuer, valid", "issuer, valid"),
        ] {
            let error = InvalidField::new(field, "required, but missing");
            let expected = InvalidField::new(shown, "required, but missing");
            assert_eq!(shown_name(&error), expected);
        }
    }
}
