//! A dry run of an authorize request.

use std::sync::Arc;

use ocpi_domain::{
    AllowedType, AuthorizationRequest, AuthorizationStatus, DateTime, Decision, DisplayText,
    LocationReferences, Party, PlatformId, Rule, RuleOutcome, RuleStep, RuleTrail, Token,
    TokenAccount, TokenType, explain,
};
use ocpi_ports::SubjectLookup;

use super::OperatorError;
use crate::app::App;
use crate::authorize_token::cpo_parties;
use crate::deadline::in_time;

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
    /// Who asks.
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
        let cpo_parties = self.asking_cpos(request).await?;
        let found = self
            .look_up(request.owner, None, &request.uid, &request.token_type)
            .await?;
        let subject = match found {
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
        let now = request.at.unwrap_or_else(|| self.now());
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
        })
    }

    /// The CPOs that the place may belong to, as for a request of that platform.
    async fn asking_cpos(&self, request: &ExplainRequest) -> Result<Vec<Party>, OperatorError> {
        match &request.platform {
            None => Ok(request.cpo.into_iter().collect()),
            Some(id) => {
                let platform = self.ports.platforms.find_platform(id).await?;
                let platform = platform.ok_or(OperatorError::UnknownPlatform)?;
                Ok(cpo_parties(&platform, request.cpo))
            }
        }
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
    }
}

#[cfg(test)]
mod tests {
    use ocpi_domain::{AuthorizationSubject, PartyRole, Platform, Role};
    use ocpi_ports::{MockAuthorizationRepository, MockPlatformRepository};
    use serde_json::{Value, json};

    use super::*;
    use crate::Ports;
    use crate::operator::testing::{app, moment, party, platform, ports, token};

    /// An application in which CH/ABC has the Token CARD with `account`, and whose platform
    /// `peer` speaks for NL/ALF and NL/BET as CPO. It takes no record.
    fn app_about(account: &Value) -> App {
        let mut subject =
            AuthorizationSubject::of(Token::clone(&token("CARD", &json!({"language": "de"}))));
        subject.account = Some(Arc::new(serde_json::from_value(account.clone()).unwrap()));
        let mut authorizations = MockAuthorizationRepository::new();
        authorizations
            .expect_load_authorization_subject()
            .returning(move |parties, uid, _| {
                assert_eq!(parties, [party("CH/ABC")]);
                Ok(match uid.as_str() {
                    "CARD" => SubjectLookup::One(Box::new(subject.clone())),
                    "TWICE" => SubjectLookup::Ambiguous,
                    _ => SubjectLookup::Unknown,
                })
            });
        let mut platforms = MockPlatformRepository::new();
        platforms.expect_find_platform().returning(|id| {
            let roles = ["NL/ALF", "NL/BET"].map(|it| PartyRole {
                party: party(it),
                role: Role::Cpo,
            });
            let peer = Platform {
                roles: roles.to_vec(),
                ..platform("peer")
            };
            Ok((id.as_str() == "peer").then(|| Arc::new(peer)))
        });
        app(Ports {
            authorizations: Arc::new(authorizations),
            platforms: Arc::new(platforms),
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
}
