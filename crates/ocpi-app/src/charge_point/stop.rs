//! May this card stop that session?

use std::sync::Arc;

use ocpi_domain::authorization::ocpp::CpoOutcome;
use ocpi_domain::{
    AllowedType, AuthorizationReference, CiString, DecisionSource, Party, Purpose, SessionToken,
    ShownToken, StopDecision, StoredToken, TokenKey, TokenType, stop_decision,
};
use ocpi_ports::StorageError;

use super::ask::Upstream;
use super::asked::Asked;
use super::find::Card;
use super::reply::Reply;
use super::verdict::Verdict;
use super::{ChargePointError, ChargedToken, StartedBy};
use crate::app::App;
use crate::outbound::Recipient;

/// The Token that a session was started by, as far as it is known.
struct Started {
    key: TokenKey,
    /// Whose it is; `None` when only its uid is known.
    party: Option<Party>,
    group_id: Option<CiString<36>>,
    /// As the start knew it.
    token: Option<ChargedToken>,
    reference: Option<AuthorizationReference>,
}

/// What was asked about a card that is not known here.
struct Learned {
    token: Option<ChargedToken>,
    upstream: Option<Upstream>,
    why: String,
}

impl Started {
    fn session_token(&self) -> SessionToken<'_> {
        SessionToken {
            key: &self.key,
            group_id: self.group_id.as_ref(),
        }
    }
}

impl App {
    /// What the question of a driver comes to who wants to stop.
    pub(super) async fn decide_stop(
        self: &Arc<Self>,
        asked: &Asked,
        started_by: &StartedBy,
    ) -> Result<Verdict, ChargePointError> {
        let (uid, shown_type) = (&asked.request.uid, asked.request.token_type.as_ref());
        let found = match self.find_card(uid, shown_type).await? {
            Card::One(only) => vec![only],
            Card::Several(all) => all,
            Card::Unknown => Vec::new(),
        };
        let started = self.started(asked, started_by, &found).await?;
        let is_of_session = |stored: &&StoredToken| Some(stored.token.party) == started.party;
        let of_session = found.iter().find(is_of_session);
        let charged = |stored: &StoredToken| ChargedToken::of(&stored.token);
        if decide(asked, &started, None) == StopDecision::Accept {
            let token = of_session.map(charged).or(started.token);
            let reason = "the card that began the session may stop it";
            return Ok(Verdict {
                token_type: Some(started.key.token_type),
                party: started.party,
                token,
                stops: started.reference,
                ..Verdict::new(
                    CpoOutcome::AcceptedLocally,
                    DecisionSource::StopRule,
                    reason,
                )
            });
        }
        // Of several only that one matters that is of the session's own eMSP.
        let mut token = of_session.or(found.first()).map(charged);
        let mut decision = decide(asked, &started, token.as_ref());
        let mut learned = None;
        if decision == StopDecision::Ask {
            let asking = self.learn_group(asked, &started).await?;
            token.clone_from(&asking.token);
            decision = decide(asked, &started, token.as_ref());
            learned = Some(asking);
        }
        let (outcome, reason) = of_another(asked, &started, decision, learned.as_ref());
        let upstream = learned.and_then(|learned| learned.upstream);
        Ok(Verdict {
            token_type: token.as_ref().map(|token| token.token_type.clone()),
            token,
            stops: started.reference,
            correlation_id: upstream.as_ref().and_then(|it| it.correlation_id.clone()),
            decided_by: upstream.map(|upstream| upstream.platform),
            ..Verdict::new(outcome, DecisionSource::StopRule, reason)
        })
    }

    /// What the session was started by.
    async fn started(
        &self,
        asked: &Asked,
        started_by: &StartedBy,
        found: &[StoredToken],
    ) -> Result<Started, ChargePointError> {
        match started_by {
            StartedBy::Answer(reference) => self.start_of_answer(asked, reference).await,
            StartedBy::Token {
                party,
                uid,
                token_type,
                group_id,
            } => {
                let key = TokenKey {
                    party: *party,
                    uid: uid.clone(),
                    token_type: token_type.clone(),
                };
                let mut group_id = group_id.clone();
                if group_id.is_none() {
                    let mut known = found.iter().filter(|stored| stored.token.has_key(&key));
                    let known = match known.next() {
                        Some(known) => Some(known.clone()),
                        None => self.ports.tokens.find_token(&key).await?,
                    };
                    group_id = known.and_then(|known| known.token.group_id.clone());
                }
                Ok(Started {
                    key,
                    party: Some(*party),
                    group_id,
                    token: None,
                    reference: None,
                })
            }
        }
    }

