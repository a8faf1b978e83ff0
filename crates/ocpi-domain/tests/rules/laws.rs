//! Laws that hold for every value, not for examples only.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use ocpi_domain::{
    AccountPlace, AllowedType, AuthorizationInfo, AuthorizationRequest, AuthorizationSubject,
    CiString, ConcurrencyScope, Credit, DateTime, Decision, DisplayText, EvseUid, EvseUids,
    LocationReferences, OcpiString, Party, Token, TokenAccount, TokenPatch, TokenUid, decide,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::support::{NOW, evses, moment, object, party, token_with};

// ---- Questions ----

/// Every EVSE of every Location.
const EVSES: [&str; 3] = ["E1", "E2", "E3"];

/// A question with all that its answer depends on.
#[derive(Debug, Clone)]
struct Question {
    valid: bool,
    account: TokenAccount,
    sessions: u32,
    known: bool,
    asked: Option<LocationReferences>,
}

impl Question {
    fn answer(&self) -> Decision {
        let mut subject = AuthorizationSubject::of(token_with(json!({"valid": self.valid})));
        subject.account = Some(Arc::new(self.account.clone()));
        subject.active_sessions = self.sessions;
        subject.known_evses = self.known.then(|| evses(&EVSES));
        let request = AuthorizationRequest {
            cpo_parties: &[party("NL/ALF")],
            location: self.asked.as_ref(),
        };
        decide(&subject, &request, moment(NOW))
    }

    /// The same about other EVSEs of the place.
    fn at_evses(&self, evse_uids: &[EvseUid]) -> Question {
        let mut question = self.clone();
        if let Some(asked) = &mut question.asked {
            asked.evse_uids = evse_uids.to_vec();
        }
        question
    }
}

/// The EVSEs where a driver with this answer may charge.
fn permission(decision: &Decision) -> BTreeSet<EvseUid> {
    match decision {
        Decision::Allow(Some(place)) if !place.evse_uids.is_empty() => {
            place.evse_uids.iter().cloned().collect()
        }
        Decision::Allow(_) => evses(&EVSES).into_iter().collect(),
        Decision::Refuse(_) | Decision::NeedsLocation(_) => BTreeSet::new(),
    }
}

fn some_evses(at_least: usize) -> impl Strategy<Value = Vec<EvseUid>> {
    subsequence(EVSES.to_vec(), at_least..=EVSES.len()).prop_map(|uids| evses(&uids))
}

fn entry() -> impl Strategy<Value = AccountPlace> {
    let location = select(vec!["LOC1", "LOC1", "LOC2"]);
    (
        select(vec!["NL/ALF", "nl/alf", "NL/BET"]),
        location,
        0..4,
        some_evses(1),
    )
        .prop_map(|(owner, location, kind, evses)| {
            let (owner, location) = (party(owner), location.parse().unwrap());
            match (kind, EvseUids::new(evses)) {
                (0, _) => AccountPlace::Party(owner),
                (1.., Some(evses)) if kind > 1 => AccountPlace::Evses(owner, location, evses),
                _ => AccountPlace::Location(owner, location),
            }
        })
}

fn entries() -> impl Strategy<Value = Vec<AccountPlace>> {
    prop::collection::vec(entry(), 0..4)
}

/// A moment within a second of the question.
fn around_now() -> impl Strategy<Value = DateTime> {
    (-1_000..1_000_i64).prop_map(|ms| DateTime::from_unix_ms(moment(NOW).unix_ms() + ms).unwrap())
}

fn credit() -> impl Strategy<Value = Credit> {
    (-10_000..100_000_i64, 0..6_u32, "[A-Z]{3}").prop_map(|(units, scale, currency)| Credit {
        balance: Decimal::new(units, scale),
        currency: currency.parse().unwrap(),
    })
}

fn account() -> impl Strategy<Value = TokenAccount> {
    (
        prop::bool::weighted(0.1),
        prop::option::weighted(0.3, around_now()),
        prop::option::weighted(0.3, credit()),
        prop::option::of(entries()),
        prop::collection::vec(entry(), 0..3),
        prop::option::weighted(0.3, 0..4_u32),
        select(vec![ConcurrencyScope::Token, ConcurrencyScope::Group]),
    )
        .prop_map(
            |(blocked, expires_at, credit, permitted, denied, sessions_max, scope)| TokenAccount {
                blocked,
                expires_at,
                credit,
                permitted_locations: permitted,
                denied_locations: denied,
                concurrent_sessions_max: sessions_max,
                concurrency_scope: scope,
            },
        )
}

