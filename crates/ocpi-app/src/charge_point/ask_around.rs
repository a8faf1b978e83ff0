//! A card that nobody here has a Token of, or several eMSPs: who can be asked is asked.

use std::sync::Arc;

use ocpi_domain::authorization::ocpp::CpoOutcome;
use ocpi_domain::{AllowedType, DecisionSource, PlatformId, StoredToken, TokenType};
use ocpi_ports::StorageError;

use super::ask::{Inquiry, Upstream};
use super::asked::Asked;
use super::candidates::Candidates;
use super::fan_out::{Heard, knows_card};
use super::judge::judge;
use super::known_cards::CardKey;
use super::reply::Reply;
use super::verdict::Verdict;
use crate::app::App;
use crate::outbound::Recipient;

impl App {
    /// What those say who can be asked about the card.
    pub(super) async fn ask_around(
        self: &Arc<Self>,
        asked: &Asked,
        token_type: &TokenType,
        owners: &[StoredToken],
    ) -> Result<Verdict, StorageError> {
        let uid = &asked.request.uid;
        let cards = &self.charge_points.cards;
        let card = CardKey::new(asked.cpo, uid, token_type);
        let directory = self.directory().await?;
        let at = (self.elapsed_us(), directory.generation);
        if owners.is_empty() && cards.is_unknown(&card, at) {
            let reason = "nobody who can be asked knows the card: they were asked a moment ago";
            let source = DecisionSource::FanOut;
            return Ok(Verdict::new(CpoOutcome::UnknownToken, source, reason));
        }
        let mut candidates = self.candidates(uid, token_type, owners, &directory);
        let mut refused = None;
        for key in &candidates.hosted {
            let (named, source) = ((&key.uid, &key.token_type), DecisionSource::FanOut);
            let decided = self.decide_hosted(asked, key.party, named, source);
            match decided.await? {
                Some(verdict) if verdict.allowed() == AllowedType::Allowed => return Ok(verdict),
                Some(verdict) => refused = refused.or(Some(verdict)),
                None => {}
            }
        }
        if candidates.inquiries.is_empty() {
            return Ok(refused.unwrap_or_else(|| nobody_to_ask(&candidates)));
        }
        let mut heard = Heard::default();
        // Whose a card of several is, is asked each time.
        let hint = owners.is_empty().then(|| cards.who_knew(&card, at.0));
        if let Some(inquiry) = take_hinted(&mut candidates.inquiries, hint.flatten()) {
            let upstream = self.inquire_in_turn(asked, &inquiry).await;
            if is_still_its_own(&upstream.reply) {
                return Ok(judge_of_knower(asked, &upstream));
            }
            cards.knows_no_more(&card);
            heard.hear(asked, &inquiry, &upstream);
        }
        self.fan_out(asked, candidates.inquiries, &mut heard).await;
        if owners.is_empty() {
            self.remember(card, &mut heard, directory.generation);
        }
        Ok(heard.into_verdict(refused))
    }

    /// Who knew the card, or that nobody did.
    fn remember(&self, card: CardKey, heard: &mut Heard, generation: u64) {
        let cards = &self.charge_points.cards;
        if let Some(who) = heard.knew.take() {
            cards.knew(card, who, self.elapsed_us());
            return;
        }
        cards.knows_no_more(&card);
        if heard.silent.is_empty() && heard.doubted.is_none() {
            // From now on: what was learned is as young as its last answer.
            cards.nobody_knew(card, (self.elapsed_us(), generation));
        }
    }
}

fn nobody_to_ask(candidates: &Candidates) -> Verdict {
    if let Some(key) = candidates.hosted.first() {
        let reason = format!("{}, hosted here, does not know the card", key.party);
        return Verdict::new(CpoOutcome::UnknownToken, DecisionSource::FanOut, reason);
    }
    let reason = format!("the card is not known here, and {}", candidates.nobody);
    Verdict::new(CpoOutcome::NoAnswer, DecisionSource::Offline, reason)
}

/// Whether the card is still that of the one that knew it: it says so, or nothing at all, and then
/// no other is told of it.
fn is_still_its_own(reply: &Reply) -> bool {
    match reply {
        Reply::Answered(answer) => knows_card(answer),
        Reply::NoAnswer(_) => true,
        Reply::Unknown | Reply::Unusable(_) => false,
    }
}

/// What the platform says that knew the card last.
fn judge_of_knower(asked: &Asked, upstream: &Upstream) -> Verdict {
    let verdict = judge(asked, upstream, DecisionSource::FanOut);
    let Some(why) = upstream.reply.silence() else {
        return verdict;
    };
    let id = &upstream.platform;
    let reason = format!(
        "the card is not known here, and {id}, which knew it a while ago, gave no answer ({why})"
    );
    Verdict { reason, ..verdict }
}

/// The candidate that knew the card, if it still is one; the others stay.
fn take_hinted(
    inquiries: &mut Vec<Inquiry>,
    hint: Option<(PlatformId, Recipient)>,
) -> Option<Inquiry> {
    let (id, to) = hint?;
    let is_hinted = |inquiry: &Inquiry| *inquiry.id() == id && inquiry.to == to;
    let place = inquiries.iter().position(is_hinted)?;
    Some(inquiries.remove(place))
}
