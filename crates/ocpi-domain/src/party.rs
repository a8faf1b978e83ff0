//! Who takes part: a party, named by its country and its id within it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::code::{InvalidCode, code};
use crate::error::InvalidField;

code!(
    /// The country of a party: ISO 3166-1 alpha-2, two letters, case-insensitive.
    CountryCode,
    2,
    u8::is_ascii_alphabetic,
    "an ISO 3166-1 alpha-2 country code: two letters"
);

code!(
    /// The id of a party within its country: ISO 15118, three letters or digits,
    /// case-insensitive.
    PartyId,
    3,
    u8::is_ascii_alphanumeric,
    "an ISO 15118 party id: three letters or digits"
);

/// A CPO or eMSP: its country and its id within that country. Five bytes, copied freely.
///
/// Spec: 2.3.0 credentials, `CredentialsRole`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Party {
    /// The country that the id belongs to.
    pub country_code: CountryCode,
    /// The id within the country.
    pub party_id: PartyId,
}

impl Party {
    /// The party of these two texts.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] that names `country_code` or `party_id`.
    pub fn new(country_code: &str, party_id: &str) -> Result<Party, InvalidField> {
        let refused = |field: &'static str| {
            move |error: InvalidCode| InvalidField::new(field, error.to_string())
        };
        Ok(Party {
            country_code: CountryCode::new(country_code).map_err(refused("country_code"))?,
            party_id: PartyId::new(party_id).map_err(refused("party_id"))?,
        })
    }
}

/// `CH/ABC`, the order of the segments of a URL.
impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.country_code, self.party_id)
    }
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: T-69.
    #[test]
    fn parties_compare_without_case_and_keep_the_case_received() {
        let (one, other) = (
            Party::new("ch", "aBc").unwrap(),
            Party::new("CH", "AbC").unwrap(),
        );
        assert_eq!(one, other);
        assert_eq!(one.cmp(&other), std::cmp::Ordering::Equal);
        assert_eq!(
            std::collections::HashSet::from([one]).get(&other),
            Some(&one)
        );
        assert_eq!(one.to_string(), "ch/aBc");
    }

    /// Holds: D-16, T-71.
    #[test]
    fn what_is_no_party_is_refused_by_the_name_of_its_field() {
        for (country, id, field) in [
            ("C", "ABC", "country_code"),
            ("CHE", "ABC", "country_code"),
            ("C1", "ABC", "country_code"),
            ("CH", "AB", "party_id"),
            ("CH", "ABCD", "party_id"),
            ("CH", "A*C", "party_id"),
            ("CH", "Aé", "party_id"),
        ] {
            assert_eq!(
                Party::new(country, id).unwrap_err().field,
                field,
                "{country}/{id}"
            );
        }
    }
}