fn place_at_loc1() -> impl Strategy<Value = LocationReferences> {
    some_evses(0)
        .prop_shuffle()
        .prop_map(|evse_uids| LocationReferences {
            location_id: "LOC1".parse().unwrap(),
            evse_uids,
        })
}

fn question() -> impl Strategy<Value = Question> {
    (
        prop::bool::weighted(0.9),
        account(),
        0..4_u32,
        any::<bool>(),
        prop::option::weighted(0.9, place_at_loc1()),
    )
        .prop_map(|(valid, account, sessions, known, asked)| Question {
            valid,
            account,
            sessions,
            known,
            asked,
        })
}

/// One limit made narrower.
#[derive(Debug, Clone)]
enum Narrowing {
    Block,
    ExpireNow,
    UseUpCredit,
    InvalidateToken,
    /// One session fewer, or so many when there was no limit.
    FewerSessions(u32),
    AnotherSession,
    /// Only these, when there was no list.
    PermitOnly(Vec<AccountPlace>),
    /// The entry at this index, counted around.
    Permit1Fewer(usize),
    Deny(AccountPlace),
}

fn narrowing() -> impl Strategy<Value = Narrowing> {
    prop_oneof![
        1 => Just(Narrowing::Block),
        1 => Just(Narrowing::ExpireNow),
        1 => Just(Narrowing::UseUpCredit),
        1 => Just(Narrowing::InvalidateToken),
        1 => (0..4_u32).prop_map(Narrowing::FewerSessions),
        1 => Just(Narrowing::AnotherSession),
        4 => entries().prop_map(Narrowing::PermitOnly),
        4 => any::<usize>().prop_map(Narrowing::Permit1Fewer),
        4 => entry().prop_map(Narrowing::Deny),
    ]
}

