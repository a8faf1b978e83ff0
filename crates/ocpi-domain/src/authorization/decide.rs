//! The rules of an authorization, in their order.

use std::sync::Arc;

use super::{AllowedType, AuthorizationStatus, explain, places};
use crate::account::TokenAccount;
use crate::display_text::{DisplayText, LanguageCode};
use crate::enums::closed_enum;
use crate::location::{LocationEvses, LocationReferences};
use crate::party::Party;
use crate::time::DateTime;
use crate::token::StoredToken;

/// Everything stored that a decision depends on, read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationSubject {
    /// The Token that the question is about.
    pub token: StoredToken,
    /// Its limits; `None` limits nothing.
    pub account: Option<Arc<TokenAccount>>,
    /// How many sessions and pending slots count against `concurrent_sessions_max`, those at the
    /// place of the question left out.
    pub active_sessions: u32,
    /// Whether some account limits what its group holds, so that a Token without a limit of its
    /// own counts for others.
    pub groups_are_limited: bool,
    /// The EVSEs known at the Location of the question; `None` when the Location is unknown. An
    /// empty list says no more than that: no EVSE is known.
    pub known_evses: Option<Arc<LocationEvses>>,
}

/// The question: who asks, and for which place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorizationRequest<'a> {
    /// The CPO of the place, or the CPOs that it may be when the question does not say.
    pub cpo_parties: &'a [Party],
    /// The place, when the question names one.
    pub location: Option<&'a LocationReferences>,
}

closed_enum!(
    /// The rule that decided a question, for the record.
    Rule {
        /// The platform may not ask: it serves no CPO, or names a party that it may not.
        AccessDenied = "access_denied",
        /// No such Token.
        UnknownToken = "unknown_token",
        /// Several hosted parties have a Token of that uid and type, and nothing says which.
        AmbiguousToken = "ambiguous_token",
        /// The account is blocked.
        Blocked = "blocked",
        /// The account has expired.
        Expired = "expired",
        /// The Token says `valid: false`.
        NotValid = "not_valid",
        /// The account's credit is used up.
        NoCredit = "no_credit",
        /// The account's limits depend on a place that the question does not name.
        LocationMissing = "location_missing",
        /// As many sessions are active as the account permits.
        ConcurrentSessions = "concurrent_sessions",
        /// The account's limits of places.
        Places = "places",
        /// No rule refused.
        AllPassed = "all_passed",
        /// At a charge point: the eMSP's answer.
        RealTime = "real_time",
        /// At a charge point: the CPO's own copy of the Token.
        Whitelist = "whitelist",
        /// At a charge point: no answer was to be had.
        Offline = "offline",
        /// At a charge point: what the eMSPs said that were asked about an unknown card.
        FanOut = "fan_out",
        /// At a charge point: whether the Token may stop the session.
        StopRule = "stop_rule",
        /// At a charge point: the eMSP's own command.
        Command = "command",
    }
);

/// Why a known Token may not charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The account is blocked.
    Blocked,
    /// The account has expired.
    Expired,
    /// The Token says `valid: false`.
    NotValid,
    /// The account's credit is used up.
    NoCredit,
    /// As many sessions are active as the account permits.
    ConcurrentSessions,
    /// The account does not permit the place.
    Places,
}

impl Refusal {
    /// Every refusal, in the order of the rules.
    pub const ALL: [Refusal; 6] = [
        Refusal::Blocked,
        Refusal::Expired,
        Refusal::NotValid,
        Refusal::NoCredit,
        Refusal::ConcurrentSessions,
        Refusal::Places,
    ];

    /// The answer in OCPI's words.
    pub fn allowed(self) -> AllowedType {
        match self {
            Refusal::Blocked | Refusal::NotValid => AllowedType::Blocked,
            Refusal::Expired => AllowedType::Expired,
            Refusal::NoCredit => AllowedType::NoCredit,
            Refusal::ConcurrentSessions | Refusal::Places => AllowedType::NotAllowed,
        }
    }

    /// The finer status.
    pub fn status(self) -> AuthorizationStatus {
        match self {
            Refusal::Blocked | Refusal::NoCredit | Refusal::Places => AuthorizationStatus::Blocked,
            Refusal::Expired => AuthorizationStatus::Expired,
            Refusal::NotValid => AuthorizationStatus::Invalid,
            Refusal::ConcurrentSessions => AuthorizationStatus::ConcurrentTx,
        }
    }

