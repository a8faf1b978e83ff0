//! May this card charge here?

use std::sync::Arc;

use ocpi_domain::authorization::ocpp::CpoOutcome;
use ocpi_domain::{
    CachedToken, DateTime, DecisionSource, Profile, RealTime, StartDecision, StartFacts,
    StoredToken, Token, TokenType, start_decision,
};
use ocpi_ports::{StorageError, StoredPlatform};

use super::ask::Inquiry;
use super::asked::Asked;
use super::directory::is_connected;
use super::find::Card;
use super::judge::judge;
use super::reasons::{Grounds, commanded};
use super::verdict::Verdict;
use super::{ChargePointError, ChargePointRequest};
use crate::app::App;
use crate::outbound::Recipient;

/// By so much the clock of the CPO's back office may be ahead of ours, milliseconds.
const CLOCK_LEAD_MS_MAX: i64 = 10_000;

/// How long ago the command was, milliseconds.
///
/// # Errors
///
/// [`ChargePointError::CommandOfFuture`].
fn command_age_ms(
    commanded_at: Option<DateTime>,
    now: DateTime,
) -> Result<Option<i64>, ChargePointError> {
    let age_ms = commanded_at.map(|commanded_at| now.ms_since(commanded_at));
    match age_ms {
        Some(age_ms) if age_ms < -CLOCK_LEAD_MS_MAX => Err(ChargePointError::CommandOfFuture),
        age_ms => Ok(age_ms.map(|age_ms| age_ms.max(0))),
    }
}

fn is_of_app(token_type: &TokenType) -> bool {
    matches!(token_type, TokenType::AppUser | TokenType::AdHocUser)
}

/// What is known of a card that nobody owns: nothing.
fn facts_of_unknown(token_type: &TokenType, command_age_ms: Option<i64>) -> StartFacts<'_> {
    let profile = Profile::default();
    StartFacts {
        token_type,
        token: None,
        real_time: RealTime::Online,
        command_age_ms,
        prefer_cache: profile.prefer_cache,
        no_answer: profile.no_answer,
    }
}

impl App {
    /// What the question of a driver comes to who wants to start.
    pub(super) async fn decide_start(
        self: &Arc<Self>,
        asked: &Asked,
        commanded_at: Option<DateTime>,
    ) -> Result<Verdict, ChargePointError> {
        let command_age_ms = command_age_ms(commanded_at, asked.now)?;
        let ChargePointRequest {
            uid, token_type, ..
        } = &asked.request;
        let card = self.find_card(uid, token_type.as_ref()).await?;
        let rfid = TokenType::Rfid;
        match card {
            Card::One(stored) if self.hosting.emsp_parties().contains(&stored.token.party) => {
                self.start_hosted(asked, &stored.token, command_age_ms)
                    .await
            }
            Card::One(stored) => Ok(self.start_known(asked, &stored, command_age_ms).await?),
            Card::Several(mut owners) => {
                let of_first = owners.first().map(|stored| stored.token.token_type.clone());
                // Users of apps are never asked about: they count where there is nobody else.
                owners.retain(|stored| !is_of_app(&stored.token.token_type));
                let of_asked = owners.first().map(|stored| stored.token.token_type.clone());
                let meant = token_type.clone().or(of_asked).or(of_first);
                self.start_of_nobodys(asked, meant.unwrap_or(rfid), &owners, command_age_ms)
                    .await
            }
            Card::Unknown => {
                let meant = token_type.clone().unwrap_or(rfid);
                self.start_of_nobodys(asked, meant, &[], command_age_ms)
                    .await
            }
        }
    }

    /// A card of an eMSP hosted here.
    async fn start_hosted(
        self: &Arc<Self>,
        asked: &Asked,
        token: &Token,
        command_age_ms: Option<i64>,
    ) -> Result<Verdict, ChargePointError> {
        let facts = facts_of_unknown(&token.token_type, command_age_ms);
        if let StartDecision::Accept(source) = start_decision(&facts) {
            let reason = commanded(command_age_ms);
            return Ok(Verdict::new(CpoOutcome::AcceptedLocally, source, reason).about(token));
        }
        let card = (&token.uid, &token.token_type);
        let source = DecisionSource::RealTime;
        let decided = self.decide_hosted(asked, token.party, card, source).await?;
        Ok(decided.unwrap_or_else(|| {
            // Deleted in this very moment.
            let reason = format!("{}, hosted here, does not know the card", token.party);
            Verdict::new(CpoOutcome::UnknownToken, source, reason)
        }))
    }