impl Narrowing {
    fn apply(self, question: &Question) -> Question {
        let mut narrowed = question.clone();
        let account = &mut narrowed.account;
        match self {
            Narrowing::Block => account.blocked = true,
            Narrowing::ExpireNow => account.expires_at = Some(moment(NOW)),
            Narrowing::UseUpCredit => {
                account.credit = Some(Credit {
                    balance: Decimal::ZERO,
                    currency: "EUR".parse().unwrap(),
                });
            }
            Narrowing::InvalidateToken => narrowed.valid = false,
            Narrowing::FewerSessions(limit) => {
                let fewer = account
                    .concurrent_sessions_max
                    .map_or(limit, |max| max.min(limit));
                account.concurrent_sessions_max = Some(fewer);
            }
            Narrowing::AnotherSession => narrowed.sessions += 1,
            Narrowing::PermitOnly(entries) => {
                account.permitted_locations.get_or_insert(entries);
            }
            Narrowing::Permit1Fewer(index) => {
                if let Some(entries) = account.permitted_locations.as_mut()
                    && !entries.is_empty()
                {
                    entries.remove(index % entries.len());
                }
            }
            Narrowing::Deny(entry) => account.denied_locations.push(entry),
        }
        narrowed
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Holds: E-17.
    #[test]
    fn narrowing_a_limit_never_widens_permission(
        question in question(),
        narrowing in narrowing(),
    ) {
        let before = question.answer();
        let after = narrowing.apply(&question).answer();
        // A question that lacks something was not answered: nothing was refused by it.
        if !matches!(before, Decision::NeedsLocation(_)) {
            prop_assert!(
                permission(&after).is_subset(&permission(&before)),
                "{before:?} became {after:?}"
            );
        }
    }

    /// Holds: E-17.
    #[test]
    fn another_denial_never_widens_permission(question in question(), denied in entry()) {
        let before = question.answer();
        let after = Narrowing::Deny(denied).apply(&question).answer();
        prop_assert!(
            permission(&after).is_subset(&permission(&before)),
            "{before:?} became {after:?}"
        );
    }

    /// Holds: E-20, E-21.
    #[test]
    fn allowed_evses_are_some_of_those_asked_in_their_order(question in question()) {
        if let (Decision::Allow(answer), asked) = (question.answer(), &question.asked) {
            prop_assert_eq!(answer.is_some(), asked.is_some());
            if let (Some(answer), Some(asked)) = (answer, asked)
                && !asked.evse_uids.is_empty()
            {
                prop_assert_eq!(&answer.location_id, &asked.location_id);
                prop_assert!(!answer.evse_uids.is_empty());
                let mut left = asked.evse_uids.iter();
                for evse in &answer.evse_uids {
                    prop_assert!(left.any(|asked| asked == evse), "{:?} of {:?}", answer, asked);
                }
            }
        }
    }

    /// Holds: E-20, E-21, E-22.
    #[test]
    fn evses_asked_together_are_allowed_as_when_asked_alone(question in question()) {
        if let Some(asked) = &question.asked {
            let alone: BTreeSet<EvseUid> = evses(&EVSES)
                .into_iter()
                .filter(|evse| {
                    let answer = question.at_evses(std::slice::from_ref(evse)).answer();
                    answer.allowed() == Some(AllowedType::Allowed)
                })
                .collect();
            let together = question.answer();
            if matches!(together, Decision::NeedsLocation(_)) {
                return Ok(());
            }
            let asked: BTreeSet<EvseUid> = if asked.evse_uids.is_empty() {
                evses(&EVSES).into_iter().collect()
            } else {
                asked.evse_uids.iter().cloned().collect()
            };
            prop_assert_eq!(permission(&together), &alone & &asked);
        }
    }
}

// ---- Wire round trips ----

/// Printable ASCII that names something.
fn identifier(max: usize) -> impl Strategy<Value = String> {
    prop::string::string_regex(&format!("[ -~]{{1,{max}}}"))
        .unwrap()
        .prop_filter("`#NA` names nothing", |text| text != "#NA")
}

/// Any JSON but `null`, as a peer might send it beside the fields of OCPI.
fn unknown_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Eighths: every reader of floats reads them exactly.
        any::<i32>().prop_map(|eighths| json!(f64::from(eighths) / 8.0)),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(prop_oneof![inner.clone(), Just(Value::Null)], 0..4)
                .prop_map(Value::from),
            prop::collection::hash_map("\\PC{0,6}", inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// No field of OCPI has an upper-case name.
fn unknown_fields() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::hash_map("[A-Z\"\\\\é]{0,3}", unknown_value(), 0..4)
        .prop_map(|members| members.into_iter().collect())
}

/// In the form that we write.
fn moment_text() -> impl Strategy<Value = Value> {
    any_moment().prop_map(|moment| json!(moment.to_string()))
}

fn any_moment() -> impl Strategy<Value = DateTime> {
    let years_0_to_9999 = -62_167_219_200_000..=253_402_300_799_999_i64;
    let ms = prop_oneof![
        years_0_to_9999,
        (-100..4_000_i64).prop_map(|seconds| seconds * 1_000)
    ];
    ms.prop_map(|ms| DateTime::from_unix_ms(ms).unwrap())
}

fn energy_contract() -> impl Strategy<Value = Value> {
    ("\\PC{0,64}", prop::option::of("\\PC{0,64}")).prop_map(|(supplier_name, contract_id)| {
        match contract_id {
            Some(id) => json!({"supplier_name": supplier_name, "contract_id": id}),
            None => json!({"supplier_name": supplier_name}),
        }
    })
}

/// The fields of a Token that a PATCH may change, each with a new value.
fn changeable_fields() -> impl Strategy<Value = Map<String, Value>> {
    (
        "[ -~]{0,36}",
        "\\PC{0,64}",
        "\\PC{0,64}",
        "[ -~]{0,36}",
        any::<bool>(),
        select(vec!["ALWAYS", "ALLOWED", "ALLOWED_OFFLINE", "NEVER"]),
        "[A-Za-z]{2}",
        select(vec!["CHEAP", "FAST", "GREEN", "REGULAR"]),
        energy_contract(),
        moment_text(),
    )
        .prop_map(
            |(contract, issuer, number, group, valid, whitelist, language, profile, energy, at)| {
                object(json!({
                    "contract_id": contract,
                    "issuer": issuer,
                    "visual_number": number,
                    "group_id": group,
                    "valid": valid,
                    "whitelist": whitelist,
                    "language": language,
                    "default_profile_type": profile,
                    "energy_contract": energy,
                    "last_updated": at
                }))
            },
        )
}

const OPTIONAL: [&str; 5] = [
    "visual_number",
    "group_id",
    "language",
    "default_profile_type",
    "energy_contract",
];

fn token_json() -> impl Strategy<Value = Value> {
    (
        "[A-Za-z]{2}",
        "[A-Za-z0-9]{3}",
        identifier(36),
        prop_oneof![
            select(vec!["RFID", "APP_USER", "AD_HOC_USER", "EMAID", "OTHER"])
                .prop_map(str::to_owned),
            "\\PC{1,40}",
        ],
        changeable_fields(),
        subsequence(OPTIONAL.to_vec(), 0..=OPTIONAL.len()),
        unknown_fields(),
    )
        .prop_map(
            |(country, id, uid, token_type, fields, left_out, unknown)| {
                let mut token = fields;
                token.retain(|name, _| !left_out.contains(&name.as_str()));
                token.extend(object(json!({
                    "country_code": country, "party_id": id, "uid": uid, "type": token_type
                })));
                token.extend(unknown);
                Value::Object(token)
            },
        )
}

/// Some fields of a Token, some of them `null`, and some that OCPI does not know.
fn patch_json() -> impl Strategy<Value = Map<String, Value>> {
    (
        changeable_fields(),
        unknown_fields(),
        prop::collection::vec(0..3, 14),
    )
        .prop_map(|(fields, unknown, choices)| {
            let sent = fields.into_iter().chain(unknown).zip(choices);
            sent.filter_map(|((name, value), choice)| match choice {
                0 => None,
                1 => Some((name, Value::Null)),
                _ => Some((name, value)),
            })
            .collect()
        })
}

fn place() -> impl Strategy<Value = LocationReferences> {
    (identifier(36), prop::collection::vec(identifier(36), 0..4)).prop_map(|(location, uids)| {
        LocationReferences {
            location_id: location.parse().unwrap(),
            evse_uids: uids.iter().map(|uid| uid.parse().unwrap()).collect(),
        }
    })
}

fn answer() -> impl Strategy<Value = AuthorizationInfo> {
    (
        select(AllowedType::ALL.to_vec()),
        token_json(),
        prop::option::of(place()),
        prop::option::of(identifier(36)),
        prop::option::of(("[A-Za-z]{2}", "\\PC{0,512}")),
    )
        .prop_map(
            |(allowed, token, location, reference, info)| AuthorizationInfo {
                allowed,
                token: Arc::new(serde_json::from_value(token).unwrap()),
                location,
                authorization_reference: reference.map(|text| text.parse().unwrap()),
                info: info.map(|(language, text)| DisplayText {
                    language: language.parse().unwrap(),
                    text: OcpiString::new(&text).unwrap(),
                }),
            },
        )
}

/// What is read back equals what was written, and is written again to the letter: equality
/// alone is blind to case.
fn assert_round_trip<T>(value: &T) -> Result<(), TestCaseError>
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&text)
        .map_err(|error| TestCaseError::fail(format!("{error} in {text}")))?;
    prop_assert_eq!(&read, value);
    prop_assert_eq!(serde_json::to_string(&read).unwrap(), text);
    Ok(())
}