    /// What the session was started by that this answer let begin.
    async fn start_of_answer(
        &self,
        asked: &Asked,
        reference: &AuthorizationReference,
    ) -> Result<Started, ChargePointError> {
        let unknown = || ChargePointError::UnknownStart(reference.clone());
        let record = self.ports.authorizations.find_record(reference).await?;
        let record = record.ok_or_else(unknown)?;
        let start = record.charge_point.as_deref();
        let start = start.filter(|kept| kept.purpose == Purpose::Start && kept.cpo == asked.cpo);
        let start = start.filter(|_| record.allowed == Some(AllowedType::Allowed));
        let start = start.ok_or_else(unknown)?;
        let uid = record.token_uid.as_str().parse();
        let key = TokenKey {
            // Where nobody knows the owner there is no group either, so that no other card of any
            // party passes for one of the same owner.
            party: record.token_party.unwrap_or(asked.cpo),
            uid: uid.map_err(|_| unknown())?,
            token_type: record.token_type.clone(),
        };
        let owner = record.token_party;
        let contract_id = start.contract_id.as_ref().filter(|_| owner.is_some());
        let token = contract_id
            .map(|contract_id| ChargedToken::of_record(&key, contract_id, start.group_id.as_ref()));
        Ok(Started {
            party: owner,
            group_id: start.group_id.clone().filter(|_| owner.is_some()),
            token,
            key,
            reference: Some(record.reference.clone()),
        })
    }

    /// Asks the eMSP of the session which group the card is of: no other's card may stop it.
    async fn learn_group(
        self: &Arc<Self>,
        asked: &Asked,
        started: &Started,
    ) -> Result<Learned, StorageError> {
        let shown_type = asked.request.token_type.clone().unwrap_or(TokenType::Rfid);
        let nothing = |why: String| Learned {
            token: None,
            upstream: None,
            why,
        };
        if matches!(shown_type, TokenType::AppUser | TokenType::AdHocUser) {
            let why = "users of apps are never asked about";
            return Ok(nothing(why.to_owned()));
        }
        let Some(emsp) = started.party else {
            let why = "whose card began the session is not known";
            return Ok(nothing(why.to_owned()));
        };
        if self.hosting.emsp_parties().contains(&emsp) {
            let why = format!("{emsp}, hosted here, whose card began the session, has no such one");
            return Ok(nothing(why));
        }
        let directory = self.directory().await?;
        let candidates = self.candidates(&asked.request.uid, &shown_type, &[], &directory);
        let inquiries = candidates.inquiries.into_iter();
        let speaking = inquiries.filter(|inquiry| directory.speaks_for(inquiry.id(), emsp));
        // It itself, where its platform can be told whom of it is meant.
        let to = Recipient::Party(emsp);
        let Some(inquiry) = speaking.min_by_key(|inquiry| inquiry.to != to) else {
            let why = format!(
                "{emsp}, whose card began the session, is not asked about unknown cards: \
                 ask_unknown is not set in the profile of its platform, or there is none"
            );
            return Ok(nothing(why));
        };
        let upstream = self.inquire_in_turn(asked, &inquiry).await;
        let id = &upstream.platform;
        let (token, why) = match &*upstream.reply {
            Reply::Answered(answer) => {
                let why = format!("{id} does not say which group it is of");
                (answer.token.clone(), why)
            }
            Reply::Unknown => (None, format!("{id} does not know it either")),
            Reply::Unusable(why) | Reply::NoAnswer(why) => (None, why.clone()),
        };
        Ok(Learned {
            token,
            why,
            upstream: Some(upstream),
        })
    }
}

fn decide(asked: &Asked, started: &Started, token: Option<&ChargedToken>) -> StopDecision {
    let key = token.map(ChargedToken::key);
    let known = key.as_ref().zip(token).map(|(key, token)| SessionToken {
        key,
        group_id: token.group_id.as_ref(),
    });
    let shown = ShownToken {
        uid: &asked.request.uid,
        token_type: asked.request.token_type.as_ref(),
        known,
    };
    stop_decision(started.session_token(), &shown)
}

/// What is said of another card than the one that began the session, and why.
fn of_another(
    asked: &Asked,
    started: &Started,
    decision: StopDecision,
    learned: Option<&Learned>,
) -> (CpoOutcome, String) {
    let began = &started.key.uid;
    match decision {
        StopDecision::Accept => (
            CpoOutcome::AcceptedLocally,
            format!("the card is of the group of {began}, which began the session"),
        ),
        StopDecision::Refuse => (
            CpoOutcome::RefusedLocally,
            format!("the card is not of one group with {began}, which began the session"),
        ),
        StopDecision::Ask => {
            let (uid, why) = (&asked.request.uid, learned.map(|learned| &*learned.why));
            let why = why.unwrap_or("nobody was asked");
            let reason = format!("the card {uid} is not known here, and {why}");
            (CpoOutcome::UnknownToken, reason)
        }
    }
}