    /// The rule that refused.
    pub fn rule(self) -> Rule {
        match self {
            Refusal::Blocked => Rule::Blocked,
            Refusal::Expired => Rule::Expired,
            Refusal::NotValid => Rule::NotValid,
            Refusal::NoCredit => Rule::NoCredit,
            Refusal::ConcurrentSessions => Rule::ConcurrentSessions,
            Refusal::Places => Rule::Places,
        }
    }
}

/// What the question must say before it can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missing {
    /// The Location.
    Location,
    /// The EVSEs: some are denied, and the others at that Location are not known.
    Evses,
}

/// What the rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// May charge, at this place when the question named one.
    Allow(Option<LocationReferences>),
    /// May not charge.
    Refuse(Refusal),
    /// Cannot be said without more of the place.
    NeedsLocation(Missing),
}

impl Decision {
    /// The answer in OCPI's words; `None` when there is none yet.
    pub fn allowed(&self) -> Option<AllowedType> {
        match self {
            Decision::Allow(_) => Some(AllowedType::Allowed),
            Decision::Refuse(refusal) => Some(refusal.allowed()),
            Decision::NeedsLocation(_) => None,
        }
    }

    /// The finer status; `None` when there is no answer yet.
    pub fn status(&self) -> Option<AuthorizationStatus> {
        match self {
            Decision::Allow(_) => Some(AuthorizationStatus::Accepted),
            Decision::Refuse(refusal) => Some(refusal.status()),
            Decision::NeedsLocation(_) => None,
        }
    }

    /// What a refused driver reads, as [`Refusal::text`] says it; `None` for every other decision.
    pub fn text(&self, language: Option<LanguageCode>) -> Option<DisplayText> {
        match self {
            Decision::Refuse(refusal) => refusal.text(language),
            Decision::Allow(_) | Decision::NeedsLocation(_) => None,
        }
    }

    /// The rule that decided.
    pub fn rule(&self) -> Rule {
        match self {
            Decision::Allow(_) => Rule::AllPassed,
            Decision::Refuse(refusal) => refusal.rule(),
            Decision::NeedsLocation(Missing::Location) => Rule::LocationMissing,
            Decision::NeedsLocation(Missing::Evses) => Rule::Places,
        }
    }
}

/// What a rule sees.
pub(super) struct Facts<'a> {
    pub(super) subject: &'a AuthorizationSubject,
    pub(super) account: &'a TokenAccount,
    pub(super) request: &'a AuthorizationRequest<'a>,
    pub(super) now: DateTime,
}

