//! A dry run of an authorize request.

use std::sync::Arc;

use ocpi_domain::{
    AllowedType, AuthorizationRequest, AuthorizationStatus, AuthorizationSubject, DateTime,
    Decision, DisplayText, LocationReferences, OcpiVersion, Party, Platform, PlatformId, Role,
    Rule, RuleOutcome, RuleStep, RuleTrail, Slot, SlotHolder, SlotPlace, Token, TokenAccount,
    TokenType, explain,
};
use ocpi_ports::{SlotQuery, StorageError, StoredPlatform, SubjectLookup};

use super::OperatorError;
use crate::app::App;
use crate::deadline::in_time;
use crate::slot_claim::slot_limit;
use crate::subject_lookup::SubjectQuestion;

/// The question, as a platform could ask it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainRequest {
    /// The owner, when the question names one; `None` is any eMSP hosted here.
    pub owner: Option<Party>,
    /// The uid as it would be sent; a text that is no uid is an unknown Token.
    pub uid: String,
    /// The type; RFID is what a platform means that sends none.
    pub token_type: TokenType,
    /// The place, when the question names one.
    pub location: Option<LocationReferences>,
    /// The CPO of the place: `OCPI-from`. Without a platform, it is taken for one.
    pub cpo: Option<Party>,
    /// Who asks; `None` is the only platform that speaks for the CPO, if there is one.
    pub platform: Option<PlatformId>,
    /// The moment of the question; `None` is now.
    pub at: Option<DateTime>,
}

/// What would be answered, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The answer; `None` when the question cannot be answered.
    pub allowed: Option<AllowedType>,
    /// The finer status; `None` when the question cannot be answered.
    pub status: Option<AuthorizationStatus>,
    /// The rule that decides.
    pub rule: Rule,
    /// What a refused driver reads, in the language of the Token.
    pub info: Option<DisplayText>,
    /// The place that would be allowed.
    pub location: Option<LocationReferences>,
    /// The Token, when one was found.
    pub token: Option<Arc<Token>>,
    /// Its account, when it has one.
    pub account: Option<Arc<TokenAccount>>,
    /// Each rule in order, and what came of it. Exactly one decided.
    pub trail: Vec<RuleStep>,
    /// What counts against the limit of concurrent sessions, oldest first; nothing when the
    /// account sets none.
    pub slots: Vec<Slot>,
}

impl App {
    /// What an authorize request would be answered, and the way there. It leaves no trace: no
    /// record, no count, no line in the log.
    ///
    /// # Errors
    ///
    /// [`OperatorError::UnknownPlatform`], [`OperatorError::Storage`]. An unknown Token is no
    /// error: the trail says it.
    pub async fn explain(&self, request: ExplainRequest) -> Result<Explanation, OperatorError> {
        in_time(self.explain_of_store(&request)).await
    }

    async fn explain_of_store(
        &self,
        request: &ExplainRequest,
    ) -> Result<Explanation, OperatorError> {
        let platform = self.asking_platform(request).await?;
        let cpo_parties = match &platform {
            Some(platform) => self.cpo_parties(platform, request.cpo).await?,
            None => request.cpo.into_iter().collect(),
        };
        let now = request.at.unwrap_or_else(|| self.now());
        let question = SubjectQuestion {
            owner: request.owner,
            to: None,
            uid: &request.uid,
            token_type: &request.token_type,
            version: OcpiVersion::V2_3_0,
            platform: platform.as_ref().map(|platform| &platform.id),
            cpo_parties: &cpo_parties,
            location: request.location.as_ref(),
            at: now,
        };
        let subject = match self.look_up(&question).await? {
            SubjectLookup::Unknown => {
                return Ok(without_token(
                    Rule::UnknownToken,
                    "no eMSP hosted here, or not the owner named, has such a Token",
                ));
            }
            SubjectLookup::Ambiguous => {
                return Ok(without_token(
                    Rule::AmbiguousToken,
                    "several Tokens match, and the question does not say which is meant",
                ));
            }
            SubjectLookup::One(subject) => subject,
        };
        let place = AuthorizationRequest {
            cpo_parties: &cpo_parties,
            location: request.location.as_ref(),
        };
        let slots = self.counted_slots(&subject, &question).await?;
        let RuleTrail { decision, steps } = explain(&subject, &place, now);
        Ok(Explanation {
            allowed: decision.allowed(),
            status: decision.status(),
            rule: decision.rule(),
            info: decision.text(subject.token.token.language),
            location: match decision {
                Decision::Allow(location) => location,
                Decision::Refuse(_) | Decision::NeedsLocation(_) => None,
            },
            token: Some(subject.token.token),
            account: subject.account,
            trail: steps,
            slots,
        })
    }

    /// The slots that count against the question.
    async fn counted_slots(
        &self,
        subject: &AuthorizationSubject,
        question: &SubjectQuestion<'_>,
    ) -> Result<Vec<Slot>, StorageError> {
        let Some(limit) = slot_limit(subject.account.as_deref()) else {
            return Ok(Vec::new());
        };
        let known_evses = subject.known_evses.as_deref();
        let query = SlotQuery {
            holder: SlotHolder::of(&subject.token.token),
            scope: limit.scope,
            place: question.platform.map(|platform| {
                SlotPlace::of_question(platform.clone(), question.location, known_evses)
            }),
            at: question.at,
        };
        self.ports.authorizations.list_slots(&query).await
    }

