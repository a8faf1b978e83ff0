//! The limits that an eMSP sets for a Token of its own: they never leave by OCPI.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::code::code;
use crate::json::Object;
use crate::location::{EvseUid, LocationId};
use crate::party::{CountryCode, Party, PartyId};
use crate::time::DateTime;

code!(
    /// A currency: ISO 4217, three letters.
    Currency,
    3,
    u8::is_ascii_alphabetic,
    "an ISO 4217 currency code: three letters"
);

/// What limits the use of a Token beyond the Token itself. Every limit is optional; the default
/// permits everything.
///
/// As JSON it is the operator's own format: unknown fields are refused.
///
/// ```
/// let account: ocpi_domain::TokenAccount = serde_json::from_str(
///     r#"{"credit": {"balance": "-0.01", "currency": "EUR"}}"#,
/// )?;
/// assert!(account.credit.is_some_and(|credit| credit.is_used_up()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TokenAccount {
    /// Refuse everything: BLOCKED.
    pub blocked: bool,
    /// Refuse from this moment on: EXPIRED.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime>,
    /// Refuse when used up: `NO_CREDIT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit: Option<Credit>,
    /// The only places to charge; absent is everywhere, empty is nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permitted_locations: Option<Vec<AccountPlace>>,
    /// Places not to charge, even where permitted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denied_locations: Vec<AccountPlace>,
    /// The most sessions at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrent_sessions_max: Option<u32>,
    /// Whose sessions count for `concurrent_sessions_max`.
    pub concurrency_scope: ConcurrencyScope,
}

impl<'de> Deserialize<'de> for TokenAccount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TokenAccount, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        struct Fields {
            blocked: bool,
            expires_at: Option<DateTime>,
            credit: Option<Object<Credit>>,
            permitted_locations: Option<Vec<AccountPlace>>,
            denied_locations: Vec<AccountPlace>,
            concurrent_sessions_max: Option<u32>,
            concurrency_scope: ConcurrencyScope,
        }

        // An array would read as an account, an empty one as one that limits nothing.
        let Object(fields) = Object::<Fields>::deserialize(deserializer)?;
        Ok(TokenAccount {
            blocked: fields.blocked,
            expires_at: fields.expires_at,
            credit: fields.credit.map(|Object(credit)| credit),
            permitted_locations: fields.permitted_locations,
            denied_locations: fields.denied_locations,
            concurrent_sessions_max: fields.concurrent_sessions_max,
            concurrency_scope: fields.concurrency_scope,
        })
    }
}

impl TokenAccount {
    /// Whether it limits what all Tokens of its group hold together.
    pub fn limits_its_group(&self) -> bool {
        self.concurrent_sessions_max.is_some() && self.concurrency_scope == ConcurrencyScope::Group
    }

    /// Every entry that speaks of a place.
    pub fn places(&self) -> impl Iterator<Item = &AccountPlace> {
        self.permitted_locations
            .iter()
            .flatten()
            .chain(&self.denied_locations)
    }
}

/// Whose sessions count against [`TokenAccount::concurrent_sessions_max`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConcurrencyScope {
    /// Those of the Token alone.
    #[default]
    Token,
    /// Those of all Tokens of its party with its `group_id`.
    Group,
}

/// Prepaid money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credit {
    /// What is left, exact; written as a JSON string, so that no reader makes a float of it.
    #[serde(serialize_with = "write_decimal", deserialize_with = "read_decimal")]
    pub balance: Decimal,
    /// The currency of the balance.
    pub currency: Currency,
}

impl Credit {
    /// Whether nothing is left: the balance is at or below zero.
    pub fn is_used_up(&self) -> bool {
        self.balance <= Decimal::ZERO
    }
}

fn write_decimal<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn read_decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    crate::parse::string(
        deserializer,
        "a decimal as a string, like \"12.50\"",
        |text| Decimal::from_str(text).map_err(|_| "must be a decimal as a string, like \"12.50\""),
    )
}

/// All places of a CPO, one of its Locations, or some EVSEs of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Object<PlaceFields>", into = "PlaceFields")]
pub enum AccountPlace {
    /// Every Location of the CPO.
    Party(Party),
    /// Every EVSE of the Location.
    Location(Party, LocationId),
    /// These EVSEs of the Location; never empty.
    Evses(Party, LocationId, EvseUids),
}

impl AccountPlace {
    /// The CPO.
    pub fn party(&self) -> Party {
        match self {
            AccountPlace::Party(party)
            | AccountPlace::Location(party, _)
            | AccountPlace::Evses(party, ..) => *party,
        }
    }

    /// The Location, unless the whole CPO is meant.
    pub fn location_id(&self) -> Option<&LocationId> {
        match self {
            AccountPlace::Party(_) => None,
            AccountPlace::Location(_, location) | AccountPlace::Evses(_, location, _) => {
                Some(location)
            }
        }
    }
}

/// One or more EVSEs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvseUids(Vec<EvseUid>);

impl EvseUids {
    /// These EVSEs; `None` when there are none, since "no EVSE" and "all EVSEs" must not be
    /// mistaken for each other.
    pub fn new(evse_uids: Vec<EvseUid>) -> Option<EvseUids> {
        (!evse_uids.is_empty()).then_some(EvseUids(evse_uids))
    }

    /// The EVSEs.
    pub fn as_slice(&self) -> &[EvseUid] {
        &self.0
    }
}

/// An [`AccountPlace`] as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceFields {
    country_code: CountryCode,
    party_id: PartyId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location_id: Option<LocationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evse_uids: Option<Vec<EvseUid>>,
}

impl TryFrom<Object<PlaceFields>> for AccountPlace {
    type Error = &'static str;

    fn try_from(Object(fields): Object<PlaceFields>) -> Result<AccountPlace, &'static str> {
        let party = Party {
            country_code: fields.country_code,
            party_id: fields.party_id,
        };
        match (fields.location_id, fields.evse_uids) {
            (None, None) => Ok(AccountPlace::Party(party)),
            (Some(location), None) => Ok(AccountPlace::Location(party, location)),
            (Some(location), Some(evse_uids)) => EvseUids::new(evse_uids)
                .map(|evse_uids| AccountPlace::Evses(party, location, evse_uids))
                .ok_or("`evse_uids`: must not be empty; leave it out for the whole location"),
            (None, Some(_)) => Err("`evse_uids`: needs a `location_id` beside it"),
        }
    }
}

impl From<AccountPlace> for PlaceFields {
    fn from(place: AccountPlace) -> PlaceFields {
        let Party {
            country_code,
            party_id,
        } = place.party();
        let location_id = place.location_id().cloned();
        let evse_uids = match place {
            AccountPlace::Evses(_, _, evse_uids) => Some(evse_uids.0),
            AccountPlace::Party(_) | AccountPlace::Location(..) => None,
        };
        PlaceFields {
            country_code,
            party_id,
            location_id,
            evse_uids,
        }
    }
}