    /// A card of which we have a copy.
    async fn start_known(
        self: &Arc<Self>,
        asked: &Asked,
        stored: &StoredToken,
        command_age_ms: Option<i64>,
    ) -> Result<Verdict, StorageError> {
        let token = &stored.token;
        let directory = self.directory().await?;
        let holder = directory.platform_of(token.party);
        let Some(platform) = holder.filter(|stored| is_connected(stored)) else {
            return Ok(out_of_use(token, holder, command_age_ms));
        };
        let profile = &platform.platform.profile;
        let mut facts = StartFacts {
            token_type: &token.token_type,
            token: Some(CachedToken {
                whitelist: token.whitelist,
                valid: token.valid,
            }),
            real_time: RealTime::Online,
            command_age_ms,
            prefer_cache: profile.prefer_cache,
            no_answer: profile.no_answer,
        };
        let decision = start_decision(&facts);
        if decision != StartDecision::Ask {
            return Ok(known_verdict(
                token,
                platform,
                decision,
                command_age_ms,
                None,
            ));
        }
        let inquiry = Inquiry {
            platform: Arc::clone(platform),
            directory: Arc::clone(&directory),
            to: Recipient::Party(token.party),
            uid: token.uid.clone(),
            token_type: token.token_type.clone(),
        };
        let upstream = self.inquire(asked, inquiry, None).await;
        let Some(why) = upstream.reply.silence() else {
            return Ok(judge(asked, &upstream, DecisionSource::RealTime).about(token));
        };
        facts.real_time = RealTime::Offline;
        let decision = start_decision(&facts);
        let verdict = known_verdict(token, platform, decision, command_age_ms, Some(why));
        Ok(Verdict {
            correlation_id: upstream.correlation_id.clone(),
            ..verdict
        })
    }

    /// A card that nobody has, or several.
    async fn start_of_nobodys(
        self: &Arc<Self>,
        asked: &Asked,
        token_type: TokenType,
        owners: &[StoredToken],
        command_age_ms: Option<i64>,
    ) -> Result<Verdict, ChargePointError> {
        let verdict = match start_decision(&facts_of_unknown(&token_type, command_age_ms)) {
            StartDecision::Accept(source) => {
                let reason = commanded(command_age_ms);
                Verdict::new(CpoOutcome::AcceptedLocally, source, reason)
            }
            StartDecision::Refuse(source) => {
                let reason = "the card is not known here, and users of apps are never asked about: \
                    their eMSP starts for them by a command, and there was none within 15 minutes";
                Verdict::new(CpoOutcome::NoAnswer, source, reason)
            }
            StartDecision::Ask => self.ask_around(asked, &token_type, owners).await?,
        };
        Ok(Verdict {
            token_type: verdict.token_type.or(Some(token_type)),
            ..verdict
        })
    }
}

/// What is said of a card whose eMSP has left: our copy is a record, and speaks neither for the card
/// nor against it. Only a fresh command stands, which the eMSP gave before it left.
fn out_of_use(
    token: &Token,
    holder: Option<&Arc<StoredPlatform>>,
    command_age_ms: Option<i64>,
) -> Verdict {
    let facts = facts_of_unknown(&token.token_type, command_age_ms);
    let (outcome, source, reason) = match (start_decision(&facts), holder) {
        (StartDecision::Accept(source), _) => (
            CpoOutcome::AcceptedLocally,
            source,
            commanded(command_age_ms),
        ),
        (_, Some(holder)) => (
            CpoOutcome::NoAnswer,
            DecisionSource::Offline,
            format!(
                "{}, the platform of {}, has left, and the copies of its Tokens are out of use \
                 until it registers again",
                holder.platform.id, token.party
            ),
        ),
        (_, None) => (
            CpoOutcome::NoAnswer,
            DecisionSource::Offline,
            format!(
                "no platform here speaks for {}, and the copies of its Tokens are out of use until \
                 one does",
                token.party
            ),
        ),
    };
    Verdict {
        decided_by: holder.map(|stored| stored.platform.id.clone()),
        ..Verdict::new(outcome, source, reason).about(token)
    }
}

/// What is said of a card of which we have a copy, without its eMSP.
fn known_verdict(
    token: &Token,
    platform: &Arc<StoredPlatform>,
    decision: StartDecision,
    command_age_ms: Option<i64>,
    no_answer: Option<&str>,
) -> Verdict {
    let grounds = Grounds {
        token,
        platform: &platform.platform,
        no_answer,
        command_age_ms,
    };
    let (outcome, source, reason) = match decision {
        StartDecision::Accept(source) => {
            (CpoOutcome::AcceptedLocally, source, grounds.accepts(source))
        }
        StartDecision::Refuse(source) => {
            // Only a copy that is not valid speaks against the card itself.
            let outcome = if token.valid {
                CpoOutcome::NoAnswer
            } else {
                CpoOutcome::RefusedLocally
            };
            (outcome, source, grounds.refuses(source))
        }
        // Not without its eMSP: nobody says yes.
        StartDecision::Ask => {
            let source = DecisionSource::Offline;
            (CpoOutcome::NoAnswer, source, grounds.refuses(source))
        }
    };
    Verdict {
        decided_by: Some(platform.platform.id.clone()),
        ..Verdict::new(outcome, source, reason).about(token)
    }
}