/// A rule under its name.
pub(super) struct NamedRule {
    pub(super) name: Rule,
    /// The rule itself; `None` leaves the question to the next.
    pub(super) decide: fn(&Facts<'_>) -> Option<Decision>,
    /// The facts that it looks at and what it made of them, for an operator.
    pub(super) describe: fn(&Facts<'_>, Option<&Decision>) -> String,
}

const fn rule(
    name: Rule,
    decide: fn(&Facts<'_>) -> Option<Decision>,
    describe: fn(&Facts<'_>, Option<&Decision>) -> String,
) -> NamedRule {
    NamedRule {
        name,
        decide,
        describe,
    }
}

/// The rules in their order; the first that decides wins.
pub(super) const RULES: [NamedRule; 7] = [
    rule(Rule::Blocked, blocked, explain::blocked),
    rule(Rule::Expired, expired, explain::expired),
    rule(Rule::NotValid, not_valid, explain::not_valid),
    rule(Rule::NoCredit, no_credit, explain::no_credit),
    rule(
        Rule::LocationMissing,
        location_missing,
        explain::location_missing,
    ),
    rule(
        Rule::ConcurrentSessions,
        concurrent_sessions,
        explain::concurrent_sessions,
    ),
    rule(Rule::Places, places, explain::places),
];

/// The facts of a question. An absent account limits nothing.
pub(super) fn with_facts<T>(
    subject: &AuthorizationSubject,
    request: &AuthorizationRequest<'_>,
    now: DateTime,
    look: impl FnOnce(&Facts<'_>) -> T,
) -> T {
    let no_limits = TokenAccount::default();
    let account = subject.account.as_deref().unwrap_or(&no_limits);
    look(&Facts {
        subject,
        account,
        request,
        now,
    })
}

/// Whether the Token of `subject` may charge at the place of `request`, at the moment `now`.
///
/// The order of the rules, the first that decides wins: blocked, expired, not valid, no credit,
/// place needed but not named, too many sessions at once, place not permitted; else allowed. So
/// a blocked Token is refused whatever the question lacks.
///
/// Opening hours, the state of an EVSE, and places that nobody told us of never refuse: what we
/// know of them may be out of date.
///
/// Spec: 2.3.0 `mod_tokens`, POST method.
///
/// # Example
///
/// ```
/// # let token: ocpi_domain::Token = serde_json::from_str(
/// #     r#"{"country_code":"DE","party_id":"TNM","uid":"012345678","type":"RFID",
/// #         "contract_id":"DE8ACC12E46L89","issuer":"TheNewMotion","valid":true,
/// #         "whitelist":"ALLOWED_OFFLINE","last_updated":"2015-06-29T22:39:09Z"}"#,
/// # )?;
/// use ocpi_domain::{AuthorizationRequest, AuthorizationSubject, Decision, decide};
///
/// let subject = AuthorizationSubject::of(token);
/// let request = AuthorizationRequest { cpo_parties: &[], location: None };
/// let now = "2026-01-01T00:00:00Z".parse()?;
/// assert_eq!(decide(&subject, &request, now), Decision::Allow(None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decide(
    subject: &AuthorizationSubject,
    request: &AuthorizationRequest<'_>,
    now: DateTime,
) -> Decision {
    with_facts(subject, request, now, |facts| {
        RULES
            .iter()
            .find_map(|rule| (rule.decide)(facts))
            .unwrap_or_else(|| all_passed(facts))
    })
}

/// What holds when no rule decided.
pub(super) fn all_passed(facts: &Facts<'_>) -> Decision {
    Decision::Allow(facts.request.location.cloned())
}

impl AuthorizationSubject {
    /// A Token alone: no limits, no sessions, no known places.
    pub fn of(token: crate::token::Token) -> AuthorizationSubject {
        AuthorizationSubject {
            token: StoredToken {
                token: Arc::new(token),
                marks: crate::token::TokenMarks::default(),
                revision: crate::token::Revision(0),
            },
            account: None,
            active_sessions: 0,
            groups_are_limited: false,
            known_evses: None,
        }
    }
}

fn refuse_if(condition: bool, refusal: Refusal) -> Option<Decision> {
    condition.then_some(Decision::Refuse(refusal))
}

fn blocked(facts: &Facts<'_>) -> Option<Decision> {
    refuse_if(facts.account.blocked, Refusal::Blocked)
}

fn expired(facts: &Facts<'_>) -> Option<Decision> {
    let expires_at = facts.account.expires_at;
    refuse_if(
        expires_at.is_some_and(|moment| moment <= facts.now),
        Refusal::Expired,
    )
}

fn not_valid(facts: &Facts<'_>) -> Option<Decision> {
    refuse_if(!facts.subject.token.token.valid, Refusal::NotValid)
}

fn no_credit(facts: &Facts<'_>) -> Option<Decision> {
    let credit = facts.account.credit.as_ref();
    refuse_if(
        credit.is_some_and(crate::account::Credit::is_used_up),
        Refusal::NoCredit,
    )
}

fn location_missing(facts: &Facts<'_>) -> Option<Decision> {
    let needed = facts
        .account
        .places()
        .any(|place| place.location_id().is_some());
    (needed && facts.request.location.is_none())
        .then_some(Decision::NeedsLocation(Missing::Location))
}

fn concurrent_sessions(facts: &Facts<'_>) -> Option<Decision> {
    let max = facts.account.concurrent_sessions_max;
    refuse_if(
        max.is_some_and(|max| facts.subject.active_sessions >= max),
        Refusal::ConcurrentSessions,
    )
}

fn places(facts: &Facts<'_>) -> Option<Decision> {
    places::restrict(
        facts.account,
        facts.request,
        facts.subject.known_evses.as_deref(),
    )
}