proptest! {
    /// Holds: D-01, T-63, T-69.
    #[test]
    fn token_is_written_as_it_was_read(json in token_json()) {
        let token: Token = serde_json::from_str(&json.to_string())
            .map_err(|error| TestCaseError::fail(format!("{error} in {json}")))?;
        let text = serde_json::to_string(&token).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json);
        assert_round_trip(&token)?;
    }

    /// Holds: E-17, T-73.
    #[test]
    fn account_is_read_as_it_was_written(account in account()) {
        assert_round_trip(&account)?;
    }

    /// Holds: D-03, E-22.
    #[test]
    fn place_is_read_as_it_was_written(place in place()) {
        assert_round_trip(&place)?;
    }

    /// Holds: D-04, E-19, E-27.
    #[test]
    fn answer_is_read_as_it_was_written(answer in answer()) {
        assert_round_trip(&answer)?;
    }

    /// Holds: K-22, K-26, K-33.
    #[test]
    fn patch_touches_the_sent_fields_only_and_may_be_repeated(
        token in token_json(),
        patch in patch_json(),
    ) {
        let read: TokenPatch = serde_json::from_str(&Value::Object(patch.clone()).to_string())
            .map_err(|error| TestCaseError::fail(format!("{error} in {patch:?}")))?;
        let mut expected = token.clone();
        for (name, value) in patch.into_iter().filter(|(_, value)| !value.is_null()) {
            expected[name] = value;
        }
        let token: Token = serde_json::from_value(token).unwrap();
        let once = read.clone().apply_to(&token).unwrap();
        prop_assert_eq!(serde_json::to_value(&once).unwrap(), expected);
        let twice = read.apply_to(&once).unwrap();
        prop_assert_eq!(serde_json::to_string(&twice).unwrap(), serde_json::to_string(&once).unwrap());
    }
}