    /// The platform that asks: the one named, else the only one that speaks for the CPO.
    async fn asking_platform(
        &self,
        request: &ExplainRequest,
    ) -> Result<Option<Arc<Platform>>, OperatorError> {
        let platforms = &self.ports.platforms;
        if let Some(id) = &request.platform {
            let stored = platforms.find_platform(id).await?;
            let stored = stored.ok_or(OperatorError::UnknownPlatform)?;
            return Ok(Some(Arc::clone(&stored.platform)));
        }
        let Some(cpo) = request.cpo else {
            return Ok(None);
        };
        let known = platforms.list_platforms().await?.platforms;
        let speaks = |stored: &&Arc<StoredPlatform>| stored.platform.holds(cpo, &Role::Cpo);
        let mut speaking = known.iter().filter(speaks);
        Ok(match (speaking.next(), speaking.next()) {
            (Some(only), None) => Some(Arc::clone(&only.platform)),
            _ => None,
        })
    }
}

/// There is no one Token to ask the rules about.
fn without_token(rule: Rule, detail: &str) -> Explanation {
    let mut trail = RuleStep::none_reached();
    trail.insert(
        0,
        RuleStep {
            rule,
            outcome: RuleOutcome::Decided,
            detail: detail.to_owned(),
        },
    );
    Explanation {
        allowed: None,
        status: None,
        rule,
        info: None,
        location: None,
        token: None,
        account: None,
        trail,
        slots: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use ocpi_domain::{ConcurrencyScope, PartyRole, Platform, Role, SlotId, SlotUse};
    use ocpi_ports::MockAuthorizationRepository;
    use serde_json::{Value, json};

    use super::*;
    use crate::Ports;
    use crate::testing::{KnownPlatforms, app, moment, now, party, platform, ports, token};

    /// An application in which CH/ABC has the Token CARD with `account`, and whose platform
    /// `peer` speaks for NL/ALF and NL/BET as CPO. It takes no record.
    fn app_about(account: &Value) -> App {
        app_about_with(account, |_| {})
    }

    /// The same, with what more the store is expected to be asked.
    fn app_about_with(
        account: &Value,
        expect_more: impl FnOnce(&mut MockAuthorizationRepository),
    ) -> App {
        let mut subject =
            AuthorizationSubject::of(Token::clone(&token("CARD", &json!({"language": "de"}))));
        subject.account = Some(Arc::new(serde_json::from_value(account.clone()).unwrap()));
        let mut authorizations = MockAuthorizationRepository::new();
        authorizations
            .expect_load_authorization_subject()
            .returning(move |query| {
                assert_eq!(query.parties, [party("CH/ABC")]);
                Ok(match query.uid.as_str() {
                    "CARD" => SubjectLookup::One(Box::new(subject.clone())),
                    "TWICE" => SubjectLookup::Ambiguous,
                    _ => SubjectLookup::Unknown,
                })
            });
        expect_more(&mut authorizations);
        let known = |id, cpos: &[&str]| {
            let roles = cpos.iter().map(|it| PartyRole {
                party: party(it),
                role: Role::Cpo,
            });
            StoredPlatform::new(Platform {
                roles: roles.collect(),
                ..platform(id)
            })
        };
        let platforms = KnownPlatforms::of(vec![
            known("peer", &["NL/ALF", "NL/BET", "NL/TWO"]),
            known("rival", &["NL/TWO"]),
        ]);
        app(Ports {
            authorizations: Arc::new(authorizations),
            platforms,
            ..ports()
        })
    }

    fn about(uid: &str) -> ExplainRequest {
        ExplainRequest {
            owner: None,
            uid: uid.to_owned(),
            token_type: TokenType::Rfid,
            location: None,
            cpo: None,
            platform: None,
            at: None,
        }
    }

    fn decided(explanation: &Explanation) -> (usize, Rule) {
        let steps = explanation.trail.iter().enumerate();
        let mut decided = steps.filter(|(_, step)| step.outcome == RuleOutcome::Decided);
        let (place, step) = decided.next().unwrap();
        assert_eq!(decided.next(), None);
        (place, step.rule)
    }

    #[tokio::test]
    async fn a_refusal_is_explained_in_full_and_leaves_no_record() {
        let app = app_about(&json!({"expires_at": "2026-01-01T00:00:00Z"}));
        let explanation = app.explain(about("CARD")).await.unwrap();
        assert_eq!(explanation.allowed, Some(AllowedType::Expired));
        assert_eq!(explanation.status, Some(AuthorizationStatus::Expired));
        assert_eq!(explanation.rule, Rule::Expired);
        assert_eq!(decided(&explanation), (1, Rule::Expired));
        assert_eq!(explanation.info.unwrap().language.as_str(), "de");
        assert_eq!(explanation.location, None);
        assert_eq!(explanation.token.unwrap().uid.as_str(), "CARD");
        assert!(explanation.account.unwrap().expires_at.is_some());

        let before = ExplainRequest {
            at: Some(moment("2025-12-31T23:59:59Z")),
            ..about("CARD")
        };
        let explanation = app.explain(before).await.unwrap();
        assert_eq!(explanation.allowed, Some(AllowedType::Allowed));
        assert_eq!(explanation.status, Some(AuthorizationStatus::Accepted));
        assert_eq!(decided(&explanation), (7, Rule::AllPassed));
        assert_eq!(explanation.info, None);
    }

    #[tokio::test]
    async fn what_is_no_one_token_is_decided_before_the_first_rule() {
        let app = app_about(&json!({}));
        let foreign = ExplainRequest {
            owner: Some(party("DE/XYZ")),
            ..about("CARD")
        };
        for (request, rule) in [
            (about("NONE"), Rule::UnknownToken),
            (
                about("no uid, since it is longer than that"),
                Rule::UnknownToken,
            ),
            (foreign, Rule::UnknownToken),
            (about("TWICE"), Rule::AmbiguousToken),
        ] {
            let explanation = app.explain(request).await.unwrap();
            assert_eq!(decided(&explanation), (0, rule));
            assert_eq!(explanation.rule, rule);
            assert_eq!((explanation.allowed, explanation.status), (None, None));
            assert_eq!(explanation.token, None);
        }
    }

    #[tokio::test]
    async fn the_cpo_is_the_one_named_or_any_of_the_platform() {
        let app = app_about(&json!({
            "permitted_locations": [{"country_code": "NL", "party_id": "BET"}]
        }));
        let peer = || Some("peer".parse().unwrap());
        for (cpo, platform, allowed) in [
            (None, None, AllowedType::NotAllowed),
            (Some("NL/BET"), None, AllowedType::Allowed),
            (Some("NL/ALF"), None, AllowedType::NotAllowed),
            (None, peer(), AllowedType::Allowed),
            (Some("NL/BET"), peer(), AllowedType::Allowed),
            (Some("NL/ALF"), peer(), AllowedType::NotAllowed),
            // As for a request: a sender that the platform does not hold says nothing.
            (Some("NL/GAM"), peer(), AllowedType::Allowed),
        ] {
            let request = ExplainRequest {
                cpo: cpo.map(party),
                platform,
                ..about("CARD")
            };
            let explanation = app.explain(request.clone()).await.unwrap();
            assert_eq!(explanation.allowed, Some(allowed), "{request:?}");
        }
        let unknown = ExplainRequest {
            platform: Some("nobody".parse().unwrap()),
            ..about("CARD")
        };
        let refused = app.explain(unknown).await;
        assert!(matches!(refused, Err(OperatorError::UnknownPlatform)));
    }

    /// Holds: E-29.
    #[tokio::test]
    async fn what_holds_the_slots_is_named_where_the_account_limits_them() {
        let account = json!({"concurrent_sessions_max": 1, "concurrency_scope": "group"});
        let place = LocationReferences {
            location_id: "LOC1".parse().unwrap(),
            evse_uids: vec!["E1".parse().unwrap()],
        };
        let at = moment("2026-01-01T00:00:00Z");
        // Without a platform, the only one that speaks for the CPO is it.
        for (account, (platform, cpo), asking) in [
            (&account, (None, None), Some(None)),
            (&account, (Some("peer"), None), Some(Some("peer"))),
            (&account, (None, Some("NL/BET")), Some(Some("peer"))),
            (&account, (None, Some("NL/TWO")), Some(None)),
            (&account, (None, Some("NL/GAM")), Some(None)),
            (&json!({}), (Some("peer"), None), None),
        ] {
            let asked_for = Arc::new(Mutex::new(None));
            let app = app_about_with(account, |authorizations| {
                let asked_for = Arc::clone(&asked_for);
                authorizations.expect_list_slots().returning(move |query| {
                    *asked_for.lock().unwrap() = Some(query.clone());
                    Ok(vec![slot()])
                });
            });
            let request = ExplainRequest {
                location: Some(place.clone()),
                platform: platform.map(|id| id.parse().unwrap()),
                cpo: cpo.map(party),
                at: Some(at),
                ..about("CARD")
            };
            let explanation = app.explain(request).await.unwrap();
            let slots = asking.map_or(vec![], |_| vec![slot()]);
            assert_eq!(explanation.slots, slots);
            let expected = asking.map(|asking| SlotQuery {
                holder: SlotHolder::of(&token("CARD", &json!({}))),
                scope: ConcurrencyScope::Group,
                place: asking
                    .map(|id| SlotPlace::of_question(id.parse().unwrap(), Some(&place), None)),
                at,
            });
            assert_eq!(*asked_for.lock().unwrap(), expected);
        }
    }

    fn slot() -> Slot {
        Slot {
            id: SlotId(1),
            used_by: SlotUse::Pending("REF-1".parse().unwrap()),
            holder: SlotHolder::of(&token("CARD", &json!({}))),
            place: SlotPlace::of_question("peer".parse().unwrap(), None, None),
            until: now(),
        }
    }
}