// ---- Times and texts ----

/// A text, and another that often differs from it in case only.
fn two_texts() -> impl Strategy<Value = (String, String)> {
    let other_case = ("[ -~]{0,8}", prop::collection::vec(any::<bool>(), 8)).prop_map(
        |(text, flips): (String, Vec<bool>)| {
            let flip = |(c, flip): (char, bool)| match (flip, c.is_ascii_uppercase()) {
                (false, _) => c,
                (true, true) => c.to_ascii_lowercase(),
                (true, false) => c.to_ascii_uppercase(),
            };
            let other = text.chars().zip(flips).map(flip).collect();
            (text, other)
        },
    );
    prop_oneof![other_case, ("[@-Z\\[-`a-c]{0,3}", "[@-Z\\[-`a-c]{0,3}")]
}

/// Eq, Ord and Hash agree with each other and with the texts in lower case.
fn assert_folded<T: Ord + Hash + std::fmt::Debug>(
    (one, other): (&T, &T),
    (one_text, other_text): (&str, &str),
) -> Result<(), TestCaseError> {
    let (one_text, other_text) = (one_text.to_lowercase(), other_text.to_lowercase());
    prop_assert_eq!(one == other, one_text == other_text);
    prop_assert_eq!(one.cmp(other) == Ordering::Equal, one == other);
    prop_assert_eq!(one.cmp(other), other.cmp(one).reverse());
    prop_assert_eq!(one.partial_cmp(other), Some(one.cmp(other)));
    if one == other {
        let hasher = RandomState::new();
        prop_assert_eq!(hasher.hash_one(one), hasher.hash_one(other));
    }
    Ok(())
}

proptest! {
    /// Holds: T-66, T-67.
    #[test]
    fn moment_is_read_as_it_was_written(moment in any_moment()) {
        let text = moment.to_string();
        prop_assert!(text.len() <= 25 && text.ends_with('Z'), "{text}");
        prop_assert_eq!(text.contains('.'), moment.unix_ms().rem_euclid(1_000) != 0);
        prop_assert_eq!(text.parse::<DateTime>(), Ok(moment));
        assert_round_trip(&moment)?;
    }

    /// Holds: T-67, T-68.
    #[test]
    fn moment_is_the_same_in_every_zone_and_with_more_digits(
        moment in any_moment(),
        hours in -23..=23_i64,
        minutes in 0..60_i64,
        digits in "[0-9]{0,6}",
    ) {
        let sign = if hours < 0 { -1 } else { 1 };
        let offset_ms = sign * (hours.abs() * 60 + minutes) * 60_000;
        if let Ok(local) = DateTime::from_unix_ms(moment.unix_ms() + offset_ms) {
            let local = local.to_string();
            let local = local.trim_end_matches('Z');
            let (seconds, ms) = local.split_once('.').unwrap_or((local, "000"));
            let sign = if hours < 0 { '-' } else { '+' };
            let text = format!("{seconds}.{ms}{digits}{sign}{:02}:{minutes:02}", hours.abs());
            prop_assert_eq!(text.parse::<DateTime>(), Ok(moment), "{}", text);
        }
    }

    /// Holds: T-69.
    #[test]
    fn ci_strings_are_equal_ordered_and_hashed_without_case((one, other) in two_texts()) {
        let values = (CiString::<8>::new(&one).unwrap(), CiString::<8>::new(&other).unwrap());
        assert_folded((&values.0, &values.1), (&one, &other))?;
        prop_assert_eq!(values.0.as_str(), one, "kept as received");
    }

    /// Holds: T-69.
    #[test]
    fn ids_are_equal_ordered_and_hashed_without_case((one, other) in two_texts()) {
        if let (Ok(one_uid), Ok(other_uid)) = (TokenUid::new(&one), TokenUid::new(&other)) {
            assert_folded((&one_uid, &other_uid), (&one, &other))?;
        }
    }

    /// Holds: T-69.
    #[test]
    fn parties_are_equal_ordered_and_hashed_without_case(
        one in "[ABab]{2}/[AZaz0]{3}",
        other in "[ABab]{2}/[AZaz0]{3}",
    ) {
        let (one_party, other_party): (Party, Party) = (party(&one), party(&other));
        assert_folded((&one_party, &other_party), (&one, &other))?;
        prop_assert_eq!(one_party.to_string(), one, "kept as received");
    }
}
